//! Conditions: whether they can hold, whether they can fail, whether every part of them matters.

use super::{Prover, demand, proof};
use crate::expr::Order;
use crate::expr::typed::{Cond, Num};
use crate::form::draft::Place;
use crate::form::slots::Guard;
use crate::solve::{Answer, Demand, Verdicts, phrase};

/// Parts of one condition that are compared with each other at most.
const PARTS: usize = 12;

impl Prover<'_> {
    /// A condition that should be able to hold and to fail. Says whether it can hold.
    pub(super) fn guard(&mut self, guard: &Guard, context: &[Cond], what: &str) -> bool {
        let Some(cond) = self.lowered(guard) else { return true };
        if !self.holds(guard, &cond, context, what) {
            return false;
        }
        if let Some(proof) = self.cannot_fail(guard, &cond) {
            let message = format!("{what}的条件“{}”总是成立，写了等于没写", guard.text);
            self.warning(guard.place, "FP003", message, proof, "删掉这个条件，或改成会不成立的条件");
        } else {
            self.parts(&cond, guard);
        }
        true
    }

    /// Why a condition never fails once its answers are there. Questions that are never shown together leave it
    /// unknown, so it fails then, and nothing is claimed.
    fn cannot_fail(&self, guard: &Guard, cond: &Cond) -> Option<String> {
        if let Some(proof) = proof(self.bare.cannot(cond, Verdicts::NO)) {
            return Some(proof);
        }
        let known = guard.expr.slots().iter().map(|slot| self.world.bands.cond(&Cond::Known(*slot)));
        let together = Cond::And(known.collect());
        match self.full.can(&together, Verdicts::YES) {
            Answer::Possible(_) => proof(self.full.cannot_nearby(cond, Verdicts::NO)),
            Answer::Impossible(_) | Answer::Undecided => None,
        }
    }

    /// For whom a form is meant: somebody, and not everybody.
    pub(super) fn applies(&mut self, guard: &Guard) {
        let Some(cond) = self.lowered(guard) else { return };
        if let Some(proof) = proof(self.bare.cannot(&cond, Verdicts::YES)) {
            let message = format!("适用的条件“{}”永远不成立，这份问卷谁也用不上", guard.text);
            self.error(guard.place, "FP002", message, proof, "改掉相互冲突的其中一处");
        } else if let Some(proof) = proof(self.bare.cannot(&cond, Verdicts::NO)) {
            let message = format!("适用的条件“{}”总是成立，写了等于没写", guard.text);
            self.warning(guard.place, "FP003", message, proof, "删掉这个条件，或改成会不成立的条件");
        } else {
            self.parts(&cond, guard);
        }
    }

    /// Whether a condition can hold where it stands; reported when not.
    pub(super) fn holds(&mut self, guard: &Guard, cond: &Cond, context: &[Cond], what: &str) -> bool {
        let alone = proof(self.bare.cannot(cond, Verdicts::YES)).map(|proof| match self.reach_of(cond) {
            Some(reach) => format!("{proof}；{reach}"),
            None => proof,
        });
        if let Some(witness) = alone.or_else(|| proof(self.full.cannot(cond, Verdicts::YES))) {
            let message = format!("{what}的条件“{}”永远不成立", guard.text);
            self.error(guard.place, "FP002", message, witness, "改掉相互冲突的其中一处，或删掉这个条件");
            return false;
        }
        if context.is_empty() {
            return true;
        }
        let mut all = vec![cond.clone()];
        all.extend(context.iter().cloned());
        let Some(proof) = self.clash(&all) else { return true };
        let message = format!("{what}的条件“{}”在这一题显示时永远不成立", guard.text);
        self.error(guard.place, "FP002", message, proof, "改掉相互冲突的其中一处，或删掉这个条件");
        false
    }

    pub(super) fn lowered(&self, guard: &Guard) -> Option<Cond> {
        guard.expr.cond().map(|cond| self.world.bands.cond(cond))
    }

    /// Parts of a condition that can stand: each must be able to hold and to fail, none follow from the others.
    pub(super) fn parts(&mut self, cond: &Cond, guard: &Guard) {
        if atom(cond) {
            return;
        }
        let mut inside = Vec::new();
        children(cond, &mut inside);
        for part in &inside {
            if atom(part) {
                self.atom(part, guard.place, &guard.text);
            } else if let Some(proof) = proof(self.bare.cannot(part, Verdicts::YES))
                .or_else(|| matches!(cond, Cond::Or(_)).then(|| self.clash(&[(*part).clone()])).flatten())
            {
                let message = format!("条件“{}”里的“{}”永远不成立", guard.text, self.words(part));
                self.error(guard.place, "FP004", message, proof, "改掉相互冲突的其中一处，或删掉这一段");
                return;
            } else {
                self.parts(part, guard);
            }
        }
        match cond {
            Cond::And(parts) => self.redundant(parts, guard, Verdicts::YES),
            Cond::Or(parts) => self.redundant(parts, guard, Verdicts::NO),
            _ => {}
        }
    }

    fn atom(&mut self, part: &Cond, place: Place, text: &str) {
        if let Some(proof) = proof(self.bare.cannot(part, Verdicts::YES)) {
            let witness = self.reach_of(part).unwrap_or(proof);
            let message = format!("条件“{text}”里的“{}”永远不成立", self.words(part));
            self.error(place, "FP008", message, witness, "改成取得到的值，或删掉这一段");
        } else if let Some(proof) = proof(self.bare.cannot(&strict(part), Verdicts::NO)) {
            let witness = self.reach_of(part).unwrap_or(proof);
            let message = format!("条件“{text}”里的“{}”总是成立", self.words(part));
            self.warning(place, "FP008", message, witness, "改成分得开的值，或删掉这一段");
        }
    }

    /// A part that the others already say: with them it cannot be otherwise.
    fn redundant(&mut self, parts: &[Cond], guard: &Guard, verdict: Verdicts) {
        if parts.len() < 2 || parts.len() > PARTS {
            return;
        }
        for (index, part) in parts.iter().enumerate() {
            // Asking whether there is an answer is how people make plain what the rest relies on.
            let related = |(other, cond): (usize, &Cond)| other != index && self.bare.touch(part, cond);
            if presence(part) || !parts.iter().enumerate().any(related) {
                continue;
            }
            let mut demands: Vec<Demand> = Vec::new();
            for (other, cond) in parts.iter().enumerate() {
                let verdicts = if other == index { verdict.complement() } else { verdict };
                demands.push(demand(cond.clone(), verdicts));
            }
            // A part that is settled by itself was reported as such, or touches the end of a range.
            if self.bare.cannot(part, verdict.complement()).is_some()
                || proof(self.bare.cannot(part, flipped(verdict))).is_some()
            {
                continue;
            }
            if self.bare.refute(&demands).is_some() {
                let rest: Vec<String> = (0..parts.len())
                    .filter(|&other| other != index)
                    .filter(|&other| {
                        let pair = [
                            demand(part.clone(), verdict.complement()),
                            demand(parts[other].clone(), verdict),
                        ];
                        parts.len() == 2 || self.bare.refute(&pair).is_some()
                    })
                    .map(|other| format!("“{}”", self.words(&parts[other])))
                    .collect();
                let because = if rest.is_empty() { "其余几段".to_owned() } else { rest.join("") };
                let message = format!("条件“{}”里的“{}”是多余的", guard.text, self.words(part));
                let (witness, hint) = if verdict == Verdicts::YES {
                    (format!("{because}成立时它一定成立"), "删掉这一段")
                } else {
                    (format!("它成立时{because}一定成立"), "删掉这一段")
                };
                self.warning(guard.place, "FP005", message, witness, hint);
                return;
            }
        }
    }

    pub(super) fn words(&self, cond: &Cond) -> String {
        phrase(&self.world.full, cond)
    }

    /// What the compared value can reach.
    pub(super) fn reach_of(&self, cond: &Cond) -> Option<String> {
        let num = match cond {
            Cond::Compare(num, _, Num::Const(_)) | Cond::Compare(Num::Const(_), _, num) => num,
            Cond::Not(of) => return self.reach_of(of),
            _ => return None,
        };
        let (low, high) = self.bare.reach(num)?;
        let at_most = Cond::Compare(Num::Const(low), Order::AtMost, num.clone());
        let shown = phrase(&self.world.full, &at_most);
        let top = phrase(&self.world.full, &Cond::Compare(num.clone(), Order::AtMost, Num::Const(high)));
        Some(match (low.is_finite(), high.is_finite()) {
            (true, true) => format!("取得到的值：{shown}，{top}"),
            (true, false) => format!("取得到的值：{shown}"),
            (false, true) => format!("取得到的值：{top}"),
            (false, false) => return None,
        })
    }
}

fn flipped(verdict: Verdicts) -> Verdicts {
    if verdict == Verdicts::YES { Verdicts::NO } else { Verdicts::YES }
}

/// A condition without parts that are conditions.
fn atom(cond: &Cond) -> bool {
    match cond {
        Cond::Not(of) => atom(of),
        Cond::And(_) | Cond::Or(_) | Cond::Same(..) | Cond::Count(..) | Cond::Rows { .. } => false,
        _ => true,
    }
}

fn presence(cond: &Cond) -> bool {
    match cond {
        Cond::Not(of) => presence(of),
        cond => matches!(cond, Cond::Known(_)),
    }
}

fn children<'c>(cond: &'c Cond, into: &mut Vec<&'c Cond>) {
    match cond {
        Cond::Not(of) => children(of, into),
        Cond::And(parts) | Cond::Or(parts) | Cond::Count(parts, ..) => into.extend(parts),
        Cond::Rows { of, .. } => into.push(of),
        Cond::Same(a, b) => into.extend([a.as_ref(), b.as_ref()]),
        _ => {}
    }
}

/// The comparison without its end: `总分 >= 0` beside `总分 <= 4` is how people write a range.
fn strict(cond: &Cond) -> Cond {
    match cond {
        Cond::Compare(a, Order::AtLeast, b) => Cond::Compare(a.clone(), Order::Greater, b.clone()),
        Cond::Compare(a, Order::AtMost, b) => Cond::Compare(a.clone(), Order::Less, b.clone()),
        other => other.clone(),
    }
}
