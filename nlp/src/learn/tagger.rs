//! A linear-chain conditional random field that marks mentions character by character.

use super::characters::features;
use super::features::{Index, order};
use super::lexicon::Lexicon;

/// Begin, middle, end, single, outside.
const TAGS: usize = 5;
const OUTSIDE: usize = 4;

/// A text with the mentions marked in it, as [start, end) in characters.
#[derive(Debug, Clone)]
pub struct Marked {
    /// The text, in normal form.
    pub text: Vec<char>,
    /// The mentions, apart from one another.
    pub spans: Vec<(usize, usize)>,
    /// How much the text counts.
    pub weight: f32,
}

/// The trained field.
#[derive(Debug, Clone, Default)]
pub struct Tagger {
    index: Index,
    emit: Vec<f32>,
    step: Vec<f32>,
}

struct Row {
    /// Feature numbers of each character, one after the other.
    features: Vec<u32>,
    /// Where the features of each character end.
    ends: Vec<u32>,
    tags: Vec<usize>,
    weight: f32,
}

impl Tagger {
    /// Learns from marked texts; `lexicon` was made from the same texts.
    pub fn new(texts: &[&Marked], lexicon: &Lexicon, epochs: u64) -> Self {
        let keyed = |m: &Marked| features(&m.text, lexicon, Some(&m.spans));
        let index =
            Index::new(texts.iter().flat_map(|m| keyed(m).into_iter().flat_map(|b| b.items)).map(|i| i.0), 2);
        let rows: Vec<Row> = texts
            .iter()
            .filter(|m| !m.text.is_empty())
            .map(|m| {
                let mut row = Row { features: vec![], ends: vec![], tags: tags(m), weight: m.weight };
                for bag in keyed(m) {
                    for (k, _) in bag.items {
                        if let Some(i) = index.get(k) {
                            row.features.push(u32::try_from(i).unwrap_or(0));
                        }
                    }
                    row.ends.push(u32::try_from(row.features.len()).unwrap_or(0));
                }
                row
            })
            .collect();
        let mut model = Self { emit: vec![0.0; index.len() * TAGS], step: vec![0.0; TAGS * TAGS], index };
        let mut squares = (vec![1e-4_f32; model.emit.len()], vec![1e-4_f32; TAGS * TAGS]);
        let mut sums = (vec![0.0_f32; model.emit.len()], vec![0.0_f32; TAGS * TAGS]);
        let averaged = (epochs / 2).max(1);
        for epoch in 0..epochs {
            for i in order(rows.len(), epoch) {
                model.learn(&rows[i], &mut squares);
            }
            if epoch + averaged >= epochs {
                add(&mut sums.0, &model.emit);
                add(&mut sums.1, &model.step);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of epochs")]
        let share = 1.0 / averaged.min(epochs).max(1) as f32;
        model.emit = sums.0.iter().map(|w| w * share).collect();
        model.step = sums.1.iter().map(|w| w * share).collect();
        model
    }

    /// Chance of each tag at each character.
    pub fn marginals(&self, text: &[char], lexicon: &Lexicon) -> Vec<[f32; TAGS]> {
        let emit = features(text, lexicon, None)
            .iter()
            .map(|bag| {
                let ids = bag.items.iter().filter_map(|&(k, _)| self.index.get(k));
                self.emission(ids)
            })
            .collect::<Vec<_>>();
        self.passes(&emit).0
    }

    fn emission(&self, ids: impl Iterator<Item = usize>) -> [f32; TAGS] {
        let mut scores = [0.0; TAGS];
        for id in ids {
            for (s, w) in scores.iter_mut().zip(&self.emit[id * TAGS..(id + 1) * TAGS]) {
                *s += w;
            }
        }
        scores
    }

    /// Chances of tags, and chances of pairs of tags summed over the text.
    fn passes(&self, emit: &[[f32; TAGS]]) -> (Vec<[f32; TAGS]>, [f32; TAGS * TAGS]) {
        let n = emit.len();
        let mut pairs = [0.0; TAGS * TAGS];
        if n == 0 {
            return (vec![], pairs);
        }
        let local: Vec<[f32; TAGS]> = emit
            .iter()
            .map(|e| {
                let top = e.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                e.map(|x| (x - top).exp())
            })
            .collect();
        let step: Vec<f32> = self
            .step
            .iter()
            .enumerate()
            .map(|(i, w)| if allowed(i / TAGS, i % TAGS) { w.exp() } else { 0.0 })
            .collect();
        let mut ahead = vec![[0.0; TAGS]; n];
        ahead[0] = local[0];
        for (t, x) in ahead[0].iter_mut().enumerate() {
            if !allowed(OUTSIDE, t) {
                *x = 0.0;
            }
        }
        rescale(&mut ahead[0]);
        for i in 1..n {
            let mut now = [0.0; TAGS];
            for (t, x) in now.iter_mut().enumerate() {
                let sum: f32 = (0..TAGS).map(|s| ahead[i - 1][s] * step[s * TAGS + t]).sum();
                *x = sum * local[i][t];
            }
            rescale(&mut now);
            ahead[i] = now;
        }
        let mut behind = [0.0; TAGS];
        for (t, x) in behind.iter_mut().enumerate() {
            *x = if allowed(t, OUTSIDE) { 1.0 } else { 0.0 };
        }
        let mut chances = vec![[0.0; TAGS]; n];
        for i in (0..n).rev() {
            let mut both = ahead[i];
            for (x, b) in both.iter_mut().zip(&behind) {
                *x *= b;
            }
            rescale(&mut both);
            chances[i] = both;
            if i == 0 {
                break;
            }
            let mut cell = [0.0; TAGS * TAGS];
            let mut before = [0.0; TAGS];
            for s in 0..TAGS {
                for t in 0..TAGS {
                    let x = step[s * TAGS + t] * local[i][t] * behind[t];
                    before[s] += x;
                    cell[s * TAGS + t] = ahead[i - 1][s] * x;
                }
            }
            rescale(&mut cell);
            add(&mut pairs, &cell);
            rescale(&mut before);
            behind = before;
        }
        (chances, pairs)
    }

    fn learn(&mut self, row: &Row, squares: &mut (Vec<f32>, Vec<f32>)) {
        let start = |i: usize| if i == 0 { 0 } else { row.ends[i - 1] as usize };
        let ids = |i: usize| &row.features[start(i)..row.ends[i] as usize];
        let emit: Vec<_> =
            (0..row.ends.len()).map(|i| self.emission(ids(i).iter().map(|&x| x as usize))).collect();
        let (chances, mut pairs) = self.passes(&emit);
        for (i, &tag) in row.tags.iter().enumerate() {
            let mut slope = chances[i];
            slope[tag] -= 1.0;
            if slope.iter().all(|x| x.abs() < 0.002) {
                continue;
            }
            for &id in ids(i) {
                for (t, &s) in slope.iter().enumerate() {
                    let at = id as usize * TAGS + t;
                    let s = s * row.weight + 1e-5 * self.emit[at];
                    squares.0[at] += s * s;
                    self.emit[at] -= 0.1 * s / squares.0[at].sqrt();
                }
            }
        }
        for w in row.tags.windows(2) {
            pairs[w[0] * TAGS + w[1]] -= 1.0;
        }
        for (at, &s) in pairs.iter().enumerate() {
            if s.abs() > 0.001 {
                squares.1[at] += s * s;
                self.step[at] -= 0.1 * s / squares.1[at].sqrt();
            }
        }
    }
}

/// The likeliest set of mentions under tag chances, with the chance of each: greedy over the product of
/// its characters' chances, no mention below `least`.
pub fn spans(chances: &[[f32; TAGS]], least: f32) -> Vec<(usize, usize, f32)> {
    let mut found = vec![];
    for start in 0..chances.len() {
        if chances[start][3] >= least {
            found.push((start, start + 1, chances[start][3]));
        }
        let mut chance = chances[start][0];
        for (end, at) in chances.iter().enumerate().skip(start + 1) {
            if chance < least {
                break;
            }
            if at[2] >= least {
                found.push((start, end + 1, chance.min(at[2])));
            }
            chance = chance.min(at[1]);
        }
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, b.1).cmp(&(b.0, a.1))));
    let mut kept: Vec<(usize, usize, f32)> = vec![];
    for f in found {
        if kept.iter().all(|k| f.1 <= k.0 || k.1 <= f.0) {
            kept.push(f);
        }
    }
    kept.sort_by_key(|k| k.0);
    kept
}

fn allowed(from: usize, to: usize) -> bool {
    // Inside a mention (after begin or middle) only middle or end may follow.
    (from < 2) == (to == 1 || to == 2)
}

fn tags(marked: &Marked) -> Vec<usize> {
    let mut tags = vec![OUTSIDE; marked.text.len()];
    for &(start, end) in &marked.spans {
        if end > tags.len() || start >= end {
            continue;
        }
        if end == start + 1 {
            tags[start] = 3;
            continue;
        }
        tags[start] = 0;
        tags[start + 1..end - 1].fill(1);
        tags[end - 1] = 2;
    }
    tags
}

fn rescale(values: &mut [f32]) {
    let sum: f32 = values.iter().sum();
    if sum > 0.0 {
        for v in values {
            *v /= sum;
        }
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    for (s, v) in sums.iter_mut().zip(values) {
        *s += v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, spans: &[(usize, usize)]) -> Marked {
        Marked { text: text.chars().collect(), spans: spans.to_vec(), weight: 1.0 }
    }

    #[test]
    fn finds_again_what_it_has_seen() {
        let texts = [
            marked("宝宝咳嗽", &[(2, 4)]),
            marked("有点咳嗽吗", &[(2, 4)]),
            marked("有点痰吗", &[(2, 3)]),
            marked("宝宝有痰", &[(3, 4)]),
            marked("你好", &[]),
        ];
        let refs: Vec<&Marked> = texts.iter().collect();
        let lexicon = Lexicon::new(&refs, &[]);
        let tagger = Tagger::new(&refs, &lexicon, 20);
        let text: Vec<char> = "今天咳嗽有痰吗".chars().collect();
        let found: Vec<_> =
            spans(&tagger.marginals(&text, &lexicon), 0.3).into_iter().map(|s| (s.0, s.1)).collect();
        assert_eq!(found, [(2, 4), (5, 6)]);
        assert!(spans(&tagger.marginals(&[], &lexicon), 0.3).is_empty());
    }

    #[test]
    fn only_whole_mentions_are_allowed() {
        assert!(allowed(0, 2) && allowed(1, 1) && allowed(4, 3) && allowed(2, 0));
        assert!(!allowed(0, 4) && !allowed(4, 1) && !allowed(3, 2));
    }
}
