//! What is read of it afterwards: by the patient, and by the doctor's workstation (PI-08, PC-08).

use people::demo::demo_id;
use platform::audit::{self, Verdict};
use serde_json::{Value, json};
use tests::TestApp;

use super::{BASE, Talk};

#[tokio::test]
async fn a_workstation_gets_the_days_list_raw_answers_and_record() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        talk.say("咳嗽三天，有黄痰，发烧，最高38.5度").await;
        talk.deny_to_the_end().await;
        let composed = talk.record();
        talk.amend("allergy", "青霉素过敏，起皮疹。").await;
        talk.confirm().await;

        let mut station = app.staff("s01").await;
        let list = station.get_json(&format!("{BASE}?date=2026-03-02&state=submitted")).await.json();
        let [listed] = list["items"].as_array().unwrap().as_slice() else { panic!("one: {list}") };
        assert_eq!((&listed["id"], &listed["state"]), (&talk.now["id"], &json!("submitted")));
        assert_eq!(
            (&listed["patient"]["name"], &listed["patient"]["sex"]),
            (&json!("林晓雯"), &json!("female"))
        );
        assert_eq!(listed["patient"]["age_months"], 390);
        assert!(listed["chief_complaint"].as_str().unwrap().contains("发热"), "{listed}");
        assert!(listed["triage_level"].as_u64().is_some_and(|level| (1..=5).contains(&level)), "{listed}");
        let no_day = station.get_json(&format!("{BASE}?date=2026-03-01")).await.json();
        assert_eq!(no_day["items"], json!([]));

        let whole = station.get_json(&talk.path).await.json();
        let raw: Vec<_> = whole["dialogue"]
            .as_array()
            .unwrap()
            .iter()
            .map(|turn| turn["answer"].as_str().unwrap())
            .collect();
        assert_eq!(raw, talk.answers(), "every answer in the patient's own words");
        assert_eq!(whole["dialogue"][0]["question"], talk.now["answers"][0]["question"]);
        let sections = whole["record"].as_array().unwrap();
        for title in ["主诉", "现病史", "既往史", "过敏史", "个人史", "婚育史", "家族史"]
        {
            assert!(sections.iter().any(|section| section["title"] == title), "{title} in {sections:?}");
            assert!(composed.contains(title), "{title} in {composed}");
        }
        let allergy = sections.iter().find(|section| section["section"] == "allergy").unwrap();
        assert_eq!(
            (&allergy["text"], &allergy["is_amended"]),
            (&json!("青霉素过敏，起皮疹。"), &json!(true))
        );
        let change = &whole["amendments"][0];
        assert!(composed.contains(change["before"].as_str().unwrap()), "{change}");
        assert_eq!((&change["after"], &change["by"]), (&allergy["text"], &json!(demo_id("resident", "r05"))));
        assert!(!whole["release"].as_str().unwrap().is_empty());
        sentences_rest_on_what_was_said(&whole, &raw);
        suspects_have_reasons(&whole);
    })
    .await;
}

/// Each quote stands in the answer that it names.
fn sentences_rest_on_what_was_said(whole: &Value, raw: &[&str]) {
    let sections = whole["record"].as_array().unwrap();
    let sentences = sections.iter().flat_map(|section| section["sentences"].as_array().unwrap());
    let mut n_quotes = 0;
    for evidence in sentences.flat_map(|sentence| sentence["evidence"].as_array().unwrap()) {
        let turn = usize::try_from(evidence["turn"].as_u64().unwrap()).unwrap();
        let quote = evidence["quote"].as_str().unwrap();
        assert!(raw[turn].contains(quote), "{quote} in answer {turn}: {}", raw[turn]);
        n_quotes += 1;
    }
    assert!(n_quotes >= 3, "{sections:?}");
}

fn suspects_have_reasons(whole: &Value) {
    let suspects = whole["suspects"].as_array().unwrap();
    assert!(suspects.len() >= 2, "{whole}");
    assert!(!suspects[0]["supporting"].as_array().unwrap().is_empty(), "{}", suspects[0]);
    for suspect in suspects {
        assert!((0.0..=1.0).contains(&suspect["probability"].as_f64().unwrap()), "{suspect}");
        for kind in ["supporting", "conflicting", "unasked"] {
            for reason in suspect[kind].as_array().unwrap() {
                assert!(!reason["source"].as_str().unwrap().is_empty(), "{reason}");
            }
        }
    }
}

#[tokio::test]
async fn a_patient_never_gets_a_suspect() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        let mut seen = vec![talk.now.to_string()];
        talk.say("咳嗽咳痰五天，发烧38.5，胸口有点疼").await;
        while talk.state() == "asking" {
            seen.push(talk.now.to_string());
            talk.deny().await;
        }
        seen.push(talk.now.to_string());
        talk.confirm().await;
        for path in [
            format!("/api/preconsult/my-consultations/{}", talk.id()),
            "/api/preconsult/my-consultations".into(),
        ] {
            seen.push(talk.browser.get_json(&path).await.body);
        }
        for path in ["/".to_owned(), "/history".into(), format!("/consultations/{}", talk.id())] {
            seen.push(talk.browser.get(&path).await.body);
        }

        let whole = app.staff("s01").await.get_json(&talk.path).await.json();
        let labels: Vec<_> =
            whole["suspects"].as_array().unwrap().iter().map(|s| s["label"].as_str().unwrap()).collect();
        assert!(labels.len() >= 2, "{whole}");
        // A disease may be asked after, as 糖尿病 in the past history; those words are taken out first.
        let mut asked: Vec<&str> = Vec::new();
        for turn in whole["dialogue"].as_array().unwrap() {
            asked.extend([turn["question"].as_str().unwrap(), turn["answer"].as_str().unwrap()]);
        }
        asked.sort_by_key(|words| std::cmp::Reverse(words.len()));
        for text in &seen {
            let rest = asked.iter().fold(text.clone(), |rest, words| rest.replace(words, ""));
            for word in labels.iter().copied().chain(["鉴别", "疑似", "suspect", "probability", "icd10"])
            {
                assert!(!rest.contains(word), "{word} in {rest}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_reading_by_a_doctor_is_kept_in_the_chain() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        talk.say("咳嗽三天").await;
        talk.deny_to_the_end().await;
        talk.confirm().await;
        let mut doctor = app.staff("s01").await;
        doctor.get_json(BASE).await;
        doctor.get_json(&talk.path).await;
        doctor.get(&format!("/doctor/consultations/{}", talk.id())).await;

        let object = format!("consultation/{}", talk.id());
        let deeds = audit::list_for_object(&app.db, &object, 50).await.unwrap();
        let who = demo_id("staff", "s01").to_string();
        let by_doctor: Vec<_> = deeds.iter().filter(|deed| deed.actor == who).collect();
        let actions: Vec<_> = by_doctor.iter().map(|deed| deed.action.as_str()).collect();
        assert_eq!(actions, ["consultation.read", "consultation.read", "consultation.list"], "newest first");
        for deed in by_doctor {
            assert_eq!((deed.patient, deed.role.as_str()), (Some(demo_id("resident", "r05")), "doctor"));
            assert!(!deed.request_id.is_empty());
        }
        let own: Vec<_> =
            deeds.iter().filter(|deed| deed.role == "resident").map(|deed| deed.action.as_str()).collect();
        assert_eq!(own, ["consultation.confirm", "consultation.begin"]);
        let (rows, _) = audit::find_head(&app.db).await.unwrap();
        assert_eq!(audit::verify(&app.db).await.unwrap(), Verdict::Intact { rows });
    })
    .await;
}

#[tokio::test]
async fn the_most_urgent_stands_first() {
    TestApp::on_each_database(async |app| {
        let mut mild = Talk::begin(app, "r06").await;
        mild.say("流鼻涕打喷嚏两天，嗓子有点疼，没发烧").await;
        mild.deny_to_the_end().await;
        mild.confirm().await;
        let mut urgent = Talk::begin(app, "r03").await;
        urgent.say("胸口压着疼一个小时了，出了一身冷汗").await;
        assert_eq!(urgent.now["question"]["is_warning"], true, "{}", urgent.now);
        assert!(urgent.now["question"]["text"].as_str().unwrap().contains("120"), "{}", urgent.now);
        urgent.say("我知道了，马上就医").await;
        assert_eq!((urgent.state(), &urgent.now["question"]), ("emergency", &Value::Null));
        assert!(urgent.now["emergency_advice"][0].as_str().unwrap().contains("120"), "{}", urgent.now);
        let mut later = Talk::begin(app, "r05").await;
        later.say("咳嗽三天").await;
        later.deny_to_the_end().await;
        later.confirm().await;

        let list = app.staff("s01").await.get_json(BASE).await.json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 3);
        assert_eq!((&items[0]["id"], &items[0]["triage_level"]), (&urgent.now["id"], &json!(2)));
        assert_eq!(items[0]["state"], "emergency");
        assert!(items[0]["n_flags"].as_u64().unwrap() >= 1);
    })
    .await;
}
