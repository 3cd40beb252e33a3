//! A hospital sends, changes and signs a prescription.

use axum::http::StatusCode;
use platform::{
    Tx, audit,
    idempotency::{self, Claim, IdempotencyKey, SavedAnswer},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{advance, entry, findings, set_deadline};
use crate::{
    HerbalError, Service,
    model::{Detail, Document, Event, Found, Gravity, Hospital, Order, Signature, Signed, State, Way},
    store::{self, NewVersion},
};

/// A request that has one effect, however often it comes.
pub(crate) struct Once<'a> {
    pub(crate) key: IdempotencyKey,
    /// As it was sent.
    pub(crate) body: &'a [u8],
}

/// Where a prescription stands after what was asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Answer {
    pub(crate) number: String,
    pub(crate) version: i64,
    /// As in the life cycle: `returned`, `waiting`, `passed` …
    pub(crate) state: &'static str,
    pub(crate) state_text: &'static str,
    /// Whether the patient may pay now.
    pub(crate) is_payable: bool,
    /// When the clock decides; absent where a pharmacist has to.
    pub(crate) deadline: Option<chrono::DateTime<chrono::Utc>>,
    /// What the rules found in this version; empty where it is not the question.
    pub(crate) findings: Vec<Found>,
}

impl Once<'_> {
    /// Claims the key for an operation of a hospital; the saved answer when it was done before.
    pub(crate) async fn claim(
        &self,
        service: &Service,
        tx: &mut Tx,
        scope: &str,
    ) -> Result<Option<SavedAnswer>, HerbalError> {
        let body = String::from_utf8_lossy(self.body);
        Ok(match idempotency::claim(tx, scope, &self.key, &body, service.app.now()).await? {
            Claim::First => None,
            Claim::Again(saved) => Some(saved),
        })
    }

    pub(crate) async fn save(
        &self,
        tx: &mut Tx,
        scope: &str,
        (status, answer): (StatusCode, &Answer),
    ) -> Result<SavedAnswer, HerbalError> {
        idempotency::save(tx, scope, &self.key, status, answer).await?;
        Ok(SavedAnswer { status: status.as_u16(), body: serde_json::to_value(answer)? })
    }
}

impl Answer {
    pub(crate) fn of(order: &Order, findings: Vec<Found>) -> Self {
        Self {
            number: order.number.clone(),
            version: order.version,
            state: order.state.name(),
            state_text: order.state.text(),
            is_payable: order.state.is_payable(),
            deadline: order.deadline,
            findings,
        }
    }
}

/// What the rules find, without keeping anything.
pub(crate) async fn check(
    service: &Service,
    institution: &str,
    document: &Document,
) -> Result<Vec<Found>, HerbalError> {
    let faults = document.faults(service.app.now());
    if !faults.is_empty() {
        return Err(HerbalError::Faults(faults));
    }
    let site = store::find_site(&service.app, institution).await?;
    findings(service, &site, document)
}

/// Takes a prescription in: it is reviewed at once, and goes to the pharmacists or back to the doctor.
pub(crate) async fn upload(
    service: &Service,
    who: Hospital<'_>,
    once: &Once<'_>,
    document: &Document,
) -> Result<SavedAnswer, HerbalError> {
    let app = &service.app;
    let site = store::find_site(app, who.institution).await?;
    let found = reviewed(service, &site, document)?;
    let id_number = document.id_number();
    let resident = match &id_number {
        Some(number) => people::service::find_by_id_number(app, number).await?,
        None => None,
    };
    let now = app.now();
    let mut order = Order {
        id: app.new_id(),
        institution: who.institution.to_owned(),
        number: document.number.clone(),
        department: document.department.clone(),
        doctor: document.doctor.clone(),
        resident,
        version: 1,
        state: State::Uploaded,
        deadline: None,
        gravity: Gravity::of(&found),
        is_decocted: document.decocted,
        is_home: document.delivery.way == Way::Home,
        claim: None,
        n_events: 0,
        company: None,
        dispatched_at: None,
        created_at: now,
        changed_at: now,
    };
    let scope = format!("herbal.upload/{}", who.institution);
    let mut tx = app.db.begin().await?;
    if let Some(saved) = once.claim(service, &mut tx, &scope).await? {
        return Ok(saved);
    }
    if !store::insert_order(app, &mut tx, &order, id_number.as_ref()).await? {
        return Err(HerbalError::NumberTaken);
    }
    submit(service, &mut tx, &site, &mut order, document, &found).await?;
    let answer = Answer::of(&order, found);
    let saved = once.save(&mut tx, &scope, (StatusCode::CREATED, &answer)).await?;
    audit::append(&mut tx, entry(app, who.actor(), "prescription.upload", &order, who.request)).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Takes a new version of a prescription that is not paid; it is audited afresh.
pub(crate) async fn amend(
    service: &Service,
    who: Hospital<'_>,
    once: &Once<'_>,
    (number, document): (&str, &Document),
) -> Result<SavedAnswer, HerbalError> {
    if number != document.number {
        return Err(HerbalError::Faults(vec![("/number".into(), "与地址中的处方号不同")]));
    }
    let app = &service.app;
    let site = store::find_site(app, who.institution).await?;
    let found = reviewed(service, &site, document)?;
    let known = store::find_numbered(&app.db, who.institution, number).await?;
    let known = known.ok_or(HerbalError::NotFound)?;
    // Whose it is does not change with what is prescribed.
    let before = store::find_version(app, &app.db, known.id, known.version).await?;
    if before.document.id_number() != document.id_number() {
        return Err(HerbalError::Faults(vec![(
            "/patient/id_number".into(),
            "修改处方不能换患者；请取消后另开一张",
        )]));
    }
    let scope = format!("herbal.amend/{}/{number}", who.institution);
    let mut tx = app.db.begin().await?;
    if let Some(saved) = once.claim(service, &mut tx, &scope).await? {
        return Ok(saved);
    }
    let mut order = store::lock_order(&mut tx, known.id).await?.ok_or(HerbalError::NotFound)?;
    order.version += 1;
    order.is_decocted = document.decocted;
    order.is_home = document.delivery.way == Way::Home;
    order.gravity = Gravity::of(&found);
    let by = (who.institution, document.doctor.name.as_str());
    advance(app, &mut tx, &mut order, Event::Amended, by, &Detail::default()).await?;
    submit(service, &mut tx, &site, &mut order, document, &found).await?;
    let answer = Answer::of(&order, found);
    let saved = once.save(&mut tx, &scope, (StatusCode::OK, &answer)).await?;
    audit::append(&mut tx, entry(app, who.actor(), "prescription.amend", &order, who.request)).await?;
    tx.commit().await?;
    Ok(saved)
}

/// The prescriber signs blocking findings of the version in force (双签字); when all are signed it enters the queue.
pub(crate) async fn sign(
    service: &Service,
    who: Hospital<'_>,
    once: &Once<'_>,
    (number, version, signatures): (&str, i64, &[Signature]),
) -> Result<SavedAnswer, HerbalError> {
    let app = &service.app;
    let scope = format!("herbal.sign/{}/{number}", who.institution);
    let site = store::find_site(app, who.institution).await?;
    let known = store::find_numbered(&app.db, who.institution, number).await?;
    let known = known.ok_or(HerbalError::NotFound)?;
    let stored = store::find_version(app, &app.db, known.id, version).await?;
    let mut tx = app.db.begin().await?;
    if let Some(saved) = once.claim(service, &mut tx, &scope).await? {
        return Ok(saved);
    }
    let mut order = store::lock_order(&mut tx, known.id).await?.ok_or(HerbalError::NotFound)?;
    order.state.after(Event::Signed)?;
    if order.version != version {
        return Err(HerbalError::Outdated);
    }
    let mut found = stored.findings;
    put_signatures(app.now(), &order.doctor.name, signatures, &mut found)?;
    for signature in signatures {
        let signed = signed(app.now(), &order.doctor.name, signature);
        store::update_signed(app, &mut tx, stored.id, &signature.rule, &signed).await?;
    }
    // Another request may have signed the rest meanwhile: what counts is what stands under the lock.
    if store::count_open_blocks(&mut tx, stored.id).await? == 0 {
        set_deadline(app, &site, &mut order, &found);
        let by = (who.institution, order.doctor.name.clone());
        let detail = Detail { reason: reasons(signatures), ..Detail::default() };
        advance(app, &mut tx, &mut order, Event::Signed, (by.0, &by.1), &detail).await?;
    }
    let answer = Answer::of(&order, found);
    let saved = once.save(&mut tx, &scope, (StatusCode::OK, &answer)).await?;
    audit::append(&mut tx, entry(app, who.actor(), "prescription.sign", &order, who.request)).await?;
    tx.commit().await?;
    Ok(saved)
}

/// The findings of a document with the signatures that came with it.
fn reviewed(
    service: &Service,
    site: &crate::model::Site,
    document: &Document,
) -> Result<Vec<Found>, HerbalError> {
    let faults = document.faults(service.app.now());
    if !faults.is_empty() {
        return Err(HerbalError::Faults(faults));
    }
    let mut found = findings(service, site, document)?;
    put_signatures(service.app.now(), &document.doctor.name, &document.signatures, &mut found)?;
    Ok(found)
}

fn signed(at: chrono::DateTime<chrono::Utc>, by: &str, signature: &Signature) -> Signed {
    Signed { by: by.to_owned(), at, reason: signature.reason.trim().to_owned() }
}

fn put_signatures(
    now: chrono::DateTime<chrono::Utc>,
    by: &str,
    signatures: &[Signature],
    found: &mut [Found],
) -> Result<(), HerbalError> {
    let mut faults = Vec::new();
    for (row, signature) in signatures.iter().enumerate() {
        let mut hits =
            found.iter_mut().filter(|one| one.rule == signature.rule && one.is_open_block()).peekable();
        if hits.peek().is_none() {
            faults.push((format!("/signatures/{row}/rule"), "这条规则没有需要签字的阻断，请核对编号"));
        }
        for one in hits {
            if one.can_sign {
                one.signed = Some(signed(now, by, signature));
            } else {
                faults.push((format!("/signatures/{row}/rule"), "这条规则不能双签字，必须修改处方"));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(HerbalError::Faults(faults)) }
}

fn reasons(signatures: &[Signature]) -> String {
    signatures.iter().map(|one| one.reason.trim()).collect::<Vec<_>>().join("；")
}

/// Writes the version in force and lets it into the queue, or sends it back.
async fn submit(
    service: &Service,
    tx: &mut Tx,
    site: &crate::model::Site,
    order: &mut Order,
    document: &Document,
    found: &[Found],
) -> Result<(), HerbalError> {
    let app = &service.app;
    let release = &service.engine.kb().release;
    let new = NewVersion { order: order.id, number: order.version, document, release, findings: found };
    store::insert_version(app, tx, &new).await?;
    store::update_person(app, tx, order.id, &document.patient).await?;
    let institution = order.institution.clone();
    let by = (institution.as_str(), document.doctor.name.as_str());
    if found.iter().any(Found::is_open_block) {
        return advance(app, tx, order, Event::Blocked, by, &Detail::default()).await;
    }
    set_deadline(app, site, order, found);
    let detail = Detail { reason: reasons(&document.signatures), ..Detail::default() };
    advance(app, tx, order, Event::Queued, by, &detail).await
}
