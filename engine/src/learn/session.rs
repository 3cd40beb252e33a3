//! One consultation: ask, hear, rank.

use nlp::Status;

use super::crew::{Follower, View};
use super::fit::Learned;
use super::state::Fact;

/// One consultation with a [`Learned`] model.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    learned: &'a Learned,
    follower: Follower<'a>,
    view: View,
}

/// Left to itself, the session asks no question that is worth less than this (in found symptoms).
const LEAST_WORTH: f32 = 0.065;
/// Left to itself, the session asks no more than this.
const MOST_ASKS: usize = 16;

impl Learned {
    /// Begins a consultation with what the patient tells unasked. Unknown names and all but the last of a
    /// repeated name are ignored.
    pub fn open(&self, explicit: &[(String, Status)]) -> Session<'_> {
        let mut follower = Follower::new(self.names.symptoms.len(), &self.members);
        for (symptom, status) in self.names.findings(explicit) {
            follower.add(symptom, Fact::Told(status));
        }
        let view = follower.view();
        Session { learned: self, follower, view }
    }
}

impl<'a> Session<'a> {
    /// The symptom to ask for next. With `remaining` questions allowed it asks until they are used up; without,
    /// it stops by itself when no question is worth while. Never asks for what was told or asked before.
    pub fn next_ask(&self, remaining: Option<usize>) -> Option<&'a str> {
        if remaining == Some(0) {
            return None;
        }
        let choice = self.learned.choice(&self.follower.state, &self.view)?;
        let enough = self.follower.state.asks >= MOST_ASKS || choice.worth < LEAST_WORTH;
        if remaining.is_none() && enough {
            return None;
        }
        self.learned.names.symptoms.get(choice.symptom).map(String::as_str)
    }

    /// Takes a reply; [`Status::Unsure`] also stands for silence. Unknown and already known names are ignored.
    pub fn tell(&mut self, name: &str, reply: Status) {
        let Some(symptom) = self.learned.names.symptom(name) else { return };
        if !self.follower.state.known[symptom] {
            self.follower.add(symptom, Fact::Replied(reply));
            self.view = self.follower.view();
        }
    }

    /// All diseases with their probabilities, likeliest first; the probabilities sum to one.
    pub fn ranking(&self) -> Vec<(&'a str, f64)> {
        let logs = self.learned.log_posterior(&self.follower.state, &self.view);
        let weights: Vec<f64> = logs.iter().map(|log| f64::from(*log).exp()).collect();
        let total: f64 = weights.iter().sum();
        let names = self.learned.names.diseases.iter().map(String::as_str);
        let mut ranked: Vec<(&str, f64)> = names.zip(weights.iter().map(|weight| weight / total)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::super::Case;
    use super::*;

    fn list(names: &[&str]) -> Vec<(String, Status)> {
        names.iter().map(|name| ((*name).to_owned(), Status::Yes)).collect()
    }

    fn case(disease: &str, told: &[&str], found: &[&str]) -> Case {
        Case { disease: disease.into(), explicit: list(told), implicit: list(found), aside: vec![] }
    }

    fn cases() -> Vec<Case> {
        let kinds = [
            case("感冒", &["咳嗽"], &["流涕", "咽痛"]),
            case("感冒", &["流涕"], &["咳嗽", "咽痛"]),
            case("肠炎", &["腹痛"], &["腹泻", "恶心"]),
            case("肠炎", &["腹泻"], &["腹痛"]),
            case("偏头痛", &["头痛"], &["畏光", "恶心"]),
            case("偏头痛", &["恶心"], &["头痛", "畏光"]),
        ];
        kinds.iter().cycle().take(60).cloned().collect()
    }

    #[test]
    fn asks_what_the_case_holds_and_ranks_it_first() {
        let learned = Learned::from_cases(&cases());
        let mut session = learned.open(&list(&["恶心"]));
        let mut asked = Vec::new();
        while let Some(name) = session.next_ask(Some(3 - asked.len())) {
            asked.push(name);
            session.tell(name, if ["头痛", "畏光"].contains(&name) { Status::Yes } else { Status::Unsure });
        }
        assert!(asked.contains(&"头痛") && asked.contains(&"畏光"), "{asked:?}");
        let ranking = session.ranking();
        assert_eq!(ranking[0].0, "偏头痛");
        assert!(ranking[0].1 > 0.8, "{ranking:?}");
        assert!((ranking.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn never_asks_twice_and_stops_by_itself() {
        let learned = Learned::from_cases(&cases());
        let mut session = learned.open(&list(&["咳嗽"]));
        let mut asked = vec!["咳嗽"];
        while let Some(name) = session.next_ask(None) {
            assert!(!asked.contains(&name));
            asked.push(name);
            session.tell(name, Status::Yes);
        }
        assert!(asked.len() < 8, "{asked:?}");
        let mut session = learned.open(&[]);
        for left in (1..=50).rev() {
            let Some(name) = session.next_ask(Some(left)) else { return };
            session.tell(name, Status::Unsure);
        }
        panic!("more questions than symptoms");
    }

    #[test]
    fn the_same_cases_give_the_same_answers() {
        let (one, two) = (Learned::from_cases(&cases()), Learned::from_cases(&cases()));
        let (one, two) = (one.open(&list(&["恶心"])), two.open(&list(&["恶心"])));
        assert_eq!(one.ranking(), two.ranking());
        assert_eq!(one.next_ask(Some(5)), two.next_ask(Some(5)));
    }

    #[test]
    fn without_cases_there_is_nothing_to_say() {
        let learned = Learned::from_cases(&[]);
        let mut session = learned.open(&list(&["咳嗽"]));
        session.tell("咳嗽", Status::Yes);
        assert_eq!(session.next_ask(Some(10)), None);
        assert!(session.ranking().is_empty());
    }

    #[test]
    fn one_case_is_enough_not_to_fail() {
        let learned = Learned::from_cases(&cases()[..1]);
        let session = learned.open(&list(&["没听说过"]));
        assert!(session.next_ask(Some(1)).is_some());
        assert_eq!(session.ranking().len(), 1);
    }
}
