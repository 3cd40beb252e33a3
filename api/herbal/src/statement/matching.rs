//! A statement against the platform's own orders, line by line, by prescription number. Pure, without tolerance.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use serde::{Deserialize, Serialize};

use super::model::Amounts;

/// A line of the statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// As the file counts, from 1.
    pub row: u32,
    pub prescription: String,
    /// Empty where the file has none.
    pub order: String,
    pub doses: i64,
    pub amounts: Amounts,
    pub price_version: Option<i64>,
}

/// What the platform has of one prescription in one month; orders of the same prescription are added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    pub prescription: String,
    /// With blanks between, where there are several.
    pub orders: String,
    pub institution: String,
    pub month: String,
    pub doses: i64,
    pub amounts: Amounts,
    pub price_version: Option<i64>,
}

/// Whose statement of which month.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    pub institution: &'a str,
    pub month: &'a str,
}

/// How a line and an order differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The platform completed it, the statement has no line.
    NotBilled,
    /// The statement has a line, the platform no such prescription.
    Unknown,
    Amount,
    DoseCount,
    PriceVersion,
    /// The platform refunded more than the statement takes off.
    RefundedButBilled,
    /// The same prescription stands there again.
    Duplicate,
    /// The platform has it in another month.
    WrongMonth,
    /// The platform has it for another hospital.
    WrongHospital,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::NotBilled,
        Self::Unknown,
        Self::Amount,
        Self::DoseCount,
        Self::PriceVersion,
        Self::RefundedButBilled,
        Self::Duplicate,
        Self::WrongMonth,
        Self::WrongHospital,
    ];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotBilled => "not_billed",
            Self::Unknown => "unknown",
            Self::Amount => "amount",
            Self::DoseCount => "dose_count",
            Self::PriceVersion => "price_version",
            Self::RefundedButBilled => "refunded_but_billed",
            Self::Duplicate => "duplicate",
            Self::WrongMonth => "wrong_month",
            Self::WrongHospital => "wrong_hospital",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::NotBilled => "对账单漏列",
            Self::Unknown => "平台无此处方",
            Self::Amount => "金额不符",
            Self::DoseCount => "剂数不符",
            Self::PriceVersion => "价格版本不符",
            Self::RefundedButBilled => "已退费仍计费",
            Self::Duplicate => "重复",
            Self::WrongMonth => "不在本月",
            Self::WrongHospital => "不是本院",
        }
    }

    /// What puts it right.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NotBilled => "医院补列后重新上传，或企业把订单移到下一个月。",
            Self::Unknown => "医院核对处方号后重新上传。",
            Self::Amount | Self::DoseCount | Self::PriceVersion => "企业更正订单信息，或医院改好后重新上传。",
            Self::RefundedButBilled => "医院扣除退款后重新上传。",
            Self::Duplicate => "医院删去重复的行后重新上传。",
            Self::WrongMonth => "医院删去这一行，或企业把订单移到本月。",
            Self::WrongHospital => "医院删去这一行后重新上传。",
        }
    }
}

/// A line with the order it belongs to. Every line stands in one pair, and so does every order of the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Positions in what was compared.
    pub billed: Option<usize>,
    pub own: Option<usize>,
    /// The order is of another month or hospital: shown, but not counted.
    pub is_elsewhere: bool,
    /// None where they are equal.
    pub kinds: Vec<Kind>,
}

/// What a comparison comes to; money in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub n_billed: i64,
    pub billed: i64,
    pub n_own: i64,
    pub own: i64,
    pub n_matched: i64,
    pub matched: i64,
    pub n_differing: i64,
    pub billed_differing: i64,
    pub own_differing: i64,
}

impl Totals {
    /// What matched and what differs are together everything, on both sides.
    pub fn is_proved(&self) -> bool {
        self.billed == self.matched + self.billed_differing && self.own == self.matched + self.own_differing
    }
}

/// Pairs in the order of the prescription numbers. The order of the lines does not matter.
pub fn compare(period: Period<'_>, billed: &[Billed], own: &[Own]) -> Vec<Pair> {
    let mut of_number: HashMap<&str, Group> = HashMap::with_capacity(billed.len().max(own.len()));
    for (at, line) in billed.iter().enumerate() {
        of_number.entry(line.prescription.as_str()).or_default().billed.push(at);
    }
    for (at, order) in own.iter().enumerate() {
        of_number.entry(order.prescription.as_str()).or_default().own.push(at);
    }
    let mut groups: Vec<_> = of_number.into_iter().collect();
    groups.sort_unstable_by_key(|(number, _)| *number);
    let mut pairs = Vec::with_capacity(groups.len());
    for (_, group) in groups {
        group.pair(period, billed, own, &mut pairs);
    }
    pairs
}

/// Sums of both sides from the lines themselves, and of the pairs.
pub fn totals(period: Period<'_>, billed: &[Billed], own: &[Own], pairs: &[Pair]) -> Totals {
    let here = own.iter().filter(|order| is_here(period, order));
    let (n_own, own_sum) = here.fold((0, 0), |(n, sum), order| (n + 1, sum + order.amounts.net()));
    let mut totals = Totals {
        n_billed: i64::try_from(billed.len()).unwrap_or(i64::MAX),
        billed: billed.iter().map(|line| line.amounts.net()).sum(),
        n_own,
        own: own_sum,
        ..Totals::default()
    };
    for pair in pairs {
        let of_line = pair.billed.map_or(0, |at| billed[at].amounts.net());
        let of_order = pair.own.filter(|_| !pair.is_elsewhere).map_or(0, |at| own[at].amounts.net());
        if pair.kinds.is_empty() {
            totals.n_matched += 1;
            totals.matched += of_line;
        } else {
            totals.n_differing += 1;
            totals.billed_differing += of_line;
            totals.own_differing += of_order;
        }
    }
    totals
}

/// How often each kind was found.
pub fn counts(pairs: &[Pair]) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for kind in pairs.iter().flat_map(|pair| &pair.kinds) {
        *counts.entry(*kind).or_insert(0) += 1;
    }
    counts
}

#[derive(Default)]
struct Group {
    billed: Vec<usize>,
    own: Vec<usize>,
}

impl Group {
    fn pair(mut self, period: Period<'_>, billed: &[Billed], own: &[Own], pairs: &mut Vec<Pair>) {
        let here = self.own.iter().copied().find(|at| is_here(period, &own[*at]));
        let order = here.map(|at| &own[at]);
        self.billed.sort_unstable_by_key(|at| {
            let line = &billed[*at];
            let n_kinds = order.map_or(0, |order| differences(line, order).len());
            (n_kinds, line.amounts, line.doses, line.price_version, &line.order, line.row)
        });
        let mut lines = self.billed.into_iter();
        let Some(first) = lines.next() else {
            if let (Some(at), Some(order)) = (here, order) {
                // What was refunded whole needs no line.
                let kinds = if order.amounts.net() == 0 { Vec::new() } else { vec![Kind::NotBilled] };
                pairs.push(Pair { billed: None, own: Some(at), is_elsewhere: false, kinds });
            }
            return;
        };
        let pair = if let Some((at, order)) = here.zip(order) {
            let kinds = differences(&billed[first], order);
            Pair { billed: Some(first), own: Some(at), is_elsewhere: false, kinds }
        } else {
            let near = |at: &usize| {
                let order = &own[*at];
                (Reverse(order.institution == period.institution), &order.month, &order.institution)
            };
            let at = self.own.iter().copied().min_by_key(near);
            let kind = match at.map(|at| own[at].institution == period.institution) {
                None => Kind::Unknown,
                Some(true) => Kind::WrongMonth,
                Some(false) => Kind::WrongHospital,
            };
            Pair { billed: Some(first), own: at, is_elsewhere: at.is_some(), kinds: vec![kind] }
        };
        pairs.push(pair);
        for again in lines {
            let kinds = vec![Kind::Duplicate];
            pairs.push(Pair { billed: Some(again), own: None, is_elsewhere: false, kinds });
        }
    }
}

fn is_here(period: Period<'_>, order: &Own) -> bool {
    order.institution == period.institution && order.month == period.month
}

fn differences(line: &Billed, order: &Own) -> Vec<Kind> {
    let (billed, own) = (line.amounts, order.amounts);
    let is_refund_missing = own.refunded > billed.refunded;
    let rest = |amounts: Amounts| (amounts.pieces, amounts.decoction, amounts.delivery);
    let mut kinds = Vec::new();
    if rest(billed) != rest(own) || billed.refunded > own.refunded {
        kinds.push(Kind::Amount);
    }
    if line.doses != order.doses {
        kinds.push(Kind::DoseCount);
    }
    if line.price_version.zip(order.price_version).is_some_and(|(one, other)| one != other) {
        kinds.push(Kind::PriceVersion);
    }
    if is_refund_missing {
        kinds.push(Kind::RefundedButBilled);
    }
    kinds
}

#[cfg(test)]
mod tests;
