//! How alike two strings of characters are.

use super::super::real;

/// Length of the longest piece that both have, and where it starts in `b`.
pub(super) fn common_piece(a: &[char], b: &[char]) -> (usize, usize) {
    let mut before = vec![0usize; b.len() + 1];
    let mut best = (0, 0);
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let here = if x == y { diagonal + 1 } else { 0 };
            diagonal = before[at + 1];
            before[at + 1] = here;
            if here > best.0 {
                best = (here, at + 1 - here);
            }
        }
    }
    best
}

/// Length of the longest sequence that both have in the same order.
pub(super) fn common_sequence(a: &[char], b: &[char]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Fewest single-character changes that turn one into the other.
pub(super) fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            let change = diagonal + usize::from(x != y);
            row[at + 1] = change.min(above + 1).min(row[at] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// a/b, and 0 where b is 0.
pub(super) fn share(a: usize, b: usize) -> f32 {
    if b == 0 { 0.0 } else { real(a) / real(b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn measures() {
        let (a, b) = (chars("胃胀吃什么药"), chars("胃胀气要吃什么药好"));
        assert_eq!(common_piece(&a, &b), (4, 4));
        assert_eq!(common_sequence(&a, &b), 6);
        assert_eq!(distance(&a, &b), 3);
        assert_eq!(distance(&a, &[]), 6);
        assert_eq!(common_piece(&[], &b), (0, 0));
        assert_eq!(common_sequence(&a, &a), 6);
    }
}
