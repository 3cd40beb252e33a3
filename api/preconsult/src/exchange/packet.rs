//! A consultation as other systems get it.

use chrono::{DateTime, Utc};
use engine::SectionKind;
use gateways::{Person, emr, his};
use people::{Department, resident::Identity};
use platform::{App, crypto::sm3};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    archive::{self, Kept},
    document::{self, Allergy},
    model::Delivery,
};
use crate::{
    PreconsultError,
    model::{Assessment, Consultation, Part, State, StoredRecord, StoredTurn, Visit},
    store,
};

/// Everything of one consultation that leaves the house.
pub(super) struct Packet {
    pub(super) consultation: Consultation,
    pub(super) resident: Identity,
    pub(super) record: StoredRecord,
    assessment: Assessment,
    /// Those that count.
    turns: Vec<StoredTurn>,
    archive: Option<Kept>,
    visit: Option<Visit>,
}

pub(super) async fn find(app: &App, consultation: Uuid) -> Result<Packet, PreconsultError> {
    let found = store::find_consultation(app, consultation).await?.ok_or(PreconsultError::NotFound)?;
    let record = store::find_record(app, consultation).await?.ok_or(PreconsultError::NotFound)?;
    let turns = store::list_turns(app, consultation).await?;
    let visit = match found.visit {
        Some(visit) => store::find_visit(app, visit).await?,
        None => None,
    };
    Ok(Packet {
        visit,
        resident: people::resident::find(app, found.resident).await?,
        assessment: store::find_assessment(app, record.id).await?,
        archive: archive::find(app, consultation).await?,
        consultation: found,
        record,
        turns: turns.into_iter().filter(|turn| turn.voided.is_none()).collect(),
    })
}

impl Packet {
    /// Number of the registration it belongs to.
    fn visit_number(&self) -> Option<&str> {
        self.visit.as_ref().map(|visit| visit.number.as_str())
    }

    pub(super) fn submitted_at(&self) -> DateTime<Utc> {
        self.consultation.state.ended_at().unwrap_or(self.consultation.updated_at)
    }

    pub(super) fn person(&self) -> Person {
        Person {
            index: Some(self.resident.id.to_string()),
            id_number: self.resident.id_number.as_ref().map(|number| number.as_str().to_owned()),
            name: self.resident.name.clone(),
            phone: self.resident.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        }
    }

    /// 主诉 and histories after the patient's changes, and what the doctor reads beside them.
    pub(super) fn record_json(&self) -> Value {
        let mut record = serde_json::Map::new();
        for part in Part::all() {
            record.insert(part.name().into(), self.record.text(part).into());
        }
        let flag = match self.allergy() {
            Allergy::Yes => Value::Bool(true),
            Allergy::No => Value::Bool(false),
            Allergy::Unknown => Value::Null,
        };
        let text = |sentences: &[engine::Sentence]| -> Vec<String> {
            sentences.iter().map(|sentence| sentence.text.clone()).collect()
        };
        let Assessment { triage, suspects } = &self.assessment;
        // Nobody confirms a history that an emergency cut short.
        let is_confirmed = matches!(self.consultation.state, State::Submitted { .. });
        record.insert("confirmed".into(), is_confirmed.into());
        record.insert("allergy_flag".into(), flag);
        record.insert("vital_signs".into(), json!(text(&self.record.record.vital_signs)));
        record.insert("contradictions".into(), json!(text(&self.record.contradictions())));
        record.insert("amended".into(), json!(self.amended()));
        record.insert("release".into(), self.record.record.release.clone().into());
        record.insert("triage_level".into(), triage.level.into());
        let flags: Vec<_> =
            triage.flags.iter().map(|flag| json!({"key": flag.key, "label": flag.label})).collect();
        record.insert("red_flags".into(), flags.into());
        let suspect = |one: &engine::Suspect| json!({"label": one.label, "icd10": one.icd10, "probability": one.probability});
        record.insert("suspected".into(), suspects.iter().map(suspect).collect());
        record.into()
    }

    /// The raw questions and answers.
    pub(super) fn answers_json(&self) -> Value {
        let turn = |turn: &StoredTurn| {
            json!({"ordinal": turn.ordinal, "key": turn.turn.question.key, "question": turn.turn.question.text,
                "answer": turn.turn.answer, "at": turn.created_at})
        };
        self.turns.iter().map(turn).collect()
    }

    pub(super) fn outcome(&self, delivery: &Delivery) -> his::Outcome {
        his::Outcome {
            id: delivery.id.to_string(),
            institution: self.consultation.institution.clone(),
            department: self.consultation.department.clone(),
            sequence: delivery.sequence,
            visit_number: self.visit_number().map(str::to_owned),
            person: self.person(),
            submitted_at: self.submitted_at(),
            record: self.record_json(),
            answers: self.answers_json(),
        }
    }

    pub(super) async fn to_import(
        &self,
        app: &App,
        delivery: &Delivery,
    ) -> Result<emr::Document, PreconsultError> {
        let content = self.xml(app, delivery.by).await?;
        Ok(emr::Document {
            id: delivery.id.to_string(),
            institution: self.consultation.institution.clone(),
            department: self.consultation.department.clone(),
            visit_number: self.visit_number().map(str::to_owned),
            person: self.person(),
            doctor: delivery.by.map(|id| id.to_string()).unwrap_or_default(),
            format: document::FORMAT.into(),
            sm3: hex::encode(sm3(&content)),
            content,
        })
    }

    /// As an outpatient record; `doctor` is who imports it.
    pub(super) async fn xml(&self, app: &App, doctor: Option<Uuid>) -> Result<String, PreconsultError> {
        let departments = people::service::list_departments(app).await?;
        let is_own = |known: &Department| {
            known.institution == self.consultation.institution && known.code == self.consultation.department
        };
        let department = departments.into_iter().find(is_own).ok_or(PreconsultError::NoSuchDepartment)?;
        let doctor = match doctor {
            Some(id) => people::service::find_staff(app, id).await?,
            None => None,
        };
        let histories: Vec<_> = Part::all().map(|part| (part, self.record.text(part))).collect();
        Ok(document::written(&document::Source {
            id: self.record.id,
            visit_number: self.visit_number(),
            person: &self.resident,
            age_months: self.consultation.profile.age_months,
            department: &department,
            doctor: doctor.as_ref().map(|staff| (staff.id, staff.name.as_str())),
            submitted_at: self.submitted_at(),
            histories: &histories,
            allergy: self.allergy(),
        }))
    }

    fn amended(&self) -> Vec<&'static str> {
        Part::all().filter(|part| self.record.is_amended(*part)).map(Part::name).collect()
    }

    fn allergy(&self) -> Allergy {
        let part = Part::History(SectionKind::Allergy);
        if self.archive.as_ref().is_some_and(Kept::confirms_allergy) {
            return Allergy::Yes;
        }
        match document::allergy(&self.record.text(part), self.record.is_amended(part)) {
            Allergy::No if self.archive.as_ref().is_some_and(Kept::doubts_allergy) => Allergy::Unknown,
            told => told,
        }
    }
}
