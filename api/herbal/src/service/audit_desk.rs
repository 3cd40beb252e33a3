//! What pharmacists see and decide.

use chrono::{DateTime, TimeDelta, Utc};
use platform::{
    Problem, audit, db,
    rights::{Field, Permission, Reveal, Site},
};
use uuid::Uuid;

use super::{entry, give_verdict, hospital::whole};
use crate::{
    HerbalError, Service,
    model::{Decision, Found, Happened, Order, Pharmacist, REASONS, Review, State, Verdict, Version},
    store,
};

/// A pharmacist who opened a prescription and went away keeps it from others no longer than this.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// So close, one deadline is not before the other.
const SAME_SECONDS: i64 = 10;
/// Of one patient, on the screen.
const MOST_EARLIER: i64 = 6;
/// Longest text of a rejection, in characters.
const LONGEST: usize = 500;

/// A row of the queue.
pub struct Queued {
    pub order: Order,
    /// Masked.
    pub patient: String,
    pub n_lines: usize,
    pub findings: Vec<Found>,
    /// Somebody else looks at it.
    pub is_taken: bool,
}

/// One prescription, opened by a pharmacist.
pub struct Opened {
    pub order: Order,
    pub version: Version,
    pub verdict: Option<Verdict>,
    pub steps: Vec<Happened>,
    /// Other prescriptions of the patient, newest first.
    pub earlier: Vec<(Order, Version)>,
    /// Fields that are masked.
    pub hidden: Vec<Field>,
}

/// What a pharmacist gets to see.
pub struct Seen {
    pub opened: Opened,
    /// Whether this pharmacist has it now; others may look, not decide.
    pub is_mine: bool,
}

/// A row of the list of what passed by time-out.
pub struct Unreviewed {
    pub order: Order,
    pub version: Version,
    pub at: DateTime<Utc>,
    pub patient: String,
}

/// What waits within reach, in the order it should be taken.
pub(crate) async fn queue(service: &Service, who: &Pharmacist<'_>) -> Result<Vec<Queued>, HerbalError> {
    let app = &service.app;
    let mut orders = store::list_waiting(&app.db, &who.right.predicate(&store::COLUMNS)).await?;
    // Of those that end within the same seconds the graver comes first; what has no clock waits for people only.
    let bucket = |at: DateTime<Utc>| at.timestamp() / SAME_SECONDS;
    orders.sort_by_key(|order| {
        (order.deadline.map(bucket), std::cmp::Reverse(order.gravity), order.created_at)
    });
    let mut queue = Vec::with_capacity(orders.len());
    for order in orders {
        let version = store::find_version(app, &app.db, order.id, order.version).await?;
        queue.push(Queued {
            // The list is drawn anew all the time: whole names stand where their reading is recorded.
            patient: ui::mask::name(&version.document.patient.name),
            n_lines: version.document.lines.len(),
            findings: version.findings,
            is_taken: is_taken(&order, who, app.now()),
            order,
        });
    }
    Ok(queue)
}

/// What tells whether the queue within reach is another than before.
pub(crate) async fn mark(service: &Service, who: &Pharmacist<'_>) -> Result<store::Mark, HerbalError> {
    Ok(store::find_mark(&service.app.db, &who.right.predicate(&store::COLUMNS)).await?)
}

/// Opens a prescription within reach; one that waits is claimed for a while, unless somebody else has it.
pub(crate) async fn see(service: &Service, who: &Pharmacist<'_>, id: Uuid) -> Result<Seen, HerbalError> {
    let app = &service.app;
    let order = db::retry(|| claim(service, who, id)).await?;
    let is_mine = order.state == State::Waiting && !is_taken(&order, who, app.now());
    let opened = open(service, who, order, None).await?;
    Ok(Seen { opened, is_mine })
}

/// Keeps a waiting prescription for a pharmacist, and records that its content is read.
pub(crate) async fn claim(service: &Service, who: &Pharmacist<'_>, id: Uuid) -> Result<Order, HerbalError> {
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    let mut order = find_within(store::lock_order(&mut tx, id).await?, who)?;
    if order.state == State::Waiting && !is_taken(&order, who, app.now()) {
        let is_new = order.claim.is_none_or(|(by, _)| by != who.right.id());
        order.claim = Some((who.right.id(), app.now() + CLAIM));
        if is_new {
            order.changed_at = app.now();
        }
        store::update_order(&mut tx, &order).await?;
    }
    let actor = who.right.actor();
    audit::append(&mut tx, entry(app, actor, "prescription.read", &order, who.request)).await?;
    tx.commit().await?;
    Ok(order)
}

/// The same page with one masked field in full, once the look behind the mask is in the audit trail.
pub(crate) async fn reveal(
    service: &Service,
    who: &Pharmacist<'_>,
    id: Uuid,
    (field, reason): (Field, &str),
) -> Result<Seen, Problem> {
    let reading = Pharmacist { right: who.right.under(Permission::PrescriptionAudit), request: who.request };
    let revealing = who.right.under(Permission::FieldReveal);
    let found = store::find_order(&service.app.db, id).await?;
    let order = find_within(found, &reading)?;
    if !revealing.covers(&site(&order)) {
        return Err(HerbalError::NotFound.into());
    }
    let look = Reveal {
        // Somebody without an account here is named by the prescription alone.
        patient: order.resident.unwrap_or(order.id),
        object: format!("prescription/{id}"),
        field,
        reason,
        request_id: &who.request.0,
    };
    platform::rights::reveal(&service.app, &revealing, look).await?;
    let is_mine = order.state == State::Waiting && !is_taken(&order, &reading, service.app.now());
    Ok(Seen { opened: open(service, &reading, order, Some(field)).await?, is_mine })
}

/// Passes or rejects the version that was looked at. Whoever comes second, pharmacist or clock, is told so.
pub(crate) async fn decide(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, version): (Uuid, i64),
    (decision, reasons, note): (Decision, &[String], &str),
) -> Result<(), HerbalError> {
    let app = &service.app;
    let is_known = |code: &String| REASONS.iter().any(|(known, _)| known == code);
    if decision == Decision::Rejected && (reasons.is_empty() || !reasons.iter().all(is_known)) {
        return Err(HerbalError::Refused("不通过要选至少一个原因，医生才知道怎么改。"));
    }
    if note.chars().count() > LONGEST {
        return Err(HerbalError::Refused("说明最多 500 个字，请删减。"));
    }
    let name = people::service::find_staff(app, who.right.id()).await?;
    let name = name.map_or_else(|| "药师".to_owned(), |staff| format!("{} {}", staff.name, staff.title));
    let verdict = Verdict {
        decision,
        auditor: Some(who.right.id()),
        reasons: if decision == Decision::Rejected { reasons.to_vec() } else { Vec::new() },
        note: note.trim().to_owned(),
        decided_at: app.now(),
        review: None,
    };
    db::retry(|| decide_once(service, who, (id, version), (&verdict, &name))).await
}

async fn decide_once(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, version): (Uuid, i64),
    (verdict, name): (&Verdict, &str),
) -> Result<(), HerbalError> {
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    let mut order = find_within(store::lock_order(&mut tx, id).await?, who)?;
    if order.version != version || order.state != State::Waiting {
        return Err(HerbalError::Outdated);
    }
    if is_taken(&order, who, app.now()) {
        return Err(HerbalError::Claimed);
    }
    let row = store::find_version_id(&mut tx, id, version).await?;
    let by = who.right.id().to_string();
    give_verdict(app, &mut tx, (&mut order, row), verdict, (&by, name)).await?;
    let mut entry = entry(app, who.right.actor(), "prescription.decide", &order, who.request);
    entry.reason = Some(order.state.text());
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

/// What passed by time-out within reach and nobody looked at since, oldest first.
pub(crate) async fn unreviewed(
    service: &Service,
    who: &Pharmacist<'_>,
) -> Result<Vec<Unreviewed>, HerbalError> {
    let app = &service.app;
    let rows = store::list_unreviewed(&app.db, &who.right.predicate(&store::COLUMNS)).await?;
    let mut all = Vec::with_capacity(rows.len());
    for (id, version, at) in rows {
        let order = store::find_order(&app.db, id).await?.ok_or(HerbalError::NotFound)?;
        let version = store::find_version(app, &app.db, id, version).await?;
        let name = &version.document.patient.name;
        let is_shown = who.right.shows(Field::Name, &site(&order));
        let patient = if is_shown { name.clone() } else { ui::mask::name(name) };
        all.push(Unreviewed { order, version, at, patient });
    }
    let mut tx = app.db.begin().await?;
    for row in &all {
        let entry = entry(app, who.right.actor(), "prescription.list", &row.order, who.request);
        audit::append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(all)
}

/// How many passed by time-out within reach and were not looked at since.
pub(crate) async fn count_unreviewed(service: &Service, who: &Pharmacist<'_>) -> Result<usize, HerbalError> {
    Ok(store::list_unreviewed(&service.app.db, &who.right.predicate(&store::COLUMNS)).await?.len())
}

/// Writes what the look at a prescription that passed by time-out came to.
pub(crate) async fn review_later(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, version): (Uuid, i64),
    (is_sound, note): (bool, &str),
) -> Result<(), HerbalError> {
    let app = &service.app;
    if !is_sound && note.trim().is_empty() {
        return Err(HerbalError::Refused("有问题的请写明问题和已采取的措施。"));
    }
    if note.chars().count() > LONGEST {
        return Err(HerbalError::Refused("说明最多 500 个字，请删减。"));
    }
    let mut tx = app.db.begin().await?;
    let order = find_within(store::lock_order(&mut tx, id).await?, who)?;
    let row = store::find_version_id(&mut tx, id, version).await?;
    let review = Review { by: who.right.id(), at: app.now(), is_sound, note: note.trim().to_owned() };
    if !store::update_reviewed(app, &mut tx, row, &review).await? {
        return Err(HerbalError::Outdated);
    }
    audit::append(&mut tx, entry(app, who.right.actor(), "prescription.review", &order, who.request)).await?;
    Ok(tx.commit().await?)
}

/// A prescription out of reach is as good as none.
pub(super) fn find_within(found: Option<Order>, who: &Pharmacist<'_>) -> Result<Order, HerbalError> {
    found.filter(|order| who.right.covers(&site(order))).ok_or(HerbalError::NotFound)
}

fn is_taken(order: &Order, who: &Pharmacist<'_>, now: DateTime<Utc>) -> bool {
    order.claim.is_some_and(|(by, until)| by != who.right.id() && until > now)
}

pub(super) fn site(order: &Order) -> Site<'_> {
    Site {
        institution: Some(&order.institution),
        department: Some(&order.department.code),
        ..Site::default()
    }
}

async fn open(
    service: &Service,
    who: &Pharmacist<'_>,
    order: Order,
    shown: Option<Field>,
) -> Result<Opened, HerbalError> {
    let is_hidden = |field: &Field| shown != Some(*field) && !who.right.shows(*field, &site(&order));
    let hidden: Vec<Field> = Field::ALL.into_iter().filter(is_hidden).collect();
    let whole = whole(service, order).await?;
    let earlier = earlier(service, who, &whole.order, &whole.version).await?;
    let (mut version, order) = (whole.version, whole.order);
    mask(&mut version, &hidden);
    Ok(Opened { order, version, verdict: whole.verdict, steps: whole.steps, earlier, hidden })
}

/// What else this patient was prescribed, as far as the right reaches.
async fn earlier(
    service: &Service,
    who: &Pharmacist<'_>,
    order: &Order,
    version: &Version,
) -> Result<Vec<(Order, Version)>, HerbalError> {
    let app = &service.app;
    let Some(number) = version.document.id_number() else { return Ok(Vec::new()) };
    let indexes = store::indexes_of(&app.keyring, &number);
    let mut all = Vec::new();
    for one in store::list_of_patient(&app.db, &indexes, MOST_EARLIER + 1).await? {
        if one.id != order.id && who.right.shows(Field::Diagnosis, &site(&one)) {
            let version = store::find_version(app, &app.db, one.id, one.version).await?;
            all.push((one, version));
        }
    }
    Ok(all)
}

/// Masks what the right does not show.
pub(super) fn mask(version: &mut Version, hidden: &[Field]) {
    let document = &mut version.document;
    for field in hidden {
        match field {
            Field::Name => document.patient.name = ui::mask::name(&document.patient.name),
            Field::IdNumber => {
                document.patient.id_number = document.patient.id_number.as_deref().map(ui::mask::id_number);
            }
            Field::Phone => {
                document.patient.phone = document.patient.phone.as_deref().map(ui::mask::phone);
                document.delivery.phone = ui::mask::phone(&document.delivery.phone);
            }
            Field::Address => document.delivery.address.clear(),
            Field::Card => document.patient.card = None,
            Field::Diagnosis => {
                document.diagnoses.clear();
                document.syndromes.clear();
            }
        }
    }
}
