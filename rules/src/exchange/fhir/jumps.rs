//! Jumps as what they do to the items they pass over: FHIR has show conditions only.

use std::collections::BTreeMap;

use crate::{
    expr::{Expr, typed::Cond},
    form::draft::{Item, Kind},
};

use super::{
    super::{branch::Branch, names::Directory},
    normal::{needs, normal, not_yes},
};

/// Most parts the conditions of one item may have.
const MAX_PARTS: usize = 400;

/// For each linkId, when jumps leave it shown; nothing where that can't be said in a condition.
pub(super) type Passed = BTreeMap<String, Option<Vec<Cond>>>;

/// What the jumps of a questionnaire pass over.
pub(super) fn passed(branches: &[Branch], directory: &Directory) -> Passed {
    let mut order = Order { stops: Vec::new() };
    order.walk(branches, None, None, directory);
    let mut passed = Passed::new();
    for index in 0..order.stops.len() {
        order.jump(index, directory, &mut passed);
    }
    passed
}

/// The condition a property of an item states; nothing when it does not compile.
pub(super) fn condition(text: &str, directory: &Directory, group: Option<u32>) -> Option<Cond> {
    Expr::compile(text, &directory.scope(group)).ok()?.cond().cloned()
}

/// Condition and the rest of `条件 => …`.
pub(super) fn arrow(text: &str) -> Option<(&str, &str)> {
    let (left, right) = text.split_once("=>").or_else(|| text.split_once("＝＞"))?;
    Some((left.trim(), right.trim()))
}

struct Stop<'a> {
    item: &'a Item,
    link: &'a str,
    parent: Option<usize>,
    group: Option<u32>,
    /// One past the last item in it.
    end: usize,
}

struct Order<'a> {
    stops: Vec<Stop<'a>>,
}

impl<'a> Order<'a> {
    fn walk(
        &mut self,
        branches: &'a [Branch],
        parent: Option<usize>,
        group: Option<u32>,
        directory: &Directory,
    ) {
        for branch in branches {
            let index = self.stops.len();
            self.stops.push(Stop { item: &branch.item, link: &branch.link, parent, group, end: index + 1 });
            let inner = if branch.item.kind == Kind::Group { directory.slot(&branch.link) } else { group };
            self.walk(&branch.inner, Some(index), inner, directory);
            let end = self.stops.len();
            if let Some(stop) = self.stops.get_mut(index) {
                stop.end = end;
            }
        }
    }

    fn jump(&self, index: usize, directory: &Directory, passed: &mut Passed) {
        let Some(from) = self.stops.get(index) else { return };
        let mut earlier: Option<Vec<Cond>> = Some(Vec::new());
        for property in from.item.all("跳转") {
            let Some((guard, target)) = arrow(&property.value.text) else { continue };
            let Some(end) = self.target(index, target) else { continue };
            let is_else = matches!(guard, "否则" | "else");
            let fired = earlier.as_ref().and_then(|earlier| {
                if is_else {
                    return earlier.iter().map(|guard| normal(guard, false)).collect::<Option<Vec<_>>>();
                }
                let mut parts: Vec<Cond> = earlier.iter().map(not_yes).collect::<Option<_>>()?;
                parts.push(normal(&condition(guard, directory, from.group)?, true)?);
                Some(parts)
            });
            let spared = fired.and_then(|parts| self.spared(index, parts, directory, passed));
            self.cover(from, end, spared.as_ref(), passed);
            if let Some(list) = &mut earlier {
                match condition(guard, directory, from.group) {
                    Some(cond) => list.push(cond),
                    None if is_else => {}
                    None => earlier = None,
                }
            }
        }
    }

    /// Where a target begins; `结束` is the end.
    fn target(&self, from: usize, name: &str) -> Option<usize> {
        if matches!(name, "结束" | "end") {
            return Some(self.stops.len());
        }
        let name = name.trim_matches(['「', '」', '"']);
        (from + 1..self.stops.len()).find(|index| self.stops[*index].item.id.text == name)
    }

    /// That a jump does not fire.
    fn spared(&self, index: usize, fired: Vec<Cond>, directory: &Directory, passed: &Passed) -> Option<Cond> {
        let mut parts = fired;
        let slot = directory.slot(self.stops[index].link);
        // A hidden question has no answer, so a guard that needs its answer does not hold then.
        if !slot.is_some_and(|slot| parts.iter().any(|part| needs(part, slot))) {
            parts.extend(self.shown(index, directory, passed)?);
        }
        let spared = not_yes(&Cond::And(parts))?;
        (size(&spared) <= MAX_PARTS).then_some(spared)
    }

    /// When a question is shown.
    fn shown(&self, index: usize, directory: &Directory, passed: &Passed) -> Option<Vec<Cond>> {
        let mut parts = Vec::new();
        let mut at = Some(index);
        while let Some(stop) = at.and_then(|at| self.stops.get(at)) {
            for show in stop.item.all("显示") {
                parts.push(condition(&show.value.text, directory, stop.group)?);
            }
            if let Some(conditions) = passed.get(stop.link) {
                parts.extend(conditions.clone()?);
            }
            at = stop.parent;
        }
        Some(parts)
    }

    /// Puts a condition on all that lies between.
    fn cover(&self, from: &Stop<'_>, end: usize, spared: Option<&Cond>, passed: &mut Passed) {
        let mut index = from.end;
        while index < end {
            let Some(stop) = self.stops.get(index) else { return };
            if stop.end > end {
                index += 1;
                continue;
            }
            let reaches = from.group.is_none() || from.group == stop.group;
            let conditions = passed.entry(stop.link.to_owned()).or_insert_with(|| Some(Vec::new()));
            match (conditions.as_mut(), spared) {
                (Some(list), Some(cond)) if reaches => list.push(cond.clone()),
                _ => *conditions = None,
            }
            index = stop.end;
        }
    }
}

fn size(cond: &Cond) -> usize {
    match cond {
        Cond::And(of) | Cond::Or(of) | Cond::Count(of, ..) => 1 + of.iter().map(size).sum::<usize>(),
        Cond::Not(of) | Cond::Rows { of, .. } => 1 + size(of),
        Cond::Same(a, b) => 1 + size(a) + size(b),
        _ => 1,
    }
}
