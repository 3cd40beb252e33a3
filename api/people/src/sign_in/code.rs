//! Codes by short message: one a minute, ten a day, five minutes, five tries.

use chrono::{DateTime, TimeDelta, Utc};
use gateways::{Gateways, sms::Message};
use platform::{App, Tx};

use super::store;
use crate::{PeopleError, identity::Phone};

const PAUSE: TimeDelta = TimeDelta::seconds(60);
const PER_DAY: i64 = 10;
const LIFE: TimeDelta = TimeDelta::minutes(5);
const TRIES: i64 = 5;

/// What is said of any code that does not fit, so that nobody learns why.
pub(crate) const WRONG: &str = "验证码不对或已过期。请在获取验证码的同一个浏览器里填写短信里最新的 6 位数字；输错 5 次或超过 5 分钟后，请重新获取。";

/// Sends a new code; the ones before no longer count. The answer is the same for every phone. The code is good only for
/// the same `asker`: a secret of the browser, or the person who is signed in.
pub(crate) async fn send(
    app: &App,
    gateways: &Gateways,
    phone: &Phone,
    purpose: &'static str,
    asker: &str,
) -> Result<(), PeopleError> {
    let sms = gateways.sms.as_ref().ok_or(PeopleError::Refused("没有配置短信，请换一种方式。"))?;
    let (now, indexes) = (app.now(), indexes(app, phone));
    let mut random = [0; 8];
    app.ids.fill(&mut random);
    let code = format!("{:06}", u64::from_be_bytes(random) % 1_000_000);
    let id = app.new_id();
    let mut tx = app.db.begin().await?;
    store::lock_phone(&mut tx, &indexes).await?;
    if store::count_codes(&mut tx, &indexes, now - PAUSE).await? > 0 {
        return Err(PeopleError::Refused("验证码刚刚发过，请等 60 秒再获取；短信可能稍慢，请先看看收件箱。"));
    }
    if store::count_codes(&mut tx, &indexes, now - TimeDelta::days(1)).await? >= PER_DAY {
        return Err(PeopleError::Refused(
            "这个号码今天获取的次数已满 10 次，请明天再试，或用微信、随申办登录。",
        ));
    }
    let hashes = hashes(app, phone, purpose, asker, &code);
    store::insert_code(&mut tx, id, &indexes[0], purpose, &hashes[0], now).await?;
    tx.commit().await?;
    let message = Message {
        id: id.to_string(),
        phone: phone.as_str().into(),
        template: "验证码".into(),
        values: vec![code, format!("{} 分钟内有效，请勿告诉他人", LIFE.num_minutes())],
    };
    Ok(sms.send(&message).await?)
}

/// Whether the code is the newest one sent to this phone for this purpose and asker; it works once. A try counts also when the
/// caller goes no further.
pub(crate) async fn check(
    app: &App,
    phone: &Phone,
    purpose: &'static str,
    asker: &str,
    code: &str,
) -> Result<bool, PeopleError> {
    let indexes = indexes(app, phone);
    let mut tx = app.db.begin().await?;
    let tried = store::try_code(&mut tx, &indexes, purpose, app.now() - LIFE, TRIES).await?;
    let right = match tried {
        Some((id, expected)) if hashes(app, phone, purpose, asker, code.trim()).contains(&expected) => {
            store::use_code(&mut tx, id, app.now()).await?
        }
        _ => false,
    };
    tx.commit().await?;
    Ok(right)
}

/// Removes codes and open sign-ins nobody can use any more.
pub(crate) async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<u64> {
    store::delete_older(tx, now - TimeDelta::hours(1), now - TimeDelta::days(2)).await
}

/// Under the index key in use first, then under those before and after it.
fn indexes(app: &App, phone: &Phone) -> Vec<Vec<u8>> {
    app.keyring.blind_indexes("sms_code.phone", phone.as_str())
}

fn hashes(app: &App, phone: &Phone, purpose: &str, asker: &str, code: &str) -> Vec<Vec<u8>> {
    app.keyring.blind_indexes("sms_code.code", &format!("{purpose}|{}|{asker}|{code}", phone.as_str()))
}
