//! The program itself, with a database of its own, on a loopback port.

use std::net::SocketAddr;

use axum::Router;
use gateways::simulate::Simulators;
use platform::{App, Config};
use server::{start, work::Work};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::releases;

/// A running program with the people of the demo.
pub struct Site {
    /// The shared parts of the program.
    pub app: App,
    /// The outside systems of [`Site::start_whole`].
    pub simulators: Simulators,
    work: Option<Work>,
    address: SocketAddr,
    serving: JoinHandle<()>,
    _var: TempDir,
}

impl Site {
    /// Begins to serve, on an empty database with the people of the demo.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with another configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let var = tempfile::tempdir().expect("a temporary folder");
        let mut config = config(&var);
        change(&mut config);
        Self::of(config, var, Simulators::default()).await
    }

    /// With every outside system simulated, and with the jobs and clocks of a node.
    pub async fn start_whole() -> Self {
        let var = tempfile::tempdir().expect("a temporary folder");
        let mut config = config(&var);
        let simulators = start::simulate(&mut config).await.expect("simulators start");
        let mut site = Self::of(config, var, simulators).await;
        site.work = Some(Work::begin(&site.app, &releases(&site.app)).await.expect("work begins"));
        site
    }

    async fn of(config: Config, var: TempDir, simulators: Simulators) -> Self {
        let app = start::app(config).await.expect("the program starts");
        start::seed(&app).await.expect("demo people come in");
        let (address, serving) = serve(&app, SocketAddr::from(([127, 0, 0, 1], 0))).await;
        Self { app, simulators, work: None, address, serving, _var: var }
    }

    /// `http://127.0.0.1:…`
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The program in memory, for what needs no window.
    pub fn router(&self) -> Router {
        server::router(self.app.clone(), releases(&self.app))
    }

    /// Stops answering, as a killed server: open connections break, new ones are refused.
    pub async fn stop(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }

    /// Serves again on the same address and database.
    pub async fn start_again(&mut self) {
        (_, self.serving) = serve(&self.app, self.address).await;
    }
}

fn config(var: &TempDir) -> Config {
    Config {
        var_dir: var.path().to_owned(),
        data_dir: concat!(env!("CARGO_MANIFEST_DIR"), "/../data").into(),
        ..Config::default()
    }
}

async fn serve(app: &App, address: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = server::router(app.clone(), releases(app));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (address, serving)
}
