//! Adding, switching and revoking; and the one question every scenario asks: may this resident act for that patient?

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use gateways::Gateways;
use platform::{
    App,
    audit::{self, Actor, Outcome},
    http::RequestId,
    session::Principal,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Member, Proof, Relation, store};
use crate::{
    PeopleError, age_in_months,
    deed::{deed, note},
    identity::{IdNumber, Phone},
    realname::fields::{FieldFault, person_name},
    resident::{self, Identity, RealName},
    sign_in::code,
};

/// Version of the text that is agreed to.
pub const CONSENT: &str = "就诊人授权书 2026-03";
const PURPOSE: &str = "family";
const YEARS_OF_CHILD: u32 = 14;
const YEARS_OF_GUARDIAN: u32 = 18;
const TERM: TimeDelta = TimeDelta::days(365);

/// The form as it was filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MemberForm {
    pub name: String,
    pub id_number: String,
    pub relation: String,
    pub phone: String,
    pub code: String,
    pub proof: String,
    pub proof_number: String,
    pub guardian: Option<String>,
    pub consent: Option<String>,
}

/// Why nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error("fields must be changed")]
    Faults(Vec<FieldFault>),
    #[error(transparent)]
    Other(#[from] PeopleError),
}

impl From<sqlx::Error> for AddError {
    fn from(error: sqlx::Error) -> Self {
        Self::Other(error.into())
    }
}

/// A member with whom it is, for the two sides only.
#[derive(Debug, Clone)]
pub struct Known {
    pub member: Member,
    pub who: Identity,
}

/// Whether `owner` may see and do what is `patient`'s now.
pub async fn may_act_for(app: &App, owner: Uuid, patient: Uuid) -> Result<bool, PeopleError> {
    if owner == patient {
        return Ok(true);
    }
    let members = store::list_of_owner(&app.db, owner).await?;
    Ok(members.iter().any(|member| member.patient == patient && member.is_open(app.now())))
}

/// For whom `owner` acts at the moment; `owner` when nobody was chosen or the right is over.
pub async fn current_patient(app: &App, owner: Uuid) -> Result<Uuid, PeopleError> {
    match store::find_current(&app.db, owner).await? {
        Some(patient) if may_act_for(app, owner, patient).await? => Ok(patient),
        _ => Ok(owner),
    }
}

/// Chooses for whom to act; refused like something that does not exist when there is no right.
pub async fn switch(app: &App, request: &RequestId, owner: Uuid, patient: Uuid) -> Result<(), PeopleError> {
    let actor = Actor::from(&Principal::Resident { id: owner });
    if !may_act_for(app, owner, patient).await? {
        let outcome = Outcome::Denied;
        note(
            app,
            audit::Entry { outcome, patient: Some(patient), ..deed(app, actor, "family.switch", request) },
        )
        .await?;
        return Err(PeopleError::NotFound);
    }
    let mut tx = app.db.begin().await?;
    store::save_current(&mut tx, owner, patient).await?;
    if owner != patient {
        let entry = audit::Entry { patient: Some(patient), ..deed(app, actor, "family.switch", request) };
        audit::append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whom a resident looks after, and who looks after the resident; only what is open.
pub async fn list(app: &App, me: Uuid) -> Result<(Vec<Known>, Vec<Known>), PeopleError> {
    let (mut mine, mut others) = (Vec::new(), Vec::new());
    for member in store::list_of_owner(&app.db, me).await? {
        if member.is_open(app.now()) {
            mine.push(Known { who: resident::find(app, member.patient).await?, member });
        }
    }
    for member in store::list_of_patient(&app.db, me).await? {
        if member.is_open(app.now()) {
            others.push(Known { who: resident::find(app, member.owner).await?, member });
        }
    }
    Ok((mine, others))
}

/// Sends the code by which somebody of 14 or older agrees; good for the resident who asks.
pub async fn send_code(
    app: &App,
    gateways: &Gateways,
    owner: Uuid,
    form: &MemberForm,
) -> Result<(), AddError> {
    let phone = Phone::parse(&form.phone).map_err(|fault| one("phone", fault.0))?;
    code::send(app, gateways, &phone, PURPOSE, &owner.to_string()).await.map_err(|error| match error {
        PeopleError::Refused(why) => one("phone", why),
        error => error.into(),
    })
}

/// Adds a member.
pub async fn add(app: &App, request: &RequestId, owner: Uuid, form: &MemberForm) -> Result<(), AddError> {
    let me = resident::find(app, owner).await?;
    let today = app.clock.today();
    require_guardian(&me, today)?;
    let checked = check(form, &me, today).map_err(AddError::Faults)?;
    if let Some(phone) = &checked.phone
        && !code::check(app, phone, PURPOSE, &owner.to_string(), &form.code).await?
    {
        return Err(one("code", code::WRONG));
    }
    let mut tx = app.db.begin().await?;
    store::lock_owner(&mut tx, owner).await?;
    store::close_expired(&mut tx, owner, app.now()).await?;
    if store::count_open(&mut tx, owner, app.now()).await? >= i64::from(app.config.family_limit) {
        return Err(PeopleError::Refused("就诊人数量已到上限，请先移除不再需要的。").into());
    }
    let patient = match resident::find_by_id_number(app, &mut tx, &checked.real.id_number).await? {
        Some(known) if known.name != checked.real.name => return Err(one("name", MISMATCH)),
        Some(known) if known.phone.is_some() && checked.phone.is_some() && known.phone != checked.phone => {
            return Err(one("phone", MISMATCH));
        }
        Some(known) => known.id,
        None => {
            let id = resident::insert(app, &mut tx).await?;
            resident::verify(app, &mut tx, id, &checked.real, "family").await?;
            id
        }
    };
    let id = app.new_id();
    let member = Member {
        id,
        owner,
        patient,
        relation: checked.relation,
        proof: checked.proof,
        consented_at: app.now(),
        expires_at: expiry(app.now(), checked.real.id_number.birth_date(), today),
        revoked_at: None,
    };
    let proof_number =
        checked.proof_number.map(|number| app.keyring.seal(&*app.ids, store::place_of_proof(id), &number));
    if !store::insert(&mut tx, &member, proof_number, CONSENT).await? {
        return Err(one("id_number", "这位就诊人已经添加过了"));
    }
    let entry = audit::Entry {
        patient: Some(patient),
        object: Some(format!("family/{id}")),
        reason: Some(checked.proof.text()),
        ..deed(app, Actor::from(&Principal::Resident { id: owner }), "family.add", request)
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a relation at once; either side may.
pub async fn revoke(app: &App, request: &RequestId, by: Uuid, id: Uuid) -> Result<(), PeopleError> {
    let mut tx = app.db.begin().await?;
    let Some((_, patient)) = store::revoke(&mut tx, id, by, app.now()).await? else {
        return Err(PeopleError::NotFound);
    };
    let entry = audit::Entry {
        patient: Some(patient),
        object: Some(format!("family/{id}")),
        ..deed(app, Actor::from(&Principal::Resident { id: by }), "family.revoke", request)
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

const MISMATCH: &str = "与已登记的信息不一致，请请本人核对姓名、证件号和手机号";

struct Checked {
    real: RealName,
    relation: Relation,
    proof: Proof,
    proof_number: Option<String>,
    /// Of who has to agree; None for a child.
    phone: Option<Phone>,
}

fn require_guardian(me: &Identity, today: NaiveDate) -> Result<(), PeopleError> {
    let age = me.birth_date.and_then(|birth| age_in_months(birth, today)).unwrap_or(0);
    if !me.is_vouched() {
        return Err(PeopleError::Refused("请先完成自己的实名认证，再添加就诊人。"));
    }
    if age < YEARS_OF_GUARDIAN * 12 {
        return Err(PeopleError::Refused("年满 18 周岁才能为他人办理，请由家长添加。"));
    }
    Ok(())
}

fn check(form: &MemberForm, me: &Identity, today: NaiveDate) -> Result<Checked, Vec<FieldFault>> {
    let mut faults: Vec<FieldFault> = Vec::new();
    let name = person_name(&form.name).map_err(|fault| faults.push(("name", fault.into()))).ok();
    let number =
        IdNumber::parse(&form.id_number).map_err(|fault| faults.push(("id_number", fault.to_string()))).ok();
    if number.is_some() && number == me.id_number {
        faults.push(("id_number", "这是您自己的证件号，不需要添加自己".into()));
    }
    let relation = Relation::named(&form.relation);
    if relation.is_none() {
        faults.push(("relation", "请选择与您的关系".into()));
    }
    let age = number.as_ref().and_then(|number| age_in_months(number.birth_date(), today));
    if number.is_some() && age.is_none() {
        faults.push(("id_number", "出生日期晚于今天，请核对证件号".into()));
    }
    let is_child = age.is_some_and(|months| months < YEARS_OF_CHILD * 12);
    let (mut proof, mut proof_number, mut phone) = (Proof::Code, None, None);
    if is_child {
        match Proof::named(&form.proof).filter(|proof| *proof != Proof::Code) {
            Some(document) => proof = document,
            None => faults.push(("proof", "未满 14 周岁：请选择监护关系的证明文件".into())),
        }
        let typed: String = form.proof_number.split_whitespace().collect();
        if (4..=30).contains(&typed.chars().count()) {
            proof_number = Some(typed);
        } else {
            faults.push(("proof_number", "请填写证明文件的编号（4 到 30 位）".into()));
        }
        if form.guardian.is_none() {
            faults.push(("guardian", "未满 14 周岁：需要您声明是监护人".into()));
        }
    } else if age.is_some() {
        phone = Phone::parse(&form.phone).map_err(|fault| faults.push(("phone", fault.to_string()))).ok();
        if form.code.trim().is_empty() {
            faults.push(("code", "请填写发到对方手机上的验证码".into()));
        }
    }
    if form.consent.is_none() {
        faults.push(("consent", "请阅读并勾选授权书".into()));
    }
    match (name, number, relation) {
        (Some(name), Some(id_number), Some(relation)) if faults.is_empty() => {
            Ok(Checked { real: RealName { name, id_number }, relation, proof, proof_number, phone })
        }
        _ => Err(faults),
    }
}

/// A year; for a child to the fourteenth birthday, from which the child is asked.
fn expiry(now: DateTime<Utc>, birth: NaiveDate, today: NaiveDate) -> DateTime<Utc> {
    let grown = birth.checked_add_months(Months::new(YEARS_OF_CHILD * 12)).unwrap_or(birth);
    if grown > today { ui::format::start_of(grown) } else { now + TERM }
}

fn one(field: &'static str, fault: &str) -> AddError {
    AddError::Faults(vec![(field, fault.into())])
}
