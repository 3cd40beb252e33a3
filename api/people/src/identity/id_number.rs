use std::fmt;

use chrono::NaiveDate;

use super::{NumberFault, masked, tidied};
use crate::Sex;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [u8; 11] = *b"10X98765432";
/// Two digits that begin an area code: 省、自治区、直辖市, 台湾, 香港, 澳门, and 91 of the foreigners' permanent residence.
const PROVINCES: [u32; 36] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65, 71, 81, 82, 83, 91,
];

/// A citizen's identity number (GB 11643-1999): 18 characters, the last one computed from the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdNumber(String);

impl IdNumber {
    /// Reads a number as it was typed.
    ///
    /// # Errors
    /// Says which part cannot be right. Numbers of 15 digits went out of use in 2013 and are refused with that hint.
    pub fn parse(typed: &str) -> Result<Self, NumberFault> {
        let number = tidied(typed).to_ascii_uppercase();
        let bytes = number.as_bytes();
        match bytes.len() {
            0 => return Err(NumberFault("请填写身份证号")),
            15 if bytes.iter().all(u8::is_ascii_digit) => {
                return Err(NumberFault(
                    "这是 15 位的旧身份证号，已停止使用；请填写现在身份证上的 18 位号码",
                ));
            }
            18 => {}
            _ => return Err(NumberFault("身份证号应为 18 位，请核对有没有多写或漏写")),
        }
        let (body, check) = bytes.split_at(17);
        if !body.iter().all(u8::is_ascii_digit) || !matches!(check, [b'0'..=b'9' | b'X']) {
            return Err(NumberFault("身份证号前 17 位应为数字，最后一位为数字或 X"));
        }
        if check != [check_of(body)] {
            return Err(NumberFault("身份证号有误：校验位对不上，请逐位核对"));
        }
        let number = Self(number);
        if !PROVINCES.contains(&number.digits(0..2)) {
            return Err(NumberFault("身份证号有误：开头两位不是地区代码，请逐位核对"));
        }
        match number.date() {
            Some(day) if day >= NaiveDate::from_ymd_opt(1850, 1, 1).unwrap_or(day) => Ok(number),
            _ => Err(NumberFault("身份证号有误：第 7 到 14 位不是出生日期，请逐位核对")),
        }
    }

    /// The number of these first 17 digits, with its check computed; None when no such number can be.
    pub fn of_body(body: &str) -> Option<Self> {
        let is_body = body.len() == 17 && body.bytes().all(|b| b.is_ascii_digit());
        is_body
            .then(|| format!("{body}{}", char::from(check_of(body.as_bytes()))))
            .and_then(|number| Self::parse(&number).ok())
    }

    /// The normal form: 17 digits and a digit or `X`. For sealing and blind index only, never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `310***********1234`.
    pub fn masked(&self) -> String {
        masked(&self.0, 3, 4)
    }

    pub fn birth_date(&self) -> NaiveDate {
        // A parsed number holds a date.
        self.date().unwrap_or_default()
    }

    /// The 17th digit is odd for men, even for women.
    pub fn sex(&self) -> Sex {
        if self.digits(16..17) % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// The six digits of the area of first registration (GB/T 2260).
    pub fn area(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    fn date(&self) -> Option<NaiveDate> {
        let year = i32::try_from(self.digits(6..10)).ok()?;
        NaiveDate::from_ymd_opt(year, self.digits(10..12), self.digits(12..14))
    }

    fn digits(&self, range: std::ops::Range<usize>) -> u32 {
        self.0.get(range).and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// Nothing personal gets into a log by accident.
impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(…)")
    }
}

fn check_of(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days};
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    // The example of the standard itself, and one whose check is X.
    #[case("11010519491231002X", "1949-12-31", Sex::Female)]
    #[case("440524188001010014", "1880-01-01", Sex::Male)]
    fn reads_the_examples_of_the_standard(#[case] typed: &str, #[case] birth: NaiveDate, #[case] sex: Sex) {
        let number = IdNumber::parse(typed).unwrap();
        assert_eq!((number.birth_date(), number.sex()), (birth, sex));
        assert_eq!(format!("{number:?}"), "IdNumber(…)");
    }

    #[rstest]
    #[case("", "请填写身份证号")]
    #[case("110105491231002", "15 位的旧身份证号")]
    #[case("1101051949123100", "18 位")]
    #[case("11010519491231002Y", "数字或 X")]
    #[case("110105194912310021", "校验位")]
    #[case("11010519491231二二", "18 位")]
    fn says_what_is_wrong(#[case] typed: &str, #[case] expected: &str) {
        let fault = IdNumber::parse(typed).unwrap_err().to_string();
        assert!(fault.contains(expected), "{typed}: {fault}");
    }

    #[test]
    fn a_day_that_never_was_is_refused_even_with_a_right_check() {
        for body in ["11010519490230002", "11010519491331002", "99010519491231002", "11010500000101002"] {
            assert_eq!(IdNumber::of_body(body), None, "{body}");
        }
    }

    #[test]
    fn blanks_small_x_and_wide_digits_are_accepted() {
        for typed in
            [" 110105 19491231 002x ", "１１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002X"]
        {
            assert_eq!(IdNumber::parse(typed).unwrap().as_str(), "11010519491231002X");
        }
        assert_eq!(IdNumber::parse("11010519491231002x").unwrap().masked(), "110***********002X");
    }

    fn numbers() -> impl Strategy<Value = IdNumber> {
        (0..PROVINCES.len(), 0_u32..10_000, 0_u64..70_000, 0_u32..1000).prop_map(
            |(province, area, day, serial)| {
                let birth = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + Days::new(day);
                let body = format!("{}{area:04}{}{serial:03}", PROVINCES[province], birth.format("%Y%m%d"));
                IdNumber::of_body(&body).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(typed in ".{0,24}") {
            let _ = IdNumber::parse(&typed);
        }

        #[test]
        fn parse_of_print_is_the_same(number in numbers()) {
            prop_assert_eq!(IdNumber::parse(number.as_str()).unwrap(), number.clone());
            prop_assert!(number.birth_date().year() >= 1900);
            let hidden = number.masked();
            prop_assert!(hidden.len() == 18 && hidden.contains("***********"));
        }

        /// One wrong digit, or two neighbours exchanged, is always noticed: what the check is for.
        #[test]
        fn one_wrong_digit_is_noticed(number in numbers(), at in 0_usize..17, other in 0_u8..10) {
            let mut text = number.as_str().to_owned().into_bytes();
            prop_assume!(text[at] != b'0' + other);
            text[at] = b'0' + other;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&text).unwrap()).is_err());
        }

        #[test]
        fn exchanged_neighbours_are_noticed(number in numbers(), at in 0_usize..16) {
            let mut text = number.as_str().to_owned().into_bytes();
            prop_assume!(text[at] != text[at + 1]);
            text.swap(at, at + 1);
            prop_assert!(IdNumber::parse(std::str::from_utf8(&text).unwrap()).is_err());
        }
    }
}
