//! The second factor: setting it up, judging codes, recovery codes.

use platform::{App, audit::Outcome, session};

use super::{
    By, Visit, key_of, note,
    sign_in::{Refusal, by, refused},
};
use crate::account::{
    AccountError,
    model::{ATTEMPTS, Account, RECOVERY_CODES},
    store::{self, Kind},
    totp,
};

/// What an authenticator app needs.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The QR code as SVG.
    pub picture: String,
    /// The same key to be typed, in groups of four.
    pub typed: String,
}

/// Letters and digits of recovery codes; none that are mistaken for another.
const PLAIN: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The secret that waits for its first code; the same one until then, so that a page may be loaded again.
pub async fn begin_enrolment(app: &App, account: &Account) -> Result<Enrolment, AccountError> {
    let id = account.staff.id;
    let secret = if let Some(pending) = &account.totp_pending {
        app.keyring.open(store::place_of_pending(id), pending)?
    } else {
        let secret = totp::new_secret(&*app.ids);
        let pending = app.keyring.seal(&*app.ids, store::place_of_pending(id), &secret);
        let mut tx = app.db.begin().await?;
        store::update_pending(&app.keyring, &mut tx, id, &pending).await?;
        tx.commit().await?;
        secret
    };
    let picture = ui::qr::svg(&totp::address(&account.user_name, &secret), "给验证器应用扫描的二维码");
    Ok(Enrolment { picture: picture.ok_or(AccountError::Picture)?, typed: totp::grouped(&secret) })
}

/// Sets the second factor up when the typed code is right; gives the recovery codes, to be shown once.
pub async fn confirm_enrolment(
    app: &App,
    by: &By,
    account: &Account,
    typed: &str,
) -> Result<Option<Vec<String>>, AccountError> {
    let id = account.staff.id;
    let pending = account.totp_pending.as_ref().ok_or(AccountError::NotFound)?;
    let secret = app.keyring.open(store::place_of_pending(id), pending)?;
    let Some(step) = totp::matching_step(&secret, typed, app.now(), None) else { return Ok(None) };
    let sealed = app.keyring.seal(&*app.ids, store::place_of_secret(id), &secret);
    let codes = make_codes(app);
    let mut tx = app.db.begin().await?;
    store::update_secret(&app.keyring, &mut tx, id, &sealed, step, app.now()).await?;
    store::replace_recovery_codes(&mut tx, id, &hashes(app, account, &codes)).await?;
    note(app, &mut tx, by, "account.second_factor", id, Some("启用"), Outcome::Done).await?;
    tx.commit().await?;
    Ok(Some(codes))
}

/// New recovery codes; the old ones are void.
pub async fn new_recovery_codes(app: &App, by: &By, account: &Account) -> Result<Vec<String>, AccountError> {
    if !account.has_second_factor() {
        return Err(AccountError::NotFound);
    }
    let (id, codes) = (account.staff.id, make_codes(app));
    let mut tx = app.db.begin().await?;
    store::replace_recovery_codes(&mut tx, id, &hashes(app, account, &codes)).await?;
    note(app, &mut tx, by, "account.recovery_codes", id, None, Outcome::Done).await?;
    tx.commit().await?;
    Ok(codes)
}

pub async fn count_recovery_codes(app: &App, account: &Account) -> Result<i64, AccountError> {
    Ok(store::count_recovery_codes(&app.db, account.staff.id).await?)
}

/// Gives the second factor up, where none is required.
pub async fn end_second_factor(app: &App, by: &By, account: &Account) -> Result<(), AccountError> {
    if account.needs_second_factor(&app.config) {
        return Err(AccountError::NotFound);
    }
    let id = account.staff.id;
    let mut tx = app.db.begin().await?;
    store::clear_secret(&app.keyring, &mut tx, id).await?;
    note(app, &mut tx, by, "account.second_factor", id, Some("停用"), Outcome::Done).await?;
    Ok(tx.commit().await?)
}

/// Whether the code of the app or a recovery code is right; either is used up by it.
pub(super) async fn judge(
    app: &App,
    visit: &Visit,
    account: &Account,
    typed: &str,
) -> Result<Result<(), Refusal>, AccountError> {
    let id = account.staff.id;
    let sealed = account.totp_secret.as_ref().ok_or(AccountError::NotFound)?;
    let secret = app.keyring.open(store::place_of_secret(id), sealed)?;
    let key = key_of(app, Kind::Code, &id.to_string());
    let mut tx = app.db.begin().await?;
    let taken = store::take(&mut tx, Kind::Code, &key, ATTEMPTS, app.now()).await?;
    let whose = || Some(account.staff.principal());
    if let Some(until) = taken.locked_until.filter(|_| taken.n > ATTEMPTS) {
        refused(app, &mut tx, visit, whose(), "验证码错误次数过多，已锁定").await?;
        tx.commit().await?;
        return Ok(Err(Refusal::Locked { until }));
    }
    let is_right = match totp::matching_step(&secret, typed, app.now(), account.totp_step) {
        Some(step) => store::use_totp_step(&app.keyring, &mut tx, id, step).await?,
        None => false,
    };
    let is_recovery = !is_right && {
        let mut is_used = false;
        for hash in known_hashes(app, account, typed) {
            is_used = is_used || store::use_recovery_code(&mut tx, id, &hash, app.now()).await?;
        }
        is_used
    };
    if is_right || is_recovery {
        store::clear(&mut tx, Kind::Code, &key).await?;
        if is_recovery {
            let by = by(visit, account);
            note(app, &mut tx, &by, "account.recovery_code_used", id, None, Outcome::Done).await?;
        }
        tx.commit().await?;
        return Ok(Ok(()));
    }
    refused(app, &mut tx, visit, whose(), "验证码不正确").await?;
    tx.commit().await?;
    Ok(Err(match taken.locked_until {
        Some(until) => Refusal::Locked { until },
        None => Refusal::Wrong { left: ATTEMPTS - taken.n },
    }))
}

/// Without a second factor nobody stays signed in on the old proof.
pub(super) async fn clear(app: &App, by: &By, account: &Account) -> Result<(), AccountError> {
    let id = account.staff.id;
    let mut tx = app.db.begin().await?;
    store::clear_secret(&app.keyring, &mut tx, id).await?;
    store::clear(&mut tx, Kind::Code, &key_of(app, Kind::Code, &id.to_string())).await?;
    store::delete_steps_of(&mut tx, id).await?;
    session::delete_of(&mut tx, id).await?;
    note(app, &mut tx, by, "account.second_factor", id, Some("由管理员重置"), Outcome::Done).await?;
    Ok(tx.commit().await?)
}

/// Ten characters, 50 bits, in two groups.
fn make_codes(app: &App) -> Vec<String> {
    let code = || {
        let mut chance = [0; 10];
        app.ids.fill(&mut chance);
        let code: String = chance.iter().map(|byte| char::from(PLAIN[usize::from(byte % 32)])).collect();
        format!("{}-{}", &code[..5], &code[5..])
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

fn hashes(app: &App, account: &Account, codes: &[String]) -> Vec<Vec<u8>> {
    codes.iter().filter_map(|code| known_hashes(app, account, code).into_iter().next()).collect()
}

/// As it is hashed now, and as it was hashed under the index key before.
fn known_hashes(app: &App, account: &Account, typed: &str) -> Vec<Vec<u8>> {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    let text = format!("{}|{}", account.staff.id, plain.to_ascii_uppercase());
    app.keyring.blind_indexes("recovery_code.code_hash", &text)
}
