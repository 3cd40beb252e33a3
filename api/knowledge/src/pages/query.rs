//! A box for SPARQL with examples and the answer as a table.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kb::sparql::Answer;
use platform::{Problem, http::page, rights::Right};
use ui::Frame;

use super::staff_frame;
use crate::{KnowledgeError, Releases, http::Question, model::short, service};

/// Rows drawn on the page.
const N_SHOWN: usize = 500;

/// A question to begin with.
struct Example {
    title: &'static str,
    query: &'static str,
}

const EXAMPLES: [Example; 6] = [
    Example {
        title: "有“咳嗽”的疾病，多见的在前",
        query: "SELECT ?疾病 ?频率 {
  ?症状 skos:prefLabel \"咳嗽\"@zh .
  ?d a jy:Disease ; skos:prefLabel ?疾病 ; jy:hasSymptom [ jy:symptom ?症状 ; jy:frequency ?频率 ] .
  VALUES (?频率 ?n) { (jy:obligate 5) (jy:veryFrequent 4) (jy:frequent 3) (jy:occasional 2) (jy:rare 1) }
} ORDER BY DESC(?n) ?疾病",
    },
    Example {
        title: "各科室首诊多少种疾病",
        query: "SELECT ?科室 (COUNT(?d) AS ?疾病数) {
  ?d jy:treatedIn ?dept . ?dept skos:prefLabel ?科室
} GROUP BY ?科室 ORDER BY DESC(?疾病数)",
    },
    Example {
        title: "没有疾病用到的症状",
        query: "SELECT ?症状 ?名称 {
  ?症状 a jy:Symptom ; skos:prefLabel ?名称 .
  FILTER NOT EXISTS { [] jy:symptom ?症状 }
} ORDER BY ?名称",
    },
    Example {
        title: "单向的鉴别：甲写了乙，乙没有写甲",
        query: "SELECT ?甲 ?乙 {
  ?a jy:differential [ jy:disease ?b ] ; skos:prefLabel ?甲 .
  ?b skos:prefLabel ?乙 .
  FILTER NOT EXISTS { ?b jy:differential [ jy:disease ?a ] }
} ORDER BY ?甲",
    },
    Example {
        title: "一个疾病的全部陈述", query: "DESCRIBE ?d { ?d skos:prefLabel \"痛风\"@zh }"
    },
    Example {
        title: "还没有审核的急症",
        query: "SELECT ?疾病 { ?d a jy:Disease ; jy:urgency jy:emergency ; jy:review jy:draft ; skos:prefLabel ?疾病 } ORDER BY ?疾病",
    },
];

#[derive(Template)]
#[template(path = "knowledge/sparql.html")]
struct QueryPage {
    frame: Frame,
    query: String,
    release: String,
    /// The one asked for, when it is not the one in use.
    wanted: String,
    examples: Vec<Example>,
    result: Shown,
}

enum Shown {
    Nothing,
    Refused { message: String, place: Option<(u32, u32)> },
    Boolean(bool),
    Table { columns: Vec<String>, rows: Vec<Vec<String>>, n_all: usize, is_cut: bool },
    Text { text: String, is_cut: bool },
}

/// Answers a browser.
pub(crate) async fn show(
    releases: &Releases,
    who: &Right,
    frame: Frame,
    question: Question,
) -> Result<Response, Problem> {
    let wanted = question.release.filter(|release| !release.is_empty());
    let engine = service::engine(releases, wanted.as_deref()).await?;
    let release = short(&engine.kb().release).to_owned();
    let query = question.query.unwrap_or_default();
    let (status, result) = if query.trim().is_empty() {
        (StatusCode::OK, Shown::Nothing)
    } else {
        match service::ask(releases, engine, query.clone()).await {
            Ok(answer) => (StatusCode::OK, shown(&answer)?),
            Err(KnowledgeError::Query(refusal)) => {
                let message = refusal.to_string();
                (StatusCode::UNPROCESSABLE_ENTITY, Shown::Refused { message, place: refusal.place })
            }
            Err(error) => return Err(error.into()),
        }
    };
    let shown = QueryPage {
        frame: staff_frame(releases, who, frame).await?,
        query,
        release,
        wanted: wanted.unwrap_or_default(),
        examples: EXAMPLES.into(),
        result,
    };
    Ok((status, page(shown.render())?).into_response())
}

fn shown(answer: &Answer) -> Result<Shown, KnowledgeError> {
    Ok(match answer {
        Answer::Boolean(is_so) => Shown::Boolean(*is_so),
        Answer::Table(table) => Shown::Table {
            columns: table.columns().map(str::to_owned).collect(),
            rows: table.rows().take(N_SHOWN).collect(),
            n_all: table.terms().len(),
            is_cut: table.is_cut,
        },
        Answer::Graph { is_cut, .. } => {
            Shown::Text { text: String::from_utf8_lossy(&answer.serialize()?).into_owned(), is_cut: *is_cut }
        }
    })
}
