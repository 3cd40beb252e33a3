use chrono::TimeDelta;
use gateways::simulate::Fault;
use platform::session::Role;
use serde_json::json;

use crate::{
    model::{Decision, Signature, State},
    service,
    testing::{on_each, sent},
};

const ALL: &str = "/api/herbal/prescriptions";

#[tokio::test]
async fn a_clean_prescription_waits_passes_is_paid_and_the_hospital_hears_the_verdict_once() {
    on_each(async |house| {
        let secret = house.secret("H01").await;
        let own = ("H01", secret.as_str());
        let document = house.document("沈怀山");
        let one = format!("{ALL}/{}", document.number);
        let body = sent(&document);
        let uploaded = house.call(own, "POST", ALL, "key-00001", &body).await;
        assert_eq!(uploaded.status, 201, "{}", uploaded.text);
        let answer = uploaded.value();
        assert_eq!(
            (answer["state"].as_str(), answer["is_payable"].as_bool()),
            (Some("waiting"), Some(false))
        );
        let deadline = house.bench.now() + TimeDelta::seconds(120);
        assert_eq!(answer["deadline"], json!(deadline));

        let again = house.call(own, "POST", ALL, "key-00001", &body).await;
        assert_eq!((again.status, again.value()), (uploaded.status, answer), "the same answer, one effect");
        let other = house.call(own, "POST", ALL, "key-00002", &body).await;
        assert_eq!(
            (other.status.as_u16(), other.value()["type"].as_str()),
            (409, Some("/problems/herbal/number-taken"))
        );

        let early = house.call(own, "POST", &format!("{one}/payment"), "key-00003", &json!({})).await;
        assert_eq!(
            (early.status.as_u16(), early.value()["type"].as_str()),
            (409, Some("/problems/herbal/wrong-state"))
        );

        let order = house.order(&document.number).await;
        let who = house.pharmacist().await;
        service::decide(&house.service, &who, (order.id, 1), (Decision::Passed, &[], "")).await.unwrap();
        // The first answer is lost on the way: the notice goes again, and is taken once.
        house.his_faults().next(Fault::LoseAnswer);
        house.work().await;
        house.bench.clock.advance(TimeDelta::seconds(30));
        house.work().await;
        assert_eq!(house.heard(&document.number), ["passed"]);
        assert_eq!(house.his().count_repeats(), 1);
        house.bench.clock.advance(TimeDelta::hours(2));
        house.work().await;
        assert_eq!(house.heard(&document.number).len(), 1);

        let state = house.call(own, "GET", &one, "", &json!(null)).await.value();
        assert_eq!((state["state"].as_str(), state["is_payable"].as_bool()), (Some("passed"), Some(true)));
        assert_eq!(state["verdict"]["decision"], "passed");
        let paid = json!({"receipt": "S20260302-7"});
        let paid = house.call(own, "POST", &format!("{one}/payment"), "key-00004", &paid).await;
        assert_eq!((paid.status.as_u16(), paid.value()["state"].as_str()), (200, Some("dispatched")));
        let state = house.call(own, "GET", &one, "", &json!(null)).await.value();
        let steps = state["steps"].as_array().unwrap();
        let paid = steps.iter().find(|step| step["event"] == "paid").unwrap();
        assert_eq!(paid["detail"]["receipt"], "S20260302-7");

        let other = house.secret("H02").await;
        let strange = house.call(("H02", &other), "GET", &one, "", &json!(null)).await;
        assert_eq!(strange.status, 404, "another hospital's");
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_block_goes_back_to_the_doctor_and_never_into_the_queue() {
    on_each(async |house| {
        let secret = house.secret("H01").await;
        let own = ("H01", secret.as_str());
        let mut document = house.document("何一鸣");
        let one = format!("{ALL}/{}", document.number);
        let answer = house.call(own, "POST", ALL, "key-00001", &sent(&document)).await.value();
        assert_eq!(answer["state"], "returned", "{answer}");
        let findings = answer["findings"].as_array().unwrap();
        let block = findings.iter().find(|one| one["level"] == "block").unwrap();
        let lines: Vec<_> =
            block["lines"].as_array().unwrap().iter().map(|line| line.as_u64().unwrap()).collect();
        assert_eq!(lines, [0, 1], "附子 and 法半夏 stand on these lines: {block}");
        let who = house.pharmacist().await;
        assert!(service::queue(&house.service, &who).await.unwrap().is_empty());
        assert!(service::tick(&house.service.app).await.unwrap() == 0);

        let rules: Vec<_> =
            findings.iter().filter(|one| one["level"] == "block").map(|one| one["rule"].clone()).collect();
        let sign = |reason: &str| {
            let all: Vec<_> = rules.iter().map(|rule| json!({"rule": rule, "reason": reason})).collect();
            json!({"version": 1, "signatures": all})
        };
        let at = format!("{one}/signatures");
        let short = house.call(own, "POST", &at, "key-00002", &sign("无")).await;
        assert_eq!(
            (short.status.as_u16(), short.value()["errors"][0]["pointer"].as_str()),
            (422, Some("/signatures/0/reason"))
        );
        let strange = json!({"version": 1, "signatures": [{"rule": "no-such-rule", "reason": "经验用药"}]});
        assert_eq!(house.call(own, "POST", &at, "key-00003", &strange).await.status, 422);
        let signed = house.call(own, "POST", &at, "key-00004", &sign("沉寒痼冷，已嘱先煎")).await;
        assert_eq!(signed.value()["state"], "waiting", "{}", signed.text);
        let queue = service::queue(&house.service, &who).await.unwrap();
        let found = queue[0].findings.iter().find(|found| found.rule == rules[0].as_str().unwrap()).unwrap();
        let signature = found.signed.as_ref().unwrap();
        assert_eq!((signature.by.as_str(), signature.reason.as_str()), ("顾砚秋", "沉寒痼冷，已嘱先煎"));

        // A change is a new version, audited afresh: the signatures of the one before do not count.
        document.lines[0].dose = 15.0;
        let amended = house.call(own, "PUT", &one, "key-00005", &sent(&document)).await.value();
        assert_eq!((amended["state"].as_str(), amended["version"].as_i64()), (Some("returned"), Some(2)));
        document.lines.remove(0);
        let clean = house.call(own, "PUT", &one, "key-00006", &sent(&document)).await.value();
        assert_eq!((clean["state"].as_str(), clean["version"].as_i64()), (Some("waiting"), Some(3)));
        let old =
            service::decide(&house.service, &who, (queue[0].order.id, 1), (Decision::Passed, &[], "")).await;
        assert_eq!(old.unwrap_err().to_string(), "the prescription was changed meanwhile");
    })
    .await;
}

#[tokio::test]
async fn a_strict_hospital_lets_signed_blocks_wait_for_a_person() {
    on_each(async |house| {
        let by = || (platform::audit::Actor::system("test"), &house.request);
        service::set_site(&house.service.app, by(), "H01", (60, true)).await.unwrap();
        let mut document = house.document("何一鸣");
        let found = service::check(&house.service, "H01", &document).await.unwrap();
        let blocks = found.into_iter().filter(crate::model::Found::is_open_block);
        document.signatures =
            blocks.map(|one| Signature { rule: one.rule, reason: "沉寒痼冷".into() }).collect();
        document.signatures.dedup();
        house.upload(&document).await;
        let clean = house.document("沈怀山");
        house.upload(&clean).await;
        assert_eq!(house.order(&document.number).await.deadline, None);
        assert_eq!(
            house.order(&clean.number).await.deadline,
            Some(house.bench.now() + TimeDelta::seconds(60))
        );
        house.bench.clock.advance(TimeDelta::days(1));
        assert_eq!(service::tick(&house.service.app).await.unwrap(), 1);
        assert_eq!(house.order(&document.number).await.state, State::Waiting);
        assert_eq!(house.order(&clean.number).await.state, State::TimedOut);
        let wrong = service::set_site(&house.service.app, by(), "H01", (5, true)).await;
        assert!(wrong.is_err());
        let nowhere = service::set_site(&house.service.app, by(), "H99", (60, true)).await;
        assert_eq!(nowhere.unwrap_err().to_string(), "no such prescription");
    })
    .await;
}

#[tokio::test]
async fn faults_of_a_prescription_are_named_by_their_place() {
    on_each(async |house| {
        let secret = house.secret("H01").await;
        let own = ("H01", secret.as_str());
        let mut body = sent(&house.document("沈怀山"));
        body["lines"][1]["dose"] = json!(0);
        body["patient"]["id_number"] = json!("310106194703120000");
        body["delivery"] = json!({"way": "home"});
        let refused = house.call(own, "POST", ALL, "key-00001", &body).await;
        assert_eq!(refused.status, 422);
        let faults = refused.value();
        let places: Vec<_> =
            faults["errors"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
        assert_eq!(places, ["/patient/id_number", "/delivery/address", "/lines/1/dose"]);
        body["patient"]["sex"] = json!("男");
        let refused = house.call(own, "POST", ALL, "key-00002", &body).await.value();
        assert_eq!(refused["errors"][0]["pointer"], "/patient/sex");
        let checked =
            house.call(own, "POST", "/api/herbal/check", "", &sent(&house.document("孟听雨"))).await;
        assert_eq!(
            (checked.status.as_u16(), checked.value()["findings"][0]["level"].as_str()),
            (200, Some("block"))
        );
        let forged = house.call(("H01", "wrong"), "POST", ALL, "key-00003", &body).await;
        assert_eq!(
            (forged.status.as_u16(), forged.value()["type"].as_str()),
            (401, Some("/problems/herbal/signature"))
        );
        let unknown = house.call(("H09", &secret), "POST", ALL, "key-00004", &body).await;
        assert_eq!(unknown.status, 401);
    })
    .await;
}

#[tokio::test]
async fn a_refund_before_the_work_is_free_and_a_cancelled_prescription_stays_so() {
    on_each(async |house| {
        let secret = house.secret("H01").await;
        let own = ("H01", secret.as_str());
        let document = house.document("沈怀山");
        let id = house.upload(&document).await;
        let one = format!("{ALL}/{}", document.number);
        let why = json!({"reason": "患者不要了", "by": "收费处"});
        let early = house.call(own, "POST", &format!("{one}/refund"), "key-00001", &why).await;
        assert_eq!(early.status, 409);
        let who = house.pharmacist().await;
        service::decide(&house.service, &who, (id, 1), (Decision::Passed, &[], "")).await.unwrap();
        house.call(own, "POST", &format!("{one}/payment"), "key-00002", &json!({})).await;
        let late = house.call(own, "POST", &format!("{one}/cancellation"), "key-00003", &why).await;
        assert_eq!(late.status, 409, "paid: refund instead");
        let amended = house.call(own, "PUT", &one, "key-00004", &sent(&document)).await;
        assert_eq!(amended.status, 409);
        let refunded = house.call(own, "POST", &format!("{one}/refund"), "key-00005", &why).await;
        assert_eq!(refunded.value()["state_text"], "已退费", "{}", refunded.text);
        let state = house.call(own, "GET", &one, "", &json!(null)).await.value();
        let last = state["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (last["by"].as_str(), last["detail"]["reason"].as_str()),
            (Some("收费处"), Some("患者不要了"))
        );

        let other = house.document("许文娟");
        house.upload(&other).await;
        let one = format!("{ALL}/{}", other.number);
        let done = house.call(own, "POST", &format!("{one}/cancellation"), "key-00006", &why).await;
        assert_eq!(done.value()["state"], "cancelled");
        house.bench.clock.advance(TimeDelta::hours(1));
        assert_eq!(service::tick(&house.service.app).await.unwrap(), 0);
        assert_eq!(house.of_role(Role::Pharmacist).name, "白芷");
    })
    .await;
}
