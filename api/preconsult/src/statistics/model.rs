use engine::{Profile, Sex};
use serde::{Deserialize, Serialize};

use super::calendar::{date_of, month_of};
use crate::model::EntryKind;

/// Whose consultations are counted: the district's, an institution's or a department's. What is left out is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Unit {
    /// Codes of the organisation.
    pub(super) institution: String,
    pub(super) department: String,
}

/// By what consultations are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dimension {
    /// One value for all.
    All,
    /// Hour of the day it was begun.
    Hour,
    /// The way somebody came in: [`EntryKind`].
    Entry,
    /// With which appointment: [`Route`].
    Route,
    /// 初诊、复诊.
    Visit,
    /// Age band and sex: `18-44/female`.
    Person,
    /// Whether a questionnaire or the AI dialogue alone asked.
    Asked,
    /// Each questionnaire that was chosen.
    Template,
    /// The next smaller unit: of the district its institutions, of an institution its departments.
    Part,
}

/// With which appointment somebody was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Route {
    /// 预约入口: registered for a later day.
    Booked,
    /// 挂号入口: registered for the same day.
    Registered,
    /// Without a registration.
    Direct,
}

/// How a consultation went, as the numbers tell it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    #[default]
    Open,
    Submitted,
    Emergency,
    Abandoned,
}

/// Consultations begun, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) begun: i64,
    pub(super) submitted: i64,
    pub(super) emergency: i64,
    pub(super) abandoned: i64,
}

/// As what one consultation is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fact {
    /// Of the beginning, in China.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) unit: Unit,
    pub(super) entry: String,
    pub(super) route: Route,
    pub(super) is_first: Option<bool>,
    pub(super) person: String,
    pub(super) outcome: Outcome,
    pub(super) templates: Vec<String>,
    /// Of the submitted ones.
    pub(super) answers: Vec<Answered>,
}

/// What the answers to one question are counted as: see `statistics_answer.option`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) template: String,
    pub(super) version: String,
    pub(super) question: String,
    pub(super) option: String,
}

/// A cell of `statistics_count`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) unit: Unit,
    pub(super) dimension: Dimension,
    pub(super) day: i64,
    pub(super) value: String,
}

/// A cell of `statistics_answer`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AnswerCell {
    pub(super) unit: Unit,
    pub(super) month: i64,
    pub(super) answered: Answered,
}

/// First and last year of each band; the record shows people in them.
pub(super) const AGE_BANDS: [(u32, u32, &str); 6] = [
    (0, 6, "0-6"),
    (7, 17, "7-17"),
    (18, 44, "18-44"),
    (45, 59, "45-59"),
    (60, 74, "60-74"),
    (75, u32::MAX, "75+"),
];

pub(super) const SEXES: [(&str, &str); 3] = [("female", "女"), ("male", "男"), ("unknown", "未填")];

pub(super) const ASKED: &str = "asked";
pub(super) const ANSWERED: &str = "answered";

impl Unit {
    pub(super) fn new(institution: &str, department: &str) -> Self {
        Self { institution: institution.to_owned(), department: department.to_owned() }
    }

    pub(super) fn is_district(&self) -> bool {
        self.institution.is_empty()
    }

    pub(super) fn is_department(&self) -> bool {
        !self.department.is_empty()
    }

    /// The district, the institution and the department of a department.
    fn levels(&self) -> [Self; 3] {
        [Self::default(), Self::new(&self.institution, ""), self.clone()]
    }

    /// What it is called among its neighbours in the unit above: see [`Dimension::Part`].
    fn part_of(&self, above: &Self) -> Option<&str> {
        match (above.is_district(), above.is_department()) {
            (true, _) => Some(&self.institution),
            (false, false) => Some(&self.department),
            (false, true) => None,
        }
    }
}

impl Dimension {
    /// As stored.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Hour => "hour",
            Self::Entry => "entry",
            Self::Route => "route",
            Self::Visit => "visit",
            Self::Person => "person",
            Self::Asked => "asked",
            Self::Template => "template",
            Self::Part => "part",
        }
    }
}

impl Route {
    pub(super) const ALL: [Self; 3] = [Self::Registered, Self::Booked, Self::Direct];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Registered => "registered",
            Self::Direct => "direct",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Booked => "预约入口",
            Self::Registered => "挂号入口",
            Self::Direct => "自行进入",
        }
    }
}

impl Outcome {
    /// From the name of a consultation's state.
    pub(super) fn of_state(state: &str) -> Self {
        match state {
            "submitted" => Self::Submitted,
            "emergency" => Self::Emergency,
            "abandoned" => Self::Abandoned,
            _ => Self::Open,
        }
    }

    fn counts(self) -> Counts {
        let n = |is: bool| i64::from(is);
        Counts {
            begun: 1,
            submitted: n(self == Self::Submitted),
            emergency: n(self == Self::Emergency),
            abandoned: n(self == Self::Abandoned),
        }
    }
}

impl Counts {
    /// 使用人次: whoever began anew is counted once.
    pub(super) fn uses(self) -> i64 {
        self.begun - self.abandoned
    }

    /// Still being filled in, or left lying.
    pub(super) fn open(self) -> i64 {
        self.uses() - self.submitted - self.emergency
    }

    pub(super) fn add(&mut self, other: Self, times: i64) {
        self.begun += other.begun * times;
        self.submitted += other.submitted * times;
        self.emergency += other.emergency * times;
        self.abandoned += other.abandoned * times;
    }
}

/// `18-44/female`.
pub(super) fn person(profile: &Profile) -> String {
    let years = profile.age_months / 12;
    let band = AGE_BANDS.iter().find(|(from, until, _)| (*from..=*until).contains(&years));
    let sex = match profile.sex {
        Some(Sex::Female) => "female",
        Some(Sex::Male) => "male",
        None => "unknown",
    };
    format!("{}/{sex}", band.map_or("", |(_, _, name)| name))
}

impl Fact {
    /// The cells it is counted in, each with its numbers.
    pub(super) fn cells(&self) -> Vec<(Cell, Counts)> {
        let counts = self.outcome.counts();
        let mut cells = Vec::new();
        for unit in self.unit.levels() {
            let part = self.unit.part_of(&unit).map(|part| (Dimension::Part, part.to_owned()));
            let visit = match self.is_first {
                Some(true) => "first",
                Some(false) => "return",
                None => "unknown",
            };
            let asked = if self.templates.is_empty() { "ai" } else { "questionnaire" };
            let values = [
                (Dimension::All, String::new()),
                (Dimension::Hour, format!("{:02}", self.hour)),
                (Dimension::Entry, self.entry.clone()),
                (Dimension::Route, self.route.name().to_owned()),
                (Dimension::Visit, visit.to_owned()),
                (Dimension::Person, self.person.clone()),
                (Dimension::Asked, asked.to_owned()),
            ];
            let templates = self.templates.iter().map(|template| (Dimension::Template, template.clone()));
            cells.extend(values.into_iter().chain(templates).chain(part).map(|(dimension, value)| {
                (Cell { unit: unit.clone(), dimension, day: self.day, value }, counts)
            }));
        }
        cells
    }

    /// The cells its answers are counted in, each by one.
    pub(super) fn answer_cells(&self) -> impl Iterator<Item = AnswerCell> {
        let month = month_of(date_of(self.day));
        let cell = move |unit: &Unit, answered: &Answered| AnswerCell {
            unit: unit.clone(),
            month,
            answered: answered.clone(),
        };
        self.unit.levels().into_iter().flat_map(move |unit| {
            self.answers.iter().map(move |answered| cell(&unit, answered)).collect::<Vec<_>>()
        })
    }
}

/// What an entry is called.
pub(super) fn entry_text(name: &str) -> &'static str {
    EntryKind::named(name).map_or("其他", EntryKind::title)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0-6/unknown")]
    #[case(7 * 12 - 1, "0-6/unknown")]
    #[case(7 * 12, "7-17/unknown")]
    #[case(18 * 12 - 1, "7-17/unknown")]
    #[case(45 * 12, "45-59/unknown")]
    #[case(60 * 12, "60-74/unknown")]
    #[case(75 * 12, "75+/unknown")]
    #[case(130 * 12, "75+/unknown")]
    fn everybody_has_a_band(#[case] age_months: u32, #[case] expected: &str) {
        assert_eq!(person(&Profile { age_months, sex: None }), expected);
    }

    #[test]
    fn one_consultation_is_counted_once_at_every_level_in_every_dimension() {
        let fact = Fact {
            day: 20_514,
            hour: 7,
            unit: Unit::new("H01", "IM"),
            entry: "app".into(),
            route: Route::Direct,
            is_first: None,
            person: "18-44/male".into(),
            outcome: Outcome::Abandoned,
            templates: vec!["cough-first".into()],
            answers: Vec::new(),
        };
        let cells = fact.cells();
        assert_eq!(cells.len(), 3 * 8 + 2, "the district and the institution have parts");
        let parts: Vec<_> = cells.iter().filter(|(cell, _)| cell.dimension == Dimension::Part).collect();
        assert_eq!((parts[0].0.value.as_str(), parts[1].0.value.as_str()), ("H01", "IM"));
        let mut sum = Counts::default();
        for (_, counts) in cells.iter().filter(|(cell, _)| cell.dimension == Dimension::All) {
            sum.add(*counts, 1);
        }
        assert_eq!((sum.begun, sum.abandoned, sum.uses()), (3, 3, 0), "who began anew is counted once");
    }
}
