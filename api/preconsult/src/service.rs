//! What can be done with consultations; one function per use case.
//!
//! A use case reads and decides without a transaction, then writes in one that is refused when the consultation is
//! no longer in the version that was read; then it is made again from the start.

mod dialogue;
mod doctor;
mod fill;
mod health;
mod matching;
mod month;
mod patient;
#[cfg(test)]
mod questionnaire_tests;
mod replay;
mod revise;
#[cfg(test)]
mod tests;
mod visit;

use platform::{
    App,
    audit::{self, Actor, Outcome},
    http::RequestId,
};
use uuid::Uuid;

pub use dialogue::{Taken, answer, answered, undo};
pub(crate) use dialogue::{interview_of, valid_turns};
pub use doctor::{Listed, Outline, Reading, Seen, Sent, list, list_sent, note_sent, read, reveal, see};
pub(crate) use doctor::{denied, find_within};
pub use fill::fill;
pub use health::{Shelf, forget_readings, judge_article, open_article, shelf};
pub(crate) use matching::complaint_of;
pub use matching::{Wish, wishes};
pub use month::{Asked, Within, count_asked, list_asked};
pub use patient::{Begun, Own, begin, find_open, list_own, profile, read_own, restart};
pub use replay::{FoundRelease, Past, Replay, replay};
pub use revise::{amend, confirm, hints};
pub use visit::{Registered, find_own_visit, list_own_visits, must_stand, open_visit, register};

use crate::{PreconsultError, Service, model::Consultation, store};

/// The deed of somebody on a consultation, for the audit trail.
pub(crate) fn entry<'a>(
    app: &App,
    actor: Actor,
    action: &'static str,
    patient: Uuid,
    consultation: Uuid,
    request: &'a RequestId,
) -> audit::Entry<'a> {
    audit::Entry {
        at: app.now(),
        actor,
        action,
        patient: Some(patient),
        object: Some(format!("consultation/{consultation}")),
        reason: None,
        outcome: Outcome::Done,
        request_id: &request.0,
    }
}

/// The resident's own consultation; another's is as good as none.
pub(crate) async fn find_own(
    service: &Service,
    resident: Uuid,
    id: Uuid,
) -> Result<Consultation, PreconsultError> {
    let found = store::find_consultation(&service.app, id).await?;
    found.filter(|consultation| consultation.resident == resident).ok_or(PreconsultError::NotFound)
}
