//! Requests and responses of the template routes.

use chrono::{DateTime, Utc};
use kb::{Fault, Severity};
use platform::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::template::{
    Compiled, TemplateError,
    check::Findings,
    model::{Desk, Origin, State, Template, UseKind, Version},
    service::{Offer, Reading},
    store::Filter,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateFilter {
    /// `mine`: only one's own.
    #[param(pattern = "^(mine)?$")]
    who: Option<String>,
    institution: Option<String>,
    department: Option<String>,
    /// `own`, `generic` or `shenkang`.
    #[param(pattern = "^(own|generic|shenkang)$")]
    origin: Option<String>,
    /// `draft`, `in_review`, `published` or `retired`.
    #[param(pattern = "^(draft|in_review|published|retired)$")]
    state: Option<String>,
    disease: Option<String>,
    /// Part of the title or code.
    q: Option<String>,
}

impl TemplateFilter {
    pub(super) fn into_filter(self, desk: &Desk<'_>) -> Result<Filter, TemplateError> {
        let origin = self.origin.as_deref().map(|name| {
            Origin::named(name)
                .ok_or_else(|| TemplateError::input("/origin", "origin 是 own、generic 或 shenkang。"))
        });
        let state = self.state.as_deref().map(|name| {
            let wrong =
                || TemplateError::input("/state", "state 是 draft、in_review、published 或 retired。");
            State::named(name).ok_or_else(wrong)
        });
        Ok(Filter {
            owner: (self.who.as_deref() == Some("mine")).then(|| desk.id()),
            institution: self.institution,
            department: self.department,
            origin: origin.transpose()?,
            state: state.transpose()?,
            disease: self.disease,
            words: self.q,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateList {
    pub(super) items: Vec<TemplateItem>,
}

/// A template without what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateItem {
    id: Uuid,
    code: String,
    title: String,
    institution: String,
    /// Null for the whole institution.
    department: Option<String>,
    origin: Origin,
    /// Id of the library's questionnaire it takes the place of.
    replaces: Option<String>,
    disease: Option<String>,
    owner: Uuid,
    /// Of the newest version.
    state: State,
    updated_at: DateTime<Utc>,
}

impl TemplateItem {
    pub(super) fn of(template: &Template) -> Self {
        Self {
            id: template.id,
            code: template.code.clone(),
            title: template.title.clone(),
            institution: template.institution.clone(),
            department: template.department.clone(),
            origin: template.origin,
            replaces: template.replaces.clone(),
            disease: template.disease.clone(),
            owner: template.owner,
            state: template.state,
            updated_at: template.updated_at,
        }
    }
}

/// A new template: blank, or from one of `library` and `template`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTemplate {
    /// Made up when left out.
    pub(super) code: Option<String>,
    pub(super) title: String,
    /// Left out for the whole institution.
    pub(super) department: Option<String>,
    pub(super) disease: Option<String>,
    /// Id of a questionnaire of the district's library.
    pub(super) library: Option<String>,
    /// Id of a template to copy.
    pub(super) template: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Created {
    pub(super) id: Uuid,
}

/// A draft to be saved: `text` or `form`, and `cases`; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedText {
    pub(super) text: Option<String>,
    /// The designer's JSON.
    #[schema(value_type = Option<Object>)]
    pub(super) form: Option<serde_json::Value>,
    pub(super) cases: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    pub(super) text: String,
    #[serde(default)]
    pub(super) cases: String,
}

/// A decision on a version, or the reason why one is retired.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deed {
    /// `approve` or `return`; left out when retiring.
    #[schema(pattern = "^(approve|return)$")]
    pub(super) decision: Option<String>,
    /// What the author reads; needed to return and to retire.
    #[serde(default)]
    pub(super) note: String,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckResult {
    /// Whether it may be submitted.
    is_clean: bool,
    n_cases: usize,
    n_passed: usize,
    n_branches: usize,
    /// Branches no case takes.
    n_open: usize,
    findings: Vec<FindingBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FindingBody {
    file: String,
    line: u32,
    column: u32,
    is_error: bool,
    code: &'static str,
    message: String,
    /// Answers that show it, or why it cannot be otherwise.
    witness: Option<String>,
    hint: Option<String>,
}

impl CheckResult {
    pub(super) fn of(findings: &Findings) -> Self {
        let one = |fault: &Fault| FindingBody {
            file: fault.file.clone(),
            line: fault.line,
            column: fault.column,
            is_error: fault.severity == Severity::Error,
            code: fault.code,
            message: fault.message.clone(),
            witness: fault.witness.clone(),
            hint: fault.hint.clone(),
        };
        Self {
            is_clean: findings.n_errors() == 0,
            n_cases: findings.n_cases,
            n_passed: findings.n_passed,
            n_branches: findings.n_branches,
            n_open: findings.n_open,
            findings: findings.faults.iter().map(one).collect(),
        }
    }
}

/// A template with its newest version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateBody {
    #[serde(flatten)]
    template: TemplateItem,
    number: i64,
    /// The .form file.
    text: String,
    /// The same for the designer; null when the text cannot be read.
    #[schema(value_type = Option<Object>)]
    form: Option<serde_json::Value>,
    cases: String,
    review_note: Option<String>,
    check: CheckResult,
    /// Newest first.
    versions: Vec<VersionItem>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VersionItem {
    id: Uuid,
    number: i64,
    state: State,
    author: Uuid,
    department_reviewer: Option<Uuid>,
    reviewer: Option<Uuid>,
    submitted_at: Option<DateTime<Utc>>,
    published_at: Option<DateTime<Utc>>,
    retired_at: Option<DateTime<Utc>>,
    retire_reason: Option<String>,
}

impl VersionItem {
    fn of(version: &Version) -> Self {
        Self {
            id: version.id,
            number: version.number,
            state: version.state,
            author: version.author,
            department_reviewer: version.department_reviewer,
            reviewer: version.reviewer,
            submitted_at: version.submitted_at,
            published_at: version.published_at,
            retired_at: version.retired_at,
            retire_reason: version.retire_reason.clone(),
        }
    }
}

impl TemplateBody {
    pub(super) fn of(reading: &Reading, findings: &Findings) -> Result<Self, Problem> {
        let newest = reading.newest()?;
        let form = findings.draft.as_ref().map(serde_json::to_value).transpose();
        Ok(Self {
            template: TemplateItem::of(&reading.template),
            number: newest.number,
            text: newest.text.clone(),
            form: form.map_err(Problem::internal)?,
            cases: newest.cases.clone(),
            review_note: newest.review_note.clone(),
            check: CheckResult::of(findings),
            versions: reading.versions.iter().map(VersionItem::of).collect(),
        })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UseFilter {
    /// One's own when left out.
    pub(super) institution: Option<String>,
    pub(super) department: Option<String>,
}

/// The questionnaires of a department, in order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct DepartmentUses {
    pub(super) institution: String,
    pub(super) department: String,
    pub(super) items: Vec<DepartmentUse>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct DepartmentUse {
    pub(super) kind: UseKind,
    /// Code of an own template, id of one of the library.
    pub(super) name: String,
    pub(super) is_on: bool,
    #[serde(default)]
    title: String,
    /// Whether the department said so, or the questionnaire.
    #[serde(default)]
    is_decided: bool,
}

impl DepartmentUse {
    pub(super) fn of(offer: Offer) -> Self {
        let Offer { kind, name, title, is_on, is_decided, .. } = offer;
        Self { kind, name, is_on, title, is_decided }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PublishedFilter {
    /// One's own when left out.
    pub(super) institution: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedList {
    pub(super) items: Vec<PublishedItem>,
}

/// A version that patients fill in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedItem {
    version: Uuid,
    template: Uuid,
    code: String,
    title: String,
    department: Option<String>,
    disease: Option<String>,
    /// Id of the library's questionnaire it takes the place of.
    replaces: Option<String>,
    n_questions: usize,
}

impl PublishedItem {
    pub(super) fn of(compiled: &Compiled) -> Self {
        Self {
            version: compiled.version,
            template: compiled.template,
            code: compiled.code.clone(),
            title: compiled.title.clone(),
            department: compiled.department.clone(),
            disease: compiled.disease.clone(),
            replaces: compiled.replaces.clone(),
            n_questions: compiled.form.plan().units.iter().filter(|unit| unit.is_question()).count(),
        }
    }
}
