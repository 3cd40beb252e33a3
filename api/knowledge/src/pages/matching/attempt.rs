//! A visit tried on the rules: which was chosen and why, and which failed by one value only.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, response::Html};
use platform::{
    Problem,
    http::{Path, Query, page},
    rights::Right,
};
use rules::{
    expr::Kind,
    matching::{Decision, Input, Matcher, Step, Visit},
};
use tokio::task::spawn_blocking;
use ui::Frame;

use super::super::{
    file::{Head, Topic, opened},
    staff_frame,
};
use crate::{KnowledgeError, Releases, service::draft::check_matching};

/// Rules named that fail by the same value.
const N_NEAR: usize = 8;

#[derive(Template)]
#[template(path = "knowledge/matching/try.html")]
struct TryPage {
    frame: Frame,
    head: Head,
    fields: Vec<FieldView>,
    /// None before anything was given, or when the rules do not compile.
    outcome: Option<Outcome>,
    /// What the rules in use say, where they say something else.
    in_use: Option<String>,
    is_broken: bool,
}

struct FieldView {
    name: String,
    value: String,
    /// None: free text.
    choices: Vec<String>,
    hint: String,
    /// What is wrong with what was written.
    fault: Option<String>,
}

struct Outcome {
    results: String,
    by_default: bool,
    problem: Option<String>,
    chosen: Vec<StepView>,
    near: Vec<NearView>,
    open: Vec<StepView>,
    /// Inputs that could change the results.
    unknown: String,
    n_others: usize,
}

struct StepView {
    id: String,
    line: u32,
    because: String,
    reason: String,
    points: Option<String>,
}

/// Rules that fail by the same value only.
struct NearView {
    name: String,
    value: String,
    /// Id, line and results.
    rules: Vec<(String, u32, String)>,
    n_more: usize,
}

pub(crate) async fn attempt(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    Path(name): Path<String>,
    Query(given): Query<BTreeMap<String, String>>,
) -> Result<Html<String>, Problem> {
    let (head, _) = opened(&releases, &who, Topic::Matching, &name).await?;
    let (engine, file) = (releases.current().load(), head.opened.file.clone());
    let texts = [Some(head.opened.text.clone()), head.opened.used.clone()];
    let compiled = spawn_blocking(move || {
        texts.map(|text| text.and_then(|text| check_matching(&engine, &file, &text).0))
    });
    let [matcher, used] = compiled.await.map_err(KnowledgeError::from)?;
    let is_broken = matcher.is_none();
    let (mut fields, mut outcome, mut in_use) = (Vec::new(), None, None);
    if let Some(matcher) = matcher {
        let (shown, visit) = read(&matcher, &given);
        fields = shown;
        if !given.is_empty() && fields.iter().all(|field| field.fault.is_none()) {
            let decision = matcher.decide(&visit);
            let before = used.map(|used| used.decide(&read(&used, &given).1).results);
            in_use = before.filter(|before| *before != decision.results).map(|before| shown_list(&before));
            outcome = Some(told(&matcher, &visit, &decision));
        }
    }
    let frame = staff_frame(&releases, &who, frame).await?;
    page(TryPage { frame, head, fields, outcome, in_use, is_broken }.render())
}

fn read(matcher: &Matcher, given: &BTreeMap<String, String>) -> (Vec<FieldView>, Visit) {
    let mut visit = Visit::default();
    let field = |input: &Input| {
        let value = given.get(&input.name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let mut fault = None;
        if !value.is_empty() {
            match input.read(&value) {
                Ok(datum) => visit = std::mem::take(&mut visit).with(&input.name, datum),
                Err(why) => fault = Some(why),
            }
        }
        let (choices, hint) = match &input.kind {
            Kind::Choice(labels) => (labels.clone(), String::new()),
            Kind::Truth => (vec!["是".to_owned(), "否".to_owned()], String::new()),
            Kind::Set(labels) => (Vec::new(), format!("用顿号隔开，没有写 无：{}", labels.join("、"))),
            Kind::Number { unit: Some(unit) } => (Vec::new(), format!("如 40{unit}")),
            _ => (Vec::new(), String::new()),
        };
        FieldView { name: input.name.clone(), value, choices, hint, fault }
    };
    let fields = matcher.inputs().iter().map(field).collect();
    (fields, visit)
}

fn told(matcher: &Matcher, visit: &Visit, decision: &Decision) -> Outcome {
    let near = near_misses(matcher, visit, decision);
    let steps = &decision.trace.steps;
    let chosen: Vec<StepView> = steps.iter().filter(|step| step.chosen).map(step_view).collect();
    let open: Vec<StepView> = steps.iter().filter(|step| step.holds.is_none()).map(step_view).collect();
    Outcome {
        results: shown_list(&decision.results),
        by_default: decision.trace.by_default,
        problem: decision.trace.problem.clone(),
        n_others: steps.len() - chosen.len(),
        unknown: decision.trace.open.join("、"),
        chosen,
        near,
        open,
    }
}

/// Rules that fail by one value: without it they would be open or hold.
fn near_misses(matcher: &Matcher, visit: &Visit, decision: &Decision) -> Vec<NearView> {
    let failed = |decision: &Decision, id: &str| {
        decision.trace.steps.iter().any(|step| step.id == id && step.holds == Some(false))
    };
    let mut near = Vec::new();
    for name in visit.0.keys() {
        let mut without = visit.clone();
        without.0.remove(name);
        let again = matcher.decide(&without);
        let is_near = |step: &&Step| {
            let is_tried = again.trace.steps.iter().any(|other| other.id == step.id);
            step.holds == Some(false) && is_tried && !failed(&again, &step.id)
        };
        let mut rules: Vec<(String, u32, String)> = decision
            .trace
            .steps
            .iter()
            .filter(is_near)
            .map(|step| (step.id.clone(), step.line, shown_list(&step.results)))
            .collect();
        if rules.is_empty() {
            continue;
        }
        let n_more = rules.len().saturating_sub(N_NEAR);
        rules.truncate(N_NEAR);
        let value = decision.trace.known.iter().find(|known| known.name == *name);
        let value = value.map(|known| known.value.clone()).unwrap_or_default();
        near.push(NearView { name: name.clone(), value, rules, n_more });
    }
    near
}

fn step_view(step: &Step) -> StepView {
    let because = step.because.iter().map(|known| format!("{} = {}", known.name, known.value));
    StepView {
        id: step.id.clone(),
        line: step.line,
        because: because.collect::<Vec<_>>().join("，"),
        reason: step.reason.clone(),
        points: step.points.map(points),
    }
}

/// Points or likeness, at most two decimals.
fn points(points: f64) -> String {
    format!("{points:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn shown_list(results: &[String]) -> String {
    if results.is_empty() { "无".to_owned() } else { results.join("、") }
}
