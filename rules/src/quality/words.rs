//! Lists and spellings in the texts editors write.

use crate::expr::nearest;

/// The items of a list: `甲、乙，丙`.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';']).map(str::trim).filter(|item| !item.is_empty())
}

/// Says that a word is not one of the known ones, and which may be meant.
pub(super) fn unknown<S: AsRef<str>>(what: &str, word: &str, known: &[S]) -> String {
    let listed = || known.iter().map(AsRef::as_ref).take(12).collect::<Vec<_>>().join("、");
    match nearest(word, known.iter().map(AsRef::as_ref)) {
        Some(near) => format!("没有{what}“{word}”，是不是“{near}”？"),
        None if known.len() <= 12 => format!("没有{what}“{word}”，只能是 {}", listed()),
        None => format!("没有{what}“{word}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_gets_a_suggestion() {
        assert_eq!(unknown("级别", "警示", &["阻断", "警告", "提示"]), "没有级别“警示”，是不是“警告”？");
        assert_eq!(unknown("级别", "x", &["阻断", "警告"]), "没有级别“x”，只能是 阻断、警告");
        assert_eq!(items("甲、乙， 丙,").collect::<Vec<_>>(), ["甲", "乙", "丙"]);
    }
}
