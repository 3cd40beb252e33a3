//! The code on a patient's phone that leads the desk to exactly this consultation.
//!
//! It is signed and short-lived, and kept nowhere: the long form (in the QR code) holds the consultation, the minute it ends
//! and a keyed hash; the short one, to be typed, is derived from the consultation and the current ten minutes, and is
//! looked for among those within the doctor's reach.

mod pages;

use chrono::{DateTime, TimeDelta, Utc};
use platform::{App, audit, db::retry};
use uuid::Uuid;

use crate::{
    PreconsultError, Service,
    model::{Doctor, State},
    service::{denied, entry},
    store::{self, COLUMNS},
};

pub(crate) use super::store::verification::find;
use super::store::verification::insert;
pub(super) use pages::routes;

/// How long a code can be shown, in minutes; a typed one ends somewhat later.
const MINUTES: i64 = 10;
/// Consultations a typed code is looked for in: those of so many days, and so many.
const DAYS: i64 = 30;
const MOST: u32 = 2000;
const LEAD: &str = "JY";

/// A code to be shown.
pub(crate) struct Code {
    /// As SVG.
    pub(crate) picture: String,
    /// `1234 5678`.
    pub(crate) typed: String,
    pub(crate) until: DateTime<Utc>,
}

/// Why a code leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Unreadable,
    Forged,
    Expired,
    /// Of another department or institution, or no longer there.
    Elsewhere,
    /// No consultation within reach has this typed code now.
    NotFound,
}

/// Who verified a consultation, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) by: Uuid,
    pub(crate) at: DateTime<Utc>,
}

impl Fault {
    /// For the desk.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Unreadable => {
                "这不是预问诊核验码。请让患者打开“预问诊记录”，扫描页面上的二维码，或输入 8 位数字。"
            }
            Self::Forged => "这个码不是本平台发出的，不能核验。请当面核对患者身份，并报告信息科。",
            Self::Expired => "这个码已过期。请让患者刷新页面，再扫一次。",
            Self::Elsewhere => "这份预问诊不属于您的科室或机构。请指引患者到所挂的科室，或核对挂号。",
            Self::NotFound => {
                "没有找到这个数字对应的预问诊：可能已过期、输错，或不属于您的科室。请让患者刷新页面后重试。"
            }
        }
    }
}

/// The code of a consultation for the next ten minutes.
pub(crate) fn code(app: &App, consultation: Uuid) -> Code {
    let until = app.now() + TimeDelta::minutes(MINUTES);
    let long = long_form(app, consultation, until.timestamp() / 60);
    let digits = typed_form(app, consultation, app.now());
    Code {
        picture: ui::qr::svg(&long, "预问诊核验码").unwrap_or_default(),
        typed: format!("{} {}", &digits[..4], &digits[4..]),
        until,
    }
}

/// Finds the consultation of a code, scanned or typed, and marks it as verified; the first time counts.
pub(crate) async fn verify(
    service: &Service,
    who: &Doctor<'_>,
    said: &str,
) -> Result<Result<Uuid, Fault>, PreconsultError> {
    let said: String = said.split_whitespace().collect::<String>().to_ascii_uppercase();
    let id = match read(&service.app, &said) {
        Ok(Some(id)) => Some(id),
        Ok(None) => find_typed(service, who, &said).await?,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(id) = id else { return Ok(Err(Fault::NotFound)) };
    let app = &service.app;
    let Some(consultation) = store::find_consultation(app, id).await? else {
        return Ok(Err(Fault::Elsewhere));
    };
    if !who.right.covers(&consultation.site()) || !consultation.state.is_for_doctor() {
        denied(service, who, &consultation).await?;
        return Ok(Err(Fault::Elsewhere));
    }
    retry(|| async {
        let mut tx = app.db.begin().await?;
        insert(app, &mut tx, id, who.right.id()).await?;
        let deed = entry(app, who.actor(), "consultation.verify", consultation.resident, id, who.request);
        audit::append(&mut tx, deed).await?;
        Ok::<_, PreconsultError>(tx.commit().await?)
    })
    .await?;
    Ok(Ok(id))
}

/// The consultation of the long form; None when it may be a typed one.
fn read(app: &App, said: &str) -> Result<Option<Uuid>, Fault> {
    if said.len() == 8 && said.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let hex =
        said.strip_prefix(LEAD).filter(|hex| hex.len() == 56 && hex.is_ascii()).ok_or(Fault::Unreadable)?;
    let id = Uuid::parse_str(&hex[..32]).map_err(|_| Fault::Unreadable)?;
    let minute = i64::from(u32::from_str_radix(&hex[32..40], 16).map_err(|_| Fault::Unreadable)?);
    if !gateways::signature::same(&long_form(app, id, minute), said) {
        return Err(Fault::Forged);
    }
    if app.now().timestamp() / 60 > minute {
        return Err(Fault::Expired);
    }
    Ok(Some(id))
}

async fn find_typed(
    service: &Service,
    who: &Doctor<'_>,
    said: &str,
) -> Result<Option<Uuid>, PreconsultError> {
    let (app, now) = (&service.app, service.app.now());
    let span = (now - TimeDelta::days(DAYS), now + TimeDelta::minutes(1));
    let reach = who.right.predicate(&COLUMNS);
    let submitted = State::Submitted { at: now }.name();
    let within = store::list_within(app, reach, span, Some(submitted), MOST).await?;
    let moments = [now, now - TimeDelta::minutes(MINUTES)];
    let has_code = |id: Uuid| moments.into_iter().any(|at| typed_form(app, id, at) == said);
    let mut found = within.iter().map(|consultation| consultation.id).filter(|id| has_code(*id));
    // Two with the same eight digits: neither is taken for the other.
    Ok(found.next().filter(|_| found.next().is_none()))
}

fn long_form(app: &App, consultation: Uuid, minute: i64) -> String {
    let minute = u32::try_from(minute).unwrap_or(0);
    let hash = app.keyring.blind_index("consultation.code", &format!("{consultation}|{minute}"));
    let hash = hex::encode_upper(&hash[..8]);
    format!("{LEAD}{}{minute:08X}{hash}", consultation.simple()).to_ascii_uppercase()
}

fn typed_form(app: &App, consultation: Uuid, at: DateTime<Utc>) -> String {
    let window = at.timestamp() / (60 * MINUTES);
    let hash = app.keyring.blind_index("consultation.digits", &format!("{consultation}|{window}"));
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:08}", number % 100_000_000)
}

#[cfg(test)]
mod tests;
