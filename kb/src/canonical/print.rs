//! Statements in their canonical places.

use super::{
    order,
    parse::{Document, Property, Subject, Value},
};
use crate::vocabulary::PREFIXES;

pub(super) fn document(mut document: Document) -> String {
    document.prefixes.sort_by_cached_key(|(prefix, iri)| (rank(prefix), prefix.clone(), iri.clone()));
    document.prefixes.dedup();
    document.subjects.sort_by(|a, b| a.key.cmp(&b.key));
    let mut parts = Vec::new();
    if !document.head.is_empty() {
        parts.push(document.head.join("\n"));
    }
    if !document.prefixes.is_empty() {
        let lines: Vec<String> =
            document.prefixes.iter().map(|(prefix, iri)| format!("@prefix {prefix} {iri} .")).collect();
        parts.push(lines.join("\n"));
    }
    parts.extend(document.subjects.into_iter().map(subject));
    if !document.tail.is_empty() {
        parts.push(document.tail.join("\n"));
    }
    let mut text = parts.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn rank(prefix: &str) -> usize {
    let name = prefix.trim_end_matches(':');
    PREFIXES.iter().position(|(known, _)| *known == name).unwrap_or(PREFIXES.len())
}

fn subject(mut subject: Subject) -> String {
    // Stable: values of unknown properties keep their order, nested ones follow what is flat.
    subject.properties.sort_by_cached_key(|property| {
        let is_type = is_type(&property.name);
        (!is_type, order::line(&property.name), property.name.clone())
    });
    let mut text = String::new();
    for comment in &subject.comments {
        text.push_str(comment);
        text.push('\n');
    }
    text.push_str(&subject.key);
    let mut line = None;
    for (at, property) in subject.properties.iter().enumerate() {
        let own = order::line(&property.name).0;
        if at == 0 && is_type(&property.name) {
            text.push(' ');
        } else if line == Some(own) && own < order::N_LINES {
            text.push_str(" ; ");
        } else {
            text.push_str(if at == 0 { "\n    " } else { " ;\n    " });
        }
        line = (!is_type(&property.name)).then_some(own);
        text.push_str(&statements(property).join(" ;\n    "));
    }
    text.push_str(" .");
    text
}

fn is_type(name: &str) -> bool {
    ["a", "rdf:type"].contains(&name)
}

/// A property as statements: flat values in one, every nested one by itself.
fn statements(property: &Property) -> Vec<String> {
    let is_nested = |value: &&Value| matches!(value, Value::Nested(_));
    let (nested, flat): (Vec<&Value>, Vec<&Value>) = property.values.iter().partition(is_nested);
    let mut statements = Vec::new();
    if !flat.is_empty() {
        statements.push(format!("{} {}", property.name, joined(&flat)));
    }
    statements.extend(nested.iter().map(|value| format!("{} {}", property.name, shown(value))));
    statements
}

fn joined(values: &[&Value]) -> String {
    values.iter().map(|value| shown(value)).collect::<Vec<_>>().join(" , ")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Plain(text) => text.clone(),
        Value::List(members) if members.is_empty() => "()".to_owned(),
        Value::List(members) => {
            format!("( {} )", members.iter().map(shown).collect::<Vec<_>>().join(" "))
        }
        Value::Nested(properties) if properties.is_empty() => "[]".to_owned(),
        Value::Nested(properties) => {
            let mut sorted: Vec<&Property> = properties.iter().collect();
            sorted.sort_by_key(|property| (order::place(&property.name), &property.name));
            let all: Vec<String> = sorted
                .iter()
                .map(|property| {
                    format!("{} {}", property.name, joined(&property.values.iter().collect::<Vec<_>>()))
                })
                .collect();
            format!("[ {} ]", all.join(" ; "))
        }
    }
}
