//! Roles: what each gives and who holds it. Callers append the audit row in the same transaction.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Duty, Grant, Held, Permission, store};
use crate::{Db, Problem, Tx, crypto::Keyring, db::Transient, integrity};

/// A role as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRecord {
    /// Stable, in English.
    pub key: String,
    /// As people call it.
    pub name: String,
    pub duty: Duty,
    /// Comes with the program; cannot be removed.
    pub built_in: bool,
    /// Grows with every change.
    pub version: i64,
    /// In order of the permissions' names.
    pub grants: Vec<Grant>,
    pub n_holders: i64,
}

/// Why rights cannot be changed so.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    #[error("no such role")]
    NoRole,
    #[error("there is a role of this key")]
    KeyTaken,
    #[error("a key is 2 to 30 small letters, digits and underscores")]
    BadKey,
    #[error("a role needs a name of at most 20 characters")]
    BadName,
    /// The rights of the three administrators are what the standard says.
    #[error("the rights of administrators are fixed")]
    Fixed,
    /// Somebody else changed the role since it was read.
    #[error("the role was changed meanwhile")]
    Outdated,
    #[error("work of the kind {0:?} excludes other kinds")]
    Excluded(Duty),
    #[error("permission {0:?} belongs to work of another kind")]
    WrongDuty(Permission),
    #[error("cannot read or write rights")]
    Storage(#[from] sqlx::Error),
}

impl RoleRecord {
    /// Whether its grants can be changed: those of the administrators cannot.
    pub fn is_fixed(&self) -> bool {
        self.duty != Duty::Business
    }

    pub fn grant(&self, permission: Permission) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.permission == permission)
    }
}

impl Transient for RightsError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }
}

impl RightsError {
    /// What the security administrator reads beside the form.
    pub fn note(&self) -> Option<String> {
        Some(match self {
            Self::KeyTaken => "已有这个代码的角色，请换一个。".into(),
            Self::BadKey => "代码应为 2 到 30 个小写字母、数字或下划线，以字母开头。".into(),
            Self::BadName => "请写 1 到 20 个字的名称。".into(),
            Self::Fixed => "系统、安全、审计管理员的权限是固定的，不能修改。".into(),
            Self::Outdated => "这个角色刚刚被别人改过。请看一下最新的内容再改。".into(),
            Self::Excluded(Duty::Business) => {
                "此人已有业务角色，不能再做系统、安全或审计管理员。请先收回业务角色，或另建账号。".into()
            }
            Self::Excluded(duty) => {
                format!("此人负责{}。系统、安全、审计管理员与其他角色互不兼任，请另建账号。", duty.title())
            }
            Self::WrongDuty(permission) => {
                format!("“{}”只能由{}人员持有。", permission.title(), permission.duty().title())
            }
            Self::NoRole | Self::Storage(_) => return None,
        })
    }
}

impl From<RightsError> for Problem {
    fn from(error: RightsError) -> Self {
        match error.note() {
            Some(note) => Self::invalid_input().detail(note),
            None if matches!(error, RightsError::NoRole) => Self::not_found().detail("没有这个角色。"),
            None => Self::internal(error),
        }
    }
}

/// Business roles first, then the three administrators.
pub async fn list_roles(db: &Db) -> sqlx::Result<Vec<RoleRecord>> {
    store::list_roles(db).await
}

pub async fn find_role(db: &Db, key: &str) -> sqlx::Result<Option<RoleRecord>> {
    Ok(store::list_roles(db).await?.into_iter().find(|role| role.key == key))
}

/// What somebody of the staff may do.
pub async fn find_held(db: &Db, id: Uuid) -> sqlx::Result<Held> {
    store::find_held(db, id).await
}

/// Who holds a role, in the order it was given.
pub async fn list_holders(db: &Db, role: &str) -> sqlx::Result<Vec<Uuid>> {
    store::list_holders(db, role).await
}

/// Makes a role without any rights.
pub async fn create(tx: &mut Tx, keyring: &Keyring, key: &str, name: &str) -> Result<(), RightsError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_well = key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if !(2..=30).contains(&key.len()) || !begins_well || !key.bytes().all(is_plain) {
        return Err(RightsError::BadKey);
    }
    let length = name.chars().count();
    if length == 0 || length > 20 || name.chars().any(char::is_control) {
        return Err(RightsError::BadName);
    }
    if !store::insert_role(tx, key, name).await? {
        return Err(RightsError::KeyTaken);
    }
    Ok(integrity::stamp(tx, keyring, &integrity::ROLE, key).await?)
}

/// Replaces what a role gives, based on the version that was read.
pub async fn change(
    tx: &mut Tx,
    keyring: &Keyring,
    role: &RoleRecord,
    grants: &[Grant],
) -> Result<(), RightsError> {
    if role.is_fixed() {
        return Err(RightsError::Fixed);
    }
    if let Some(wrong) = grants.iter().find(|grant| grant.permission.duty() != role.duty) {
        return Err(RightsError::WrongDuty(wrong.permission));
    }
    if !store::replace_grants(tx, role, grants).await? {
        return Err(RightsError::Outdated);
    }
    integrity::stamp(tx, keyring, &integrity::ROLE, role.key.as_str()).await?;
    Ok(integrity::stamp(tx, keyring, &integrity::ROLE_GRANT, role.key.as_str()).await?)
}

/// Gives somebody a role; false when they hold it already. The three administrators exclude each other and all
/// business roles.
pub async fn give(
    tx: &mut Tx,
    keyring: &Keyring,
    id: Uuid,
    role: &RoleRecord,
    given_by: &str,
    now: DateTime<Utc>,
) -> Result<bool, RightsError> {
    if let Some(held) = store::find_duty(tx, id).await?
        && held != role.duty.name()
    {
        return Err(RightsError::Excluded(Duty::named(&held).unwrap_or(Duty::Business)));
    }
    match store::insert_holder(tx, id, (&role.key, role.duty), given_by, now).await {
        // Another kind of role was given at the same moment.
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            Err(RightsError::Excluded(role.duty))
        }
        outcome => {
            let is_new = outcome?;
            integrity::stamp_holder(tx, keyring, id).await?;
            Ok(is_new)
        }
    }
}

/// Takes a role away; false when it was not held.
pub async fn release(tx: &mut Tx, keyring: &Keyring, id: Uuid, role: &str) -> Result<bool, RightsError> {
    let was_held = store::delete_holder(tx, id, role).await?;
    integrity::stamp_holder(tx, keyring, id).await?;
    Ok(was_held)
}

/// [`give`] by the role's key.
#[cfg(test)]
pub(crate) async fn hold(
    tx: &mut Tx,
    keyring: &Keyring,
    id: Uuid,
    role: &str,
    given_by: &str,
    now: DateTime<Utc>,
) -> Result<bool, RightsError> {
    let duty = match role {
        "system_admin" => Duty::System,
        "security_admin" => Duty::Security,
        "audit_admin" => Duty::Audit,
        _ => Duty::Business,
    };
    let record = RoleRecord {
        key: role.into(),
        name: role.into(),
        duty,
        built_in: true,
        version: 1,
        grants: Vec::new(),
        n_holders: 0,
    };
    give(tx, keyring, id, &record, given_by, now).await
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        db::test_support::{Bench, on_each_database},
        on_tx,
        rights::{Field, Fields, Scope},
        session::Role,
    };

    async fn try_to(bench: &Bench, id: Uuid, role: &str) -> Result<bool, RightsError> {
        let mut tx = bench.db.begin().await.unwrap();
        let outcome = hold(&mut tx, &bench.keyring, id, role, "test", bench.now()).await;
        if outcome.is_ok() {
            tx.commit().await.unwrap();
        }
        outcome
    }

    #[tokio::test]
    async fn every_role_of_the_program_is_there_and_fits_its_kind_of_work() {
        on_each_database(&[], async |bench| {
            let roles = list_roles(&bench.db).await.unwrap();
            for role in Role::ALL {
                let found = roles.iter().find(|found| found.key == role.name()).unwrap();
                assert_eq!(found.name, role.text());
                assert_eq!(found.is_fixed(), role.is_administrator());
                assert!(found.built_in && !found.grants.is_empty(), "{found:?}");
                assert!(found.grants.iter().all(|grant| grant.permission.duty() == found.duty));
            }
            let of = |key: &str| roles.iter().find(|role| role.key == key).unwrap();
            let names =
                |key: &str| of(key).grants.iter().map(|grant| grant.permission.name()).collect::<Vec<_>>();
            assert_eq!(names("security_admin"), ["role.manage"]);
            assert_eq!(names("audit_admin"), ["audit.export", "audit.read"]);
            assert!(
                !names("system_admin").iter().any(|name| name.starts_with("audit") || *name == "role.manage")
            );
            let read = of("doctor").grant(Permission::ConsultationRead).unwrap();
            assert_eq!(read.scope, Scope::Department);
            assert!(read.fields.contains(&Field::Diagnosis) && !read.fields.contains(&Field::Phone));
        })
        .await;
    }

    #[rstest]
    #[case("system_admin", "security_admin")]
    #[case("security_admin", "audit_admin")]
    #[case("audit_admin", "system_admin")]
    #[case("doctor", "audit_admin")]
    #[case("security_admin", "doctor")]
    #[tokio::test]
    async fn administrators_exclude_each_other_and_everybody_else(#[case] first: &str, #[case] second: &str) {
        on_each_database(&[], async |bench| {
            let id = bench.new_id();
            assert!(try_to(bench, id, first).await.unwrap());
            let refused = try_to(bench, id, second).await.unwrap_err();
            assert!(matches!(refused, RightsError::Excluded(_)), "{refused:?}");
            assert!(refused.note().unwrap().contains("账号"));
            assert!(!try_to(bench, id, first).await.unwrap(), "held already");
            // Nor behind the back of the program.
            let duty = if second.ends_with("admin") { second.trim_end_matches("_admin") } else { "business" };
            for kind in [duty, "business"] {
                let sql = "INSERT INTO role_holder(principal_id, role, duty, given_by, given_at)
                    VALUES ($1, $2, $3, 'x', $4)";
                let mut tx = bench.db.begin().await.unwrap();
                let written = on_tx!(&mut tx, |c| {
                    let query = sqlx::query(sql).bind(id).bind(second).bind(kind).bind(bench.now());
                    query.execute(c).await.map(drop)
                });
                assert!(written.is_err(), "the database refuses {second} beside {first}");
            }
            let mut tx = bench.db.begin().await.unwrap();
            assert!(release(&mut tx, &bench.keyring, id, first).await.unwrap());
            tx.commit().await.unwrap();
            assert!(try_to(bench, id, second).await.unwrap(), "after the first was taken");
        })
        .await;
    }

    #[tokio::test]
    async fn permissions_stay_with_their_kind_of_work() {
        on_each_database(&[], async |bench| {
            let grant = |permission| Grant { permission, scope: Scope::District, fields: Fields::new() };
            let doctor = find_role(&bench.db, "doctor").await.unwrap().unwrap();
            let mut tx = bench.db.begin().await.unwrap();
            for permission in [Permission::AuditRead, Permission::RoleManage, Permission::AccountManage] {
                let refused = change(&mut tx, &bench.keyring, &doctor, &[grant(permission)]).await;
                assert!(matches!(refused, Err(RightsError::WrongDuty(_))), "{refused:?}");
            }
            let security = find_role(&bench.db, "security_admin").await.unwrap().unwrap();
            let refused =
                change(&mut tx, &bench.keyring, &security, &[grant(Permission::ConsultationRead)]).await;
            assert!(matches!(refused, Err(RightsError::Fixed)));
            drop(tx);
            for (role, duty, permission) in [
                ("doctor", "business", "audit.read"),
                ("security_admin", "security", "consultation.read"),
                ("system_admin", "system", "audit.read"),
                ("system_admin", "audit", "audit.read"),
            ] {
                let sql = "INSERT INTO role_grant(role, duty, permission, scope, fields)
                    VALUES ($1, $2, $3, 'district', '')";
                let mut tx = bench.db.begin().await.unwrap();
                let written = on_tx!(&mut tx, |c| {
                    sqlx::query(sql).bind(role).bind(duty).bind(permission).execute(c).await.map(drop)
                });
                assert!(written.is_err(), "the database refuses {permission} to {role}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_role_is_made_changed_and_kept_from_lost_changes() {
        on_each_database(&[], async |bench| {
            let mut tx = bench.db.begin().await.unwrap();
            create(&mut tx, &bench.keyring, "night_shift", "夜班").await.unwrap();
            assert!(matches!(
                create(&mut tx, &bench.keyring, "night_shift", "又一个").await,
                Err(RightsError::KeyTaken)
            ));
            for key in ["", "a", "Night", "1st", "a b", "夜班", "x; DROP TABLE role"] {
                assert!(
                    matches!(create(&mut tx, &bench.keyring, key, "夜班").await, Err(RightsError::BadKey)),
                    "{key}"
                );
            }
            assert!(matches!(create(&mut tx, &bench.keyring, "okay", "").await, Err(RightsError::BadName)));
            tx.commit().await.unwrap();
            let made = find_role(&bench.db, "night_shift").await.unwrap().unwrap();
            assert!((made.grants.is_empty(), made.built_in, made.version) == (true, false, 1));
            let grants = [Grant {
                permission: Permission::ConsultationRead,
                scope: Scope::Institution,
                fields: [Field::Name, Field::Phone].into(),
            }];
            let mut tx = bench.db.begin().await.unwrap();
            change(&mut tx, &bench.keyring, &made, &grants).await.unwrap();
            let lost = change(&mut tx, &bench.keyring, &made, &[]).await;
            assert!(matches!(lost, Err(RightsError::Outdated)));
            tx.commit().await.unwrap();
            let changed = find_role(&bench.db, "night_shift").await.unwrap().unwrap();
            assert_eq!((changed.grants.as_slice(), changed.version), (&grants[..], 2));
        })
        .await;
    }
}
