//! The system administrator's page of backups: the last ones, whether each could be read back, make one, check one.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use chrono::{NaiveDate, TimeDelta};
use platform::{
    App, Problem, backup,
    http::{Path, Query, page},
    rights::{Permission, Right, Route, Who},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::desk::staff_frame;

const MAY: Who = Who::Staff(Permission::BackupManage);

pub(crate) const ACCESS: [Route; 3] = [
    Route::get("/admin/backups", MAY),
    Route::post("/admin/backups", MAY),
    Route::post("/admin/backups/{id}/check", MAY),
];

/// Backups shown.
const SHOWN: i64 = 30;
/// One that is not ended after so long was broken off.
const PATIENCE: TimeDelta = TimeDelta::hours(6);
/// Without a sound backup for so many intervals something is wrong.
const LATE_AFTER: i32 = 2;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/admin/backups", get(show).post(make))
        .route("/admin/backups/{id}/check", post(check))
}

#[derive(Template)]
#[template(path = "backup/list.html")]
struct BackupsPage {
    frame: Frame,
    rows: Vec<RowView>,
    hours: u32,
    keep: usize,
    folder: String,
    asked: bool,
    /// Title and text of a warning.
    warning: Option<(&'static str, String)>,
}

struct RowView {
    id: Uuid,
    begun: String,
    kind: &'static str,
    tone: &'static str,
    state: &'static str,
    told: String,
    size: String,
    file: String,
    hash: String,
    may_check: bool,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    asked: bool,
}

async fn show(
    State(app): State<App>,
    right: Right,
    frame: Frame,
    Query(query): Query<Shown>,
) -> Result<Html<String>, Problem> {
    let rows = backup::list(&app.db, SHOWN).await?;
    let today = app.clock.today();
    let shown = BackupsPage {
        frame: staff_frame(&app, &right, frame).await?,
        hours: app.config.backup_every_hours,
        keep: app.config.backup_keep,
        folder: app.config.backups().display().to_string(),
        asked: query.asked,
        warning: warning(&app, &rows),
        rows: rows.into_iter().map(|row| view(&app, row, today)).collect(),
    };
    page(shown.render())
}

async fn make(State(app): State<App>, right: Right) -> Result<Redirect, Problem> {
    let mut tx = app.db.begin().await?;
    backup::ask(&app, &mut tx, &right.actor()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/admin/backups?asked=true"))
}

async fn check(State(app): State<App>, right: Right, Path(id): Path<Uuid>) -> Result<Redirect, Problem> {
    let Some(entry) = backup::find(&app.db, id).await? else { return Err(Problem::not_found()) };
    let mut tx = app.db.begin().await?;
    backup::ask_check(&app, &mut tx, &right.actor(), entry.id).await?;
    tx.commit().await?;
    Ok(Redirect::to("/admin/backups?asked=true"))
}

fn warning(app: &App, rows: &[backup::Entry]) -> Option<(&'static str, String)> {
    if app.config.backup_every_hours == 0 {
        let told = "请在配置里写 backup_every_hours，或每天用 jiuyi backup 备份。";
        return Some(("没有开启定时备份", told.into()));
    }
    let span = TimeDelta::hours(i64::from(app.config.backup_every_hours)) * LATE_AFTER;
    let sound = |row: &&backup::Entry| row.ended_at.is_some() && row.fault.is_none() && row.kind != "restore";
    match rows.iter().find(sound) {
        Some(last) if app.now() - last.begun_at > span => {
            let when = ui::format::moment(last.begun_at, app.clock.today());
            let told = format!("最近一份完好的备份是 {when} 做的。请查看下面的失败原因，现在备份一次。");
            Some(("备份已经过期", told))
        }
        Some(_) => None,
        None => Some(("还没有完好的备份", "请现在备份一次，并把密钥文件另外保存。".into())),
    }
}

fn view(app: &App, row: backup::Entry, today: NaiveDate) -> RowView {
    let (tone, state, told) = match (&row.fault, row.removed_at, row.ended_at, row.checked_at) {
        (Some(fault), ..) => ("danger", "不能使用", fault.clone()),
        (None, Some(at), ..) => ("quiet", "已到期删除", ui::format::moment(at, today)),
        (None, None, None, _) if app.now() - row.begun_at < PATIENCE => ("info", "进行中", String::new()),
        (None, None, None, _) => ("warn", "已中断", "没有做完（可能程序重启过），请重新备份".into()),
        (None, None, Some(_), Some(at)) => {
            let n = row.n_rows.unwrap_or_default();
            ("ok", "完好", format!("{n} 行，{} 逐块核对", ui::format::moment(at, today)))
        }
        (None, None, Some(_), None) => ("warn", "未核对", String::new()),
    };
    RowView {
        id: row.id,
        begun: ui::format::moment(row.begun_at, today),
        kind: match row.kind.as_str() {
            "schedule" => "定时",
            "operator" => "手工",
            "before_restore" => "恢复前另存",
            _ => "恢复",
        },
        tone,
        state,
        told,
        size: row.n_bytes.map(size).unwrap_or_default(),
        may_check: row.removed_at.is_none() && row.ended_at.is_some() && row.kind != "restore",
        file: row.file,
        hash: row.hash.unwrap_or_default(),
    }
}

fn size(bytes: i64) -> String {
    match bytes {
        ..1024 => format!("{bytes} 字节"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(17), "17 字节");
        assert_eq!(size(204_800), "200 KB");
        assert_eq!(size(1_572_864), "1.5 MB");
    }
}
