//! Creating and changing drafts.

use platform::audit;
use rules::form::{
    draft::{Draft, Property, Written},
    print::print,
    read::read,
};
use uuid::Uuid;

use super::{draft_of, entry, find, own_newest};
use crate::{
    Service,
    template::{
        TemplateError,
        check::{completed_cases, examine, file_names, renamed},
        edit::{Place, Step},
        model::{Desk, Event, Origin, State, Template, Version},
        store,
    },
};

/// Largest text and cases together, in bytes.
const MAX_BYTES: usize = 512 * 1024;

/// What a new template begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    Blank,
    /// A questionnaire of the district's library, to personalise.
    Library(String),
    /// Another template.
    Template(Uuid),
}

/// A template to be made.
#[derive(Debug, Clone)]
pub(crate) struct New {
    /// Made up when empty.
    pub(crate) code: String,
    pub(crate) title: String,
    /// None for the whole institution.
    pub(crate) department: Option<String>,
    pub(crate) disease: Option<String>,
    pub(crate) from: Base,
}

/// What stands beside the text.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) department: Option<String>,
    pub(crate) disease: Option<String>,
    pub(crate) replaces: Option<String>,
}

/// What a questionnaire is made from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) draft: Draft,
    pub(crate) cases: String,
    pub(crate) replaces: Option<String>,
}

fn is_code(code: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (2..=60).contains(&code.len())
        && code.chars().all(is_sign)
        && code.starts_with(|c: char| c.is_ascii_lowercase())
}

fn short_line(text: &str, pointer: &'static str, what: &str) -> Result<String, TemplateError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(TemplateError::input(pointer, format!("请写{what}。"))),
        1..=60 => Ok(text),
        n => Err(TemplateError::input(pointer, format!("{what}有 {n} 个字，最多 60 个字。"))),
    }
}

/// Nobody makes a template for a place out of their reach: doctors for their department, an institution for its own.
fn placed(desk: &Desk<'_>, department: Option<&str>) -> Result<(), TemplateError> {
    let site = platform::rights::Site {
        institution: Some(desk.institution()),
        department,
        ..platform::rights::Site::default()
    };
    if desk.edit.covers(&site) {
        return Ok(());
    }
    Err(TemplateError::input("/department", "您的范围不到这里，请选本科室。"))
}

async fn known_department(
    service: &Service,
    desk: &Desk<'_>,
    code: Option<&str>,
) -> Result<(), TemplateError> {
    let Some(code) = code else { return Ok(()) };
    let places = super::places(service).await?;
    if places.of(desk.institution()).iter().any(|(own, _)| own == code) {
        return Ok(());
    }
    Err(TemplateError::input("/department", "本机构没有这个科室，请重新选择。"))
}

/// What is there to begin with.
pub(crate) async fn source(service: &Service, desk: &Desk<'_>, from: &Base) -> Result<Source, TemplateError> {
    match from {
        Base::Blank => Ok(Source { draft: Draft::default(), cases: String::new(), replaces: None }),
        Base::Library(id) => {
            let found = service.engine.library().forms.get(id);
            let found = found.ok_or_else(|| TemplateError::input("/from", "通用库里没有这份问卷。"))?;
            let cases = found.cases.as_ref().map(|(_, cases)| rules::form::case_text::print_cases(cases));
            Ok(Source {
                draft: found.draft.clone(),
                cases: cases.unwrap_or_default(),
                replaces: Some(id.clone()),
            })
        }
        Base::Template(id) => {
            let template = find(service, desk, *id).await?;
            let versions = store::list_versions(&service.app.db, *id).await?;
            let version = versions.first().ok_or(TemplateError::NotFound)?;
            let draft = read(&file_names(&template.code).0, &version.text).map_err(TemplateError::Refused)?;
            Ok(Source { draft, cases: version.cases.clone(), replaces: template.replaces })
        }
    }
}

pub(crate) async fn create(service: &Service, desk: &Desk<'_>, new: New) -> Result<Uuid, TemplateError> {
    if !desk.edit.may(platform::rights::Permission::TemplateEdit) {
        return Err(TemplateError::NotAllowed);
    }
    let title = short_line(&new.title, "/title", "标题")?;
    placed(desk, new.department.as_deref())?;
    known_department(service, desk, new.department.as_deref()).await?;
    let source = source(service, desk, &new.from).await?;
    let app = &service.app;
    let id = app.new_id();
    let code = match new.code.trim() {
        "" => format!("t-{}", &app.new_id().simple().to_string()[20..]),
        code if is_code(code) => code.to_owned(),
        _ => {
            let detail = "编号用小写字母开头，只写小写字母、数字和 -，2 到 60 个。";
            return Err(TemplateError::input("/code", detail));
        }
    };
    let mut draft = renamed(&source.draft, &code, &title);
    // The life cycle is kept here and not in the text.
    for (key, value) in [("版本", "1"), ("状态", "草稿")] {
        let value = Written::from(value.to_owned());
        match draft.properties.iter_mut().find(|property| property.key.text == key) {
            Some(property) => property.value = value,
            None => draft.properties.push(Property { key: Written::from(key.to_owned()), when: None, value }),
        }
    }
    let now = app.now();
    let origin = if new.department.is_some() { Origin::Own } else { Origin::Generic };
    let template = Template {
        id,
        institution: desk.institution().to_owned(),
        department: new.department,
        code,
        origin,
        replaces: source.replaces,
        disease: new.disease,
        title,
        owner: desk.id(),
        state: State::Draft,
        created_at: now,
        updated_at: now,
    };
    let version = draft_of(service, desk, id, 1, print(&draft), source.cases);
    let mut tx = app.db.begin().await?;
    if !store::insert_template(&mut tx, &template).await? {
        return Err(TemplateError::CodeTaken);
    }
    store::insert_version(&mut tx, &version).await?;
    audit::append(&mut tx, entry(service, desk, "template.create", id, None)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Keeps a text as it was written, whether it has errors or not. Gives the new row version.
pub(crate) async fn save_text(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
    (text, cases): (&str, &str),
) -> Result<i64, TemplateError> {
    let (template, before) = own_newest(service, desk, id, seen).await?;
    before.state.after(Event::Edited)?;
    let (text, cases) = (text.replace("\r\n", "\n"), cases.replace("\r\n", "\n"));
    store_change(service, desk, template, &before, (text, cases), "改文本").await
}

/// Makes a step in the designer. Gives the new row version, and where the item stands now.
pub(crate) async fn apply(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
    step: &Step,
) -> Result<(i64, Option<Place>), TemplateError> {
    let (template, before) = own_newest(service, desk, id, seen).await?;
    before.state.after(Event::Edited)?;
    let draft = read(&file_names(&template.code).0, &before.text).map_err(|_| TemplateError::Unreadable)?;
    let (draft, at) = step.apply(&draft)?;
    let cases = before.cases.clone();
    let version =
        store_change(service, desk, template, &before, (print(&draft), cases), &step.what()).await?;
    Ok((version, at))
}

/// Adds the cases that are wanting.
pub(crate) async fn generate_cases(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
) -> Result<i64, TemplateError> {
    let (template, before) = own_newest(service, desk, id, seen).await?;
    before.state.after(Event::Edited)?;
    let findings = examine(&service.engine, &template.code, &before.text, &before.cases).await?;
    let Some(form) = &findings.form else { return Err(TemplateError::Refused(findings.stops())) };
    let cases = completed_cases(form, &template.code, &before.cases).await?;
    store_change(service, desk, template, &before, (before.text.clone(), cases), "生成用例").await
}

async fn store_change(
    service: &Service,
    desk: &Desk<'_>,
    mut template: Template,
    before: &Version,
    (text, cases): (String, String),
    what: &str,
) -> Result<i64, TemplateError> {
    if text.len() + cases.len() > MAX_BYTES {
        return Err(TemplateError::input("/text", "问卷和用例太长，合起来最多 512 KB。"));
    }
    if text.contains('\0') || cases.contains('\0') {
        return Err(TemplateError::input("/text", "文本里有不能保存的字符，请删去。"));
    }
    if text == before.text && cases == before.cases {
        return Ok(before.revision);
    }
    let app = &service.app;
    if let Ok(draft) = read(&file_names(&template.code).0, &text) {
        template.title = draft.title.text;
    }
    template.updated_at = app.now();
    let now = Version { text, cases, ..before.clone() };
    let mut tx = app.db.begin().await?;
    store::update_version(app, &mut tx, &now).await?;
    store::insert_edit(&mut tx, before, (what, desk.id(), app.now())).await?;
    store::update_template(&mut tx, &template).await?;
    audit::append(&mut tx, entry(service, desk, "template.edit", template.id, None)).await?;
    tx.commit().await?;
    Ok(before.revision + 1)
}

/// Takes the last change back.
pub(crate) async fn undo(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
) -> Result<i64, TemplateError> {
    let (mut template, before) = own_newest(service, desk, id, seen).await?;
    before.state.after(Event::Edited)?;
    let app = &service.app;
    let edits = store::list_edits(&app.db, before.id).await?;
    let edit = edits.into_iter().find(|edit| !edit.is_undone).ok_or(TemplateError::NothingToUndo)?;
    if let Ok(draft) = read(&file_names(&template.code).0, &edit.text) {
        template.title = draft.title.text;
    }
    template.updated_at = app.now();
    let now = Version { text: edit.text, cases: edit.cases, ..before.clone() };
    let mut tx = app.db.begin().await?;
    store::update_version(app, &mut tx, &now).await?;
    store::update_undone(&mut tx, before.id, edit.ordinal).await?;
    store::update_template(&mut tx, &template).await?;
    audit::append(&mut tx, entry(service, desk, "template.edit", id, None)).await?;
    tx.commit().await?;
    Ok(before.revision + 1)
}

/// Department, disease, and what it takes the place of.
pub(crate) async fn change_settings(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
    settings: Settings,
) -> Result<i64, TemplateError> {
    let (mut template, before) = own_newest(service, desk, id, seen).await?;
    before.state.after(Event::Edited)?;
    if template.department != settings.department {
        placed(desk, settings.department.as_deref())?;
        known_department(service, desk, settings.department.as_deref()).await?;
    }
    if let Some(replaces) = &settings.replaces
        && !service.engine.library().forms.contains_key(replaces)
    {
        return Err(TemplateError::input("/replaces", "通用库里没有这份问卷。"));
    }
    if let Some(disease) = &settings.disease {
        short_line(disease, "/disease", "病种")?;
    }
    let app = &service.app;
    template.origin = if settings.department.is_some() { Origin::Own } else { Origin::Generic };
    template.department = settings.department;
    template.disease = settings.disease;
    template.replaces = settings.replaces;
    template.updated_at = app.now();
    let mut tx = app.db.begin().await?;
    store::update_version(app, &mut tx, &before).await?;
    store::update_template(&mut tx, &template).await?;
    audit::append(&mut tx, entry(service, desk, "template.edit", id, None)).await?;
    tx.commit().await?;
    Ok(before.revision + 1)
}
