//! The search over the shipped knowledge: what it understands, that it never fails, and that it stays the same.

use std::{path::Path, sync::LazyLock};

use proptest::prelude::*;
use rstest::rstest;

use super::{Answer, How, Link, Mention, Request, Search, Way};
use crate::{Audience, Kb, Part, Source, Sources};

static KB: LazyLock<Kb> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources = Sources::read(data, &["graph", "lexicon", "articles"], &["ttl", "tsv", "md"]).unwrap();
    Kb::compile(&sources).unwrap_or_else(|faults| panic!("{faults:#?}"))
});
static SEARCH: LazyLock<Search> = LazyLock::new(|| Search::build(&KB).unwrap());

fn find(text: &str) -> Answer {
    SEARCH.find(&KB, &Request { text, limit: 10, ..Request::default() })
}

/// Labels heard, with how.
fn heard(text: &str) -> Vec<(&'static str, How)> {
    find(text).heard.iter().map(|heard| (KB.concept(heard.concept).label.as_str(), heard.how)).collect()
}

fn ids(answer: &Answer) -> Vec<&'static str> {
    answer.hits.iter().map(|hit| KB.articles()[hit.article].id.as_str()).collect()
}

#[rstest]
#[case::name("痛风怎么办", "痛风", How::Name)]
#[case::pinyin("tongfeng", "痛风", How::Pinyin)]
#[case::pinyin_apart("tong feng chi shenme", "痛风", How::Pinyin)]
#[case::pinyin_with_capitals("TongFeng", "痛风", How::Pinyin)]
#[case::full_width("ｔｏｎｇｆｅｎｇ", "痛风", How::Pinyin)]
#[case::sound("偏投痛", "偏头痛", How::Sound)]
#[case::near_sound("高雪压", "高血压", How::Sound)]
#[case::two_characters_by_sound("通疯", "痛风", How::Sound)]
#[case::slip("带状包疹", "带状疱疹", How::Slip)]
#[case::initials("tnb", "糖尿病", How::Initials)]
#[case::initials_apart("t n b", "糖尿病", How::Initials)]
#[case::initials_beside_pinyin("tnb chishenme", "糖尿病", How::Initials)]
fn names_are_understood(#[case] text: &str, #[case] label: &str, #[case] how: How) {
    let heard = heard(text);
    assert!(heard.contains(&(label, how)), "{heard:?}");
}

#[test]
fn who_and_which_section_are_understood_and_say_nothing_else() {
    let answer = find("小囡拉肚子吃什么");
    assert_eq!(
        (answer.audience.as_slice(), answer.parts.as_slice()),
        (&[Audience::Child][..], &[Part::Diet][..])
    );
    assert!(!answer.hits.is_empty());
    assert!(
        answer.hits.iter().take(3).all(|hit| hit.excerpt.part == Part::Diet),
        "the passage is on what to eat"
    );
}

#[test]
fn what_is_denied_is_not_searched_for() {
    let text = "咳嗽没有发热";
    let fever = KB.by_label("发热", &[crate::ConceptKind::Symptom]).unwrap();
    let denied = Mention { concept: fever, range: 12..18, is_denied: true };
    let answer = SEARCH.find(&KB, &Request { text, mentions: vec![denied], limit: 5, ..Request::default() });
    assert!(answer.heard.iter().all(|heard| heard.concept != fever));
    assert!(find(text).heard.iter().any(|heard| heard.concept == fever));
}

#[test]
fn filters_leave_out_what_does_not_belong() {
    let request = |department, audience| Request {
        text: "咳嗽",
        department,
        audience,
        limit: 20,
        ..Request::default()
    };
    let children = SEARCH.find(&KB, &request(None, Some(Audience::Child)));
    assert!(!children.hits.is_empty());
    for hit in &children.hits {
        let audience = &KB.articles()[hit.article].audience;
        assert!(audience.is_empty() || audience.contains(&Audience::Child));
    }
    let heart = SEARCH.find(&KB, &request(Some("03.04"), None));
    for hit in &heart.hits {
        let disease = KB.disease_position(KB.articles()[hit.article].about).unwrap();
        let codes: Vec<&str> =
            KB.diseases[disease].departments.iter().map(|at| KB.departments[*at].code.as_str()).collect();
        assert!(codes.contains(&"03.04"), "{codes:?}");
    }
    let below = SEARCH.find(&KB, &request(Some("07"), None));
    assert!(!below.hits.is_empty(), "07 covers 07.04");
    assert_eq!(SEARCH.find(&KB, &request(Some("99"), None)).hits, [], "nobody knows this department");
}

#[test]
fn nothing_found_is_no_dead_end() {
    for text in ["", "   ", "asdfghjkl", "？！", "股票明天涨吗", "🙂🙂"] {
        let answer = find(text);
        assert!(answer.ways.contains(&Way::Consult), "{text}");
        assert!(answer.ways.iter().any(|way| matches!(way, Way::Department(_))), "{text}");
        assert!(!answer.near.is_empty() || !answer.is_loose, "{text}");
    }
    let near = find("糖料病").near;
    assert!(near.iter().any(|near| near.name.contains("糖尿病")), "{near:?}");
}

#[test]
fn a_score_is_the_sum_of_its_reasons() {
    for text in ["娃娃半夜咳得厉害怎么办", "痛风能吃海鲜伐", "老人尿不出来"] {
        for hit in find(text).hits {
            let sum: f32 = hit.reasons.iter().map(|reason| reason.points).sum();
            assert!((sum - hit.score).abs() < 1e-3, "{text}: {} {sum}", hit.score);
            assert!(hit.reasons.iter().all(|reason| !reason.text().is_empty()));
        }
    }
}

#[test]
fn built_twice_it_answers_the_same() {
    let again = Search::build(&KB).unwrap();
    for text in ["娃娃半夜咳得厉害怎么办", "tongfeng", "膝盖上下楼梯疼", "头晕", "月经"]
    {
        let request = Request { text, limit: 20, ..Request::default() };
        assert_eq!(SEARCH.find(&KB, &request), again.find(&KB, &request), "{text}");
    }
}

#[rstest]
#[case::characters("痛", "痛风")]
#[case::pinyin("tongf", "痛风")]
#[case::initials("gxy", "高血压")]
#[case::inside("头痛", "偏头痛")]
fn completions_come_while_typing(#[case] typed: &str, #[case] wanted: &str) {
    let texts: Vec<String> =
        SEARCH.suggest(&KB, typed, 10).into_iter().map(|suggestion| suggestion.text).collect();
    assert!(texts.iter().any(|text| text == wanted), "{texts:?}");
}

#[test]
fn completions_mark_what_was_typed() {
    for suggestion in SEARCH.suggest(&KB, "头痛", 8) {
        assert_eq!(&suggestion.text[suggestion.mark.clone()], "头痛");
    }
    assert_eq!(SEARCH.suggest(&KB, "  ", 8), []);
}

#[test]
fn related_articles_say_what_links_them() {
    let gout = KB.articles().iter().position(|article| article.about == KB.id("dis:gout").unwrap()).unwrap();
    let related = SEARCH.related(&KB, gout, 6);
    assert!(related.iter().all(|related| related.article != gout && !related.links.is_empty()));
    let is_told_apart = |link: &Link| matches!(link, Link::TellApart(sign) if !sign.is_empty());
    assert!(related.iter().any(|related| related.links.iter().any(is_told_apart)), "{related:?}");
    assert_eq!(SEARCH.related(&KB, usize::MAX, 6), []);
}

#[test]
fn refused_articles_are_never_found() {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources = Sources::read(data, &["graph", "lexicon", "articles"], &["ttl", "tsv", "md"]).unwrap();
    let files = sources.files().iter().filter(|file| !file.name.starts_with("articles/") || is_gout(file));
    let refuse = |text: &str| text.replace("review: draft", "review: rejected");
    let refused = files.map(|file| Source {
        text: if is_gout(file) { refuse(&file.text) } else { file.text.clone() },
        ..file.clone()
    });
    let kb =
        Kb::compile(&Sources::from_files(refused.collect())).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let search = Search::build(&kb).unwrap();
    assert_eq!(kb.articles().len(), 1);
    let answer = search.find(&kb, &Request { text: "痛风", limit: 5, ..Request::default() });
    assert_eq!(answer.hits, []);
    assert!(search.suggest(&kb, "痛风：", 5).is_empty());
}

fn is_gout(file: &Source) -> bool {
    file.name == "articles/gout.md"
}

#[test]
fn a_plain_question_finds_the_plain_answer() {
    for (text, id) in
        [("高血压", "hypertension"), ("痛风发作能不能按摩", "gout"), ("gaoxueya", "hypertension")]
    {
        assert_eq!(ids(&find(text)).first(), Some(&id), "{text}");
    }
}

/// Pieces that questions are made of, and noise.
fn question() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "娃娃",
        "半夜",
        "咳得厉害",
        "怎么办",
        "头疼",
        "tongfeng",
        "tf",
        " ",
        "，",
        "吃什么",
        "老人",
        "没有",
        "发烧",
        "偏投痛",
        "慢性烟炎",
        "ＨＰＶ",
        "é",
        "🙂",
        "'",
        "a",
        "𠮷",
        "\n",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        "\\PC{0,40}",
        "[\\p{Han}a-z]{0,30}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer_and_the_same_one_again(text in question(), limit in 0usize..12) {
        let request = Request { text: &text, limit, ..Request::default() };
        let answer = SEARCH.find(&KB, &request);
        prop_assert!(!answer.ways.is_empty());
        prop_assert!(answer.hits.len() <= limit);
        for hit in &answer.hits {
            let article = &KB.articles()[hit.article];
            for (text, marks) in [(&article.title, &hit.title_marks), (&hit.excerpt.text, &hit.excerpt.marks)] {
                let mut end = 0;
                for mark in marks {
                    prop_assert!(mark.start >= end && mark.start < mark.end);
                    prop_assert!(text.get(mark.clone()).is_some(), "{mark:?} in {text}");
                    end = mark.end;
                }
            }
        }
        for heard in &answer.heard {
            prop_assert_eq!(text.get(heard.range.clone()), Some(heard.said.as_str()));
        }
        prop_assert_eq!(&SEARCH.find(&KB, &request), &answer);
    }

    #[test]
    fn any_text_can_be_completed(text in question()) {
        for suggestion in SEARCH.suggest(&KB, &text, 8) {
            prop_assert!(suggestion.text.get(suggestion.mark).is_some());
        }
    }

    #[test]
    fn mentions_that_do_not_fit_do_no_harm(text in question(), start in 0usize..60, length in 0usize..60, is_denied: bool) {
        let concept = KB.symptoms[start % KB.symptoms.len()].id;
        let mentions = vec![Mention { concept, range: start..start + length, is_denied }];
        let answer = SEARCH.find(&KB, &Request { text: &text, mentions, limit: 3, ..Request::default() });
        prop_assert!(!answer.ways.is_empty());
    }
}
