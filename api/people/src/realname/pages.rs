//! The resident's screens: consent, two photographs, the fields, the result.

use askama::Template;
use axum::{
    Extension,
    extract::{DefaultBodyLimit, Multipart, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use gateways::Gateways;
use platform::{
    App, Problem,
    http::{Form, Path, RequestId, page},
    rights::{Route, Who},
    session::SignedInResident,
};
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Case, Recogniser, Side, State as CaseState,
    fields::{CardForm, FieldFault},
    photo,
    service::{self, CONSENT, SubmitError},
};
use crate::{
    PeopleError,
    resident::{self, Identity},
};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/realname", Who::Resident),
    Route::post("/realname", Who::Resident),
    Route::get("/realname/photo/{side}", Who::Resident),
    Route::post("/realname/photo/{side}", Who::Resident),
    Route::get("/realname/photo/{side}/image", Who::Resident),
    Route::post("/realname/suishenban", Who::Resident),
    Route::get("/realname/fields", Who::Resident),
    Route::post("/realname/fields", Who::Resident),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/realname", get(home).post(begin))
        .route("/realname/fields", get(fields).post(submit))
        .merge(
            OpenApiRouter::new()
                .route("/realname/photo/{side}", get(guide).post(upload))
                .layer(DefaultBodyLimit::max(photo::LARGEST + 64 * 1024)),
        )
        .route("/realname/photo/{side}/image", get(image))
}

#[derive(Template)]
#[template(path = "realname/home.html")]
struct HomePage {
    frame: Frame,
    who: Identity,
    case: Option<Case>,
    today: chrono::NaiveDate,
    consent: &'static str,
    photo_days: u32,
    has_suishenban: bool,
}

#[derive(Template)]
#[template(path = "realname/photo.html")]
struct PhotoPage {
    frame: Frame,
    side: Side,
    is_there: bool,
    fault: String,
}

#[derive(Template)]
#[template(path = "realname/fields.html")]
struct FieldsPage {
    frame: Frame,
    form: CardForm,
    faults: Vec<FieldFault>,
    has_recognition: bool,
}

impl FieldsPage {
    fn fault(&self, field: &str) -> &str {
        self.faults.iter().find(|(name, _)| *name == field).map_or("", |(_, fault)| fault.as_str())
    }
}

async fn home(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    me: SignedInResident,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let who = resident::find(&app, me.id).await?;
    let case = service::find_latest(&app, me.id).await?;
    let frame = frame.with_csrf(me.session.csrf);
    let has_suishenban = gateways.suishenban.is_some();
    let (today, photo_days) = (app.clock.today(), app.config.photo_days);
    page(HomePage { frame, who, case, today, consent: CONSENT, photo_days, has_suishenban }.render())
}

async fn begin(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
) -> Result<Redirect, Problem> {
    service::begin(&app, &request, me.id).await?;
    Ok(Redirect::to("/realname/photo/front"))
}

async fn guide(
    State(app): State<App>,
    me: SignedInResident,
    Path(side): Path<String>,
    frame: Frame,
) -> Result<Response, Problem> {
    let side = Side::named(&side).ok_or_else(Problem::not_found)?;
    let Some(case) = open_draft(&app, me.id).await? else {
        return Ok(Redirect::to("/realname").into_response());
    };
    let is_there = service::list_sides(&app, case.id).await?.contains(&side);
    let frame = frame.with_csrf(me.session.csrf);
    Ok(page(PhotoPage { frame, side, is_there, fault: String::new() }.render())?.into_response())
}

async fn upload(
    State(app): State<App>,
    me: SignedInResident,
    Path(side): Path<String>,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    let side = Side::named(&side).ok_or_else(Problem::not_found)?;
    let added = match read_photo(form).await {
        Ok(file) => service::add_photo(&app, me.id, side, &file).await,
        Err(fault) => Err(fault),
    };
    let next = match side {
        Side::Front => "/realname/photo/back",
        Side::Back => "/realname/fields",
    };
    match added {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(PeopleError::Field(_, fault)) => {
            let frame = frame.with_csrf(me.session.csrf);
            let page = page(PhotoPage { frame, side, is_there: false, fault: fault.into() }.render())?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The file called `photo`; a form without one gives an empty file.
async fn read_photo(mut form: Multipart) -> Result<Vec<u8>, PeopleError> {
    const LOST: PeopleError = PeopleError::Field("photo", "照片没有传完或超过 8 MB，请检查网络后重新提交");
    while let Some(field) = form.next_field().await.map_err(|_| LOST)? {
        if field.name() == Some("photo") {
            return Ok(field.bytes().await.map_err(|_| LOST)?.to_vec());
        }
    }
    Ok(Vec::new())
}

async fn image(
    State(app): State<App>,
    me: SignedInResident,
    Path(side): Path<String>,
) -> Result<Response, Problem> {
    let side = Side::named(&side).ok_or_else(Problem::not_found)?;
    let (kind, bytes) = service::find_own_photo(&app, me.id, side).await?;
    Ok(([(header::CONTENT_TYPE, kind.media_type())], bytes).into_response())
}

async fn fields(
    State(app): State<App>,
    me: SignedInResident,
    recogniser: Option<Extension<Recogniser>>,
    frame: Frame,
) -> Result<Response, Problem> {
    let Some(case) = open_draft(&app, me.id).await? else {
        return Ok(Redirect::to("/realname").into_response());
    };
    let sides = service::list_sides(&app, case.id).await?;
    for side in [Side::Front, Side::Back] {
        if !sides.contains(&side) {
            return Ok(Redirect::to(&format!("/realname/photo/{}", side.name())).into_response());
        }
    }
    let form = match &recogniser {
        Some(Extension(engine)) => recognised(&app, me.id, engine).await?,
        None => CardForm::default(),
    };
    let (frame, faults) = (frame.with_csrf(me.session.csrf), Vec::new());
    let page = page(FieldsPage { frame, form, faults, has_recognition: recogniser.is_some() }.render())?;
    Ok(page.into_response())
}

/// The front gives name and number, the back who issued it and how long it holds.
async fn recognised(app: &App, resident: uuid::Uuid, engine: &Recogniser) -> Result<CardForm, PeopleError> {
    let (_, front) = service::find_own_photo(app, resident, Side::Front).await?;
    let (_, back) = service::find_own_photo(app, resident, Side::Back).await?;
    let front = engine.0.read(Side::Front, &front).await;
    let back = engine.0.read(Side::Back, &back).await;
    Ok(CardForm {
        authority: back.authority,
        valid_from: back.valid_from,
        valid_until: back.valid_until,
        is_long_term: back.is_long_term,
        ..front
    })
}

async fn submit(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    recogniser: Option<Extension<Recogniser>>,
    frame: Frame,
    Form(form): Form<CardForm>,
) -> Result<Response, Problem> {
    match service::submit(&app, &request, me.id, &form).await {
        Ok(()) => Ok(Redirect::to("/realname").into_response()),
        Err(SubmitError::Faults(faults)) => {
            let frame = frame.with_csrf(me.session.csrf);
            let has_recognition = recogniser.is_some();
            let page = page(FieldsPage { frame, form, faults, has_recognition }.render())?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(SubmitError::Other(error)) => Err(error.into()),
    }
}

async fn open_draft(app: &App, resident: uuid::Uuid) -> Result<Option<Case>, PeopleError> {
    let case = service::find_latest(app, resident).await?;
    Ok(case.filter(|case| case.state == CaseState::Draft))
}
