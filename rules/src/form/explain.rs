//! Why something is shown, or why not.

use std::fmt;

use super::accept::Refusal;
use super::record::plain_reading;
use super::session::Session;
use super::slots::{Cell, Guard, UnitKind};
use super::visible::View;
use crate::expr::Truth;

/// Why an item is shown or not: everything that speaks for or against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Full name.
    pub path: String,
    /// Whether it is shown.
    pub visible: bool,
    /// In order: the item's own condition, those of what it stands in, jumps. When it is hidden, only what hides it.
    pub reasons: Vec<Reason>,
}

/// Something that decides whether an item is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A show-when.
    Condition {
        /// Whose: the item itself, or the page, group or grid it stands in.
        of: String,
        /// As written.
        text: String,
        /// Line in the file.
        line: u32,
        /// What it comes to.
        verdict: Truth,
        /// The values it used.
        used: Vec<(String, String)>,
        /// What is not known and could still change it.
        missing: Vec<String>,
    },
    /// A jump that passed over it.
    Jump {
        /// The question that jumps.
        from: String,
        /// Its guard; `否则` when it had none.
        text: String,
        /// Where it leads.
        target: String,
        /// Line in the file.
        line: u32,
        /// The values its guard used.
        used: Vec<(String, String)>,
    },
    /// The text of an option that is not chosen.
    NotChosen {
        /// The question.
        of: String,
        /// The option.
        option: String,
    },
    /// Nothing hides anything on this page.
    Always,
    /// Everything on the page is hidden.
    EmptyPage,
}

impl Session {
    /// Why an item is shown or not.
    pub fn explain(&self, path: &str) -> Result<Explanation, Refusal> {
        let address = self.address(path)?;
        let view = self.view_at(address.row);
        let slot_unit = address.slot.and_then(|slot| self.plan().slot(slot).unit);
        let mut reasons = Vec::new();
        let Some(start) = address.unit.or(slot_unit) else {
            return Ok(Explanation { path: path.to_owned(), visible: true, reasons: vec![Reason::Always] });
        };
        let visible = self.unit_visible(&view, start);
        let mut at = Some(start);
        while let Some(index) = at {
            let unit = self.plan().unit(index);
            if let Some(show) = &unit.show {
                reasons.push(self.condition(&view, view.path(unit.group, &unit.path), show));
            }
            if let (UnitKind::Fill(option), Some(parent)) = (unit.kind, unit.parent)
                && let Some(slot) = self.plan().unit(parent).slot
                && let Some(domain) = self.plan().domain(slot)
                && !view.cell(slot).chooses(usize::from(option))
            {
                let of = view.path(unit.group, &self.plan().unit(parent).path);
                reasons.push(Reason::NotChosen {
                    of,
                    option: domain.options[usize::from(option)].label.clone(),
                });
            }
            if self.passed(index) && !unit.is_page() {
                reasons.extend(self.jumps_over(index));
            }
            at = unit.parent;
        }
        if visible {
            reasons.retain(|reason| matches!(reason, Reason::Condition { .. }));
            if reasons.is_empty() {
                reasons.push(Reason::Always);
            }
        } else {
            reasons.retain(|reason| !matches!(reason, Reason::Condition { verdict: Truth::Yes, .. }));
            reasons.dedup();
            if reasons.is_empty() {
                reasons.push(Reason::EmptyPage);
            }
        }
        Ok(Explanation { path: path.to_owned(), visible, reasons })
    }

    fn condition(&self, view: &View<'_>, of: String, guard: &Guard) -> Reason {
        let missing = guard.expr.missing(view).into_iter().map(|slot| self.name(view, slot)).collect();
        Reason::Condition {
            of,
            text: guard.text.clone(),
            line: guard.place.line,
            verdict: guard.expr.eval(view),
            used: self.used(view, guard),
            missing,
        }
    }

    fn used(&self, view: &View<'_>, guard: &Guard) -> Vec<(String, String)> {
        guard
            .slots()
            .iter()
            .map(|slot| {
                let reading = self.label(view, *slot).unwrap_or_else(|| "未知".to_owned());
                (self.name(view, *slot), reading)
            })
            .collect()
    }

    /// The value as conditions name it: labels, not how they read in the record.
    fn label(&self, view: &View<'_>, slot: u32) -> Option<String> {
        let info = self.plan().slot(slot);
        let (Some(domain), cell) = (self.plan().domain(slot), view.cell(slot)) else {
            return view.reading(slot);
        };
        match cell {
            Cell::Choice(_) | Cell::Set(_) => {
                let chosen = domain.options.iter().enumerate().filter(|(index, _)| cell.chooses(*index));
                Some(chosen.map(|(_, option)| option.label.as_str()).collect::<Vec<_>>().join("、"))
            }
            Cell::Unknown => view.reading(slot),
            _ => plain_reading(cell, info.unit_text.as_deref()),
        }
    }

    fn name(&self, view: &View<'_>, slot: u32) -> String {
        let info = self.plan().slot(slot);
        view.path(info.group, &info.path)
    }

    fn jumps_over(&self, index: u32) -> Vec<Reason> {
        let view = self.view();
        let mut reasons = Vec::new();
        for (from, unit) in (0..index).zip(&self.plan().units) {
            let Some(jump) = self.jump_taken(from).and_then(|jump| unit.jumps.get(jump as usize)) else {
                continue;
            };
            if unit.last < index && index < jump.to {
                reasons.push(Reason::Jump {
                    from: unit.path.clone(),
                    text: jump.guard.as_ref().map_or_else(|| "否则".to_owned(), |guard| guard.text.clone()),
                    target: jump.target.clone(),
                    line: jump.place.line,
                    used: jump.guard.as_ref().map_or_else(Vec::new, |guard| self.used(&view, guard)),
                });
            }
        }
        reasons
    }
}

/// In Chinese, for editors and doctors.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}：", self.path, if self.visible { "显示" } else { "不显示" })?;
        for (index, reason) in self.reasons.iter().enumerate() {
            if index > 0 {
                write!(f, "；")?;
            }
            write!(f, "{reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |used: &[(String, String)]| {
            used.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join("，")
        };
        match self {
            Self::Condition { of, text, line, verdict, used, missing } => {
                let verdict = match verdict {
                    Truth::Yes => "成立",
                    Truth::No => "不成立",
                    Truth::Unknown => "还不能确定",
                };
                write!(f, "{of}的条件“{text}”（第 {line} 行）{verdict}（{}）", values(used))?;
                if missing.is_empty() { Ok(()) } else { write!(f, "，还缺 {}", missing.join("、")) }
            }
            Self::Jump { from, text, target, line, used } => {
                write!(f, "被“{from}”的跳转“{text} => {target}”（第 {line} 行）跳过")?;
                if used.is_empty() { Ok(()) } else { write!(f, "（{}）", values(used)) }
            }
            Self::NotChosen { of, option } => write!(f, "“{of}”没有选“{option}”"),
            Self::Always => write!(f, "没有条件，总是显示"),
            Self::EmptyPage => write!(f, "这一页的内容都不显示"),
        }
    }
}
