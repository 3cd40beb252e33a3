//! What goes to hospitals and how each gets its data; templates of others.

mod templates;

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use chrono::NaiveDate;
use people::staff_frame;
use platform::{
    Problem, audit,
    http::{Form, Path, Query, RequestId, page},
    rights::{Right, Site as Place},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    model::{Delivery, DeliveryState, Mode, Target, WITHDRAWN, reason_text},
    outbox,
    site::{self, Site},
    store::{self, COLUMNS, Filter},
};
use crate::{PreconsultError, Service, Shared, service::entry};

/// Most rows of a list.
const MOST: u32 = 300;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/staff/deliveries", get(list))
        .route("/staff/deliveries/{id}/resend", post(resend))
        .route("/staff/exchange", get(sites))
        .route("/staff/exchange/{institution}", post(set_mode))
        .route("/staff/exchange/{institution}/secret", post(renew_secret))
        .merge(templates::routes())
}

#[derive(Template)]
#[template(path = "preconsult/deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    asked: Asked,
    institutions: Vec<(String, String)>,
    counts: Vec<(&'static str, &'static str, i64)>,
    rows: Vec<Row>,
}

struct Row {
    id: Uuid,
    institution: String,
    target: &'static str,
    state: DeliveryState,
    tries: i64,
    reason: &'static str,
    may_resend: bool,
    receipt: String,
    created: String,
    changed: String,
    next: String,
}

#[derive(Template)]
#[template(path = "preconsult/exchange_sites.html")]
struct SitesPage {
    frame: Frame,
    rows: Vec<SiteRow>,
    /// Institution and secret made just now.
    made: Option<(String, String)>,
    address: String,
}

/// An institution with how far its registrations were taken over.
struct SiteRow {
    site: Site,
    registrations: Option<Synced>,
}

struct Synced {
    moment: String,
    fault: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    institution: String,
}

#[derive(Deserialize)]
struct Switch {
    mode: String,
}

async fn list(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let filter = Filter {
        state: DeliveryState::named(&asked.state),
        target: Target::named(&asked.target),
        institution: Some(asked.institution.clone()).filter(|code| !code.is_empty()),
    };
    let reach = right.predicate(&COLUMNS);
    let counted = store::count_by_state(&app.db, reach.clone()).await.map_err(PreconsultError::from)?;
    let count = |state: DeliveryState| {
        let n = counted.iter().find(|(name, _)| name == state.name()).map_or(0, |(_, count)| *count);
        (state.tone(), state.text(), n)
    };
    let found = store::list_deliveries(&app.db, reach, &filter, MOST).await.map_err(PreconsultError::from)?;
    let sites = site::list(app).await?;
    let today = app.clock.today();
    let institutions: Vec<_> = sites.into_iter().map(|site| (site.institution, site.name)).collect();
    let rows = found.into_iter().map(|delivery| row(delivery, &institutions, today)).collect();
    let counts = DeliveryState::ALL.into_iter().map(count).collect();
    let frame = staff_frame(app, &right, frame).await?;
    page(DeliveriesPage { frame, asked, institutions, counts, rows }.render())
}

fn row(delivery: Delivery, institutions: &[(String, String)], today: NaiveDate) -> Row {
    let name =
        institutions.iter().find(|(code, _)| *code == delivery.institution).map(|(_, name)| name.clone());
    let next = if delivery.state == DeliveryState::Waiting && delivery.tries > 0 {
        ui::format::time(delivery.due_at)
    } else {
        String::new()
    };
    Row {
        id: delivery.id,
        institution: name.unwrap_or(delivery.institution),
        target: delivery.target.text(),
        state: delivery.state,
        tries: delivery.tries,
        may_resend: delivery.state != DeliveryState::Delivered
            && delivery.reason.as_deref() != Some(WITHDRAWN),
        reason: delivery.reason.as_deref().map(reason_text).unwrap_or_default(),
        receipt: delivery.receipt.unwrap_or_default(),
        created: ui::format::moment(delivery.created_at, today),
        changed: ui::format::moment(delivery.changed_at, today),
        next,
    }
}

async fn resend(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let app = &service.app;
    let found = store::find_delivery(&app.db, id).await.map_err(PreconsultError::from)?;
    let delivery = found.filter(|delivery| {
        right.covers(&Place { institution: Some(&delivery.institution), ..Place::default() })
    });
    let delivery = delivery.ok_or(PreconsultError::NotFound)?;
    let mut tx = app.db.begin().await.map_err(PreconsultError::from)?;
    if !outbox::resend(app, &mut tx, &delivery).await? {
        return Err(
            PreconsultError::Exchange("这份结果已经送达，或患者已撤回其中的回答，不需要重发。").into()
        );
    }
    let deed =
        entry(app, right.actor(), "delivery.resend", delivery.resident, delivery.consultation, &request);
    audit::append(&mut tx, deed).await.map_err(PreconsultError::from)?;
    tx.commit().await.map_err(PreconsultError::from)?;
    Ok(Redirect::to("/staff/deliveries"))
}

async fn sites(State(service): State<Service>, right: Right, frame: Frame) -> Result<Html<String>, Problem> {
    drawn(&service, &right, frame, None).await
}

async fn set_mode(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(institution): Path<String>,
    Form(switch): Form<Switch>,
) -> Result<Redirect, Problem> {
    within(&right, &institution)?;
    let mode = Mode::named(&switch.mode)
        .ok_or_else(|| Problem::invalid_input().detail("请选择一种方式。").fault("/mode", "没有这种方式"))?;
    site::set_mode(&service.app, (right.actor(), &request), &institution, mode).await?;
    Ok(Redirect::to(&format!("/staff/exchange#{institution}")))
}

async fn renew_secret(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    mut frame: Frame,
    Path(institution): Path<String>,
) -> Result<Html<String>, Problem> {
    within(&right, &institution)?;
    let secret = site::renew_secret(&service.app, (right.actor(), &request), &institution).await?;
    frame.here = "/staff/exchange".into();
    drawn(&service, &right, frame, Some((institution, secret))).await
}

async fn drawn(
    service: &Service,
    right: &Right,
    frame: Frame,
    made: Option<(String, String)>,
) -> Result<Html<String>, Problem> {
    let frame = staff_frame(&service.app, right, frame).await?;
    let reached = |site: &Site| within(right, &site.institution).is_ok();
    let (progress, today) = (store::registrations::list(&service.app).await?, service.app.clock.today());
    let row = |site: Site| {
        let own = progress.iter().find(|progress| progress.institution == site.institution);
        let registrations = own.map(|progress| Synced {
            moment: ui::format::moment(progress.tried_at, today),
            fault: progress.fault.clone(),
        });
        SiteRow { site, registrations }
    };
    let rows = site::list(&service.app).await?.into_iter().filter(reached).map(row).collect();
    page(SitesPage { frame, rows, made, address: service.app.config.site() }.render())
}

fn within(right: &Right, institution: &str) -> Result<(), PreconsultError> {
    let place = Place { institution: Some(institution), ..Place::default() };
    if right.covers(&place) { Ok(()) } else { Err(PreconsultError::NotFound) }
}
