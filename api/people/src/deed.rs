use platform::{
    App,
    audit::{self, Actor, Outcome},
    http::RequestId,
};

/// A deed that was done, without whose data, what thing and why: fill those in.
pub(crate) fn deed<'a>(
    app: &App,
    actor: Actor,
    action: &'static str,
    request: &'a RequestId,
) -> audit::Entry<'a> {
    audit::Entry {
        at: app.now(),
        actor,
        action,
        patient: None,
        object: None,
        reason: None,
        outcome: Outcome::Done,
        request_id: &request.0,
    }
}

/// Records a deed of its own, as a refusal that changed nothing.
pub(crate) async fn note(app: &App, entry: audit::Entry<'_>) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    audit::append(&mut tx, entry).await?;
    tx.commit().await
}
