//! A dialogue: the answers so far and the question that waits.

use std::collections::BTreeSet;

use kb::Kb;

use crate::{Act, Engine, Profile, Question, case::Case};
use serde::{Deserialize, Serialize};

/// Reply of a checklist that denies all of it.
pub(crate) const NONE_OF_THESE: &str = "都没有";
/// Reply to an emergency advice: keep answering.
pub(crate) const GO_ON: &str = "继续填写";
/// Reply to an emergency advice: stop and seek help.
pub(crate) const SEEK_HELP: &str = "我知道了，马上就医";
/// A dialogue never asks more than this.
const MAX_TURNS: usize = 45;

/// A question with its answer, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// As it was asked.
    pub question: Question,
    /// The patient's words.
    pub answer: String,
}

/// Where a dialogue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A question waits.
    Asking,
    /// The patient chose to stop and seek help.
    Emergency,
    /// All asked; the patient checks the record.
    AwaitingConfirmation,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken; the next question waits.
    Next {
        /// Remarks to show before it.
        notes: Vec<String>,
    },
    /// Nothing was said; the same question waits.
    Again {
        /// What to do.
        note: String,
    },
    /// Taken, and nothing more to ask.
    Finished {
        /// Remarks to show.
        notes: Vec<String>,
    },
}

/// One consultation in progress; rebuilt from its turns by [`Engine::resume`].
#[derive(Debug, Clone)]
pub struct Dialogue {
    pub(crate) profile: Profile,
    pub(crate) turns: Vec<Turn>,
    pub(crate) case: Case,
    pub(crate) node: String,
    pub(crate) pending: Option<Question>,
    pub(crate) state: State,
}

impl Dialogue {
    /// The person it is about.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The answered questions.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The question that waits.
    pub fn pending(&self) -> Option<&Question> {
        self.pending.as_ref()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    fn empty(kb: &Kb, profile: Profile, node: &str) -> Self {
        Self {
            profile,
            turns: Vec::new(),
            case: Case::new(kb),
            node: node.to_owned(),
            pending: None,
            state: State::Asking,
        }
    }
}

impl Engine {
    /// A new dialogue with its first question.
    pub fn open(&self, profile: Profile) -> Dialogue {
        let mut dialogue = Dialogue::empty(self.kb(), profile, self.first_node());
        self.advance(&mut dialogue);
        dialogue
    }

    /// A dialogue as it stands after `turns`; leave out the last turn to undo it.
    ///
    /// The stored questions are read as they were asked, also when another release asked them; what comes next
    /// is chosen under this release.
    pub fn resume(&self, profile: Profile, turns: Vec<Turn>) -> Dialogue {
        self.resume_besides(profile, turns, BTreeSet::new(), |_| true)
    }

    /// The same when questionnaires have `covered` nodes of the chart; only turns that count are heard.
    pub(crate) fn resume_besides(
        &self,
        profile: Profile,
        turns: Vec<Turn>,
        covered: BTreeSet<&'static str>,
        counts: impl Fn(usize) -> bool,
    ) -> Dialogue {
        let mut dialogue = Dialogue::empty(self.kb(), profile, self.first_node());
        dialogue.case.covered = covered;
        for (position, turn) in turns.iter().enumerate().filter(|(position, _)| counts(*position)) {
            self.absorb(&mut dialogue.case, &dialogue.profile, &turn.question, &turn.answer, position);
            dialogue.node.clone_from(&turn.question.node);
        }
        dialogue.turns = turns;
        self.advance(&mut dialogue);
        dialogue
    }

    /// Takes the answer to the waiting question and chooses the next.
    pub fn answer(&self, dialogue: &mut Dialogue, text: &str) -> Outcome {
        let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
        let Some(question) = dialogue.pending.clone() else {
            return Outcome::Again { note: "问题已经问完了，请核对病历。".to_owned() };
        };
        if !text.chars().any(char::is_alphanumeric) {
            return Outcome::Again {
                note: "还没有看到文字，请用几个字说一说，或点下面的选项。".to_owned()
            };
        }
        let turn = dialogue.turns.len();
        let mut notes = self.absorb(&mut dialogue.case, &dialogue.profile, &question, &text, turn);
        dialogue.node.clone_from(&question.node);
        dialogue.turns.push(Turn { question, answer: text });
        self.advance(dialogue);
        let last = &dialogue.turns[turn];
        if last.question.act == Act::Complaint
            && dialogue.case.complaints.is_empty()
            && dialogue.case.unread.len() == 1
        {
            notes.push("这些话我还没有完全看懂，已原样记下给医生。".to_owned());
        }
        match dialogue.state {
            State::Asking => Outcome::Next { notes },
            State::Emergency | State::AwaitingConfirmation => Outcome::Finished { notes },
        }
    }

    /// Walks the chart to the next question or the end.
    fn advance(&self, dialogue: &mut Dialogue) {
        dialogue.pending = None;
        let n_asked =
            dialogue.turns.iter().filter(|turn| !matches!(turn.question.act, Act::Item { .. })).count();
        if n_asked >= MAX_TURNS {
            dialogue.state = State::AwaitingConfirmation;
            return;
        }
        let choice = self.next_question(&dialogue.case, &dialogue.profile, &dialogue.node);
        (dialogue.pending, dialogue.state) = choice;
    }
}

impl Dialogue {
    /// How far it is, 0–100; grows with every answer.
    pub fn progress(&self) -> u8 {
        if self.state != State::Asking {
            return 100;
        }
        // Late questions are mostly the fixed history ones, so that the share left shrinks evenly.
        let n_turns = f32::from(u8::try_from(self.turns.len()).unwrap_or(u8::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the value lies between 0 and 97"
        )]
        let percent = (100.0 * (1.0 - (-n_turns / 9.0).exp())).min(97.0) as u8;
        percent
    }
}
