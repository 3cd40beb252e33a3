//! A question and a title as a row of numbers.

use kb::retrieve::{Kind, Text, View, Word};

use super::super::real;
use super::overlap::{common_piece, common_sequence, distance, share};
use super::words::{Rarity, has, keys};

/// A title read: all of it, what it says, and the site behind it.
#[derive(Debug, Clone)]
pub(super) struct Title {
    pub(super) whole: Text,
    pub(super) main: Text,
    pub(super) site: Text,
    pub(super) cut_off: bool,
}

const VIEWS: [View; 3] = [View::Words, View::Pairs, View::Characters];
const KINDS: [Kind; 6] = [Kind::Thing, Kind::Action, Kind::Quality, Kind::Place, Kind::Number, Kind::Filler];

/// All measures of a pair; always as many, in the same order.
pub(super) fn row(query: &Text, title: &Title, rarity: &Rarity) -> Vec<f32> {
    let mut row = Vec::with_capacity(96);
    for view in VIEWS {
        shares(query, title, view, rarity, &mut row);
    }
    for kind in KINDS {
        by_kind(query, &title.whole, kind, rarity, &mut row);
        by_kind(&title.main, query, kind, rarity, &mut row);
    }
    strings(&content(query), &content(&title.main), &mut row);
    let (piece, start) = common_piece(&query.chars, &title.whole.chars);
    row.extend([share(piece, query.chars.len()), share(start, title.whole.chars.len())]);
    row.push(closest(query, &title.whole, rarity));
    sizes(query, title, &mut row);
    row
}

/// Weighted shares of the question's tokens in the title, and of the title's in the question.
fn shares(query: &Text, title: &Title, view: View, rarity: &Rarity, row: &mut Vec<f32>) {
    let [query, whole, main] = [query, &title.whole, &title.main].map(|text| keys(&text.tokens(view)));
    let weight = |keys: &[u64]| keys.iter().map(|key| rarity.of(*key)).sum::<f32>().max(1e-3);
    let both = |a: &[u64], b: &[u64]| a.iter().filter(|key| has(b, **key)).copied().collect::<Vec<u64>>();
    let (in_whole, in_main) = (both(&query, &whole), both(&query, &main));
    row.push(weight(&in_whole) / weight(&query));
    row.push(weight(&in_main) / weight(&query));
    row.push(weight(&in_main) / weight(&main));
    row.push(weight(&in_whole) / weight(&whole));
    row.push(2.0 * real(in_main.len()) / real((query.len() + main.len()).max(1)));
    let rarest = |keys: &[u64], other: &[u64]| {
        keys.iter().filter(|key| !has(other, **key)).map(|key| rarity.of(*key)).fold(0.0, f32::max)
    };
    row.push(rarest(&query, &whole));
    row.push(rarest(&main, &query));
    row.push(weight(&query) - weight(&in_whole));
    row.push(weight(&main) - weight(&in_main));
    row.push(weight(&in_whole));
}

/// How much of one kind of words is missing in the other text, in weight and as a share.
fn by_kind(text: &Text, other: &Text, kind: Kind, rarity: &Rarity, row: &mut Vec<f32>) {
    let (mut all, mut missing) = (0.0, 0.0);
    for word in text.words.iter().filter(|word| word.kind == kind) {
        let weight = rarity.of(text.key(word.start, word.end));
        all += weight;
        // Word borders differ between texts; what counts is whether the characters are there.
        if !contains(&other.chars, &text.chars[word.start..word.end]) {
            missing += weight;
        }
    }
    row.extend([missing, if all > 0.0 { missing / all } else { -0.1 }]);
}

fn strings(query: &[char], title: &[char], row: &mut Vec<f32>) {
    let longest = query.len().max(title.len());
    let (piece, start) = common_piece(query, title);
    let sequence = common_sequence(query, title);
    row.extend([
        share(piece, query.len()),
        share(piece, title.len()),
        share(start, title.len()),
        real(piece),
        share(sequence, query.len()),
        share(sequence, title.len()),
        share(distance(query, title), longest),
        share(common_sequence(query, &title[..title.len().min(query.len())]), query.len()),
        if query == title { 1.0 } else { 0.0 },
    ]);
}

/// The best share of the question's characters, by rarity, within a stretch of the title a little longer
/// than the question.
fn closest(query: &Text, title: &Text, rarity: &Rarity) -> f32 {
    let wanted = keys(&query.tokens(View::Characters));
    let all: f32 = wanted.iter().map(|key| rarity.of(*key)).sum();
    let places: Vec<(usize, u64)> = title
        .tokens(View::Characters)
        .iter()
        .filter(|token| has(&wanted, token.key))
        .map(|token| (token.start, token.key))
        .collect();
    let reach = query.chars.len() + 3;
    let mut best = 0.0f32;
    for (at, (start, _)) in places.iter().enumerate() {
        let mut seen: Vec<u64> = places[at..]
            .iter()
            .take_while(|(place, _)| *place < start + reach)
            .map(|(_, key)| *key)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        best = best.max(seen.iter().map(|key| rarity.of(*key)).sum());
    }
    best / all.max(1e-3)
}

fn sizes(query: &Text, title: &Title, row: &mut Vec<f32>) {
    let is = |yes: bool| if yes { 1.0 } else { 0.0 };
    let (numbers, other) = (numbers(query), numbers(&title.main));
    let shared = numbers.iter().filter(|number| other.contains(number)).count();
    let asks = |text: &Text| is(text.chars.iter().any(|c| matches!(c, '?' | '吗' | '么' | '呢' | '何')));
    let denies = |text: &Text| is(text.chars.iter().any(|c| matches!(c, '不' | '没' | '无' | '非')));
    row.extend([
        real(query.chars.len()),
        real(title.whole.chars.len()),
        real(title.main.chars.len()),
        real(title.site.chars.len()),
        share(title.main.chars.len(), query.chars.len()),
        real(query.words.len()),
        real(title.main.words.len()),
        is(title.cut_off),
        share(shared, numbers.len()) + if numbers.is_empty() { -1.0 } else { 0.0 },
        real(other.len() - shared.min(other.len())),
        asks(query),
        asks(&title.main),
        denies(query),
        denies(&title.main),
        real(title.main.chars.iter().filter(|c| matches!(c, ',' | '。' | '，' | ' ' | '?' | '!')).count()),
        is(title.main.chars.starts_with(&query.chars)),
    ]);
}

/// Runs of digits.
fn numbers(text: &Text) -> Vec<Vec<char>> {
    text.chars.split(|c| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(<[char]>::to_vec).collect()
}

/// The characters of the words, without punctuation.
fn content(text: &Text) -> Vec<char> {
    text.words.iter().flat_map(|Word { start, end, .. }| text.chars[*start..*end].iter().copied()).collect()
}

pub(super) fn contains(text: &[char], piece: &[char]) -> bool {
    !piece.is_empty() && text.windows(piece.len()).any(|window| window == piece)
}

#[cfg(test)]
mod tests {
    use kb::retrieve::Segmenter;

    use super::*;

    fn title(segmenter: &Segmenter, main: &str, site: &str) -> Title {
        Title {
            whole: segmenter.text(&format!("{main}{site}")),
            main: segmenter.text(main),
            site: segmenter.text(site),
            cut_off: false,
        }
    }

    #[test]
    fn every_pair_has_as_many_finite_numbers() {
        let segmenter = Segmenter::new();
        let query = segmenter.text("胃胀3天吃什么药");
        let rarity = Rarity::new([&query]);
        let width = row(&query, &title(&segmenter, "胃胀吃什么药", "_百科"), &rarity).len();
        for (query, main) in
            [("", ""), ("胃", ""), ("", "胃"), ("?!", "…"), ("a b", "１２"), ("胃胀", "胃胀")]
        {
            let row = row(&segmenter.text(query), &title(&segmenter, main, ""), &rarity);
            assert_eq!(row.len(), width, "{query} {main}");
            assert!(row.iter().all(|x| x.is_finite()), "{query} {main}: {row:?}");
        }
    }

    #[test]
    fn closeness_needs_the_words_together() {
        let segmenter = Segmenter::new();
        let query = segmenter.text("胃胀吃什么");
        let rarity = Rarity::new([&query]);
        let near = closest(&query, &segmenter.text("请问胃胀吃什么好"), &rarity);
        let far =
            closest(&query, &segmenter.text("胃不舒服很久了，每天都胀，想知道平时可以吃些什么"), &rarity);
        assert!(near > 0.99 && far < 0.9, "{near} {far}");
    }
}
