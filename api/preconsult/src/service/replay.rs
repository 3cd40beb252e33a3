//! A consultation composed again from its answers, under the release of its day or under another.

use std::{error::Error, pin::Pin, sync::Arc};

use engine::{Engine, Record};
use uuid::Uuid;

use super::doctor::read;
use crate::{
    PreconsultError, Service,
    model::{Assessment, Doctor, Part},
};

/// Brings releases back; given by whoever keeps them.
pub trait Past: Send + Sync {
    /// A release by its whole hash; None when it is not kept.
    fn find<'a>(&'a self, release: &'a str) -> FoundRelease<'a>;
}

/// What [`Past::find`] gives in the end.
pub type FoundRelease<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Arc<Engine>>, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// What the answers give under a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The release used.
    pub release: String,
    /// The one that composed the stored record.
    pub stored_release: String,
    pub record: Record,
    pub assessment: Assessment,
    /// What differs from what is stored, in the words of the record; empty when nothing does.
    pub differences: Vec<&'static str>,
}

/// Composes the record of a consultation again; nothing is stored. Without a release the one of the stored record.
pub async fn replay(
    service: &Service,
    who: Doctor<'_>,
    id: Uuid,
    release: Option<&str>,
) -> Result<Replay, PreconsultError> {
    let reading = read(service, who, id).await?;
    let stored_release = reading.record.record.release.clone();
    let release = release.unwrap_or(&stored_release);
    let engine = if service.engine.kb().release == release {
        service.engine.clone()
    } else {
        service
            .past
            .find(release)
            .await
            .map_err(PreconsultError::Past)?
            .ok_or(PreconsultError::NoSuchRelease)?
    };
    let turns = super::dialogue::valid_turns(&reading.turns).collect();
    let plan = &reading.consultation.plan;
    let questionnaires = super::matching::questionnaires(service, &engine, plan).await?;
    let interview =
        engine.interview(reading.consultation.profile.clone(), plan.about(), questionnaires, turns);
    let record = engine.record_of(&interview);
    let dialogue = interview.dialogue();
    let assessment = Assessment { triage: engine.triage(dialogue), suspects: engine.differential(dialogue) };
    let stored = (&reading.record.record, &reading.assessment);
    Ok(Replay {
        release: release.to_owned(),
        differences: differences(stored, (&record, &assessment)),
        stored_release,
        record,
        assessment,
    })
}

fn differences(stored: (&Record, &Assessment), again: (&Record, &Assessment)) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Part::all()
        .filter(|part| part.sentences(stored.0) != part.sentences(again.0))
        .map(Part::title)
        .collect();
    let others = [
        ("自测", stored.0.vital_signs == again.0.vital_signs),
        ("前后不一致", stored.0.contradictions == again.0.contradictions),
        ("分级", stored.1.triage == again.1.triage),
        ("鉴别参考", stored.1.suspects == again.1.suspects),
    ];
    found.extend(others.into_iter().filter(|(_, is_same)| !is_same).map(|(title, _)| title));
    found
}
