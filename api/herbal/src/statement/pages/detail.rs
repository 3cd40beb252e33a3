//! One statement: sums, differences, and what whoever looks may do next.

use askama::Template;
use axum::{
    extract::State as Part,
    http::header,
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::NaiveDate;
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Permission, Right},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::Names;
use crate::{
    Service,
    catalogue::sheet::{csv_field, yuan},
    statement::{
        StatementError,
        matching::{Billed, Kind, Own},
        model::{Amounts, Desk, Side, State, Statement},
        service::{self, Base, Fix},
        store::{self, Difference, settlement},
    },
};

/// Differences of one page.
const PAGE: i64 = 100;
/// Differences of one part of an export.
const PART: i64 = 5_000;

#[derive(Template)]
#[template(path = "statement/detail.html")]
struct DetailPage {
    frame: Frame,
    one: Statement,
    institution: String,
    company: String,
    side: Side,
    may_settle: bool,
    asked: Asked,
    kinds: Vec<(Kind, i64)>,
    rows: Vec<Row>,
    next: Option<i64>,
    fixes: Vec<Fix>,
    uploads: Vec<(i64, String, String, String, i64)>,
    steps: Vec<(String, String, String, String)>,
    corrections: Vec<(String, String, String, String)>,
    /// Number and yuan.
    invoices: Vec<(String, String)>,
    /// In yuan: billed, matched, the rest of the lines; orders, the rest of the orders.
    sums: [String; 5],
    draft: Deed,
    note: String,
}

/// A difference as it is read.
pub(super) struct Row {
    position: i64,
    prescription: String,
    kinds: Vec<Kind>,
    line: String,
    billed: [String; 3],
    own: [String; 3],
    orders: String,
    elsewhere: String,
    fix: Option<Fix>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    after: i64,
}

/// The fields of all deeds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Deed {
    version: i64,
    net: i64,
    reason: String,
    fix: String,
    position: Option<i64>,
    invoices: String,
    reference: String,
}

impl DetailPage {
    fn net(&self) -> String {
        yuan(self.one.matched_fen)
    }

    fn has_confirmed(&self) -> bool {
        match self.side {
            Side::Institution => self.one.institution_confirmed_at.is_some(),
            Side::Company => self.one.company_confirmed_at.is_some(),
            Side::District => false,
        }
    }

    fn may_confirm(&self) -> bool {
        self.side != Side::District
            && matches!(self.one.state, State::Matched | State::HalfConfirmed)
            && !self.has_confirmed()
    }

    fn may_withdraw(&self) -> bool {
        self.side != Side::District && matches!(self.one.state, State::HalfConfirmed | State::Confirmed)
    }

    fn may_return(&self) -> bool {
        match self.one.state {
            State::Invoiced => self.side == Side::Institution,
            State::WrittenOff => self.side == Side::District && self.may_settle,
            _ => false,
        }
    }

    /// What comes next, for whoever cannot do it.
    fn waits_for(&self) -> &'static str {
        match self.one.state {
            State::Differing => "有差异：企业更正订单，或医院改好后重新上传。",
            State::Matched => "核对一致，请双方各自确认金额。",
            State::HalfConfirmed => "等对方确认。",
            State::Confirmed => "等医院或受委托的企业上传阳光平台。",
            State::Sending => "正在上传阳光平台，稍后刷新查看。",
            State::Sent => "等企业登记发票。",
            State::Invoiced => "等医院核销。",
            State::WrittenOff => "等区卫健委审核。",
            State::Approved => "等区卫健委付款。",
            State::Paid => "已结清。",
        }
    }
}

pub(super) async fn show(
    Part(service): Part<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let around = (&right, &request, frame);
    page(detail_page(&service, around, (id, asked), (Deed::default(), String::new())).await?.render())
}

async fn detail_page(
    service: &Service,
    (right, request, frame): (&Right, &RequestId, Frame),
    (id, asked): (Uuid, Asked),
    (draft, note): (Deed, String),
) -> Result<DetailPage, Problem> {
    let app = &service.app;
    let desk = Desk { right: right.clone(), request };
    let (one, side) = service::find(app, &desk, id).await?;
    let names = Names::load(service).await?;
    let kind = Kind::named(&asked.kind).map_or("", Kind::name);
    let found = store::list_differences(&app.db, id, kind, (asked.after, PAGE + 1));
    let mut found = found.await.map_err(StatementError::from)?;
    let has_more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| has_more).map(|last| last.position);
    let rows: Result<Vec<Row>, StatementError> = found.into_iter().map(|one| row(one, &names)).collect();
    let rows = rows?;
    let mut fixes: Vec<Fix> = Fix::ALL.into_iter().collect();
    fixes.retain(|fix| {
        side == Side::Company && one.state.is_open() && rows.iter().any(|row| row.fix == Some(*fix))
    });
    let today = app.clock.today();
    let uploads = store::list_uploads(&app.db, id).await.map_err(StatementError::from)?;
    let uploads = uploads.into_iter().map(|upload| {
        let by = if upload.side == Side::Company.name() { "企业代传" } else { "医院上传" };
        (
            upload.number,
            upload.file_name,
            by.to_owned(),
            ui::format::moment(upload.uploaded_at, today),
            upload.n_lines,
        )
    });
    let steps = store::list_steps(&app.db, id).await.map_err(StatementError::from)?;
    let corrections = settlement::list_corrections(&app.db, id).await.map_err(StatementError::from)?;
    let invoices = store::list_invoices(&app.db, id).await.map_err(StatementError::from)?;
    Ok(DetailPage {
        frame: staff_frame(app, right, frame).await?,
        institution: names.of(&one.institution),
        company: names.of(&one.company),
        side,
        may_settle: right.may(Permission::HerbalSettle),
        sums: [
            one.billed_fen,
            one.matched_fen,
            one.billed_fen - one.matched_fen,
            one.own_fen,
            one.own_fen - one.matched_fen,
        ]
        .map(yuan),
        kinds: service::count_kinds(app, &one).await?,
        uploads: uploads.collect(),
        steps: steps.into_iter().map(|step| told(step, today)).collect(),
        corrections: corrections.into_iter().map(|one| corrected(one, today)).collect(),
        one,
        asked,
        rows,
        next,
        fixes,
        invoices: invoices.into_iter().map(|one| (one.number, yuan(one.amount_fen))).collect(),
        draft,
        note,
    })
}

fn told(step: store::Step, today: NaiveDate) -> (String, String, String, String) {
    let who = match step.side.as_str() {
        "institution" => "医院",
        "company" => "企业",
        "district" => "区卫健委",
        _ => "阳光平台",
    };
    (ui::format::moment(step.at, today), who.to_owned(), step.event, step.note)
}

fn corrected(one: store::Correction, today: NaiveDate) -> (String, String, String, String) {
    let shown = |json: &str| {
        serde_json::from_str::<serde_json::Value>(json).map_or_else(
            |_| json.to_owned(),
            |part| {
                let number = |name: &str| part.get(name).and_then(serde_json::Value::as_i64).unwrap_or(0);
                let month = part.get("month").and_then(serde_json::Value::as_str).unwrap_or_default();
                let net = number("pieces_fen") + number("decoction_fen") + number("delivery_fen")
                    - number("refunded_fen");
                format!("{month}，{} 剂，{} 元", number("doses"), yuan(net))
            },
        )
    };
    let change = format!("{} → {}", shown(&one.before), shown(&one.after));
    (ui::format::moment(one.corrected_at, today), one.order_number, change, one.reason)
}

fn row(one: Difference, names: &Names) -> Result<Row, StatementError> {
    let billed: Option<Billed> = one.billed.as_deref().map(serde_json::from_str).transpose()?;
    let own: Option<Own> = one.own.as_deref().map(serde_json::from_str).transpose()?;
    let sums = |doses: i64, amounts: &Amounts| {
        let parts = [
            ("饮片", amounts.pieces),
            ("代煎", amounts.decoction),
            ("配送", amounts.delivery),
            ("退款", amounts.refunded),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(name, fen)| *fen != 0 || *name == "饮片")
            .map(|(name, fen)| format!("{name} {}", yuan(fen)))
            .collect();
        [doses.to_string(), parts.join("，"), yuan(amounts.net())]
    };
    let elsewhere = own.as_ref().filter(|_| one.is_elsewhere);
    Ok(Row {
        position: one.position,
        kinds: one.kinds.split_whitespace().filter_map(Kind::named).collect(),
        line: billed.as_ref().map(|line| format!("第 {} 行", line.row)).unwrap_or_default(),
        billed: billed.as_ref().map(|line| sums(line.doses, &line.amounts)).unwrap_or_default(),
        own: own.as_ref().map(|own| sums(own.doses, &own.amounts)).unwrap_or_default(),
        elsewhere: elsewhere
            .map(|own| format!("{} {}", names.of(&own.institution), own.month))
            .unwrap_or_default(),
        orders: own.map(|own| own.orders).unwrap_or_default(),
        fix: Fix::of(&one.kinds),
        prescription: one.prescription,
    })
}

/// All differences, or those of a kind, with both sides in columns.
pub(super) async fn export(
    Part(service): Part<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let app = &service.app;
    let desk = Desk { right, request: &request };
    let (one, _) = service::find(app, &desk, id).await?;
    let names = Names::load(&service).await?;
    let kind = Kind::named(&asked.kind).map_or("", Kind::name);
    let mut text = String::from(
        "\u{feff}处方号,差异,对账单行,对账单剂数,对账单明细,对账单合计,订单号,平台剂数,平台明细,平台合计,平台另在,怎么改\r\n",
    );
    let mut after = 0;
    loop {
        let found = store::list_differences(&app.db, id, kind, (after, PART)).await;
        let found = found.map_err(StatementError::from)?;
        let Some(last) = found.last().map(|last| last.position) else { break };
        for difference in found {
            let row = row(difference, &names)?;
            let words: Vec<&str> = row.kinds.iter().map(|kind| kind.text()).collect();
            let advice: Vec<&str> = row.kinds.iter().map(|kind| kind.advice()).collect();
            let [doses, parts, net] = &row.billed;
            let [own_doses, own_parts, own_net] = &row.own;
            let fields = [
                row.prescription.as_str(),
                &words.join("、"),
                &row.line,
                doses,
                parts,
                net,
                &row.orders,
                own_doses,
                own_parts,
                own_net,
                &row.elsewhere,
                &advice.join(""),
            ];
            text.push_str(&fields.map(csv_field).join(","));
            text.push_str("\r\n");
        }
        after = last;
    }
    let name = format!("attachment; filename=\"differences-{}-{}.csv\"", one.month, one.institution);
    let head =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((head, text).into_response())
}

/// What hospital and company do.
pub(super) async fn act(
    Part(service): Part<Service>,
    right: Right,
    request: RequestId,
    Path((id, deed)): Path<(Uuid, String)>,
    frame: Frame,
    Form(form): Form<Deed>,
) -> Result<Response, Problem> {
    let (app, desk) = (&service.app, Desk { right: right.clone(), request: &request });
    let base = Base { id, version: form.version };
    let done = match deed.as_str() {
        "fix" => match Fix::named(&form.fix) {
            Some(way) => service::fix(app, &desk, base, (way, form.position), &form.reason).await.map(drop),
            None => Err(StatementError::NotFound),
        },
        "confirm" => service::confirm(app, &desk, base, form.net).await,
        "withdraw" => service::withdraw(app, &desk, base, &form.reason).await,
        "send" => service::send(app, &desk, base).await,
        "invoices" => service::invoice(app, &desk, base, &form.invoices).await,
        "write-off" => service::write_off(app, &desk, base).await,
        "return" => service::give_back(app, &desk, base, &form.reason).await,
        _ => Err(StatementError::NotFound),
    };
    answer(&service, (&right, &request, frame), (id, form), done).await
}

/// What the district does.
pub(super) async fn settle(
    Part(service): Part<Service>,
    right: Right,
    request: RequestId,
    Path((id, deed)): Path<(Uuid, String)>,
    frame: Frame,
    Form(form): Form<Deed>,
) -> Result<Response, Problem> {
    let (app, desk) = (&service.app, Desk { right: right.clone(), request: &request });
    let base = Base { id, version: form.version };
    let done = match deed.as_str() {
        "approve" => service::approve(app, &desk, base).await,
        "pay" => service::pay(app, &desk, base, (&form.reference, form.net)).await,
        "return" => service::give_back(app, &desk, base, &form.reason).await,
        _ => Err(StatementError::NotFound),
    };
    answer(&service, (&right, &request, frame), (id, form), done).await
}

async fn answer(
    service: &Service,
    around: (&Right, &RequestId, Frame),
    (id, form): (Uuid, Deed),
    done: Result<(), StatementError>,
) -> Result<Response, Problem> {
    let Err(error) = done else {
        return Ok(Redirect::to(&format!("/herbal/statements/{id}")).into_response());
    };
    let Some(note) = error.note() else { return Err(error.into()) };
    let shown = detail_page(service, around, (id, Asked::default()), (form, note)).await?;
    Ok((Problem::from(error).status(), page(shown.render())?).into_response())
}
