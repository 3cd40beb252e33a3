//! A clean file is read whole; every fault has its code, its line and a hint.

use std::collections::HashMap;

use rstest::rstest;

use super::{Audience, Part, Season, read};
use crate::{ConceptId, Fault, Review, Source, Sources};

const FRONT: &str = "---
title: 偏头痛：发作前兆与日常预防
about: dis:migraine
for: 成人|女性
season: 冬
keywords: 头一跳一跳地疼|半边头痛|偏头疼怎么缓解
source: src:own
review: draft
written: 2026-11-23
---
";

fn body(part: &str) -> String {
    let text = "头".repeat(60);
    let sections = Part::NAMES.map(|(name, _)| format!("## {name}\n{part}{text}。\n"));
    sections.concat()
}

fn clean() -> String {
    format!("{FRONT}{}", body(""))
}

fn parse(files: &[(&str, String)]) -> (Vec<super::Article>, Vec<Fault>) {
    let files = files.iter().map(|(name, text)| Source { name: (*name).into(), text: text.clone() });
    let by_key = HashMap::from([("dis:migraine".to_owned(), ConceptId(7))]);
    let mut faults = Vec::new();
    let articles = read(&Sources::from_files(files.collect()), &by_key, |key| key == "src:own", &mut faults);
    (articles, faults)
}

#[test]
fn a_clean_file_is_read_whole() {
    let text = clean().replacen("## 饮食\n", "## 饮食\n- 少喝浓茶\n\n- 按时吃饭\n", 1);
    let (articles, faults) = parse(&[("articles/migraine.md", text)]);
    assert_eq!(faults, []);
    let article = &articles[0];
    assert_eq!((article.id.as_str(), article.about), ("migraine", ConceptId(7)));
    assert_eq!(article.audience, [Audience::Adult, Audience::Female]);
    assert_eq!(article.seasons, [Season::Winter]);
    assert_eq!(article.keywords.len(), 3);
    assert_eq!((article.review, article.reviewed.as_deref()), (Review::Draft, None));
    assert!(article.section(Part::Diet).starts_with("- 少喝浓茶\n- 按时吃饭\n头头"));
    assert_eq!(article.sections.len(), 6);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_not_matter() {
    let text = format!("\u{feff}{}", clean().replace('\n', "\r\n"));
    let (articles, faults) = parse(&[("articles/migraine.md", text)]);
    assert_eq!(faults, []);
    assert!(!articles[0].section(Part::Concept).contains('\r'));
}

#[rstest]
#[case::no_front("---\n", "", "KB030", 1)]
#[case::open_front("2026-11-23\n---\n", "2026-11-23\n", "KB030", 1)]
#[case::no_colon("season: 冬", "season 冬", "KB030", 5)]
#[case::unknown_key("season: 冬", "seasons: 冬", "KB031", 5)]
#[case::missing_key("season: 冬\n", "", "KB031", 1)]
#[case::key_twice("season: 冬", "for: 儿童", "KB031", 5)]
#[case::empty_title("偏头痛：发作前兆与日常预防", "", "KB032", 2)]
#[case::long_title("日常预防", "日常预防以及更多更多更多更多更多更多", "KB032", 2)]
#[case::unknown_audience("成人|女性", "成人|少女", "KB032", 4)]
#[case::audience_twice("成人|女性", "成人|成人", "KB032", 4)]
#[case::unknown_season("season: 冬", "season: 梅雨", "KB032", 5)]
#[case::few_keywords("|半边头痛|偏头疼怎么缓解", "", "KB032", 6)]
#[case::empty_keyword("|半边头痛|", "||", "KB032", 6)]
#[case::keyword_twice("|半边头痛|", "|头一跳一跳地疼|", "KB032", 6)]
#[case::unknown_review("review: draft", "review: done", "KB032", 8)]
#[case::review_without_date("review: draft", "review: reviewed", "KB032", 8)]
#[case::bad_date("2026-11-23", "2026-02-30", "KB032", 9)]
#[case::unknown_concept("dis:migraine", "dis:migrain", "KB033", 3)]
#[case::no_source("source: src:own", "source:", "KB037", 7)]
#[case::unknown_source("src:own", "src:nobody", "KB037", 7)]
#[case::missing_section("## 运动\n", "", "KB034", 1)]
#[case::unknown_section("## 运动\n", "## 锻炼\n", "KB034", 17)]
#[case::shallow_heading("## 运动\n", "# 运动\n", "KB034", 17)]
#[case::order("## 预防\n", "## 饮食\n", "KB034", 15)]
#[case::text_before("---\n## 概念\n", "---\n先说一句。\n## 概念\n", "KB034", 11)]
#[case::link("头。\n## 预防", "头[看](a)。\n## 预防", "KB038", 12)]
fn faults_of_one_file(#[case] from: &str, #[case] to: &str, #[case] code: &str, #[case] line: u32) {
    let text = clean().replacen(from, to, 1);
    assert_ne!(text, clean(), "the case changes something");
    let (_, faults) = parse(&[("articles/migraine.md", text)]);
    let found = faults.iter().find(|fault| fault.code == code && fault.line == line);
    assert!(found.is_some_and(|fault| fault.hint.is_some()), "{code} at {line}: {faults:#?}");
}

#[test]
fn length_is_counted_in_chinese_characters() {
    let short = format!("{FRONT}{}", body("").replace(&"头".repeat(60), "头痛 migraine"));
    let (_, faults) = parse(&[("articles/migraine.md", short)]);
    assert!(
        faults.iter().any(|fault| fault.code == "KB035" && fault.line == 11 && fault.message.contains("12"))
    );
    let (_, faults) = parse(&[("articles/migraine.md", format!("{FRONT}{}", body(&"痛".repeat(90))))]);
    assert!(faults.iter().any(|fault| fault.code == "KB035" && fault.message.contains("900")));
}

#[test]
fn titles_and_file_names_are_unique() {
    let (articles, faults) = parse(&[("articles/a/one.md", clean()), ("articles/b/one.md", clean())]);
    assert_eq!(articles.len(), 2);
    let places: Vec<_> = faults.iter().map(|fault| (fault.file.as_str(), fault.line, fault.code)).collect();
    assert_eq!(places, [("articles/b/one.md", 2, "KB036"), ("articles/b/one.md", 1, "KB036")]);
    let (_, faults) = parse(&[("articles/偏头痛.md", clean())]);
    assert_eq!(faults[0].code, "KB030");
}

#[test]
fn all_faults_of_a_file_are_told_at_once_and_a_near_key_is_named() {
    let text = clean().replace("dis:migraine", "dis:migraines").replace("draft", "x").replace("-23", "-99");
    let (articles, faults) = parse(&[("articles/migraine.md", text)]);
    let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["KB033", "KB032", "KB032"]);
    assert!(faults[0].hint.as_ref().unwrap().contains("dis:migraine"));
    assert_eq!(articles, []);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(---\n)?([a-z]{1,8}:[ a-z|\\p{Han}]{0,12}\n){0,9}(---\n)?(#{0,3} ?[概念预防饮食]{0,3}\n|\\PC{0,20}\n){0,9}") {
        let (_, faults) = parse(&[("articles/x.md", text)]);
        proptest::prop_assert!(!faults.is_empty());
    }
}
