//! The other side of each port on loopback, for demos and tests: real HTTP, the same checks of secrets and
//! signatures, fictitious people, and faults on request.

mod guard;

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use platform::{
    Clock, Config, Ids,
    config::{ALL_OTHERS, Hospital},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

use crate::{
    GatewayError, archive, call, catalogue, emr, his, shenkang, sms, suishenban, sunshine, support, wechat,
};

pub(crate) use guard::{Guard, no, yes};

/// What goes wrong with the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes late.
    Delay(Duration),
    /// The call is done, but its answer never arrives.
    LoseAnswer,
    /// The call is not done.
    Refuse,
    /// The call is lost on the way: not done, and never answered.
    Drop,
    /// The call arrives twice.
    Duplicate,
    /// The call arrives after the one that comes next; whoever sent it hears nothing.
    Reorder,
}

/// Faults that wait for the next calls, first in first out.
#[derive(Clone, Default)]
pub struct Faults(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    faults: Mutex<VecDeque<Fault>>,
    answered: Notify,
}

/// A simulator that answers until it is dropped.
pub struct Running {
    pub address: String,
    pub faults: Faults,
    task: JoinHandle<()>,
}

/// The simulators of one program.
#[derive(Default)]
pub struct Simulators {
    pub wechat: Option<(Running, wechat::Simulator)>,
    pub suishenban: Option<(Running, suishenban::Simulator)>,
    pub sms: Option<(Running, sms::Simulator)>,
    /// All hospitals that are not configured.
    pub his: Option<(Running, his::Simulator)>,
    pub emr: Option<(Running, emr::Simulator)>,
    pub archive: Option<(Running, archive::Simulator)>,
    pub shenkang: Option<(Running, shenkang::Simulator)>,
    pub support: Option<(Running, support::Simulator)>,
    pub sunshine: Option<(Running, sunshine::Simulator)>,
    /// Runs with that of the HIS.
    pub catalogue: Option<catalogue::Simulator>,
}

impl Faults {
    pub fn next(&self, fault: Fault) {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// Whether one waits for a call.
    pub fn is_waiting(&self) -> bool {
        !self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn take(&self) -> Option<Fault> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a simulator for every system the configuration does not name, and writes its address there.
pub async fn start_missing(
    config: &mut Config,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> io::Result<Simulators> {
    let mut started = Simulators::default();
    if config.wechat_app_id.is_empty() {
        let simulator = wechat::Simulator::new(clock.clone(), ids.clone());
        let running = run(simulator.routes()).await?;
        config.wechat_app_id = simulator.app_id().into();
        config.wechat_secret = simulator.secret().into();
        config.wechat_open_address.clone_from(&running.address);
        config.wechat_api_address.clone_from(&running.address);
        config.simulated.push("微信");
        started.wechat = Some((running, simulator));
    }
    if config.suishenban_address.is_empty() {
        let simulator = suishenban::Simulator::new(clock.clone(), ids.clone());
        let running = run(simulator.routes()).await?;
        config.suishenban_client_id = simulator.client_id().into();
        config.suishenban_secret = simulator.secret().into();
        config.suishenban_address.clone_from(&running.address);
        config.simulated.push("随申办");
        started.suishenban = Some((running, simulator));
    }
    if config.sms_address.is_empty() {
        let simulator = sms::Simulator::new(clock.clone(), ids.as_ref());
        let running = run(simulator.routes()).await?;
        config.sms_account = simulator.account().into();
        config.sms_secret = simulator.secret().into();
        config.sms_address.clone_from(&running.address);
        config.simulated.push("短信");
        started.sms = Some((running, simulator));
    }
    start_hospitals(config, clock, ids, &mut started).await?;
    if config.archive_address.is_empty() {
        let simulator = archive::Simulator::new(clock.clone(), ids.as_ref());
        let running = run(simulator.routes()).await?;
        config.archive_account = simulator.account().into();
        config.archive_secret = simulator.secret().into();
        config.archive_address.clone_from(&running.address);
        config.simulated.push("健康档案");
        started.archive = Some((running, simulator));
    }
    if config.shenkang_address.is_empty() {
        let simulator = shenkang::Simulator::new(clock.clone(), ids.as_ref());
        let running = run(simulator.routes()).await?;
        config.shenkang_account = simulator.account().into();
        config.shenkang_secret = simulator.secret().into();
        config.shenkang_address.clone_from(&running.address);
        config.simulated.push("申康");
        started.shenkang = Some((running, simulator));
    }
    if config.support_issuer.is_empty() {
        let simulator = support::Simulator::new(clock.clone(), ids.clone())?;
        let running = run(simulator.routes()).await?;
        simulator.set_issuer(&running.address);
        config.support_client_id = simulator.client_id().into();
        config.support_secret = simulator.secret().into();
        config.support_issuer.clone_from(&running.address);
        config.simulated.push("区支撑平台");
        started.support = Some((running, simulator));
    }
    if config.sunshine_address.is_empty() {
        let simulator = sunshine::Simulator::new(ids.as_ref());
        let running = run(simulator.routes()).await?;
        config.sunshine_account = simulator.account().into();
        config.sunshine_secret = simulator.secret().into();
        config.sunshine_address.clone_from(&running.address);
        config.simulated.push("阳光平台");
        started.sunshine = Some((running, simulator));
    }
    Ok(started)
}

/// One HIS and one EMR stand for all hospitals that are not configured.
async fn start_hospitals(
    config: &mut Config,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
    started: &mut Simulators,
) -> io::Result<()> {
    if config.hospitals.contains_key(ALL_OTHERS) {
        return Ok(());
    }
    let his = his::Simulator::new(clock.clone(), ids.as_ref());
    let emr = emr::Simulator::new(clock.clone(), his.secret());
    let catalogue = catalogue::Simulator::new(clock.clone(), his.secret());
    let his_running = run(his.routes().merge(catalogue.routes())).await?;
    let emr_running = run(emr.routes()).await?;
    let hospital = Hospital {
        his_address: his_running.address.clone(),
        emr_address: emr_running.address.clone(),
        account: his.account().into(),
        secret: his.secret().into(),
    };
    config.hospitals.insert(ALL_OTHERS.into(), hospital);
    config.simulated.extend(["医院HIS", "电子病历"]);
    started.his = Some((his_running, his));
    started.emr = Some((emr_running, emr));
    started.catalogue = Some(catalogue);
    Ok(())
}

async fn run(routes: Router) -> io::Result<Running> {
    let faults = Faults::default();
    let routes = routes.layer(from_fn_with_state(faults.clone(), go_wrong));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "a simulator stopped");
        }
    });
    Ok(Running { address, faults, task })
}

async fn go_wrong(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    match faults.take() {
        None => {
            let answer = next.run(request).await;
            faults.0.answered.notify_waiters();
            answer
        }
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            next.run(request).await
        }
        Some(Fault::LoseAnswer) => {
            next.run(request).await;
            std::future::pending().await
        }
        Some(Fault::Refuse) => (StatusCode::SERVICE_UNAVAILABLE, "refused").into_response(),
        Some(Fault::Drop) => std::future::pending().await,
        Some(Fault::Duplicate) => twice(request, next).await,
        Some(Fault::Reorder) => {
            // In a task of its own: the call still arrives when its sender has gone away.
            tokio::spawn(async move {
                faults.0.answered.notified().await;
                next.run(request).await;
            });
            std::future::pending().await
        }
    }
}

async fn twice(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = next.clone().run(Request::from_parts(parts.clone(), Body::from(bytes.clone()))).await;
    next.run(Request::from_parts(parts, Body::from(bytes))).await;
    answer
}

/// What a person does on a consent page: picks a user. Gives where the browser is sent back to.
pub async fn consent(address: &str, user: &str) -> Result<String, GatewayError> {
    let (address, _) = address.split_once('#').unwrap_or((address, ""));
    let request = call::client()?.get(format!("{address}&user={user}"));
    let unreached = |source: reqwest::Error| GatewayError::Unreached { system: "a simulator", source };
    let answer = request.send().await.map_err(unreached)?;
    let place = answer.headers().get("location").and_then(|place| place.to_str().ok());
    place
        .map(str::to_owned)
        .ok_or(GatewayError::Unreadable { system: "a simulator", fault: "nobody of that name".into() })
}

/// A page of a simulator: says at once that it is one.
pub(crate) fn page(title: &str, body: &str) -> axum::response::Html<String> {
    axum::response::Html(format!(
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:17px/1.6 sans-serif;max-width:30rem;margin:0 auto;padding:1rem}}\
         a.who{{display:block;padding:.8rem 1rem;margin:.6rem 0;border:1px solid #888;border-radius:.6rem;\
         text-decoration:none}}.sim{{background:#fff3dc;padding:.5rem .8rem;border-radius:.5rem}}</style>\
         <p class=sim>这是模拟的外部系统，人员均为虚构。</p><h1>{title}</h1>{body}</html>"
    ))
}

/// Text as it may stand in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A word nobody guesses, in hex.
pub(crate) fn word(ids: &dyn Ids) -> String {
    let mut bytes = [0; 16];
    ids.fill(&mut bytes);
    hex::encode(bytes)
}
