//! Which questionnaires a visit gets, and the questionnaires of a plan.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use engine::{Engine, Profile, Questionnaire, Sex};
use people::Department;
use rules::{
    expr::{Kind, Truth},
    matching::{Datum, Decision, Input, Matcher, Visit},
};
use uuid::Uuid;

use crate::{
    PreconsultError, Service,
    model::{Chosen, Intake, Plan},
    store,
    template::{self, Compiled, service::mapping},
};

/// The rules of the release that choose.
const MATCHER: &str = "template-matching";
/// What the rules call the doctor a visit is registered with.
const DOCTOR: &str = "医生";
/// What the rules call the dialogue without a questionnaire.
const AI: &str = "ai";
/// Where nothing else fits.
const OTHER: &str = "其他";

/// What the rules would like to know of a visit before the first question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it may be about.
    pub complaints: Vec<String>,
    pub chronic: Vec<String>,
    pub asks_pregnancy: bool,
}

/// What to ask of somebody before a consultation is begun; None where no rules choose.
pub fn wishes(engine: &Engine, profile: &Profile) -> Option<Wish> {
    let matcher = engine.library().matchers.get(MATCHER)?;
    Some(Wish {
        complaints: labels(matcher, "主诉"),
        chronic: labels(matcher, "病史"),
        asks_pregnancy: profile.is_fertile_woman() && input(matcher, "妊娠").is_some(),
    })
}

/// What a registration is about, in the words of the rules.
pub(crate) fn complaint_of(engine: &Engine, words: &str) -> Option<String> {
    let known = labels(engine.library().matchers.get(MATCHER)?, "主诉");
    let said = known.iter().filter(|label| words.contains(label.as_str())).max_by_key(|label| label.len());
    said.cloned().or_else(|| {
        // Of nobody in particular: only the words are read.
        let anybody = Profile { age_months: 30 * 12, sex: None };
        engine.named_in(anybody, words).into_iter().map(str::to_owned).find(|name| known.contains(name))
    })
}

/// What a consultation asks: an own template of the department for what it is about, else the questionnaires the rules
/// choose or those that take their place here, else the AI dialogue.
pub(super) async fn plan(
    service: &Service,
    department: &Department,
    profile: &Profile,
    (intake, visit): (&Intake, Option<Uuid>),
) -> Result<Plan, PreconsultError> {
    let today = service.app.clock.today();
    let mut plan = Plan {
        intake: intake.clone(),
        today: Some(today.num_days_from_ce() - NaiveDate::default().num_days_from_ce()),
        ..Plan::default()
    };
    let house = House::of(service, department).await?;
    if let Some(own) = house.own_for(profile, &plan) {
        plan.questionnaires = vec![chosen(own)];
        let complaint = plan.intake.complaint.as_deref().unwrap_or_default();
        plan.reasons = vec![format!("本科室的模板“{}”：主诉 = {complaint}", own.title)];
        return Ok(plan);
    }
    let library = service.engine.library();
    let Some(matcher) = library.matchers.get(MATCHER) else { return Ok(plan) };
    let doctor = doctor(service, matcher, visit).await?;
    let about = Occasion { department, profile, intake, today, doctor: doctor.as_deref() };
    let decision = matcher.decide(&facts(matcher, &about));
    plan.reasons = reasons(matcher, &decision);
    for id in decision.results.iter().filter(|id| *id != AI) {
        if let Some(own) = house.in_place_of(id) {
            plan.reasons.push(format!("本院的模板“{}”代替“{id}”", own.title));
            plan.questionnaires.push(chosen(own));
        } else if house.has_switched_off(id) {
            plan.reasons.push(format!("本科室停用了“{id}”"));
        } else if let Some(questionnaire) = library.forms.get(id) {
            let title = questionnaire.draft.title.text.clone();
            plan.questionnaires.push(Chosen { key: id.clone(), title });
        }
    }
    plan.open = decision.trace.open;
    Ok(plan)
}

/// The own templates of a department and what it decided about the generic ones.
struct House {
    own: Vec<Arc<Compiled>>,
    switched_off: Vec<String>,
}

impl House {
    /// In the department's order; what it does not use is left out.
    async fn of(service: &Service, department: &Department) -> Result<Self, PreconsultError> {
        let published = template::published(service, &department.institution).await?;
        if published.is_empty() && mapping::uses(service, &department.institution).await?.is_empty() {
            return Ok(Self { own: Vec::new(), switched_off: Vec::new() });
        }
        let place = (department.institution.as_str(), department.code.as_str());
        let offers = mapping::offers(service, place);
        let offers = offers.await.map_err(|error| PreconsultError::Templates(Box::new(error)))?;
        let used = offers.iter().filter(|offer| offer.is_on);
        let own = used.filter_map(|offer| published.iter().find(|own| Some(own.template) == offer.template));
        let off = offers.iter().filter(|offer| offer.template.is_none() && offer.is_decided && !offer.is_on);
        Ok(Self { own: own.cloned().collect(), switched_off: off.map(|offer| offer.name.clone()).collect() })
    }

    /// The first own template for what the visit is about that is meant for this person.
    fn own_for(&self, profile: &Profile, plan: &Plan) -> Option<&Compiled> {
        let complaint = plan.intake.complaint.as_deref()?;
        let patient = engine::patient(profile, plan.about());
        let fits = |own: &&Arc<Compiled>| {
            own.disease.as_deref() == Some(complaint) && own.form.applies(&patient) != Truth::No
        };
        self.own.iter().find(fits).map(AsRef::as_ref)
    }

    fn in_place_of(&self, generic: &str) -> Option<&Compiled> {
        self.own.iter().find(|own| own.replaces.as_deref() == Some(generic)).map(AsRef::as_ref)
    }

    fn has_switched_off(&self, generic: &str) -> bool {
        self.switched_off.iter().any(|name| name == generic)
    }
}

fn chosen(own: &Compiled) -> Chosen {
    Chosen { key: format!("{}{}", Chosen::OWN, own.version), title: own.title.clone() }
}

/// The questionnaires of a plan as they run. One that the release no longer has is left out: its answers stay in the
/// dialogue, and the AI dialogue asks what is open.
pub(super) async fn questionnaires(
    service: &Service,
    engine: &Engine,
    plan: &Plan,
) -> Result<Vec<Questionnaire>, PreconsultError> {
    let mut found = Vec::with_capacity(plan.questionnaires.len());
    for chosen in &plan.questionnaires {
        let own = chosen.key.strip_prefix(Chosen::OWN).and_then(|version| version.parse().ok());
        let form = match own {
            Some(version) => Some(template::compiled(service, version).await?.form.as_ref().clone()),
            None => engine.library().forms.get(&chosen.key).map(|generic| generic.form.clone()),
        };
        found.extend(form.map(|form| Questionnaire { key: chosen.key.clone(), form }));
    }
    Ok(found)
}

fn reasons(matcher: &Matcher, decision: &Decision) -> Vec<String> {
    let chosen = decision.trace.steps.iter().filter(|step| step.chosen);
    let mut reasons: Vec<String> = chosen
        .map(|step| {
            let because: Vec<String> =
                step.because.iter().map(|known| format!("{} = {}", known.name, known.value)).collect();
            let why = if step.reason.is_empty() { String::new() } else { format!("。{}", step.reason) };
            format!("{}“{}”：{}{why}", matcher.name, step.id, because.join("，"))
        })
        .collect();
    if decision.trace.by_default {
        reasons.push(format!("{}：没有一条规则符合，由 AI 预问诊直接问", matcher.name));
    }
    reasons
}

/// What is known of a visit when rules choose for it.
pub(super) struct Occasion<'a> {
    pub(super) department: &'a Department,
    pub(super) profile: &'a Profile,
    pub(super) intake: &'a Intake,
    pub(super) today: NaiveDate,
    /// Name of the doctor it is registered with.
    pub(super) doctor: Option<&'a str>,
}

/// The doctor of a visit, where the rules ask for one.
pub(super) async fn doctor(
    service: &Service,
    matcher: &Matcher,
    visit: Option<Uuid>,
) -> Result<Option<String>, PreconsultError> {
    let (Some(visit), Some(_)) = (visit, input(matcher, DOCTOR)) else { return Ok(None) };
    let doctor = store::find_visit(&service.app, visit).await?.and_then(|visit| visit.doctor);
    let Some(doctor) = doctor else { return Ok(None) };
    Ok(people::service::find_staff(&service.app, doctor).await?.map(|staff| staff.name))
}

/// What rules are given of a visit.
pub(super) fn facts(matcher: &Matcher, about: &Occasion<'_>) -> Visit {
    let Occasion { department, profile, intake, today, doctor } = *about;
    let mut visit = Visit::default();
    let mut set = |name: &str, datum: Option<Datum>| {
        if let Some(datum) = datum.filter(|_| input(matcher, name).is_some()) {
            visit.0.insert(name.to_owned(), datum);
        }
    };
    set("机构", Some(said(matcher, "机构", &department.institution_name, &department.institution)));
    set(DOCTOR, doctor.map(|name| said(matcher, DOCTOR, name, name)));
    set("科室", department_label(matcher, &department.name).map(Datum::Choice));
    set("就诊", intake.is_first.map(|first| Datum::Choice(if first { "初诊" } else { "复诊" }.to_owned())));
    set("主诉", intake.complaint.clone().map(Datum::Choice));
    set("年龄", Some(Datum::Number(f64::from(profile.age_months / 12))));
    let sex = profile.sex.map(|sex| if sex == Sex::Male { "男" } else { "女" }.to_owned());
    set("性别", sex.map(Datum::Choice));
    let cannot_be = profile.sex.is_some() && !profile.is_fertile_woman();
    set("妊娠", intake.is_pregnant.or(cannot_be.then_some(false)).map(Datum::Truth));
    set("病史", intake.chronic.clone().map(Datum::Set));
    let season = ["冬", "春", "夏", "秋"][(today.month() as usize % 12) / 3];
    set("季节", Some(Datum::Choice(season.to_owned())));
    visit
}

/// A name that rules list with an end for all others, or compare as text with a code.
fn said(matcher: &Matcher, at: &str, name: &str, code: &str) -> Datum {
    match input(matcher, at).map(|input| &input.kind) {
        Some(Kind::Choice(labels)) => {
            let known = labels.iter().any(|label| label == name);
            Datum::Choice(if known { name } else { OTHER }.to_owned())
        }
        _ => Datum::Text(code.to_owned()),
    }
}

/// The rules' word for a department: its own name, or the longest word its name contains.
fn department_label(matcher: &Matcher, name: &str) -> Option<String> {
    let known = labels(matcher, "科室");
    let contained = known.iter().filter(|label| name.contains(label.as_str()));
    contained.max_by_key(|label| label.len()).or(known.iter().find(|label| *label == OTHER)).cloned()
}

fn input<'a>(matcher: &'a Matcher, name: &str) -> Option<&'a Input> {
    matcher.inputs().iter().find(|input| input.name == name)
}

fn labels(matcher: &Matcher, name: &str) -> Vec<String> {
    match input(matcher, name).map(|input| &input.kind) {
        Some(Kind::Choice(labels) | Kind::Set(labels)) => labels.clone(),
        _ => Vec::new(),
    }
}
