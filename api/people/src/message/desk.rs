//! What was pushed to a resident, and what failed; for customer service.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use platform::{
    App, Problem, audit,
    audit::Actor,
    http::{Path, Query, RequestId, page},
    jobs,
    rights::{Permission, Route, Who},
    session::SignedInStaff,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{Channel, PUSH, store, template};
use crate::{PeopleError, deed::deed};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/staff/messages", Who::Staff(Permission::MessageLog)),
    Route::post("/staff/messages/{id}/retry", Who::Staff(Permission::MessageLog)),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/staff/messages", get(log)).route("/staff/messages/{id}/retry", post(retry))
}

#[derive(Template)]
#[template(path = "message/log.html")]
struct LogPage {
    frame: Frame,
    resident: String,
    fault: &'static str,
    rows: Vec<Row>,
}

struct Row {
    id: Uuid,
    resident: Uuid,
    title: String,
    channel: &'static str,
    state: &'static str,
    tone: &'static str,
    detail: String,
    tries: i64,
    at: String,
    may_retry: bool,
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    resident: String,
}

/// Without a resident those that failed. No words of a message are shown: who asks only needs to know what became of it.
async fn log(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Query(filter): Query<Filter>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    const MOST: i64 = 200;
    let (deliveries, fault) = match (filter.resident.trim(), filter.resident.trim().parse()) {
        ("", _) => (store::list_failed(&app.db, MOST).await?, ""),
        (_, Err(_)) => (Vec::new(), "居民编号不正确，请从居民的反馈页面复制"),
        (_, Ok(resident)) => {
            let mut tx = app.db.begin().await?;
            let mut entry = deed(&app, Actor::from(&me.session.principal), "message.log.read", &request);
            entry.patient = Some(resident);
            audit::append(&mut tx, entry).await?;
            tx.commit().await?;
            (store::list_deliveries(&app.db, resident, MOST).await?, "")
        }
    };
    let today = app.clock.today();
    let rows = deliveries.into_iter().map(|delivery| row(delivery, today)).collect();
    let name = crate::service::find_staff(&app, me.id).await?.map(|staff| staff.name).unwrap_or_default();
    let frame = frame.with_csrf(me.session.csrf).with_name(name);
    page(LogPage { frame, resident: filter.resident, fault, rows }.render())
}

fn row(delivery: store::Delivery, today: chrono::NaiveDate) -> Row {
    let (state, tone) = match delivery.state.as_str() {
        "sent" => ("已送达渠道", "ok"),
        "failed" => ("失败", "danger"),
        "skipped" => ("未推送", "quiet"),
        _ => ("等待", "info"),
    };
    Row {
        id: delivery.id,
        resident: delivery.resident,
        title: match template::find(&delivery.template) {
            Ok(template) => template.title.clone(),
            Err(_) => delivery.template,
        },
        channel: Channel::named(&delivery.channel).map_or("", Channel::text),
        state,
        tone,
        may_retry: delivery.state == "failed",
        detail: delivery.detail,
        tries: delivery.tries,
        at: ui::format::moment(delivery.changed_at, today),
    }
}

async fn retry(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let delivery = store::find_delivery(&app.db, id).await?.ok_or(PeopleError::NotFound)?;
    if delivery.state != "failed" {
        return Err(PeopleError::Refused("这条消息没有失败，不需要重发。请刷新页面查看最新状态。").into());
    }
    let mut tx = app.db.begin().await?;
    // One job per failed try, however often the button is pressed.
    let key = format!("{id}/{}", delivery.tries);
    let new = jobs::New { kind: PUSH, lane: None, unique_key: Some(&key), due_at: app.now() };
    jobs::write(&app, &mut tx, new, &id).await?;
    store::update_delivery(&mut tx, id, "waiting", "由工作人员重发", app.now()).await?;
    let mut entry = deed(&app, Actor::from(&me.session.principal), "message.retry", &request);
    entry.patient = Some(delivery.resident);
    entry.object = Some(format!("message_delivery/{id}"));
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/messages"))
}
