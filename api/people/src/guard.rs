//! The tables of this crate whose rows carry MACs: who works here, how they sign in, to which organisation they belong, and
//! which partners may lead residents in.

use platform::{
    App, Tx,
    crypto::Keyring,
    integrity::{self, BrokenRow, Guarded},
};
use uuid::Uuid;

pub(crate) const INSTITUTION: Guarded = Guarded { table: "institution", part: "code", sealed: &[] };
pub(crate) const DEPARTMENT: Guarded = Guarded { table: "department", part: "institution", sealed: &[] };
pub(crate) const STAFF: Guarded = Guarded { table: "staff", part: "id", sealed: &[] };
pub(crate) const ACCOUNT: Guarded =
    Guarded { table: "account", part: "staff", sealed: &["totp_secret", "totp_pending"] };
pub(crate) const ENTRY_PARTNER: Guarded =
    Guarded { table: "entry_partner", part: "key", sealed: &["secret"] };

/// Whoever changes it signs in as somebody else; what the directory says of a person is part of it.
pub(crate) const DIRECTORY_PERSON: Guarded =
    Guarded { table: "directory_person", part: "subject", sealed: &[] };
pub(crate) const DIRECTORY_ROLE: Guarded = Guarded { table: "directory_role", part: "outside", sealed: &[] };

pub(crate) const ALL: &[Guarded] =
    &[INSTITUTION, DEPARTMENT, STAFF, ACCOUNT, ENTRY_PARTNER, DIRECTORY_PERSON, DIRECTORY_ROLE];

/// After a member of the staff was written: the row, and the role that came with it.
pub(crate) async fn stamp_staff(tx: &mut Tx, keyring: &Keyring, id: Uuid) -> sqlx::Result<()> {
    integrity::stamp(tx, keyring, &STAFF, id).await?;
    integrity::stamp_holder(tx, keyring, id).await
}

/// The first row behind an account that is not as the program wrote it.
pub(crate) async fn find_broken(app: &App, id: Uuid) -> sqlx::Result<Option<BrokenRow>> {
    let mut tx = app.db.snapshot().await?;
    let mut broken = integrity::check(&mut tx, &app.keyring, &STAFF, id).await?;
    broken.extend(integrity::check(&mut tx, &app.keyring, &ACCOUNT, id).await?);
    Ok(broken.into_iter().next())
}

/// Whether the rows of a part, if there are any, are as the program wrote them: asked before they are written again from a
/// file, so that the writing does not bless what somebody changed behind the program's back.
pub(crate) async fn is_sound(tx: &mut Tx, keyring: &Keyring, of: &Guarded, part: &str) -> sqlx::Result<bool> {
    Ok(integrity::check(tx, keyring, of, part).await?.is_empty())
}

pub(crate) async fn stamp_if(
    is_sound: bool,
    tx: &mut Tx,
    keyring: &Keyring,
    of: &Guarded,
    part: &str,
) -> sqlx::Result<()> {
    if is_sound { integrity::stamp(tx, keyring, of, part).await } else { Ok(()) }
}
