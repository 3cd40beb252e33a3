//! Steps of the designer on a questionnaire. Every step gives a questionnaire that can be printed and read again,
//! or is refused with what is wrong.

use kb::Fault;
use rules::form::{
    check::check,
    draft::{Choice, Draft, Item, Kind, Part, Property, Remark, Row, Written},
    words,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TemplateError, check::file_names};

/// Where an item stands: indices from the outermost list inwards, `0-3-1`.
pub(crate) type Place = Vec<usize>;

/// A step of the designer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// A new item of a kind, to stand at a place.
    Add {
        at: Place,
        kind: Kind,
    },
    Delete {
        at: Place,
    },
    Up {
        at: Place,
    },
    Down {
        at: Place,
    },
    /// To stand before what stands at `to` now.
    Move {
        at: Place,
        to: Place,
    },
    /// A second one like it, below it.
    Copy {
        at: Place,
    },
    /// Everything about one item but what stands in it.
    Change {
        at: Place,
        item: Box<Item>,
    },
    /// The first lines: title and properties of the whole.
    Head {
        title: String,
        properties: Vec<Property>,
    },
}

/// A kind with its name in the language, as the designer offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    Up,
    Down,
}

/// `0-3-1` as a place.
pub(crate) fn place(text: &str) -> Result<Place, TemplateError> {
    let wrong = |_| TemplateError::input("/at", "没有这个位置，请刷新页面后再试。");
    text.split('-').map(|part| part.parse::<usize>().map_err(wrong)).collect()
}

pub(crate) fn place_text(place: &[usize]) -> String {
    place.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
}

impl Step {
    /// What the history of the draft says.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Add { kind, .. } => format!("加{}", words::kind_name(*kind)),
            Self::Delete { .. } => "删除".into(),
            Self::Up { .. } | Self::Down { .. } | Self::Move { .. } => "移动".into(),
            Self::Copy { .. } => "复制".into(),
            Self::Change { item, .. } => format!("修改“{}”", item.id.text),
            Self::Head { .. } => "修改标题和属性".into(),
        }
    }

    /// The questionnaire after the step, and where the item it is about stands then.
    pub(crate) fn apply(&self, draft: &Draft) -> Result<(Draft, Option<Place>), TemplateError> {
        let mut draft = draft.clone();
        let at = match self {
            Self::Add { at, kind } => Some(add(&mut draft, at, *kind)?),
            Self::Delete { at } => {
                take(&mut draft, at)?;
                None
            }
            Self::Up { at } => Some(shift(&mut draft, at, Direction::Up)?),
            Self::Down { at } => Some(shift(&mut draft, at, Direction::Down)?),
            Self::Move { at, to } => Some(carry(&mut draft, at, to)?),
            Self::Copy { at } => Some(copy(&mut draft, at)?),
            Self::Change { at, item } => {
                change(&mut draft, at, item)?;
                Some(at.clone())
            }
            Self::Head { title, properties } => {
                draft.title = Written::from(title.clone());
                let n = properties.len();
                draft.properties.clone_from(properties);
                draft.remarks.retain(|remark| remark.part != Part::Property || remark.index < n);
                None
            }
        };
        let faults = faults(&draft);
        if faults.is_empty() { Ok((draft, at)) } else { Err(TemplateError::Refused(faults)) }
    }
}

/// What keeps a questionnaire from being printed and read again.
fn faults(draft: &Draft) -> Vec<Fault> {
    let file = file_names(&draft.id.text).0;
    check(&file, draft)
}

/// The list an item stands in, and its index there.
fn list<'d>(draft: &'d mut Draft, at: &[usize]) -> Result<(&'d mut Vec<Item>, usize), TemplateError> {
    let (last, above) = at.split_last().ok_or_else(gone)?;
    let mut items = &mut draft.items;
    for index in above {
        items = &mut items.get_mut(*index).ok_or_else(gone)?.items;
    }
    Ok((items, *last))
}

/// The item at a place.
pub(crate) fn find<'d>(draft: &'d Draft, at: &[usize]) -> Result<&'d Item, TemplateError> {
    let (last, above) = at.split_last().ok_or_else(gone)?;
    let mut items = &draft.items;
    for index in above {
        items = &items.get(*index).ok_or_else(gone)?.items;
    }
    items.get(*last).ok_or_else(gone)
}

fn gone() -> TemplateError {
    TemplateError::input("/at", "这一题已经不在了（可能刚被移动或删除）。请刷新页面后再试。")
}

/// Whether an item may stand in another, or outermost.
fn fits(inner: Kind, outer: Option<Kind>) -> bool {
    match outer {
        None => true,
        Some(Kind::Page) => inner != Kind::Page,
        Some(Kind::Group) => !matches!(inner, Kind::Page | Kind::Group),
        Some(_) => false,
    }
}

fn outer_kind(draft: &Draft, at: &[usize]) -> Result<Option<Kind>, TemplateError> {
    match at.split_last() {
        None | Some((_, [])) => Ok(None),
        Some((_, above)) => Ok(Some(find(draft, above)?.kind)),
    }
}

fn insert(draft: &mut Draft, at: &[usize], item: Item) -> Result<Place, TemplateError> {
    let outer = outer_kind(draft, at)?;
    if !fits(item.kind, outer) {
        let (inner, outer) = (words::kind_name(item.kind), outer.map_or("问卷", words::kind_name));
        return Err(TemplateError::input("/at", format!("{inner}不能放在{outer}里。")));
    }
    let (items, index) = list(draft, at)?;
    let index = index.min(items.len());
    items.insert(index, item);
    let mut placed = at.to_vec();
    if let Some(last) = placed.last_mut() {
        *last = index;
    }
    Ok(placed)
}

fn take(draft: &mut Draft, at: &[usize]) -> Result<Item, TemplateError> {
    let (items, index) = list(draft, at)?;
    if index < items.len() { Ok(items.remove(index)) } else { Err(gone()) }
}

fn add(draft: &mut Draft, at: &[usize], kind: Kind) -> Result<Place, TemplateError> {
    let item = fresh(draft, kind);
    insert(draft, at, item)
}

/// A name that nothing has yet.
fn free_name(draft: &Draft, stem: &str) -> String {
    fn names<'d>(items: &'d [Item], out: &mut Vec<&'d str>) {
        for item in items {
            out.push(&item.id.text);
            names(&item.items, out);
        }
    }
    let mut taken = Vec::new();
    names(&draft.items, &mut taken);
    let is_free = |name: &str| !taken.contains(&name);
    (1..=10_000).map(|n| format!("{stem}{n}")).find(|name| is_free(name)).unwrap_or_default()
}

/// An item of a kind with the least it needs.
fn fresh(draft: &Draft, kind: Kind) -> Item {
    let written = |text: &str| Written::from(text.to_owned());
    let choice = |label: &str| Choice { label: written(label), ..Choice::default() };
    let property = |key: &str, value: &str| Property { key: written(key), when: None, value: written(value) };
    let stem = match kind {
        Kind::Page => "页",
        Kind::Group => "组",
        Kind::Note => "说明",
        Kind::Computed => "计算",
        Kind::Constraint => "约束",
        _ => "题",
    };
    let text = match kind {
        Kind::Page => "新的一页",
        Kind::Group => "可以重复填写的一组",
        Kind::Note => "给患者看的说明",
        Kind::Computed => "由答案算出的数",
        Kind::Constraint => "这几题的回答对不上，请再看一下",
        _ => "请写问题",
    };
    let mut item =
        Item { kind, id: written(&free_name(draft, stem)), text: written(text), ..Item::default() };
    match kind {
        Kind::Single | Kind::Multiple => item.options = vec![choice("选项一"), choice("选项二")],
        Kind::Grid => {
            item.options = vec![choice("没有"), choice("有")];
            item.rows = vec![Row { id: written("行1"), text: written("第一行"), ..Row::default() }];
        }
        Kind::Duration => item.properties = vec![property("单位", "天")],
        Kind::Computed => item.properties = vec![property("公式", "0")],
        Kind::Constraint => item.properties = vec![property("条件", "年龄 >= 0岁")],
        _ => {}
    }
    item
}

fn copy(draft: &mut Draft, at: &[usize]) -> Result<Place, TemplateError> {
    let mut item = find(draft, at)?.clone();
    item.id = Written::from(free_name(draft, &format!("{}副本", item.id.text)));
    if item.kind == Kind::Page {
        // What stands in a page has names of the whole questionnaire.
        item.items.clear();
    }
    let mut below = at.to_vec();
    if let Some(last) = below.last_mut() {
        *last += 1;
    }
    insert(draft, &below, item)
}

/// One place up or down: past its neighbour, into a page or group beside it, or out of the one it stands in.
fn shift(draft: &mut Draft, at: &[usize], direction: Direction) -> Result<Place, TemplateError> {
    let kind = find(draft, at)?.kind;
    let (last, above) = at.split_last().ok_or_else(gone)?;
    let n_siblings = list(draft, at)?.0.len();
    let sibling = match direction {
        Direction::Up => last.checked_sub(1),
        Direction::Down => Some(last + 1).filter(|next| *next < n_siblings),
    };
    let item = take(draft, at)?;
    let beside = |index: usize| [above, &[index]].concat();
    let to = match sibling {
        Some(sibling) => {
            // Below the taken one everything moved up.
            let now = if direction == Direction::Up { sibling } else { sibling - 1 };
            let other = find(draft, &beside(now))?;
            if other.kind == Kind::Page && fits(kind, Some(Kind::Page)) && above.is_empty() {
                let index = if direction == Direction::Up { other.items.len() } else { 0 };
                [beside(now), vec![index]].concat()
            } else {
                beside(sibling)
            }
        }
        None if above.is_empty() => at.to_vec(),
        None => out_of(draft, above, direction)?,
    };
    insert(draft, &to, item)
}

/// Where an item goes that leaves what stands at `above`: into the next page, or beside.
fn out_of(draft: &Draft, above: &[usize], direction: Direction) -> Result<Place, TemplateError> {
    let (index, outer) = above.split_last().ok_or_else(gone)?;
    let beside = |index: usize| [outer, &[index]].concat();
    let is_page = find(draft, above)?.kind == Kind::Page;
    let neighbour = match direction {
        Direction::Up => index.checked_sub(1).map(beside),
        Direction::Down => Some(beside(index + 1)),
    };
    let page = neighbour.filter(|_| is_page).and_then(|at| {
        find(draft, &at)
            .ok()
            .filter(|item| item.kind == Kind::Page)
            .map(|item| (at.clone(), item.items.len()))
    });
    Ok(match (page, direction) {
        (Some((page, length)), Direction::Up) => [page, vec![length]].concat(),
        (Some((page, _)), Direction::Down) => [page, vec![0]].concat(),
        (None, Direction::Up) => beside(*index),
        (None, Direction::Down) => beside(index + 1),
    })
}

fn carry(draft: &mut Draft, at: &[usize], to: &[usize]) -> Result<Place, TemplateError> {
    if to.starts_with(at) {
        return if to == at {
            Ok(at.to_vec())
        } else {
            Err(TemplateError::input("/to", "不能放进它自己里面。"))
        };
    }
    let item = take(draft, at)?;
    // Places behind the taken item, in its list, moved up by one.
    let mut to = to.to_vec();
    let depth = at.len() - 1;
    if to.len() > depth && to[..depth] == at[..depth] && to[depth] > at[depth] {
        to[depth] -= 1;
    }
    insert(draft, &to, item)
}

/// Comments stay with what they stood above as far as it is still there.
fn change(draft: &mut Draft, at: &[usize], item: &Item) -> Result<(), TemplateError> {
    let (items, index) = list(draft, at)?;
    let old = items.get_mut(index).ok_or_else(gone)?;
    let mut item = item.clone();
    item.remarks.clear();
    item.items = std::mem::take(&mut old.items);
    item.comments = std::mem::take(&mut old.comments);
    for remark in std::mem::take(&mut old.remarks) {
        match kept_at(&remark, old, &item) {
            Some(index) => item.remarks.push(Remark { index, ..remark }),
            None => item.comments.push(remark.text),
        }
    }
    item.remarks.sort_by_key(|remark| (remark.part, remark.index));
    *old = item;
    Ok(())
}

/// Where in the new item stands what a comment stood above in the old one.
fn kept_at(remark: &Remark, old: &Item, new: &Item) -> Option<usize> {
    let same = |a: &Written, b: &Written| a.text == b.text;
    match remark.part {
        Part::Head | Part::End => Some(remark.index),
        Part::Row => {
            let row = old.rows.get(remark.index)?;
            new.rows.iter().position(|other| same(&other.id, &row.id))
        }
        Part::Option => {
            let choice = old.options.get(remark.index)?;
            new.options.iter().position(|other| same(&other.label, &choice.label))
        }
        Part::Flag => {
            let flag = old.flags.get(remark.index)?;
            new.flags.iter().position(|other| other == flag)
        }
        Part::Property => {
            let property = old.properties.get(remark.index)?;
            let exact = new.properties.iter().position(|other| other == property);
            exact.or_else(|| new.properties.iter().position(|other| same(&other.key, &property.key)))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use rules::form::{print::print, read::read};

    use super::*;

    const TEXT: &str = "问卷 a 标题\n版本: 1\n\n页 一 第一页\n\n是否 热 发热吗？\n必答\n// 写进病历\n现病史(是): 发热\n\n单选 痰 有痰吗？\n- 有\n- 没有 ; 独占\n\n页 二 第二页\n\n组 药 吃的药\n次数: 0~3\n\n文字 药名 药名\n\n组完\n\n文字 话 还有吗？\n";

    fn draft() -> Draft {
        read("a.form", TEXT).unwrap()
    }

    fn names(items: &[Item]) -> String {
        let name = |item: &Item| match item.items.as_slice() {
            [] => item.id.text.clone(),
            inner => format!("{}({})", item.id.text, names(inner)),
        };
        items.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    fn after(step: &Step) -> Draft {
        let (stepped, _) = step.apply(&draft()).unwrap();
        let text = print(&stepped);
        let read = read("a.form", &text).unwrap_or_else(|faults| panic!("{text}\n{faults:?}"));
        assert_eq!(read, stepped, "the text says the same as the designer");
        stepped
    }

    #[rstest]
    #[case(Step::Up { at: vec![0, 1] }, "一(痰 热) 二(药(药名) 话)")]
    #[case(Step::Up { at: vec![1, 0] }, "一(热 痰 药(药名)) 二(话)")]
    #[case(Step::Down { at: vec![0, 1] }, "一(热) 二(痰 药(药名) 话)")]
    #[case(Step::Down { at: vec![1, 0] }, "一(热 痰) 二(话 药(药名))")]
    #[case(Step::Up { at: vec![1, 0, 0] }, "一(热 痰) 二(药名 药 话)")]
    #[case(Step::Down { at: vec![0] }, "二(药(药名) 话) 一(热 痰)")]
    #[case(Step::Up { at: vec![0] }, "一(热 痰) 二(药(药名) 话)")]
    #[case(Step::Move { at: vec![0, 0], to: vec![1, 2] }, "一(痰) 二(药(药名) 话 热)")]
    #[case(Step::Move { at: vec![0, 0], to: vec![0, 2] }, "一(痰 热) 二(药(药名) 话)")]
    #[case(Step::Move { at: vec![0, 0], to: vec![1, 0, 0] }, "一(痰) 二(药(热 药名) 话)")]
    #[case(Step::Delete { at: vec![1, 0] }, "一(热 痰) 二(话)")]
    #[case(Step::Copy { at: vec![0, 1] }, "一(热 痰 痰副本1) 二(药(药名) 话)")]
    fn items_go_where_they_are_put(#[case] step: Step, #[case] expected: &str) {
        assert_eq!(names(&after(&step).items), expected);
    }

    #[test]
    fn every_component_can_be_added_and_read_back() {
        for keyword in words::KEYWORDS {
            let at = if keyword.kind == Kind::Page { vec![9] } else { vec![1, 2] };
            let (stepped, at) = Step::Add { at, kind: keyword.kind }.apply(&draft()).unwrap();
            assert_eq!(read("a.form", &print(&stepped)).unwrap(), stepped, "{}", keyword.name);
            let added = find(&stepped, &at.unwrap()).unwrap();
            assert_eq!(added.kind, keyword.kind);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_nothing_is_lost() {
        for step in [
            Step::Add { at: vec![0, 0], kind: Kind::Page },
            Step::Move { at: vec![1, 0], to: vec![1, 0, 0] },
            Step::Add { at: vec![1, 0, 0], kind: Kind::Group },
            Step::Delete { at: vec![7] },
            Step::Delete { at: vec![] },
            Step::Move { at: vec![0], to: vec![1, 0] },
        ] {
            assert!(matches!(step.apply(&draft()), Err(TemplateError::Input { .. })), "{step:?}");
        }
        let mut item = find(&draft(), &[0, 1]).unwrap().clone();
        item.options.truncate(1);
        let step = Step::Change { at: vec![0, 1], item: Box::new(item) };
        let Err(TemplateError::Refused(faults)) = step.apply(&draft()) else {
            panic!("one option is too few")
        };
        assert_eq!(faults[0].code, "FM019");
    }

    #[test]
    fn a_comment_stays_above_what_it_was_about() {
        let mut item = find(&draft(), &[0, 0]).unwrap().clone();
        let hint = Property {
            key: Written::from("提示".to_owned()),
            when: None,
            value: Written::from("量过吗".to_owned()),
        };
        item.properties.insert(0, hint);
        let text = print(&after(&Step::Change { at: vec![0, 0], item: Box::new(item.clone()) }));
        assert!(text.contains("提示: 量过吗\n// 写进病历\n现病史(是): 发热"), "{text}");
        item.properties.clear();
        let text = print(&after(&Step::Change { at: vec![0, 0], item: Box::new(item) }));
        assert!(text.contains("// 写进病历\n是否 热 发热吗？"), "{text}");
    }
}
