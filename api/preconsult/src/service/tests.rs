use chrono::TimeDelta;
use platform::{audit, db::test_support::Bench, on_read};
use proptest::prelude::*;

use super::*;
use crate::{
    model::{MAX_ANSWER, Opening, Part, State},
    testing::{House, house, join_all, on_each},
};

#[tokio::test]
async fn answers_lead_to_a_record_that_a_doctor_reads() {
    on_each(async |house| {
        let id = house.submitted("咳嗽三天了，有点发烧，体温38.2").await;
        let own = house.own(id).await;
        assert!(matches!(own.consultation.state, State::Submitted { .. }));
        let record = own.record.unwrap();
        assert!(record.text(Part::ChiefComplaint).contains("咳嗽"), "{:?}", record.record.chief_complaint);
        let reading = read(&house.service, house.reader(&house.doctor).await, id).await.unwrap();
        assert_eq!(reading.record, record);
        assert_eq!(reading.turns.len(), own.turns.len());
        assert!(!reading.assessment.suspects.is_empty());
        let evidence = &reading.record.record.chief_complaint.evidence;
        assert!(evidence.iter().all(|said| said.turn < reading.turns.len()) && !evidence.is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_read_by_a_doctor_leaves_an_audit_row() {
    on_each(async |house| {
        let id = house.submitted("头疼两天").await;
        list(&house.service, house.reader(&house.doctor).await, house.service.app.clock.today(), None)
            .await
            .unwrap();
        read(&house.service, house.reader(&house.doctor).await, id).await.unwrap();
        let refused = read(&house.service, house.reader(&house.other_doctor).await, id).await;
        assert!(matches!(refused, Err(PreconsultError::NotFound)));
        let rows = audit::list_for_patient(&house.bench.db, house.resident.id, 3).await.unwrap();
        let deeds: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.outcome.as_str())).collect();
        assert_eq!(
            deeds,
            [("consultation.read", "denied"), ("consultation.read", "done"), ("consultation.list", "done")]
        );
        assert!(matches!(audit::verify(&house.bench.db).await.unwrap(), audit::Verdict::Intact { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_doctor_reads_nothing_that_was_not_sent() {
    on_each(async |house| {
        let id = house.begin().await;
        let own = house.talk_to_the_end(id, "肚子疼一天").await;
        assert_eq!(own.consultation.state, State::AwaitingConfirmation);
        assert!(own.consultation.chief_complaint.is_some());
        let reader = house.reader(&house.doctor).await;
        assert!(matches!(read(&house.service, reader.clone(), id).await, Err(PreconsultError::NotFound)));
        let today = house.service.app.clock.today();
        let listed = list(&house.service, reader.clone(), today, None).await.unwrap();
        assert_eq!((listed.len(), &listed[0].consultation.chief_complaint), (1, &None));
        assert!(list(&house.service, reader.clone(), today, Some("submitted")).await.unwrap().is_empty());
        assert!(
            list(&house.service, reader.clone(), today.pred_opt().unwrap(), None).await.unwrap().is_empty()
        );
        assert!(
            list(&house.service, house.reader(&house.other_doctor).await, today, None)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn a_double_tap_answers_once() {
    on_each(async |house| {
        let id = house.begin().await;
        let taps = (0..6).map(|_| house.say(id, 0, "咳嗽三天", "the-same-key"));
        let mut taken = Vec::new();
        for outcome in join_all(taps).await {
            taken.push(outcome.unwrap());
        }
        assert_eq!(taken.iter().filter(|taken| **taken == Taken::Now).count(), 1, "{taken:?}");
        assert_eq!(house.own(id).await.turns.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_tabs_answer_one_question_once() {
    on_each(async |house| {
        let id = house.begin().await;
        let keys = ["tab-one-key", "tab-two-key", "tab-three-key"];
        let outcomes = join_all(keys.into_iter().map(|key| house.say(id, 0, "咳嗽三天", key))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Ok(Taken::Now) | Err(PreconsultError::OutdatedTurn)))
        );
        let late = house.say(id, 0, "不咳嗽", "late-tab-key").await;
        assert!(matches!(late, Err(PreconsultError::OutdatedTurn)));
        assert_eq!(house.own(id).await.turns.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_waiting_question_survives_a_killed_server() {
    on_each(async |house| {
        let id = house.begin().await;
        house.say(id, 0, "头晕一周", "turn-0").await.unwrap();
        let before = house.own(id).await.interview.dialogue().pending().cloned().unwrap();
        let restarted = Service { app: house.bench.app.clone(), ..house.service.clone() };
        let after = read_own(&restarted, house.resident.id, id).await.unwrap();
        assert_eq!(after.interview.dialogue().pending(), Some(&before));
        assert_eq!(house.begin().await, id, "beginning again goes on with it");
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_another_question_than_the_waiting_one_is_not_taken() {
    on_each(async |house| {
        let id = house.begin().await;
        let answer = crate::model::Answer {
            turn: 0,
            question: Some("sym:none".into()),
            text: "咳嗽".into(),
            request_key: "turn-0-key".into(),
        };
        let refused = super::answer(&house.service, house.patient(), id, &answer).await;
        assert!(matches!(refused, Err(PreconsultError::OutdatedTurn)));
    })
    .await;
}

#[tokio::test]
async fn taking_back_voids_and_keeps() {
    on_each(async |house| {
        let id = house.begin().await;
        house.say(id, 0, "咳嗽三天", "turn-0").await.unwrap();
        let asked = house.own(id).await.interview.dialogue().pending().cloned().unwrap();
        house.say(id, 1, "说不清", "turn-1").await.unwrap();
        assert_eq!(undo(&house.service, house.patient(), id, 2).await.unwrap(), Taken::Now);
        assert_eq!(undo(&house.service, house.patient(), id, 2).await.unwrap(), Taken::Before, "double tap");
        let own = house.own(id).await;
        assert_eq!(own.interview.dialogue().pending(), Some(&asked));
        assert_eq!(own.turns.len(), 2);
        assert_eq!(own.turns[1].voided.as_ref().unwrap().reason, "本人撤回");
        house.say(id, 1, "有", "turn-1-anew").await.unwrap();
        let own = house.own(id).await;
        assert_eq!((own.turns.len(), own.interview.dialogue().turns().len()), (3, 2));
        assert!(matches!(
            undo(&house.service, house.patient(), id, 5).await,
            Err(PreconsultError::OutdatedTurn)
        ));
    })
    .await;
}

#[tokio::test]
async fn an_emergency_reaches_the_doctor_and_can_be_taken_back() {
    on_each(async |house| {
        let id = house.begin().await;
        house.say(id, 0, "胸口剧烈压榨样疼痛半小时，出冷汗，喘不上气", "turn-0").await.unwrap();
        let own = house.own(id).await;
        let question = own.interview.dialogue().pending().unwrap();
        assert!(matches!(question.act, engine::Act::Warn { .. }), "{question:?}");
        house.say(id, 1, &question.options[0], "turn-1").await.unwrap();
        assert!(matches!(house.own(id).await.consultation.state, State::Emergency { .. }));
        let reading = read(&house.service, house.reader(&house.doctor).await, id).await.unwrap();
        assert!(reading.assessment.triage.level <= 2 && !reading.assessment.triage.flags.is_empty());
        undo(&house.service, house.patient(), id, 2).await.unwrap();
        assert_eq!(house.own(id).await.consultation.state, State::Asking);
    })
    .await;
}

#[tokio::test]
async fn bad_input_is_answered_and_nothing_is_stored() {
    on_each(async |house| {
        let id = house.begin().await;
        for nothing in ["", "   \n", "😷😷", "\u{0}\u{7}", "。。。", "\u{200b}"] {
            let refused = house.say(id, 0, nothing, "some-key-1").await;
            assert!(matches!(refused, Err(PreconsultError::NothingSaid { .. })), "{nothing:?} {refused:?}");
        }
        let long = "咳".repeat(MAX_ANSWER + 1);
        let refused = house.say(id, 0, &long, "some-key-1").await;
        assert!(matches!(refused, Err(PreconsultError::TooLong { length }) if length == MAX_ANSWER + 1));
        assert!(house.own(id).await.turns.is_empty());
        let whole: String = "咳嗽三天。".chars().cycle().take(MAX_ANSWER).collect();
        house.say(id, 0, &whole, "some-key-1").await.unwrap();
        assert_eq!(house.own(id).await.turns[0].turn.answer, whole);
    })
    .await;
}

#[tokio::test]
async fn others_find_nothing() {
    on_each(async |house| {
        let id = house.begin().await;
        let (service, other) = (&house.service, house.stranger());
        let answer = crate::model::Answer {
            turn: 0,
            question: None,
            text: "咳嗽".into(),
            request_key: "key-of-other".into(),
        };
        let outcomes = [
            read_own(service, other.id, id).await.map(drop),
            super::answer(service, other, id, &answer).await.map(drop),
            undo(service, other, id, 0).await.map(drop),
            restart(service, other, id).await,
            amend(service, other, id, (Part::ChiefComplaint, 1), "头疼").await.map(drop),
            confirm(service, other, id, 1).await.map(drop),
        ];
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Err(PreconsultError::NotFound))),
            "{outcomes:?}"
        );
        assert!(list_own(service, other.id).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_resident_has_one_open_consultation() {
    on_each(async |house| {
        let ids = join_all((0..4).map(|_| house.begin())).await;
        assert!(ids.iter().all(|id| *id == ids[0]));
        restart(&house.service, house.patient(), ids[0]).await.unwrap();
        restart(&house.service, house.patient(), ids[0]).await.unwrap();
        assert_ne!(house.begin().await, ids[0]);
        assert_eq!(
            list_own(&house.service, house.resident.id).await.unwrap().len(),
            1,
            "the abandoned one is not shown"
        );
        let nowhere = begin(&house.service, house.stranger(), &Opening::at("H01", "no such")).await;
        assert!(matches!(nowhere, Err(PreconsultError::NoSuchDepartment)));
    })
    .await;
}

#[tokio::test]
async fn changes_are_tracked_and_need_the_latest_version() {
    on_each(async |house| {
        let (service, who) = (&house.service, house.patient());
        let id = house.begin().await;
        let own = house.talk_to_the_end(id, "咳嗽三天").await;
        let (version, allergy) = (own.consultation.version, Part::History(engine::SectionKind::Allergy));
        let composed = own.record.unwrap().text(allergy);
        assert_eq!(amend(service, who, id, (allergy, version), "青霉素过敏。").await.unwrap(), Taken::Now);
        assert_eq!(amend(service, who, id, (allergy, version), "青霉素过敏。").await.unwrap(), Taken::Before);
        let late = amend(service, who, id, (allergy, version), "头孢过敏。").await;
        assert!(matches!(late, Err(PreconsultError::OutdatedVersion)));
        assert!(matches!(confirm(service, who, id, version).await, Err(PreconsultError::OutdatedVersion)));
        assert!(matches!(
            amend(service, who, id, (allergy, version + 1), " ").await,
            Err(PreconsultError::NothingSaid { .. })
        ));
        amend(service, who, id, (Part::ChiefComplaint, version + 1), "咳嗽5天").await.unwrap();
        assert_eq!(confirm(service, who, id, version + 2).await.unwrap(), Taken::Now);
        assert_eq!(confirm(service, who, id, version + 2).await.unwrap(), Taken::Before, "double tap");
        assert_eq!(people::message::count_unread(&service.app, who.id).await.unwrap(), 1, "told once");
        let after = amend(service, who, id, (allergy, version + 3), "没有").await;
        assert!(matches!(after, Err(PreconsultError::WrongState { .. })));

        let reading = read(service, house.reader(&house.doctor).await, id).await.unwrap();
        assert_eq!(reading.consultation.chief_complaint.as_deref(), Some("咳嗽5天"));
        let change = &reading.record.amendments[0];
        assert_eq!((change.before.as_str(), change.after.as_str()), (composed.as_str(), "青霉素过敏。"));
        assert_eq!(reading.record.text(allergy), "青霉素过敏。");
        assert_eq!(allergy.composed(&reading.record.record), composed, "what was composed stays");
    })
    .await;
}

#[tokio::test]
async fn urgent_ones_come_first_then_earlier_ones() {
    on_each(async |house| {
        let calm = house.submitted("鼻塞流涕两天").await;
        house.bench.clock.advance(TimeDelta::minutes(10));
        let urgent = house.begin().await;
        house.say(urgent, 0, "胸口剧烈压榨样疼痛半小时，出冷汗，喘不上气", "turn-0").await.unwrap();
        let today = house.service.app.clock.today();
        let listed = list(&house.service, house.reader(&house.doctor).await, today, None).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.consultation.id).collect::<Vec<_>>(), [urgent, calm]);
    })
    .await;
}

#[tokio::test]
async fn the_words_cannot_be_read_in_the_database() {
    on_each(async |house| {
        let id = house.begin().await;
        house.say(id, 0, "咳嗽三天", "turn-0").await.unwrap();
        let sql = "SELECT question, answer FROM consultation_turn";
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on_read!(&house.bench.db, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        let stored: Vec<u8> =
            rows.into_iter().flat_map(|(question, answer)| [question, answer].concat()).collect();
        for word in ["咳嗽", "不舒服"] {
            assert!(!stored.windows(word.len()).any(|bytes| bytes == word.as_bytes()));
        }
    })
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Sending each request any number of times, in any later repetition too, leaves what sending each once leaves.
    #[test]
    fn repeated_requests_count_once(repeats in prop::collection::vec(1..4_usize, 1..5), again in 0..5_usize) {
        let once = vec![1; repeats.len()];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (expected, seen) = runtime.block_on(async { (said(&once, 0).await, said(&repeats, again).await) });
        prop_assert_eq!(expected, seen);
    }
}

/// Texts and waiting question after sending answer `n` `repeats[n]` times and the first one `again` times at the end.
async fn said(repeats: &[usize], again: usize) -> (Vec<String>, Option<String>) {
    let bench = Bench::sqlite(&[people::migrations, crate::migrations]).await;
    let house: House<'_> = house(&bench).await;
    let id = house.begin().await;
    let texts = ["咳嗽三天", "有", "没有", "不清楚"];
    for (turn, repeat) in repeats.iter().enumerate() {
        for _ in 0..*repeat {
            house.say(id, turn, texts[turn], &format!("key-of-{turn}")).await.unwrap();
        }
    }
    for _ in 0..again {
        assert_eq!(house.say(id, 0, texts[0], "key-of-0").await.unwrap(), Taken::Before);
    }
    let own = house.own(id).await;
    let answers = own.turns.iter().map(|turn| turn.turn.answer.clone()).collect();
    (answers, own.interview.dialogue().pending().map(|question| question.key.clone()))
}
