use std::sync::Arc;

use sqlx::AssertSqlSafe;

use super::*;
use crate::{
    db::test_support::{Bench, on_each_database},
    on_tx,
    rights::roles,
};

async fn prepared(bench: &Bench) -> App {
    let keyring = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
    let app = App { keyring: Arc::new(keyring), ..bench.app.clone() };
    run(&app, "DELETE FROM row_mac").await;
    run(&app, "DELETE FROM row_mac_begun").await;
    app
}

async fn run(app: &App, sql: &str) {
    let mut tx = app.db.begin().await.unwrap();
    on_tx!(&mut tx, |c| sqlx::query(AssertSqlSafe(sql.to_owned())).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn hold(app: &App, role: &str) -> uuid::Uuid {
    let id = app.new_id();
    let mut tx = app.db.begin().await.unwrap();
    roles::hold(&mut tx, &app.keyring, id, role, "test", app.now()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn broken(app: &App) -> Vec<String> {
    find_broken(app, GUARDED).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_changed_column_of_a_guarded_row_is_named() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        begin(&app, GUARDED).await.unwrap();
        let id = hold(&app, "doctor").await;
        assert_eq!(broken(&app).await, [""; 0]);
        let key = "principal_id IN (SELECT principal_id FROM role_holder)";
        for (table, column, value, where_, row) in [
            ("role", "name", "'医師'", "key = 'doctor'", "doctor".to_owned()),
            ("role", "version", "version + 1", "key = 'doctor'", "doctor".into()),
            ("role_grant", "scope", "'district'", "role = 'doctor' AND permission = 'consultation.read'", "doctor/consultation.read".into()),
            ("role_grant", "fields", "'name phone'", "role = 'doctor' AND permission = 'consultation.read'", "doctor/consultation.read".into()),
            ("role_holder", "given_by", "'x'", key, format!("{id}/doctor")),
            ("role_holder", "role", "'reviewer'", key, format!("{id}/reviewer")),
        ] {
            let before = format!("CREATE TABLE kept AS SELECT * FROM {table}");
            run(&app, &before).await;
            run(&app, &format!("UPDATE {table} SET {column} = {value} WHERE {where_}")).await;
            let named = broken(&app).await;
            assert!(named.iter().any(|one| one.starts_with(&format!("{table}，行 {row}："))), "{column}: {named:?}");
            let part = Value::from("doctor");
            let mut tx = app.db.snapshot().await.unwrap();
            let of = GUARDED.iter().find(|of| of.table == table).unwrap();
            let found = if table.starts_with("role_h") {
                check(&mut tx, &app.keyring, of, id).await.unwrap()
            } else {
                check(&mut tx, &app.keyring, of, part).await.unwrap()
            };
            assert!(!found.is_empty(), "{table}.{column} is found where it is read");
            drop(tx);
            // Back as it was: sound again.
            let undo = match column {
                "role" => format!("UPDATE role_holder SET role = 'doctor' WHERE {key}"),
                _ => format!("UPDATE {table} SET {column} = (SELECT k.{column} FROM kept k WHERE k.{where_}) WHERE {where_}"),
            };
            let undo = undo.replace("k.principal_id IN (SELECT principal_id FROM role_holder)", "role = 'doctor'");
            run(&app, &undo).await;
            run(&app, "DROP TABLE kept").await;
            assert_eq!(broken(&app).await, [""; 0], "{table}.{column}");
        }
        run(&app, "DELETE FROM role_grant WHERE role = 'doctor' AND permission = 'field.reveal'").await;
        assert_eq!(broken(&app).await, ["role_grant，行 doctor/field.reveal：行被删除"]);
        run(&app, "INSERT INTO role_grant(role, duty, permission, scope, fields)
            VALUES ('doctor', 'business', 'data.export', 'district', '')").await;
        assert!(broken(&app).await.contains(&"role_grant，行 doctor/data.export：不是由本程序写入的行".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn rows_of_before_get_their_macs_once_and_never_again() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        assert!(!broken(&app).await.is_empty(), "nothing carries a MAC yet");
        begin(&app, GUARDED).await.unwrap();
        assert_eq!(broken(&app).await, [""; 0]);
        let told = audit::list_for_object(&app.db, OBJECT, 9).await.unwrap();
        assert_eq!(told.len(), GUARDED.len());
        assert!(told.iter().any(|row| row.reason.as_deref() == Some("role：11 行")), "{told:?}");

        // A start blesses nothing that was changed since, also when the marks are taken away.
        run(
            &app,
            "UPDATE role_grant SET scope = 'district' WHERE role = 'doctor' AND permission = 'field.reveal'",
        )
        .await;
        begin(&app, GUARDED).await.unwrap();
        assert_eq!(broken(&app).await, ["role_grant，行 doctor/field.reveal：内容被改动"]);
        run(&app, "DELETE FROM row_mac").await;
        run(&app, "DELETE FROM row_mac_begun").await;
        begin(&app, GUARDED).await.unwrap();
        assert!(broken(&app).await.iter().any(|one| one.contains("doctor/field.reveal")));
        assert_eq!(audit::list_for_object(&app.db, OBJECT, 9).await.unwrap().len(), GUARDED.len());
    })
    .await;
}

#[tokio::test]
async fn what_an_upgrade_writes_is_taken_over_and_told() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        let mut tx = app.db.begin().await.unwrap();
        for of in GUARDED {
            renew(&app, &mut tx, of, 1).await.unwrap();
        }
        tx.commit().await.unwrap();
        run(&app, "INSERT INTO role(key, name, duty, built_in, version) VALUES ('nurse', '护士', 'business', TRUE, 1)").await;
        begin(&app, GUARDED).await.unwrap();
        assert_eq!(broken(&app).await, [""; 0]);
        let told = audit::list_for_object(&app.db, OBJECT, 9).await.unwrap();
        let reasons: Vec<_> = told.iter().filter_map(|row| row.reason.as_deref()).collect();
        assert!(reasons.contains(&"role：升级后 12 行，其中 1 行由升级写入"), "{reasons:?}");
    })
    .await;
}

#[tokio::test]
async fn macs_change_with_the_key_and_hold_up_its_end() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        begin(&app, GUARDED).await.unwrap();
        let id = hold(&app, "doctor").await;
        run(&app, "UPDATE role SET name = 'x' WHERE key = 'editor'").await;
        let version = app.keyring.add_key(&*app.ids, &app.db).await.unwrap();
        app.keyring.make_current(version).unwrap();
        let used = app.keyring.retire(&app.db, &[], 1).await;
        assert!(matches!(used, Err(crate::crypto::KeyFileError::InUse { version: 1, .. })));
        assert!(restamp(&app, GUARDED).await.unwrap() > 40);
        // What was changed keeps its old MAC and is still found; the key stays until that is put right.
        assert_eq!(broken(&app).await, ["role，行 editor：内容被改动"]);
        assert!(app.keyring.retire(&app.db, &[], 1).await.is_err());
        let mut tx = app.db.begin().await.unwrap();
        stamp(&mut tx, &app.keyring, &ROLE, "editor").await.unwrap();
        tx.commit().await.unwrap();
        app.keyring.retire(&app.db, &[], 1).await.unwrap();
        assert_eq!(broken(&app).await, [""; 0]);
        assert!(
            check(&mut app.db.snapshot().await.unwrap(), &app.keyring, &ROLE_HOLDER, id)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn writers_at_the_same_time_leave_sound_parts() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        begin(&app, GUARDED).await.unwrap();
        let id = hold(&app, "doctor").await;
        let mut tasks = Vec::new();
        for role in ["reviewer", "service", "quality", "editor", "pharmacist"] {
            let app = app.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..4 {
                    let mut tx = app.db.begin().await.unwrap();
                    roles::hold(&mut tx, &app.keyring, id, role, "test", app.now()).await.unwrap();
                    tx.commit().await.unwrap();
                    let mut tx = app.db.begin().await.unwrap();
                    roles::release(&mut tx, &app.keyring, id, role).await.unwrap();
                    tx.commit().await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(broken(&app).await, [""; 0]);
    })
    .await;
}
