//! Which branches of a form its cases take.

use kb::Fault;

use super::compile::Form;
use super::draft::Place;
use super::session::Session;
use super::slots::{Cell, Guard, Plan, Role};
use super::visible::View;
use crate::expr::Truth;

/// A branch of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Where it stands in the form.
    pub place: Place,
    /// What it is.
    pub what: What,
    /// The item it belongs to.
    pub of: String,
    /// As written.
    pub text: String,
    /// Whether a case has taken it.
    pub taken: bool,
}

/// Kinds of branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A show-when that holds.
    Shown,
    /// A show-when that does not hold, or not yet.
    NotShown,
    /// A jump that is taken.
    Jump,
    /// A line with a condition that is written.
    Line,
    /// A band that is reached.
    Band,
    /// A constraint that is broken.
    Broken,
}

/// The branches of a form, in file order, and which of them were taken.
#[derive(Debug, Clone)]
pub struct Coverage {
    branches: Vec<Branch>,
}

impl Coverage {
    /// All branches of a form, none taken.
    pub fn of(form: &Form) -> Self {
        let mut branches = Vec::new();
        each(form.plan(), &mut |what, place, of: &str, text: &str, _: Test<'_>| {
            branches.push(Branch { place, what, of: of.to_owned(), text: text.to_owned(), taken: false });
        });
        Self { branches }
    }

    /// Notes the branches taken now.
    pub fn watch(&mut self, session: &Session) {
        let mut branches = self.branches.iter_mut();
        each(session.plan(), &mut |_, _, _: &str, _: &str, test: Test<'_>| {
            if let Some(branch) = branches.next()
                && !branch.taken
            {
                branch.taken = test.holds(session);
            }
        });
    }

    /// All branches, in file order.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The branches no case has taken.
    pub fn open(&self) -> impl Iterator<Item = &Branch> {
        self.branches.iter().filter(|branch| !branch.taken)
    }

    /// Share of the branches taken, 0 to 1; 1 when there is none.
    #[expect(clippy::cast_precision_loss, reason = "branches are far fewer than 2^52")]
    pub fn share(&self) -> f64 {
        match self.branches.len() {
            0 => 1.0,
            all => (all - self.open().count()) as f64 / all as f64,
        }
    }

    /// `CS004` when less than the form asks for is covered, and `CS005` for each branch left open then.
    pub fn faults(&self, form: &Form) -> Vec<Fault> {
        let plan = form.plan();
        if self.share() >= plan.coverage {
            return Vec::new();
        }
        let open = self.open().count();
        let message = format!(
            "用例只走到 {} 个分支里的 {} 个（{:.0}%），问卷要求 {:.0}%",
            self.branches.len(),
            self.branches.len() - open,
            (self.share() * 100.0).floor(),
            plan.coverage * 100.0
        );
        let mut faults =
            vec![Fault::error(&plan.file, 1, "CS004", message).with_hint("为下面列出的分支各补一个用例")];
        faults.extend(self.open().map(|branch| {
            Fault::warning(&plan.file, branch.place.line, "CS005", branch.to_string())
                .at_column(branch.place.column)
        }));
        faults
    }
}

impl std::fmt::Display for Branch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (of, text) = (&self.of, &self.text);
        match self.what {
            What::Shown => write!(f, "没有用例让“{of}”的条件“{text}”成立"),
            What::NotShown => write!(f, "没有用例让“{of}”的条件“{text}”不成立"),
            What::Jump => write!(f, "没有用例走“{of}”的跳转“{text}”"),
            What::Line => write!(f, "没有用例写出“{of}”的病历句“{text}”"),
            What::Band => write!(f, "没有用例让“{of}”落在“{text}”"),
            What::Broken => write!(f, "没有用例违反“{of}”的约束“{text}”"),
        }
    }
}

/// How to tell whether a branch is taken.
enum Test<'p> {
    /// The condition, of the unit, comes to Yes, or not.
    Guard(u32, &'p Guard, bool),
    Jump(u32, u32),
    Line(u32, &'p Guard),
    Band(u32, usize),
    Broken(u32, &'p Guard),
}

impl Test<'_> {
    fn holds(&self, session: &Session) -> bool {
        let plan = session.plan();
        let unit = match self {
            Self::Guard(unit, ..) | Self::Jump(unit, _) | Self::Line(unit, _) | Self::Broken(unit, _) => {
                Some(*unit)
            }
            Self::Band(slot, _) => plan.slot(*slot).unit,
        };
        let Some(unit) = unit else { return false };
        session.views(plan.unit(unit).group).iter().any(|view| match self {
            Self::Guard(unit, guard, wanted) => {
                let within = plan.unit(*unit).parent.is_none_or(|parent| view.shows(parent));
                within && (guard.expr.eval(view) == Truth::Yes) == *wanted
            }
            Self::Jump(unit, jump) => session.jump_taken(*unit) == Some(*jump),
            Self::Line(unit, guard) => view.shows(*unit) && guard.expr.eval(view) == Truth::Yes,
            Self::Band(slot, band) => in_band(view, *slot, *band),
            Self::Broken(unit, guard) => view.shows(*unit) && guard.expr.eval(view) == Truth::No,
        })
    }
}

/// Whether the number lies in this band and in none before it.
fn in_band(view: &View<'_>, slot: u32, wanted: usize) -> bool {
    let Role::Band { of, bands } = &view.plan.slot(slot).role else { return false };
    let Cell::Number(number) = view.cell(*of) else { return false };
    let inside = |(least, most): (Option<f64>, Option<f64>)| {
        least.is_none_or(|least| *number >= least) && most.is_none_or(|most| *number <= most)
    };
    bands.iter().position(|band| inside(band.range)) == Some(wanted)
}

/// Visits every branch, always in the same order.
fn each<'p>(plan: &'p Plan, visit: &mut dyn FnMut(What, Place, &str, &str, Test<'p>)) {
    let shown =
        |visit: &mut dyn FnMut(What, Place, &str, &str, Test<'p>), index, of: &str, guard: &'p Guard| {
            visit(What::Shown, guard.place, of, &guard.text, Test::Guard(index, guard, true));
            visit(What::NotShown, guard.place, of, &guard.text, Test::Guard(index, guard, false));
        };
    for (index, unit) in (0..).zip(&plan.units) {
        let of = unit.path.as_str();
        if let Some(guard) = &unit.show {
            shown(visit, index, of, guard);
        }
        for (nth, jump) in (0..).zip(&unit.jumps) {
            let guard = jump.guard.as_ref().map_or("否则", |guard| guard.text.as_str());
            visit(What::Jump, jump.place, of, &format!("{guard} => {}", jump.target), Test::Jump(index, nth));
        }
        for line in &unit.lines {
            if let Some(guard) = &line.guard {
                visit(What::Line, line.place, of, &line.text.plain(), Test::Line(index, guard));
            }
        }
        for check in &unit.checks {
            visit(What::Broken, check.guard.place, of, &check.guard.text, Test::Broken(index, &check.guard));
        }
        if let Some(domain) = unit.slot.and_then(|slot| plan.domain(slot)) {
            // The columns of a grid are the same in every row: their conditions count once, at the first.
            let repeated =
                unit.kind == super::slots::UnitKind::Row && unit.parent.is_some_and(|grid| index > grid + 1);
            for option in domain.options.iter().filter(|_| !repeated) {
                if let Some(guard) = &option.show {
                    shown(visit, index, &format!("{of} 的选项 {}", option.label), guard);
                }
            }
        }
    }
    for (index, slot) in (0..).zip(&plan.slots) {
        if let (
            Role::Band { bands, .. },
            super::slots::Slot { kind: crate::expr::Kind::Choice(labels), .. },
        ) = (&slot.role, slot)
        {
            for (nth, band) in bands.iter().enumerate() {
                let label = labels.get(usize::from(band.label)).map_or("", String::as_str);
                visit(What::Band, band.place, &slot.path, label, Test::Band(index, nth));
            }
        }
    }
}
