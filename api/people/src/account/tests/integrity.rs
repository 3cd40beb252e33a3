use platform::{
    integrity::{self, find_broken},
    on_tx,
    session::Role,
};
use sqlx::AssertSqlSafe;

use super::*;
use crate::{account::service, guard};

async fn run(app: &App, sql: &str, id: Uuid) {
    let mut tx = app.db.begin().await.unwrap();
    on_tx!(&mut tx, |c| sqlx::query(AssertSqlSafe(sql.to_owned())).bind(id).execute(c).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
}

async fn all(app: &App) -> Vec<String> {
    let guarded = [integrity::GUARDED, crate::GUARDED].concat();
    find_broken(app, &guarded).await.unwrap().iter().map(ToString::to_string).collect()
}

/// What people and administrators do with accounts leaves every MAC right.
#[tokio::test]
async fn every_way_of_writing_an_account_leaves_its_mac_right() {
    each(async |bench| {
        crate::demo::seed(bench).await.unwrap();
        crate::organisation::load(bench).await.unwrap();
        let sound = || async {
            let broken = all(bench).await;
            // The bench has no marks of the tables of this crate.
            broken.into_iter().filter(|one| !one.contains("起始标记")).collect::<Vec<_>>()
        };
        assert_eq!(sound().await, [""; 0]);
        let id = account(bench, Role::SystemAdmin, "xitong01").await;
        let secret = with_factor(bench, id).await;
        let mut admin = Client::new(bench);
        admin.sign_in("xitong01", GOOD).await;
        admin.post("/sign-in/code", &[("code", &totp::code_at(&secret, bench.now()))]).await;
        assert_eq!(sound().await, [""; 0], "signing in with a second factor");
        let form = [
            ("user_name", "linxiaomei"),
            ("name", "林小梅"),
            ("title", "主治医师"),
            ("role", "doctor"),
            ("department", "H01/IM"),
        ];
        let made = admin.post("/admin/accounts", &form).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let doctor = service::find_by_user_name(bench, "linxiaomei").await.unwrap().unwrap();
        for deed in ["disable", "enable", "reset", "unlock", "factor"] {
            admin.post(&format!("/admin/accounts/{}/{deed}", doctor.staff.id), &[]).await;
            assert_eq!(sound().await, [""; 0], "{deed}");
        }
        crate::demo::seed(bench).await.unwrap();
        crate::organisation::load(bench).await.unwrap();
        assert_eq!(sound().await, [""; 0], "another start");
    })
    .await;
}

/// One byte in any column of an account or its owner: named, and nobody signs in.
#[tokio::test]
async fn an_account_changed_in_the_database_opens_nothing() {
    each(async |bench| {
        let other = account(bench, Role::Doctor, "guyanqiu").await;
        let id = account(bench, Role::Doctor, "linzhou").await;
        let hash = "(SELECT a.password_hash FROM account a WHERE a.user_name = 'guyanqiu')";
        for (table, key, column, value) in [
            ("account", "staff", "must_change", "NOT must_change"),
            ("account", "staff", "created_at", ""),
            ("account", "staff", "password_hash", hash),
            ("staff", "id", "name", "'林州'"),
            ("staff", "id", "title", "'主任'"),
            ("staff", "id", "demo", "NOT demo"),
        ] {
            bench.clock.advance(chrono::TimeDelta::minutes(30));
            assert_eq!(Client::new(bench).sign_in("linzhou", GOOD).await.status, 303);
            let before = all(bench).await.len();
            if column == "created_at" {
                bench.clock.advance(chrono::TimeDelta::minutes(1));
                let sql = if bench.db.is_postgres() {
                    "UPDATE account SET created_at = created_at + interval '1 second' WHERE staff = $1"
                } else {
                    "UPDATE account SET created_at = replace(created_at, '2026', '2027') WHERE staff = $1"
                };
                run(bench, sql, id).await;
            } else {
                run(bench, &format!("UPDATE {table} SET {column} = {value} WHERE {key} = $1"), id).await;
            }
            let broken = all(bench).await;
            assert_eq!(broken.len(), before + 1, "{table}.{column}: {broken:?}");
            assert!(broken.contains(&format!("{table}，行 {id}：内容被改动")), "{broken:?}");
            let mut client = Client::new(bench);
            let answer = client.sign_in("linzhou", GOOD).await;
            assert_eq!(answer.status, 403, "{column}");
            assert!(answer.body.contains("系统管理员和安全管理员"), "{}", answer.body);
            assert!(!client.is_in().await);
            let told = platform::audit::search(
                &bench.db,
                &platform::audit::Search { action: Some("session.refused".into()), ..Default::default() },
                None,
                1,
            )
            .await
            .unwrap();
            assert!(told[0].reason.as_deref().unwrap().contains("内容被改动"), "{told:?}");
            // An administrator who has looked into it writes the row anew.
            let mut tx = bench.db.begin().await.unwrap();
            guard::stamp_staff(&mut tx, &bench.keyring, id).await.unwrap();
            integrity::stamp(&mut tx, &bench.keyring, &guard::ACCOUNT, id).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(Client::new(bench).sign_in("guyanqiu", GOOD).await.status, 303, "{other}");
    })
    .await;
}

/// A start that reads the files again does not bless what was changed since.
#[tokio::test]
async fn a_start_blesses_no_changed_institution() {
    each(async |bench| {
        crate::demo::seed(bench).await.unwrap();
        crate::organisation::load(bench).await.unwrap();
        let id = crate::demo::demo_id("staff", "s01");
        run(
            bench,
            "UPDATE institution SET is_position_checked = (1 = 1) WHERE version = 0 AND $1 IS NOT NULL",
            id,
        )
        .await;
        run(bench, "UPDATE staff SET title = '院长' WHERE id = $1", id).await;
        let before = all(bench).await;
        assert!(before.iter().any(|one| one.starts_with("institution，行 H01")), "{before:?}");
        assert!(before.contains(&format!("staff，行 {id}：内容被改动")), "{before:?}");
        crate::demo::seed(bench).await.unwrap();
        crate::organisation::load(bench).await.unwrap();
        assert_eq!(all(bench).await, before);
    })
    .await;
}
