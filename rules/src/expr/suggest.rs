//! Did you mean …?

/// Longest word worth a suggestion.
const LONGEST: usize = 64;

/// The known name nearest to a misspelt one, at most half of its characters away; the first of equals.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted: Vec<char> = name.chars().take(LONGEST + 1).collect();
    if wanted.len() > LONGEST {
        return None;
    }
    known
        .into_iter()
        .map(|other| (distance(&wanted, other), other))
        .filter(|(distance, _)| distance * 2 <= wanted.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Characters to insert, delete or replace, in letters of either case.
fn distance(wanted: &[char], other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, left) in wanted.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut above[0], row + 1);
        for (column, right) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(!left.eq_ignore_ascii_case(right));
            diagonal = above[column + 1];
            above[column + 1] = replaced.min(diagonal + 1).min(above[column] + 1);
        }
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let names = ["咳嗽", "咳痰", "发热", "头痛.起病", "required"];
        assert_eq!(nearest("发烧", names), Some("发热"));
        assert_eq!(nearest("头疼.起病", names), Some("头痛.起病"));
        assert_eq!(nearest("REQUIRD", names), Some("required"));
        assert_eq!(nearest("胸痛", names), None, "痛 alone is no likeness: nothing within half");
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn distance_is_levenshtein() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("kitten"), "sitting"), 3);
        assert_eq!(distance(&chars(""), "abc"), 3);
    }
}
