//! A pre-consultation by JSON, as a patient's app and a doctor's workstation lead it.

mod reading;
mod records;
mod refusals;
mod repeats;
mod words;

use serde_json::{Value, json};
use tests::{Answer, Browser, TestApp};

const BASE: &str = "/api/preconsult/consultations";

/// A consultation of a resident that was sent to 内科 of the hospital; gives its id.
pub(crate) async fn sent(app: &TestApp<'_>, resident: &str, complaint: &str) -> String {
    let mut talk = Talk::begin(app, resident).await;
    talk.say(complaint).await;
    talk.deny_to_the_end().await;
    talk.confirm().await;
    talk.id().to_owned()
}

/// One patient's consultation as the app has it; every answer is sent with a key of its own.
#[derive(Clone)]
struct Talk {
    browser: Browser,
    path: String,
    /// What the program said last.
    now: Value,
}

impl Talk {
    /// Begins, or goes on, in 内科 of the hospital.
    async fn begin(app: &TestApp<'_>, resident: &str) -> Self {
        let mut browser = app.resident(resident).await;
        let begun = browser.post_json(BASE, &json!({"institution": "H01", "department": "IM"})).await;
        assert!([200, 201].contains(&begun.status), "{}", begun.body);
        let now = begun.json();
        let path = format!("{BASE}/{}", now["id"].as_str().unwrap());
        Self { browser, path, now }
    }

    fn id(&self) -> &str {
        self.now["id"].as_str().unwrap()
    }

    fn state(&self) -> &str {
        self.now["state"].as_str().unwrap()
    }

    fn turn(&self) -> u64 {
        self.now["turn"].as_u64().unwrap()
    }

    fn options(&self) -> Vec<String> {
        serde_json::from_value(self.now["question"]["options"].clone()).unwrap()
    }

    /// Sends an answer without looking at what comes back.
    async fn send(&mut self, turn: u64, text: &str, key: &str) -> Answer {
        let (path, body) = (format!("{}/answers", self.path), json!({"turn": turn, "text": text}));
        self.browser.send_json(axum::http::Method::POST, &path, &body, &[("idempotency-key", key)]).await
    }

    /// Answers the waiting question.
    async fn say(&mut self, text: &str) {
        let key = format!("{}-{}-{}", self.id(), self.turn(), self.now["version"]);
        let answer = self.send(self.turn(), text, &key).await;
        assert_eq!(answer.status, 200, "{text}: {}", answer.body);
        self.now = answer.json();
    }

    /// The quick reply that says no, as most people tap; the words where there is none.
    async fn deny(&mut self) {
        let no = ["继续填写", "都没有", "没有"];
        let fitting = self.options().into_iter().find(|option| no.contains(&option.as_str()));
        self.say(fitting.as_deref().unwrap_or("没有")).await;
    }

    async fn deny_to_the_end(&mut self) {
        while self.state() == "asking" {
            self.deny().await;
            assert!(self.turn() < 60, "no end: {}", self.now["question"]);
        }
    }

    async fn reload(&mut self) -> Value {
        let answer = self.browser.get_json(&format!("/api/preconsult/my-consultations/{}", self.id())).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn undo(&mut self) {
        let answer =
            self.browser.post_json(&format!("{}/undo", self.path), &json!({"turn": self.turn()})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.now = answer.json();
    }

    /// Changes a section, based on what was read last.
    async fn amend(&mut self, section: &str, text: &str) {
        let (path, tag) = (format!("{}/record/{section}", self.path), format!("\"{}\"", self.now["version"]));
        let body = json!({"text": text});
        let method = axum::http::Method::PUT;
        let answer = self.browser.send_json(method, &path, &body, &[("if-match", &tag)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.now = answer.json();
    }

    async fn confirm(&mut self) {
        let (path, tag) = (format!("{}/confirm", self.path), format!("\"{}\"", self.now["version"]));
        let method = axum::http::Method::POST;
        let answer = self.browser.send_json(method, &path, &json!({}), &[("if-match", &tag)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.now = answer.json();
    }

    fn answers(&self) -> Vec<&str> {
        let answers = self.now["answers"].as_array().unwrap();
        answers.iter().map(|turn| turn["answer"].as_str().unwrap()).collect()
    }

    /// The whole record of the patient's app as one text.
    fn record(&self) -> String {
        let sections = self.now["record"].as_array().expect("a record");
        let line = |section: &Value| {
            format!("{}：{}\n", section["title"].as_str().unwrap(), section["text"].as_str().unwrap())
        };
        sections.iter().map(line).collect()
    }
}
