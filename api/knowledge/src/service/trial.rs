//! What a draft would have done to the visits of the last month: asked for on a page, worked off as a job.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use platform::{
    audit,
    db::retry,
    jobs::{self, HandlerFault, Job, New, Worker},
    rights::{Reach, Right, Scope},
};
use rules::matching::{Decision, Known, Matcher};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::draft::{check_matching, in_use, of_file, open};
use crate::{
    KnowledgeError, Month, Releases,
    model::{Author, Effect, Moved, Place, Sample, Trial, TrialState},
    month::{PastVisit, Span},
    store,
};

const KIND: &str = "knowledge.trial";
/// Days looked back.
pub const DAYS: i64 = 30;
/// Examples kept of one change.
const N_SAMPLES: usize = 3;
/// Inputs that may name a person or a place of few: they stay out of examples.
const TELLING: [&str; 2] = ["医生", "机构"];

/// Who asked, as far as their right reaches.
#[derive(Serialize, Deserialize)]
struct Asked {
    trial: Uuid,
    staff: Uuid,
    scope: String,
    institution: String,
    department: String,
    until: chrono::DateTime<chrono::Utc>,
}

/// Runs asked trials in the background.
#[must_use]
pub fn handlers(worker: Worker, releases: Releases, month: Arc<dyn Month>) -> Worker {
    worker.on(KIND, move |_, job| {
        let (releases, month) = (releases.clone(), month.clone());
        async move { run(&releases, month.as_ref(), &job).await }
    })
}

/// Has the rules of a file tried on the visits within reach of whoever asks.
pub async fn ask(
    releases: &Releases,
    author: &Author<'_>,
    who: &Right,
    file: &str,
) -> Result<Uuid, KnowledgeError> {
    let opened = open(releases, file).await?;
    let app = releases.app();
    let trial = Trial {
        id: app.new_id(),
        file: file.to_owned(),
        text: opened.text,
        release: in_use(releases),
        state: TrialState::Waiting,
        n_done: 0,
        n_all: 0,
        effect: Effect::default(),
        asked_by: author.name.clone(),
        asked_at: app.now(),
    };
    let asked = Asked {
        trial: trial.id,
        staff: who.id(),
        scope: who.scope().unwrap_or(Scope::Own).name().to_owned(),
        institution: who.reach.institution.clone(),
        department: who.reach.department.clone(),
        until: trial.asked_at,
    };
    retry(|| async {
        let mut tx = app.db.begin().await?;
        store::insert_trial(&mut tx, &trial).await?;
        let new = New { kind: KIND, lane: None, unique_key: None, due_at: app.now() };
        jobs::write(app, &mut tx, new, &asked).await?;
        let reason = format!("最近 {DAYS} 天，只得到数量和不含个人信息的例子");
        let entry = of_file(releases, author, "knowledge.trial", file);
        audit::append(&mut tx, audit::Entry { reason: Some(&reason), ..entry }).await?;
        tx.commit().await?;
        Ok::<_, KnowledgeError>(trial.id)
    })
    .await
}

/// The last trial of a file.
pub async fn find_last(releases: &Releases, file: &str) -> Result<Option<Trial>, KnowledgeError> {
    Ok(store::find_last_trial(&releases.app().db, file).await?)
}

async fn run(releases: &Releases, month: &dyn Month, job: &Job) -> Result<(), HandlerFault> {
    let asked: Asked = job.read()?;
    let app = releases.app();
    let Some(mut trial) = store::find_trial(&app.db, asked.trial).await? else { return Ok(()) };
    if trial.state.is_over() {
        return Ok(());
    }
    let Some(rules) = rules(releases, &trial).await? else {
        trial.state = TrialState::Failed;
        return keep(releases, &trial).await;
    };
    let scope = Scope::named(&asked.scope).ok_or("unknown scope")?;
    let reach = Reach { id: asked.staff, institution: asked.institution, department: asked.department };
    let span = Span { from: asked.until - TimeDelta::days(DAYS), until: asked.until, scope, reach };
    trial.state = TrialState::Running;
    (trial.n_done, trial.n_all) = (0, month.count(&span).await?);
    keep(releases, &trial).await?;
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let batch = month.visits(&span, after, [&rules[0], &rules[1]]).await?;
        for visit in &batch.visits {
            tally.add(&rules, visit);
        }
        trial.n_done += i64::try_from(batch.visits.len()).unwrap_or(i64::MAX);
        trial.effect = tally.effect();
        after = batch.next;
        if after.is_none() {
            break;
        }
        keep(releases, &trial).await?;
    }
    trial.state = TrialState::Done;
    trial.n_all = trial.n_done;
    keep(releases, &trial).await
}

/// The rules of the release and of the draft; None when the draft does not compile. A new file
/// stands beside the others and changes nothing.
async fn rules(releases: &Releases, trial: &Trial) -> Result<Option<[Matcher; 2]>, HandlerFault> {
    let used = store::find_file(&releases.app().db, &trial.release, &trial.file).await?;
    let engine = releases.current().load();
    let (file, text) = (trial.file.clone(), trial.text.clone());
    let compiled = spawn_blocking(move || {
        let new = check_matching(&engine, &file, &text).0?;
        let old = used.and_then(|used| check_matching(&engine, &file, &used).0);
        Some([old.unwrap_or_else(|| new.clone()), new])
    });
    Ok(compiled.await?)
}

async fn keep(releases: &Releases, trial: &Trial) -> Result<(), HandlerFault> {
    let app = releases.app();
    retry(|| async {
        let mut tx = app.db.begin().await?;
        store::update_trial(&mut tx, trial, app.now()).await?;
        tx.commit().await
    })
    .await?;
    Ok(())
}

/// Of the rules in use, and of the draft.
type Results = (Vec<String>, Vec<String>);

#[derive(Default)]
struct Tally {
    n_visits: usize,
    n_changed: usize,
    moved: BTreeMap<Results, (usize, Vec<Sample>)>,
    places: BTreeMap<(String, String), (usize, usize)>,
}

impl Tally {
    fn add(&mut self, rules: &[Matcher; 2], visit: &PastVisit) {
        let [before, after] = [0, 1].map(|at| rules[at].decide(&visit.given[at]));
        let is_changed = before.results != after.results;
        let place = (visit.institution.clone(), visit.department.clone());
        let place = self.places.entry(place).or_default();
        place.0 += 1;
        self.n_visits += 1;
        if !is_changed {
            return;
        }
        place.1 += 1;
        self.n_changed += 1;
        let sample = sample(&before, &after);
        let (count, samples) = self.moved.entry((before.results, after.results)).or_default();
        *count += 1;
        if samples.len() < N_SAMPLES && !samples.contains(&sample) {
            samples.push(sample);
        }
    }

    fn effect(&self) -> Effect {
        let moved = self.moved.iter().map(|((before, after), (n_visits, samples))| Moved {
            before: before.clone(),
            after: after.clone(),
            n_visits: *n_visits,
            samples: samples.clone(),
        });
        let places = self.places.iter().map(|((institution, department), (n_visits, n_changed))| Place {
            institution: institution.clone(),
            department: department.clone(),
            n_visits: *n_visits,
            n_changed: *n_changed,
        });
        let (mut moved, mut places): (Vec<_>, Vec<_>) = (moved.collect(), places.collect());
        moved.sort_by_key(|moved| std::cmp::Reverse(moved.n_visits));
        places.sort_by_key(|place| std::cmp::Reverse(place.n_changed));
        Effect { n_visits: self.n_visits, n_changed: self.n_changed, moved, places }
    }
}

fn sample(before: &Decision, after: &Decision) -> Sample {
    let chosen = |decision: &Decision| {
        let steps = decision.trace.steps.iter().filter(|step| step.chosen);
        steps.map(|step| step.id.clone()).collect()
    };
    let kept = after.trace.known.iter().filter(|known| !TELLING.contains(&known.name.as_str()));
    Sample {
        given: kept.map(|known| (known.name.clone(), blurred(known))).collect(),
        because_before: chosen(before),
        because_after: chosen(after),
    }
}

/// Ages in bands of ten years or twelve months, other values as they are.
fn blurred(known: &Known) -> String {
    let band = match known.name.as_str() {
        "年龄" => 10,
        "月龄" => 12,
        _ => return known.value.clone(),
    };
    let digits: String = known.value.chars().take_while(char::is_ascii_digit).collect();
    let unit = known.value.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    match digits.parse::<u32>() {
        Ok(number) => format!("{}～{}{unit}", number / band * band, number / band * band + band - 1),
        Err(_) => known.value.clone(),
    }
}
