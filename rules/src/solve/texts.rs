//! What tests of one text say of each other, and texts that pass them.

use crate::expr::typed::TextTest;

use super::eval::passes;

/// The least length of a text that passes.
pub(super) fn least_length(test: &TextTest) -> Option<f64> {
    match test {
        TextTest::Equals(part) | TextTest::Contains(part) => {
            u32::try_from(part.chars().count()).ok().map(f64::from)
        }
        TextTest::Matches(_) => None,
    }
}

/// Whether a text that passes `a` passes `b`; none when both can be.
pub(super) fn implied(a: &TextTest, b: &TextTest) -> Option<bool> {
    match (a, b) {
        (TextTest::Equals(text), _) => Some(passes(text, b)),
        (TextTest::Contains(text), TextTest::Contains(part)) if text.contains(part.as_str()) => Some(true),
        _ => None,
    }
}

/// A text of a length in these bounds that passes or fails each test as wanted.
pub(super) fn sample(tests: &[(&TextTest, bool)], least: usize, most: usize) -> Option<String> {
    let mut bases: Vec<String> = vec![String::new()];
    let mut joined = String::new();
    for (test, wanted) in tests {
        match test {
            TextTest::Equals(text) => bases.push(text.clone()),
            TextTest::Contains(text) => {
                bases.push(text.clone());
                if *wanted && !joined.contains(text.as_str()) {
                    joined.push_str(text);
                }
            }
            TextTest::Matches(_) => {
                let usual =
                    ["13800138000", "1", "12", "123", "1234", "a", "ab", "abc", "A1", "甲", "甲乙", "张三"];
                bases.extend(usual.map(str::to_owned));
            }
        }
    }
    bases.push(joined);
    let fits = |text: &String| {
        let length = text.chars().count();
        length >= least && length <= most && tests.iter().all(|(test, wanted)| passes(text, test) == *wanted)
    };
    let padded = |text: &str, with: char| {
        let mut text = text.to_owned();
        while text.chars().count() < least.min(2000) {
            text.push(with);
        }
        text
    };
    bases.iter().rev().flat_map(|base| ['某', 'x', '0'].map(|with| padded(base, with))).find(fits)
}
