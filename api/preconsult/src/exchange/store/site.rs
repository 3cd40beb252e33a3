//! How each institution gets its data, and the secret it signs its own calls with.

use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    crypto::{Place, Sealed},
    http::RequestId,
    on_read, on_tx,
};
use uuid::Uuid;

use crate::{
    PreconsultError,
    exchange::{model::Mode, store},
};

/// An institution with its settings; one without any is pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exchange) struct Site {
    pub(in crate::exchange) institution: String,
    pub(in crate::exchange) name: String,
    pub(in crate::exchange) mode: Mode,
    pub(in crate::exchange) has_secret: bool,
    pub(in crate::exchange) position: i64,
}

fn place(row: Uuid) -> Place {
    Place { table: "institution_exchange", column: "secret", row }
}

/// All institutions, by code.
pub(in crate::exchange) async fn list(app: &App) -> Result<Vec<Site>, PreconsultError> {
    let sql = "SELECT i.code, i.name, COALESCE(e.mode, 'push'), e.secret, COALESCE(e.position, 0)
        FROM institution i LEFT JOIN institution_exchange e ON e.institution = i.code ORDER BY i.code";
    let rows: Vec<(String, String, String, Option<Sealed>, i64)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    let site =
        |(institution, name, mode, secret, position): (String, String, String, Option<Sealed>, i64)| {
            let mode =
                Mode::named(&mode).ok_or_else(|| sqlx::Error::Decode("unknown way of exchange".into()))?;
            Ok(Site { institution, name, mode, has_secret: secret.is_some(), position })
        };
    rows.into_iter().map(site).collect()
}

/// How an institution gets its data, and its secret; None when it has none.
pub(in crate::exchange) async fn find_secret(
    app: &App,
    institution: &str,
) -> Result<Option<(Mode, String)>, PreconsultError> {
    let sql = "SELECT id, mode, secret FROM institution_exchange
        WHERE institution = $1 AND secret IS NOT NULL";
    let row: Option<(Uuid, String, Sealed)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(institution).fetch_optional(c).await)?;
    let Some((id, mode, secret)) = row else { return Ok(None) };
    let mode = Mode::named(&mode).ok_or_else(|| sqlx::Error::Decode("unknown way of exchange".into()))?;
    Ok(Some((mode, app.keyring.open(place(id), &secret)?)))
}

/// Switches how an institution gets its data from now on.
pub(in crate::exchange) async fn set_mode(
    app: &App,
    (by, request): (Actor, &RequestId),
    institution: &str,
    mode: Mode,
) -> Result<(), PreconsultError> {
    let sql = "UPDATE institution_exchange SET mode = $2, version = version + 1 WHERE institution = $1";
    let mut tx = begin(app, institution).await?;
    on_tx!(&mut tx, |c| sqlx::query(sql).bind(institution).bind(mode.name()).execute(c).await.map(drop))?;
    note(app, &mut tx, (by, request), "exchange.mode", institution, mode.text()).await?;
    Ok(tx.commit().await?)
}

/// Gives an institution a new secret, which is shown this once; the one before ends.
pub(in crate::exchange) async fn renew_secret(
    app: &App,
    (by, request): (Actor, &RequestId),
    institution: &str,
) -> Result<String, PreconsultError> {
    let find = "SELECT id FROM institution_exchange WHERE institution = $1";
    let sql = "UPDATE institution_exchange SET secret = $2, version = version + 1 WHERE id = $1";
    let mut bytes = [0_u8; 32];
    app.ids.fill(&mut bytes);
    let secret = hex::encode(bytes);
    let mut tx = begin(app, institution).await?;
    on_tx!(&mut tx, |c| {
        let id: Uuid = sqlx::query_scalar(find).bind(institution).fetch_one(&mut *c).await?;
        let sealed = app.keyring.seal(&*app.ids, place(id), &secret);
        sqlx::query(sql).bind(id).bind(&sealed).execute(c).await.map(drop)
    })?;
    note(app, &mut tx, (by, request), "exchange.secret", institution, "更换密钥").await?;
    tx.commit().await?;
    Ok(secret)
}

async fn begin(app: &App, institution: &str) -> Result<Tx, PreconsultError> {
    let is_known = list(app).await?.iter().any(|site| site.institution == institution);
    if !is_known {
        return Err(PreconsultError::NotFound);
    }
    let mut tx = app.db.begin().await?;
    store::insert_site(app, &mut tx, institution).await?;
    Ok(tx)
}

async fn note(
    app: &App,
    tx: &mut Tx,
    (by, request): (Actor, &RequestId),
    action: &'static str,
    institution: &str,
    what: &str,
) -> sqlx::Result<()> {
    let entry = audit::Entry {
        at: app.now(),
        actor: by,
        action,
        patient: None,
        object: Some(format!("institution/{institution}")),
        reason: Some(what),
        outcome: Outcome::Done,
        request_id: &request.0,
    };
    audit::append(tx, entry).await
}
