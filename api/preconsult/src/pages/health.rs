//! Health articles: search, recommendation, reading, opinion.

use std::ops::Range;

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
};
use engine::{
    recommend::Recommendation,
    search::{self, Article, Audience, Hit, Kb, Review, Way},
};
use platform::{
    Problem,
    http::{Form, Json, Path, Query, page},
    session::SignedInResident,
};
use serde::Deserialize;
use ui::Frame;

use crate::{Service, service};

/// Recommendations beside something else, on the page of articles, and hits of a search.
pub(super) const ADVICE: usize = 3;
const SHELF: usize = 8;
const HITS: usize = 10;
/// Articles read of late, related ones, and completions.
const READ: usize = 5;
const RELATED: usize = 4;
const COMPLETIONS: usize = 8;
/// Longest question.
const LONGEST: usize = 100;

/// An article in a list, with why it is there.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "preconsult/health.html")]
struct ShelfPage {
    frame: Frame,
    text: String,
    audience: String,
    department: String,
    is_narrowed: bool,
    audiences: Vec<&'static str>,
    departments: Vec<(String, String)>,
    found: Option<Found>,
    cards: Vec<Card>,
    read: Vec<Card>,
}

/// What a search found, as it is shown.
struct Found {
    heard: String,
    is_loose: bool,
    is_urgent: bool,
    hits: Vec<Shown>,
    near: Vec<String>,
    ways: Vec<String>,
}

type Pieces = Vec<(bool, String)>;

struct Shown {
    id: String,
    title: Pieces,
    part: &'static str,
    excerpt: Pieces,
    reason: String,
}

#[derive(Template)]
#[template(path = "preconsult/health_article.html")]
struct ArticlePage {
    frame: Frame,
    article: Article,
    audience: String,
    is_reviewed: bool,
    sections: Vec<Section>,
    opinion: Option<bool>,
    related: Vec<Card>,
}

struct Section {
    title: &'static str,
    blocks: Vec<Block>,
}

enum Block {
    Text(String),
    List(Vec<String>),
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default, rename = "for")]
    audience: String,
    #[serde(default)]
    department: String,
}

#[derive(Deserialize)]
pub(super) struct Opinion {
    useful: Useful,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Useful {
    Yes,
    No,
}

/// The articles for a resident, or what a search found.
pub(super) async fn shelf(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let text: String = asked.q.trim().chars().take(LONGEST).collect();
    let kb = service.engine.kb();
    let shelf = service::shelf(&service, who.id, SHELF).await?;
    let found = (!text.is_empty()).then(|| found(&service, &text, &asked));
    let today = service.app.clock.today();
    let read = shelf.readings.articles().iter().rev().filter_map(|read| {
        let article = kb.articles().iter().find(|article| article.id == read.article)?;
        Some(card(article, format!("{} 看过", ui::format::moment(read.at, today))))
    });
    let view = ShelfPage {
        frame: frame.with_csrf(who.session.csrf),
        is_narrowed: !(asked.audience.is_empty() && asked.department.is_empty()),
        audiences: Audience::NAMES.map(|(name, _)| name).to_vec(),
        departments: departments(kb),
        cards: cards(&service, &shelf.recommended),
        read: read.take(READ).collect(),
        audience: asked.audience,
        department: asked.department,
        found,
        text,
    };
    page(view.render())
}

/// Completions of what was typed, as a JSON list of texts.
pub(super) async fn suggestions(
    State(service): State<Service>,
    _: SignedInResident,
    Query(asked): Query<Asked>,
) -> Json<Vec<String>> {
    let typed: String = asked.q.chars().take(LONGEST).collect();
    Json(service.engine.suggest(&typed, COMPLETIONS).into_iter().map(|found| found.text).collect())
}

/// An article; that it was opened is remembered for the resident alone.
pub(super) async fn read(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let kb = service.engine.kb();
    let at = kb.articles().iter().position(|article| article.id == id && article.review != Review::Rejected);
    let at = at.ok_or_else(Problem::not_found)?;
    let opinion = service::open_article(&service, who.id, &id).await?;
    let article = kb.articles()[at].clone();
    let related = service.engine.related(at, RELATED).into_iter().map(|related| {
        let reason = related.links.first().map_or_else(String::new, |link| link.text(kb));
        card(&kb.articles()[related.article], reason)
    });
    let view = ArticlePage {
        frame: frame.with_csrf(who.session.csrf),
        audience: article.audience.iter().map(|of| of.label()).collect::<Vec<_>>().join("、"),
        is_reviewed: article.review == Review::Reviewed,
        sections: article.sections.iter().map(section).collect(),
        related: related.collect(),
        opinion,
        article,
    };
    page(view.render())
}

pub(super) async fn judge(
    State(service): State<Service>,
    who: SignedInResident,
    Path(id): Path<String>,
    Form(opinion): Form<Opinion>,
) -> Result<Redirect, Problem> {
    service::judge_article(&service, who.id, &id, opinion.useful == Useful::Yes).await?;
    Ok(Redirect::to(&format!("/health/articles/{id}")))
}

pub(super) async fn forget(
    State(service): State<Service>,
    who: SignedInResident,
) -> Result<Redirect, Problem> {
    service::forget_readings(&service, who.id).await?;
    Ok(Redirect::to("/health"))
}

/// Recommendations as cards, each with its strongest reasons.
pub(super) fn cards(service: &Service, recommended: &[Recommendation]) -> Vec<Card> {
    let kb = service.engine.kb();
    let of = |one: &Recommendation| {
        let reasons: Vec<String> = one.reasons.iter().take(2).map(|reason| reason.ground.text(kb)).collect();
        card(&kb.articles()[one.article], reasons.join(" · "))
    };
    recommended.iter().map(of).collect()
}

fn card(article: &Article, reason: String) -> Card {
    Card { id: article.id.clone(), title: article.title.clone(), reason }
}

fn found(service: &Service, text: &str, asked: &Asked) -> Found {
    let kb = service.engine.kb();
    let audience = Audience::NAMES.iter().find(|(name, _)| *name == asked.audience).map(|(_, of)| *of);
    let department = kb.departments.iter().find(|known| known.code == asked.department);
    let department = department.map(|known| known.code.as_str());
    let answer = service.engine.search(&search::Query { text, department, audience, limit: HITS });
    let guessed = answer.heard.iter().filter(|heard| heard.how.is_guess());
    let ways = answer.ways.iter().filter(|way| **way != Way::Emergency).map(|way| way.text(kb));
    Found {
        heard: guessed.map(|heard| kb.concept(heard.concept).label.clone()).collect::<Vec<_>>().join("、"),
        is_loose: answer.is_loose,
        is_urgent: answer.ways.contains(&Way::Emergency),
        hits: answer.hits.iter().map(|hit| shown(kb, hit)).collect(),
        near: answer.near.iter().map(|near| near.name.clone()).collect(),
        ways: ways.collect(),
    }
}

fn shown(kb: &Kb, hit: &Hit) -> Shown {
    let article = &kb.articles()[hit.article];
    Shown {
        id: article.id.clone(),
        title: pieces(&article.title, &hit.title_marks),
        part: hit.excerpt.part.label(),
        excerpt: pieces(&hit.excerpt.text, &hit.excerpt.marks),
        reason: hit.reasons.first().map_or_else(String::new, search::Reason::text),
    }
}

/// A text cut where marks begin and end.
pub(crate) fn pieces(text: &str, marks: &[Range<usize>]) -> Pieces {
    let mut pieces = Vec::new();
    let mut from = 0;
    for mark in marks {
        pieces.push((false, text[from..mark.start].to_owned()));
        pieces.push((true, text[mark.clone()].to_owned()));
        from = mark.end;
    }
    pieces.push((false, text[from..].to_owned()));
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

fn section(section: &search::Section) -> Section {
    let mut blocks: Vec<Block> = Vec::new();
    for line in section.text.lines().filter(|line| !line.trim().is_empty()) {
        match (line.strip_prefix("- "), blocks.last_mut()) {
            (Some(item), Some(Block::List(items))) => items.push(item.to_owned()),
            (Some(item), _) => blocks.push(Block::List(vec![item.to_owned()])),
            (None, _) => blocks.push(Block::Text(line.to_owned())),
        }
    }
    Section { title: section.part.label(), blocks }
}

/// Departments that some article belongs to first, for the filter.
fn departments(kb: &Kb) -> Vec<(String, String)> {
    let first = |article: &Article| {
        kb.diseases
            .get(kb.disease_position(article.about)?)
            .and_then(|disease| disease.departments.first().copied())
    };
    let mut found: Vec<usize> = kb.articles().iter().filter_map(first).collect();
    found.sort_unstable();
    found.dedup();
    let of = |at: usize| (kb.departments[at].code.clone(), kb.departments[at].label.clone());
    found.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cut_a_text() {
        let range = Range { start: 3, end: 6 };
        assert_eq!(
            pieces("甲乙丙", &[range]),
            [(false, "甲".into()), (true, "乙".into()), (false, "丙".into())]
        );
        assert_eq!(pieces("甲", &[]), [(false, "甲".to_owned())]);
    }
}
