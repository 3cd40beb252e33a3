//! What differs between two versions, question by question.

use std::collections::{BTreeMap, BTreeSet};

use rules::form::{
    draft::{Draft, Item, Kind},
    print::print,
    words,
};

/// What happened to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Removed,
    Changed,
    /// Only its place differs.
    Moved,
}

impl Change {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Added => "增加",
            Self::Removed => "删除",
            Self::Changed => "修改",
            Self::Moved => "移动",
        }
    }

    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::Added => "ok",
            Self::Removed => "danger",
            Self::Changed => "warn",
            Self::Moved => "info",
        }
    }
}

/// One question that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) change: Change,
    /// Its name; empty for the first lines of the questionnaire.
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    /// Lines only the older one has, and only the newer one.
    pub(crate) removed: Vec<String>,
    pub(crate) added: Vec<String>,
}

/// A question with where it stands.
struct Entry<'d> {
    name: String,
    item: &'d Item,
    outer: String,
}

fn entries<'d>(items: &'d [Item], outer: &str, group: &str, out: &mut Vec<Entry<'d>>) {
    for item in items {
        let name = if group.is_empty() { item.id.text.clone() } else { format!("{group}.{}", item.id.text) };
        let inner = if item.kind == Kind::Group { name.as_str() } else { group };
        out.push(Entry { name: name.clone(), item, outer: outer.to_owned() });
        entries(&item.items, &name, inner, out);
    }
}

/// What one item says, without what stands in it.
fn lines(item: &Item) -> Vec<String> {
    let alone = Item { items: Vec::new(), ..item.clone() };
    let text = print(&Draft { items: vec![alone], ..Draft::default() });
    let end = [words::GROUP_END.0, words::PAGE_END.0];
    let lines = text.lines().skip(1).filter(|line| !line.is_empty() && !end.contains(line));
    lines.map(str::to_owned).collect()
}

fn head(draft: &Draft) -> Vec<String> {
    let head = Draft { items: Vec::new(), ..draft.clone() };
    print(&head).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn compared(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>()
    };
    (only(old, new), only(new, old))
}

/// In the order of the newer one; what was removed comes last.
pub(crate) fn diff(old: &Draft, new: &Draft) -> Vec<Difference> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    entries(&old.items, "", "", &mut before);
    entries(&new.items, "", "", &mut after);
    let by_name: BTreeMap<&str, &Entry<'_>> =
        before.iter().map(|entry| (entry.name.as_str(), entry)).collect();
    let names: BTreeSet<&str> = after.iter().map(|entry| entry.name.as_str()).collect();
    let stayed = stayed(&before, &after);
    let mut found = Vec::new();
    let (removed, added) = compared(&head(old), &head(new));
    if !removed.is_empty() || !added.is_empty() {
        found.push(Difference {
            change: Change::Changed, name: String::new(), kind: "问卷", removed, added
        });
    }
    for entry in &after {
        let (name, kind) = (entry.name.clone(), words::kind_name(entry.item.kind));
        let own = lines(entry.item);
        let Some(other) = by_name.get(entry.name.as_str()) else {
            found.push(Difference { change: Change::Added, name, kind, removed: Vec::new(), added: own });
            continue;
        };
        let theirs = lines(other.item);
        if own != theirs {
            let (mut removed, mut added) = compared(&theirs, &own);
            if removed.is_empty() && added.is_empty() {
                (removed, added) = (theirs, own);
            }
            found.push(Difference { change: Change::Changed, name, kind, removed, added });
        } else if entry.outer != other.outer || !stayed.contains(entry.name.as_str()) {
            found.push(Difference {
                change: Change::Moved,
                name,
                kind,
                removed: Vec::new(),
                added: Vec::new(),
            });
        }
    }
    for entry in before.iter().filter(|entry| !names.contains(entry.name.as_str())) {
        let kind = words::kind_name(entry.item.kind);
        let removed = lines(entry.item);
        found.push(Difference {
            change: Change::Removed,
            name: entry.name.clone(),
            kind,
            removed,
            added: Vec::new(),
        });
    }
    found
}

/// Names that keep their order: a longest common subsequence of both.
fn stayed<'d>(before: &'d [Entry<'_>], after: &'d [Entry<'_>]) -> BTreeSet<&'d str> {
    let (n, m) = (before.len(), after.len());
    let mut longest = vec![vec![0_usize; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            longest[i][j] = if before[i].name == after[j].name {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut kept = BTreeSet::new();
    while i < n && j < m {
        if before[i].name == after[j].name {
            kept.insert(after[j].name.as_str());
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use rules::form::read::read;

    use super::*;

    #[test]
    fn questions_are_added_changed_moved_and_removed() {
        let old = "问卷 a 标题\n是否 甲 甲？\n是否 乙 乙？\n是否 丙 丙？\n必答\n文字 丁 丁？\n";
        let new = "问卷 a 新标题\n是否 丙 丙？\n必答\n是否 甲 甲？\n是否 乙 乙真的？\n数字 戊 戊？\n";
        let (old, new) = (read("a", old).unwrap(), read("a", new).unwrap());
        let found = diff(&old, &new);
        let said: Vec<String> =
            found.iter().map(|one| format!("{}{}", one.change.text(), one.name)).collect();
        assert_eq!(said, ["修改", "移动丙", "修改乙", "增加戊", "删除丁"]);
        assert_eq!(found[2].removed, ["是否 乙 乙？"]);
        assert_eq!(found[2].added, ["是否 乙 乙真的？"]);
        assert_eq!(diff(&old, &old), []);
    }
}
