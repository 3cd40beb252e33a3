//! The releases a node has at hand: the one in use, the one that may come next, and past ones for replays.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine::{Current, Engine};
use kb::Sources;
use platform::App;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{KnowledgeError, model::short, store};

/// How often a node looks for a new activation. Together with putting a compiled release into use this stays well
/// below the second that all nodes have to follow.
const EVERY: Duration = Duration::from_millis(250);
/// Past releases kept compiled.
const N_PAST: usize = 2;
/// Questions in SPARQL that run at the same time.
const N_QUESTIONS: usize = 2;

/// What a node knows of releases; cheap to clone.
#[derive(Clone)]
pub struct Releases(Arc<Inner>);

struct Inner {
    app: App,
    current: Current,
    kept: Mutex<Kept>,
    /// One release is compiled at a time: it takes much memory and a whole core.
    compiling: tokio::sync::Mutex<()>,
    questions: Arc<Semaphore>,
}

#[derive(Default)]
struct Kept {
    /// Compiled releases besides the one in use, the one used last at the end.
    past: VecDeque<Arc<Engine>>,
    /// Compiled before anybody activated it.
    ahead: Option<Arc<Engine>>,
    /// The newest release that was looked at for `ahead`.
    looked_ahead: Option<String>,
    /// The activation that could not be followed; it is not tried again.
    refused: Option<i64>,
}

/// What looking for a new activation led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The release in use is the activated one.
    Same,
    /// Another one was put into use.
    Swapped { release: String },
    /// The activated one does not compile here; the last good one stays in use.
    Refused { release: String, n_faults: usize },
}

impl Releases {
    pub fn new(app: App, current: Current) -> Self {
        Self(Arc::new(Inner {
            app,
            current,
            kept: Mutex::default(),
            compiling: tokio::sync::Mutex::default(),
            questions: Arc::new(Semaphore::new(N_QUESTIONS)),
        }))
    }

    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// The handle that the services read; see [`Current`].
    pub fn current(&self) -> &Current {
        &self.0.current
    }

    pub(crate) fn questions(&self) -> Arc<Semaphore> {
        self.0.questions.clone()
    }

    /// A release by its whole hash, as it was on its day: the one in use, one that is kept, or compiled anew from
    /// the stored files. None when there is no such release.
    pub async fn find(&self, release: &str) -> Result<Option<Arc<Engine>>, KnowledgeError> {
        if let Some(engine) = self.at_hand(release) {
            return Ok(Some(engine));
        }
        let _turn = self.0.compiling.lock().await;
        // Whoever had the turn before may have compiled it.
        if let Some(engine) = self.at_hand(release) {
            return Ok(Some(engine));
        }
        let Some(engine) = self.compiled(release).await? else { return Ok(None) };
        self.keep(engine.clone());
        Ok(Some(engine))
    }

    /// The files of a release.
    pub async fn find_sources(&self, release: &str) -> Result<Option<Sources>, KnowledgeError> {
        let Some(sources) = store::find_sources(&self.app().db, release).await? else { return Ok(None) };
        if sources.hash() == release {
            return Ok(Some(sources));
        }
        Err(KnowledgeError::Altered(release.to_owned()))
    }

    /// Looks for a new activation and follows it.
    pub async fn follow_once(&self) -> Result<Step, KnowledgeError> {
        let Some(head) = store::find_head(&self.app().db).await? else { return Ok(Step::Same) };
        let before = self.current().load();
        if head.release == before.kb().release || self.kept().refused == Some(head.seq) {
            return Ok(Step::Same);
        }
        let release = head.release;
        match self.find(&release).await {
            Ok(Some(engine)) => {
                self.keep(self.current().swap(engine));
                tracing::info!(release = short(&release), seq = head.seq, "release put into use");
                Ok(Step::Swapped { release })
            }
            Err(KnowledgeError::Refused(faults)) => {
                self.kept().refused = Some(head.seq);
                let first = faults.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    release = short(&release),
                    n_faults = faults.len(),
                    first,
                    "the activated release does not compile here; the last good one stays in use"
                );
                Ok(Step::Refused { release, n_faults: faults.len() })
            }
            Ok(None) => Err(KnowledgeError::Altered(release)),
            Err(error) => Err(error),
        }
    }

    /// Compiles the newest release once, so that activating it takes no time.
    pub async fn look_ahead(&self) -> Result<(), KnowledgeError> {
        let Some(newest) = store::find_newest(&self.app().db).await? else { return Ok(()) };
        if self.at_hand(&newest).is_some() || self.kept().looked_ahead.as_ref() == Some(&newest) {
            return Ok(());
        }
        self.kept().looked_ahead = Some(newest.clone());
        let _turn = self.0.compiling.lock().await;
        match self.compiled(&newest).await {
            Ok(engine) => {
                self.kept().ahead = engine;
                Ok(())
            }
            // Whoever activates it hears of it.
            Err(KnowledgeError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Follows activations until the program ends.
    pub async fn follow(self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_failing = false;
        loop {
            ticks.tick().await;
            let step = async {
                self.follow_once().await?;
                self.look_ahead().await
            };
            match step.await {
                Ok(()) => is_failing = false,
                Err(error) if !is_failing => {
                    is_failing = true;
                    tracing::error!(%error, "cannot look for a new release; the one in use stays");
                }
                Err(_) => {}
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it is held.
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at_hand(&self, release: &str) -> Option<Arc<Engine>> {
        let is_it = |engine: &Arc<Engine>| engine.kb().release == release;
        let current = self.current().load();
        if is_it(&current) {
            return Some(current);
        }
        let mut kept = self.kept();
        if let Some(ahead) = kept.ahead.clone().filter(is_it) {
            return Some(ahead);
        }
        let at = kept.past.iter().position(is_it)?;
        let found = kept.past.remove(at)?;
        kept.past.push_back(found.clone());
        Some(found)
    }

    fn keep(&self, engine: Arc<Engine>) {
        let mut kept = self.kept();
        kept.past.retain(|known| known.kb().release != engine.kb().release);
        kept.past.push_back(engine);
        while kept.past.len() > N_PAST {
            kept.past.pop_front();
        }
    }

    async fn compiled(&self, release: &str) -> Result<Option<Arc<Engine>>, KnowledgeError> {
        let Some(sources) = self.find_sources(release).await? else { return Ok(None) };
        let engine = spawn_blocking(move || Engine::compile(&sources)).await?;
        engine.map(|engine| Some(Arc::new(engine))).map_err(KnowledgeError::Refused)
    }
}
