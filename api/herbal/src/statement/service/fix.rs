//! What a company puts right of its orders, so that they agree with the hospital's statement.

use platform::{App, Tx};
use uuid::Uuid;

use super::{Base, begin, check, reason, require, save};
use crate::statement::{
    StatementError,
    matching::{Billed, Kind, Own},
    model::{Desk, Month, Side, Statement},
    store::{self, Difference, settlement, settlement::Part},
};

/// Differences put right at once.
const MOST_AT_ONCE: i64 = 5_000;

/// How a difference is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fix {
    /// The order takes the doses, amounts and price version of the statement.
    AsBilled,
    /// The order is billed in the month after this one.
    ToNextMonth,
    /// The order, found in another month, is billed in this one.
    ToThisMonth,
}

impl Fix {
    pub(crate) const ALL: [Self; 3] = [Self::AsBilled, Self::ToNextMonth, Self::ToThisMonth];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsBilled => "as_billed",
            Self::ToNextMonth => "to_next_month",
            Self::ToThisMonth => "to_this_month",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fix| fix.name() == name)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::AsBilled => "按对账单更正",
            Self::ToNextMonth => "移到下月",
            Self::ToThisMonth => "移到本月",
        }
    }

    /// What puts a difference of these kinds right; None where only the hospital can.
    pub(crate) fn of(kinds: &str) -> Option<Self> {
        let kinds: Vec<Kind> = kinds.split_whitespace().filter_map(Kind::named).collect();
        let is_value = |kind: &Kind| matches!(kind, Kind::Amount | Kind::DoseCount | Kind::PriceVersion);
        match kinds[..] {
            [Kind::NotBilled] => Some(Self::ToNextMonth),
            [Kind::WrongMonth] => Some(Self::ToThisMonth),
            _ if !kinds.is_empty() && kinds.iter().all(is_value) => Some(Self::AsBilled),
            _ => None,
        }
    }
}

/// Puts one difference right, or all that this way can; gives how many. Then everything is compared anew.
pub(crate) async fn fix(
    app: &App,
    desk: &Desk<'_>,
    base: Base,
    (way, position): (Fix, Option<i64>),
    why: &str,
) -> Result<usize, StatementError> {
    let why = reason(why)?;
    let (mut tx, mut one, side) = begin(app, desk, base).await?;
    require(side, Side::Company)?;
    if !one.state.is_open() {
        return Err(StatementError::WrongState(one.state));
    }
    let from = position.map_or((0, MOST_AT_ONCE), |position| (position - 1, 1));
    // Nobody changes them meanwhile: the statement is locked.
    let found = store::list_differences(&app.db, one.id, "", from).await?;
    let found: Vec<Difference> = found
        .into_iter()
        .filter(|one| position.is_none_or(|position| position == one.position))
        .filter(|one| Fix::of(&one.kinds) == Some(way))
        .collect();
    for difference in &found {
        put_right(app, &mut tx, (&one, desk.right.id()), (way, difference), &why).await?;
    }
    if found.is_empty() {
        return Err(StatementError::Refused(
            "这里没有可以这样更正的差异，其余的需要医院改好后重新上传。".into(),
        ));
    }
    let event = check(&mut tx, &mut one).await?;
    let note = format!("{} {} 条：{why}", way.text(), found.len());
    save(app, tx, &mut one, (event, side), (desk, "statement.correct", &note)).await?;
    Ok(found.len())
}

async fn put_right(
    app: &App,
    tx: &mut Tx,
    (one, by): (&Statement, Uuid),
    (way, difference): (Fix, &Difference),
    why: &str,
) -> Result<(), StatementError> {
    let own: Own = match &difference.own {
        Some(own) => serde_json::from_str(own)?,
        None => return Err(StatementError::NotFound),
    };
    let billed: Option<Billed> = difference.billed.as_deref().map(serde_json::from_str).transpose()?;
    let key = (one.institution.as_str(), one.company.as_str(), own.month.as_str());
    for (n, order) in own.orders.split(' ').enumerate() {
        let before = settlement::find_part(tx, key, order).await?.ok_or(StatementError::Outdated)?;
        let mut after = before.clone();
        match (way, &billed) {
            (Fix::AsBilled, Some(billed)) if n == 0 => as_billed(&mut after, &own, billed),
            (Fix::AsBilled, _) => continue,
            (Fix::ToNextMonth, _) => {
                let month = Month::named(&one.month).ok_or(StatementError::NotFound)?;
                after.month = month.next().to_string();
            }
            (Fix::ToThisMonth, _) => after.month.clone_from(&one.month),
        }
        if before.month != after.month {
            for month in [&before.month, &after.month].into_iter().filter(|month| **month != one.month) {
                if settlement::touch(tx, (&one.institution, &one.company, month)).await? {
                    let why =
                        format!("订单 {order} 所在的 {month} 已经确认，不能移动。请先撤回那个月的确认。");
                    return Err(StatementError::Refused(why));
                }
            }
        }
        if !settlement::update_part(tx, &before, &after).await? {
            let why = format!("订单 {order} 在 {} 已有记录，不能移到那里。", after.month);
            return Err(StatementError::Refused(why));
        }
        settlement::insert_correction(app, tx, (one.id, by), (&before, &after), why).await?;
    }
    Ok(())
}

/// Several orders of one prescription differ together: the first takes the difference.
fn as_billed(part: &mut Part, own: &Own, billed: &Billed) {
    let more = billed.amounts - own.amounts;
    part.doses += billed.doses - own.doses;
    part.pieces_fen += more.pieces;
    part.decoction_fen += more.decoction;
    part.delivery_fen += more.delivery;
    part.refunded_fen += more.refunded;
    part.price_version = billed.price_version.or(part.price_version);
}
