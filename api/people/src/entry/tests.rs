use chrono::TimeDelta;
use gateways::{Gateways, signature};
use platform::{App, audit::Actor, db::test_support::on_each_database, on_read};
use uuid::Uuid;

use super::{
    Field, Partner, Service,
    service::{self, Link, Signed, Step},
};
use crate::{
    PeopleError,
    identity::IdNumber,
    resident::{self, Channel, RealName},
    sign_in::tests::{request, simulated},
};

const TARGET: &str = "/v1/entry/redeem";

async fn partner(app: &App, key: &str) -> String {
    let partner = Partner {
        id: app.new_id(),
        key: key.into(),
        name: "某社区公众号".into(),
        return_address: "https://partner.example.cn/back".into(),
        services: vec![Service::Booking, Service::Checkup],
        fields: vec![Field::Name, Field::BirthDate],
        is_active: true,
    };
    service::register(app, &request(), Actor::system("test"), partner).await.unwrap()
}

fn link(app: &App, key: &str, secret: &str, nonce: &str) -> Link {
    let mut link = Link {
        partner: key.into(),
        timestamp: app.now().timestamp().to_string(),
        nonce: nonce.into(),
        reference: "R-2026-0001".into(),
        signature: String::new(),
    };
    link.signature = signature::hmac_sm3(secret, &service::canonical(Service::Booking, &link));
    link
}

async fn redeem(
    app: &App,
    key: &str,
    secret: &str,
    nonce: &str,
    ticket: &str,
) -> Result<String, PeopleError> {
    let body = serde_json::json!({"ticket": ticket}).to_string();
    let timestamp = app.now().timestamp();
    let signature = signature::of_request(secret, "POST", TARGET, timestamp, nonce, body.as_bytes());
    let timestamp = timestamp.to_string();
    let signed = Signed { account: key, timestamp: &timestamp, nonce, signature: &signature };
    let given = service::redeem(app, &request(), &signed, TARGET, body.as_bytes(), ticket).await?;
    Ok(serde_json::to_string(&given).unwrap())
}

async fn denials(app: &App) -> Vec<String> {
    on_read!(&app.db, |c| sqlx::query_scalar(
        "SELECT reason FROM audit_log WHERE outcome = 'denied' AND role = 'partner' ORDER BY seq"
    )
    .fetch_all(c)
    .await)
    .unwrap()
}

/// A resident with this WeChat account, verified or not.
async fn resident_of(app: &App, openid: &str, is_verified: bool) -> Uuid {
    let real =
        RealName { name: "秦知远".into(), id_number: IdNumber::of_body("31010619850312791").unwrap() };
    let mut tx = app.db.begin().await.unwrap();
    let id = resident::insert(app, &mut tx).await.unwrap();
    resident::insert_account(app, &mut tx, id, Channel::WeChat, openid).await.unwrap();
    if is_verified {
        resident::verify(app, &mut tx, id, &real, "review").await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn forged_replayed_expired_and_foreign_links_are_refused_and_recorded() {
    on_each_database(&[crate::migrations], async |bench| {
        let secret = partner(bench, "community-a").await;
        let enter = async |service, link: &Link| {
            let entered = service::enter(bench, &request(), service, link).await;
            assert!(matches!(entered, Ok(_) | Err(PeopleError::Refused(_))));
            entered.is_ok()
        };
        let right = link(bench, "community-a", &secret, "nonce-00000001");
        for (name, forged) in [
            ("reference", Link { reference: "R-2026-0002".into(), ..right.clone() }),
            ("nonce", Link { nonce: "nonce-00000009".into(), ..right.clone() }),
            ("signature", Link { signature: "0".repeat(64), ..right.clone() }),
            ("partner", Link { partner: "community-b".into(), ..right.clone() }),
            ("secret", link(bench, "community-a", "guessed", "nonce-00000001")),
            ("nothing", Link::default()),
        ] {
            assert!(!enter(Service::Booking, &forged).await, "{name}");
        }
        assert!(!enter(Service::Checkup, &right).await, "signed for another service");
        let links = tokio::join!(enter(Service::Booking, &right), enter(Service::Booking, &right));
        assert!(links.0 ^ links.1, "of two at once one gets in");
        assert!(!enter(Service::Booking, &right).await, "replayed");
        let late = link(bench, "community-a", &secret, "nonce-00000002");
        bench.clock.advance(TimeDelta::minutes(6));
        assert!(!enter(Service::Booking, &late).await, "expired");
        let mut foreign = link(bench, "community-a", &secret, "nonce-00000003");
        foreign.signature =
            signature::hmac_sm3(&secret, &service::canonical(Service::Immunisation, &foreign));
        assert!(!enter(Service::Immunisation, &foreign).await, "not agreed on");
        service::set_active(bench, &request(), Actor::system("test"), "community-a", false).await.unwrap();
        assert!(!enter(Service::Booking, &link(bench, "community-a", &secret, "nonce-00000004")).await);
        let reasons = denials(bench).await;
        assert_eq!(reasons.len(), 12, "{reasons:?}");
        for reason in ["签名不符", "随机串已用过", "时间超出 5 分钟", "没有约定这项服务"]
        {
            assert!(reasons.iter().any(|one| one == reason), "{reason}");
        }
    })
    .await;
}

#[tokio::test]
async fn checks_come_in_order_and_the_ticket_gives_once_what_was_agreed() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let secret = partner(&app, "community-a").await;
        let other = partner(&app, "community-b").await;
        let given = link(&app, "community-a", &secret, "nonce-00000001");
        let token = service::enter(&app, &request(), Service::Booking, &given).await.unwrap();
        let step = async |gateways: &Gateways, me| {
            let (visit, _) = service::find_visit(&app, &token).await.unwrap();
            service::step(&app, gateways, &visit, me).await.unwrap()
        };
        let stranger = resident_of(&app, "oSim-mubai", false).await;
        let unverified = resident_of(&app, "oSim-zhiyu", false).await;
        let me = resident_of(&app, "oSim-qiulan", true).await;
        assert_eq!(step(&gateways, None).await, Step::SignIn);
        assert_eq!(step(&gateways, Some(stranger)).await, Step::Follow);
        assert_eq!(step(&gateways, Some(unverified)).await, Step::RealName);
        assert_eq!(step(&Gateways::default(), Some(me)).await, Step::Unknown, "no guess without WeChat");
        assert_eq!(step(&gateways, Some(me)).await, Step::Patient);
        let early = service::leave(&app, &gateways, &request(), &token, me).await;
        assert!(matches!(early, Err(PeopleError::Refused(_))));
        let skipped = service::choose(&app, &gateways, &token, unverified, unverified).await;
        assert!(matches!(skipped, Err(PeopleError::Refused(_))));
        let not_mine = service::choose(&app, &gateways, &token, me, stranger).await;
        assert!(matches!(not_mine, Err(PeopleError::NotFound)), "a patient of somebody else");
        service::choose(&app, &gateways, &token, me, me).await.unwrap();
        assert_eq!(step(&gateways, Some(me)).await, Step::Ready);

        simulators.wechat.as_ref().unwrap().1.unfollow("oSim-qiulan");
        assert!(service::leave(&app, &gateways, &request(), &token, me).await.is_err(), "checked again");
        let (app2, gateways2, _simulators2) = simulated(bench).await;
        let address = service::leave(&app2, &gateways2, &request(), &token, me).await.unwrap();
        let ticket = address.strip_prefix("https://partner.example.cn/back?ticket=").unwrap();
        let ticket = ticket.strip_suffix("&reference=R-2026-0001").unwrap();
        assert!(service::leave(&app2, &gateways2, &request(), &token, me).await.is_err(), "one ticket");

        assert!(redeem(&app, "community-a", "guessed", "call-0001", ticket).await.is_err());
        assert!(redeem(&app, "community-b", &other, "call-0002", ticket).await.is_err(), "another's ticket");
        let both = tokio::join!(
            redeem(&app, "community-a", &secret, "call-0003", ticket),
            redeem(&app, "community-a", &secret, "call-0004", ticket)
        );
        assert!(both.0.is_ok() ^ both.1.is_ok(), "redeemed once");
        let answer = both.0.or(both.1).unwrap();
        assert_eq!(
            answer,
            r#"{"service":"booking","reference":"R-2026-0001","name":"秦知远","birth_date":"1985-03-12"}"#
        );
        assert!(redeem(&app, "community-a", &secret, "call-0005", "made up").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn visits_and_tickets_run_out() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, _simulators) = simulated(bench).await;
        let secret = partner(&app, "community-a").await;
        let me = resident_of(&app, "oSim-qiulan", true).await;
        let enter = async |nonce: &str| {
            let given = link(&app, "community-a", &secret, nonce);
            service::enter(&app, &request(), Service::Booking, &given).await.unwrap()
        };
        let token = enter("nonce-00000001").await;
        bench.clock.advance(TimeDelta::minutes(31));
        assert!(matches!(service::find_visit(&app, &token).await, Err(PeopleError::Refused(_))));
        let token = enter("nonce-00000002").await;
        service::choose(&app, &gateways, &token, me, me).await.unwrap();
        let address = service::leave(&app, &gateways, &request(), &token, me).await.unwrap();
        let ticket = address.split(['=', '&']).nth(1).unwrap();
        bench.clock.advance(TimeDelta::minutes(6));
        assert!(redeem(&app, "community-a", &secret, "call-0001", ticket).await.is_err(), "too late");
        assert_eq!(denials(&app).await, ["票据无效、过期或已用"]);
        bench.clock.advance(TimeDelta::days(2));
        assert_eq!(crate::sweep(&app).await.unwrap(), (5, 0));
    })
    .await;
}

#[tokio::test]
async fn partners_are_registered_with_care() {
    on_each_database(&[crate::migrations], async |bench| {
        let secret = partner(bench, "community-a").await;
        assert_eq!(secret.len(), 64);
        let register = async |change: fn(&mut Partner)| {
            let mut partner = Partner {
                id: bench.new_id(),
                key: "community-c".into(),
                name: "某合作方".into(),
                return_address: "https://partner.example.cn".into(),
                services: vec![Service::Booking],
                fields: Vec::new(),
                is_active: true,
            };
            change(&mut partner);
            match service::register(bench, &request(), Actor::system("test"), partner).await {
                Err(PeopleError::Field(field, _)) => field,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(register(|partner| partner.key = "community-a".into()).await, "key");
        assert_eq!(register(|partner| partner.key = "A b".into()).await, "key");
        for address in
            ["http://partner.example.cn", "javascript:alert(1)", "https://user@evil.example", "https:///x"]
        {
            let partner = Partner {
                id: bench.new_id(),
                key: "community-d".into(),
                name: "某合作方".into(),
                return_address: address.into(),
                services: vec![Service::Booking],
                fields: Vec::new(),
                is_active: true,
            };
            let refused = service::register(bench, &request(), Actor::system("test"), partner).await;
            assert!(matches!(refused, Err(PeopleError::Field("return_address", _))), "{address}");
        }
        assert_eq!(register(|partner| partner.services.clear()).await, "services");
        let stored: Vec<Vec<u8>> =
            on_read!(&bench.db, |c| sqlx::query_scalar("SELECT secret FROM entry_partner")
                .fetch_all(c)
                .await)
            .unwrap();
        assert!(stored.iter().all(|sealed| !String::from_utf8_lossy(sealed).contains(&secret)));
    })
    .await;
}
