//! The items of a questionnaire as a tree in which every item has its linkId.

use std::collections::BTreeSet;

use crate::form::draft::{Item, Kind};

/// An item, and what it is called in a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Branch {
    /// The item without the items in it.
    pub(super) item: Item,
    /// Its linkId, unique in the document.
    pub(super) link: String,
    /// linkIds of the rows of a grid.
    pub(super) rows: Vec<String>,
    /// The items in it.
    pub(super) inner: Vec<Branch>,
    /// Where it stands in a document that was read: a JSON pointer or a cell.
    pub(super) at: String,
}

/// The items as branches; ids of a repeating group's items and of a grid's rows are prefixed with its own.
pub(super) fn branches(items: &[Item]) -> Vec<Branch> {
    let mut links = Links::default();
    grown(items, "", &mut links)
}

/// The items of branches.
pub(super) fn items(branches: Vec<Branch>) -> Vec<Item> {
    branches.into_iter().map(|branch| Item { items: items(branch.inner), ..branch.item }).collect()
}

/// What linkId an item gets by default.
pub(super) fn link(prefix: &str, id: &str) -> String {
    format!("{prefix}{}", id.trim())
}

/// What stands before the linkIds of the items in an item.
pub(super) fn inner_prefix(kind: Kind, link: &str, prefix: &str) -> String {
    if matches!(kind, Kind::Group | Kind::Grid) { format!("{link}.") } else { prefix.to_owned() }
}

/// Names that are given once.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeSet<String>);

impl Links {
    /// The name itself, or with the first number that makes it new.
    pub(super) fn unique(&mut self, wanted: String) -> String {
        let wanted = if wanted.is_empty() { "_".to_owned() } else { wanted };
        let mut name = wanted.clone();
        let mut number = 2u32;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}-{number}");
            number += 1;
        }
        name
    }
}

fn grown(items: &[Item], prefix: &str, links: &mut Links) -> Vec<Branch> {
    let mut grown_items = Vec::with_capacity(items.len());
    for item in items {
        let own = links.unique(link(prefix, &item.id.text));
        let inner = inner_prefix(item.kind, &own, prefix);
        let rows = item.rows.iter().map(|row| links.unique(link(&inner, &row.id.text))).collect();
        let branches = grown(&item.items, &inner, links);
        let item = Item { items: Vec::new(), ..item.clone() };
        grown_items.push(Branch { item, link: own, rows, inner: branches, at: String::new() });
    }
    grown_items
}

/// In our text a page reaches to the next page, so items between pages get pages of their own.
pub(super) fn paged(branches: Vec<Branch>) -> Vec<Branch> {
    if !branches.iter().any(|branch| branch.item.kind == Kind::Page) {
        return branches;
    }
    let mut links = Links::default();
    for branch in &branches {
        links.unique(branch.link.clone());
    }
    let mut pages: Vec<Branch> = Vec::new();
    let mut is_open = false;
    for branch in branches {
        if branch.item.kind == Kind::Page {
            is_open = false;
            pages.push(branch);
            continue;
        }
        if let Some(page) = pages.last_mut().filter(|_| is_open) {
            page.inner.push(branch);
        } else {
            let link = links.unique("页".to_owned());
            let item = Item { kind: Kind::Page, id: link.clone().into(), ..Item::default() };
            pages.push(Branch { item, link, inner: vec![branch], ..Branch::default() });
            is_open = true;
        }
    }
    pages
}
