//! A questionnaire answered on trial: the real session, nothing kept.

use chrono::{Datelike, NaiveDate};
use rules::{
    expr::Kind,
    form::{
        Answer, Form, Patient, Session,
        draft::{Draft, Item, Kind as ItemKind},
        record::sections,
        slots::{Role, UnitKind},
    },
};

use super::sheet::{Pairs, first};

/// Most rows of a repeating group on trial.
const MAX_ROWS: usize = 10;

/// Something the patient sees.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    /// Full name: `用药[1].剂量`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) hint: String,
    pub(crate) is_required: bool,
    pub(crate) field: Field,
    /// What was wrong with the answer.
    pub(crate) refusal: Option<String>,
}

/// How it is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    /// A heading.
    Page,
    Note,
    /// Label and whether it is chosen.
    One(Vec<(String, bool)>),
    Several(Vec<(String, bool)>),
    Text(String),
    /// What was written, and the unit.
    Number(String, String),
    Date(String),
    /// How many rows there are.
    Rows(usize),
}

/// What a trial shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trial {
    pub(crate) shown: Vec<Shown>,
    /// What the answers break.
    pub(crate) findings: Vec<String>,
    /// Section and text, as the doctor would read it.
    pub(crate) record: Vec<(String, String)>,
    pub(crate) n_answered: usize,
    pub(crate) n_visible: usize,
    pub(crate) is_complete: bool,
}

/// Who answers on trial; from fields of the form that begin with `me.`.
pub(crate) fn patient(pairs: &Pairs, today: NaiveDate) -> Patient {
    let number = |name: &str| first(pairs, name).trim().parse::<f64>().ok().filter(|number| *number >= 0.0);
    let truth = |name: &str| match first(pairs, name) {
        "是" => Some(true),
        "否" => Some(false),
        _ => None,
    };
    let age = number("me.age").or(Some(40.0));
    Patient {
        age,
        months: age.map(|age| age * 12.0),
        male: Some(first(pairs, "me.sex") != "女"),
        today: Some(days(today)),
        pregnant: truth("me.pregnant"),
        first_visit: truth("me.first"),
    }
}

/// Days since 1970-01-01.
fn days(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - 719_163
}

/// Takes the answers of the form, in the order of the questions, and says what the patient sees then.
pub(crate) fn trial(form: &Form, draft: &Draft, patient: &Patient, pairs: &Pairs) -> Trial {
    let mut session = form.open(patient);
    let mut refusals: Vec<(String, String)> = Vec::new();
    let plan = form.plan().clone();
    // Rows come first, so that answers in them find their place.
    for slot in &plan.slots {
        if let Role::Rows(..) = slot.role
            && let Ok(count) = first(pairs, &field(&slot.path)).parse::<usize>()
            && let Err(refusal) = session.restore(&slot.path, Answer::Rows(count.min(MAX_ROWS)))
        {
            refusals.push((slot.path.clone(), refusal.message));
        }
    }
    for (path, kind) in questions(&session) {
        let given: Vec<&str> = pairs
            .iter()
            .filter(|(name, value)| *name == field(&path) && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
            .collect();
        let Some(text) = given.first() else { continue };
        let answer = match kind {
            Kind::Truth => Some(Answer::Truth(*text == "是")),
            Kind::Number { .. } => text.parse().ok().map(Answer::Number),
            Kind::Choice(_) => Some(Answer::Choice((*text).to_owned())),
            Kind::Set(_) => Some(Answer::Set(given.iter().map(|label| (*label).to_owned()).collect())),
            Kind::Text => Some(Answer::Text((*text).to_owned())),
            Kind::Date => text.parse().ok().map(days).map(Answer::Date),
            _ => None,
        };
        let taken = match answer {
            Some(answer) => session.restore(&path, answer).map_err(|refusal| refusal.message),
            None => Err("没有看懂这个回答，请按题目要求填写".to_owned()),
        };
        if let Err(message) = taken {
            refusals.push((path, message));
        }
    }
    let mut trial = seen(&session, pairs, &refusals);
    for shown in &mut trial.shown {
        let name: Vec<&str> =
            shown.path.split('.').map(|part| part.split('[').next().unwrap_or_default()).collect();
        shown.hint = hint(&draft.items, &name).unwrap_or_default();
    }
    trial
}

/// What stands below a question.
fn hint(items: &[Item], name: &[&str]) -> Option<String> {
    let (own, rest) = name.split_first()?;
    items.iter().find_map(|item| {
        if item.kind == ItemKind::Page {
            return hint(&item.items, name);
        }
        match rest {
            _ if item.id.text != *own => None,
            [] => item.first("提示").map(|property| property.value.text.clone()),
            rest => hint(&item.items, rest),
        }
    })
}

/// Name of the field of a question.
fn field(path: &str) -> String {
    format!("q.{path}")
}

/// Everything that can be answered, row by row, with its kind.
fn questions(session: &Session) -> Vec<(String, Kind)> {
    let plan = session.plan();
    let mut found = Vec::new();
    for slot in plan.slots.iter().filter(|slot| matches!(slot.role, Role::Answer(_))) {
        for path in paths(session, slot.group, &slot.path) {
            found.push((path, slot.kind.clone()));
        }
    }
    found
}

/// The full names of something: one for each row of the group it is in.
fn paths(session: &Session, group: Option<u32>, path: &str) -> Vec<String> {
    let Some(group) = group else { return vec![path.to_owned()] };
    let group = &session.plan().slot(group).path;
    let Some(inner) = path.strip_prefix(group.as_str()).and_then(|rest| rest.strip_prefix('.')) else {
        return Vec::new();
    };
    (1..=rows(session, group)).map(|row| format!("{group}[{row}].{inner}")).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of rows is small and whole"
)]
fn rows(session: &Session, group: &str) -> usize {
    match session.value(group) {
        rules::expr::Value::Number(number) if number > 0.0 => (number as usize).min(MAX_ROWS),
        _ => 0,
    }
}

fn seen(session: &Session, pairs: &Pairs, refusals: &[(String, String)]) -> Trial {
    let plan = session.plan();
    let mut shown = Vec::new();
    let mut index = 0;
    while let Some(unit) = plan.units.get(index) {
        let last = unit.last as usize;
        let is_group = unit.kind == UnitKind::Item(ItemKind::Group);
        if unit.group.is_none() && session.visible(&unit.path) {
            shown.extend(one(session, index, &unit.path, pairs, refusals));
            if is_group {
                // Row by row, each with all its questions.
                for row in 1..=rows(session, &unit.path) {
                    for inner in index + 1..=last {
                        let name = &plan.units[inner].path;
                        let Some(rest) = name.strip_prefix(&format!("{}.", unit.path)) else { continue };
                        let path = format!("{}[{row}].{rest}", unit.path);
                        if session.visible(&path) {
                            shown.extend(one(session, inner, &path, pairs, refusals));
                        }
                    }
                }
            }
        }
        index = if is_group { last + 1 } else { index + 1 };
    }
    let progress = session.progress();
    Trial {
        shown,
        findings: session.findings().into_iter().map(|finding| finding.message).collect(),
        record: sections(&session.record()),
        n_answered: progress.answered,
        n_visible: progress.visible,
        is_complete: session.complete(),
    }
}

fn one(
    session: &Session,
    index: usize,
    path: &str,
    pairs: &Pairs,
    refusals: &[(String, String)],
) -> Option<Shown> {
    let plan = session.plan();
    let unit = plan.units.get(index)?;
    if unit.hidden {
        return None;
    }
    let refusal = refusals.iter().find(|(of, _)| of == path).map(|(_, message)| message.clone());
    let given = || first(pairs, &field(path)).to_owned();
    // A refused answer stays in its field, to be mended.
    let reading = || session.reading(path).filter(|_| refusal.is_none());
    let field = match unit.kind {
        UnitKind::Item(ItemKind::Page) => Field::Page,
        UnitKind::Item(ItemKind::Note) => Field::Note,
        UnitKind::Item(ItemKind::Group) => Field::Rows(rows(session, path)),
        UnitKind::Item(ItemKind::Computed | ItemKind::Constraint) => return None,
        _ => {
            let slot = plan.slot(unit.slot?);
            match &slot.kind {
                Kind::Truth => {
                    let value = session.value(path);
                    let is = |truth: bool| value == rules::expr::Value::Truth(truth);
                    Field::One(vec![("是".into(), is(true)), ("否".into(), is(false))])
                }
                Kind::Choice(labels) => Field::One(chosen(session, path, labels)),
                Kind::Set(labels) => Field::Several(chosen(session, path, labels)),
                Kind::Number { .. } => {
                    let value = match session.value(path) {
                        rules::expr::Value::Number(number) => number.to_string(),
                        _ => given(),
                    };
                    Field::Number(value, slot.unit_text.clone().unwrap_or_default())
                }
                Kind::Date => Field::Date(given()),
                Kind::Text => Field::Text(reading().unwrap_or_else(given)),
                _ => return None,
            }
        }
    };
    let text = session.text(path).unwrap_or_default();
    let fallback = if let UnitKind::Fill(_) = unit.kind { "请写明" } else { "" };
    Some(Shown {
        path: path.to_owned(),
        text: if text.is_empty() { fallback.to_owned() } else { text },
        hint: String::new(),
        is_required: unit.required,
        field,
        refusal,
    })
}

fn chosen(session: &Session, path: &str, labels: &[String]) -> Vec<(String, bool)> {
    let is_chosen = |label: &str| {
        let at = labels.iter().position(|other| other == label);
        at.is_some_and(|at| match session.value(path) {
            rules::expr::Value::Choice(index) => usize::from(index) == at,
            rules::expr::Value::Set(bits) => bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1),
            _ => false,
        })
    };
    session.options(path).into_iter().map(|label| (label.to_owned(), is_chosen(label))).collect()
}

#[cfg(test)]
mod tests {
    use rules::form::{NoConcepts, read::read};

    use super::*;

    const TEXT: &str = "问卷 a 标题\n页 一 经过\n时长 咳时 咳了多久？\n单位: 天\n范围: 1~3650\n必答\n主诉: 咳嗽{咳时}\n单选 痰 有痰吗？\n必答\n- 有 => 有痰\n- 没有 => 无痰\n现病史: {痰}。\n文字 色 什么颜色？\n显示: 痰 = 有\n现病史: 痰色{色}。\n组 药 吃过的药\n次数: 0~3\n文字 名 药名\n提示: 看药盒\n用药史: {名}；\n组完\n";

    fn on_trial(answers: &[(&str, &str)]) -> Trial {
        let draft = read("a.form", TEXT).unwrap();
        let form = Form::compile("a.form", &draft, &NoConcepts).unwrap();
        let pairs: Pairs = answers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        trial(&form, &draft, &patient(&pairs, today), &pairs)
    }

    fn names(trial: &Trial) -> Vec<&str> {
        trial.shown.iter().map(|shown| shown.path.as_str()).collect()
    }

    #[test]
    fn a_trial_shows_what_the_answers_lead_to_and_writes_the_record() {
        assert_eq!(names(&on_trial(&[])), ["一", "咳时", "痰", "药"]);
        let trial = on_trial(&[
            ("q.咳时", "3"),
            ("q.痰", "有"),
            ("q.色", "黄"),
            ("q.药", "2"),
            ("q.药[2].名", "甲药"),
        ]);
        assert_eq!(names(&trial), ["一", "咳时", "痰", "色", "药", "药[1].名", "药[2].名"]);
        assert_eq!(trial.record[0], ("主诉".to_owned(), "咳嗽3天".to_owned()));
        assert_eq!(trial.record[1], ("现病史".to_owned(), "有痰。痰色黄。".to_owned()));
        assert_eq!(trial.record[2], ("用药史".to_owned(), "甲药；".to_owned()));
        assert_eq!(trial.shown[6].hint, "看药盒");
        assert!(trial.is_complete && trial.findings.is_empty(), "{trial:?}");
        // A hidden answer says nothing.
        let trial = on_trial(&[("q.咳时", "3"), ("q.痰", "没有"), ("q.色", "黄")]);
        assert_eq!(trial.record[1].1, "无痰。");
    }

    #[test]
    fn a_refused_answer_says_why_and_stays_in_its_field() {
        let trial = on_trial(&[("q.咳时", "9999"), ("q.痰", "也许")]);
        let of = |path: &str| trial.shown.iter().find(|shown| shown.path == path).unwrap();
        assert!(of("咳时").refusal.as_ref().unwrap().contains("1天 到 3650天"), "{trial:?}");
        assert_eq!(of("咳时").field, Field::Number("9999".into(), "天".into()));
        assert!(of("痰").refusal.as_ref().unwrap().contains("没有“也许”"));
        assert!(!trial.is_complete && trial.record.is_empty());
    }
}
