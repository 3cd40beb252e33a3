//! Fictitious prescriptions from `data/demo/prescriptions.tsv`, sent in as a hospital would.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use people::{Sex, identity::IdNumber};
use platform::{App, Problem, http::RequestId, idempotency::IdempotencyKey};
use rules::quality::Level;

use crate::{
    Service,
    model::{Coded, Delivery, Document, Hospital, Line, Patient, Signature},
    service::{self, Once},
    store,
};

/// Why the demo prescriptions could not be brought in.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("cannot read {}", .0.display())]
    File(std::path::PathBuf, #[source] std::io::Error),
    #[error("{}:{}: this line cannot be read", .0.display(), .1)]
    Line(std::path::PathBuf, usize),
    #[error("a prescription was refused: {}", .0.title)]
    Refused(Problem),
}

/// Two fictitious companies for the hospitals of the demo; the demo's pharmacist works for the first as well.
pub async fn furnish(app: &App) -> sqlx::Result<()> {
    let companies = [("C01", "云川杏林代煎中心"), ("C02", "青囊饮片服务公司")];
    let mut tx = app.db.begin().await?;
    for (code, name) in companies {
        store::save_company(&mut tx, code, name, app.now()).await?;
        for institution in ["H01", "H02"] {
            // Of four prescriptions three go to the first.
            let parts = if code == "C01" { 3 } else { 1 };
            store::save_share(&mut tx, institution, code, parts).await?;
        }
    }
    store::save_member(&mut tx, people::demo::demo_id("staff", "s11"), "C01").await?;
    tx.commit().await
}

/// Sends in so many prescriptions for an institution, going round the file; gives how many.
pub async fn upload(service: &Service, institution: &str, count: usize) -> Result<usize, DemoError> {
    let all = read(service)?;
    let request = RequestId("demo".into());
    let who = Hospital { institution, request: &request, by: None };
    for (at, template) in all.iter().cycle().take(count).enumerate() {
        let mut document = template.document.clone();
        let id = service.app.new_id();
        // The end of an id is chance, its beginning the time.
        let name = id.simple().to_string();
        document.number = format!("DEMO-{}", &name[name.len() - 10..]);
        // So many seconds apart, as if they had been written one after the other.
        let before = i64::try_from(at).unwrap_or(0) % 60;
        document.issued_at = service.app.now() - TimeDelta::seconds(30 + before);
        let refused = |error: crate::HerbalError| DemoError::Refused(error.into());
        if !template.reason.is_empty() {
            let found = service::check(service, institution, &document).await.map_err(refused)?;
            let mut rules: Vec<_> = found
                .into_iter()
                .filter(|one| one.level == Level::Block && one.can_sign)
                .map(|one| one.rule)
                .collect();
            rules.dedup();
            document.signatures =
                rules.into_iter().map(|rule| Signature { rule, reason: template.reason.clone() }).collect();
        }
        let once = Once { key: IdempotencyKey(id.to_string()), body: b"demo" };
        service::upload(service, who, &once, &document).await.map_err(refused)?;
    }
    Ok(count)
}

pub(crate) struct Template {
    pub(crate) document: Document,
    reason: String,
}

/// The prescriptions of the file.
pub(crate) fn read(service: &Service) -> Result<Vec<Template>, DemoError> {
    let path = service.app.config.data_dir.join("demo/prescriptions.tsv");
    let text = std::fs::read_to_string(&path).map_err(|error| DemoError::File(path.clone(), error))?;
    let rows = (1..).zip(text.lines()).filter(|(_, row)| !row.starts_with('#') && !row.trim().is_empty());
    rows.skip(1)
        .map(|(line, row)| {
            let cells: Vec<&str> = row.split('\t').collect();
            template(&cells, line, service.app.now()).ok_or_else(|| DemoError::Line(path.clone(), line))
        })
        .collect()
}

fn template(cells: &[&str], line: usize, now: DateTime<Utc>) -> Option<Template> {
    let [name, sex, birth, code, diagnosis, syndrome, pieces, doses, rest @ ..] = cells else { return None };
    let birth: NaiveDate = birth.parse().ok()?;
    let sex = match *sex {
        "male" => Sex::Male,
        "female" => Sex::Female,
        _ => return None,
    };
    let number = IdNumber::of_body(&format!(
        "310106{}{:03}",
        birth.format("%Y%m%d"),
        line * 2 + usize::from(sex == Sex::Male)
    ))?;
    let coded = |code: &str, name: &str| Coded { code: code.to_owned(), name: name.to_owned() };
    let lines: Option<Vec<Line>> = pieces.split('|').map(piece).collect();
    let document = Document {
        number: String::new(),
        issued_at: now,
        department: coded("IM", "内科"),
        doctor: coded("s01", "顾砚秋"),
        patient: Patient {
            name: (*name).to_owned(),
            sex,
            birth_date: Some(birth),
            id_number: Some(number.as_str().to_owned()),
            phone: Some("13800000000".into()),
            card: None,
            pregnant: None,
            lactating: None,
        },
        diagnoses: vec![coded(code, diagnosis)],
        syndromes: vec![coded("", syndrome)],
        lines: lines?,
        doses: doses.parse().ok()?,
        form: None,
        decocted: true,
        usage: "水煎服，一日一剂，分两次温服".into(),
        emergency: None,
        reason: String::new(),
        valid_days: None,
        delivery: Delivery::default(),
        signatures: Vec::new(),
    };
    Some(Template { document, reason: rest.first().map(|reason| (*reason).to_owned()).unwrap_or_default() })
}

/// `砂仁 6 后下`
fn piece(text: &str) -> Option<Line> {
    let mut words = text.split_whitespace();
    let (name, dose) = (words.next()?, words.next()?.parse().ok()?);
    let notes = words.map(ToOwned::to_owned).collect();
    Some(Line { name: name.to_owned(), code: String::new(), dose, unit: "g".into(), notes })
}
