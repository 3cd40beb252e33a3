use std::fmt;

use super::{NumberFault, masked, tidied};

/// The number printed on a social security card (社会保障卡): nine letters and digits. The make-up beyond the length is
/// not public, so nothing more is checked.
#[derive(Clone, PartialEq, Eq)]
pub struct SocialCard(String);

/// What an electronic insurance voucher (医保电子凭证) shows as its code: 28 digits, short-lived, so that only the last
/// four may ever be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct InsuranceToken(String);

impl SocialCard {
    pub fn parse(typed: &str) -> Result<Self, NumberFault> {
        let number = tidied(typed).to_ascii_uppercase();
        match number.len() {
            0 => Err(NumberFault("请填写社保卡卡号")),
            9 if number.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(Self(number)),
            18 => Err(NumberFault("这像是身份证号；社保卡卡号是卡面上的 9 位字母和数字")),
            _ => Err(NumberFault("社保卡卡号应为 9 位字母和数字，请看卡面核对")),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `*****6789`.
    pub fn masked(&self) -> String {
        masked(&self.0, 0, 4)
    }
}

impl InsuranceToken {
    pub fn parse(typed: &str) -> Result<Self, NumberFault> {
        let token = tidied(typed);
        match token.len() {
            0 => Err(NumberFault("没有读到医保电子凭证，请重新出示")),
            28 if token.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(token)),
            _ => Err(NumberFault("这不是医保电子凭证的二维码，请在微信或随申办中打开医保码后重试")),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn masked(&self) -> String {
        masked(&self.0, 0, 4)
    }
}

impl fmt::Debug for SocialCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocialCard(…)")
    }
}

impl fmt::Debug for InsuranceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InsuranceToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cards_have_one_form_and_show_four_characters() {
        let card = SocialCard::parse(" a1234 5678").unwrap();
        assert_eq!((card.as_str(), card.masked().as_str()), ("A12345678", "*****5678"));
        assert!(SocialCard::parse("11010519491231002X").unwrap_err().0.contains("身份证号"));
        let token = InsuranceToken::parse(&"1234567".repeat(4)).unwrap();
        assert_eq!(token.masked(), format!("{}4567", "*".repeat(24)));
        assert!(InsuranceToken::parse("123").unwrap_err().0.contains("医保码"));
        assert_eq!(format!("{card:?}{token:?}"), "SocialCard(…)InsuranceToken(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(typed in ".{0,30}") {
            let (_, _) = (SocialCard::parse(&typed), InsuranceToken::parse(&typed));
        }
    }
}
