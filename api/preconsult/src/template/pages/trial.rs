//! The questionnaire as the patient sees it, on a phone; nothing is kept.

use askama::Template;
use axum::{extract::State, response::Html};
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::Right,
};
use rules::form::{Form as Compiled, NoConcepts, draft::Draft, read::read};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{
    at_desk,
    view::{Head, chosen},
};
use crate::{
    Service,
    template::{
        TemplateError,
        check::file_names,
        compiled, model,
        preview::{Field, Trial, patient, trial},
        service,
        sheet::{Pairs, first},
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_trial.html")]
struct TrialPage {
    frame: Frame,
    /// None for a questionnaire of the library.
    head: Option<Head>,
    title: String,
    /// Address of the form.
    action: String,
    /// To begin an own template from it.
    copy: String,
    /// None when it does not run yet; the designer says why.
    trial: Option<Trial>,
    me: [(&'static str, String); 4],
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Which {
    version: Option<i64>,
}

fn me(pairs: &Pairs) -> [(&'static str, String); 4] {
    let or = |name: &str, default: &str| {
        let given = first(pairs, name);
        if given.is_empty() { default.to_owned() } else { given.to_owned() }
    };
    [
        ("age", or("me.age", "40")),
        ("sex", or("me.sex", "男")),
        ("pregnant", or("me.pregnant", "")),
        ("first", or("me.first", "")),
    ]
}

fn tried(service: &Service, form: &Compiled, draft: &Draft, pairs: &Pairs) -> Trial {
    trial(form, draft, &patient(pairs, service.app.clock.today()), pairs)
}

pub(super) async fn show(
    state: State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    id: Path<Uuid>,
    which: Query<Which>,
) -> Result<Html<String>, Problem> {
    answer(state, right, request, frame, id, which, Form(Pairs::new())).await
}

pub(super) async fn answer(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
    Form(pairs): Form<Pairs>,
) -> Result<Html<String>, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let reading = service::read(&service, &desk, id).await?;
    let version = chosen(&reading, which.version)?;
    let file = file_names(&reading.template.code).0;
    // Whether the graph knows every concept is a matter of the check, not of the patient's view.
    let draft = read(&file, &version.text).ok();
    let form = match (&draft, version.state) {
        (_, model::State::Published | model::State::Retired) => {
            Some(Compiled::clone(&compiled(&service, version.id).await?.form))
        }
        (Some(draft), _) => Compiled::compile(&file, draft, &NoConcepts).ok(),
        (None, _) => None,
    };
    let trial = form.zip(draft).map(|(form, draft)| tried(&service, &form, &draft, &pairs));
    let query = which.version.map(|number| format!("?version={number}")).unwrap_or_default();
    let shown = TrialPage {
        frame,
        title: reading.template.title.clone(),
        action: format!("/staff/templates/{id}/trial{query}"),
        copy: format!("/staff/templates/new?from=template:{id}"),
        head: Some(Head::of(&service, &desk, &reading, "trial", String::new()).await?),
        trial,
        me: me(&pairs),
    };
    page(shown.render())
}

pub(super) async fn library(
    state: State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    id: Path<String>,
) -> Result<Html<String>, Problem> {
    answer_library(state, right, request, frame, id, Form(Pairs::new())).await
}

pub(super) async fn answer_library(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Html<String>, Problem> {
    let (_, frame) = at_desk(&service, &right, &request, frame).await?;
    let found = service.engine.library().forms.get(&id).ok_or(TemplateError::NotFound)?;
    let shown = TrialPage {
        frame,
        head: None,
        title: found.draft.title.text.clone(),
        action: format!("/staff/templates/library/{id}"),
        copy: format!("/staff/templates/new?from=library:{id}"),
        trial: Some(tried(&service, &found.form, &found.draft, &pairs)),
        me: me(&pairs),
    };
    page(shown.render())
}
