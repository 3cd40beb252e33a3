//! The first set-up: no password is shipped; whoever starts the program gets a code, used once, for the page where
//! the three administrators are made.

use chrono::TimeDelta;
use platform::{
    App,
    audit::{Actor, Outcome},
    crypto::sm3,
    session::Role,
};

use super::{By, Visit, key_of, note, sign_in::Refusal, sign_in::refused};
use crate::{
    Department, Staff,
    account::{
        AccountError,
        model::{Initial, user_name, user_name_fault},
        password,
        store::{self, Kind},
    },
};

/// Who is to be system, security and audit administrator: name and user name of each.
pub type FirstPeople = [(String, String); 3];

/// The three, in the order of the page.
pub(in crate::account) const FIRST: [Role; 3] = [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin];

/// How a set-up ended.
#[derive(Debug, PartialEq, Eq)]
pub enum SetUp {
    Done(Vec<Initial>),
    Refused(Refusal),
    /// Another code, or it was used or is over.
    WrongCode,
    /// Each with its field, as `user_name_0`.
    Faults(Vec<(String, String)>),
}

/// A code for the set-up page, good for a day, when there is no administrator yet; an earlier code is void.
pub async fn begin_set_up(app: &App) -> Result<Option<String>, AccountError> {
    if app.config.demo || store::has_administrator(&app.db).await? {
        return Ok(None);
    }
    let code = [password::initial(&*app.ids), password::initial(&*app.ids)].join("-");
    let mut tx = app.db.begin().await?;
    store::save_setup(&mut tx, &sm3(&code), app.now() + TimeDelta::hours(24)).await?;
    tx.commit().await?;
    Ok(Some(code))
}

pub async fn is_set_up_open(app: &App) -> Result<bool, AccountError> {
    Ok(store::has_setup(&app.db, app.now()).await?)
}

/// Makes the three administrators; each has a password for one sign-in.
pub async fn set_up(
    app: &App,
    visit: &Visit,
    code: &str,
    people: &FirstPeople,
) -> Result<SetUp, AccountError> {
    let faults = faults(people);
    if !faults.is_empty() {
        return Ok(SetUp::Faults(faults));
    }
    let place = key_of(app, Kind::Address, &visit.device.network());
    let limit = i64::from(app.config.sign_in_failures_per_address.max(2));
    let mut tx = app.db.begin().await?;
    let taken = store::take(&mut tx, Kind::Address, &place, limit, app.now()).await?;
    if let Some(until) = taken.locked_until.filter(|_| taken.n > limit) {
        tx.commit().await?;
        return Ok(SetUp::Refused(Refusal::Crowded { until }));
    }
    tx.commit().await?;

    let mut made = Vec::new();
    for (role, (name, typed)) in FIRST.into_iter().zip(people) {
        let initial = password::initial(&*app.ids);
        let hash = password::hash(app, &initial).await?;
        let name = name.trim().to_owned();
        made.push((hash, Initial { user_name: user_name(typed), name, role, password: initial }));
    }
    let mut tx = app.db.begin().await?;
    if !store::delete_setup(&mut tx, &sm3(code.trim()), app.now()).await? {
        refused(app, &mut tx, visit, None, "初始设置码不正确").await?;
        tx.commit().await?;
        return Ok(SetUp::WrongCode);
    }
    let department = office();
    crate::store::save_department(&app.keyring, &mut tx, &department).await?;
    let by = By { actor: Actor::system("setup"), request_id: visit.request.0.clone() };
    for (at, (hash, initial)) in made.iter().enumerate() {
        let staff = Staff {
            id: app.new_id(),
            name: initial.name.clone(),
            role: initial.role,
            title: String::new(),
            department: department.clone(),
        };
        store::insert_staff(&app.keyring, &mut tx, &staff, app.now()).await?;
        if !store::insert(&app.keyring, &mut tx, staff.id, &initial.user_name, hash, true, app.now()).await? {
            return Ok(SetUp::Faults(vec![(
                format!("user_name_{at}"),
                "账号名已有人使用，请换一个。".into(),
            )]));
        }
        let reason = format!("初始设置，角色 {}", initial.role.name());
        note(app, &mut tx, &by, "account.create", staff.id, Some(&reason), Outcome::Done).await?;
    }
    store::give_back(&mut tx, Kind::Address, &place, limit).await?;
    tx.commit().await?;
    Ok(SetUp::Done(made.into_iter().map(|(_, initial)| initial).collect()))
}

/// Where the people who run the platform belong.
fn office() -> Department {
    Department {
        institution: "PLATFORM".into(),
        institution_name: "平台管理中心".into(),
        code: "ADM".into(),
        name: "系统管理".into(),
    }
}

/// The office as it stands in the database, made when it is missing.
pub async fn open_office(app: &App) -> Result<Department, AccountError> {
    let office = office();
    let mut tx = app.db.begin().await?;
    crate::store::save_department(&app.keyring, &mut tx, &office).await?;
    tx.commit().await?;
    Ok(office)
}

fn faults(people: &FirstPeople) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    for (at, (name, typed)) in people.iter().enumerate() {
        let own = user_name(typed);
        if !(1..=40).contains(&name.trim().chars().count()) {
            faults.push((format!("name_{at}"), "请填写姓名，最多 40 个字。".into()));
        }
        if let Some(fault) = user_name_fault(&own) {
            faults.push((format!("user_name_{at}"), fault.into()));
        } else if people[..at].iter().any(|(_, earlier)| user_name(earlier) == own) {
            faults.push((format!("user_name_{at}"), "三位管理员必须是不同的账号，请换一个账号名。".into()));
        } else if people[..at].iter().any(|(earlier, _)| earlier.trim() == name.trim()) {
            faults.push((format!("name_{at}"), "三个管理员不能由同一人担任，请填写另一人。".into()));
        }
    }
    faults
}
