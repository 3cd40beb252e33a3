use chrono::{Datelike, NaiveDate};
use platform::session::{Principal, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody who seeks care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    pub id: Uuid,
    pub name: String,
    pub sex: Sex,
    /// None until the real name is verified.
    pub birth_date: Option<NaiveDate>,
}

/// Unknown is said, never guessed: sex decides which questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
pub enum Sex {
    Female,
    Male,
    Unknown,
}

/// Somebody who works in an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub id: Uuid,
    pub name: String,
    pub role: Role,
    /// As 主任医师.
    pub title: String,
    pub department: Department,
}

/// A department of an institution, with the codes other systems know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    pub institution: String,
    pub institution_name: String,
    pub code: String,
    pub name: String,
}

impl Resident {
    /// Completed months on a day; None before birth and when the birth date is not known.
    pub fn age_in_months(&self, on: NaiveDate) -> Option<u32> {
        age_in_months(self.birth_date?, on)
    }
}

impl Staff {
    pub fn principal(&self) -> Principal {
        Principal::Staff {
            id: self.id,
            role: self.role,
            institution: self.department.institution.clone(),
            department: self.department.code.clone(),
        }
    }
}

impl Sex {
    pub fn text(self) -> &'static str {
        match self {
            Self::Female => "女",
            Self::Male => "男",
            Self::Unknown => "性别未知",
        }
    }
}

/// Completed months from birth to a day; None before birth. Who is born on the 31st completes a shorter month on
/// the first of the next, as 周岁 is counted in law.
pub fn age_in_months(birth: NaiveDate, on: NaiveDate) -> Option<u32> {
    let months = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
    let open = i32::from(on.day() < birth.day());
    u32::try_from(months(on) - months(birth) - open).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2025-10-01", "2026-03-02", Some(5))]
    #[case("2026-03-02", "2026-03-02", Some(0))]
    #[case("2026-03-03", "2026-03-02", None)]
    #[case("2026-01-31", "2026-02-28", Some(0))]
    #[case("2026-01-31", "2026-03-01", Some(1))]
    #[case("2024-02-29", "2025-02-28", Some(11))]
    #[case("2024-02-29", "2025-03-01", Some(12))]
    #[case("1968-03-02", "2026-03-01", Some(58 * 12 - 1))]
    fn months_are_counted_when_completed(
        #[case] birth: NaiveDate,
        #[case] on: NaiveDate,
        #[case] months: Option<u32>,
    ) {
        assert_eq!(age_in_months(birth, on), months);
    }

    proptest! {
        #[test]
        fn nobody_grows_younger(birth in 0..40_000i32, day in 0..40_000i32) {
            let date = |days| NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::TimeDelta::days(days);
            let (birth, day) = (date(i64::from(birth)), date(i64::from(day)));
            let tomorrow = age_in_months(birth, day.succ_opt().unwrap());
            prop_assert!(age_in_months(birth, day) <= tomorrow);
        }
    }
}
