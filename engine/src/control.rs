//! Quality control of a record: what the rules of the release find in it.

use kb::ConceptKind;
use nlp::{MeasureKind, Status};
use rules::quality::{Book, Fact, Finding, NoScores, Point, Sheet};

use crate::{About, Engine, Interview, Sex};

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
        let main = case.main_complaints(kb).into_iter().next();
        if let Some(since) = main.and_then(|id| case.detail(kb, id, |known| known.since)) {
            facts.set("病程", Fact::Number(f64::from(since.hours) / 24.0));
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

struct Facts<'a> {
    book: &'a Book,
    sheet: Sheet<'a>,
}

impl Facts<'_> {
    /// Sets a fact the vocabulary of the rules knows; editors may leave names out, and then no rule asks for them.
    fn set(&mut self, name: &str, fact: Fact) {
        if self.book.schema().slot(name).is_some() {
            let _other_kind = self.sheet.set(name, fact);
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
