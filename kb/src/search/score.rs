//! The last word on the order: every candidate's reasons, added up.

use memchr::memmem::Finder;

use super::{
    answer::{Hit, Reason, ReasonKind},
    excerpt::{self, Needle, Places},
    graph::{self, Diseases},
    index::Articles,
    question::Question,
    words::pairs,
};
use crate::{Article, Audience, Concept, ConceptId, Kb, Part};

/// Points each kind of reason can add.
const NAMED: f32 = 6.0;
const KIN: f32 = 2.0;
/// A disease that is easily taken for the one named.
const ALTERNATIVE: f32 = 1.2;
const QUESTION: f32 = 4.5;
const SYMPTOMS: f32 = 4.0;
const TITLE: f32 = 3.0;
const TEXT: f32 = 2.0;
const SENTENCE: f32 = 1.0;
const PART: f32 = 1.0;
const FOR_THEM: f32 = 1.5;
const NOT_FOR_THEM: f32 = -1.5;
/// An article for children, pregnant women or teenagers only, where the question names nobody.
const SPECIAL: f32 = -0.6;
const COMMON: f32 = 1.2;
/// A disease that shows none of the symptoms told.
const WITHOUT: f32 = -1.5;
/// A disease that the people of the question do not get.
const IMPOSSIBLE: f32 = -3.0;
/// Fewest points of a hit, and of one that fits more than loosely.
pub(super) const LEAST: f32 = 0.6;
pub(super) const FITTING: f32 = 2.5;
/// A question written for the article counts from this likeness on.
const ALIKE: f32 = 0.3;

pub(super) struct Scorer<'a> {
    kb: &'a Kb,
    question: &'a Question,
    diseases: &'a Diseases,
    needles: Vec<Needle<'a>>,
    total: f32,
    /// Characters and pairs of the question's core, sorted.
    core: Vec<&'a str>,
    /// Memory used again for every article.
    places: Places,
    in_names: Vec<(ConceptId, u64)>,
}

pub(super) struct Scored {
    pub(super) article: usize,
    pub(super) score: f32,
    reasons: Vec<Reason>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(
        kb: &'a Kb,
        articles: &Articles,
        question: &'a Question,
        diseases: &'a Diseases,
    ) -> Self {
        let needles: Vec<Needle<'a>> = question
            .words
            .iter()
            .map(|word| Needle {
                text: &word.text,
                said: &word.said,
                weight: word.share * articles.rarity(&word.text).max(0.05),
                finder: Finder::new(word.text.as_bytes()),
            })
            .collect();
        let total = needles.iter().map(|needle| needle.weight).sum::<f32>().max(f32::MIN_POSITIVE);
        Self {
            kb,
            question,
            diseases,
            needles,
            total,
            core: grams(&question.core),
            places: Places::default(),
            in_names: Vec::new(),
        }
    }

    pub(super) fn score(&mut self, position: usize) -> Scored {
        let article = &self.kb.articles()[position];
        let concept = self.kb.concept(article.about);
        let disease = graph::disease(self.kb, article.about);
        let mut reasons = Vec::new();
        let mut add = |kind, what: String, points: f32| {
            if points != 0.0 {
                reasons.push(Reason { kind, what, points });
            }
        };
        if let Some((kind, what, points)) = self.named(article, concept) {
            add(kind, what, points);
        }
        if let Some((asked, likeness)) = self.likest(article) {
            add(ReasonKind::Question, asked.to_owned(), QUESTION * likeness);
        }
        if let Some(disease) = disease {
            for &(symptom, weight) in &self.diseases.symptoms {
                if let Some(link) = self.kb.index.link(symptom, disease) {
                    let label = &self.kb.concept(self.kb.symptoms[symptom].id).label;
                    add(ReasonKind::Symptom, label.clone(), SYMPTOMS * weight * link.probability);
                }
            }
            if !self.diseases.symptoms.is_empty() && self.diseases.shares[disease] < 0.02 {
                add(ReasonKind::Symptom, String::new(), WITHOUT);
            }
            let audience = &self.question.audience;
            if graph::is_impossible(self.kb, disease, audience) {
                add(ReasonKind::Common, "这些人一般不得这个病".to_owned(), IMPOSSIBLE);
            } else {
                let common = graph::common(self.kb, disease, audience);
                add(ReasonKind::Common, "较常见".to_owned(), COMMON * common);
            }
        }
        self.words(article, &mut add);
        if let Some((label, points)) = self.audience(article) {
            add(ReasonKind::Audience, label, points);
        }
        let score = reasons.iter().map(|reason| reason.points).sum();
        // What everybody may have is no reason to be found.
        let is_found = reasons.iter().any(|reason| {
            reason.points > 0.0 && !matches!(reason.kind, ReasonKind::Common | ReasonKind::Audience)
        });
        Scored { article: position, score: if is_found { score } else { 0.0 }, reasons }
    }

    /// The hit with its reasons, title marks and passage.
    pub(super) fn hit(&self, scored: Scored) -> Hit {
        let article = &self.kb.articles()[scored.article];
        let mut reasons = scored.reasons;
        reasons.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()).then(a.kind.cmp(&b.kind)));
        let heard = self.question.heard.iter().map(|heard| self.kb.concept(heard.concept));
        let mut marked: Vec<&str> = heard
            .flat_map(|concept| std::iter::once(&concept.label).chain(&concept.names))
            .map(String::as_str)
            .chain(self.needles.iter().map(|needle| needle.text))
            .filter(|text| text.chars().nth(1).is_some())
            .collect();
        marked.sort_unstable();
        marked.dedup();
        let excerpt = excerpt::passage(article, &self.needles, &self.question.parts, &marked);
        Hit {
            article: scored.article,
            score: scored.score,
            title_marks: excerpt::marks(&article.title, &marked),
            excerpt,
            reasons,
        }
    }

    fn named(&self, article: &Article, concept: &Concept) -> Option<(ReasonKind, String, f32)> {
        let points = |heard: &super::Heard| {
            let other = self.kb.concept(heard.concept);
            if heard.concept == article.about {
                (ReasonKind::Name, NAMED * heard.how.certainty())
            } else if concept.broader.contains(&heard.concept) || other.broader.contains(&article.about) {
                (ReasonKind::Kin, KIN * heard.how.certainty())
            } else if self.is_alternative(heard.concept, article.about) {
                (ReasonKind::Kin, ALTERNATIVE * heard.how.certainty())
            } else {
                (ReasonKind::Kin, 0.0)
            }
        };
        let best = self.question.heard.iter().map(|heard| (points(heard), heard));
        let ((kind, points), heard) =
            best.max_by(|a, b| a.0.1.total_cmp(&b.0.1)).filter(|best| best.0.1 > 0.0)?;
        let label = &self.kb.concept(heard.concept).label;
        let what = if heard.said == *label { label.clone() } else { format!("{label}（{}）", heard.said) };
        Some((kind, what, points))
    }

    /// Whether the graph names one disease as a differential of the other.
    fn is_alternative(&self, named: ConceptId, other: ConceptId) -> bool {
        graph::disease(self.kb, named).is_some_and(|disease| {
            let differentials = &self.kb.diseases[disease].differentials;
            differentials.iter().any(|differential| differential.disease == other)
        })
    }

    /// The question written for the article that is most like the one asked.
    fn likest(&self, article: &'a Article) -> Option<(&'a str, f32)> {
        let likeness = |asked: &str| {
            let asked = grams(asked);
            let n_shared = shared(&self.core, &asked) as f32;
            0.7 * n_shared / self.core.len().max(1) as f32 + 0.3 * n_shared / asked.len().max(1) as f32
        };
        let all = article.keywords.iter().map(|asked| (asked.as_str(), likeness(asked)));
        all.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, likeness)| *likeness >= ALIKE)
    }

    fn words(&mut self, article: &Article, add: &mut impl FnMut(ReasonKind, String, f32)) {
        let mut places = std::mem::take(&mut self.places);
        places.find(article, &self.needles);
        let in_names = self.in_names(article.about);
        let (mut title, mut text) = (Vec::new(), Vec::new());
        let (mut title_weight, mut text_weight, mut part_weight) = (0.0f32, 0.0f32, 0.0f32);
        for (word, needle) in self.needles.iter().enumerate() {
            let is_in = |text: &str| needle.finder.find(text.as_bytes()).is_some();
            let place = if in_names & bit(word) != 0 || is_in(&article.title) {
                1.0
            } else if article.keywords.iter().any(|asked| is_in(asked)) {
                0.8
            } else {
                0.0
            };
            if place > 0.0 {
                title_weight += place * needle.weight;
                title.push(needle.said);
            }
            let mut n_found = 0u16;
            for (section, times) in article.sections.iter().zip(places.times(word)) {
                n_found += u16::try_from(times).unwrap_or(u16::MAX);
                if times > 0 && self.question.parts.contains(&section.part) {
                    part_weight += needle.weight;
                }
            }
            if n_found > 0 {
                let n_found = f32::from(n_found);
                text_weight += needle.weight * n_found / (n_found + 0.8);
                text.push(needle.said);
            }
        }
        add(ReasonKind::Title, joined(&title), TITLE * title_weight / self.total);
        add(ReasonKind::Text, joined(&text), TEXT * text_weight / self.total);
        if text.len() > 1 {
            let best = places.best_sentence(article, &self.needles);
            if let Some((_, found)) = best.filter(|(_, found)| found.n_words > 1) {
                add(ReasonKind::Sentence, "几个词".to_owned(), SENTENCE * found.weight / self.total);
            }
        }
        if part_weight > 0.0 {
            let parts: Vec<&str> = self.question.parts.iter().map(|part: &Part| part.label()).collect();
            add(ReasonKind::Part, parts.join("、"), PART * part_weight / self.total);
        }
        self.places = places;
    }

    /// Which words stand in the names of a concept; many articles are about the same few.
    fn in_names(&mut self, about: ConceptId) -> u64 {
        if let Some((_, known)) = self.in_names.iter().find(|(concept, _)| *concept == about) {
            return *known;
        }
        let concept = self.kb.concept(about);
        let mut found = 0;
        for (word, needle) in self.needles.iter().enumerate() {
            let mut names = std::iter::once(&concept.label).chain(&concept.names);
            if names.any(|name| needle.finder.find(name.as_bytes()).is_some()) {
                found |= bit(word);
            }
        }
        self.in_names.push((about, found));
        found
    }

    fn audience(&self, article: &Article) -> Option<(String, f32)> {
        let wanted = &self.question.audience;
        let is_special = |audience: &Audience| {
            matches!(audience, Audience::Child | Audience::Pregnant | Audience::Teenager)
        };
        let label = |all: &[Audience]| all.iter().map(|one| one.label()).collect::<Vec<_>>().join("、");
        if article.audience.is_empty() {
            return None;
        }
        if wanted.is_empty() {
            let is_special = article.audience.iter().all(is_special);
            return is_special.then(|| ("一般读者".to_owned(), SPECIAL));
        }
        let fitting: Vec<Audience> =
            wanted.iter().copied().filter(|audience| article.audience.contains(audience)).collect();
        if fitting.is_empty() {
            return Some((label(wanted), NOT_FOR_THEM));
        }
        let share = fitting.len() as f32 / wanted.len() as f32;
        // An article for nobody else fits better than one for many.
        let focus = 0.5 + 0.5 * fitting.len() as f32 / article.audience.len() as f32;
        Some((label(&fitting), FOR_THEM * share * focus))
    }
}

/// Words past the 64th are not kept apart; a question has fewer.
fn bit(word: usize) -> u64 {
    1 << word.min(63)
}

/// Chinese characters, pairs of them, and Latin words, sorted.
fn grams(text: &str) -> Vec<&str> {
    let mut grams: Vec<&str> = pairs(text).map(|range| &text[range]).collect();
    let singles = text.char_indices().filter(|(_, c)| c.is_alphanumeric());
    grams.extend(singles.map(|(at, c)| &text[at..at + c.len_utf8()]));
    grams.sort_unstable();
    grams
}

/// Number of entries that two sorted lists share.
fn shared(mut first: &[&str], mut second: &[&str]) -> usize {
    let mut n_shared = 0;
    while let ([one, others @ ..], [two, rest @ ..]) = (first, second) {
        let order = one.cmp(two);
        n_shared += usize::from(order.is_eq());
        first = if order.is_le() { others } else { first };
        second = if order.is_ge() { rest } else { second };
    }
    n_shared
}

fn joined(words: &[&str]) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for word in words {
        if !distinct.contains(word) {
            distinct.push(word);
        }
    }
    distinct.iter().flat_map(|word| ["“", word, "”"]).collect()
}
