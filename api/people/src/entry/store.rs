use chrono::{DateTime, Utc};
use platform::{
    Db, Tx,
    crypto::{Keyring, Place, Sealed},
    integrity, on_read, on_tx,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Field, Partner, Service, model::Visit};
use crate::guard;

#[derive(FromRow)]
struct PartnerRow {
    id: Uuid,
    key: String,
    name: String,
    secret: Sealed,
    return_address: String,
    services: String,
    fields: String,
    active: bool,
}

#[derive(FromRow)]
struct VisitRow {
    id: Uuid,
    partner: String,
    service: String,
    reference: String,
    created_at: DateTime<Utc>,
    resident: Option<Uuid>,
    patient: Option<Uuid>,
    ticket_at: Option<DateTime<Utc>>,
}

pub(super) fn place_of_secret(row: Uuid) -> Place {
    Place { table: "entry_partner", column: "secret", row }
}

impl PartnerRow {
    fn split(self) -> (Partner, Sealed) {
        let partner = Partner {
            id: self.id,
            key: self.key,
            name: self.name,
            return_address: self.return_address,
            services: self.services.split(' ').filter_map(Service::named).collect(),
            fields: self.fields.split(' ').filter_map(Field::named).collect(),
            is_active: self.active,
        };
        (partner, self.secret)
    }
}

impl TryFrom<VisitRow> for Visit {
    type Error = sqlx::Error;

    fn try_from(row: VisitRow) -> Result<Self, sqlx::Error> {
        let unknown = || sqlx::Error::Decode("unknown service".into());
        Ok(Self {
            id: row.id,
            partner: row.partner,
            service: Service::named(&row.service).ok_or_else(unknown)?,
            reference: row.reference,
            created_at: row.created_at,
            resident: row.resident,
            patient: row.patient,
            ticket_at: row.ticket_at,
        })
    }
}

pub(super) async fn find_partner(db: &Db, key: &str) -> sqlx::Result<Option<(Partner, Sealed)>> {
    let sql = "SELECT id, key, name, secret, return_address, services, fields, active
        FROM entry_partner WHERE key = $1";
    let row: Option<PartnerRow> = on_read!(db, |c| sqlx::query_as(sql).bind(key).fetch_optional(c).await)?;
    Ok(row.map(PartnerRow::split))
}

pub(super) async fn list_partners(db: &Db) -> sqlx::Result<Vec<Partner>> {
    let sql = "SELECT id, key, name, secret, return_address, services, fields, active
        FROM entry_partner ORDER BY key";
    let rows: Vec<PartnerRow> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|row| row.split().0).collect())
}

/// False when the key is taken.
pub(super) async fn insert_partner(
    keyring: &Keyring,
    tx: &mut Tx,
    partner: &Partner,
    secret: &Sealed,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO entry_partner(id, key, name, secret, return_address, services, fields, active,
            created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let services: Vec<_> = partner.services.iter().map(|service| service.name()).collect();
    let fields: Vec<_> = partner.fields.iter().map(|field| field.name()).collect();
    let done = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(partner.id).bind(&partner.key).bind(&partner.name).bind(secret);
        let query = query.bind(&partner.return_address).bind(services.join(" ")).bind(fields.join(" "));
        let done = query.bind(partner.is_active).bind(now).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })?;
    integrity::stamp(tx, keyring, &guard::ENTRY_PARTNER, partner.key.as_str()).await?;
    Ok(done)
}

pub(super) async fn set_active(
    keyring: &Keyring,
    tx: &mut Tx,
    key: &str,
    is_active: bool,
) -> sqlx::Result<bool> {
    let sql = "UPDATE entry_partner SET active = $2 WHERE key = $1";
    let done = on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(key).bind(is_active).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })?;
    integrity::stamp(tx, keyring, &guard::ENTRY_PARTNER, key).await?;
    Ok(done)
}

/// False when the word was used before.
pub(super) async fn use_nonce(
    tx: &mut Tx,
    partner: &str,
    nonce: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO entry_nonce(partner, nonce, used_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(partner).bind(nonce).bind(now).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

pub(super) async fn insert_visit(tx: &mut Tx, visit: &Visit, token_hash: &[u8]) -> sqlx::Result<()> {
    let sql = "INSERT INTO entry_visit(id, token_hash, partner, service, reference, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(visit.id).bind(token_hash).bind(&visit.partner);
        let query = query.bind(visit.service.name()).bind(&visit.reference).bind(visit.created_at);
        query.execute(c).await.map(drop)
    })
}

pub(super) async fn find_visit(db: &Db, token_hash: &[u8]) -> sqlx::Result<Option<Visit>> {
    let sql = "SELECT id, partner, service, reference, created_at, resident, patient, ticket_at
        FROM entry_visit WHERE token_hash = $1";
    let row: Option<VisitRow> =
        on_read!(db, |c| sqlx::query_as(sql).bind(token_hash).fetch_optional(c).await)?;
    row.map(Visit::try_from).transpose()
}

/// Who came and for whom, until a ticket is given; false when another resident has it, or the ticket is out.
pub(super) async fn choose(tx: &mut Tx, id: Uuid, resident: Uuid, patient: Uuid) -> sqlx::Result<bool> {
    let sql = "UPDATE entry_visit SET resident = $2, patient = $3
        WHERE id = $1 AND (resident IS NULL OR resident = $2) AND ticket_hash IS NULL";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(id).bind(resident).bind(patient).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// The one ticket of a visit.
pub(super) async fn give_ticket(
    tx: &mut Tx,
    id: Uuid,
    resident: Uuid,
    ticket_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE entry_visit SET ticket_hash = $3, ticket_at = $4
        WHERE id = $1 AND resident = $2 AND patient IS NOT NULL AND ticket_hash IS NULL";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(id).bind(resident).bind(ticket_hash).bind(now).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// Takes the ticket in: whoever comes second, too late or from another partner gets nothing.
pub(super) async fn redeem(
    tx: &mut Tx,
    partner: &str,
    ticket_hash: &[u8],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<Visit>> {
    let sql = "UPDATE entry_visit SET redeemed_at = $3
        WHERE ticket_hash = $2 AND partner = $1 AND redeemed_at IS NULL AND ticket_at >= $4
        RETURNING id, partner, service, reference, created_at, resident, patient, ticket_at";
    let row: Option<VisitRow> = on_tx!(tx, |c| {
        let query = sqlx::query_as(sql).bind(partner).bind(ticket_hash).bind(now).bind(since);
        query.fetch_optional(c).await
    })?;
    row.map(Visit::try_from).transpose()
}

pub(super) async fn delete_older(
    tx: &mut Tx,
    nonces: DateTime<Utc>,
    visits: DateTime<Utc>,
) -> sqlx::Result<u64> {
    on_tx!(tx, |c| {
        let sql = "DELETE FROM entry_nonce WHERE used_at < $1";
        let nonces = sqlx::query(sql).bind(nonces).execute(&mut *c).await?.rows_affected();
        let sql = "DELETE FROM entry_visit WHERE created_at < $1";
        let visits = sqlx::query(sql).bind(visits).execute(c).await?.rows_affected();
        Ok(nonces + visits)
    })
}
