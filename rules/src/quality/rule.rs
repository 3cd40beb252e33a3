//! One rule: compiled, tried on its examples.

use kb::Fault;

use super::{
    compile,
    conditions::{Clause, Conditions},
    example::Example,
    grade::{Category, Level, Point, Status},
    message::Message,
    mutant,
    read::{self, Expected, fault},
    schema::Schema,
};
use crate::expr::{Expr, Truth};

/// A compiled rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique among rules; letters, digits and `-`.
    pub id: String,
    /// For people.
    pub name: String,
    /// What kind of defect it finds.
    pub category: Category,
    /// How grave a finding is.
    pub level: Level,
    /// The section or name a finding points to.
    pub place: String,
    /// Who says so.
    pub source: String,
    /// How far it has come.
    pub status: Status,
    /// When it looks.
    pub points: Vec<Point>,
    /// The file it stands in.
    pub file: String,
    /// The line of its `规则` block.
    pub line: u32,
    pub(super) message: Message,
    pub(super) suggestion: Message,
    pub(super) conditions: Conditions,
    pub(super) examples: Vec<Example>,
}

impl Rule {
    /// Compiles a page and tries it on its examples. Refused with every finding; the warnings otherwise.
    pub fn compile(file: &str, text: &str, schema: &Schema) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let mut faults = Vec::new();
        let parts = read::parts(file, text, &mut faults);
        match compile::rule(file, schema, &parts, &mut faults) {
            Some(rule) if read::clean(&faults) => {
                faults.extend(rule.check_examples(schema));
                if read::clean(&faults) { Ok((rule, faults)) } else { Err(faults) }
            }
            _ => Err(faults),
        }
    }

    /// Tries the rule on its examples: `QC009` one that turns out otherwise, `QC010` none of a kind (an error once
    /// the rule is published, a warning before).
    pub fn check_examples(&self, schema: &Schema) -> Vec<Fault> {
        let mut faults = Vec::new();
        for example in &self.examples {
            let sheet = example.sheet(schema);
            let verdict = self.conditions.verdict(&sheet);
            if noticed(example.expected, verdict) {
                let message = match (example.expected, verdict) {
                    (Expected::Hit, Truth::Unknown) => "这个例子应当命中，却因缺少事实没有评".to_owned(),
                    (Expected::Hit, _) => "这个例子应当命中，却没有命中".to_owned(),
                    (Expected::Miss, _) => "这个例子不应命中，却命中了".to_owned(),
                    (Expected::Open, _) => "这个例子应当未评，却有了结论".to_owned(),
                };
                let names = |slots: Vec<u32>| {
                    let names =
                        slots.iter().filter_map(|slot| schema.field(*slot)).map(|field| field.name.as_str());
                    names.collect::<Vec<_>>().join("、")
                };
                let mut found = fault(&self.file, example.line, example.column, "QC009", message);
                if verdict == Truth::Unknown {
                    found = found.with_hint(format!("补上 {}", names(self.conditions.missing(&sheet))));
                } else if verdict == Truth::Yes {
                    found = found.with_witness(format!("因为 {}", names(self.conditions.reasons(&sheet))));
                }
                faults.push(found);
            }
        }
        for (expected, title) in [(Expected::Hit, "命中"), (Expected::Miss, "不命中")] {
            if self.examples.iter().all(|example| example.expected != expected) {
                let message = format!("规则“{}”没有“{title}”的例子", self.id);
                let hint = format!("写一节 ## {title}，每条列出事实，例如 - 年龄 = 30岁; 发热 = 是");
                let found = match self.status {
                    Status::Published => Fault::error(&self.file, self.line, "QC010", message),
                    _ => Fault::warning(&self.file, self.line, "QC010", message),
                };
                faults.push(found.with_hint(hint));
            }
        }
        faults
    }

    /// Changes of the conditions that no example notices (`QC013`, warnings).
    pub fn mutants(&self, schema: &Schema) -> Vec<Fault> {
        let mut faults = Vec::new();
        for index in 0..4 {
            let Some(clause) = self.conditions.clone().place(index).clone() else { continue };
            for mutant in mutant::mutants(&clause.part.text, index != 1) {
                let mut changed = self.conditions.clone();
                *changed.place(index) = match &mutant.text {
                    None => None,
                    Some(text) => match Expr::compile(text, schema) {
                        Ok(expr) => Some(Clause { expr, part: clause.part.clone() }),
                        Err(_) => continue,
                    },
                };
                let seen =
                    |example: &Example| noticed(example.expected, changed.verdict(&example.sheet(schema)));
                if !self.examples.iter().any(seen) {
                    let (line, column) = clause.part.place(mutant.at);
                    let change = if mutant.dropped { "去掉" } else { "反过来" };
                    let message = format!("“{}”{change}，没有一个例子看得出来", mutant.part);
                    let hint = "加一个只有这一处不同的例子".to_owned();
                    let warning = Fault::warning(&self.file, line, "QC013", message);
                    faults.push(warning.at_column(column).with_hint(hint));
                }
            }
        }
        faults
    }

    /// What tells the rule from others: its conditions and where it points.
    pub(super) fn spelling(&self) -> String {
        self.conditions.spelling()
    }
}

/// Whether a verdict is another than expected.
fn noticed(expected: Expected, verdict: Truth) -> bool {
    match expected {
        Expected::Hit => verdict != Truth::Yes,
        Expected::Miss => verdict == Truth::Yes,
        Expected::Open => verdict != Truth::Unknown,
    }
}
