//! Which questionnaires a visit gets, and the questionnaires of a plan.

use chrono::{Datelike, NaiveDate};
use engine::rules::{
    expr::Kind,
    matching::{Datum, Decision, Input, Matcher, Visit},
};
use engine::{Engine, Profile, Questionnaire, Sex};
use people::Department;

use crate::{
    Service,
    model::{Chosen, Intake, Plan},
};

/// The rules of the release that choose.
const MATCHER: &str = "template-matching";
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

/// What a consultation asks: the questionnaires the rules choose, or the AI dialogue where none fits.
pub(super) fn plan(service: &Service, department: &Department, profile: &Profile, intake: &Intake) -> Plan {
    let today = service.app.clock.today();
    let mut plan = Plan {
        intake: intake.clone(),
        today: Some(today.num_days_from_ce() - NaiveDate::default().num_days_from_ce()),
        ..Plan::default()
    };
    let library = service.engine.library();
    let Some(matcher) = library.matchers.get(MATCHER) else { return plan };
    let decision = matcher.decide(&facts(matcher, department, profile, intake, today));
    plan.questionnaires = decision
        .results
        .iter()
        .filter(|id| *id != AI)
        .filter_map(|id| {
            let title = library.forms.get(id)?.draft.title.text.clone();
            Some(Chosen { key: id.clone(), title })
        })
        .collect();
    plan.reasons = reasons(matcher, &decision);
    plan.open = decision.trace.open;
    plan
}

/// The questionnaires of a plan as they run. One that the release no longer has is left out: its answers stay in the
/// dialogue, and the AI dialogue asks what is open.
pub(super) fn questionnaires(engine: &Engine, plan: &Plan) -> Vec<Questionnaire> {
    let forms = &engine.library().forms;
    let questionnaires = plan.questionnaires.iter().filter_map(|chosen| {
        let form = forms.get(&chosen.key)?.form.clone();
        Some(Questionnaire { key: chosen.key.clone(), form })
    });
    questionnaires.collect()
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

fn facts(
    matcher: &Matcher,
    department: &Department,
    profile: &Profile,
    intake: &Intake,
    today: NaiveDate,
) -> Visit {
    let mut visit = Visit::default();
    let mut set = |name: &str, datum: Option<Datum>| {
        if let Some(datum) = datum.filter(|_| input(matcher, name).is_some()) {
            visit.0.insert(name.to_owned(), datum);
        }
    };
    set("机构", Some(Datum::Text(department.institution.clone())));
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
