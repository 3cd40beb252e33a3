//! What is done with statements: one function for each use case.

mod fix;
mod sending;

use platform::{
    App, Tx,
    audit::{self, Outcome},
    crypto::sm3,
    db::{Bound, Conditions, retry},
};
use uuid::Uuid;

use super::{
    StatementError,
    matching::{Billed, Kind, Own, Pair, Period, Totals, compare, totals},
    model::{Desk, Event, Month, Settled, Side, State, Statement},
    read,
    store::{self, Difference, Invoice, NewUpload, settlement},
};
use crate::catalogue;

pub(crate) use fix::{Fix, fix};
pub(crate) use sending::{SEND, deliver, send};

/// Longest reason.
pub(crate) const LONGEST_REASON: usize = 200;
/// Invoices of one statement.
const MOST_INVOICES: usize = 500;

/// What of an order was completed or refunded, all in all, is billed in its month; told in the transaction of its cause.
/// Telling the same again changes nothing.
pub async fn record(tx: &mut Tx, settled: &Settled<'_>) -> sqlx::Result<()> {
    settlement::record(tx, settled).await
}

/// Whether anything of an order was ever billed.
pub(crate) async fn is_recorded(tx: &mut Tx, order_number: &str) -> sqlx::Result<bool> {
    settlement::is_recorded(tx, order_number).await
}

/// A file as it was sent.
pub(crate) struct File<'a> {
    /// Of the other side, seen from whoever uploads.
    pub other: &'a str,
    pub month: &'a str,
    pub name: &'a str,
    pub bytes: Vec<u8>,
}

/// A deed on a statement, with the version of the page it was begun on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    pub id: Uuid,
    pub version: i64,
}

/// Takes a statement and compares it; the same month's again takes the place of the file before.
pub(crate) async fn upload(app: &App, desk: &Desk<'_>, file: File<'_>) -> Result<Uuid, StatementError> {
    let month = Month::named(file.month)
        .filter(|month| *month <= Month::of(app.now()))
        .ok_or_else(|| StatementError::Refused("请选择对账的月份，不能晚于本月。".into()))?;
    let companies = catalogue::list_companies(app).await?;
    let is_company = companies.iter().any(|one| one.code == desk.place());
    let (institution, company) =
        if is_company { (file.other, desk.place()) } else { (desk.place(), file.other) };
    let names = crate::store::list_names(&app.db).await?;
    let is_hospital = names.iter().any(|(code, _)| code == institution)
        && !companies.iter().any(|one| one.code == institution);
    if !companies.iter().any(|one| one.code == company) || !is_hospital {
        return Err(StatementError::Refused("请选择对方的医院或代煎企业。".into()));
    }
    let side = desk.side(institution, company)?;
    if side == Side::District {
        return Err(StatementError::NotYours("医院，或受医院委托的企业"));
    }
    let hash = hex::encode(sm3(&file.bytes));
    let lines = aside(move || read::lines(&file.bytes)).await?.map_err(StatementError::File)?;
    let month = month.to_string();
    let name: String = file.name.chars().take(120).collect();
    let new = (name.as_str(), hash.as_str());
    retry(|| take(app, desk, (institution, company, &month), (side, new), &lines)).await
}

async fn take(
    app: &App,
    desk: &Desk<'_>,
    key: (&str, &str, &str),
    (side, (file_name, hash)): (Side, (&str, &str)),
    lines: &[Billed],
) -> Result<Uuid, StatementError> {
    let mut tx = app.db.begin().await?;
    let mut one = store::open(app, &mut tx, key).await?;
    if !one.state.is_open() {
        return Err(StatementError::WrongState(one.state));
    }
    if store::find_hash(&mut tx, one.id, one.upload).await?.as_deref() == Some(hash) {
        return Err(StatementError::Refused("这份文件与现在的一份完全相同，没有重复收下。".into()));
    }
    one.upload += 1;
    let new = NewUpload {
        statement: one.id,
        number: one.upload,
        file_name,
        sm3: hash,
        side: side.name(),
        by: desk.right.id(),
    };
    store::insert_upload(app, &mut tx, &new, lines).await?;
    let event = check(&mut tx, &mut one).await?;
    let note = format!("第 {} 次上传，{} 行", one.upload, lines.len());
    save(app, tx, &mut one, (event, side), (desk, "statement.upload", &note)).await?;
    Ok(one.id)
}

/// Compares the current upload with the orders anew. No order can be written to the month until the transaction ends.
async fn check(tx: &mut Tx, one: &mut Statement) -> Result<Event, StatementError> {
    let key = (one.institution.as_str(), one.company.as_str(), one.month.as_str());
    settlement::touch(tx, key).await?;
    let lines = store::list_lines(tx, one.id, one.upload).await?;
    let own = settlement::list_own(tx, key, (one.id, one.upload)).await?;
    let (institution, month) = (one.institution.clone(), one.month.clone());
    let (sums, differences) = aside(move || {
        let period = Period { institution: &institution, month: &month };
        let pairs = compare(period, &lines, &own);
        let sums = totals(period, &lines, &own, &pairs);
        differences(&lines, &own, &pairs).map(|differences| (sums, differences))
    })
    .await??;
    if !sums.is_proved() {
        return Err(StatementError::Unproved);
    }
    store::save_differences(tx, one.id, &differences).await?;
    one.take(&sums);
    Ok(event_of(&sums))
}

fn event_of(sums: &Totals) -> Event {
    if sums.n_differing == 0 { Event::Equal } else { Event::Unequal }
}

fn differences(lines: &[Billed], own: &[Own], pairs: &[Pair]) -> Result<Vec<Difference>, StatementError> {
    let differing = pairs.iter().filter(|pair| !pair.kinds.is_empty());
    let one = |(position, pair): (i64, &Pair)| {
        let (line, order) = (pair.billed.map(|at| &lines[at]), pair.own.map(|at| &own[at]));
        let number = line.map(|line| &line.prescription).or(order.map(|order| &order.prescription));
        let names: Vec<&str> = pair.kinds.iter().map(|kind| kind.name()).collect();
        Ok(Difference {
            position,
            prescription: number.cloned().unwrap_or_default(),
            kinds: format!(" {} ", names.join(" ")),
            billed: line.map(serde_json::to_string).transpose()?,
            own: order.map(serde_json::to_string).transpose()?,
            is_elsewhere: pair.is_elsewhere,
        })
    };
    (1..).zip(differing).map(one).collect()
}

/// A statement under lock, for a deed on the page of a version.
async fn begin(app: &App, desk: &Desk<'_>, base: Base) -> Result<(Tx, Statement, Side), StatementError> {
    let mut tx = app.db.begin().await?;
    let one = store::lock(&mut tx, base.id).await?;
    let side = desk.side(&one.institution, &one.company)?;
    if one.version != base.version {
        return Err(StatementError::Outdated);
    }
    Ok((tx, one, side))
}

/// Saves what an event did, with the step and the audit row, and commits.
async fn save(
    app: &App,
    mut tx: Tx,
    one: &mut Statement,
    (event, side): (Event, Side),
    (desk, action, note): (&Desk<'_>, &'static str, &str),
) -> Result<(), StatementError> {
    one.state = one.state.after(event)?;
    let actor = desk.actor();
    store::update(app, &mut tx, one).await?;
    store::insert_step(app, &mut tx, one, (event.text(), side.name(), &actor.id, note)).await?;
    let entry = audit::Entry {
        at: app.now(),
        actor,
        action,
        patient: None,
        object: Some(format!("statement/{}", one.id)),
        reason: Some(note),
        outcome: Outcome::Done,
        request_id: &desk.request.0,
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    one.version += 1;
    Ok(())
}

fn require(side: Side, wanted: Side) -> Result<(), StatementError> {
    if side == wanted { Ok(()) } else { Err(StatementError::NotYours(wanted.text())) }
}

fn reason(text: &str) -> Result<String, StatementError> {
    let text = text.trim();
    if (2..=LONGEST_REASON).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(StatementError::Refused(format!("请写明理由，2 到 {LONGEST_REASON} 个字。")))
    }
}

/// One side agrees to the sum it saw. The first to agree closes the month: what changes of its orders afterwards is
/// billed in the next.
pub(crate) async fn confirm(app: &App, desk: &Desk<'_>, base: Base, net: i64) -> Result<(), StatementError> {
    let (mut tx, mut one, side) = begin(app, desk, base).await?;
    if side == Side::District {
        return Err(StatementError::NotYours("医院和企业"));
    }
    if one.state == State::Matched {
        let event = check(&mut tx, &mut one).await?;
        if event == Event::Unequal {
            save(app, tx, &mut one, (event, side), (desk, "statement.check", "确认前重新核对")).await?;
            let why = "核对之后又有订单完成或退费，现在有差异，没有确认。请处理下面的差异。";
            return Err(StatementError::Refused(why.into()));
        }
        let key = (one.institution.as_str(), one.company.as_str(), one.month.as_str());
        settlement::set_closed(&mut tx, key, true).await?;
    }
    if net != one.matched_fen {
        return Err(StatementError::Outdated);
    }
    let event = if one.state == State::Matched { Event::FirstConfirmed } else { Event::SecondConfirmed };
    one.state.after(event)?;
    let now = app.now();
    let mine = match side {
        Side::Institution => &mut one.institution_confirmed_at,
        _ => &mut one.company_confirmed_at,
    };
    if mine.is_some() {
        return Err(StatementError::Refused("您这一方已经确认，等对方确认。".into()));
    }
    *mine = Some(now);
    let note = format!("{}确认 {} 元", side.text(), catalogue::sheet::yuan(net));
    save(app, tx, &mut one, (event, side), (desk, "statement.confirm", &note)).await
}

/// Takes the agreement back, of both sides: the month is open again.
pub(crate) async fn withdraw(
    app: &App,
    desk: &Desk<'_>,
    base: Base,
    why: &str,
) -> Result<(), StatementError> {
    let why = reason(why)?;
    let (mut tx, mut one, side) = begin(app, desk, base).await?;
    if side == Side::District {
        return Err(StatementError::NotYours("医院和企业"));
    }
    (one.institution_confirmed_at, one.company_confirmed_at) = (None, None);
    let key = (one.institution.as_str(), one.company.as_str(), one.month.as_str());
    settlement::set_closed(&mut tx, key, false).await?;
    save(app, tx, &mut one, (Event::Withdrawn, side), (desk, "statement.withdraw", &why)).await
}

/// Records the invoices; together they must be what both sides agreed to. One line each: number and yuan.
pub(crate) async fn invoice(
    app: &App,
    desk: &Desk<'_>,
    base: Base,
    text: &str,
) -> Result<(), StatementError> {
    let invoices = invoices(text).map_err(StatementError::Refused)?;
    let (mut tx, mut one, side) = begin(app, desk, base).await?;
    require(side, Side::Company)?;
    one.state.after(Event::Invoiced)?;
    let sum: i64 = invoices.iter().map(|invoice| invoice.amount_fen).sum();
    if sum != one.matched_fen.max(0) {
        let (sum, net) = (catalogue::sheet::yuan(sum), catalogue::sheet::yuan(one.matched_fen));
        return Err(StatementError::Refused(format!("发票合计 {sum} 元，与确认的 {net} 元不符，请核对。")));
    }
    for invoice in &invoices {
        if !store::insert_invoice(&mut tx, one.id, invoice).await? {
            let why = format!("发票 {} 已经登记过，一张发票只能用一次。", invoice.number);
            return Err(StatementError::Refused(why));
        }
    }
    one.fault = None;
    let note = format!("{} 张发票，合计 {} 元", invoices.len(), catalogue::sheet::yuan(sum));
    save(app, tx, &mut one, (Event::Invoiced, side), (desk, "statement.invoice", &note)).await
}

pub(super) fn invoices(text: &str) -> Result<Vec<Invoice>, String> {
    let mut found: Vec<Invoice> = Vec::new();
    for (n, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let mut words = line.split(|c: char| c.is_whitespace() || matches!(c, '，' | '；' | ';'));
        let mut words = words.by_ref().filter(|word| !word.is_empty());
        let (Some(number), Some(amount), None) = (words.next(), words.next(), words.next()) else {
            return Err(format!("发票第 {n} 行应写发票号码、空格、金额（元）。"));
        };
        if !matches!(number.len(), 8 | 10 | 12 | 20) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("发票第 {n} 行：发票号码应为 8、10、12 或 20 位数字。"));
        }
        let amount_fen = catalogue::sheet::fen(amount).ok().filter(|fen| *fen > 0);
        let amount_fen = amount_fen.ok_or_else(|| format!("发票第 {n} 行：“{amount}”不是金额。"))?;
        if found.iter().any(|one| one.number == number) {
            return Err(format!("发票第 {n} 行：{number} 写了两次。"));
        }
        found.push(Invoice { number: number.to_owned(), amount_fen });
    }
    if found.len() > MOST_INVOICES {
        return Err(format!("一次最多 {MOST_INVOICES} 张发票。"));
    }
    Ok(found)
}

/// The hospital has checked the invoices.
pub(crate) async fn write_off(app: &App, desk: &Desk<'_>, base: Base) -> Result<(), StatementError> {
    let (tx, mut one, side) = begin(app, desk, base).await?;
    require(side, Side::Institution)?;
    save(app, tx, &mut one, (Event::WrittenOff, side), (desk, "statement.write_off", "核销")).await
}

/// Gives the invoices back: the hospital before it writes off, the district afterwards.
pub(crate) async fn give_back(
    app: &App,
    desk: &Desk<'_>,
    base: Base,
    why: &str,
) -> Result<(), StatementError> {
    let why = reason(why)?;
    let numbers: Vec<String> =
        store::list_invoices(&app.db, base.id).await?.into_iter().map(|one| one.number).collect();
    let (mut tx, mut one, side) = begin(app, desk, base).await?;
    one.state.after(Event::Returned)?;
    require(side, if one.state == State::Invoiced { Side::Institution } else { Side::District })?;
    store::delete_invoices(&mut tx, one.id).await?;
    one.fault = Some(format!("{}退回：{why}", side.text()));
    let note = format!("{why}（发票 {}）", numbers.join("、"));
    save(app, tx, &mut one, (Event::Returned, side), (desk, "statement.return", &note)).await
}

/// The district approves what was written off.
pub(crate) async fn approve(app: &App, desk: &Desk<'_>, base: Base) -> Result<(), StatementError> {
    let (tx, mut one, side) = begin(app, desk, base).await?;
    require(side, Side::District)?;
    save(app, tx, &mut one, (Event::Approved, side), (desk, "statement.approve", "审核通过")).await
}

/// The district has paid; the number of the payment settles one statement only.
pub(crate) async fn pay(
    app: &App,
    desk: &Desk<'_>,
    base: Base,
    (reference, net): (&str, i64),
) -> Result<(), StatementError> {
    let reference = catalogue::sheet::code(reference.trim())
        .map_err(|_| StatementError::Refused("请填写付款凭证号（字母、数字和横线）。".into()))?;
    let (tx, mut one, side) = begin(app, desk, base).await?;
    require(side, Side::District)?;
    one.state.after(Event::Paid)?;
    if net != one.matched_fen {
        return Err(StatementError::Outdated);
    }
    let used = Conditions::new().and("payment_reference = ?", [Bound::Text(reference.clone())]);
    if !store::list(&app.db, &used, 1).await?.is_empty() {
        return Err(StatementError::Refused(format!("付款凭证 {reference} 已用于另一份对账单。")));
    }
    let note = format!("付款 {} 元，凭证 {reference}", catalogue::sheet::yuan(net));
    one.payment_reference = Some(reference);
    save(app, tx, &mut one, (Event::Paid, side), (desk, "statement.pay", &note)).await
}

/// What somebody may see of a statement.
pub(crate) async fn find(app: &App, desk: &Desk<'_>, id: Uuid) -> Result<(Statement, Side), StatementError> {
    let one = store::find(&app.db, id).await?.ok_or(StatementError::NotFound)?;
    let side = desk.side(&one.institution, &one.company)?;
    Ok((one, side))
}

/// The statements somebody has to do with, newest month first.
pub(crate) async fn list(
    app: &App,
    desk: &Desk<'_>,
    (state, month): (Option<State>, &str),
) -> Result<Vec<Statement>, StatementError> {
    let place = || Bound::Text(desk.place().to_owned());
    let reach = match desk.right.scope() {
        Some(platform::rights::Scope::District) => Conditions::new(),
        Some(platform::rights::Scope::Institution) => {
            Conditions::new().and("(institution = ? OR company = ?)", [place(), place()])
        }
        _ => Conditions::new().and("1 = 0", []),
    };
    let reach = reach.and_where("state = ?", state.map(|state| Bound::Text(state.name().into())));
    let month = Month::named(month).map(|month| Bound::Text(month.to_string()));
    Ok(store::list(&app.db, &reach.and_where("month = ?", month), 300).await?)
}

/// How often each kind stands among the differences of a statement.
pub(crate) async fn count_kinds(app: &App, one: &Statement) -> Result<Vec<(Kind, i64)>, StatementError> {
    let mut counts = Vec::new();
    if one.n_differing > 0 {
        for kind in Kind::ALL {
            let n = store::count_differences(&app.db, one.id, kind.name()).await?;
            if n > 0 {
                counts.push((kind, n));
            }
        }
    }
    Ok(counts)
}

/// Runs what takes long beside the requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StatementError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StatementError::Unproved)
}
