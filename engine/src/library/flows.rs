//! Flows of a visit: charts whose services are questionnaires, matching rules, other flows or the pre-consultation.

use std::collections::BTreeMap;

use kb::{ConceptKind, Fault, Kb, Source, Sources};
use rules::{
    chart::{Chart, Diagram, Events, Reading, Shape},
    expr::{Kind, Variable, Vocabulary},
    matching::Matcher,
};

use super::{Questionnaire, ending};

/// The dialogue of the engine, which compiles it with names of its own.
const DIALOGUE: &str = "flows/preconsult.mmd";
/// The services the platform offers to flows.
const SERVICES: [&str; 1] = ["AI预问诊"];

/// Names a guard of a visit flow may use.
struct VisitNames<'a>(&'a Kb);

impl VisitNames<'_> {
    fn known(&self) -> Vec<(String, Kind)> {
        let number = |unit| Kind::Number { unit: Some(unit) };
        let labels = |labels: &[&str]| Kind::Choice(labels.iter().map(|label| (*label).to_owned()).collect());
        let symptoms = self.0.concepts.iter().filter(|concept| concept.kind == ConceptKind::Symptom);
        let symptoms: Vec<String> = symptoms.map(|concept| concept.label.clone()).collect();
        [
            ("年龄", number("岁")),
            ("月龄", number("月")),
            ("性别", labels(&["男", "女"])),
            ("妊娠", Kind::Truth),
            ("首诊", Kind::Truth),
            ("去急诊", Kind::Truth),
            ("有专病问卷", Kind::Truth),
            ("来意", labels(&["产检", "不舒服"])),
            ("主诉", Kind::Choice(symptoms)),
        ]
        .map(|(name, kind)| (name.to_owned(), kind))
        .to_vec()
    }
}

impl Vocabulary for VisitNames<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, (_, kind)) = (0u32..).zip(self.known()).find(|(_, (known, _))| known == name)?;
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        self.known().into_iter().map(|(name, _)| name).collect()
    }
}

/// A flow of a visit, or a life cycle with any events.
pub fn chart(file: &Source, kb: &Kb) -> Result<Chart, Vec<Fault>> {
    let vocabulary = VisitNames(kb);
    Chart::compile_with(
        &file.name,
        &file.text,
        &Reading { vocabulary: &vocabulary, events: Events::Any, prover: None },
    )
}

pub(super) fn compile(
    sources: &Sources,
    kb: &Kb,
    forms: &BTreeMap<String, Questionnaire>,
    matchers: &BTreeMap<String, Matcher>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Chart> {
    let files: Vec<_> = ending(sources, ".mmd").filter(|file| file.name != DIALOGUE).collect();
    let name_of = |file: &str| file.trim_start_matches("flows/").trim_end_matches(".mmd").to_owned();
    let names: Vec<String> = files.iter().map(|file| name_of(&file.name)).collect();
    let mut flows = BTreeMap::new();
    for file in files {
        let chart = match chart(file, kb) {
            Ok(chart) => chart,
            Err(found) => {
                faults.extend(found);
                continue;
            }
        };
        faults.extend(chart.warnings().iter().cloned());
        if chart.diagram() == Diagram::State {
            continue;
        }
        for (_, node) in chart.nodes().filter(|(_, node)| node.shape == Shape::Service) {
            let known = match node.label.split_once(' ') {
                Some(("问卷", id)) => forms.contains_key(id),
                Some(("匹配", id)) => matchers.contains_key(id),
                Some(("流程", id)) => names.iter().any(|name| name == id),
                Some(("服务", id)) => SERVICES.contains(&id),
                _ => false,
            };
            if !known {
                let message = format!(
                    "“{}”指不到东西：写成“问卷 编号”“匹配 编号”“流程 文件名”或“服务 {}”",
                    node.label,
                    SERVICES.join("、")
                );
                faults.push(Fault::error(&file.name, node.line, "LB004", message).at_column(node.column));
            }
        }
        flows.insert(name_of(&file.name), chart);
    }
    flows
}
