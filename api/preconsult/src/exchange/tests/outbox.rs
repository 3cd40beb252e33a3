use chrono::TimeDelta;
use gateways::simulate::Fault;
use platform::audit;

use super::{super::*, *};

#[tokio::test]
async fn his_down_for_an_hour_loses_nothing_and_keeps_the_order_of_each_patient() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        connected.his().set_down(true);
        let first = house.submitted("咳嗽三天，有点发烧").await;
        connected.work().await;
        let mut of_resident = vec![first];
        // Attempts go on while another two come in.
        for minute in 0..60 {
            house.bench.clock.advance(TimeDelta::minutes(1));
            connected.work().await;
            if minute == 20 || minute == 40 {
                of_resident.push(house.submitted("头疼两天").await);
            }
        }
        assert_eq!(connected.his().received().len(), 0);
        for id in &of_resident {
            let delivery = connected.delivery(*id, Target::His).await;
            assert_eq!(delivery.state, DeliveryState::Waiting);
        }
        let oldest = connected.delivery(first, Target::His).await;
        assert_eq!(oldest.reason.as_deref(), Some("unreachable"));
        assert!(oldest.tries > 10, "{} tries within the hour", oldest.tries);
        let newest = connected.delivery(of_resident[2], Target::His).await;
        assert_eq!(newest.tries, 0, "it waits behind the others");

        connected.his().set_down(false);
        for _ in 0..6 {
            house.bench.clock.advance(TimeDelta::minutes(1));
            connected.work().await;
        }
        assert_eq!(connected.taken().await, of_resident);
        assert_eq!(connected.his().count_repeats(), 0);
        for id in &of_resident {
            let delivery = connected.delivery(*id, Target::His).await;
            assert_eq!(delivery.state, DeliveryState::Delivered);
            assert!(delivery.receipt.unwrap().starts_with("HIS-H01-"));
        }
        // Nothing is left to be done.
        house.bench.clock.advance(TimeDelta::hours(2));
        connected.work().await;
        assert_eq!(connected.his().received().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_duplicate_never_reaches_the_his_twice() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        // Taken, but the answer was lost; the next try is answered with the first receipt.
        connected.his_faults().next(Fault::LoseAnswer);
        let id = house.submitted("咳嗽三天").await;
        let version = house.own(id).await.consultation.version;
        crate::service::confirm(&house.service, house.patient(), id, version).await.unwrap();
        connected.work().await;
        let waiting = connected.delivery(id, Target::His).await;
        assert_eq!((waiting.state, waiting.reason.as_deref()), (DeliveryState::Waiting, Some("silent")));
        house.bench.clock.advance(TimeDelta::seconds(6));
        connected.work().await;
        let delivered = connected.delivery(id, Target::His).await;
        assert_eq!(delivered.state, DeliveryState::Delivered);
        assert_eq!(delivered.receipt.as_deref(), Some("HIS-H01-000001"));
        assert_eq!(connected.taken().await, [id]);
        assert_eq!(connected.his().count_repeats(), 1, "the HIS saw the id again and kept one record");

        // What was delivered cannot be sent again by hand.
        let admin = connected.admin().await;
        let page = admin.get("/staff/deliveries").await;
        assert!(page.text.contains("HIS-H01-000001") && !page.text.contains("重新发送"), "{}", page.text);
        let resend = format!("/staff/deliveries/{}/resend", delivered.id);
        let refused = admin.post(&resend, &page.field("_csrf"), &[]).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        connected.work().await;
        assert_eq!(connected.his().count_repeats(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_shown_with_its_reason_and_sent_again_last() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        connected.his().refuse_next("unknown_person");
        let refused = house.submitted("咳嗽三天").await;
        connected.work().await;
        let later = house.submitted("头疼两天").await;
        connected.work().await;
        let delivery = connected.delivery(refused, Target::His).await;
        assert_eq!(delivery.state, DeliveryState::Refused);
        assert_eq!(connected.taken().await, [later], "a refused one holds nobody up");

        let admin = connected.admin().await;
        let page = admin.get("/staff/deliveries?state=refused").await;
        assert!(page.text.contains("对方查无此人") && page.text.contains("重新发送"), "{}", page.text);
        assert!(!page.text.contains(&house.resident.name), "the list names nobody");
        assert!(!page.text.contains("HIS-H01"), "only those that were refused");
        let (resend, csrf) = (format!("/staff/deliveries/{}/resend", delivery.id), page.field("_csrf"));
        assert_eq!(admin.post(&resend, &csrf, &[]).await.status, 303);
        connected.work().await;
        assert_eq!(connected.taken().await, [later, refused]);
        let rows = audit::list_for_object(&house.bench.db, &format!("consultation/{refused}"), 20).await;
        let deeds: Vec<_> = rows.unwrap().into_iter().map(|row| (row.action, row.outcome)).collect();
        let has = |action: &str, outcome: &str| deeds.contains(&(action.to_owned(), outcome.to_owned()));
        assert!(has("delivery.end", "failed") && has("delivery.resend", "done"), "{deeds:?}");
        assert!(has("delivery.end", "done"));

        let doctor = connected.doctor().await;
        assert_eq!(doctor.get("/staff/deliveries").await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn somebody_who_knows_that_the_his_is_back_need_not_wait() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        connected.his().set_down(true);
        let id = house.submitted("咳嗽三天").await;
        for _ in 0..8 {
            connected.work().await;
            house.bench.clock.advance(TimeDelta::minutes(6));
        }
        connected.work().await;
        connected.his().set_down(false);
        connected.work().await;
        let waiting = connected.delivery(id, Target::His).await;
        assert!(waiting.state == DeliveryState::Waiting && waiting.due_at > house.bench.now());
        let admin = connected.admin().await;
        let page = admin.get("/staff/deliveries?state=waiting").await;
        assert!(page.text.contains("对方系统连不上"), "{}", page.text);
        let resend = format!("/staff/deliveries/{}/resend", waiting.id);
        assert_eq!(admin.post(&resend, &page.field("_csrf"), &[]).await.status, 303);
        connected.work().await;
        assert_eq!(connected.delivery(id, Target::His).await.state, DeliveryState::Delivered);
        house.bench.clock.advance(TimeDelta::hours(1));
        connected.work().await;
        assert_eq!((connected.his().received().len(), connected.his().count_repeats()), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn the_his_gets_answers_and_record_and_a_busy_one_is_asked_later() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        connected.his().be_busy(2);
        let id = house.submitted("咳嗽三天了，有点发烧，体温38.2").await;
        for _ in 0..3 {
            connected.work().await;
            house.bench.clock.advance(TimeDelta::seconds(30));
        }
        let received = connected.his().received().remove(0).outcome;
        let own = house.own(id).await;
        let record = own.record.unwrap();
        assert_eq!(received.record["chief_complaint"], record.text(crate::model::Part::ChiefComplaint));
        assert_eq!(received.answers.as_array().unwrap().len(), own.turns.len());
        assert!(received.answers[0]["answer"].as_str().unwrap().contains("38.2"));
        assert_eq!(received.person.index, Some(house.resident.id.to_string()));
        assert!(received.record["suspected"].as_array().is_some_and(|list| !list.is_empty()));
        assert_eq!(received.record["allergy_flag"], false, "{}", received.record["allergy"]);
    })
    .await;
}

#[tokio::test]
async fn a_lane_whose_job_was_lost_is_taken_up_again() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let app = &house.service.app;
        let id = house.submitted("咳嗽三天").await;
        let mut tx = app.db.begin().await.unwrap();
        platform::on_tx!(&mut tx, |c| sqlx::query("DELETE FROM job").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        connected.work().await;
        assert_eq!(connected.delivery(id, Target::His).await.state, DeliveryState::Waiting);
        house.bench.clock.advance(TimeDelta::minutes(11));
        super::super::outbox::sweep(app).await.unwrap();
        connected.work().await;
        assert_eq!(connected.delivery(id, Target::His).await.state, DeliveryState::Delivered);
    })
    .await;
}

const CHEST_PAIN: &str = "胸口剧烈压榨样疼痛半小时，出冷汗，喘不上气";

async fn emergency(house: &crate::testing::House<'_>) -> uuid::Uuid {
    let id = house.begin().await;
    house.say(id, 0, CHEST_PAIN, "emergency-0").await.unwrap();
    let question = house.own(id).await.interview.dialogue().pending().unwrap().clone();
    house.say(id, 1, &question.options[0], "emergency-1").await.unwrap();
    assert_eq!(house.own(id).await.consultation.state.name(), "emergency");
    id
}

#[tokio::test]
async fn an_emergency_reaches_the_his_without_a_confirmation() {
    on_each_connected(async |connected| {
        let id = emergency(&connected.house).await;
        connected.work().await;
        assert_eq!(connected.delivery(id, Target::His).await.state, DeliveryState::Delivered);
        let sent = connected.his().received().remove(0).outcome;
        assert_eq!(sent.record["confirmed"], false);
        assert!(sent.record["red_flags"].as_array().is_some_and(|flags| !flags.is_empty()));
        assert!(sent.record["triage_level"].as_u64().is_some_and(|level| level <= 2));
        assert_eq!(sent.answers.as_array().unwrap().len(), 2);

        // Taken back after it went out and ended again: the HIS gets the new one, later in the order.
        crate::service::undo(&connected.house.service, connected.house.patient(), id, 2).await.unwrap();
        connected.work().await;
        assert_eq!(connected.his().received().len(), 1, "nothing goes out while it is being answered");
        let question = connected.house.own(id).await.interview.dialogue().pending().unwrap().clone();
        connected.house.say(id, 1, &question.options[0], "emergency-2").await.unwrap();
        connected.work().await;
        let received = connected.his().received();
        assert_eq!((received.len(), connected.his().count_repeats()), (2, 0));
        assert!(received[1].outcome.id != sent.id && received[1].outcome.sequence > sent.sequence);
    })
    .await;
}

#[tokio::test]
async fn an_emergency_taken_back_before_it_went_out_stays_here() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        connected.his().set_down(true);
        let id = emergency(house).await;
        connected.work().await;
        crate::service::undo(&house.service, house.patient(), id, 2).await.unwrap();
        let held = connected.delivery(id, Target::His).await;
        assert_eq!((held.state, held.reason.as_deref()), (DeliveryState::Refused, Some("withdrawn")));
        connected.his().set_down(false);
        house.bench.clock.advance(TimeDelta::minutes(10));
        connected.work().await;
        assert_eq!(connected.his().received().len(), 0);

        let admin = connected.admin().await;
        let page = admin.get("/staff/deliveries").await;
        assert!(page.text.contains("患者撤回了这些回答") && !page.text.contains("重新发送"), "{}", page.text);
        let resend = format!("/staff/deliveries/{}/resend", held.id);
        assert_eq!(admin.post(&resend, &page.field("_csrf"), &[]).await.status, 409);
    })
    .await;
}
