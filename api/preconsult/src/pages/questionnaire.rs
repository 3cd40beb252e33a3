//! A page of a questionnaire.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::{Interview, Refused};
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    session::SignedInResident,
};
use rules::form::screen::{Choice, Control, Shown};
use ui::Frame;
use uuid::Uuid;

use super::talk;
use crate::{
    PreconsultError, Service,
    model::{Filled, Patient},
    service::{self, Own},
};

/// Numbers of rows offered where a group says no limit.
const ROWS: usize = 10;

#[derive(Template)]
#[template(path = "preconsult/page.html")]
struct QuestionnairePage {
    frame: Frame,
    id: Uuid,
    department: String,
    title: String,
    place: (usize, usize),
    /// The page before, as in addresses.
    back: Option<String>,
    is_last: bool,
    progress: u8,
    request_key: Uuid,
    note: Option<String>,
    fields: Vec<Field>,
}

/// Something on the page with what was written there.
struct Field {
    kind: Kind,
    options: Vec<Choice>,
    /// What stands in the field.
    typed: String,
    fault: Option<String>,
    is_several: bool,
    row: usize,
    heads_row: bool,
    counts: Vec<usize>,
    is_answered_here: bool,
    shown: Shown,
}

/// How a field is drawn.
enum Kind {
    Note,
    Value,
    Choice,
    Rows,
    Long,
    /// Type and keyboard of the input.
    Short(&'static str, &'static str),
}

/// What came back with a page that was not taken.
#[derive(Default)]
pub(super) struct Returned {
    pub(super) given: Vec<(String, Vec<String>)>,
    pub(super) refused: Vec<Refused>,
    pub(super) note: Option<String>,
}

/// The fields of a page as a browser sends them.
struct Sent {
    filled: Filled,
    is_peek: bool,
}

impl Sent {
    fn of(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut filled = Filled { form: 0, page: 0, given: Vec::new(), request_key: String::new() };
        let mut is_peek = false;
        let shown = fields.iter().filter(|(name, _)| name == "shown");
        filled.given.extend(shown.map(|(_, path)| (path.clone(), Vec::new())));
        for (name, value) in fields {
            let number = |value: &str| {
                let problem = || Problem::invalid_input().fault(format!("/{name}"), "应是数字");
                value.parse().map_err(|_| problem())
            };
            match name.as_str() {
                "form" => filled.form = number(&value)?,
                "page" => filled.page = number(&value)?,
                "request_key" => filled.request_key = value,
                "peek" => is_peek = true,
                _ => {
                    let Some(path) = name.strip_prefix("q/") else { continue };
                    if let Some((_, words)) = filled.given.iter_mut().find(|(known, _)| known == path) {
                        words.push(value);
                    }
                }
            }
        }
        Ok(Self { filled, is_peek })
    }
}

pub(super) async fn fill(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    mut frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let Sent { filled, is_peek } = Sent::of(fields)?;
    frame.here = format!("/consultations/{id}");
    if is_peek {
        let own = service::read_own(&service, who.id, id).await?;
        let returned = Returned { given: filled.given, ..Returned::default() };
        return draw(&service, &who, frame, &own, (filled.form, filled.page), returned).await;
    }
    match service::fill(&service, Patient::new(&who, &request), id, &filled).await {
        Ok(_) => Ok(talk::back_to(id, "now")),
        Err(PreconsultError::PageRefused(refused)) => {
            let own = service::read_own(&service, who.id, id).await?;
            let note = PreconsultError::PageRefused(refused.clone()).note();
            let returned = Returned { given: filled.given, refused, note };
            let page = draw(&service, &who, frame, &own, (filled.form, filled.page), returned).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => talk::noted(&service, &who, frame, id, error).await,
    }
}

pub(super) async fn draw(
    service: &Service,
    who: &SignedInResident,
    frame: Frame,
    own: &Own,
    place: (usize, usize),
    returned: Returned,
) -> Result<Response, Problem> {
    let departments = people::service::list_departments(&service.app).await?;
    let department = super::history::department_of(&departments, &own.consultation);
    let interview = &own.interview;
    let screens = interview.screens(place.0);
    let Some(screen) = screens.get(place.1) else { return Err(Problem::not_found()) };
    let shown = if returned.given.is_empty() {
        interview.shown(place.0, place.1)
    } else {
        service.engine.preview(interview, place, &returned.given)
    };
    let page_data = QuestionnairePage {
        frame: frame.with_csrf(&who.session.csrf),
        id: own.consultation.id,
        department: department.map_or_else(String::new, |known| known.name.clone()),
        title: screen.title.clone(),
        place,
        back: interview.page_before(place).map(address),
        is_last: is_last(interview, place),
        progress: interview.progress(),
        request_key: service.app.new_id(),
        note: returned.note,
        fields: fields(shown, &returned.given, &returned.refused),
    };
    Ok(page(page_data.render())?.into_response())
}

/// A page as in addresses: `0-2`.
pub(super) fn address((form, page): (usize, usize)) -> String {
    format!("{form}-{page}")
}

pub(super) fn place_of(address: &str) -> Option<(usize, usize)> {
    let (form, page) = address.split_once('-')?;
    Some((form.parse().ok()?, page.parse().ok()?))
}

fn is_last(interview: &Interview, (form, page): (usize, usize)) -> bool {
    page + 1 == interview.screens(form).len() && interview.screens(form + 1).is_empty()
}

fn fields(shown: Vec<Shown>, given: &[(String, Vec<String>)], refused: &[Refused]) -> Vec<Field> {
    let mut row_before = None;
    shown
        .into_iter()
        .map(|shown| {
            let heads_row = shown.row.is_some() && shown.row != row_before;
            row_before = shown.row;
            let typed = given.iter().find(|(path, _)| *path == shown.path).map(|(_, words)| words);
            field(shown, typed, refused, heads_row)
        })
        .collect()
}

fn field(shown: Shown, typed: Option<&Vec<String>>, refused: &[Refused], heads_row: bool) -> Field {
    let fault = refused.iter().find(|one| one.path == shown.path).map(|one| one.message.clone());
    let plain = |label: &str| Choice {
        label: label.to_owned(),
        exclusive: false,
        chosen: typed
            .map_or(shown.answer.as_deref() == Some(label), |typed| typed.iter().any(|t| t == label)),
    };
    let (kind, options) = match shown.control {
        Control::Note => (Kind::Note, Vec::new()),
        Control::Value => (Kind::Value, Vec::new()),
        Control::YesNo => (Kind::Choice, vec![plain("是"), plain("否")]),
        Control::One | Control::Several => {
            let option = |option: &Choice| Choice {
                chosen: typed.map_or(option.chosen, |typed| typed.contains(&option.label)),
                ..option.clone()
            };
            (Kind::Choice, shown.options.iter().map(option).collect())
        }
        Control::Line => (Kind::Short("text", "text"), Vec::new()),
        Control::Paragraph => (Kind::Long, Vec::new()),
        Control::Number => (Kind::Short("text", "decimal"), Vec::new()),
        Control::Date => (Kind::Short("date", "numeric"), Vec::new()),
        Control::Rows(..) => (Kind::Rows, Vec::new()),
    };
    let counts = match shown.control {
        Control::Rows(least, most) => (least..=most.unwrap_or(ROWS).min(least + 2 * ROWS)).collect(),
        _ => Vec::new(),
    };
    let stored = shown.answer.as_deref().map_or_else(String::new, |answer| {
        // The unit stands beside the field.
        if shown.control == Control::Number {
            answer.strip_suffix(shown.unit_text.as_str()).unwrap_or(answer).to_owned()
        } else {
            answer.to_owned()
        }
    });
    Field {
        kind,
        options,
        typed: typed.map_or(stored, |typed| typed.join("、")),
        fault,
        is_several: shown.control == Control::Several,
        row: shown.row.unwrap_or_default(),
        heads_row,
        counts,
        is_answered_here: !shown.read_only && !matches!(shown.control, Control::Note | Control::Value),
        shown,
    }
}
