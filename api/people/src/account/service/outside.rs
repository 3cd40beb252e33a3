//! Accounts of people whom the support platform's directory names. Nobody knows their password: they sign in over there,
//! unless the system administrator gives them one.

use platform::{App, Tx, session};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    Staff,
    account::{
        AccountError,
        model::{user_name, user_name_fault},
        password, store,
    },
};

/// Of a password that was made, hashed and forgotten; one for the life of the program.
static NOBODYS: OnceCell<String> = OnceCell::const_new();

/// Why there can be no account of this user name.
pub(crate) enum Unfit {
    Taken,
    BadName,
}

/// A member of the staff with an account, in the caller's transaction.
pub(crate) async fn insert_outside(
    app: &App,
    tx: &mut Tx,
    staff: &Staff,
    typed: &str,
) -> Result<Result<(), Unfit>, AccountError> {
    let name = user_name(typed);
    if user_name_fault(&name).is_some() {
        return Ok(Err(Unfit::BadName));
    }
    if store::find_by_user_name(&app.db, &name).await?.is_some() {
        return Ok(Err(Unfit::Taken));
    }
    let hash = NOBODYS
        .get_or_try_init(|| async { password::hash(app, &password::initial(&*app.ids)).await })
        .await?;
    store::insert_staff(&app.keyring, tx, staff, app.now()).await?;
    if !store::insert(&app.keyring, tx, staff.id, &name, hash, false, app.now()).await? {
        return Err(AccountError::Raced);
    }
    Ok(Ok(()))
}

/// Closes an account and ends what its owner has open; false when it was closed already.
pub(crate) async fn close_outside(app: &App, tx: &mut Tx, id: Uuid) -> Result<bool, AccountError> {
    let Some(account) = store::find(&app.db, id).await? else { return Ok(false) };
    store::delete_steps_of(tx, id).await?;
    session::delete_of(tx, id).await?;
    if account.disabled_at.is_some() {
        return Ok(false);
    }
    Ok(store::update_disabled(&app.keyring, tx, id, Some(app.now()), account.enabled_at).await?)
}

/// Opens it again.
pub(crate) async fn open_outside(app: &App, tx: &mut Tx, id: Uuid) -> Result<(), AccountError> {
    store::update_disabled(&app.keyring, tx, id, None, app.now()).await?;
    Ok(())
}
