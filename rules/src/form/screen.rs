//! What a screen shows: the pages of a form, the questions of a page, and the answers as texts.
//!
//! An answer is written as [`Session::answer_of`] reads it, so that what is stored reads back under any version of the
//! form that still has the question.

use super::draft::Kind as ItemKind;
use super::session::Session;
use super::slots::{Cell, Opt, Role, Unit, UnitKind};
use super::visible::{View, counts};
use crate::expr::{Kind, calendar};

/// Texts of up to this many characters fit on a line.
const LINE: usize = 60;

/// Items shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Heading.
    pub title: String,
    /// First and last unit of it.
    units: (u32, u32),
}

/// How something is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Nothing to answer: 说明, or the heading of a grid.
    Note,
    /// A value that follows from answers.
    Value,
    /// Yes or no.
    YesNo,
    /// One of the options.
    One,
    /// Several of the options.
    Several,
    /// A short text.
    Line,
    /// A long text.
    Paragraph,
    /// A number.
    Number,
    /// A day.
    Date,
    /// How many rows a repeating group has: the least and the greatest number.
    Rows(usize, Option<usize>),
}

/// An option as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub label: String,
    /// Chosen alone.
    pub exclusive: bool,
    /// Chosen now.
    pub chosen: bool,
}

/// Something on a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Full name, with row numbers.
    pub path: String,
    /// How it is answered.
    pub control: Control,
    /// What the patient reads.
    pub text: String,
    /// A word of help.
    pub hint: String,
    /// Must be answered.
    pub required: bool,
    /// Not to be changed.
    pub read_only: bool,
    /// Options that can be chosen now.
    pub options: Vec<Choice>,
    /// Unit of a number; may be empty.
    pub unit_text: String,
    /// The answer, as [`Session::answer_of`] reads it.
    pub answer: Option<String>,
    /// Row of a repeating group, from 1.
    pub row: Option<usize>,
    /// Something changes on the screen with its answer.
    pub steers: bool,
}

/// What an answer says of a concept of the disease graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its name in the graph.
    pub concept: String,
    /// There, not there.
    pub is_there: bool,
}

impl Session {
    /// The screens that show something now: each page is one, and so are the items between two pages.
    pub fn screens(&self) -> Vec<Screen> {
        let plan = self.plan();
        let mut screens: Vec<Screen> = Vec::new();
        let mut loose: Option<(u32, u32)> = None;
        let mut index = 0;
        let n_units = u32::try_from(plan.units.len()).unwrap_or(u32::MAX);
        while index < n_units {
            let unit = plan.unit(index);
            if unit.is_page() {
                screens.extend(loose.take().map(|units| Screen { title: plan.title.clone(), units }));
                let title = unit.text.draft_text(&self.view());
                screens.push(Screen { title, units: (index + 1, unit.last) });
            } else {
                loose = Some((loose.map_or(index, |(first, _)| first), unit.last));
            }
            index = unit.last + 1;
        }
        screens.extend(loose.map(|units| Screen { title: plan.title.clone(), units }));
        screens.retain(|screen| self.on(screen).iter().any(|shown| shown.control != Control::Value));
        screens
    }

    /// What a screen shows now, in file order; of a repeating group row after row.
    pub fn on(&self, screen: &Screen) -> Vec<Shown> {
        let (mut shown, mut index) = (Vec::new(), screen.units.0);
        while index <= screen.units.1 {
            let unit = self.plan().unit(index);
            let is_group = unit.kind == UnitKind::Item(ItemKind::Group);
            shown.extend(self.show(&self.view(), index));
            if is_group && let Some(group) = unit.slot.filter(|_| self.view().shows(index)) {
                for row in 0..self.rows_kept(group) {
                    let view = self.view().in_row(group, row);
                    shown.extend((index + 1..=unit.last).filter_map(|inner| self.show(&view, inner)));
                }
            }
            index = if is_group { unit.last } else { index } + 1;
        }
        shown
    }

    /// Whether nothing that must be answered is open on a screen.
    pub fn is_done(&self, screen: &Screen) -> bool {
        self.on(screen).iter().all(|shown| !shown.required || shown.answer.is_some())
    }

    fn show(&self, view: &View<'_>, index: u32) -> Option<Shown> {
        let unit = self.plan().unit(index);
        if unit.hidden || !view.shows(index) {
            return None;
        }
        let control = self.control(unit)?;
        let options = unit.slot.map_or_else(Vec::new, |slot| self.choices(view, slot));
        let unit_text = unit.slot.and_then(|slot| self.plan().slot(slot).unit_text.clone());
        let answer = unit.slot.filter(|_| control != Control::Note);
        Some(Shown {
            path: view.path(unit.group, &unit.path),
            control,
            text: unit.text.draft_text(view),
            hint: unit.hint.clone(),
            required: unit.required && counts(unit),
            read_only: unit.read_only,
            options,
            unit_text: unit_text.unwrap_or_default(),
            answer: answer.and_then(|slot| written(view, slot)),
            row: view.row.filter(|_| unit.group.is_some()).map(|(_, row)| row + 1),
            steers: unit.slot.is_some_and(|slot| self.plan().graph.steers(slot)),
        })
    }

    fn control(&self, unit: &Unit) -> Option<Control> {
        let slot = unit.slot.map(|slot| self.plan().slot(slot));
        Some(match (unit.kind, slot) {
            (UnitKind::Item(ItemKind::Note | ItemKind::Grid), _) => Control::Note,
            (UnitKind::Item(ItemKind::Computed), _) => Control::Value,
            (UnitKind::Item(ItemKind::Page | ItemKind::Constraint), _) | (_, None) => return None,
            (_, Some(slot)) => match (&slot.kind, &slot.role) {
                (_, Role::Rows(least, most)) => Control::Rows(*least, *most),
                (Kind::Truth, _) => Control::YesNo,
                (Kind::Choice(_), _) => Control::One,
                (Kind::Set(_), _) => Control::Several,
                (Kind::Number { .. }, _) => Control::Number,
                (Kind::Date, _) => Control::Date,
                (Kind::Text, Role::Answer(domain)) if domain.count.1.is_some_and(|most| most <= LINE) => {
                    Control::Line
                }
                (Kind::Text, _) => Control::Paragraph,
                _ => return None,
            },
        })
    }

    fn choices(&self, view: &View<'_>, slot: u32) -> Vec<Choice> {
        let Some(domain) = self.plan().domain(slot) else { return Vec::new() };
        let shown = domain.options.iter().enumerate().filter(|(index, _)| view.offers(domain, *index));
        shown
            .map(|(index, option)| Choice {
                label: option.label.clone(),
                exclusive: option.exclusive,
                chosen: view.cell(slot).chooses(index),
            })
            .collect()
    }

    /// The answer of a question as [`Session::answer_of`] reads it; none while it is unknown or hidden.
    pub fn written(&self, path: &str) -> Option<String> {
        let address = self.address(path).ok()?;
        written(&self.view_at(address.row), address.slot?)
    }

    /// What the answer to a question says of the concepts it is linked with.
    pub fn said(&self, path: &str) -> Vec<Said> {
        let Ok(address) = self.address(path) else { return Vec::new() };
        let (Some(unit), Some(slot)) = (address.unit, address.slot) else { return Vec::new() };
        let (unit, view) = (self.plan().unit(unit), self.view_at(address.row));
        let cell = view.cell(slot);
        if !cell.known() {
            return Vec::new();
        }
        let own = unit.concept.iter().map(|concept| {
            let is_there = !matches!(cell, Cell::Truth(false));
            Said { concept: concept.clone(), is_there }
        });
        let options: &[Opt] = self.plan().domain(slot).map_or(&[], |domain| &domain.options);
        let of_options = options.iter().enumerate().filter_map(|(index, option)| {
            let concept = option.concept.clone()?;
            let is_there = cell.chooses(index);
            // Of a single choice only what was chosen is said; ticked boxes say no to the rest.
            (is_there || matches!(cell, Cell::Set(_))).then_some(Said { concept, is_there })
        });
        own.chain(of_options).collect()
    }
}

fn written(view: &View<'_>, slot: u32) -> Option<String> {
    let info = view.plan.slot(slot);
    let cell = view.cell(slot);
    match (&info.kind, cell) {
        (_, Cell::Unknown) => None,
        (Kind::Choice(labels), Cell::Choice(chosen)) => labels.get(usize::from(*chosen)).cloned(),
        (Kind::Set(labels), Cell::Set(_)) => {
            let chosen = labels.iter().enumerate().filter(|(index, _)| cell.chooses(*index));
            let quoted = |label: &String| {
                if label.contains([',', '，', '、']) { format!("「{label}」") } else { label.clone() }
            };
            Some(chosen.map(|(_, label)| quoted(label)).collect::<Vec<_>>().join("、"))
        }
        (Kind::Rows, Cell::Number(number)) => Some(format!("{number:.0}")),
        (_, Cell::Date(day)) => {
            let (year, month, day) = calendar::date(*day);
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
        _ => super::record::plain_reading(cell, info.unit_text.as_deref()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NoConcepts, Patient, read::read};
    use super::*;
    use crate::form::{Answer, Form};

    const TEXT: &str = "问卷 head 头痛
页 一 疼痛本身
时长 多久 疼了多久？
必答
单位: 天
范围: 0~3650
提示: 从这一次算起
是否 突发 是突然疼的吗？
必答
概念: 雷击样头痛
跳转: 突发 = 是 => 结束
页 二 其他
多选 伴随 还有什么？
- 恶心、呕吐 ; 概念 恶心
- 发烧 ; 概念 发热
- 都没有 ; 独占
必答
数字 体温 多少度？
单位: ℃
范围: 34~43
小数: 1
显示: 伴随 含 发烧
组 药 吃过的药
次数: 0~3
文字 名 药名
必答
长度: 1~40
组完
";

    fn form() -> Form {
        let draft = read("head.form", TEXT).unwrap();
        Form::compile("head.form", &draft, &NoConcepts).unwrap()
    }

    fn answered(session: &mut Session, path: &str, text: &str) {
        let answer = session.answer_of(path, text).unwrap().unwrap();
        session.answer(path, answer).unwrap();
    }

    #[test]
    fn pages_follow_the_answers_and_answers_read_back() {
        let mut session = form().open(&Patient::default());
        let titles = |session: &Session| -> Vec<String> {
            session.screens().into_iter().map(|screen| screen.title).collect()
        };
        assert_eq!(titles(&session), ["疼痛本身", "其他"]);
        let first = session.screens()[0].clone();
        let shown = session.on(&first);
        assert_eq!(shown.iter().map(|s| s.path.as_str()).collect::<Vec<_>>(), ["多久", "突发"]);
        assert_eq!((shown[0].hint.as_str(), shown[0].unit_text.as_str()), ("从这一次算起", "天"));
        assert!(shown[1].steers && !shown[0].steers, "{shown:?}");
        assert!(!session.is_done(&first));
        answered(&mut session, "多久", "3天");
        answered(&mut session, "突发", "是");
        assert!(session.is_done(&first));
        assert_eq!(titles(&session), ["疼痛本身"], "the jump ends it");
        assert_eq!(session.said("突发"), [Said { concept: "雷击样头痛".into(), is_there: true }]);
        answered(&mut session, "突发", "否");
        assert_eq!(session.said("突发"), [Said { concept: "雷击样头痛".into(), is_there: false }]);

        let second = session.screens()[1].clone();
        let paths = |session: &Session| -> Vec<String> {
            session.on(&second).into_iter().map(|shown| shown.path).collect()
        };
        assert_eq!(paths(&session), ["伴随", "药"]);
        answered(&mut session, "伴随", "「恶心、呕吐」、发烧");
        assert_eq!(session.written("伴随").as_deref(), Some("「恶心、呕吐」、发烧"));
        let said = session.said("伴随");
        assert!(said.iter().all(|said| said.is_there) && said.len() == 2, "{said:?}");
        answered(&mut session, "体温", "38.5");
        session.answer("药", Answer::Rows(2)).unwrap();
        answered(&mut session, "药[2].名", "布洛芬");
        assert_eq!(paths(&session), ["伴随", "体温", "药", "药[1].名", "药[2].名"]);
        for shown in session.on(&second).into_iter().filter(|shown| shown.answer.is_some()) {
            let text = shown.answer.unwrap();
            let answer = session.answer_of(&shown.path, &text).unwrap().unwrap();
            session.answer(&shown.path, answer).unwrap();
            assert_eq!(session.written(&shown.path), Some(text), "{}", shown.path);
        }
        assert!(!session.is_done(&second), "the first drug has no name");
        answered(&mut session, "药[1].名", "阿司匹林");
        assert!(session.is_done(&second) && session.complete());
        answered(&mut session, "伴随", "都没有");
        assert!(session.said("伴随").iter().all(|said| !said.is_there));
    }
}
