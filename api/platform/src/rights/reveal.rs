use axum::http::StatusCode;
use chrono::TimeDelta;
use uuid::Uuid;

use super::{Field, Right};
use crate::{
    App, Problem,
    audit::{self, Outcome},
};

/// More looks behind a mask within a minute are refused.
pub const REVEALS_PER_MINUTE: i64 = 10;

/// Longest reason, in characters.
pub const MAX_REASON: usize = 200;

/// A look behind a mask.
#[derive(Debug, Clone)]
pub struct Reveal<'a> {
    pub patient: Uuid,
    /// Which thing, as `consultation/<id>`.
    pub object: String,
    pub field: Field,
    pub reason: &'a str,
    pub request_id: &'a str,
}

/// Records that somebody looks behind a mask, before the value is handed out. Whether the row is within reach is the
/// caller's to check. Refused without a reason and when it happens too often.
pub async fn reveal(app: &App, right: &Right, look: Reveal<'_>) -> Result<(), Problem> {
    let reason = checked_reason(look.reason)?;
    let actor = right.actor();
    let entry = |outcome| audit::Entry {
        at: app.now(),
        actor: actor.clone(),
        action: "field.reveal",
        patient: Some(look.patient),
        object: Some(format!("{}#{}", look.object, look.field.name())),
        reason: Some(&reason),
        outcome,
        request_id: look.request_id,
    };
    let mut tx = app.db.begin().await?;
    // Appending first locks the trail, so that two at the same time do not both count one less.
    audit::append(&mut tx, entry(Outcome::Done)).await?;
    let since = app.now() - TimeDelta::minutes(1);
    if audit::count_since(&mut tx, &actor.id, "field.reveal", since).await? <= REVEALS_PER_MINUTE {
        tx.commit().await?;
        return Ok(());
    }
    tx.rollback().await?;
    let mut tx = app.db.begin().await?;
    audit::append(&mut tx, entry(Outcome::Denied)).await?;
    tx.commit().await?;
    Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "/problems/rights/too-many-reveals", "显示得太频繁")
        .detail(format!("一分钟内最多显示 {REVEALS_PER_MINUTE} 次，请稍后再试。每次显示都有记录。")))
}

/// A reason that says something, without blanks around it.
pub fn checked_reason(reason: &str) -> Result<String, Problem> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = reason.chars().count();
    if (2..=MAX_REASON).contains(&length) && !reason.chars().any(char::is_control) {
        return Ok(reason);
    }
    Err(Problem::invalid_input()
        .detail(format!("请写明理由（2 到 {MAX_REASON} 个字），会记入审计。"))
        .fault("/reason", format!("2 到 {MAX_REASON} 个字")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        db::test_support::on_each_database,
        rights::Held,
        session::{Principal, Role},
    };

    #[tokio::test]
    async fn looks_behind_a_mask_are_recorded_need_a_reason_and_have_a_limit() {
        on_each_database(&[], async |bench| {
            let staff = Principal::Staff {
                id: bench.new_id(),
                role: Role::Doctor,
                institution: "H01".into(),
                department: "IM".into(),
            };
            let right = Right::new(staff, String::new(), None, Arc::new(Held::default())).unwrap();
            let patient = bench.new_id();
            let look = |reason| Reveal {
                patient,
                object: "consultation/1".into(),
                field: Field::Name,
                reason,
                request_id: "r1",
            };
            for empty in ["", "  ", "x", "\n"] {
                assert_eq!(reveal(bench, &right, look(empty)).await.unwrap_err().status, 422, "{empty:?}");
            }
            let long = "长".repeat(201);
            assert_eq!(reveal(bench, &right, look(&long)).await.unwrap_err().status, 422);
            for _ in 0..REVEALS_PER_MINUTE {
                reveal(bench, &right, look("  电话  核对 ")).await.unwrap();
            }
            assert_eq!(reveal(bench, &right, look("电话核对")).await.unwrap_err().status, 429);
            let rows = audit::list_for_patient(&bench.db, patient, 99).await.unwrap();
            assert_eq!(rows.len(), 11);
            assert_eq!((rows[0].outcome.as_str(), rows[1].outcome.as_str()), ("denied", "done"));
            assert_eq!(rows[10].object.as_deref(), Some("consultation/1#name"));
            assert_eq!(rows[10].reason.as_deref(), Some("电话 核对"));
            bench.clock.advance(TimeDelta::minutes(1));
            reveal(bench, &right, look("电话核对")).await.unwrap();
        })
        .await;
    }
}
