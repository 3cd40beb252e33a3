use std::{
    ops::Deref,
    path::Path,
    sync::{Arc, LazyLock},
};

use axum::Router;
use engine::{Current, Engine};
use gateways::simulate::{Simulators, start_missing};
use knowledge::Releases;
use platform::{
    App, Config,
    db::test_support::{Bench, on_each_database},
    session::{self, Principal},
};

use crate::Browser;

/// The shipped knowledge, compiled once for all tests of a binary.
static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    Arc::new(server::start::engine(data).expect("the shipped knowledge is free of errors"))
});

/// The shipped knowledge.
pub fn engine() -> Arc<Engine> {
    ENGINE.clone()
}

/// A node with the shipped knowledge in use; nothing is published.
pub fn releases(app: &App) -> Releases {
    Releases::new(app.clone(), Current::new(engine()))
}

/// The whole program on an empty database with the demo people; derefs to the bench (app, fixed clock).
pub struct TestApp<'a> {
    bench: &'a Bench,
    app: App,
    router: Router,
    releases: Releases,
}

impl<'a> TestApp<'a> {
    /// Runs a test on SQLite, and on PostgreSQL where `JIUYI_TEST_PG_URL` names one.
    pub async fn on_each_database(test: impl AsyncFn(&TestApp<'_>)) {
        on_each_database(&server::start::MIGRATIONS[1..], async |bench| {
            people::demo::seed(bench).await.expect("demo people come in");
            test(&TestApp::on(bench)).await;
        })
        .await;
    }

    fn on(bench: &'a Bench) -> Self {
        Self::with(bench, bench.app.clone())
    }

    fn with(bench: &'a Bench, app: App) -> Self {
        let releases = releases(&app);
        Self { bench, app: app.clone(), router: server::router(app, releases.clone()), releases }
    }

    /// The program with another data folder, on the same database.
    #[must_use]
    pub fn with_data_folder(&self, folder: &Path) -> Self {
        let config = Config { data_dir: folder.to_owned(), ..(*self.bench.config).clone() };
        Self::with(self.bench, App { config: Arc::new(config), ..self.bench.app.clone() })
    }

    /// The program with simulators for every outside system, on the same database.
    pub async fn with_simulators(&self) -> (Self, Simulators) {
        let mut config = (*self.bench.config).clone();
        let simulators = start_missing(&mut config, &self.bench.app.clock, &self.bench.app.ids)
            .await
            .expect("simulators start");
        let app = App { config: Arc::new(config), ..self.bench.app.clone() };
        (Self::with(self.bench, app), simulators)
    }

    /// The program as it is after it was killed and started again on the same database.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self::on(self.bench)
    }

    /// The shared parts of this node, with its configuration.
    pub fn app(&self) -> App {
        self.app.clone()
    }

    /// The releases of this node.
    pub fn releases(&self) -> &Releases {
        &self.releases
    }

    /// All routes as they are served.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A browser signed in as a resident of `data/demo/residents.tsv`, by key.
    pub async fn resident(&self, key: &str) -> Browser {
        self.signed_in("resident", key).await
    }

    /// A browser signed in as a member of `data/demo/staff.tsv`, by key.
    pub async fn staff(&self, key: &str) -> Browser {
        self.signed_in("staff", key).await
    }

    /// A browser with a session of this principal, who need not be among the demo people.
    pub async fn signed_in_as(&self, principal: &Principal) -> Browser {
        let mut tx = self.bench.db.begin().await.expect("a transaction begins");
        let cookie = session::begin(&mut tx, &self.bench.app, principal).await.expect("a session begins");
        tx.commit().await.expect("a session is kept");
        let mut browser = self.browser();
        browser.set_cookie(session::COOKIE, cookie.value());
        browser
    }

    async fn signed_in(&self, kind: &str, key: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(kind, key).await;
        browser
    }
}

impl Deref for TestApp<'_> {
    type Target = Bench;
    fn deref(&self) -> &Bench {
        self.bench
    }
}
