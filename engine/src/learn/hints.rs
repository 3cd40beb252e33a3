//! Pieces of text that hint at a disease.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lesson, real};

/// A piece must occur in so many texts.
const LEAST: usize = 5;

/// The `most` pieces of two to four characters that tell most about the disease, none said twice.
pub(super) fn hints(lessons: &[Lesson<'_>], most: usize) -> Vec<String> {
    let diseases: BTreeSet<&str> = lessons.iter().map(|lesson| lesson.disease).collect();
    let position: BTreeMap<&str, usize> = diseases.into_iter().zip(0..).collect();
    let truth: Vec<usize> = lessons.iter().map(|lesson| position[lesson.disease]).collect();
    let mut sizes = vec![0usize; position.len()];
    for disease in &truth {
        sizes[*disease] += 1;
    }
    let mut scored: Vec<(f32, String, Vec<usize>)> = occurrences(lessons)
        .into_iter()
        .filter(|(_, texts)| texts.len() >= LEAST)
        .map(|(piece, texts)| (information(&texts, &truth, &sizes), piece, texts))
        .collect();
    // Of equals the longer piece, which says more to a reader.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.len().cmp(&a.1.len())).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<(String, Vec<usize>)> = Vec::new();
    for (_, piece, texts) in scored {
        if chosen.len() >= most {
            break;
        }
        let says_the_same = |(other, seen): &(String, Vec<usize>)| {
            let shared = seen.iter().filter(|text| texts.binary_search(text).is_ok()).count();
            (other.contains(&piece) || piece.contains(other)) && shared * 10 > 7 * seen.len().max(texts.len())
        };
        if !chosen.iter().any(says_the_same) {
            chosen.push((piece, texts));
        }
    }
    chosen.into_iter().map(|(piece, _)| piece).collect()
}

/// For each piece of letters the texts that hold it, ascending.
fn occurrences(lessons: &[Lesson<'_>]) -> BTreeMap<String, Vec<usize>> {
    let mut occurrences: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, lesson) in lessons.iter().enumerate() {
        let chars: Vec<char> = lesson.text.chars().collect();
        let pieces: BTreeSet<String> = (2..=4)
            .flat_map(|length| chars.windows(length))
            .filter(|piece| piece.iter().all(|c| c.is_alphabetic()))
            .map(|piece| piece.iter().collect())
            .collect();
        for piece in pieces {
            occurrences.entry(piece).or_default().push(at);
        }
    }
    occurrences
}

/// Mutual information of "the text holds the piece" and the disease, in nats times texts.
fn information(texts: &[usize], truth: &[usize], sizes: &[usize]) -> f32 {
    let mut with = vec![0usize; sizes.len()];
    for text in texts {
        with[truth[*text]] += 1;
    }
    let term = |joint: usize, side: usize, size: usize| {
        let even = real(side) * real(size) / real(truth.len());
        if joint == 0 { 0.0 } else { real(joint) * (real(joint) / even).ln() }
    };
    let rest = truth.len() - texts.len();
    let terms = with.iter().zip(sizes);
    terms.map(|(with, size)| term(*with, texts.len(), *size) + term(size - with, rest, *size)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_diseases_apart_is_a_hint() {
        let lesson = |text, disease| Lesson { text, disease, told: BTreeSet::new() };
        let lessons: Vec<Lesson<'_>> = [lesson("宝宝手足长疹子", "甲"), lesson("宝宝拉肚子了", "乙")]
            .iter()
            .cycle()
            .take(20)
            .cloned()
            .collect();
        let hints = hints(&lessons, 2);
        assert_eq!(hints.len(), 2);
        let tells = |hint: &String| lessons[0].text.contains(hint) != lessons[1].text.contains(hint);
        assert!(hints.iter().all(tells), "{hints:?}");
        assert!(super::hints(&[], 5).is_empty());
    }
}
