use chrono::{DateTime, TimeDelta, Utc};
use platform::{Config, crypto::Sealed, session::Role};

use super::policy::{self, Subject};
use crate::Staff;

/// How one of the staff signs in.
#[derive(Debug, Clone)]
pub struct Account {
    pub staff: Staff,
    /// In small letters.
    pub user_name: String,
    pub(super) password_hash: String,
    pub password_set_at: DateTime<Utc>,
    /// The password was set by somebody else and is good for one sign-in.
    pub must_change: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub(super) totp_secret: Option<Sealed>,
    /// Since when a second factor is in use.
    pub totp_since: Option<DateTime<Utc>>,
    pub(super) totp_step: Option<i64>,
    pub(super) totp_pending: Option<Sealed>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    pub(super) enabled_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    Active,
    Disabled,
    /// Nobody signed in for so long that it is closed until an administrator opens it again.
    Idle,
}

/// What is still asked before a session opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Code,
    NewPassword,
    SecondFactor,
}

/// What an administrator, or the program at its set-up, gives for a new account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub staff: Staff,
    pub user_name: String,
}

/// A password that was made by the program; shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initial {
    pub user_name: String,
    pub name: String,
    pub role: Role,
    pub password: String,
}

/// An administrator's password is good for so long.
pub(super) const PASSWORD_DAYS: i64 = 90;
/// So many wrong attempts for one name, or one second factor, within [`LOCKED`] lock it for as long.
pub(super) const ATTEMPTS: i64 = 5;
pub(super) const LOCKED: TimeDelta = TimeDelta::minutes(15);
/// Time for what is asked after the password.
pub(super) const STEP_LASTS: TimeDelta = TimeDelta::minutes(5);
/// A password made by the program is good for so long.
const FIRST_PASSWORD_LASTS: TimeDelta = TimeDelta::hours(72);
/// Recovery codes made at a time.
pub(super) const RECOVERY_CODES: usize = 10;

impl Account {
    pub fn is_administrator(&self) -> bool {
        self.staff.role.is_administrator()
    }

    pub fn has_second_factor(&self) -> bool {
        self.totp_secret.is_some()
    }

    /// For the three administrators and the roles the configuration names.
    pub fn needs_second_factor(&self, config: &Config) -> bool {
        self.is_administrator()
            || config.second_factor_roles.iter().any(|role| role == self.staff.role.name())
    }

    /// The day an administrator's password ends.
    pub fn password_ends_at(&self) -> Option<DateTime<Utc>> {
        self.is_administrator().then(|| self.password_set_at + TimeDelta::days(PASSWORD_DAYS))
    }

    /// A password made by the program that nobody used in time opens nothing any more.
    pub fn first_password_is_over(&self, now: DateTime<Utc>) -> bool {
        self.must_change && now - self.password_set_at >= FIRST_PASSWORD_LASTS
    }

    pub fn state(&self, config: &Config, now: DateTime<Utc>) -> AccountState {
        let used = self.last_sign_in_at.map_or(self.enabled_at, |at| at.max(self.enabled_at));
        if self.disabled_at.is_some() {
            AccountState::Disabled
        } else if now - used >= TimeDelta::days(config.account_idle_days.into()) {
            AccountState::Idle
        } else {
            AccountState::Active
        }
    }

    /// What has to be done, in this order, after the password was right; None opens the session.
    pub fn next_step(&self, code_passed: bool, config: &Config, now: DateTime<Utc>) -> Option<Step> {
        if self.has_second_factor() && !code_passed {
            Some(Step::Code)
        } else if self.must_change || self.password_ends_at().is_some_and(|end| now >= end) {
            Some(Step::NewPassword)
        } else if self.needs_second_factor(config) && !self.has_second_factor() {
            Some(Step::SecondFactor)
        } else {
            None
        }
    }

    /// Characters its password needs.
    pub fn shortest_password(&self) -> usize {
        if self.is_administrator() { policy::SHORTEST_OF_ADMINISTRATOR } else { policy::SHORTEST }
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        Subject { user_name: &self.user_name, is_administrator: self.is_administrator() }
    }
}

impl AccountState {
    pub fn is_active(self) -> bool {
        self == Self::Active
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Active => "正常",
            Self::Disabled => "已停用",
            Self::Idle => "久未登录，已关闭",
        }
    }

    pub fn tone(self) -> &'static str {
        match self {
            Self::Active => "ok",
            Self::Disabled => "quiet",
            Self::Idle => "warn",
        }
    }
}

/// A user name as stored, from how it was typed.
pub(super) fn user_name(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// What is wrong with a user name for a new account.
pub(super) fn user_name_fault(name: &str) -> Option<&'static str> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if !(4..=32).contains(&name.chars().count()) {
        Some("账号名应为 4 到 32 个字符。")
    } else if !name.chars().all(is_plain) {
        Some("账号名只能用小写字母、数字和 . _ -，请改写。")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("账号名应以小写字母开头。")
    } else if ["admin", "administrator", "root", "system", "test", "guest"].contains(&name) {
        Some("不能使用通用账号名，请用能看出本人的名字，例如姓名的拼音。")
    } else {
        None
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;
    use crate::Department;

    pub(crate) fn account(role: Role) -> Account {
        let now: DateTime<Utc> = "2026-03-02T02:00:00Z".parse().unwrap();
        let department = Department {
            institution: "H01".into(),
            institution_name: "云川区中心医院".into(),
            code: "IM".into(),
            name: "内科".into(),
        };
        Account {
            staff: Staff {
                id: Uuid::nil(), name: "顾砚秋".into(), role, title: String::new(), department
            },
            user_name: "guyanqiu".into(),
            password_hash: String::new(),
            password_set_at: now,
            must_change: false,
            disabled_at: None,
            totp_secret: None,
            totp_since: None,
            totp_step: None,
            totp_pending: None,
            last_sign_in_at: None,
            enabled_at: now,
            created_at: now,
        }
    }

    #[test]
    fn administrators_need_a_second_factor_and_a_fresh_password() {
        let config = Config::default();
        let doctor = account(Role::Doctor);
        let now = doctor.created_at;
        assert_eq!(doctor.next_step(false, &config, now), None);
        assert_eq!(doctor.next_step(false, &config, now + TimeDelta::days(300)), None);
        let required = Config { second_factor_roles: vec!["doctor".into()], ..Config::default() };
        assert_eq!(doctor.next_step(false, &required, now), Some(Step::SecondFactor));
        for role in Role::ALL.into_iter().filter(|role| role.is_administrator()) {
            let mut admin = account(role);
            assert_eq!(admin.next_step(false, &config, now), Some(Step::SecondFactor));
            assert_eq!(admin.next_step(false, &config, now + TimeDelta::days(90)), Some(Step::NewPassword));
            admin.must_change = true;
            assert_eq!(admin.next_step(false, &config, now), Some(Step::NewPassword));
        }
    }

    #[test]
    fn unused_accounts_close_until_opened_again() {
        let config = Config::default();
        let mut one = account(Role::Doctor);
        let at = |days: i64| one.created_at + TimeDelta::days(days);
        let (day_89, day_90, day_100) = (at(89), at(90), at(100));
        assert_eq!(one.state(&config, day_89), AccountState::Active);
        assert_eq!(one.state(&config, day_90), AccountState::Idle);
        one.last_sign_in_at = Some(day_89);
        assert_eq!(one.state(&config, day_100), AccountState::Active);
        one.disabled_at = Some(day_90);
        assert_eq!(one.state(&config, day_100), AccountState::Disabled);
    }

    #[rstest]
    #[case("guyanqiu", true)]
    #[case("li.na-2", true)]
    #[case("abc", false)]
    #[case("1abcd", false)]
    #[case("顾砚秋医生", false)]
    #[case("a b c d", false)]
    #[case("admin", false)]
    #[case("root", false)]
    fn user_names_are_plain_and_personal(#[case] name: &str, #[case] good: bool) {
        assert_eq!(user_name_fault(name).is_none(), good);
        assert_eq!(user_name(" GuYanQiu "), "guyanqiu");
    }
}
