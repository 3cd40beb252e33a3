//! The resident's inbox and what may be pushed.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use platform::{
    App, Problem,
    http::{Form, Path, Query, page},
    rights::{Route, Who},
    session::SignedInResident,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{Category, Channel, store};
use crate::PeopleError;

const PER_PAGE: i64 = 20;

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/messages", Who::Resident),
    Route::post("/messages/read", Who::Resident),
    Route::post("/messages/{id}/read", Who::Resident),
    Route::get("/messages/settings", Who::Resident),
    Route::post("/messages/settings", Who::Resident),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/messages", get(inbox))
        .route("/messages/read", post(read_all))
        .route("/messages/{id}/read", post(read))
        .route("/messages/settings", get(settings).post(save_settings))
}

#[derive(Template)]
#[template(path = "message/inbox.html")]
struct InboxPage {
    frame: Frame,
    unread: i64,
    rows: Vec<Row>,
    page: i64,
    has_more: bool,
}

struct Row {
    id: Uuid,
    title: String,
    text: String,
    at: String,
    is_new: bool,
}

#[derive(Template)]
#[template(path = "message/settings.html")]
struct SettingsPage {
    frame: Frame,
    /// Category, channel, and whether it is on.
    choices: Vec<(Category, Vec<(Channel, bool)>)>,
    is_saved: bool,
}

#[derive(Deserialize)]
struct Where {
    #[serde(default)]
    page: i64,
    #[serde(default)]
    saved: String,
}

#[derive(Deserialize)]
struct Choices {
    #[serde(default)]
    on: Vec<String>,
}

async fn inbox(
    State(app): State<App>,
    me: SignedInResident,
    Query(place): Query<Where>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let shown = place.page.clamp(0, 10_000);
    let mut listed = store::list(&app, me.id, PER_PAGE + 1, shown * PER_PAGE).await?;
    let most = usize::try_from(PER_PAGE).unwrap_or(0);
    let has_more = listed.len() > most;
    listed.truncate(most);
    let unread = super::count_unread(&app, me.id).await?;
    let today = app.clock.today();
    let row = |listed: store::Listed| Row {
        id: listed.message.id,
        title: listed.message.title,
        text: listed.message.text,
        at: ui::format::moment(listed.created_at, today),
        is_new: listed.read_at.is_none(),
    };
    let rows = listed.into_iter().map(row).collect();
    page(InboxPage { frame: frame.with_csrf(me.session.csrf), unread, rows, page: shown, has_more }.render())
}

async fn read(
    State(app): State<App>,
    me: SignedInResident,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let mut tx = app.db.begin().await?;
    let link = store::mark_read(&mut tx, me.id, Some(id), app.now()).await?;
    tx.commit().await?;
    let link = link.ok_or(PeopleError::NotFound)?;
    Ok(Redirect::to(platform::session::local_path(&link)))
}

async fn read_all(State(app): State<App>, me: SignedInResident) -> Result<Redirect, Problem> {
    let mut tx = app.db.begin().await?;
    store::mark_read(&mut tx, me.id, None, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/messages"))
}

async fn settings(
    State(app): State<App>,
    me: SignedInResident,
    Query(place): Query<Where>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let refused = store::list_refusals(&app.db, me.id).await?;
    let is_on = |category: Category, channel: Channel| {
        !refused.iter().any(|(c, by)| c == category.name() && by == channel.name())
    };
    let of = |category| (category, Channel::ALL.map(|channel| (channel, is_on(category, channel))).to_vec());
    let choices = Category::ALL.map(of).to_vec();
    let (frame, is_saved) = (frame.with_csrf(me.session.csrf), place.saved == "1");
    page(SettingsPage { frame, choices, is_saved }.render())
}

async fn save_settings(
    State(app): State<App>,
    me: SignedInResident,
    Form(choices): Form<Choices>,
) -> Result<Redirect, Problem> {
    let mut tx = app.db.begin().await?;
    for category in Category::ALL {
        for channel in Channel::ALL {
            let name = format!("{}/{}", category.name(), channel.name());
            store::set_refusal(&mut tx, me.id, category, channel, !choices.on.contains(&name)).await?;
        }
    }
    tx.commit().await?;
    Ok(Redirect::to("/messages/settings?saved=1"))
}
