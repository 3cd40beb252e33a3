//! The questionnaire as cards or as text.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use platform::{
    Problem,
    http::{Path, Query, RequestId, page},
    rights::{Right, Scope},
};
use rules::form::{
    draft::{Draft, Item, Kind},
    words,
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{
    at_desk,
    view::{FaultView, Head, Panel},
};
use crate::{
    Service,
    template::{
        check::examine,
        edit::place_text,
        model::Desk,
        service,
        sheet::{self, Block, Face},
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_designer.html")]
struct DesignerPage {
    frame: Frame,
    head: Head,
    panel: Panel,
    /// None when the text cannot be read.
    cards: Option<Vec<Card>>,
    /// Title and properties of the whole.
    properties: Vec<(&'static str, String)>,
    is_head_open: bool,
    settings: Settings,
    text: String,
    cases: String,
    /// Names of questions, to complete what is typed.
    names: Vec<String>,
    palette: &'static [words::Keyword; 13],
}

struct Settings {
    department: String,
    disease: String,
    replaces: String,
    may_whole: bool,
    departments: Vec<(String, String)>,
    library: Vec<(String, String)>,
}

/// One line of the tree: an item, or the end of what holds items.
struct Card {
    at: String,
    depth: usize,
    kind: &'static str,
    name: String,
    text: String,
    /// Options, conditions and what goes into the record, in short.
    about: Vec<(&'static str, String)>,
    sheet: Option<Sheet>,
    /// Where a new item would go; for the end of a page or group and of the whole.
    end_of: Option<&'static str>,
}

/// An open card.
struct Sheet {
    kinds: Vec<&'static str>,
    flags: Vec<(&'static str, bool)>,
    blocks: Vec<Block>,
    options: Option<Vec<OptionLine>>,
    rows: Option<Vec<RowLine>>,
}

#[derive(Default)]
struct OptionLine {
    at: String,
    rank: String,
    label: String,
    reads: String,
    mark: &'static str,
    score: String,
    when: String,
    concept: String,
}

#[derive(Default)]
struct RowLine {
    id: String,
    text: String,
    reads: String,
    when: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    tab: String,
    /// The card that is open.
    at: Option<String>,
}

/// What a refused form leaves on the page.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) note: String,
    pub(super) at: Option<String>,
    /// The card as it was filled in.
    pub(super) item: Option<Item>,
    /// The text and cases as they were typed.
    pub(super) text: Option<(String, String)>,
    pub(super) tab: &'static str,
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let tab = match asked.tab.as_str() {
        "text" => "text",
        "cases" => "cases",
        _ => "design",
    };
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    drawn(&service, &desk, frame, id, Refused { at: asked.at, tab, ..Refused::default() }).await
}

pub(super) async fn drawn(
    service: &Service,
    desk: &Desk<'_>,
    frame: Frame,
    id: Uuid,
    refused: Refused,
) -> Result<Response, Problem> {
    let reading = service::read(service, desk, id).await?;
    let newest = reading.newest()?;
    let findings = examine(&service.engine, &reading.template.code, &newest.text, &newest.cases).await?;
    let head = Head::of(service, desk, &reading, refused.tab, refused.note).await?;
    let panel = Panel::of(id, &findings);
    let draft = findings.draft.as_ref();
    let open = refused.at.as_deref().filter(|_| head.is_open);
    let properties = words::keys_of(None).filter(|key| !matches!(key.name, "版本" | "状态" | "覆盖"));
    let value = |key: &str| {
        let found = draft.and_then(|draft| draft.properties.iter().find(|one| one.key.text == key));
        found.map(|property| property.value.text.clone()).unwrap_or_default()
    };
    let (text, cases) = refused.text.unwrap_or_else(|| (newest.text.clone(), newest.cases.clone()));
    let shown = DesignerPage {
        frame,
        cards: draft.map(|draft| cards(draft, open, refused.item.as_ref())),
        properties: properties.map(|key| (key.name, value(key.name))).collect(),
        is_head_open: open == Some("head"),
        settings: settings(service, desk, &reading.template).await?,
        text,
        cases,
        names: names(draft),
        palette: &words::KEYWORDS,
        head,
        panel,
    };
    let body = page(shown.render())?;
    Ok((refused.status, body).into_response())
}

async fn settings(
    service: &Service,
    desk: &Desk<'_>,
    template: &crate::template::model::Template,
) -> Result<Settings, Problem> {
    let may_whole = desk.edit.scope() >= Some(Scope::Institution);
    let mut departments = service::places(service).await?.of(&template.institution);
    if !may_whole {
        departments.retain(|(code, _)| {
            code == desk.department() || Some(code.as_str()) == template.department.as_deref()
        });
    }
    let forms = service.engine.library().forms.iter();
    Ok(Settings {
        department: template.department.clone().unwrap_or_default(),
        disease: template.disease.clone().unwrap_or_default(),
        replaces: template.replaces.clone().unwrap_or_default(),
        may_whole,
        departments,
        library: forms.map(|(id, one)| (id.clone(), one.draft.title.text.clone())).collect(),
    })
}

fn names(draft: Option<&Draft>) -> Vec<String> {
    fn collect(items: &[Item], out: &mut Vec<String>) {
        for item in items {
            if !matches!(item.kind, Kind::Page | Kind::Note) {
                out.push(item.id.text.clone());
            }
            collect(&item.items, out);
        }
    }
    let mut found = Vec::new();
    collect(draft.map_or(&[][..], |draft| &draft.items), &mut found);
    found
}

fn cards(draft: &Draft, open: Option<&str>, filled: Option<&Item>) -> Vec<Card> {
    let mut found = Vec::new();
    branch(&draft.items, &[], (open, filled), &mut found);
    found.push(end(&[draft.items.len()], "问卷"));
    found
}

fn end(at: &[usize], of: &'static str) -> Card {
    Card {
        at: place_text(at),
        depth: at.len() - 1,
        kind: "",
        name: String::new(),
        text: String::new(),
        about: Vec::new(),
        sheet: None,
        end_of: Some(of),
    }
}

fn branch(items: &[Item], above: &[usize], open: (Option<&str>, Option<&Item>), out: &mut Vec<Card>) {
    for (index, item) in items.iter().enumerate() {
        let place = [above, &[index]].concat();
        let at = place_text(&place);
        let is_open = open.0 == Some(at.as_str());
        let shown = open.1.filter(|_| is_open).unwrap_or(item);
        out.push(Card {
            depth: above.len(),
            kind: words::kind_name(item.kind),
            name: shown.id.text.clone(),
            text: shown.text.text.clone(),
            about: if is_open { Vec::new() } else { about(item) },
            sheet: is_open.then(|| opened(shown)),
            end_of: None,
            at,
        });
        if matches!(item.kind, Kind::Page | Kind::Group) {
            branch(&item.items, &place, open, out);
            out.push(end(&[place.as_slice(), &[item.items.len()]].concat(), words::kind_name(item.kind)));
        }
    }
}

/// What a closed card says of its item.
fn about(item: &Item) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let flags: Vec<&str> = sheet::flags(item).into_iter().filter(|flag| flag.1).map(|flag| flag.0).collect();
    if !flags.is_empty() {
        found.push(("", flags.join("、")));
    }
    if !item.rows.is_empty() {
        let rows: Vec<&str> = item.rows.iter().map(|row| row.text.text.as_str()).collect();
        found.push(("行", rows.join("／")));
    }
    if !item.options.is_empty() {
        let options: Vec<&str> = item.options.iter().map(|choice| choice.label.text.as_str()).collect();
        found.push(("选项", options.join("／")));
    }
    for block in sheet::blocks(item) {
        for line in block.lines.into_iter().filter(|line| !line.value.is_empty() || !line.then.is_empty()) {
            let key = words::find_key(&line.key).map_or("", |key| key.name);
            let when = if line.when.is_empty() { String::new() } else { format!("（{}）", line.when) };
            let then = if line.then.is_empty() { String::new() } else { format!(" → {}", line.then) };
            found.push((key, format!("{when}{}{then}", line.value)));
        }
    }
    found
}

fn opened(item: &Item) -> Sheet {
    let options = sheet::has_options(item.kind).then(|| {
        let text = |written: &Option<rules::form::draft::Written>| {
            written.as_ref().map(|written| written.text.clone()).unwrap_or_default()
        };
        let line = |(index, choice): (usize, &rules::form::draft::Choice)| OptionLine {
            at: index.to_string(),
            rank: (index + 1).to_string(),
            label: choice.label.text.clone(),
            reads: text(&choice.reads),
            mark: match (choice.exclusive, choice.fill_in) {
                (true, true) => "独占、填写",
                (true, false) => "独占",
                (false, true) => "填写",
                (false, false) => "",
            },
            score: text(&choice.score),
            when: text(&choice.when),
            concept: text(&choice.concept),
        };
        let lines = item.options.iter().enumerate().map(line);
        lines.chain([OptionLine::default(), OptionLine::default()]).collect()
    });
    let rows = (item.kind == Kind::Grid).then(|| {
        let text = |written: &Option<rules::form::draft::Written>| {
            written.as_ref().map(|written| written.text.clone()).unwrap_or_default()
        };
        let lines = item.rows.iter().map(|row| RowLine {
            id: row.id.text.clone(),
            text: row.text.text.clone(),
            reads: text(&row.reads),
            when: text(&row.when),
        });
        lines.chain([RowLine::default()]).collect()
    });
    Sheet {
        kinds: sheet::kinds(item.kind),
        flags: sheet::flags(item),
        blocks: sheet::blocks(item),
        options,
        rows,
    }
}

impl DesignerPage {
    fn about(&self, at: &str) -> Vec<&FaultView> {
        self.panel.about(at)
    }
}

/// With their numbers.
fn lines(text: &str) -> Vec<(usize, &str)> {
    (1..).zip(text.lines()).collect()
}
