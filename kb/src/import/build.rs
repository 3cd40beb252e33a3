//! From rows to drafts. Names of diseases are claimed before names of symptoms, and those before other names, so that
//! what a row says does not depend on the rows around it.

use std::collections::{BTreeMap, BTreeSet};

use sm3::{Digest, Sm3};

use super::{
    Finding, Outcome,
    claim::{Claims, Owner},
    mapping::{Column, Mapping, Target},
    table::{Row, Table},
};
use crate::{ConceptKind, Kb};

/// What the table says of one disease.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) key: String,
    pub(super) label: String,
    /// Whether the graph knows it already.
    pub(super) is_known: bool,
    pub(super) names: Vec<String>,
    pub(super) notation: Option<String>,
    pub(super) definition: Option<String>,
    pub(super) departments: Vec<String>,
    /// Symptom and frequency class.
    pub(super) symptoms: Vec<(String, String)>,
    pub(super) lines: Vec<u32>,
}

pub(super) struct Built {
    pub(super) drafts: Vec<Draft>,
    /// Key and label of the new symptoms.
    pub(super) symptoms: BTreeMap<String, String>,
    pub(super) findings: Vec<Finding>,
    minimum: usize,
}

impl Built {
    pub(super) fn is_complete(&self, draft: &Draft) -> bool {
        draft.symptoms.len() >= self.minimum
    }

    pub(super) fn n_complete(&self) -> usize {
        self.drafts.iter().filter(|draft| !draft.is_known && self.is_complete(draft)).count()
    }

    pub(super) fn n_incomplete(&self) -> usize {
        self.drafts.iter().filter(|draft| !draft.is_known && !self.is_complete(draft)).count()
    }

    pub(super) fn n_additions(&self) -> usize {
        self.drafts.iter().filter(|draft| draft.has_additions()).count()
    }
}

impl Draft {
    pub(super) fn has_additions(&self) -> bool {
        self.is_known && !(self.names.is_empty() && self.departments.is_empty() && self.symptoms.is_empty())
    }
}

pub(super) fn build(base: &Kb, mapping: &Mapping, table: &Table) -> Built {
    let mut builder = Builder {
        base,
        mapping,
        table,
        claims: Claims::of(base),
        edges: known_edges(base),
        built: Built {
            drafts: Vec::new(),
            symptoms: BTreeMap::new(),
            findings: Vec::new(),
            minimum: mapping.subject.minimum,
        },
    };
    builder.columns();
    let rows = builder.subjects();
    // Labels of symptoms before other names of diseases.
    for to in [Target::HasSymptom, Target::TreatedIn, Target::Notation, Target::Definition, Target::AltLabel]
    {
        for column in mapping.columns.iter().filter(|column| column.to == to) {
            for (row, draft) in &rows {
                builder.cell(column, row, *draft);
            }
        }
    }
    builder.incomplete();
    let mut built = builder.built;
    built.findings.sort_by_key(|finding| finding.line);
    built
}

fn known_edges(base: &Kb) -> BTreeSet<(String, String)> {
    let key = |id| base.concept(id).key.clone();
    base.edges.iter().map(|edge| (key(edge.disease), key(edge.symptom))).collect()
}

struct Builder<'a> {
    base: &'a Kb,
    mapping: &'a Mapping,
    table: &'a Table,
    claims: Claims,
    edges: BTreeSet<(String, String)>,
    built: Built,
}

impl<'a> Builder<'a> {
    fn find(
        &mut self,
        outcome: Outcome,
        line: u32,
        column: &str,
        text: &str,
        key: &str,
        note: impl Into<String>,
    ) {
        self.built.findings.push(Finding {
            outcome,
            line,
            column: column.to_owned(),
            text: text.to_owned(),
            key: key.to_owned(),
            note: note.into(),
        });
    }

    /// Columns that the mapping does not mention, and mentioned ones that are not there.
    fn columns(&mut self) {
        let (mapping, table) = (self.mapping, self.table);
        let mentioned = |name: &str| {
            name == mapping.subject.column || mapping.columns.iter().any(|column| column.name == name)
        };
        for column in table.columns.iter().filter(|column| !mentioned(column)) {
            self.find(Outcome::Unmapped, 1, column, "", "", "映射没有提到这一列");
        }
        let wanted = mapping.columns.iter().map(|column| &column.name).chain([&mapping.subject.column]);
        for name in wanted.filter(|name| table.column(name).is_none()) {
            self.find(Outcome::Unmapped, 1, name, "", "", "表里没有这一列");
        }
    }

    /// One draft for each disease, and for each row the draft it speaks of.
    fn subjects(&mut self) -> Vec<(&'a Row, usize)> {
        let (mapping, table) = (self.mapping, self.table);
        let name = &mapping.subject.column;
        let Some(at) = table.column(name) else { return Vec::new() };
        let mut rows = Vec::new();
        let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
        for row in &table.rows {
            let label =
                row.cells[at].iter().flat_map(|cell| mapping.parts("", cell)).next().unwrap_or_default();
            if label.is_empty() || mapping.is_junk(&label) {
                let shown = row.cells[at].join(" ");
                self.find(Outcome::Junk, row.line, name, &shown, "", "没有可用的名称，整行未采用");
                continue;
            }
            let owner = self.claims.find(&label);
            if let Some(owner) = owner.as_ref().filter(|owner| owner.kind != ConceptKind::Disease) {
                let note = format!("已是{}，整行未采用", kind(owner.kind));
                self.find(Outcome::Conflict, row.line, name, &label, &owner.key, note);
                continue;
            }
            let key = owner.as_ref().map_or_else(|| self.key("dis", &label), |owner| owner.key.clone());
            let draft = match by_key.get(&key) {
                Some(&draft) => {
                    let first = self.built.drafts[draft].lines[0];
                    self.find(
                        Outcome::Duplicate,
                        row.line,
                        name,
                        &label,
                        &key,
                        format!("第 {first} 行已有，合并"),
                    );
                    draft
                }
                None => self.begin(&key, &label, owner.as_ref(), row.line),
            };
            by_key.insert(key, draft);
            self.built.drafts[draft].lines.push(row.line);
            rows.push((row, draft));
        }
        rows
    }

    fn begin(&mut self, key: &str, label: &str, owner: Option<&Owner>, line: u32) -> usize {
        let outcome = owner.map_or(Outcome::New, |owner| owner.how);
        let column = self.mapping.subject.column.clone();
        self.find(outcome, line, &column, label, key, "");
        self.claims.add(label, key, ConceptKind::Disease, Outcome::Exact);
        self.built.drafts.push(Draft {
            key: key.to_owned(),
            label: label.to_owned(),
            is_known: owner.is_some(),
            ..Draft::default()
        });
        self.built.drafts.len() - 1
    }

    fn cell(&mut self, column: &Column, row: &Row, draft: usize) {
        let Some(at) = self.table.column(&column.name) else { return };
        for cell in &row.cells[at] {
            for text in self.mapping.parts(&column.separators, cell) {
                if self.mapping.is_junk(&text) {
                    self.find(Outcome::Junk, row.line, &column.name, &text, "", "");
                    continue;
                }
                match column.to {
                    Target::HasSymptom => self.symptom(column, row.line, draft, &text),
                    Target::TreatedIn => self.department(column, row.line, draft, &text),
                    Target::AltLabel => self.name(column, row.line, draft, &text),
                    Target::Notation => {
                        self.text(column, row.line, draft, &text, |draft| &mut draft.notation);
                    }
                    Target::Definition => {
                        self.text(column, row.line, draft, &text, |draft| &mut draft.definition);
                    }
                    Target::Skip => {}
                }
            }
        }
    }

    fn symptom(&mut self, column: &Column, line: u32, draft: usize, text: &str) {
        let owner = match column.map.get(text) {
            Some(key) => self.base.id(key).map(|id| Owner {
                key: key.clone(),
                kind: self.base.concept(id).kind,
                how: Outcome::Alias,
            }),
            None => self.claims.find(text),
        };
        let key = match owner {
            Some(owner) if owner.kind == ConceptKind::Symptom => {
                self.find(owner.how, line, &column.name, text, &owner.key, "");
                owner.key
            }
            Some(owner) => {
                let note = format!("是{}，不是症状", kind(owner.kind));
                self.find(Outcome::Conflict, line, &column.name, text, &owner.key, note);
                return;
            }
            None if column.create => {
                let key = self.key("sym", text);
                self.claims.add(text, &key, ConceptKind::Symptom, Outcome::Exact);
                self.built.symptoms.insert(key.clone(), text.to_owned());
                self.find(Outcome::New, line, &column.name, text, &key, "");
                key
            }
            None => {
                self.find(Outcome::Unmapped, line, &column.name, text, "", "不认识的症状");
                return;
            }
        };
        let own = &mut self.built.drafts[draft];
        let is_there = own.symptoms.iter().any(|(known, _)| *known == key)
            || self.edges.contains(&(own.key.clone(), key.clone()));
        if !is_there {
            own.symptoms.push((key, column.frequency.clone()));
        }
    }

    fn department(&mut self, column: &Column, line: u32, draft: usize, text: &str) {
        let known = self.base.departments.iter().find(|known| known.label == text);
        let key = column.map.get(text).cloned().or_else(|| known.map(|known| format!("dept:{}", known.code)));
        let Some(key) = key else {
            self.find(Outcome::Unmapped, line, &column.name, text, "", "不认识的科室");
            return;
        };
        let how = if known.is_some() { Outcome::Exact } else { Outcome::Alias };
        self.find(how, line, &column.name, text, &key, "");
        let treated = self.treated_in(&self.built.drafts[draft].key);
        let own = &mut self.built.drafts[draft];
        if !own.departments.contains(&key) && !treated.contains(&key) {
            own.departments.push(key);
        }
    }

    fn treated_in(&self, disease: &str) -> Vec<String> {
        let position = self.base.id(disease).and_then(|id| self.base.disease_position(id));
        let codes = position.map(|at| self.base.diseases[at].departments.as_slice()).unwrap_or_default();
        codes.iter().map(|code| format!("dept:{}", self.base.departments[*code].code)).collect()
    }

    fn name(&mut self, column: &Column, line: u32, draft: usize, text: &str) {
        let key = self.built.drafts[draft].key.clone();
        match self.claims.find(text) {
            None => {
                self.claims.add(text, &key, ConceptKind::Disease, Outcome::Alias);
                self.find(Outcome::New, line, &column.name, text, &key, "");
                self.built.drafts[draft].names.push(text.to_owned());
            }
            Some(owner) if owner.key == key => {
                self.find(owner.how, line, &column.name, text, &key, "已是它的名称");
            }
            Some(owner) => {
                let note = format!("已是{}的名称", kind(owner.kind));
                self.find(Outcome::Conflict, line, &column.name, text, &owner.key, note);
            }
        }
    }

    /// A property with one value: the first row that has one decides.
    fn text(
        &mut self,
        column: &Column,
        line: u32,
        draft: usize,
        text: &str,
        slot: fn(&mut Draft) -> &mut Option<String>,
    ) {
        let own = &mut self.built.drafts[draft];
        let (key, is_known) = (own.key.clone(), own.is_known);
        let slot = slot(own);
        match slot {
            None if !is_known => *slot = Some(text.to_owned()),
            Some(first) if first != text => {
                let note = format!("前面的行是“{first}”");
                self.find(Outcome::Conflict, line, &column.name, text, &key, note);
            }
            None => self.find(Outcome::Conflict, line, &column.name, text, &key, "图中已有，请对照"),
            Some(_) => {}
        }
    }

    fn incomplete(&mut self) {
        let few: Vec<_> =
            self.built.drafts.iter().filter(|d| !d.is_known && !self.built.is_complete(d)).cloned().collect();
        let column = self.mapping.subject.column.clone();
        for draft in few {
            let note = format!("只有 {} 个症状，至少要 {} 个", draft.symptoms.len(), self.built.minimum);
            self.find(Outcome::Incomplete, draft.lines[0], &column, &draft.label, &draft.key, note);
        }
    }

    /// The same text gets the same key at every import.
    fn key(&self, class: &str, label: &str) -> String {
        let hash = hex::encode(Sm3::digest(label.as_bytes()));
        format!("{class}:{}{}", self.mapping.prefix, &hash[..10])
    }
}

fn kind(kind: ConceptKind) -> &'static str {
    match kind {
        ConceptKind::Symptom => "症状",
        ConceptKind::Disease => "疾病",
        ConceptKind::Risk => "危险因素",
        ConceptKind::Drug => "药物",
        ConceptKind::Allergen => "过敏原",
    }
}
