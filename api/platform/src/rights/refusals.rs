use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use crate::{
    App, Problem,
    audit::{self, Actor, Outcome},
    http::RequestId,
    session::{self, MaybeSignedIn},
};

/// So many refusals of one kind to one caller within an hour stand in the trail one by one; of the others every
/// hundredth, with the count, so that a flood can neither hide in the trail nor fill it.
const EACH: u32 = 20;
const THEN: u32 = 100;

/// Says that the refusal in this response is in the trail already, with more than its kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct InTrail;

/// Where refusals go; cheap to clone.
#[derive(Clone)]
pub struct Refusals(Arc<Inner>);

struct Inner {
    app: App,
    counted: Mutex<Counted>,
}

/// Of the hour that began so many hours after 1970.
#[derive(Default)]
struct Counted {
    hour: i64,
    times: HashMap<(String, &'static str), u32>,
}

impl Refusals {
    pub fn new(app: App) -> Self {
        Self(Arc::new(Inner { app, counted: Mutex::default() }))
    }

    /// The how manieth refusal of this kind to this caller within the hour.
    fn count(&self, caller: &str, kind: &'static str) -> u32 {
        let hour = self.0.app.now().timestamp().div_euclid(3600);
        let mut counted = self.0.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.hour != hour {
            *counted = Counted { hour, times: HashMap::new() };
        }
        let times = counted.times.entry((caller.to_owned(), kind)).or_default();
        *times = times.saturating_add(1);
        *times
    }

    async fn write(&self, actor: Actor, what: &What, Refusal { kind, title }: Refusal) -> sqlx::Result<()> {
        let caller = format!("{} {}", actor.id, audit::address().unwrap_or_default());
        let times = self.count(&caller, kind);
        if times > EACH && !times.is_multiple_of(THEN) {
            return Ok(());
        }
        let times = if times > EACH { format!("，一小时内第 {times} 次") } else { String::new() };
        let reason = format!("{title}（{kind}）{times}");
        let app = &self.0.app;
        let mut tx = app.db.begin().await?;
        let entry = audit::Entry {
            at: app.now(),
            actor,
            action: "access.refused",
            patient: None,
            object: Some(what.route.clone()),
            reason: Some(&reason),
            outcome: Outcome::Denied,
            request_id: &what.request_id,
        };
        audit::append(&mut tx, entry).await?;
        tx.commit().await
    }
}

/// What was asked for.
struct What {
    /// Method and path as in the router, without ids.
    route: String,
    request_id: String,
    is_of_one: bool,
}

/// Middleware: a request that was refused because of who asks, where it comes from or what it carries leaves a row in
/// the trail: another's thing by its id, a forged form, a body too large or of another kind, too many tries. Wrong
/// input and a missing sign-in are no attack.
pub async fn keep_refusals(State(refusals): State<Refusals>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let what = What {
        route: format!("{} {path}", request.method()),
        request_id: request.extensions().get::<RequestId>().map_or("-", |id| id.0.as_str()).to_owned(),
        is_of_one: path.contains('{'),
    };
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let Some(refusal) = Refusal::of(&response, &what) else { return response };
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers;
    let written = match MaybeSignedIn::from_request_parts(&mut parts, &refusals.0.app).await {
        Ok(MaybeSignedIn(Some(session))) => {
            refusals.write(Actor::from(&session.principal), &what, refusal).await
        }
        // Links to what is gone, and crawlers.
        Ok(MaybeSignedIn(None)) if response.status() == StatusCode::NOT_FOUND => Ok(()),
        Ok(MaybeSignedIn(None)) => {
            refusals.write(Actor { id: "unknown".into(), role: "visitor".into() }, &what, refusal).await
        }
        Err(problem) => {
            tracing::error!(causes = problem.causes(), "cannot tell who was refused");
            Ok(())
        }
    };
    if let Err(error) = written {
        tracing::error!(%error, route = what.route, "a refusal could not be written into the trail");
    }
    response
}

/// What a refusal is called.
#[derive(Clone, Copy)]
struct Refusal {
    kind: &'static str,
    title: &'static str,
}

impl Refusal {
    /// That is not in the trail yet.
    fn of(response: &Response, what: &What) -> Option<Self> {
        let is_refusal = match response.status() {
            StatusCode::FORBIDDEN
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::TOO_MANY_REQUESTS => true,
            StatusCode::NOT_FOUND => what.is_of_one,
            _ => false,
        };
        let is_new = is_refusal && response.extensions().get::<InTrail>().is_none();
        let problem = response.extensions().get::<Problem>().filter(|_| is_new)?;
        let found = Self { kind: problem.kind, title: problem.title };
        Some(found).filter(|found| found.kind != session::PROOF_REQUIRED)
    }
}
