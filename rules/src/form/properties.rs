//! Second pass of the compiler: what the properties of items say, once all names are known.

use super::compile::Compiler;
use super::draft::{Choice, Draft, Item, Kind as ItemKind, Property, Written};
use super::graph::count;
use super::layout::Source;
use super::literal::{arrow, date, day_bound, ends, list, number, quoted};
use super::slots::{Bound, Cell, Check, Initial, Jump, Line, Role, UnitKind};
use crate::expr::{Kind, nearest};

/// Keys of record lines.
pub(super) const SECTIONS: [&str; 10] =
    ["主诉", "现病史", "既往史", "个人史", "婚育史", "家族史", "过敏史", "用药史", "月经史", "诊治经过"];

impl<'d> Compiler<'d> {
    pub(super) fn properties(&mut self, draft: &'d Draft) {
        for property in &draft.properties {
            match property.key.text.as_str() {
                "适用" => self.plan.applies = self.patient_guard(&property.value),
                "覆盖" => self.coverage(property),
                _ => {}
            }
        }
        self.formulas();
        for index in 0..self.plan.units.len() {
            match self.sources[index] {
                Source::Item(item) => self.item_properties(index, item),
                Source::Row(row) => {
                    let group = self.plan.units[index].group;
                    self.plan.units[index].text = self.template(&row.text.text, row.text.place, group);
                    self.plan.units[index].show = row.when.as_ref().and_then(|when| self.guard(when, group));
                }
                Source::Fill => {}
            }
        }
    }

    fn coverage(&mut self, property: &Property) {
        let percent =
            number(&property.value.text, None, Some("%")).or(number(&property.value.text, None, Some("％")));
        match percent.filter(|percent| (0.0..=100.0).contains(percent)) {
            Some(percent) => self.plan.coverage = percent / 100.0,
            None => self.fault(property.value.place, "FM203", "覆盖写成 0% 到 100%"),
        }
    }

    fn item_properties(&mut self, index: usize, item: &'d Item) {
        let group = self.plan.units[index].group;
        self.plan.units[index].text = self.template(&item.text.text, item.text.place, group);
        self.plan.units[index].show = item.first("显示").and_then(|show| self.guard(&show.value, group));
        for property in &item.properties {
            match property.key.text.as_str() {
                "跳转" => self.jump(index, property),
                "约束" => self.check(index, property),
                "概念" => self.concept(&property.value),
                "条件" if item.kind == ItemKind::Constraint => {
                    if let Some(guard) = self.guard(&property.value, group) {
                        let message = self.template(&item.text.text, item.text.place, group);
                        self.plan.units[index].checks.push(Check { guard, message });
                    }
                }
                key if SECTIONS.contains(&key) => self.line(index, property),
                _ => {}
            }
        }
        if item.kind == ItemKind::Constraint && item.first("条件").is_none() {
            self.fault(item.id.place, "FM202", "约束没有条件；写成“条件: 非 (甲 = 是 且 乙 = 是)”");
        }
        if item.kind == ItemKind::Grid {
            self.grid_options(index, item);
        } else if let Some(slot) = self.plan.units[index].slot
            && self.plan.domain(slot).is_some()
        {
            self.option_guards(slot, &item.options, group);
            self.bounds(slot, item);
            self.initial(slot, item, group);
        }
        for option in &item.options {
            if let Some(concept) = &option.concept {
                self.concept(concept);
            }
        }
    }

    fn grid_options(&mut self, index: usize, item: &'d Item) {
        let group = self.plan.units[index].group;
        let rows: Vec<u32> = (index + 1..=self.plan.units[index].last as usize)
            .filter_map(|row| self.plan.units[row].slot)
            .collect();
        for (nth, slot) in rows.into_iter().enumerate() {
            let told = self.faults.len();
            self.option_guards(slot, &item.options, group);
            self.bounds(slot, item);
            self.initial(slot, item, group);
            if nth > 0 {
                self.faults.truncate(told);
            }
        }
    }

    fn option_guards(&mut self, slot: u32, choices: &'d [Choice], group: Option<u32>) {
        for (option, choice) in choices.iter().enumerate() {
            let Some(when) = &choice.when else { continue };
            let guard = self.guard(when, group);
            if let Role::Answer(domain) = &mut self.plan.slots[slot as usize].role
                && let Some(option) = domain.options.get_mut(option)
            {
                option.show = guard;
            }
        }
    }

    fn concept(&mut self, written: &Written) {
        if self.concepts.find(&written.text) {
            return;
        }
        let names = if self.faults.len() < 20 { self.concepts.names() } else { Vec::new() };
        let near = nearest(&written.text, names.iter().map(String::as_str));
        let hint = near.map_or_else(String::new, |near| format!("，是不是“{near}”？"));
        self.fault(written.place, "FM205", format!("图里没有概念“{}”{hint}", written.text));
    }

    fn jump(&mut self, index: usize, property: &Property) {
        let place = property.value.place;
        let Some((guard, target, offset)) = arrow(&property.value.text) else {
            self.fault(place, "FM206", "跳转写成“条件 => 题名”或“否则 => 题名”");
            return;
        };
        let unit = &self.plan.units[index];
        if unit.group.is_some() {
            self.fault(place, "FM206", "组里的题不能跳转；请用“显示”写出条件");
            return;
        }
        if unit.jumps.last().is_some_and(|jump| jump.guard.is_none()) {
            self.fault(place, "FM209", "“否则”后面不能再有跳转，请把它放在最后");
            return;
        }
        let target_place = super::draft::Place { column: place.column + offset, ..place };
        let Some(to) = self.target(index, target, target_place) else { return };
        if guard.is_empty() {
            self.fault(place, "FM206", "跳转前面要有条件，或者写“否则”");
            return;
        }
        let guard = if matches!(guard, "否则" | "else") {
            None
        } else {
            let spelled = self.short(index, guard);
            match self.guard_of(guard, &spelled, place, None) {
                Some(guard) => Some(guard),
                None => return,
            }
        };
        self.plan.units[index].jumps.push(Jump { guard, to, target: target.to_owned(), place });
    }

    fn target(&mut self, index: usize, target: &str, place: super::draft::Place) -> Option<u32> {
        if matches!(target, "结束" | "end") {
            return Some(count(self.plan.units.len()));
        }
        let found = self.plan.named(target).and_then(|named| named.unit);
        let Some(to) = found else {
            let items = self
                .plan
                .units
                .iter()
                .filter(|unit| matches!(unit.kind, UnitKind::Item(_)) && unit.group.is_none());
            let near = nearest(target, items.map(|unit| unit.path.as_str()));
            let hint = near.map_or_else(String::new, |near| format!("，是不是“{near}”？"));
            self.fault(place, "FM206", format!("没有叫“{target}”的题或页{hint}"));
            return None;
        };
        let unit = self.plan.unit(to);
        if unit.group.is_some() || !matches!(unit.kind, UnitKind::Item(_)) {
            self.fault(
                place,
                "FM206",
                format!("不能跳到“{target}”：它在一个组或表格里面，请跳到整个组或表格"),
            );
            return None;
        }
        if to <= self.plan.units[index].last {
            let line = unit.place.line;
            self.fault(place, "FM207", format!("“{target}”（第 {line} 行）不在这一题后面，跳转只能往后"));
            return None;
        }
        Some(to)
    }

    /// `是`, `否` or a label alone stand for the question having that answer.
    fn short(&self, index: usize, text: &str) -> String {
        let unit = &self.plan.units[index];
        let Some(slot) = unit.slot else { return text.to_owned() };
        let own = match unit.group {
            Some(group) => unit
                .path
                .strip_prefix(self.plan.slot(group).path.as_str())
                .unwrap_or(&unit.path)
                .trim_start_matches('.'),
            None => &unit.path,
        };
        let name = own.split('.').map(quoted).collect::<Vec<_>>().join(".");
        let label = text.trim_matches(['「', '」']);
        match &self.plan.slot(slot).kind {
            Kind::Truth if matches!(text, "是" | "否" | "yes" | "no") => format!("{name} = {text}"),
            Kind::Choice(labels) if labels.iter().any(|other| other == label) => {
                format!("{name} = {}", quoted(label))
            }
            Kind::Set(labels) if labels.iter().any(|other| other == label) => {
                format!("{name} 含 {}", quoted(label))
            }
            _ => text.to_owned(),
        }
    }

    fn check(&mut self, index: usize, property: &Property) {
        let place = property.value.place;
        let group = self.plan.units[index].group;
        let Some((condition, message, offset)) =
            arrow(&property.value.text).filter(|parts| !parts.1.is_empty())
        else {
            self.fault(place, "FM203", "约束写成“条件 => 不符合时告诉患者的话”");
            return;
        };
        let message_place = super::draft::Place { column: place.column + offset, ..place };
        let guard = self.guard_of(condition, condition, place, group);
        let message = self.template(message, message_place, group);
        if let Some(guard) = guard {
            self.plan.units[index].checks.push(Check { guard, message });
        }
    }

    fn line(&mut self, index: usize, property: &Property) {
        let group = self.plan.units[index].group;
        let guard = match &property.when {
            None => None,
            Some(when) => {
                let spelled = self.short(index, &when.text);
                match self.guard_of(&when.text, &spelled, when.place, group) {
                    Some(guard) => Some(guard),
                    None => return,
                }
            }
        };
        let text = self.template(&property.value.text, property.value.place, group);
        let line = Line { section: property.key.text.clone(), guard, text, place: property.key.place };
        self.plan.units[index].lines.push(line);
    }

    fn bounds(&mut self, slot: u32, item: &'d Item) {
        let kind = self.plan.slot(slot).kind.clone();
        let own = self.plan.slot(slot).unit_text.clone();
        let mut range = (None, None);
        if let Some(property) = item.first("范围") {
            let (text, place) = (property.value.text.as_str(), property.value.place);
            let end = |end: &str| match &kind {
                _ if end.is_empty() => Some(None),
                Kind::Date => day_bound(end).map(Some),
                Kind::Number { unit } => {
                    number(end, *unit, own.as_deref()).map(|value| Some(Bound::Fixed(value)))
                }
                _ => None,
            };
            match ends(text).and_then(|(from, to)| Some((end(from)?, end(to)?))) {
                Some((Some(Bound::Fixed(from)), Some(Bound::Fixed(to)))) if from > to => {
                    self.fault(place, "FM203", format!("范围的下限大于上限：{text}"));
                }
                Some(ends) => range = ends,
                None if !matches!(kind, Kind::Date | Kind::Number { .. }) => {
                    self.fault(place, "FM203", "只有数字、时长和日期有范围");
                }
                None => self.fault(
                    place,
                    "FM203",
                    format!("范围写成“0~100”“0~”或“1900-01-01~今天”，单位和题目的一样，不是“{text}”"),
                ),
            }
        }
        let decimals = item.first("小数").and_then(|property| {
            let places = property.value.text.parse().ok().filter(|places| *places <= 6);
            if places.is_none() || !matches!(kind, Kind::Number { .. }) {
                self.fault(property.value.place, "FM203", "小数写位数，0 到 6；只用于数字和时长");
            }
            places
        });
        let format = item.first("格式").and_then(|property| {
            let built = regex::RegexBuilder::new(&format!("^(?:{})$", property.value.text))
                .size_limit(1 << 20)
                .build();
            if kind != Kind::Text {
                self.fault(property.value.place, "FM203", "只有文字题有格式");
            } else if built.is_err() {
                self.fault(
                    property.value.place,
                    "FM203",
                    format!("格式不是一个正则表达式：{}", property.value.text),
                );
            }
            built.ok()
        });
        if let Some(property) = item.first("个数")
            && let Role::Answer(domain) = &self.plan.slot(slot).role
            && (domain.count.0 > domain.options.len() || !matches!(kind, Kind::Set(_)))
        {
            self.fault(property.value.place, "FM203", "个数只用于多选，不能比选项还多");
        }
        if let Role::Answer(domain) = &mut self.plan.slots[slot as usize].role {
            (domain.range, domain.decimals, domain.format) = (range, decimals, format);
            let place = |property: &Property| (property.key.text.clone(), property.key.place);
            domain.places = item.properties.iter().map(place).collect();
        }
    }

    fn initial(&mut self, slot: u32, item: &'d Item, group: Option<u32>) {
        let Some(property) = item.first("初值") else { return };
        let (text, place) = (property.value.text.as_str(), property.value.place);
        let own = self.plan.slot(slot).unit_text.clone();
        let fixed = match &self.plan.slot(slot).kind {
            Kind::Truth => match text {
                "是" | "yes" => Some(Cell::Truth(true)),
                "否" | "no" => Some(Cell::Truth(false)),
                _ => None,
            },
            Kind::Choice(labels) => label_index(labels, text).map(Cell::Choice),
            Kind::Set(labels) => set_of(labels, text),
            Kind::Number { unit } => number(text, *unit, own.as_deref()).map(Cell::Number),
            Kind::Date => date(text).map(Cell::Date),
            _ => None,
        };
        let initial = if let Some(cell) = fixed {
            Initial::Value(cell)
        } else if self.plan.slot(slot).kind == Kind::Text {
            Initial::Text(self.template(text, place, group))
        } else {
            match self.formula(text, place, group) {
                Ok(formula) if same_kind(&formula.kind, &self.plan.slot(slot).kind) => {
                    Initial::Formula(Box::new(formula))
                }
                Ok(_) => {
                    self.fault(place, "FM211", format!("初值“{text}”不是这道题能有的回答"));
                    return;
                }
                Err(_) if matches!(self.plan.slot(slot).kind, Kind::Choice(_) | Kind::Set(_)) => {
                    self.fault(place, "FM211", format!("初值“{text}”不是这道题的选项"));
                    return;
                }
                Err(errors) => {
                    self.refuse(place, errors);
                    return;
                }
            }
        };
        if let Role::Answer(domain) = &mut self.plan.slots[slot as usize].role {
            domain.initial = Some(initial);
        }
    }
}

fn label_index(labels: &[String], text: &str) -> Option<u16> {
    let text = text.trim_matches(['「', '」']);
    labels.iter().position(|label| label == text).and_then(|index| u16::try_from(index).ok())
}

fn set_of(labels: &[String], text: &str) -> Option<Cell> {
    let mut bits = vec![0_u64; labels.len().div_ceil(64)];
    for label in list(text) {
        let index = usize::from(label_index(labels, label)?);
        bits[index / 64] |= 1 << (index % 64);
    }
    bits.iter().any(|word| *word != 0).then(|| Cell::Set(bits.into()))
}

/// Whether a formula yields values of a kind. Numbers must have the same unit, or the formula none.
fn same_kind(formula: &Kind, kind: &Kind) -> bool {
    match (formula, kind) {
        (Kind::Number { unit: Some(of) }, Kind::Number { unit }) => Some(of) == unit.as_ref(),
        (Kind::Number { unit: None }, Kind::Number { .. })
        | (Kind::Truth, Kind::Truth)
        | (Kind::Date, Kind::Date) => true,
        _ => false,
    }
}
