//! The doctor's import into the EMR, and the document for whoever may export it.

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use gateways::Gateways;
use platform::{
    App, Problem, audit,
    http::{Path, Query, RequestId},
    rights::{Field, Right, checked_reason},
    session::{self, SignedIn},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    model::{Delivery, DeliveryState, Target},
    outbox, packet, store,
};
use crate::{
    PreconsultError, Service, Shared,
    model::Doctor,
    service::{entry, find_within},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/doctor/consultations/{id}/import", post(import_page))
        .routes(routes!(export_document))
}

/// Where the import of a consultation stands; None when nobody asked for one.
pub(crate) async fn find_import(app: &App, id: Uuid) -> Result<Option<Delivery>, PreconsultError> {
    Ok(store::find_of_consultation(&app.db, id, Target::Emr).await?)
}

/// Imports a consultation into the hospital's EMR: once, however often it is asked for; one that was refused is sent
/// again. What cannot be sent now is sent later by itself.
pub(super) async fn import(
    service: &Service,
    gateways: &Gateways,
    who: Doctor<'_>,
    id: Uuid,
) -> Result<Delivery, PreconsultError> {
    let app = &service.app;
    let consultation = find_within(service, &who, id).await?;
    if !who.right.shows(Field::Diagnosis, &consultation.site()) {
        return Err(PreconsultError::Hidden);
    }
    let before = find_import(app, id).await?;
    if before.as_ref().is_none_or(|delivery| delivery.state != DeliveryState::Delivered) {
        let mut tx = app.db.begin().await?;
        if let Some(delivery) = &before {
            outbox::resend(app, &mut tx, delivery).await?;
        } else {
            outbox::enqueue(app, &mut tx, (Target::Emr, &consultation), Some(who.right.id())).await?;
        }
        let deed = entry(app, who.actor(), "consultation.import", consultation.resident, id, who.request);
        audit::append(&mut tx, deed).await?;
        tx.commit().await?;
        let lane = find_import(app, id).await?.ok_or(PreconsultError::NotFound)?.lane();
        outbox::deliver(app, gateways, &lane).await?;
    }
    find_import(app, id).await?.ok_or(PreconsultError::NotFound)
}

async fn import_page(
    State(service): State<Service>,
    Extension(gateways): Extension<Gateways>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    import(&service, &gateways, Doctor { right, request: &request }, id).await?;
    Ok(Redirect::to(&format!("/doctor/consultations/{id}#import")))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Why {
    /// 为什么导出，记入审计
    #[param(pattern = r"^[^\s\x00-\x1f\x7f-\x9f]{2,100}$")]
    reason: String,
}

/// 病历文档：门(急)诊病历（WS/T 500.2，CDA）。需要“导出数据”权限，每次记入审计。
#[utoipa::path(get, path = "/api/preconsult/consultations/{id}/document", tag = "preconsult",
    params(("id" = Uuid, Path), Why),
    responses(
        (status = 200, description = "XML 文档", body = String, content_type = "application/xml"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "没有导出权限，或十分钟内没有确认过身份"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有，或不在可看范围内")))]
async fn export_document(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    SignedIn(session): SignedIn,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<Response, Problem> {
    session::require_recent_proof(&service.app, &session)?;
    let (app, reason) = (&service.app, checked_reason(&why.reason)?);
    let who = Doctor { right, request: &request };
    let consultation = find_within(&service, &who, id).await?;
    let xml = packet::find(app, id).await?.xml(app, None).await?;
    let mut tx = app.db.begin().await.map_err(PreconsultError::from)?;
    let deed = entry(app, who.actor(), "consultation.export", consultation.resident, id, &request);
    let deed = audit::Entry { reason: Some(&reason), ..deed };
    audit::append(&mut tx, deed).await.map_err(PreconsultError::from)?;
    tx.commit().await.map_err(PreconsultError::from)?;
    let name = format!("attachment; filename=\"{id}.xml\"");
    let head =
        [(header::CONTENT_TYPE, "application/xml; charset=utf-8"), (header::CONTENT_DISPOSITION, &name)];
    Ok((head, xml).into_response())
}
