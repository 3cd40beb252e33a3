//! What patients and prescribers see of their own prescriptions.

use uuid::Uuid;

use super::hospital::{Whole, whole};
use crate::{
    HerbalError, Service,
    model::{Order, State, Version},
    store,
};

/// Most rows of one's list.
const MOST: i64 = 100;
/// Beside the prescribing screen.
const MOST_SENT: i64 = 10;

/// One's own prescriptions, newest first; none until the real name is verified, as they are found by the ID number.
pub(crate) async fn list_own(
    service: &Service,
    resident: Uuid,
) -> Result<Vec<(Order, Version)>, HerbalError> {
    let app = &service.app;
    let Some(indexes) = indexes(service, resident).await? else { return Ok(Vec::new()) };
    let mut own = Vec::new();
    for order in store::list_of_patient(&app.db, &indexes, MOST).await? {
        let version = store::find_version(app, &app.db, order.id, order.version).await?;
        own.push((order, version));
    }
    Ok(own)
}

/// What a doctor prescribed on our screen, newest first, with the codes of the reasons why it was rejected.
pub(crate) async fn list_of_doctor(
    service: &Service,
    doctor: Uuid,
) -> Result<Vec<(Order, Vec<String>)>, HerbalError> {
    let app = &service.app;
    let mut sent = Vec::new();
    for order in store::list_of_doctor(&app.db, &doctor.to_string(), MOST_SENT).await? {
        let reasons = if order.state == State::Rejected {
            let mut tx = app.db.begin().await?;
            let version = store::find_version_id(&mut tx, order.id, order.version).await?;
            tx.commit().await?;
            store::find_verdict(app, &app.db, version)
                .await?
                .map(|verdict| verdict.reasons)
                .unwrap_or_default()
        } else {
            Vec::new()
        };
        sent.push((order, reasons));
    }
    Ok(sent)
}

/// One of one's own; another's is as good as none.
pub(crate) async fn read_own(service: &Service, resident: Uuid, id: Uuid) -> Result<Whole, HerbalError> {
    let app = &service.app;
    let indexes = indexes(service, resident).await?.ok_or(HerbalError::NotFound)?;
    let own = store::list_of_patient(&app.db, &indexes, MOST).await?;
    let order = own.into_iter().find(|order| order.id == id).ok_or(HerbalError::NotFound)?;
    whole(service, order).await
}

/// Whether somebody's prescriptions can be found: the real name is verified.
pub(crate) async fn is_known(service: &Service, resident: Uuid) -> Result<bool, HerbalError> {
    Ok(indexes(service, resident).await?.is_some())
}

async fn indexes(service: &Service, resident: Uuid) -> Result<Option<Vec<Vec<u8>>>, HerbalError> {
    let identity = people::resident::find(&service.app, resident).await?;
    let number = identity.id_number.filter(|_| identity.verified.is_some());
    Ok(number.map(|number| store::indexes_of(&service.app.keyring, &number)))
}
