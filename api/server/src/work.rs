//! What a node does besides answering: jobs, clocks, what it fetches, counts and sweeps.

use std::sync::Arc;

use gateways::Gateways;
use knowledge::Releases;
use platform::{App, jobs::Worker};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use crate::{
    maintenance,
    router::{Consultations, preconsult_of},
};

/// The work of a node; it goes on until [`Work::finish`], or until the value is dropped.
pub struct Work {
    jobs: JoinHandle<()>,
    over: oneshot::Sender<()>,
    /// What may stop at any moment.
    rest: JoinSet<()>,
}

impl Work {
    /// Begins with what `app` and the configured outside systems give to do.
    pub async fn begin(app: &App, releases: &Releases) -> anyhow::Result<Self> {
        let gateways = Gateways::of(app);
        let preconsult = || preconsult_of(app, releases);
        let mut rest = JoinSet::new();
        rest.spawn(releases.clone().follow());
        rest.spawn(maintenance::run(app.clone()));
        rest.spawn(maintenance::follow_keys(app.clone()));
        rest.spawn(maintenance::follow_registrations(preconsult(), gateways.clone()));
        rest.spawn(maintenance::follow_statistics(preconsult()));
        rest.spawn(herbal::service::run_clock(app.clone()));
        people::directory::ask_first(app).await?;
        let (over, end) = oneshot::channel::<()>();
        let worker = worker(app, releases, gateways);
        let jobs = tokio::spawn(worker.run(async { drop(end.await) }));
        Ok(Self { jobs, over, rest })
    }

    /// Ends the jobs that are begun and takes no more.
    pub async fn finish(self) -> anyhow::Result<()> {
        drop(self.over);
        self.jobs.await?;
        drop(self.rest);
        Ok(())
    }
}

/// Every kind of job, with who does it.
fn worker(app: &App, releases: &Releases, gateways: Gateways) -> Worker {
    let pushes = people::message::outside(&gateways);
    let month = Arc::new(Consultations(preconsult_of(app, releases)));
    let worker = people::message::handlers(Worker::new(app.clone()), pushes);
    let worker = knowledge::service::trial::handlers(worker, releases.clone(), month);
    let worker = platform::backup::handlers(worker, app);
    let worker = people::directory::handlers(worker, app, &gateways);
    let worker = herbal::handlers(worker, &gateways);
    preconsult::exchange::handlers(worker, gateways)
}
