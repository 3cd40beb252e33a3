//! Learning from graded titles, and judging new ones.

use std::collections::BTreeMap;

use kb::retrieve::{Segmenter, Text};

use super::super::{real, sigmoid};
use super::boost::{Boosted, Growth, Slope};
use super::features::{self, Title};
use super::linear::{self, Bag, Example, Linear};
use super::memory::{Known, WIDTH};
use super::table::{Cuts, Table};
use super::title::split;
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

/// Trees that grade, and trees that order.
#[derive(Default)]
struct Trees {
    cuts: Cuts,
    grade: Vec<Boosted>,
    order: Vec<Boosted>,
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
const BAGS: u64 = 3;

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
        for with_memory in [false, true] {
            let rows: Vec<Vec<f32>> = pairs
                .iter()
                .enumerate()
                .map(|(at, pair)| {
                    let others = members[pair.group].iter().filter(|other| **other != at);
                    let told = pair.known.recall(others.map(|other| &pairs[*other].known), &self.rarity);
                    joined(&pair.row, with_memory.then_some(&told))
                })
                .collect();
            self.trees[usize::from(with_memory)] = Trees::learn(&rows, pairs, &members, self.top);
        }
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

fn joined(row: &[f32], told: Option<&[f32; WIDTH]>) -> Vec<f32> {
    row.iter().chain(told.into_iter().flatten()).copied().collect()
}

impl Trees {
    fn learn(rows: &[Vec<f32>], pairs: &[Pair], members: &[Vec<usize>], grades: u8) -> Self {
        if rows.is_empty() {
            return Self::default();
        }
        let table = Table::new(rows);
        let labels: Vec<u8> = pairs.iter().map(|pair| pair.label).collect();
        let growth = |seed| Growth {
            rounds: 150,
            rate: 0.06,
            leaves: 12,
            weight: 8.0,
            drag: 3.0,
            rows: 0.6,
            columns: 0.4,
            seed,
        };
        let classes = usize::from(grades) + 1;
        let grade = (1..=BAGS)
            .map(|seed| Boosted::grow(&table, classes, growth(seed), |sums| graded(sums, &labels)))
            .collect();
        let order = (1..=BAGS)
            .map(|seed| {
                let growth = Growth { weight: 2.0, ..growth(seed + 10) };
                Boosted::grow(&table, 1, growth, |sums| ordered(&sums[0], &labels, members))
            })
            .collect();
        Self { cuts: table.cuts, grade, order }
    }

    fn judge(&self, row: &[f32]) -> Judged {
        if self.grade.is_empty() {
            return Judged { score: 0.0, label: 0 };
        }
        let levels = self.cuts.levels(row);
        let mut sums: Vec<f32> = Vec::new();
        for boosted in &self.grade {
            let more = boosted.sums(&levels);
            sums.resize(more.len(), 0.0);
            sums.iter_mut().zip(&more).for_each(|(sum, more)| *sum += more / real(self.grade.len()));
        }
        let chances = softmax(&sums);
        let expected: f32 = (0u8..).zip(&chances).map(|(grade, chance)| f32::from(grade) * chance).sum();
        let order: f32 =
            self.order.iter().map(|boosted| boosted.sums(&levels)[0]).sum::<f32>() / real(self.order.len());
        let best = (0u8..).zip(&chances).reduce(|a, b| if b.1 > a.1 { b } else { a });
        Judged { score: expected + order, label: best.map_or(0, |(grade, _)| grade) }
    }
}

fn softmax(sums: &[f32]) -> Vec<f32> {
    let top = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let parts: Vec<f32> = sums.iter().map(|sum| (sum - top).exp()).collect();
    let total: f32 = parts.iter().sum();
    parts.iter().map(|part| part / total).collect()
}

/// Slopes of the log loss of the true grade.
fn graded(sums: &[Vec<f32>], labels: &[u8]) -> Vec<Vec<Slope>> {
    let mut slopes = vec![vec![Slope::default(); labels.len()]; sums.len()];
    for (row, label) in labels.iter().enumerate() {
        let at: Vec<f32> = sums.iter().map(|sums| sums[row]).collect();
        for (class, chance) in softmax(&at).into_iter().enumerate() {
            let wanted = if class == usize::from(*label) { 1.0 } else { 0.0 };
            slopes[class][row] =
                Slope { first: chance - wanted, second: (chance * (1.0 - chance)).max(1e-4) };
        }
    }
    slopes
}

/// Slopes of the log loss of every two titles of a question standing in the right order.
fn ordered(sums: &[f32], labels: &[u8], members: &[Vec<usize>]) -> Vec<Vec<Slope>> {
    let mut slopes = vec![Slope { first: 0.0, second: 1e-4 }; labels.len()];
    for group in members {
        let share = 1.0 / real(group.len().max(2) - 1);
        for (place, a) in group.iter().enumerate() {
            for b in &group[place + 1..] {
                if labels[*a] == labels[*b] {
                    continue;
                }
                let (up, down) = if labels[*a] > labels[*b] { (*a, *b) } else { (*b, *a) };
                let wrong = sigmoid(sums[down] - sums[up]);
                let (first, second) = (share * wrong, share * wrong * (1.0 - wrong));
                slopes[up].first -= first;
                slopes[down].first += first;
                slopes[up].second += second;
                slopes[down].second += second;
            }
        }
    }
    vec![slopes]
}
