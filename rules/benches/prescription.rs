//! A herbal prescription of thirty pieces against all shipped rules: how long one takes, and how many two cores do.
//!
//! `slowest` of 5,000 single reviews bounds the 99th percentile from above.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run should stop")]

use std::{fs, path::Path, sync::LazyLock};

use divan::{Bencher, black_box, counter::ItemsCount};
use kb::{Kb, Sources};
use rules::prescription::{Book, Policy, Prescription, Settings, review};

fn main() {
    divan::main();
}

/// Thirty common pieces; one pair of the eighteen antagonisms, one toxic piece and one doubtful name among them.
const THIRTY: &str = "性别 = 女; 年龄 = 46; 妊娠 = 否; 剂数 = 7; 诊断 = 胃脘痛; 证候 = 脾胃虚寒证; 方 = 党参 15g、白术 10g、茯苓 15g、\
    甘草 6g、陈皮 6g、法半夏 9g 先煎、木香 6g、砂仁 6g 后下、干姜 6g、附子 9g 先煎、黄芪 20g、当归 10g、白芍 15g、桂枝 10g、大枣 10g、\
    生姜 6g、丹参 15g、川芎 10g、香附 10g、延胡索 10g、枳壳 10g、厚朴 10g、山药 15g、薏苡仁 20g、麦芽 15g、神曲 10g、山楂 10g、\
    鸡内金 10g、贝母 10g、葛根 15g";

static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources =
        Sources::read(data, &["graph", "herbs", "lexicon"], &["ttl", "tsv"]).expect("the shipped data");
    let graph = Kb::compile(&sources).expect("the shipped graph");
    let folder = fs::read_dir(data.join("rules/prescription")).expect("the shipped rules");
    let mut files: Vec<(String, String)> = folder
        .map(|entry| {
            let path = entry.expect("a file").path();
            (path.display().to_string(), fs::read_to_string(path).expect("a rule"))
        })
        .collect();
    files.sort();
    Book::compile(&graph, &files).expect("the shipped rules are free of errors")
});

#[divan::bench(threads = [1, 2], sample_count = 5000, sample_size = 1)]
fn thirty_pieces(bencher: Bencher<'_, '_>) {
    let policy = Policy::of(&BOOK, &Settings::default(), None);
    let order = Prescription::parse(THIRTY).expect("a prescription");
    assert!(review(&BOOK, &order, &policy).findings.len() > 2, "it is not a clean one");
    bencher.counter(ItemsCount::new(1usize)).bench(|| review(&BOOK, black_box(&order), &policy));
}
