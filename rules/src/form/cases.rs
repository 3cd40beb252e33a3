//! Cases beside a questionnaire, run as a respondent would: only what is shown can be answered.
//!
//! - CS001 a step that nobody could take: a hidden or unknown item, an answer that is refused
//! - CS002 what a step expects is not so
//! - CS003 a step names what the form does not have, or a value that is none of the item's
//! - CS004, CS005 branches no case takes, see [`super::cover`]

use kb::Fault;

use super::accept::{Answer, Refusal, Why};
use super::case_text::{Action, CaseDraft};
use super::compile::Form;
use super::cover::Coverage;
use super::draft::{Place, Written};
use super::literal::{date, list, number};
use super::record::sections;
use super::session::{Patient, Session};
use super::slots::{Cell, Role};
use crate::expr::{Kind, Value};

/// What came of the cases.
#[derive(Debug, Clone)]
pub struct Report {
    /// Everything that is not as a case says, then what is not covered.
    pub faults: Vec<Fault>,
    /// Cases without a fault.
    pub passed: usize,
    /// The branches they took.
    pub coverage: Coverage,
}

/// Runs the cases of a file against a form, and measures which branches they take.
pub fn run(form: &Form, file: &str, cases: &[CaseDraft]) -> Report {
    let mut coverage = Coverage::of(form);
    let mut faults = Vec::new();
    let mut passed = 0;
    for case in cases {
        let mut respondent = Respondent {
            file,
            case: &case.name.text,
            session: form.open(&Patient::default()),
            faults: Vec::new(),
        };
        coverage.watch(&respondent.session);
        for step in &case.steps {
            let possible = respondent.step(&step.action, step.place);
            coverage.watch(&respondent.session);
            if !possible {
                // What follows would only repeat that this step failed.
                break;
            }
        }
        passed += usize::from(respondent.faults.is_empty());
        faults.append(&mut respondent.faults);
    }
    faults.extend(coverage.faults(form));
    Report { faults, passed, coverage }
}

struct Respondent<'c> {
    file: &'c str,
    case: &'c str,
    session: Session,
    faults: Vec<Fault>,
}

impl Respondent<'_> {
    fn fault(&mut self, at: &Written, code: &'static str, message: &str) -> Option<&mut Fault> {
        let message = format!("用例“{}”：{message}", self.case);
        self.faults.push(Fault::error(self.file, at.place.line, code, message).at_column(at.place.column));
        self.faults.last_mut()
    }

    fn refused(&mut self, at: &Written, refusal: &Refusal) -> bool {
        let code = if refusal.why == Why::Unknown { "CS003" } else { "CS001" };
        let explained = match refusal.why {
            Why::Hidden => self.session.explain(&at.text).ok().map(|explanation| explanation.to_string()),
            _ => None,
        };
        if let Some(fault) = self.fault(at, code, &format!("答不了“{}”：{}", at.text, refusal.message))
        {
            fault.witness = explained;
        }
        false
    }

    fn expect(&mut self, at: &Written, holds: bool, message: impl FnOnce(&Session) -> String) {
        if !holds {
            let message = message(&self.session);
            self.fault(at, "CS002", &message);
        }
    }

    /// Whether the step could be taken.
    fn step(&mut self, action: &Action, place: Place) -> bool {
        match action {
            Action::Answer(path, value) => return self.answer(path, value),
            Action::Set(name, value) => match self.read(name, value) {
                Some(answer) => {
                    if let Err(refusal) = self.session.set_patient(&name.text, &answer) {
                        return self.refused(name, &refusal);
                    }
                }
                None => return false,
            },
            Action::Clear(path) => {
                if let Err(refusal) = self.session.clear(&path.text) {
                    return self.refused(path, &refusal);
                }
            }
            Action::Refused(path, value) => match self.parse(path, value) {
                Ok(answer) => {
                    let refused = match answer {
                        Some(answer) => self.session.clone().answer(&path.text, answer).is_err(),
                        None => true,
                    };
                    self.expect(value, refused, |_| {
                        format!("“{} = {}”本该不收，却收了", path.text, value.text)
                    });
                }
                Err(refusal) => return self.refused(path, &refusal),
            },
            Action::Visible(paths) => paths.iter().for_each(|path| self.shown(path, true)),
            Action::Hidden(paths) => paths.iter().for_each(|path| self.shown(path, false)),
            Action::Value(path, value) => self.value(path, value.as_ref()),
            Action::Broken(path) => {
                let broken =
                    self.session.findings().iter().any(|finding| same_name(&finding.path, &path.text));
                self.expect(path, broken, |session| {
                    let all: Vec<String> =
                        session.findings().into_iter().map(|finding| finding.path).collect();
                    let all = if all.is_empty() {
                        "没有违反任何约束".to_owned()
                    } else {
                        format!("违反的是 {}", all.join("、"))
                    };
                    format!("没有违反“{}”，{all}", path.text)
                });
            }
            Action::Options(path, labels) => {
                let wanted: Vec<String> = labels.iter().map(|label| bare(&label.text).to_owned()).collect();
                let offered: Vec<String> =
                    self.session.options(&path.text).into_iter().map(str::to_owned).collect();
                self.expect(path, offered == wanted, |_| {
                    format!("“{}”的选项是 {}，不是 {}", path.text, offered.join("、"), wanted.join("、"))
                });
            }
            Action::Writes(section, text) => {
                let record = sections(&self.session.record());
                let written = record
                    .iter()
                    .find(|(name, _)| *name == section.text)
                    .map_or("", |(_, text)| text.as_str());
                let holds = written.contains(text.text.as_str());
                self.expect(text, holds, |_| {
                    format!("{}里没有“{}”，写的是“{written}”", section.text, text.text)
                });
            }
            Action::Next(path) => {
                let next = self.session.next().map(|next| next.path);
                let holds = next.as_deref().is_some_and(|next| same_name(next, &path.text));
                self.expect(path, holds, |_| {
                    let next =
                        next.map_or_else(|| "没有下一题".to_owned(), |next| format!("下一题是“{next}”"));
                    format!("{next}，不是“{}”", path.text)
                });
            }
            Action::Complete | Action::Incomplete => {
                let wanted = *action == Action::Complete;
                let complete = self.session.complete();
                let at = Written { place, ..Written::default() };
                self.expect(&at, complete == wanted, |session| {
                    if wanted {
                        let next = session
                            .next()
                            .filter(|next| next.required)
                            .map(|next| format!("“{}”还没答", next.path));
                        let broken = session
                            .findings()
                            .first()
                            .map(|finding| format!("“{}”：{}", finding.path, finding.message));
                        format!(
                            "还没有完成：{}",
                            next.or(broken).unwrap_or_else(|| "还有必答题没答".to_owned())
                        )
                    } else {
                        "已经完成了，本该还没有".to_owned()
                    }
                });
            }
        }
        true
    }

    fn shown(&mut self, path: &Written, wanted: bool) {
        let explained = match self.session.explain(&path.text) {
            Ok(explained) => explained,
            Err(refusal) => {
                self.fault(path, "CS003", &refusal.message);
                return;
            }
        };
        if explained.visible != wanted {
            let message = format!("“{}”{}", path.text, if wanted { "没有显示" } else { "显示出来了" });
            if let Some(fault) = self.fault(path, "CS002", &message) {
                fault.witness = Some(explained.to_string());
            }
        }
    }

    fn value(&mut self, path: &Written, wanted: Option<&Written>) {
        if let Err(refusal) = self.session.address(&path.text) {
            self.fault(path, "CS003", &refusal.message);
            return;
        }
        let shown = self.session.reading(&path.text).unwrap_or_else(|| "未知".to_owned());
        let Some(wanted) = wanted else {
            let unknown = self.session.value(&path.text) == Value::Unknown;
            self.expect(path, unknown, |_| format!("“{}”是 {shown}，不是未知", path.text));
            return;
        };
        let Some(answer) = self.read(path, wanted) else { return };
        let holds = self.session.holds(&path.text, &answer);
        self.expect(wanted, holds, |_| format!("“{}”是 {shown}，不是 {}", path.text, wanted.text));
    }

    fn answer(&mut self, path: &Written, value: &Written) -> bool {
        self.session.grow(&path.text);
        let Some(answer) = self.read(path, value) else { return false };
        match self.session.answer(&path.text, answer) {
            Ok(()) => true,
            Err(refusal) => self.refused(path, &refusal),
        }
    }

    /// The answer a value means, or a fault.
    fn read(&mut self, path: &Written, value: &Written) -> Option<Answer> {
        match self.parse(path, value) {
            Ok(Some(answer)) => Some(answer),
            Ok(None) => {
                self.fault(value, "CS003", &format!("“{}”不是“{}”能有的值", value.text, path.text));
                None
            }
            Err(refusal) => {
                self.fault(path, "CS003", &refusal.message);
                None
            }
        }
    }

    fn parse(&self, path: &Written, value: &Written) -> Result<Option<Answer>, Refusal> {
        self.session.answer_of(&path.text, &value.text)
    }
}

impl Session {
    /// The answer that a text typed by a person or written in a case means: `是`, `38.5`, `3天`, `前额, 颞部`,
    /// `2026-11-23`; none when the question can't have such a value.
    pub fn answer_of(&self, path: &str, text: &str) -> Result<Option<Answer>, Refusal> {
        let slot = self.address(path)?.slot;
        let Some(slot) = slot else {
            return Err(Refusal::new(path, Why::Unknown, "这里没有要回答的"));
        };
        let info = self.plan().slot(slot);
        Ok(match &info.kind {
            Kind::Truth => match text {
                "是" | "yes" => Some(Answer::Truth(true)),
                "否" | "no" => Some(Answer::Truth(false)),
                _ => None,
            },
            Kind::Number { unit } => number(text, *unit, info.unit_text.as_deref()).map(Answer::Number),
            Kind::Choice(_) => Some(Answer::Choice(bare(text).to_owned())),
            Kind::Set(_) => Some(Answer::Set(list(text).map(str::to_owned).collect())),
            Kind::Text => Some(Answer::Text(text.to_owned())),
            Kind::Date => date(text).map(Answer::Date),
            Kind::Rows if text == "无" => Some(Answer::Rows(0)),
            Kind::Rows => text.parse().ok().map(Answer::Rows),
            Kind::Score(_) | Kind::Item { .. } => None,
        })
    }

    /// Adds the row a respondent would add before answering in it.
    fn grow(&mut self, path: &str) {
        let Some((group, rest)) = path.split_once('[') else { return };
        let Some(row) = rest.split_once(']').and_then(|(row, _)| row.trim().parse::<usize>().ok()) else {
            return;
        };
        if let Value::Unknown | Value::Number(_) = self.value(group)
            && let Ok(Some(slot)) = self.address(group).map(|address| address.slot)
            && let Role::Rows(..) = self.plan().slot(slot).role
            && self.rows_kept(slot) + 1 == row
        {
            // When the row may not be added, the answer in it is refused with its own reason.
            let _ = self.add_row(group);
        }
    }

    /// Whether a name has the value an answer means.
    fn holds(&self, path: &str, answer: &Answer) -> bool {
        let Ok(super::session::Address { slot: Some(slot), row, .. }) = self.address(path) else {
            return false;
        };
        let labels = match &self.plan().slot(slot).kind {
            Kind::Choice(labels) | Kind::Set(labels) => labels.as_slice(),
            _ => &[],
        };
        let index = |wanted: &str| labels.iter().position(|label| label == wanted);
        match (self.view_at(row).cell(slot), answer) {
            (Cell::Truth(truth), Answer::Truth(wanted)) => truth == wanted,
            (Cell::Number(number), Answer::Number(wanted)) => {
                (number - wanted).abs() <= 1e-9 * number.abs().max(wanted.abs()).max(1.0)
            }
            (cell @ Cell::Choice(_), Answer::Choice(wanted)) => {
                index(wanted).is_some_and(|label| cell.chooses(label))
            }
            (cell @ Cell::Set(_), Answer::Set(wanted)) => {
                let mut distinct: Vec<&String> = wanted.iter().collect();
                distinct.sort();
                distinct.dedup();
                cell.chosen() == distinct.len()
                    && wanted.iter().all(|wanted| index(wanted).is_some_and(|label| cell.chooses(label)))
            }
            (Cell::Text(text), Answer::Text(wanted)) => **text == **wanted,
            (Cell::Date(day), Answer::Date(wanted)) => day == wanted,
            (Cell::Number(number), Answer::Rows(wanted)) => {
                u32::try_from(*wanted).is_ok_and(|wanted| (number - f64::from(wanted)).abs() < 0.5)
            }
            _ => false,
        }
    }
}

fn same_name(one: &str, other: &str) -> bool {
    one == other || one == other.replace(['「', '」'], "")
}

fn bare(text: &str) -> &str {
    text.trim_matches(['「', '」'])
}
