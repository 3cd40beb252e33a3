use std::sync::Arc;

use axum::extract::FromRequestParts;
use chrono::TimeDelta;
use gateways::{
    Gateways,
    simulate::{Simulators, consent, start_missing},
};
use platform::{
    App, audit,
    db::test_support::{Bench, on_each_database},
    http::RequestId,
    on_read,
    session::{MaybeSignedIn, Principal, Session},
};
use tower::ServiceExt;
use uuid::Uuid;

use super::{
    code,
    outside::{self, Back},
};
use crate::{
    PeopleError,
    identity::Phone,
    resident::{self, Channel},
};

/// The bench with simulators for every outside system.
pub(crate) async fn simulated(bench: &Bench) -> (App, Gateways, Simulators) {
    let mut config = (*bench.app.config).clone();
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    let app = App { config: Arc::new(config), ..bench.app.clone() };
    let gateways = Gateways::of(&app);
    (app, gateways, simulators)
}

pub(crate) fn request() -> RequestId {
    RequestId("test-request".into())
}

/// Goes out, consents as `user` and comes back; gives what the browser brings.
async fn away(app: &App, gateways: &Gateways, channel: Channel, user: &str) -> [String; 3] {
    let (address, cookie) = outside::begin(app, gateways, channel, "/family", None).await.unwrap();
    let back = consent(&address, user).await.unwrap();
    let value = |name: &str| {
        let rest = back.split_once(&format!("{name}=")).unwrap().1;
        rest.split('&').next().unwrap().to_owned()
    };
    [value("state"), value("code"), cookie.value().to_owned()]
}

async fn come(
    app: &App,
    gateways: &Gateways,
    channel: Channel,
    [state, code, browser]: &[String; 3],
) -> Result<String, PeopleError> {
    let back = Back { state, code, browser };
    outside::finish(app, gateways, &request(), None, channel, back).await.map(|(_, next)| next)
}

async fn residents(app: &App) -> i64 {
    on_read!(&app.db, |c| sqlx::query_scalar("SELECT count(*) FROM resident").fetch_one(c).await).unwrap()
}

#[tokio::test]
async fn wechat_finds_the_same_resident_again() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, _simulators) = simulated(bench).await;
        for _ in 0..2 {
            let brought = away(&app, &gateways, Channel::WeChat, "oSim-qiulan").await;
            assert_eq!(come(&app, &gateways, Channel::WeChat, &brought).await.unwrap(), "/family");
        }
        assert_eq!(residents(&app).await, 1);
        let brought = away(&app, &gateways, Channel::WeChat, "oSim-zhiyu").await;
        come(&app, &gateways, Channel::WeChat, &brought).await.unwrap();
        assert_eq!(residents(&app).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_state_works_once_in_its_own_browser_for_its_own_channel_and_ten_minutes() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, _simulators) = simulated(bench).await;
        let is_refused = async |channel, brought: &[String; 3]| {
            matches!(come(&app, &gateways, channel, brought).await, Err(PeopleError::Refused(_)))
        };
        // Somebody else's link in the victim's browser.
        let mut brought = away(&app, &gateways, Channel::WeChat, "oSim-qiulan").await;
        let own = std::mem::replace(&mut brought[2], "another browser".into());
        assert!(is_refused(Channel::WeChat, &brought).await);
        brought[2] = own;
        assert!(is_refused(Channel::WeChat, &brought).await, "spent by the first try");

        let brought = away(&app, &gateways, Channel::WeChat, "oSim-qiulan").await;
        assert!(is_refused(Channel::Suishenban, &brought).await);

        let brought = away(&app, &gateways, Channel::WeChat, "oSim-qiulan").await;
        come(&app, &gateways, Channel::WeChat, &brought).await.unwrap();
        assert!(is_refused(Channel::WeChat, &brought).await, "replayed");

        let brought = away(&app, &gateways, Channel::WeChat, "oSim-qiulan").await;
        bench.clock.advance(TimeDelta::minutes(11));
        assert!(is_refused(Channel::WeChat, &brought).await, "too late");
        assert!(is_refused(Channel::WeChat, &["made".into(), "up".into(), String::new()]).await);
        let refusals: i64 = on_read!(&app.db, |c| sqlx::query_scalar(
            "SELECT count(*) FROM audit_log WHERE outcome = 'denied' AND action = 'session.begin'"
        )
        .fetch_one(c)
        .await)
        .unwrap();
        assert_eq!(refusals, 6);
    })
    .await;
}

#[tokio::test]
async fn suishenban_brings_a_verified_resident_with_all_three_elements() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, _simulators) = simulated(bench).await;
        let brought = away(&app, &gateways, Channel::Suishenban, "u-1001").await;
        come(&app, &gateways, Channel::Suishenban, &brought).await.unwrap();
        let mut tx = app.db.begin().await.unwrap();
        let phone = Phone::parse("13800138001").unwrap();
        let who = resident::find_by_phone(&app, &mut tx, &phone).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
        let (name, number, _) = who.three_elements().unwrap();
        assert_eq!((name, number.masked().as_str()), ("秦知远", "310***********7912"));
        assert!(who.is_vouched());
        // The same person by phone is the same resident.
        let again = away(&app, &gateways, Channel::Suishenban, "u-1001").await;
        come(&app, &gateways, Channel::Suishenban, &again).await.unwrap();
        assert_eq!(residents(&app).await, 1);
        let deeds = audit::list_for_patient(&app.db, who.id, 9).await.unwrap();
        assert_eq!(deeds.len(), 2);
        assert!(deeds.iter().all(|deed| deed.reason.as_deref() == Some("随申办")));
    })
    .await;
}

#[tokio::test]
async fn an_account_is_verified_by_suishenban_only_in_its_own_session() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, _simulators) = simulated(bench).await;
        let join = async |user: &str, openid: &str, is_own: bool| {
            let mut tx = app.db.begin().await.unwrap();
            let known = resident::find_by_account(&app, &mut tx, Channel::WeChat, openid).await.unwrap();
            let me = if let Some(me) = known {
                me
            } else {
                let me = resident::insert(&app, &mut tx).await.unwrap();
                resident::insert_account(&app, &mut tx, me, Channel::WeChat, openid).await.unwrap();
                me
            };
            tx.commit().await.unwrap();
            let channel = Channel::Suishenban;
            let begun = outside::begin(&app, &gateways, channel, "/", Some(me)).await.unwrap();
            let back = consent(&begun.0, user).await.unwrap();
            let value = |name: &str| {
                let rest = back.split_once(&format!("{name}=")).unwrap().1;
                rest.split('&').next().unwrap().to_owned()
            };
            let (state, code) = (value("state"), value("code"));
            let session = session_of(&app, if is_own { me } else { bench.new_id() }).await;
            let back = Back { state: &state, code: &code, browser: begun.1.value() };
            let done = outside::finish(&app, &gateways, &request(), Some(&session), channel, back).await;
            let mut tx = app.db.begin().await.unwrap();
            let now = resident::find_by_account(&app, &mut tx, Channel::WeChat, openid).await.unwrap();
            tx.rollback().await.unwrap();
            (done.is_ok(), me, now.unwrap())
        };
        let (done, me, now) = join("u-1001", "openid-1", false).await;
        assert!(!done && me == now, "another session cannot join");
        assert!(!resident::find(&app, me).await.unwrap().is_vouched());
        let (done, me, now) = join("u-1001", "openid-1", true).await;
        assert!(done && me == now);
        assert!(resident::find(&app, me).await.unwrap().is_vouched());
        // A second account of the same citizen becomes one with the first.
        let (done, second, now) = join("u-1001", "openid-2", true).await;
        assert!(done && now == me && second != me);
    })
    .await;
}

/// An open session of a resident.
async fn session_of(app: &App, id: Uuid) -> Session {
    let mut tx = app.db.begin().await.unwrap();
    let cookie = platform::session::begin(&mut tx, app, &Principal::Resident { id }).await.unwrap();
    tx.commit().await.unwrap();
    let request = axum::http::Request::builder()
        .header("cookie", format!("{}={}", platform::session::COOKIE, cookie.value()))
        .body(())
        .unwrap();
    let (mut parts, ()) = request.into_parts();
    let found = MaybeSignedIn::from_request_parts(&mut parts, app).await.unwrap();
    found.0.unwrap()
}

/// The secret of a browser that asks for codes.
const HERE: &str = "this browser";

#[tokio::test]
async fn codes_are_limited_per_minute_day_and_try_and_work_once() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let phone = Phone::parse("13900139000").unwrap();
        let newest = || {
            let (_, telephone) = simulators.sms.as_ref().unwrap();
            telephone.received(phone.as_str()).last().unwrap().values[0].clone()
        };
        let check = async |given: &str| code::check(&app, &phone, "sign-in", HERE, given).await.unwrap();
        code::send(&app, &gateways, &phone, "sign-in", HERE).await.unwrap();
        let first = newest();
        assert!(first.len() == 6 && first.bytes().all(|b| b.is_ascii_digit()));
        let soon = code::send(&app, &gateways, &phone, "sign-in", HERE).await;
        assert!(matches!(soon, Err(PeopleError::Refused(why)) if why.contains("60 秒")));
        assert!(!code::check(&app, &phone, "family", HERE, &first).await.unwrap(), "for another purpose");
        assert!(
            !code::check(&app, &phone, "sign-in", "another browser", &first).await.unwrap(),
            "from another browser"
        );
        assert!(check(&first).await);
        assert!(!check(&first).await, "once");

        bench.clock.advance(TimeDelta::seconds(61));
        code::send(&app, &gateways, &phone, "sign-in", HERE).await.unwrap();
        let second = newest();
        let wrong = if second == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert!(!check(wrong).await);
        }
        assert!(!check(&second).await, "five tries are over");

        bench.clock.advance(TimeDelta::seconds(61));
        code::send(&app, &gateways, &phone, "sign-in", HERE).await.unwrap();
        let third = newest();
        bench.clock.advance(TimeDelta::minutes(6));
        assert!(!check(&third).await, "too old");
        for _ in 3..10 {
            bench.clock.advance(TimeDelta::seconds(61));
            code::send(&app, &gateways, &phone, "sign-in", HERE).await.unwrap();
        }
        bench.clock.advance(TimeDelta::seconds(61));
        let many = code::send(&app, &gateways, &phone, "sign-in", HERE).await;
        assert!(matches!(many, Err(PeopleError::Refused(why)) if why.contains("10 次")));
        let stored: Vec<Vec<u8>> =
            on_read!(&app.db, |c| sqlx::query_scalar("SELECT code_hash FROM sms_code").fetch_all(c).await)
                .unwrap();
        assert!(stored.iter().all(|hash| hash.len() == 32), "only hashes are kept");
    })
    .await;
}

#[tokio::test]
async fn of_many_askers_at_once_one_gets_a_message() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let phone = Phone::parse("13900139001").unwrap();
        let ask = || code::send(&app, &gateways, &phone, "sign-in", HERE);
        let answers = tokio::join!(ask(), ask(), ask(), ask());
        let sent = [answers.0, answers.1, answers.2, answers.3].iter().filter(|one| one.is_ok()).count();
        let (_, telephone) = simulators.sms.as_ref().unwrap();
        assert_eq!((sent, telephone.received(phone.as_str()).len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_code_is_good_in_the_browser_that_asked_and_for_who_asked() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let phone = Phone::parse("13900139002").unwrap();
        for (asker, other) in [(HERE, ""), (HERE, "another browser"), ("one person", "another person")] {
            bench.clock.advance(TimeDelta::seconds(61));
            code::send(&app, &gateways, &phone, "sign-in", asker).await.unwrap();
            let (_, telephone) = simulators.sms.as_ref().unwrap();
            let sent = telephone.received(phone.as_str()).last().unwrap().values[0].clone();
            assert!(!code::check(&app, &phone, "sign-in", other, &sent).await.unwrap(), "{other}");
            assert!(code::check(&app, &phone, "sign-in", asker, &sent).await.unwrap(), "{asker}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_other_site_signs_anybody_in_by_a_link() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, _simulators) = simulated(bench).await;
        let (router, _) = crate::routes().split_for_parts();
        let router = router.layer(axum::Extension(gateways)).with_state(app.clone());
        for way in ["wechat", "suishenban", "support"] {
            for (site, goes) in
                [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)]
            {
                let request = axum::http::Request::get(format!("/sign-in/{way}?next=/family"));
                let request = request.header("sec-fetch-site", site).body(axum::body::Body::empty()).unwrap();
                let answer = router.clone().oneshot(request).await.unwrap();
                let location = answer.headers()["location"].to_str().unwrap();
                assert_eq!(location.starts_with("http://"), goes, "{way} {site}: {location}");
                assert!(goes || location == "/sign-in?next=%2Ffamily", "{location}");
                assert_eq!(answer.headers().contains_key("set-cookie"), goes, "{way} {site}");
            }
        }
    })
    .await;
}
