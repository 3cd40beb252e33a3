//! The solver against trying everything.

use proptest::prelude::*;
use rstest::rstest;

use crate::expr::Order;
use crate::expr::typed::{Cond, Num, TextTest};

use super::*;

const NUMBER: u32 = 4;
const OTHER: u32 = 5;

/// Two truths, a choice of 3, a set of 3 (the last alone), two numbers; the second truth only when the first holds.
fn problem() -> Problem {
    let variable = |domain, when, optional| Variable { domain, when, optional };
    let number = Domain::Number { low: 0.0, high: 3.0, step: Some(1.0) };
    let variables = [
        (0, variable(Domain::Truth, None, false)),
        (1, variable(Domain::Truth, Some(Cond::Truth(0)), false)),
        (2, variable(Domain::Choice(3), None, true)),
        (3, variable(Domain::Set { labels: 3, exclusive: vec![2], least: 1, most: 2 }, None, false)),
        (NUMBER, variable(number.clone(), None, true)),
        (OTHER, variable(number, Some(Cond::In(2, vec![0, 1])), true)),
    ];
    let definitions = [
        (10, Definition::Sure(Cond::Or(vec![Cond::Truth(1), Cond::In(2, vec![1])]))),
        (
            11,
            Definition::Number(Num::Sum(vec![
                Num::Score(2, vec![0.0, 1.0, 3.0]),
                Num::Score(3, vec![1.0, 2.0, 0.0]),
                Num::Var(NUMBER),
            ])),
        ),
    ];
    Problem { variables: variables.into(), definitions: definitions.into(), ..Problem::default() }
}

fn domain(slot: u32) -> Vec<Given> {
    let mut all = match slot {
        0 | 1 => vec![Given::Truth(false), Given::Truth(true)],
        2 => (0..3).map(Given::Choice).collect(),
        3 => [&[0][..], &[1], &[2], &[0, 1]].iter().map(|labels| Given::Set(labels.to_vec())).collect(),
        _ => (0..4).map(|n| Given::Number(f64::from(n))).collect(),
    };
    all.push(Given::Unknown);
    all
}

/// Every assignment the problem allows.
fn everything(problem: &Problem) -> Vec<Assignment> {
    let mut all = vec![Assignment::new()];
    for (&slot, variable) in &problem.variables {
        all = all
            .into_iter()
            .flat_map(|given| {
                domain(slot).into_iter().map(move |value| {
                    let mut given = given.clone();
                    given.insert(slot, value);
                    given
                })
            })
            .filter(|given| {
                let known = given[&slot] != Given::Unknown;
                let shown = variable.when.as_ref().is_none_or(|when| {
                    Case::of(problem, given, &[]).unwrap().truth(when).unwrap() == Truth::Yes
                });
                if known { shown } else { !shown || variable.optional }
            })
            .collect();
    }
    all
}

fn order() -> impl Strategy<Value = Order> {
    use Order::{AtLeast, AtMost, Equal, Greater, Less, Unequal};
    prop::sample::select(vec![AtLeast, AtMost, Equal, Greater, Less, Unequal])
}

fn num() -> impl Strategy<Value = Num> {
    let leaf = prop_oneof![
        (-1..5).prop_map(|n| Num::Const(f64::from(n))),
        Just(Num::Var(NUMBER)),
        Just(Num::Var(OTHER)),
        Just(Num::Var(11)),
        Just(Num::Score(3, vec![1.0, -2.0, 4.0])),
        Just(Num::Size(3)),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Num::Sum),
            prop::collection::vec(inner.clone(), 2..3).prop_map(Num::Product),
            prop::collection::vec(inner.clone(), 2..3).prop_map(Num::Least),
            prop::collection::vec(inner.clone(), 2..3).prop_map(Num::Greatest),
            inner.clone().prop_map(|of| Num::Negative(Box::new(of))),
            inner.clone().prop_map(|of| Num::Absolute(Box::new(of))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Num::Quotient(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Num::If(
                Box::new(Cond::Truth(1)),
                Box::new(a),
                Box::new(b)
            )),
        ]
    })
}

fn cond() -> impl Strategy<Value = Cond> {
    let leaf = prop_oneof![
        prop::sample::select(vec![0, 1, 10]).prop_map(Cond::Truth),
        (0..7_u16).prop_map(|bits| Cond::In(2, (0..3).filter(|label| bits & (1 << label) != 0).collect())),
        (0..3_u16).prop_map(|label| Cond::Has(3, label)),
        prop::sample::select(vec![1, 2, 4, 5]).prop_map(Cond::Known),
        (num(), order(), num()).prop_map(|(a, order, b)| Cond::Compare(a, order, b)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner.clone().prop_map(|of| Cond::Not(Box::new(of))),
            several.clone().prop_map(Cond::And),
            several.clone().prop_map(Cond::Or),
            (inner.clone(), inner).prop_map(|(a, b)| Cond::Same(Box::new(a), Box::new(b))),
            (several, order(), 0..4_i64).prop_map(|(of, order, n)| Cond::Count(of, order, n)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn agrees_with_trying_everything(cond in cond(), rule in prop::option::of(cond())) {
        let mut problem = problem();
        problem.rules = rule.map(|cond| Demand { cond, verdicts: Verdicts::NO.complement(), words: None })
            .into_iter().collect();
        let solver = Solver::new(&problem, 10_000_000);
        let all = everything(&problem);
        for verdicts in [Verdicts::YES, Verdicts::NO, Verdicts::UNKNOWN, Verdicts::YES.complement()] {
            let mut slots = std::collections::BTreeSet::new();
            cone::of_cond(&cond, &mut slots);
            let linked = |rule: &Demand| {
                let cone = solver.links.cone(std::iter::once(&cond), usize::MAX);
                let _ = rule;
                !cone.rules.is_empty()
            };
            let any = all.iter().any(|given| {
                let case = Case::of(&problem, given, &[10, 11]).unwrap();
                let holds = |cond: &Cond, verdicts: Verdicts| {
                    verdict(case.truth(cond).unwrap()).0 & verdicts.0 != 0
                };
                holds(&cond, verdicts)
                    && problem.rules.iter().all(|rule| !linked(rule) || holds(&rule.cond, rule.verdicts))
            });
            match solver.can(&cond, verdicts) {
                Answer::Possible(_) => prop_assert!(any),
                Answer::Impossible(_) => prop_assert!(!any),
                Answer::Undecided => prop_assert!(false, "undecided"),
            }
        }
    }
}

fn var(slot: u32) -> Num {
    Num::Var(slot)
}

fn compare(a: Num, order: Order, b: f64) -> Cond {
    Cond::Compare(a, order, Num::Const(b))
}

fn free(domain: Domain) -> Variable {
    Variable { domain, when: None, optional: true }
}

fn continuous(n: u32) -> Problem {
    let number = || free(Domain::Number { low: 0.0, high: 100.0, step: None });
    Problem { variables: (0..n).map(|slot| (slot, number())).collect(), ..Problem::default() }
}

#[test]
fn open_ends_of_numbers_without_steps_meet_exactly() {
    let problem = continuous(1);
    let solver = Solver::new(&problem, 1_000_000);
    let half = Num::Sum(vec![var(0), Num::Const(0.5)]);
    let clash =
        Cond::And(vec![compare(half.clone(), Order::AtLeast, 38.5), compare(var(0), Order::Less, 38.0)]);
    assert!(matches!(solver.can(&clash, Verdicts::YES), Answer::Impossible(words) if words.len() == 2));
    let meet = Cond::And(vec![compare(half, Order::AtLeast, 38.5), compare(var(0), Order::AtMost, 38.0)]);
    assert!(matches!(solver.can(&meet, Verdicts::YES), Answer::Possible(_)));
}

#[rstest]
#[case::both_ways(vec![(0, 1), (1, 0)])]
#[case::circle(vec![(0, 1), (1, 2), (2, 0)])]
fn numbers_cannot_be_greater_in_a_circle(#[case] pairs: Vec<(u32, u32)>) {
    let mut problem = continuous(3);
    for variable in problem.variables.values_mut() {
        variable.domain = Domain::Number { low: 0.0, high: 3650.0, step: Some(1.0) };
    }
    let solver = Solver::new(&problem, 1_000_000);
    let greater = |(a, b): (u32, u32)| Cond::Compare(var(a), Order::Greater, var(b));
    let cond = Cond::And(pairs.into_iter().map(greater).collect());
    assert!(matches!(solver.can(&cond, Verdicts::YES), Answer::Impossible(_)));
}

#[test]
fn texts_have_witnesses_or_proofs() {
    let mut problem = Problem::default();
    problem.variables.insert(0, free(Domain::Text { least: 0, most: 20 }));
    let solver = Solver::new(&problem, 1_000_000);
    let test = |test| Cond::Text(0, test);
    let equals = test(TextTest::Equals("教师".into()));
    let contains = |part: &str| test(TextTest::Contains(part.into()));
    let can = |parts: Vec<Cond>| solver.can(&Cond::And(parts), Verdicts::YES);
    assert!(matches!(can(vec![equals.clone(), contains("医")]), Answer::Impossible(_)));
    assert!(matches!(
        can(vec![equals.clone(), test(TextTest::Equals("医生".into()))]),
        Answer::Impossible(_)
    ));
    assert!(matches!(can(vec![equals, contains("教")]), Answer::Possible(_)));
    assert!(matches!(can(vec![contains("医"), contains("教")]), Answer::Possible(_)));
    let long = compare(Num::Size(0), Order::Less, 2.0);
    assert!(matches!(can(vec![contains("教师"), long]), Answer::Impossible(_)));
}

/// Each question is shown only when the one before was answered yes.
#[test]
fn a_chain_of_a_thousand_questions_is_decided() {
    let mut problem = Problem::default();
    for slot in 0..1000_u32 {
        let when = slot.checked_sub(1).map(Cond::Truth);
        problem.variables.insert(slot, Variable { domain: Domain::Truth, when, optional: false });
    }
    let solver = Solver::new(&problem, 10_000_000);
    assert!(
        matches!(solver.can(&Cond::Truth(999), Verdicts::YES), Answer::Possible(given) if given.len() == 1000)
    );
    let clash = Cond::And(vec![Cond::Truth(999), Cond::Not(Box::new(Cond::Truth(990)))]);
    assert!(matches!(solver.can(&clash, Verdicts::YES), Answer::Impossible(_)));
}
