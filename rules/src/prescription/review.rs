//! Runs every rule over a prescription.

use std::borrow::Cow;

use super::{
    book::Book,
    facts::{Item, Sheet},
    finding::{Finding, Report},
    order::Prescription,
    pairs,
    rule::{Head, Rule},
    settings::Policy,
    terms::{self, FIRST, FORMS, LINE, LINES, PREGNANCIES, SEXES, STATES, TOXICITIES},
};
use crate::{
    expr::{Expr, Facts, Value},
    prescription::names::Unit,
    quality::{Level, Used},
};

/// What the rules find in a prescription. The same for any order of its lines, but for the positions told. The
/// policy must be one of this book's.
pub fn review(book: &Book, order: &Prescription, policy: &Policy) -> Report {
    let sheet = Sheet::of(book, order);
    let mut findings = Vec::new();
    for (rule, level) in book.rules.iter().zip(&policy.levels) {
        let Some(level) = *level else { continue };
        let writer = Writer { book, sheet: &sheet, rule, level };
        match &rule.head {
            Head::Line(expr) => {
                for (row, item) in sheet.items.iter().enumerate() {
                    let is_candidate = item.herb.map_or(!rule.is_limited, |id| rule.candidates[id.index()]);
                    let facts = sheet.line(row, rule.tables.limits.as_deref());
                    if is_candidate && rule.holds(&facts) {
                        findings.push(writer.of_line(item, expr, &facts));
                    }
                }
            }
            Head::Whole(expr) => {
                if rule.holds(&sheet) {
                    findings.push(writer.of_whole(expr));
                }
            }
            Head::Set(operator) => {
                if rule.concerns(&sheet) {
                    let hits = pairs::hits(book, &sheet, rule, *operator).into_iter();
                    findings.extend(hits.filter(|hit| writer.is_asked(hit)).map(|hit| writer.of_hit(hit)));
                }
            }
        }
    }
    findings.sort();
    Report { release: book.release.clone(), findings }
}

struct Writer<'a> {
    book: &'a Book,
    sheet: &'a Sheet<'a>,
    rule: &'a Rule,
    level: Level,
}

impl<'a> Writer<'a> {
    fn of_line<F: Facts>(&self, item: &Item<'_>, expr: &Expr, facts: &F) -> Finding {
        let rows = item.herb.map(|id| self.book.herbs[id.index()].key.clone()).into_iter().collect();
        let source = item.herb.map(|id| self.book.herbs[id.index()].source.as_str());
        let mut finding = self.finding(&[item], rows, "", facts);
        finding.facts = self.used(expr, facts);
        if let Some(source) = source.filter(|source| !source.is_empty()) {
            finding.source = format!("{}；{source}", finding.source);
        }
        finding
    }

    fn of_whole(&self, expr: &Expr) -> Finding {
        let mut finding = self.finding(&[], Vec::new(), "", self.sheet);
        finding.facts = self.used(expr, self.sheet);
        finding
    }

    /// Whether one of the pieces is among those the rule is limited to.
    fn is_asked(&self, hit: &pairs::Hit) -> bool {
        let herbs = hit.items.iter().filter_map(|at| self.sheet.items[*at].herb);
        !self.rule.is_limited || herbs.into_iter().any(|id| self.rule.candidates[id.index()])
    }

    fn of_hit(&self, hit: pairs::Hit) -> Finding {
        let mut items: Vec<&Item<'_>> = hit.items.iter().map(|at| &self.sheet.items[*at]).collect();
        items.sort_by_key(|item| (item.herb, item.written, item.dose_mg, item.line));
        let first =
            hit.items.iter().copied().find(|at| std::ptr::eq(&raw const self.sheet.items[*at], items[0]));
        let facts = self.sheet.line(first.unwrap_or(0), None);
        let mut finding = self.finding(&items, hit.rows, &hit.told, &facts);
        finding.facts = items
            .iter()
            .map(|item| Used {
                name: self.name(item).into_owned(),
                value: format!(
                    "{}{}",
                    item.written,
                    item.dose_mg.map_or_else(String::new, |dose| format!(" {}g", f64::from(dose) / 1000.0))
                ),
            })
            .collect();
        if let Some(source) = hit.source {
            finding.source = format!("{}；{source}", finding.source);
        }
        finding
    }

    fn finding<F: Facts + ?Sized>(
        &self,
        items: &[&Item<'_>],
        rows: Vec<String>,
        told: &str,
        facts: &F,
    ) -> Finding {
        let mut herbs: Vec<String> = items.iter().map(|item| self.name(item).into_owned()).collect();
        herbs.dedup();
        let mut lines: Vec<usize> = items.iter().map(|item| item.line).collect();
        lines.sort_unstable();
        lines.dedup();
        let write = |text: &str| {
            quoted(text, |name| match name {
                "药" => {
                    let mut names: Vec<Cow<'_, str>> = items.iter().map(|item| self.called(item)).collect();
                    names.dedup();
                    Cow::Owned(names.join("、"))
                }
                "候选" => {
                    let ids = items.iter().flat_map(|item| item.candidates);
                    let names: Vec<&str> = ids.map(|id| self.book.herbs[id.index()].name.as_str()).collect();
                    Cow::Owned(names.join("、"))
                }
                "说明" => Cow::Borrowed(told),
                name => terms::slot(name)
                    .map_or(Cow::Borrowed(""), |slot| Cow::Owned(self.shown(slot, facts.value(slot)))),
            })
        };
        let rule = self.rule;
        Finding {
            level: self.level,
            rule: rule.id.clone(),
            rows,
            herbs,
            name: rule.name.clone(),
            category: rule.category,
            status: rule.status,
            release: self.book.release.clone(),
            message: write(&rule.message),
            remedy: write(&rule.remedy),
            facts: Vec::new(),
            source: rule.source.clone(),
            comment: rule.comment.clone(),
            can_sign: rule.can_sign,
            lines,
        }
    }

    /// Its name in the graph, or as written.
    fn name(&self, item: &Item<'_>) -> Cow<'a, str> {
        match item.herb {
            Some(id) => Cow::Borrowed(&self.book.herbs[id.index()].name),
            None => Cow::Owned(item.written.to_owned()),
        }
    }

    /// As written, with its name in the graph where that is another.
    fn called(&self, item: &Item<'_>) -> Cow<'a, str> {
        match item.herb.map(|id| self.book.herbs[id.index()].name.as_str()) {
            Some(name) if name != item.written => Cow::Owned(format!("{}（{name}）", item.written)),
            _ => self.name(item),
        }
    }

    fn used<F: Facts + ?Sized>(&self, expr: &Expr, facts: &F) -> Vec<Used> {
        let is_line = matches!(self.rule.head, Head::Line(_));
        let slots = expr.reasons(facts).into_iter().filter(|slot| is_line || *slot < FIRST);
        slots
            .map(|slot| Used {
                name: terms::name(slot),
                value: if slot == LINES {
                    format!("{} 味", self.sheet.items.len())
                } else {
                    self.shown(slot, facts.value(slot))
                },
            })
            .collect()
    }

    fn shown(&self, slot: u32, value: Value<'_>) -> String {
        let labels = &self.book.labels;
        let item = slot.checked_sub(FIRST).and_then(|at| LINE.get(at as usize)).copied();
        match value {
            Value::Unknown => "未填".to_owned(),
            Value::Truth(true) => "是".to_owned(),
            Value::Truth(false) => "否".to_owned(),
            Value::Number(number) => {
                let unit = match (item, slot) {
                    (Some(_), _) | (None, 7) => "g",
                    (None, 0) => "岁",
                    (None, 1) => "月",
                    (None, 13 | 14) => "天",
                    _ => "",
                };
                format!("{number}{unit}")
            }
            Value::Choice(label) => {
                let words: &[&str] = match (item, slot) {
                    (Some("品名"), _) => {
                        return labels.herbs.get(usize::from(label)).cloned().unwrap_or_default();
                    }
                    (Some("毒性"), _) => &TOXICITIES,
                    (Some("孕妇"), _) => &PREGNANCIES,
                    (Some("名称"), _) => &STATES,
                    (Some("单位"), _) => &Unit::LABELS,
                    (None, 2) => &SEXES,
                    _ => &FORMS,
                };
                words.get(usize::from(label)).map_or_else(String::new, |word| (*word).to_owned())
            }
            Value::Set(bits) => {
                let has = |at: usize| bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
                let words: Vec<&str> = match item {
                    Some("家族") => labels.families.iter().map(String::as_str).collect(),
                    Some("注意") => labels.cautions.iter().map(String::as_str).collect(),
                    _ => kb::herb::Method::NAMES.iter().map(|(name, _)| *name).collect(),
                };
                let chosen: Vec<&str> =
                    words.iter().enumerate().filter(|(at, _)| has(*at)).map(|(_, word)| *word).collect();
                if chosen.is_empty() { "无".to_owned() } else { chosen.join("、") }
            }
            Value::Text(text) => text.to_owned(),
            Value::Date(days) => days.to_string(),
        }
    }
}

/// A text with its quotes `{…}` written out.
fn quoted<'t>(text: &'t str, value: impl Fn(&'t str) -> Cow<'t, str>) -> String {
    let (mut written, mut rest) = (String::with_capacity(text.len() * 2), text);
    while let Some((before, after)) = rest.split_once('{') {
        written.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        written.push_str(&value(name));
        rest = after;
    }
    written.push_str(rest);
    written
}
