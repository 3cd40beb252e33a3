//! Lists, spellings and dates in the texts editors write.

/// The items of a list: `甲、乙，丙`.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';']).map(str::trim).filter(|item| !item.is_empty())
}

/// Says that a word is not one of the known ones, and which may be meant.
pub(super) fn unknown<S: AsRef<str>>(what: &str, word: &str, known: &[S]) -> String {
    let listed = || known.iter().map(AsRef::as_ref).take(12).collect::<Vec<_>>().join("、");
    match nearest(word, known) {
        Some(near) => format!("没有{what}“{word}”，是不是“{near}”？"),
        None if known.len() <= 12 => format!("没有{what}“{word}”，只能是 {}", listed()),
        None => format!("没有{what}“{word}”"),
    }
}

/// The known word nearest to a misspelt one, at most half of its characters away.
pub(super) fn nearest<'a, S: AsRef<str>>(word: &str, known: &'a [S]) -> Option<&'a str> {
    let wanted: Vec<char> = word.chars().take(64).collect();
    known
        .iter()
        .map(|other| {
            (distance(&wanted, &other.as_ref().chars().take(64).collect::<Vec<_>>()), other.as_ref())
        })
        .filter(|(distance, _)| distance * 2 <= wanted.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Characters to insert, delete or replace.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut above[0], row + 1);
        for (column, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = above[column + 1];
            above[column + 1] = replaced.min(diagonal + 1).min(above[column] + 1);
        }
    }
    above[b.len()]
}

/// `2026-11-23` of days since 1970-01-01.
pub(super) fn date(days: i32) -> String {
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_in_a_calendar() {
        let written: Vec<String> = [0, -1, 59, 11_016, 20_780].into_iter().map(date).collect();
        assert_eq!(written, ["1970-01-01", "1969-12-31", "1970-03-01", "2000-02-29", "2026-11-23"]);
    }

    #[test]
    fn a_misspelt_word_gets_a_suggestion() {
        assert_eq!(unknown("级别", "警示", &["阻断", "警告", "提示"]), "没有级别“警示”，是不是“警告”？");
        assert_eq!(unknown("级别", "x", &["阻断", "警告"]), "没有级别“x”，只能是 阻断、警告");
        assert_eq!(items("甲、乙， 丙,").collect::<Vec<_>>(), ["甲", "乙", "丙"]);
    }
}
