//! Patients who answer at the same time: how long an answer takes, beside a bare handler that does one insert.
//!
//! `cargo bench -p tests --bench answers` runs it on a new SQLite file, or on the empty database that
//! `JIUYI_DATABASE_URL` names. Every patient goes through one consultation and taps the next answer as soon as the
//! question is there, which no thumb does: it is a floor of the time between two answers, not a picture of a morning.
#![expect(clippy::expect_used, reason = "a measurement that cannot be made should stop")]
#![expect(
    clippy::disallowed_methods,
    reason = "the measurement, like the configuration, reads the environment"
)]
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::{
    env,
    fmt::Write,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Method, Request, StatusCode},
    routing::post,
};
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use platform::{App, Db, http::Json, on_tx};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Browser, Site};
use tokio::{net::TcpListener, task::JoinSet};

const TABLE: &str = "CREATE TABLE bare_answer(id TEXT PRIMARY KEY, answer TEXT NOT NULL)";

/// Nobody is asked more than this.
const LONGEST: u64 = 60;

type Http = Client<HttpConnector, Body>;

#[tokio::main]
async fn main() {
    for patients in [50, 500] {
        let data = data_with(patients);
        let site = Site::start_with(|config| {
            data.path().clone_into(&mut config.data_dir);
            if let Ok(url) = env::var("JIUYI_DATABASE_URL") {
                config.database_url = url;
            }
        })
        .await;
        let answers = consultations(&site, patients).await;
        let each = answers.times.len() / patients;
        let floor = inserts(&site, patients, each).await;
        let on = if site.app.db.is_postgres() { "PostgreSQL" } else { "SQLite" };
        println!("{on}, {patients} patients, {} answers, {} errors", answers.times.len(), answers.errors);
        answers.tell("answer");
        floor.tell("bare insert");
        println!(
            "  ratio        p50 {:.1}  p99 {:.1}\n",
            answers.at(50) / floor.at(50),
            answers.at(99) / floor.at(99)
        );
        assert_eq!((answers.errors, floor.errors), (0, 0), "an answer was refused or lost");
    }
}

/// The shipped data with so many residents.
fn data_with(residents: usize) -> TempDir {
    let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("demo")).expect("a folder");
    let link =
        |from: PathBuf, to: PathBuf| symlink(fs::canonicalize(from).expect("a file"), to).expect("a link");
    for (from, to) in
        [(shipped.to_owned(), folder.path().to_owned()), (shipped.join("demo"), folder.path().join("demo"))]
    {
        for entry in fs::read_dir(from).expect("the shipped data") {
            let entry = entry.expect("a file");
            if !["demo", "residents.tsv"].iter().any(|own| entry.file_name() == *own) {
                link(entry.path(), to.join(entry.file_name()));
            }
        }
    }
    let mut rows = String::from("key\tname\tsex\tage_months\n");
    for n in 0..residents {
        writeln!(rows, "p{n}\t测试{n}\tmale\t{}", 240 + n).expect("a row");
    }
    fs::write(folder.path().join("demo/residents.tsv"), rows).expect("residents");
    folder
}

/// What was measured, in milliseconds.
#[derive(Default)]
struct Measured {
    times: Vec<Duration>,
    errors: usize,
    took: Duration,
}

impl Measured {
    async fn of(mut people: JoinSet<Self>) -> Self {
        let began = Instant::now();
        let mut all = Self::default();
        while let Some(one) = people.join_next().await {
            let one = one.expect("nobody panics");
            all.times.extend(one.times);
            all.errors += one.errors;
        }
        all.took = began.elapsed();
        all.times.sort_unstable();
        all
    }

    /// Milliseconds within which so many of a hundred were done.
    fn at(&self, percent: usize) -> f64 {
        let last = self.times.len().saturating_sub(1);
        self.times.get(last * percent / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }

    fn tell(&self, what: &str) {
        let count = u32::try_from(self.times.len()).map_or(f64::NAN, f64::from);
        println!(
            "  {what:<12} p50 {:.1} ms  p95 {:.1} ms  p99 {:.1} ms  slowest {:.1} ms  {:.0}/s",
            self.at(50),
            self.at(95),
            self.at(99),
            self.at(100),
            count / self.took.as_secs_f64(),
        );
    }
}

/// One patient with a connection of one's own.
struct Patient {
    http: Http,
    base: String,
    proof: Vec<(&'static str, String)>,
}

impl Patient {
    async fn post(&self, path: &str, body: &Value, key: &str) -> Option<Value> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.base))
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        for (name, value) in &self.proof {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let answer = self.http.request(request).await.ok()?;
        let is_good = answer.status().is_success();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        is_good.then(|| serde_json::from_slice(&body).ok())?
    }

    /// Goes through a consultation, most answers being no.
    async fn talk(self) -> Measured {
        let mut measured = Measured::default();
        let open = json!({"institution": "H01", "department": "IM"});
        let Some(mut now) = self.post("/api/preconsult/consultations", &open, "begin-it").await else {
            return Measured { errors: 1, ..measured };
        };
        let path =
            format!("/api/preconsult/consultations/{}/answers", now["id"].as_str().unwrap_or_default());
        while now["state"] == "asking" && now["turn"].as_u64() < Some(LONGEST) {
            let text = reply(&now);
            let turn = now["turn"].clone();
            let began = Instant::now();
            let said =
                self.post(&path, &json!({"turn": turn, "text": text}), &format!("answer-{turn}-of-it")).await;
            measured.times.push(began.elapsed());
            let Some(next) = said else {
                measured.errors += 1;
                return measured;
            };
            now = next;
        }
        measured.errors += usize::from(now["state"] == "asking");
        measured
    }
}

fn reply(now: &Value) -> String {
    if now["turn"] == 0 {
        return "咳嗽三天，有黄痰，昨天开始发热".to_owned();
    }
    let options = now["question"]["options"].as_array();
    let offered = |word: &&str| options.is_some_and(|options| options.iter().any(|option| option == word));
    ["继续填写", "都没有", "没有"].into_iter().find(offered).unwrap_or("没有").to_owned()
}

async fn consultations(site: &Site, patients: usize) -> Measured {
    let mut people = JoinSet::new();
    let mut signed_in = Vec::new();
    for n in 0..patients {
        let mut browser = Browser::new(site.router());
        browser.sign_in("resident", &format!("p{n}")).await;
        signed_in.push(browser.proof().to_vec());
    }
    for proof in signed_in {
        people.spawn(Patient { http: http(), base: site.base(), proof }.talk());
    }
    Measured::of(people).await
}

/// The same number of the smallest stored answers through the same client and database.
async fn inserts(site: &Site, patients: usize, each: usize) -> Measured {
    let mut tx = site.app.db.begin().await.expect("a transaction");
    on_tx!(&mut tx, |c| sqlx::query(TABLE).execute(c).await.map(drop)).expect("a table");
    tx.commit().await.expect("a table");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/bare", post(insert)).with_state(Arc::new(site.app.clone()));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    let mut people = JoinSet::new();
    for n in 0..patients {
        let patient = Patient { http: http(), base: base.clone(), proof: Vec::new() };
        people.spawn(async move {
            let mut measured = Measured::default();
            for turn in 0..each {
                let body = json!({"id": format!("{n}-{turn}"), "text": "没有"});
                let began = Instant::now();
                measured.errors += usize::from(patient.post("/bare", &body, "bare").await.is_none());
                measured.times.push(began.elapsed());
            }
            measured
        });
    }
    let measured = Measured::of(people).await;
    serving.abort();
    measured
}

async fn insert(State(app): State<Arc<App>>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let stored = store(&app.db, &body).await;
    if stored.is_ok() {
        (StatusCode::OK, Json(body))
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, Json(body))
    }
}

async fn store(db: &Db, body: &Value) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let (id, text) = (body["id"].as_str(), body["text"].as_str());
    on_tx!(&mut tx, |c| sqlx::query("INSERT INTO bare_answer(id, answer) VALUES ($1, $2)")
        .bind(id)
        .bind(text)
        .execute(c)
        .await
        .map(drop))?;
    tx.commit().await
}

fn http() -> Http {
    Client::builder(TokioExecutor::new()).build(HttpConnector::new())
}
