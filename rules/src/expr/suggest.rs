//! Did you mean …?

/// The known name nearest to a misspelt one, at most half of its characters away.
pub(crate) fn nearest(name: &str, names: &[String]) -> Option<String> {
    let wanted: Vec<char> = name.chars().collect();
    names
        .iter()
        .map(|other| (distance(&wanted, &other.chars().collect::<Vec<_>>()), other))
        .filter(|(distance, _)| distance * 2 <= wanted.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let names = ["咳嗽", "咳痰", "发热", "头痛.起病"].map(str::to_owned);
        assert_eq!(nearest("发烧", &names).as_deref(), Some("发热"));
        assert_eq!(nearest("头疼.起病", &names).as_deref(), Some("头痛.起病"));
        assert_eq!(nearest("胸痛", &names), None, "痛 alone is no likeness: nothing within half");
        assert_eq!(nearest("", &names), None);
    }

    #[test]
    fn distance_is_levenshtein() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
        assert_eq!(distance(&chars(""), &chars("abc")), 3);
    }
}
