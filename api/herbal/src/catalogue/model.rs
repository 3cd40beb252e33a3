//! Pieces, prices, stock, companies.

use chrono::{DateTime, NaiveDate, Utc};
use kb::{Kb, herb::Named};
use pinyin::ToPinyin;
use serde::{Deserialize, Serialize};

/// A piece as it is bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// 医保统编代码
    pub code: String,
    pub name: String,
    pub spec: String,
    pub unit: String,
    /// Key of the herb of exactly this name; None where none or several have it.
    pub concept: Option<String>,
    pub is_active: bool,
}

/// So many fen for so many units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Version of the catalogue it was set in.
    #[serde(default)]
    pub version: i64,
    pub valid_from: NaiveDate,
    pub fen: i64,
    pub per: i64,
}

/// Stock of a company in thousandths of the unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    pub company: String,
    pub piece: String,
    pub quantity: i64,
    pub updated_at: DateTime<Utc>,
}

/// A company that dispenses, decocts and delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    pub code: String,
    pub name: String,
    /// Districts it delivers to, with commas between; empty for the whole city without Chongming.
    pub areas: String,
    /// Prescriptions a day; 0 where none was given.
    pub daily_capacity: i64,
    pub phone: String,
    pub is_active: bool,
    pub version: i64,
}

/// Somebody of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub number: String,
    pub name: String,
    pub post: String,
    pub licence: String,
    pub is_active: bool,
}

/// What people do in a company.
pub(crate) const POSTS: [&str; 7] = ["审方药师", "调配", "复核药师", "浸泡煎煮", "包装", "配送", "对账"];

/// The districts of Shanghai that are delivered to: all but Chongming.
pub(crate) const DISTRICTS: [&str; 15] = [
    "黄浦区",
    "徐汇区",
    "长宁区",
    "静安区",
    "普陀区",
    "虹口区",
    "杨浦区",
    "闵行区",
    "宝山区",
    "嘉定区",
    "浦东新区",
    "金山区",
    "松江区",
    "青浦区",
    "奉贤区",
];

impl Price {
    /// Fen for a quantity in thousandths of the unit, half a fen rounded up; None where it would be beyond counting.
    pub fn amount(&self, thousandths: i64) -> Option<i64> {
        let whole = i128::from(self.fen) * i128::from(thousandths);
        let part = i128::from(self.per) * 1000;
        i64::try_from((2 * whole + part).div_euclid(2 * part)).ok()
    }

    /// A price in yuan with at most six decimals for so many units, kept exactly: 0.1234 yuan are 1234 fen for 100.
    pub fn parsed(yuan: &str, per: i64, valid_from: NaiveDate) -> Option<Self> {
        let mut fen = super::sheet::decimal(yuan, 6)?;
        let mut scale = 10_000_i64;
        while scale > 1 && fen % 10 == 0 {
            (fen, scale) = (fen / 10, scale / 10);
        }
        let per = per.checked_mul(scale).filter(|per| (1..=1_000_000_000_000).contains(per))?;
        (fen <= 1_000_000_000_000).then_some(Self { version: 0, valid_from, fen, per })
    }

    /// `12.34 元/1000 克`, `0.1234 元/克`: exactly.
    pub fn text(&self, unit: &str) -> String {
        let mut per = self.per;
        let mut decimals = 2_usize;
        while per % 10 == 0 && decimals < 6 {
            (per, decimals) = (per / 10, decimals + 1);
        }
        let base = 10_i64.pow(u32::try_from(decimals).unwrap_or(2));
        let mut number = format!("{}.{:0decimals$}", self.fen / base, self.fen % base);
        while number.ends_with('0') && number.split_once('.').is_some_and(|(_, part)| part.len() > 2) {
            number.pop();
        }
        if per == 1 { format!("{number} 元/{unit}") } else { format!("{number} 元/{per} {unit}") }
    }

    /// Whether it says the same, whenever it was set.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.valid_from, self.fen, self.per) == (other.valid_from, other.fen, other.per)
    }
}

/// The herb of exactly this name.
pub(crate) fn concept(kb: &Kb, name: &str) -> Option<String> {
    match kb.herb_named(name) {
        Named::One(id) => Some(kb.herb(id).key.clone()),
        Named::Ambiguous(_) | Named::None => None,
    }
}

/// Characters that sound differently in names of herbs than elsewhere.
const READINGS: [(char, char); 4] = [('术', 'z'), ('参', 's'), ('重', 'c'), ('藏', 'z')];

/// First letters of the pinyin: `炒白术` is `cbz`.
pub(crate) fn initials(name: &str) -> String {
    let letter = |c: char| {
        let known = READINGS.iter().find(|(own, _)| *own == c).map(|(_, letter)| *letter);
        let sound = known.or_else(|| c.to_pinyin().and_then(|sound| sound.plain().chars().next()));
        sound.or_else(|| c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()))
    };
    name.chars().filter_map(letter).collect()
}

/// A quantity in thousandths as people write it.
pub(crate) fn quantity_text(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
    }

    #[rstest]
    #[case("0.1234", 1, (1234, 100), "0.1234 元/克")]
    #[case("12.3", 1000, (1230, 1000), "0.0123 元/克")]
    #[case("5", 1, (500, 1), "5.00 元/克")]
    #[case("1.5", 3, (150, 3), "1.50 元/3 克")]
    fn a_price_is_kept_exactly(
        #[case] yuan: &str,
        #[case] per: i64,
        #[case] kept: (i64, i64),
        #[case] text: &str,
    ) {
        let price = Price::parsed(yuan, per, day()).unwrap();
        assert_eq!((price.fen, price.per), kept);
        assert_eq!(price.text("克"), text);
    }

    #[test]
    fn half_a_fen_is_rounded_up_and_bad_prices_are_none() {
        let price = Price { version: 1, valid_from: day(), fen: 1, per: 10 };
        assert_eq!(price.amount(5_000), Some(1));
        assert_eq!(price.amount(4_999), Some(0));
        let dear = Price { fen: 1_000_000_000_000, per: 1, ..price };
        assert_eq!(dear.amount(i64::MAX), None);
        for (yuan, per) in [("", 1), ("x", 1), ("1.1234567", 1), ("1", 0), ("-1", 1)] {
            assert_eq!(Price::parsed(yuan, per, day()), None, "{yuan} {per}");
        }
    }

    #[test]
    fn initials_are_those_of_the_pinyin() {
        assert_eq!(initials("炒白术"), "cbz");
        assert_eq!(initials("D-甘草"), "dgc");
        assert_eq!(initials("党参"), "ds");
        assert_eq!(quantity_text(1_500), "1.5");
        assert_eq!(quantity_text(20_000), "20");
    }

    proptest! {
        #[test]
        fn an_amount_is_within_half_a_fen_of_the_exact_one(
            fen in 0..10_000_000_i64,
            per in 1..100_000_i64,
            quantity in 0..10_000_000_i64,
        ) {
            let price = Price { version: 1, valid_from: day(), fen, per };
            let amount = i128::from(price.amount(quantity).unwrap());
            let (whole, part) = (i128::from(fen) * i128::from(quantity), i128::from(per) * 1000);
            prop_assert!((2 * (amount * part - whole)).abs() <= part);
        }
    }
}
