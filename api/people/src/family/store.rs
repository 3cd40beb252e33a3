use chrono::{DateTime, Utc};
use platform::{
    Db, Tx,
    crypto::{Place, Sealed},
    on_read, on_tx,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Member, Proof, Relation};

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    owner: Uuid,
    patient: Uuid,
    relation: String,
    proof: String,
    consented_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Member {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let unknown = || sqlx::Error::Decode("unknown relation or proof".into());
        Ok(Self {
            id: row.id,
            owner: row.owner,
            patient: row.patient,
            relation: Relation::named(&row.relation).ok_or_else(unknown)?,
            proof: Proof::named(&row.proof).ok_or_else(unknown)?,
            consented_at: row.consented_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}

pub(super) fn place_of_proof(row: Uuid) -> Place {
    Place { table: "family_member", column: "proof_number", row }
}

/// Whom a resident looks after, also those that are over.
pub(super) async fn list_of_owner(db: &Db, owner: Uuid) -> sqlx::Result<Vec<Member>> {
    let sql = "SELECT id, owner, patient, relation, proof, consented_at, expires_at, revoked_at
        FROM family_member WHERE owner = $1 ORDER BY created_at, id";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(owner).fetch_all(c).await)?;
    rows.into_iter().map(Member::try_from).collect()
}

/// Who looks after a resident.
pub(super) async fn list_of_patient(db: &Db, patient: Uuid) -> sqlx::Result<Vec<Member>> {
    let sql = "SELECT id, owner, patient, relation, proof, consented_at, expires_at, revoked_at
        FROM family_member WHERE patient = $1 ORDER BY created_at, id";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(patient).fetch_all(c).await)?;
    rows.into_iter().map(Member::try_from).collect()
}

pub(super) async fn find_current(db: &Db, owner: Uuid) -> sqlx::Result<Option<Uuid>> {
    let sql = "SELECT patient FROM current_patient WHERE owner = $1";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(owner).fetch_optional(c).await)
}

pub(super) async fn save_current(tx: &mut Tx, owner: Uuid, patient: Uuid) -> sqlx::Result<()> {
    let sql = "INSERT INTO current_patient(owner, patient) VALUES ($1, $2)
        ON CONFLICT (owner) DO UPDATE SET patient = excluded.patient";
    on_tx!(tx, |c| sqlx::query(sql).bind(owner).bind(patient).execute(c).await.map(drop))
}

/// One change of a resident's family at a time; SQLite has one writer anyway.
pub(super) async fn lock_owner(tx: &mut Tx, owner: Uuid) -> sqlx::Result<()> {
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    let sql = "SELECT id FROM resident WHERE id = $1 FOR UPDATE";
    sqlx::query(sql).bind(owner).execute(&mut **tx).await.map(drop)
}

pub(super) async fn count_open(tx: &mut Tx, owner: Uuid, now: DateTime<Utc>) -> sqlx::Result<i64> {
    let sql =
        "SELECT count(*) FROM family_member WHERE owner = $1 AND revoked_at IS NULL AND expires_at > $2";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(owner).bind(now).fetch_one(c).await)
}

/// Closes what is over already, so that the same patient can be added anew.
pub(super) async fn close_expired(tx: &mut Tx, owner: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE family_member SET revoked_at = expires_at
        WHERE owner = $1 AND revoked_at IS NULL AND expires_at <= $2";
    on_tx!(tx, |c| sqlx::query(sql).bind(owner).bind(now).execute(c).await.map(drop))
}

/// False when the patient is among the resident's already.
pub(super) async fn insert(
    tx: &mut Tx,
    member: &Member,
    proof_number: Option<Sealed>,
    consent: &str,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO family_member(id, owner, patient, relation, proof, proof_number, consent_version,
            consented_at, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)
        ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(member.id).bind(member.owner).bind(member.patient);
        let query = query.bind(member.relation.name()).bind(member.proof.name()).bind(proof_number);
        let query = query.bind(consent).bind(member.consented_at).bind(member.expires_at);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Ends a relation one of whose two sides is `by`; gives owner and patient when there was one.
pub(super) async fn revoke(
    tx: &mut Tx,
    id: Uuid,
    by: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Uuid, Uuid)>> {
    let sql = "UPDATE family_member SET revoked_at = $3, revoked_by = $2
        WHERE id = $1 AND (owner = $2 OR patient = $2) AND revoked_at IS NULL RETURNING owner, patient";
    let ended: Option<(Uuid, Uuid)> =
        on_tx!(&mut *tx, |c| sqlx::query_as(sql).bind(id).bind(by).bind(now).fetch_optional(c).await)?;
    if let Some((owner, patient)) = ended {
        let sql = "DELETE FROM current_patient WHERE owner = $1 AND patient = $2";
        on_tx!(tx, |c| sqlx::query(sql).bind(owner).bind(patient).execute(c).await.map(drop))?;
    }
    Ok(ended)
}
