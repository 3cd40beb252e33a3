//! How an institution audits, and the secret of its interface.

use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    http::RequestId,
};

use crate::{HerbalError, store};

/// How long a pharmacist may have.
const SECONDS: std::ops::RangeInclusive<i64> = 10..=86_400;

/// Sets how long a pharmacist has, and whether prescriptions with signed blocks wait without a clock; from the next
/// prescription on.
pub async fn set_site(
    app: &App,
    by: (Actor, &RequestId),
    institution: &str,
    (audit_seconds, holds_signed): (i64, bool),
) -> Result<(), HerbalError> {
    if !SECONDS.contains(&audit_seconds) {
        return Err(HerbalError::Refused("审方时限为 10 到 86400 秒。"));
    }
    let mut tx = app.db.begin().await?;
    store::lock_site(app, &mut tx, institution).await?;
    store::update_site(&mut tx, institution, (audit_seconds, holds_signed)).await?;
    let told = format!("{audit_seconds} 秒{}", if holds_signed { "，双签阻断须人工" } else { "" });
    note(app, &mut tx, by, "herbal.site", (institution, &told)).await?;
    Ok(tx.commit().await?)
}

/// Gives an institution a new secret, which is shown this once; the one before ends.
pub async fn renew_secret(
    app: &App,
    by: (Actor, &RequestId),
    institution: &str,
) -> Result<String, HerbalError> {
    let mut bytes = [0_u8; 32];
    app.ids.fill(&mut bytes);
    let secret = hex::encode(bytes);
    let mut tx = app.db.begin().await?;
    let id = store::lock_site(app, &mut tx, institution).await?;
    store::update_secret(app, &mut tx, id, &secret).await?;
    note(app, &mut tx, by, "herbal.secret", (institution, "更换密钥")).await?;
    tx.commit().await?;
    Ok(secret)
}

async fn note(
    app: &App,
    tx: &mut Tx,
    (by, request): (Actor, &RequestId),
    action: &'static str,
    (institution, what): (&str, &str),
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
