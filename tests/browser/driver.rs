//! Chromium and the program that steers it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use axum::http::Method;
use fantoccini::{Client, ClientBuilder, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

/// A running chromedriver on a port of its own; ends with the value.
pub(crate) struct Driver {
    process: Child,
    port: u16,
}

/// How a person sits before the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    /// 390 × 844 with a touch screen.
    Phone,
    /// As `Phone`, where no script comes in.
    PhoneWithoutScript,
    Desk,
}

impl Driver {
    /// None where Chromium or its driver is missing.
    pub(crate) fn start() -> Option<Self> {
        Command::new("chromium").arg("--version").output().ok()?;
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let output = process.stdout.take().expect("a pipe");
        let (send, port) = mpsc::channel();
        // Reads to the end, so that the driver never waits for its pipe.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let found = line
                    .split("successfully on port ")
                    .nth(1)
                    .and_then(|rest| rest.trim_end_matches('.').parse().ok());
                if let Some(port) = found {
                    let _ = send.send(port);
                }
            }
        });
        let port = port.recv_timeout(Duration::from_mins(1)).expect("chromedriver names its port");
        Some(Self { process, port })
    }

    /// Opens a browser with an empty profile.
    pub(crate) async fn browser(&self, device: Device, profile: &Path) -> Client {
        let capabilities = capabilities(device, profile);
        let capabilities = capabilities.as_object().expect("an object").clone();
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&address).await.expect("Chromium starts");
        if device == Device::PhoneWithoutScript {
            for (command, parameters) in [
                ("Network.enable", json!({})),
                (
                    "Network.setBlockedURLs",
                    json!({"urlPatterns": [{"urlPattern": "*://*:*/*.js", "block": true}]}),
                ),
            ] {
                client.issue_cmd(DevTools { command, parameters }).await.expect("scripts can be kept out");
            }
        }
        client
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Told to stop, the driver takes its browsers with it; killed, it leaves them behind.
        let told = Command::new("kill").arg(self.process.id().to_string()).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// A command of Chromium's own protocol. Keeping the files of script out serves for switching script off: pages have no
/// other script, and the driver itself needs the interpreter.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.command, "params": self.parameters}).to_string()))
    }
}

fn capabilities(device: Device, profile: &Path) -> Value {
    let mut arguments: Vec<String> = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--force-device-scale-factor=1",
        "--lang=zh-CN",
        "--window-size=1280,1010",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let mut options = json!({ "args": arguments });
    if device != Device::Desk {
        options["mobileEmulation"] = json!({"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 1.0, "touch": true, "mobile": true}});
    }
    json!({ "goog:chromeOptions": options })
}
