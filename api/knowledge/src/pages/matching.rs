//! Matching rules as a table, tried on a visit and on those of the last month (应用规则设置).

mod attempt;
mod edit;
mod list;
mod month;
mod table;

pub(super) use attempt::attempt;
pub(super) use edit::edit;
pub(super) use list::{begin, list};
pub(super) use month::{ask as ask_month, show as month};
pub(super) use table::table;

/// The name of a file of matching rules, or of one that might be.
fn name_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("rules/")?.strip_suffix(".md")?;
    (!name.contains('/')).then_some(name)
}
