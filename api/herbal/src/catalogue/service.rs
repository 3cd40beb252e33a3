//! What is done with the base data: one function for each use case.

use std::collections::BTreeMap;

use engine::Engine;
use people::Department;
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    crypto::sm3,
    http::RequestId,
    rights::{Right, Scope},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    CatalogueError,
    import::{self, Difference, PieceRow, StockRow},
    model::{self, Company, DISTRICTS, POSTS, Person, Piece, Price, Stock},
    push, sheet,
    store::{self, Change, Draft, Known},
};

/// Name of the department of a company, in which its people have accounts.
const DEPARTMENT: &str = "代煎服务";

/// Who is at work.
pub(crate) struct Desk<'a> {
    pub right: Right,
    pub request: &'a RequestId,
}

impl Desk<'_> {
    fn actor(&self) -> Actor {
        self.right.actor()
    }

    /// The companies whose stock somebody may change: one's own, or all.
    pub(crate) fn covers(&self, company: &str) -> bool {
        self.right.scope() == Some(Scope::District) || self.right.reach.institution == company
    }
}

/// A file that was read, and what taking it over would change.
pub(crate) struct Preview {
    pub draft: Draft,
    pub n_rows: usize,
    pub differences: Vec<Difference>,
    /// Names of the file that belong to no herb.
    pub unmatched: Vec<(String, String)>,
}

/// What the catalogue is now.
async fn snapshot(app: &App) -> Result<(i64, Known), CatalogueError> {
    let mut tx = app.db.snapshot().await?;
    let version = store::read_version(&mut tx).await?;
    let known = store::list_pieces(&mut tx).await?;
    tx.rollback().await?;
    Ok((version, known))
}

/// Reads a file of pieces; it waits to be taken over.
pub(crate) async fn read_pieces(
    app: &App,
    desk: &Desk<'_>,
    (name, bytes): (&str, Vec<u8>),
) -> Result<Uuid, CatalogueError> {
    let today = app.clock.today();
    let hash = hex::encode(sm3(&bytes));
    let rows = tokio::task::spawn_blocking(move || import::pieces(&bytes, today))
        .await
        .map_err(|_| CatalogueError::Refused("文件没有读完，请重新上传。".into()))?
        .map_err(CatalogueError::File)?;
    save_draft(app, desk, ("pieces", None), (name, hash), &serde_json::to_string(&rows)?).await
}

/// Reads a file of a company's stock; it waits to be taken over.
pub(crate) async fn read_stock(
    app: &App,
    desk: &Desk<'_>,
    company: &str,
    (name, bytes): (&str, Vec<u8>),
) -> Result<Uuid, CatalogueError> {
    let companies = store::list_companies(&app.db).await?;
    if !desk.covers(company) || !companies.iter().any(|one| one.code == company && one.is_active) {
        return Err(CatalogueError::Refused("请选择代煎企业。".into()));
    }
    let (_, known) = snapshot(app).await?;
    let known: BTreeMap<String, Piece> = known.into_iter().map(|(code, (piece, _))| (code, piece)).collect();
    let rows = import::stock(&bytes, &known).map_err(CatalogueError::File)?;
    let hash = hex::encode(sm3(&bytes));
    save_draft(app, desk, ("stock", Some(company)), (name, hash), &serde_json::to_string(&rows)?).await
}

async fn save_draft(
    app: &App,
    desk: &Desk<'_>,
    (kind, company): (&str, Option<&str>),
    (name, sm3): (&str, String),
    rows: &str,
) -> Result<Uuid, CatalogueError> {
    let draft = Draft {
        id: app.new_id(),
        kind: kind.into(),
        company: company.map(str::to_owned),
        file_name: name.chars().take(120).collect(),
        sm3,
        rows: rows.into(),
        based_on: store::find_version(&app.db).await?,
        created_by: desk.right.id(),
        taken_version: None,
    };
    let mut tx = app.db.begin().await?;
    store::insert_draft(app, &mut tx, &draft).await?;
    tx.commit().await?;
    Ok(draft.id)
}

/// A file that waits, against the catalogue of now.
pub(crate) async fn preview(
    app: &App,
    engine: &Engine,
    desk: &Desk<'_>,
    (id, kind): (Uuid, &str),
) -> Result<Preview, CatalogueError> {
    let mut draft = store::find_draft(&app.db, id, kind).await?.ok_or(CatalogueError::NotFound)?;
    if !draft.company.as_deref().is_none_or(|company| desk.covers(company)) {
        return Err(CatalogueError::NotFound);
    }
    let (version, known) = snapshot(app).await?;
    draft.based_on = version;
    if kind == "stock" {
        let rows: Vec<StockRow> = serde_json::from_str(&draft.rows)?;
        let mut tx = app.db.snapshot().await?;
        let held = store::list_stock_of(&mut tx, draft.company.as_deref().unwrap_or_default()).await?;
        tx.rollback().await?;
        let differences = stock_differences(&rows, &known, &held);
        return Ok(Preview { draft, n_rows: rows.len(), differences, unmatched: Vec::new() });
    }
    let rows: Vec<PieceRow> = serde_json::from_str(&draft.rows)?;
    let (mut differences, mut unmatched) = (Vec::new(), Vec::new());
    for row in &rows {
        let concept = model::concept(engine.kb(), &row.piece.name);
        let herb = if concept.is_some() { "" } else { "没有对应的饮片知识" };
        differences.extend(import::differences(row, known.get(&row.piece.code), herb));
        if concept.is_none() {
            unmatched.push((row.piece.code.clone(), row.piece.name.clone()));
        }
    }
    Ok(Preview { draft, n_rows: rows.len(), differences, unmatched })
}

fn stock_differences(rows: &[StockRow], known: &Known, held: &BTreeMap<String, i64>) -> Vec<Difference> {
    let changed = rows.iter().filter(|row| held.get(&row.piece) != Some(&row.quantity));
    let one = |row: &StockRow| Difference {
        code: row.piece.clone(),
        name: known.get(&row.piece).map(|(piece, _)| piece.name.clone()).unwrap_or_default(),
        what: "库存",
        before: held.get(&row.piece).map(|n| model::quantity_text(*n)).unwrap_or_default(),
        after: model::quantity_text(row.quantity),
    };
    changed.map(one).collect()
}

/// Takes a file over: all of it, when the catalogue is still the one the preview was drawn from.
pub(crate) async fn take_over(
    app: &App,
    engine: &Engine,
    desk: &Desk<'_>,
    (id, kind): (Uuid, &str),
    based_on: i64,
) -> Result<i64, CatalogueError> {
    let draft = store::find_draft(&app.db, id, kind).await?.ok_or(CatalogueError::NotFound)?;
    if !draft.company.as_deref().is_none_or(|company| desk.covers(company)) {
        return Err(CatalogueError::NotFound);
    }
    let mut tx = app.db.begin().await?;
    let mut writing = Writing::begin(app, &mut tx, desk).await?;
    if writing.version - 1 != based_on {
        return Err(CatalogueError::Outdated);
    }
    if !store::take_draft(&mut tx, id, writing.version).await? {
        return Err(CatalogueError::Refused("这份文件已经采用过了。".into()));
    }
    if kind == "stock" {
        let company = draft.company.clone().unwrap_or_default();
        let held = store::list_stock_of(&mut tx, &company).await?;
        for row in serde_json::from_str::<Vec<StockRow>>(&draft.rows)? {
            writing.stock(&mut tx, &company, &row, held.get(&row.piece).copied()).await?;
        }
    } else {
        let known = store::list_pieces(&mut tx).await?;
        for row in serde_json::from_str::<Vec<PieceRow>>(&draft.rows)? {
            writing.piece(&mut tx, engine, &row, known.get(&row.piece.code)).await?;
        }
    }
    let note = format!("{}，{} 处变化，文件 {}", draft.file_name, writing.n_changes, draft.sm3);
    writing.end(tx, &note).await
}

/// Changes one piece, with a new price where one is given.
pub(crate) async fn change_piece(
    app: &App,
    engine: &Engine,
    desk: &Desk<'_>,
    row: PieceRow,
    based_on: i64,
) -> Result<i64, CatalogueError> {
    let mut tx = app.db.begin().await?;
    let mut writing = Writing::begin(app, &mut tx, desk).await?;
    if writing.version - 1 != based_on {
        return Err(CatalogueError::Outdated);
    }
    let known = store::list_pieces(&mut tx).await?;
    let old = known.get(&row.piece.code).ok_or(CatalogueError::NotFound)?;
    writing.piece(&mut tx, engine, &row, Some(old)).await?;
    writing.end(tx, &row.piece.code).await
}

/// Changes of one version, written under its lock.
struct Writing<'a> {
    app: &'a App,
    desk: &'a Desk<'a>,
    version: i64,
    n_changes: i64,
}

impl<'a> Writing<'a> {
    async fn begin(app: &'a App, tx: &mut Tx, desk: &'a Desk<'a>) -> Result<Self, CatalogueError> {
        let version = store::lock_version(tx).await? + 1;
        Ok(Self { app, desk, version, n_changes: 0 })
    }

    async fn note(
        &mut self,
        tx: &mut Tx,
        (kind, piece, company): (&str, &str, Option<&str>),
        (before, after): (Option<serde_json::Value>, serde_json::Value),
    ) -> Result<(), CatalogueError> {
        self.n_changes += 1;
        let change = Change {
            version: self.version,
            kind: kind.into(),
            piece: piece.into(),
            company: company.map(str::to_owned),
            before: before.map(|value| value.to_string()),
            after: after.to_string(),
            at: self.app.now(),
        };
        Ok(store::insert_change(tx, self.n_changes, &change, &self.desk.actor().id).await?)
    }

    async fn piece(
        &mut self,
        tx: &mut Tx,
        engine: &Engine,
        row: &PieceRow,
        old: Option<&(Piece, Option<Price>)>,
    ) -> Result<(), CatalogueError> {
        let concept = model::concept(engine.kb(), &row.piece.name);
        let piece = Piece { concept, ..row.piece.clone() };
        if old.is_none_or(|(before, _)| *before != piece) {
            store::save_piece(self.app, tx, &piece, self.version).await?;
            let before = old.map(|(before, _)| serde_json::to_value(before)).transpose()?;
            self.note(tx, ("piece", &piece.code, None), (before, serde_json::to_value(&piece)?)).await?;
        }
        let held = old.and_then(|(_, price)| *price);
        if let Some(price) = row.price.filter(|new| !held.is_some_and(|held| import::holds(&held, new))) {
            let price = Price { version: self.version, ..price };
            store::insert_price(tx, &piece.code, &price).await?;
            let before = held.map(serde_json::to_value).transpose()?;
            self.note(tx, ("price", &piece.code, None), (before, serde_json::to_value(price)?)).await?;
        }
        Ok(())
    }

    async fn stock(
        &mut self,
        tx: &mut Tx,
        company: &str,
        row: &StockRow,
        held: Option<i64>,
    ) -> Result<(), CatalogueError> {
        if held == Some(row.quantity) {
            return Ok(());
        }
        let stock = Stock {
            company: company.into(),
            piece: row.piece.clone(),
            quantity: row.quantity,
            updated_at: self.app.now(),
        };
        store::save_stock(self.app, tx, &stock, self.version).await?;
        let value = |thousandths: i64| json!({ "thousandths": thousandths });
        let values = (held.map(value), value(row.quantity));
        self.note(tx, ("stock", &row.piece, Some(company)), values).await
    }

    /// Tells the hospitals, where something changed; gives the version.
    async fn end(self, mut tx: Tx, note: &str) -> Result<i64, CatalogueError> {
        if self.n_changes > 0 {
            store::set_version(&mut tx, self.version).await?;
            push::enqueue(self.app, &mut tx, self.version).await?;
        }
        audit::append(&mut tx, entry(self.app, self.desk, "catalogue.change", "catalogue", note)).await?;
        tx.commit().await?;
        Ok(if self.n_changes > 0 { self.version } else { self.version - 1 })
    }
}

fn entry<'a>(
    app: &App,
    desk: &'a Desk<'_>,
    action: &'static str,
    object: &str,
    note: &'a str,
) -> audit::Entry<'a> {
    audit::Entry {
        at: app.now(),
        actor: desk.actor(),
        action,
        patient: None,
        object: Some(object.into()),
        reason: Some(note),
        outcome: Outcome::Done,
        request_id: &desk.request.0,
    }
}

/// Saves a company, with the department in which its people get accounts.
pub(crate) async fn save_company(app: &App, desk: &Desk<'_>, one: Company) -> Result<(), CatalogueError> {
    let one = checked(&one).map_err(CatalogueError::Refused)?;
    let hospitals = store::list_hospitals(&app.db).await?;
    // The demo's company is an institution already; a hospital is none.
    let has_district =
        people::organisation::service::list(app).await?.iter().any(|place| place.code == one.code);
    if has_district && hospitals.iter().any(|(code, _)| *code == one.code) {
        return Err(CatalogueError::Refused("这个代码是一家医疗机构，请换一个。".into()));
    }
    let mut tx = app.db.begin().await?;
    if !store::save_company(app, &mut tx, &one).await? {
        return Err(if one.version == 0 {
            CatalogueError::Refused("已有这个代码的企业。".into())
        } else {
            CatalogueError::Outdated
        });
    }
    let department = Department {
        institution: one.code.clone(),
        institution_name: one.name.clone(),
        code: people::service::SERVICE_DEPARTMENT.into(),
        name: DEPARTMENT.into(),
    };
    people::service::save_department(app, &mut tx, &department).await?;
    audit::append(
        &mut tx,
        entry(app, desk, "catalogue.company", &format!("company/{}", one.code), &one.name),
    )
    .await?;
    Ok(tx.commit().await?)
}

fn checked(one: &Company) -> Result<Company, String> {
    let code = sheet::code(one.code.trim()).map_err(|why| format!("代码{why}"))?;
    if code.len() > 20 {
        return Err("代码最多 20 位。".into());
    }
    let name = one.name.trim().to_owned();
    if !(2..=60).contains(&name.chars().count()) {
        return Err("请填写企业名称，2 到 60 个字。".into());
    }
    if one.daily_capacity < 0 || one.daily_capacity > 1_000_000 {
        return Err("日处理能力应为 0 到 1000000 的整数。".into());
    }
    let areas: Vec<&str> = one.areas.split([',', '，', '、', ' ']).filter(|area| !area.is_empty()).collect();
    if let Some(wrong) = areas.iter().find(|area| !DISTRICTS.contains(*area)) {
        return Err(format!("“{wrong}”不是配送范围内的区（全市，崇明除外），请写全称，例如 静安区。"));
    }
    let phone: String = one.phone.trim().chars().take(40).collect();
    Ok(Company { code, name, areas: areas.join(","), phone, ..one.clone() })
}

/// Saves somebody of a company; who leaves is kept as no longer active.
pub(crate) async fn save_person(
    app: &App,
    desk: &Desk<'_>,
    company: &str,
    one: Person,
) -> Result<(), CatalogueError> {
    let known = store::list_companies(&app.db).await?;
    if !known.iter().any(|known| known.code == company) {
        return Err(CatalogueError::NotFound);
    }
    let number =
        sheet::code(one.number.trim()).map_err(|why| CatalogueError::Refused(format!("工号{why}")))?;
    let name = one.name.trim().to_owned();
    if !(2..=20).contains(&name.chars().count()) || !POSTS.contains(&one.post.as_str()) {
        return Err(CatalogueError::Refused("请填写姓名（2 到 20 个字）并选择岗位。".into()));
    }
    let licence: String = one.licence.trim().chars().take(40).collect();
    if one.post.ends_with("药师") && licence.is_empty() {
        return Err(CatalogueError::Refused("药师请填写资格证书编号。".into()));
    }
    let mut tx = app.db.begin().await?;
    store::save_person(&mut tx, company, &Person { number, name, licence, ..one }).await?;
    let object = format!("company/{company}");
    audit::append(&mut tx, entry(app, desk, "catalogue.company", &object, "人员")).await?;
    Ok(tx.commit().await?)
}
