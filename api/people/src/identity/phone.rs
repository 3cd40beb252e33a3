use std::fmt;

use super::{NumberFault, masked, tidied};

/// A mobile number of the mainland: 11 digits, the first 1, the second 3 to 9.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phone(String);

impl Phone {
    /// Reads a number as it was typed; `+86`, `0086` and `86` before it are left out.
    pub fn parse(typed: &str) -> Result<Self, NumberFault> {
        let typed = tidied(typed);
        if typed.is_empty() {
            return Err(NumberFault("请填写手机号"));
        }
        let rest = typed.strip_prefix("+86").or_else(|| typed.strip_prefix("0086"));
        let rest =
            rest.or_else(|| typed.strip_prefix("86").filter(|rest| rest.len() == 11)).unwrap_or(&typed);
        match rest.as_bytes() {
            digits if !digits.iter().all(u8::is_ascii_digit) => Err(NumberFault("手机号只能有数字，请核对")),
            [b'1', b'3'..=b'9', ..] if rest.len() == 11 => Ok(Self(rest.to_owned())),
            [b'0', ..] => Err(NumberFault("这像是固定电话；请填写能收短信的 11 位手机号")),
            _ => Err(NumberFault("请填写 11 位的大陆手机号，例如 138 开头的号码")),
        }
    }

    /// The normal form: 11 digits. For sealing and blind index only, never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `138****5678`.
    pub fn masked(&self) -> String {
        masked(&self.0, 3, 4)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("13812345678")]
    #[case("+86 138-1234-5678")]
    #[case("86 138 1234 5678")]
    #[case("１３８１２３４５６７８")]
    fn one_normal_form(#[case] typed: &str) {
        let phone = Phone::parse(typed).unwrap();
        assert_eq!((phone.as_str(), phone.masked().as_str()), ("13812345678", "138****5678"));
    }

    #[rstest]
    #[case("", "请填写手机号")]
    #[case("021-12393000", "固定电话")]
    #[case("12812345678", "11 位")]
    #[case("1381234567", "11 位")]
    #[case("1381234567a", "数字")]
    fn says_what_is_wrong(#[case] typed: &str, #[case] expected: &str) {
        let fault = Phone::parse(typed).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(typed in ".{0,20}") {
            if let Ok(phone) = Phone::parse(&typed) {
                prop_assert_eq!(Phone::parse(phone.as_str()).unwrap(), phone);
            }
        }
    }
}
