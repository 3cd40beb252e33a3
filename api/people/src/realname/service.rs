//! What residents and reviewers do with an application; one function per use case.

use chrono::TimeDelta;
use platform::{
    App,
    audit::{self, Actor},
    http::RequestId,
    session::{self, Principal},
};
use uuid::Uuid;

use super::{
    Case, Reason, Side, State,
    fields::CardForm,
    photo::{self, Kind},
    store,
};
use crate::{
    PeopleError,
    deed::deed,
    resident::{self, RealName},
};

/// Version of the consent text residents agree to before the first photograph.
pub const CONSENT: &str = "实名认证告知书 2026-03";
/// How long a reviewer holds a case.
const HOLD: TimeDelta = TimeDelta::minutes(15);
const FORGOTTEN: TimeDelta = TimeDelta::days(7);

const NOT_YET: PeopleError = PeopleError::Refused("请先从“实名认证”开始，按步骤拍照。");
const CLOSED: PeopleError = PeopleError::Refused("这份申请已经提交，不能再改；请在“实名认证”查看进度。");
const NOT_HELD: PeopleError = PeopleError::Refused(
    "这份申请不在您手里：可能已由他人审结、领取，或您领取已超过 15 分钟。请回到列表重新领取。",
);

/// The newest application of a resident.
pub async fn find_latest(app: &App, resident: Uuid) -> Result<Option<Case>, PeopleError> {
    let row = store::find_latest(&app.db, resident).await?;
    row.map(|row| row.open(&app.keyring)).transpose()
}

/// Which sides of the card were photographed.
pub async fn list_sides(app: &App, case: Uuid) -> Result<Vec<Side>, PeopleError> {
    let names = store::list_sides(&app.db, case).await?;
    Ok(names.iter().filter_map(|name| Side::named(name)).collect())
}

/// Begins an application after the resident agreed; an open one goes on.
pub async fn begin(app: &App, request: &RequestId, resident: Uuid) -> Result<(), PeopleError> {
    if resident::find(app, resident).await?.verified.is_some() {
        return Err(PeopleError::Refused("您已实名，不需要再认证。"));
    }
    let mut tx = app.db.begin().await?;
    let id = app.new_id();
    if store::insert(&mut tx, id, resident, app.now()).await? {
        let entry = audit::Entry {
            patient: Some(resident),
            object: Some(object(id)),
            reason: Some(CONSENT),
            ..deed(app, Actor::from(&Principal::Resident { id: resident }), "realname.consent", request)
        };
        audit::append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Keeps a photograph of one side in the resident's draft.
pub async fn add_photo(app: &App, resident: Uuid, side: Side, file: &[u8]) -> Result<(), PeopleError> {
    let photo = photo::clean(file).map_err(|fault| PeopleError::Field("photo", fault.0))?;
    let case = draft(app, resident).await?;
    let mut tx = app.db.begin().await?;
    store::save_photo(app, &mut tx, case.id, side, &photo).await?;
    tx.commit().await?;
    Ok(())
}

/// A photograph of the resident's own application.
pub async fn find_own_photo(app: &App, resident: Uuid, side: Side) -> Result<(Kind, Vec<u8>), PeopleError> {
    let case = find_latest(app, resident).await?.ok_or(PeopleError::NotFound)?;
    store::find_photo(app, case.id, side).await?.ok_or(PeopleError::NotFound)
}

/// Hands the draft in with what the resident typed.
pub async fn submit(
    app: &App,
    request: &RequestId,
    resident: Uuid,
    form: &CardForm,
) -> Result<(), SubmitError> {
    let case = draft(app, resident).await?;
    let fields = form.check(app.clock.today()).map_err(SubmitError::Faults)?;
    if list_sides(app, case.id).await?.len() < 2 {
        return Err(PeopleError::Refused("证件两面都要拍：请先补拍缺少的一面。").into());
    }
    let mut tx = app.db.begin().await.map_err(PeopleError::from)?;
    if !store::submit(app, &mut tx, case.id, &fields).await? {
        return Err(CLOSED.into());
    }
    let entry = audit::Entry {
        patient: Some(resident),
        object: Some(object(case.id)),
        ..deed(app, Actor::from(&Principal::Resident { id: resident }), "realname.submit", request)
    };
    audit::append(&mut tx, entry).await.map_err(PeopleError::from)?;
    tx.commit().await.map_err(PeopleError::from)?;
    Ok(())
}

/// Why an application was not handed in.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("fields must be changed")]
    Faults(Vec<super::fields::FieldFault>),
    #[error(transparent)]
    Other(#[from] PeopleError),
}

/// A page of the queue with how many there are of each state.
pub async fn list(
    app: &App,
    state: State,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Case>, Vec<(State, i64)>), PeopleError> {
    let rows = store::list(&app.db, state, limit, offset).await?;
    let cases = rows.into_iter().map(|row| row.open(&app.keyring)).collect::<Result<_, _>>()?;
    let counts = store::count_by_state(&app.db).await?;
    let count = |state: State| {
        (state, counts.iter().find(|(name, _)| name == state.name()).map_or(0, |(_, count)| *count))
    };
    Ok((cases, [State::Submitted, State::Approved, State::Rejected].map(count).into()))
}

/// A case for a reviewer, who leaves an audit row.
pub async fn read(app: &App, request: &RequestId, by: &Principal, id: Uuid) -> Result<Case, PeopleError> {
    let case = find(app, id).await?;
    record(app, request, by, &case, "realname.read", None).await?;
    Ok(case)
}

/// A photograph for a reviewer, who leaves an audit row.
pub async fn read_photo(
    app: &App,
    request: &RequestId,
    by: &Principal,
    id: Uuid,
    side: Side,
) -> Result<(Kind, Vec<u8>), PeopleError> {
    let case = find(app, id).await?;
    let photo = store::find_photo(app, id, side).await?.ok_or(PeopleError::NotFound)?;
    record(app, request, by, &case, "realname.read_photo", Some(side.text())).await?;
    Ok(photo)
}

/// Holds a case, so that two reviewers do not work on the same.
pub async fn claim(app: &App, by: &Principal, id: Uuid) -> Result<(), PeopleError> {
    let mut tx = app.db.begin().await?;
    let held = store::claim(&mut tx, id, by.id(), app.now(), app.now() + HOLD).await?;
    tx.commit().await?;
    if held { Ok(()) } else { Err(NOT_HELD) }
}

/// Holds the case that waits longest; None when none waits.
pub async fn claim_next(app: &App, by: &Principal) -> Result<Option<Uuid>, PeopleError> {
    let mut tx = app.db.begin().await?;
    let next = store::claim_next(&mut tx, by.id(), app.now(), app.now() + HOLD).await?;
    tx.commit().await?;
    Ok(next)
}

/// What a reviewer decided.
#[derive(Debug, Clone)]
pub enum Decision {
    Approve,
    Reject(Reason, String),
}

/// Decides a case; of several verdicts one wins. Approval writes name and number into the resident; when the number
/// already belongs to a resident of that name, the accounts become one.
pub async fn decide(
    app: &App,
    request: &RequestId,
    by: &Principal,
    id: Uuid,
    version: i64,
    decision: &Decision,
) -> Result<(), PeopleError> {
    let case = find(app, id).await?;
    let fields = case.fields.as_ref().ok_or(PeopleError::NotFound)?;
    if case.resident == by.id() {
        return Err(PeopleError::Refused("不能审核自己的申请。"));
    }
    let reason = match decision {
        Decision::Approve => None,
        Decision::Reject(Reason::Other, text) if text.trim().is_empty() => {
            return Err(PeopleError::Field("text", "选“其他原因”时请写明，居民会看到这段话"));
        }
        Decision::Reject(_, text) if text.chars().count() > 200 => {
            return Err(PeopleError::Field("text", "说明请不超过 200 字"));
        }
        Decision::Reject(reason, text) => Some((*reason, text.trim())),
    };
    let mut tx = app.db.begin().await?;
    if !store::decide(&mut tx, id, version, by.id(), app.now(), reason).await? {
        return Err(NOT_HELD);
    }
    if reason.is_none() {
        let real = RealName { name: fields.name.clone(), id_number: fields.id_number.clone() };
        approve(app, &mut tx, case.resident, &real).await?;
    }
    let entry = audit::Entry {
        patient: Some(case.resident),
        object: Some(object(id)),
        reason: reason.map(|(reason, _)| reason.text()),
        ..deed(
            app,
            Actor::from(by),
            if reason.is_none() { "realname.approve" } else { "realname.reject" },
            request,
        )
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

async fn approve(app: &App, tx: &mut platform::Tx, own: Uuid, real: &RealName) -> Result<(), PeopleError> {
    match resident::find_by_id_number(app, tx, &real.id_number).await? {
        Some(known) if known.id != own && known.is_vouched() && known.name != real.name => {
            Err(PeopleError::Refused(
                "这个身份证号已登记在另一个姓名下，不能通过。请以“其他原因”退回并请居民到窗口核对。",
            ))
        }
        Some(known) if known.id != own => {
            resident::move_accounts(tx, own, known.id).await?;
            session::delete_of(tx, own).await?;
            resident::verify(app, tx, known.id, real, "review").await
        }
        _ => resident::verify(app, tx, own, real, "review").await,
    }
}

/// Removes the photographs whose retention is over, and those of forgotten drafts; gives of how many cases.
pub async fn wipe_photos(app: &App) -> Result<usize, PeopleError> {
    let now = app.now();
    let decided = now - TimeDelta::days(app.config.photo_days.into());
    let request = RequestId("job/realname.wipe".into());
    let mut tx = app.db.begin().await?;
    let due = store::list_due(&mut tx, decided, now - FORGOTTEN).await?;
    for (case, resident) in &due {
        store::wipe(&mut tx, *case, now).await?;
        let entry = audit::Entry {
            patient: Some(*resident),
            object: Some(object(*case)),
            reason: Some("保存期满"),
            ..deed(app, Actor::system("realname"), "realname.wipe_photos", &request)
        };
        audit::append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

async fn draft(app: &App, resident: Uuid) -> Result<Case, PeopleError> {
    match find_latest(app, resident).await? {
        Some(case) if case.state == State::Draft => Ok(case),
        Some(case) if case.state == State::Submitted => Err(CLOSED),
        _ => Err(NOT_YET),
    }
}

pub(super) async fn find(app: &App, id: Uuid) -> Result<Case, PeopleError> {
    let row = store::find(&app.db, id).await?.ok_or(PeopleError::NotFound)?;
    let case = row.open(&app.keyring)?;
    if case.state == State::Draft { Err(PeopleError::NotFound) } else { Ok(case) }
}

async fn record(
    app: &App,
    request: &RequestId,
    by: &Principal,
    case: &Case,
    action: &'static str,
    reason: Option<&str>,
) -> Result<(), PeopleError> {
    let entry = audit::Entry {
        patient: Some(case.resident),
        object: Some(object(case.id)),
        reason,
        ..deed(app, Actor::from(by), action, request)
    };
    Ok(crate::deed::note(app, entry).await?)
}

fn object(case: Uuid) -> String {
    format!("realname/{case}")
}
