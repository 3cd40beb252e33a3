//! What the questions of a questionnaire are, and how somebody answered them, without their words.

use engine::{Engine, Profile, Questionnaire, Step, Turn};
use rules::{
    expr::Kind as ValueKind,
    form::{
        Form, Patient, Session,
        screen::{Control, Shown},
        slots::{Role, UnitKind},
    },
};
use serde::{Deserialize, Serialize};

use super::model::{ANSWERED, ASKED, Answered};
use crate::model::Plan;

/// How a question is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum QuestionKind {
    Single,
    Multiple,
    /// Only whether something was written.
    Fill,
}

/// A question as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    /// Name in the questionnaire; the rows of a repeating group are counted together.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) kind: QuestionKind,
    pub(super) options: Vec<String>,
}

impl QuestionKind {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Single => "单选",
            Self::Multiple => "多选",
            Self::Fill => "填空",
        }
    }
}

/// Everything a patient can be asked, in the order of the questionnaire.
pub(super) fn questions(form: &Form) -> Vec<Question> {
    let plan = form.plan();
    let blank = form.open(&Patient::default());
    let mut questions = Vec::new();
    for unit in plan.units.iter().filter(|unit| !unit.hidden && !unit.read_only) {
        let Some(slot) = unit.slot.and_then(|slot| plan.slots.get(slot as usize)) else { continue };
        let (Role::Answer(_), Some((kind, options))) = (&slot.role, shape(&slot.kind)) else { continue };
        let text = blank.text(&unit.path).filter(|text| !text.is_empty());
        let text = match unit.kind {
            UnitKind::Fill(_) => format!("{}（填写）", text.as_deref().unwrap_or(&unit.path)),
            UnitKind::Item(_) | UnitKind::Row => text.unwrap_or_else(|| unit.path.clone()),
        };
        questions.push(Question { path: unit.path.clone(), text, kind, options });
    }
    questions
}

fn shape(kind: &ValueKind) -> Option<(QuestionKind, Vec<String>)> {
    Some(match kind {
        ValueKind::Truth => (QuestionKind::Single, vec!["是".to_owned(), "否".to_owned()]),
        ValueKind::Choice(labels) => (QuestionKind::Single, labels.clone()),
        ValueKind::Set(labels) => (QuestionKind::Multiple, labels.clone()),
        ValueKind::Number { .. } | ValueKind::Text | ValueKind::Date => (QuestionKind::Fill, Vec::new()),
        ValueKind::Item { of, .. } => return shape(of),
        ValueKind::Score(_) | ValueKind::Rows => return None,
    })
}

/// How the questions that were shown were answered.
pub(super) fn tally(session: &Session, template: &str, version: &str) -> Vec<Answered> {
    let mut answered = Vec::new();
    let shown = session.screens().into_iter().flat_map(|screen| session.on(&screen));
    for one in shown.filter(|one| !one.read_only) {
        let question = without_rows(&one.path);
        let mut count = |option: String| {
            let (template, version) = (template.to_owned(), version.to_owned());
            answered.push(Answered { template, version, question: question.clone(), option });
        };
        match (one.control, &one.answer) {
            (Control::Note | Control::Value | Control::Rows(..), _) => continue,
            (Control::One | Control::YesNo, Some(answer)) => count(format!("={answer}")),
            (Control::Several, Some(_)) => {
                one.options
                    .iter()
                    .filter(|option| option.chosen)
                    .for_each(|o| count(format!("={}", o.label)));
            }
            (_, None) | (Control::Line | Control::Paragraph | Control::Number | Control::Date, Some(_)) => {}
        }
        count(ASKED.to_owned());
        if one.answer.is_some() {
            count(ANSWERED.to_owned());
        }
    }
    answered.sort();
    answered
}

/// `用药[2].剂量` is `用药.剂量`.
fn without_rows(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(']').map_or("", |(_, rest)| rest))
}

/// The version a questionnaire of the district's library gives itself.
pub(super) fn version_of(draft: &rules::form::draft::Draft) -> String {
    let named = draft.properties.iter().find(|property| property.key.text == "版本");
    named.map_or("1", |property| property.value.text.trim()).to_owned()
}

/// Answers of somebody made up to a questionnaire of the library, as the dialogue keeps them: `pick` gives a number below
/// the one it is asked with. Empty when the questionnaire does not take what was picked.
pub(crate) fn filled(
    engine: &Engine,
    key: &str,
    profile: &Profile,
    plan: &Plan,
    mut pick: impl FnMut(usize) -> usize,
) -> Vec<Turn> {
    let Some(known) = engine.library().forms.get(key) else { return Vec::new() };
    let questionnaire = Questionnaire { key: key.to_owned(), form: known.form.clone() };
    let mut turns: Vec<Turn> = Vec::new();
    // Each round answers a page; a questionnaire has far fewer.
    for _ in 0..60 {
        let interview =
            engine.interview(profile.clone(), plan.about(), vec![questionnaire.clone()], turns.clone());
        // An emergency advice comes before the next page: what is left is not filled in.
        let Step::Page(form, page) = interview.step() else { break };
        let shown = interview.shown(form, page);
        let asked = shown.iter().filter(|one| !one.read_only);
        let given: Vec<_> = asked.map(|one| (one.path.clone(), words(one, &mut pick))).collect();
        let Ok(changed) = engine.fill(&interview, (form, page), &given) else { break };
        if changed.is_empty() {
            break;
        }
        for (before, turn) in changed {
            match before {
                Some(position) => turns[position] = turn,
                None => turns.push(turn),
            }
        }
    }
    turns
}

fn words(one: &Shown, pick: &mut impl FnMut(usize) -> usize) -> Vec<String> {
    // What need not be answered is left out now and then.
    if !one.required && pick(5) == 4 {
        return Vec::new();
    }
    match one.control {
        Control::YesNo => vec![["否", "是"][pick(2)].to_owned()],
        Control::One | Control::Several if one.options.is_empty() => Vec::new(),
        Control::One | Control::Several => vec![one.options[pick(one.options.len())].label.clone()],
        Control::Number | Control::Rows(..) => vec![(1 + pick(3)).to_string()],
        Control::Date => vec![format!("2026-01-{:02}", 1 + pick(28))],
        Control::Line | Control::Paragraph => vec!["有".to_owned()],
        Control::Note | Control::Value => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use rules::form::{Answer, NoConcepts, read::read};

    use super::*;

    const TEXT: &str = "问卷 head 头痛
版本: 3
是否 突发 是突然疼的吗？
必答
单选 部位 哪里疼？
- 左边
- 右边
多选 伴随 还有什么？
- 恶心
- 怕光
- 都没有 ; 独占
文字 补充 还想说什么？
";

    fn counted(session: &Session, question: &str) -> Vec<String> {
        let all = tally(session, "head", "3");
        all.into_iter().filter(|one| one.question == question).map(|one| one.option).collect()
    }

    #[test]
    fn every_kind_of_question_is_counted_its_way() {
        let draft = read("head.form", TEXT).unwrap();
        assert_eq!(version_of(&draft), "3");
        let form = Form::compile("head.form", &draft, &NoConcepts).unwrap();
        let kinds: Vec<_> =
            questions(&form).into_iter().map(|q| (q.path, q.kind.text(), q.options.len())).collect();
        let expected = [("突发", "单选", 2), ("部位", "单选", 2), ("伴随", "多选", 3), ("补充", "填空", 0)];
        assert_eq!(kinds, expected.map(|(path, kind, n)| (path.to_owned(), kind, n)));
        let mut session = form.open(&Patient::default());
        assert_eq!(counted(&session, "部位"), ["asked"]);
        session.answer("突发", Answer::Truth(true)).unwrap();
        session.answer("部位", Answer::Choice("右边".into())).unwrap();
        session.answer("伴随", Answer::Set(vec!["恶心".into(), "怕光".into()])).unwrap();
        session.answer("补充", Answer::Text("我叫王秀英".into())).unwrap();
        assert_eq!(counted(&session, "突发"), ["=是", "answered", "asked"]);
        assert_eq!(counted(&session, "部位"), ["=右边", "answered", "asked"]);
        assert_eq!(counted(&session, "伴随"), ["=怕光", "=恶心", "answered", "asked"]);
        assert_eq!(counted(&session, "补充"), ["answered", "asked"], "not what was written");
    }

    #[test]
    fn rows_of_a_group_are_one_question() {
        assert_eq!(without_rows("用药[12].剂量"), "用药.剂量");
        assert_eq!(without_rows("部位"), "部位");
    }
}
