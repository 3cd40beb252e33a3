//! Searching and exporting the trail; both are themselves recorded.

use std::{collections::BTreeMap, fmt::Write};

use chrono::NaiveDate;
use platform::{
    App, Problem,
    audit::{self, Outcome, Record, Search},
    crypto::sm3,
    http::RequestId,
    rights::{Right, checked_reason},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{csv, words};
use crate::{PeopleError, rights::store as colleagues, service};

/// Rows of one page.
pub(super) const PAGE: u32 = 50;

/// Most rows of one export.
pub(super) const EXPORTED: u32 = 10_000;

/// What the form asks for, as it was written.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// Name of a member of the staff, an id, or a part of the program.
    #[serde(default)]
    pub(super) who: String,
    /// Id of a resident.
    #[serde(default)]
    pub(super) patient: String,
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) outcome: String,
    /// Days in China, both included.
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) until: String,
}

/// The people of some rows: id to what may be shown of them.
pub(super) type Names = BTreeMap<String, String>;

impl Asked {
    /// For the trail, and for the address of the next page.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("who", self.who.trim()),
            ("patient", self.patient.trim()),
            ("action", self.action.trim()),
            ("outcome", self.outcome.trim()),
            ("from", self.from.trim()),
            ("until", self.until.trim()),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// What it means; a problem names the field that cannot be understood.
    pub(super) async fn search(&self, app: &App) -> Result<Search, Problem> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let patient = given(&self.patient).map(|text| text.parse::<Uuid>()).transpose();
        let patient = patient.map_err(|_| wrong("/patient", "居民编号不完整，请从某一行的居民点进来。"))?;
        let outcome = given(&self.outcome)
            .map(|text| Outcome::ALL.into_iter().find(|one| one.name() == text).ok_or(()))
            .transpose()
            .map_err(|()| wrong("/outcome", "没有这种结果。"))?;
        let day = |text: &str, place| {
            let day = given(text).map(|text| text.parse::<NaiveDate>()).transpose();
            day.map_err(|_| wrong(place, "日期应写成 2026-03-02。"))
        };
        let (from, until) = (day(&self.from, "/from")?, day(&self.until, "/until")?);
        let actors = match given(&self.who) {
            None => None,
            Some(who) => {
                let named = colleagues::list_colleagues_named(&app.db, &who).await?;
                Some(named.iter().map(|one| one.id.to_string()).chain([who]).collect())
            }
        };
        Ok(Search {
            actors,
            patient,
            action: given(&self.action),
            outcome,
            from: from.map(ui::format::start_of),
            until: until.and_then(|day| day.succ_opt()).map(ui::format::start_of),
            ..Search::default()
        })
    }
}

fn wrong(place: &str, detail: &str) -> Problem {
    Problem::invalid_input().detail(detail).fault(place, detail)
}

/// One page of what is asked for, newest first, once the look stands in the trail itself.
pub(super) async fn search(
    app: &App,
    right: &Right,
    request: &RequestId,
    asked: &Asked,
    before: Option<i64>,
) -> Result<Vec<Record>, Problem> {
    let found = audit::search(&app.db, &asked.search(app).await?, before, PAGE + 1).await?;
    append(app, right, request, "audit.search", None, &said(asked)).await?;
    Ok(found)
}

/// Everything that is asked for as a file for a spreadsheet, with its SM3 in the trail.
pub(super) async fn export(
    app: &App,
    right: &Right,
    request: &RequestId,
    asked: &Asked,
    reason: &str,
) -> Result<String, Problem> {
    let reason = checked_reason(reason)?;
    let search = asked.search(app).await?;
    let n_rows = audit::count(&app.db, &search).await?;
    if n_rows > i64::from(EXPORTED) {
        let detail = format!("符合条件的有 {n_rows} 条，一次最多导出 {EXPORTED} 条。请缩小时间范围再导出。");
        return Err(wrong("/from", &detail));
    }
    let rows = audit::search(&app.db, &search, None, EXPORTED).await?;
    let names = names(app, &rows).await?;
    let file = spreadsheet(&rows, &names);
    let object = format!("sm3/{}", hex(&sm3(&file)));
    let said = format!("{reason}；{} 条；{}", rows.len(), said(asked));
    append(app, right, request, "audit.export", Some(object), &said).await?;
    Ok(file)
}

/// With the byte order mark by which spreadsheets know UTF-8.
fn spreadsheet(rows: &[Record], names: &Names) -> String {
    let titles = [
        "序号",
        "时间",
        "人员编号",
        "人员",
        "角色",
        "行为",
        "行为代码",
        "居民编号",
        "对象",
        "理由",
        "结果",
        "请求编号",
        "网络地址",
        "设备",
        "校验值",
    ];
    let mut file = String::from("\u{feff}");
    file.push_str(&csv::line(titles));
    for row in rows {
        let (seq, at) = (row.seq.to_string(), row.at.to_rfc3339());
        let patient = row.patient.map(|id| id.to_string()).unwrap_or_default();
        let or_none = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let (object, reason) = (or_none(&row.object), or_none(&row.reason));
        let (address, device, hash) = (or_none(&row.address), or_none(&row.device), row.hash_hex());
        file.push_str(&csv::line([
            seq.as_str(),
            &at,
            &row.actor,
            names.get(&row.actor).map_or("", String::as_str),
            words::role(&row.role),
            words::title(&row.action),
            &row.action,
            &patient,
            &object,
            &reason,
            words::outcome(&row.outcome).1,
            &row.request_id,
            &address,
            &device,
            &hash,
        ]));
    }
    file
}

/// Staff by name, residents by masked name.
pub(super) async fn names(app: &App, rows: &[Record]) -> Result<Names, PeopleError> {
    let mut residents: Vec<Uuid> = rows.iter().filter_map(|row| row.patient).collect();
    let mut staff = Vec::new();
    for row in rows {
        match row.actor.parse::<Uuid>() {
            Ok(id) if row.role == "resident" => residents.push(id),
            Ok(id) => staff.push(id),
            Err(_) => {}
        }
    }
    for ids in [&mut residents, &mut staff] {
        ids.sort_unstable();
        ids.dedup();
    }
    let mut names = Names::new();
    for some in staff.chunks(200) {
        for one in colleagues::list_colleagues_of(&app.db, some).await? {
            names.insert(one.id.to_string(), one.name);
        }
    }
    for id in residents {
        if let Some(resident) = service::find_resident(app, id).await? {
            names.insert(id.to_string(), ui::mask::name(&resident.name));
        }
    }
    Ok(names)
}

fn said(asked: &Asked) -> String {
    let pairs: Vec<String> = asked.pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let said = if pairs.is_empty() { "全部".to_owned() } else { pairs.join(" ") };
    said.chars().take(300).collect()
}

pub(super) async fn append(
    app: &App,
    right: &Right,
    request: &RequestId,
    action: &'static str,
    object: Option<String>,
    said: &str,
) -> Result<(), Problem> {
    let mut tx = app.db.begin().await?;
    let entry = audit::Entry {
        at: app.now(),
        actor: right.actor(),
        action,
        patient: None,
        object,
        reason: Some(said),
        outcome: Outcome::Done,
        request_id: &request.0,
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
