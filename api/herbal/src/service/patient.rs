//! What patients see of their own prescriptions.

use uuid::Uuid;

use super::hospital::{Whole, whole};
use crate::{
    HerbalError, Service,
    model::{Order, Version},
    store,
};

/// Most rows of one's list.
const MOST: i64 = 100;

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
