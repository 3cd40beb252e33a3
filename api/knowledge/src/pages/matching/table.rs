use std::collections::BTreeSet;

use askama::Template;
use axum::{extract::State, response::Html};
use kb::Fault;
use platform::{
    Problem,
    http::{Path, Query, page},
    rights::Right,
};
use rules::matching::outline::{InputRow, Outline};
use serde::Deserialize;
use ui::Frame;

use super::super::{
    file::{Head, Topic, opened},
    staff_frame,
};
use crate::{KnowledgeError, Releases};

#[derive(Template)]
#[template(path = "knowledge/matching/table.html")]
struct TablePage {
    frame: Frame,
    head: Head,
    settings: Vec<Setting>,
    columns: Vec<String>,
    rows: Vec<RowView>,
    /// Findings of no single rule.
    others: Vec<Fault>,
    /// Places of the organisation that rules do not or cannot reach.
    notes: Vec<String>,
    form: Option<FormView>,
    /// Columns that can still be added.
    addable: Vec<InputRow>,
    version: i64,
    /// The file is no page; only the text can be changed.
    is_unreadable: bool,
}

struct Setting {
    key: &'static str,
    value: String,
    /// None: free text.
    choices: &'static [&'static str],
    about: &'static str,
}

struct RowView {
    id: String,
    cells: Vec<String>,
    line: u32,
    number: usize,
    is_off: bool,
    faults: Vec<Fault>,
}

struct FormView {
    title: String,
    deed: &'static str,
    line: u32,
    fields: Vec<FieldView>,
    /// Questionnaires that may be chosen, with their titles.
    targets: Vec<(String, String)>,
}

struct FieldView {
    label: String,
    value: String,
    hint: String,
    is_target: bool,
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    /// Line of the rule to be changed.
    row: Option<u32>,
    /// Line of the rule below which one is added; 0 at the end.
    below: Option<u32>,
}

pub(crate) async fn table(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    Path(name): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Html<String>, Problem> {
    let (head, faults) = opened(&releases, &who, Topic::Matching, &name).await?;
    let read = Outline::read(&head.opened.file, &head.opened.text);
    let is_unreadable = read.is_err();
    let outline = read.unwrap_or_default();
    let lines: BTreeSet<u32> = outline.rows.iter().map(|row| row.line).collect();
    let (of_rows, others): (Vec<Fault>, Vec<Fault>) =
        faults.into_iter().partition(|fault| lines.contains(&fault.line));
    let rows = outline.rows.iter().zip(1..).map(|(row, number)| RowView {
        id: row.id.clone(),
        cells: row.cells.clone(),
        line: row.line,
        number,
        is_off: row.is_off,
        faults: of_rows.iter().filter(|fault| fault.line == row.line).cloned().collect(),
    });
    let known = |name: &str| outline.inputs.iter().any(|input| input.name == name);
    let addable = columns(&releases).await?.into_iter().filter(|column| !known(&column.name)).collect();
    let form = if head.may_publish { form(&releases, &outline, &shown) } else { None };
    page(
        TablePage {
            frame: staff_frame(&releases, &who, frame).await?,
            settings: outline.settings().into_iter().map(|(key, value)| setting(key, value)).collect(),
            columns: outline.head.clone(),
            rows: rows.collect(),
            others,
            notes: notes(&releases, &outline).await?,
            form,
            addable,
            version: head.opened.version(),
            is_unreadable,
            head,
        }
        .render(),
    )
}

/// What the platform knows of every visit, as inputs of rules.
pub(super) async fn columns(releases: &Releases) -> Result<Vec<InputRow>, Problem> {
    let departments =
        people::service::list_departments(releases.app()).await.map_err(KnowledgeError::from)?;
    let mut institutions: Vec<String> =
        departments.into_iter().map(|department| department.institution_name).collect();
    institutions.dedup();
    institutions.push("其他".to_owned());
    let column = |name: &str, kind: &str, values: &str, unit: &str, note: &str| InputRow {
        name: name.to_owned(),
        kind: kind.to_owned(),
        values: values.to_owned(),
        unit: unit.to_owned(),
        note: note.to_owned(),
        line: 0,
    };
    Ok(vec![
        column("机构", "单选", &institutions.join("、"), "", "挂号的医疗机构"),
        column("科室", "单选", "全科、内科、儿科、外科、妇产科、中医科、其他", "", "挂号的科室"),
        column("医生", "文字", "", "", "挂号的医生，写姓名"),
        column("就诊", "单选", "初诊、复诊", "", "同一科室同一个病 90 天内再来算复诊"),
        column("主诉", "单选", "发热、咳嗽、头痛、腹痛、其他", "", "挂号时选的不舒服"),
        column("年龄", "整数", "0~130", "岁", "周岁"),
        column("性别", "单选", "男、女", "", ""),
        column("妊娠", "是否", "", "", "现在是否怀孕"),
        column(
            "病史",
            "多选",
            "高血压、糖尿病、脑卒中、慢阻肺、哮喘、甲状腺病",
            "",
            "已确诊的慢性病；没有写 无",
        ),
        column("季节", "单选", "春、夏、秋、冬", "", "就诊当天的季节：3～5 月为春"),
    ])
}

fn setting(key: &'static str, value: &str) -> Setting {
    const HITS: &[&str] = &["唯一", "首条", "优先", "任意", "收集", "列出", "排序"];
    let (choices, about): (&[&str], &str) = match key {
        "命中" => (HITS, "几行都符合时怎么取：首条从上往下，优先按次序，唯一不许重叠"),
        "取" => (&["首条", "全部"], "符合的取第一条，还是全部"),
        "次序" => (&[], "优先、排序时结果的先后"),
        "门槛" => (&[], "加到几分才推"),
        "邻数" => (&[], "看最像的几个典型情形"),
        "最低相似" => (&[], "0 到 1，低于它不推"),
        _ => (&[], "一条也不符合时推什么；ai 是不用问卷的预问诊"),
    };
    Setting { key, value: value.to_owned(), choices, about }
}

fn form(releases: &Releases, outline: &Outline, shown: &Shown) -> Option<FormView> {
    let (title, deed, line, cells) = match (shown.row, shown.below) {
        (Some(line), _) => {
            let row = outline.rows.iter().find(|row| row.line == line)?;
            (format!("修改规则“{}”", row.id), "put", line, row.cells.clone())
        }
        (None, Some(line)) => ("新增规则".to_owned(), "add", line, vec![String::new(); outline.head.len()]),
        (None, None) => return None,
    };
    let field = |(label, value): (&String, String)| {
        let input = outline.inputs.iter().find(|input| input.name == *label);
        let is_target = label.starts_with("=>") || matches!(label.as_str(), "结果" | "候选");
        let hint = match (input, label.as_str()) {
            (Some(input), _) => hint(input),
            (None, "编号") => "这一条的名字，不能和别的重复".to_owned(),
            (None, "理由") => "为什么这样推，试算和医生端会看到".to_owned(),
            (None, "条件") => {
                let names: Vec<&str> = outline.inputs.iter().map(|input| input.name.as_str()).collect();
                format!("如 年龄 >= 14岁 且 …；可用：{}", names.join("、"))
            }
            _ if is_target => "问卷编号，几份用顿号隔开；ai 不用问卷，无 不推".to_owned(),
            _ => String::new(),
        };
        let value = if value.is_empty() && input.is_some() { "-".to_owned() } else { value };
        FieldView { label: label.clone(), value, hint, is_target }
    };
    let fields = outline.head.iter().zip(cells).map(field).collect();
    let engine = releases.current().load();
    let forms = engine.library().forms.iter();
    let targets = forms.map(|(id, form)| (id.clone(), form.draft.title.text.clone())).collect();
    Some(FormView { title, deed, line, fields, targets })
}

/// How a cell of this column is written.
fn hint(input: &InputRow) -> String {
    let unit = &input.unit;
    match input.kind.as_str() {
        "是否" => "- 不限，是，否，未知".to_owned(),
        "整数" | "数字" => format!("- 不限；>= 14{unit}，3~5{unit}，< 3{unit}"),
        "多选" => format!("- 不限；顿号隔开是有其一，+ 连接是都有，空 是都没有：{}", input.values),
        "文字" => "- 不限；文字加引号，几个用逗号隔开，非 表示除此以外".to_owned(),
        "日期" => "- 不限；2026-11-01~2027-03-01".to_owned(),
        _ => format!("- 不限；几个用逗号隔开，非 表示除此以外：{}", input.values),
    }
}

/// Names of the file that the organisation does not have.
async fn notes(releases: &Releases, outline: &Outline) -> Result<Vec<String>, Problem> {
    let departments =
        people::service::list_departments(releases.app()).await.map_err(KnowledgeError::from)?;
    let mut notes = Vec::new();
    for input in outline.inputs.iter().filter(|input| matches!(input.name.as_str(), "科室" | "机构")) {
        let labels = input.values.split(['、', ',', '，']).map(str::trim);
        let is_known = |label: &str| {
            label == "其他"
                || departments.iter().any(|department| match input.name.as_str() {
                    "科室" => department.name.contains(label),
                    _ => department.institution_name == label,
                })
        };
        let unknown: Vec<&str> = labels.filter(|label| !label.is_empty() && !is_known(label)).collect();
        if !unknown.is_empty() {
            let names = unknown.join("、");
            let name = &input.name;
            notes.push(format!("“{name}”里的 {names} 现在没有一家登记过，用到它们的规则还不会命中"));
        }
    }
    Ok(notes)
}
