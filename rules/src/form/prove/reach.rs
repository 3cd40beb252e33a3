//! Items, options, jumps and constraints: whether they are ever shown, chosen, taken, broken.

use super::{Prover, demand, proof, title};
use crate::expr::typed::{Cond, Num};
use crate::expr::{Kind, Order};
use crate::form::draft::Kind as ItemKind;
use crate::form::slots::{Formula, Guard, Line, Role, Unit, UnitKind};
use crate::solve::{Answer, Demand, Verdicts, phrase};

impl Prover<'_> {
    pub(super) fn unit(&mut self, index: u32, unit: &Unit) {
        let shown = self.world.conditions(index, unit);
        if let Some(guard) = &unit.show {
            let above = unit
                .parent
                .map_or_else(Vec::new, |parent| self.world.conditions(parent, self.plan.unit(parent)));
            if !self.guard(guard, &above, &format!("{}的显示", title(unit))) {
                self.dead.insert(index);
                return;
            }
        }
        let open = shown.is_empty() || unit.kind == UnitKind::Item(ItemKind::Constraint);
        let proof = if open { None } else { self.clash(&shown) };
        if let (Some(proof), Some(guard), 1) = (&proof, &unit.show, shown.len()) {
            let message = format!("{}的显示的条件“{}”只在交不了卷的问卷里成立", title(unit), guard.text);
            self.error(guard.place, "FP002", message, proof.clone(), "改掉这个条件，或放宽与它冲突的约束");
            self.dead.insert(index);
            return;
        }
        if let Some(proof) = proof {
            let message = format!("{}永远不会显示", title(unit));
            self.error(unit.place, "FP001", message, proof, "改掉相互冲突的条件或跳转，或删掉这一项");
            self.dead.insert(index);
            return;
        }
        if let UnitKind::Item(ItemKind::Page) = unit.kind {
            self.bypassed(index, unit);
        }
        self.jumps(index, unit, &shown);
        let broken = self.checks(unit, &shown);
        for line in &unit.lines {
            if let Some(guard) = &line.guard
                && let Some(cond) = self.lowered(guard)
            {
                let what = format!("{}的“{}”", title(unit), line.section);
                if !self.holds(guard, &cond, &shown, &what) {
                    continue;
                }
                if !self.said(guard, &cond, &shown, &what) {
                    self.parts(&cond, guard);
                }
            }
            self.quotes(unit, line, &shown);
        }
        self.repeated(unit);
        if let Some(slot) = unit.slot.filter(|_| !broken) {
            self.value(slot, unit, &shown);
        }
    }

    /// A page all of whose items are passed over.
    fn bypassed(&mut self, index: u32, unit: &Unit) {
        let mut first = None;
        for inner in index + 1..=unit.last {
            let of = self.plan.unit(inner);
            if of.parent != Some(index) {
                continue;
            }
            let conditions = self.world.conditions(inner, of);
            let unjumped: Vec<Cond> =
                conditions.iter().filter(|cond| !self.world.is_jump(cond)).cloned().collect();
            if self.clash(&unjumped).is_some() {
                return;
            }
            match self.clash(&conditions) {
                Some(proof) => first.get_or_insert(proof),
                None => return,
            };
        }
        if let Some(proof) = first {
            let message = format!("{}整页都会被跳过，一题也显示不出来", title(unit));
            self.error(unit.place, "FP001", message, proof, "改掉相互冲突的条件或跳转，或删掉这一页");
            self.dead.insert(index);
        }
    }

    fn jumps(&mut self, index: u32, unit: &Unit, shown: &[Cond]) {
        for (number, jump) in unit.jumps.iter().enumerate() {
            let what = format!("{}的跳转", title(unit));
            if let Some(guard) = &jump.guard {
                let same = unit.jumps[..number]
                    .iter()
                    .find(|earlier| earlier.guard.as_ref().is_some_and(|earlier| earlier.expr == guard.expr));
                if let Some(earlier) = same {
                    let message = format!(
                        "两个跳转的条件都是“{}”，一个去“{}”，一个去“{}”，后一个永远轮不到",
                        guard.text, earlier.target, jump.target
                    );
                    let witness = format!("第 {} 行的跳转先成立", earlier.place.line);
                    self.error(jump.place, "FP007", message, witness, "改掉其中一个的条件，或删掉一个");
                    continue;
                }
                let Some(cond) = self.lowered(guard) else { continue };
                if !self.holds(guard, &cond, shown, &what) {
                    continue;
                }
                self.parts(&cond, guard);
            }
            let Some(taken) = self.world.taken(index, number) else { continue };
            if let Some(proof) = self.clash(&[Cond::Truth(taken)]) {
                let arm = jump.guard.as_ref().map_or("否则", |guard| guard.text.as_str());
                let message = format!("{what}“{arm} => {}”永远轮不到：前面的跳转已经全包了", jump.target);
                self.error(jump.place, "FP006", message, proof, "调整跳转的先后或条件，或删掉它");
            }
        }
    }

    /// Says whether one is always broken.
    fn checks(&mut self, unit: &Unit, shown: &[Cond]) -> bool {
        let mut broken = false;
        for check in &unit.checks {
            let Some(cond) = self.lowered(&check.guard) else { continue };
            let text = &check.guard.text;
            if let Some(proof) = proof(self.full.cannot(&cond, Verdicts::YES)) {
                let message = format!("约束“{text}”永远满足不了");
                self.error(check.guard.place, "FP011", message, proof, "改成做得到的约束");
                broken = true;
                continue;
            }
            let mut demands: Vec<Demand> =
                shown.iter().map(|cond| demand(cond.clone(), Verdicts::YES)).collect();
            demands.push(demand(cond.clone(), Verdicts::NO));
            if let Some(proof) = proof(self.full.refute(&demands)) {
                let message = format!("约束“{text}”不可能被违反，写了等于没写");
                self.warning(check.guard.place, "FP010", message, proof, "删掉它，或改成会违反的约束");
                continue;
            }
            self.parts(&cond, &check.guard);
        }
        broken
    }

    fn value(&mut self, slot: u32, unit: &Unit, shown: &[Cond]) {
        match &self.plan.slot(slot).role {
            Role::Computed(Some(formula)) => self.computed(slot, unit, formula),
            Role::Answer(_) if self.answerable(slot, unit, shown) => {
                self.limits(slot, unit);
                self.options(slot, unit, shown);
            }
            _ => {}
        }
    }

    /// Whether a question can be answered without breaking a constraint; reported when not.
    fn answerable(&mut self, slot: u32, unit: &Unit, shown: &[Cond]) -> bool {
        let known = demand(Cond::Known(slot), Verdicts::YES);
        let none = if let Some(proof) = proof(self.bare.refute(std::slice::from_ref(&known))) {
            Some(proof)
        } else {
            let mut demands = vec![known];
            let constraints = self.plan.units.iter().flat_map(|unit| &unit.checks);
            for check in constraints.filter(|check| check.guard.expr.slots().contains(&slot)) {
                if let Some(cond) = self.lowered(&check.guard) {
                    demands.push(demand(cond, Verdicts::NO.complement()));
                }
            }
            let guarded = self.plan.domain(slot).is_some_and(|domain| {
                domain.options.iter().any(|option| option.show.is_some()) || domain.range.0.is_some()
            });
            if demands.len() == 1 && !guarded {
                None
            } else {
                demands.extend(shown.iter().map(|cond| demand(cond.clone(), Verdicts::YES)));
                proof(self.full.refute(&demands))
            }
        };
        let Some(proof) = none else { return true };
        let must = if unit.required { "必答，却" } else { "" };
        let message = format!("{}{must}怎么答都不行", title(unit));
        self.error(unit.place, "FP009", message, proof, "放宽范围、选项的显示条件或约束");
        false
    }

    fn options(&mut self, slot: u32, unit: &Unit, shown: &[Cond]) {
        let Some(domain) = self.plan.domain(slot) else { return };
        for (label, option) in (0_u16..).zip(&domain.options) {
            let Some(guard) = &option.show else { continue };
            let what = format!("选项“{}”的显示", option.label);
            if !self.guard(guard, shown, &what) {
                continue;
            }
            if let Some(cond) = self.lowered(guard) {
                self.said(guard, &cond, shown, &what);
            }
            let chosen = match self.plan.slot(slot).kind {
                Kind::Set(_) => Cond::Has(slot, label),
                _ => Cond::In(slot, vec![label]),
            };
            let mut all = vec![chosen];
            all.extend(shown.iter().cloned());
            if let Some(proof) = self.clash(&all) {
                let message = format!("{}的选项“{}”永远选不了", title(unit), option.label);
                self.error(option.place, "FP017", message, proof, "改掉相互冲突的条件，或删掉这个选项");
            }
        }
    }

    fn computed(&mut self, slot: u32, unit: &Unit, formula: &Formula) {
        if let Some(proof) = proof(self.full.cannot(&Cond::Known(slot), Verdicts::YES)) {
            let message = format!("{}永远算不出来", title(unit));
            self.error(
                formula.place,
                "FP013",
                message,
                proof,
                "检查公式用到的题能不能同时有答案，除数会不会总是零",
            );
            return;
        }
        if let Some(num) = formula.expr.num() {
            self.branches(&self.world.bands.num(num), &mut Vec::new(), formula);
        }
    }

    /// The branches of a number, each under the conditions that lead to it.
    fn branches(&mut self, num: &Num, path: &mut Vec<Demand>, formula: &Formula) {
        match num {
            Num::If(cond, a, b) => {
                self.branch(cond, path, formula);
                for (verdict, arm) in [(Verdicts::YES, a), (Verdicts::NO, b)] {
                    path.push(demand((**cond).clone(), verdict));
                    self.branches(arm, path, formula);
                    path.pop();
                }
            }
            Num::Sum(parts) | Num::Product(parts) | Num::Least(parts) | Num::Greatest(parts) => {
                for part in parts {
                    self.branches(part, path, formula);
                }
            }
            Num::Quotient(a, b) => {
                self.branches(a, path, formula);
                self.branches(b, path, formula);
                self.divisor(b, path, formula);
            }
            Num::Negative(of) | Num::Absolute(of) | Num::Round(of, _) => self.branches(of, path, formula),
            _ => {}
        }
    }

    fn branch(&mut self, cond: &Cond, path: &[Demand], formula: &Formula) {
        let words = phrase(&self.world.full, cond);
        let refuted = |verdict: Verdicts| {
            let mut demands = path.to_vec();
            demands.push(demand(cond.clone(), verdict));
            let proof = proof(self.bare.refute(&demands))?;
            let alone = self.bare.cannot(cond, verdict).is_some();
            Some(self.reach_of(cond).filter(|_| alone).unwrap_or(proof))
        };
        let here = if path.is_empty() { "" } else { "走到这里时" };
        if let Some(witness) = refuted(Verdicts::YES) {
            let message = format!("公式“{}”里的条件“{words}”{here}永远不成立", formula.text);
            self.error(formula.place, "FP012", message, witness, "改掉这个条件，或只留另一个分支");
        } else if let Some(witness) = refuted(Verdicts::NO) {
            let message =
                format!("公式“{}”里的条件“{words}”{here}总是成立，另一个分支永远用不到", formula.text);
            self.error(formula.place, "FP012", message, witness, "改掉这个条件，或只留这个分支");
        }
    }

    /// A divisor whose own limits let it be zero.
    fn divisor(&mut self, of: &Num, path: &[Demand], formula: &Formula) {
        let limited = self.bare.reach(of).is_some_and(|(low, high)| low.is_finite() && high.is_finite());
        if matches!(of, Num::Const(_)) || !limited {
            return;
        }
        let mut demands = path.to_vec();
        demands.push(demand(Cond::Compare(of.clone(), Order::Equal, Num::Const(0.0)), Verdicts::YES));
        if let Answer::Possible(shown) = self.finished.as_ref().unwrap_or(&self.full).ask(&demands) {
            let message = format!("公式“{}”的除数可能是 0，那时算不出来", formula.text);
            let witness = self.shown(&shown);
            let hint = "把除数的范围改成不含 0，或先用 如果(除数 > 0, …, …) 分开";
            self.warning(formula.place, "FP027", message, witness, hint);
        }
    }

    /// A condition that only repeats when its question is shown. Says whether it does.
    fn said(&mut self, guard: &Guard, cond: &Cond, shown: &[Cond], what: &str) -> bool {
        if shown.is_empty() || proof(self.bare.cannot(cond, Verdicts::NO)).is_some() {
            return false;
        }
        let mut demands: Vec<Demand> = shown.iter().map(|cond| demand(cond.clone(), Verdicts::YES)).collect();
        demands.push(demand(cond.clone(), Verdicts::YES.complement()));
        let Some(proof) = proof(self.full.refute(&demands)) else { return false };
        let message = format!("{what}的条件“{}”在这一题显示时总是成立，写了等于没写", guard.text);
        self.warning(guard.place, "FP003", message, proof, "删掉这个条件，或改成会不成立的条件");
        true
    }

    /// Quotes that are never there when their line is written; such a line is never written at all.
    fn quotes(&mut self, unit: &Unit, line: &Line, shown: &[Cond]) {
        let mut when: Vec<Cond> = shown.to_vec();
        when.extend(line.guard.as_ref().and_then(|guard| self.lowered(guard)));
        for slot in line.text.slots() {
            let of = self.plan.slot(slot);
            if unit.slot == Some(slot) || of.group.is_some() || of.path.is_empty() {
                continue;
            }
            let mut all = when.clone();
            all.push(self.world.bands.cond(&Cond::Known(slot)));
            let Some(proof) = self.clash(&all).filter(|_| self.clash(&when).is_none()) else { continue };
            let message =
                format!("{}的“{}”引用“{}”，可写这一句时它从来没有答案", title(unit), line.section, of.path);
            self.error(line.place, "FP026", message, proof, "改句子的条件，或不引用它");
            return;
        }
    }
}
