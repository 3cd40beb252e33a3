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

/// Sets how many parts of an institution's prescriptions each company is to have; none for 0.
pub async fn set_shares(
    app: &App,
    by: (Actor, &RequestId),
    institution: &str,
    shares: &[(String, i64)],
) -> Result<(), HerbalError> {
    let companies = crate::catalogue::list_companies(app).await?;
    if shares.iter().any(|(company, _)| !companies.iter().any(|one| one.code == *company)) {
        return Err(HerbalError::Refused("没有这家服务企业。请先在“饮片目录”的企业里登记。"));
    }
    if shares.iter().any(|(_, parts)| !(0..=100).contains(parts)) {
        return Err(HerbalError::Refused("份数为 0 到 100 的整数；0 就是不派给这家。"));
    }
    let mut tx = app.db.begin().await?;
    store::lock_site(app, &mut tx, institution).await?;
    let mut told = Vec::new();
    for (company, parts) in shares {
        if *parts == 0 {
            store::delete_share(&mut tx, institution, company).await?;
        } else {
            store::save_share(&mut tx, institution, company, *parts).await?;
            told.push(format!("{company} {parts} 份"));
        }
    }
    let told = if told.is_empty() { "不派给任何企业".to_owned() } else { told.join("，") };
    note(app, &mut tx, by, "herbal.share", (institution, &told)).await?;
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
