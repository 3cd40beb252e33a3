//! A prescription resolved once: every line with its piece, weights and notes, ready for every rule.

use kb::herb::HerbId;

use super::{
    book::{Book, Known},
    names::{Meaning, Note, Unit, bit, note},
    order::{Prescription, Sex},
    terms::{FIRST, FORMS, LINES},
};
use crate::expr::{Facts, Value};

/// A piece of a line. A name for several pieces gives one for itself and one for each of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    /// Position in the prescription.
    pub(super) line: usize,
    pub(super) written: &'a str,
    pub(super) herb: Option<HerbId>,
    /// What an ambiguous name may mean.
    pub(super) candidates: &'a [HerbId],
    /// Position in [`super::terms::STATES`].
    pub(super) state: u16,
    unit: Option<Unit>,
    pub(super) dose_mg: Option<u32>,
    sum_mg: Option<u32>,
    sum_max_mg: Option<u32>,
    notes: [u64; 1],
    has_odd_note: bool,
}

impl Item<'_> {
    /// What it may be.
    pub(super) fn meant(&self) -> &[HerbId] {
        if self.candidates.is_empty() { self.herb.as_slice() } else { self.candidates }
    }
}

/// A prescription resolved.
pub(super) struct Sheet<'a> {
    book: &'a Book,
    order: &'a Prescription,
    pub(super) items: Vec<Item<'a>>,
    pregnant: Option<bool>,
    form: Option<u16>,
    total_mg: Option<u32>,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(book: &'a Book, order: &'a Prescription) -> Self {
        let mut items = Vec::with_capacity(order.lines.len() + 4);
        for (line, written) in order.lines.iter().enumerate() {
            let (meaning, inner) = book.names.find(&written.name);
            let (mut notes, mut has_odd_note) = (0, false);
            for found in written
                .notes
                .iter()
                .filter(|text| !text.trim().is_empty())
                .map(|text| note(text))
                .chain(inner.map(Some))
            {
                match found {
                    Some(Note::Method(method)) => notes |= bit(method),
                    Some(Note::Neutral) => {}
                    None => has_odd_note = true,
                }
            }
            let unit = Unit::read(&written.unit);
            let item = Item {
                line,
                written: meaning.map_or(written.name.as_str(), |(listed, _)| listed),
                herb: None,
                candidates: &[],
                state: 4,
                unit: Some(unit),
                dose_mg: weight(written.dose, unit),
                sum_mg: None,
                sum_max_mg: None,
                notes: [notes],
                has_odd_note,
            };
            match meaning.map(|(_, meaning)| meaning) {
                Some(Meaning::One(id)) => items.push(Item { herb: Some(*id), state: 0, ..item }),
                Some(Meaning::Ambiguous(ids)) => items.push(Item { candidates: ids, state: 1, ..item }),
                Some(Meaning::Combined(ids)) => {
                    items.push(Item { state: 2, ..item });
                    let part = Item { state: 3, unit: None, dose_mg: None, has_odd_note: false, ..item };
                    items.extend(ids.iter().map(|id| Item { herb: Some(*id), ..part }));
                }
                None => items.push(item),
            }
        }
        sums(book, &mut items);
        let form = order.form.as_deref().unwrap_or(FORMS[0]).trim();
        let mut total = items.iter().filter(|item| item.state != 3).map(|item| item.dose_mg);
        Self {
            book,
            order,
            pregnant: order.pregnant(),
            form: FORMS.iter().position(|known| *known == form).and_then(|at| u16::try_from(at).ok()),
            total_mg: total.try_fold(0u32, |sum, dose| sum.checked_add(dose?)),
            items,
        }
    }

    /// The facts of one item for a rule with these limits.
    pub(super) fn line(&'a self, row: usize, limits: Option<&'a [Option<u32>]>) -> LineFacts<'a> {
        LineFacts { sheet: self, item: &self.items[row], limits }
    }

    fn known(&self, id: HerbId) -> &'a Known {
        &self.book.herbs[id.index()]
    }
}

/// Pieces of one root are weighed together; whole milligrams, so that their order does not matter.
fn sums(book: &Book, items: &mut [Item<'_>]) {
    for at in 0..items.len() {
        let Some(id) = items[at].herb else { continue };
        let root = book.herbs[id.index()].root;
        let (mut sum, mut max, mut n_same) = (Some(0u32), None, 0);
        for other in items.iter() {
            let Some(known) = other.herb.map(|id| &book.herbs[id.index()]).filter(|known| known.root == root)
            else {
                continue;
            };
            n_same += 1;
            sum = sum.zip(other.dose_mg).and_then(|(sum, dose)| sum.checked_add(dose));
            max = max.max(known.max_mg);
        }
        if n_same > 1 {
            (items[at].sum_mg, items[at].sum_max_mg) = (sum, max);
        }
    }
}

/// Whole milligrams of a dose; none when it cannot be a weight.
fn weight(dose: Option<f64>, unit: Unit) -> Option<u32> {
    let Unit::Weight(milligrams) = unit else { return None };
    let weight = (dose? * f64::from(milligrams)).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within u32")]
    (weight >= 1.0 && weight <= f64::from(u32::MAX)).then_some(weight as u32)
}

fn grams(milligrams: Option<u32>) -> Value<'static> {
    milligrams.map_or(Value::Unknown, |value| Value::Number(f64::from(value) / 1000.0))
}

fn count(number: usize) -> Value<'static> {
    Value::Number(u32::try_from(number).map_or(f64::MAX, f64::from))
}

fn whole(number: Option<u32>) -> Value<'static> {
    number.map_or(Value::Unknown, |number| Value::Number(f64::from(number)))
}

fn truth(value: Option<bool>) -> Value<'static> {
    value.map_or(Value::Unknown, Value::Truth)
}

/// The facts of the whole.
impl Facts for Sheet<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        let patient = &self.order.patient;
        let n_named = |entries: &[super::Entry]| {
            count(
                entries
                    .iter()
                    .filter(|entry| !entry.name.trim().is_empty() || !entry.code.trim().is_empty())
                    .count(),
            )
        };
        match slot {
            0 => whole(patient.age_months.map(|months| months / 12)),
            1 => whole(patient.age_months),
            2 => match patient.sex {
                Some(Sex::Male) => Value::Choice(0),
                Some(Sex::Female) => Value::Choice(1),
                None => Value::Unknown,
            },
            3 => truth(self.pregnant),
            4 => truth(if patient.sex == Some(Sex::Male) { Some(false) } else { patient.lactating }),
            5 => whole(self.order.doses),
            6 => count(self.order.lines.len()),
            7 => grams(self.total_mg),
            8 => truth(self.order.emergency),
            9 => Value::Truth(!self.order.reason.trim().is_empty()),
            10 => n_named(&self.order.diagnoses),
            11 => n_named(&self.order.syndromes),
            12 => self.form.map_or(Value::Unknown, Value::Choice),
            13 => whole(self.order.age_days),
            14 => whole(self.order.valid_days),
            15 => truth(self.order.decocted),
            16 => Value::Truth(!self.order.usage.trim().is_empty()),
            _ => Value::Unknown,
        }
    }

    fn rows(&self, group: u32) -> usize {
        if group == LINES { self.items.len() } else { 0 }
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        self.items.get(row).map_or(Value::Unknown, |item| of_item(self, item, None, slot))
    }
}

/// The facts of one line and of the whole around it.
pub(super) struct LineFacts<'a> {
    sheet: &'a Sheet<'a>,
    item: &'a Item<'a>,
    limits: Option<&'a [Option<u32>]>,
}

impl Facts for LineFacts<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        if slot < FIRST { self.sheet.value(slot) } else { of_item(self.sheet, self.item, self.limits, slot) }
    }
}

fn of_item<'s>(
    sheet: &'s Sheet<'_>,
    item: &'s Item<'_>,
    limits: Option<&[Option<u32>]>,
    slot: u32,
) -> Value<'s> {
    let known = item.herb.map(|id| sheet.known(id));
    match slot - FIRST {
        1 => Value::Text(item.written),
        2 => grams(item.dose_mg),
        5 => grams(item.sum_mg),
        6 => grams(item.sum_max_mg),
        9 => Value::Set(&item.notes),
        11 => Value::Choice(item.state),
        12 => item.unit.map_or(Value::Unknown, |unit| Value::Choice(unit.label())),
        13 => Value::Truth(item.has_odd_note),
        16 => grams(item.herb.and_then(|id| *limits?.get(id.index())?)),
        _ => known.map_or(Value::Unknown, |known| known.value(slot)),
    }
}

impl Known {
    /// What the graph alone says of a piece.
    pub(super) fn value(&self, slot: u32) -> Value<'_> {
        match slot.saturating_sub(FIRST) {
            _ if slot < FIRST => Value::Unknown,
            0 => Value::Choice(self.label),
            3 => grams(self.min_mg),
            4 => grams(self.max_mg),
            7 => self.toxicity.map_or(Value::Unknown, Value::Choice),
            8 => self.pregnancy.map_or(Value::Unknown, Value::Choice),
            10 => Value::Set(&self.methods),
            14 => Value::Set(&self.families),
            15 => Value::Set(&self.cautions),
            _ => Value::Unknown,
        }
    }
}
