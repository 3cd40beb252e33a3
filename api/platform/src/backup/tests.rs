use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::{
    Config,
    crypto::{Keyring, Place, Sealed},
    db::test_support::{Bench, on_each_database},
    jobs::{self, Worker},
    on_read, on_tx, session,
};

/// Tables of every kind of column, one pointing to the other, with a trigger that would write rows of its own.
async fn prepared(bench: &Bench) -> App {
    let keyring = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
    let app = App { keyring: Arc::new(keyring), ..bench.app.clone() };
    let postgres = "CREATE TABLE zone(code TEXT PRIMARY KEY, n BIGINT, part DOUBLE PRECISION, day DATE, is_open BOOLEAN,
            about JSONB, picture BYTEA);
        CREATE TABLE item(id UUID PRIMARY KEY, zone TEXT NOT NULL REFERENCES zone(code), name BYTEA, at TIMESTAMPTZ);
        CREATE TABLE echo(id UUID);
        CREATE FUNCTION echo() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO echo VALUES (NEW.id); RETURN NULL; END $$;
        CREATE TRIGGER item_echoes AFTER INSERT ON item FOR EACH ROW EXECUTE FUNCTION echo();";
    let sqlite = "CREATE TABLE zone(code TEXT PRIMARY KEY, n INTEGER, part REAL, day TEXT, is_open INTEGER, about TEXT,
            picture BLOB) STRICT;
        CREATE TABLE item(id BLOB PRIMARY KEY, zone TEXT NOT NULL REFERENCES zone(code), name BLOB, at TEXT) STRICT;
        CREATE TABLE echo(id BLOB) STRICT;
        CREATE TRIGGER item_echoes AFTER INSERT ON item BEGIN INSERT INTO echo VALUES (NEW.id); END;";
    let sql = if app.db.is_postgres() { postgres } else { sqlite };
    let mut tx = app.db.begin().await.unwrap();
    on_tx!(&mut tx, |c| sqlx::raw_sql(sql).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    app
}

async fn fill(app: &App, from: u32, to: u32) {
    let mut tx = app.db.begin().await.unwrap();
    let zone =
        "INSERT INTO zone(code, n, part, day, is_open, about, picture) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING";
    for (code, part) in [("东\"区", Some(121.447_123_456_789_01)), ("none", None)] {
        on_tx!(&mut tx, |c| {
            let query = sqlx::query(zone).bind(code).bind(i64::MAX).bind(part).bind(app.clock.today());
            let query =
                query.bind(part.is_some()).bind(part.map(|n| serde_json::json!({"b": n, "a": ["中\n"]})));
            query.bind(vec![0_u8, 255, 10]).execute(c).await.map(drop)
        })
        .unwrap();
    }
    for n in from..to {
        let id = Uuid::from_u128(n.into());
        let place = Place { table: "item", column: "name", row: id };
        let name = app.keyring.seal(&*app.ids, place, &format!("王小明{n}"));
        on_tx!(&mut tx, |c| sqlx::query("INSERT INTO item(id, zone, name, at) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind("东\"区")
            .bind(name)
            .bind(app.now())
            .execute(c)
            .await
            .map(drop))
        .unwrap();
    }
    let echo: sqlx::Result<()> =
        on_tx!(&mut tx, |c| sqlx::query("DELETE FROM echo").execute(c).await.map(drop));
    echo.unwrap();
    jobs::publish(app, &mut tx, "later", "lane", &from).await.unwrap();
    tx.commit().await.unwrap();
}

/// Everything that a backup holds, table by table. The list and the trail go on by themselves; JSON is compared as
/// values, because PostgreSQL orders it.
async fn everything(app: &App) -> Vec<(String, Vec<Vec<tables::Value>>)> {
    let mut tx = app.db.snapshot().await.unwrap();
    let mut all = Vec::new();
    for table in tables::list_tables(&mut tx).await.unwrap() {
        let own = ["backup_log", "audit_log", "audit_head", "session", "rights_version"];
        if own.contains(&table.name.as_str()) {
            continue;
        }
        let mut rows = Vec::new();
        tables::read_rows(&mut tx, &table, |mut row| {
            for value in &mut row {
                if let tables::Value::Text(text) = value
                    && let Ok(json @ serde_json::Value::Object(_)) = serde_json::from_str(text)
                {
                    *text = json.to_string();
                }
            }
            rows.push(row);
            Ok::<_, sqlx::Error>(())
        })
        .await
        .unwrap();
        rows.sort_by_key(|row| format!("{row:?}"));
        all.push((table.name, rows));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn by() -> Actor {
    Actor::system("test")
}

fn place(app: &App, name: &str) -> PathBuf {
    app.config.var_dir.join(name)
}

#[tokio::test]
async fn a_backup_brings_back_what_was_and_keeps_what_is_aside() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        fill(&app, 0, 900).await;
        let before = everything(&app).await;
        let mut told = Vec::new();
        let made = make(&app, &place(&app, "one.jyb"), Kind::Operator, &by(), |table, n| {
            told.push((table.to_owned(), n));
        })
        .await
        .unwrap();
        assert!(told.contains(&("item".into(), 900)), "{told:?}");
        assert_eq!(made.sm3, file::hash(&made.path).unwrap().1);
        assert_eq!(verify(&made.path, &app.keyring).unwrap(), made.manifest);

        fill(&app, 900, 950).await;
        let mut tx = app.db.begin().await.unwrap();
        on_tx!(&mut tx, |c| sqlx::query("UPDATE zone SET n = 7").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let changed = everything(&app).await;
        let refused = restore(&app, &made.path, false, &by(), |_, _| {}).await;
        assert!(matches!(refused, Err(BackupError::NotEmpty(_))));
        assert_eq!(everything(&app).await, changed);

        let (_, kept) = restore(&app, &made.path, true, &by(), |_, _| {}).await.unwrap();
        assert_eq!(everything(&app).await, before);
        assert!(matches!(audit::verify(&app.db).await.unwrap(), audit::Verdict::Intact { .. }));
        let trail =
            audit::list_for_object(&app.db, &format!("backup/{}", made.manifest.id), 9).await.unwrap();
        assert_eq!(trail[0].action, "backup.restore");
        // The queue goes on with new numbers, and triggers are awake again.
        fill(&app, 900, 901).await;
        assert!(find_echo(&app).await, "the trigger writes again");

        let kept = kept.unwrap().path;
        restore(&app, &kept, true, &by(), |_, _| {}).await.unwrap();
        assert_eq!(everything(&app).await, changed);
        let kinds: Vec<String> = list(&app.db, 9).await.unwrap().into_iter().map(|one| one.kind).collect();
        assert!(["operator", "before_restore", "restore"].iter().all(|kind| kinds.iter().any(|k| k == kind)));
    })
    .await;
}

async fn find_echo(app: &App) -> bool {
    let mut tx = app.db.begin().await.unwrap();
    let sql = "INSERT INTO item(id, zone) VALUES ($1, 'none')";
    on_tx!(&mut tx, |c| sqlx::query(sql).bind(Uuid::max()).execute(c).await.map(drop)).unwrap();
    let found: Option<Uuid> =
        on_tx!(&mut tx, |c| sqlx::query_scalar("SELECT id FROM echo").fetch_optional(c).await).unwrap();
    tx.rollback().await.unwrap();
    found == Some(Uuid::max())
}

/// SQLite → PostgreSQL → SQLite, with the same key file.
#[tokio::test]
async fn either_engine_restores_the_backup_of_the_other() {
    let one = Bench::sqlite(&[]).await;
    let Some(two) = Bench::postgres(&[]).await else { return };
    let sqlite = prepared(&one).await;
    fs::copy(place(&sqlite, "keys.toml"), two.config.var_dir.join("keys.toml")).unwrap();
    let postgres = prepared(&two).await;
    fill(&sqlite, 0, 60).await;
    let made = make(&sqlite, &place(&sqlite, "one.jyb"), Kind::Operator, &by(), |_, _| {}).await.unwrap();
    restore(&postgres, &made.path, false, &by(), |_, _| {}).await.unwrap();
    assert_eq!(everything(&postgres).await, everything(&sqlite).await);
    assert!(matches!(audit::verify(&postgres.db).await.unwrap(), audit::Verdict::Intact { .. }));

    fill(&postgres, 60, 80).await;
    let made = make(&postgres, &place(&postgres, "two.jyb"), Kind::Operator, &by(), |_, _| {}).await.unwrap();
    restore(&sqlite, &made.path, true, &by(), |_, _| {}).await.unwrap();
    assert_eq!(everything(&sqlite).await, everything(&postgres).await);
    assert!(matches!(audit::verify(&sqlite.db).await.unwrap(), audit::Verdict::Intact { .. }));
    one.finish().await;
    two.finish().await;
}

#[tokio::test]
async fn a_flipped_or_missing_byte_of_a_backup_is_named() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        fill(&app, 0, 40).await;
        let before = everything(&app).await;
        let made = make(&app, &place(&app, "one.jyb"), Kind::Operator, &by(), |_, _| {}).await.unwrap();
        let sound = fs::read(&made.path).unwrap();
        assert!(!String::from_utf8_lossy(&sound).contains("东\"区"), "nothing stands in the clear");
        let keys = fs::read_to_string(place(&app, "keys.toml")).unwrap();
        let key = keys.split('"').nth(3).unwrap();
        assert!(!String::from_utf8_lossy(&sound).contains(key), "the key is not inside");
        let other = place(&app, "changed.jyb");
        for at in (0..sound.len()).step_by(101).chain([sound.len() - 1]) {
            let mut changed = sound.clone();
            changed[at] ^= 1;
            fs::write(&other, &changed).unwrap();
            let fault = verify(&other, &app.keyring).unwrap_err();
            if let BackupError::Changed { from, .. } = &fault {
                assert!(*from <= at as u64, "{at}: {fault}");
            }
            assert!(
                fault.to_string().contains("changed.jyb") || matches!(fault, BackupError::NoKey(_)),
                "{fault}"
            );
            assert!(restore(&app, &other, true, &by(), |_, _| {}).await.is_err(), "{at}");
        }
        // A byte in the rows of one table names this table.
        let text = String::from_utf8_lossy(&sound).into_owned();
        let at = sound.windows(6).rposition(|bytes| bytes == b"D\x04item").expect("rows of items");
        let mut changed = sound.clone();
        changed[at + 30] ^= 0x80;
        fs::write(&other, &changed).unwrap();
        let fault = verify(&other, &app.keyring).unwrap_err().to_string();
        assert!(fault.contains("表 item"), "{fault} {}", text.len());
        fs::write(&other, &sound[..sound.len() / 2]).unwrap();
        assert!(verify(&other, &app.keyring).is_err());
        fs::write(&other, [&sound[..], b"x"].concat()).unwrap();
        assert!(matches!(verify(&other, &app.keyring), Err(BackupError::Manifest { .. })));
        assert_eq!(everything(&app).await, before);
        let foreign = Keyring::generate(&*app.ids);
        assert!(matches!(verify(&made.path, &foreign), Err(BackupError::NoKey(_))));

        // What the list checks later, it marks.
        let entry = list(&app.db, 1).await.unwrap().remove(0);
        check(&app, &entry, &by()).await.unwrap();
        fs::write(&made.path, &changed).unwrap();
        assert!(check(&app, &entry, &by()).await.is_err());
        assert!(find(&app.db, entry.id).await.unwrap().unwrap().fault.unwrap().contains("item"));
    })
    .await;
}

/// It is given up in the middle of the tables, as when the process dies.
#[tokio::test]
async fn an_interrupted_restore_leaves_the_old_data_whole() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        fill(&app, 0, 50).await;
        let made = make(&app, &place(&app, "one.jyb"), Kind::Operator, &by(), |_, _| {}).await.unwrap();
        fill(&app, 50, 70).await;
        let before = everything(&app).await;
        let (mut n, by) = (0, by());
        let task = std::panic::AssertUnwindSafe(restore(&app, &made.path, true, &by, |table, _| {
            n += usize::from(table == "item");
            assert!(n < 2, "the process dies after the items were put in");
        }));
        let died = futures_util::FutureExt::catch_unwind(task).await;
        assert!(died.is_err());
        assert_eq!(everything(&app).await, before);
        assert!(find_echo(&app).await, "the trigger is still there");
    })
    .await;
}

/// Somebody writes both halves of a pair all the time: a backup never has one without the other.
#[tokio::test]
async fn a_backup_sees_one_moment_while_others_write() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        fill(&app, 0, 10).await;
        let over = AtomicBool::new(false);
        let load = async {
            let mut rounds = 0_i64;
            while !over.load(Ordering::SeqCst) {
                rounds += 1;
                let mut tx = app.db.begin().await.unwrap();
                for code in ["a", "z"] {
                    let sql = "INSERT INTO zone(code, n) VALUES ($1, $2)
                        ON CONFLICT (code) DO UPDATE SET n = excluded.n";
                    on_tx!(&mut tx, |c| sqlx::query(sql).bind(code).bind(rounds).execute(c).await.map(drop)).unwrap();
                }
                let id = Uuid::from_u128(1_000_000 + u128::from(rounds.unsigned_abs()));
                let sql = "INSERT INTO item(id, zone) VALUES ($1, 'a')";
                on_tx!(&mut tx, |c| sqlx::query(sql).bind(id).execute(c).await.map(drop)).unwrap();
                tx.commit().await.unwrap();
                tokio::task::yield_now().await;
            }
            rounds
        };
        let backups = async {
            let mut all = Vec::new();
            for n in 0..3 {
                let path = place(&app, &format!("{n}.jyb"));
                all.push(make(&app, &path, Kind::Operator, &by(), |_, _| {}).await.unwrap());
            }
            over.store(true, Ordering::SeqCst);
            all
        };
        let (rounds, all) = tokio::join!(load, backups);
        assert!(rounds > 3, "{rounds}");
        for made in all {
            restore(&app, &made.path, true, &by(), |_, _| {}).await.unwrap();
            let sql = "SELECT (SELECT count(*) FROM item WHERE zone = 'a'), coalesce(min(n), 0), coalesce(max(n), 0)
                FROM zone WHERE code IN ('a', 'z')";
            let (items, least, most): (i64, i64, i64) =
                on_read!(&app.db, |c| sqlx::query_as(sql).fetch_one(c).await).unwrap();
            assert_eq!((items, least), (most, most));
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_are_not_restored() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        fill(&app, 0, 3).await;
        let who = session::Principal::Resident { id: app.new_id() };
        let mut tx = app.db.begin().await.unwrap();
        session::begin(&mut tx, &app, &who).await.unwrap();
        tx.commit().await.unwrap();
        let made = make(&app, &place(&app, "one.jyb"), Kind::Operator, &by(), |_, _| {}).await.unwrap();
        assert!(made.manifest.parts.iter().all(|part| part.table != "session"));
        restore(&app, &made.path, true, &by(), |_, _| {}).await.unwrap();
        let n: i64 =
            on_read!(&app.db, |c| sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(c).await)
                .unwrap();
        assert_eq!(n, 0);
    })
    .await;
}

#[tokio::test]
async fn two_nodes_make_one_scheduled_backup_and_old_ones_go() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        let config = Config { backup_every_hours: 6, backup_keep: 2, ..(*app.config).clone() };
        let app = App { config: Arc::new(config), ..app };
        let nodes = [(); 2].map(|()| handlers(Worker::new(app.clone()), &app));
        for _ in 0..5 {
            for node in &nodes {
                node.step().await.unwrap();
            }
            bench.clock.advance(chrono::TimeDelta::hours(6));
        }
        for node in &nodes {
            node.drain().await.unwrap();
        }
        let made = list(&app.db, 99).await.unwrap();
        assert_eq!(made.len(), 5, "{made:?}");
        assert!(made.iter().all(|one| one.kind == "schedule" && one.checked_at.is_some()));
        let (kept, gone): (Vec<_>, Vec<_>) = made.iter().partition(|one| one.removed_at.is_none());
        assert_eq!((kept.len(), gone.len()), (2, 3));
        assert!(kept.iter().all(|one| std::path::Path::new(&one.file).exists()));
        assert!(gone.iter().all(|one| !std::path::Path::new(&one.file).exists()));
        assert!(kept.iter().all(|one| gone.iter().all(|old| old.begun_at < one.begun_at)));
    })
    .await;
}

#[tokio::test]
async fn a_sealed_value_opens_after_a_restore_into_a_new_installation() {
    on_each_database(&[], async |bench| {
        let app = prepared(bench).await;
        fill(&app, 0, 5).await;
        let made = make(&app, &place(&app, "one.jyb"), Kind::Operator, &by(), |_, _| {}).await.unwrap();
        let new = Bench::sqlite(&[]).await;
        fs::copy(place(&app, "keys.toml"), new.config.var_dir.join("keys.toml")).unwrap();
        let there = prepared(&new).await;
        restore(&there, &made.path, false, &by(), |_, _| {}).await.unwrap();
        let id = Uuid::from_u128(3);
        let name: Sealed = on_read!(&there.db, |c| sqlx::query_scalar("SELECT name FROM item WHERE id = $1")
            .bind(id)
            .fetch_one(c)
            .await)
        .unwrap();
        let place = Place { table: "item", column: "name", row: id };
        assert_eq!(there.keyring.open(place, &name).unwrap(), "王小明3");
        new.finish().await;
    })
    .await;
}
