//! First pass of the compiler: every item, row, opened text, score and band gets its place, its slot and its name.

use kb::Fault;

use super::compile::Compiler;
use super::draft::{Choice, Flag, Item, Kind as ItemKind, Place, Row, Written};
use super::graph::count;
use super::literal::{counts, number};
use super::record::Template;
use super::slots::{Band, Domain, Named, Opt, PATIENT, Role, Slot, Unit, UnitKind};
use crate::expr::{Kind, unit};

/// Most units of a form.
const LARGEST: usize = 20_000;
/// Most options of a question.
const OPTIONS: usize = 1_000;

/// What a unit was written as.
#[derive(Clone, Copy)]
pub(super) enum Source<'d> {
    Item(&'d Item),
    Row(&'d Row),
    Fill,
}

/// Where an item stands.
#[derive(Clone, Copy, Default)]
struct Seat {
    parent: Option<u32>,
    group: Option<u32>,
}

impl<'d> Compiler<'d> {
    pub(super) fn lay_out(&mut self, items: &'d [Item]) {
        for (index, name) in (0..).zip(PATIENT) {
            let (kind, unit) = match name {
                "年龄" => (Kind::Number { unit: unit::known("岁") }, Some("岁")),
                "月龄" => (Kind::Number { unit: unit::known("月") }, Some("月")),
                "性别" => (Kind::Choice(vec!["男".to_owned(), "女".to_owned()]), None),
                "今天" => (Kind::Date, None),
                _ => (Kind::Truth, None),
            };
            let unit_text = unit.map(str::to_owned);
            self.plan.slots.push(Slot {
                path: name.to_owned(),
                unit: None,
                group: None,
                kind,
                unit_text,
                role: Role::Patient,
            });
            self.plan.names.insert(name.to_owned(), Named { slot: Some(index), ..Named::default() });
        }
        for item in items {
            self.item(item, Seat::default());
        }
    }

    fn item(&mut self, item: &'d Item, seat: Seat) {
        if self.plan.units.len() >= LARGEST {
            if !self.full {
                self.fault(item.id.place, "FM201", format!("问卷太长：最多 {LARGEST} 项，请分成几份"));
            }
            self.full = true;
            return;
        }
        let path = match seat.group {
            Some(group) => format!("{}.{}", self.plan.slot(group).path, item.id.text),
            None => item.id.text.clone(),
        };
        let unit = self.unit(path, UnitKind::Item(item.kind), Source::Item(item), item.id.place, seat);
        match item.kind {
            ItemKind::Page if seat.parent.is_some() => {
                self.fault(item.id.place, "FM202", "页不能放在别的页或组里，请先结束上一个");
            }
            ItemKind::Page => self.inside(item, Seat { parent: Some(unit), group: None }),
            ItemKind::Group if seat.group.is_some() => {
                self.fault(item.id.place, "FM202", "组里不能再放组，请拆成两个并列的组");
            }
            ItemKind::Group => {
                let slot = self.group(item, unit, seat);
                self.inside(item, Seat { parent: Some(unit), group: Some(slot) });
            }
            ItemKind::Note | ItemKind::Constraint => {}
            ItemKind::Computed => self.computed(item, unit, seat),
            ItemKind::Grid => self.grid(item, unit, seat),
            _ => self.question(item, unit, seat),
        }
        if !matches!(item.kind, ItemKind::Page | ItemKind::Group) && !item.items.is_empty() {
            self.fault(item.id.place, "FM202", "只有页和组里可以放别的项");
        }
        self.close(unit);
    }

    fn inside(&mut self, item: &'d Item, seat: Seat) {
        for inner in &item.items {
            self.item(inner, seat);
        }
    }

    fn close(&mut self, unit: u32) {
        let last = count(self.plan.units.len()) - 1;
        self.plan.units[unit as usize].last = last;
    }

    fn unit(&mut self, path: String, kind: UnitKind, source: Source<'d>, place: Place, seat: Seat) -> u32 {
        let index = count(self.plan.units.len());
        let (mut required, mut hidden, mut read_only) = (false, false, false);
        let (mut hint, mut concept) = (String::new(), None);
        if let Source::Item(item) = source {
            let said = |key: &str| item.first(key).map(|property| property.value.text.clone());
            hint = said("提示").unwrap_or_default();
            concept = said("概念");
            required = item.has(Flag::Required);
            hidden = item.has(Flag::Hidden);
            read_only = item.has(Flag::ReadOnly);
            self.check_id(&item.id);
        }
        if let (Source::Row(_), Some(parent)) = (source, seat.parent) {
            required = self.plan.unit(parent).required;
            read_only = self.plan.unit(parent).read_only;
        }
        if matches!(kind, UnitKind::Item(ItemKind::Page)) && path.is_empty() {
            self.fault(place, "FM202", "页要有名字，例如：页 疼痛 疼痛本身");
        }
        self.plan.units.push(Unit {
            path: path.clone(),
            kind,
            text: Template::default(),
            place,
            parent: seat.parent,
            group: seat.group,
            last: index,
            show: None,
            slot: None,
            hint,
            concept,
            required,
            hidden,
            read_only,
            jumps: Vec::new(),
            checks: Vec::new(),
            lines: Vec::new(),
        });
        self.sources.push(source);
        self.name(path, Named { unit: Some(index), ..Named::default() }, place);
        index
    }

    fn check_id(&mut self, id: &Written) {
        if id.text.is_empty() {
            self.fault(
                id.place,
                "FM202",
                "这一项没有名字；名字写在种类后面，例如：是否 突发 是突然疼起来的吗？",
            );
        } else if let Some(odd) =
            id.text.chars().find(|c| matches!(c, '.' | '「' | '」' | '[' | ']' | '{' | '}' | '\n'))
        {
            self.fault(id.place, "FM202", format!("名字“{}”里不能有“{odd}”", id.text));
        }
    }

    fn slot(&mut self, unit: u32, path: String, kind: Kind, role: Role) -> u32 {
        let index = count(self.plan.slots.len());
        let group = self.plan.unit(unit).group;
        self.plan.slots.push(Slot { path, unit: Some(unit), group, kind, unit_text: None, role });
        index
    }

    /// The slot that holds the answer of a unit; named like it.
    fn own_slot(&mut self, unit: u32, kind: Kind, role: Role) -> u32 {
        let path = self.plan.unit(unit).path.clone();
        let slot = self.slot(unit, path.clone(), kind, role);
        self.plan.units[unit as usize].slot = Some(slot);
        if let Some(named) = self.plan.names.get_mut(&path)
            && named.unit == Some(unit)
        {
            named.slot = Some(slot);
        }
        slot
    }

    fn name(&mut self, name: String, named: Named, place: Place) {
        if let Some(other) = self.plan.names.get(&name) {
            let where_ = match other.unit.or(other.slot.and_then(|slot| self.plan.slot(slot).unit)) {
                Some(unit) => format!("第 {} 行", self.plan.unit(unit).place.line),
                None => "患者信息".to_owned(),
            };
            let message = format!("名字“{name}”已经用过了（{where_}），请换一个");
            self.fault(place, "FM201", message);
            return;
        }
        self.plan.names.insert(name, named);
    }

    fn group(&mut self, item: &Item, unit: u32, seat: Seat) -> u32 {
        let times = self.count_property(item, "次数");
        debug_assert!(seat.group.is_none(), "groups do not nest");
        if item.items.is_empty() {
            self.fault(item.id.place, "FM202", "组里没有题目");
        }
        if times.0 > 100 {
            self.fault(item.id.place, "FM203", "次数的下限太大，最多 100");
        }
        self.own_slot(unit, Kind::Rows, Role::Rows(times.0.min(100), times.1))
    }

    fn count_property(&mut self, item: &Item, key: &str) -> (usize, Option<usize>) {
        let Some(property) = item.first(key) else { return (0, None) };
        counts(&property.value.text).unwrap_or_else(|| {
            let message = format!("{key}写成“1~3”或“1~”，不是“{}”", property.value.text);
            self.fault(property.value.place, "FM203", message);
            (0, None)
        })
    }

    fn question(&mut self, item: &'d Item, unit: u32, seat: Seat) {
        let choice = matches!(item.kind, ItemKind::Single | ItemKind::Multiple);
        if choice && item.options.is_empty() {
            self.fault(item.id.place, "FM202", "选择题没有选项；选项写成“- 前额”，一行一个");
        } else if !choice && let Some(option) = item.options.first() {
            self.fault(option.label.place, "FM202", "只有单选、多选和表格有选项");
        }
        if let Some(row) = item.rows.first() {
            self.fault(row.id.place, "FM202", "只有表格有“行”");
        }
        let options = self.options(&item.options);
        let labels = || item.options.iter().take(OPTIONS).map(|option| option.label.text.clone()).collect();
        let unit_text =
            item.first("单位").map(|property| property.value.text.clone()).filter(|text| !text.is_empty());
        let unit_text = match item.kind {
            ItemKind::Duration => Some(unit_text.unwrap_or_else(|| "天".to_owned())),
            ItemKind::Number => unit_text,
            _ => None,
        };
        let kind = match item.kind {
            ItemKind::Single => Kind::Choice(labels()),
            ItemKind::Multiple => Kind::Set(labels()),
            ItemKind::Text => Kind::Text,
            ItemKind::Date => Kind::Date,
            ItemKind::Number | ItemKind::Duration => {
                Kind::Number { unit: unit_text.as_deref().and_then(unit::known) }
            }
            _ => Kind::Truth,
        };
        let key = if item.kind == ItemKind::Text { "长度" } else { "个数" };
        let mut domain = Domain { options, count: self.count_property(item, key), ..Domain::default() };
        if item.kind == ItemKind::Multiple && item.first("个数").is_none() {
            domain.count.0 = 1;
        }
        let scored = domain.options.iter().any(|option| option.score.is_some());
        let slot = self.own_slot(unit, kind, Role::Answer(domain));
        self.plan.slots[slot as usize].unit_text = unit_text;
        if scored {
            self.points(unit, slot, item.id.place);
        }
        self.fills(item, unit, slot, seat);
        self.bands(item, unit, slot);
    }

    fn points(&mut self, unit: u32, slot: u32, place: Place) {
        let name = format!("{}.分", self.plan.unit(unit).path);
        self.name(name, Named { unit: None, slot: Some(slot), score: true }, place);
    }

    fn options(&mut self, choices: &'d [Choice]) -> Vec<Opt> {
        if let Some(beyond) = choices.get(OPTIONS) {
            self.fault(beyond.label.place, "FM202", format!("选项太多：最多 {OPTIONS} 个"));
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut options = Vec::with_capacity(choices.len());
        for choice in choices.iter().take(OPTIONS) {
            let label = &choice.label;
            if label.text.is_empty() {
                self.fault(label.place, "FM202", "选项没有文字");
            } else if !seen.insert(label.text.as_str()) {
                self.fault(label.place, "FM201", format!("选项“{}”重复了", label.text));
            }
            let score = choice.score.as_ref().and_then(|score| {
                let value = number(&score.text, None, Some("分"));
                if value.is_none() {
                    self.fault(score.place, "FM203", format!("分值要是数字，不是“{}”", score.text));
                }
                value
            });
            options.push(Opt {
                label: label.text.clone(),
                reads: choice.reads.as_ref().unwrap_or(label).text.clone(),
                exclusive: choice.exclusive,
                fill: None,
                score,
                concept: choice.concept.as_ref().map(|concept| concept.text.clone()),
                show: None,
                place: label.place,
            });
        }
        options
    }

    /// Texts that options open. The first is `题.填写`; each is also `题.选项`.
    fn fills(&mut self, item: &'d Item, unit: u32, slot: u32, seat: Seat) {
        let path = self.plan.unit(unit).path.clone();
        let opens = item.options.iter().take(OPTIONS).enumerate().filter(|(_, choice)| choice.fill_in);
        for (nth, (option, choice)) in opens.enumerate() {
            let place = choice.label.place;
            let also = format!("{path}.{}", choice.label.text);
            let name = if nth == 0 { format!("{path}.填写") } else { also.clone() };
            let label = u16::try_from(option).unwrap_or(u16::MAX);
            let inner = Seat { parent: Some(unit), group: seat.group };
            let fill = self.unit(name, UnitKind::Fill(label), Source::Fill, place, inner);
            let text = format!("{}：请写一下", choice.label.text);
            self.plan.units[fill as usize].text = Template { pieces: vec![super::record::Piece::Text(text)] };
            let domain = Domain { count: (1, Some(500)), ..Domain::default() };
            let fill_slot = self.own_slot(fill, Kind::Text, Role::Answer(domain));
            if nth == 0 && also != format!("{path}.填写") {
                self.name(also, Named { unit: Some(fill), slot: Some(fill_slot), score: false }, place);
            }
            if let Role::Answer(domain) = &mut self.plan.slots[slot as usize].role {
                domain.options[option].fill = Some(fill_slot);
            }
        }
    }

    fn grid(&mut self, item: &'d Item, unit: u32, seat: Seat) {
        if item.rows.is_empty() || item.options.is_empty() {
            self.fault(item.id.place, "FM202", "表格要有行（行 名字 文字）和列（- 选项）");
        }
        if let Some(fill) = item.options.iter().find(|choice| choice.fill_in) {
            self.fault(fill.label.place, "FM202", "表格的列不能带“填写”，请另加一道文字题");
        }
        let several = item.has(Flag::RowsMultiple);
        let labels: Vec<String> =
            item.options.iter().take(OPTIONS).map(|option| option.label.text.clone()).collect();
        let mut slots = Vec::with_capacity(item.rows.len());
        let inner = Seat { parent: Some(unit), group: seat.group };
        for (nth, row) in item.rows.iter().enumerate() {
            // The faults of the columns are told once, not once for each row.
            let told = self.faults.len();
            let options = self.options(&item.options);
            if nth > 0 {
                self.faults.truncate(told);
            }
            self.check_id(&row.id);
            let scored = options.iter().any(|option| option.score.is_some());
            let path = format!("{}.{}", self.plan.unit(unit).path, row.id.text);
            let index = self.unit(path, UnitKind::Row, Source::Row(row), row.id.place, inner);
            let kind = if several { Kind::Set(labels.clone()) } else { Kind::Choice(labels.clone()) };
            let count = match item.first("个数") {
                Some(_) => self.count_property(item, "个数"),
                None => (usize::from(several), None),
            };
            let domain = Domain { options, count, ..Domain::default() };
            let slot = self.own_slot(index, kind, Role::Answer(domain));
            if scored {
                self.points(index, slot, row.id.place);
                slots.push(slot);
            }
        }
        if !slots.is_empty() {
            let path = format!("{}.分", self.plan.unit(unit).path);
            let kind = Kind::Number { unit: None };
            let slot = self.slot(unit, path.clone(), kind, Role::Total(slots));
            self.name(path, Named { slot: Some(slot), ..Named::default() }, item.id.place);
        }
    }

    fn computed(&mut self, item: &'d Item, unit: u32, _: Seat) {
        let unit_text =
            item.first("单位").map(|property| property.value.text.clone()).filter(|text| !text.is_empty());
        let kind = Kind::Number { unit: unit_text.as_deref().and_then(unit::known) };
        let slot = self.own_slot(unit, kind, Role::Computed(None));
        self.plan.slots[slot as usize].unit_text = unit_text;
        self.bands(item, unit, slot);
    }

    /// `分级: 0~4 => 无明显焦虑`.
    fn bands(&mut self, item: &'d Item, unit: u32, of: u32) {
        let mut bands: Vec<Band> = Vec::new();
        let mut labels: Vec<String> = Vec::new();
        let (known, own) = match &self.plan.slot(of).kind {
            Kind::Number { unit } => (*unit, self.plan.slot(of).unit_text.clone()),
            _ => (None, None),
        };
        for property in item.all("分级") {
            let place = property.value.place;
            match band(&property.value.text, known, own.as_deref()) {
                Ok((range, label)) => {
                    let index = labels.iter().position(|other| *other == label).unwrap_or(labels.len());
                    if index == labels.len() {
                        labels.push(label);
                    }
                    bands.push(Band { range, label: u16::try_from(index).unwrap_or(u16::MAX), place });
                }
                Err(message) => self.fault(place, "FM212", message),
            }
        }
        if bands.is_empty() {
            return;
        }
        if !matches!(self.plan.slot(of).kind, Kind::Number { .. }) {
            self.fault(item.id.place, "FM212", "只有数字、时长和计算可以分级");
            return;
        }
        let path = format!("{}.级", self.plan.unit(unit).path);
        let slot = self.slot(unit, path.clone(), Kind::Choice(labels), Role::Band { of, bands });
        self.name(path, Named { slot: Some(slot), ..Named::default() }, item.id.place);
    }

    pub(super) fn fault(&mut self, place: Place, code: &'static str, message: impl Into<String>) {
        let fault = Fault::error(&self.plan.file, place.line, code, message).at_column(place.column);
        self.faults.push(fault.with_hint(hint(code)));
    }
}

/// What to do about a fault, by its code; the manual page `codes/FM2.md` has examples.
fn hint(code: &str) -> &'static str {
    match code {
        "FM201" => "换一个没用过的名字，或把问卷分成几份",
        "FM202" => "照说明补上缺的，或把它移到能放的地方",
        "FM203" => "照说明改这一行的值",
        "FM205" => "改成图里的名称，或先在图里加上这个概念",
        "FM206" => "写成 跳转: 条件 => 题名；题名要在这一题后面",
        "FM207" => "跳到后面的题，或用“显示”代替跳转",
        "FM208" => "改成问卷里的题名；要写花括号本身就写两遍",
        "FM209" => "把“否则”移到最后",
        "FM211" => "改成这一题能有的回答",
        "FM212" => "写成 分级: 0~4 => 轻度",
        _ => "照说明改公式",
    }
}

type Range = (Option<f64>, Option<f64>);

fn band(text: &str, unit: Option<&'static str>, own: Option<&str>) -> Result<(Range, String), String> {
    let shape = || format!("分级写成“0~4 => 轻度”，不是“{text}”");
    let (range, label, _) = super::literal::arrow(text).ok_or_else(shape)?;
    if label.is_empty() {
        return Err(shape());
    }
    let value = |end: &str| {
        if end.is_empty() { Ok(None) } else { number(end, unit, own).map(Some).ok_or_else(shape) }
    };
    let (from, to) = super::literal::ends(range).unwrap_or((range, range));
    let (from, to) = (value(from)?, value(to)?);
    match (from, to) {
        (None, None) => Err(shape()),
        (Some(from), Some(to)) if from > to => Err(format!("分级的下限大于上限：{range}")),
        _ => Ok(((from, to), label.to_owned())),
    }
}
