use axum::{Extension, extract::State as Shown, response::Redirect, routing::post};
use gateways::Gateways;
use platform::{
    App, Problem,
    http::{Form, Path, RequestId},
    session::SignedInResident,
};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    decide, fetch, find,
    store::{Choice, State},
};
use crate::{PreconsultError, Service, Shared, model::Patient};

pub(in crate::exchange) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/consultations/{id}/archive", post(ask))
        .route("/consultations/{id}/archive/items", post(say))
}

/// The archive on a page.
pub(crate) struct ArchiveView {
    pub(crate) version: i64,
    pub(crate) is_fetched: bool,
    pub(crate) is_empty: bool,
    pub(crate) is_failed: bool,
    pub(crate) items: Vec<ItemView>,
    pub(crate) n_undecided: usize,
}

pub(crate) struct ItemView {
    pub(crate) part: &'static str,
    pub(crate) text: String,
    /// `confirmed`, `corrected`, `left_out`, or nothing yet.
    pub(crate) choice: &'static str,
    pub(crate) choice_text: &'static str,
    pub(crate) corrected: String,
}

/// None before the resident consented.
pub(crate) async fn view(app: &App, consultation: Uuid) -> Result<Option<ArchiveView>, PreconsultError> {
    let Some(kept) = find(app, consultation).await? else { return Ok(None) };
    let n_undecided = kept.count_undecided();
    let shown = |item: super::store::KeptItem| {
        let (choice, choice_text) = match &item.choice {
            Choice::Undecided => ("", "未核对"),
            Choice::Confirmed => ("confirmed", "本人已确认"),
            Choice::Corrected { .. } => ("corrected", "本人已更正"),
            Choice::LeftOut => ("left_out", "本人不写进病历"),
        };
        let corrected =
            if let Choice::Corrected { text } = &item.choice { text.clone() } else { String::new() };
        ItemView { part: item.part().title(), text: item.described(), choice, choice_text, corrected }
    };
    Ok(Some(ArchiveView {
        version: kept.version,
        is_fetched: kept.state == State::Fetched && !kept.items.is_empty(),
        is_empty: kept.state == State::None || (kept.state == State::Fetched && kept.items.is_empty()),
        is_failed: matches!(kept.state, State::Failed | State::Asking),
        items: kept.items.into_iter().map(shown).collect(),
        n_undecided,
    }))
}

async fn ask(
    Shown(service): Shown<Service>,
    Extension(gateways): Extension<Gateways>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    fetch(&service, &gateways, Patient::new(&who, &request), id).await?;
    Ok(Redirect::to(&format!("/consultations/{id}#archive")))
}

/// Fields `choice-0`, `text-0` and so on, beside `version`.
async fn say(
    Shown(service): Shown<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Problem> {
    let value = |name: &str| {
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let version = value("version").parse().map_err(|_| PreconsultError::OutdatedVersion)?;
    let said = |(name, choice): &(String, String)| {
        let place: usize = name.strip_prefix("choice-")?.parse().ok()?;
        Some((place, choice.clone(), value(&format!("text-{place}"))))
    };
    let said: Vec<_> = fields.iter().filter_map(said).collect();
    decide(&service, Patient::new(&who, &request), id, version, &said).await?;
    Ok(Redirect::to(&format!("/consultations/{id}#archive")))
}
