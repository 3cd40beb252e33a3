//! The page of backups, and a drill over the whole program: back up, change, restore.

use axum::http::Method;
use platform::{
    App,
    audit::{self, Actor, Verdict},
    backup::{self, Kind},
    crypto::find_broken,
    db::tables,
    jobs::Worker,
};
use tests::TestApp;

async fn rows(app: &App) -> Vec<(String, u64)> {
    let mut tx = app.db.snapshot().await.unwrap();
    let mut all = Vec::new();
    for table in tables::list_tables(&mut tx).await.unwrap() {
        let mut n = 0;
        tables::read_rows(&mut tx, &table, |_| {
            n += 1;
            Ok::<_, platform::db::Error>(())
        })
        .await
        .unwrap();
        if !["backup_log", "audit_log", "session"].contains(&table.name.as_str()) {
            all.push((table.name, n));
        }
    }
    all
}

#[tokio::test]
async fn the_system_administrator_makes_and_checks_backups() {
    TestApp::on_each_database(async |app| {
        let worker = backup::handlers(Worker::new((**app).clone()), app);
        let mut admin = app.staff("s05").await;
        let empty = admin.get("/admin/backups").await;
        assert!(
            empty.body.contains("还没有完好的备份") && empty.body.contains("keys.toml"),
            "{}",
            empty.body
        );
        let asked = admin.post_form("/admin/backups", &[]).await;
        assert_eq!(asked.location(), "/admin/backups?asked=true");
        assert_eq!(worker.drain().await.unwrap(), 1);
        let made = admin.get("/admin/backups").await;
        assert!(made.body.contains("完好") && made.body.contains("手工"), "{}", made.body);
        assert!(!made.body.contains("还没有完好的备份"));

        let entry = backup::list(&app.db, 1).await.unwrap().remove(0);
        std::fs::write(&entry.file, "JIUYI-BACKUP-1\nx").unwrap();
        admin.post_form(&format!("/admin/backups/{}/check", entry.id), &[]).await;
        assert_eq!(worker.drain().await.unwrap(), 1);
        let broken = admin.get("/admin/backups").await;
        assert!(broken.body.contains("不能使用") && broken.body.contains("开头已被改动"), "{}", broken.body);
        let object = format!("backup/{}", entry.id);
        let trail = audit::list_for_object(&app.db, &object, 9).await.unwrap();
        let deeds: Vec<_> = trail.iter().map(|row| (row.action.as_str(), row.outcome.as_str())).collect();
        assert_eq!(deeds, [("backup.verify", "failed"), ("backup.make", "done")]);

        for key in ["s01", "s06", "s07", "s10"] {
            let mut other = app.staff(key).await;
            assert_eq!(other.get("/admin/backups").await.status, 403, "{key}");
            assert_eq!(other.post_form("/admin/backups", &[]).await.status, 403, "{key}");
        }
        let mut visitor = app.browser();
        let request = visitor.request(Method::GET, "/admin/backups", "application/json");
        assert_eq!(visitor.send(request, axum::body::Body::empty()).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn the_whole_program_comes_back_from_a_backup() {
    TestApp::on_each_database(async |app| {
        crate::preconsult::sent(app, "r05", "咳嗽三天").await;
        let before = rows(app).await;
        let (by, path) = (Actor::system("drill"), app.config.var_dir.join("drill.jyb"));
        let made = backup::make(app, &path, Kind::Operator, &by, |_, _| {}).await.unwrap();
        assert!(made.manifest.parts.iter().any(|part| part.table == "consultation_turn" && part.rows > 3));
        crate::preconsult::sent(app, "r06", "头痛两天").await;
        assert_ne!(rows(app).await, before);
        backup::restore(app, &path, true, &by, |_, _| {}).await.unwrap();
        assert_eq!(rows(app).await, before);
        assert!(matches!(audit::verify(&app.db).await.unwrap(), Verdict::Intact { .. }));
        assert_eq!(find_broken(app, &server::start::sealed_columns()).await.unwrap(), []);
        // The doctor finds the consultation again, and the program goes on.
        assert!(app.staff("s01").await.get("/doctor").await.body.contains("咳嗽"));
        crate::preconsult::sent(app, "r06", "头痛两天").await;
    })
    .await;
}
