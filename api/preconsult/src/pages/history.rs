use askama::Template;
use axum::{extract::State, response::Html};
use people::Department;
use platform::{Problem, http::page, session::SignedInResident};
use ui::Frame;
use uuid::Uuid;

use crate::{
    Service,
    model::{self, Consultation},
    service,
};

#[derive(Template)]
#[template(path = "preconsult/history.html")]
struct HistoryPage {
    frame: Frame,
    entries: Vec<Entry>,
}

/// One past or open consultation in a list of one's own.
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) department: String,
    pub(super) moment: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
}

/// One's own consultations, as often as one likes.
pub(super) async fn list(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let departments = people::service::list_departments(&service.app).await?;
    let own = service::list_own(&service, who.id).await?;
    let entries = entries(&service, own, &departments);
    page(HistoryPage { frame: frame.with_csrf(who.session.csrf), entries }.render())
}

pub(super) fn entries(service: &Service, own: Vec<Consultation>, departments: &[Department]) -> Vec<Entry> {
    let today = service.app.clock.today();
    let entry = |consultation: Consultation| Entry {
        id: consultation.id,
        department: department_name(departments, &consultation),
        moment: ui::format::moment(consultation.created_at, today),
        state: consultation.state.text(),
        tone: match consultation.state {
            model::State::Submitted { .. } => "ok",
            model::State::Emergency { .. } => "danger",
            model::State::Asking | model::State::AwaitingConfirmation => "warn",
            model::State::Abandoned { .. } => "quiet",
        },
        title: consultation
            .chief_complaint
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "预问诊".into()),
    };
    own.into_iter().map(entry).collect()
}

/// Institution and department of a consultation.
pub(super) fn department_name(departments: &[Department], consultation: &Consultation) -> String {
    department_of(departments, consultation)
        .map_or_else(String::new, |d| format!("{} {}", d.institution_name, d.name))
}

pub(super) fn department_of<'a>(
    departments: &'a [Department],
    consultation: &Consultation,
) -> Option<&'a Department> {
    departments
        .iter()
        .find(|known| known.institution == consultation.institution && known.code == consultation.department)
}
