//! Laws of numbers, dates, sets, scores, texts and groups, for any expression and any knowledge.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    Expr, Order, Truth, Value, calendar,
    clinic::{Clinic, GROUP, ITEMS, Row, Visitor},
    oracle::{Day, JOBS, Number, RowTest, Test},
};

const ORDERS: [Order; 6] =
    [Order::Equal, Order::Unequal, Order::Greater, Order::AtLeast, Order::Less, Order::AtMost];
static CHOSEN: [[u64; 1]; 8] = [[0], [1], [2], [3], [4], [5], [6], [7]];

fn order() -> impl Strategy<Value = Order> + Clone {
    select(ORDERS.to_vec())
}

/// Days of some years, month ends among them.
fn date() -> impl Strategy<Value = i32> + Clone {
    let first = calendar::days(2023, 12, 1).unwrap();
    prop_oneof![first..first + 900, select(vec![first + 30, first + 61, first + 90])]
}

fn day() -> impl Strategy<Value = Day> + Clone {
    let leaf = prop_oneof![Just(Day::Today), Just(Day::Menses), date().prop_map(Day::Literal)];
    leaf.prop_recursive(2, 3, 1, |inner| {
        (inner, 0..15i32, any::<bool>()).prop_map(|(of, n, months)| Day::Later(Box::new(of), n, months))
    })
}

fn row_test() -> impl Strategy<Value = RowTest> + Clone {
    let leaf = prop_oneof![
        (order(), 1..4i32).prop_map(|(order, dose)| RowTest::Dose(order, dose)),
        (0..2usize).prop_map(RowTest::Sort),
        Just(RowTest::OnTime),
        Just(RowTest::Fever),
        day().prop_map(RowTest::Before),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| RowTest::Not(Box::new(of))),
            (inner.clone(), inner).prop_map(|(one, two)| RowTest::Both(Box::new(one), Box::new(two))),
        ]
    })
}

fn simple_test() -> impl Strategy<Value = Test> + Clone {
    let labels = || vec(0..3usize, 1..3);
    prop_oneof![
        Just(Test::Fever),
        (any::<bool>(), 0..3usize).prop_map(|(not, one)| Test::Has(not, one)),
        (any::<bool>(), labels()).prop_map(|(all, of)| Test::HasSome(all, of)),
        (any::<bool>(), labels()).prop_map(|(not, of)| Test::Pain(not, of)),
        (0..3usize).prop_map(Test::Job),
        (day(), order(), day()).prop_map(|(one, order, two)| Test::Days(one, order, two)),
        (order(), 20..30i32).prop_map(|(order, hours)| Test::Duration(order, hours)),
        (any::<bool>(), order(), 1..7i32).prop_map(|(most, order, dose)| Test::Dose(most, order, dose)),
        (any::<bool>(), row_test()).prop_map(|(all, row)| Test::Medicines(all, row)),
    ]
}

fn number() -> impl Strategy<Value = Number> + Clone {
    let leaf = prop_oneof![
        (0..4i32).prop_map(Number::Literal),
        select(vec![
            Number::Pain,
            Number::Allergies,
            Number::AllergyScore,
            Number::Medicines,
            Number::Characters
        ]),
        row_test().prop_map(Number::MedicinesWhere),
        day().prop_map(Number::Month),
        (day(), day()).prop_map(|(from, to)| Number::DaysBetween(from, to)),
        vec(simple_test(), 1..4).prop_map(Number::Count),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        let pair = || (inner.clone(), any::<bool>(), inner.clone());
        prop_oneof![
            pair().prop_map(|(one, minus, two)| Number::Sum(Box::new(one), minus, Box::new(two))),
            pair().prop_map(|(one, over, two)| Number::Product(Box::new(one), over, Box::new(two))),
            inner.clone().prop_map(|of| Number::Negative(Box::new(of))),
            (any::<bool>(), vec(inner.clone(), 1..3)).prop_map(|(most, of)| Number::Extreme(most, of)),
            (simple_test(), inner.clone(), inner.clone()).prop_map(|(test, yes, no)| Number::If(
                Box::new(test),
                Box::new(yes),
                Box::new(no)
            )),
        ]
    })
}

fn test() -> impl Strategy<Value = Test> {
    let leaf = prop_oneof![
        2 => simple_test(),
        1 => (number(), order(), number()).prop_map(|(one, order, two)| Test::Compare(one, order, two)),
        1 => (number(), 0..3i32, 2..9i32).prop_map(|(of, least, most)| Test::Between(of, least, most)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| Test::Not(Box::new(of))),
            (any::<bool>(), vec(inner, 2..4)).prop_map(|(or, of)| Test::Join(or, of)),
        ]
    })
}

/// Everything is known of this visitor.
fn visitor(n_rows: usize) -> impl Strategy<Value = Visitor> {
    let row = (1..5i32, date(), 0..2u16, any::<bool>()).prop_map(|(dose, start, sort, is_on_time)| {
        let dose = Value::Number(f64::from(dose));
        [dose, Value::Text("药"), Value::Date(start), Value::Choice(sort), Value::Truth(is_on_time)]
    });
    let days = (date(), date(), 0..2i32, 0..30i32);
    ((any::<bool>(), 0..3u16, 0..8usize, 0..3usize), days, vec(row, n_rows)).prop_map(
        |((fever, pain, allergies, job), (menses, today, days, hours), rows)| {
            let mut values = Visitor::of("").values;
            values[0] = Value::Truth(fever);
            (values[4], values[5]) = (Value::Number(f64::from(days)), Value::Number(f64::from(hours)));
            (values[6], values[7]) = (Value::Choice(pain), Value::Set(&CHOSEN[allergies]));
            (values[8], values[9], values[16]) =
                (Value::Text(JOBS[job]), Value::Date(menses), Value::Date(today));
            Visitor { values, rows }
        },
    )
}

/// Two visitors with as many rows, and what is known of the first.
fn knowledge() -> impl Strategy<Value = (Visitor, Visitor, Vec<bool>)> {
    (0..3usize).prop_flat_map(|n_rows| {
        (visitor(n_rows), visitor(n_rows), vec(any::<bool>(), Visitor::of("").values.len() + 5 * n_rows))
    })
}

/// Every value of a visitor, cells of rows last, chosen anew.
fn with(visitor: &Visitor, choose: impl Fn(usize, u32, Value<'static>) -> Value<'static>) -> Visitor {
    let mut values = visitor.values;
    for ((index, slot), value) in (0usize..).zip(0u32..).zip(&mut values) {
        *value = choose(index, slot, *value);
    }
    let cells = |(row, items): (usize, &Row)| {
        let mut items = *items;
        for ((index, slot), value) in (values.len() + 5 * row..).zip(ITEMS..).zip(&mut items) {
            *value = choose(index, slot, *value);
        }
        items
    };
    Visitor { values, rows: visitor.rows.iter().enumerate().map(cells).collect() }
}

/// The same visitor with some answers not given.
fn forgetting(visitor: &Visitor, known: &[bool]) -> Visitor {
    with(visitor, |index, _, value| if known[index] { value } else { Value::Unknown })
}

/// The first visitor with what is unknown and not missing as the second has it.
fn differing(first: &Visitor, second: &Visitor, known: &[bool], missing: &[u32]) -> Visitor {
    let other = |index: usize| match index.checked_sub(second.values.len()) {
        None => second.values[index],
        Some(cell) => second.rows[cell / 5][cell % 5],
    };
    with(
        first,
        |index, slot, value| {
            if known[index] || missing.contains(&slot) { value } else { other(index) }
        },
    )
}

fn keeping(visitor: &Visitor, reasons: &[u32]) -> Visitor {
    let kept = with(visitor, |_, slot, value| if reasons.contains(&slot) { value } else { Value::Unknown });
    assert!(reasons.contains(&GROUP) || reasons.iter().all(|slot| !(ITEMS..ITEMS + 5).contains(slot)));
    kept
}

fn verdict(truth: Option<bool>) -> Truth {
    truth.map_or(Truth::Unknown, Truth::from)
}

fn near(one: Option<f64>, two: Option<f64>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => (one - two).abs() <= 1e-9 * one.abs().max(1.0),
        (one, two) => one.is_none() && two.is_none(),
    }
}

fn compiled(text: &str) -> Result<Expr, TestCaseError> {
    prop_assume!(text.chars().count() <= 4000);
    let (expr, _) =
        Expr::compute(text, &Clinic).map_err(|errors| TestCaseError::fail(format!("{text}: {errors:?}")))?;
    Ok(expr)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn conditions_keep_their_laws(test in test(), (full, other, known) in knowledge()) {
        let expr = compiled(&test.to_string())?;
        let partly = forgetting(&full, &known);
        let found = expr.eval(&partly);
        prop_assert_eq!(found, verdict(test.read(&partly)), "{}", test);
        prop_assert!(found == Truth::Unknown || found == expr.eval(&full), "settled stays settled: {}", test);
        let missing = expr.missing(&partly);
        prop_assert!(found == Truth::Unknown || missing.is_empty());
        let changed = differing(&full, &other, &known, &missing);
        prop_assert_eq!(expr.eval(&changed), expr.eval(&full), "{:?} change {}", missing, test);
        let reasons = expr.reasons(&partly);
        if found == Truth::Yes {
            prop_assert_eq!(expr.eval(&keeping(&partly, &reasons)), Truth::Yes, "{:?} of {}", reasons, test);
        } else {
            prop_assert!(reasons.is_empty());
        }
    }

    #[test]
    fn numbers_keep_their_laws(number in number(), (full, other, known) in knowledge()) {
        let expr = compiled(&number.to_string())?;
        let partly = forgetting(&full, &known);
        let found = expr.number(&partly);
        prop_assert!(near(found, number.read(&partly)), "{:?} {}", found, number);
        prop_assert!(found.is_none() || near(found, expr.number(&full)), "known stays known: {}", number);
        let missing = expr.missing(&partly);
        prop_assert!(found.is_none() || missing.is_empty());
        let changed = differing(&full, &other, &known, &missing);
        prop_assert!(near(expr.number(&changed), expr.number(&full)), "{:?} change {}", missing, number);
        prop_assert!(near(expr.number(&keeping(&partly, &expr.reasons(&partly))), found), "{}", number);
    }

    #[test]
    fn the_canonical_spelling_means_the_same(test in test(), number in number()) {
        for text in [test.to_string(), number.to_string()] {
            let expr = compiled(&text)?;
            let printed = expr.to_string();
            let again = compiled(&printed)?;
            prop_assert_eq!(&again, &expr);
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    #[test]
    fn slots_are_all_that_matters(test in test(), (full, other, known) in knowledge()) {
        let expr = compiled(&test.to_string())?;
        let changed = differing(&full, &other, &vec![false; known.len()], expr.slots());
        prop_assert_eq!(expr.eval(&changed), expr.eval(&full));
    }
}
