//! Templates, the life cycle of their versions, and who may do what with them.

use chrono::{DateTime, Utc};
use platform::{
    audit::Actor,
    http::RequestId,
    rights::{Permission, Right, Scope, Site},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::TemplateError;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// 草稿
    Draft,
    /// 待审
    InReview,
    /// 已发布: patients fill it in.
    Published,
    /// 停用
    Retired,
}

/// What may happen to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// 修改
    Edited,
    /// 提交
    Submitted,
    /// 撤回: the author takes it back before the review is done.
    Withdrawn,
    /// 退回
    Returned,
    /// 科室通过: the first of two looks.
    Passed,
    /// 通过
    Approved,
    /// 停用
    Retired,
    /// 新版取代
    Replaced,
}

impl State {
    pub(crate) const ALL: [Self; 4] = [Self::Draft, Self::InReview, Self::Published, Self::Retired];

    /// The state after an event, or that it cannot happen now.
    pub(crate) fn after(self, event: Event) -> Result<Self, TemplateError> {
        match (self, event) {
            (Self::Draft, Event::Edited) | (Self::InReview, Event::Withdrawn | Event::Returned) => {
                Ok(Self::Draft)
            }
            (Self::Draft, Event::Submitted) | (Self::InReview, Event::Passed) => Ok(Self::InReview),
            (Self::InReview, Event::Approved) => Ok(Self::Published),
            (Self::Published, Event::Retired | Event::Replaced) => Ok(Self::Retired),
            (state, event) => Err(TemplateError::WrongState { state, event }),
        }
    }

    /// As stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::InReview => "待审",
            Self::Published => "已发布",
            Self::Retired => "停用",
        }
    }

    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::Draft => "info",
            Self::InReview => "warn",
            Self::Published => "ok",
            Self::Retired => "quiet",
        }
    }
}

/// Where a template comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// 个性化: made for one department.
    Own,
    /// 通用: made for a whole institution.
    Generic,
    /// 申康: downloaded; to be copied, not edited.
    Shenkang,
}

impl Origin {
    pub(crate) const ALL: [Self; 3] = [Self::Own, Self::Generic, Self::Shenkang];

    /// As stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Generic => "generic",
            Self::Shenkang => "shenkang",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Own => "个性化",
            Self::Generic => "通用",
            Self::Shenkang => "申康",
        }
    }
}

/// A questionnaire of an institution, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) id: Uuid,
    /// Codes of the organisation; without department it is for the whole institution.
    pub(crate) institution: String,
    pub(crate) department: Option<String>,
    /// Unique in the institution; the name in the text.
    pub(crate) code: String,
    pub(crate) origin: Origin,
    /// Id of the library's questionnaire it takes the place of.
    pub(crate) replaces: Option<String>,
    pub(crate) disease: Option<String>,
    pub(crate) title: String,
    pub(crate) owner: Uuid,
    /// Of the newest version.
    pub(crate) state: State,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// What a template says, at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: Uuid,
    pub(crate) template: Uuid,
    pub(crate) number: i64,
    pub(crate) text: String,
    pub(crate) cases: String,
    pub(crate) state: State,
    /// Grows with every change.
    pub(crate) revision: i64,
    pub(crate) author: Uuid,
    pub(crate) department_reviewer: Option<Uuid>,
    pub(crate) reviewer: Option<Uuid>,
    pub(crate) review_note: Option<String>,
    pub(crate) retire_reason: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) submitted_at: Option<DateTime<Utc>>,
    pub(crate) published_at: Option<DateTime<Utc>>,
    pub(crate) retired_at: Option<DateTime<Utc>>,
}

/// Which of the two kinds of questionnaires a department uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UseKind {
    /// By its code in the institution.
    Own,
    /// By its id in the district's library.
    Generic,
}

impl UseKind {
    /// As stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Generic => "generic",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Own, Self::Generic].into_iter().find(|kind| kind.name() == name)
    }
}

/// What a department decided about one questionnaire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) institution: String,
    pub(crate) department: String,
    pub(crate) kind: UseKind,
    pub(crate) name: String,
    pub(crate) position: i64,
    pub(crate) is_on: bool,
}

/// Somebody of the staff at work on templates.
#[derive(Debug, Clone)]
pub(crate) struct Desk<'a> {
    pub(crate) edit: Right,
    pub(crate) review: Right,
    pub(crate) request: &'a RequestId,
}

impl<'a> Desk<'a> {
    /// Refused to who may neither write nor review.
    pub(crate) fn new(right: &Right, request: &'a RequestId) -> Result<Self, TemplateError> {
        if right.may(Permission::TemplateEdit) || right.may(Permission::TemplateReview) {
            let (edit, review) =
                (right.under(Permission::TemplateEdit), right.under(Permission::TemplateReview));
            return Ok(Self { edit, review, request });
        }
        Err(TemplateError::NotAllowed)
    }

    pub(crate) fn id(&self) -> Uuid {
        self.edit.id()
    }

    pub(crate) fn institution(&self) -> &str {
        &self.edit.reach.institution
    }

    pub(crate) fn department(&self) -> &str {
        &self.edit.reach.department
    }

    pub(crate) fn actor(&self) -> Actor {
        self.edit.actor()
    }

    /// How far one sees: as far as one may write or review.
    pub(crate) fn scope(&self) -> Scope {
        self.edit.scope().max(self.review.scope()).unwrap_or(Scope::Own)
    }

    /// An institution sees all of its own; a department its own, those for the whole institution and Shenkang's.
    pub(crate) fn sees(&self, template: &Template) -> bool {
        let is_here = template.institution == self.institution();
        let scope = self.scope();
        template.owner == self.id()
            || template.origin == Origin::Shenkang
            || scope == Scope::District
            || (scope == Scope::Institution && is_here)
            || (scope == Scope::Department
                && is_here
                && template.department.as_deref().is_none_or(|department| department == self.department()))
    }

    /// Doctors change their own; an institution changes all of its own. What was downloaded is only copied.
    pub(crate) fn edits(&self, template: &Template) -> bool {
        let is_wide = self.edit.scope() >= Some(Scope::Institution) && self.edit.covers(&template.site());
        template.origin != Origin::Shenkang
            && self.edit.may(Permission::TemplateEdit)
            && (template.owner == self.id() || is_wide)
    }

    /// Whether one may review for the department, at least.
    pub(crate) fn reviews(&self, template: &Template) -> bool {
        let site = Site { own: None, ..template.site() };
        self.review.covers(&site)
    }

    /// Whether one may review for the institution.
    pub(crate) fn reviews_for_institution(&self, template: &Template) -> bool {
        self.review.scope() >= Some(Scope::Institution) && self.reviews(template)
    }

    /// Whether one arranges what a department uses.
    pub(crate) fn arranges(&self, institution: &str, department: &str) -> bool {
        let site = Site { institution: Some(institution), department: Some(department), ..Site::default() };
        self.review.covers(&site)
            || (self.edit.scope() >= Some(Scope::Institution) && self.edit.covers(&site))
    }
}

impl Template {
    /// To whom it belongs, for the rights.
    pub(crate) fn site(&self) -> Site<'_> {
        Site {
            institution: Some(&self.institution),
            department: self.department.as_deref(),
            assigned: None,
            own: Some(self.owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CHART: &str = include_str!("../../../../data/flows/template.mmd");
    const EVENTS: [(Event, &str); 8] = [
        (Event::Edited, "修改"),
        (Event::Submitted, "提交"),
        (Event::Withdrawn, "撤回"),
        (Event::Returned, "退回"),
        (Event::Passed, "科室通过"),
        (Event::Approved, "通过"),
        (Event::Retired, "停用"),
        (Event::Replaced, "新版取代"),
    ];

    /// `draft --> in_review: 提交`, without the lines of start and end.
    fn lines_of_chart() -> BTreeSet<(String, String, String)> {
        let line = |line: &str| {
            let (from, rest) = line.trim().split_once(" --> ")?;
            let (to, event) = rest.split_once(": ")?;
            (from != "[*]").then(|| (from.to_owned(), to.to_owned(), event.to_owned()))
        };
        CHART.lines().filter_map(line).collect()
    }

    #[test]
    fn the_chart_of_templates_and_the_code_have_the_same_transitions() {
        let mut of_code = BTreeSet::new();
        for state in State::ALL {
            for (event, label) in EVENTS {
                match state.after(event) {
                    Ok(next) => {
                        of_code.insert((state.name().to_owned(), next.name().to_owned(), label.to_owned()));
                    }
                    Err(error) => {
                        assert!(matches!(error, TemplateError::WrongState { .. }), "{state:?} {event:?}");
                    }
                }
            }
        }
        assert_eq!(lines_of_chart(), of_code);
    }

    #[test]
    fn the_chart_of_templates_and_the_code_call_the_states_the_same() {
        for state in State::ALL {
            let line = format!("{}: {}", state.name(), state.text());
            assert!(CHART.lines().any(|drawn| drawn.trim() == line), "{line} is not drawn");
            assert_eq!(State::named(state.name()), Some(state));
        }
        assert_eq!(State::named("anything"), None);
    }
}
