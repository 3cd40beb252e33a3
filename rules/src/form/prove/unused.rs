//! Values that are computed for nobody.

use std::collections::BTreeSet;

use super::super::draft::Kind as ItemKind;
use super::super::slots::{Guard, Plan, Role, Unit, UnitKind};
use super::Prover;

impl Prover<'_> {
    /// Hidden computed values that no condition, formula, quote or record line uses.
    pub(super) fn unused(&mut self) {
        let used = used(self.plan);
        let idle = self.plan.units.iter().filter(|unit| {
            unit.kind == UnitKind::Item(ItemKind::Computed)
                && unit.hidden
                && unit.lines.is_empty()
                && unit.slot.is_some_and(|slot| !used.contains(&slot))
        });
        let idle: Vec<&Unit> = idle.collect();
        for unit in idle {
            let message = format!("计算“{}”隐藏着，也没有哪里用到它", unit.path);
            let witness = "没有条件、公式、引用或病历句提到它".to_owned();
            self.warning(unit.place, "FP020", message, witness, "用上它、写进病历，或删掉它");
        }
    }
}

/// Slots whose value something else looks at; a band stands for its number.
fn used(plan: &Plan) -> BTreeSet<u32> {
    let mut used = BTreeSet::new();
    for unit in &plan.units {
        let guards = unit.show.iter().chain(unit.jumps.iter().filter_map(|jump| jump.guard.as_ref()));
        let guards = guards.chain(unit.checks.iter().map(|check| &check.guard));
        let guards = guards.chain(unit.lines.iter().filter_map(|line| line.guard.as_ref()));
        used.extend(guards.flat_map(Guard::slots).copied());
        let texts =
            unit.checks.iter().map(|check| &check.message).chain(unit.lines.iter().map(|line| &line.text));
        used.extend(texts.chain([&unit.text]).flat_map(super::super::record::Template::slots));
    }
    for slot in &plan.slots {
        match &slot.role {
            Role::Computed(Some(formula)) => used.extend(formula.slots().iter().copied()),
            Role::Answer(domain) => {
                used.extend(
                    domain
                        .options
                        .iter()
                        .filter_map(|option| option.show.as_ref())
                        .flat_map(Guard::slots)
                        .copied(),
                );
            }
            _ => {}
        }
    }
    let of_bands = (0u32..).zip(&plan.slots).filter(|(index, _)| used.contains(index));
    let numbers: Vec<u32> = of_bands
        .filter_map(|(_, slot)| if let Role::Band { of, .. } = &slot.role { Some(*of) } else { None })
        .collect();
    used.extend(numbers);
    used
}
