//! What stands on an identity card, as typed and as checked.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Sex, identity::IdNumber};

/// The form as the resident filled it in; every field may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardForm {
    pub name: String,
    pub sex: String,
    pub birth: String,
    pub id_number: String,
    pub authority: String,
    pub valid_from: String,
    pub valid_until: String,
    pub is_long_term: Option<String>,
}

/// The same after every check: number, sex and birth date agree, and the card is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFields {
    pub name: String,
    pub id_number: IdNumber,
    pub authority: String,
    pub valid_from: NaiveDate,
    /// None for 长期.
    pub valid_until: Option<NaiveDate>,
}

/// A fault and the field it stands beside.
pub type FieldFault = (&'static str, String);

impl CardForm {
    /// Checks everything at once, so that the resident sees all that is wrong.
    pub fn check(&self, today: NaiveDate) -> Result<CardFields, Vec<FieldFault>> {
        let mut faults: Vec<FieldFault> = Vec::new();
        let name = person_name(&self.name).map_err(|fault| faults.push(("name", fault.into()))).ok();
        let id_number = IdNumber::parse(&self.id_number)
            .map_err(|fault| faults.push(("id_number", fault.to_string())))
            .ok();
        if let Some(number) = &id_number {
            faults.extend(self.disagreements(number));
        }
        let authority: String = self.authority.split_whitespace().collect();
        if !(2..=40).contains(&authority.chars().count()) {
            faults.push(("authority", "请照国徽面填写签发机关，例如“上海市公安局静安分局”".into()));
        }
        let valid_from = date(&self.valid_from).filter(|day| *day <= today);
        if valid_from.is_none() {
            faults.push(("valid_from", "请照国徽面填写有效期的开始日期，不能晚于今天".into()));
        }
        let is_long_term = self.is_long_term.is_some();
        let valid_until = if is_long_term { None } else { date(&self.valid_until) };
        match valid_until {
            None if !is_long_term => {
                faults.push(("valid_until", "请照国徽面填写有效期的截止日期；写着“长期”的请勾选".into()));
            }
            Some(day) if day < today => {
                faults.push(("valid_until", "这张身份证已过有效期，请换领新证后再认证".into()));
            }
            Some(day) if valid_from.is_some_and(|from| day <= from) => {
                faults.push(("valid_until", "截止日期应晚于开始日期".into()));
            }
            _ => {}
        }
        match (name, id_number, valid_from) {
            (Some(name), Some(id_number), Some(valid_from)) if faults.is_empty() => {
                Ok(CardFields { name, id_number, authority, valid_from, valid_until })
            }
            _ => Err(faults),
        }
    }

    fn disagreements(&self, number: &IdNumber) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let sex = match self.sex.as_str() {
            "male" => Some(Sex::Male),
            "female" => Some(Sex::Female),
            _ => None,
        };
        if sex != Some(number.sex()) {
            faults.push(("sex", "性别与身份证号第 17 位不一致，请核对两处".into()));
        }
        if date(&self.birth) != Some(number.birth_date()) {
            faults.push(("birth", "出生日期与身份证号第 7 到 14 位不一致，请核对两处".into()));
        }
        faults
    }
}

impl CardFields {
    /// As it goes into the form again and into the sealed column.
    pub fn form(&self) -> CardForm {
        CardForm {
            name: self.name.clone(),
            sex: if self.id_number.sex() == Sex::Male { "male" } else { "female" }.into(),
            birth: self.id_number.birth_date().to_string(),
            id_number: self.id_number.as_str().into(),
            authority: self.authority.clone(),
            valid_from: self.valid_from.to_string(),
            valid_until: self.valid_until.map(|day| day.to_string()).unwrap_or_default(),
            is_long_term: self.valid_until.is_none().then(|| "on".into()),
        }
    }
}

/// A person's name in its normal form: no blanks, one kind of middle dot.
pub fn person_name(typed: &str) -> Result<String, &'static str> {
    let name: String = typed
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if matches!(c, '•' | '・' | '．') { '·' } else { c })
        .collect();
    let is_letter = |c: char| c == '·' || c.is_ascii_alphabetic() || (c.is_alphabetic() && !c.is_ascii());
    match name.chars().count() {
        0 => Err("请填写姓名"),
        2..=30 if name.chars().all(is_letter) && !name.starts_with('·') && !name.ends_with('·') => Ok(name),
        2..=30 => Err("姓名只能有汉字、字母和间隔号，请照证件填写"),
        _ => Err("姓名应为 2 到 30 个字，请照证件填写"),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim().replace(['.', '/', '年', '月'], "-").replace('日', "");
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> NaiveDate {
        "2026-03-02".parse().unwrap()
    }

    pub(super) fn right() -> CardForm {
        CardForm {
            name: " 秦知远 ".into(),
            sex: "male".into(),
            birth: "1985.03.12".into(),
            id_number: "31010619850312791".to_owned() + "2",
            authority: "上海市公安局静安分局".into(),
            valid_from: "2016-05-01".into(),
            valid_until: "2036-05-01".into(),
            is_long_term: None,
        }
    }

    fn faults(change: impl FnOnce(&mut CardForm)) -> Vec<&'static str> {
        let mut form = right();
        change(&mut form);
        form.check(today()).unwrap_err().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_right_card_is_read_and_goes_back_into_the_form() {
        let fields = right().check(today()).unwrap();
        assert_eq!((fields.name.as_str(), fields.id_number.sex()), ("秦知远", Sex::Male));
        assert_eq!(fields.form().check(today()).unwrap(), fields);
        let mut long = right();
        (long.valid_until, long.is_long_term) = (String::new(), Some("on".into()));
        assert_eq!(long.check(today()).unwrap().valid_until, None);
    }

    #[test]
    fn what_disagrees_is_named() {
        assert_eq!(faults(|form| form.sex = "female".into()), ["sex"]);
        assert_eq!(faults(|form| form.birth = "1985-03-13".into()), ["birth"]);
        assert_eq!(faults(|form| form.id_number = "310106198503127913".into()), ["id_number"]);
        assert_eq!(faults(|form| form.valid_until = "2026-03-01".into()), ["valid_until"]);
        assert_eq!(faults(|form| form.valid_from = "2026-03-03".into()), ["valid_from"]);
        assert_eq!(faults(|form| form.name = "<b>".into()), ["name"]);
        let all = CardForm::default().check(today()).unwrap_err();
        assert_eq!(all.len(), 5, "{all:?}");
    }

    #[test]
    fn names_of_minorities_keep_their_dot() {
        assert_eq!(person_name("阿依古丽•买买提").unwrap(), "阿依古丽·买买提");
        assert!(person_name("·王").is_err() && person_name("王1").is_err() && person_name("").is_err());
    }

    proptest! {
        #[test]
        fn any_form_is_checked(name in ".{0,40}", number in ".{0,20}", birth in ".{0,12}") {
            let _ = CardForm { name, id_number: number, birth, ..right() }.check(today());
        }
    }
}
