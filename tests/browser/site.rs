//! The program itself, with a database of its own, on a loopback port.

use std::net::SocketAddr;

use axum::Router;
use platform::{App, Config};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// A running program with the people of the demo.
pub(crate) struct Site {
    pub(crate) app: App,
    address: SocketAddr,
    serving: JoinHandle<()>,
    _var: TempDir,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let var = tempfile::tempdir().expect("a temporary folder");
        let config = Config {
            var_dir: var.path().to_owned(),
            data_dir: concat!(env!("CARGO_MANIFEST_DIR"), "/../data").into(),
            ..Config::default()
        };
        let app = server::start::app(config).await.expect("the program starts");
        server::start::seed(&app).await.expect("demo people come in");
        let (address, serving) = serve(&app, SocketAddr::from(([127, 0, 0, 1], 0))).await;
        Self { app, address, serving, _var: var }
    }

    /// `http://127.0.0.1:…`
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The program in memory, for what needs no window.
    pub(crate) fn router(&self) -> Router {
        server::router(self.app.clone(), tests::releases(&self.app))
    }

    /// Stops answering, as a killed server: open connections break, new ones are refused.
    pub(crate) async fn stop(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }

    /// Serves again on the same address and database.
    pub(crate) async fn start_again(&mut self) {
        (_, self.serving) = serve(&self.app, self.address).await;
    }
}

async fn serve(app: &App, address: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = server::router(app.clone(), tests::releases(app));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (address, serving)
}
