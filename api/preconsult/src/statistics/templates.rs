//! Questionnaires: how many there are and how much they are used, side by side, and how their questions were answered.

use std::collections::{BTreeMap, BTreeSet};

use platform::App;
use ui::chart;

use super::{
    answers::{Question, QuestionKind},
    ask::Asked,
    model::{ANSWERED, ASKED, Counts, Dimension, Unit},
    names::Names,
    overview::shares,
    store::{self, Counted},
    table::{Section, Value, share, text},
};
use crate::PreconsultError;

/// Answers of fewer people are not told apart: somebody who knows who came could tell what they answered. How many came
/// is told, because it says nothing of their illness and has to agree with the sums.
pub(super) const FEWEST: i64 = 5;

/// Use of the questionnaires of a unit, and of its parts beside each other.
pub(super) async fn sections(
    app: &App,
    asked: &Asked,
    names: &Names,
) -> Result<Vec<Section>, PreconsultError> {
    let (db, unit, span) = (&app.db, &asked.unit, asked.span());
    let mut used = store::list_by_value(db, unit, Dimension::Template, span).await?;
    used.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.uses()));
    let by = store::list_by_value(db, unit, Dimension::Asked, span).await?;
    let of = |name: &str| by.iter().find(|(known, _)| known == name).map_or(0, |(_, counts)| counts.uses());
    let ways = [("用问卷".to_owned(), of("questionnaire")), ("AI 直接问".to_owned(), of("ai"))];
    let mut sections = vec![
        use_of_each(asked, names, &used),
        shares("ways", "用问卷还是 AI 直接问", "方式", &ways, "", true),
    ];
    if unit.is_department() {
        return Ok(sections);
    }
    sections.push(of_parts(app, asked, names).await?);
    if unit.is_district() {
        sections.push(same_department(app, asked, names).await?);
    }
    Ok(sections)
}

fn use_of_each(asked: &Asked, names: &Names, used: &[(String, Counts)]) -> Section {
    let mut section =
        Section::new("templates", "各问卷模板的使用", &["问卷模板", "使用人次", "占比", "已提交", "提交率"]);
    section.is_wide = true;
    section.note = "一次预问诊可以用到几份问卷，各计一次。点开看每道题的回答。".into();
    let sum: i64 = used.iter().map(|(_, counts)| counts.uses()).sum();
    let bars: Vec<_> =
        used.iter().take(20).map(|(key, counts)| (names.template(key), counts.uses())).collect();
    section.charts = vec![chart::ranking(&section.title, &bars)];
    for (key, counts) in used {
        let address = asked.address("/staff/statistics/template", |ask| {
            ask.template.clone_from(key);
            ask.version.clear();
        });
        section.rows.push(vec![
            Value::Link(names.template(key), address),
            Value::Number(counts.uses()),
            share(counts.uses(), sum),
            Value::Number(counts.submitted),
            share(counts.submitted, counts.uses()),
        ]);
    }
    section
}

/// Institutions or departments: how many questionnaires they have and use, and how often a questionnaire asked.
async fn of_parts(app: &App, asked: &Asked, names: &Names) -> Result<Section, PreconsultError> {
    let (db, span, is_district) = (&app.db, asked.span(), asked.unit.is_district());
    let (title, of) = if is_district {
        ("各机构的模板与使用", "机构")
    } else {
        ("各科室问卷模板使用比较", "科室")
    };
    let mut columns = vec![of, "用到的模板", "问卷预问诊人次", "其中已提交", "AI 直接问人次", "问卷占比"];
    if is_district {
        columns.insert(1, "自有模板（在用）");
    }
    let mut section = Section::new("template-parts", title, &columns);
    section.is_wide = true;
    let parts = names.parts(&asked.unit);
    let mut kinds: BTreeMap<Unit, BTreeSet<String>> = BTreeMap::new();
    for (unit, template, _) in store::list_template_uses(db, &parts, span).await? {
        kinds.entry(unit).or_default().insert(template);
    }
    let own: BTreeMap<String, i64> = store::list_published(db).await?.into_iter().collect();
    let counted = by_way(store::list_by_department(db, &parts, span).await?);
    let mut rows: Vec<_> = parts
        .into_iter()
        .map(|unit| {
            let (questionnaire, ai) = counted.get(&unit).copied().unwrap_or_default();
            (unit, questionnaire, ai)
        })
        .collect();
    rows.sort_by_key(|(_, questionnaire, _)| std::cmp::Reverse(questionnaire.uses()));
    let name =
        |unit: &Unit| if is_district { names.institution(&unit.institution) } else { names.department(unit) };
    let bars: Vec<_> = rows.iter().map(|(unit, counts, _)| (name(unit), counts.uses())).collect();
    section.charts = vec![chart::ranking(title, &bars)];
    for (unit, questionnaire, ai) in rows {
        let address = asked.address("/staff/statistics/templates", |ask| {
            ask.institution.clone_from(&unit.institution);
            ask.department.clone_from(&unit.department);
            ask.name.clear();
        });
        let n_kinds = kinds.get(&unit).map_or(0, BTreeSet::len);
        let mut row = vec![
            Value::Link(name(&unit), address),
            Value::Number(i64::try_from(n_kinds).unwrap_or(i64::MAX)),
            Value::Number(questionnaire.uses()),
            Value::Number(questionnaire.submitted),
            Value::Number(ai.uses()),
            share(questionnaire.uses(), questionnaire.uses() + ai.uses()),
        ];
        if is_district {
            row.insert(1, Value::Number(own.get(&unit.institution).copied().unwrap_or(0)));
        }
        section.rows.push(row);
    }
    Ok(section)
}

/// With a questionnaire, and without.
fn by_way(counted: Vec<(Unit, String, Counts)>) -> BTreeMap<Unit, (Counts, Counts)> {
    let mut ways: BTreeMap<Unit, (Counts, Counts)> = BTreeMap::new();
    for (unit, way, counts) in counted {
        let entry = ways.entry(unit).or_default();
        if way == "ai" { entry.1 = counts } else { entry.0 = counts }
    }
    ways
}

/// One department in all institutions that have it.
async fn same_department(app: &App, asked: &Asked, names: &Names) -> Result<Section, PreconsultError> {
    let all = names.department_names();
    let name = match asked.ask.name.as_str() {
        "" => all.first().map_or("", |(name, _)| name),
        name => name,
    };
    let title = format!("不同机构的{name}问卷模板使用比较");
    let columns = ["机构", "问卷预问诊人次", "占比", "其中已提交", "AI 直接问人次", "问卷占比"];
    let mut section = Section::new("same-department", title, &columns);
    section.is_wide = true;
    let units = names.departments_named(name);
    let counted = by_way(store::list_by_department(&app.db, &units, asked.span()).await?);
    let mut rows: Vec<_> = units
        .into_iter()
        .map(|unit| {
            let (questionnaire, ai) = counted.get(&unit).copied().unwrap_or_default();
            (unit, questionnaire, ai)
        })
        .collect();
    rows.sort_by_key(|(_, questionnaire, _)| std::cmp::Reverse(questionnaire.uses()));
    let sum: i64 = rows.iter().map(|(_, questionnaire, _)| questionnaire.uses()).sum();
    let bars: Vec<_> =
        rows.iter().map(|(unit, counts, _)| (names.institution(&unit.institution), counts.uses())).collect();
    section.charts = vec![chart::ranking(&section.title, &bars)];
    for (unit, questionnaire, ai) in rows {
        let address = asked.address("/staff/statistics/templates", |ask| {
            ask.institution.clone_from(&unit.institution);
            ask.department.clone_from(&unit.department);
            ask.name.clear();
        });
        section.rows.push(vec![
            Value::Link(names.institution(&unit.institution), address),
            Value::Number(questionnaire.uses()),
            share(questionnaire.uses(), sum),
            Value::Number(questionnaire.submitted),
            Value::Number(ai.uses()),
            share(questionnaire.uses(), questionnaire.uses() + ai.uses()),
        ]);
    }
    Ok(section)
}

/// How the questions of a version were answered, over whole months.
pub(super) async fn questions(
    app: &App,
    asked: &Asked,
    counted: &Counted,
) -> Result<Vec<Section>, PreconsultError> {
    let of = (counted.template.as_str(), counted.version.as_str());
    let found = store::list_answers(&app.db, &asked.unit, of, asked.months()).await?;
    let mut answers: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (question, option, n) in &found {
        answers.insert((question, option), *n);
    }
    let numbered = (1..).zip(&counted.questions);
    Ok(numbered.map(|(number, question)| section(number, question, &answers)).collect())
}

fn section(number: usize, question: &Question, answers: &BTreeMap<(&str, &str), i64>) -> Section {
    let of = |option: &str| answers.get(&(question.path.as_str(), option)).copied().unwrap_or(0);
    let (asked, answered) = (of(ASKED), of(ANSWERED));
    let key = format!("q{number}");
    let title = format!("{number}. {}（{}）", question.text, question.kind.text());
    let blank = asked - answered;
    if (1..FEWEST).contains(&asked) {
        let mut section = Section::new(&key, title, &["回答", "份数"]);
        section.note =
            format!("只有不到 {FEWEST} 份问卷问到这道题，为保护患者不显示回答。请选更长的日期或更大的范围。");
        return section;
    }
    if question.kind == QuestionKind::Fill {
        let mut section = Section::new(&key, title, &["填写情况", "份数", "占比"]);
        let parts = [("已填写".to_owned(), answered), ("未填写".to_owned(), blank)];
        section.charts = vec![chart::pie(&section.title, &parts)];
        section.rows = parts
            .into_iter()
            .map(|(label, n)| vec![text(label), Value::Number(n), share(n, asked)])
            .collect();
        section.note = format!("问到 {asked} 份。");
        return section;
    }
    let mut section = Section::new(&key, title, &["选项", "份数", "占问到的"]);
    let mut parts: Vec<(String, i64)> =
        question.options.iter().map(|option| (option.clone(), of(&format!("={option}")))).collect();
    section.charts = vec![chart::ranking(&section.title, &parts)];
    parts.push(("（没有回答）".to_owned(), blank));
    if question.kind == QuestionKind::Single {
        section.charts.push(chart::pie(&section.title, &parts));
    }
    section.rows =
        parts.into_iter().map(|(label, n)| vec![text(label), Value::Number(n), share(n, asked)]).collect();
    let several = if question.kind == QuestionKind::Multiple {
        "可选几项，占比之和可以超过 100%。"
    } else {
        ""
    };
    section.note = format!("问到 {asked} 份，回答 {answered} 份。{several}");
    section
}
