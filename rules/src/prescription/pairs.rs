//! Several pieces at once: the pairs of the verses, duplicates, the lists of a page.

use std::collections::BTreeMap;

use kb::{
    Kb, Review,
    herb::{HerbId, RuleSet},
};

use super::{
    book::Book,
    facts::{Item, Sheet},
    rule::{Operator, Rule},
};

const NONE: u16 = u16::MAX;

/// A pair of the verses as it holds between two pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verse {
    set: RuleSet,
    is_sure: bool,
    key: String,
    told: String,
    source: String,
}

/// The pairs between all pieces: a dense square over the pieces that have any.
#[derive(Debug, Clone, Default)]
pub(super) struct Verses {
    /// Position in the square, by piece.
    places: Vec<u16>,
    side: usize,
    square: Vec<u16>,
    list: Vec<Verse>,
}

impl Verses {
    pub(super) fn of(kb: &Kb) -> Self {
        let herbs = kb.herbs();
        let mut is_named = vec![false; herbs.len()];
        for pair in kb.incompatibilities().iter().filter(|pair| pair.review != Review::Rejected) {
            is_named[pair.left.index()] = true;
            is_named[pair.right.index()] = true;
        }
        let touched = |start: HerbId| {
            let mut next = Some(start);
            let chain = std::iter::from_fn(|| {
                let now = next?;
                next = herbs[now.index()].processed_of;
                Some(now)
            });
            chain.take(herbs.len()).any(|id| is_named[id.index()])
        };
        let involved: Vec<HerbId> = herbs.iter().map(|herb| herb.id).filter(|id| touched(*id)).collect();
        let mut verses = Self {
            places: vec![NONE; herbs.len()],
            side: involved.len(),
            square: vec![NONE; involved.len() * involved.len()],
            list: Vec::new(),
        };
        for (place, id) in (0u16..).zip(&involved) {
            verses.places[id.index()] = place;
        }
        for (row, a) in involved.iter().enumerate() {
            for (column, b) in involved.iter().enumerate().skip(row + 1) {
                let clashes = kb.clashes(*a, *b);
                let Some(clash) = clashes.iter().max_by_key(|clash| clash.is_verified) else { continue };
                let pair = clash.pair;
                let verse = Verse {
                    set: pair.rule_set,
                    is_sure: clash.is_verified,
                    key: pair.key.clone(),
                    told: if pair.note.is_empty() {
                        pair.verse.clone()
                    } else {
                        format!("{}；{}", pair.verse, pair.note)
                    },
                    source: kb.source_label(&pair.source).unwrap_or(&pair.source).to_owned(),
                };
                let at = verses.list.iter().position(|known| *known == verse).unwrap_or_else(|| {
                    verses.list.push(verse);
                    verses.list.len() - 1
                });
                let at = u16::try_from(at).unwrap_or(NONE);
                verses.square[row * verses.side + column] = at;
                verses.square[column * verses.side + row] = at;
            }
        }
        verses
    }

    fn between(&self, a: HerbId, b: HerbId) -> Option<&Verse> {
        let (a, b) = (self.places[a.index()], self.places[b.index()]);
        if a == NONE || b == NONE {
            return None;
        }
        self.list.get(usize::from(self.square[usize::from(a) * self.side + usize::from(b)]))
    }

    fn has(&self, item: &Item<'_>) -> bool {
        item.meant().iter().any(|id| self.places[id.index()] != NONE)
    }
}

/// Lines that together make a finding.
pub(super) struct Hit {
    /// Positions among the items of the sheet.
    pub(super) items: Vec<usize>,
    pub(super) rows: Vec<String>,
    /// The verse or remark; may be empty.
    pub(super) told: String,
    /// Where it says so, when not the rule's own source.
    pub(super) source: Option<String>,
}

/// What an operator finds.
pub(super) fn hits(book: &Book, sheet: &Sheet<'_>, rule: &Rule, operator: Operator) -> Vec<Hit> {
    match operator {
        Operator::Eighteen | Operator::Nineteen | Operator::Doubtful => verses(book, sheet, operator),
        Operator::SameName => groups(sheet, |item| Some((item.herb?, item.written)), |_| true),
        Operator::SamePiece => groups(sheet, |item| item.herb, |items| differ(items, |item| item.written)),
        Operator::SameRoot => groups(
            sheet,
            |item| item.herb.map(|id| book.herbs[id.index()].root),
            |items| differ(items, |item| item.herb),
        ),
        Operator::Listed => listed(sheet, rule),
    }
}

fn verses(book: &Book, sheet: &Sheet<'_>, operator: Operator) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (at, a) in sheet.items.iter().enumerate().filter(|(_, item)| book.verses.has(item)) {
        for (other, b) in
            sheet.items.iter().enumerate().skip(at + 1).filter(|(_, item)| book.verses.has(item))
        {
            if a.line == b.line {
                continue;
            }
            let pairs = || a.meant().iter().flat_map(|a| b.meant().iter().map(move |b| (*a, *b)));
            let found: Vec<&Verse> = pairs().filter_map(|(a, b)| book.verses.between(a, b)).collect();
            let Some(first) = found.first() else { continue };
            // Whatever an unclear name means, the pair holds.
            let is_sure = found.len() == pairs().count() && found.iter().all(|verse| verse.is_sure);
            let is_asked = match operator {
                Operator::Eighteen => is_sure && first.set == RuleSet::Eighteen,
                Operator::Nineteen => is_sure && first.set == RuleSet::Nineteen,
                _ => !is_sure,
            };
            if is_asked {
                let mut rows: Vec<String> = found.iter().map(|verse| verse.key.clone()).collect();
                rows.sort();
                rows.dedup();
                let least = found.iter().min_by_key(|verse| &verse.key).unwrap_or(first);
                hits.push(Hit {
                    items: vec![at, other],
                    rows,
                    told: format!("{}：{}", least.set.label(), least.told),
                    source: Some(least.source.clone()),
                });
            }
        }
    }
    hits
}

/// Items of one key, at least two lines of them.
fn groups<'s, K: Ord>(
    sheet: &'s Sheet<'_>,
    key: impl Fn(&'s Item<'s>) -> Option<K>,
    is_asked: impl Fn(&[&'s Item<'s>]) -> bool,
) -> Vec<Hit> {
    let mut keyed: Vec<(K, usize)> =
        sheet.items.iter().enumerate().filter_map(|(at, item)| Some((key(item)?, at))).collect();
    keyed.sort();
    let mut hits = Vec::new();
    for group in keyed.chunk_by(|(a, _), (b, _)| a == b).filter(|group| group.len() > 1) {
        let items: Vec<&Item<'_>> = group.iter().map(|(_, at)| &sheet.items[*at]).collect();
        if items.iter().any(|item| item.line != items[0].line) && is_asked(&items) {
            let items = group.iter().map(|(_, at)| *at).collect();
            hits.push(Hit { items, rows: Vec::new(), told: String::new(), source: None });
        }
    }
    hits
}

fn differ<'s, T: PartialEq>(items: &[&'s Item<'s>], of: impl Fn(&'s Item<'s>) -> T) -> bool {
    let mut values = items.iter().map(|item| of(item));
    values.next().is_some_and(|first| values.any(|value| value != first))
}

/// Rows of which pieces of both sides are there; a group needs two different pieces.
fn listed(sheet: &Sheet<'_>, rule: &Rule) -> Vec<Hit> {
    let mut by_row: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, row) in rule.tables.rows.iter().enumerate() {
        let of =
            |side: &[HerbId], item: &Item<'_>| item.herb.is_some_and(|id| side.binary_search(&id).is_ok());
        let found =
            sheet.items.iter().enumerate().filter(|(_, item)| of(&row.left, item) || of(&row.right, item));
        let found: Vec<usize> = found.map(|(position, _)| position).collect();
        let pair = found.iter().any(|a| {
            found.iter().any(|b| {
                let (a, b) = (&sheet.items[*a], &sheet.items[*b]);
                a.line != b.line && a.herb != b.herb && of(&row.left, a) && of(&row.right, b)
            })
        });
        if pair {
            by_row.insert(at, found);
        }
    }
    let hit = |(at, items): (usize, Vec<usize>)| Hit {
        items,
        rows: vec![rule.tables.rows[at].place.clone()],
        told: rule.tables.rows[at].note.clone(),
        source: None,
    };
    by_row.into_iter().map(hit).collect()
}
