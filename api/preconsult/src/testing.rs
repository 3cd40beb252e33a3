//! A seeded house for tests: demo people, the shipped knowledge, two residents and a doctor.

use std::{
    future::poll_fn,
    sync::{Arc, LazyLock},
    task::Poll,
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    middleware::from_fn_with_state,
};
use engine::{Current, Engine};
use http_body_util::BodyExt;
use people::{Resident, Staff};
use platform::{
    App,
    db::test_support::{Bench, on_each_database},
    http::{ErrorPage, RequestId, finish_problems},
    rights::{self, Gate, Held, Permission, Right, roles},
    session::{self, Principal, Role},
};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    PreconsultError, Service, Shared,
    model::{Answer, Doctor, Opening, Patient, State},
    service::{self, FoundRelease, Own, Past, Taken},
};

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data");
    Arc::new(Engine::load(data.as_ref()).unwrap_or_else(|faults| panic!("{faults:?}")))
});

/// A house that keeps no past releases.
pub(crate) struct NoPast;

impl Past for NoPast {
    fn find<'a>(&'a self, _: &'a str) -> FoundRelease<'a> {
        Box::pin(async { Ok(None) })
    }
}

pub(crate) struct House<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) service: Service,
    pub(crate) resident: Resident,
    pub(crate) neighbour: Resident,
    /// Of the department every consultation here is begun for.
    pub(crate) doctor: Staff,
    pub(crate) other_doctor: Staff,
    pub(crate) request: RequestId,
}

pub(crate) async fn on_each(test: impl AsyncFn(House<'_>)) {
    on_each_database(&[people::migrations, crate::migrations], async |bench| test(house(bench).await).await)
        .await;
}

pub(crate) async fn house(bench: &Bench) -> House<'_> {
    people::demo::seed(bench).await.unwrap();
    let (residents, staff) = people::service::list_demo_people(bench).await.unwrap();
    let mut adults = residents.into_iter().filter(|resident| resident.sex == people::Sex::Male);
    let of = |code: &str| {
        staff.iter().find(|one| one.role == Role::Doctor && one.department.code == code).unwrap().clone()
    };
    House {
        bench,
        service: Service { app: bench.app.clone(), engine: ENGINE.clone(), past: Arc::new(NoPast) },
        resident: adults.next().unwrap(),
        neighbour: adults.next().unwrap(),
        doctor: of("IM"),
        other_doctor: of("PED"),
        request: RequestId("test-request".into()),
    }
}

impl House<'_> {
    pub(crate) fn patient(&self) -> Patient<'_> {
        Patient { id: self.resident.id, request: &self.request }
    }

    pub(crate) fn stranger(&self) -> Patient<'_> {
        Patient { id: self.neighbour.id, request: &self.request }
    }

    /// With what the role of a doctor gives.
    pub(crate) async fn reader(&self, doctor: &Staff) -> Doctor<'_> {
        let held = roles::find_held(&self.bench.db, doctor.id).await.unwrap();
        self.with(doctor, held)
    }

    /// With other rights than those of the role.
    pub(crate) fn with(&self, doctor: &Staff, held: Held) -> Doctor<'_> {
        let permission = Some(Permission::ConsultationRead);
        let right = Right::new(doctor.principal(), String::new(), permission, Arc::new(held)).unwrap();
        Doctor { right, request: &self.request }
    }

    pub(crate) async fn begin(&self) -> Uuid {
        let department = &self.doctor.department;
        let opening = Opening::at(&department.institution, &department.code);
        service::begin(&self.service, self.patient(), &opening).await.unwrap().id
    }

    pub(crate) async fn own(&self, id: Uuid) -> Own {
        service::read_own(&self.service, self.resident.id, id).await.unwrap()
    }

    pub(crate) async fn say(
        &self,
        id: Uuid,
        turn: usize,
        text: &str,
        key: &str,
    ) -> Result<Taken, PreconsultError> {
        let answer = Answer { turn, question: None, text: text.into(), request_key: key.into() };
        service::answer(&self.service, self.patient(), id, &answer).await
    }

    /// Tells a complaint and then says no to everything, or the first option where no cannot be said.
    pub(crate) async fn talk_to_the_end(&self, id: Uuid, complaint: &str) -> Own {
        self.say(id, 0, complaint, "turn-0").await.unwrap();
        for turn in 1.. {
            let own = self.own(id).await;
            let Some(question) =
                own.interview.dialogue().pending().filter(|_| own.consultation.state == State::Asking)
            else {
                return own;
            };
            let text = reply(&question.options);
            self.say(id, turn, &text, &format!("turn-{turn}")).await.unwrap();
        }
        unreachable!("a dialogue ends")
    }

    pub(crate) async fn submitted(&self, complaint: &str) -> Uuid {
        let id = self.begin().await;
        let own = self.talk_to_the_end(id, complaint).await;
        service::confirm(&self.service, self.patient(), id, own.consultation.version).await.unwrap();
        id
    }

    /// A browser signed in as somebody.
    pub(crate) async fn browser(&self, principal: Principal) -> Browser {
        let mut tx = self.bench.db.begin().await.unwrap();
        let cookie = session::begin(&mut tx, &self.bench.app, &principal).await.unwrap();
        tx.commit().await.unwrap();
        Browser { router: router(&self.service), cookie: format!("{}={}", cookie.name(), cookie.value()) }
    }

    pub(crate) async fn resident_browser(&self) -> Browser {
        self.browser(Principal::Resident { id: self.resident.id }).await
    }
}

/// Runs futures at the same time.
pub(crate) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, output) in &mut running {
            if output.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *output = Some(value);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

pub(crate) fn reply(options: &[String]) -> String {
    let ways = ["继续填写", "都没有", "没有"];
    let way = ways.iter().find_map(|way| options.iter().find(|option| option.starts_with(way)));
    way.or(options.first()).cloned().unwrap_or_else(|| "没有".into())
}

fn router(service: &Service) -> Router {
    let app: App = service.app.clone();
    let draw: ErrorPage = ui::demo_error_page;
    let shared =
        Shared { app: app.clone(), engine: Current::new(service.engine.clone()), past: service.past.clone() };
    let (router, _) = crate::routes().with_state(shared).split_for_parts();
    router
        .layer(axum::Extension(gateways::Gateways::of(&app)))
        .layer(from_fn_with_state(Gate::new(app.clone(), crate::ACCESS), rights::guard))
        .layer(from_fn_with_state(app, session::guard_changes))
        .layer(from_fn_with_state(draw, finish_problems))
}

pub(crate) struct Browser {
    router: Router,
    cookie: String,
}

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) etag: String,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn signed_out(&self) -> Self {
        Self { router: self.router.clone(), cookie: "none=1".into() }
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send(Request::get(path).header(header::ACCEPT, "text/html"), String::new()).await
    }

    /// Sends a form; `csrf` is added.
    pub(crate) async fn post(&self, path: &str, csrf: &str, fields: &[(&str, &str)]) -> Seen {
        let encoded =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let token = [("_csrf", csrf)];
        let all = fields.iter().chain(&token);
        let body = all
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    pub(crate) async fn json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
        let request =
            Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request, body.to_owned()).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: String) -> Seen {
        let request = request.header(header::COOKIE, &self.cookie).body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = |name| {
            response.headers().get(name).map_or("", |value: &header::HeaderValue| value.to_str().unwrap())
        };
        let (status, location, etag) =
            (response.status(), text(header::LOCATION).to_owned(), text(header::ETAG).to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Seen { status, location, etag, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

impl Seen {
    /// Value of the first hidden field of a name.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest =
            self.text.split_once(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.text)).1;
        rest.split_once('"').unwrap().0.to_owned()
    }

    pub(crate) fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }
}
