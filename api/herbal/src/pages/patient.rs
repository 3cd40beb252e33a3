//! A patient's own prescriptions: what was prescribed, where it is, every step.

use askama::Template;
use axum::{extract::State, response::Html};
use chrono::NaiveDate;
use platform::{
    Problem,
    http::{Path, page},
    session::SignedInResident,
};
use ui::Frame;
use uuid::Uuid;

use super::parts::named;
use crate::{
    Service,
    model::{Detail, Event, Order, State as OrderState, Step, Version},
    service,
};

#[derive(Template)]
#[template(path = "herbal/own_list.html")]
struct ListPage {
    frame: Frame,
    is_known: bool,
    rows: Vec<RowView>,
}

struct RowView {
    id: Uuid,
    title: String,
    about: String,
    tone: &'static str,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "herbal/own.html")]
struct OwnPage {
    frame: Frame,
    number: String,
    state: &'static str,
    /// What it means, and what to do.
    advice: &'static str,
    diagnoses: String,
    doctor: String,
    issued: String,
    doses: u32,
    usage: String,
    way: String,
    lines: Vec<(String, String, String)>,
    steps: Vec<StepView>,
}

struct StepView {
    at: String,
    text: &'static str,
    by: String,
    place: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let today = service.app.clock.today();
    let own = service::list_own(&service, who.id).await?;
    let rows = own.iter().map(|(order, version)| row(order, version, today)).collect();
    let is_known = service::is_known(&service, who.id).await?;
    page(ListPage { frame: frame.with_csrf(who.session.csrf), is_known, rows }.render())
}

fn row(order: &Order, version: &Version, today: NaiveDate) -> RowView {
    let document = &version.document;
    let diagnoses = named(&document.diagnoses);
    RowView {
        id: order.id,
        title: if diagnoses.is_empty() { "饮片处方".into() } else { diagnoses },
        about: format!(
            "{} · {} · {} 味 {} 剂",
            ui::format::moment(document.issued_at, today),
            order.department.name,
            document.lines.len(),
            document.doses
        ),
        tone: order.state.tone(),
        state: plain(order.state),
    }
}

pub(super) async fn show(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let today = service.app.clock.today();
    let whole = service::read_own(&service, who.id, id).await?;
    let document = &whole.version.document;
    let way = match document.delivery.way {
        crate::model::Way::Home => format!("配送到家：{}", document.delivery.address),
        crate::model::Way::PickUp if document.delivery.place.is_empty() => "自取".into(),
        crate::model::Way::PickUp => format!("自取：{}", document.delivery.place),
    };
    let view = OwnPage {
        frame: frame.with_csrf(who.session.csrf),
        number: whole.order.number.clone(),
        state: plain(whole.order.state),
        advice: advice(whole.order.state),
        diagnoses: named(&document.diagnoses),
        doctor: format!("{} {}", whole.order.department.name, document.doctor.name),
        issued: ui::format::moment(document.issued_at, today),
        doses: document.doses,
        usage: document.usage.clone(),
        way,
        lines: super::orders::lines(document),
        steps: whole
            .steps
            .iter()
            .rev()
            .filter(|step| !matches!(step.event, Event::Blocked | Event::Queued | Event::Signed))
            .map(|step| StepView {
                at: ui::format::moment(step.at, today),
                text: told(step.event),
                by: step.actor_name.clone(),
                place: place_of(&step.detail, step.event),
            })
            .collect(),
    };
    page(view.render())
}

/// Where it was, or who brings it under which number.
fn place_of(detail: &Detail, event: Event) -> String {
    let parcel = (event == Event::Did(Step::Shipped) && !detail.receipt.is_empty())
        .then(|| format!("单号 {}", detail.receipt));
    let reason = (event == Event::Bounced).then(|| detail.reason.clone());
    let parts = [Some(detail.place.clone()), parcel, reason];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A state in the patient's words.
fn plain(state: OrderState) -> &'static str {
    match state {
        OrderState::Uploaded | OrderState::Returned | OrderState::Rejected => "医生正在核对",
        OrderState::Waiting => "药师正在审核",
        OrderState::Passed | OrderState::TimedOut => "可以付费了",
        OrderState::Paid => "已付费，等待配药",
        OrderState::Dispatched => "已交给配药企业",
        OrderState::Accepted => "配药企业已接单",
        other => other.text(),
    }
}

fn advice(state: OrderState) -> &'static str {
    match state {
        OrderState::Uploaded | OrderState::Returned | OrderState::Rejected => {
            "医生还在核对这张处方，暂时不用付费。"
        }
        OrderState::Waiting => "药师审核一般在两分钟内完成，完成后即可付费。",
        OrderState::Passed | OrderState::TimedOut => "请到医院收费处或医院的手机页面付费，付费后开始配药。",
        OrderState::Paid | OrderState::Dispatched | OrderState::Accepted => {
            "药还没有开始配。要退费请联系医院。"
        }
        OrderState::Made(crate::model::Step::Shipped) => "药在路上，请保持电话畅通。",
        OrderState::Made(crate::model::Step::Ready) => "药已到店，请带身份证或社保卡和收据去取。",
        OrderState::Made(_) => "药正在配制。",
        OrderState::Received | OrderState::PickedUp => "请按用法服用；不舒服时停药并联系医院。",
        OrderState::RefundRequested { .. } => "退费申请正在由医院决定。",
        OrderState::RefundAgreed => "医院已同意退费，正在办理。",
        OrderState::Refunded => "费用已退回，到账时间以付费渠道为准。",
        OrderState::Cancelled => "这张处方已取消，不用付费。",
    }
}

fn told(event: Event) -> &'static str {
    match event {
        Event::Passed => "药师审核通过",
        Event::Rejected => "药师请医生修改",
        Event::TimedOut => "系统审核通过，药师随后复核",
        Event::Amended => "医生修改了处方",
        Event::Accepted => "配药企业接单",
        Event::Declined | Event::Withdrawn => "换一家企业配药",
        Event::Redirected => "改了配送方式或地址",
        Event::Did(Step::Shipped) => "已寄出",
        Event::Did(Step::Ready) => "已到自取的药店",
        other => other.text(),
    }
}
