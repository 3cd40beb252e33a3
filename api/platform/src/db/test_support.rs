//! A fresh database, fixed clock and seeded ids per test; each store test runs on both engines.
//!
//! PostgreSQL is used when `JIUYI_TEST_PG_URL` names a server; with `JIUYI_REQUIRE_PG=1` its absence is a failure.
#![expect(clippy::expect_used, reason = "a test bench that cannot be set up fails its test")]
#![expect(clippy::missing_panics_doc, reason = "as above")]
#![expect(clippy::print_stderr, reason = "a skipped engine must be seen")]

use std::{ops::Deref, sync::Arc};

use sqlx::{AssertSqlSafe, postgres::PgConnectOptions};
use tempfile::TempDir;

use super::{Db, Migrations};
use crate::{App, Config, Ids, clock::FixedClock, crypto::Keyring, ids::SeededIds, ids::SystemIds};

/// The running program's shared parts on an empty, migrated database; derefs to [`App`].
pub struct Bench {
    pub app: App,
    /// The app's clock: 2026-03-02 10:00 in China, a Monday.
    pub clock: Arc<FixedClock>,
    schema: Option<(PgConnectOptions, String)>,
    _var: TempDir,
}

impl Deref for Bench {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

/// Runs `test` on SQLite, and on PostgreSQL where there is one, each time on an empty database with the tables of
/// this crate and of `migrations`.
pub async fn on_each_database(migrations: &[fn() -> Migrations], test: impl AsyncFn(&Bench)) {
    let bench = Bench::sqlite(migrations).await;
    test(&bench).await;
    bench.finish().await;
    match Bench::postgres(migrations).await {
        Some(bench) => {
            test(&bench).await;
            bench.finish().await;
        }
        None => eprintln!("注意：未设置 JIUYI_TEST_PG_URL，本测试没有在 PostgreSQL 上运行"),
    }
}

impl Bench {
    pub async fn sqlite(migrations: &[fn() -> Migrations]) -> Self {
        let var = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", var.path().join("test.db").display());
        let db = Db::connect(&url).await.expect("SQLite opens");
        Self::on(db, url, var, None, migrations).await
    }

    /// None when no server is named.
    #[expect(clippy::disallowed_methods, reason = "the bench, like the configuration, reads the environment")]
    pub async fn postgres(migrations: &[fn() -> Migrations]) -> Option<Self> {
        let Ok(url) = std::env::var("JIUYI_TEST_PG_URL") else {
            let required = std::env::var("JIUYI_REQUIRE_PG").is_ok_and(|v| v == "1");
            assert!(!required, "JIUYI_REQUIRE_PG=1, but JIUYI_TEST_PG_URL names no server");
            return None;
        };
        let server: PgConnectOptions = url.parse().expect("JIUYI_TEST_PG_URL is a postgres:// address");
        let schema = format!("t_{}", SystemIds::new(Arc::new(crate::clock::SystemClock)).new_id().simple());
        run(&server, format!("CREATE SCHEMA {schema}")).await;
        let db = Db::postgres(server.clone().options([("search_path", &schema)]), 6)
            .await
            .expect("PostgreSQL opens");
        let var = tempfile::tempdir().expect("a temporary folder");
        Some(Self::on(db, url, var, Some((server, schema)), migrations).await)
    }

    async fn on(
        db: Db,
        database_url: String,
        var: TempDir,
        schema: Option<(PgConnectOptions, String)>,
        migrations: &[fn() -> Migrations],
    ) -> Self {
        let mut all = vec![crate::migrations()];
        all.extend(migrations.iter().map(|crate_migrations| crate_migrations()));
        db.migrate(&all).await.expect("migrations run");
        let clock = Arc::new(FixedClock::at("2026-03-02T02:00:00Z".parse().expect("a moment")));
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(clock.clone(), 1));
        let config = Config {
            database_url,
            var_dir: var.path().to_owned(),
            data_dir: concat!(env!("CARGO_MANIFEST_DIR"), "/../../data").into(),
            ..Config::default()
        };
        let app = App {
            db,
            clock: clock.clone(),
            keyring: Arc::new(Keyring::generate(&*ids)),
            ids,
            config: Arc::new(config),
        };
        crate::integrity::begin_quietly(&app, crate::integrity::GUARDED).await.expect("rows get their MACs");
        Self { app, clock, schema, _var: var }
    }

    /// Closes the database and removes what the test left on the server.
    pub async fn finish(self) {
        self.app.db.close().await;
        if let Some((server, schema)) = self.schema {
            run(&server, format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }
}

async fn run(server: &PgConnectOptions, sql: String) {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::PgConnection::connect_with(server).await.expect("PostgreSQL answers");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("schema statement runs");
    connection.close().await.expect("connection closes");
}
