//! Search over the health articles as a person types: the reader of text and the search of the release together.

pub use kb::search::{
    Answer, Excerpt, Heard, Hit, How, Link, Near, Reason, ReasonKind, Related, Suggestion, Target, Way,
};
pub use kb::{Article, Audience, Kb, Review, Section};
use kb::{
    ConceptKind,
    search::{Mention, Request},
};
use nlp::{Speaker, Status, Whose};

use crate::Engine;

/// A search as a page or the command line asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// As typed; any text is fine.
    pub text: &'a str,
    /// Only articles on what this department treats, by code; `07` covers `07.04`.
    pub department: Option<&'a str>,
    /// Only articles for these people or for everybody.
    pub audience: Option<Audience>,
    /// Most hits.
    pub limit: usize,
}

impl Engine {
    /// Ranked articles with their reasons, and always a way on. What the text denies (没有发烧) is not searched for.
    pub fn search(&self, query: &Query<'_>) -> Answer {
        let request = Request {
            text: query.text,
            mentions: self.mentions(query.text),
            department: query.department,
            audience: query.audience,
            limit: query.limit,
        };
        self.articles().find(self.kb(), &request)
    }

    /// Completions of what has been typed so far.
    pub fn suggest(&self, typed: &str, limit: usize) -> Vec<Suggestion> {
        self.articles().suggest(self.kb(), typed, limit)
    }

    /// Other articles that belong to one (position in [`kb::Kb::articles`]), each with what links them.
    pub fn related(&self, article: usize, limit: usize) -> Vec<Related> {
        self.articles().related(self.kb(), article, limit)
    }

    /// A relative's illness in a search is what the search is about (我妈高血压), so whose it is does not matter.
    fn mentions(&self, text: &str) -> Vec<Mention> {
        let extraction = self.extractor().extract(text, Speaker::Patient);
        let found = extraction.findings.iter().filter_map(|finding| {
            let kind = self.kb().concept(finding.concept).kind;
            let is_about_health = matches!(kind, ConceptKind::Symptom | ConceptKind::Disease);
            let range = finding.span.start as usize..finding.span.end as usize;
            let is_denied = finding.status == Status::No && finding.whose == Whose::Patient;
            is_about_health.then_some(Mention { concept: finding.concept, range, is_denied })
        });
        found.collect()
    }
}
