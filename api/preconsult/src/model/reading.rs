use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Most articles remembered of one person; the oldest are forgotten first.
const MOST: usize = 200;

/// What one person read of the health articles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readings {
    /// Last read last.
    articles: Vec<ReadArticle>,
}

/// An article somebody opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadArticle {
    pub article: String,
    pub at: DateTime<Utc>,
    /// None as long as nothing was said.
    pub was_useful: Option<bool>,
}

impl Readings {
    pub fn articles(&self) -> &[ReadArticle] {
        &self.articles
    }

    /// What was said of an article.
    pub fn opinion(&self, article: &str) -> Option<bool> {
        self.articles.iter().find(|read| read.article == article).and_then(|read| read.was_useful)
    }

    /// Puts an article last; what was said of it stays.
    pub fn open(&mut self, article: &str, at: DateTime<Utc>) {
        let was_useful = self.opinion(article);
        self.articles.retain(|read| read.article != article);
        self.articles.push(ReadArticle { article: article.to_owned(), at, was_useful });
        let surplus = self.articles.len().saturating_sub(MOST);
        self.articles.drain(..surplus);
    }

    /// Takes an opinion; gives back the one before.
    pub fn judge(&mut self, article: &str, at: DateTime<Utc>, was_useful: bool) -> Option<bool> {
        let before = self.opinion(article);
        if !self.articles.iter().any(|read| read.article == article) {
            self.open(article, at);
        }
        if let Some(read) = self.articles.iter_mut().find(|read| read.article == article) {
            read.was_useful = Some(was_useful);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opinion_stays_when_an_article_is_read_again_and_the_oldest_is_forgotten() {
        let mut readings = Readings::default();
        let at = DateTime::<Utc>::UNIX_EPOCH;
        readings.open("gout", at);
        assert_eq!(readings.judge("gout", at, true), None);
        assert_eq!(readings.judge("gout", at, false), Some(true));
        readings.open("flu", at);
        readings.open("gout", at);
        assert_eq!(readings.articles().last().map(|read| read.article.as_str()), Some("gout"));
        assert_eq!(readings.opinion("gout"), Some(false));
        for number in 0..MOST {
            readings.open(&number.to_string(), at);
        }
        assert_eq!((readings.articles().len(), readings.opinion("gout")), (MOST, None));
    }
}
