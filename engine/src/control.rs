//! Quality control of a record: what the rules of the release find in it.

use kb::{ConceptId, ConceptKind};
use nlp::{MeasureKind, Onset, Status};
use rules::{
    expr::Kind,
    form::{Answer, Session, screen::Control},
    quality::{Book, Fact, Finding, NoScores, Point, Sheet},
};

use crate::{About, Engine, Interview, Sex, record::Composer};

/// Months from which on the age in months says nothing more.
const OF_A_CHILD: u32 = 36;
/// Words of a section that nobody asked about.
const UNASKED: &str = "未询问";

impl Engine {
    /// What the rules find in the record of an interview, gravest first. `texts` are the sections as they read now:
    /// 主诉, 现病史 …, with the patient's changes; `acknowledged` says that the warnings were seen.
    pub fn control(
        &self,
        interview: &Interview,
        about: About,
        texts: &[(&str, String)],
        point: Point,
        acknowledged: bool,
    ) -> Vec<Finding> {
        let Some(book) = &self.library().quality else { return Vec::new() };
        let mut facts = Facts { book, sheet: book.sheet() };
        self.person(&mut facts, interview, about);
        self.said(&mut facts, interview);
        for (_, session) in interview.sessions() {
            facts.answered(session);
        }
        for (section, text) in texts {
            let is_asked = !text.contains(UNASKED);
            if is_asked && !text.trim().is_empty() {
                facts.set(&format!("{section}.文"), Fact::Text(text.clone()));
            }
            facts.set(&format!("{section}.已问"), Fact::Truth(is_asked));
        }
        let case = &interview.dialogue().case;
        if !case.warned.is_empty() {
            facts.set("红旗.提示", Fact::Truth(true));
            facts.set("红旗.确认", Fact::Truth(acknowledged || case.goes_on || case.stops));
        }
        book.run(point, &facts.sheet, &NoScores)
    }

    fn person(&self, facts: &mut Facts<'_>, interview: &Interview, about: About) {
        let profile = interview.dialogue().profile();
        facts.set("年龄", Fact::Number(f64::from(profile.age_months / 12)));
        if profile.age_months < OF_A_CHILD {
            facts.set("月龄", Fact::Number(f64::from(profile.age_months)));
        }
        if let Some(sex) = profile.sex {
            let word = if sex == Sex::Male { "男" } else { "女" };
            facts.set("性别", Fact::Choice(word.to_owned()));
        }
        if let Some(is_first) = about.is_first {
            facts.set("首诊", Fact::Truth(is_first));
        }
        if let Some(today) = about.today {
            facts.set("就诊日期", Fact::Date(today));
        }
        let case = &interview.dialogue().case;
        let said = self.kb().id("risk:pregnancy").and_then(|id| case.direct(id)).and_then(truth);
        if let Some(is_pregnant) = said.or(about.is_pregnant) {
            facts.set("妊娠", Fact::Truth(is_pregnant));
        }
    }

    fn said(&self, facts: &mut Facts<'_>, interview: &Interview) {
        let kb = self.kb();
        let case = &interview.dialogue().case;
        for id in case.order.iter().copied().filter(|id| kb.concept(*id).kind == ConceptKind::Symptom) {
            let label = &kb.concept(id).label;
            let Some(is_there) = case.direct(id).and_then(truth) else { continue };
            facts.set(label, Fact::Truth(is_there));
            let since = case.known(id).and_then(|known| known.since).filter(|_| is_there);
            if let Some(since) = since {
                facts.set(&format!("{label}.天数"), Fact::Number(f64::from(since.hours) / 24.0));
            }
        }
        let composer = Composer { engine: self, case, profile: interview.dialogue().profile() };
        if let Some(main) = composer.complaints().first().copied() {
            if let Some(since) = case.detail(kb, main, |known| known.since) {
                facts.set("病程", Fact::Number(f64::from(since.hours) / 24.0));
            }
            self.features(facts, interview, main);
        }
        let names = [
            (MeasureKind::Temperature, "体温"),
            (MeasureKind::Systolic, "收缩压"),
            (MeasureKind::Diastolic, "舒张压"),
            (MeasureKind::HeartRate, "心率"),
            (MeasureKind::RespiratoryRate, "呼吸频率"),
            (MeasureKind::OxygenSaturation, "血氧"),
        ];
        for (kind, name) in names {
            if let Some((value, _)) = case.measures.get(&kind) {
                facts.set(name, Fact::Number(f64::from(*value)));
            }
        }
    }
}

impl Engine {
    /// What was told of the main complaint: in the dialogue, or in questions of that name.
    fn features(&self, facts: &mut Facts<'_>, interview: &Interview, main: ConceptId) {
        let kb = self.kb();
        let case = &interview.dialogue().case;
        let label = &kb.concept(main).label;
        for (position, attribute) in kb.attributes.iter().enumerate() {
            let answer = case.attribute(kb, main, position).filter(|answer| !answer.term.is_empty());
            if let Some(answer) = answer {
                facts.set(&format!("{label}.{}", attribute.label), Fact::Text(answer.term.clone()));
            }
        }
        if let Some(severity) = case.detail(kb, main, |known| known.severity) {
            facts.set(&format!("{label}.程度"), Fact::Number(f64::from(severity.score())));
        }
        if let Some(onset) = case.detail(kb, main, |known| known.onset) {
            let word = if onset == Onset::Sudden { "突发" } else { "逐渐" };
            facts.set(&format!("{label}.起病"), Fact::Choice(word.to_owned()));
        }
        for (_, session) in interview.sessions() {
            for (name, text, degree) in told(session) {
                let name = format!("{label}.{name}");
                facts.set(&name, Fact::Text(text));
                facts.set(&name, Fact::Number(degree));
            }
        }
    }
}

/// Answered questions by name, with their words and, of a single choice, how far down the options it is, 0 to 10.
fn told(session: &Session) -> Vec<(String, String, f64)> {
    let screens = session.screens();
    let shown = screens.iter().flat_map(|screen| session.on(screen));
    let answered =
        shown.filter(|shown| matches!(shown.control, Control::One | Control::Several | Control::Line));
    answered
        .filter_map(|shown| {
            let chosen = shown.options.iter().position(|option| option.chosen).unwrap_or_default();
            let share = |part: usize| u32::try_from(part).map_or(0.0, f64::from);
            let degree = 10.0 * share(2 * chosen + 1) / share(2 * shown.options.len().max(1));
            Some((shown.path, shown.answer?, degree))
        })
        .collect()
}

struct Facts<'a> {
    book: &'a Book,
    sheet: Sheet<'a>,
}

impl Facts<'_> {
    /// Sets a fact the vocabulary of the rules knows; editors may leave names out, and then no rule asks for them.
    fn set(&mut self, name: &str, fact: Fact) {
        if self.kind(name).is_some() {
            let _other_kind = self.sheet.set(name, fact);
        }
    }
}

impl Facts<'_> {
    /// Sets the facts that questions of a questionnaire are named after.
    fn answered(&mut self, session: &Session) {
        let screens = session.screens();
        for shown in screens.iter().flat_map(|screen| session.on(screen)) {
            let Some(text) = &shown.answer else { continue };
            let Ok(Some(answer)) = session.answer_of(&shown.path, text) else { continue };
            let Some(kind) = self.kind(&shown.path) else { continue };
            let fact = match (answer, kind) {
                (Answer::Truth(is_so), _) => Fact::Truth(is_so),
                // Another unit would be another number.
                (Answer::Number(number), Kind::Number { unit })
                    if unit.is_none_or(|unit| unit == shown.unit_text) =>
                {
                    Fact::Number(number)
                }
                (Answer::Choice(label), _) => Fact::Choice(label),
                (Answer::Set(mut chosen), Kind::Set(labels)) => {
                    chosen.retain(|label| labels.contains(label));
                    let is_none = shown.options.iter().any(|option| option.chosen && option.exclusive);
                    if chosen.is_empty() && !is_none {
                        continue;
                    }
                    Fact::Set(chosen)
                }
                (Answer::Text(text), _) => Fact::Text(text),
                (Answer::Date(days), _) => Fact::Date(days),
                _ => continue,
            };
            self.set(&shown.path, fact);
        }
    }

    /// What values a name has, for each row where its group repeats.
    fn kind(&self, path: &str) -> Option<&Kind> {
        let name = match path.split_once('[') {
            Some((group, rest)) => format!("{group}{}", rest.split_once(']')?.1),
            None => path.to_owned(),
        };
        match &self.book.schema().field(self.book.schema().slot(&name)?)?.kind {
            Kind::Item { of, .. } => Some(of),
            kind => Some(kind),
        }
    }
}

fn truth(status: Status) -> Option<bool> {
    match status {
        Status::Yes => Some(true),
        Status::No => Some(false),
        Status::Unsure => None,
    }
}
