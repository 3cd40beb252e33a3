//! Checking links, going through the checks, giving and redeeming tickets.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gateways::{Gateways, signature};
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    crypto::sm3,
    http::RequestId,
    session::Principal,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Field, Partner, Service, model::Visit, store};
use crate::{
    PeopleError, Sex,
    deed::{deed, note},
    family,
    resident::{self, Channel},
};

/// A visit that was begun by a link must be through by then.
const VISIT: TimeDelta = TimeDelta::minutes(30);
const TICKET: TimeDelta = TimeDelta::minutes(5);

/// What a link carries.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    pub partner: String,
    pub timestamp: String,
    pub nonce: String,
    pub reference: String,
    pub signature: String,
}

/// What a signed call carries in its headers.
#[derive(Debug, Clone)]
pub struct Signed<'a> {
    pub account: &'a str,
    pub timestamp: &'a str,
    pub nonce: &'a str,
    pub signature: &'a str,
}

/// How far a visitor has come, in the tender's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    SignIn,
    Follow,
    /// Whether they follow could not be asked.
    Unknown,
    RealName,
    Patient,
    Ready,
}

/// What a ticket is redeemed for: only the fields that were agreed on, the others are absent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redeemed {
    #[schema(example = "booking")]
    service: &'static str,
    /// The partner's own number, as it stood in the link.
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<Sex>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<NaiveDate>,
}

const REFUSED: PeopleError = PeopleError::Refused(
    "这个链接不能用：可能已过期、用过一次，或不是合作方发出的。请回到原来的页面重新进入。",
);
const OVER: PeopleError =
    PeopleError::Refused("这次进入已超过 30 分钟或已经完成，请回到原来的页面重新进入。");

/// Registers a partner; gives the secret, which is shown this once.
pub async fn register(
    app: &App,
    request: &RequestId,
    by: Actor,
    partner: Partner,
) -> Result<String, PeopleError> {
    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(3..=40).contains(&partner.key.len()) || !partner.key.chars().all(is_key) {
        return Err(PeopleError::Field("key", "代号为 3 到 40 个小写字母、数字或连字符"));
    }
    if !(2..=60).contains(&partner.name.chars().count()) {
        return Err(PeopleError::Field("name", "名称应为 2 到 60 个字"));
    }
    if !is_return_address(&partner.return_address, app.config.demo) {
        return Err(PeopleError::Field("return_address", "返回地址应以 https:// 开头，不带 # 和空格"));
    }
    if partner.services.is_empty() {
        return Err(PeopleError::Field("services", "请至少选一项服务"));
    }
    let secret = word(app);
    let sealed = app.keyring.seal(&*app.ids, store::place_of_secret(partner.id), &secret);
    let mut tx = app.db.begin().await?;
    if !store::insert_partner(&app.keyring, &mut tx, &partner, &sealed, app.now()).await? {
        return Err(PeopleError::Field("key", "这个代号已被使用"));
    }
    let object = Some(format!("partner/{}", partner.key));
    audit::append(&mut tx, audit::Entry { object, ..deed(app, by, "entry.register", request) }).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Lets a partner's links and calls in, or no longer.
pub async fn set_active(
    app: &App,
    request: &RequestId,
    by: Actor,
    key: &str,
    is_active: bool,
) -> Result<(), PeopleError> {
    let mut tx = app.db.begin().await?;
    if !store::set_active(&app.keyring, &mut tx, key, is_active).await? {
        return Err(PeopleError::NotFound);
    }
    let entry = audit::Entry {
        object: Some(format!("partner/{key}")),
        reason: Some(if is_active { "启用" } else { "停用" }),
        ..deed(app, by, "entry.set_active", request)
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn list_partners(app: &App) -> Result<Vec<Partner>, PeopleError> {
    Ok(store::list_partners(&app.db).await?)
}

/// Checks a link and begins a visit; gives the word under which it goes on.
pub async fn enter(
    app: &App,
    request: &RequestId,
    service: Service,
    link: &Link,
) -> Result<String, PeopleError> {
    let text = canonical(service, link);
    match accept(app, service, link, &text).await {
        Ok(token) => Ok(token),
        Err(Fault::Link(why)) => {
            refuse(app, request, "entry.enter", &link.partner, why).await?;
            Err(REFUSED)
        }
        Err(Fault::Other(error)) => Err(error),
    }
}

/// The visit and its partner.
pub async fn find_visit(app: &App, token: &str) -> Result<(Visit, Partner), PeopleError> {
    let visit = store::find_visit(&app.db, &sm3(token)).await?.ok_or(OVER)?;
    let (partner, _) = store::find_partner(&app.db, &visit.partner).await?.ok_or(OVER)?;
    if app.now() - visit.created_at > VISIT || visit.ticket_at.is_some() || !partner.is_active {
        return Err(OVER);
    }
    Ok((visit, partner))
}

/// What still stands between a visitor and the partner.
pub async fn step(
    app: &App,
    gateways: &Gateways,
    visit: &Visit,
    me: Option<Uuid>,
) -> Result<Step, PeopleError> {
    let Some(me) = me else { return Ok(Step::SignIn) };
    match follows(app, gateways, me).await? {
        Some(true) => {}
        Some(false) => return Ok(Step::Follow),
        None => return Ok(Step::Unknown),
    }
    if !resident::find(app, me).await?.is_vouched() {
        return Ok(Step::RealName);
    }
    match (visit.resident, visit.patient) {
        (Some(resident), Some(patient))
            if resident == me && family::may_act_for(app, me, patient).await? =>
        {
            Ok(Step::Ready)
        }
        (Some(resident), _) if resident != me => Err(OVER),
        _ => Ok(Step::Patient),
    }
}

/// For whom the visit is, after every check before it was passed.
pub async fn choose(
    app: &App,
    gateways: &Gateways,
    token: &str,
    me: Uuid,
    patient: Uuid,
) -> Result<(), PeopleError> {
    let (visit, _) = find_visit(app, token).await?;
    if !matches!(step(app, gateways, &visit, Some(me)).await?, Step::Patient | Step::Ready) {
        return Err(PeopleError::Refused("还有前面的步骤没有完成，请按页面顺序办理。"));
    }
    if !family::may_act_for(app, me, patient).await? {
        return Err(PeopleError::NotFound);
    }
    let mut tx = app.db.begin().await?;
    let chosen = store::choose(&mut tx, visit.id, me, patient).await?;
    tx.commit().await?;
    if chosen { Ok(()) } else { Err(OVER) }
}

/// Gives the ticket; the address leads to the partner's own place, never to one from the link.
pub async fn leave(
    app: &App,
    gateways: &Gateways,
    request: &RequestId,
    token: &str,
    me: Uuid,
) -> Result<String, PeopleError> {
    let (visit, partner) = find_visit(app, token).await?;
    let (Step::Ready, Some(patient)) = (step(app, gateways, &visit, Some(me)).await?, visit.patient) else {
        return Err(PeopleError::Refused("还有前面的步骤没有完成，请按页面顺序办理。"));
    };
    let ticket = word(app);
    let mut tx = app.db.begin().await?;
    if !store::give_ticket(&mut tx, visit.id, me, &sm3(&ticket), app.now()).await? {
        return Err(OVER);
    }
    let entry = audit::Entry {
        patient: Some(patient),
        object: Some(format!("entry/{}", visit.id)),
        reason: Some(&partner.name),
        ..deed(app, Actor::from(&Principal::Resident { id: me }), "entry.ticket", request)
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    let query = serde_html_form::to_string([("ticket", ticket.as_str()), ("reference", &visit.reference)]);
    let mark = if partner.return_address.contains('?') { '&' } else { '?' };
    Ok(format!("{}{mark}{}", partner.return_address, query.unwrap_or_default()))
}

/// Redeems a ticket for what was agreed on.
pub async fn redeem(
    app: &App,
    request: &RequestId,
    signed: &Signed<'_>,
    target: &str,
    body: &[u8],
    ticket: &str,
) -> Result<Redeemed, PeopleError> {
    let work = async {
        let (partner, secret) = active_partner(app, signed.account).await?;
        let timestamp = fresh(signed.timestamp, app.now())?;
        let expected = signature::of_request(&secret, "POST", target, timestamp, signed.nonce, body);
        if !signature::same(&expected, signed.signature) {
            return Err(Fault::Link("签名不符"));
        }
        let mut tx = app.db.begin().await?;
        spend(&mut tx, app, &partner.key, signed.nonce).await?;
        let since = app.now() - TICKET;
        let visit = store::redeem(&mut tx, &partner.key, &sm3(ticket), app.now(), since).await?;
        let Some((visit, patient)) = visit.and_then(|visit| visit.patient.map(|patient| (visit, patient)))
        else {
            // The word is used up all the same.
            tx.commit().await?;
            return Err(Fault::Link("票据无效、过期或已用"));
        };
        let entry = audit::Entry {
            patient: Some(patient),
            object: Some(format!("entry/{}", visit.id)),
            reason: Some(&partner.name),
            ..deed(app, partner_actor(&partner.key), "entry.redeem", request)
        };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok((partner, visit, patient))
    };
    match work.await {
        Ok((partner, visit, patient)) => redeemed(app, &partner, visit, patient).await,
        Err(Fault::Link(why)) => {
            refuse(app, request, "entry.redeem", signed.account, why).await?;
            Err(REFUSED)
        }
        Err(Fault::Other(error)) => Err(error),
    }
}

/// Removes words and visits nobody can use any more.
pub(crate) async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<u64> {
    store::delete_older(tx, now - signature::TOLERANCE * 3, now - TimeDelta::days(1)).await
}

/// What a link signs.
pub fn canonical(service: Service, link: &Link) -> String {
    signature::canonical(&[
        ("partner", &link.partner),
        ("timestamp", &link.timestamp),
        ("nonce", &link.nonce),
        ("reference", &link.reference),
        ("service", service.name()),
    ])
}

enum Fault {
    /// Refused for a reason that only the audit trail is told.
    Link(&'static str),
    Other(PeopleError),
}

impl From<PeopleError> for Fault {
    fn from(error: PeopleError) -> Self {
        Self::Other(error)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Other(error.into())
    }
}

async fn accept(app: &App, service: Service, link: &Link, text: &str) -> Result<String, Fault> {
    let (partner, secret) = active_partner(app, &link.partner).await?;
    fresh(&link.timestamp, app.now())?;
    if !signature::same(&signature::hmac_sm3(&secret, text), &link.signature) {
        return Err(Fault::Link("签名不符"));
    }
    if !partner.services.contains(&service) {
        return Err(Fault::Link("没有约定这项服务"));
    }
    if link.reference.len() > 64 || !link.reference.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Fault::Link("业务号格式不对"));
    }
    let token = word(app);
    let visit = Visit {
        id: app.new_id(),
        partner: partner.key,
        service,
        reference: link.reference.clone(),
        created_at: app.now(),
        resident: None,
        patient: None,
        ticket_at: None,
    };
    let mut tx = app.db.begin().await?;
    spend(&mut tx, app, &visit.partner, &link.nonce).await?;
    store::insert_visit(&mut tx, &visit, &sm3(&token)).await?;
    tx.commit().await?;
    Ok(token)
}

async fn active_partner(app: &App, key: &str) -> Result<(Partner, String), Fault> {
    let found = store::find_partner(&app.db, key).await?;
    let (partner, secret) =
        found.filter(|(partner, _)| partner.is_active).ok_or(Fault::Link("没有这个合作方或已停用"))?;
    let secret = app.keyring.open(store::place_of_secret(partner.id), &secret).map_err(PeopleError::from)?;
    Ok((partner, secret))
}

fn fresh(timestamp: &str, now: DateTime<Utc>) -> Result<i64, Fault> {
    let seconds = timestamp.parse().ok().filter(|seconds| signature::is_fresh(*seconds, now));
    seconds.ok_or(Fault::Link("时间超出 5 分钟"))
}

async fn spend(tx: &mut Tx, app: &App, partner: &str, nonce: &str) -> Result<(), Fault> {
    if !(8..=64).contains(&nonce.len()) {
        return Err(Fault::Link("随机串长度不对"));
    }
    if store::use_nonce(tx, partner, nonce, app.now()).await? {
        Ok(())
    } else {
        Err(Fault::Link("随机串已用过"))
    }
}

/// None when it cannot be asked now. Who has no WeChat account with us follows nothing.
async fn follows(app: &App, gateways: &Gateways, me: Uuid) -> Result<Option<bool>, PeopleError> {
    let Some(port) = &gateways.wechat else { return Ok(None) };
    let Some(openid) = resident::find_subject(app, me, Channel::WeChat).await? else {
        return Ok(Some(false));
    };
    match port.is_follower(&openid).await {
        Ok(follows) => Ok(Some(follows)),
        Err(error) => {
            tracing::warn!(%error, "cannot ask who follows the account");
            Ok(None)
        }
    }
}

async fn redeemed(
    app: &App,
    partner: &Partner,
    visit: Visit,
    patient: Uuid,
) -> Result<Redeemed, PeopleError> {
    let who = resident::find(app, patient).await?;
    let agreed = |field| partner.fields.contains(&field);
    Ok(Redeemed {
        service: visit.service.name(),
        reference: visit.reference,
        name: agreed(Field::Name).then(|| who.name.clone()),
        id_number: who.id_number.filter(|_| agreed(Field::IdNumber)).map(|number| number.as_str().into()),
        phone: who.phone.filter(|_| agreed(Field::Phone)).map(|phone| phone.as_str().into()),
        sex: agreed(Field::Sex).then_some(who.sex),
        birth_date: who.birth_date.filter(|_| agreed(Field::BirthDate)),
    })
}

async fn refuse(
    app: &App,
    request: &RequestId,
    action: &'static str,
    partner: &str,
    why: &str,
) -> Result<(), PeopleError> {
    let outcome = Outcome::Denied;
    let entry =
        audit::Entry { reason: Some(why), outcome, ..deed(app, partner_actor(partner), action, request) };
    Ok(note(app, entry).await?)
}

/// A name from outside is cut before it is written down.
fn partner_actor(key: &str) -> Actor {
    Actor { id: key.chars().take(40).collect(), role: "partner".into() }
}

/// Loopback over plain HTTP is for demos only.
fn is_return_address(address: &str, is_demo: bool) -> bool {
    let is_secure =
        address.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let is_local = is_demo && address.starts_with("http://127.0.0.1");
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '\\' | '@');
    (is_secure || is_local) && address.len() <= 300 && address.chars().all(is_plain)
}

fn word(app: &App) -> String {
    let mut bytes = [0_u8; 32];
    app.ids.fill(&mut bytes);
    hex::encode(bytes)
}
