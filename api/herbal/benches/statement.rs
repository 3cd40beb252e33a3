//! A month of 100,000 lines: read, compared; beside the floor of the same run, which is a hash join by number alone.
#![expect(clippy::panic, reason = "a bench without its lines cannot go on")]

use std::{
    collections::HashMap,
    fmt::Write as _,
    hint::black_box,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use herbal::statement::{
    Amounts,
    matching::{Billed, Own, Period, compare, totals},
    read::lines,
};

const LINES: usize = 100_000;
const ROUNDS: usize = 9;

fn main() -> io::Result<()> {
    let mut text = String::from("处方号,订单号,剂数,饮片金额,代煎费,配送费,退款金额,价格版本,合计\n");
    for n in 0..LINES {
        writeln!(text, "CF{n:012},DD{n:012},7,{}.{:02},21.00,0,0,3,", n % 900, n % 100)
            .unwrap_or_else(|_| panic!("memory"));
    }
    let billed = lines(text.as_bytes()).unwrap_or_else(|refusal| panic!("{:?}", refusal.cells));
    let own: Vec<Own> = billed.iter().rev().map(order).collect();
    let period = Period { institution: "H01", month: "2026-02" };
    let read = median(|| drop(black_box(lines(black_box(text.as_bytes())))));
    let join = median(|| {
        let known: HashMap<&str, i64> =
            own.iter().map(|own| (own.prescription.as_str(), own.amounts.net())).collect();
        let same = |line: &&Billed| known.get(line.prescription.as_str()) == Some(&line.amounts.net());
        black_box(billed.iter().filter(same).count());
    });
    let matching = median(|| {
        let pairs = compare(period, black_box(&billed), black_box(&own));
        black_box(totals(period, &billed, &own, &pairs));
    });
    let ratio = matching.as_secs_f64() / join.as_secs_f64();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{LINES} lines: read {read:?}, hash join {join:?}, compare {matching:?} = {ratio:.1} × hash join"
    )
}

/// Every hundredth differs.
fn order(line: &Billed) -> Own {
    let wrong = i64::from(line.row.is_multiple_of(100));
    Own {
        prescription: line.prescription.clone(),
        orders: line.order.clone(),
        institution: "H01".into(),
        month: "2026-02".into(),
        doses: line.doses,
        amounts: Amounts { pieces: line.amounts.pieces + wrong, ..line.amounts },
        price_version: line.price_version,
    }
}

fn median(work: impl Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}
