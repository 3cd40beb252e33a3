//! Red flags, tested on every turn, and the triage level.

use kb::{ConceptId, ConceptKind, Fault, Kb, RedFlag, TriageLevel, Urgency};
use nlp::{MeasureKind, Severity};
use rules::expr::{Expr, Facts, Truth, Value};
use serde::{Deserialize, Serialize};

use crate::{
    Profile,
    case::{Case, Evidence},
    differential::Differential,
    variables::{CaseFacts, Names, Reads},
};

/// Most things asked in one safety question.
const MAX_CHECKLIST: usize = 6;
/// A symptom is asked for safety when it is at least this likely, given what is known.
const MIN_CHANCE: f32 = 0.02;
/// A suspect must be at least this likely for its urgency to set the level.
const LIKELY: f32 = 0.25;

/// A red flag that holds, with the answers it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Key of the flag.
    pub key: String,
    /// Short name; for staff.
    pub label: String,
    /// 1 (Ⅰ) to 5 (Ⅴ).
    pub level: u8,
    /// What the patient is told.
    pub message: String,
    /// What doctor and nurse read.
    pub note: String,
    /// The answers that make it true.
    pub evidence: Vec<Evidence>,
}

/// How urgent the case is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// 1 (Ⅰ) to 5 (Ⅴ).
    pub level: u8,
    /// The level in words.
    pub label: String,
    /// The red flags that hold, most severe first.
    pub flags: Vec<Flag>,
    /// What set the level; for staff.
    pub reason: String,
}

/// The red flags of a release, compiled.
pub(crate) struct Flags {
    expressions: Vec<Expr>,
}

/// What could still settle a red flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Probe {
    Concepts(Vec<ConceptId>),
    Onset(ConceptId),
    Severity(ConceptId),
    Since(ConceptId),
    Measure(MeasureKind),
}

impl Flags {
    pub(crate) fn compile(kb: &Kb, faults: &mut Vec<Fault>) -> Self {
        let mut expressions = Vec::new();
        for flag in &kb.red_flags {
            match Expr::compile(&flag.when, &Names(kb)) {
                Ok(expression) => expressions.push(expression),
                Err(errors) => {
                    faults.extend(
                        errors.into_iter().map(|error| error.into_fault(&flag.place.0, flag.place.1 - 1, 0)),
                    );
                }
            }
        }
        Self { expressions }
    }

    /// The flags that hold, most severe first.
    pub(crate) fn holding<'a>(&'a self, facts: &CaseFacts<'a>) -> Vec<(&'a RedFlag, &'a Expr)> {
        let mut holding: Vec<_> = facts
            .kb
            .red_flags
            .iter()
            .zip(&self.expressions)
            .filter(|(_, expression)| expression.eval(facts) == Truth::Yes)
            .collect();
        holding.sort_by_key(|(flag, _)| flag.level);
        holding
    }

    /// The flags as staff sees them: those that hold, and those the patient was warned of and later took back.
    pub(crate) fn raised(&self, facts: &CaseFacts<'_>) -> Vec<Flag> {
        let mut raised: Vec<Flag> = Vec::new();
        for (red_flag, expression) in facts.kb.red_flags.iter().zip(&self.expressions) {
            if expression.eval(facts) == Truth::Yes {
                raised.push(flag(red_flag, expression, facts));
            } else if facts.case.warned.contains(&red_flag.key) {
                let earlier = flag(red_flag, expression, facts);
                raised.push(Flag {
                    note: format!("曾触发，后来的说法不一致，请当面核实。{}", earlier.note),
                    ..earlier
                });
            }
        }
        raised.sort_by_key(|flag| flag.level);
        raised
    }

    /// The next thing to ask so that no flag stays open, most severe flags first.
    ///
    /// Asked is only what would raise a flag by itself now: one answer away, and because of what the patient has.
    pub(crate) fn probe(
        &self,
        facts: &CaseFacts<'_>,
        differential: &Differential,
        may_ask: impl Fn(ConceptId) -> bool,
    ) -> Option<Probe> {
        let mut open: Vec<(&RedFlag, &Expr)> = facts
            .kb
            .red_flags
            .iter()
            .zip(&self.expressions)
            .filter(|(flag, _)| flag.level <= TriageLevel::Urgent)
            .filter(|(_, expression)| expression.eval(facts) == Truth::Unknown && has_part(expression, facts))
            .collect();
        open.sort_by_key(|(flag, _)| flag.level);
        let mut concepts: Vec<(ConceptId, f32)> = Vec::new();
        let mut other = None;
        for (_, expression) in open {
            for slot in expression.slots().iter().copied() {
                match Reads::of_slot(slot) {
                    Reads::Presence(id) if may_ask(id) && is_one_away(expression, slot, facts) => {
                        let chance =
                            facts.kb.symptom_position(id).map(|at| differential.chance(facts.kb, at));
                        if chance.is_none_or(|chance| chance >= MIN_CHANCE) {
                            concepts.push((id, chance.unwrap_or(MIN_CHANCE)));
                        }
                    }
                    Reads::Presence(_) => {}
                    reads => {
                        let asks = || expression.missing(facts).contains(&slot);
                        other = other.or_else(|| attribute_probe(reads, facts).filter(|_| asks()));
                    }
                }
            }
        }
        concepts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut list: Vec<ConceptId> = Vec::new();
        for (id, _) in concepts {
            if list.len() < MAX_CHECKLIST
                && !list.iter().any(|known| *known == id || is_related(facts.kb, *known, id))
            {
                list.push(id);
            }
        }
        if list.is_empty() { other } else { Some(Probe::Concepts(list)) }
    }
}

/// A case in which one thing more is taken to be there.
struct Assumed<'a> {
    facts: &'a CaseFacts<'a>,
    slot: u32,
    /// Leave out everything the patient told, so that only age and sex remain.
    forgets: bool,
}

impl Facts for Assumed<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        if slot == self.slot {
            return Value::Truth(true);
        }
        let is_person = matches!(Reads::of_slot(slot), Reads::Years | Reads::Months | Reads::Sex);
        if self.forgets && !is_person { Value::Unknown } else { self.facts.value(slot) }
    }
}

/// Whether something the patient has is part of the flag.
fn has_part(expression: &Expr, facts: &CaseFacts<'_>) -> bool {
    expression.slots().iter().any(|slot| match Reads::of_slot(*slot) {
        Reads::Presence(id) => {
            let is_symptom = facts.kb.concept(id).kind == ConceptKind::Symptom;
            is_symptom && facts.case.status(facts.kb, id) == Some(nlp::Status::Yes)
        }
        _ => false,
    })
}

/// Whether this alone would raise the flag now, and would not without what the patient told; for a flag of an age or
/// sex it is enough that the flag is theirs.
fn is_one_away(expression: &Expr, slot: u32, facts: &CaseFacts<'_>) -> bool {
    let with = |forgets| expression.eval(&Assumed { facts, slot, forgets });
    let is_of_person = || {
        expression.slots().iter().any(|slot| matches!(Reads::of_slot(*slot), Reads::Years | Reads::Months))
    };
    with(false) == Truth::Yes && (with(true) != Truth::Yes || (facts.profile.is_child() && is_of_person()))
}

/// One implies the other, so that asking both in one list would confuse.
fn is_related(kb: &Kb, one: ConceptId, other: ConceptId) -> bool {
    kb.concept(one).broader.contains(&other)
        || kb.concept(other).broader.contains(&one)
        || kb.concept(one).broader.iter().any(|general| kb.concept(other).broader.contains(general))
}

fn attribute_probe(reads: Reads, facts: &CaseFacts<'_>) -> Option<Probe> {
    let present = |id: ConceptId| facts.case.direct(id) == Some(nlp::Status::Yes);
    let (probe, key) = match reads {
        Reads::Onset(id) if present(id) => (Probe::Onset(id), "attr:onset"),
        Reads::Severity(id) if present(id) => (Probe::Severity(id), "attr:severity"),
        Reads::Days(id) | Reads::Hours(id) if present(id) => (Probe::Since(id), "attr:duration"),
        Reads::Measure(kind @ MeasureKind::Temperature) => (Probe::Measure(kind), ""),
        _ => return None,
    };
    let key = match &probe {
        Probe::Measure(kind) => format!("measure:{kind:?}"),
        Probe::Onset(id) | Probe::Severity(id) | Probe::Since(id) => {
            format!("{}/{key}", facts.kb.concept(*id).key)
        }
        Probe::Concepts(_) => return None,
    };
    (!facts.case.asked.contains(&key)).then_some(probe)
}

/// A flag as the doctor sees it.
pub(crate) fn flag(flag: &RedFlag, expression: &Expr, facts: &CaseFacts<'_>) -> Flag {
    let mut evidence: Vec<Evidence> = Vec::new();
    for slot in expression.reasons(facts) {
        let (Reads::Presence(id)
        | Reads::Onset(id)
        | Reads::Severity(id)
        | Reads::Days(id)
        | Reads::Hours(id)) = Reads::of_slot(slot)
        else {
            continue;
        };
        for said in facts.case.known(id).into_iter().flat_map(|known| &known.evidence) {
            if !evidence.contains(said) {
                evidence.push(said.clone());
            }
        }
    }
    Flag {
        key: flag.key.clone(),
        label: flag.label.clone(),
        level: number(flag.level),
        message: flag.message.clone(),
        note: flag.note.clone(),
        evidence,
    }
}

/// The level: red flags first, then how bad it is and how urgent the likeliest causes are.
pub(crate) fn triage(flags: Vec<Flag>, case: &Case, profile: &Profile, likely: &[(f32, Urgency)]) -> Triage {
    let (level, reason) = if let Some(flag) = flags.first() {
        (level_of(flag.level), format!("红旗征：{}", flag.label))
    } else if let Some((level, reason)) = from_findings(case, profile) {
        (level, reason)
    } else if likely.iter().any(|(p, urgency)| *p >= LIKELY && *urgency >= Urgency::Urgent) {
        (TriageLevel::Urgent, "可能的病因需要当日处理".to_owned())
    } else if likely.iter().any(|(p, urgency)| *p >= LIKELY && *urgency == Urgency::Soon) {
        (TriageLevel::Routine, "可能的病因需要尽快门诊".to_owned())
    } else if is_mild(case) {
        (TriageLevel::NonUrgent, "症状轻，无红旗征".to_owned())
    } else {
        (TriageLevel::Routine, "无红旗征".to_owned())
    };
    Triage { level: number(level), label: level.label().to_owned(), flags, reason }
}

fn from_findings(case: &Case, profile: &Profile) -> Option<(TriageLevel, String)> {
    let temperature = case.measures.get(&MeasureKind::Temperature).map(|(value, _)| *value);
    if let Some(value) =
        temperature.filter(|value| *value >= 39.5 || (profile.age_months < 6 && *value >= 38.5))
    {
        return Some((TriageLevel::Urgent, format!("体温 {value:.1}℃")));
    }
    let severe = case.order.iter().any(|id| {
        case.direct(*id) == Some(nlp::Status::Yes)
            && case.known(*id).is_some_and(|known| known.severity == Some(Severity::Severe))
    });
    severe.then(|| (TriageLevel::Urgent, "自述症状重".to_owned()))
}

fn is_mild(case: &Case) -> bool {
    !case.complaints.is_empty()
        && case.complaints.iter().all(|id| {
            case.known(*id).is_none_or(|known| {
                known.status != nlp::Status::Yes || known.severity == Some(Severity::Mild)
            })
        })
}

fn number(level: TriageLevel) -> u8 {
    match level {
        TriageLevel::Resuscitation => 1,
        TriageLevel::Emergency => 2,
        TriageLevel::Urgent => 3,
        TriageLevel::Routine => 4,
        TriageLevel::NonUrgent => 5,
    }
}

fn level_of(number: u8) -> TriageLevel {
    TriageLevel::NAMES
        .get(usize::from(number.saturating_sub(1)))
        .map_or(TriageLevel::NonUrgent, |(_, level)| *level)
}
