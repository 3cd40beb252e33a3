//! A knowledge release made ready for decisions.

use std::path::Path;

use kb::{ConceptId, Fault, Kb, Severity, Source, Sources, search::Search};
use nlp::Extractor;
use rules::chart::Chart;

use crate::{
    Dialogue, Record, Sex, Suspect, Triage,
    differential::Differential,
    explain,
    library::Library,
    record, release,
    safety::{self, Flags},
    script::Script,
    variables::{CaseFacts, GuardNames},
};

const CHART: &str = "flows/preconsult.mmd";
const SCRIPT: &str = "flows/history.tsv";
/// Suspects whose urgency takes part in the triage level.
const N_LIKELY: usize = 3;

/// One release with everything compiled; share it behind an `Arc`.
pub struct Engine {
    kb: Kb,
    search: Search,
    extractor: Extractor,
    flags: Flags,
    chart: Chart,
    script: Script,
    /// For each symptom, the only sex whose diseases show it.
    symptom_sex: Vec<Option<Sex>>,
    library: Library,
}

impl Engine {
    /// Reads and compiles the data folder; every fault is reported with its file and line.
    pub fn load(data: &Path) -> Result<Self, Vec<Fault>> {
        Self::compile(&release::sources(data)?)
    }

    /// Compiles files that are at hand, e.g. a draft.
    pub fn compile(sources: &Sources) -> Result<Self, Vec<Fault>> {
        let kb = Kb::compile(sources)?;
        let mut faults = Vec::new();
        let flags = Flags::compile(&kb, &mut faults);
        let script = file(sources, SCRIPT, &mut faults).map(|source| Script::read(source, &mut faults));
        let chart = file(sources, CHART, &mut faults)
            .map(|source| Chart::compile(&source.name, &source.text, &GuardNames));
        let extractor = Extractor::new(&kb);
        let (chart, extractor) = match (chart, extractor) {
            (Some(Ok(chart)), Ok(extractor)) => (chart, extractor),
            (chart, extractor) => {
                faults.extend(chart.and_then(Result::err).into_iter().flatten());
                faults.extend(extractor.err().into_iter().flatten());
                return Err(faults);
            }
        };
        if let Some(script) = &script {
            script.check(&kb, &mut faults);
        }
        let Some(script) = script.filter(|_| !faults.iter().any(|fault| fault.severity == Severity::Error))
        else {
            return Err(faults);
        };
        let symptom_sex = symptom_sexes(&kb);
        let search = Search::build(&kb)?;
        let library = Library::compile(sources, &kb)?;
        Ok(Self { kb, search, extractor, flags, chart, script, symptom_sex, library })
    }

    /// The knowledge of this release.
    pub fn kb(&self) -> &Kb {
        &self.kb
    }

    /// Questionnaires, flows, matching and quality rules of this release.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The search over the articles of this release; [`Engine::search`] reads the text first.
    pub fn articles(&self) -> &Search {
        &self.search
    }

    /// The reader of text of this release.
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// The record as it stands.
    pub fn record(&self, dialogue: &Dialogue) -> Record {
        record::compose(self, dialogue)
    }

    /// Suspected diseases with their reasons; for the doctor, never for the patient.
    pub fn differential(&self, dialogue: &Dialogue) -> Vec<Suspect> {
        let differential = Differential::of(&self.kb, &dialogue.case, &dialogue.profile);
        explain::suspects(&self.kb, &dialogue.case, &dialogue.profile, &differential)
    }

    /// How urgent it is.
    pub fn triage(&self, dialogue: &Dialogue) -> Triage {
        let facts = CaseFacts::new(&self.kb, &dialogue.case, &dialogue.profile);
        let flags = self.flags.raised(&facts);
        let differential = Differential::of(&self.kb, &dialogue.case, &dialogue.profile);
        let likely: Vec<_> = differential
            .top(N_LIKELY)
            .into_iter()
            .map(|disease| (differential.probabilities[disease], self.kb.diseases[disease].urgency))
            .collect();
        safety::triage(flags, &dialogue.case, &dialogue.profile, &likely)
    }

    /// A concept and everything narrower.
    pub(crate) fn with_narrower(&self, id: ConceptId) -> Vec<ConceptId> {
        let narrower =
            self.kb.concepts.iter().filter(|concept| concept.broader.contains(&id)).map(|concept| concept.id);
        std::iter::once(id).chain(narrower).collect()
    }

    pub(crate) fn flags(&self) -> &Flags {
        &self.flags
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    pub(crate) fn chart(&self) -> &Chart {
        &self.chart
    }

    pub(crate) fn first_node(&self) -> &str {
        &self.chart.node(self.chart.start()).key
    }

    pub(crate) fn symptom_sex(&self, symptom: usize) -> Option<Sex> {
        self.symptom_sex[symptom]
    }
}

fn file<'a>(sources: &'a Sources, name: &str, faults: &mut Vec<Fault>) -> Option<&'a Source> {
    let found = sources.files().iter().find(|source| source.name == name);
    if found.is_none() {
        faults.push(Fault::error(name, 0, "EN000", "缺少这个文件"));
    }
    found
}

fn symptom_sexes(kb: &Kb) -> Vec<Option<Sex>> {
    (0..kb.symptoms.len())
        .map(|symptom| {
            let mut sexes = kb
                .index
                .diseases_of(symptom)
                .iter()
                .filter(|link| link.yes > 0.0)
                .map(|link| kb.diseases[link.disease as usize].sex);
            let first = sexes.next().flatten()?;
            sexes.all(|sex| sex == Some(first)).then_some(match first {
                kb::Sex::Female => Sex::Female,
                kb::Sex::Male => Sex::Male,
            })
        })
        .collect()
}
