//! Fictitious people from `data/demo`, brought in at the start of a demo. Who is there already stays as is.

mod outside;

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate, TimeDelta};
use platform::{App, Tx, crypto::sm3, session::Role};
use uuid::Uuid;

use crate::{Department, PeopleError, Resident, Sex, Staff, store, tsv};

pub use crate::tsv::TsvError;
pub use outside::furnish;

/// Why the demo people could not be brought in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error(transparent)]
    File(#[from] TsvError),
    #[error("cannot store the demo people")]
    Storage(#[from] sqlx::Error),
}

/// Brings in the people of `data/demo/{departments,staff,residents}.tsv`; gives how many residents and staff there are.
pub async fn seed(app: &App) -> Result<(usize, usize), SeedError> {
    let folder = app.config.data_dir.join("demo");
    let departments = read_departments(&folder.join("departments.tsv"))?;
    let staff = read_staff(&folder.join("staff.tsv"), &departments)?;
    let residents = read_residents(&folder.join("residents.tsv"), app.clock.today())?;
    let roles = read_outside_roles(&folder.join("directory_roles.tsv"))?;
    let mut tx = app.db.begin().await?;
    crate::directory::seed_roles(app, &mut tx, &roles).await?;
    for department in &departments {
        store::save_department(&app.keyring, &mut tx, department).await?;
    }
    for member in &staff {
        store::insert_demo_staff(&app.keyring, &mut tx, member, app.now()).await?;
    }
    for resident in &residents {
        insert_resident(app, &mut tx, resident).await?;
    }
    tx.commit().await?;
    Ok((residents.len(), staff.len()))
}

/// Adds made-up departments and residents beside the shipped ones.
pub async fn add(app: &App, departments: &[Department], residents: &[Resident]) -> Result<(), PeopleError> {
    let mut tx = app.db.begin().await?;
    for department in departments {
        store::save_department(&app.keyring, &mut tx, department).await?;
    }
    for resident in residents {
        insert_resident(app, &mut tx, resident).await?;
    }
    Ok(tx.commit().await?)
}

/// Keys and ids of the fictitious staff.
pub fn staff_keys(app: &App) -> Result<Vec<(String, Uuid)>, SeedError> {
    let path = app.config.data_dir.join("demo/staff.tsv");
    let rows = tsv::read(&path, ["key", "name", "role", "title", "institution", "department"])?;
    Ok(rows.into_iter().map(|row| (row.cells[0].clone(), demo_id("staff", &row.cells[0]))).collect())
}

/// The id of a demo person is the same in every installation: made from the key in the file.
pub fn demo_id(kind: &str, key: &str) -> Uuid {
    let hash = sm3(format!("jiuyi demo|{kind}|{key}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

async fn insert_resident(app: &App, tx: &mut Tx, resident: &Resident) -> sqlx::Result<()> {
    let name = app.keyring.seal(&*app.ids, store::place_of_name(resident.id), &resident.name);
    store::insert_demo_resident(tx, resident, &name, app.now()).await
}

fn read_departments(path: &std::path::Path) -> Result<Vec<Department>, TsvError> {
    let rows = tsv::read(path, ["institution", "institution_name", "department", "department_name"])?;
    let department = |row: tsv::Row<4>| {
        let [institution, institution_name, code, name] = row.cells;
        Department { institution, institution_name, code, name }
    };
    Ok(rows.into_iter().map(department).collect())
}

fn read_outside_roles(path: &std::path::Path) -> Result<Vec<(String, Role)>, TsvError> {
    let rows = tsv::read(path, ["outside", "role"])?;
    rows.into_iter()
        .map(|row| {
            let role = Role::named(&row.cells[1]).filter(|role| !role.is_administrator());
            let role = role.ok_or_else(|| row.fault(1, format!("没有业务角色 {}", row.cells[1])))?;
            Ok((row.cells[0].clone(), role))
        })
        .collect()
}

fn read_staff(path: &std::path::Path, departments: &[Department]) -> Result<Vec<Staff>, TsvError> {
    let mut seen = BTreeSet::new();
    let rows = tsv::read(path, ["key", "name", "role", "title", "institution", "department"])?;
    rows.into_iter()
        .map(|row| {
            let [key, name, role, title, institution, code] = &row.cells;
            if !seen.insert(key.clone()) {
                return Err(row.fault(0, format!("编号 {key} 重复")));
            }
            let role = Role::named(role).ok_or_else(|| row.fault(2, format!("没有角色 {role}")))?;
            let department = departments
                .iter()
                .find(|d| d.institution == *institution && d.code == *code)
                .ok_or_else(|| row.fault(4, format!("departments.tsv 中没有 {institution} 的科室 {code}")))?;
            let (name, title) = (name.clone(), title.clone());
            Ok(Staff { id: demo_id("staff", key), name, role, title, department: department.clone() })
        })
        .collect()
}

fn read_residents(path: &std::path::Path, today: NaiveDate) -> Result<Vec<Resident>, TsvError> {
    let mut seen = BTreeSet::new();
    let rows = tsv::read(path, ["key", "name", "sex", "age_months"])?;
    rows.into_iter()
        .map(|row| {
            let [key, name, sex, age] = &row.cells;
            if !seen.insert(key.clone()) {
                return Err(row.fault(0, format!("编号 {key} 重复")));
            }
            let sex = match sex.as_str() {
                "female" => Sex::Female,
                "male" => Sex::Male,
                "unknown" => Sex::Unknown,
                other => return Err(row.fault(2, format!("性别应为 female、male 或 unknown，不是 {other}"))),
            };
            let birth_date =
                born(age, today).ok_or_else(|| row.fault(3, format!("月龄 {age} 应为 0 到 1560 的整数")))?;
            let birth_date = Some(birth_date);
            Ok(Resident { id: demo_id("resident", key), name: name.clone(), sex, birth_date })
        })
        .collect()
}

/// Some days into the month, so that nobody has a birthday during the demo.
fn born(age_in_months: &str, today: NaiveDate) -> Option<NaiveDate> {
    let months = age_in_months.parse().ok().filter(|months| *months <= 1560)?;
    today.checked_sub_months(Months::new(months))?.checked_sub_signed(TimeDelta::days(9))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use platform::{Clock, db::test_support::on_each_database, on_read};
    use rstest::rstest;

    use super::*;
    use crate::service;

    #[tokio::test]
    async fn the_shipped_people_come_in_once_and_are_sealed() {
        on_each_database(&[crate::migrations], async |bench| {
            assert_eq!(seed(bench).await.unwrap(), (9, 11));
            bench.clock.advance(TimeDelta::days(100));
            seed(bench).await.unwrap();
            let (residents, staff) = service::list_demo_people(bench).await.unwrap();
            assert_eq!((residents.len(), staff.len()), (9, 11));
            let born_on = bench.clock.today() - TimeDelta::days(100);
            let ages: Vec<_> = residents.iter().map(|r| r.age_in_months(born_on).unwrap()).collect();
            assert_eq!(ages, [948, 816, 703, 571, 390, 331, 198, 40, 5]);
            let stored: Vec<Vec<u8>> =
                on_read!(&bench.db, |c| sqlx::query_scalar("SELECT name FROM resident").fetch_all(c).await)
                    .unwrap();
            assert!(stored.iter().all(|bytes| !String::from_utf8_lossy(bytes).contains('林')));
            assert_eq!(service::list_departments(bench).await.unwrap().len(), 3);
        })
        .await;
    }

    #[rstest]
    #[case("r1\t王\tfemale\tx", "residents.tsv:2:13：月龄 x 应为 0 到 1560 的整数")]
    #[case("r1\t王\tf\t3", "residents.tsv:2:6：性别应为")]
    #[case("r1\t王\tmale\t3\nr1\t李\tmale\t3", "residents.tsv:3:1：编号 r1 重复")]
    fn faults_name_their_place(#[case] rows: &str, #[case] expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("residents.tsv");
        fs::write(&path, format!("key\tname\tsex\tage_months\n{rows}\n")).unwrap();
        let error = read_residents(&path, "2026-03-02".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
