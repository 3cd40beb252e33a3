//! What can be said without a solver: bounds of answers that do not fit together, things written twice or not at
//! all.

use regex_syntax::hir::{Hir, HirKind};

use super::Prover;
use super::world::title;
use crate::expr::Kind;
use crate::form::record::{Piece, Template};
use crate::form::slots::{Band, Bound, Cell, Domain, Initial, Unit, UnitKind};

impl Prover<'_> {
    /// A form and its pages ask something.
    pub(super) fn empty(&mut self) {
        let asks = |unit: &Unit| unit.is_question();
        if !self.plan.units.iter().any(asks) {
            let place = self.plan.units.first().map_or_else(first_line, |unit| unit.place);
            let (message, witness) = ("这份问卷没有一道题", "没有可以回答的内容");
            self.error(
                place,
                "FP024",
                message.to_owned(),
                witness.to_owned(),
                "至少写一道题，或删掉这份问卷",
            );
            return;
        }
        let empty: Vec<&Unit> = (0..)
            .zip(&self.plan.units)
            .filter(|(index, unit)| unit.is_page() && unit.last == *index)
            .map(|(_, unit)| unit)
            .collect();
        for unit in empty {
            let message = format!("{}里什么也没有，患者会看到一张空页", title(unit));
            self.error(
                unit.place,
                "FP024",
                message,
                "这一页没有题，也没有说明".to_owned(),
                "写上题或说明，或删掉这一页",
            );
        }
    }

    /// What a question lets people answer.
    pub(super) fn limits(&mut self, slot: u32, unit: &Unit) {
        let Some(domain) = self.plan.domain(slot) else { return };
        let kind = &self.plan.slot(slot).kind;
        if let Some(reason) = domain.initial.as_ref().and_then(|initial| unfit(initial, domain)) {
            let message = format!("{}的初值不在这一题允许的回答里", title(unit));
            self.error(
                domain.place("初值").unwrap_or(unit.place),
                "FP021",
                message,
                reason,
                "把初值改到允许的范围里，或放宽范围",
            );
        }
        if !matches!(unit.kind, UnitKind::Row) {
            self.alone(kind, domain, unit);
        }
        if let Some(format) = &domain.format
            && let Some((least, most)) = lengths(format.as_str())
            && (most.is_some_and(|most| most < domain.count.0)
                || domain.count.1.is_some_and(|longest| least > longest))
        {
            let fits = match most {
                Some(most) if most == least => format!("正好 {least} 个字"),
                Some(most) => format!("{least} 到 {most} 个字"),
                None => format!("至少 {least} 个字"),
            };
            let message = format!("{}的格式和长度对不上，怎么填都不行", title(unit));
            let witness = format!("格式要{fits}，长度是 {}", count(domain.count));
            self.error(
                domain.place("格式").unwrap_or(unit.place),
                "FP023",
                message,
                witness,
                "改格式或长度，让两者都做得到",
            );
        }
    }

    /// Options that are chosen alone, and how many may be chosen.
    fn alone(&mut self, kind: &Kind, domain: &Domain, unit: &Unit) {
        let together = domain.options.iter().filter(|option| !option.exclusive).count();
        let Some(first) = domain.options.iter().find(|option| option.exclusive) else { return };
        match kind {
            Kind::Choice(_) => {
                let message = format!("{}是单选，选项“{}”不用写独占", title(unit), first.label);
                let witness = "单选本来就只能选一个".to_owned();
                self.warning(first.place, "FP022", message, witness, "删掉独占，或改成多选");
            }
            Kind::Set(_) if together == 0 => {
                let message = format!("{}的选项全是独占，其实只能选一个", title(unit));
                self.warning(unit.place, "FP022", message, "每个选项都排斥其他选项".to_owned(), "改成单选");
            }
            Kind::Set(_) if domain.count.0.max(domain.count.1.unwrap_or(0)) > together => {
                let message = format!(
                    "{}的个数写 {}，能一起选的却只有 {together} 个",
                    title(unit),
                    count(domain.count)
                );
                let witness = format!("独占的选项（如“{}”）不能和别的一起选", first.label);
                self.warning(
                    domain.place("个数").unwrap_or(unit.place),
                    "FP022",
                    message,
                    witness,
                    "按能一起选的选项改个数",
                );
            }
            _ => {}
        }
    }

    /// The same line twice for one answer.
    pub(super) fn repeated(&mut self, unit: &Unit) {
        for (index, line) in unit.lines.iter().enumerate() {
            let same = unit.lines[..index].iter().find(|other| {
                other.section == line.section
                    && other.text.plain() == line.text.plain()
                    && other.guard.as_ref().map(|guard| &guard.expr)
                        == line.guard.as_ref().map(|guard| &guard.expr)
            });
            if let Some(other) = same {
                let message = format!("{}的{}同一句写了两遍，病历里会重复", title(unit), line.section);
                let witness = format!("第 {} 行已经写过“{}”", other.place.line, line.text.plain());
                self.warning(line.place, "FP025", message, witness, "删掉其中一句");
            }
        }
    }

    /// Neighbouring bands of one name.
    pub(super) fn same_bands(&mut self, of: u32, bands: &[Band]) {
        for pair in bands.windows(2) {
            let [a, b] = pair else { continue };
            if a.label == b.label && a.range.1.is_some() && b.range.0.is_some() {
                let name = self.plan.slot(of).path.clone();
                let message = format!("“{name}”相邻的两级名字一样");
                let witness = format!("第 {} 行和这一行说的是同一级", a.place.line);
                self.warning(b.place, "FP025", message, witness, "并成一级，或给其中一级换个名字");
            }
        }
    }
}

fn first_line() -> crate::form::draft::Place {
    crate::form::draft::Place { line: 1, column: 1 }
}

fn count((least, most): (usize, Option<usize>)) -> String {
    match most {
        Some(most) if most == least => format!("{least}"),
        Some(most) => format!("{least}~{most}"),
        None => format!("{least}~"),
    }
}

/// Why an initial value could not be given as an answer.
fn unfit(initial: &Initial, domain: &Domain) -> Option<String> {
    let outside = |number: f64, written: &dyn Fn(f64) -> String| match domain.range {
        (Some(Bound::Fixed(low)), _) if number < low => {
            Some(format!("{} 小于 {}", written(number), written(low)))
        }
        (_, Some(Bound::Fixed(high))) if number > high => {
            Some(format!("{} 大于 {}", written(number), written(high)))
        }
        _ => None,
    };
    match initial {
        Initial::Value(Cell::Number(number)) => outside(*number, &|number| number.to_string()),
        Initial::Value(Cell::Date(day)) => outside(f64::from(*day), &crate::solve::date),
        Initial::Value(cell @ Cell::Set(_)) => {
            let chosen = cell.chosen();
            let alone =
                (0..).zip(&domain.options).find(|(index, option)| option.exclusive && cell.chooses(*index));
            match alone {
                Some((_, option)) if chosen > 1 => {
                    Some(format!("“{}”是独占的，不能和别的一起选", option.label))
                }
                None if chosen < domain.count.0 || domain.count.1.is_some_and(|most| chosen > most) => {
                    Some(format!("选了 {chosen} 个，个数是 {}", count(domain.count)))
                }
                _ => None,
            }
        }
        Initial::Text(text) => {
            let text = fixed(text)?;
            let length = text.chars().count();
            if length < domain.count.0 || domain.count.1.is_some_and(|most| length > most) {
                return Some(format!("{length} 个字，长度是 {}", count(domain.count)));
            }
            let format = domain.format.as_ref().filter(|format| !format.is_match(&text))?;
            Some(format!("不符合格式 {}", format.as_str()))
        }
        _ => None,
    }
}

/// A text without quotes.
fn fixed(text: &Template) -> Option<String> {
    let piece = |piece: &Piece| if let Piece::Text(text) = piece { Some(text.clone()) } else { None };
    text.pieces.iter().map(piece).collect()
}

/// Fewest and most characters a pattern matches; most is none when there is no limit.
fn lengths(pattern: &str) -> Option<(usize, Option<usize>)> {
    regex_syntax::parse(pattern).ok().map(|hir| length(&hir))
}

fn length(hir: &Hir) -> (usize, Option<usize>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (0, Some(0)),
        HirKind::Literal(literal) => {
            let count = String::from_utf8_lossy(&literal.0).chars().count();
            (count, Some(count))
        }
        HirKind::Class(_) => (1, Some(1)),
        HirKind::Capture(capture) => length(&capture.sub),
        HirKind::Repetition(repetition) => {
            let (least, most) = length(&repetition.sub);
            let times = |n: u32, count: usize| count.saturating_mul(n as usize);
            let top = repetition.max.zip(most).map(|(max, most)| times(max, most));
            (times(repetition.min, least), if most == Some(0) { Some(0) } else { top })
        }
        HirKind::Concat(parts) => parts.iter().map(length).fold((0, Some(0)), |(a, b), (least, most)| {
            (a.saturating_add(least), b.zip(most).map(|(b, most)| b.saturating_add(most)))
        }),
        HirKind::Alternation(parts) => parts
            .iter()
            .map(length)
            .reduce(|(a, b), (least, most)| (a.min(least), b.zip(most).map(|(b, most)| b.max(most))))
            .unwrap_or((0, Some(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_lengths() {
        assert_eq!(lengths("^(?:[0-9]{11})$"), Some((11, Some(11))));
        assert_eq!(lengths("1[3-9]\\d+"), Some((3, None)));
        assert_eq!(lengths("甲|乙丙?|"), Some((0, Some(2))));
        assert_eq!(lengths("("), None);
    }
}
