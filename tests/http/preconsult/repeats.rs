//! What a weak network, an impatient thumb and a killed server do: nothing is lost and nothing counts twice.

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll},
};

use platform::audit::{self, Verdict};
use serde_json::json;
use tests::TestApp;
use tokio::task::JoinSet;

use super::{BASE, Talk};

#[tokio::test]
async fn an_answer_sent_again_under_its_key_is_one_turn() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        let first = talk.send(0, "咳嗽三天，有黄痰", "key-of-the-first-answer").await;
        assert_eq!(first.status, 200, "{}", first.body);
        for _ in 0..3 {
            let again = talk.send(0, "咳嗽三天，有黄痰", "key-of-the-first-answer").await;
            assert_eq!((again.status, again.json()), (200, first.json()));
        }
        // A key belongs to its words: other words under it are not taken for the first ones, nor as a new answer.
        let other = talk.send(0, "头疼", "key-of-the-first-answer").await;
        assert_eq!(other.problem(409), "/problems/preconsult/outdated-turn");
        // The same words under another key come from a second tab.
        let tab = talk.send(0, "咳嗽三天，有黄痰", "key-of-another-tab").await;
        assert_eq!(tab.problem(409), "/problems/preconsult/outdated-turn");
        assert_eq!(talk.reload().await, first.json());
        // The retry may come when the talk has gone on; it is answered with where the talk is now.
        talk.now = first.json();
        talk.deny().await;
        let late = talk.send(0, "咳嗽三天，有黄痰", "key-of-the-first-answer").await;
        assert_eq!((late.status, &late.json()), (200, &talk.now));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_answer_sent_five_times_at_once_is_one_turn() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        for turn in 0..4 {
            let text = if turn == 0 {
                "咳嗽三天".to_owned()
            } else {
                talk.options().pop().unwrap_or("没有".into())
            };
            let mut sent = JoinSet::new();
            for _ in 0..5 {
                let (mut talk, text) = (talk.clone(), text.clone());
                sent.spawn(async move { talk.send(turn, &text, &format!("key-of-turn-{turn}")).await });
            }
            let answers = sent.join_all().await;
            for answer in &answers {
                assert_eq!((answer.status, answer.json()), (200, answers[0].json()), "turn {turn}");
            }
            talk.now = answers[0].json();
            assert_eq!(talk.turn(), turn + 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_different_answers_at_once_one_is_taken() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        let words = ["咳嗽", "头疼", "肚子疼", "皮肤起疹子", "腰疼"];
        let mut sent = JoinSet::new();
        for (n, text) in words.into_iter().enumerate() {
            let mut talk = talk.clone();
            sent.spawn(async move { (text, talk.send(0, text, &format!("key-of-tab-{n}")).await) });
        }
        let answers = sent.join_all().await;
        let taken: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 200).collect();
        assert_eq!(taken.len(), 1, "{answers:?}");
        for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 200) {
            assert_eq!(answer.problem(409), "/problems/preconsult/outdated-turn");
        }
        talk.now = talk.reload().await;
        assert_eq!(talk.answers(), [taken[0].0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_taps_on_begin_are_one_consultation() {
    TestApp::on_each_database(async |app| {
        let browser = app.resident("r06").await;
        let mut sent = JoinSet::new();
        for _ in 0..5 {
            let mut browser = browser.clone();
            let body = json!({"institution": "H01", "department": "IM"});
            sent.spawn(async move { browser.post_json(BASE, &body).await });
        }
        let answers = sent.join_all().await;
        let ids: Vec<_> = answers.iter().map(|answer| answer.json()["id"].clone()).collect();
        assert!(ids.iter().all(|id| id.is_string() && *id == ids[0]), "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    })
    .await;
}

/// The request is cut off at every point where it waits, as by a killed server; each time a new program on the same
/// database finds either nothing of the answer or all of it, and takes the retry.
#[tokio::test]
async fn a_program_killed_at_any_moment_loses_nothing() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r03").await;
        for (turn, text) in [(0, "胸口压着疼一个小时了，出了一身冷汗"), (1, "我知道了，马上就医")]
        {
            let before = talk.reload().await;
            let key = format!("key-of-turn-{turn}");
            let mut steps = 0;
            while cut_off(talk.clone().send(turn, text, &key), steps).await {
                talk.browser.move_to(&app.restarted());
                let kept = talk.reload().await;
                let is_taken = kept["turn"] == turn + 1;
                assert!(is_taken || kept == before, "after {steps} steps: {kept}");
                steps += 1;
            }
            assert!(steps > 1, "the request waits more often than {steps} times");
            let retried = talk.send(turn, text, &key).await;
            assert_eq!(retried.status, 200, "{}", retried.body);
            talk.now = retried.json();
            assert_eq!((talk.turn(), talk.answers().last()), (turn + 1, Some(&text)));
        }
        assert_eq!(talk.state(), "emergency");
        let whole = app.restarted().staff("s01").await.get_json(&talk.path).await.json();
        assert_eq!(whole["dialogue"].as_array().map(Vec::len), Some(2), "{whole}");
        assert_eq!((&whole["triage"]["level"], &whole["state"]), (&json!(2), &json!("emergency")));
        assert!(matches!(audit::verify(&app.db).await.unwrap(), Verdict::Intact { .. }));
    })
    .await;
}

/// Drops the future after so many steps; true when it had not finished by then.
async fn cut_off(request: impl Future, steps: usize) -> bool {
    let mut request = pin!(request);
    let mut left = steps;
    poll_fn(|context: &mut Context<'_>| {
        if left == 0 {
            return Poll::Ready(true);
        }
        left -= 1;
        request.as_mut().poll(context).map(|_| false)
    })
    .await
}

#[tokio::test]
async fn an_answer_taken_back_is_asked_again_and_stays_stored() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        talk.say("咳嗽三天").await;
        let question = talk.now["question"].clone();
        talk.say("吃错了的回答，有血丝").await;
        talk.undo().await;
        assert_eq!((talk.turn(), &talk.now["question"]), (1, &question), "the same question waits again");
        // A second tap on the same page takes nothing more back.
        let again = talk.browser.post_json(&format!("{}/undo", talk.path), &json!({"turn": 2})).await;
        assert_eq!((again.status, again.json()["turn"].as_u64()), (200, Some(1)));
        talk.deny_to_the_end().await;
        assert!(!talk.answers().contains(&"吃错了的回答，有血丝"));
        assert!(!talk.record().contains("血丝"), "{}", talk.record());
        talk.confirm().await;

        let whole = app.staff("s01").await.get_json(&talk.path).await.json();
        let voided: Vec<_> = whole["dialogue"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|turn| !turn["voided_at"].is_null())
            .collect();
        assert_eq!(voided.len(), 1, "{whole}");
        assert_eq!(voided[0]["answer"], "吃错了的回答，有血丝");
        assert_eq!((&voided[0]["ordinal"], &voided[0]["void_reason"]), (&json!(1), &json!("本人撤回")));
        assert_eq!(voided[0]["question"], question["text"]);
    })
    .await;
}
