//! The only SQL of templates. They say nothing about a person, so nothing is sealed.

use chrono::{DateTime, Utc};
use platform::{
    App, Db, Tx, bind_all,
    db::{Bound, Conditions},
    on_read, on_tx,
    rights::Scope,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{
    TemplateError,
    model::{Desk, Origin, State, Template, Version},
};

mod mapping;

pub(crate) use mapping::{find_policy, list_uses, save_policy, save_uses};

/// Steps back a draft keeps.
const N_EDITS: i64 = 100;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    institution: String,
    department: Option<String>,
    code: String,
    origin: String,
    replaces: Option<String>,
    disease: Option<String>,
    title: String,
    owner: Uuid,
    state: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct VersionRow {
    id: Uuid,
    template_id: Uuid,
    number: i64,
    text: String,
    cases: String,
    state: String,
    version: i64,
    author: Uuid,
    department_reviewer: Option<Uuid>,
    reviewer: Option<Uuid>,
    review_note: Option<String>,
    retire_reason: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    published_at: Option<DateTime<Utc>>,
    retired_at: Option<DateTime<Utc>>,
}

/// A step back.
#[derive(FromRow)]
pub(crate) struct Edit {
    pub(crate) ordinal: i64,
    pub(crate) text: String,
    pub(crate) cases: String,
    pub(crate) what: String,
    pub(crate) by_staff: Uuid,
    pub(crate) at: DateTime<Utc>,
    pub(crate) is_undone: bool,
}

/// What the list asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) owner: Option<Uuid>,
    pub(crate) institution: Option<String>,
    pub(crate) department: Option<String>,
    pub(crate) origin: Option<Origin>,
    pub(crate) state: Option<State>,
    pub(crate) disease: Option<String>,
    /// Part of the title or code.
    pub(crate) words: Option<String>,
}

fn unknown(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("unknown {what} of a template").into())
}

impl TryFrom<Row> for Template {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            institution: row.institution,
            department: row.department,
            code: row.code,
            origin: Origin::named(&row.origin).ok_or_else(|| unknown("origin"))?,
            replaces: row.replaces,
            disease: row.disease,
            title: row.title,
            owner: row.owner,
            state: State::named(&row.state).ok_or_else(|| unknown("state"))?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TryFrom<VersionRow> for Version {
    type Error = sqlx::Error;

    fn try_from(row: VersionRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            template: row.template_id,
            number: row.number,
            text: row.text,
            cases: row.cases,
            state: State::named(&row.state).ok_or_else(|| unknown("state"))?,
            revision: row.version,
            author: row.author,
            department_reviewer: row.department_reviewer,
            reviewer: row.reviewer,
            review_note: row.review_note,
            retire_reason: row.retire_reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
            submitted_at: row.submitted_at,
            published_at: row.published_at,
            retired_at: row.retired_at,
        })
    }
}

/// The same as [`Desk::sees`], as a condition.
pub(crate) fn within(desk: &Desk<'_>) -> Conditions {
    let (me, here) = (Bound::Id(desk.id()), Bound::Text(desk.institution().to_owned()));
    match desk.scope() {
        Scope::District => Conditions::new(),
        Scope::Institution => {
            Conditions::new().and("(owner = ? OR origin = 'shenkang' OR institution = ?)", [me, here])
        }
        Scope::Department => Conditions::new().and(
            "(owner = ? OR origin = 'shenkang' OR (institution = ? AND (department IS NULL OR department = ?)))",
            [me, here, Bound::Text(desk.department().to_owned())],
        ),
        Scope::Assigned | Scope::Own => Conditions::new().and("(owner = ? OR origin = 'shenkang')", [me]),
    }
}

/// Those within reach, last changed first.
pub(crate) async fn list_within(
    db: &Db,
    reach: Conditions,
    filter: &Filter,
    limit: u32,
) -> sqlx::Result<Vec<Template>> {
    let text = |text: &Option<String>| text.clone().map(Bound::Text);
    let conditions = reach
        .and_where("owner = ?", filter.owner.map(Bound::Id))
        .and_where("institution = ?", text(&filter.institution))
        .and_where("department = ?", text(&filter.department))
        .and_where("origin = ?", filter.origin.map(|origin| Bound::Text(origin.name().into())))
        .and_where("state = ?", filter.state.map(|state| Bound::Text(state.name().into())))
        .and_where("disease = ?", text(&filter.disease));
    let conditions = match &filter.words {
        None => conditions,
        Some(words) => {
            let literal = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let like = || Bound::Text(format!("%{literal}%"));
            conditions.and("(title LIKE ? ESCAPE '\\' OR code LIKE ? ESCAPE '\\')", [like(), like()])
        }
    };
    let sql = format!(
        "SELECT * FROM template WHERE {} ORDER BY updated_at DESC, id LIMIT {limit}",
        conditions.sql()
    );
    let rows: Vec<Row> =
        on_read!(db, |c| { bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await })?;
    rows.into_iter().map(Template::try_from).collect()
}

pub(crate) async fn find_template(db: &Db, id: Uuid) -> sqlx::Result<Option<Template>> {
    let sql = "SELECT * FROM template WHERE id = $1";
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Template::try_from).transpose()
}

/// Newest first.
pub(crate) async fn list_versions(db: &Db, template: Uuid) -> sqlx::Result<Vec<Version>> {
    let sql = "SELECT * FROM template_version WHERE template_id = $1 ORDER BY number DESC";
    let rows: Vec<VersionRow> = on_read!(db, |c| sqlx::query_as(sql).bind(template).fetch_all(c).await)?;
    rows.into_iter().map(Version::try_from).collect()
}

pub(crate) async fn find_version(db: &Db, id: Uuid) -> sqlx::Result<Option<Version>> {
    let sql = "SELECT * FROM template_version WHERE id = $1";
    let row: Option<VersionRow> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Version::try_from).transpose()
}

/// What patients of an institution fill in, by code.
pub(crate) async fn list_published(db: &Db, institution: &str) -> sqlx::Result<Vec<(Template, Version)>> {
    let sql = "SELECT t.* FROM template t JOIN template_version v ON v.template_id = t.id
        WHERE t.institution = $1 AND v.state = 'published' ORDER BY t.code";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(institution).fetch_all(c).await)?;
    let sql = "SELECT v.* FROM template t JOIN template_version v ON v.template_id = t.id
        WHERE t.institution = $1 AND v.state = 'published' ORDER BY t.code";
    let versions: Vec<VersionRow> =
        on_read!(db, |c| sqlx::query_as(sql).bind(institution).fetch_all(c).await)?;
    let versions: Vec<Version> = versions.into_iter().map(Version::try_from).collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for row in rows {
        let template = Template::try_from(row)?;
        // A template that was published or retired between the two reads is left to the next request.
        let version = versions.iter().find(|version| version.template == template.id);
        found.extend(version.cloned().map(|version| (template, version)));
    }
    Ok(found)
}

/// False when the code is taken.
pub(crate) async fn insert_template(tx: &mut Tx, template: &Template) -> sqlx::Result<bool> {
    let sql =
        "INSERT INTO template(id, institution, department, code, origin, replaces, disease, title, owner,
            state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT DO NOTHING";
    let Template { id, institution, department, code, origin, replaces, disease, title, owner, .. } =
        template;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(institution).bind(department).bind(code);
        let query = query.bind(origin.name()).bind(replaces).bind(disease).bind(title).bind(owner);
        let query = query.bind(template.state.name()).bind(template.created_at);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// What the settings say, and the state of the newest version.
pub(crate) async fn update_template(tx: &mut Tx, template: &Template) -> sqlx::Result<()> {
    let sql = "UPDATE template SET department = $2, origin = $3, replaces = $4, disease = $5, title = $6,
            state = $7, updated_at = $8 WHERE id = $1";
    let Template { id, department, origin, replaces, disease, title, state, .. } = template;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(department).bind(origin.name()).bind(replaces);
        let query = query.bind(disease).bind(title).bind(state.name()).bind(template.updated_at);
        query.execute(c).await.map(drop)
    })
}

/// False when another draft of the template is open.
pub(crate) async fn insert_version(tx: &mut Tx, version: &Version) -> sqlx::Result<bool> {
    let sql = "INSERT INTO template_version(id, template_id, number, text, cases, state, version, author,
            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING";
    let Version { id, template, number, text, cases, state, author, created_at, .. } = version;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(template).bind(number).bind(text).bind(cases);
        let query = query.bind(state.name()).bind(version.revision).bind(author).bind(created_at);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Stores a version as it is now, when it is still as it was read at row version `version.revision`.
pub(crate) async fn update_version(app: &App, tx: &mut Tx, version: &Version) -> Result<(), TemplateError> {
    let sql = "UPDATE template_version SET text = $3, cases = $4, state = $5, department_reviewer = $6,
            reviewer = $7, review_note = $8, retire_reason = $9, submitted_at = $10, published_at = $11,
            retired_at = $12, updated_at = $13, version = version + 1
        WHERE id = $1 AND version = $2";
    let changed = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(version.id).bind(version.revision);
        let query = query.bind(&version.text).bind(&version.cases).bind(version.state.name());
        let query = query.bind(version.department_reviewer).bind(version.reviewer);
        let query = query.bind(&version.review_note).bind(&version.retire_reason);
        let query = query.bind(version.submitted_at).bind(version.published_at).bind(version.retired_at);
        query.bind(app.now()).execute(c).await.map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(TemplateError::OutdatedVersion) }
}

/// Keeps what a draft said before a change; the oldest steps are forgotten.
pub(crate) async fn insert_edit(
    tx: &mut Tx,
    before: &Version,
    (what, by, at): (&str, Uuid, DateTime<Utc>),
) -> sqlx::Result<()> {
    let sql = "INSERT INTO template_edit(version_id, ordinal, text, cases, what, by_staff, at, is_undone)
        SELECT $1, COALESCE(MAX(ordinal), 0) + 1, $2, $3, $4, $5, $6, FALSE FROM template_edit
        WHERE version_id = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(before.id).bind(&before.text).bind(&before.cases);
        query.bind(what).bind(by).bind(at).execute(c).await.map(drop)
    })
}

/// Newest first.
pub(crate) async fn list_edits(db: &Db, version: Uuid) -> sqlx::Result<Vec<Edit>> {
    let sql = "SELECT * FROM template_edit WHERE version_id = $1 ORDER BY ordinal DESC LIMIT $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(version).bind(N_EDITS).fetch_all(c).await)
}

pub(crate) async fn update_undone(tx: &mut Tx, version: Uuid, ordinal: i64) -> sqlx::Result<()> {
    let sql = "UPDATE template_edit SET is_undone = TRUE WHERE version_id = $1 AND ordinal = $2";
    on_tx!(tx, |c| sqlx::query(sql).bind(version).bind(ordinal).execute(c).await.map(drop))
}

/// Whether somebody wrote any of it.
pub(crate) async fn has_written(db: &Db, version: Uuid, staff: Uuid) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM template_edit WHERE version_id = $1 AND by_staff = $2";
    let n: i64 = on_read!(db, |c| sqlx::query_scalar(sql).bind(version).bind(staff).fetch_one(c).await)?;
    Ok(n > 0)
}
