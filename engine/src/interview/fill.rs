//! Filling in a page.

use nlp::MeasureKind;
use rules::form::{
    Session,
    screen::{Control, Shown},
};

use super::{Interview, NODE, PASSED, is_asked, is_of};
use crate::{Act, Engine, ItemSaid, Question, Turn};

/// Names of questions that measure something.
const MEASURES: [(&str, MeasureKind); 7] = [
    ("体温", MeasureKind::Temperature),
    ("收缩压", MeasureKind::Systolic),
    ("舒张压", MeasureKind::Diastolic),
    ("心率", MeasureKind::HeartRate),
    ("呼吸频率", MeasureKind::RespiratoryRate),
    ("血氧", MeasureKind::OxygenSaturation),
    ("血糖", MeasureKind::Glucose),
];

/// An answer that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The question; empty when it is about several.
    pub path: String,
    /// What the patient is told.
    pub message: String,
}

impl Engine {
    /// What filling in a page changes: for each changed answer the position of the turn it takes the place of, and the
    /// turn. Refused with every answer that can't be taken; then nothing is changed.
    ///
    /// `given` are the questions that were on the screen, each with the words written or the options chosen.
    pub fn fill(
        &self,
        interview: &Interview,
        (form, page): (usize, usize),
        given: &[(String, Vec<String>)],
    ) -> Result<Vec<(Option<usize>, Turn)>, Vec<Refused>> {
        let Some((item, session)) = interview.items.get(form) else { return Ok(Vec::new()) };
        let screens = session.screens();
        let Some(screen) = screens.get(page) else { return Ok(Vec::new()) };
        let mut session = session.clone();
        let mut refused = Vec::new();
        for (path, words) in given {
            refused.extend(put(&mut session, path, words));
        }
        let shown = session.on(screen);
        let was_given = |shown: &&Shown| given.iter().any(|(path, _)| *path == shown.path);
        for open in shown.iter().filter(was_given) {
            let is_refused = refused.iter().any(|one| one.path == open.path);
            if open.required && open.answer.is_none() && !is_refused {
                refused.push(Refused { path: open.path.clone(), message: "请回答这一题".to_owned() });
            }
        }
        let is_here = |path: &String| shown.iter().any(|shown| shown.path == *path);
        for finding in session.findings() {
            if is_here(&finding.path) || finding.about.iter().any(is_here) {
                let path = if is_here(&finding.path) {
                    finding.path
                } else {
                    finding.about.into_iter().rev().find(is_here).unwrap_or_default()
                };
                refused.push(Refused { path, message: finding.message });
            }
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        let turns = interview.dialogue.turns();
        let changed = shown.iter().filter(|shown| is_asked(shown)).filter(was_given).filter_map(|shown| {
            let before = turns.iter().position(|turn| is_of(turn, &item.key, &shown.path));
            let answer = shown.answer.clone().unwrap_or_else(|| PASSED.to_owned());
            if before.is_some_and(|position| turns[position].answer == answer) {
                return None;
            }
            let question = self.item_question(&item.key, &screen.title, &session, shown);
            Some((before, Turn { question, answer }))
        });
        Ok(changed.collect())
    }

    /// What a page shows with answers that are not given yet; what can't be taken is left out.
    pub fn preview(
        &self,
        interview: &Interview,
        (form, page): (usize, usize),
        given: &[(String, Vec<String>)],
    ) -> Vec<Shown> {
        let Some((_, session)) = interview.items.get(form) else { return Vec::new() };
        let screens = session.screens();
        let Some(screen) = screens.get(page) else { return Vec::new() };
        let mut session = session.clone();
        for (path, words) in given {
            // A question opened by an answer above it is answered in the same go.
            let _refused = put(&mut session, path, words);
        }
        session.on(screen)
    }

    fn item_question(&self, key: &str, section: &str, session: &Session, shown: &Shown) -> Question {
        let kinds = [kb::ConceptKind::Symptom, kb::ConceptKind::Disease, kb::ConceptKind::Risk];
        let said = session.said(&shown.path).into_iter().filter_map(|said| {
            let id = self.kb().by_label(&said.concept, &kinds)?;
            Some(ItemSaid { concept: self.kb().concept(id).key.clone(), is_there: said.is_there })
        });
        let name = shown.path.rsplit('.').next().unwrap_or(&shown.path);
        let measure = MEASURES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        Question {
            key: format!("{key}#{}", shown.path),
            act: Act::Item {
                form: key.to_owned(),
                path: shown.path.clone(),
                said: said.collect(),
                measure: measure.filter(|_| shown.control == Control::Number),
                is_text: matches!(shown.control, Control::Line | Control::Paragraph),
            },
            node: NODE.to_owned(),
            section: section.to_owned(),
            text: shown.text.clone(),
            options: shown.options.iter().map(|option| option.label.clone()).collect(),
            is_multi: shown.control == Control::Several,
            hint: shown.hint.clone(),
        }
    }
}

/// Puts one answer; what was left empty takes an earlier answer back.
fn put(session: &mut Session, path: &str, words: &[String]) -> Option<Refused> {
    let words: Vec<&str> = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).collect();
    if !session.visible(path) {
        return None;
    }
    let refused = |message: String| Some(Refused { path: path.to_owned(), message });
    if words.is_empty() {
        return session.clear(path).err().and_then(|refusal| refused(refusal.message));
    }
    let is_list = is_several(session, path);
    let quoted = |word: &&str| {
        let is_split = is_list && word.contains([',', '，', '、']);
        if is_split { format!("「{word}」") } else { (*word).to_owned() }
    };
    let text = words.iter().map(quoted).collect::<Vec<_>>().join("、");
    match session.answer_of(path, &text) {
        Ok(Some(answer)) => session.answer(path, answer).err().and_then(|refusal| refused(refusal.message)),
        Ok(None) => refused(misread(session, path).to_owned()),
        Err(refusal) => refused(refusal.message),
    }
}

fn is_several(session: &Session, path: &str) -> bool {
    control(session, path) == Some(Control::Several)
}

fn control(session: &Session, path: &str) -> Option<Control> {
    let screens = session.screens();
    screens
        .iter()
        .flat_map(|screen| session.on(screen))
        .find(|shown| shown.path == path)
        .map(|shown| shown.control)
}

fn misread(session: &Session, path: &str) -> &'static str {
    match control(session, path) {
        Some(Control::Number) => "请写数字，例如 38.5",
        Some(Control::Date) => "请写日期，例如 2026-11-23",
        Some(Control::Rows(..)) => "请写有几项，没有写 0",
        _ => "没有看懂，请换个写法",
    }
}
