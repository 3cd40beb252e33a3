//! Home of a resident: begin, go on, begin anew.

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use gateways::Gateways;
use people::{Department, Resident};
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    session::{Principal, SignedIn, SignedInResident},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{
    Card, cards,
    health::ADVICE,
    history::{Entry, entries},
    visit::{self, VisitCard},
};
use crate::{
    PreconsultError, Service, exchange,
    model::{Consultation, EntryKind, Intake, Opening, Patient},
    service::{self, Wish},
};

/// Past consultations shown on the home page.
const RECENT: usize = 3;

#[derive(Template)]
#[template(path = "preconsult/home.html")]
struct HomePage {
    frame: Frame,
    name: String,
    open: Option<Open>,
    institutions: Vec<Vec<Department>>,
    wish: Option<Wish>,
    visits: Vec<VisitCard>,
    recent: Vec<Entry>,
    cards: Vec<Card>,
}

struct Open {
    id: Uuid,
    state: &'static str,
    is_asking: bool,
    begun: String,
}

#[derive(Template)]
#[template(path = "preconsult/restart.html")]
struct RestartPage {
    frame: Frame,
    id: Uuid,
}

#[derive(Deserialize)]
pub(super) struct Begin {
    /// Codes of institution and department, with a slash between.
    department: String,
    #[serde(default)]
    complaint: String,
    /// `yes` or `no`.
    #[serde(default)]
    is_first: String,
    #[serde(default)]
    is_pregnant: String,
    #[serde(default)]
    chronic: Vec<String>,
    #[serde(default)]
    entry: String,
    /// Ticked: the health archive may be asked.
    #[serde(default)]
    archive: String,
}

impl Begin {
    fn opening(self) -> Option<Opening> {
        let (institution, department) = self.department.split_once('/')?;
        let truth = |word: &str| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let intake = Intake {
            is_first: truth(&self.is_first),
            is_pregnant: truth(&self.is_pregnant),
            chronic: Some(self.chronic.clone()).filter(|chronic| !chronic.is_empty()),
            complaint: Some(self.complaint.clone()).filter(|complaint| !complaint.is_empty()),
        };
        // A way in that nobody knows is the ordinary one.
        let entry = EntryKind::named(&self.entry).filter(|entry| *entry == EntryKind::Qr);
        let entry = entry.unwrap_or(EntryKind::App);
        Some(Opening { entry, intake, ..Opening::at(institution, department) })
    }
}

/// Residents see their home, staff are sent to theirs.
pub(super) async fn home(
    State(service): State<Service>,
    SignedIn(session): SignedIn,
    frame: Frame,
) -> Result<Response, Problem> {
    let Principal::Resident { id } = session.principal else {
        return Ok(Redirect::to("/desk").into_response());
    };
    let resident = people::service::find_resident(&service.app, id).await?.ok_or_else(Problem::not_found)?;
    let departments = people::service::list_departments(&service.app).await?;
    let open = service::find_open(&service, id).await?;
    let past = service::list_own(&service, id).await?.into_iter().filter(|c| !c.state.is_open()).take(RECENT);
    let recent = entries(&service, past.collect(), &departments);
    let open = open.map(|open| opened(&service, &open));
    let institutions =
        departments.chunk_by(|a, b| a.institution == b.institution).map(<[_]>::to_vec).collect();
    let wish = wish(&service, &resident);
    let visits = visit::cards(&service, id, &departments).await?;
    let frame = frame.with_csrf(session.csrf).with_name(ui::mask::name(&resident.name));
    let shelf = service::shelf(&service, id, ADVICE).await?;
    let cards = if shelf.follows_symptoms { Vec::new() } else { cards(&service, &shelf.recommended) };
    let home = HomePage { frame, name: resident.name, open, institutions, wish, visits, recent, cards };
    Ok(page(home.render())?.into_response())
}

/// What the rules would like to know of a resident's visit beforehand.
pub(super) fn wish(service: &Service, resident: &Resident) -> Option<Wish> {
    service::profile(service, resident).ok().and_then(|profile| service::wishes(&service.engine, &profile))
}

fn opened(service: &Service, open: &Consultation) -> Open {
    Open {
        id: open.id,
        state: open.state.text(),
        is_asking: open.state == crate::model::State::Asking,
        begun: ui::format::moment(open.created_at, service.app.clock.today()),
    }
}

pub(super) async fn begin(
    State(service): State<Service>,
    Extension(gateways): Extension<Gateways>,
    who: SignedInResident,
    request: RequestId,
    Form(form): Form<Begin>,
) -> Result<Redirect, Problem> {
    let fetches_archive = form.archive == "yes";
    let opening = form.opening().ok_or(PreconsultError::NoSuchDepartment)?;
    let begun = service::begin(&service, Patient::new(&who, &request), &opening).await?;
    if fetches_archive {
        exchange::archive::fetch(&service, &gateways, Patient::new(&who, &request), begun.id).await?;
    }
    Ok(Redirect::to(&format!("/consultations/{}", begun.id)))
}

pub(super) async fn ask_restart(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let own = service::read_own(&service, who.id, id).await?;
    let frame = frame.with_csrf(who.session.csrf);
    page(RestartPage { frame, id: own.consultation.id }.render())
}

pub(super) async fn restart(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    service::restart(&service, Patient::new(&who, &request), id).await?;
    Ok(Redirect::to("/"))
}
