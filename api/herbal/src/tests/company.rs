use platform::{
    on_read,
    session::{Principal, Role},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    HerbalError,
    model::{Charged, Decision, Detail, Document, Event, State, Step},
    service::{self, Proof},
    store,
    testing::{House, on_each},
};

pub(super) const NONE: Proof<'static> = Proof { name: "", tail: "", receipt: "" };

/// A prescription that was passed and paid with a receipt; gives its id.
pub(super) async fn paid(house: &House<'_>, document: &Document) -> Uuid {
    paid_with(house, document, None).await
}

pub(super) async fn paid_with(house: &House<'_>, document: &Document, charged: Option<&Charged>) -> Uuid {
    let id = house.upload(document).await;
    let who = house.pharmacist().await;
    service::decide(&house.service, &who, (id, 1), (Decision::Passed, &[], "")).await.unwrap();
    let detail = Detail { receipt: "S-17".into(), ..Detail::default() };
    let done = (Event::Paid, "收费处", &detail);
    service::act(&house.service, house.hospital(), &house.once(), &document.number, done, charged)
        .await
        .unwrap();
    id
}

/// Does a step as the demo's company.
pub(super) async fn step(
    house: &House<'_>,
    id: Uuid,
    event: Event,
    proof: &Proof<'_>,
) -> Result<(), HerbalError> {
    let who = house.processor().await;
    let seen = store::find_order(&house.service.app.db, id).await.unwrap().unwrap().n_events;
    service::process(&house.service, &who, (id, seen), (event, &Detail::default()), proof).await
}

#[tokio::test]
async fn a_paid_prescription_is_made_step_by_step_and_fetched_by_whom_it_is_for() {
    on_each(async |house| {
        let document = house.document("沈怀山");
        let id = paid(&house, &document).await;
        let order = house.order(&document.number).await;
        assert_eq!((order.state, order.company.as_deref()), (State::Dispatched, Some("C01")));
        let who = house.processor().await;
        let early = step(&house, id, Event::Did(Step::Decocted), &NONE).await;
        assert!(matches!(early, Err(HerbalError::WrongState { .. })));
        step(&house, id, Event::Accepted, &NONE).await.unwrap();
        let old = (id, order.n_events);
        let twice =
            service::process(&house.service, &who, old, (Event::Accepted, &Detail::default()), &NONE).await;
        assert!(matches!(twice, Err(HerbalError::Outdated)), "a second tap");
        for done in [Step::Dispensed, Step::Checked] {
            step(&house, id, Event::Did(done), &NONE).await.unwrap();
        }
        let raw = step(&house, id, Event::Did(Step::Packed), &NONE).await;
        assert!(
            matches!(raw, Err(HerbalError::WrongState { .. })),
            "what is to be decocted is not packed before"
        );
        for done in [Step::Soaked, Step::Decocted, Step::Packed] {
            step(&house, id, Event::Did(done), &NONE).await.unwrap();
        }
        let shipped = step(&house, id, Event::Did(Step::Shipped), &NONE).await;
        assert!(shipped.is_err(), "it is to be fetched");
        step(&house, id, Event::Did(Step::Ready), &NONE).await.unwrap();

        let number = document.patient.id_number.clone().unwrap();
        let right = Proof { name: "沈怀山", tail: &number[14..], receipt: "S-17" };
        for wrong in [
            Proof { name: "沈怀水", ..right },
            Proof { tail: "0000", ..right },
            Proof { tail: "", ..right },
            Proof { receipt: "S-18", ..right },
        ] {
            let refused = step(&house, id, Event::PickedUp, &wrong).await;
            assert!(matches!(refused, Err(HerbalError::Refused(_))), "{wrong:?}");
        }
        step(&house, id, Event::PickedUp, &right).await.unwrap();
        house.work().await;
        let heard = house.heard(&document.number);
        let expected = [
            "passed",
            "dispatched",
            "accepted",
            "dispensed",
            "checked",
            "soaked",
            "decocted",
            "packed",
            "ready",
            "picked_up",
        ];
        assert_eq!(heard, expected, "the hospital hears of each step once, in order");
    })
    .await;
}

#[tokio::test]
async fn refunds_follow_how_far_the_work_is() {
    on_each(async |house| {
        let document = house.document("许文娟");
        let id = paid(&house, &document).await;
        step(&house, id, Event::Accepted, &NONE).await.unwrap();
        step(&house, id, Event::Did(Step::Dispensed), &NONE).await.unwrap();
        let secret = house.secret("H01").await;
        let at = |what: &str| format!("/api/herbal/prescriptions/{}/{what}", document.number);
        let call = async |key: &str, what: &str, body| {
            let seen = house.call(("H01", &secret), "POST", &at(what), key, &body).await;
            (seen.status.as_u16(), seen.value()["state"].as_str().unwrap_or("").to_owned())
        };
        let why = json!({"reason": "过敏", "by": "内科"});
        assert_eq!(call("key-00001", "refund", why.clone()).await.0, 409, "not without consent");
        assert_eq!(call("key-00002", "refund-request", why.clone()).await, (200, "refund_requested".into()));
        assert!(step(&house, id, Event::Did(Step::Checked), &NONE).await.is_err(), "the work stands still");
        let no = json!({"is_agreed": false, "reason": "已在煎煮", "by": "药剂科"});
        assert_eq!(call("key-00003", "refund-decision", no).await, (200, "dispensed".into()));
        step(&house, id, Event::Did(Step::Checked), &NONE).await.unwrap();
        assert_eq!(call("key-00004", "refund-request", why.clone()).await, (200, "refund_requested".into()));
        let yes = json!({"is_agreed": true, "reason": "同意", "by": "药剂科"});
        assert_eq!(call("key-00005", "refund-decision", yes).await, (200, "refund_agreed".into()));
        assert_eq!(call("key-00006", "refund", why).await, (200, "refunded".into()));
    })
    .await;
}

#[tokio::test]
async fn companies_get_their_shares_and_a_declined_one_goes_to_another() {
    on_each(async |house| {
        let mut got = Vec::new();
        for _ in 0..8 {
            let document = house.document("沈怀山");
            paid(&house, &document).await;
            got.push(house.order(&document.number).await.company.unwrap());
        }
        assert_eq!(got.iter().filter(|company| *company == "C01").count(), 6, "three of four: {got:?}");
        let document = house.document("沈怀山");
        let id = paid(&house, &document).await;
        let who = house.processor().await;
        assert_eq!(house.order(&document.number).await.company.as_deref(), Some("C01"));
        let silent = step(&house, id, Event::Declined, &NONE).await;
        assert!(matches!(silent, Err(HerbalError::Refused(_))));
        let seen = house.order(&document.number).await.n_events;
        let why = Detail { reason: "缺桂枝".into(), ..Detail::default() };
        service::process(&house.service, &who, (id, seen), (Event::Declined, &why), &NONE).await.unwrap();
        let order = house.order(&document.number).await;
        assert_eq!((order.state, order.company.as_deref()), (State::Dispatched, Some("C02")));
        let gone = step(&house, id, Event::Accepted, &NONE).await;
        assert!(matches!(gone, Err(HerbalError::NotFound)), "it is another company's now");
    })
    .await;
}

#[tokio::test]
async fn the_company_works_by_screen_and_the_label_leads_to_a_trace_without_the_patient() {
    on_each(async |house| {
        let document = house.document("周立成");
        let id = paid(&house, &document).await;
        let browser = house.browser(house.of_role(Role::Pharmacist).principal()).await;
        let list = browser.get("/herbal/orders").await;
        assert!(list.text.contains(&document.number) && list.text.contains("接单 / 拒单"), "{}", list.text);
        let at = format!("/herbal/orders/{id}");
        let nowhere = browser.get(&format!("/trace/{id}")).await;
        assert_eq!(nowhere.status, 404, "nothing is made yet");
        for event in ["accepted", "dispensed", "checked", "soaked", "decocted", "packed"] {
            let page = browser.get(&at).await;
            let (csrf, seen) = (page.field("_csrf"), page.field("seen"));
            let fields =
                [("event", event), ("seen", seen.as_str()), ("weight", "82.5"), ("temperature", "98")];
            let done = browser.post(&at, &csrf, &fields).await;
            assert_eq!(done.status, 303, "{event}: {}", done.text);
        }
        let page = browser.get(&at).await;
        assert!(page.text.contains("98 ℃") && page.text.contains("82.5 g"), "{}", page.text);
        let label = browser.get(&format!("{at}/label")).await;
        assert!(label.text.contains("class=\"qr\""), "{}", label.text);
        let (residents, _) = people::service::list_demo_people(house.bench).await.unwrap();
        let anybody = house.browser(Principal::Resident { id: residents[0].id }).await;
        let trace = anybody.get(&format!("/trace/{id}")).await;
        assert!(trace.text.contains("煎煮") && trace.text.contains("周*成"), "{}", trace.text);
        assert!(
            !trace.text.contains("周立成") && !trace.text.contains("麻黄") && !trace.text.contains("咳嗽")
        );
        let elsewhere = house.staff.iter().find(|one| one.department.institution == "H02").unwrap();
        let stranger = house.auditor(elsewhere).await;
        assert!(matches!(service::company_of(&house.service, &stranger).await, Err(HerbalError::Refused(_))));
    })
    .await;
}

/// Months and amounts an order was billed with: doses, pieces, decoction, delivery, refunded.
async fn billed(house: &House<'_>, number: &str) -> Vec<(String, i64, i64, i64, i64, i64)> {
    let sql = "SELECT company, doses, pieces_fen, decoction_fen, delivery_fen, refunded_fen
        FROM herbal_settlement_line WHERE order_number = $1 ORDER BY month";
    let order = format!("H01-{number}");
    on_read!(&house.service.app.db, |c| sqlx::query_as(sql).bind(&order).fetch_all(c).await).unwrap()
}

#[tokio::test]
async fn what_is_handed_over_is_billed_once_and_what_is_paid_back_afterwards_is_taken_off() {
    on_each(async |house| {
        let charged = Charged { pieces_fen: 12_345, decoction_fen: 2_100, delivery_fen: 0 };
        let document = house.document("沈怀山");
        let (number, doses) = (document.number.clone(), i64::from(document.doses));
        let id = paid_with(&house, &document, Some(&charged)).await;
        step(&house, id, Event::Accepted, &NONE).await.unwrap();
        for done in [Step::Dispensed, Step::Checked, Step::Soaked, Step::Decocted, Step::Packed, Step::Ready]
        {
            step(&house, id, Event::Did(done), &NONE).await.unwrap();
            assert!(billed(&house, &number).await.is_empty(), "not before it is handed over");
        }
        let tail = document.patient.id_number.clone().unwrap().split_off(14);
        let right = Proof { name: "沈怀山", tail: &tail, receipt: "S-17" };
        step(&house, id, Event::PickedUp, &right).await.unwrap();
        assert_eq!(billed(&house, &number).await, [("C01".into(), doses, 12_345, 2_100, 0, 0)]);

        // Paid back before anything was handed over, it is in no month.
        let early = house.document("沈怀山");
        let id = paid_with(&house, &early, Some(&charged)).await;
        let why = Detail { reason: "不想要了".into(), ..Detail::default() };
        let back = (Event::Refunded, "收费处", &why);
        service::act(&house.service, house.hospital(), &house.once(), &early.number, back, None)
            .await
            .unwrap();
        assert_eq!(house.order(&early.number).await.state, State::Refunded);
        assert!(billed(&house, &early.number).await.is_empty(), "{id}");
    })
    .await;
}

#[tokio::test]
async fn an_amount_that_cannot_be_is_refused_with_its_place() {
    on_each(async |house| {
        let document = house.document("沈怀山");
        let id = house.upload(&document).await;
        let who = house.pharmacist().await;
        service::decide(&house.service, &who, (id, 1), (Decision::Passed, &[], "")).await.unwrap();
        let secret = house.secret("H01").await;
        let at = format!("/api/herbal/prescriptions/{}/payment", document.number);
        let wrong = json!({"receipt": "S-1", "charge": {"pieces_fen": -1}});
        let refused = house.call(("H01", &secret), "POST", &at, "key-00001", &wrong).await;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
        assert!(refused.text.contains("/charge/pieces_fen"), "{}", refused.text);
        assert_eq!(house.order(&document.number).await.state, State::Passed, "nothing is paid");
        let right = json!({"receipt": "S-1", "charge": {"pieces_fen": 9_900, "decoction_fen": 2_100}});
        let taken = house.call(("H01", &secret), "POST", &at, "key-00002", &right).await;
        assert_eq!(taken.status.as_u16(), 200, "{}", taken.text);
    })
    .await;
}
