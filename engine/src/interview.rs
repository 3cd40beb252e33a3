//! A consultation that begins with questionnaires: their pages first, then what they left open.
//!
//! Like a dialogue it is rebuilt from its turns: a turn for each answered question. What the answers say of the disease
//! graph counts like any other answer, so that red flags interrupt between two pages, and triage and differential are
//! those of the dialogue. An answer whose question is hidden by others is kept and does not count.

mod fill;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rules::form::{
    Form, Patient, Session,
    screen::{Control, Screen, Shown},
};

use crate::{Act, Dialogue, Engine, Outcome, Profile, Question, Sex, State, Turn};

pub use fill::Refused;

/// Answer of a question that was passed by.
const PASSED: &str = "（没有填写）";
/// Node of the chart after which red flags are looked at.
const NODE: &str = "features";
/// Which sections of the record cover which nodes of the chart.
const COVERS: [(&str, &str); 8] = [
    ("诊治经过", "treatment"),
    ("用药史", "treatment"),
    ("既往史", "past"),
    ("过敏史", "allergy"),
    ("个人史", "personal"),
    ("婚育史", "marital"),
    ("月经史", "marital"),
    ("家族史", "family"),
];
/// What is known from before when somebody comes again.
const KNOWN_BEFORE: [&str; 4] = ["past", "personal", "marital", "family"];

/// A questionnaire that was chosen for a visit.
#[derive(Debug, Clone)]
pub struct Questionnaire {
    /// Key under which its answers are kept; the same for the whole consultation.
    pub key: String,
    /// As it runs.
    pub form: Form,
}

/// What is known of the visit beside the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About {
    /// Days since 1970-01-01.
    pub today: Option<i32>,
    /// First visit with this trouble.
    pub is_first: Option<bool>,
    /// Pregnant.
    pub is_pregnant: Option<bool>,
}

/// Where an interview stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A page of a questionnaire: positions of the questionnaire and of the page.
    Page(usize, usize),
    /// A question of the dialogue; between pages only an emergency advice.
    Ask(Box<Question>),
    /// The patient chose to stop and seek help.
    Emergency,
    /// All asked.
    Done,
}

/// A consultation with questionnaires.
#[derive(Debug, Clone)]
pub struct Interview {
    items: Vec<(Questionnaire, Session)>,
    dialogue: Dialogue,
}

impl Engine {
    /// The interview as it stands after `turns`.
    pub fn interview(
        &self,
        profile: Profile,
        about: About,
        questionnaires: Vec<Questionnaire>,
        turns: Vec<Turn>,
    ) -> Interview {
        let patient = patient(&profile, about);
        let opened = |questionnaire: Questionnaire| {
            let session = questionnaire.form.open(&patient);
            (questionnaire, session)
        };
        let mut items: Vec<_> = questionnaires.into_iter().map(opened).collect();
        for turn in &turns {
            restore(&mut items, turn);
        }
        let hidden = |turn: &Turn| match &turn.question.act {
            Act::Item { form, path, .. } => {
                turn.answer == PASSED
                    || items.iter().all(|(item, session)| item.key != *form || !session.visible(path))
            }
            _ => false,
        };
        let unheard: BTreeSet<usize> =
            turns.iter().enumerate().filter(|(_, turn)| hidden(turn)).map(|(position, _)| position).collect();
        let covered = covered(&items, about);
        let dialogue = self.resume_besides(profile, turns, covered, |position| !unheard.contains(&position));
        Interview { items, dialogue }
    }

    /// Takes the answer to the question of the dialogue that waits: the interview is then as its turns make it, without
    /// going through them again, because such an answer changes nothing in the questionnaires.
    pub fn reply(&self, interview: &mut Interview, text: &str) -> Outcome {
        self.answer(&mut interview.dialogue, text)
    }
}

impl Engine {
    /// Names of the symptoms somebody tells of, each followed by those of the broader ones.
    pub fn named_in(&self, profile: Profile, words: &str) -> Vec<&str> {
        let mut dialogue = self.open(profile);
        self.answer(&mut dialogue, words);
        let kb = self.kb();
        let told = dialogue.case.main_complaints(kb).into_iter();
        let with_broader =
            told.flat_map(|id| std::iter::once(id).chain(kb.concept(id).broader.iter().copied()));
        with_broader.map(|id| kb.concept(id).label.as_str()).collect()
    }
}

impl Interview {
    /// What comes next.
    pub fn step(&self) -> Step {
        if self.dialogue.state() == State::Emergency {
            return Step::Emergency;
        }
        // An emergency advice does not wait for the next page.
        if let Some(question) = self.dialogue.pending().filter(|q| matches!(q.act, Act::Warn { .. })) {
            return Step::Ask(Box::new(question.clone()));
        }
        for form in 0..self.items.len() {
            let open = self.screens(form).iter().position(|screen| !self.is_settled(form, screen));
            if let Some(page) = open {
                return Step::Page(form, page);
            }
        }
        match self.dialogue.pending() {
            Some(question) => Step::Ask(Box::new(question.clone())),
            None => Step::Done,
        }
    }

    /// The dialogue with the answers to the questionnaires in it: for triage, differential and what was said.
    pub fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }

    /// The questionnaires with the answers so far, in their order.
    pub fn sessions(&self) -> impl Iterator<Item = (&Questionnaire, &Session)> {
        self.items.iter().map(|(item, session)| (item, session))
    }

    /// Pages of a questionnaire that show something now.
    pub fn screens(&self, form: usize) -> Vec<Screen> {
        self.items.get(form).map_or_else(Vec::new, |(_, session)| session.screens())
    }

    /// What a page shows.
    pub fn shown(&self, form: usize, page: usize) -> Vec<Shown> {
        let Some((_, session)) = self.items.get(form) else { return Vec::new() };
        session.screens().get(page).map_or_else(Vec::new, |screen| session.on(screen))
    }

    /// Whether a page can be filled in now: it is the one that waits, or one before it.
    pub fn may_fill(&self, place: (usize, usize)) -> bool {
        let reached = match self.step() {
            Step::Page(form, page) => (form, page),
            Step::Ask(_) => (usize::MAX, usize::MAX),
            Step::Emergency | Step::Done => return false,
        };
        place <= reached && place.1 < self.screens(place.0).len()
    }

    /// The last page that was answered, to go back to.
    pub fn page_before(&self, (form, page): (usize, usize)) -> Option<(usize, usize)> {
        if page > 0 {
            return Some((form, page - 1));
        }
        (0..form.min(self.items.len()))
            .rev()
            .find_map(|form| self.screens(form).len().checked_sub(1).map(|page| (form, page)))
    }

    /// How far it is, 0–100: the pages are most of it.
    pub fn progress(&self) -> u8 {
        if self.dialogue.state() != State::Asking {
            return 100;
        }
        let pages: Vec<bool> = (0..self.items.len())
            .flat_map(|form| {
                let screens = self.screens(form);
                screens.into_iter().map(|screen| self.is_settled(form, &screen)).collect::<Vec<_>>()
            })
            .collect();
        let n_done = pages.iter().filter(|done| **done).count();
        if n_done < pages.len() {
            return u8::try_from(80 * n_done / pages.len()).unwrap_or(80);
        }
        let is_asked = |turn: &&Turn| !matches!(turn.question.act, Act::Item { .. });
        let n_asked = self.dialogue.turns().iter().filter(is_asked).count();
        u8::try_from(80 + (n_asked * 3).min(18)).unwrap_or(98)
    }

    /// Everything on a page was answered or passed by.
    fn is_settled(&self, form: usize, screen: &Screen) -> bool {
        let (item, session) = &self.items[form];
        let is_passed =
            |shown: &Shown| self.dialogue.turns().iter().any(|turn| is_of(turn, &item.key, &shown.path));
        session
            .on(screen)
            .iter()
            .filter(|shown| is_asked(shown))
            .all(|shown| shown.answer.is_some() || (!shown.required && is_passed(shown)))
    }
}

/// Whether the patient can answer it.
fn is_asked(shown: &Shown) -> bool {
    !shown.read_only && !matches!(shown.control, Control::Note | Control::Value)
}

pub(crate) fn is_of(turn: &Turn, key: &str, path: &str) -> bool {
    matches!(&turn.question.act, Act::Item { form, path: of, .. } if form == key && of == path)
}

/// The patient as questionnaires know them.
pub fn patient(profile: &Profile, about: About) -> Patient {
    let months = f64::from(profile.age_months);
    Patient {
        age: Some((months / 12.0).floor()),
        months: Some(months),
        male: profile.sex.map(|sex| sex == Sex::Male),
        today: about.today,
        pregnant: about.is_pregnant,
        first_visit: about.is_first,
    }
}

/// Takes up an answer; one that another version of the questionnaire no longer takes stays in the turns only.
fn restore(items: &mut [(Questionnaire, Session)], turn: &Turn) {
    let Act::Item { form, path, .. } = &turn.question.act else { return };
    let Some((_, session)) = items.iter_mut().find(|(item, _)| item.key == *form) else { return };
    if turn.answer == PASSED {
        return;
    }
    if let Ok(Some(answer)) = session.answer_of(path, &turn.answer) {
        let _refused = session.restore(path, answer);
    }
}

/// The nodes of the chart that need not be asked: what the answers have written about, and what a returning patient
/// was asked before. The general condition is left to the author of the questionnaire.
fn covered(items: &[(Questionnaire, Session)], about: About) -> BTreeSet<&'static str> {
    let mut covered = BTreeSet::new();
    if items.is_empty() {
        return covered;
    }
    covered.insert("general");
    if about.is_first == Some(false) {
        covered.extend(KNOWN_BEFORE);
    }
    for entry in items.iter().flat_map(|(_, session)| session.record()) {
        covered.extend(COVERS.iter().filter(|(section, _)| *section == entry.section).map(|(_, node)| *node));
    }
    covered
}
