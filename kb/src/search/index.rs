//! The full-text index: one segment in memory, built by one thread, so that it is the same every time.

use std::ops::Range;

use tantivy::{
    Index, IndexReader, ReloadPolicy, TantivyDocument, Term,
    collector::TopDocs,
    directory::RamDirectory,
    query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::TokenizerManager,
};

use super::{
    spelling::folded_text,
    words::{Pairs, Words, pairs},
};
use crate::{Article, Audience, Kb, Review};

/// Memory of the writer: at least, and more for each article than its postings fill.
const WRITER_BYTES: usize = 20_000_000;
const BYTES_PER_ARTICLE: usize = 8_000;
/// Words that stand in more than this share of the articles find too much to be worth looking up.
const COMMON: f32 = 0.2;
/// Most words and pairs that are looked up.
const MAX_WORDS: usize = 10;
const MAX_PAIRS: usize = 12;

#[derive(Debug, Clone, Copy)]
struct Fields {
    /// Title, questions and names of what it is about, as words.
    head: Field,
    /// The same as pairs of characters.
    pairs: Field,
    /// The sections as words.
    body: Field,
    /// Key of what it is about.
    about: Field,
    /// Departments and audience, for filters.
    tags: Field,
}

/// The index of the articles of one release.
pub(super) struct Articles {
    reader: IndexReader,
    fields: Fields,
    /// Number of articles.
    count: usize,
}

/// What to leave out.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) departments: Vec<String>,
    pub(super) audience: Option<Audience>,
}

/// What to look for.
pub(super) struct Wanted<'a> {
    /// Words with their weights.
    pub(super) words: &'a [(String, f32)],
    /// What articles should be about, by key, with points.
    pub(super) about: &'a [(String, f32)],
    /// Text whose pairs are looked for in titles, questions and names.
    pub(super) core: &'a str,
}

impl Articles {
    /// Indexes every article that is not refused; document numbers are positions in [`Kb::articles`].
    pub(super) fn build(kb: &Kb, words: &Words) -> tantivy::Result<Self> {
        let mut schema = Schema::builder();
        let text = |tokenizer: &str, option, has_lengths| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(option)
                .set_fieldnorms(has_lengths);
            TextOptions::default().set_indexing_options(indexing)
        };
        let fields = Fields {
            head: schema.add_text_field("head", text("words", IndexRecordOption::WithFreqs, true)),
            pairs: schema.add_text_field("pairs", text("pairs", IndexRecordOption::WithFreqs, true)),
            body: schema.add_text_field("body", text("words", IndexRecordOption::WithFreqs, true)),
            about: schema.add_text_field("about", text("raw", IndexRecordOption::WithFreqs, true)),
            tags: schema.add_text_field("tags", text("raw", IndexRecordOption::Basic, false)),
        };
        let tokenizers = TokenizerManager::default();
        tokenizers.register("words", words.clone());
        tokenizers.register("pairs", Pairs);
        let n_bytes = WRITER_BYTES + BYTES_PER_ARTICLE * kb.articles().len();
        let mut writer = Index::builder()
            .schema(schema.build())
            .tokenizers(tokenizers)
            .single_segment_index_writer(RamDirectory::create(), n_bytes)?;
        for article in kb.articles() {
            writer.add_document(document(kb, article, fields))?;
        }
        let index = writer.finalize()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { reader, fields, count: kb.articles().len() })
    }

    /// Inverse document frequency of a word, from 0 for one in every article to 1 for one in a single article.
    pub(super) fn rarity(&self, word: &str) -> f32 {
        let n_with = self.n_with(word);
        let n = self.count.max(2) as f32;
        if n_with == 0 {
            return 0.0;
        }
        (1.0 + n / n_with as f32).ln() / (1.0 + n).ln()
    }

    /// Number of articles with a word.
    pub(super) fn n_with(&self, word: &str) -> u64 {
        let searcher = self.reader.searcher();
        [self.fields.head, self.fields.body]
            .iter()
            .filter_map(|field| searcher.doc_freq(&Term::from_field_text(*field, word)).ok())
            .max()
            .unwrap_or(0)
    }

    /// Positions of the articles that fit best, best first.
    pub(super) fn candidates(&self, wanted: &Wanted<'_>, filter: &Filter, limit: usize) -> Vec<usize> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut add = |field: Field, text: &str, boost: f32| {
            let term = TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(term), boost)) as Box<dyn Query>));
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
        let n_common = (self.count as f32 * COMMON).max(50.0) as u64;
        let mut words: Vec<(&str, f32, u64)> =
            wanted.words.iter().map(|(word, weight)| (word.as_str(), *weight, self.n_with(word))).collect();
        words.retain(|(_, weight, n_with)| *n_with > 0 && *weight > 0.0);
        words.sort_by(|a, b| (a.2, a.0).cmp(&(b.2, b.0)));
        for (position, (word, weight, n_with)) in words.into_iter().take(MAX_WORDS).enumerate() {
            add(self.fields.head, word, 2.0 * weight);
            if n_with <= n_common || position < 2 {
                add(self.fields.body, word, weight);
            }
        }
        for (key, points) in wanted.about {
            add(self.fields.about, key, *points);
        }
        let core = folded_text(wanted.core);
        for range in spread(pairs(&core).collect()) {
            add(self.fields.pairs, &core[range], 0.8);
        }
        if clauses.is_empty() {
            return Vec::new();
        }
        let searcher = self.reader.searcher();
        let query = self.filtered(BooleanQuery::new(clauses), filter);
        let found = searcher.search(&*query, &TopDocs::with_limit(limit).order_by_score());
        found.unwrap_or_default().into_iter().map(|(_, address)| address.doc_id as usize).collect()
    }

    /// A union alone stays a union: its scorer can skip blocks that cannot reach the top.
    fn filtered(&self, union: BooleanQuery, filter: &Filter) -> Box<dyn Query> {
        let any = |tags: &[String]| {
            let terms = tags.iter().map(|tag| {
                let term = Term::from_field_text(self.fields.tags, tag);
                (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>)
            });
            let any = Box::new(BooleanQuery::new(terms.collect()));
            (Occur::Must, Box::new(ConstScoreQuery::new(any, 0.0)) as Box<dyn Query>)
        };
        let mut clauses = Vec::new();
        if !filter.departments.is_empty() {
            clauses.push(any(&filter.departments));
        }
        if let Some(audience) = filter.audience {
            clauses.push(any(&[audience.label().to_owned(), EVERYBODY.to_owned()]));
        }
        if clauses.is_empty() {
            return Box::new(union);
        }
        clauses.push((Occur::Must, Box::new(union)));
        Box::new(BooleanQuery::new(clauses))
    }
}

const EVERYBODY: &str = "所有人";

/// At most [`MAX_PAIRS`], evenly over the text.
fn spread(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let step = ranges.len().div_ceil(MAX_PAIRS).max(1);
    ranges.into_iter().step_by(step).collect()
}

fn document(kb: &Kb, article: &Article, fields: Fields) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    if article.review == Review::Rejected {
        return document;
    }
    let concept = kb.concept(article.about);
    for text in [&article.title, &concept.label].into_iter().chain(&article.keywords).chain(&concept.names) {
        document.add_text(fields.head, text);
        document.add_text(fields.pairs, text);
    }
    for section in &article.sections {
        document.add_text(fields.body, &section.text);
    }
    document.add_text(fields.about, &concept.key);
    if let Some(disease) = kb.disease_position(article.about) {
        for department in &kb.diseases[disease].departments {
            document.add_text(fields.tags, &kb.departments[*department].code);
        }
    }
    for audience in &article.audience {
        document.add_text(fields.tags, audience.label());
    }
    if article.audience.is_empty() {
        document.add_text(fields.tags, EVERYBODY);
    }
    document
}
