//! Learning from graded titles, and judging new ones.

use std::collections::BTreeMap;

use kb::retrieve::{Segmenter, Text};

use super::super::{real, sigmoid};
use super::features::{self, Title};
use super::linear::{self, Bag, Example, Linear};
use super::memory::{Known, WIDTH};
use super::title::split;
use super::trees::{Lessons, Trees};
use super::words::Rarity;

/// A question with graded titles; a higher grade is better.
#[derive(Debug, Clone, Default)]
pub struct Graded {
    /// The question.
    pub query: String,
    /// Titles with their grades.
    pub titles: Vec<(String, u8)>,
}

/// What a title is judged to be worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Higher is better; comparable within one question.
    pub score: f32,
    /// The likeliest grade.
    pub label: u8,
}

/// A trained model.
pub struct Ranker {
    segmenter: Segmenter,
    rarity: Rarity,
    memory: BTreeMap<String, Vec<Known>>,
    linears: Vec<Linear>,
    /// Without memory, and with it.
    trees: [Trees; 2],
    top: u8,
}

/// A pair prepared once.
struct Pair {
    group: usize,
    label: u8,
    row: Vec<f32>,
    bag: Bag,
    known: Known,
}

const FOLDS: usize = 5;

impl Ranker {
    /// Learns from graded titles; some ten seconds for twenty thousand.
    pub fn learn(graded: &[Graded]) -> Self {
        let segmenter = Segmenter::new();
        let texts: Vec<(Text, Vec<(Title, u8)>)> = graded
            .iter()
            .map(|one| {
                let titles = one.titles.iter().map(|(title, label)| (read(&segmenter, title), *label));
                (segmenter.text(&one.query), titles.collect())
            })
            .collect();
        let all = texts.iter().flat_map(|(query, titles)| {
            std::iter::once(query).chain(titles.iter().map(|(title, _)| &title.whole))
        });
        let rarity = Rarity::new(all);
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        let mut pairs = Vec::new();
        let mut memory: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        for (one, (query, titles)) in graded.iter().zip(&texts) {
            let next = groups.len();
            let group = *groups.entry(&one.query).or_insert(next);
            for (title, label) in titles {
                let known = Known::new(query, &title.main, *label, &rarity);
                memory.entry(one.query.clone()).or_default().push(known.clone());
                pairs.push(Pair {
                    group,
                    label: *label,
                    row: features::row(query, title, &rarity),
                    bag: linear::bag(query, title),
                    known,
                });
            }
        }
        let top = pairs.iter().map(|pair| pair.label).max().unwrap_or_default();
        let mut ranker = Self { segmenter, rarity, memory, linears: vec![], trees: Default::default(), top };
        ranker.learn_linears(&mut pairs);
        ranker.learn_trees(&pairs, groups.len());
        ranker
    }

    /// Adds to each row what linear models say that have not seen its question.
    fn learn_linears(&mut self, pairs: &mut [Pair]) {
        let fold = |pair: &Pair| pair.group % FOLDS;
        for left_out in 0..FOLDS {
            let examples: Vec<Example<'_>> = pairs
                .iter()
                .filter(|pair| fold(pair) != left_out)
                .map(|pair| Example { bag: &pair.bag, label: pair.label })
                .collect();
            self.linears.push(Linear::learn(&examples, self.top.min(3)));
        }
        for pair in pairs.iter_mut() {
            let odds = self.linears[fold(pair)].odds(&pair.bag);
            pair.row.extend(sums(&odds));
        }
    }

    fn learn_trees(&mut self, pairs: &[Pair], groups: usize) {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups];
        for (at, pair) in pairs.iter().enumerate() {
            members[pair.group].push(at);
        }
        let tell = |at: usize, others: &mut dyn Iterator<Item = usize>| {
            pairs[at].known.recall(others.map(|other| &pairs[other].known), &self.rarity)
        };
        let plain: Vec<Vec<f32>> = pairs.iter().map(|pair| pair.row.clone()).collect();
        // To grade a title, all others of its question are known.
        let grade = told(pairs, &members, |group, at| {
            tell(group[at], &mut group.iter().copied().filter(|other| *other != group[at]))
        });
        // Two titles that are to be ordered must not know each other's grade: each knows the other half.
        let order = told(pairs, &members, |group, at| {
            tell(group[at], &mut group.iter().copied().skip((at + 1) % 2).step_by(2))
        });
        let halves: Vec<Vec<usize>> = members
            .iter()
            .flat_map(|group| [0, 1].map(|half| group.iter().copied().skip(half).step_by(2).collect()))
            .collect();
        let labels: Vec<u8> = pairs.iter().map(|pair| pair.label).collect();
        let questions: Vec<usize> = pairs.iter().map(|pair| pair.group).collect();
        let lessons =
            |grade, order, groups| Lessons { grade, order, labels: &labels, questions: &questions, groups };
        self.trees = [
            Trees::learn(&lessons(&plain, &plain, &members), self.top),
            Trees::learn(&lessons(&grade, &order, &halves), self.top),
        ];
    }

    /// Judges each title for a question.
    pub fn judge<'a>(&self, query: &str, titles: impl IntoIterator<Item = &'a str>) -> Vec<Judged> {
        let text = self.segmenter.text(query);
        let memory = self.memory.get(query);
        let judge = |title: &str| {
            let title = read(&self.segmenter, title);
            let mut row = features::row(&text, &title, &self.rarity);
            let bag = linear::bag(&text, &title);
            let mut odds = vec![0.0; usize::from(self.top.min(3))];
            for linear in &self.linears {
                for (sum, one) in odds.iter_mut().zip(linear.odds(&bag)) {
                    *sum += one / real(FOLDS);
                }
            }
            row.extend(sums(&odds));
            let told = memory.map(|known| {
                let this = Known::new(&text, &title.main, 0, &self.rarity);
                this.recall(known.iter(), &self.rarity)
            });
            self.trees[usize::from(told.is_some())].judge(&joined(&row, told.as_ref()))
        };
        titles.into_iter().map(judge).collect()
    }
}

fn read(segmenter: &Segmenter, title: &str) -> Title {
    let (main, site, cut_off) = split(title);
    Title {
        whole: segmenter.text(title.trim_start_matches(':')),
        main: segmenter.text(main),
        site: segmenter.text(site),
        cut_off,
    }
}

fn sums(odds: &[f32]) -> Vec<f32> {
    let total = odds.iter().map(|odds| sigmoid(*odds)).sum();
    odds.iter().copied().chain([total]).collect()
}

/// Each pair's row with what is told about it, given its question's pairs and its place among them.
fn told(
    pairs: &[Pair],
    members: &[Vec<usize>],
    tell: impl Fn(&[usize], usize) -> [f32; WIDTH],
) -> Vec<Vec<f32>> {
    let mut rows: Vec<Vec<f32>> = pairs.iter().map(|pair| pair.row.clone()).collect();
    for group in members {
        for (at, pair) in group.iter().enumerate() {
            rows[*pair].extend(tell(group, at));
        }
    }
    rows
}

fn joined(row: &[f32], told: Option<&[f32; WIDTH]>) -> Vec<f32> {
    row.iter().chain(told.into_iter().flatten()).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lessons() -> Vec<Graded> {
        let mut graded = Vec::new();
        for what in ["胃炎", "肝炎", "鼻炎", "肠炎", "肺炎", "咽炎", "关节炎", "皮炎"] {
            for ask in ["怎么治", "吃什么药", "是什么原因", "会传染吗"] {
                let titles =
                    [(format!("{what}{ask}_百科"), 2), (format!("{what}的图片"), 1), ("充电".into(), 0)];
                graded.push(Graded { query: format!("{what}{ask}"), titles: titles.into() });
            }
        }
        graded
    }

    #[test]
    fn orders_titles_of_new_and_of_known_questions() {
        let ranker = Ranker::learn(&lessons());
        for query in ["牙龈炎怎么治", "胃炎怎么治"] {
            let good = format!("{query}呢_百科");
            let judged = ranker.judge(query, ["充电", good.as_str()]);
            assert!(judged[0].score < judged[1].score, "{query}: {judged:?}");
            assert_eq!(judged, ranker.judge(query, ["充电", good.as_str()]));
        }
    }

    #[test]
    fn odd_input_is_judged_too() {
        let ranker = Ranker::learn(&lessons());
        let judged = ranker.judge("", ["", "...", "_", "👩‍⚕️", "a"]);
        assert!(judged.iter().all(|one| one.score.is_finite() && one.label <= 2));
        assert_eq!(Ranker::learn(&[]).judge("胃", ["胃"]), [Judged { score: 0.0, label: 0 }]);
    }
}
