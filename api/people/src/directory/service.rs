use gateways::support::{Support, User};
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    integrity,
    jobs::{self, New},
    session::{self, Role},
};
use uuid::Uuid;

use super::{
    SYNC,
    store::{self, Person, Reading},
};
use crate::{Department, PeopleError, Staff, account::service as accounts, guard};

/// What a reading brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    pub n_changed: i64,
    pub n_conflicts: i64,
}

/// Why somebody could not be taken over, as stored.
pub(super) const NO_ROLE: &str = "no_role";
pub(super) const NO_DEPARTMENT: &str = "no_department";
pub(super) const USER_NAME: &str = "user_name";
pub(super) const BAD_USER_NAME: &str = "bad_user_name";
pub(super) const ADMINISTRATOR: &str = "administrator";

/// Reads what changed in the directory since the last time and takes it over, person by person; where it stops, the next
/// reading begins again.
pub async fn sync(app: &App, support: &dyn Support) -> Result<Synced, PeopleError> {
    let before = store::find_reading(&app.db).await?;
    let watermark = before.map(|reading| reading.watermark).unwrap_or_default();
    let mut reading = Reading { watermark, begun_at: app.now(), ended_at: None, n_changed: 0, fault: None };
    store::save_reading(&app.db, &reading).await?;
    let read = read_all(app, support, &reading.watermark).await;
    reading.ended_at = Some(app.now());
    match &read {
        Ok((synced, watermark)) => {
            reading.n_changed = synced.n_changed;
            reading.watermark.clone_from(watermark);
        }
        Err(error) => {
            tracing::error!(%error, "the directory of the support platform could not be read");
            reading.fault = Some(match error {
                PeopleError::Gateway(fault) if fault.is_refusal() => {
                    "对方系统拒绝：请核对客户端账号和密钥".into()
                }
                PeopleError::Gateway(_) => "对方系统没有回应，稍后会再试".into(),
                _ => "读取中断，请查看运行日志".into(),
            });
        }
    }
    store::save_reading(&app.db, &reading).await?;
    read.map(|(synced, _)| synced)
}

async fn read_all(app: &App, support: &dyn Support, since: &str) -> Result<(Synced, String), PeopleError> {
    let (mut synced, mut cursor) = (Synced::default(), String::new());
    loop {
        let page = support.list_changed(since, &cursor).await?;
        for user in &page.users {
            synced.n_changed += 1;
            synced.n_conflicts += i64::from(take_over(app, user).await?);
        }
        match page.next_cursor {
            // A directory that turns in a circle is left.
            Some(next) if next != cursor => cursor = next,
            Some(_) => return Err(PeopleError::Refused("目录的分页没有前进，请联系对方系统。")),
            None if page.watermark.is_empty() => return Ok((synced, since.to_owned())),
            None => return Ok((synced, page.watermark)),
        }
    }
}

/// True when there is a conflict.
async fn take_over(app: &App, user: &User) -> Result<bool, PeopleError> {
    let mut tx = app.db.begin().await?;
    let person = store::save_person(&mut tx, user, app.now()).await?;
    let is_conflict = settle(app, &mut tx, person).await?;
    tx.commit().await?;
    Ok(is_conflict)
}

/// Tries again those who could not be taken over, as after a change of the roles.
pub(super) async fn settle_conflicts(app: &App) -> Result<(), PeopleError> {
    for person in store::list_conflicts(&app.db).await? {
        let mut tx = app.db.begin().await?;
        if let Some(person) = store::find_person(&mut tx, &person.subject).await? {
            settle(app, &mut tx, person).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Makes our staff as the directory says, or notes why not.
async fn settle(app: &App, tx: &mut Tx, mut person: Person) -> Result<bool, PeopleError> {
    let conflict = if person.active {
        settle_active(app, tx, &mut person).await?
    } else {
        close(app, tx, &mut person).await?;
        None
    };
    person.conflict = conflict.map(str::to_owned);
    store::set_outcome(tx, &app.keyring, &person).await?;
    Ok(conflict.is_some())
}

async fn settle_active(
    app: &App,
    tx: &mut Tx,
    person: &mut Person,
) -> Result<Option<&'static str>, PeopleError> {
    let before = match person.staff {
        Some(id) => store::find_place(tx, id).await?,
        None => None,
    };
    if before.as_ref().is_some_and(|(role, ..)| role.is_none_or(Role::is_administrator)) {
        return Ok(Some(ADMINISTRATOR));
    }
    let roles = store::list_roles(&app.db).await?;
    let ours = |outside: &str| roles.iter().find(|(name, _)| name == outside).map(|(_, role)| role.as_str());
    let role = person.roles.split('、').filter_map(ours).find_map(Role::named);
    let Some(role) = role.filter(|role| !role.is_administrator()) else { return Ok(Some(NO_ROLE)) };
    if !store::has_department(tx, &person.institution, &person.department).await? {
        return Ok(Some(NO_DEPARTMENT));
    }
    let staff = Staff {
        id: person.staff.unwrap_or_else(|| app.new_id()),
        name: person.name.clone(),
        role,
        title: person.title.clone(),
        department: Department {
            institution: person.institution.clone(),
            institution_name: String::new(),
            code: person.department.clone(),
            name: String::new(),
        },
    };
    let Some((role_before, institution, department)) = before else {
        match accounts::insert_outside(app, tx, &staff, &person.user_name).await? {
            Ok(()) => {
                person.staff = Some(staff.id);
                note(app, tx, "directory.add", staff.id, Some(role.name())).await?;
                return Ok(None);
            }
            Err(accounts::Unfit::Taken) => return Ok(Some(USER_NAME)),
            Err(accounts::Unfit::BadName) => return Ok(Some(BAD_USER_NAME)),
        }
    };
    store::update_staff(tx, &app.keyring, &staff).await?;
    if person.closed_here {
        accounts::open_outside(app, tx, staff.id).await?;
        person.closed_here = false;
        note(app, tx, "directory.open", staff.id, None).await?;
    }
    if role_before != Some(role) || institution != person.institution || department != person.department {
        // A session holds the role and place of its beginning.
        session::delete_of(tx, staff.id).await?;
        note(app, tx, "directory.change", staff.id, Some(role.name())).await?;
    }
    Ok(None)
}

/// Who left has no account any more and is out at once; administrators are left to people.
async fn close(app: &App, tx: &mut Tx, person: &mut Person) -> Result<(), PeopleError> {
    let Some(id) = person.staff else { return Ok(()) };
    let place = store::find_place(tx, id).await?;
    if place.is_none_or(|(role, ..)| role.is_none_or(Role::is_administrator)) {
        return Ok(());
    }
    if accounts::close_outside(app, tx, id).await? {
        person.closed_here = true;
        note(app, tx, "directory.close", id, None).await?;
    }
    Ok(())
}

/// The local account of the same user name is the same person: from now on it follows the directory.
pub(super) async fn join(app: &App, by: &Actor, request_id: &str, subject: &str) -> Result<(), PeopleError> {
    let mut tx = app.db.begin().await?;
    let person = store::find_person(&mut tx, subject).await?;
    let Some(mut person) = person.filter(|person| person.conflict.as_deref() == Some(USER_NAME)) else {
        return Err(PeopleError::Refused("这一条已经处理过。请返回列表查看。"));
    };
    let account = accounts::find_by_user_name(app, &person.user_name).await.map_err(PeopleError::from)?;
    let account = account.ok_or(PeopleError::NotFound)?;
    if account.is_administrator() {
        return Err(PeopleError::Refused("系统、安全、审计管理员的账号不随目录变动，不能关联。"));
    }
    if account.staff.name != person.name {
        return Err(PeopleError::Refused(
            "两边的姓名不同，不能关联。请先核对是否同一人，由对方系统或账号页改正姓名。",
        ));
    }
    person.staff = Some(account.staff.id);
    settle(app, &mut tx, person).await?;
    let entry = audit::Entry {
        at: app.now(),
        actor: by.clone(),
        action: "directory.join",
        patient: None,
        object: Some(format!("account/{}", account.staff.id)),
        reason: None,
        outcome: Outcome::Done,
        request_id,
    };
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

/// Which role of ours somebody gets for one of the platform's; None takes the line away. Only business roles.
pub(super) async fn map_role(
    app: &App,
    by: &Actor,
    request_id: &str,
    outside: &str,
    role: Option<Role>,
) -> Result<(), PeopleError> {
    let outside = outside.trim();
    if !(1..=40).contains(&outside.chars().count()) || outside.contains('、') {
        return Err(PeopleError::Refused("请写对方系统里的角色名称，1 到 40 个字。"));
    }
    if role.is_some_and(Role::is_administrator) {
        return Err(PeopleError::Refused("系统、安全、审计管理员不能由目录产生。请选一个业务角色。"));
    }
    let mut tx = app.db.begin().await?;
    match role {
        Some(role) => store::save_role(&mut tx, &app.keyring, outside, role.name()).await?,
        None => store::delete_role(&mut tx, &app.keyring, outside).await?,
    }
    let reason = format!("{outside} → {}", role.map_or("（无）", Role::text));
    let entry = audit::Entry {
        at: app.now(),
        actor: by.clone(),
        action: "directory.role",
        patient: None,
        object: Some("directory".into()),
        reason: Some(&reason),
        outcome: Outcome::Done,
        request_id,
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    settle_conflicts(app).await
}

/// The person of ours whom a subject signs in as; None when nobody was taken over. Refused when the row was changed.
pub(super) async fn find_staff(app: &App, subject: &str) -> Result<Option<Uuid>, PeopleError> {
    let mut tx = app.db.snapshot().await?;
    let broken = integrity::check(&mut tx, &app.keyring, &guard::DIRECTORY_PERSON, subject).await?;
    if let Some(broken) = broken.first() {
        tracing::error!(%broken, "ALARM: a person of the directory was changed in the database");
        return Err(PeopleError::Refused(
            "账号资料与登记的不一致，已停止登录。请联系系统管理员和安全管理员。",
        ));
    }
    Ok(store::find_person(&mut tx, subject).await?.and_then(|person| person.staff))
}

/// Has the directory read soon.
pub(super) async fn ask(app: &App) -> Result<(), PeopleError> {
    write(app, None).await
}

/// Has it read once after the first start.
pub async fn ask_first(app: &App) -> Result<(), PeopleError> {
    if app.config.support_issuer.is_empty() {
        return Ok(());
    }
    write(app, Some("first")).await
}

async fn write(app: &App, unique_key: Option<&str>) -> Result<(), PeopleError> {
    let mut tx = app.db.begin().await?;
    let new = New { kind: SYNC, lane: Some("directory"), unique_key, due_at: app.now() };
    jobs::write(app, &mut tx, new, &serde_json::Value::Null).await?;
    Ok(tx.commit().await?)
}

async fn note(
    app: &App,
    tx: &mut Tx,
    action: &'static str,
    staff: Uuid,
    reason: Option<&str>,
) -> Result<(), PeopleError> {
    let entry = audit::Entry {
        at: app.now(),
        actor: Actor::system("directory"),
        action,
        patient: None,
        object: Some(format!("account/{staff}")),
        reason,
        outcome: Outcome::Done,
        request_id: "-",
    };
    Ok(audit::append(tx, entry).await?)
}
