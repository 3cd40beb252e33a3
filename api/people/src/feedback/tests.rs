use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    middleware::from_fn_with_state,
};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use platform::{
    App, audit,
    db::test_support::on_each_database,
    http::{ErrorPage, finish_problems},
    on_read,
    rights::{self, Fields, Gate, Grant, Held, Permission, Right, Scope},
    session::{self, Principal, Role},
};
use tower::ServiceExt;
use uuid::Uuid;

use super::{
    State,
    form::Typed,
    model::{Event, Feedback},
    service, statistics, store,
};
use crate::{
    PeopleError,
    realname::{
        photo::{self, tests::jpeg_of},
        tests::applicant,
    },
    sign_in::tests::request,
};

fn typed(text: &str) -> Typed {
    Typed { category: "fee".into(), text: text.into(), request_key: "k1".into(), ..Typed::default() }
}

fn at(version: i64, text: &str) -> Typed {
    Typed { version, ..typed(text) }
}

fn clerk(n: u128) -> Right {
    clerk_of("JA01", n, Scope::District)
}

fn clerk_of(institution: &str, n: u128, scope: Scope) -> Right {
    let principal = Principal::Staff {
        id: Uuid::from_u128(n),
        role: Role::Service,
        institution: institution.into(),
        department: "IM".into(),
    };
    let grant = Grant { permission: Permission::FeedbackHandle, scope, fields: Fields::new() };
    let held = Arc::new(Held::of(vec![grant], Vec::new()));
    Right::new(principal, String::new(), Some(Permission::FeedbackHandle), held).unwrap()
}

async fn now(app: &App, id: Uuid) -> Feedback {
    store::find(&app.db, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_feedback_goes_from_handing_in_to_rating_and_each_step_reaches_the_resident() {
    on_each_database(&[crate::migrations], async |bench| {
        let (me, r) = (applicant(bench).await, request());
        let id = service::submit(bench, &r, me, &typed("多收了<b>挂号费")).await.unwrap();
        assert_eq!(
            service::submit(bench, &r, me, &typed("多收了<b>挂号费")).await.unwrap(),
            id,
            "sent twice"
        );
        bench.clock.advance(TimeDelta::minutes(30));
        service::handle(bench, &r, &clerk(1), id, Event::Claimed, &at(1, "")).await.unwrap();
        service::note(bench, &r, &clerk(1), id, "已联系收费处").await.unwrap();
        service::handle(bench, &r, &clerk(1), id, Event::Replied, &at(2, "正在核对")).await.unwrap();
        service::change_own(bench, &r, me, id, Event::FollowedUp, &at(3, "还没退"), None).await.unwrap();
        assert_eq!((now(bench, id).await.state, now(bench, id).await.version), (State::Handling, 4));
        service::handle(bench, &r, &clerk(1), id, Event::Closed, &at(4, "已退")).await.unwrap();
        let over = service::handle(bench, &r, &clerk(1), id, Event::Replied, &at(5, "再说一句")).await;
        assert!(matches!(over, Err(PeopleError::Refused(_))), "closed takes no reply");
        let none = service::change_own(bench, &r, me, id, Event::Rated, &at(5, ""), Some(6)).await;
        assert!(matches!(none, Err(PeopleError::Field("stars", _))));
        service::change_own(bench, &r, me, id, Event::Rated, &at(5, "好"), Some(4)).await.unwrap();
        bench.clock.advance(TimeDelta::days(6));
        service::change_own(bench, &r, me, id, Event::Reopened, &at(6, "又多收"), None).await.unwrap();
        service::handle(bench, &r, &clerk(1), id, Event::Closed, &at(7, "已退")).await.unwrap();
        bench.clock.advance(TimeDelta::days(8));
        let late = service::change_own(bench, &r, me, id, Event::Reopened, &at(8, "又"), None).await;
        assert!(matches!(late, Err(PeopleError::Refused(_))), "seven days are over");

        let own = service::read_own(bench, me, id).await.unwrap();
        let kinds: Vec<_> = own.entries.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(kinds, ["text", "claimed", "reply", "follow_up", "closed", "rated", "reopened", "closed"]);
        assert_eq!(
            crate::message::count_unread(bench, me).await.unwrap(),
            5,
            "received, claimed, replied, closed twice"
        );
        let today = bench.app.clock.today();
        let counts =
            statistics::compute(bench, &clerk(1), today - chrono::Days::new(20), today).await.unwrap();
        assert_eq!((counts.sum, counts.median_minutes, counts.stars), (1, Some(30), Some(400)));
        assert!(counts.csv().contains("类别,费用,1\r\n"), "{}", counts.csv());
        let trail = audit::list_for_object(&bench.db, &format!("feedback/{id}"), 99).await.unwrap();
        assert_eq!(trail.len(), 9);
        let raw: Vec<Vec<u8>> =
            on_read!(&bench.db, |c| sqlx::query_scalar("SELECT text FROM feedback_entry").fetch_all(c).await)
                .unwrap();
        assert!(raw.iter().all(|text| !String::from_utf8_lossy(text).contains("挂号费")), "sealed");
    })
    .await;
}

#[tokio::test]
async fn of_two_who_answer_at_the_same_time_one_is_told_and_strangers_find_nothing() {
    on_each_database(&[crate::migrations], async |bench| {
        let (me, stranger, r) = (applicant(bench).await, applicant(bench).await, request());
        let id = service::submit(bench, &r, me, &typed("灯坏了")).await.unwrap();
        let (first, second) = (clerk(1), clerk(2));
        let (one, two) = (at(1, "甲"), at(1, "乙"));
        let (one, two) = tokio::join!(
            service::handle(bench, &r, &first, id, Event::Replied, &one),
            service::handle(bench, &r, &second, id, Event::Replied, &two),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let replies = service::read_own(bench, me, id).await.unwrap().entries;
        assert_eq!(replies.iter().filter(|entry| entry.kind == "reply").count(), 1);
        let read = service::read_own(bench, stranger, id).await;
        assert!(matches!(read, Err(PeopleError::NotFound)));
        let changed =
            service::change_own(bench, &r, stranger, id, Event::FollowedUp, &at(2, "x"), None).await;
        assert!(matches!(changed, Err(PeopleError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn photographs_of_a_closed_feedback_are_wiped_in_time_and_its_words_stay() {
    on_each_database(&[crate::migrations], async |bench| {
        let (me, r) = (applicant(bench).await, request());
        let photos = vec![photo::clean(&jpeg_of(800, 600)).unwrap()];
        let id = service::submit(bench, &r, me, &Typed { photos, ..typed("灯坏了") }).await.unwrap();
        let shown = async || service::read_own(bench, me, id).await.unwrap().entries[0].photos.len();
        bench.clock.advance(TimeDelta::days(40));
        assert_eq!(service::wipe_photos(bench).await.unwrap(), 0, "still open");
        service::handle(bench, &r, &clerk(1), id, Event::Closed, &at(1, "已修")).await.unwrap();
        bench.clock.advance(TimeDelta::days(29));
        assert_eq!((service::wipe_photos(bench).await.unwrap(), shown().await), (0, 1));
        bench.clock.advance(TimeDelta::days(1));
        assert_eq!((service::wipe_photos(bench).await.unwrap(), shown().await), (1, 0));
        assert_eq!(service::wipe_photos(bench).await.unwrap(), 0, "once");
        let left: i64 = on_read!(&bench.db, |c| sqlx::query_scalar("SELECT count(*) FROM feedback_photo")
            .fetch_one(c)
            .await)
        .unwrap();
        assert_eq!(left, 0);
        assert_eq!(service::read_own(bench, me, id).await.unwrap().entries[0].text, "灯坏了");
        let deeds = audit::list_for_patient(&bench.db, me, 1).await.unwrap();
        assert_eq!((deeds[0].action.as_str(), deeds[0].role.as_str()), ("feedback.wipe_photos", "system"));
    })
    .await;
}

struct Browser {
    router: Router,
    cookie: String,
}

impl Browser {
    async fn of(app: &App, principal: &Principal) -> Self {
        let mut tx = app.db.begin().await.unwrap();
        let cookie = session::begin(&mut tx, app, principal).await.unwrap();
        tx.commit().await.unwrap();
        let draw: ErrorPage = ui::demo_error_page;
        let (router, _) = super::routes().merge(crate::message::routes()).split_for_parts();
        let router = router
            .with_state(app.clone())
            .layer(from_fn_with_state(Gate::new(app.clone(), crate::ACCESS), rights::guard))
            .layer(from_fn_with_state(app.clone(), session::guard_changes))
            .layer(from_fn_with_state(draw, finish_problems));
        Self { router, cookie: format!("{}={}", cookie.name(), cookie.value()) }
    }

    async fn send(
        &self,
        request: axum::http::request::Builder,
        body: Vec<u8>,
    ) -> (StatusCode, String, String) {
        let request = request
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT, "text/html")
            .extension(platform::http::RequestId("test-request".into()))
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let place = response.headers().get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, place, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let (status, _, text) = self.send(Request::get(path), Vec::new()).await;
        (status, text)
    }

    async fn parts(&self, path: &str, csrf: &str, fields: &[(&str, &[u8])]) -> (StatusCode, String, String) {
        let mut body = Vec::new();
        for (name, value) in [("_csrf", csrf.as_bytes())].iter().chain(fields) {
            let file = if *name == "photos" { "; filename=\"a.jpg\"" } else { "" };
            let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend(head.into_bytes());
            body.extend(*value);
            body.extend(b"\r\n");
        }
        body.extend(b"--b--\r\n");
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.send(request, body).await
    }
}

fn field(page: &str, name: &str) -> String {
    let rest =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name} in {page}")).1;
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn pages_escape_what_was_written_keep_it_on_a_fault_and_show_it_to_nobody_else() {
    on_each_database(&[crate::migrations], async |bench| {
        let (me, stranger) = (applicant(bench).await, applicant(bench).await);
        let mine = Browser::of(bench, &Principal::Resident { id: me }).await;
        let other = Browser::of(bench, &Principal::Resident { id: stranger }).await;
        let (_, form) = mine.get("/feedback/new").await;
        let (csrf, key) = (field(&form, "_csrf"), field(&form, "request_key"));
        let bad = "<script>alert(1)</script>\"'{{7*7}}";
        let refused = [("category", &b"fee"[..]), ("text", bad.as_bytes()), ("photos", b"MZ no picture")];
        let (status, _, page) = mine.parts("/feedback/new", &csrf, &refused).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            !page.contains("<script>alert") && page.contains("alert(1)") && page.contains("JPEG"),
            "{page}"
        );
        let (status, _, _) = mine.parts("/feedback/new", "wrong", &refused).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "a foreign page cannot send");
        let photo = jpeg_of(800, 600);
        let good = [
            ("category", &b"fee"[..]),
            ("text", bad.as_bytes()),
            ("request_key", key.as_bytes()),
            ("photos", &photo),
        ];
        let (status, place, page) = mine.parts("/feedback/new", &csrf, &good).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        let (_, thread) = mine.get(&place).await;
        assert!(!thread.contains("<script>alert") && thread.contains("alert(1)"), "{thread}");
        let source = thread.split_once("<img src=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        assert_eq!(mine.get(&source).await.0, StatusCode::OK);
        for path in [place.as_str(), &source] {
            assert_eq!(other.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(!other.get("/feedback").await.1.contains("FK"));
        assert!(mine.get("/messages").await.1.contains("反馈已收到"));

        crate::demo::seed(bench).await.unwrap();
        let service = clerk(crate::demo::demo_id("staff", "s09").as_u128());
        let desk = Browser::of(bench, &service.principal).await;
        for path in ["/staff/feedback", "/staff/feedback/statistics", "/staff/messages"] {
            assert_eq!(desk.get(path).await.0, StatusCode::OK, "{path}");
            assert_eq!(mine.get(path).await.0, StatusCode::FORBIDDEN, "{path}");
        }
        let (status, page) = desk.get(&format!("/staff{place}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!page.contains("<script>alert"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_grant_for_one_institution_reaches_only_what_was_said_of_it() {
    on_each_database(&[crate::migrations], async |bench| {
        crate::organisation::service::load(bench).await.unwrap();
        let (me, r) = (applicant(bench).await, request());
        let about = |institution: &str, key: &str| Typed {
            institution: institution.into(),
            request_key: key.into(),
            ..typed("排队太久")
        };
        let first = service::submit(bench, &r, me, &about("JA01", "k-h01")).await.unwrap();
        let second = service::submit(bench, &r, me, &about("JA02", "k-h02")).await.unwrap();
        service::submit(bench, &r, me, &about("", "k-none")).await.unwrap();
        let today = bench.app.clock.today();
        let span = (bench.now() - TimeDelta::days(1), bench.now() + TimeDelta::days(1));
        let seen = async |right: &Right| {
            let found = store::list(&bench.db, right, &store::Filter::default(), span, 10).await.unwrap();
            let counted = statistics::compute(bench, right, today, today).await.unwrap().sum;
            assert_eq!(i64::try_from(found.len()).unwrap(), counted);
            found.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        let (of_first, of_second) =
            (clerk_of("JA01", 1, Scope::Institution), clerk_of("JA02", 2, Scope::Institution));
        assert_eq!((seen(&of_first).await, seen(&of_second).await), (vec![first], vec![second]));
        assert_eq!(seen(&clerk(3)).await.len(), 3);
        let read = service::read(bench, &r, &of_second, first).await;
        let answered = service::handle(bench, &r, &of_second, first, Event::Replied, &at(1, "在核对")).await;
        let noted = service::note(bench, &r, &of_second, first, "不是我们的").await;
        for refused in [read.map(drop), answered, noted] {
            assert!(matches!(refused, Err(PeopleError::NotFound)), "{refused:?}");
        }
        // What was given to somebody stays with them, whatever it is about.
        service::handle(bench, &r, &clerk_of("JA01", 9, Scope::District), second, Event::Claimed, &at(1, ""))
            .await
            .unwrap();
        assert_eq!(seen(&clerk_of("JA03", 9, Scope::Assigned)).await, [second]);
    })
    .await;
}
