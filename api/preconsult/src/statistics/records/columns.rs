use chrono::NaiveDate;
use people::Sex;
use platform::Problem;

use super::super::{
    model::{Unit, entry_text},
    names::Names,
};
use crate::{
    model::{Part, State},
    service::Sent,
};

/// Something to be known of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Sent,
    Unit,
    Name,
    Age,
    Sex,
    Level,
    Complaint,
    Questionnaires,
    Entry,
    Took,
    /// A part of the record, in full.
    Part(Part),
}

const OWN: [(Column, &str, &str); 10] = [
    (Column::Sent, "sent", "提交时间"),
    (Column::Unit, "unit", "科室"),
    (Column::Name, "name", "患者"),
    (Column::Age, "age", "年龄"),
    (Column::Sex, "sex", "性别"),
    (Column::Level, "level", "分级"),
    (Column::Complaint, "complaint", "主诉"),
    (Column::Questionnaires, "questionnaires", "问卷"),
    (Column::Entry, "entry", "渠道"),
    (Column::Took, "took", "用时"),
];

/// What is shown where nothing was chosen: all but the last two.
const USUAL: usize = 8;

/// The columns somebody wants, in the order of the record.
pub(super) struct Chosen(Vec<(Column, &'static str)>);

impl Chosen {
    /// Refused where there is no such column.
    pub(super) fn of(names: &[String]) -> Result<Self, Problem> {
        if let Some(unknown) = names.iter().find(|name| all().all(|(_, known, _)| known != name.as_str())) {
            return Err(Problem::invalid_input().fault("/c", format!("没有“{unknown}”这一栏")));
        }
        let is_wanted = |name: &str| names.iter().any(|wanted| wanted == name);
        let usual = OWN.iter().take(USUAL).map(|(column, _, title)| (*column, *title));
        Ok(Self(match names {
            [] => usual.collect(),
            _ => all()
                .filter(|(_, name, _)| is_wanted(name))
                .map(|(column, _, title)| (column, title))
                .collect(),
        }))
    }

    pub(super) fn needs_record(&self) -> bool {
        self.0.iter().any(|(column, _)| matches!(column, Column::Part(_)))
    }

    /// Name and title of every column, and whether it is chosen.
    pub(super) fn offered(&self) -> Vec<(&'static str, &'static str, bool)> {
        let is_chosen = |column| self.0.iter().any(|(chosen, _)| *chosen == column);
        all().map(|(column, name, title)| (name, title, is_chosen(column))).collect()
    }

    pub(super) fn titles(&self) -> Vec<&'static str> {
        self.0.iter().map(|(_, title)| *title).collect()
    }

    pub(super) fn cells(&self, one: &Sent, names: &Names, today: NaiveDate) -> Vec<String> {
        self.0.iter().map(|(column, _)| cell(*column, one, names, today)).collect()
    }
}

fn all() -> impl Iterator<Item = (Column, &'static str, &'static str)> {
    let parts = Part::all().filter(|part| *part != Part::ChiefComplaint);
    OWN.into_iter().chain(parts.map(|part| (Column::Part(part), part.name(), part.title())))
}

fn cell(column: Column, one: &Sent, names: &Names, today: NaiveDate) -> String {
    let consultation = &one.consultation;
    match column {
        Column::Sent => {
            ended(consultation.state).map_or_else(String::new, |at| ui::format::moment(at, today))
        }
        Column::Unit => names.unit(&Unit::new(&consultation.institution, &consultation.department)),
        Column::Name => one.resident.name.clone(),
        Column::Age => ui::format::age(consultation.profile.age_months),
        Column::Sex => match one.resident.sex {
            Sex::Female => "女",
            Sex::Male => "男",
            Sex::Unknown => "未填",
        }
        .to_owned(),
        Column::Level => {
            consultation.triage_level.map_or_else(|| "—".to_owned(), |level| format!("{level} 级"))
        }
        Column::Complaint => consultation.chief_complaint.clone().unwrap_or_default(),
        Column::Questionnaires => {
            let titles: Vec<&str> =
                consultation.plan.questionnaires.iter().map(|one| one.title.as_str()).collect();
            if titles.is_empty() { "AI 直接问".to_owned() } else { titles.join("、") }
        }
        Column::Entry => entry_text(consultation.entry.name()).to_owned(),
        Column::Took => ended(consultation.state)
            .map_or_else(String::new, |at| ui::format::duration(at - consultation.created_at)),
        Column::Part(part) => one.record.as_ref().map_or_else(String::new, |record| record.text(part)),
    }
}

fn ended(state: State) -> Option<chrono::DateTime<chrono::Utc>> {
    match state {
        State::Submitted { at } | State::Emergency { at } => Some(at),
        _ => None,
    }
}
