//! The prescribing screen, for institutions without a HIS of their own.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::DateTime;
use people::{Sex, Staff, staff_frame};
use platform::{
    Problem,
    http::{Form, Json, Query, RequestId, page},
    idempotency::{IdempotencyError, IdempotencyKey},
    rights::Right,
};
use rules::quality::Level;
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::parts::{self, HitView, hit};
use crate::{
    HerbalError, Service,
    model::{
        Coded, Delivery, Document, Found, Hospital, Line, METHODS, Order, Patient, Signature, Way,
        reason_text,
    },
    service::{self, Once},
};

/// Lines of an empty form; more come as they are filled.
const ROWS: usize = 12;
/// Names offered while somebody types.
const MOST_NAMES: usize = 12;

#[derive(Template)]
#[template(path = "herbal/prescribe.html")]
struct PrescribePage {
    frame: Frame,
    written: Written,
    /// What is wrong with the form itself.
    faults: Vec<String>,
    rows: Vec<RowView>,
    whole: Vec<HitView>,
    /// Blocking rules to be signed: id, name, whether they can be.
    blocks: Vec<(String, String, bool)>,
    is_checked: bool,
    methods: [&'static str; 15],
    sent: Vec<SentView>,
    today: chrono::NaiveDate,
}

struct RowView {
    name: String,
    dose: String,
    notes: String,
    hits: Vec<HitView>,
}

struct SentView {
    number: String,
    state: &'static str,
    tone: &'static str,
    when: String,
    /// Why it was rejected.
    why: String,
}

/// As it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Written {
    key: String,
    action: String,
    name: String,
    sex: String,
    birth: String,
    id_number: String,
    phone: String,
    pregnant: String,
    code: String,
    diagnosis: String,
    syndrome: String,
    doses: String,
    usage: String,
    decocted: String,
    way: String,
    address: String,
    reason: String,
    line_name: Vec<String>,
    line_dose: Vec<String>,
    line_notes: Vec<String>,
    sign_rule: Vec<String>,
    sign_reason: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    q: String,
}

/// Names of pieces that begin with, or hold, what was typed.
pub(super) async fn pieces(State(service): State<Service>, Query(typed): Query<Typed>) -> Json<Vec<String>> {
    let q = typed.q.trim();
    let herbs = service.engine.kb().herbs();
    let all = herbs.iter().flat_map(|herb| std::iter::once(&herb.label).chain(&herb.names));
    let mut names: Vec<&String> = all.filter(|name| !q.is_empty() && name.contains(q)).collect();
    names.sort_by_key(|name| (!name.starts_with(q), name.chars().count()));
    names.dedup();
    Json(names.into_iter().take(MOST_NAMES).cloned().collect())
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let written = Written {
        key: service.app.new_id().to_string(),
        doses: "7".into(),
        usage: "水煎服，一日一剂，分两次温服".into(),
        ..Written::default()
    };
    drawn(&service, &right, frame, (written, Vec::new(), Vec::new())).await
}

/// Checks what was written, or sends it; what is in the way stands at its line.
pub(super) async fn send(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(written): Form<Written>,
) -> Result<Response, Problem> {
    let staff = staff_of(&service, &right).await?;
    let institution = staff.department.institution.clone();
    let mut document = match written.read(&service, &staff) {
        Ok(document) => document,
        Err(faults) => {
            let shown = drawn(&service, &right, frame, (written, faults, Vec::new())).await?;
            return Ok((Problem::invalid_input().status(), shown).into_response());
        }
    };
    let found = match service::check(&service, &institution, &document).await {
        Ok(found) => found,
        Err(HerbalError::Faults(faults)) => {
            let faults = faults.into_iter().map(|(_, text)| text.to_owned()).collect();
            let shown = drawn(&service, &right, frame, (written, faults, Vec::new())).await?;
            return Ok((Problem::invalid_input().status(), shown).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let signed = |found: &Found| document.signatures.iter().any(|signature| signature.rule == found.rule);
    let is_open = |found: &&Found| found.level == Level::Block && !(found.can_sign && signed(found));
    if written.action != "send" || found.iter().any(|found| is_open(&found)) {
        return Ok(drawn(&service, &right, frame, (written, Vec::new(), found)).await?.into_response());
    }
    document.signatures.retain(|signature| {
        found.iter().any(|found| found.rule == signature.rule && found.level == Level::Block)
    });
    let actor = right.actor();
    let who = Hospital { institution: &institution, request: &request, by: Some(&actor) };
    // A second tap is the same, although it comes later.
    let timeless = Document { issued_at: DateTime::UNIX_EPOCH, ..document.clone() };
    let body = serde_json::to_vec(&timeless).map_err(Problem::internal)?;
    let once = Once { key: IdempotencyKey(written.key.clone()), body: &body };
    match service::upload(&service, who, &once, &document).await {
        Ok(_) => Ok(Redirect::to("/herbal/prescribe").into_response()),
        Err(HerbalError::Idempotency(IdempotencyError::Reused)) => {
            let faults = vec!["这一页的处方已经提交过，不能改了再交。要另开一张，请重新打开本页。".into()];
            let shown = drawn(&service, &right, frame, (written, faults, found)).await?;
            Ok((Problem::invalid_input().status(), shown).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn staff_of(service: &Service, right: &Right) -> Result<Staff, Problem> {
    let staff = people::service::find_staff(&service.app, right.id()).await?;
    staff.ok_or_else(|| HerbalError::NotFound.into())
}

async fn drawn(
    service: &Service,
    right: &Right,
    frame: Frame,
    (written, faults, found): (Written, Vec<String>, Vec<Found>),
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let is_checked = !written.action.is_empty() && faults.is_empty();
    // Findings count the lines that were filled in.
    let mut filled = 0;
    let n = ROWS.max(written.line_name.len() + 3);
    let text = |all: &[String], row: usize| all.get(row).cloned().unwrap_or_default();
    let rows = (0..n).map(|row| {
        let name = text(&written.line_name, row);
        let at = (!name.trim().is_empty()).then(|| {
            filled += 1;
            filled - 1
        });
        let here = |one: &&Found| at.is_some_and(|at| one.lines.contains(&at));
        RowView {
            hits: found.iter().filter(here).map(|one| hit(one, at)).collect(),
            name,
            dose: text(&written.line_dose, row),
            notes: text(&written.line_notes, row),
        }
    });
    let rows = rows.collect();
    let mut blocks: Vec<_> = found
        .iter()
        .filter(|found| found.level == Level::Block)
        .map(|found| (found.rule.clone(), found.name.clone(), found.can_sign))
        .collect();
    blocks.dedup();
    let mut sent = Vec::new();
    let today = app.clock.today();
    for (order, why) in service::list_of_doctor(service, right.id()).await? {
        sent.push(sent_view(&order, &why, today));
    }
    let frame = staff_frame(app, right, frame).await?;
    let whole = parts::of_whole(&found);
    page(
        PrescribePage {
            frame,
            written,
            faults,
            rows,
            whole,
            blocks,
            is_checked,
            methods: METHODS,
            sent,
            today,
        }
        .render(),
    )
}

fn sent_view(order: &Order, reasons: &[String], today: chrono::NaiveDate) -> SentView {
    SentView {
        number: order.number.clone(),
        state: order.state.text(),
        tone: order.state.tone(),
        when: ui::format::moment(order.changed_at, today),
        why: reasons.iter().map(|code| reason_text(code)).collect::<Vec<_>>().join("；"),
    }
}

impl Written {
    /// As a prescription; or what cannot be read, in words.
    fn read(&self, service: &Service, staff: &Staff) -> Result<Document, Vec<String>> {
        let mut faults = Vec::new();
        let birth = Some(self.birth.trim()).filter(|text| !text.is_empty());
        let birth_date = birth.and_then(|text| {
            let read = text.parse().ok();
            if read.is_none() {
                faults.push("出生日期请写成 1958-07-02 这样。".into());
            }
            read
        });
        let doses = self.doses.trim().parse().unwrap_or_else(|_| {
            faults.push("剂数请写整数。".into());
            0
        });
        let id: Uuid = self.key.parse().unwrap_or_else(|_| {
            faults.push("页面已过期，请刷新后重写。".into());
            Uuid::nil()
        });
        let lines = self.lines(&mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let told = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let coded = |code: &str, name: &str| Coded { code: code.trim().into(), name: name.trim().into() };
        let some = |one: Coded| if one.name.is_empty() { Vec::new() } else { vec![one] };
        let simple = id.simple().to_string();
        let signatures = self.sign_rule.iter().zip(&self.sign_reason);
        Ok(Document {
            number: format!("JY-{}", &simple[simple.len() - 12..]),
            issued_at: service.app.now(),
            department: coded(&staff.department.code, &staff.department.name),
            doctor: coded(&staff.id.to_string(), &staff.name),
            patient: Patient {
                name: self.name.trim().into(),
                sex: match self.sex.as_str() {
                    "male" => Sex::Male,
                    "female" => Sex::Female,
                    _ => Sex::Unknown,
                },
                birth_date,
                id_number: told(&self.id_number),
                phone: told(&self.phone),
                card: None,
                pregnant: match self.pregnant.as_str() {
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => None,
                },
                lactating: None,
            },
            diagnoses: some(coded(&self.code, &self.diagnosis)),
            syndromes: some(coded("", &self.syndrome)),
            lines,
            doses,
            form: None,
            decocted: !self.decocted.is_empty(),
            usage: self.usage.trim().into(),
            emergency: None,
            reason: self.reason.trim().into(),
            valid_days: None,
            delivery: Delivery {
                way: if self.way == "home" { Way::Home } else { Way::PickUp },
                address: self.address.trim().into(),
                receiver: self.name.trim().into(),
                phone: self.phone.trim().into(),
                place: String::new(),
            },
            signatures: signatures
                .filter(|(_, reason)| !reason.trim().is_empty())
                .map(|(rule, reason)| Signature { rule: rule.clone(), reason: reason.trim().into() })
                .collect(),
        })
    }

    fn lines(&self, faults: &mut Vec<String>) -> Vec<Line> {
        let text =
            |all: &[String], row: usize| all.get(row).map(|text| text.trim().to_owned()).unwrap_or_default();
        let mut lines = Vec::new();
        for (row, name) in self.line_name.iter().enumerate().filter(|(_, name)| !name.trim().is_empty()) {
            let Ok(dose) = text(&self.line_dose, row).parse() else {
                faults.push(format!("“{}”的剂量请写数，例如 9。", name.trim()));
                continue;
            };
            let notes = text(&self.line_notes, row);
            let notes = notes.split(['、', ' ', '，']).filter(|note| !note.is_empty());
            lines.push(Line {
                name: name.trim().into(),
                code: String::new(),
                dose,
                unit: "g".into(),
                notes: notes.map(ToOwned::to_owned).collect(),
            });
        }
        lines
    }
}
