//! The tables of a rule's page: pairs and groups (名单), limits (限量), combined names (并开).

use std::collections::BTreeMap;

use kb::{
    Fault, Kb,
    herb::{HerbId, Named},
};

use super::read::{Parts, fault, items, unknown};
use crate::page::Cell;

/// A row of a list: the pieces of one side and of the other; a group has its members on both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) left: Vec<HerbId>,
    pub(super) right: Vec<HerbId>,
    pub(super) note: String,
    /// `file:line`.
    pub(super) place: String,
}

/// The tables of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) rows: Vec<Row>,
    /// Milligrams by piece.
    pub(super) limits: Option<Vec<Option<u32>>>,
    pub(super) combined: BTreeMap<String, Vec<HerbId>>,
}

/// The pieces of a list of names: a piece with what is processed from it, `=` before it without, or a family.
pub(super) fn pieces(
    kb: &Kb,
    file: &str,
    text: &str,
    place: (u32, u32),
    faults: &mut Vec<Fault>,
) -> Vec<HerbId> {
    let mut pieces = Vec::new();
    for (before, name) in items(text) {
        let (name, is_exact) = name.strip_prefix('=').map_or((name, false), |name| (name, true));
        let before_piece = pieces.len();
        if !is_exact && let Some(group) = kb.herb_groups().iter().position(|group| group.label == name) {
            let of = kb.herbs().iter().filter(|herb| herb.groups.iter().any(|own| own.value == group));
            pieces.extend(of.map(|herb| herb.id));
        }
        match kb.herb_named(name) {
            Named::One(id) if is_exact => pieces.push(id),
            Named::One(id) => {
                pieces
                    .extend(kb.herbs().iter().map(|herb| herb.id).filter(|other| comes_from(kb, *other, id)));
            }
            Named::Ambiguous(ids) => {
                let names: Vec<&str> = ids.iter().map(|id| kb.herb(*id).label.as_str()).collect();
                let message = format!("“{name}”有歧义，写明是 {}", names.join("、"));
                faults.push(fault(file, (place.0, place.1 + before), "RX007", message));
                continue;
            }
            Named::None => {}
        }
        if pieces.len() == before_piece {
            let groups = kb.herb_groups().iter().map(|group| group.label.as_str());
            let names = kb.herbs().iter().map(|herb| herb.label.as_str()).chain(groups);
            let message = unknown("饮片或药组", name, names);
            faults.push(fault(file, (place.0, place.1 + before), "RX007", message));
        }
    }
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// Whether a piece is another or processed from it; circles were refused before.
pub(super) fn comes_from(kb: &Kb, piece: HerbId, raw: HerbId) -> bool {
    let mut next = Some(piece);
    for _ in 0..=kb.herbs().len() {
        match next {
            Some(id) if id == raw => return true,
            Some(id) => next = kb.herb(id).processed_of,
            None => return false,
        }
    }
    false
}

pub(super) fn read(kb: &Kb, file: &str, parts: &Parts, faults: &mut Vec<Fault>) -> Tables {
    let mut tables = Tables::default();
    for rows in &parts.tables {
        let Some((head, body)) = rows.split_first() else { continue };
        let heads: Vec<&str> = head.iter().map(|cell| cell.text.as_str()).collect();
        let place = head.first().map_or((1, 1), |cell| (cell.line, cell.column));
        match heads.as_slice() {
            ["甲", "乙", "说明"] => {
                tables.rows.extend(body.iter().map(|row| pair(kb, file, row, faults)));
            }
            ["同组", "说明"] => {
                tables.rows.extend(body.iter().map(|row| group(kb, file, row, faults)));
            }
            ["药", "限量"] => {
                let limits = tables.limits.get_or_insert_with(|| vec![None; kb.herbs().len()]);
                for row in body {
                    limit(kb, file, row, limits, faults);
                }
            }
            ["并开", "分写"] => {
                for row in body {
                    let parts = pieces_exactly(kb, file, &row[1], faults);
                    if tables.combined.insert(row[0].text.clone(), parts).is_some() {
                        let message = format!("“{}”写了两次", row[0].text);
                        faults.push(fault(file, (row[0].line, row[0].column), "RX012", message));
                    }
                }
            }
            _ => {
                let message = "表头只能是 甲|乙|说明、同组|说明、药|限量、并开|分写 之一";
                faults.push(fault(file, place, "RX012", message));
            }
        }
    }
    tables
}

fn pair(kb: &Kb, file: &str, row: &[Cell], faults: &mut Vec<Fault>) -> Row {
    let mut side = |cell: &Cell| pieces(kb, file, &cell.text, (cell.line, cell.column), faults);
    Row {
        left: side(&row[0]),
        right: side(&row[1]),
        note: row[2].text.clone(),
        place: format!("{file}:{}", row[0].line),
    }
}

fn group(kb: &Kb, file: &str, row: &[Cell], faults: &mut Vec<Fault>) -> Row {
    let members = pieces(kb, file, &row[0].text, (row[0].line, row[0].column), faults);
    Row {
        left: members.clone(),
        right: members,
        note: row[1].text.clone(),
        place: format!("{file}:{}", row[0].line),
    }
}

fn limit(kb: &Kb, file: &str, row: &[Cell], limits: &mut [Option<u32>], faults: &mut Vec<Fault>) {
    let text = row[1].text.trim_end_matches(['g', '克']).trim();
    let grams: Option<f64> = text.parse().ok().filter(|grams: &f64| *grams > 0.0 && *grams < 10_000.0);
    let Some(grams) = grams else {
        let message = format!("限量写成克数，例如 3g，不能是“{}”", row[1].text);
        faults.push(fault(file, (row[1].line, row[1].column), "RX012", message));
        return;
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be small and positive"
    )]
    let milligrams = (grams * 1000.0).round() as u32;
    for id in pieces(kb, file, &row[0].text, (row[0].line, row[0].column), faults) {
        if let Some(place) = limits.get_mut(id.index()) {
            *place = Some(milligrams);
        }
    }
}

/// The pieces named, without what is processed from them.
fn pieces_exactly(kb: &Kb, file: &str, cell: &Cell, faults: &mut Vec<Fault>) -> Vec<HerbId> {
    let mut found = Vec::new();
    for (before, name) in items(&cell.text) {
        if let Named::One(id) = kb.herb_named(name) {
            found.push(id);
        } else {
            let message = unknown("饮片", name, kb.herbs().iter().map(|herb| herb.label.as_str()));
            faults.push(fault(file, (cell.line, cell.column + before), "RX007", message));
        }
    }
    found
}
