//! What the designer's pages have in common: the head with its deeds, and the findings.

use kb::{Fault, Severity};
use platform::Problem;
use rules::form::draft::Draft;
use uuid::Uuid;

use crate::{
    Service,
    template::{
        TemplateError,
        check::{Findings, card_at},
        model::{Desk, State, Version},
        service::{self, Reading},
    },
};

/// The head of a template's pages.
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) code: String,
    pub(super) title: String,
    pub(super) origin: &'static str,
    pub(super) place: String,
    pub(super) disease: String,
    /// Title of the library's questionnaire it takes the place of.
    pub(super) replaces: String,
    pub(super) owner: String,
    pub(super) state: State,
    pub(super) number: i64,
    /// Row version for the next change.
    pub(super) version: i64,
    /// Which tab is open.
    pub(super) tab: &'static str,
    /// Said about the last deed.
    pub(super) note: String,
    pub(super) review_note: String,
    pub(super) retire_reason: String,
    /// Whether it may be changed now.
    pub(super) is_open: bool,
    pub(super) may_edit: bool,
    pub(super) may_retire: bool,
    /// Where the reader reviews it.
    pub(super) review: Option<Review>,
    pub(super) n_undoable: usize,
}

/// A decision that waits for the reader.
pub(super) struct Review {
    /// For the institution, after the department.
    pub(super) is_second_look: bool,
    /// Why the reader may not decide; empty when they may.
    pub(super) obstacle: String,
}

impl Head {
    pub(super) async fn of(
        service: &Service,
        desk: &Desk<'_>,
        reading: &Reading,
        tab: &'static str,
        note: String,
    ) -> Result<Self, Problem> {
        let template = &reading.template;
        let newest = reading.newest()?;
        let places = service::places(service).await?;
        let queued = if newest.state == State::InReview && desk.reviews(template) {
            service::queue(service, desk).await?.into_iter().find(|queued| queued.template.id == template.id)
        } else {
            None
        };
        let is_published = reading.versions.iter().any(|version| version.state == State::Published);
        let replaces = template.replaces.as_ref().map(|id| {
            let found = service.engine.library().forms.get(id);
            found.map_or_else(|| id.clone(), |one| one.draft.title.text.clone())
        });
        Ok(Self {
            id: template.id,
            code: template.code.clone(),
            title: template.title.clone(),
            origin: template.origin.text(),
            place: places.department(&template.institution, template.department.as_deref()),
            disease: template.disease.clone().unwrap_or_default(),
            replaces: replaces.unwrap_or_default(),
            owner: service::name_of(service, template.owner).await?,
            state: newest.state,
            number: newest.number,
            version: newest.revision,
            tab,
            note,
            review_note: newest.review_note.clone().unwrap_or_default(),
            retire_reason: newest.retire_reason.clone().unwrap_or_default(),
            is_open: reading.may_edit && newest.state == State::Draft,
            may_edit: reading.may_edit,
            may_retire: is_published && (reading.may_edit || desk.reviews_for_institution(template)),
            review: queued.map(|queued| Review {
                is_second_look: queued.is_second_look,
                obstacle: queued.obstacle.unwrap_or_default(),
            }),
            n_undoable: reading.n_undoable(),
        })
    }

    pub(super) fn is_draft(&self) -> bool {
        self.state == State::Draft
    }

    pub(super) fn is_in_review(&self) -> bool {
        self.state == State::InReview
    }
}

/// One finding, with where a click leads.
pub(super) struct FaultView {
    pub(super) fault: Fault,
    pub(super) is_error: bool,
    pub(super) href: String,
    /// The card it is about; None for the cases.
    pub(super) card: Option<String>,
    /// Line of the text, for the script; 0 for the cases.
    pub(super) line: u32,
}

/// The findings panel.
pub(super) struct Panel {
    pub(super) faults: Vec<FaultView>,
    pub(super) n_more: usize,
    pub(super) n_errors: usize,
    pub(super) is_readable: bool,
    pub(super) compiles: bool,
    pub(super) n_cases: usize,
    pub(super) n_passed: usize,
    pub(super) n_branches: usize,
    pub(super) n_open: usize,
    pub(super) coverage: usize,
}

/// Findings on one page.
const N_FAULTS: usize = 60;

impl Panel {
    pub(super) fn of(id: Uuid, findings: &Findings) -> Self {
        let view = |fault: &Fault| fault_view(id, findings.draft.as_ref(), fault);
        let mut sorted: Vec<&Fault> = findings.faults.iter().collect();
        sorted.sort_by_key(|fault| (fault.severity, is_of_cases(fault), fault.line, fault.column));
        Self {
            faults: sorted.iter().take(N_FAULTS).map(|fault| view(fault)).collect(),
            n_more: sorted.len().saturating_sub(N_FAULTS),
            n_errors: findings.n_errors(),
            is_readable: findings.draft.is_some(),
            compiles: findings.form.is_some(),
            n_cases: findings.n_cases,
            n_passed: findings.n_passed,
            n_branches: findings.n_branches,
            n_open: findings.n_open,
            coverage: findings.coverage(),
        }
    }

    /// Findings about one card.
    pub(super) fn about(&self, card: &str) -> Vec<&FaultView> {
        self.faults.iter().filter(|fault| fault.card.as_deref() == Some(card)).collect()
    }
}

fn is_of_cases(fault: &Fault) -> bool {
    fault.file.rsplit('.').next() == Some("cases")
}

fn fault_view(id: Uuid, draft: Option<&Draft>, fault: &Fault) -> FaultView {
    let is_of_cases = is_of_cases(fault);
    let card = draft.filter(|_| !is_of_cases).map(|draft| card_at(draft, fault.line));
    let href = match &card {
        _ if is_of_cases => format!("/staff/templates/{id}?tab=cases#L{}", fault.line),
        Some(card) if card.is_empty() => "#head".to_owned(),
        Some(card) => format!("#q-{card}"),
        None => format!("/staff/templates/{id}?tab=text#L{}", fault.line),
    };
    FaultView {
        is_error: fault.severity == Severity::Error,
        href,
        card,
        line: if is_of_cases { 0 } else { fault.line },
        fault: fault.clone(),
    }
}

/// What a page is about: the version asked for by number, or the newest.
pub(super) fn chosen(reading: &Reading, number: Option<i64>) -> Result<&Version, TemplateError> {
    match number {
        None => reading.newest(),
        Some(number) => reading.numbered(number).ok_or(TemplateError::NotFound),
    }
}
