//! What is wrong with a draft as such, wherever it came from: names, texts, what belongs where.

use std::collections::BTreeMap;

use kb::Fault;

use crate::expr::nearest;

use super::{
    draft::{Draft, Flag, Item, Kind, Place, Property, Written},
    escape, value, words,
};

/// Everything that is wrong with the shape of a questionnaire. Faults of a draft without places name a JSON pointer.
pub fn check(file: &str, draft: &Draft) -> Vec<Fault> {
    let mut findings = Findings { file, faults: Vec::new() };
    let is_form_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if draft.id.text.is_empty() {
        findings.add(
            &draft.id,
            "/id",
            "FM003",
            "问卷没有名称".to_owned(),
            "例如 问卷 headache-first 头痛初诊",
        );
    } else if !draft.id.text.starts_with('\u{1}') && !draft.id.text.chars().all(is_form_id) {
        let message = format!("问卷名称 {} 只能用小写字母、数字和 -", draft.id.text);
        findings.add(&draft.id, "/id", "FM003", message, "例如 headache-first");
    }
    if draft.title.text.is_empty() {
        findings.add(&draft.title, "/title", "FM004", "问卷没有标题".to_owned(), "在名称后面写上标题");
    }
    properties(&mut findings, &draft.properties, None, "");
    let mut names = BTreeMap::new();
    for (index, item) in draft.items.iter().enumerate() {
        check_item(&mut findings, item, &format!("/items/{index}"), &mut names, None);
    }
    findings.faults
}

/// Faults as they come up.
pub(super) struct Findings<'a> {
    file: &'a str,
    faults: Vec<Fault>,
}

impl Findings<'_> {
    pub(super) fn add(
        &mut self,
        at: &Written,
        pointer: &str,
        code: &'static str,
        message: String,
        hint: &str,
    ) {
        self.add_at(at.place, pointer, code, message, hint);
    }

    pub(super) fn add_at(
        &mut self,
        place: Place,
        pointer: &str,
        code: &'static str,
        message: String,
        hint: &str,
    ) {
        let fault = if place == Place::default() {
            Fault::error(self.file, 1, code, format!("{pointer}：{message}"))
        } else {
            Fault::error(self.file, place.line, code, message).at_column(place.column)
        };
        self.faults.push(if hint.is_empty() { fault } else { fault.with_hint(hint) });
    }
}

type Names = BTreeMap<String, (Place, String)>;

fn check_item(
    findings: &mut Findings<'_>,
    item: &Item,
    pointer: &str,
    names: &mut Names,
    inside: Option<Kind>,
) {
    let word = words::kind_name(item.kind);
    name(findings, &item.id, word, &format!("{pointer}/id"), names);
    let may_be_empty = matches!(item.kind, Kind::Page | Kind::Group | Kind::Computed);
    if item.text.text.is_empty() && !may_be_empty && !shown(&item.id.text).is_empty() {
        let message = format!("{word} {} 没有文字", shown(&item.id.text));
        let hint = format!("写成 {word} {} 病人看到的文字", escape::name(&item.id.text));
        findings.add(&item.text, &format!("{pointer}/text"), "FM004", message, &hint);
    }
    properties(findings, &item.properties, Some(item), pointer);
    options(findings, item, pointer);
    rows(findings, item, pointer);
    flags(findings, item, pointer);
    if !item.items.is_empty() && !matches!(item.kind, Kind::Page | Kind::Group) {
        let message = format!("{word} 里不能有题");
        findings.add(&item.id, &format!("{pointer}/items"), "FM022", message, "题只能放在页和组里");
    }
    match (item.kind, inside) {
        (Kind::Page, Some(_)) => {
            let message = "页里、组里不能再有页".to_owned();
            findings.add(&item.id, pointer, "FM022", message, "页只能放在最外层");
            return;
        }
        // The reader names a group in a group where it opens.
        (Kind::Group, Some(Kind::Group)) => {
            if item.id.place == Place::default() {
                findings.add(
                    &item.id,
                    pointer,
                    "FM022",
                    "组里不能再有组".to_owned(),
                    "把内层的题直接写在组里",
                );
            }
            return;
        }
        _ => {}
    }
    let mut own = Names::new();
    for (index, inner) in item.items.iter().enumerate() {
        let names = if item.kind == Kind::Group { &mut own } else { &mut *names };
        check_item(findings, inner, &format!("{pointer}/items/{index}"), names, Some(item.kind));
    }
}

/// The name of a question whose own name could not be read is a stand-in.
fn shown(name: &str) -> &str {
    if name.starts_with('\u{1}') { "" } else { name }
}

fn name(findings: &mut Findings<'_>, id: &Written, word: &str, pointer: &str, names: &mut Names) {
    if id.text.is_empty() {
        let message = format!("{word} 没有名称");
        findings.add(id, pointer, "FM003", message, &format!("写成 {word} 名称 文字"));
        return;
    }
    let Some((place, other)) = names.get(&id.text) else {
        names.insert(id.text.clone(), (id.place, pointer.to_owned()));
        return;
    };
    let first = if *place == Place::default() {
        other.clone()
    } else {
        format!("第 {} 行第 {} 列", place.line, place.column)
    };
    let message = format!("名称 {} 已经用过（{first}）", id.text);
    findings.add(id, pointer, "FM005", message, "换一个名称");
}

fn properties(findings: &mut Findings<'_>, properties: &[Property], item: Option<&Item>, pointer: &str) {
    let kind = item.map(|item| item.kind);
    let mut first: BTreeMap<&str, (Place, usize)> = BTreeMap::new();
    for (index, property) in properties.iter().enumerate() {
        let at = format!("{pointer}/properties/{index}");
        let written = &property.key.text;
        let Some(key) = words::KEYS.iter().find(|key| key.name == written) else {
            let names = words::KEYS.iter().map(|key| key.name);
            let meant = words::find_key(written).map(|key| key.name).or_else(|| nearest(written, names));
            let hint = meant.map(|meant| format!("写成 {meant}")).unwrap_or_default();
            findings.add(
                &property.key,
                &format!("{at}/key"),
                "FM006",
                format!("没有叫 {written} 的属性"),
                &hint,
            );
            continue;
        };
        let is_taken = kind.map_or(key.form, |kind| key.kinds.contains(&kind));
        let needs_rows_multiple = key.name == "个数"
            && item.is_some_and(|item| item.kind == Kind::Grid && !item.has(Flag::RowsMultiple));
        if !is_taken || needs_rows_multiple {
            let whose = kind.map_or("问卷开头", words::kind_name);
            let known: Vec<_> = words::keys_of(kind).map(|key| key.name).collect();
            let hint = if needs_rows_multiple {
                "表格加上 每行多选 才有 个数".to_owned()
            } else if key.form {
                format!("{written} 写在 问卷 那一行的下面")
            } else {
                format!("{whose} 可以写 {}", known.join("、"))
            };
            findings.add(
                &property.key,
                &format!("{at}/key"),
                "FM007",
                format!("{whose} 没有属性 {written}"),
                &hint,
            );
            continue;
        }
        match first.get(key.name) {
            Some((place, other)) if !key.repeats => {
                let first = match place.line {
                    0 => format!("{pointer}/properties/{other}"),
                    line => format!("第 {line} 行"),
                };
                let message = format!("{written} 只能写一次（{first}已经写了）");
                findings.add(&property.key, &format!("{at}/key"), "FM008", message, "只留一行");
            }
            _ => {
                first.insert(key.name, (property.key.place, index));
            }
        }
        condition(findings, key, property, &at);
        value::check(findings, key, property, kind, &at);
    }
    let needed = match kind {
        Some(Kind::Computed) => Some(("公式", "写成 公式: 表格名.分")),
        Some(Kind::Constraint) => Some(("条件", "写成 条件: 必须成立的条件")),
        _ => None,
    };
    if let (Some(item), Some((key, hint))) = (item, needed)
        && item.first(key).is_none()
    {
        let message = format!("{} {} 没有 {key}", words::kind_name(item.kind), shown(&item.id.text));
        findings.add(&item.id, pointer, "FM025", message, hint);
    }
}

fn condition(findings: &mut Findings<'_>, key: &words::Key, property: &Property, at: &str) {
    let Some(when) = &property.when else { return };
    let at = format!("{at}/when");
    if !key.conditional {
        let message = format!("{} 后面不带括号", key.name);
        findings.add(when, &at, "FM023", message, &format!("写成 {}: …", key.name));
    } else if when.text.is_empty() {
        findings.add(when, &at, "FM023", "括号里没有条件".to_owned(), "去掉括号，或写上条件");
    } else if !escape::is_balanced(&when.text) {
        findings.add(when, &at, "FM023", "条件里的括号或引号没有配对".to_owned(), "");
    }
    one_line(findings, when, &at);
}

/// Conditions and the like stand on one line, as they are.
pub(super) fn one_line(findings: &mut Findings<'_>, written: &Written, pointer: &str) {
    if written.text.contains(['\n', '\r']) {
        findings.add(written, pointer, "FM028", "这里要写成一行".to_owned(), "去掉换行");
    }
}

fn options(findings: &mut Findings<'_>, item: &Item, pointer: &str) {
    let word = words::kind_name(item.kind);
    let id = shown(&item.id.text);
    let takes = matches!(item.kind, Kind::Single | Kind::Multiple | Kind::Grid);
    match item.options.first() {
        Some(choice) if !takes => {
            let at = format!("{pointer}/options");
            findings.add(
                &choice.label,
                &at,
                "FM018",
                format!("{word} {id} 没有选项"),
                "改成 单选 或 多选，或删掉选项",
            );
            return;
        }
        _ if takes && item.options.len() < 2 => {
            let message = format!("{word} {id} 至少要两个选项，现在有 {} 个", item.options.len());
            findings.add(&item.id, &format!("{pointer}/options"), "FM019", message, "在题下面逐行写 - 选项");
        }
        _ => {}
    }
    let mut labels: BTreeMap<&str, Place> = BTreeMap::new();
    for (index, choice) in item.options.iter().enumerate() {
        let at = format!("{pointer}/options/{index}");
        let label = choice.label.text.as_str();
        if label.is_empty() {
            findings.add(
                &choice.label,
                &format!("{at}/label"),
                "FM004",
                "选项没有文字".to_owned(),
                "写成 - 文字",
            );
        } else if let Some(first) = labels.insert(label, choice.label.place) {
            let place = if first.line == 0 { String::new() } else { format!("（第 {} 行）", first.line) };
            let message = format!("{word} {id} 里已经有选项 {label}{place}");
            findings.add(&choice.label, &format!("{at}/label"), "FM024", message, "换一个说法或删掉");
        }
        value::check_choice(findings, choice, &at);
        if choice.fill_in && item.kind == Kind::Grid {
            findings.add(
                &choice.label,
                &format!("{at}/fill_in"),
                "FM017",
                "表格的选项不能填写".to_owned(),
                "去掉 填写",
            );
        }
    }
}

fn rows(findings: &mut Findings<'_>, item: &Item, pointer: &str) {
    let word = words::kind_name(item.kind);
    let id = shown(&item.id.text);
    if item.kind == Kind::Grid && item.rows.is_empty() {
        findings.add(
            &item.id,
            &format!("{pointer}/rows"),
            "FM020",
            format!("表格 {id} 没有行"),
            "写成 行 名称 文字",
        );
    }
    let mut names = Names::new();
    for (index, row) in item.rows.iter().enumerate() {
        let at = format!("{pointer}/rows/{index}");
        if item.kind != Kind::Grid {
            findings.add(
                &row.id,
                &at,
                "FM020",
                format!("{word} {id} 里不能有行，只有表格有"),
                "改成 表格，或删掉这一行",
            );
            return;
        }
        name(findings, &row.id, words::ROW.0, &format!("{at}/id"), &mut names);
        if row.text.text.is_empty() && !row.id.text.is_empty() {
            let message = format!("行 {} 没有文字", row.id.text);
            findings.add(&row.text, &format!("{at}/text"), "FM004", message, "写成 行 名称 文字");
        }
        value::check_optional(findings, row.reads.as_ref(), "=>", &format!("{at}/reads"));
        if let Some(when) = &row.when {
            value::check_optional(findings, Some(when), "显示", &format!("{at}/when"));
        }
    }
}

/// The reader knows the columns of flags and names those itself.
fn flags(findings: &mut Findings<'_>, item: &Item, pointer: &str) {
    if item.id.place != Place::default() {
        return;
    }
    for (index, flag) in item.flags.iter().enumerate() {
        let at = format!("{pointer}/flags/{index}");
        let name = words::flag_name(*flag);
        if !words::takes(item.kind, *flag) {
            let message = format!("{} 不能是 {name}", words::kind_name(item.kind));
            findings.add(&item.id, &at, "FM016", message, "");
        } else if item.flags[..index].contains(flag) {
            findings.add(&item.id, &at, "FM016", format!("{name} 写了两次"), "只留一个");
        }
    }
}
