use engine::{Evidence, Sentence};

/// A sentence with the answers it came from, as a page links them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// Numbers of the turns, from 1, without repeats.
    pub(crate) turns: Vec<usize>,
}

/// What became of a text: the same at both ends, and in between what went and what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diff {
    pub(crate) head: String,
    pub(crate) removed: String,
    pub(crate) added: String,
    pub(crate) tail: String,
}

impl Said {
    /// Ids of the turns' elements, for `data-marks`.
    pub(crate) fn marks(&self) -> String {
        marks(&self.turns)
    }
}

pub(crate) fn said(sentence: &Sentence) -> Said {
    Said { text: sentence.text.clone(), turns: turn_numbers(&sentence.evidence) }
}

pub(crate) fn turn_numbers(evidence: &[Evidence]) -> Vec<usize> {
    let mut numbers: Vec<usize> = evidence.iter().map(|said| said.turn + 1).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn marks(turns: &[usize]) -> String {
    turns.iter().map(|turn| format!("t{turn}")).collect::<Vec<_>>().join(" ")
}

impl Diff {
    pub(crate) fn of(before: &str, after: &str) -> Self {
        let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - head;
        let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let text = |chars: &[char]| chars.iter().collect();
        Self {
            head: text(&old[..head]),
            removed: text(&old[head..old.len() - tail]),
            added: text(&new[head..new.len() - tail]),
            tail: text(&old[old.len() - tail..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_changed_middle_is_marked() {
        let diff = Diff::of("咳嗽3天，无发热。", "咳嗽5天，无发热。");
        assert_eq!((diff.head.as_str(), diff.removed.as_str()), ("咳嗽", "3"));
        assert_eq!((diff.added.as_str(), diff.tail.as_str()), ("5", "天，无发热。"));
    }

    proptest! {
        #[test]
        fn both_texts_can_be_put_together_again(before in "[咳嗽发热]{0,8}", after in "[咳嗽发热]{0,8}") {
            let diff = Diff::of(&before, &after);
            prop_assert_eq!(format!("{}{}{}", diff.head, diff.removed, diff.tail), before);
            prop_assert_eq!(format!("{}{}{}", diff.head, diff.added, diff.tail), after);
        }
    }

    #[test]
    fn turns_are_numbered_from_one_without_repeats() {
        let evidence = [4, 0, 4].map(|turn| Evidence { turn, quote: String::new() });
        assert_eq!(turn_numbers(&evidence), [1, 5]);
        assert_eq!(marks(&[1, 5]), "t1 t5");
    }
}
