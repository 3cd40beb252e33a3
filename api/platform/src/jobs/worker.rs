use std::{collections::BTreeMap, error::Error, pin::Pin, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Job, MOST_TRIES, New, store, wait_after, write};
use crate::{App, Tx, db};

/// Why a handler failed; its text is kept with the job, so it must name no person.
pub type HandlerFault = Box<dyn Error + Send + Sync>;

/// What is done with a job; it may be asked again with the same job.
pub type Handler =
    Arc<dyn Fn(App, Job) -> Pin<Box<dyn Future<Output = Result<(), HandlerFault>> + Send>> + Send + Sync>;

/// Runs due jobs. Several may run on one database, on one node or many.
#[derive(Clone)]
pub struct Worker {
    app: App,
    handlers: BTreeMap<&'static str, Handler>,
    /// Kind, every so many hours, counted from an hour of the day in China.
    timed: Vec<(&'static str, u32, u32)>,
    lease: TimeDelta,
}

impl Worker {
    pub fn new(app: App) -> Self {
        Self { app, handlers: BTreeMap::new(), timed: Vec::new(), lease: TimeDelta::seconds(60) }
    }

    /// Runs jobs of a kind by `handler`.
    #[must_use]
    pub fn on<F>(
        mut self,
        kind: &'static str,
        handler: impl Fn(App, Job) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), HandlerFault>> + Send + 'static,
    {
        self.handlers.insert(kind, Arc::new(move |app, job| Box::pin(handler(app, job))));
        self
    }

    /// Writes a job of this kind for every day, due at a full hour in China; once, however many nodes there are.
    #[must_use]
    pub fn daily(self, kind: &'static str, hour: u32) -> Self {
        self.every(kind, 24, hour)
    }

    /// Writes a job of this kind for every so many hours, counted from a full hour in China; once, however many nodes
    /// there are.
    #[must_use]
    pub fn every(mut self, kind: &'static str, hours: u32, from: u32) -> Self {
        self.timed.push((kind, hours.max(1), from.min(23)));
        self
    }

    /// Runs until told to stop; the job at hand is finished first.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let worked = self.step().await;
            let pause = match worked {
                Ok(0) => Duration::from_millis(500),
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    tracing::error!(%error, "cannot take up jobs");
                    Duration::from_secs(5)
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Runs what is due now; gives how many jobs it took.
    pub async fn step(&self) -> Result<usize, db::Error> {
        self.write_timed().await?;
        let jobs = db::retry(|| self.claim()).await?;
        let count = jobs.len();
        for job in jobs {
            self.work(job).await?;
        }
        Ok(count)
    }

    /// Runs until nothing is due, as tests and shutdown need it.
    pub async fn drain(&self) -> Result<usize, db::Error> {
        let mut all = 0;
        loop {
            match self.step().await? {
                0 => return Ok(all),
                count => all += count,
            }
        }
    }

    async fn claim(&self) -> Result<Vec<Job>, db::Error> {
        const MOST: i64 = 16;
        let now = self.app.now();
        let mut tx = self.app.db.begin().await?;
        let jobs = store::claim(&mut tx, now, now + self.lease, MOST).await?;
        tx.commit().await?;
        Ok(jobs)
    }

    async fn work(&self, job: Job) -> Result<(), db::Error> {
        // Those taken together wait for each other: a lease that ran out meanwhile is not begun.
        if !self.extend(&job).await? {
            return Ok(());
        }
        let outcome = match self.handlers.get(job.kind.as_str()) {
            Some(handler) => self.under_lease(&job, handler).await?,
            None => Some(Err(format!("no handler for {}", job.kind).into())),
        };
        let Some(outcome) = outcome else {
            tracing::warn!(job = %job.id, kind = job.kind, "the lease was lost");
            return Ok(());
        };
        db::retry(|| self.end(&job, &outcome)).await
    }

    /// None when the lease was lost.
    async fn under_lease(
        &self,
        job: &Job,
        handler: &Handler,
    ) -> Result<Option<Result<(), HandlerFault>>, db::Error> {
        let third = (self.lease / 3).to_std().unwrap_or(Duration::from_secs(1));
        // In a task of its own, so that a panic is a failed try and not the end of the worker.
        let mut running = tokio::spawn(handler(self.app.clone(), job.clone()));
        loop {
            tokio::select! {
                done = &mut running => {
                    return Ok(Some(done.unwrap_or_else(|_| Err("the handler panicked".into()))));
                }
                () = tokio::time::sleep(third) => {
                    if !self.extend(job).await? {
                        running.abort();
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn extend(&self, job: &Job) -> Result<bool, db::Error> {
        let mut tx = self.app.db.begin().await?;
        let is_held = store::extend(&mut tx, job, self.app.now() + self.lease).await?;
        tx.commit().await?;
        Ok(is_held)
    }

    async fn end(&self, job: &Job, outcome: &Result<(), HandlerFault>) -> Result<(), db::Error> {
        let (app, now) = (&self.app, self.app.now());
        let mut tx = app.db.begin().await?;
        let is_held = match outcome {
            Ok(()) => store::end(&mut tx, job, "done", None, now).await?,
            Err(fault) if job.tries >= MOST_TRIES => {
                tracing::error!(job = %job.id, kind = job.kind, %fault, "a job was given up");
                store::end(&mut tx, job, "dead", Some(&fault.to_string()), now).await?
            }
            Err(fault) => {
                let due_at = now + wait_after(app, job.tries);
                store::put_back(&mut tx, job, &fault.to_string(), due_at).await?
            }
        };
        tx.commit().await?;
        if !is_held {
            tracing::warn!(job = %job.id, kind = job.kind, "the lease was lost at the end");
        }
        Ok(())
    }

    async fn write_timed(&self) -> Result<(), db::Error> {
        if self.timed.is_empty() {
            return Ok(());
        }
        let mut tx: Tx = self.app.db.begin().await?;
        for (kind, hours, from) in &self.timed {
            let (slot, due_at) = next_slot(self.app.now(), *hours, *from);
            let new = New { kind, lane: None, unique_key: Some(&slot), due_at };
            write(&self.app, &mut tx, new, &serde_json::Value::Null).await?;
        }
        tx.commit().await
    }
}

/// The next moment after `now` that is a multiple of `hours` from the hour `from` in China, and its name.
fn next_slot(now: DateTime<Utc>, hours: u32, from: u32) -> (String, DateTime<Utc>) {
    let (step, shift) = (i64::from(hours) * 3600, (i64::from(from) - 8) * 3600);
    let next = ((now.timestamp() - shift).div_euclid(step) + 1) * step + shift;
    let at = DateTime::from_timestamp(next, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let in_china = at + TimeDelta::hours(8);
    // A day's one job is named by its day.
    let name = if hours == 24 { in_china.format("%F") } else { in_china.format("%FT%H") };
    (name.to_string(), at)
}
