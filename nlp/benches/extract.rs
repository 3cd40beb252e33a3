//! Extraction against plain jieba segmentation of the same text in the same run.
//!
//! The text is written by the templates below, so that the bench needs no file outside the repository.
#![expect(clippy::expect_used, clippy::panic, reason = "a bench without its data cannot go on")]

use std::{hint::black_box, path::Path, sync::LazyLock};

use divan::{Bencher, counter::BytesCount};
use nlp::{Extraction, Extractor, Speaker};

const TEMPLATES: [&str; 12] = [
    "医生您好，我{}已经三天了，昨天开始{}，没有{}，吃了布洛芬好一点。",
    "孩子昨晚突然{}，体温39度2，精神还可以，没有{}和{}。",
    "{}两个星期了，一天好几次，晚上特别厉害，好像还有点{}。",
    "我妈有高血压，我自己没有，就是最近老是{}，偶尔{}。",
    "之前做过检查说没什么问题，但是这几天又{}了，不知道要不要紧，需要去医院吗？",
    "右边{}，疼得厉害，活动的时候加重，休息一下能好一些，没有{}。",
    "从上个月开始{}，慢慢加重，去社区医院看过，开了点药，效果不太好，现在还{}。",
    "不{}也不{}，大小便正常，胃口一般，睡眠不好。",
    "大概半年前体检发现血压150/95，平时没有什么感觉，偶尔{}。",
    "宝宝五个月，{}两天，不肯吃奶，有{}，请问怎么护理比较好呢，谢谢医生。",
    "以前得过肺炎，对青霉素过敏，现在{}，有点担心。",
    "昨天吃了火锅以后就{}，拉了五六次，还有{}，今天好多了。",
];

static EXTRACTOR: LazyLock<(Extractor, String)> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources =
        kb::Sources::read(data, &["graph", "lexicon"], &["ttl", "tsv"]).expect("the data folder is there");
    let kb = kb::Kb::compile(&sources).unwrap_or_else(|faults| panic!("{faults:?}"));
    let words: Vec<&str> = kb
        .concepts
        .iter()
        .filter(|concept| concept.kind == kb::ConceptKind::Symptom)
        .flat_map(|concept| concept.names.iter().map(String::as_str))
        .collect();
    let (mut text, mut next) = (String::new(), 0usize);
    while text.len() < 1 << 20 {
        for template in TEMPLATES {
            for (at, part) in template.split("{}").enumerate() {
                if at > 0 {
                    text.push_str(words[next % words.len()]);
                    next += 7;
                }
                text.push_str(part);
            }
        }
        text.push('\n');
    }
    (Extractor::new(&kb).unwrap_or_else(|faults| panic!("{faults:?}")), text)
});

fn main() {
    LazyLock::force(&EXTRACTOR);
    divan::main();
}

/// All findings of 1 MiB of patients' sentences.
#[divan::bench(sample_count = 50)]
fn extract(bencher: Bencher<'_, '_>) {
    let (extractor, text) = &*EXTRACTOR;
    let mut extraction = Extraction::default();
    bencher.counter(BytesCount::of_str(text)).bench_local(|| {
        for line in text.lines() {
            extractor.extract_into(black_box(line), Speaker::Patient, &mut extraction);
            black_box(&extraction);
        }
    });
}

/// The peer: segmentation only, without any reading.
#[divan::bench(sample_count = 50)]
fn jieba_cut(bencher: Bencher<'_, '_>) {
    let (_, text) = &*EXTRACTOR;
    let jieba = jieba_rs::Jieba::new();
    bencher.counter(BytesCount::of_str(text)).bench_local(|| {
        for line in text.lines() {
            black_box(jieba.cut(black_box(line), false));
        }
    });
}
