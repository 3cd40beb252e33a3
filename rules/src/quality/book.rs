//! All rules together, and what they find in a record.

use std::collections::BTreeMap;

use kb::Fault;
use serde::Serialize;

use super::{
    example::Example,
    grade::{Category, Level, Point, Status},
    read::{self, Expected, Part},
    rule::Rule,
    schema::{Origin, Schema},
    sheet::{Sheet, shown},
};
use crate::expr::{Facts, Truth, Value};

/// Scores that models give texts; implemented by the caller.
pub trait Scores {
    /// The score from 0 to 1; none when there is no such model or it can't say.
    fn score(&self, model: &str, text: &str) -> Option<f64>;
}

/// No models.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoScores;

impl Scores for NoScores {
    fn score(&self, _: &str, _: &str) -> Option<f64> {
        None
    }
}

/// A fact with its value, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// Its value; `未填` when unknown.
    pub value: String,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the rule.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// What kind of defect.
    pub category: Category,
    /// How grave.
    pub level: Level,
    /// How far the rule has come; a draft's finding is shown as not reviewed.
    pub status: Status,
    /// For the reader, facts quoted.
    pub message: String,
    /// The section or name it points to.
    pub place: String,
    /// The facts that made it.
    pub facts: Vec<Used>,
    /// Who says so.
    pub source: String,
    /// What to do; may be empty.
    pub suggestion: String,
}

/// A rule that could not judge (未评): what it would have to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsettled {
    /// The id of the rule.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// The unknown facts that decide.
    pub missing: Vec<String>,
}

/// Compiled rules over one schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Book {
    schema: Schema,
    rules: Vec<Rule>,
    warnings: Vec<Fault>,
}

impl Book {
    /// Compiles rules (file name, text) and tries each on its examples. Refused with every finding of all files.
    pub fn compile(schema: Schema, files: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut rules, mut faults) = (Vec::new(), Vec::new());
        for (file, text) in files {
            match Rule::compile(file, text, &schema) {
                Ok((rule, warnings)) => {
                    faults.extend(warnings);
                    rules.push(rule);
                }
                Err(found) => faults.extend(found),
            }
        }
        rules.sort_by(|a: &Rule, b| (&a.id, &a.file).cmp(&(&b.id, &b.file)));
        faults.extend(repeated(&rules));
        faults.sort();
        if read::clean(&faults) { Ok(Self { schema, rules, warnings: faults }) } else { Err(faults) }
    }

    /// The rules, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What an editor should look at.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The names rules use.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// An empty record to fill.
    pub fn sheet(&self) -> Sheet<'_> {
        Sheet::new(&self.schema)
    }

    /// A record filled as in an example: `年龄 = 30岁; 主诉.文 = "头痛3天"`.
    pub fn filled(&self, text: &str) -> Result<Sheet<'_>, Vec<Fault>> {
        let part = Part { text: text.to_owned(), line: 1, column: 1 };
        let mut faults = Vec::new();
        let example = Example::read("", Expected::Hit, &part, &self.schema, &mut faults);
        if faults.is_empty() { Ok(example.sheet(&self.schema)) } else { Err(faults) }
    }

    /// Only the published rules.
    #[must_use]
    pub fn published(mut self) -> Self {
        self.rules.retain(|rule| rule.status == Status::Published);
        self
    }

    /// What the rules of a point find in a record: the gravest first, then in the order of the record, then by id.
    /// Retired rules do not run. The sheet must be one of this book's.
    pub fn run(&self, point: Point, sheet: &Sheet<'_>, scores: &dyn Scores) -> Vec<Finding> {
        let facts = self.scored(point, sheet, scores);
        let mut found: Vec<&Rule> =
            self.at(point).filter(|rule| rule.conditions.verdict(&facts) == Truth::Yes).collect();
        found.sort_by_key(|rule| (rule.level, self.schema.place(&rule.place), &rule.id));
        found.into_iter().map(|rule| self.finding(rule, &facts)).collect()
    }

    /// The rules of a point that could not judge, by id.
    pub fn unsettled(&self, point: Point, sheet: &Sheet<'_>, scores: &dyn Scores) -> Vec<Unsettled> {
        let facts = self.scored(point, sheet, scores);
        let open = self.at(point).filter(|rule| rule.conditions.verdict(&facts) == Truth::Unknown);
        let named = |slots: Vec<u32>| {
            slots.into_iter().filter_map(|slot| Some(self.schema.field(slot)?.name.clone()))
        };
        open.map(|rule| Unsettled {
            rule: rule.id.clone(),
            name: rule.name.clone(),
            missing: named(rule.conditions.missing(&facts)).collect(),
        })
        .collect()
    }

    /// Changes of conditions that no example notices (`QC013`, warnings).
    pub fn mutants(&self) -> Vec<Fault> {
        self.rules.iter().flat_map(|rule| rule.mutants(&self.schema)).collect()
    }

    fn at(&self, point: Point) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.status != Status::Retired && rule.points.contains(&point))
    }

    fn finding(&self, rule: &Rule, facts: &Scored<'_>) -> Finding {
        let used = rule.conditions.reasons(facts).into_iter().filter_map(|slot| {
            let name = self.schema.field(slot)?.name.clone();
            Some(Used { name, value: shown(&self.schema, facts, slot) })
        });
        Finding {
            rule: rule.id.clone(),
            name: rule.name.clone(),
            category: rule.category,
            level: rule.level,
            status: rule.status,
            message: rule.message.text(&self.schema, facts),
            place: rule.place.clone(),
            facts: used.collect(),
            source: rule.source.clone(),
            suggestion: rule.suggestion.text(&self.schema, facts),
        }
    }

    /// The record with the scores the rules of a point read, each asked for once.
    fn scored<'a>(&self, point: Point, sheet: &'a Sheet<'a>, scores: &dyn Scores) -> Scored<'a> {
        let mut given = BTreeMap::new();
        for slot in self.at(point).flat_map(|rule| rule.conditions.slots()) {
            let Some(field) = self.schema.field(slot) else { continue };
            let Origin::Model(reads) = field.origin else { continue };
            if given.contains_key(&slot) || sheet.value(slot) != Value::Unknown {
                continue;
            }
            let Value::Text(text) = sheet.value(reads) else { continue };
            let model = field.name.strip_prefix("模型.").unwrap_or(&field.name);
            if let Some(score) = scores.score(model, text).filter(|score| score.is_finite()) {
                given.insert(slot, score);
            }
        }
        Scored { sheet, scores: given }
    }
}

struct Scored<'a> {
    sheet: &'a Sheet<'a>,
    scores: BTreeMap<u32, f64>,
}

impl Facts for Scored<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        self.scores.get(&slot).map_or_else(|| self.sheet.value(slot), |score| Value::Number(*score))
    }

    fn rows(&self, group: u32) -> usize {
        self.sheet.rows(group)
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        self.sheet.item(slot, row)
    }
}

/// `QC006` an id twice, `QC012` the same conditions twice.
fn repeated(rules: &[Rule]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for pair in rules.windows(2) {
        if let [first, second] = pair
            && first.id == second.id
        {
            let message = format!("编号“{}”已经在 {} 用过", second.id, first.file);
            faults.push(Fault::error(&second.file, 1, "QC006", message).with_hint("换一个编号"));
        }
    }
    let mut spelt: BTreeMap<String, &Rule> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.status != Status::Retired) {
        match spelt.get(&rule.spelling()) {
            Some(first) => {
                let message = format!("条件和规则“{}”（{}）一样，会提示两次", first.id, first.file);
                faults.push(Fault::warning(&rule.file, rule.line, "QC012", message).with_hint("留一条"));
            }
            None => {
                spelt.insert(rule.spelling(), rule);
            }
        }
    }
    faults
}
