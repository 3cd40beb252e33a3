use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Duty, Field, Fields, Grant, Held, Permission, RoleRecord, Scope};
use crate::{
    Db, Tx,
    crypto::Keyring,
    integrity::{self, BrokenRow},
    on_read, on_tx,
};

#[derive(FromRow)]
struct RoleRow {
    key: String,
    name: String,
    duty: String,
    built_in: bool,
    version: i64,
    n_holders: i64,
}

#[derive(FromRow)]
struct GrantRow {
    role: String,
    role_name: String,
    duty: String,
    permission: String,
    scope: String,
    fields: String,
}

impl GrantRow {
    /// None for a permission of another version of the program, or one that the role's kind of work cannot have.
    fn grant(&self) -> Option<Grant> {
        let permission = Permission::named(&self.permission)?;
        let scope = Scope::named(&self.scope)?;
        if permission.duty().name() != self.duty {
            tracing::error!(
                role = self.role,
                permission = self.permission,
                "a grant of the wrong kind is ignored"
            );
            return None;
        }
        let fields = self.fields.split(' ').filter_map(Field::named).collect::<Fields>();
        Some(Grant { permission, scope, fields })
    }
}

const GRANTS: &str = "SELECT g.role, r.name AS role_name, g.duty, g.permission, g.scope, g.fields
    FROM role_grant g JOIN role r ON r.key = g.role";

/// Counted up by triggers whenever a grant or a holder changes.
pub(super) async fn find_version(db: &Db) -> sqlx::Result<i64> {
    let sql = "SELECT version FROM rights_version WHERE one = 1";
    on_read!(db, |c| sqlx::query_scalar(sql).fetch_one(c).await)
}

/// Everything somebody holds.
pub(super) async fn find_held(db: &Db, id: Uuid) -> sqlx::Result<Held> {
    read_held(&mut db.snapshot().await?, id).await
}

/// Everything somebody holds, when all rows behind it are as the program wrote them; else the first that is not.
pub(super) async fn find_sound(
    db: &Db,
    keyring: &Keyring,
    id: Uuid,
) -> sqlx::Result<Result<Held, BrokenRow>> {
    let mut tx = db.snapshot().await?;
    let sql = "SELECT DISTINCT role FROM role_holder WHERE principal_id = $1 ORDER BY role";
    let roles: Vec<String> = on_tx!(&mut tx, |c| sqlx::query_scalar(sql).bind(id).fetch_all(c).await)?;
    let mut broken = integrity::check(&mut tx, keyring, &integrity::ROLE_HOLDER, id).await?;
    broken.extend(integrity::check(&mut tx, keyring, &integrity::DUTY, id).await?);
    for role in &roles {
        broken.extend(integrity::check(&mut tx, keyring, &integrity::ROLE, role.as_str()).await?);
        broken.extend(integrity::check(&mut tx, keyring, &integrity::ROLE_GRANT, role.as_str()).await?);
    }
    match broken.into_iter().next() {
        Some(first) => Ok(Err(first)),
        None => Ok(Ok(read_held(&mut tx, id).await?)),
    }
}

async fn read_held(tx: &mut Tx, id: Uuid) -> sqlx::Result<Held> {
    let sql = "SELECT g.role, r.name AS role_name, g.duty, g.permission, g.scope, g.fields
        FROM role_holder h JOIN role r ON r.key = h.role JOIN role_grant g ON g.role = h.role
        WHERE h.principal_id = $1 ORDER BY g.role, g.permission";
    let rows: Vec<GrantRow> = on_tx!(tx, |c| sqlx::query_as(sql).bind(id).fetch_all(c).await)?;
    let mut roles: Vec<String> = rows.iter().map(|row| row.role_name.clone()).collect();
    roles.dedup();
    Ok(Held::of(rows.iter().filter_map(GrantRow::grant).collect(), roles))
}

/// Administrators last, built-in ones first.
pub(super) async fn list_roles(db: &Db) -> sqlx::Result<Vec<RoleRecord>> {
    let sql = "SELECT r.key, r.name, r.duty, r.built_in, r.version,
            (SELECT COUNT(*) FROM role_holder h WHERE h.role = r.key) AS n_holders
        FROM role r ORDER BY CASE r.duty WHEN 'business' THEN 0 ELSE 1 END, r.built_in DESC, r.key";
    let rows: Vec<RoleRow> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    let all = format!("{GRANTS} ORDER BY g.role, g.permission");
    let grants: Vec<GrantRow> =
        on_read!(db, |c| sqlx::query_as(sqlx::AssertSqlSafe(all)).fetch_all(c).await)?;
    let mut by_role: BTreeMap<&str, Vec<Grant>> = BTreeMap::new();
    for row in &grants {
        by_role.entry(row.role.as_str()).or_default().extend(row.grant());
    }
    rows.into_iter()
        .map(|row| {
            let duty = Duty::named(&row.duty).ok_or_else(|| sqlx::Error::Decode("unknown duty".into()))?;
            Ok(RoleRecord {
                grants: by_role.remove(row.key.as_str()).unwrap_or_default(),
                key: row.key,
                name: row.name,
                duty,
                built_in: row.built_in,
                version: row.version,
                n_holders: row.n_holders,
            })
        })
        .collect()
}

/// False when the key is taken.
pub(super) async fn insert_role(tx: &mut Tx, key: &str, name: &str) -> sqlx::Result<bool> {
    let sql = "INSERT INTO role(key, name, duty, built_in, version) VALUES ($1, $2, 'business', $3, 1)
        ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(key).bind(name).bind(false);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Replaces the grants of a role; false when it is no longer in the version that was read.
pub(super) async fn replace_grants(tx: &mut Tx, role: &RoleRecord, grants: &[Grant]) -> sqlx::Result<bool> {
    let version = "UPDATE role SET version = version + 1 WHERE key = $1 AND version = $2";
    let changed = on_tx!(tx, |c| sqlx::query(version)
        .bind(&role.key)
        .bind(role.version)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if changed != 1 {
        return Ok(false);
    }
    let clear = "DELETE FROM role_grant WHERE role = $1";
    on_tx!(tx, |c| sqlx::query(clear).bind(&role.key).execute(c).await.map(drop))?;
    let row = "INSERT INTO role_grant(role, duty, permission, scope, fields) VALUES ($1, $2, $3, $4, $5)";
    for grant in grants {
        let fields: Vec<&str> = grant.fields.iter().map(|field| field.name()).collect();
        on_tx!(tx, |c| {
            let query = sqlx::query(row).bind(&role.key).bind(role.duty.name());
            let query = query.bind(grant.permission.name()).bind(grant.scope.name());
            query.bind(fields.join(" ")).execute(c).await.map(drop)
        })?;
    }
    Ok(true)
}

/// What kind of work somebody does, while they hold any role.
pub(super) async fn find_duty(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<String>> {
    let sql = "SELECT duty FROM duty WHERE principal_id = $1";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)
}

/// False when the role was held already; refused by the database when it is work of another kind.
pub(super) async fn insert_holder(
    tx: &mut Tx,
    id: Uuid,
    (role, duty): (&str, Duty),
    given_by: &str,
    given_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let kind = "INSERT INTO duty(principal_id, duty) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let row = "INSERT INTO role_holder(principal_id, role, duty, given_by, given_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        sqlx::query(kind).bind(id).bind(duty.name()).execute(&mut *c).await?;
        let query = sqlx::query(row).bind(id).bind(role).bind(duty.name()).bind(given_by).bind(given_at);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// False when the role was not held.
pub(super) async fn delete_holder(tx: &mut Tx, id: Uuid, role: &str) -> sqlx::Result<bool> {
    let row = "DELETE FROM role_holder WHERE principal_id = $1 AND role = $2";
    let kind = "DELETE FROM duty WHERE principal_id = $1
        AND NOT EXISTS (SELECT 1 FROM role_holder WHERE principal_id = $1)";
    on_tx!(tx, |c| {
        let removed = sqlx::query(row).bind(id).bind(role).execute(&mut *c).await?.rows_affected();
        sqlx::query(kind).bind(id).execute(c).await.map(|_| removed == 1)
    })
}

pub(super) async fn list_holders(db: &Db, role: &str) -> sqlx::Result<Vec<Uuid>> {
    let sql =
        "SELECT principal_id FROM role_holder WHERE role = $1 ORDER BY given_at, principal_id LIMIT 500";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(role).fetch_all(c).await)
}
