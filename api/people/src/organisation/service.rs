//! Reading, loading and changing institutions.

use platform::{
    App,
    audit::{self, Actor},
    http::RequestId,
    session::Principal,
};
use serde::Deserialize;

use super::{Organisation, Position, store};
use crate::{
    PeopleError,
    deed::deed,
    demo::{SeedError, TsvError},
    realname::fields::FieldFault,
    tsv,
};

/// Levels of a hospital; empty for those without.
pub const LEVELS: [&str; 4] = ["", "一级", "二级", "三级"];

/// The form of an administrator as it was filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OrganisationForm {
    pub name: String,
    pub level: String,
    pub address: String,
    pub longitude: String,
    pub latitude: String,
    pub is_position_checked: Option<String>,
    pub payment_address: String,
    pub version: i64,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("fields must be changed")]
    Faults(Vec<FieldFault>),
    #[error(transparent)]
    Other(#[from] PeopleError),
}

pub async fn list(app: &App) -> Result<Vec<Organisation>, PeopleError> {
    Ok(store::list(&app.db).await?)
}

pub async fn find(app: &App, code: &str) -> Result<Organisation, PeopleError> {
    list(app).await?.into_iter().find(|one| one.code == code).ok_or(PeopleError::NotFound)
}

/// Brings in `data/organisations/institutions.tsv`; what an administrator changed stays. Gives how many there are.
pub async fn load(app: &App) -> Result<usize, SeedError> {
    let all = read(&app.config.data_dir.join("organisations/institutions.tsv"))?;
    let mut tx = app.db.begin().await?;
    for (place, organisation) in (1..).zip(&all) {
        store::load(&app.keyring, &mut tx, organisation, place).await?;
    }
    tx.commit().await?;
    Ok(all.len())
}

/// Changes what is configured of an institution.
pub async fn change(
    app: &App,
    request: &RequestId,
    by: &Principal,
    code: &str,
    form: &OrganisationForm,
) -> Result<(), ChangeError> {
    let before = find(app, code).await?;
    let after = check(form, &before).map_err(ChangeError::Faults)?;
    let changed = changes(&before, &after);
    if changed.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await.map_err(PeopleError::from)?;
    if !store::update(&app.keyring, &mut tx, &after).await.map_err(PeopleError::from)? {
        let why = "刚刚有其他管理员改过这家机构。请重新打开，核对后再修改。";
        return Err(PeopleError::Refused(why).into());
    }
    let entry = audit::Entry {
        object: Some(format!("organisation/{code}")),
        reason: Some(&changed),
        ..deed(app, Actor::from(by), "organisation.change", request)
    };
    audit::append(&mut tx, entry).await.map_err(PeopleError::from)?;
    tx.commit().await.map_err(PeopleError::from)?;
    Ok(())
}

impl From<&Organisation> for OrganisationForm {
    fn from(one: &Organisation) -> Self {
        let degree = |value: fn(Position) -> f64| {
            one.position.map(|position| value(position).to_string()).unwrap_or_default()
        };
        Self {
            name: one.name.clone(),
            level: one.level.clone(),
            address: one.address.clone(),
            longitude: degree(|position| position.longitude),
            latitude: degree(|position| position.latitude),
            is_position_checked: one.is_position_checked.then(|| "on".into()),
            payment_address: one.payment_address.clone(),
            version: one.version,
        }
    }
}

pub(super) fn check(form: &OrganisationForm, before: &Organisation) -> Result<Organisation, Vec<FieldFault>> {
    let mut faults: Vec<FieldFault> = Vec::new();
    let name = form.name.trim();
    if !(2..=60).contains(&name.chars().count()) {
        faults.push(("name", "名称应为 2 到 60 个字".into()));
    }
    if !LEVELS.contains(&form.level.as_str()) {
        faults.push(("level", "请从列表中选择级别".into()));
    }
    if form.address.trim().chars().count() > 100 {
        faults.push(("address", "地址请不超过 100 字".into()));
    }
    let position = position(&form.longitude, &form.latitude).unwrap_or_else(|fault| {
        faults.push(("longitude", fault.into()));
        None
    });
    let payment = form.payment_address.trim();
    if !payment.is_empty() && !is_https(payment) {
        faults.push(("payment_address", "支付地址应以 https:// 开头，写全域名，不带账号和空格".into()));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Organisation {
        name: name.into(),
        level: form.level.clone(),
        address: form.address.trim().into(),
        is_position_checked: form.is_position_checked.is_some() && position.is_some(),
        position,
        payment_address: payment.into(),
        version: form.version,
        ..before.clone()
    })
}

fn position(longitude: &str, latitude: &str) -> Result<Option<Position>, &'static str> {
    match (longitude.trim(), latitude.trim()) {
        ("", "") => Ok(None),
        ("", _) | (_, "") => Err("经度和纬度要一起填写，或都留空"),
        (longitude, latitude) => match (longitude.parse(), latitude.parse()) {
            (Ok(longitude), Ok(latitude)) => Position::in_shanghai(longitude, latitude)
                .map(Some)
                .ok_or("这个位置不在上海市内（经度约 120.8–122.3，纬度约 30.6–31.95），请核对有没有填反"),
            _ => Err("经纬度请写成小数，例如 121.4473 和 31.2286"),
        },
    }
}

fn is_https(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    address.len() <= 300
        && host.contains('.')
        && host.chars().all(is_word)
        && !host.starts_with('.')
        && address.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\'))
}

/// The fields that differ, for the audit trail.
fn changes(before: &Organisation, after: &Organisation) -> String {
    let fields = [
        ("名称", before.name != after.name),
        ("级别", before.level != after.level),
        ("地址", before.address != after.address),
        ("经纬度", before.position != after.position),
        ("经纬度核对", before.is_position_checked != after.is_position_checked),
        ("支付地址", before.payment_address != after.payment_address),
    ];
    fields.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect::<Vec<_>>().join("、")
}

fn read(path: &std::path::Path) -> Result<Vec<Organisation>, TsvError> {
    let columns = ["code", "name", "kind", "level", "address", "longitude", "latitude", "payment_address"];
    tsv::read(path, columns)?
        .into_iter()
        .map(|row| {
            let [code, name, kind, level, address, longitude, latitude, payment_address] = &row.cells;
            let position = position(longitude, latitude).map_err(|fault| row.fault(5, fault))?;
            if !LEVELS.contains(&level.as_str()) {
                return Err(row.fault(3, format!("没有级别 {level}")));
            }
            if !payment_address.is_empty() && !is_https(payment_address) {
                return Err(row.fault(7, "支付地址应以 https:// 开头"));
            }
            Ok(Organisation {
                code: code.clone(),
                name: name.clone(),
                kind: kind.clone(),
                level: level.clone(),
                address: address.clone(),
                position,
                is_position_checked: false,
                payment_address: payment_address.clone(),
                version: 0,
            })
        })
        .collect()
}
