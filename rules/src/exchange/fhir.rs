//! FHIR R4 Questionnaire with Structured Data Capture.
//!
//! Export writes all that FHIR has a place for with standard elements, jumps as show conditions of what they pass
//! over, and carries the rest in extensions `urn:jiuyi:form:*`, so that a document that comes back is the same draft.
//! Import reads any R4 Questionnaire and lists what it can't carry.

mod address;
mod extend;
mod fill;
mod jumps;
mod meaning;
mod normal;
mod option;
mod read;
mod refer;
mod residue;
mod when;
mod write;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

use std::collections::BTreeMap;

use kb::Fault;
use serde_json::{Map, Value};

use crate::form::draft::{Draft, Item, Kind, Property};

use super::{
    Loss,
    branch::{self, Branch},
    document::{Element, Findings},
    names::Directory,
    property,
};
use address::own;
use extend::{Extras, Own};
use fill::Filling;
use read::Reader;

pub(super) use when::{coding_json, decimal, quantity};

/// Longest document, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// What the publisher of a document says about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publication {
    /// What stands before the id in the canonical address, e.g. `https://example.org/Questionnaire/`.
    pub base: String,
    /// Date of the last change, `2026-11-23`.
    pub date: Option<String>,
    /// Who publishes it.
    pub publisher: Option<String>,
}

/// The FHIR Questionnaire of a draft, and what programs that do not know our extensions will not see of it.
pub fn export(draft: &Draft, publication: &Publication) -> (Value, Vec<Loss>) {
    let branches = branch::branches(&draft.items);
    let directory = Directory::of(&branches);
    let passed = jumps::passed(&branches, &directory);
    let (mut document, losses) = write::written(draft, &branches, &directory, &passed, publication);
    let mut findings = Findings::new("");
    if let Some(standard) = read_document(&document, &mut findings, false) {
        let mut carried = BTreeMap::new();
        let mut back = BTreeMap::new();
        listed(&standard.branches, &mut back);
        differences(&branches, &back, &mut carried);
        attach(&mut document, &mut carried);
        let mut head = residue::field_extensions(&residue::head(draft), &residue::head(&standard.draft));
        head.extend(residue::property_extensions(&draft.properties, &standard.draft.properties));
        extend(&mut document, head);
    }
    (document, losses)
}

/// The draft of a FHIR Questionnaire and what of it is lost, or what is wrong with the document.
pub fn import(file: &str, text: &str) -> Result<(Draft, Vec<Loss>), Vec<Fault>> {
    let refuse = |line: usize, column: usize, code: &'static str, message: String| {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        vec![Fault::error(file, number(line), code, message).at_column(number(column))]
    };
    if text.len() > MAX_BYTES {
        return Err(refuse(1, 1, "EXC005", format!("文件太大，最多 {} MB", MAX_BYTES >> 20)));
    }
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| refuse(error.line(), error.column(), "EXC001", format!("不是 JSON：{error}")))?;
    let mut findings = Findings::new(file);
    let read = read_document(&value, &mut findings, true);
    match read {
        Some(read) if findings.faults.is_empty() => {
            let draft = Draft { items: branch::items(read.branches), ..read.draft };
            Ok((draft, findings.losses))
        }
        _ => Err(findings.faults),
    }
}

struct Read {
    draft: Draft,
    branches: Vec<Branch>,
}

/// Reads a document; with `restore`, our extensions are put back.
fn read_document(value: &Value, findings: &mut Findings, restore: bool) -> Option<Read> {
    let mut element = Element::of(value, String::new(), findings)?;
    let kind = element.text("resourceType", findings).unwrap_or_default();
    if kind != "Questionnaire" {
        findings.fault("EXC002", "/resourceType", &format!("应是 Questionnaire，写的是“{kind}”"));
        return None;
    }
    let (mut draft, is_ours) = head(&mut element, findings);
    let extras = extend::extras(element.list("extension", findings), findings);
    let list = element.list("item", findings);
    let sets = contained(&mut element, findings);
    element.close(&["meta", "text", "implicitRules", "language"], findings);
    let mut reader = Reader::new(findings);
    reader.sets = sets;
    reader.is_ours = is_ours;
    let mut branches = reader.items(list, "", 0);
    let (waiting, flattened) = (reader.waiting, reader.flattened);
    if !is_ours {
        branches = branch::paged(branches);
    }
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for (name, said) in
        waiting.values().flat_map(|waiting| &waiting.extras.variables).chain(&extras.variables)
    {
        variables.insert(name.clone(), said.text.clone());
    }
    for computed in [true, false] {
        let mut directory = Directory::of(&branches);
        directory.flattened.clone_from(&flattened);
        let mut filling = Filling {
            directory: &directory,
            waiting: &waiting,
            variables: &variables,
            findings,
            shown: BTreeMap::new(),
        };
        if computed {
            filling.formulas(&mut branches, None);
        } else {
            filling.conditions(&mut branches, None);
            filling.constraints(&extras, &mut branches, None);
        }
    }
    if restore {
        let mut constraints: BTreeMap<String, Vec<Own>> = BTreeMap::new();
        for constraint in
            waiting.values().flat_map(|waiting| &waiting.extras.constraints).chain(&extras.constraints)
        {
            constraints.insert(constraint.at.clone(), constraint.own.clone());
        }
        restore_items(
            &mut branches,
            &|branch| {
                if branch.item.kind == Kind::Constraint {
                    return constraints.get(&branch.at).map_or(&[][..], Vec::as_slice);
                }
                waiting.get(&branch.link).map_or(&[][..], |waiting| waiting.extras.own.as_slice())
            },
            findings,
        );
        restore_head(&mut draft, &extras, findings);
        let carried = waiting.values().filter(|waiting| carries_expression(&waiting.extras.own));
        let places: Vec<String> = carried.map(|waiting| format!("{}/", waiting.at)).collect();
        findings
            .losses
            .retain(|loss| loss.code != "EXC102" || !places.iter().any(|place| is_at(&loss.place, place)));
    }
    Some(Read { draft, branches })
}

/// Whether our own spelling of a condition or formula came along, so that the standard one is not needed.
fn carries_expression(own: &[Own]) -> bool {
    let is_expression = |own: &Own| matches!(own.key.as_str(), "显示" | "公式" | "约束" | "初值" | "rows");
    own.iter().any(|own| is_expression(own) && own.value.is_some())
}

/// Whether a place is an element of an item itself and not of an item in it.
fn is_at(place: &str, item: &str) -> bool {
    let own = |rest: &str| rest.starts_with("extension/") || rest.starts_with("enableWhen");
    item.strip_suffix('/') == Some(place) || place.strip_prefix(item).is_some_and(own)
}

/// The questionnaire without its items, and whether the document is one of ours.
fn head(element: &mut Element<'_>, findings: &mut Findings) -> (Draft, bool) {
    let id = element.text("id", findings);
    let name = element.text("name", findings);
    let url = element.text("url", findings);
    let mut ours = None;
    for mut identifier in element.list("identifier", findings) {
        let system = identifier.text("system", findings);
        let value = identifier.text("value", findings);
        if system == Some(own("id")) {
            ours = value;
        } else {
            findings.lose("EXC101", &identifier.at, "identifier", "问卷只有一个编号");
        }
    }
    let is_ours = ours.is_some();
    let last = url.as_deref().and_then(|url| url.rsplit('/').next()).map(str::to_owned);
    let other = || id.clone().or(name.clone()).or(last).map(|text| slug(&text));
    let draft_id = ours.or_else(other).unwrap_or_else(|| "questionnaire".to_owned());
    let title = element.text("title", findings).or(name).unwrap_or_default();
    let mut properties = Vec::new();
    if let Some(version) = element.text("version", findings) {
        properties.push(property("版本", version));
    }
    let status = element.text("status", findings);
    let status = match status.as_deref() {
        Some("active") => "已发布",
        Some("retired") => "停用",
        Some("draft" | "unknown") => "草稿",
        Some(other) => {
            findings.fault("EXC003", "/status", &format!("没有“{other}”这种 status"));
            "草稿"
        }
        None => {
            findings.fault("EXC003", "/status", "缺 status");
            "草稿"
        }
    };
    properties.push(property("状态", status.to_owned()));
    let mut diseases = Vec::new();
    for mut context in element.list("useContext", findings) {
        let code = context.value("code").and_then(|code| code.get("code")).and_then(Value::as_str);
        let text = context.value("valueCodeableConcept").and_then(|concept| {
            concept.get("text").or_else(|| concept.pointer("/coding/0/display")).and_then(Value::as_str)
        });
        match text.filter(|_| code == Some("focus")) {
            Some(text) => diseases.push(text.to_owned()),
            None => findings.lose("EXC101", &context.at, "useContext", "只记所问的病"),
        }
    }
    if !diseases.is_empty() {
        properties.push(property("病种", diseases.join("、")));
    }
    // Who published it and when is said anew when it is exported.
    for key in ["date", "publisher", "subjectType"] {
        element.value(key);
    }
    (Draft { id: draft_id.into(), title: title.into(), properties, ..Draft::default() }, is_ours)
}

fn slug(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "questionnaire".to_owned() } else { words.join("-") }
}

/// Concepts of the value sets a document brings along.
fn contained(
    element: &mut Element<'_>,
    findings: &mut Findings,
) -> BTreeMap<String, Vec<Map<String, Value>>> {
    let mut sets = BTreeMap::new();
    for mut resource in element.list("contained", findings) {
        let kind = resource.text("resourceType", findings).unwrap_or_default();
        let id = resource.text("id", findings).unwrap_or_default();
        if kind != "ValueSet" {
            findings.lose("EXC101", &resource.at, &kind, "附带的内容只用值集");
            continue;
        }
        let mut concepts = Vec::new();
        let listed = |value: Option<&Value>, key: &str| {
            value.and_then(|value| value.get(key)).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        for concept in listed(resource.value("expansion"), "contains") {
            concepts.extend(concept.as_object().cloned());
        }
        if concepts.is_empty() {
            for include in listed(resource.value("compose"), "include") {
                for concept in listed(Some(&include), "concept") {
                    let mut concept = concept.as_object().cloned().unwrap_or_default();
                    if let Some(system) = include.get("system") {
                        concept.insert("system".to_owned(), system.clone());
                    }
                    concepts.push(concept);
                }
            }
        }
        sets.insert(id, concepts);
    }
    sets
}

fn restore_items<'o>(
    branches: &mut [Branch],
    carried: &impl Fn(&Branch) -> &'o [Own],
    findings: &mut Findings,
) {
    for branch in branches {
        let own = carried(branch);
        residue::restore_fields(&mut branch.item, own, findings);
        branch.item.properties =
            residue::restored(std::mem::take(&mut branch.item.properties), own, findings);
        restore_items(&mut branch.inner, carried, findings);
    }
}

fn restore_head(draft: &mut Draft, extras: &Extras, findings: &mut Findings) {
    residue::restore_head(draft, &extras.own, findings);
    let properties: Vec<Property> = std::mem::take(&mut draft.properties);
    draft.properties = residue::restored(properties, &extras.own, findings);
}

/// Items by linkId.
fn listed<'b>(branches: &'b [Branch], into: &mut BTreeMap<&'b str, &'b Item>) {
    for branch in branches {
        into.insert(&branch.link, &branch.item);
        listed(&branch.inner, into);
    }
}

/// For each linkId, what its standard elements do not bring back.
fn differences(branches: &[Branch], back: &BTreeMap<&str, &Item>, into: &mut BTreeMap<String, Vec<Value>>) {
    for branch in branches {
        if let Some(standard) = back.get(branch.link.as_str()) {
            let mut extensions =
                residue::field_extensions(&residue::fields(&branch.item), &residue::fields(standard));
            extensions.extend(residue::property_extensions(&branch.item.properties, &standard.properties));
            if !extensions.is_empty() {
                into.insert(branch.link.clone(), extensions);
            }
        }
        differences(&branch.inner, back, into);
    }
}

/// Puts extensions onto the items, and onto the constraints, of a document.
fn attach(value: &mut Value, carried: &mut BTreeMap<String, Vec<Value>>) {
    if let Some(Value::Array(constraints)) = value.get_mut("extension") {
        for constraint in constraints {
            let key = constraint.pointer("/extension/0/valueId").and_then(Value::as_str).map(str::to_owned);
            if let Some(extensions) = key.and_then(|key| carried.remove(&key)) {
                extend(constraint, extensions);
            }
        }
    }
    if let Some(Value::Array(items)) = value.get_mut("item") {
        for item in items {
            let link = item.get("linkId").and_then(Value::as_str).map(str::to_owned);
            if let Some(extensions) = link.and_then(|link| carried.remove(&link)) {
                extend(item, extensions);
            }
            attach(item, carried);
        }
    }
}

fn extend(value: &mut Value, extensions: Vec<Value>) {
    if extensions.is_empty() {
        return;
    }
    let Some(fields) = value.as_object_mut() else { return };
    match fields.get_mut("extension") {
        Some(Value::Array(list)) => list.extend(extensions),
        _ => {
            fields.insert("extension".to_owned(), Value::Array(extensions));
        }
    }
}
