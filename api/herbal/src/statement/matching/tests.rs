use proptest::prelude::*;
use rstest::rstest;

use super::*;

const MARCH: Period<'_> = Period { institution: "H01", month: "2026-03" };

fn line(number: &str) -> Billed {
    Billed {
        row: 2,
        prescription: number.into(),
        order: String::new(),
        doses: 7,
        amounts: Amounts { pieces: 12_340, decoction: 2_100, delivery: 0, refunded: 0 },
        price_version: Some(3),
    }
}

fn order(number: &str) -> Own {
    Own {
        prescription: number.into(),
        orders: format!("D{number}"),
        institution: "H01".into(),
        month: "2026-03".into(),
        doses: 7,
        amounts: line(number).amounts,
        price_version: Some(3),
    }
}

fn kinds(billed: &[Billed], own: &[Own]) -> Vec<Vec<Kind>> {
    let pairs = compare(MARCH, billed, own);
    assert!(totals(MARCH, billed, own, &pairs).is_proved());
    pairs.into_iter().map(|pair| pair.kinds).collect()
}

#[rstest]
#[case::amount(Kind::Amount, |line: &mut Billed, _: &mut Own| line.amounts.pieces += 1)]
#[case::fee(Kind::Amount, |line: &mut Billed, _: &mut Own| line.amounts.decoction -= 1)]
#[case::refund_too_many(Kind::Amount, |line: &mut Billed, _: &mut Own| line.amounts.refunded = 1)]
#[case::doses(Kind::DoseCount, |line: &mut Billed, _: &mut Own| line.doses = 14)]
#[case::price(Kind::PriceVersion, |line: &mut Billed, _: &mut Own| line.price_version = Some(2))]
#[case::refund(Kind::RefundedButBilled, |_: &mut Billed, own: &mut Own| own.amounts.refunded = 14_440)]
#[case::month(Kind::WrongMonth, |_: &mut Billed, own: &mut Own| own.month = "2026-02".into())]
#[case::hospital(Kind::WrongHospital, |_: &mut Billed, own: &mut Own| own.institution = "H02".into())]
#[case::unknown(Kind::Unknown, |line: &mut Billed, _: &mut Own| line.prescription = "P1x".into())]
fn each_kind_of_difference_is_found(#[case] kind: Kind, #[case] spoil: fn(&mut Billed, &mut Own)) {
    let (mut line, mut order) = (line("P1"), order("P1"));
    assert_eq!(kinds(&[line.clone()], &[order.clone()]), [vec![]]);
    spoil(&mut line, &mut order);
    let found = kinds(&[line], &[order]);
    let expected =
        if kind == Kind::Unknown { vec![vec![Kind::NotBilled], vec![kind]] } else { vec![vec![kind]] };
    assert_eq!(found, expected);
}

#[test]
fn a_second_line_is_the_duplicate_and_the_one_that_agrees_is_not() {
    let wrong = Billed { doses: 1, ..line("P1") };
    for lines in [[wrong.clone(), line("P1")], [line("P1"), wrong]] {
        let pairs = compare(MARCH, &lines, &[order("P1")]);
        assert_eq!((&pairs[0].kinds[..], &pairs[1].kinds[..]), (&[][..], &[Kind::Duplicate][..]));
        assert_eq!(lines[pairs[1].billed.unwrap()].doses, 1);
    }
    assert_eq!(kinds(&[], &[order("P1")]), [vec![Kind::NotBilled]]);
    let unknown_twice = kinds(&[line("P9"), line("P9")], &[]);
    assert_eq!(unknown_twice, [vec![Kind::Unknown], vec![Kind::Duplicate]]);
}

#[test]
fn what_was_refunded_whole_needs_no_line_and_a_line_without_price_version_says_nothing_of_it() {
    let mut refunded = order("P1");
    refunded.amounts.refunded = 14_440;
    assert_eq!(kinds(&[], &[refunded]), [vec![]]);
    let silent = Billed { price_version: None, ..line("P1") };
    assert_eq!(kinds(&[silent], &[order("P1")]), [vec![]]);
}

/// What somebody sees of the pairs, whatever the rows were called.
fn seen(billed: &[Billed], own: &[Own], pairs: &[Pair]) -> Vec<String> {
    let mut seen: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let line = pair.billed.map(|at| Billed { row: 0, ..billed[at].clone() });
            format!("{line:?} {:?} {:?}", pair.own.map(|at| &own[at]), pair.kinds)
        })
        .collect();
    seen.sort();
    seen
}

fn amounts() -> impl Strategy<Value = Amounts> {
    (0..3_i64, 0..2_i64, 0..2_i64, 0..3_i64).prop_map(|(pieces, decoction, delivery, refunded)| Amounts {
        pieces,
        decoction,
        delivery,
        refunded,
    })
}

fn lines() -> impl Strategy<Value = Vec<Billed>> {
    let one = ("[AB][0-9]", 1..3_i64, amounts(), proptest::option::of(1..3_i64));
    proptest::collection::vec(one, 0..24).prop_map(|all| {
        let lines = (2..).zip(all).map(|(row, (prescription, doses, amounts, price_version))| Billed {
            row,
            prescription,
            order: String::new(),
            doses,
            amounts,
            price_version,
        });
        lines.collect()
    })
}

fn orders() -> impl Strategy<Value = Vec<Own>> {
    let one = ("[AB][0-9]", 1..3_i64, amounts(), 0..3_usize, 0..2_usize);
    proptest::collection::vec(one, 0..24).prop_map(|all| {
        let mut of_key = BTreeMap::new();
        for (prescription, doses, amounts, month, place) in all {
            let month = ["2026-02", "2026-03", "2026-04"][month].to_owned();
            let institution = ["H01", "H02"][place].to_owned();
            let key = (prescription.clone(), institution.clone(), month.clone());
            let orders = format!("D{prescription}");
            of_key.insert(
                key,
                Own { prescription, orders, institution, month, doses, amounts, price_version: Some(1) },
            );
        }
        of_key.into_values().collect()
    })
}

proptest! {
    #[test]
    fn sums_of_matched_and_differences_are_the_totals_whatever_the_order_of_lines(
        billed in lines(),
        own in orders(),
        keys in proptest::collection::vec(any::<u32>(), 24),
    ) {
        let pairs = compare(MARCH, &billed, &own);
        let sums = totals(MARCH, &billed, &own, &pairs);
        prop_assert!(sums.is_proved(), "{:?}", sums);
        let mut of_lines: Vec<_> = pairs.iter().filter_map(|pair| pair.billed).collect();
        of_lines.sort_unstable();
        prop_assert_eq!(of_lines, (0..billed.len()).collect::<Vec<_>>(), "every line stands in one pair");
        let here: Vec<_> = (0..own.len()).filter(|at| is_here(MARCH, &own[*at])).collect();
        let mut of_orders: Vec<_> =
            pairs.iter().filter(|pair| !pair.is_elsewhere).filter_map(|pair| pair.own).collect();
        of_orders.sort_unstable();
        prop_assert_eq!(of_orders, here, "every order of the month stands in one pair");

        let mut shuffled: Vec<_> = keys.iter().zip(billed.clone()).collect();
        shuffled.sort_by_key(|(key, _)| **key);
        let mut shuffled: Vec<Billed> = shuffled.into_iter().map(|(_, line)| line).collect();
        for (row, line) in (2..).zip(&mut shuffled) {
            line.row = row;
        }
        let mut turned = own.clone();
        turned.reverse();
        let others = compare(MARCH, &shuffled, &turned);
        prop_assert_eq!(totals(MARCH, &shuffled, &turned, &others), sums);
        prop_assert_eq!(seen(&shuffled, &turned, &others), seen(&billed, &own, &pairs));
    }
}
