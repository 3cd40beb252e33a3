//! Sign-in by an outside system: out with a state that only this browser can bring back, and only once.

use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::TimeDelta;
use gateways::{Gateways, suishenban::Citizen};
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    crypto::sm3,
    http::RequestId,
    session::{self, Principal, Session, local_path},
};
use uuid::Uuid;

use super::store::{self, StateRow};
use crate::{
    PeopleError,
    deed::{deed, note},
    identity::{IdNumber, Phone},
    resident::{self, Channel, RealName},
};

/// Name of the cookie that binds a state to a browser.
pub(super) const COOKIE: &str = "jiuyi_way";
const LIFE: TimeDelta = TimeDelta::minutes(10);

const LOST: PeopleError = PeopleError::Refused(
    "这次授权已失效：可能隔得太久、用过一次，或是从别处打开的链接。请返回登录页重新开始。",
);

/// What came back by the browser.
pub(super) struct Back<'a> {
    pub(super) state: &'a str,
    pub(super) code: &'a str,
    pub(super) browser: &'a str,
}

enum Person {
    WeChat(gateways::wechat::Person),
    Citizen(Citizen),
}

/// Where the browser goes, and the cookie it must bring back. With `joins` that resident's own account is verified by
/// what comes back, instead of signing in as somebody else.
pub(super) async fn begin(
    app: &App,
    gateways: &Gateways,
    channel: Channel,
    next: &str,
    joins: Option<Uuid>,
) -> Result<(String, Cookie<'static>), PeopleError> {
    let (state, browser) = (word(app), word(app));
    let redirect = redirect_address(app, channel);
    let address = match channel {
        Channel::WeChat => gateways.wechat.as_ref().map(|port| port.authorize_address(&redirect, &state)),
        Channel::Suishenban => {
            gateways.suishenban.as_ref().map(|port| port.authorize_address(&redirect, &state))
        }
    };
    let address = address.ok_or(PeopleError::Refused("没有配置这种登录方式，请换一种。"))?;
    let row = StateRow {
        browser_hash: sm3(&browser).to_vec(),
        channel: channel.name().into(),
        next: local_path(next).into(),
        joins,
        created_at: app.now(),
    };
    let mut tx = app.db.begin().await?;
    store::insert_state(&mut tx, &sm3(&state), &row).await?;
    tx.commit().await?;
    let cookie = session::host_cookie(&app.config, COOKIE, browser, SameSite::Lax);
    Ok((address, cookie))
}

/// Signs in whoever the outside system names; gives the cookie of the session and where to go on.
pub(super) async fn finish(
    app: &App,
    gateways: &Gateways,
    request: &RequestId,
    before: Option<&Session>,
    channel: Channel,
    back: Back<'_>,
) -> Result<(Cookie<'static>, String), PeopleError> {
    let mut tx = app.db.begin().await?;
    let state = store::take_state(&mut tx, &sm3(back.state)).await?;
    tx.commit().await?;
    let fits = |row: &StateRow| {
        row.channel == channel.name()
            && row.browser_hash == sm3(back.browser)
            && app.now() - row.created_at <= LIFE
            && row.joins.is_none_or(|joins| before.is_some_and(|session| session.principal.id() == joins))
    };
    let Some(row) = state.filter(fits) else {
        let entry = audit::Entry {
            reason: Some("授权状态不符"),
            outcome: Outcome::Denied,
            ..deed(app, Actor::system(channel.name()), "session.begin", request)
        };
        note(app, entry).await?;
        return Err(LOST);
    };
    let person = identify(app, gateways, channel, back.code).await?;
    let mut tx = app.db.begin().await?;
    let id = match &person {
        Person::WeChat(person) => find_or_insert(app, &mut tx, &person.openid).await?,
        Person::Citizen(citizen) => find_or_verify(app, &mut tx, citizen, row.joins).await?,
    };
    let cookie = open_session(app, &mut tx, request, before, id, channel.text()).await?;
    tx.commit().await?;
    Ok((cookie, row.next))
}

/// Ends the session this browser had, opens one for a resident, and records it.
pub(super) async fn open_session(
    app: &App,
    tx: &mut Tx,
    request: &RequestId,
    before: Option<&Session>,
    id: Uuid,
    way: &str,
) -> Result<Cookie<'static>, PeopleError> {
    let principal = Principal::Resident { id };
    if let Some(before) = before {
        session::end(tx, app, before).await?;
    }
    let cookie = session::begin(tx, app, &principal).await?;
    let entry = audit::Entry {
        patient: Some(id),
        reason: Some(way),
        ..deed(app, Actor::from(&principal), "session.begin", request)
    };
    audit::append(tx, entry).await?;
    Ok(cookie)
}

async fn identify(
    app: &App,
    gateways: &Gateways,
    channel: Channel,
    code: &str,
) -> Result<Person, PeopleError> {
    match (channel, &gateways.wechat, &gateways.suishenban) {
        (Channel::WeChat, Some(port), _) => Ok(Person::WeChat(port.identify(code).await?)),
        (Channel::Suishenban, _, Some(port)) => {
            let redirect = redirect_address(app, channel);
            Ok(Person::Citizen(port.identify(code, &redirect).await?))
        }
        _ => Err(LOST),
    }
}

async fn find_or_insert(app: &App, tx: &mut Tx, openid: &str) -> Result<Uuid, PeopleError> {
    if let Some(id) = resident::find_by_account(app, tx, Channel::WeChat, openid).await? {
        return Ok(id);
    }
    let id = resident::insert(app, tx).await?;
    resident::insert_account(app, tx, id, Channel::WeChat, openid).await?;
    Ok(id)
}

/// The municipal system vouches for name and number, so that the resident counts as verified. An account that joins
/// becomes that resident, or one with the resident who is known by the number.
async fn find_or_verify(
    app: &App,
    tx: &mut Tx,
    citizen: &Citizen,
    joins: Option<Uuid>,
) -> Result<Uuid, PeopleError> {
    const UNUSABLE: PeopleError = PeopleError::Refused(
        "随申办给出的证件号无法核对，暂不能用它登录。请改用微信或手机号登录后拍照实名。",
    );
    let Ok(id_number) = IdNumber::parse(&citizen.id_number) else { return Err(UNUSABLE) };
    let by_account = resident::find_by_account(app, tx, Channel::Suishenban, &citizen.user).await?;
    let known = resident::find_by_id_number(app, tx, &id_number).await?;
    let id = match (by_account, &known) {
        (Some(account), Some(known)) if account == known.id => account,
        // The account changed hands, or the number did: a person has to look at it.
        (Some(_), _) => return Err(PeopleError::Refused("随申办账号与已登记的证件号不一致，请到窗口核对。")),
        (None, Some(known)) if known.is_vouched() && known.name != citizen.name => {
            return Err(PeopleError::Refused("随申办给出的姓名与已登记的不一致，请到窗口核对。"));
        }
        (None, Some(known)) => {
            resident::insert_account(app, tx, known.id, Channel::Suishenban, &citizen.user).await?;
            known.id
        }
        (None, None) => {
            let id = match joins {
                Some(id) => id,
                None => resident::insert(app, tx).await?,
            };
            resident::insert_account(app, tx, id, Channel::Suishenban, &citizen.user).await?;
            id
        }
    };
    if let Some(own) = joins.filter(|own| *own != id) {
        resident::move_accounts(tx, own, id).await?;
        session::delete_of(tx, own).await?;
    }
    if !known.as_ref().is_some_and(resident::Identity::is_vouched) {
        let real = RealName { name: citizen.name.clone(), id_number };
        resident::verify(app, tx, id, &real, Channel::Suishenban.name()).await?;
    }
    let has_phone = known.is_some_and(|known| known.phone.is_some());
    if let (false, Ok(phone)) = (has_phone, Phone::parse(&citizen.phone))
        && resident::find_by_phone(app, tx, &phone).await?.is_none()
    {
        resident::set_phone(app, tx, id, &phone).await?;
    }
    Ok(id)
}

fn redirect_address(app: &App, channel: Channel) -> String {
    format!("{}/sign-in/{}/back", app.config.site(), channel.name())
}

pub(super) fn word(app: &App) -> String {
    let mut bytes = [0_u8; 32];
    app.ids.fill(&mut bytes);
    hex::encode(bytes)
}
