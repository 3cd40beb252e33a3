//! Whatever is written, the next question is a sensible one, none comes twice, and there is an end.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::TestApp;

use super::Talk;

/// Watches a whole consultation.
#[derive(Default)]
struct Watch {
    keys: BTreeSet<String>,
    questions: BTreeSet<(String, Vec<String>)>,
}

impl Watch {
    fn look(&mut self, talk: &Talk) {
        if talk.state() != "asking" {
            return;
        }
        let question = &talk.now["question"];
        let (key, text) = (question["key"].as_str().unwrap(), question["text"].as_str().unwrap());
        assert!(self.keys.insert(key.to_owned()), "{key} comes twice: {text}");
        assert!(self.questions.insert((text.to_owned(), talk.options())), "comes twice: {text}");
        assert!(text.chars().filter(|c| ('一'..='龥').contains(c)).count() >= 4, "no question: {text:?}");
        for odd in ["{", "}", "<", "null", "None", "NaN", "undefined", "jy:", "，，", "？？", "  "] {
            assert!(!text.contains(odd), "{odd} in {text}");
        }
        let options = talk.options();
        assert!(options.iter().all(|option| !option.trim().is_empty()), "{question}");
        assert_eq!(options.iter().collect::<BTreeSet<_>>().len(), options.len(), "options twice: {question}");
        assert!(self.keys.len() < 60, "no end");
    }
}

/// Says `opening`, then `words` to everything that is asked.
async fn insist(app: &TestApp<'_>, opening: &str, words: &str) -> Talk {
    let mut talk = Talk::begin(app, "r05").await;
    let mut watch = Watch::default();
    watch.look(&talk);
    talk.say(opening).await;
    while talk.state() == "asking" {
        watch.look(&talk);
        let warned = talk.now["question"]["is_warning"] == Value::Bool(true);
        talk.say(if warned { "继续填写" } else { words }).await;
    }
    assert_eq!(talk.state(), "awaiting_confirmation", "{opening}");
    talk
}

#[tokio::test]
async fn who_knows_nothing_comes_to_an_end_and_nothing_is_made_up() {
    TestApp::on_each_database(async |app| {
        for (opening, words) in
            [("肚子疼", "不知道"), ("不知道", "不知道"), ("头晕", "不清楚"), ("咳嗽", "不想说")]
        {
            let mut talk = insist(app, opening, words).await;
            assert!(talk.turn() <= 40, "{opening}: {} questions", talk.turn());
            let record = talk.record();
            assert!(!record.contains("否认"), "not knowing is no denial: {record}");
            assert!(!record.contains(|c: char| c.is_ascii_digit()), "a number that nobody said: {record}");
            talk.confirm().await;
        }
    })
    .await;
}

#[tokio::test]
async fn strange_words_are_kept_and_the_talk_goes_on() {
    TestApp::on_each_database(async |app| {
        for (opening, words) in [
            ("cough and fever for 3 days", "I do not understand"),
            ("三日前から咳が出ます", "わかりません"),
            ("Кашель и температура три дня", "не знаю"),
            ("سعال وحمى منذ ثلاثة أيام", "لا أعرف"),
            ("གློ་ལུད་ཉིན་གསུམ", "ཤེས་ཀྱི་མེད"),
            ("咳嗽三日，發燒，喉嚨痛", "沒有"),
            ("今天天气真好", "今天天气真好"),
            ("咳嗽😷三天🤒", "没有👍"),
            (
                "<script>alert(1)</script>'; DROP TABLE consultation; --",
                "{{7*7}} %s %00 \\u0000 ../../etc/passwd",
            ),
            ("1", "2"),
        ] {
            let mut talk = insist(app, opening, words).await;
            assert_eq!(talk.answers()[0], opening);
            talk.confirm().await;
            let whole = app.staff("s01").await.get_json(&talk.path).await.json();
            assert_eq!(whole["dialogue"][0]["answer"], opening, "the doctor reads what was written");
        }
    })
    .await;
}

#[tokio::test]
async fn invisible_characters_go_and_the_words_stay() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        talk.say("咳\u{0}嗽\u{7}三\u{200b}天\u{202e}\u{1b}[31m，发烧\u{feff}").await;
        assert_eq!(talk.answers(), ["咳嗽三天[31m，发烧"]);
        talk.deny_to_the_end().await;
        assert!(talk.record().contains("咳嗽3天"), "{}", talk.record());
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_characters_are_an_answer() {
    TestApp::on_each_database(async |app| {
        let story = "前天晚上开始肚子疼，吃了外卖以后拉肚子。";
        let long: String = story.chars().cycle().take(10_000).collect();
        let mut talk = Talk::begin(app, "r05").await;
        let mut watch = Watch::default();
        talk.say(&long).await;
        assert_eq!(talk.answers(), [long.as_str()]);
        while talk.state() == "asking" {
            watch.look(&talk);
            talk.deny().await;
        }
        let record = talk.record();
        assert!(record.chars().count() < 2000, "a record, not a copy: {} characters", record.chars().count());
        for word in ["腹痛", "腹泻"] {
            assert!(record.contains(word), "{word} in {record}");
        }
        talk.confirm().await;
    })
    .await;
}

#[tokio::test]
async fn a_contradiction_is_shown_to_the_doctor_and_not_asked_away() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        let mut watch = Watch::default();
        talk.say("咳嗽三天，没有发烧").await;
        watch.look(&talk);
        talk.say("昨天发烧到39度").await;
        while talk.state() == "asking" {
            watch.look(&talk);
            talk.deny().await;
        }
        talk.confirm().await;
        let whole = app.staff("s01").await.get_json(&talk.path).await.json();
        let found = whole["contradictions"].as_array().unwrap();
        let [contradiction] = found.as_slice() else { panic!("one: {whole}") };
        assert!(contradiction["text"].as_str().unwrap().contains("发热"), "{contradiction}");
        let turns: Vec<_> = contradiction["evidence"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["turn"].as_u64().unwrap())
            .collect();
        assert_eq!(turns, [0, 1], "both answers are named");
    })
    .await;
}
