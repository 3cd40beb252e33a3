//! Health articles for a resident: chosen, read, judged, forgotten.

use chrono::Datelike;
use engine::recommend::{Reader, Recommendation, Tally, Told};
use platform::db::retry;
use uuid::Uuid;

use super::{dialogue, patient};
use crate::{
    PreconsultError, Service,
    model::{ReadArticle, Readings, State},
    store,
};

/// Consultations that say what somebody is concerned with, and for how many days they do.
const RECENT: (i64, i64) = (3, 90);

/// What a resident finds on the page of articles.
pub struct Shelf {
    pub recommended: Vec<Recommendation>,
    pub readings: Readings,
    /// Symptoms told of late are among the reasons. Beside a consultation such titles would read like its result.
    pub follows_symptoms: bool,
}

/// Articles that fit the resident now, and what they read before.
pub async fn shelf(service: &Service, resident: Uuid, limit: usize) -> Result<Shelf, PreconsultError> {
    let app = &service.app;
    let (_, readings) = store::find_readings(app, resident).await?;
    let tallies = store::list_tallies(app).await?;
    let count = |number: i64| u32::try_from(number).unwrap_or(0);
    let tally = |article: &str| {
        let (useful, useless) = tallies.get(article).copied().unwrap_or_default();
        Tally { useful: count(useful), useless: count(useless) }
    };
    let reader = reader(service, resident, &readings).await?;
    Ok(Shelf {
        recommended: service.engine.recommend(&reader, &tally, limit),
        follows_symptoms: !reader.told.symptoms.is_empty(),
        readings,
    })
}

async fn reader(service: &Service, resident: Uuid, readings: &Readings) -> Result<Reader, PreconsultError> {
    let (now, today) = (service.app.now(), service.app.clock.today());
    let read = |read: &ReadArticle| engine::recommend::Read {
        article: read.article.clone(),
        days_ago: u32::try_from((now - read.at).num_days()).unwrap_or(0),
        was_useful: read.was_useful,
    };
    Ok(Reader {
        profile: patient::profile_of(service, resident).await?,
        month: today.month(),
        told: told(service, resident).await?,
        read: readings.articles().iter().map(read).collect(),
    })
}

/// What the resident said in the latest consultations, latest first.
async fn told(service: &Service, resident: Uuid) -> Result<Told, PreconsultError> {
    let app = &service.app;
    let mut told = Told::default();
    for consultation in store::list_of_resident(app, resident, RECENT.0).await? {
        let is_old = (app.now() - consultation.created_at).num_days() > RECENT.1;
        if is_old || matches!(consultation.state, State::Abandoned { .. }) {
            continue;
        }
        let turns = store::list_turns(app, consultation.id).await?;
        let said = service.engine.told(dialogue::resumed(service, &consultation, &turns).await?.dialogue());
        for (into, from) in [(&mut told.symptoms, said.symptoms), (&mut told.history, said.history)] {
            for concept in from {
                if !into.contains(&concept) {
                    into.push(concept);
                }
            }
        }
    }
    Ok(told)
}

/// Remembers that an article was opened; gives back what the resident said of it before.
pub async fn open_article(
    service: &Service,
    resident: Uuid,
    article: &str,
) -> Result<Option<bool>, PreconsultError> {
    retry(|| open_once(service, resident, article)).await
}

async fn open_once(
    service: &Service,
    resident: Uuid,
    article: &str,
) -> Result<Option<bool>, PreconsultError> {
    let app = &service.app;
    let (version, mut readings) = store::find_readings(app, resident).await?;
    readings.open(article, app.now());
    let mut tx = app.db.begin().await?;
    store::update_readings(app, &mut tx, resident, version, &readings).await?;
    tx.commit().await?;
    Ok(readings.opinion(article))
}

/// Takes an opinion; a second one replaces the first.
pub async fn judge_article(
    service: &Service,
    resident: Uuid,
    article: &str,
    was_useful: bool,
) -> Result<(), PreconsultError> {
    if !service.engine.kb().articles().iter().any(|known| known.id == article) {
        return Err(PreconsultError::NotFound);
    }
    retry(|| judge_once(service, resident, article, was_useful)).await
}

async fn judge_once(
    service: &Service,
    resident: Uuid,
    article: &str,
    was_useful: bool,
) -> Result<(), PreconsultError> {
    let app = &service.app;
    let (version, mut readings) = store::find_readings(app, resident).await?;
    let before = readings.judge(article, app.now(), was_useful);
    if before == Some(was_useful) {
        return Ok(());
    }
    let share = |opinion: Option<bool>, of: bool| i64::from(opinion == Some(of));
    let change = |of: bool| share(Some(was_useful), of) - share(before, of);
    let mut tx = app.db.begin().await?;
    store::update_readings(app, &mut tx, resident, version, &readings).await?;
    store::update_tally(&mut tx, article, (change(true), change(false))).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets what the resident read. Opinions already counted stay: nobody can tell whose they are.
pub async fn forget_readings(service: &Service, resident: Uuid) -> Result<(), PreconsultError> {
    let mut tx = service.app.db.begin().await?;
    store::delete_readings(&mut tx, resident).await?;
    tx.commit().await?;
    Ok(())
}
