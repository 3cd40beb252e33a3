//! What an editor may have meant by a misspelt key.

/// The nearest candidate that is near enough to be a slip of the hand; the first of equals.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 4).clamp(1, 4);
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits of one character (two neighbours swapped count once) between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["sym:cough", "sym:chest-pain", "sym:fever"];
        let nearest = |word| nearest(word, known.into_iter());
        assert_eq!(nearest("sym:cuogh"), Some("sym:cough"));
        assert_eq!(nearest("sym:chestpain"), Some("sym:chest-pain"));
        assert_eq!(nearest("sym:feverr"), Some("sym:fever"));
        assert_eq!(nearest("sym:rash"), None);
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("咳嗽", "咳"), 1);
    }
}
