//! Laws that hold for every expression and every case.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    Expr, Facts, Truth, Value,
    error::At,
    parse::parse,
    tree::{Function, Membership, Node, Order, Tree, full_name},
    unit,
    ward::{N_TRUTHS, NAMES, Patient, Ward},
};

const ORDERS: [Order; 6] =
    [Order::Equal, Order::Unequal, Order::Greater, Order::AtLeast, Order::Less, Order::AtMost];

fn tree(node: Node) -> Tree {
    Tree { at: At::default(), node }
}

fn not(of: Tree) -> Tree {
    match of.node {
        Node::Not(inner) => *inner,
        _ => tree(Node::Not(Box::new(of))),
    }
}

fn compare(left: Tree, order: Order, right: Tree) -> Tree {
    tree(Node::Compare(Box::new(left), order, Box::new(right)))
}

fn name(name: &str) -> Tree {
    tree(Node::Name(name.split('.').map(str::to_owned).collect()))
}

fn without_places(tree: Tree) -> Tree {
    let all = |of: Vec<Tree>| of.into_iter().map(without_places).collect();
    let boxed = |of: Box<Tree>| Box::new(without_places(*of));
    let signed =
        |parts: Vec<(bool, Tree)>| parts.into_iter().map(|(sign, of)| (sign, without_places(of))).collect();
    let node = match tree.node {
        Node::Not(of) => Node::Not(boxed(of)),
        Node::And(of) => Node::And(all(of)),
        Node::Or(of) => Node::Or(all(of)),
        Node::Call(function, of) => Node::Call(function, all(of)),
        Node::Compare(left, order, right) => Node::Compare(boxed(left), order, boxed(right)),
        Node::Between(of, least, most) => Node::Between(boxed(of), boxed(least), boxed(most)),
        Node::Member(of, membership, labels) => Node::Member(boxed(of), membership, all(labels)),
        Node::Matches(of, pattern) => Node::Matches(boxed(of), pattern),
        Node::Negative(of) => Node::Negative(boxed(of)),
        Node::Sum(parts) => Node::Sum(signed(parts)),
        Node::Product(parts) => Node::Product(signed(parts)),
        leaf => leaf,
    };
    Tree { at: At::default(), node }
}

/// Any tree that can be written, whether it makes sense or not.
fn any_tree() -> impl Strategy<Value = Tree> {
    let part = prop_oneof![
        "[\\p{Han}a-zA-Z0-9_·-]{1,6}",
        select(vec![
            "且",
            "非",
            "是",
            "Not",
            "3天",
            "-5",
            "３",
            "计数",
            "a b",
            "高血压（孕期）",
            "「",
            "a\"b",
            "38.5℃"
        ])
        .prop_map(str::to_owned),
    ];
    let unit = prop_oneof![Just(None), select(unit::all().to_vec()).prop_map(Some)];
    let leaf = prop_oneof![
        any::<bool>().prop_map(|value| tree(Node::Literal(value))),
        vec(part, 1..3).prop_map(|parts| tree(Node::Name(parts))),
        (any::<f64>().prop_filter("finite", |value| value.is_finite()), unit)
            .prop_map(|(value, unit)| tree(Node::Number(value + 0.0, unit.map(str::to_owned)))),
        (-200_000..2_000_000i32).prop_map(|days| tree(Node::Date(days))),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let function = select(Function::NAMES.map(|(function, _)| function).to_vec());
        let label = "[\\p{Han}a-z]{1,4}".prop_map(|part| tree(Node::Name(vec![part])));
        let membership =
            select(vec![Membership::HasAny, Membership::HasAll, Membership::In, Membership::NotIn]);
        let signed = |of: Vec<(bool, Tree)>| {
            let mut parts = of;
            parts[0].0 = false;
            parts
        };
        prop_oneof![
            vec((any::<bool>(), inner.clone()), 2..4).prop_map(move |of| tree(Node::Sum(signed(of)))),
            vec((any::<bool>(), inner.clone()), 2..4).prop_map(move |of| tree(Node::Product(signed(of)))),
            inner
                .clone()
                .prop_filter("a minus before a number is part of it", |of| !matches!(
                    of.node,
                    Node::Number(..) | Node::Negative(_)
                ))
                .prop_map(|of| tree(Node::Negative(Box::new(of)))),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(of, a, b)| tree(Node::Between(
                Box::new(of),
                Box::new(a),
                Box::new(b)
            ))),
            (inner.clone(), membership, vec(label.clone(), 1..3))
                .prop_map(|(of, membership, labels)| tree(Node::Member(Box::new(of), membership, labels))),
            (inner.clone(), any::<bool>(), label).prop_map(|(of, has, label)| {
                let membership = if has { Membership::Has } else { Membership::Lacks };
                tree(Node::Member(Box::new(of), membership, vec![label]))
            }),
            (inner.clone(), "[a-z0-9\\[\\]+*]{1,6}")
                .prop_map(|(of, pattern)| tree(Node::Matches(Box::new(of), pattern))),
            inner.clone().prop_map(not),
            vec(inner.clone(), 2..4).prop_map(|of| tree(Node::And(of))),
            vec(inner.clone(), 2..4).prop_map(|of| tree(Node::Or(of))),
            (function, vec(inner.clone(), 1..4)).prop_map(|(function, of)| tree(Node::Call(function, of))),
            (inner.clone(), select(ORDERS.to_vec()), inner)
                .prop_map(|(left, order, right)| compare(left, order, right)),
        ]
    })
}

/// A condition over truths alone.
fn truths() -> impl Strategy<Value = Tree> {
    conditions((0..N_TRUTHS).prop_map(|slot| name(NAMES[slot as usize])).boxed())
}

/// A condition over the whole ward, without 已知, which is no monotone function.
fn ward() -> impl Strategy<Value = Tree> {
    let number =
        |value: f64, unit: &str| tree(Node::Number(value, (!unit.is_empty()).then(|| unit.to_owned())));
    let orders = || select(ORDERS.to_vec());
    let leaf = prop_oneof![
        (0..N_TRUTHS).prop_map(|slot| name(NAMES[slot as usize])),
        any::<bool>().prop_map(|value| tree(Node::Literal(value))),
        (orders(), 36..40i32).prop_map(move |(order, value)| compare(
            name("体温"),
            order,
            number(f64::from(value), "℃")
        )),
        (orders(), 36..40i32).prop_map(move |(order, value)| compare(
            number(f64::from(value), ""),
            order,
            name("体温")
        )),
        orders().prop_map(|order| compare(name("体温"), order, name("基础体温"))),
        (orders(), 1..4i32).prop_map(move |(order, n)| compare(
            name("咳嗽.天数"),
            order,
            number(f64::from(n), "周")
        )),
        (select(vec![Order::Equal, Order::Unequal]), select(vec!["突发", "逐渐"]))
            .prop_map(|(order, onset)| compare(name("头痛.起病"), order, name(onset))),
    ];
    conditions(leaf.boxed())
}

fn conditions(leaf: BoxedStrategy<Tree>) -> impl Strategy<Value = Tree> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        let number = |n: i32| tree(Node::Number(f64::from(n), None));
        prop_oneof![
            inner.clone().prop_map(not),
            vec(inner.clone(), 2..4).prop_map(|of| tree(Node::And(of))),
            vec(inner.clone(), 2..4).prop_map(|of| tree(Node::Or(of))),
            (select(vec![Function::Any, Function::All]), vec(inner.clone(), 1..4))
                .prop_map(|(function, of)| tree(Node::Call(function, of))),
            (vec(inner.clone(), 1..4), select(ORDERS.to_vec()), 0..4i32).prop_map(move |(of, order, n)| {
                compare(tree(Node::Call(Function::Count, of)), order, number(n))
            }),
            (inner.clone(), select(vec![Order::Equal, Order::Unequal]), inner).prop_filter_map(
                "two numbers cannot be told from a condition",
                |(left, order, right)| {
                    let is_literal = |tree: &Tree| matches!(tree.node, Node::Literal(_));
                    (!is_literal(&left) || !is_literal(&right)).then(|| compare(left, order, right))
                }
            ),
        ]
    })
}

/// Everything is known of this patient.
fn patient() -> impl Strategy<Value = Patient> {
    let truth = || any::<bool>().prop_map(Value::Truth);
    let number = |range: std::ops::Range<i32>| range.prop_map(|n| Value::Number(f64::from(n)));
    (vec(truth(), NAMES.len()), number(35..41), number(35..41), number(6..30), 0..2u16).prop_map(
        |(truths, temperature, basal, days, onset)| {
            let mut values = [Value::Unknown; NAMES.len()];
            values.copy_from_slice(&truths);
            (values[4], values[13], values[5], values[8]) = (temperature, basal, days, Value::Choice(onset));
            Patient(values)
        },
    )
}

/// The same patient with some answers not given.
fn forgetting(patient: &Patient, known: &[bool]) -> Patient {
    let mut values = patient.0;
    for (value, _) in values.iter_mut().zip(known).filter(|(_, is_known)| !**is_known) {
        *value = Value::Unknown;
    }
    Patient(values)
}

fn slot(tree: &Tree) -> u32 {
    let Node::Name(parts) = &tree.node else { panic!("a name") };
    (0u32..).zip(NAMES).find(|(_, known)| *known == full_name(parts)).unwrap().0
}

/// Two-valued reading of a tree, written for clearness.
fn naive(tree: &Tree, patient: &Patient) -> bool {
    match &tree.node {
        Node::Literal(value) => *value,
        Node::Name(_) => patient.value(slot(tree)) == Value::Truth(true),
        Node::Not(of) => !naive(of, patient),
        Node::And(of) | Node::Call(Function::All, of) => of.iter().all(|part| naive(part, patient)),
        Node::Or(of) | Node::Call(Function::Any, of) => of.iter().any(|part| naive(part, patient)),
        Node::Compare(left, order, right) => {
            if let Node::Name(parts) = &left.node
                && full_name(parts) == "头痛.起病"
            {
                let is_sudden = patient.value(slot(left)) == Value::Choice(0);
                return (is_sudden == (right.to_string() == "突发")) == (*order == Order::Equal);
            }
            match (quantity(left, patient), quantity(right, patient)) {
                (Some(left), Some(right)) => match order {
                    Order::Equal => left == right,
                    Order::Unequal => left != right,
                    Order::Greater => left > right,
                    Order::AtLeast => left >= right,
                    Order::Less => left < right,
                    Order::AtMost => left <= right,
                },
                _ => (naive(left, patient) == naive(right, patient)) == (*order == Order::Equal),
            }
        }
        _ => panic!("no condition"),
    }
}

/// A whole number, in the unit of the ward's variables.
fn quantity(tree: &Tree, patient: &Patient) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the generated numbers are small and whole")]
    let whole = |value: f64| value as i64;
    match &tree.node {
        Node::Number(value, unit) => Some(whole(*value) * if unit.as_deref() == Some("周") { 7 } else { 1 }),
        Node::Name(_) => match patient.value(slot(tree)) {
            Value::Number(value) => Some(whole(value)),
            _ => None,
        },
        Node::Call(Function::Count, of) => {
            i64::try_from(of.iter().filter(|part| naive(part, patient)).count()).ok()
        }
        _ => None,
    }
}

fn compiled(tree: &Tree) -> Expr {
    Expr::compile(&tree.to_string(), &Ward).unwrap_or_else(|errors| panic!("{tree}: {errors:?}"))
}

/// Every patient that agrees with the truths known of this one.
fn completed(patient: &Patient) -> Vec<Patient> {
    let mut all = vec![patient.clone()];
    for slot in 0..N_TRUTHS as usize {
        if patient.0[slot] == Value::Unknown {
            all = all.into_iter().flat_map(|p| [true, false].map(|value| with(&p, slot, value))).collect();
        }
    }
    all
}

fn with(patient: &Patient, slot: usize, value: bool) -> Patient {
    let mut values = patient.0;
    values[slot] = Value::Truth(value);
    Patient(values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Expr::compile(&text, &Ward);
    }

    #[test]
    fn no_row_of_words_panics(
        words in vec(select(vec![
            "发热", "咳嗽.天数", "体温", "头痛.起病", "突发", "且", "或", "非", "是", "(", "）", "计数", "已知", "any", ",",
            "介于", "和", "含", "含任一", "属于", "匹配", "求和", "如果", "+", "*", "/", "2026-02-30", "年龄",
            ">=", "=", "≠", "38.5", "3天", "℃", "「", "」", "\"", ".", " ", "\n", "-", "!", "&&",
        ]), 0..24),
    ) {
        let text = words.concat();
        let n_lines = text.matches('\n').count() + 1;
        if let Err(errors) = Expr::compile(&text, &Ward) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!((1..=n_lines).contains(&(error.line as usize)));
                let n_chars = text.split('\n').nth(error.line as usize - 1).map_or(0, |line| line.chars().count());
                prop_assert!((1..=n_chars + 1).contains(&(error.column as usize)), "{error} in {text:?}");
            }
        }
    }

    #[test]
    fn what_is_printed_reads_back_the_same(tree in any_tree()) {
        let printed = tree.to_string();
        prop_assume!(printed.chars().count() <= 4000);
        let read = parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(without_places(read), tree);
    }

    #[test]
    fn known_facts_give_the_two_valued_verdict(tree in ward(), patient in patient()) {
        prop_assert_eq!(compiled(&tree).eval(&patient), Truth::from(naive(&tree, &patient)), "{}", tree);
    }

    #[test]
    fn a_settled_verdict_stays_when_more_is_known(
        tree in ward(), patient in patient(), known in vec(any::<bool>(), NAMES.len()),
    ) {
        let expr = compiled(&tree);
        let before = expr.eval(&forgetting(&patient, &known));
        prop_assert!(before == Truth::Unknown || before == expr.eval(&patient), "{}", tree);
    }

    #[test]
    fn a_settled_verdict_asks_nothing_and_an_open_one_only_unknowns(
        tree in ward(), patient in patient(), known in vec(any::<bool>(), NAMES.len()),
    ) {
        let (expr, patient) = (compiled(&tree), forgetting(&patient, &known));
        let missing = expr.missing(&patient);
        prop_assert!(expr.eval(&patient) == Truth::Unknown || missing.is_empty());
        prop_assert!(missing.iter().all(|slot| patient.value(*slot) == Value::Unknown && expr.slots().contains(slot)));
    }

    #[test]
    fn what_is_missing_is_what_can_change_the_verdict(
        tree in truths(), patient in patient(), known in vec(any::<bool>(), NAMES.len()),
    ) {
        let (expr, patient) = (compiled(&tree), forgetting(&patient, &known));
        let missing = expr.missing(&patient);
        for slot in 0..N_TRUTHS {
            let can_change = patient.value(slot) == Value::Unknown && completed(&patient).iter().any(|p| {
                expr.eval(&with(p, slot as usize, true)) != expr.eval(&with(p, slot as usize, false))
            });
            prop_assert_eq!(missing.contains(&slot), can_change, "{} {}", tree, NAMES[slot as usize]);
        }
    }

    #[test]
    fn the_reasons_alone_make_it_hold(
        tree in ward(), patient in patient(), known in vec(any::<bool>(), NAMES.len()),
    ) {
        let (expr, patient) = (compiled(&tree), forgetting(&patient, &known));
        let reasons = expr.reasons(&patient);
        if expr.eval(&patient) == Truth::Yes {
            let kept: Vec<bool> = (0u32..).take(NAMES.len()).map(|slot| reasons.contains(&slot)).collect();
            prop_assert_eq!(expr.eval(&forgetting(&patient, &kept)), Truth::Yes, "{}", tree);
        } else {
            prop_assert!(reasons.is_empty());
        }
    }
}
