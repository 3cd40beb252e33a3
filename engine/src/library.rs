//! What editors write beside the disease graph: questionnaires, flows, matching and quality rules of one release.

mod flows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kb::{ConceptKind, Fault, Kb, Severity, Source, Sources};
use rules::{
    chart::Chart,
    form::{
        Concepts, Form,
        case_text::{CaseDraft, read_cases},
        cases::{self, Report},
        draft::Draft,
        prove::prove,
        read::read,
    },
    matching::{Matcher, Targets},
    page::Page,
    prescription,
    quality::{Book, Schema},
};

pub use flows::chart;

/// Folders of the data folder that hold what this module reads, and the endings of the files.
pub const FOLDERS: [&str; 3] = ["questionnaires", "flows", "rules"];
/// See [`FOLDERS`].
pub const EXTENSIONS: [&str; 4] = ["form", "cases", "mmd", "md"];

const SCHEMA: &str = "rules/record.md";

/// A questionnaire with the cases that lie beside it.
pub struct Questionnaire {
    /// Its file.
    pub file: String,
    /// As written.
    pub draft: Draft,
    /// As it runs.
    pub form: Form,
    /// File of the cases, and what they say.
    pub cases: Option<(String, Vec<CaseDraft>)>,
}

impl Questionnaire {
    /// Reads and compiles one questionnaire.
    pub fn compile(
        file: &Source,
        cases: Option<&Source>,
        concepts: &dyn Concepts,
    ) -> Result<Self, Vec<Fault>> {
        let draft = read(&file.name, &file.text)?;
        let form = Form::compile(&file.name, &draft, concepts)?;
        let cases = cases
            .map(|source| Ok::<_, Vec<Fault>>((source.name.clone(), read_cases(&source.name, &source.text)?)))
            .transpose()?;
        Ok(Self { file: file.name.clone(), draft, form, cases })
    }

    /// Runs its cases; what they do not cover is among the faults.
    pub fn run_cases(&self) -> Report {
        match &self.cases {
            Some((file, cases)) => cases::run(&self.form, file, cases),
            None => cases::run(&self.form, &self.file, &[]),
        }
    }
}

/// Everything editors write beside the graph, compiled.
#[derive(Default)]
pub struct Library {
    /// Questionnaires by id.
    pub forms: BTreeMap<String, Questionnaire>,
    /// Flows by file name without ending.
    pub flows: BTreeMap<String, Chart>,
    /// Matching rules by id.
    pub matchers: BTreeMap<String, Matcher>,
    /// Quality rules.
    pub quality: Option<Book>,
    /// Rules of herbal prescriptions.
    pub prescription: Option<prescription::Book>,
    /// What an editor should look at although the release may serve.
    pub warnings: Vec<Fault>,
}

/// The names of the graph, for questionnaires.
pub struct GraphNames<'a>(pub &'a Kb);

impl Concepts for GraphNames<'_> {
    fn find(&self, name: &str) -> bool {
        self.0.by_label(name, &[ConceptKind::Symptom, ConceptKind::Disease, ConceptKind::Risk]).is_some()
    }

    fn names(&self) -> Vec<String> {
        let symptoms = self.0.concepts.iter().filter(|concept| concept.kind == ConceptKind::Symptom);
        symptoms.map(|concept| concept.label.clone()).collect()
    }
}

/// The questionnaires matching rules may name; `ai` stands for the pre-consultation without one.
pub struct FormNames<'a>(&'a BTreeMap<String, Questionnaire>);

impl Targets for FormNames<'_> {
    fn has(&self, id: &str) -> bool {
        id == "ai" || self.0.contains_key(id)
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().chain(["ai".to_owned()]).collect()
    }
}

impl Library {
    /// What matching rules may choose.
    pub fn targets(&self) -> FormNames<'_> {
        FormNames(&self.forms)
    }

    /// Compiles the files of a release; refused with every error in them.
    pub fn compile(sources: &Sources, kb: &Kb) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let forms = forms(sources, kb, &mut faults);
        let matchers = matchers(sources, &FormNames(&forms), &mut faults);
        let quality = quality(sources, &mut faults);
        let prescription = prescription(sources, kb, &mut faults);
        let flows = flows::compile(sources, kb, &forms, &matchers, &mut faults);
        for matcher in matchers.values() {
            faults.extend(matcher.findings());
        }
        if let Some(book) = &quality {
            faults.extend(book.warnings().iter().cloned());
        }
        if let Some(book) = &prescription {
            faults.extend(book.warnings().iter().cloned());
        }
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            faults.sort();
            return Err(faults);
        }
        Ok(Self { forms, flows, matchers, quality, prescription, warnings: faults })
    }

    /// What running all examples and cases finds, and what proofs find; slower than compiling.
    pub fn examine(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for questionnaire in self.forms.values() {
            faults.extend(prove(&questionnaire.form));
            faults.extend(questionnaire.run_cases().faults);
        }
        for matcher in self.matchers.values() {
            faults.extend(matcher.check_examples().faults);
        }
        if let Some(book) = &self.quality {
            faults.extend(book.mutants());
        }
        faults.sort();
        faults
    }
}

fn ending<'a>(sources: &'a Sources, ending: &'a str) -> impl Iterator<Item = &'a Source> {
    sources.files().iter().filter(move |file| file.name.ends_with(ending))
}

fn forms(sources: &Sources, kb: &Kb, faults: &mut Vec<Fault>) -> BTreeMap<String, Questionnaire> {
    let mut forms: BTreeMap<String, Questionnaire> = BTreeMap::new();
    for file in ending(sources, ".form") {
        let beside = format!("{}.cases", file.name.trim_end_matches(".form"));
        let cases = sources.files().iter().find(|other| other.name == beside);
        match Questionnaire::compile(file, cases, &GraphNames(kb)) {
            Ok(questionnaire) => {
                let id = questionnaire.draft.id.text.clone();
                if let Some(other) = forms.get(&id) {
                    let message = format!("编号“{id}”已经用在 {}", other.file);
                    faults.push(Fault::error(
                        &file.name,
                        questionnaire.draft.id.place.line,
                        "LB001",
                        message,
                    ));
                } else {
                    forms.insert(id, questionnaire);
                }
            }
            Err(found) => faults.extend(found),
        }
    }
    for file in ending(sources, ".cases") {
        let beside = format!("{}.form", file.name.trim_end_matches(".cases"));
        if !sources.files().iter().any(|other| other.name == beside) {
            faults.push(Fault::error(&file.name, 1, "LB002", "用例旁边没有同名的 .form 问卷"));
        }
    }
    forms
}

fn matchers(sources: &Sources, targets: &dyn Targets, faults: &mut Vec<Fault>) -> BTreeMap<String, Matcher> {
    let mut matchers: BTreeMap<String, Matcher> = BTreeMap::new();
    for file in ending(sources, ".md").filter(|file| is_matching(file)) {
        match Matcher::compile(&file.name, &file.text, targets) {
            Ok(matcher) => {
                if let Some(other) = matchers.insert(matcher.id.clone(), matcher) {
                    faults.push(Fault::error(&file.name, 1, "LB001", format!("编号“{}”用了两次", other.id)));
                }
            }
            Err(found) => faults.extend(found),
        }
    }
    matchers
}

/// A file that cannot be read as a page is reported by whoever compiles it.
fn is_matching(file: &Source) -> bool {
    file.name.starts_with("rules/")
        && Page::read(&file.name, &file.text)
            .is_ok_and(|page| page.entry("种类").is_some_and(|entry| entry.value == "匹配"))
}

fn quality(sources: &Sources, faults: &mut Vec<Fault>) -> Option<Book> {
    let files: Vec<(String, String)> = ending(sources, ".md")
        .filter(|file| file.name.starts_with("rules/quality/"))
        .map(|file| (file.name.clone(), file.text.clone()))
        .collect();
    if files.is_empty() {
        return None;
    }
    let Some(schema) = sources.files().iter().find(|file| file.name == SCHEMA) else {
        faults.push(Fault::error(SCHEMA, 1, "LB003", "有质控规则，却没有病历的字段表"));
        return None;
    };
    let book = Schema::read(&schema.name, &schema.text).and_then(|schema| Book::compile(schema, &files));
    match book {
        Ok(book) => Some(book),
        Err(found) => {
            faults.extend(found);
            None
        }
    }
}

/// None without rules, or without the pieces they are about.
fn prescription(sources: &Sources, kb: &Kb, faults: &mut Vec<Fault>) -> Option<prescription::Book> {
    let files: Vec<(String, String)> = ending(sources, ".md")
        .filter(|file| file.name.starts_with("rules/prescription/"))
        .map(|file| (file.name.clone(), file.text.clone()))
        .collect();
    if files.is_empty() || kb.herbs().is_empty() {
        return None;
    }
    prescription::Book::compile(kb, &files).map_err(|found| faults.extend(found)).ok()
}
