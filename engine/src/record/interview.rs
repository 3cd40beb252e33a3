//! The record of an interview: what the questionnaires write, then what was asked besides.

use std::collections::BTreeSet;

use rules::form::Entry;

use super::{Composer, Record, Section, SectionKind, Sentence, words};
use crate::{Act, Engine, Evidence, Interview, interview::is_of};

/// The writing norm's limit of 主诉.
const LONGEST: usize = 20;

/// Which section of the record a section of a questionnaire belongs to, with what leads it in.
const PLACES: [(&str, SectionKind, &str); 9] = [
    ("现病史", SectionKind::PresentIllness, ""),
    ("诊治经过", SectionKind::PresentIllness, "诊治经过："),
    ("既往史", SectionKind::PastHistory, ""),
    ("用药史", SectionKind::PastHistory, "用药："),
    ("过敏史", SectionKind::Allergy, ""),
    ("个人史", SectionKind::PersonalHistory, ""),
    ("婚育史", SectionKind::MaritalHistory, ""),
    ("月经史", SectionKind::MaritalHistory, "月经："),
    ("家族史", SectionKind::FamilyHistory, ""),
];

/// What a questionnaire wrote into one of its sections.
struct Written {
    section: String,
    sentences: Vec<Sentence>,
}

impl Engine {
    /// The record of an interview as it stands.
    pub fn record_of(&self, interview: &Interview) -> Record {
        let whole = super::compose(self, interview.dialogue());
        let written = written(interview);
        if written.is_empty() {
            return whole;
        }
        let turns = interview.dialogue().turns();
        let is_besides = |position: usize| !matches!(turns[position].question.act, Act::Item { .. });
        let profile = interview.dialogue().profile().clone();
        let besides = self.resume_besides(profile, turns.to_vec(), BTreeSet::new(), is_besides);
        let composer = Composer { engine: self, case: &besides.case, profile: besides.profile() };
        let sections = SectionKind::ALL.into_iter().map(|kind| Section {
            kind,
            title: kind.title().to_owned(),
            sentences: section(kind, &written, &composer, &whole),
        });
        Record {
            chief_complaint: chief_complaint(&written).unwrap_or_else(|| whole.chief_complaint.clone()),
            sections: sections.collect(),
            ..whole
        }
    }
}

fn section(kind: SectionKind, written: &[Written], composer: &Composer<'_>, whole: &Record) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = PLACES
        .iter()
        .filter(|(_, of, _)| *of == kind)
        .flat_map(|(name, _, lead)| {
            let parts = written.iter().filter(move |written| written.section == *name);
            parts.flat_map(move |written| led(lead, &written.sentences))
        })
        .collect();
    if kind == SectionKind::PresentIllness {
        let is_treated = written.iter().any(|written| written.section == "诊治经过");
        sentences.extend(composer.besides_illness(!is_treated));
    } else if sentences.is_empty() || composer.was_asked(kind) {
        let of_dialogue = whole.sections.iter().find(|section| section.kind == kind);
        let asked = of_dialogue.map_or_else(Vec::new, |section| section.sentences.clone());
        sentences
            .extend(asked.into_iter().filter(|asked| !sentences_say(&sentences, asked)).collect::<Vec<_>>());
    }
    sentences
}

fn sentences_say(sentences: &[Sentence], other: &Sentence) -> bool {
    !sentences.is_empty() && other.evidence.is_empty()
}

/// The first 主诉, with those of further questionnaires as long as the norm allows.
fn chief_complaint(written: &[Written]) -> Option<Sentence> {
    let mut complaints = written.iter().filter(|written| written.section == "主诉");
    let mut chief = complaints.next().map(joined)?;
    for further in complaints.map(joined) {
        let text = format!("{}，{}", chief.text, further.text);
        if words::length(&text) <= LONGEST {
            chief.evidence.extend(further.evidence);
            chief.text = text;
        }
    }
    Some(chief)
}

fn joined(written: &Written) -> Sentence {
    Sentence {
        text: written.sentences.iter().map(|sentence| sentence.text.as_str()).collect(),
        evidence: written.sentences.iter().flat_map(|sentence| sentence.evidence.clone()).collect(),
    }
}

/// Lines of a section read on as one passage: the first has what leads it in, the last ends it.
fn led(lead: &str, sentences: &[Sentence]) -> Vec<Sentence> {
    let mut sentences = sentences.to_vec();
    if let Some(first) = sentences.first_mut() {
        first.text = format!("{lead}{}", first.text.trim_start_matches(['，', '；', '、']));
    }
    if let Some(last) = sentences.last_mut()
        && !last.text.ends_with(['。', '！', '？'])
    {
        last.text = format!("{}。", last.text.trim_end_matches(['，', '；']));
    }
    sentences
}

fn written(interview: &Interview) -> Vec<Written> {
    let mut all: Vec<Written> = Vec::new();
    for (questionnaire, session) in interview.sessions() {
        let mut own: Vec<Written> = Vec::new();
        for entry in session.record() {
            let sentence = sentence(interview, &questionnaire.key, &entry);
            match own.iter_mut().find(|written| written.section == entry.section) {
                Some(written) => written.sentences.push(sentence),
                None => own.push(Written { section: entry.section, sentences: vec![sentence] }),
            }
        }
        all.extend(own);
    }
    all
}

fn sentence(interview: &Interview, key: &str, entry: &Entry) -> Sentence {
    let turns = interview.dialogue().turns();
    let evidence = entry.sources.iter().filter_map(|source| {
        let turn = turns.iter().position(|turn| is_of(turn, key, source))?;
        Some(Evidence { turn, quote: turns[turn].answer.clone() })
    });
    Sentence { text: entry.text.clone(), evidence: evidence.collect() }
}
