//! Takes an answer into the case, in the light of its question.

use kb::{Choice, ConceptId, ConceptKind};
use nlp::{Expected, Finding, Kin, MeasureKind, Period, Reply, Severity, Span, Status, Verdict, Whose};

use crate::{
    Act, Engine, ItemSaid, Profile, Question,
    case::{AttributeAnswer, Case, Contradiction, EXPOSURES, Evidence, Known, SAID_ELSEWHERE, ScriptAnswer},
    dialogue::{GO_ON, NONE_OF_THESE, SEEK_HELP},
};

/// Words of an answer to an emergency advice that stop the questions.
const STOP_WORDS: [&str; 7] = [SEEK_HELP, "马上就医", "去医院", "去急诊", "打120", "叫救护车", "知道了"];
/// Longest quote that stands in a sentence of the record, in characters.
const SHORT_QUOTE: usize = 20;
/// Longest quote kept beside a fact, in characters; the whole answer is stored with the turn.
const QUOTE: usize = 60;

impl Engine {
    /// Absorbs the answer of turn `turn`; the notes are remarks for the patient.
    pub(crate) fn absorb(
        &self,
        case: &mut Case,
        profile: &Profile,
        question: &Question,
        answer: &str,
        turn: usize,
    ) -> Vec<String> {
        case.asked.insert(question.key.clone());
        *case.n_at.entry(question.node.clone()).or_default() += 1;
        let mut absorption = Absorption { engine: self, case, profile, answer, turn, notes: Vec::new() };
        match &question.act {
            Act::Complaint => absorption.complaint(),
            Act::Concept { concept } => absorption.concept(concept),
            Act::Checklist { concepts } => absorption.checklist(concepts, &question.options),
            Act::Attribute { symptom, attribute } => absorption.attribute(symptom, attribute),
            Act::Measure { measure } => absorption.measure(*measure),
            Act::Warn { flags } => absorption.warning(flags),
            Act::Script { row } => absorption.script(row, &question.options),
            Act::Item { said, measure, is_text, .. } => absorption.item(said, *measure, *is_text),
        }
        absorption.notes
    }
}

/// Measured values that mean a finding: from the limit up, or below it.
const IMPLIED: [(MeasureKind, f32, bool, &str); 7] = [
    (MeasureKind::Temperature, 37.3, true, "sym:fever"),
    (MeasureKind::Temperature, 39.0, true, "sym:high-fever"),
    (MeasureKind::Glucose, 11.1, true, "sym:high-blood-glucose"),
    (MeasureKind::Glucose, 3.9, false, "sym:low-blood-glucose"),
    (MeasureKind::Systolic, 140.0, true, "sym:high-blood-pressure"),
    (MeasureKind::Diastolic, 90.0, true, "sym:high-blood-pressure"),
    (MeasureKind::Systolic, 90.0, false, "sym:low-blood-pressure"),
];

/// What an answer speaks of where it says no more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Complaint,
    Past,
    Allergy,
    Family,
    Anything,
}

struct Absorption<'a> {
    engine: &'a Engine,
    case: &'a mut Case,
    profile: &'a Profile,
    answer: &'a str,
    turn: usize,
    notes: Vec<String>,
}

impl Absorption<'_> {
    fn reply(&self, expected: Expected<'_>) -> Reply {
        self.engine.extractor().reply(self.answer, expected, self.profile.speaker())
    }

    fn evidence(&self, words: &str) -> Evidence {
        Evidence { turn: self.turn, quote: words.chars().take(QUOTE).collect() }
    }

    fn complaint(&mut self) {
        let reply = self.reply(Expected::Account);
        self.case.n_accounts += 1;
        if self.case.first_words.is_none() {
            self.case.first_words = Some(self.evidence(self.answer));
        }
        self.volunteered(&reply, About::Complaint);
        if self.case.complaints.is_empty() {
            self.of_relative(&reply);
        }
        if self.case.complaints.is_empty() {
            self.case.visit_reason = self.known_disease(&reply);
        }
        if self.case.complaints.is_empty() && self.case.visit_reason.is_none() {
            self.case.unread.push(self.evidence(self.answer));
        }
        self.loose_period(&reply);
    }

    /// A complaint told only of a relative (我妈今天突然嘴歪了) is taken for the patient's, so that no danger is missed.
    fn of_relative(&mut self, reply: &Reply) {
        let kb = self.engine.kb();
        let is_symptom = |finding: &&Finding| kb.concept(finding.concept).kind == ConceptKind::Symptom;
        let told: Vec<Finding> = reply.extraction.findings.iter().filter(is_symptom).copied().collect();
        for mut finding in told {
            if matches!(finding.whose, Whose::Patient | Whose::Kin(Kin::Contact))
                || finding.status != Status::Yes
            {
                continue;
            }
            finding.whose = Whose::Patient;
            self.case.kin.retain(|(_, concept, _)| *concept != finding.concept);
            self.take(&finding);
            self.case.complaints.push(finding.concept);
        }
        if !self.case.complaints.is_empty() {
            self.notes.push("先按就诊人本人的情况记录；如果说的是别人，请撤回后重新说。".to_owned());
        }
    }

    /// 高血压十年了，来配药: the visit is about a disease that is known.
    fn known_disease(&self, reply: &Reply) -> Option<ConceptId> {
        let kb = self.engine.kb();
        let is_own = |finding: &&Finding| finding.whose == Whose::Patient && finding.status == Status::Yes;
        let mut own = reply.extraction.findings.iter().filter(is_own).map(|finding| finding.concept);
        own.find(|id| matches!(kb.concept(*id).kind, ConceptKind::Disease | ConceptKind::Risk))
    }

    /// 三天了 said apart from any symptom belongs to the complaint.
    fn loose_period(&mut self, reply: &Reply) {
        let is_free = |period: &&Period| {
            reply.extraction.findings.iter().all(|finding| finding.since != Some(**period))
        };
        let Some(period) = reply.extraction.periods.iter().find(is_free).copied() else {
            return;
        };
        let words = self.evidence(period.span.of(self.answer));
        let Some(&main) = self.case.main_complaints(self.engine.kb()).first() else {
            return;
        };
        if let Some(known) = self.case.known_mut(main).as_mut().filter(|known| known.since.is_none()) {
            known.since = Some(period);
            known.evidence.push(words);
        }
    }

    fn concept(&mut self, key: &str) {
        let Some(id) = self.engine.kb().id(key) else {
            return;
        };
        let accepted = self.engine.with_narrower(id);
        let reply = self.reply(Expected::YesNo { accepted: &accepted });
        self.volunteered(&reply, About::Anything);
        if reply.finding.is_some_and(|finding| finding.concept == id) {
            return;
        }
        let status = match reply.verdict {
            Some(Verdict::Yes) => Status::Yes,
            Some(Verdict::No) => Status::No,
            // Words that say neither are kept in the turn; what they mean for the question stays open.
            Some(Verdict::Unsure) | None => Status::Unsure,
        };
        if reply.verdict.is_none() && reply.extraction.findings.is_empty() {
            let said = self.evidence(self.answer);
            if self.case.remarks.iter().all(|known| known.quote != said.quote) {
                self.case.remarks.push(said);
            }
        }
        let finding = Finding {
            since: reply.extraction.periods.first().copied(),
            severity: reply.extraction.severity,
            rate: reply.extraction.rate,
            onset: reply.extraction.onset,
            side: reply.extraction.side,
            ..plain(id, status, self.answer)
        };
        self.take(&finding);
    }

    fn checklist(&mut self, concepts: &[String], options: &[String]) {
        let choices: Vec<Choice> = options.iter().map(|label| choice(label)).collect();
        let reply = self.reply(Expected::Choices(&choices));
        self.volunteered(&reply, About::Anything);
        let none = options.iter().position(|option| option == NONE_OF_THESE);
        let named: Vec<usize> =
            reply.choices.iter().copied().filter(|position| Some(*position) != none).collect();
        let says_none = named.is_empty() && (reply.choices.len() == 1 || reply.verdict == Some(Verdict::No));
        // Ticked boxes say no to the rest; free words leave the rest open.
        let is_ticked = says_none || labels(self.answer, options).is_some();
        for (position, key) in concepts.iter().enumerate() {
            let Some(id) = self.engine.kb().id(key) else {
                continue;
            };
            self.case.asked.insert(key.clone());
            let said_here =
                self.case.known(id).is_some_and(|known| known.evidence.iter().any(|e| e.turn == self.turn));
            let status = if named.contains(&position) {
                Status::Yes
            } else if said_here {
                continue;
            } else if is_ticked {
                Status::No
            } else {
                Status::Unsure
            };
            let words = if status == Status::Yes { &options[position] } else { self.answer };
            let finding = plain(id, status, words);
            self.take_words(&finding, words);
        }
    }

    fn attribute(&mut self, symptom: &str, attribute: &str) {
        let kb = self.engine.kb();
        let position = kb.attributes.iter().position(|known| known.key == attribute);
        let (Some(id), Some(position)) = (kb.id(symptom), position) else {
            return;
        };
        let definition = &kb.attributes[position];
        let expected = match attribute {
            "attr:duration" => Expected::Period,
            "attr:severity" => Expected::Number,
            _ => Expected::Choices(&definition.choices),
        };
        let reply = self.reply(expected);
        self.volunteered(&reply, About::Anything);
        let evidence = self.evidence(self.answer);
        let chosen: Vec<&str> =
            reply.choices.iter().map(|at| definition.choices[*at].term.as_str()).collect();
        let says_it_otherwise = match attribute {
            "attr:severity" => reply.number.is_some() || reply.extraction.severity.is_some(),
            "attr:onset" => reply.extraction.onset.is_some(),
            _ => false,
        };
        let term = if !chosen.is_empty() {
            chosen.join("、")
        } else if says_it_otherwise || reply.verdict.is_some() {
            String::new()
        } else if !reply.extraction.findings.is_empty() {
            // What was read as findings is not quoted again.
            SAID_ELSEWHERE.to_owned()
        } else {
            let quote: String = self.answer.trim().chars().take(SHORT_QUOTE).collect();
            format!("（{}：“{quote}”）", definition.label)
        };
        self.onto_finding(id, attribute, &reply, &term, &evidence);
        self.case.attributes.insert((id, position), AttributeAnswer { term, evidence });
    }

    /// Attributes that expressions read are kept on the finding itself.
    fn onto_finding(
        &mut self,
        id: ConceptId,
        attribute: &str,
        reply: &Reply,
        term: &str,
        evidence: &Evidence,
    ) {
        let period = reply.extraction.periods.first().copied().or_else(|| {
            reply.number.filter(|days| (0.0..36500.0).contains(days)).map(|days| Period {
                hours: days * 24.0,
                is_point: false,
                span: whole(self.answer),
            })
        });
        let Some(known) = self.case.known_mut(id) else {
            return;
        };
        // “一个小时前突然开始的”: what no mention took belongs to the symptom asked about.
        let first = reply.extraction.findings.first().map(|finding| finding.span.start);
        let stands_before = |period: &Period| first.is_none_or(|start| period.span.end <= start);
        let own = reply.extraction.periods.first().copied().filter(stands_before);
        known.since = known.since.or(own);
        if reply.extraction.findings.is_empty() {
            known.onset = reply.extraction.onset.or(known.onset);
            known.rate = reply.extraction.rate.or(known.rate);
            known.side = reply.extraction.side.or(known.side);
        }
        match attribute {
            "attr:duration" => {
                if let Some(period) = period {
                    known.since = Some(period);
                    known.evidence.push(evidence.clone());
                }
            }
            "attr:severity" => {
                let of_number = |score: f32| match score {
                    score if score >= 7.0 => Severity::Severe,
                    score if score >= 4.0 => Severity::Moderate,
                    _ => Severity::Mild,
                };
                known.severity = reply.number.map(of_number).or(reply.extraction.severity).or(known.severity);
            }
            "attr:onset" => {
                known.onset = match term {
                    "突发" => Some(nlp::Onset::Sudden),
                    "逐渐" => Some(nlp::Onset::Gradual),
                    _ => reply.extraction.onset.or(known.onset),
                };
            }
            _ => {}
        }
    }

    fn measure(&mut self, kind: MeasureKind) {
        let reply = self.reply(Expected::Number);
        self.volunteered(&reply, About::Anything);
        let in_range = reply.number.filter(|value| kind.range().contains(value));
        if let (Some(value), false) = (in_range, self.case.measures.contains_key(&kind)) {
            let evidence = self.evidence(self.answer);
            self.case.measures.insert(kind, (value, evidence));
        }
    }

    fn warning(&mut self, flags: &[String]) {
        self.case.warned.extend(flags.iter().cloned());
        let reply = self.reply(Expected::Account);
        self.volunteered(&reply, About::Anything);
        if reply.extraction.findings.is_empty() {
            self.loose_period(&reply);
        }
        let stops = STOP_WORDS.iter().any(|word| self.answer.contains(word));
        let goes_on = !stops || self.answer.contains(GO_ON);
        (self.case.goes_on, self.case.stops) = (goes_on, !goes_on);
        if goes_on && !self.answer.contains(GO_ON) {
            self.notes.push("已记下。上面的提醒仍然有效：情况没有缓解，请马上就医或拨打120。".to_owned());
        }
    }

    fn script(&mut self, row: &str, options: &[String]) {
        let choices = self.engine.script().row(row).map(|row| row.options.clone()).unwrap_or_default();
        let reply = self.reply(Expected::Choices(&choices));
        let histories = [("allergy", About::Allergy), ("family", About::Family), ("past", About::Past)];
        let about = histories.into_iter().find(|(start, _)| row.starts_with(start));
        self.volunteered(&reply, about.map_or(About::Anything, |(_, about)| about));
        let text = match labels(self.answer, options) {
            Some(ticked) => {
                let terms: Vec<&str> = ticked
                    .iter()
                    .filter_map(|at| choices.get(*at))
                    .map(|choice| choice.term.as_str())
                    .collect();
                terms.join("、")
            }
            None => self.answer.trim().to_owned(),
        };
        let evidence = self.evidence(self.answer);
        self.case.script.insert(row.to_owned(), ScriptAnswer { text, verdict: reply.verdict, evidence });
    }

    fn item(&mut self, said: &[ItemSaid], measure: Option<MeasureKind>, is_text: bool) {
        self.case.n_items += 1;
        let since = self.reply(Expected::Period).extraction.periods.first().copied();
        for said in said {
            let status = if said.is_there { Status::Yes } else { Status::No };
            if let Some(id) = self.engine.kb().id(&said.concept) {
                self.take_words(&Finding { since, ..plain(id, status, self.answer) }, self.answer);
            }
        }
        if let Some(kind) = measure {
            self.measure(kind);
        }
        if is_text {
            let reply = self.reply(Expected::Account);
            self.volunteered(&reply, About::Anything);
        }
    }

    // ---- what is said beyond the question

    fn volunteered(&mut self, reply: &Reply, about: About) {
        let kb = self.engine.kb();
        for finding in &reply.extraction.findings {
            let kind = kb.concept(finding.concept).kind;
            let is_unnamed = kind == ConceptKind::Disease && finding.whose == Whose::Patient;
            let whose =
                if about == About::Family && is_unnamed { Whose::Kin(Kin::Relative) } else { finding.whose };
            if let Whose::Kin(kin) = whose {
                if finding.status == Status::Yes {
                    let evidence = self.evidence(finding.span.of(self.answer));
                    self.case.kin.push((kin, finding.concept, evidence.clone()));
                    self.contact(kin, finding.concept, &evidence);
                }
                continue;
            }
            if about == About::Allergy && matches!(kind, ConceptKind::Drug | ConceptKind::Allergen) {
                continue;
            }
            let mut finding = *finding;
            finding.is_past |= about == About::Past && kind != ConceptKind::Risk;
            let is_new = self.case.known(finding.concept).is_none();
            self.take(&finding);
            let is_exposure = EXPOSURES.contains(&kb.concept(finding.concept).key.as_str());
            let is_complaint = kind == ConceptKind::Symptom && !finding.is_past && !is_exposure;
            if about == About::Complaint && is_new && is_complaint {
                self.case.complaints.push(finding.concept);
            }
        }
        for measure in &reply.extraction.measures {
            let evidence = self.evidence(measure.span.of(self.answer));
            self.case.measures.insert(measure.kind, (measure.value, evidence));
        }
        self.implied_by_measures();
    }

    /// Someone near with a trouble of their own: the patient has been in contact.
    fn contact(&mut self, kin: Kin, concept: ConceptId, evidence: &Evidence) {
        let kb = self.engine.kb();
        let is_chronic =
            kb.disease_position(concept).is_some_and(|position| kb.diseases[position].is_chronic);
        let is_acute = kb.concept(concept).kind == ConceptKind::Disease && !is_chronic;
        let Some(id) = kb.id("sym:sick-contact") else { return };
        if (kin == Kin::Contact || is_acute) && self.case.known(id).is_none() {
            let finding = plain(id, Status::Yes, &evidence.quote);
            self.store(&finding, evidence.clone());
        }
    }

    /// 体温 39 is a fever, whether or not the word was said.
    fn implied_by_measures(&mut self) {
        for (kind, limit, above, key) in IMPLIED {
            let Some((value, evidence)) = self.case.measures.get(&kind).cloned() else { continue };
            let applies = if above { value >= limit } else { value < limit };
            let Some(id) = self.engine.kb().id(key) else { continue };
            let is_grown = above || self.profile.age_months >= 10 * 12 || kind == MeasureKind::Glucose;
            // A measured value overrules an earlier denial, and says so.
            let is_news = evidence.turn == self.turn;
            let is_open = self.case.known(id).is_none_or(|known| known.status == Status::No && is_news);
            if applies && is_grown && is_open {
                let finding = plain(id, Status::Yes, &evidence.quote);
                self.store(&finding, evidence.clone());
            }
        }
    }

    fn take(&mut self, finding: &Finding) {
        let words = finding.span.of(self.answer).to_owned();
        self.take_words(finding, &words);
    }

    fn take_words(&mut self, finding: &Finding, words: &str) {
        let quote = if words.is_empty() { self.answer } else { words };
        let evidence = self.evidence(quote);
        self.store(finding, evidence);
    }

    fn store(&mut self, finding: &Finding, evidence: Evidence) {
        let id = finding.concept;
        let rate_words = finding.rate_span.map(|span| span.of(self.answer).to_owned());
        let before = self.case.known(id).cloned();
        if let Some(before) = &before {
            self.contradiction(before, finding, &evidence);
        } else {
            self.case.order.push(id);
        }
        let mut known = before.unwrap_or(Known {
            status: finding.status,
            since: None,
            severity: None,
            rate: None,
            rate_words: None,
            side: None,
            onset: None,
            is_past: finding.is_past,
            evidence: Vec::new(),
        });
        // “不清楚” does not take back what was said.
        if finding.status != Status::Unsure || known.evidence.is_empty() {
            known.status = finding.status;
            known.is_past = finding.is_past;
        }
        // A later “又烧了几个小时” does not shorten what was told before.
        known.since =
            [known.since, finding.since].into_iter().flatten().max_by(|a, b| a.hours.total_cmp(&b.hours));
        known.severity = finding.severity.or(known.severity);
        known.rate = finding.rate.or(known.rate);
        known.rate_words = rate_words.filter(|words| !words.is_empty()).or(known.rate_words);
        known.side = finding.side.or(known.side);
        known.onset = finding.onset.or(known.onset);
        known.evidence.push(evidence);
        *self.case.known_mut(id) = Some(known);
    }

    fn contradiction(&mut self, before: &Known, finding: &Finding, evidence: &Evidence) {
        let opposes =
            matches!((before.status, finding.status), (Status::Yes, Status::No) | (Status::No, Status::Yes));
        let is_other_turn = before.evidence.iter().all(|said| said.turn != self.turn);
        if !opposes || before.is_past != finding.is_past || !is_other_turn {
            return;
        }
        let label = &self.engine.kb().concept(finding.concept).label;
        let word = |status: Status| if status == Status::Yes { "有" } else { "没有" };
        self.notes.push(format!(
            "您前面说{}{label}，现在说{}，先按您最新说的记录；最后核对时还可以改。",
            word(before.status),
            word(finding.status)
        ));
        let said = before.evidence.iter().chain([evidence]).cloned().collect();
        self.case.contradictions.push(Contradiction {
            concept: finding.concept,
            before: before.status,
            after: finding.status,
            evidence: said,
        });
    }
}

fn plain(concept: ConceptId, status: Status, words: &str) -> Finding {
    Finding {
        concept,
        status,
        whose: Whose::Patient,
        span: whole(words),
        since: None,
        severity: None,
        rate: None,
        rate_span: None,
        side: None,
        onset: None,
        is_past: false,
    }
}

fn whole(words: &str) -> Span {
    Span { start: 0, end: u32::try_from(words.len()).unwrap_or(u32::MAX) }
}

fn choice(label: &str) -> Choice {
    Choice { label: label.to_owned(), term: label.to_owned(), names: Vec::new() }
}

/// Positions of the options an answer is made of, where it is nothing else; labels may hold commas themselves.
fn labels(answer: &str, options: &[String]) -> Option<Vec<usize>> {
    const SEPARATORS: [char; 6] = ['、', '，', ',', ';', '；', ' '];
    let mut rest = answer.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let fitting = (0..options.len()).filter(|at| rest.starts_with(options[*at].as_str()));
        let longest = fitting.max_by_key(|at| options[*at].len())?;
        found.push(longest);
        rest = &rest[options[longest].len()..];
        let next = rest.trim_start_matches(SEPARATORS);
        if next.len() == rest.len() && !rest.is_empty() {
            return None;
        }
        rest = next;
    }
    (!found.is_empty()).then_some(found)
}
