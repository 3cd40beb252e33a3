use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::verify;
use crate::{Service, Shared, model::Doctor};

pub(in crate::exchange) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().route("/doctor/verify", get(ask).post(take))
}

#[derive(Template)]
#[template(path = "preconsult/verify.html")]
struct VerifyPage {
    frame: Frame,
    fault: &'static str,
}

#[derive(Deserialize)]
struct Scanned {
    code: String,
}

async fn ask(State(service): State<Service>, right: Right, frame: Frame) -> Result<Html<String>, Problem> {
    page(VerifyPage { frame: staff_frame(&service.app, &right, frame).await?, fault: "" }.render())
}

async fn take(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(scanned): Form<Scanned>,
) -> Result<Response, Problem> {
    let who = Doctor { right: right.clone(), request: &request };
    match verify(&service, &who, &scanned.code).await? {
        Ok(id) => Ok(Redirect::to(&format!("/doctor/consultations/{id}")).into_response()),
        Err(fault) => {
            let frame = staff_frame(&service.app, &right, frame).await?;
            let shown = page(VerifyPage { frame, fault: fault.text() }.render())?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
    }
}
