//! A seeded house for tests: demo people, the shipped knowledge, a hospital that signs its calls, pharmacists.

pub(crate) mod desk;

use std::{
    cell::Cell,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    middleware::from_fn_with_state,
};
use engine::{Current, Engine};
use gateways::{
    Gateways, signature,
    simulate::{Simulators, start_missing},
};
use http_body_util::BodyExt;
use people::Staff;
use platform::{
    Config,
    audit::Actor,
    db::test_support::{Bench, on_each_database},
    http::{ErrorPage, RequestId, finish_problems},
    idempotency::IdempotencyKey,
    jobs::Worker,
    rights::{self, Gate, Permission, Right, roles},
    session::{self, Principal, Role},
};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    Service, Shared, demo,
    model::{Document, Hospital, Pharmacist},
    service::{self, Once},
    store,
};

pub(crate) static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data");
    Arc::new(Engine::load(data.as_ref()).unwrap_or_else(|faults| panic!("{faults:?}")))
});

pub(crate) struct House<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) service: Service,
    pub(crate) staff: Vec<Staff>,
    pub(crate) request: RequestId,
    pub(crate) simulators: Simulators,
    gateways: Gateways,
    calls: Cell<u32>,
}

pub(crate) async fn on_each(test: impl AsyncFn(House<'_>)) {
    on_each_database(&[people::migrations, crate::migrations], async |bench| test(house(bench).await).await)
        .await;
}

pub(crate) async fn house(bench: &Bench) -> House<'_> {
    people::demo::seed(bench).await.unwrap();
    demo::furnish(bench).await.unwrap();
    let (_, staff) = people::service::list_demo_people(bench).await.unwrap();
    let mut service = Service { app: bench.app.clone(), engine: ENGINE.clone() };
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    service.app.config = Arc::new(config);
    let gateways = Gateways::of(&service.app);
    let request = RequestId("test-request".into());
    House { bench, service, staff, request, simulators, gateways, calls: Cell::new(0) }
}

impl House<'_> {
    pub(crate) fn his(&self) -> &gateways::his::Simulator {
        &self.simulators.his.as_ref().unwrap().1
    }

    pub(crate) fn his_faults(&self) -> &gateways::simulate::Faults {
        &self.simulators.his.as_ref().unwrap().0.faults
    }

    /// Runs what is due.
    pub(crate) async fn work(&self) {
        let worker = Worker::new(self.service.app.clone());
        crate::notice::handlers(worker, self.gateways.clone()).drain().await.unwrap();
    }

    /// What the HIS heard of a prescription, in order.
    pub(crate) fn heard(&self, number: &str) -> Vec<String> {
        let told = self.his().told().into_iter().map(|told| told.notice);
        told.filter(|notice| notice.number == number).map(|notice| notice.event).collect()
    }

    pub(crate) fn hospital(&self) -> Hospital<'_> {
        Hospital { institution: "H01", request: &self.request, by: None }
    }

    /// A prescription of the demo under a new number: the first whose patient has this name.
    pub(crate) fn document(&self, patient: &str) -> Document {
        let all = demo::read(&self.service).unwrap();
        let found = all.into_iter().find(|one| one.document.patient.name == patient);
        let mut document = found.unwrap_or_else(|| panic!("no {patient} in the demo")).document;
        document.number = format!("RX-{}", self.bench.new_id().simple());
        document
    }

    pub(crate) fn once(&self) -> Once<'static> {
        Once { key: IdempotencyKey(self.bench.new_id().to_string()), body: b"" }
    }

    /// Sends a prescription in; gives its id.
    pub(crate) async fn upload(&self, document: &Document) -> Uuid {
        service::upload(&self.service, self.hospital(), &self.once(), document).await.unwrap();
        self.order(&document.number).await.id
    }

    pub(crate) async fn order(&self, number: &str) -> crate::model::Order {
        store::find_numbered(&self.service.app.db, "H01", number).await.unwrap().unwrap()
    }

    pub(crate) fn of_role(&self, role: Role) -> &Staff {
        self.staff.iter().find(|one| one.role == role).unwrap()
    }

    pub(crate) async fn pharmacist(&self) -> Pharmacist<'_> {
        self.auditor(self.of_role(Role::Pharmacist)).await
    }

    /// Somebody of the staff with the rights of a pharmacist.
    pub(crate) async fn auditor(&self, staff: &Staff) -> Pharmacist<'_> {
        self.as_pharmacist(staff, Permission::PrescriptionAudit).await
    }

    /// The same under another permission.
    pub(crate) async fn as_pharmacist(&self, staff: &Staff, permission: Permission) -> Pharmacist<'_> {
        self.holding(staff, self.of_role(Role::Pharmacist).id, permission).await
    }

    /// Somebody of the staff under one of the own permissions.
    pub(crate) async fn of(&self, staff: &Staff, permission: Permission) -> Pharmacist<'_> {
        self.holding(staff, staff.id, permission).await
    }

    async fn holding(&self, staff: &Staff, holder: Uuid, permission: Permission) -> Pharmacist<'_> {
        let held = roles::find_held(&self.bench.db, holder).await.unwrap();
        let right = Right::new(staff.principal(), String::new(), Some(permission), Arc::new(held)).unwrap();
        Pharmacist { right, request: &self.request }
    }

    /// The same person, at work for the company.
    pub(crate) async fn processor(&self) -> Pharmacist<'_> {
        let who = self.pharmacist().await;
        Pharmacist { right: who.right.under(Permission::OrderProcess), request: who.request }
    }

    /// The secret of a hospital's interface.
    pub(crate) async fn secret(&self, institution: &str) -> String {
        let by = (Actor::system("test"), &self.request);
        service::renew_secret(&self.service.app, by, institution).await.unwrap()
    }

    /// A signed call of a hospital.
    pub(crate) async fn call(
        &self,
        (institution, secret): (&str, &str),
        method: &str,
        target: &str,
        key: &str,
        body: &Value,
    ) -> Seen {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        self.calls.set(self.calls.get() + 1);
        let nonce = format!("nonce-{:08}", self.calls.get());
        let timestamp = self.bench.now().timestamp();
        let signed = signature::of_request(secret, method, target, timestamp, &nonce, body.as_bytes());
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .header(signature::ACCOUNT, institution)
            .header(signature::TIMESTAMP, timestamp.to_string())
            .header(signature::NONCE, nonce)
            .header(signature::SIGNATURE, signed);
        send(&self.router(), request.body(Body::from(body)).unwrap()).await
    }

    fn router(&self) -> Router {
        let app = self.service.app.clone();
        let draw: ErrorPage = ui::demo_error_page;
        let shared = Shared { app: app.clone(), engine: Current::new(self.service.engine.clone()) };
        let (router, _) = crate::routes().with_state(shared).split_for_parts();
        router
            .layer(from_fn_with_state(Gate::new(app.clone(), crate::ACCESS), rights::guard))
            .layer(from_fn_with_state(app.clone(), session::guard_changes))
            .layer(from_fn_with_state(draw, finish_problems))
            .layer(from_fn_with_state(app, platform::http::request_id))
    }

    /// A browser signed in as somebody.
    pub(crate) async fn browser(&self, principal: Principal) -> Browser {
        let mut tx = self.bench.db.begin().await.unwrap();
        let cookie = session::begin(&mut tx, &self.bench.app, &principal).await.unwrap();
        tx.commit().await.unwrap();
        Browser { router: self.router(), cookie: format!("{}={}", cookie.name(), cookie.value()) }
    }
}

/// As a hospital writes it.
pub(crate) fn sent(document: &Document) -> Value {
    json!(document)
}

pub(crate) struct Browser {
    router: Router,
    cookie: String,
}

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Seen {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        send(&self.router, request.header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap()).await
    }

    /// Sends a form; `csrf` is added.
    pub(crate) async fn post(&self, path: &str, csrf: &str, fields: &[(&str, &str)]) -> Seen {
        let encoded =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let token = [("_csrf", csrf)];
        let pairs: Vec<_> = fields
            .iter()
            .chain(&token)
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, &self.cookie);
        send(&self.router, request.body(Body::from(pairs.join("&"))).unwrap()).await
    }
}

async fn send(router: &Router, request: Request<Body>) -> Seen {
    let response = router.clone().oneshot(request).await.unwrap();
    let location = response.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap());
    let (status, location) = (response.status(), location.to_owned());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Seen { status, location, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

impl Seen {
    /// Value of the first hidden field of a name.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest =
            self.text.split_once(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.text)).1;
        rest.split_once('"').unwrap().0.to_owned()
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }
}
