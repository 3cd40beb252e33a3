//! Bands of scores: reached, without gaps, without overlaps.

use super::lower::{first_fit, inside};
use super::{Prover, demand, proof};
use crate::expr::Order;
use crate::expr::typed::{Cond, Num};
use crate::form::slots::Band;
use crate::solve::{Answer, Verdicts};

impl Prover<'_> {
    pub(super) fn bands(&mut self) {
        let all: Vec<(u32, &[Band])> = self.world.bands.iter().collect();
        for (of, bands) in all {
            self.bands_of(of, bands);
        }
    }

    fn bands_of(&mut self, of: u32, bands: &[Band]) {
        self.same_bands(of, bands);
        let name = self.plan.slot(of).path.clone();
        let reach = self.bare.reach(&Num::Var(of));
        let ends = reach.map_or_else(String::new, |(low, high)| format!("“{name}”取得到 {low} 到 {high}"));
        for (index, band) in bands.iter().enumerate() {
            let cond = first_fit(of, bands, index, band);
            if let Some(proof) = proof(self.full.cannot(&cond, Verdicts::YES)) {
                let message = format!("“{name}”的这一级永远到不了");
                let witness = if ends.is_empty() { proof } else { format!("{ends}；{proof}") };
                self.error(band.place, "FP014", message, witness, "按取得到的范围改分级，或删掉这一级");
                continue;
            }
            for other in &bands[..index] {
                if self.touches(of, other, band) {
                    continue;
                }
                let both =
                    [demand(inside(of, other), Verdicts::YES), demand(inside(of, band), Verdicts::YES)];
                if let Answer::Possible(shown) = self.full.ask(&both) {
                    let message =
                        format!("“{name}”的这一级和第 {} 行的重叠，重叠处按前一级算", other.place.line);
                    let witness = self.shown_with(&shown, of);
                    self.error(band.place, "FP016", message, witness, "让每个数只落在一级里");
                }
            }
        }
        let mut demands = vec![demand(Cond::Known(of), Verdicts::YES)];
        demands.extend(bands.iter().map(|band| demand(inside(of, band), Verdicts::NO)));
        if let (Answer::Possible(shown), Some(last)) = (self.full.ask(&demands), bands.last()) {
            let message = format!("“{name}”的分级有缺口：有的数不落在任何一级");
            let witness = self.shown_with(&shown, of);
            self.error(
                last.place,
                "FP015",
                message,
                witness,
                "补上缺的一级；带小数的数让前一级的末尾等于后一级的开头（如 0~24、24~28），或先取整",
            );
        }
    }

    /// Bands of a number with fractions can only meet without a gap where one ends and the next begins.
    fn touches(&self, of: u32, a: &Band, b: &Band) -> bool {
        let meet = |end: Option<f64>, begin: Option<f64>| {
            let end = end.zip(begin).filter(|(end, begin)| (end - begin).abs() < 1e-9).map(|(end, _)| end)?;
            let side = |order, end| Cond::Compare(Num::Var(of), order, Num::Const(end));
            let between = Cond::And(vec![side(Order::Greater, end - 1.0), side(Order::Less, end)]);
            Some(matches!(self.full.can(&between, Verdicts::YES), Answer::Possible(_)))
        };
        meet(a.range.1, b.range.0).or_else(|| meet(b.range.1, a.range.0)).unwrap_or(false)
    }

    /// Answers, and the number they give.
    fn shown_with(&self, shown: &crate::solve::Assignment, of: u32) -> String {
        let answers = self.shown(shown);
        match self.full.number(&Num::Var(of), shown) {
            Some(number) if self.world.full.definitions.contains_key(&of) => {
                format!("{answers}，这时 {} = {number}", self.plan.slot(of).path)
            }
            _ => answers,
        }
    }
}
