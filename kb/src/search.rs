//! Search over the health articles: everyday words in, ranked articles with their reasons out.
//!
//! A question is read with the lexicon (names, also misspelt, by sound, in pinyin or first letters) and with
//! `lexicon/search.tsv` (words that say nothing, for whom, which section, same meaning). Candidates come from the
//! full-text index and, over the symptoms named, from the graph; one scorer ranks them. Nothing here does I/O or
//! draws chance: the same release and question give the same answer.

#![expect(clippy::cast_precision_loss, reason = "counts of words, articles and diseases are small")]

mod answer;
mod cues;
mod excerpt;
mod graph;
mod index;
mod names;
mod question;
mod related;
mod score;
mod spelling;
mod suggest;
#[cfg(test)]
mod tests;
mod ways;
mod words;

use std::ops::Range;

pub use answer::{Answer, Excerpt, Heard, Hit, How, Near, Reason, ReasonKind, Way};
pub use related::{Link, Related};
pub use suggest::{Suggestion, Target};

use crate::{Audience, ConceptId, Fault, Kb, Severity};

/// What a reader of text found in a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The concept.
    pub concept: ConceptId,
    /// Bytes of the question.
    pub range: Range<usize>,
    /// Whether the question says that it is not so (没有发烧).
    pub is_denied: bool,
}

/// A search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// As typed; any text is fine.
    pub text: &'a str,
    /// What a reader of text made of it; may be empty.
    pub mentions: Vec<Mention>,
    /// Only articles on what this department treats, by code; a code covers those below it (07 covers 07.04).
    pub department: Option<&'a str>,
    /// Only articles for these people or for everybody.
    pub audience: Option<Audience>,
    /// Most hits.
    pub limit: usize,
}

/// Everything a search needs, compiled from one release.
pub struct Search {
    cues: cues::Cues,
    names: names::Names,
    cutter: words::Words,
    articles: index::Articles,
    suggestions: suggest::Suggestions,
    /// Positions of the articles about each concept.
    about: Vec<Vec<u32>>,
    graph: graph::Weights,
}

/// Articles that the scorer looks at.
const N_CANDIDATES: usize = 100;

impl Search {
    /// Compiles the search of a release; faults name the line of a word in `lexicon/search.tsv`.
    pub fn build(kb: &Kb) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let cues = cues::Cues::new(&kb.search_words, &mut faults);
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            return Err(faults);
        }
        let cutter = words::Words::new(kb);
        let articles = index::Articles::build(kb, &cutter).map_err(|error| {
            vec![Fault::error("articles", 0, "KB040", format!("文章索引建不起来：{error}"))]
        })?;
        let names = names::Names::new(kb, &cues);
        let suggestions = suggest::Suggestions::new(kb, &names);
        let mut about = vec![Vec::new(); kb.concepts.len()];
        for (position, article) in (0u32..).zip(kb.articles()) {
            if article.review != crate::Review::Rejected {
                about[article.about.index()].push(position);
            }
        }
        Ok(Self { graph: graph::Weights::new(kb), cues, names, cutter, articles, suggestions, about })
    }

    /// Ranked articles with their reasons, and always a way on. `kb` is the release the search was built from.
    pub fn find(&self, kb: &Kb, request: &Request<'_>) -> Answer {
        let question = question::Question::read(
            kb,
            &self.names,
            &self.cues,
            &self.cutter,
            request.text,
            &request.mentions,
        );
        let words: Vec<(String, f32)> =
            question.words.iter().map(|word| (word.text.clone(), word.share)).collect();
        let diseases = self.graph.diseases(kb, &question);
        let about = graph::wanted(kb, &question, &diseases);
        let filter = filter(kb, request);
        let wanted = index::Wanted { words: &words, about: &about, core: &question.core };
        let candidates = self.articles.candidates(&wanted, &filter, N_CANDIDATES);
        let mut scorer = score::Scorer::new(kb, &self.articles, &question, &diseases);
        let mut ranked: Vec<score::Scored> =
            candidates.into_iter().map(|position| scorer.score(position)).collect();
        ranked.retain(|one| one.score >= score::LEAST);
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
        ranked.truncate(request.limit);
        let hits: Vec<Hit> = ranked.into_iter().map(|one| scorer.hit(one)).collect();
        ways::complete(self, kb, question, &diseases, hits)
    }

    /// Completions of what has been typed so far: names, titles and questions, by characters, pinyin or first letters.
    pub fn suggest(&self, kb: &Kb, typed: &str, limit: usize) -> Vec<Suggestion> {
        self.suggestions.find(kb, &self.names, &self.about, typed, limit)
    }

    /// Other articles that belong to one, by the graph, each with what links them.
    pub fn related(&self, kb: &Kb, article: usize, limit: usize) -> Vec<Related> {
        related::related(kb, &self.graph, &self.about, article, limit)
    }

    /// Positions in [`Kb::articles`] of the articles about a concept.
    pub fn about(&self, concept: ConceptId) -> &[u32] {
        self.about.get(concept.index()).map_or(&[], Vec::as_slice)
    }
}

fn filter(kb: &Kb, request: &Request<'_>) -> index::Filter {
    let departments = request.department.map_or_else(Vec::new, |wanted| {
        let below = format!("{wanted}.");
        let codes = kb.departments.iter().map(|department| &department.code);
        let mut codes: Vec<String> =
            codes.filter(|code| *code == wanted || code.starts_with(&below)).cloned().collect();
        if codes.is_empty() {
            // A department nobody knows treats nothing.
            codes.push(wanted.to_owned());
        }
        codes
    });
    index::Filter { departments, audience: request.audience }
}
