//! The order desk of the district and the hospitals: what there is, what is late, and what is put right by hand.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use people::identity::IdNumber;
use platform::{
    audit,
    db::{Bound, Conditions},
    rights::Field,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Choice, advance,
    audit_desk::{find_within, mask, site},
    charge, choices,
    dispatch::{document_of, give},
    entry,
    hospital::{Whole, whole},
};
use crate::{
    HerbalError, Service,
    model::{Charge, Charged, Delivery, Detail, Event, Order, Pharmacist, State},
    store::{self, By, Group},
};

/// Rows of one page.
const ROWS: usize = 50;
/// Days looked back where no day was given.
const DAYS: i64 = 30;
/// Named in one go by [`name_patients`].
const AT_ONCE: i64 = 200;

/// Where orders stand, as the desk groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Audit,
    Pay,
    Assign,
    Make,
    Bring,
    Done,
    Refund,
    Cancelled,
}

/// What is looked for; empty fields ask for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Number, ID number, phone or name.
    pub(crate) q: String,
    pub(crate) institution: String,
    /// Name of a department, and of a doctor.
    pub(crate) department: String,
    pub(crate) doctor: String,
    pub(crate) company: String,
    pub(crate) sex: String,
    /// `unpaid`, `paid` or `refunded`.
    pub(crate) pay: String,
    /// Name of a [`Phase`].
    pub(crate) phase: String,
    pub(crate) from: String,
    pub(crate) until: String,
    /// `late` or `unpriced`.
    pub(crate) only: String,
    /// Name of a [`By`].
    pub(crate) by: String,
    /// The last row of the page before: moment and id.
    pub(crate) after: String,
}

/// A row of the list.
pub(crate) struct Shown {
    pub(crate) order: Order,
    /// Masked.
    pub(crate) patient: String,
    pub(crate) is_late: bool,
}

/// The orders within reach that were asked for.
pub(crate) struct Survey {
    pub(crate) span: (NaiveDate, NaiveDate),
    pub(crate) phases: Vec<(Phase, i64)>,
    pub(crate) n_late: i64,
    pub(crate) n_unpriced: i64,
    pub(crate) rows: Vec<Shown>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    pub(crate) groups: Option<Groups>,
}

/// Counts by one thing.
pub(crate) struct Groups {
    pub(crate) by: By,
    pub(crate) rows: Vec<Group>,
}

/// An order with what can be done about it.
pub(crate) struct Look {
    pub(crate) whole: Whole,
    pub(crate) charge: Option<Charge>,
    /// Companies it may be given to by hand; empty where it is past that.
    pub(crate) choices: Vec<Choice>,
}

impl Phase {
    pub(crate) const ALL: [Self; 8] = [
        Self::Audit,
        Self::Pay,
        Self::Assign,
        Self::Make,
        Self::Bring,
        Self::Done,
        Self::Refund,
        Self::Cancelled,
    ];

    pub(crate) fn of(state: State) -> Self {
        use crate::model::Step;
        match state {
            State::Uploaded | State::Returned | State::Waiting | State::Rejected => Self::Audit,
            State::Passed | State::TimedOut => Self::Pay,
            State::Paid => Self::Assign,
            State::Made(Step::Shipped | Step::Ready) => Self::Bring,
            State::Dispatched | State::Accepted | State::Made(_) => Self::Make,
            State::Received | State::PickedUp => Self::Done,
            State::RefundRequested { .. } | State::RefundAgreed | State::Refunded => Self::Refund,
            State::Cancelled => Self::Cancelled,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Pay => "pay",
            Self::Assign => "assign",
            Self::Make => "make",
            Self::Bring => "bring",
            Self::Done => "done",
            Self::Refund => "refund",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Audit => "审方",
            Self::Pay => "待付费",
            Self::Assign => "待派单",
            Self::Make => "配制",
            Self::Bring => "配送和待取",
            Self::Done => "已完成",
            Self::Refund => "退费",
            Self::Cancelled => "已取消",
        }
    }

    fn states(self) -> Vec<State> {
        State::all().into_iter().filter(|state| Self::of(*state) == self).collect()
    }
}

impl By {
    pub(crate) const ALL: [(&'static str, &'static str, Self); 9] = [
        ("institution", "医院", Self::Institution),
        ("department", "科室", Self::Department),
        ("doctor", "医生", Self::Doctor),
        ("company", "服务企业", Self::Company),
        ("state", "状态", Self::State),
        ("sex", "性别", Self::Sex),
        ("day", "日", Self::Day),
        ("week", "周", Self::Week),
        ("month", "月", Self::Month),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, ..)| *known == name).map(|(_, _, by)| by)
    }
}

/// The orders within reach that are asked for, with how many stand where.
pub(crate) async fn survey(
    service: &Service,
    who: &Pharmacist<'_>,
    asked: &Asked,
) -> Result<Survey, HerbalError> {
    let app = &service.app;
    let span = span(app.clock.today(), asked)?;
    let wanted = wanted(service, who, asked, span)?;
    let of_phase = |phase: Phase| {
        let states: std::collections::BTreeSet<&str> = phase.states().into_iter().map(State::name).collect();
        wanted.clone().and_in("state", states.into_iter().map(|name| Bound::Text(name.into())).collect())
    };
    let by_state = store::count_by(&app.db, &wanted, By::State).await?;
    let n_of = |phase: Phase| {
        let names: Vec<&str> = phase.states().into_iter().map(State::name).collect();
        let is_its = |group: &&Group| group.label.as_deref().is_some_and(|label| names.contains(&label));
        by_state.iter().filter(is_its).map(|group| group.n).sum()
    };
    let phases = Phase::ALL.map(|phase| (phase, n_of(phase))).to_vec();
    let (late, unpriced) = (late(wanted.clone(), app.now()), unpriced(wanted.clone()));
    let (n_late, n_unpriced) =
        (store::count_wanted(&app.db, &late).await?, store::count_wanted(&app.db, &unpriced).await?);
    let mut listed = match (asked.only.as_str(), Phase::ALL.into_iter().find(|one| one.name() == asked.phase))
    {
        ("late", _) => late,
        ("unpriced", _) => unpriced,
        (_, Some(phase)) => of_phase(phase),
        (_, None) => wanted,
    };
    let groups = match By::named(&asked.by) {
        Some(by) => Some(Groups { by, rows: store::count_by(&app.db, &listed, by).await? }),
        None => None,
    };
    if let Some((at, id)) = place(&asked.after) {
        listed = listed.and(
            "(created_at < ? OR (created_at = ? AND id < ?))",
            [Bound::Moment(at), Bound::Moment(at), Bound::Id(id)],
        );
    }
    let most = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut orders = store::list_wanted(&app.db, &listed, most).await?;
    let has_more = orders.len() > ROWS;
    orders.truncate(ROWS);
    let next = orders.last().filter(|_| has_more);
    let next = next.map(|last| format!("{}_{}", last.created_at.timestamp_micros(), last.id));
    let names = store::list_patient_names(app, orders.iter().map(|order| order.id).collect()).await?;
    let row = |order: Order| Shown {
        patient: names
            .iter()
            .find(|(id, _)| *id == order.id)
            .map_or_else(String::new, |(_, name)| ui::mask::name(name)),
        is_late: is_late(&order, app.now()),
        order,
    };
    let rows = orders.into_iter().map(row).collect();
    Ok(Survey { span, phases, n_late, n_unpriced, rows, next, groups })
}

/// Whether it has stood longer than it should.
pub(crate) fn is_late(order: &Order, now: DateTime<Utc>) -> bool {
    order.attend_by().is_some_and(|at| at < now)
}

fn late(wanted: Conditions, now: DateTime<Utc>) -> Conditions {
    wanted.and("attend_by < ?", [Bound::Moment(now)])
}

/// Paid, and nobody told what it cost: it would stand in no statement.
fn unpriced(wanted: Conditions) -> Conditions {
    wanted.and(
        "state NOT IN ('uploaded', 'returned', 'waiting', 'passed', 'timed_out', 'rejected', 'refunded', 'cancelled')
        AND NOT EXISTS (SELECT 1 FROM herbal_charge WHERE prescription_id = prescription.id)",
        [],
    )
}

/// The first and last day that are asked for.
fn span(today: NaiveDate, asked: &Asked) -> Result<(NaiveDate, NaiveDate), HerbalError> {
    let day = |text: &str, usual: NaiveDate| match text.trim() {
        "" => Ok(usual),
        text => text.parse().map_err(|_| HerbalError::Refused("日期写成 2026-03-01 的样子。")),
    };
    let until = day(&asked.until, today)?;
    // Who looks for one prescription does not know when it was written.
    let before = if asked.q.trim().is_empty() { DAYS } else { 10 * 366 };
    let from = day(&asked.from, until - TimeDelta::days(before))?;
    if from > until {
        return Err(HerbalError::Refused("开始的日期在结束的日期之后，请改一下。"));
    }
    Ok((from, until))
}

fn wanted(
    service: &Service,
    who: &Pharmacist<'_>,
    asked: &Asked,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Conditions, HerbalError> {
    let text = |text: &str| Some(Bound::Text(text.trim().to_owned())).filter(|_| !text.trim().is_empty());
    let bytes = |indexes: Vec<Vec<u8>>| indexes.into_iter().map(Bound::Bytes).collect();
    let mut all = who
        .right
        .predicate(&store::COLUMNS)
        .and(
            "created_at >= ? AND created_at < ?",
            [
                Bound::Moment(ui::format::start_of(from)),
                Bound::Moment(ui::format::start_of(until + TimeDelta::days(1))),
            ],
        )
        .and_where("institution = ?", text(&asked.institution))
        .and_where("department_name = ?", text(&asked.department))
        .and_where("doctor_name = ?", text(&asked.doctor))
        .and_where("company = ?", text(&asked.company))
        .and_where("sex = ?", text(&asked.sex));
    let paid = |phase: &Phase| !matches!(phase, Phase::Audit | Phase::Pay | Phase::Cancelled);
    let states: Vec<State> = match asked.pay.as_str() {
        "" => Vec::new(),
        "unpaid" => [Phase::Audit, Phase::Pay].into_iter().flat_map(Phase::states).collect(),
        "paid" => Phase::ALL
            .into_iter()
            .filter(paid)
            .flat_map(Phase::states)
            .filter(|state| *state != State::Refunded)
            .collect(),
        "refunded" => vec![State::Refunded],
        _ => return Err(HerbalError::Refused("付费状态只能是未付、已付或已退。")),
    };
    if !states.is_empty() {
        let names: std::collections::BTreeSet<&str> = states.into_iter().map(State::name).collect();
        all = all.and_in("state", names.into_iter().map(|name| Bound::Text(name.into())).collect());
    }
    let q = asked.q.trim();
    let keyring = &service.app.keyring;
    if let Ok(number) = IdNumber::parse(q) {
        all = all.and_in("id_number_index", bytes(store::indexes_of(keyring, &number)));
    } else if !q.is_empty() {
        let is_phone = q.len() == 11 && q.bytes().all(|byte| byte.is_ascii_digit());
        all = if q.is_ascii() && !is_phone {
            all.and("number = ?", [Bound::Text(q.to_owned())])
        } else {
            let (column, indexes) = store::wanted_person(keyring, q);
            all.and_in(column, bytes(indexes))
        };
    }
    Ok(all)
}

fn place(after: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (at, id) = after.split_once('_')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
}

/// One order within reach, masked as the right says; its reading stands in the audit trail.
pub(crate) async fn look_at(service: &Service, who: &Pharmacist<'_>, id: Uuid) -> Result<Look, HerbalError> {
    let app = &service.app;
    let order = find_within(store::find_order(&app.db, id).await?, who)?;
    let document = document_of(app, &order).await?;
    let mut tx = app.db.begin().await?;
    let choices = match order.state {
        State::Paid | State::Dispatched => choices(app, &mut tx, (&order, &document)).await?,
        _ => Vec::new(),
    };
    let charge = store::find_charge(&mut tx, id).await?;
    audit::append(&mut tx, entry(app, who.right.actor(), "order.read", &order, who.request)).await?;
    tx.commit().await?;
    let mut whole = whole(service, order).await?;
    let is_hidden = |field: &Field| !who.right.shows(*field, &site(&whole.order));
    let hidden: Vec<Field> = Field::ALL.into_iter().filter(is_hidden).collect();
    mask(&mut whole.version, &hidden);
    Ok(Look { whole, charge, choices })
}

/// Gives an order to a company by hand: one that waits for any, or one its company has not accepted.
pub(crate) async fn assign(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, seen): (Uuid, i64),
    (company, reason): (&str, &str),
) -> Result<(), HerbalError> {
    let app = &service.app;
    let reason = told(reason)?;
    let known = find_within(store::find_order(&app.db, id).await?, who)?;
    let (document, by) = (document_of(app, &known).await?, name_of(service, who).await?);
    let mut tx = app.db.begin().await?;
    let mut order = find_unchanged(store::lock_order(&mut tx, id).await?, who, seen)?;
    let all = choices(app, &mut tx, (&order, &document)).await?;
    let chosen = all.iter().find(|one| one.company == company);
    let chosen = chosen.ok_or(HerbalError::Refused("没有这家企业，或它已停用。"))?;
    if order.company.as_deref() == Some(company) {
        return Err(HerbalError::Refused("这一单已经在这家企业，请选另一家。"));
    }
    let by = (who.right.id().to_string(), by);
    if order.state == State::Dispatched {
        order.company = None;
        let detail = Detail { reason: reason.clone(), ..Detail::default() };
        advance(app, &mut tx, &mut order, Event::Withdrawn, (&by.0, &by.1), &detail).await?;
    }
    give(app, &mut tx, &mut order, chosen, (&by.0, &by.1)).await?;
    let mut entry = entry(app, who.right.actor(), "order.assign", &order, who.request);
    entry.reason = Some(&reason);
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

/// Has the medicine brought elsewhere, or fetched instead; the prescription itself stays as it was audited.
pub(crate) async fn redirect(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, seen): (Uuid, i64),
    (delivery, reason): (Delivery, &str),
) -> Result<(), HerbalError> {
    let app = &service.app;
    let reason = told(reason)?;
    if let Some(fault) = delivery.fault() {
        return Err(HerbalError::Refused(fault));
    }
    let known = find_within(store::find_order(&app.db, id).await?, who)?;
    if document_of(app, &known).await?.delivery == delivery {
        return Err(HerbalError::Refused("配送方式和地址没有变化。"));
    }
    let by = (who.right.id().to_string(), name_of(service, who).await?);
    let mut tx = app.db.begin().await?;
    let mut order = find_unchanged(store::lock_order(&mut tx, id).await?, who, seen)?;
    order.is_home = delivery.way == crate::model::Way::Home;
    let detail = Detail { reason: reason.clone(), delivery: Some(delivery), ..Detail::default() };
    advance(app, &mut tx, &mut order, Event::Redirected, (&by.0, &by.1), &detail).await?;
    let mut entry = entry(app, who.right.actor(), "order.redirect", &order, who.request);
    entry.reason = Some(&reason);
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

/// Writes what an order cost that was paid without a price.
pub(crate) async fn price(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, seen): (Uuid, i64),
    (charged, reason): (&Charged, &str),
) -> Result<(), HerbalError> {
    let app = &service.app;
    let reason = told(reason)?;
    let known = find_within(store::find_order(&app.db, id).await?, who)?;
    let document = document_of(app, &known).await?;
    let steps = store::list_events(app, &app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let order = find_unchanged(store::lock_order(&mut tx, id).await?, who, seen)?;
    if matches!(Phase::of(order.state), Phase::Audit | Phase::Pay | Phase::Cancelled)
        || order.state == State::Refunded
    {
        return Err(HerbalError::Refused("只有付过费而没有退费的订单才补记费用。"));
    }
    charge::supply(app, &mut tx, (&order, &document), charged, &steps).await?;
    let mut entry = entry(app, who.right.actor(), "order.price", &order, who.request);
    entry.reason = Some(&reason);
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

/// Lets prescriptions from before the desk be found by their patients; gives how many.
pub(crate) async fn name_patients(app: &platform::App) -> Result<usize, HerbalError> {
    let mut n = 0;
    loop {
        let unnamed = store::list_unnamed(&app.db, AT_ONCE).await?;
        if unnamed.is_empty() {
            return Ok(n);
        }
        for order in unnamed {
            let version = store::find_version(app, &app.db, order.id, order.version).await?;
            let mut tx = app.db.begin().await?;
            store::update_person(app, &mut tx, order.id, &version.document.patient).await?;
            tx.commit().await?;
            n += 1;
        }
    }
}

/// The order as the page showed it.
fn find_unchanged(found: Option<Order>, who: &Pharmacist<'_>, seen: i64) -> Result<Order, HerbalError> {
    let order = find_within(found, who)?;
    if order.n_events == seen { Ok(order) } else { Err(HerbalError::Outdated) }
}

async fn name_of(service: &Service, who: &Pharmacist<'_>) -> Result<String, HerbalError> {
    let staff = people::service::find_staff(&service.app, who.right.id()).await?;
    Ok(staff.map_or_else(|| "区平台".to_owned(), |staff| staff.name))
}

fn told(reason: &str) -> Result<String, HerbalError> {
    let reason = reason.trim();
    if (2..=200).contains(&reason.chars().count()) {
        return Ok(reason.to_owned());
    }
    Err(HerbalError::Refused("请写明原因，2 到 200 个字。"))
}
