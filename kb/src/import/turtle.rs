//! The drafts as Turtle, in the layout of the data folder.

use std::fmt::Write;

use super::{
    build::{Built, Draft},
    mapping::Mapping,
};
use crate::{AgeBand, Source, vocabulary::PREFIXES};

/// Diseases in one file, so that an editor can read it.
const PER_FILE: usize = 500;

pub(super) fn write(mapping: &Mapping, built: &Built) -> Vec<Source> {
    let mut files = vec![
        file("graph/imported/source.ttl", "导入来源", &source(mapping)),
        file("graph/imported/symptoms.ttl", "导入的症状（待审核）", &symptoms(mapping, built)),
    ];
    let fresh = || built.drafts.iter().filter(|draft| !draft.is_known);
    let complete: Vec<&Draft> = fresh().filter(|draft| built.is_complete(draft)).collect();
    for (drafts, number) in complete.chunks(PER_FILE).zip(1..) {
        let text: String = drafts.iter().map(|draft| disease(mapping, draft)).collect();
        files.push(file(&format!("graph/imported/diseases-{number:02}.ttl"), "导入的疾病（待审核）", &text));
    }
    let additions: String = built
        .drafts
        .iter()
        .filter(|draft| draft.has_additions())
        .map(|draft| addition(mapping, draft))
        .collect();
    files.push(file("graph/imported/additions.ttl", "对已有疾病的补充（待审核）", &additions));
    let rest: String =
        fresh().filter(|draft| !built.is_complete(draft)).map(|draft| disease(mapping, draft)).collect();
    // Not below graph/, so that it is no part of a release until somebody completes it.
    files.push(file("incomplete.ttl", "症状太少、还不能参与鉴别的疾病", &rest));
    files
}

fn file(name: &str, title: &str, body: &str) -> Source {
    let mut text = format!("# {title}\n# 未经审核：请逐条核对后再移入 data/graph。\n\n");
    for (prefix, iri) in PREFIXES {
        let _ = writeln!(text, "@prefix {prefix}: <{iri}> .");
    }
    text.push('\n');
    text.push_str(body);
    Source { name: name.to_owned(), text }
}

fn source(mapping: &Mapping) -> String {
    format!(
        "src:{} a jy:Source ;\n    skos:prefLabel {} .\n\npart:{}unknown a jy:BodyPart ;\n    skos:prefLabel \"部位待定\"@zh .\n",
        mapping.source.key,
        literal(&mapping.source.label),
        mapping.prefix,
    )
}

fn symptoms(mapping: &Mapping, built: &Built) -> String {
    let mut text = String::new();
    for (key, label) in &built.symptoms {
        let _ = write!(
            text,
            "{key} a jy:Symptom ;\n    skos:prefLabel {} ;\n    jy:locatedIn part:{}unknown ;\n    jy:question {} ;\n    \
             jy:source src:{} ; jy:review jy:draft .\n\n",
            literal(label),
            mapping.prefix,
            literal(&format!("有没有{label}？")),
            mapping.source.key,
        );
    }
    text
}

fn disease(mapping: &Mapping, draft: &Draft) -> String {
    let subject = &mapping.subject;
    let review = format!("jy:source src:{} ; jy:review jy:draft", mapping.source.key);
    let lines: Vec<String> = draft.lines.iter().map(u32::to_string).collect();
    let mut text = format!("# 原表第 {} 行\n{} a jy:Disease ;\n", lines.join("、"), draft.key);
    let _ = writeln!(text, "    skos:prefLabel {} ;", literal(&draft.label));
    if !draft.names.is_empty() {
        let _ = writeln!(text, "    skos:altLabel {} ;", literals(&draft.names));
    }
    let notation = draft.notation.as_deref().unwrap_or(&subject.notation);
    let definition = draft.definition.as_deref().unwrap_or(&subject.definition);
    let _ = writeln!(text, "    skos:notation {} ;", quoted(notation));
    let _ = writeln!(text, "    skos:definition {} ;", literal(definition));
    let (first, others) = match draft.departments.split_first() {
        Some((first, others)) => (first, others),
        None => (&subject.department, [].as_slice()),
    };
    let _ = writeln!(text, "    jy:treatedIn {first} ;");
    if !others.is_empty() {
        let _ = writeln!(text, "    jy:alsoTreatedIn {} ;", others.join(" , "));
    }
    let weights = AgeBand::NAMES.map(|(name, _)| format!("{name} {} ;", subject.weight));
    let _ = writeln!(text, "    {}", weights.join(" "));
    let _ = writeln!(
        text,
        "    jy:incidence jy:{} ; jy:urgency jy:{} ; jy:chronic false ;\n    {review}",
        subject.incidence, subject.urgency
    );
    edges(&mut text, draft, &review);
    if let Some(other) = &subject.differential {
        let _ = writeln!(
            text,
            "    ;\n    jy:differential [ jy:disease {other} ; jy:tellApart \"待补充\"@zh ; {review} ]"
        );
    }
    text.push_str("    .\n\n");
    text
}

fn edges(text: &mut String, draft: &Draft, review: &str) {
    for (symptom, frequency) in &draft.symptoms {
        let _ = writeln!(
            text,
            "    ;\n    jy:hasSymptom [ jy:symptom {symptom} ; jy:frequency jy:{frequency} ; {review} ]"
        );
    }
}

fn addition(mapping: &Mapping, draft: &Draft) -> String {
    let review = format!("jy:source src:{} ; jy:review jy:draft", mapping.source.key);
    let mut properties = Vec::new();
    if !draft.names.is_empty() {
        properties.push(format!("skos:altLabel {}", literals(&draft.names)));
    }
    if !draft.departments.is_empty() {
        properties.push(format!("jy:alsoTreatedIn {}", draft.departments.join(" , ")));
    }
    for (symptom, frequency) in &draft.symptoms {
        properties
            .push(format!("jy:hasSymptom [ jy:symptom {symptom} ; jy:frequency jy:{frequency} ; {review} ]"));
    }
    let lines: Vec<String> = draft.lines.iter().map(u32::to_string).collect();
    format!(
        "# {}，原表第 {} 行\n{}\n    {} .\n\n",
        draft.label,
        lines.join("、"),
        draft.key,
        properties.join(" ;\n    ")
    )
}

fn literals(texts: &[String]) -> String {
    texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(" , ")
}

fn literal(text: &str) -> String {
    format!("{}@zh", quoted(text))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
