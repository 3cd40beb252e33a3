//! A seeded house for tests: demo people, a hospital, a company, the district, and a browser for each.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    middleware::from_fn_with_state,
};
use engine::Current;
use http_body_util::BodyExt;
use people::Staff;
use platform::{
    App, Config,
    db::test_support::{Bench, on_each_database},
    http::{ErrorPage, RequestId, finish_problems},
    rights::{self, Gate, Permission, Right, roles},
    session::{self, Role},
};
use tower::ServiceExt;

use crate::{
    Service, Shared,
    catalogue::{Company, service as catalogue},
};

pub(crate) struct House {
    pub(crate) service: Service,
    /// Of the hospital H01.
    pub(crate) pharmacist: Staff,
    /// Of the company C01.
    pub(crate) company: Staff,
    /// Of the district.
    pub(crate) admin: Staff,
    pub(crate) request: RequestId,
}

/// On both databases, with the company C01 in the catalogue; the configuration may be changed before.
pub(crate) async fn on_each(test: impl AsyncFn(&House, &Bench)) {
    on_each_with(async |_: &Bench, _: &mut Config| (), async |house, bench, ()| test(house, bench).await)
        .await;
}

pub(crate) async fn on_each_with<T>(
    prepare: impl AsyncFn(&Bench, &mut Config) -> T,
    test: impl AsyncFn(&House, &Bench, T),
) {
    on_each_database(&[people::migrations, crate::migrations], async |bench| {
        people::demo::seed(bench).await.unwrap();
        let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
        let prepared = prepare(bench, &mut config).await;
        let app = App { config: Arc::new(config), ..bench.app.clone() };
        let (_, staff) = people::service::list_demo_people(&app).await.unwrap();
        let of = |role: Role| staff.iter().find(|one| one.role == role).unwrap().clone();
        let house = House {
            service: Service { app, engine: super::ENGINE.clone() },
            pharmacist: of(Role::Pharmacist),
            company: of(Role::HerbalCompany),
            admin: of(Role::Admin),
            request: RequestId("test-request".into()),
        };
        let company = Company {
            code: "C01".into(),
            name: "云川杏林代煎中心".into(),
            areas: "静安区，黄浦区".into(),
            daily_capacity: 800,
            phone: String::new(),
            is_active: true,
            version: 0,
        };
        let right = house.right(&house.admin, Permission::HerbalCatalogue).await;
        let desk = catalogue::Desk { right, request: &house.request };
        catalogue::save_company(house.app(), &desk, company).await.unwrap();
        test(&house, bench, prepared).await;
    })
    .await;
}

impl House {
    pub(crate) fn app(&self) -> &App {
        &self.service.app
    }

    pub(crate) async fn right(&self, staff: &Staff, permission: Permission) -> Right {
        let held = roles::find_held(&self.app().db, staff.id).await.unwrap();
        Right::new(staff.principal(), String::new(), Some(permission), Arc::new(held)).unwrap()
    }

    pub(crate) async fn browser(&self, staff: &Staff) -> Browser {
        let mut tx = self.app().db.begin().await.unwrap();
        let cookie = session::begin(&mut tx, self.app(), &staff.principal()).await.unwrap();
        tx.commit().await.unwrap();
        Browser { router: self.router(), cookie: format!("{}={}", cookie.name(), cookie.value()) }
    }

    fn router(&self) -> Router {
        let app = self.app().clone();
        let draw: ErrorPage = ui::demo_error_page;
        let shared = Shared { app: app.clone(), engine: Current::new(self.service.engine.clone()) };
        let (router, _) = crate::routes().with_state(shared).split_for_parts();
        router
            .layer(from_fn_with_state(Gate::new(app.clone(), crate::ACCESS), rights::guard))
            .layer(from_fn_with_state(app, session::guard_changes))
            .layer(from_fn_with_state(draw, finish_problems))
    }
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
    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send(Request::get(path).header(header::ACCEPT, "text/html"), Vec::new()).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, String)]) -> Seen {
        let request = Request::get(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        self.send(request, Vec::new()).await
    }

    /// Fills in the form of a page: its hidden fields with those given.
    pub(crate) async fn submit(&self, page: &Seen, path: &str, fields: &[(&str, &str)]) -> Seen {
        let encoded =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let form = page.form(path);
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let hidden = hidden(form).into_iter().filter(|(name, _)| !names.contains(&name.as_str()));
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let body: Vec<String> = hidden
            .chain(given)
            .map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value)))
            .collect();
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body.join("&").into_bytes()).await
    }

    /// Sends fields as they are.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body.join("&").into_bytes()).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(
        &self,
        page: &Seen,
        path: &str,
        fields: &[(&str, &str)],
        (name, bytes): (&str, &[u8]),
    ) -> Seen {
        let mut body = Vec::new();
        let token = page.field("_csrf");
        for (field, value) in [("_csrf", token.as_str())].iter().chain(fields) {
            let part = format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--b--\r\n");
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.send(request, body).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Vec<u8>) -> Seen {
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
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) =
            self.text.split_once(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.text));
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// The first form that is sent to a path, or else to the page's own.
    fn form(&self, path: &str) -> &str {
        let own = format!("action=\"{path}\"");
        let is_it = |form: &&str| {
            let head = form.split_once('>').map_or(*form, |(head, _)| head);
            head.contains(&own) || head.contains("method=\"post\"") && !head.contains("action=")
        };
        let mut forms = self.text.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap());
        forms.find(is_it).unwrap_or_else(|| panic!("no form for {path} in {}", self.text))
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.text.contains(text), "{text} is not shown in {}", self.text);
    }
}

fn hidden(form: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let inputs = form.split("<input ").skip(1).map(|input| input.split('>').next().unwrap());
    inputs
        .filter(|input| input.contains("type=\"hidden\""))
        .filter_map(|input| Some((value(input, "name")?, value(input, "value")?)))
        .collect()
}
