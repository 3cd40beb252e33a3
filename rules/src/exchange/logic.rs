//! Conditions that came from elsewhere: their opposite, what they need, and the same said shorter.

use super::term::Term;

/// The opposite, with `非` only in front of single tests.
pub(in crate::exchange) fn denied(term: &Term) -> Term {
    match term {
        Term::And(of) => Term::or(of.iter().map(denied)),
        Term::Or(of) => Term::and(of.iter().map(denied)),
        other => other.clone().not(),
    }
}

/// The same condition without what its other parts already say: it is Yes in the same cases.
pub(in crate::exchange) fn tidy(term: Term) -> Term {
    match term {
        Term::Or(of) => Term::or(of.into_iter().map(tidy)),
        Term::And(of) => {
            let of: Vec<Term> = match Term::and(of.into_iter().map(tidy)) {
                Term::And(of) => of,
                other => return other,
            };
            let known: Vec<Term> =
                of.iter().filter(|term| matches!(term, Term::Call("已知", _))).cloned().collect();
            // "非 已知(x) 或 x ≠ a" beside "已知(x)" is "x ≠ a".
            let of: Vec<Term> = of
                .into_iter()
                .map(|term| match term {
                    Term::Or(parts) => Term::or(
                        parts
                            .into_iter()
                            .filter(|part| !known.iter().any(|known| known.clone().not() == *part)),
                    ),
                    other => other,
                })
                .collect();
            let needed: Vec<Term> = known
                .into_iter()
                .filter(|known| of.iter().any(|term| term != known && needs(term, known)))
                .collect();
            Term::and(of.into_iter().filter(|term| !needed.contains(term)))
        }
        other => other,
    }
}

/// Whether a condition can be Yes only when what `known` names is known.
fn needs(term: &Term, known: &Term) -> bool {
    let Term::Call("已知", of) = known else { return false };
    match term {
        Term::Call("已知", _) => term == known,
        Term::And(parts) => parts.iter().any(|part| needs(part, known)),
        Term::Or(parts) => !parts.is_empty() && parts.iter().all(|part| needs(part, known)),
        Term::Not(inner) => !matches!(inner.as_ref(), Term::Call(..)) && needs(inner, known),
        Term::Name(_) => of.first() == Some(term),
        Term::Has(name, _) | Term::Matches(name, _) => of.first() == Some(name.as_ref()),
        Term::Compare(a, _, b) => [a, b].into_iter().any(|side| of.first() == Some(side.as_ref())),
        _ => false,
    }
}

/// The variables without which a number is unknown (scores as their question); nothing where that can't be told.
pub(in crate::exchange) fn needed(term: &Term) -> Option<Vec<Term>> {
    let mut names: Vec<Term> = Vec::new();
    match term {
        Term::Name(parts) => {
            let last = parts.len().saturating_sub(1);
            let is_score = last > 0 && parts.get(last).is_some_and(|part| part == "分");
            let parts = if is_score { parts.get(..last).unwrap_or(parts) } else { parts };
            if parts != ["今天"] {
                names.push(Term::name(parts));
            }
        }
        Term::Call("如果", of) => {
            let [cond, yes, no] = of.as_slice() else { return None };
            let of_yes = needed(yes)?;
            let is_guarded = |name: &Term| *cond == Term::known(name.clone());
            let is_total = is_definite(cond) && needed(no)?.is_empty() && of_yes.iter().all(is_guarded);
            is_total.then_some(())?;
        }
        Term::Call(_, of) | Term::And(of) | Term::Or(of) => {
            for part in of {
                names.extend(needed(part)?);
            }
        }
        Term::Not(of) | Term::Matches(of, _) => names = needed(of)?,
        Term::Compare(a, _, b) | Term::Arithmetic(a, _, b) | Term::Has(a, b) => {
            names = needed(a)?;
            names.extend(needed(b)?);
        }
        Term::Truth(_) | Term::Number(..) | Term::Date(_) | Term::Text(_) | Term::Label(_) => {}
    }
    names.dedup();
    Some(names)
}

/// Whether a condition is never unknown.
fn is_definite(term: &Term) -> bool {
    match term {
        Term::Truth(_) | Term::Call("已知", _) => true,
        Term::Not(of) => is_definite(of),
        Term::Or(of) => of.iter().all(is_definite),
        Term::And(of) => of.iter().all(|part| {
            let known = |name: &Term| of.contains(&Term::known(name.clone()));
            is_definite(part) || needed(part).is_some_and(|names| names.iter().all(known))
        }),
        Term::Compare(..) => needed(term).is_some_and(|names| names.is_empty()),
        _ => false,
    }
}

/// `如果(甲, 1, 0) + 如果(乙, 1, 0)` as `计数(甲, 乙)`; anything else as it is.
pub(in crate::exchange) fn counted(term: Term) -> Term {
    fn conditions(term: &Term, into: &mut Vec<Term>) -> bool {
        match term {
            Term::Arithmetic(a, '+', b) => conditions(a, into) && conditions(b, into),
            Term::Call("如果", of) => match of.as_slice() {
                [cond, Term::Number(1.0, None), Term::Number(0.0, None)] => {
                    into.push(cond.clone());
                    true
                }
                _ => false,
            },
            _ => false,
        }
    }
    let mut of = Vec::new();
    if conditions(&term, &mut of) { Term::Call("计数", of) } else { term }
}
