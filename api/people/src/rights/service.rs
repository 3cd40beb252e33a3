//! What the security administrator does; each deed with its audit row in one transaction.

use platform::{
    App, Problem,
    audit::{self, Outcome},
    http::RequestId,
    rights::{self, Grant, Right, RightsError, RoleRecord, roles},
};
use uuid::Uuid;

use super::{change::changes, store};

/// The security administrator with the request.
#[derive(Clone, Copy)]
pub(super) struct Admin<'a> {
    pub(super) app: &'a App,
    pub(super) right: &'a Right,
    pub(super) request: &'a RequestId,
}

/// Why a deed was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Rights(#[from] RightsError),
    #[error("nobody gives or takes rights of their own")]
    Own,
    #[error("no such member of the staff")]
    NoStaff,
    #[error("nothing changes")]
    Unchanged,
    #[error("a reason is needed")]
    NoReason,
}

impl Refusal {
    /// What stands beside the form; None for faults that get a page of their own.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Rights(error) => error.note(),
            Self::Own => Some("不能给自己授予或收回角色，请由另一位安全管理员办理。".into()),
            Self::NoStaff => Some("没有找到这个人，请重新选择。".into()),
            Self::Unchanged => Some("没有改动。".into()),
            Self::NoReason => Some(format!("请写明理由（2 到 {} 个字），会记入审计。", rights::MAX_REASON)),
        }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Rights(error.into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rights(error) => error.into(),
            other => Self::invalid_input().detail(other.note().unwrap_or_default()),
        }
    }
}

/// Makes a role without rights.
pub(super) async fn create_role(
    admin: Admin<'_>,
    key: &str,
    name: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let reason = checked(reason)?;
    let mut tx = admin.app.db.begin().await?;
    roles::create(&mut tx, &admin.app.keyring, key, name).await?;
    let said = format!("{reason}；名称 {name}");
    audit::append(&mut tx, entry(admin, "role.create", key, &said)).await?;
    Ok(tx.commit().await?)
}

/// Replaces the grants of a role as it was read in `version`.
pub(super) async fn change_role(
    admin: Admin<'_>,
    role: &RoleRecord,
    version: i64,
    grants: &[Grant],
    reason: &str,
) -> Result<(), Refusal> {
    let reason = checked(reason)?;
    if role.version != version {
        return Err(RightsError::Outdated.into());
    }
    let changed: Vec<String> =
        changes(&role.grants, grants).iter().map(super::change::Change::line).collect();
    if changed.is_empty() {
        return Err(Refusal::Unchanged);
    }
    let mut tx = admin.app.db.begin().await?;
    roles::change(&mut tx, &admin.app.keyring, role, grants).await?;
    let said = format!("{reason}；{}", changed.join("；"));
    audit::append(&mut tx, entry(admin, "role.change", &role.key, &said)).await?;
    Ok(tx.commit().await?)
}

/// Gives a role to somebody, or takes it away.
pub(super) async fn change_holder(
    admin: Admin<'_>,
    role: &RoleRecord,
    (staff, is_given): (Uuid, bool),
    reason: &str,
) -> Result<(), Refusal> {
    let reason = checked(reason)?;
    if staff == admin.right.id() {
        return Err(Refusal::Own);
    }
    let known = store::list_colleagues_of(&admin.app.db, &[staff]).await?;
    let colleague = known.first().ok_or(Refusal::NoStaff)?;
    let mut tx = admin.app.db.begin().await?;
    let by = admin.right.id().to_string();
    let (is_changed, action) = if is_given {
        (roles::give(&mut tx, &admin.app.keyring, staff, role, &by, admin.app.now()).await?, "role.give")
    } else {
        (roles::release(&mut tx, &admin.app.keyring, staff, &role.key).await?, "role.take")
    };
    if !is_changed {
        return Err(Refusal::Unchanged);
    }
    let said = format!("{reason}；{} {}（{staff}）", colleague.institution, colleague.name);
    audit::append(&mut tx, entry(admin, action, &role.key, &said)).await?;
    Ok(tx.commit().await?)
}

fn checked(reason: &str) -> Result<String, Refusal> {
    rights::checked_reason(reason).map_err(|_| Refusal::NoReason)
}

fn entry<'a>(admin: Admin<'a>, action: &'static str, role: &str, said: &'a str) -> audit::Entry<'a> {
    audit::Entry {
        at: admin.app.now(),
        actor: admin.right.actor(),
        action,
        patient: None,
        object: Some(format!("role/{role}")),
        reason: Some(said),
        outcome: Outcome::Done,
        request_id: &admin.request.0,
    }
}
