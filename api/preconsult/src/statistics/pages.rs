//! The screens. Every chart stands beside its table, which can be taken along as CSV or Excel.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use people::{Department, staff_frame};
use platform::{
    App, Problem,
    audit::{self, Outcome},
    http::{Form, Query, RequestId, page},
    rights::{Permission, Right},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    ask::{Ask, Asked, Step, reaches},
    calendar::Calendar,
    model::{Counts, Unit},
    names::Names,
    overview,
    store::{self, Counted},
    table::{self, Section},
    templates,
};
use crate::{PreconsultError, Shared};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/staff/statistics", get(show))
        .route("/staff/statistics/templates", get(show_templates))
        .route("/staff/statistics/template", get(show_template))
        .route("/staff/statistics/report", get(report))
        .route("/staff/statistics/export", post(export))
}

/// Which page, as an export names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Overview,
    Templates,
    Template,
    Report,
}

#[derive(Template)]
#[template(path = "preconsult/statistics.html")]
struct StatisticsPage {
    frame: Frame,
    place: Place,
    title: String,
    filter: Filter,
    /// How far up and down one may look: name and address.
    crumbs: Vec<(String, String)>,
    counts: Option<Counts>,
    sections: Vec<Section>,
    progress: String,
    /// The other pages about the same.
    others: Vec<(&'static str, String)>,
    /// Version and address.
    versions: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "preconsult/statistics_report.html")]
struct ReportPage {
    frame: Frame,
    head: Vec<(String, String)>,
    counts: Counts,
    sections: Vec<Section>,
    filter: Filter,
}

/// The form above the numbers.
struct Filter {
    ask: Ask,
    step: &'static str,
    institutions: Vec<(String, String)>,
    departments: Vec<Department>,
    /// Departments to compare, where the district is shown.
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Export {
    place: Place,
    /// One section; all of the page when empty.
    #[serde(default)]
    section: String,
    format: Format,
    #[serde(flatten)]
    ask: Ask,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    Csv,
    Xlsx,
}

impl Format {
    /// Kind, ending and bytes of a file with these tables.
    pub(super) fn file(
        self,
        head: &[(String, String)],
        sections: &[Section],
    ) -> Result<(&'static str, &'static str, Vec<u8>), Problem> {
        Ok(match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv", table::csv(head, sections).into_bytes()),
            Self::Xlsx => (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "xlsx",
                table::workbook(head, sections).map_err(Problem::internal)?,
            ),
        })
    }
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Templates => "templates",
            Self::Template => "template",
            Self::Report => "report",
        }
    }

    fn address(self) -> &'static str {
        match self {
            Self::Overview => "/staff/statistics",
            Self::Templates => "/staff/statistics/templates",
            Self::Template => "/staff/statistics/template",
            Self::Report => "/staff/statistics/report",
        }
    }
}

/// What a page is about.
struct Told {
    asked: Asked,
    names: Names,
    title: String,
    counts: Option<Counts>,
    sections: Vec<Section>,
    versions: Vec<Counted>,
}

async fn tell(app: &App, right: &Right, place: Place, ask: Ask) -> Result<Told, Problem> {
    let mut asked = ask.read(right, app.clock.today())?;
    let names = Names::load(app).await?;
    if !names.has(&asked.unit) {
        return Err(Problem::not_found().detail("没有这个机构或科室。请从上面的列表中选择。"));
    }
    let mut versions = Vec::new();
    let (title, counts, sections) = match place {
        Place::Overview => {
            let (sum, sections) = overview::sections(app, &asked, &names, &calendar(app).await?).await?;
            ("预问诊使用统计".to_owned(), Some(sum), sections)
        }
        Place::Templates => {
            ("问卷模板使用统计".to_owned(), None, templates::sections(app, &asked, &names).await?)
        }
        Place::Template => {
            versions = names.versions(&asked.ask.template).into_iter().cloned().collect();
            let wanted = asked.ask.version.as_str();
            let counted = versions.iter().rev().find(|one| wanted.is_empty() || one.version == wanted);
            let counted = counted.ok_or_else(|| {
                Problem::not_found().detail("还没有人用过这份问卷的这个版本。请从“问卷模板使用统计”中选择。")
            })?;
            asked.ask.version.clone_from(&counted.version);
            let title = format!("{} 第 {} 版：每道题的回答", counted.title, counted.version);
            (title, None, templates::questions(app, &asked, counted).await?)
        }
        Place::Report => {
            let (sum, mut sections) = overview::sections(app, &asked, &names, &calendar(app).await?).await?;
            sections.extend(templates::sections(app, &asked, &names).await?);
            ("预问诊统计报告".to_owned(), Some(sum), sections)
        }
    };
    Ok(Told { asked, names, title, counts, sections, versions })
}

async fn calendar(app: &App) -> Result<Calendar, Problem> {
    let path = app.config.data_dir.join("calendar/holidays.tsv");
    let text = tokio::fs::read_to_string(&path).await.map_err(Problem::internal)?;
    Calendar::read(&text).map_err(|fault| Problem::internal(std::io::Error::other(fault)))
}

impl Told {
    fn filter(&self, right: &Right) -> Filter {
        let is_within = |unit: &Unit| reaches(right, unit);
        let institutions = self.names.institutions.iter();
        let institutions: Vec<_> =
            institutions.filter(|(code, _)| is_within(&Unit::new(code, ""))).cloned().collect();
        let here = |d: &&Department| {
            d.institution == self.asked.unit.institution && is_within(&Unit::new(&d.institution, &d.code))
        };
        let names = self.names.department_names();
        Filter {
            ask: self.asked.said(),
            step: self.asked.step.name(),
            institutions,
            departments: self.names.departments.iter().filter(here).cloned().collect(),
            names: names.into_iter().map(|(name, _)| name).collect(),
        }
    }

    fn crumbs(&self, right: &Right, place: Place) -> Vec<(String, String)> {
        let unit = &self.asked.unit;
        let mut levels = vec![Unit::default()];
        if !unit.is_district() {
            levels.push(Unit::new(&unit.institution, ""));
        }
        if unit.is_department() {
            levels.push(unit.clone());
        }
        let seen = levels.into_iter().filter(|level| reaches(right, level));
        seen.map(|level| {
            let name = match (level.is_district(), level.is_department()) {
                (true, _) => "全区".to_owned(),
                (false, false) => self.names.institution(&level.institution),
                (false, true) => self.names.department(&level),
            };
            let address = self.asked.address(place.address(), |ask| {
                ask.institution.clone_from(&level.institution);
                ask.department.clone_from(&level.department);
            });
            (name, address)
        })
        .collect()
    }

    /// What the numbers are of, in words.
    fn head(&self, app: &App, right: &Right, name: &str) -> Vec<(String, String)> {
        let today = app.clock.today();
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let mut head = vec![
            pair("统计", self.title.clone()),
            pair("范围", self.names.unit(&self.asked.unit)),
            pair("日期", format!("{} 至 {}", self.asked.from, self.asked.until)),
            pair("时区", "北京时间（UTC+8）".to_owned()),
            pair("导出时间", ui::format::moment(app.now(), today)),
            pair("导出人", name.to_owned()),
        ];
        if !self.versions.is_empty() {
            let note = "按开始预问诊的月份整月统计，只计已提交的".to_owned();
            head.insert(3, pair("口径", note));
        }
        if right.roles().is_empty() {
            head.pop();
        }
        head
    }
}

async fn shown(
    app: &App,
    right: Right,
    frame: Frame,
    place: Place,
    ask: Ask,
) -> Result<Html<String>, Problem> {
    let told = tell(app, &right, place, ask).await?;
    let (counted_at, n_due) = store::find_progress(&app.db).await.map_err(PreconsultError::from)?;
    let counted = counted_at.map(|at| format!("统计到 {}", ui::format::moment(at, app.clock.today())));
    let due = (n_due > 0).then(|| format!("还有 {n_due} 项变化正在计入，几秒后刷新可见"));
    let progress: Vec<String> = counted.into_iter().chain(due).collect();
    let others = [
        ("使用统计", Place::Overview),
        ("问卷模板", Place::Templates),
        ("统计报告（可打印）", Place::Report),
    ];
    let address = |place: Place| {
        told.asked.address(place.address(), |ask| {
            ask.template.clear();
            ask.version.clear();
        })
    };
    let mut others: Vec<_> = others
        .into_iter()
        .filter(|(_, other)| *other != place)
        .map(|(label, place)| (label, address(place)))
        .collect();
    if right.may(Permission::ConsultationRead) {
        others.push((
            "患者填写的报告",
            told.asked.address("/staff/statistics/records", |ask| ask.step.clear()),
        ));
    }
    let versions = told.versions.iter().map(|counted| {
        let to = told.asked.address(place.address(), |ask| ask.version.clone_from(&counted.version));
        (counted.version.clone(), to)
    });
    page(
        StatisticsPage {
            versions: versions.collect(),
            filter: told.filter(&right),
            crumbs: told.crumbs(&right, place),
            frame: staff_frame(app, &right, frame).await?,
            place,
            title: told.title,
            counts: told.counts,
            sections: told.sections,
            progress: progress.join("；"),
            others,
        }
        .render(),
    )
}

async fn show(
    State(app): State<App>,
    right: Right,
    frame: Frame,
    Query(ask): Query<Ask>,
) -> Result<Html<String>, Problem> {
    shown(&app, right, frame, Place::Overview, ask).await
}

async fn show_templates(
    State(app): State<App>,
    right: Right,
    frame: Frame,
    Query(ask): Query<Ask>,
) -> Result<Html<String>, Problem> {
    shown(&app, right, frame, Place::Templates, ask).await
}

async fn show_template(
    State(app): State<App>,
    right: Right,
    frame: Frame,
    Query(ask): Query<Ask>,
) -> Result<Html<String>, Problem> {
    shown(&app, right, frame, Place::Template, ask).await
}

async fn report(
    State(app): State<App>,
    right: Right,
    frame: Frame,
    Query(ask): Query<Ask>,
) -> Result<Html<String>, Problem> {
    let told = tell(&app, &right, Place::Report, ask).await?;
    let frame = staff_frame(&app, &right, frame).await?;
    let (head, filter) = (told.head(&app, &right, &frame.name), told.filter(&right));
    page(
        ReportPage { frame, head, filter, counts: told.counts.unwrap_or_default(), sections: told.sections }
            .render(),
    )
}

/// The numbers of a page as a file; who took what is kept in the audit trail.
async fn export(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(form): Form<Export>,
) -> Result<Response, Problem> {
    let told = tell(&app, &right, form.place, form.ask.clone()).await?;
    let frame = staff_frame(&app, &right, frame).await?;
    let head = told.head(&app, &right, &frame.name);
    let is_wanted = |section: &Section| form.section.is_empty() || section.key == form.section;
    let sections: Vec<Section> = told.sections.into_iter().filter(is_wanted).collect();
    if sections.is_empty() {
        return Err(Problem::not_found().detail("没有这张表。请回到统计页面重新选择。"));
    }
    let stamp = app.now().format("%Y%m%dT%H%M%SZ");
    let (mime, extension, file) = form.format.file(&head, &sections)?;
    let part = if form.section.is_empty() { "all" } else { &form.section };
    let object = format!(
        "statistics/{}/{part}.{extension}?{}",
        form.place.name(),
        told.asked.address("", |ask| ask.name.clear()).trim_start_matches('?')
    );
    let entry = audit::Entry {
        at: app.now(),
        actor: right.actor(),
        action: "statistics.export",
        patient: None,
        object: Some(object),
        reason: None,
        outcome: Outcome::Done,
        request_id: &request.0,
    };
    let mut tx = app.db.begin().await.map_err(PreconsultError::from)?;
    audit::append(&mut tx, entry).await.map_err(PreconsultError::from)?;
    tx.commit().await.map_err(PreconsultError::from)?;
    let name =
        format!("attachment; filename=\"statistics-{}-{part}-{stamp}.{extension}\"", form.place.name());
    let headers = [(header::CONTENT_TYPE, mime.to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, file).into_response())
}
