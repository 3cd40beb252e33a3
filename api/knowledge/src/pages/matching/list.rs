use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
};
use platform::{
    Problem,
    http::{Form, RequestId, page},
    rights::{Permission, Right},
};
use rules::matching::outline::Outline;
use serde::Deserialize;
use ui::Frame;

use super::{
    super::{file::Topic, staff_frame},
    name_of,
};
use crate::{KnowledgeError, Releases, http, service::draft};

#[derive(Template)]
#[template(path = "knowledge/matching/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    may_publish: bool,
}

struct Row {
    name: String,
    title: String,
    about: String,
    mode: String,
    n_rules: usize,
    n_off: usize,
    /// Who changed the draft and when.
    draft: Option<String>,
    /// Chooses the questionnaire of a visit.
    is_main: bool,
}

pub(crate) async fn list(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let mut rows = Vec::new();
    let today = releases.app().clock.today();
    for file in draft::list_files(&releases, |file| name_of(file).is_some()).await? {
        let opened = draft::open(&releases, &file).await?;
        let outline = Outline::read(&file, &opened.text).unwrap_or_default();
        if outline.value("种类") != "匹配" && opened.draft.is_none() {
            continue;
        }
        let name = name_of(&file).unwrap_or_default().to_owned();
        let title = match outline.value("名称") {
            "" => name.clone(),
            title => title.to_owned(),
        };
        rows.push(Row {
            title,
            about: outline.value("说明").to_owned(),
            mode: outline.value("方式").to_owned(),
            n_rules: outline.rows.len(),
            n_off: outline.rows.iter().filter(|row| row.is_off).count(),
            draft: opened
                .draft
                .map(|draft| format!("{} {}", draft.edited_by, ui::format::moment(draft.edited_at, today))),
            is_main: name == "template-matching",
            name,
        });
    }
    rows.sort_by_key(|row| !row.is_main);
    let may_publish = who.may(Permission::KnowledgePublish);
    page(ListPage { frame: staff_frame(&releases, &who, frame).await?, rows, may_publish }.render())
}

#[derive(Deserialize)]
pub(crate) struct Begin {
    #[serde(default)]
    name: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    mode: String,
}

/// Begins a file of rules with one rule of a way of inference.
pub(crate) async fn begin(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Form(form): Form<Begin>,
) -> Result<Redirect, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    let name = form.name.trim();
    let file = Topic::Matching.file(name).map_err(|_| {
        Problem::invalid_input().fault("/name", "编号只用小写字母、数字和 -，例如 winter-cough")
    })?;
    if draft::list_files(&releases, |known| known == file).await?.contains(&file) {
        return Err(Problem::invalid_input().fault("/name", "这个编号已经用过，请换一个"));
    }
    let title = form.title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(Problem::invalid_input().fault("/title", "请写名称"));
    }
    let text = beginning(name, &title, &form.mode)
        .ok_or_else(|| KnowledgeError::Edit("请选一种推理方式。".to_owned()))?;
    draft::save(&releases, &author, &file, (0, &text)).await?;
    Ok(Redirect::to(&format!("/knowledge/matching/{name}")))
}

/// A file that compiles, with one rule to go on from.
fn beginning(name: &str, title: &str, mode: &str) -> Option<String> {
    let (settings, rules) = match mode {
        "决策表" => (
            "命中: 首条\n",
            "| 编号 | 年龄 | => 问卷 | 理由 |\n|---|---|---|---|\n| 第一条 | >= 14岁 | ai | |",
        ),
        "依次" => (
            "",
            "| 编号 | 优先 | 条件 | 结果 | 理由 |\n|---|---|---|---|---|\n| 第一条 | | 年龄 >= 14岁 | ai | |",
        ),
        "加权" => (
            "门槛: 1\n",
            "| 编号 | 候选 | 条件 | 分 | 理由 |\n|---|---|---|---|---|\n| 第一条 | ai | 年龄 >= 14岁 | 1 | |",
        ),
        "近例" => {
            ("邻数: 1\n最低相似: 0.8\n", "| 编号 | 年龄 | => 问卷 |\n|---|---|---|\n| 第一条 | 40 | ai |")
        }
        _ => return None,
    };
    Some(format!(
        "---\n编号: {name}\n名称: {title}\n种类: 匹配\n方式: {mode}\n{settings}结果: 问卷\n否则: ai\n版本: 1\n来源: 自拟；由区域基层质控组审定后发布\n状态: 草稿\n---\n# {title}\n\n## 输入\n\n| 名称 | 类型 | 取值/范围 | 单位 | 说明 |\n|---|---|---|---|---|\n| 年龄 | 整数 | 0~130 | 岁 | 周岁 |\n\n## 规则\n\n{rules}\n\n## 例\n\n| 编号 | 给出 | => 问卷 |\n|---|---|---|\n| 成人 | 年龄 = 40岁 | ai |\n"
    ))
}

#[cfg(test)]
mod tests {
    use rules::matching::{Matcher, Targets};

    use super::*;

    struct OnlyAi;

    impl Targets for OnlyAi {
        fn has(&self, id: &str) -> bool {
            id == "ai"
        }

        fn names(&self) -> Vec<String> {
            vec!["ai".to_owned()]
        }
    }

    #[test]
    fn every_way_of_inference_begins_with_rules_that_hold() {
        for mode in ["决策表", "依次", "加权", "近例"] {
            let text = beginning("winter-cough", "冬季咳嗽", mode).unwrap();
            let matcher = Matcher::compile("rules/winter-cough.md", &text, &OnlyAi);
            let matcher = matcher.unwrap_or_else(|faults| panic!("{mode}: {faults:?}"));
            let checked = matcher.check_examples();
            assert_eq!((checked.n_rows, checked.n_hit, checked.faults.len()), (1, 1, 0), "{mode}");
        }
        assert!(beginning("a", "b", "掷骰子").is_none());
    }
}
