//! All rules with what they need of the graph.

use std::collections::BTreeMap;

use kb::{
    Fault, Kb, Severity,
    herb::{Herb, HerbId, Pregnancy, Toxicity},
};

use super::{
    example,
    names::{Names, bit},
    pairs::Verses,
    read::fault,
    review::review,
    rule::Rule,
    settings::{Policy, Settings},
    terms::Labels,
};
use crate::quality::Status;

/// What rules ask of a piece; what the graph is in doubt of is left out.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) label: u16,
    /// What it is processed from in the end, or itself.
    pub(super) root: HerbId,
    pub(super) min_mg: Option<u32>,
    pub(super) max_mg: Option<u32>,
    pub(super) toxicity: Option<u16>,
    pub(super) pregnancy: Option<u16>,
    pub(super) methods: [u64; 1],
    pub(super) families: Vec<u64>,
    pub(super) cautions: Vec<u64>,
    pub(super) source: String,
}

/// Compiled rules over one release of the graph.
#[derive(Debug, Clone)]
pub struct Book {
    pub(super) release: String,
    pub(super) rules: Vec<Rule>,
    pub(super) names: Names,
    pub(super) herbs: Vec<Known>,
    pub(super) verses: Verses,
    pub(super) labels: Labels,
    warnings: Vec<Fault>,
}

impl Book {
    /// Compiles rules (file name, text) and tries each on its examples. Refused with every finding of all files.
    pub fn compile(kb: &Kb, files: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (labels, mut faults, mut rules) = (Labels::of(kb), Vec::new(), Vec::new());
        for (file, text) in files {
            rules.extend(Rule::compile(kb, &labels, file, text, &mut faults));
        }
        rules.sort_by(|a: &Rule, b| (&a.id, &a.file).cmp(&(&b.id, &b.file)));
        for pair in rules.windows(2).filter(|pair| pair[0].id == pair[1].id) {
            let message = format!("编号“{}”已经在 {} 用过", pair[1].id, pair[0].file);
            faults.push(fault(&pair[1].file, (1, 1), "RX006", message).with_hint("换一个编号"));
        }
        let herbs: Vec<Known> = kb.herbs().iter().map(|herb| known(kb, &labels, herb)).collect();
        let mut combined = BTreeMap::new();
        for rule in &mut rules {
            rule.narrow(&herbs);
            combined.extend(rule.tables.combined.clone());
        }
        let mut book = Self {
            release: kb.release.clone(),
            names: Names::of(kb, &combined),
            verses: Verses::of(kb),
            rules,
            herbs,
            labels,
            warnings: Vec::new(),
        };
        if faults.is_empty() {
            book.try_examples(&mut faults);
        }
        faults.sort();
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            return Err(faults);
        }
        book.warnings = faults;
        Ok(book)
    }

    /// The rules, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The release of the knowledge it was compiled from.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// What an editor should look at.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// Only the published rules.
    #[must_use]
    pub fn published(mut self) -> Self {
        self.rules.retain(|rule| rule.status == Status::Published);
        self
    }

    fn try_examples(&self, faults: &mut Vec<Fault>) {
        let policy = Policy::of(self, &Settings::default(), None);
        for rule in self.rules.iter().filter(|rule| rule.status != Status::Retired) {
            for sample in &rule.samples {
                let (part, place) = (&sample.part, (sample.part.line, sample.part.column));
                let order = match example::read(&part.text) {
                    Ok(order) => order,
                    Err((before, message)) => {
                        let place = (part.line, part.column + before);
                        faults.push(fault(&rule.file, place, "RX011", message));
                        continue;
                    }
                };
                let report = review(self, &order, &policy);
                let hits = report.findings.iter().any(|finding| finding.rule == rule.id);
                if hits != sample.hits {
                    let message = if hits {
                        "这个例子不应命中，却命中了"
                    } else {
                        "这个例子应当命中，却没有命中"
                    };
                    let all: Vec<&str> =
                        report.findings.iter().map(|finding| finding.rule.as_str()).collect();
                    let found = fault(&rule.file, place, "RX009", message);
                    faults.push(found.with_witness(format!("命中的规则：{}", all.join("、"))));
                }
            }
            for (hits, title) in [(true, "命中"), (false, "不命中")] {
                if rule.samples.iter().all(|sample| sample.hits != hits) {
                    let message = format!("规则“{}”没有“{title}”的例子", rule.id);
                    let found = match rule.status {
                        Status::Published => Fault::error(&rule.file, rule.line, "RX010", message),
                        _ => Fault::warning(&rule.file, rule.line, "RX010", message),
                    };
                    faults.push(
                        found.with_hint(format!("写一节 ## {title}，例如 - 方 = 附子 10g 先煎、半夏 9g")),
                    );
                }
            }
        }
    }
}

fn known(kb: &Kb, labels: &Labels, herb: &Herb) -> Known {
    let mut root = herb.id;
    for _ in kb.herbs() {
        let Some(raw) = kb.herb(root).processed_of else { break };
        root = raw;
    }
    let toxicity = match herb.toxicity {
        Some(stated) => stated.is_verified.then_some(match stated.value {
            Toxicity::Slight => 1,
            Toxicity::Toxic => 2,
            Toxicity::Severe => 3,
        }),
        None => (!herb.is_open("jy:toxicity")).then_some(0),
    };
    let pregnancy = match herb.pregnancy {
        Some(stated) => stated.is_verified.then_some(match stated.value {
            Pregnancy::Caution => 1,
            Pregnancy::Avoid => 2,
            Pregnancy::Forbidden => 3,
        }),
        None => (!herb.is_open("jy:pregnancy")).then_some(0),
    };
    let noted = herb.methods.iter().filter(|method| method.is_verified);
    let cautions = herb
        .cautions
        .iter()
        .filter(|caution| caution.is_verified)
        .filter_map(|caution| labels.cautions.iter().position(|label| *label == caution.value.when));
    Known {
        key: herb.key.clone(),
        name: herb.label.clone(),
        label: u16::try_from(herb.id.index()).unwrap_or(u16::MAX),
        root,
        min_mg: herb.dose_min_mg.filter(|stated| stated.is_verified).map(|stated| stated.value),
        max_mg: herb.dose_max_mg.filter(|stated| stated.is_verified).map(|stated| stated.value),
        toxicity,
        pregnancy,
        methods: [noted.fold(0, |bits, method| bits | bit(method.value))],
        families: bits(
            labels.families.len(),
            herb.groups.iter().filter(|group| group.is_verified).map(|group| group.value),
        ),
        cautions: bits(labels.cautions.len(), cautions),
        source: kb.source_label(&herb.source).unwrap_or(&herb.source).to_owned(),
    }
}

fn bits(size: usize, positions: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut words = vec![0u64; size.div_ceil(64)];
    for position in positions {
        words[position / 64] |= 1 << (position % 64);
    }
    words
}
