//! The company's work: what is to be done, step by step, labels, pick-up.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use crate::{
    Service,
    model::{Detail, Document, Event, Order, Pharmacist, Step, Way},
    service::{self, Company, Proof, Whole},
};

#[derive(Template)]
#[template(path = "herbal/orders.html")]
struct OrdersPage {
    frame: Frame,
    company: String,
    is_open: bool,
    rows: Vec<RowView>,
}

struct RowView {
    id: Uuid,
    number: String,
    state: &'static str,
    tone: &'static str,
    way: &'static str,
    changed: String,
    next: String,
}

#[derive(Template)]
#[template(path = "herbal/order.html")]
struct OrderPage {
    frame: Frame,
    note: Option<&'static str>,
    id: Uuid,
    seen: i64,
    number: String,
    state: &'static str,
    tone: &'static str,
    patient: String,
    doses: u32,
    usage: String,
    way: String,
    lines: Vec<(String, String, String)>,
    choices: Vec<ChoiceView>,
    steps: Vec<StepView>,
    label_at: Option<String>,
}

struct ChoiceView {
    event: &'static str,
    text: &'static str,
    /// What has to or may be told with it: `reason`, `proof`, `weight`, `temperature`, `parcel`, or nothing.
    asks: &'static str,
}

#[derive(Template)]
#[template(path = "herbal/label.html")]
struct LabelPage {
    frame: Frame,
    id: Uuid,
    qr: String,
    number: String,
    patient: String,
    doses: u32,
    usage: String,
    company: String,
    packed: String,
}

#[derive(Template)]
#[template(path = "herbal/trace.html")]
struct TracePage {
    frame: Frame,
    state: &'static str,
    patient: String,
    doses: u32,
    /// When, what, and which company; nobody of it by name.
    steps: Vec<(String, &'static str, String)>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub(super) struct Done {
    event: String,
    seen: i64,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    weight: String,
    #[serde(default)]
    temperature: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    tail: String,
    #[serde(default)]
    receipt: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let who = Pharmacist { right: right.clone(), request: &request };
    let company = service::company_of(&service, &who).await?;
    let is_open = asked.done.is_empty();
    let orders = service::list_orders(&service, &company, is_open).await?;
    let today = service.app.clock.today();
    let row = |order: Order| RowView {
        id: order.id,
        state: order.state.text(),
        tone: order.state.tone(),
        way: if order.is_home { "配送到家" } else { "到店自取" },
        changed: ui::format::moment(order.changed_at, today),
        next: service::possible(&order).iter().map(|event| event.text()).collect::<Vec<_>>().join(" / "),
        number: order.number,
    };
    let rows = orders.into_iter().map(row).collect();
    let frame = staff_frame(&service.app, &right, frame).await?;
    page(OrdersPage { frame, company: company.name, is_open, rows }.render())
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    drawn(&service, (&right, &request), frame, id, None).await
}

pub(super) async fn process(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    mut frame: Frame,
    Path(id): Path<Uuid>,
    Form(done): Form<Done>,
) -> Result<Response, Problem> {
    let event = Event::named(&done.event);
    let event = event.ok_or_else(|| Problem::invalid_input().fault("/event", "没有这一步"))?;
    let number = |text: &str, place: &'static str| match text.trim() {
        "" => Ok(None),
        text => text
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite())
            .map(Some)
            .ok_or_else(|| Problem::invalid_input().fault(place, "写成数，例如 120")),
    };
    let detail = Detail {
        reason: cut(&done.reason),
        place: cut(&done.place),
        receipt: cut(&done.receipt),
        weight_g: number(&done.weight, "/weight")?,
        temperature_c: number(&done.temperature, "/temperature")?,
        delivery: None,
    };
    let proof = Proof { name: &done.name, tail: &done.tail, receipt: &done.receipt };
    let who = Pharmacist { right: right.clone(), request: &request };
    let Err(error) = service::process(&service, &who, (id, done.seen), (event, &detail), &proof).await else {
        let next =
            if event == Event::Declined { "/herbal/orders".into() } else { format!("/herbal/orders/{id}") };
        return Ok(Redirect::to(&next).into_response());
    };
    let Some(note) = error.note() else { return Err(error.into()) };
    frame.here = format!("/herbal/orders/{id}");
    let status = Problem::from(error).status();
    Ok((status, drawn(&service, (&right, &request), frame, id, Some(note)).await?).into_response())
}

fn cut(text: &str) -> String {
    text.trim().chars().take(200).collect()
}

async fn drawn(
    service: &Service,
    (right, request): (&Right, &RequestId),
    frame: Frame,
    id: Uuid,
    note: Option<&'static str>,
) -> Result<Html<String>, Problem> {
    let who = Pharmacist { right: right.clone(), request };
    let company = service::company_of(service, &who).await?;
    let whole = service::open_order(service, (right.actor(), request), &company, id).await?;
    let today = service.app.clock.today();
    let frame = staff_frame(&service.app, right, frame).await?;
    let document = &whole.version.document;
    let delivery = &document.delivery;
    let is_packed = whole.steps.iter().any(|step| step.event == Event::Did(Step::Packed));
    let view = OrderPage {
        frame,
        note,
        id,
        seen: whole.order.n_events,
        number: whole.order.number.clone(),
        state: whole.order.state.text(),
        tone: whole.order.state.tone(),
        patient: document.patient.name.clone(),
        doses: document.doses,
        usage: document.usage.clone(),
        way: if whole.order.is_home {
            format!("配送到家：{} {} {}", delivery.address, delivery.receiver, delivery.phone)
        } else if delivery.place.is_empty() {
            "到店自取".into()
        } else {
            format!("到店自取：{}", delivery.place)
        },
        lines: lines(document),
        choices: service::possible(&whole.order).into_iter().map(choice).collect(),
        steps: steps(&whole, today),
        label_at: is_packed.then(|| format!("/herbal/orders/{id}/label")),
    };
    page(view.render())
}

fn choice(event: Event) -> ChoiceView {
    ChoiceView {
        event: event.name(),
        text: event.text(),
        asks: match event {
            Event::Declined | Event::Bounced => "reason",
            Event::PickedUp => "proof",
            Event::Did(Step::Shipped) => "parcel",
            Event::Did(Step::Dispensed | Step::Checked) => "weight",
            Event::Did(Step::Soaked | Step::Decocted) => "temperature",
            _ => "",
        },
    }
}

/// The pieces: name, dose, notes.
pub(super) fn lines(document: &Document) -> Vec<(String, String, String)> {
    let line = |line: &crate::model::Line| {
        (line.name.clone(), format!("{}{}", line.dose, line.unit), line.notes.join("、"))
    };
    document.lines.iter().map(line).collect()
}

/// When, what, by whom, and what was told of it.
pub(super) type StepView = (String, &'static str, String, String);

pub(super) fn steps(whole: &Whole, today: chrono::NaiveDate) -> Vec<StepView> {
    let told = |detail: &Detail| {
        let weight = detail.weight_g.map(|weight| format!("{weight} g"));
        let temperature = detail.temperature_c.map(|degrees| format!("{degrees} ℃"));
        let receipt = Some(&detail.receipt).filter(|receipt| !receipt.is_empty());
        let receipt = receipt.map(|receipt| format!("单号 {receipt}"));
        let way = detail.delivery.as_ref().map(|delivery| match delivery.way {
            Way::Home => "改为配送到家".to_owned(),
            Way::PickUp => "改为自取".to_owned(),
        });
        let (place, reason) = (Some(detail.place.clone()), Some(detail.reason.clone()));
        let texts = [way, place, receipt, reason, weight, temperature];
        texts.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let step = |step: &crate::model::Happened| {
        (ui::format::moment(step.at, today), step.event.text(), step.actor_name.clone(), told(&step.detail))
    };
    whole.steps.iter().map(step).collect()
}

/// The label of the packets, with the way to their trace.
pub(super) async fn label(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let who = Pharmacist { right: right.clone(), request: &request };
    let company: Company = service::company_of(&service, &who).await?;
    let whole = service::open_order(&service, (right.actor(), &request), &company, id).await?;
    let today = service.app.clock.today();
    let packed = whole.steps.iter().rev().find(|step| step.event == Event::Did(Step::Packed));
    let packed = packed.ok_or_else(|| Problem::not_found().detail("还没有包装，没有标签。"))?;
    let address = format!("{}/trace/{id}", service.app.config.site());
    let document = &whole.version.document;
    let view = LabelPage {
        frame: staff_frame(&service.app, &right, frame).await?,
        id,
        qr: ui::qr::svg(&address, "追溯二维码").unwrap_or_default(),
        number: whole.order.number.clone(),
        patient: document.patient.name.clone(),
        doses: document.doses,
        usage: document.usage.clone(),
        company: company.name,
        packed: ui::format::moment(packed.at, today),
    };
    page(view.render())
}

/// The steps of a packet, for whoever scans its label.
pub(super) async fn trace(
    State(service): State<Service>,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let whole = service::trace(&service, id).await?;
    let today = service.app.clock.today();
    let is_of_company =
        |event: Event| matches!(event, Event::Accepted | Event::Did(_) | Event::Received | Event::PickedUp);
    let shown: Vec<_> = whole.steps.iter().filter(|step| is_of_company(step.event)).cloned().collect();
    let patient = ui::mask::name(&whole.version.document.patient.name);
    let (state, doses) = (whole.order.state.text(), whole.version.document.doses);
    // Reasons and places may say where somebody lives: they are not for everybody.
    let steps = steps(&Whole { steps: shown, ..whole }, today);
    let place = |by: String| by.split_whitespace().next().unwrap_or_default().to_owned();
    let steps = steps.into_iter().map(|(at, event, by, _)| (at, event, place(by))).collect();
    page(TracePage { frame, state, patient, doses, steps }.render())
}
