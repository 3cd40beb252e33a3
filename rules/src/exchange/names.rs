//! What conditions may name in a questionnaire, and where each name is in a document.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    expr::{Expr, Kind, Variable, Vocabulary},
    form::draft::{Flag, Item, Kind as ItemKind},
};

use super::{branch::Branch, coding};

/// Everything that can be named in a questionnaire.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    names: BTreeMap<String, (u32, Part)>,
    links: BTreeMap<String, u32>,
    /// linkIds of groups that were taken apart; their items stand in the group around.
    pub(super) flattened: BTreeSet<String>,
}

/// A question, a row of a grid, a group, a computed value or something known about the patient.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name outside its group.
    pub(super) name: Vec<String>,
    /// linkIds from the outermost item to itself; empty for what is not an item of the document.
    pub(super) links: Vec<String>,
    /// What values it has.
    pub(super) kind: Kind,
    /// What item it is.
    pub(super) item: ItemKind,
    /// Slot of the repeating group it is in.
    pub(super) group: Option<u32>,
    /// System and code of each option.
    pub(super) codes: Vec<(Option<String>, String)>,
    /// Points of each option.
    pub(super) points: Vec<f64>,
    /// The rows whose points it adds up.
    pub(super) sum_of: Vec<u32>,
    /// Whether its numbers are whole.
    pub(super) is_whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Value,
    Score,
}

/// What is known about the patient before the first question.
const PATIENT: [&str; 6] = ["年龄", "月龄", "性别", "今天", "妊娠", "首诊"];

impl Directory {
    /// The directory of a questionnaire.
    pub(super) fn of(branches: &[Branch]) -> Self {
        let mut directory = Self::default();
        for name in PATIENT {
            let kind = match name {
                "年龄" => Kind::Number { unit: Some("岁") },
                "月龄" => Kind::Number { unit: Some("月") },
                "性别" => Kind::Choice(vec!["男".to_owned(), "女".to_owned()]),
                "今天" => Kind::Date,
                _ => Kind::Truth,
            };
            directory.add(Entry::new(vec![name.to_owned()], Vec::new(), kind));
        }
        directory.grow(branches, &mut Vec::new(), None);
        directory.compute(branches, None);
        directory
    }

    /// The entry of a slot.
    pub(super) fn entry(&self, slot: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(slot).ok()?)
    }

    /// The slot of a linkId.
    pub(super) fn slot(&self, link: &str) -> Option<u32> {
        self.links.get(link).copied()
    }

    /// What may be named in a repeating group, or outside all of them.
    pub(super) fn scope(&self, group: Option<u32>) -> Scope<'_> {
        Scope { directory: self, group }
    }

    fn add(&mut self, entry: Entry) -> u32 {
        let slot = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let name = entry.name.join(".");
        if !entry.points.is_empty() {
            self.names.entry(format!("{name}.分")).or_insert((slot, Part::Score));
        }
        self.names.entry(name).or_insert((slot, Part::Value));
        if let Some(link) = entry.links.last() {
            self.links.entry(link.clone()).or_insert(slot);
        }
        self.entries.push(entry);
        slot
    }

    fn grow(&mut self, branches: &[Branch], above: &mut Vec<String>, group: Option<u32>) {
        for branch in branches {
            let item = &branch.item;
            above.push(branch.link.clone());
            let mut name = group.and_then(|slot| self.entry(slot)).map_or_else(Vec::new, |g| g.name.clone());
            name.push(item.id.text.clone());
            let mut inner_group = group;
            match item.kind {
                ItemKind::Page | ItemKind::Note | ItemKind::Constraint => {}
                ItemKind::Grid => self.grid(branch, &name, above, group),
                _ => {
                    let slot = self.add(Entry {
                        item: item.kind,
                        group,
                        codes: codes(item),
                        points: points(item),
                        is_whole: is_whole(item),
                        ..Entry::new(name.clone(), above.clone(), kind(item))
                    });
                    if item.kind == ItemKind::Group {
                        inner_group = Some(slot);
                    }
                }
            }
            for option in item.options.iter().filter(|option| option.fill_in) {
                let mut name = name.clone();
                name.push(option.label.text.clone());
                self.add(Entry { group, ..Entry::new(name, Vec::new(), Kind::Text) });
            }
            let labels: Vec<String> = item
                .all("分级")
                .filter_map(|band| band.value.text.split_once("=>"))
                .map(|(_, label)| label.trim().to_owned())
                .collect();
            if !labels.is_empty() {
                name.push("级".to_owned());
                self.add(Entry { group, ..Entry::new(name, Vec::new(), Kind::Choice(labels)) });
            }
            self.grow(&branch.inner, above, inner_group);
            above.pop();
        }
    }

    fn grid(&mut self, branch: &Branch, name: &[String], above: &mut Vec<String>, group: Option<u32>) {
        let item = &branch.item;
        let labels = labels(item);
        let several = item.has(Flag::RowsMultiple);
        let mut rows = Vec::new();
        for (row, link) in item.rows.iter().zip(&branch.rows) {
            above.push(link.clone());
            let kind = if several { Kind::Set(labels.clone()) } else { Kind::Choice(labels.clone()) };
            let mut name = name.to_vec();
            name.push(row.id.text.clone());
            rows.push(self.add(Entry {
                item: if several { ItemKind::Multiple } else { ItemKind::Single },
                group,
                codes: codes(item),
                points: points(item),
                ..Entry::new(name, above.clone(), kind)
            }));
            above.pop();
        }
        if !points(item).is_empty() {
            let mut name = name.to_vec();
            name.push("分".to_owned());
            self.add(Entry {
                group,
                sum_of: rows,
                ..Entry::new(name, Vec::new(), Kind::Number { unit: None })
            });
        }
    }

    /// The types of computed values follow from their formulas.
    fn compute(&mut self, branches: &[Branch], group: Option<u32>) {
        for branch in branches {
            let slot = self.slot(&branch.link);
            if let (ItemKind::Computed, Some(slot), Some(formula)) =
                (branch.item.kind, slot, branch.item.first("公式"))
                && let Ok((_, kind)) = Expr::compute(&formula.value.text, &self.scope(group))
                && !matches!(kind, Kind::Number { .. })
                && let Some(entry) = usize::try_from(slot).ok().and_then(|slot| self.entries.get_mut(slot))
            {
                entry.kind = kind;
            }
            let inner = if branch.item.kind == ItemKind::Group { slot } else { group };
            self.compute(&branch.inner, inner);
        }
    }
}

impl Entry {
    fn new(name: Vec<String>, links: Vec<String>, kind: Kind) -> Self {
        Self {
            name,
            links,
            kind,
            item: ItemKind::Note,
            group: None,
            codes: Vec::new(),
            points: Vec::new(),
            sum_of: Vec::new(),
            is_whole: false,
        }
    }

    /// The labels it can have.
    pub(super) fn labels(&self) -> &[String] {
        match &self.kind {
            Kind::Choice(labels) | Kind::Set(labels) => labels,
            _ => &[],
        }
    }
}

/// What may be named at one place of a questionnaire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) directory: &'a Directory,
    pub(super) group: Option<u32>,
}

impl Scope<'_> {
    fn find(&self, name: &str) -> Option<(u32, Part)> {
        let inside = self
            .group
            .and_then(|slot| self.directory.entry(slot))
            .and_then(|group| self.directory.names.get(&format!("{}.{name}", group.name.join("."))).copied());
        inside.or_else(|| self.directory.names.get(name).copied())
    }
}

impl Vocabulary for Scope<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, part) = self.find(name)?;
        let entry = self.directory.entry(slot)?;
        let kind = match part {
            Part::Value => entry.kind.clone(),
            Part::Score => Kind::Score(entry.points.clone()),
        };
        let kind = match entry.group {
            Some(group) if self.group != Some(group) => Kind::Item { group, of: Box::new(kind) },
            _ => kind,
        };
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        self.directory.names.keys().cloned().collect()
    }
}

fn labels(item: &Item) -> Vec<String> {
    item.options.iter().map(|option| option.label.text.clone()).collect()
}

/// System and code of each option; the label stands for a code that is not given.
pub(super) fn codes(item: &Item) -> Vec<(Option<String>, String)> {
    let code = |option: &crate::form::draft::Choice| match &option.code {
        Some(code) => coding::system_code(&code.text),
        None => (None, option.label.text.clone()),
    };
    item.options.iter().map(code).collect()
}

/// Points of the options when at least one has some; an option without counts nothing.
fn points(item: &Item) -> Vec<f64> {
    if item.options.iter().all(|option| option.score.is_none()) {
        return Vec::new();
    }
    let score = |option: &crate::form::draft::Choice| option.score.as_ref()?.text.parse::<f64>().ok();
    item.options.iter().map(|option| score(option).unwrap_or(0.0)).collect()
}

fn kind(item: &Item) -> Kind {
    let unit = || item.first("单位").and_then(|property| coding::own_unit(&property.value.text));
    match item.kind {
        ItemKind::YesNo => Kind::Truth,
        ItemKind::Single => Kind::Choice(labels(item)),
        ItemKind::Multiple => Kind::Set(labels(item)),
        ItemKind::Text => Kind::Text,
        ItemKind::Date => Kind::Date,
        ItemKind::Duration => Kind::Number { unit: unit().or(Some("天")) },
        ItemKind::Group => Kind::Rows,
        _ => Kind::Number { unit: unit() },
    }
}

/// Whether a number is asked without decimals.
pub(super) fn is_whole(item: &Item) -> bool {
    item.first("小数").is_some_and(|property| property.value.text == "0")
}
