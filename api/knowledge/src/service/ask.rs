//! Questions in SPARQL, each in a thread of its own that is stopped when its time is over.

use std::{sync::Arc, thread, time::Duration};

use engine::Engine;
use kb::sparql::{Answer, CancellationToken, Limits, STACK_BYTES};
use tokio::sync::oneshot;

use crate::{KnowledgeError, Releases};

/// What a question may cost.
const LIMITS: Limits = Limits { rows: 5_000, bytes: 8 << 20 };
const TIME: Duration = Duration::from_secs(5);
/// How long a question waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// Answers a question about a release.
pub async fn ask(releases: &Releases, engine: Arc<Engine>, query: String) -> Result<Answer, KnowledgeError> {
    ask_within(releases, engine, query, TIME).await
}

pub(crate) async fn ask_within(
    releases: &Releases,
    engine: Arc<Engine>,
    query: String,
    time: Duration,
) -> Result<Answer, KnowledgeError> {
    let turn = tokio::time::timeout(PATIENCE, releases.questions().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(KnowledgeError::Busy) };
    let stop = CancellationToken::new();
    let own = stop.clone();
    let (answer, answered) = oneshot::channel();
    // Not a thread of the runtime: a deeply nested text needs more stack than those have.
    thread::Builder::new().name("sparql".into()).stack_size(STACK_BYTES).spawn(move || {
        // Whoever asked may have gone.
        let _ = answer.send(engine.kb().query(&query, LIMITS, own));
        drop(turn);
    })?;
    // Also stops it when the request is dropped.
    let stopping = StopOnDrop(stop);
    let timer = async {
        tokio::time::sleep(time).await;
        stopping.0.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = answered => answer.map_err(|_| KnowledgeError::Busy)?.map_err(Into::into),
        () = timer => Err(KnowledgeError::Busy),
    }
}

struct StopOnDrop(CancellationToken);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
