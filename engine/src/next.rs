//! Walks the dialogue chart to the next question.

use std::cell::OnceCell;

use kb::{ConceptId, ConceptKind, RedFlag};
use nlp::MeasureKind;
use rules::chart::Shape;
use rules::expr::{Expr, Facts, Value};

use crate::{
    Act, Engine, Profile, Question,
    case::{Case, Known},
    dialogue::{GO_ON, NONE_OF_THESE, SEEK_HELP, State},
    differential::Differential,
    safety::Probe,
    script::Row,
    variables::{CaseFacts, GUARDS, Guard},
};

/// A question must be expected to tell at least this much, in nats.
const MIN_GAIN: f32 = 0.03;
/// Questions for the differential at most.
const MAX_DIFFERENTIAL: usize = 9;
/// Safety questions at most; each may ask several things.
const MAX_SAFETY: usize = 3;
/// Attributes asked of one complaint.
const MAX_FEATURES: usize = 6;
/// Complaints whose attributes are asked.
const MAX_COMPLAINTS: usize = 2;
/// What is asked of the second complaint.
const SECOND_COMPLAINT: [&str; 3] = ["attr:duration", "attr:severity", "attr:temperature"];
/// Accounts asked for before going on without a recognised complaint.
const MAX_ACCOUNTS: usize = 2;
/// Complaints whose cause is known.
const INJURIES: [&str; 12] = [
    "sym:trauma",
    "sym:head-injury",
    "sym:animal-bite",
    "sym:insect-bite",
    "sym:puncture-wound",
    "sym:burn-injury",
    "sym:snake-bite",
    "sym:poison-ingestion",
    "sym:foreign-body-ingestion",
    "sym:eye-injury",
    "sym:chemical-eye-injury",
    "sym:drug-overdose",
];
/// Nodes walked without a question before the dialogue ends; a checked chart never gets there.
const MAX_STEPS: usize = 64;
/// Where the chart ends when the patient stops to seek help.
const EMERGENCY_END: &str = "end_emergency";

impl Engine {
    /// The question after those answered, or the state the dialogue ends in.
    pub(crate) fn next_question(
        &self,
        case: &Case,
        profile: &Profile,
        node: &str,
    ) -> (Option<Question>, State) {
        let view = View::new(self, case, profile);
        let chart = self.chart();
        let mut at = chart.find(node).unwrap_or_else(|| chart.start());
        for _ in 0..MAX_STEPS {
            at = chart.next(at, &view).node;
            let node = chart.node(at);
            match node.shape {
                Shape::End if node.key == EMERGENCY_END => return (None, State::Emergency),
                Shape::End => return (None, State::AwaitingConfirmation),
                Shape::Question if node.key == "confirm" => return (None, State::AwaitingConfirmation),
                Shape::Question => {
                    if let Some(question) = view.question(&node.key) {
                        return (Some(question), State::Asking);
                    }
                }
                _ => {}
            }
        }
        (None, State::AwaitingConfirmation)
    }
}

/// A case as the guards of the chart see it.
struct View<'a> {
    engine: &'a Engine,
    case: &'a Case,
    profile: &'a Profile,
    facts: OnceCell<CaseFacts<'a>>,
    holding: OnceCell<Vec<(&'a RedFlag, &'a Expr)>>,
    differential: OnceCell<Differential>,
    telling: OnceCell<Option<(ConceptId, f32)>>,
}

impl Facts for View<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        let Some((_, guard)) = GUARDS.get(slot as usize) else {
            return Value::Unknown;
        };
        Value::Truth(match guard {
            Guard::HasComplaint => {
                !self.case.complaints.is_empty()
                    || self.case.n_items > 0
                    || self.case.visit_reason.is_some()
                    || self.case.n_accounts >= MAX_ACCOUNTS
            }
            Guard::RedFlag => !self.unannounced().is_empty(),
            Guard::GoesOn => self.case.goes_on,
            Guard::Stops => self.case.stops,
            Guard::TriageLevel => {
                let level = self.holding().first().map_or(5, |(flag, _)| flag.level as u32 + 1);
                return Value::Number(f64::from(level));
            }
            // A questionnaire asks of the complaint what its author wants to know.
            Guard::Features | Guard::Differential if self.case.n_items > 0 => false,
            Guard::Features => self.feature().is_some(),
            Guard::Safety => self.safety().is_some(),
            Guard::Differential => self.telling_question().is_some(),
            Guard::Script(node) => !self.case.covered.contains(node) && self.row(node).is_some(),
        })
    }
}

impl<'a> View<'a> {
    fn new(engine: &'a Engine, case: &'a Case, profile: &'a Profile) -> Self {
        let (facts, holding) = (OnceCell::new(), OnceCell::new());
        let (differential, telling) = (OnceCell::new(), OnceCell::new());
        Self { engine, case, profile, facts, holding, differential, telling }
    }

    fn facts(&self) -> &CaseFacts<'a> {
        self.facts.get_or_init(|| CaseFacts::new(self.engine.kb(), self.case, self.profile))
    }

    fn holding(&self) -> &[(&'a RedFlag, &'a Expr)] {
        self.holding.get_or_init(|| self.engine.flags().holding(self.facts()))
    }

    fn question(&self, node: &str) -> Option<Question> {
        match node {
            "complaint" => self.complaint(node),
            "warn" => self.warning(node),
            "safety" => self.safety().map(|probe| self.probe_question(node, &probe)),
            "features" => self.feature().map(|(symptom, attribute)| self.attribute(node, symptom, attribute)),
            "differential" => self.telling_question().map(|id| self.yes_no(node, "现病史", id)),
            _ => self.row(node).map(Self::row_question),
        }
    }

    fn n_at(&self, node: &str) -> usize {
        self.case.n_at.get(node).copied().unwrap_or_default()
    }

    // ---- complaint and warning

    fn complaint(&self, node: &str) -> Option<Question> {
        let mut question = self.row(node).map(Self::row_question)?;
        question.act = Act::Complaint;
        Some(question)
    }

    fn unannounced(&self) -> Vec<(&'a RedFlag, &'a Expr)> {
        let mut holding = self.holding().to_vec();
        // After a warning only a graver one interrupts again.
        let is_warned = |flag: &RedFlag| self.case.warned.contains(&flag.key);
        let flags = &self.engine.kb().red_flags;
        let gravest = flags.iter().filter(|flag| is_warned(flag)).map(|flag| flag.level).min();
        holding.retain(|(flag, _)| {
            flag.level <= kb::TriageLevel::Urgent
                && !is_warned(flag)
                && gravest.is_none_or(|gravest| flag.level < gravest)
        });
        holding
    }

    fn warning(&self, node: &str) -> Option<Question> {
        let flags = self.unannounced();
        let (first, _) = flags.first()?;
        let keys: Vec<String> = flags.iter().map(|(flag, _)| flag.key.clone()).collect();
        Some(Question {
            key: format!("warn:{}", keys.join("+")),
            act: Act::Warn { flags: keys },
            node: node.to_owned(),
            section: "紧急提醒".to_owned(),
            text: first.message.clone(),
            options: vec![SEEK_HELP.to_owned(), GO_ON.to_owned()],
            is_multi: false,
            hint: String::new(),
        })
    }

    // ---- safety

    fn differential(&self) -> &Differential {
        self.differential.get_or_init(|| Differential::of(self.engine.kb(), self.case, self.profile))
    }

    fn safety(&self) -> Option<Probe> {
        if self.n_at("safety") >= MAX_SAFETY {
            return None;
        }
        self.engine.flags().probe(self.facts(), self.differential(), |id| self.is_open(id))
    }

    fn probe_question(&self, node: &str, probe: &Probe) -> Question {
        const SECTION: &str = "安全排查";
        match probe {
            Probe::Onset(id) => self.of_attribute(node, SECTION, *id, "attr:onset"),
            Probe::Severity(id) => self.of_attribute(node, SECTION, *id, "attr:severity"),
            Probe::Since(id) => self.of_attribute(node, SECTION, *id, "attr:duration"),
            Probe::Measure(kind) => self.measure(node, SECTION, *kind),
            Probe::Concepts(ids) if ids.len() == 1 => self.yes_no(node, SECTION, ids[0]),
            Probe::Concepts(ids) => {
                let keys: Vec<String> =
                    ids.iter().map(|id| self.engine.kb().concept(*id).key.clone()).collect();
                let options = ids
                    .iter()
                    .map(|id| self.word(*id).to_owned())
                    .chain([NONE_OF_THESE.to_owned()])
                    .collect();
                Question {
                    key: format!("check:{}", keys.join("+")),
                    act: Act::Checklist { concepts: keys },
                    node: node.to_owned(),
                    section: SECTION.to_owned(),
                    text: self.addressed("为了您的安全，请看看现在有没有下面的情况（可以选几个）："),
                    options,
                    is_multi: true,
                    hint: "也可以直接打字说明".to_owned(),
                }
            }
        }
    }

    // ---- features of the complaint

    /// The first complaint is gone through; of the second only how long and how bad.
    fn feature(&self) -> Option<(ConceptId, usize)> {
        let kb = self.engine.kb();
        let complaints = self.case.main_complaints(kb);
        complaints.iter().take(MAX_COMPLAINTS).enumerate().find_map(|(rank, id)| {
            let prefix = format!("{}/", kb.concept(*id).key);
            let n_asked = self.case.asked.iter().filter(|key| key.starts_with(&prefix)).count();
            if n_asked >= MAX_FEATURES {
                return None;
            }
            let attributes = &kb.symptoms[kb.symptom_position(*id)?].attributes;
            let is_due = |attribute: usize| {
                let key = kb.attributes[attribute].key.as_str();
                (rank == 0 || SECOND_COMPLAINT.contains(&key)) && !self.is_settled(*id, attribute)
            };
            attributes.iter().copied().find(|attribute| is_due(*attribute)).map(|attribute| (*id, attribute))
        })
    }

    /// Asked already, or said without being asked.
    fn is_settled(&self, id: ConceptId, attribute: usize) -> bool {
        let kb = self.engine.kb();
        let key = &kb.attributes[attribute].key;
        let asked = format!("{}/{key}", kb.concept(id).key);
        let has =
            |pick: fn(&Known) -> bool| self.case.detail(kb, id, |known| pick(known).then_some(())).is_some();
        self.case.known(id).is_none()
            || self.case.asked.contains(&asked)
            || self.case.attribute(kb, id, attribute).is_some()
            || match key.as_str() {
                "attr:duration" => has(|known| known.since.is_some()),
                "attr:onset" => has(|known| known.onset.is_some()),
                "attr:severity" => has(|known| known.severity.is_some()),
                "attr:timing" => has(|known| known.rate.is_some()),
                "attr:frequency" => has(|known| known.rate_words.is_some()),
                "attr:temperature" => {
                    self.case.measures.contains_key(&MeasureKind::Temperature)
                        || self.case.asked.contains("measure:Temperature")
                }
                _ => false,
            }
    }

    fn attribute(&self, node: &str, id: ConceptId, attribute: usize) -> Question {
        let key = self.engine.kb().attributes[attribute].key.clone();
        if key == "attr:temperature" {
            return self.measure(node, "现病史", MeasureKind::Temperature);
        }
        self.of_attribute(node, "现病史", id, &key)
    }

    fn of_attribute(&self, node: &str, section: &str, id: ConceptId, key: &str) -> Question {
        let kb = self.engine.kb();
        let symptom = kb.concept(id).key.clone();
        let attribute = kb.attributes.iter().find(|attribute| attribute.key == key);
        let text =
            attribute.map_or_else(String::new, |attribute| attribute.question.replace("{}", self.word(id)));
        Question {
            key: format!("{symptom}/{key}"),
            act: Act::Attribute { symptom, attribute: key.to_owned() },
            node: node.to_owned(),
            section: section.to_owned(),
            text: self.addressed(&text),
            options: attribute
                .map(|a| a.choices.iter().map(|choice| choice.label.clone()).collect())
                .unwrap_or_default(),
            is_multi: matches!(
                key,
                "attr:aggravating" | "attr:relieving" | "attr:trigger" | "attr:character"
            ),
            hint: "可以点选，也可以用自己的话说".to_owned(),
        }
    }

    fn measure(&self, node: &str, section: &str, kind: MeasureKind) -> Question {
        Question {
            key: format!("measure:{kind:?}"),
            act: Act::Measure { measure: kind },
            node: node.to_owned(),
            section: section.to_owned(),
            text: self.addressed("量过体温吗？最高多少度？"),
            options: ["没有量", "37.5℃", "38℃", "38.5℃", "39℃", "39.5℃", "40℃"].map(str::to_owned).to_vec(),
            is_multi: false,
            hint: "例如 38.6".to_owned(),
        }
    }

    // ---- differential

    fn telling_question(&self) -> Option<ConceptId> {
        let kb = self.engine.kb();
        self.case.present(kb, ConceptKind::Symptom).next()?;
        // After an injury, a bite or a poison the cause is known: what to do matters, not what it may be.
        let is_injury = |id: ConceptId| INJURIES.contains(&kb.concept(id).key.as_str());
        if self.case.main_complaints(kb).first().is_some_and(|id| is_injury(*id)) {
            return None;
        }
        let best = self
            .telling
            .get_or_init(|| self.differential().best_question(self.engine.kb(), |id| self.is_open(id)));
        best.filter(|(_, gain)| *gain >= MIN_GAIN && self.n_at("differential") < MAX_DIFFERENTIAL)
            .map(|(id, _)| id)
    }

    /// Not said, not asked, not implied, and fitting age and sex.
    fn is_open(&self, id: ConceptId) -> bool {
        let kb = self.engine.kb();
        let concept = kb.concept(id);
        let fits = match concept.kind {
            ConceptKind::Symptom => {
                let sex = kb.symptom_position(id).and_then(|symptom| self.engine.symptom_sex(symptom));
                sex.is_none_or(|sex| self.profile.sex == Some(sex) && self.profile.age_months >= 10 * 12)
            }
            _ if concept.key == "risk:pregnancy" => self.profile.is_fertile_woman(),
            _ => self.profile.is_adult(),
        };
        fits && self.case.status(kb, id).is_none()
            && self.case.known(id).is_none()
            && !self.case.asked.contains(&concept.key)
    }

    fn yes_no(&self, node: &str, section: &str, id: ConceptId) -> Question {
        let concept = self.engine.kb().concept(id);
        let text = if concept.question.is_empty() {
            format!("有没有{}？", concept.label)
        } else {
            concept.question.clone()
        };
        Question {
            key: concept.key.clone(),
            act: Act::Concept { concept: concept.key.clone() },
            node: node.to_owned(),
            section: section.to_owned(),
            text: self.addressed(&text),
            options: ["有", "没有", "不清楚"].map(str::to_owned).to_vec(),
            is_multi: false,
            hint: "可以补充说明，例如从什么时候开始".to_owned(),
        }
    }

    // ---- history script

    fn row(&self, node: &str) -> Option<&'a Row> {
        let script = self.engine.script();
        script
            .of_node(node, self.profile)
            .find(|row| !self.case.asked.contains(&row.key) && !self.is_answered(row))
    }

    /// What the row asks is known already.
    fn is_answered(&self, row: &Row) -> bool {
        let known =
            row.unless.as_ref().and_then(|key| self.engine.kb().id(key)).and_then(|id| self.case.known(id));
        known.is_some_and(|known| known.status == nlp::Status::Yes)
    }

    fn row_question(row: &Row) -> Question {
        Question {
            key: row.key.clone(),
            act: Act::Script { row: row.key.clone() },
            node: row.node.clone(),
            section: row.section.clone(),
            text: row.text.clone(),
            options: row.options.iter().map(|option| option.label.clone()).collect(),
            is_multi: row.is_multi,
            hint: row.hint.clone(),
        }
    }

    // ---- words

    /// What a patient calls it: the term where the plain question uses it too, else the first colloquial name.
    fn word(&self, id: ConceptId) -> &'a str {
        let concept = self.engine.kb().concept(id);
        if concept.question.contains(&concept.label) {
            return &concept.label;
        }
        concept.names.iter().find(|name| name.chars().count() > 1).unwrap_or(&concept.label)
    }

    /// For a child the parent is asked about the child.
    fn addressed(&self, text: &str) -> String {
        if self.profile.is_child() { text.replace('您', "孩子") } else { text.to_owned() }
    }
}
