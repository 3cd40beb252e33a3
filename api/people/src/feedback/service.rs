use chrono::TimeDelta;
use platform::{
    App, Tx, audit,
    audit::Actor,
    http::RequestId,
    rights::{Right, Site},
    session::Principal,
};
use uuid::Uuid;

use super::{
    Category, State,
    form::{Typed, fault_of},
    model::{Entry, Event, Feedback},
    store,
};
use crate::{
    PeopleError,
    deed::deed,
    message::{self, Notice},
    realname::photo::Kind,
};

/// Two changed it at the same time, or it is over.
pub(super) const CHANGED: PeopleError =
    PeopleError::Refused("这条反馈刚刚有了变化。您写的内容还在，请看过最新进展后再提交。");

/// A feedback with its thread.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) feedback: Feedback,
    pub(super) entries: Vec<Entry>,
}

/// Hands a feedback in; the same form sent again gives the same feedback.
pub(super) async fn submit(
    app: &App,
    request: &RequestId,
    resident: Uuid,
    typed: &Typed,
) -> Result<Uuid, PeopleError> {
    let category = Category::named(&typed.category).ok_or(PeopleError::Field("category", "请选一个类别"))?;
    let institution = (!typed.institution.is_empty()).then(|| typed.institution.clone());
    if let Some(code) = &institution {
        let known = crate::organisation::service::list(app).await?.iter().any(|o| o.code == *code);
        known.then_some(()).ok_or(PeopleError::Field("institution", "没有这家机构，请重新选择"))?;
    }
    let id = app.new_id();
    let mut chance = [0; 3];
    app.ids.fill(&mut chance);
    let day = app.clock.today().format("%y%m%d");
    let feedback = Feedback {
        id,
        number: format!("FK{day}{}", hex::encode_upper(chance)),
        resident,
        category,
        institution,
        may_contact: typed.may_contact,
        state: State::Open,
        handler: None,
        version: 1,
        stars: None,
        created_at: app.now(),
        waiting_since: Some(app.now()),
        answered_at: None,
        closed_at: None,
    };
    let mut tx = app.db.begin().await?;
    if !store::insert(&mut tx, &feedback, &typed.request_key).await? {
        drop(tx);
        let before = store::find_by_key(&app.db, resident, &typed.request_key).await?;
        return before.ok_or(PeopleError::NotFound);
    }
    store::insert_entry(app, &mut tx, id, ("text", None), &typed.text, &typed.photos).await?;
    tell(app, &mut tx, &feedback, "feedback.received", "").await?;
    record(app, &mut tx, request, &Principal::Resident { id: resident }, &feedback, "feedback.submit")
        .await?;
    tx.commit().await?;
    Ok(id)
}

/// A resident's own feedback; another's is not found.
pub(super) async fn read_own(app: &App, resident: Uuid, id: Uuid) -> Result<Thread, PeopleError> {
    let feedback = store::find(&app.db, id).await?.filter(|feedback| feedback.resident == resident);
    let feedback = feedback.ok_or(PeopleError::NotFound)?;
    let mut entries = store::list_entries(app, id).await?;
    entries.retain(|entry| entry.kind != "note");
    Ok(Thread { feedback, entries })
}

/// What is out of somebody's reach is as good as none.
async fn within(app: &App, right: &Right, id: Uuid) -> Result<Feedback, PeopleError> {
    let found = store::find(&app.db, id).await?.ok_or(PeopleError::NotFound)?;
    let site = Site { institution: found.institution.as_deref(), assigned: found.handler, ..Site::default() };
    if right.covers(&site) { Ok(found) } else { Err(PeopleError::NotFound) }
}

/// For the staff, who leave an audit row.
pub(super) async fn read(
    app: &App,
    request: &RequestId,
    right: &Right,
    id: Uuid,
) -> Result<Thread, PeopleError> {
    let feedback = within(app, right, id).await?;
    let entries = store::list_entries(app, id).await?;
    let mut tx = app.db.begin().await?;
    record(app, &mut tx, request, &right.principal, &feedback, "feedback.read").await?;
    tx.commit().await?;
    Ok(Thread { feedback, entries })
}

/// Removes the photographs of feedback that was closed long enough ago; gives of how many. The words stay.
pub(crate) async fn wipe_photos(app: &App) -> Result<usize, PeopleError> {
    let closed = app.now() - TimeDelta::days(app.config.photo_days.into());
    let request = RequestId("job/feedback.wipe".into());
    let mut tx = app.db.begin().await?;
    let due = store::list_with_due_photos(&mut tx, closed).await?;
    for (id, resident) in &due {
        store::wipe_photos(&mut tx, *id).await?;
        let entry = audit::Entry {
            patient: Some(*resident),
            object: Some(format!("feedback/{id}")),
            reason: Some("保存期满"),
            ..deed(app, Actor::system("feedback"), "feedback.wipe_photos", &request)
        };
        audit::append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// A photograph of a feedback that the caller may read.
pub(super) async fn find_photo(app: &App, feedback: Uuid, id: Uuid) -> Result<(Kind, Vec<u8>), PeopleError> {
    store::find_photo(app, feedback, id).await?.ok_or(PeopleError::NotFound)
}

/// The resident adds to, rates or opens again their own feedback.
pub(super) async fn change_own(
    app: &App,
    request: &RequestId,
    resident: Uuid,
    id: Uuid,
    event: Event,
    typed: &Typed,
    stars: Option<i64>,
) -> Result<(), PeopleError> {
    let feedback = store::find(&app.db, id).await?.filter(|feedback| feedback.resident == resident);
    let mut feedback = feedback.ok_or(PeopleError::NotFound)?;
    let now = app.now();
    if event == Event::Reopened && !feedback.may_reopen(now) {
        return Err(PeopleError::Refused("办结超过 7 天，不能重新打开。请另写一条反馈。"));
    }
    if event == Event::Rated {
        let given = stars.filter(|stars| (1..=5).contains(stars));
        feedback.stars = Some(given.ok_or(PeopleError::Field("stars", "请选 1 到 5 颗星"))?);
    } else {
        feedback.waiting_since = feedback.waiting_since.or(Some(now));
    }
    move_on(&mut feedback, event, typed.version)?;
    if event == Event::Reopened {
        feedback.closed_at = None;
    }
    let mut tx = app.db.begin().await?;
    let by = Principal::Resident { id: resident };
    save(app, &mut tx, request, &by, &feedback, event, typed).await?;
    tx.commit().await?;
    Ok(())
}

/// Customer service claims, replies or closes.
pub(super) async fn handle(
    app: &App,
    request: &RequestId,
    right: &Right,
    id: Uuid,
    event: Event,
    typed: &Typed,
) -> Result<(), PeopleError> {
    let by = &right.principal;
    if event != Event::Claimed && fault_of(&typed.text).is_some() {
        return Err(PeopleError::Field("text", "请写下内容，不超过 1000 字"));
    }
    let mut feedback = within(app, right, id).await?;
    move_on(&mut feedback, event, typed.version)?;
    let now = app.now();
    feedback.handler = match event {
        Event::Claimed => Some(by.id()),
        _ => feedback.handler.or(Some(by.id())),
    };
    if matches!(event, Event::Replied | Event::Closed) {
        feedback.waiting_since = None;
        feedback.answered_at = feedback.answered_at.or(Some(now));
    }
    if event == Event::Closed {
        feedback.closed_at = Some(now);
    }
    let mut tx = app.db.begin().await?;
    let template = match event {
        Event::Claimed => "feedback.claimed",
        Event::Replied => "feedback.replied",
        _ => "feedback.closed",
    };
    tell(app, &mut tx, &feedback, template, &typed.text).await?;
    save(app, &mut tx, request, by, &feedback, event, typed).await?;
    tx.commit().await?;
    Ok(())
}

/// A note that only the staff reads; also on a closed feedback.
pub(super) async fn note(
    app: &App,
    request: &RequestId,
    right: &Right,
    id: Uuid,
    text: &str,
) -> Result<(), PeopleError> {
    let by = &right.principal;
    if fault_of(text).is_some() {
        return Err(PeopleError::Field("text", "请写下内容，不超过 1000 字"));
    }
    let feedback = within(app, right, id).await?;
    let mut tx = app.db.begin().await?;
    store::insert_entry(app, &mut tx, id, ("note", Some(by.id())), text, &[]).await?;
    record(app, &mut tx, request, by, &feedback, "feedback.note").await?;
    tx.commit().await?;
    Ok(())
}

fn move_on(feedback: &mut Feedback, event: Event, version: i64) -> Result<(), PeopleError> {
    if feedback.version != version {
        return Err(CHANGED);
    }
    let over = PeopleError::Refused("这条反馈现在不能这样操作，请刷新页面查看最新状态。");
    feedback.state = feedback.state.after(event).ok_or(over)?;
    Ok(())
}

async fn save(
    app: &App,
    tx: &mut Tx,
    request: &RequestId,
    by: &Principal,
    feedback: &Feedback,
    event: Event,
    typed: &Typed,
) -> Result<(), PeopleError> {
    if !store::update(tx, feedback).await? {
        return Err(CHANGED);
    }
    let staff = matches!(by, Principal::Staff { .. }).then(|| by.id());
    store::insert_entry(app, tx, feedback.id, (event.name(), staff), &typed.text, &typed.photos).await?;
    let action = match event {
        Event::Claimed => "feedback.claim",
        Event::FollowedUp => "feedback.follow_up",
        Event::Replied => "feedback.reply",
        Event::Closed => "feedback.close",
        Event::Rated => "feedback.rate",
        Event::Reopened => "feedback.reopen",
    };
    record(app, tx, request, by, feedback, action).await
}

async fn tell(
    app: &App,
    tx: &mut Tx,
    feedback: &Feedback,
    template: &'static str,
    text: &str,
) -> Result<(), PeopleError> {
    const SHOWN: usize = 60;
    let short: String = text.chars().take(SHOWN).collect();
    let short = if text.chars().count() > SHOWN { format!("{short}…") } else { short };
    let notice = Notice {
        resident: feedback.resident,
        template,
        values: &[("编号", &feedback.number), ("摘要", &short)],
        link: &format!("/feedback/{}", feedback.id),
        dedup: &format!("feedback/{}/{}/{template}", feedback.id, feedback.version),
    };
    message::notify(app, tx, notice).await.map(drop)
}

async fn record(
    app: &App,
    tx: &mut Tx,
    request: &RequestId,
    by: &Principal,
    feedback: &Feedback,
    action: &'static str,
) -> Result<(), PeopleError> {
    let mut entry = deed(app, Actor::from(by), action, request);
    entry.patient = Some(feedback.resident);
    entry.object = Some(format!("feedback/{}", feedback.id));
    Ok(audit::append(tx, entry).await?)
}
