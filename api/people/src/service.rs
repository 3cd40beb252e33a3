//! What can be done with people; one function per use case.

use axum_extra::extract::cookie::Cookie;
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    http::RequestId,
    session::{self, Principal, Session},
};
use uuid::Uuid;

use crate::{
    Department, PeopleError, Resident, Staff,
    account::{self, service::Visit},
    identity::IdNumber,
    resident, store,
};

/// Code of the one department of a company that works for hospitals.
pub const SERVICE_DEPARTMENT: &str = "HERBAL";

/// The same within a transaction.
pub async fn read_by_id_number(
    app: &App,
    tx: &mut Tx,
    number: &IdNumber,
) -> Result<Option<Uuid>, PeopleError> {
    Ok(resident::find_by_id_number(app, tx, number).await?.map(|identity| identity.id))
}

/// The resident with this ID number.
pub async fn find_by_id_number(app: &App, number: &IdNumber) -> Result<Option<Uuid>, PeopleError> {
    let mut tx = app.db.begin().await?;
    let found = resident::find_by_id_number(app, &mut tx, number).await?;
    tx.commit().await?;
    Ok(found.map(|identity| identity.id))
}

/// A resident's own data, for the resident or for the program. For somebody else use [`read_resident`].
pub async fn find_resident(app: &App, id: Uuid) -> Result<Option<Resident>, PeopleError> {
    let row = store::find_resident(&app.db, id).await?;
    Ok(row.map(|row| row.open(&app.keyring)).transpose()?)
}

/// A resident's data for another person, who leaves an audit row with the reason.
pub async fn read_resident(
    app: &App,
    reader: &Principal,
    request: &RequestId,
    id: Uuid,
    reason: &str,
) -> Result<Resident, PeopleError> {
    let resident = find_resident(app, id).await?.ok_or(PeopleError::NotFound)?;
    let mut tx = app.db.begin().await?;
    let entry = audit::Entry {
        at: app.now(),
        actor: Actor::from(reader),
        action: "resident.read",
        patient: Some(id),
        object: None,
        reason: Some(reason),
        outcome: Outcome::Done,
        request_id: &request.0,
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(resident)
}

pub async fn find_staff(app: &App, id: Uuid) -> Result<Option<Staff>, PeopleError> {
    Ok(store::find_staff(&app.db, id).await?)
}

/// Saves a department with its institution, as of a company that works for the district.
pub async fn save_department(app: &App, tx: &mut Tx, department: &Department) -> Result<(), PeopleError> {
    Ok(store::save_department(&app.keyring, tx, department).await?)
}

/// All departments by institution and code.
pub async fn list_departments(app: &App) -> Result<Vec<Department>, PeopleError> {
    let mut all = list_all_departments(app).await?;
    all.retain(|department| department.code != SERVICE_DEPARTMENT);
    Ok(all)
}

/// The same with those of companies that work for hospitals: people have accounts there, but no patient is seen.
pub async fn list_all_departments(app: &App) -> Result<Vec<Department>, PeopleError> {
    Ok(store::list_departments(&app.db).await?)
}

/// Everybody one may sign in as in a demo: oldest resident first, staff by department.
pub async fn list_demo_people(app: &App) -> Result<(Vec<Resident>, Vec<Staff>), PeopleError> {
    let rows = store::list_demo_residents(&app.db).await?;
    let residents = rows.into_iter().map(|row| row.open(&app.keyring)).collect::<Result<_, _>>()?;
    Ok((residents, store::list_demo_staff(&app.db).await?))
}

/// Signs in as one of the demo people, who alone need no proof; real people are not found here. The session this
/// browser had before ends.
pub async fn sign_in_to_demo(
    app: &App,
    visit: &Visit,
    id: Uuid,
) -> Result<(Principal, Cookie<'static>), PeopleError> {
    let principal = find_demo_principal(app, id).await?.ok_or(PeopleError::NotFound)?;
    let mut tx = app.db.begin().await?;
    if let Some(before) = &visit.before {
        session::end(&mut tx, app, before).await?;
    }
    let cookie = session::begin_on(&mut tx, app, &principal, &visit.device).await?;
    audit::append(&mut tx, session_entry(app, &principal, "session.begin", &visit.request)).await?;
    tx.commit().await?;
    Ok((principal, cookie))
}

pub async fn sign_out(
    app: &App,
    request: &RequestId,
    session: &Session,
) -> Result<Cookie<'static>, PeopleError> {
    let mut tx = app.db.begin().await?;
    let cookie = session::end(&mut tx, app, session).await?;
    audit::append(&mut tx, session_entry(app, &session.principal, "session.end", request)).await?;
    tx.commit().await?;
    Ok(cookie)
}

async fn find_demo_principal(app: &App, id: Uuid) -> Result<Option<Principal>, PeopleError> {
    if !app.config.demo {
        return Ok(None);
    }
    if store::find_demo_resident(&app.db, id).await?.is_some() {
        return Ok(Some(Principal::Resident { id }));
    }
    let staff = store::find_demo_staff(&app.db, id).await?;
    let is_disabled = account::service::is_disabled(app, id).await?;
    Ok(staff.filter(|_| !is_disabled).map(|staff| staff.principal()))
}

fn session_entry<'a>(
    app: &App,
    principal: &Principal,
    action: &'static str,
    request: &'a RequestId,
) -> audit::Entry<'a> {
    audit::Entry {
        at: app.now(),
        actor: Actor::from(principal),
        action,
        patient: matches!(principal, Principal::Resident { .. }).then(|| principal.id()),
        object: None,
        reason: None,
        outcome: Outcome::Done,
        request_id: &request.0,
    }
}

#[cfg(test)]
mod tests {
    use platform::{db::test_support::on_each_database, session::Role};

    use super::*;
    use crate::demo;

    fn request() -> RequestId {
        RequestId("test-request".into())
    }

    fn visit() -> Visit {
        Visit { request: request(), device: session::Device::default(), before: None }
    }

    #[tokio::test]
    async fn reading_a_resident_leaves_an_audit_row() {
        on_each_database(&[crate::migrations], async |bench| {
            demo::seed(bench).await.unwrap();
            let (residents, staff) = list_demo_people(bench).await.unwrap();
            let reader = staff.iter().find(|one| one.role == Role::Doctor).unwrap().principal();
            let read = read_resident(bench, &reader, &request(), residents[0].id, "接诊").await.unwrap();
            assert_eq!(read, residents[0]);
            let rows = audit::list_for_patient(&bench.db, read.id, 10).await.unwrap();
            assert_eq!(
                (rows.len(), rows[0].action.as_str(), rows[0].role.as_str()),
                (1, "resident.read", "doctor")
            );
            let nobody = read_resident(bench, &reader, &request(), Uuid::nil(), "接诊").await;
            assert!(matches!(nobody, Err(PeopleError::NotFound)));
        })
        .await;
    }

    #[tokio::test]
    async fn demo_people_sign_in_and_out() {
        on_each_database(&[crate::migrations], async |bench| {
            demo::seed(bench).await.unwrap();
            let (residents, staff) = list_demo_people(bench).await.unwrap();
            let doctor = staff.iter().find(|one| one.role == Role::Doctor).unwrap();
            let (who, _) = sign_in_to_demo(bench, &visit(), residents[0].id).await.unwrap();
            assert_eq!(who, Principal::Resident { id: residents[0].id });
            let (who, _) = sign_in_to_demo(bench, &visit(), doctor.id).await.unwrap();
            assert!(matches!(who, Principal::Staff { role: Role::Doctor, .. }));
            let nobody = sign_in_to_demo(bench, &visit(), Uuid::nil()).await;
            assert!(matches!(nobody, Err(PeopleError::NotFound)));
            assert_eq!(audit::verify(&bench.db).await.unwrap(), audit::Verdict::Intact { rows: 2 });
        })
        .await;
    }
}
