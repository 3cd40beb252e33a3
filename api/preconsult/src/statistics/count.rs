//! Counting: what has changed is taken back as it was counted and counted as it stands.
//!
//! A change of a consultation leaves a row in `statistics_due` in its own transaction, so that none is lost and nobody who
//! answers waits for a counter many share. Counting takes a batch of those rows and, in one transaction, deletes them,
//! takes back what [`Fact`]s say and adds what the consultations say now: each is counted exactly once, whatever changes,
//! goes or is seen twice. One node counts at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use engine::{Engine, Profile, Sex};
use platform::db::retry;
use uuid::Uuid;

use super::{
    answers,
    calendar::day_and_hour,
    model::{AnswerCell, Cell, Counts, Fact, Outcome, Route, Unit, person},
    store::{self, Counted, Row},
};
use crate::{
    PreconsultError, Service,
    model::{Chosen, Plan},
    service::{interview_of, valid_turns},
    store::{find_consultation, list_turns},
    template,
};

/// Changes counted together.
const BATCH: i64 = 400;
/// Consultations read together when everything is counted anew.
const CHUNK: i64 = 2_000;
/// Cells kept in memory then.
const CELLS: usize = 400_000;

/// Counts what has changed; gives how many changes there were.
pub async fn count(service: &Service) -> Result<usize, PreconsultError> {
    let mut all = 0;
    loop {
        match retry(|| count_once(service)).await? {
            0 => return Ok(all),
            n => all += n,
        }
    }
}

async fn count_once(service: &Service) -> Result<usize, PreconsultError> {
    let app = &service.app;
    let due = store::list_due(app, BATCH).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let of: BTreeSet<Uuid> = due.iter().map(|(_, consultation)| *consultation).collect();
    let mut reader = Reader::new(service);
    // Answers are opened before anybody has to wait; what is submitted does not change any more.
    let mut snapshot = app.db.snapshot().await?;
    let rows = store::list_rows(&mut snapshot, &of).await?;
    snapshot.rollback().await?;
    let mut answered = HashMap::new();
    for row in &rows {
        answered.insert(row.id, reader.fact(row).await);
    }
    let mut tx = app.db.begin().await?;
    store::lock(&mut tx, app.now()).await?;
    if !store::delete_due(&mut tx, &due).await? {
        return Err(PreconsultError::Raced);
    }
    let rows: BTreeMap<Uuid, Row> =
        store::list_rows(&mut tx, &of).await?.into_iter().map(|row| (row.id, row)).collect();
    let before = store::list_facts(app, &mut tx, &of).await?;
    let mut sums = Sums::default();
    let mut changed = Vec::new();
    for id in &of {
        let now = rows.get(id).and_then(|row| answered.remove(id).map(|fact| of_state(fact, row)));
        if let Some(fact) = before.get(id) {
            sums.add(fact, -1);
        }
        match now {
            Some(fact) => {
                sums.add(&fact, 1);
                changed.push((*id, fact));
            }
            None => store::delete_fact(&mut tx, *id).await?,
        }
    }
    store::save_facts(app, &mut tx, &changed).await?;
    store::add_counts(&mut tx, &sums.counts).await?;
    store::add_answers(&mut tx, &sums.answers).await?;
    for counted in reader.counted() {
        store::save_template(&mut tx, counted).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// The state as it is under the lock; a change that came between is due again.
fn of_state(fact: Fact, row: &Row) -> Fact {
    Fact { outcome: Outcome::of_state(&row.state), ..fact }
}

/// Counts everything anew, in one transaction; gives how many consultations. With SQLite nobody can answer meanwhile.
pub async fn rebuild(service: &Service, mut told: impl FnMut(usize)) -> Result<usize, PreconsultError> {
    let app = &service.app;
    let mut reader = Reader::new(service);
    let mut tx = app.db.begin().await?;
    store::lock(&mut tx, app.now()).await?;
    store::clear(&mut tx).await?;
    let (mut after, mut all, mut sums) = (Uuid::nil(), 0, Sums::default());
    loop {
        let rows = store::list_rows_after(&mut tx, after, CHUNK).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let mut facts = Vec::with_capacity(rows.len());
        for row in &rows {
            let fact = reader.fact(row).await;
            sums.add(&fact, 1);
            facts.push((row.id, fact));
        }
        store::save_facts(app, &mut tx, &facts).await?;
        all += rows.len();
        told(all);
        if sums.counts.len() > CELLS {
            sums.write(&mut tx).await?;
            sums = Sums::default();
        }
    }
    sums.write(&mut tx).await?;
    for counted in reader.counted() {
        store::save_template(&mut tx, counted).await?;
    }
    tx.commit().await?;
    Ok(all)
}

/// What is to be added.
#[derive(Default)]
struct Sums {
    counts: BTreeMap<Cell, Counts>,
    answers: BTreeMap<AnswerCell, i64>,
}

impl Sums {
    fn add(&mut self, fact: &Fact, times: i64) {
        for (cell, counts) in fact.cells() {
            self.counts.entry(cell).or_default().add(counts, times);
        }
        for cell in fact.answer_cells() {
            *self.answers.entry(cell).or_default() += times;
        }
    }

    async fn write(&self, tx: &mut platform::Tx) -> Result<(), PreconsultError> {
        store::add_counts(tx, &self.counts).await?;
        Ok(store::add_answers(tx, &self.answers).await?)
    }
}

/// Reads consultations as they are counted; remembers the questionnaires it met.
struct Reader<'a> {
    service: &'a Service,
    /// By release and key of the plan; None for one that is no longer kept.
    known: HashMap<(String, String), Option<Counted>>,
    engines: HashMap<String, Arc<Engine>>,
}

impl<'a> Reader<'a> {
    fn new(service: &'a Service) -> Self {
        Self { service, known: HashMap::new(), engines: HashMap::new() }
    }

    fn counted(&self) -> Vec<&Counted> {
        let all = self.known.values().flatten();
        let all: BTreeMap<_, _> =
            all.map(|one| ((one.template.as_str(), one.version.as_str()), one)).collect();
        all.into_values().collect()
    }

    /// One whose plan or answers do not open is counted without them: the others go on being counted, and
    /// `jiuyi verify` names it.
    async fn fact(&mut self, row: &Row) -> Fact {
        let plan = row.plan(&self.service.app).unwrap_or_else(|error| {
            tracing::error!(consultation = %row.id, %error, "counted without its plan");
            Plan::default()
        });
        let mut templates = Vec::new();
        for chosen in &plan.questionnaires {
            let template = match self.counted_as(&row.release, chosen).await {
                Ok(counted) => counted.map(|counted| counted.template.clone()),
                Err(error) => {
                    tracing::error!(consultation = %row.id, %error, "counted without a template");
                    None
                }
            };
            templates.push(template.unwrap_or_else(|| chosen.key.clone()));
        }
        templates.sort();
        templates.dedup();
        let is_answered = row.state == "submitted" && row.has_turns && !templates.is_empty();
        let answers = if is_answered { self.answers(row).await } else { Ok(Vec::new()) };
        let answers = answers.unwrap_or_else(|error| {
            tracing::error!(consultation = %row.id, %error, "counted without its answers");
            Vec::new()
        });
        let (day, hour) = day_and_hour(row.created_at);
        let route = match row.scheduled_at.map(|at| day_and_hour(at).0) {
            None => Route::Direct,
            Some(visit) if visit > day => Route::Booked,
            Some(_) => Route::Registered,
        };
        let sex = match row.sex.as_deref() {
            Some("female") => Some(Sex::Female),
            Some(_) => Some(Sex::Male),
            None => None,
        };
        Fact {
            day,
            hour,
            unit: Unit::new(&row.institution, &row.department),
            entry: row.entry.clone(),
            route,
            is_first: plan.intake.is_first,
            person: person(&Profile { age_months: u32::try_from(row.age_months).unwrap_or(0), sex }),
            outcome: Outcome::of_state(&row.state),
            templates,
            answers,
        }
    }

    /// Under the release it was begun under, so that counting anew tomorrow gives the same.
    async fn answers(&mut self, row: &Row) -> Result<Vec<super::model::Answered>, PreconsultError> {
        let service = self.under(&row.release).await?;
        let Some(consultation) = find_consultation(&service.app, row.id).await? else {
            return Ok(Vec::new());
        };
        let turns = list_turns(&service.app, row.id).await?;
        let interview = interview_of(&service, &consultation, valid_turns(&turns).collect()).await?;
        let mut all = Vec::new();
        for (questionnaire, session) in interview.sessions() {
            let chosen = Chosen { key: questionnaire.key.clone(), title: String::new() };
            if let Some(counted) = self.counted_as(&row.release, &chosen).await? {
                all.extend(answers::tally(session, &counted.template, &counted.version));
            }
        }
        all.sort();
        Ok(all)
    }

    async fn counted_as(
        &mut self,
        release: &str,
        chosen: &Chosen,
    ) -> Result<Option<&Counted>, PreconsultError> {
        let key = (release.to_owned(), chosen.key.clone());
        if !self.known.contains_key(&key) {
            let counted = self.find(release, chosen).await?;
            self.known.insert(key.clone(), counted);
        }
        Ok(self.known.get(&key).and_then(Option::as_ref))
    }

    async fn find(&mut self, release: &str, chosen: &Chosen) -> Result<Option<Counted>, PreconsultError> {
        let own = chosen.key.strip_prefix(Chosen::OWN).and_then(|version| version.parse().ok());
        if let Some(version) = own {
            return match template::compiled(self.service, version).await {
                Ok(own) => Ok(Some(Counted {
                    template: format!("{}{}", Chosen::OWN, own.template),
                    version: own.number.to_string(),
                    title: own.title.clone(),
                    questions: answers::questions(&own.form),
                })),
                Err(PreconsultError::NotFound) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let service = self.under(release).await?;
        let generic = service.engine.library().forms.get(&chosen.key);
        Ok(generic.map(|generic| Counted {
            template: chosen.key.clone(),
            version: answers::version_of(&generic.draft),
            title: generic.draft.title.text.clone(),
            questions: answers::questions(&generic.form),
        }))
    }

    /// The service under a release; under the one in use when that is not kept.
    async fn under(&mut self, release: &str) -> Result<Service, PreconsultError> {
        let mut service = self.service.clone();
        if service.engine.kb().release == release {
            return Ok(service);
        }
        if !self.engines.contains_key(release) {
            let found = service.past.find(release).await.map_err(PreconsultError::Past)?;
            self.engines.insert(release.to_owned(), found.unwrap_or_else(|| service.engine.clone()));
        }
        if let Some(engine) = self.engines.get(release) {
            service.engine = engine.clone();
        }
        Ok(service)
    }
}
