//! The order desk: what there is, what is late, and what is put right by hand.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::{Frame, chart::csv_cell};
use uuid::Uuid;

use super::{
    orders::{self, StepView},
    parts::{named, person},
};
use crate::{
    HerbalError, Service,
    catalogue::{self, sheet},
    model::{Charged, Delivery, Pharmacist, Way},
    service::{self, Asked, Groups, Look, Phase, Shown},
    store::{self, By},
};

#[derive(Template)]
#[template(path = "herbal/desk.html")]
struct DeskPage {
    frame: Frame,
    note: Option<&'static str>,
    asked: Asked,
    from: String,
    until: String,
    institutions: Vec<(String, String)>,
    companies: Vec<(String, String)>,
    phases: Vec<PhaseView>,
    n_late: i64,
    late_at: String,
    n_unpriced: i64,
    unpriced_at: String,
    all_at: String,
    rows: Vec<RowView>,
    older: Option<String>,
    table: Option<TableView>,
    export_at: String,
}

struct PhaseView {
    text: &'static str,
    n: i64,
    at: String,
    is_chosen: bool,
}

struct RowView {
    id: Uuid,
    number: String,
    patient: String,
    place: String,
    state: &'static str,
    tone: &'static str,
    company: String,
    created: String,
    waits: String,
    is_late: bool,
}

struct TableView {
    by: &'static str,
    chart: String,
    rows: Vec<(String, i64, i64, String)>,
}

#[derive(Template)]
#[template(path = "herbal/desk_order.html")]
struct OrderPage {
    frame: Frame,
    note: Option<&'static str>,
    id: Uuid,
    seen: i64,
    number: String,
    state: &'static str,
    tone: &'static str,
    is_late: bool,
    patient: String,
    person: String,
    place: String,
    diagnoses: String,
    issued: String,
    doses: u32,
    usage: String,
    lines: Vec<(String, String, String)>,
    delivery: Delivery,
    /// Whether the address is hidden from whoever looks.
    may_redirect: bool,
    company: Option<String>,
    choices: Vec<ChoiceView>,
    charge: Option<String>,
    lacks_price: bool,
    steps: Vec<StepView>,
    draft: Deed,
}

struct ChoiceView {
    company: String,
    name: String,
    obstacle: &'static str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Deed {
    seen: i64,
    reason: String,
    company: String,
    way: String,
    address: String,
    receiver: String,
    phone: String,
    place: String,
    pieces: String,
    decoction: String,
    delivery: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let who = Pharmacist { right: right.clone(), request: &request };
    match service::survey(&service, &who, &asked).await {
        Ok(found) => Ok(drawn(&service, &right, frame, (asked, found), None).await?.into_response()),
        Err(error) => {
            let Some(note) = error.note() else { return Err(error.into()) };
            let status = Problem::from(error).status();
            let found = service::survey(&service, &who, &Asked::default()).await?;
            Ok((status, drawn(&service, &right, frame, (asked, found), Some(note)).await?).into_response())
        }
    }
}

async fn drawn(
    service: &Service,
    right: &Right,
    frame: Frame,
    (asked, found): (Asked, service::Survey),
    note: Option<&'static str>,
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let (today, now) = (app.clock.today(), app.now());
    let names = store::list_names(&app.db).await.map_err(HerbalError::from)?;
    let all_companies = catalogue::list_companies(app).await.map_err(HerbalError::from)?;
    let name = |code: &str| name_of(&names, code);
    let is_company = |code: &str| all_companies.iter().any(|one| one.code == code);
    let wanted = |change: &dyn Fn(&mut Asked)| {
        let mut other =
            Asked { phase: String::new(), only: String::new(), after: String::new(), ..asked.clone() };
        change(&mut other);
        address("/herbal/desk", &other)
    };
    let phase = |(phase, n): (Phase, i64)| PhaseView {
        text: phase.text(),
        n,
        at: wanted(&|other| other.phase = phase.name().into()),
        is_chosen: asked.phase == phase.name() && asked.only.is_empty(),
    };
    let row = |Shown { order, patient, is_late }: Shown| RowView {
        id: order.id,
        patient,
        place: format!("{} · {} {}", name(&order.institution), order.department.name, order.doctor.name),
        state: order.state.text(),
        tone: order.state.tone(),
        company: order.company.as_deref().map(name).unwrap_or_default(),
        created: ui::format::moment(order.created_at, today),
        waits: order
            .state
            .patience()
            .map_or_else(String::new, |_| ui::format::duration(now - order.changed_at)),
        is_late,
        number: order.number,
    };
    let older = found.next.as_ref().map(|next| {
        address("/herbal/desk", &Asked { after: next.clone(), by: String::new(), ..asked.clone() })
    });
    let view = DeskPage {
        frame: staff_frame(app, right, frame).await?,
        note,
        from: found.span.0.to_string(),
        until: found.span.1.to_string(),
        institutions: names.iter().filter(|(code, _)| !is_company(code)).cloned().collect(),
        companies: all_companies.iter().map(|one| (one.code.clone(), one.name.clone())).collect(),
        phases: found.phases.into_iter().map(phase).collect(),
        n_late: found.n_late,
        late_at: wanted(&|other| other.only = "late".into()),
        n_unpriced: found.n_unpriced,
        unpriced_at: wanted(&|other| other.only = "unpriced".into()),
        all_at: wanted(&|_| {}),
        rows: found.rows.into_iter().map(row).collect(),
        older,
        table: found.groups.as_ref().map(|groups| table(groups, &names)),
        export_at: address("/herbal/desk/counts.csv", &Asked { after: String::new(), ..asked.clone() }),
        asked,
    };
    page(view.render())
}

fn name_of(names: &[(String, String)], code: &str) -> String {
    names.iter().find(|(known, _)| known == code).map_or_else(|| code.to_owned(), |(_, name)| name.clone())
}

fn table(groups: &Groups, names: &[(String, String)]) -> TableView {
    let label = |label: Option<&str>| -> String {
        match (groups.by, label) {
            (_, None) => "（没有）".to_owned(),
            (By::Institution | By::Company, Some(code)) => name_of(names, code),
            (By::State, Some(name)) => {
                let known = crate::model::State::all().into_iter().find(|state| state.name() == name);
                known.map_or_else(|| name.to_owned(), |state| state.text().to_owned())
            }
            (By::Sex, Some(sex)) => match sex {
                "female" => "女",
                "male" => "男",
                _ => "不详",
            }
            .to_owned(),
            (_, Some(text)) => text.to_owned(),
        }
    };
    let by = By::ALL.iter().find(|(.., by)| *by == groups.by).map_or("", |(_, text, _)| text);
    let rows: Vec<_> = groups
        .rows
        .iter()
        .map(|one| (label(one.label.as_deref()), one.n, one.n_patients, sheet::yuan(one.fen)))
        .collect();
    let values: Vec<(String, i64)> = rows.iter().map(|(label, n, ..)| (label.clone(), *n)).collect();
    let title = format!("按{by}的订单数");
    let chart = if groups.by.is_time() {
        ui::chart::bars(&title, &values)
    } else {
        ui::chart::ranking(&title, &values)
    };
    TableView { by, chart, rows }
}

/// A page with its questions; empty ones are left out.
fn address(path: &str, asked: &Asked) -> String {
    let all = [
        ("q", &asked.q),
        ("institution", &asked.institution),
        ("department", &asked.department),
        ("doctor", &asked.doctor),
        ("company", &asked.company),
        ("sex", &asked.sex),
        ("pay", &asked.pay),
        ("phase", &asked.phase),
        ("from", &asked.from),
        ("until", &asked.until),
        ("only", &asked.only),
        ("by", &asked.by),
        ("after", &asked.after),
    ];
    let told: Vec<_> = all.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    match serde_html_form::to_string(told) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// The counted table, for a spreadsheet; nobody is named in it.
pub(super) async fn export(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let who = Pharmacist { right, request: &request };
    let asked = Asked { by: if asked.by.is_empty() { "day".into() } else { asked.by.clone() }, ..asked };
    let found = service::survey(&service, &who, &asked).await?;
    let names = store::list_names(&service.app.db).await.map_err(HerbalError::from)?;
    let (from, until) = found.span;
    let Some(groups) = found.groups else {
        return Err(Problem::invalid_input().fault("/by", "没有这种统计"));
    };
    let table = table(&groups, &names);
    let mut text = format!("\u{feff}{},订单,患者（按证件号）,金额（元）\r\n", table.by);
    for (label, n, n_patients, yuan) in table.rows {
        let (n, n_patients) = (n.to_string(), n_patients.to_string());
        text.push_str(&[csv_cell(&label), n, n_patients, yuan].join(","));
        text.push_str("\r\n");
    }
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"orders-by-{}-{from}-{until}.csv\"", asked.by),
        ),
    ];
    Ok((head, text).into_response())
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    order(&service, (&right, &request), frame, id, (None, Deed::default())).await
}

pub(super) async fn act(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    mut frame: Frame,
    Path((id, what)): Path<(Uuid, String)>,
    Form(deed): Form<Deed>,
) -> Result<Response, Problem> {
    let who = Pharmacist { right: right.clone(), request: &request };
    let at = (id, deed.seen);
    let done = match what.as_str() {
        "assign" => service::assign(&service, &who, at, (&deed.company, &deed.reason)).await,
        "redirect" => service::redirect(&service, &who, at, (delivery(&deed)?, &deed.reason)).await,
        "price" => match charged(&deed) {
            Ok(charged) => service::price(&service, &who, at, (&charged, &deed.reason)).await,
            Err(error) => Err(error),
        },
        _ => return Err(Problem::not_found()),
    };
    let Err(error) = done else {
        return Ok(Redirect::to(&format!("/herbal/desk/{id}")).into_response());
    };
    let Some(note) = error.note() else { return Err(error.into()) };
    frame.here = format!("/herbal/desk/{id}");
    let status = Problem::from(error).status();
    let shown = order(&service, (&right, &request), frame, id, (Some(note), deed)).await?;
    Ok((status, shown).into_response())
}

fn delivery(deed: &Deed) -> Result<Delivery, Problem> {
    let cut = |text: &str| text.trim().chars().take(200).collect();
    Ok(Delivery {
        way: match deed.way.as_str() {
            "home" => Way::Home,
            "pick_up" => Way::PickUp,
            _ => return Err(Problem::invalid_input().fault("/way", "请选配送到家或自取")),
        },
        address: cut(&deed.address),
        receiver: cut(&deed.receiver),
        phone: cut(&deed.phone),
        place: cut(&deed.place),
    })
}

fn charged(deed: &Deed) -> Result<Charged, HerbalError> {
    let fen = |text: &str| match text.trim() {
        "" => Ok(0),
        text => sheet::decimal(text, 2)
            .filter(|fen| (0..=100_000_000).contains(fen))
            .ok_or(HerbalError::Refused("金额写成元，最多两位小数，例如 123.40。")),
    };
    let charged = Charged {
        pieces_fen: fen(&deed.pieces)?,
        decoction_fen: fen(&deed.decoction)?,
        delivery_fen: fen(&deed.delivery)?,
    };
    if charged.pieces_fen == 0 {
        return Err(HerbalError::Refused("请填写饮片费。"));
    }
    Ok(charged)
}

async fn order(
    service: &Service,
    (right, request): (&Right, &RequestId),
    frame: Frame,
    id: Uuid,
    (note, draft): (Option<&'static str>, Deed),
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let who = Pharmacist { right: right.clone(), request };
    let Look { whole, charge, choices } = service::look_at(service, &who, id).await?;
    let names = store::list_names(&app.db).await.map_err(HerbalError::from)?;
    let today = app.clock.today();
    let order = &whole.order;
    let document = &whole.version.document;
    let is_here = |company: &str| order.company.as_deref() == Some(company);
    let phase = Phase::of(order.state);
    let view = OrderPage {
        frame: staff_frame(app, right, frame).await?,
        note,
        id,
        seen: order.n_events,
        number: order.number.clone(),
        state: order.state.text(),
        tone: order.state.tone(),
        is_late: service::is_late(order, app.now()),
        patient: document.patient.name.clone(),
        person: person(document, today),
        place: format!(
            "{} · {} {}",
            name_of(&names, &order.institution),
            order.department.name,
            order.doctor.name
        ),
        diagnoses: named(&document.diagnoses),
        issued: ui::format::moment(document.issued_at, today),
        doses: document.doses,
        usage: document.usage.clone(),
        lines: orders::lines(document),
        delivery: document.delivery.clone(),
        may_redirect: order.state.after(crate::model::Event::Redirected).is_ok(),
        company: order.company.as_deref().map(|code| name_of(&names, code)),
        choices: choices
            .into_iter()
            .filter(|one| !is_here(&one.company))
            .map(|one| ChoiceView {
                company: one.company,
                name: one.name,
                obstacle: one.obstacle.unwrap_or_default(),
            })
            .collect(),
        charge: charge.map(|charge| {
            let money = charge.amounts;
            let yuan = sheet::yuan;
            format!(
                "{} 元（饮片 {}，代煎 {}，配送 {}）",
                yuan(money.pieces + money.decoction + money.delivery),
                yuan(money.pieces),
                yuan(money.decoction),
                yuan(money.delivery)
            )
        }),
        lacks_price: charge.is_none()
            && !matches!(phase, Phase::Audit | Phase::Pay | Phase::Cancelled)
            && order.state != crate::model::State::Refunded,
        steps: orders::steps(&whole, today),
        draft,
    };
    page(view.render())
}
