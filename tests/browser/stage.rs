//! Site, driver and windows of one test.

use std::{io::Write, panic::resume_unwind, path::Path, sync::Arc, time::Duration};

use fantoccini::Client;
use tempfile::TempDir;
use tests::Site;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use crate::{
    Window,
    driver::{Device, Driver},
};

const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/screenshots");

/// A test that takes longer hangs.
const LONGEST: Duration = Duration::from_mins(5);

/// A browser that does not close or give its picture by then hangs, too.
const GLANCE: Duration = Duration::from_secs(15);

/// What a test plays on.
pub(crate) struct Stage {
    site: Mutex<Site>,
    driver: Driver,
    windows: Mutex<Vec<(&'static str, Client, TempDir)>>,
}

/// Plays a test; keeps pictures of all windows when it fails.
pub(crate) async fn on_stage<T: Future<Output = ()> + Send + 'static>(
    name: &str,
    test: impl FnOnce(Arc<Stage>) -> T,
) {
    play(name, Box::pin(Site::start()), test).await;
}

/// The same with simulated outside systems and everything a node does besides answering.
pub(crate) async fn on_whole_stage<T: Future<Output = ()> + Send + 'static>(
    name: &str,
    test: impl FnOnce(Arc<Stage>) -> T,
) {
    play(name, Box::pin(Site::start_whole()), test).await;
}

async fn play<T: Future<Output = ()> + Send + 'static>(
    name: &str,
    site: impl Future<Output = Site>,
    test: impl FnOnce(Arc<Stage>) -> T,
) {
    let Some(driver) = Driver::start() else {
        return skip(name);
    };
    let site = Mutex::new(site.await);
    let stage = Arc::new(Stage { site, driver, windows: Mutex::default() });
    let outcome = tokio::spawn(timeout(LONGEST, test(stage.clone()))).await;
    let is_late = matches!(outcome, Ok(Err(_)));
    let windows = std::mem::take(&mut *stage.windows.lock().await);
    for (who, client, _profile) in windows {
        if is_late || outcome.is_err() {
            let _ = timeout(GLANCE, keep(name, who, &client)).await;
        }
        let _ = timeout(GLANCE, client.close()).await;
    }
    if let Err(error) = outcome {
        resume_unwind(error.into_panic());
    }
    assert!(!is_late, "not done after {LONGEST:?}");
}

impl Stage {
    /// Somebody at a device, with a browser of one's own.
    pub(crate) async fn person(&self, who: &'static str, device: Device) -> Window {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let client = self.driver.browser(device, profile.path()).await;
        self.windows.lock().await.push((who, client.clone(), profile));
        Window::new(client, self.site.lock().await.base())
    }

    pub(crate) async fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().await
    }
}

async fn keep(test: &str, who: &str, client: &Client) {
    std::fs::create_dir_all(SCREENSHOTS).expect("a folder for pictures");
    let place = |kind| Path::new(SCREENSHOTS).join(format!("{test}-{who}.{kind}"));
    if let Ok(picture) = client.screenshot().await {
        std::fs::write(place("png"), picture).expect("a picture is kept");
    }
    if let Ok(source) = client.source().await {
        std::fs::write(place("html"), source).expect("a page is kept");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test bench, like the configuration, reads the environment"
)]
fn skip(name: &str) {
    let required = std::env::var("JIUYI_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
    assert!(!required, "JIUYI_REQUIRE_BROWSER=1, but chromium or chromedriver is missing");
    // Not by a macro: what a passing test prints that way is not shown.
    let _ = writeln!(std::io::stderr(), "跳过：没有 chromium 或 chromedriver，浏览器测试 {name} 没有运行");
}
