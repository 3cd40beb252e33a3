//! Quality rules as a list and as a form, tried on a record (质控设置).

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
};
use kb::Fault;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::Right,
};
use rules::quality::{Book, Category, Finding, Level, NoScores, Point, Schema, Status, outline::Outline};
use serde::Deserialize;
use ui::Frame;

use super::{
    file::{Head, Topic, opened},
    staff_frame,
};
use crate::{KnowledgeError, Releases, http, service::draft};

#[derive(Template)]
#[template(path = "knowledge/quality/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// How many rules there are of each level.
    levels: Vec<(&'static str, usize)>,
}

struct Row {
    name: String,
    title: String,
    level: &'static str,
    tone: &'static str,
    category: &'static str,
    place: String,
    points: String,
    status: &'static str,
    /// Who changed the draft.
    draft: Option<String>,
}

pub(super) async fn list(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let engine = releases.current().load();
    let rules = engine.library().quality.as_ref().map(Book::rules).unwrap_or_default();
    let mut drafts: BTreeMap<String, String> = BTreeMap::new();
    for found in draft::list_drafts(&releases).await? {
        if let Some(name) = name_of(&found.file) {
            drafts.insert(name.to_owned(), found.edited_by);
        }
    }
    let mut rows: Vec<(Level, Row)> = Vec::new();
    for rule in rules {
        let Some(name) = name_of(&rule.file) else { continue };
        let row = Row {
            title: rule.name.clone(),
            level: rule.level.word(),
            tone: tone(rule.level),
            category: rule.category.word(),
            place: rule.place.clone(),
            points: rule.points.iter().map(|point| point.word()).collect::<Vec<_>>().join("、"),
            status: rule.status.word(),
            draft: drafts.get(name).cloned(),
            name: name.to_owned(),
        };
        rows.push((rule.level, row));
    }
    rows.sort_by(|a, b| (a.0, a.1.category, &a.1.name).cmp(&(b.0, b.1.category, &b.1.name)));
    let count = |level: &Level| (level.word(), rules.iter().filter(|rule| rule.level == *level).count());
    let levels = Level::ALL.iter().map(count).collect();
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    page(ListPage { frame: staff_frame(&releases, &who, frame).await?, rows, levels }.render())
}

#[derive(Template)]
#[template(path = "knowledge/quality/rule.html")]
struct RulePage {
    frame: Frame,
    head: Head,
    faults: Vec<Fault>,
    choices: Vec<(&'static str, String, Vec<&'static str>)>,
    points: Vec<(&'static str, bool)>,
    lines: Vec<(&'static str, String, &'static str)>,
    clauses: Vec<(&'static str, String, &'static str)>,
    /// Sections and facts.
    places: Vec<String>,
    version: i64,
    facts: String,
    tried: Option<Tried>,
}

/// What came of a record.
enum Tried {
    /// It cannot be read, or the rule does not compile.
    Refused(Vec<String>),
    Hit(Box<Finding>),
    Open(String),
    Miss,
}

#[derive(Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    facts: String,
}

pub(super) async fn show(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    Path(name): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Html<String>, Problem> {
    let (head, faults) = opened(&releases, &who, Topic::Quality, &name).await?;
    let outline = Outline::read(&head.opened.file, &head.opened.text).unwrap_or_default();
    let engine = releases.current().load();
    let schema = engine.library().quality.as_ref().map(|book| book.schema().clone()).unwrap_or_default();
    let value = |key: &str| outline.value(key).to_owned();
    let points = value("时机");
    let tried = (!shown.facts.trim().is_empty())
        .then(|| tried(schema.clone(), &head.opened.file, &head.opened.text, &shown.facts));
    let mut places = schema.sections().to_vec();
    places.extend(schema.fields().iter().map(|field| field.name.clone()));
    page(
        RulePage {
            frame: staff_frame(&releases, &who, frame).await?,
            choices: vec![
                ("级别", value("级别"), Level::ALL.iter().map(|level| level.word()).collect()),
                ("类别", value("类别"), Category::ALL.iter().map(|category| category.word()).collect()),
                ("状态", value("状态"), Status::ALL.iter().map(|status| status.word()).collect()),
            ],
            points: Point::ALL.iter().map(|point| (point.word(), points.contains(point.word()))).collect(),
            lines: vec![
                ("名称", value("名称"), "医生和患者看到的名字"),
                ("位置", value("位置"), "指着病历的哪一段或哪一项"),
                ("来源", value("来源"), "依据的规范、共识或专家，审核时核对"),
            ],
            clauses: vec![
                ("适用", value("适用"), "管哪些人，可不写；如 年龄 < 3岁"),
                ("当", value("当"), "符合就命中；没问到的是未知，不等于否"),
                ("除非", value("除非"), "这时不算，可不写"),
                ("模型", value("模型"), "模型评分的条件，可不写；没有评分时不评"),
                ("提示", value("提示"), "告诉看记录的人；{体温} 这样引用事实"),
                ("建议", value("建议"), "接下来做什么，可不写"),
            ],
            places,
            version: head.opened.version(),
            facts: shown.facts,
            tried,
            faults,
            head,
        }
        .render(),
    )
}

/// Changes a rule by the form: each key that was sent gets its value.
pub(super) async fn change(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Problem> {
    let file = Topic::Quality.file(&name)?;
    let opened = draft::open(&releases, &file).await?;
    let version = fields.iter().find(|(key, _)| key == "version").and_then(|(_, text)| text.parse().ok());
    if version != Some(opened.version()) {
        return Err(KnowledgeError::Outdated.into());
    }
    let points: Vec<&str> =
        fields.iter().filter(|(key, _)| key == "时机").map(|(_, point)| point.as_str()).collect();
    if points.is_empty() {
        return Err(Problem::invalid_input().fault("/时机", "请至少选一个时机；暂时不用请把状态改成停用"));
    }
    let points = points.join("、");
    let mut text = opened.text.clone();
    let others = fields.iter().filter(|(key, _)| !matches!(key.as_str(), "时机" | "version" | "_csrf"));
    let pairs = others.map(|(key, value)| (key.as_str(), value.as_str())).chain([("时机", points.as_str())]);
    for (key, value) in pairs {
        // Lines move with every change, so that their places are read anew.
        let outline = Outline::read(&file, &text)
            .map_err(|_| KnowledgeError::Edit("文件的格式读不懂，请先在“文字”里改好。".to_owned()))?;
        text = outline.edited(&text, key, value).map_err(KnowledgeError::Edit)?;
    }
    if text != opened.text {
        let author = http::author(&releases, &who, &request).await?;
        draft::save(&releases, &author, &file, (opened.version(), &text)).await?;
    }
    Ok(Redirect::to(&Topic::Quality.base(&name)))
}

fn tried(schema: Schema, file: &str, text: &str, facts: &str) -> Tried {
    let said = |faults: Vec<Fault>| Tried::Refused(faults.into_iter().map(|fault| fault.message).collect());
    let book = match Book::compile(schema, &[(file.to_owned(), text.to_owned())]) {
        Ok(book) => book,
        Err(faults) => return said(faults),
    };
    let sheet = match book.filled(facts) {
        Ok(sheet) => sheet,
        Err(faults) => return said(faults),
    };
    // The points ask the same rule; one stands for all.
    let Some(point) = book.rules().first().and_then(|rule| rule.points.first()).copied() else {
        return Tried::Miss;
    };
    if let Some(finding) = book.run(point, &sheet, &NoScores).into_iter().next() {
        return Tried::Hit(Box::new(finding));
    }
    match book.unsettled(point, &sheet, &NoScores).into_iter().next() {
        Some(open) => Tried::Open(open.missing.join("、")),
        None => Tried::Miss,
    }
}

fn tone(level: Level) -> &'static str {
    match level {
        Level::Block => "danger",
        Level::Warn => "warn",
        Level::Hint => "info",
    }
}

fn name_of(file: &str) -> Option<&str> {
    file.strip_prefix("rules/quality/")?.strip_suffix(".md")
}
