//! One question as a plain form: what the designer's card shows, and what it sends back.
//!
//! Options, rows and properties come as repeated fields that belong together by their position; `at` says which of the
//! old ones a line was, so that nothing the form does not show is lost and the order in the file stays.

use rules::form::{
    draft::{Choice, Flag, Item, Kind, Property, Row, Written},
    value::arrow,
    words::{self, Sort},
};

/// A form as it arrives.
pub(crate) type Pairs = Vec<(String, String)>;

/// One property as a line of the form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// Index among the item's properties; empty for a new one.
    pub(crate) at: String,
    pub(crate) key: String,
    pub(crate) when: String,
    pub(crate) value: String,
    /// What stands behind the arrow.
    pub(crate) then: String,
    pub(crate) face: Face,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Face {
    #[default]
    Plain,
    /// Condition and target.
    Jump,
    /// Condition and message.
    Check,
    /// Bounds and label.
    Band,
    /// Section, condition and sentence.
    Record,
}

/// Lines under one heading.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) lines: Vec<Line>,
    /// Whether anything is filled in.
    pub(crate) is_used: bool,
}

/// Sections of the record, as keys.
pub(crate) const SECTIONS: [&str; 10] =
    ["主诉", "现病史", "既往史", "个人史", "婚育史", "月经史", "家族史", "过敏史", "用药史", "诊治经过"];

const BLOCKS: [(&str, &str, &[&str]); 4] = [
    (
        "显示、跳转、约束",
        "条件例：咳痰 = 有 且 体温 >= 38℃。跳转的条件写“否则”即为其余情况。",
        &["显示", "跳转", "约束", "条件"],
    ),
    (
        "取值",
        "范围例：34~43；日期例：2020-01-01~今天。",
        &["公式", "分级", "单位", "范围", "小数", "长度", "格式", "个数", "次数", "初值"],
    ),
    ("写进病历", "用 {题名} 引用回答；条件可写 是、否，或一个表达式。", &SECTIONS),
    ("提示与编码", "概念是疾病图谱里的名称；编码写成 系统|代码。", &["提示", "概念", "编码"]),
];

/// What a value looks like, to stand in an empty field.
pub(crate) fn example(key: &str) -> &'static str {
    match key {
        "显示" => "咳痰 = 有",
        "条件" => "收缩压 > 舒张压",
        "公式" => "焦虑.分 + 抑郁.分",
        "单位" => "℃",
        "范围" => "34~43",
        "小数" => "1",
        "长度" => "0~200",
        "个数" => "1~3",
        "次数" => "0~5",
        "格式" => "[0-9]+",
        "编码" => "SNOMED|386661006",
        _ => "",
    }
}

fn face(key: &str) -> Face {
    match key {
        "跳转" => Face::Jump,
        "约束" => Face::Check,
        "分级" => Face::Band,
        key if SECTIONS.contains(&key) => Face::Record,
        _ => Face::Plain,
    }
}

fn line(key: &str, at: Option<usize>, property: Option<&Property>) -> Line {
    let face = face(key);
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    let Some(property) = property else { return Line { at, key: key.into(), face, ..Line::default() } };
    let is_arrow = matches!(face, Face::Jump | Face::Check | Face::Band);
    let (value, then) = match arrow(&property.value).filter(|_| is_arrow) {
        Some((value, then)) => (value.text, then.text),
        None => (property.value.text.clone(), String::new()),
    };
    let when = property.when.as_ref().map(|when| when.text.clone()).unwrap_or_default();
    Line { at, key: key.into(), when, value, then, face }
}

/// Everything an item of its kind can say, under headings; with an empty line where more may be added.
pub(crate) fn blocks(item: &Item) -> Vec<Block> {
    let keys: Vec<&str> = words::keys_of(Some(item.kind)).map(|key| key.name).collect();
    let mut blocks = Vec::new();
    for (title, about, of_block) in BLOCKS {
        let mut lines = Vec::new();
        for key in of_block.iter().filter(|key| keys.contains(key)) {
            let of_key =
                item.properties.iter().enumerate().filter(|(_, property)| property.key.text == **key);
            let found: Vec<Line> = of_key.map(|(at, property)| line(key, Some(at), Some(property))).collect();
            let may_more = words::find_key(key).is_some_and(|key| key.repeats) && !SECTIONS.contains(key);
            if found.is_empty() && !SECTIONS.contains(key) || may_more {
                lines.extend(found);
                lines.push(line(key, None, None));
            } else {
                lines.extend(found);
            }
        }
        if title == "写进病历" && keys.contains(&"现病史") {
            lines.push(line("现病史", None, None));
        }
        if !lines.is_empty() {
            let is_used = lines.iter().any(|line| !line.value.is_empty());
            blocks.push(Block { title, about, lines, is_used });
        }
    }
    blocks
}

/// Flags an item of its kind can have, and whether it has them.
pub(crate) fn flags(item: &Item) -> Vec<(&'static str, bool)> {
    let possible = words::FLAGS.iter().filter(|flag| words::takes(item.kind, flag.0));
    possible.map(|flag| (flag.1, item.has(flag.0))).collect()
}

/// Whether a kind has options.
pub(crate) fn has_options(kind: Kind) -> bool {
    matches!(kind, Kind::Single | Kind::Multiple | Kind::Grid)
}

/// Kinds one question may be turned into.
pub(crate) fn kinds(kind: Kind) -> Vec<&'static str> {
    if words::ANSWERED.contains(&kind) {
        words::ANSWERED.iter().map(|kind| words::kind_name(*kind)).collect()
    } else {
        vec![words::kind_name(kind)]
    }
}

fn all<'p>(pairs: &'p Pairs, name: &str) -> Vec<&'p str> {
    pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

/// The first value of a field.
pub(crate) fn first<'p>(pairs: &'p Pairs, name: &str) -> &'p str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

fn written(text: &str) -> Written {
    Written::from(text.replace("\r\n", "\n"))
}

fn maybe(text: &str) -> Option<Written> {
    Some(written(text)).filter(|written| !written.text.is_empty())
}

/// The item a form describes; what stands in it and its comments are those of the old one.
pub(crate) fn item(pairs: &Pairs, old: &Item) -> Item {
    let kind = words::find_kind(first(pairs, "kind")).unwrap_or(old.kind);
    let takes = |property: &Property| {
        words::find_key(&property.key.text).is_some_and(|key| key.kinds.contains(&kind))
    };
    let flag = |name: &&str| words::find_flag(name).filter(|flag| words::takes(kind, *flag));
    let mut flags: Vec<Flag> = old.flags.clone();
    let ticked: Vec<Flag> = all(pairs, "flag").iter().filter_map(flag).collect();
    flags.retain(|flag| ticked.contains(flag));
    flags.extend(ticked.iter().filter(|flag| !old.flags.contains(flag)));
    let mut properties = properties(pairs, old);
    properties.retain(takes);
    let mut options = if has_options(kind) { options(pairs, old) } else { Vec::new() };
    if has_options(kind) && !has_options(old.kind) {
        for label in ["选项一", "选项二"] {
            options.push(Choice { label: written(label), ..Choice::default() });
        }
    }
    if kind == Kind::Duration && old.kind != kind && !properties.iter().any(|one| one.key.text == "单位") {
        properties.push(Property { key: written("单位"), when: None, value: written("天") });
    }
    let mut rows = if kind == Kind::Grid { rows(pairs, old) } else { Vec::new() };
    if kind == Kind::Grid && rows.is_empty() {
        rows.push(Row { id: written("行1"), text: written("第一行"), ..Row::default() });
    }
    Item {
        kind,
        id: written(first(pairs, "id")),
        text: written(first(pairs, "text")),
        flags,
        properties,
        options,
        rows,
        ..Item::default()
    }
}

/// Properties as the form has them, in the order of the file; new ones come last.
fn properties(pairs: &Pairs, old: &Item) -> Vec<Property> {
    let (at, keys, whens) = (all(pairs, "p.at"), all(pairs, "p.key"), all(pairs, "p.when"));
    let (values, thens) = (all(pairs, "p.value"), all(pairs, "p.then"));
    let mut found = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let text = |list: &[&str]| list.get(index).copied().unwrap_or_default().trim().to_owned();
        let (value, then) = (text(&values), text(&thens));
        let value = match face(key) {
            Face::Jump | Face::Check | Face::Band if !value.is_empty() || !then.is_empty() => {
                format!("{value} => {then}").trim().to_owned()
            }
            _ => value,
        };
        if value.is_empty() {
            continue;
        }
        let place = text(&at).parse::<usize>().unwrap_or(usize::MAX);
        found.push((
            place,
            Property { key: written(key), when: maybe(&text(&whens)), value: written(&value) },
        ));
    }
    // A jump is read in order, so what is new stands last.
    found.sort_by_key(|(place, _)| *place);
    let shown: Vec<&str> = BLOCKS.iter().flat_map(|block| block.2.iter().copied()).collect();
    let hidden = |property: &&Property| !shown.contains(&property.key.text.as_str());
    let kept = old.properties.iter().filter(hidden).cloned();
    found.into_iter().map(|(_, property)| property).chain(kept).collect()
}

fn options(pairs: &Pairs, old: &Item) -> Vec<Choice> {
    let field = |name: &str| all(pairs, name);
    let (at, ranks, labels, reads) = (field("o.at"), field("o.rank"), field("o.label"), field("o.reads"));
    let (marks, scores, whens) = (field("o.mark"), field("o.score"), field("o.when"));
    let concepts = field("o.concept");
    let mut found = Vec::new();
    for (index, label) in labels.iter().enumerate().filter(|(_, label)| !label.trim().is_empty()) {
        let text = |list: &[&str]| list.get(index).copied().unwrap_or_default().trim().to_owned();
        let before = text(&at).parse::<usize>().ok().and_then(|at| old.options.get(at));
        let rank = text(&ranks).parse::<f64>().unwrap_or(f64::MAX);
        let mark = text(&marks);
        let choice = Choice {
            label: written(label),
            reads: maybe(&text(&reads)),
            exclusive: mark.contains("独占"),
            fill_in: mark.contains("填写"),
            score: maybe(&text(&scores)),
            when: maybe(&text(&whens)),
            concept: maybe(&text(&concepts)),
            code: before.and_then(|before| before.code.clone()),
            other: before.map(|before| before.other.clone()).unwrap_or_default(),
        };
        found.push((rank, choice));
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, choice)| choice).collect()
}

fn rows(pairs: &Pairs, old: &Item) -> Vec<Row> {
    let field = |name: &str| all(pairs, name);
    let (ids, texts, reads, whens) = (field("r.id"), field("r.text"), field("r.reads"), field("r.when"));
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let at = |list: &[&str]| list.get(index).copied().unwrap_or_default().trim().to_owned();
        let mut id = at(&ids);
        if id.is_empty() {
            let taken = |name: &str| old.rows.iter().any(|row| row.id.text == name);
            id = (index + 1..=10_000).map(|n| format!("行{n}")).find(|name| !taken(name)).unwrap_or_default();
        }
        found.push(Row {
            id: written(&id),
            text: written(text),
            reads: maybe(&at(&reads)),
            when: maybe(&at(&whens)),
        });
    }
    found
}

/// The first lines of a questionnaire as the form has them.
pub(crate) fn head(pairs: &Pairs, old: &[Property]) -> (String, Vec<Property>) {
    let mut properties: Vec<Property> = old.to_vec();
    for key in words::keys_of(None) {
        let Some((_, value)) = pairs.iter().find(|(name, _)| name.strip_prefix("head.") == Some(key.name))
        else {
            continue;
        };
        let value = written(value);
        let at = properties.iter().position(|property| property.key.text == key.name);
        match (at, value.text.is_empty()) {
            (Some(at), true) => drop(properties.remove(at)),
            (Some(at), false) => properties[at].value = value,
            (None, true) => {}
            (None, false) => properties.push(Property { key: written(key.name), when: None, value }),
        }
    }
    (first(pairs, "title").to_owned(), properties)
}

/// How a key's value is written, for the size of its field.
pub(crate) fn is_long(key: &str) -> bool {
    words::find_key(key).is_some_and(|key| matches!(key.sort, Sort::Expression | Sort::Text))
}

#[cfg(test)]
pub(crate) fn pairs(item: &Item) -> Pairs {
    let mut pairs: Pairs = Vec::new();
    let mut push = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
    push("kind", words::kind_name(item.kind));
    push("id", &item.id.text);
    push("text", &item.text.text);
    for (name, _) in flags(item).into_iter().filter(|(_, is_on)| *is_on) {
        push("flag", name);
    }
    for line in blocks(item).into_iter().flat_map(|block| block.lines) {
        push("p.at", &line.at);
        push("p.key", &line.key);
        push("p.when", &line.when);
        push("p.value", &line.value);
        push("p.then", &line.then);
    }
    let text =
        |written: &Option<Written>| written.as_ref().map(|written| written.text.clone()).unwrap_or_default();
    for (index, choice) in item.options.iter().enumerate() {
        push("o.at", &index.to_string());
        push("o.rank", &(index + 1).to_string());
        push("o.label", &choice.label.text);
        push("o.reads", &text(&choice.reads));
        let mark = [(choice.exclusive, "独占"), (choice.fill_in, "填写")];
        push("o.mark", &mark.iter().filter(|mark| mark.0).map(|mark| mark.1).collect::<Vec<_>>().join("、"));
        push("o.score", &text(&choice.score));
        push("o.when", &text(&choice.when));
        push("o.concept", &text(&choice.concept));
    }
    for row in &item.rows {
        push("r.id", &row.id.text);
        push("r.text", &row.text.text);
        push("r.reads", &text(&row.reads));
        push("r.when", &text(&row.when));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rules::form::{draft::Draft, print::print, read::read};

    use super::*;
    use crate::template::edit::Step;

    fn places(items: &[Item], above: &[usize], out: &mut Vec<Vec<usize>>) {
        for (index, item) in items.iter().enumerate() {
            let at = [above, &[index]].concat();
            places(&item.items, &at, out);
            out.push(at);
        }
    }

    fn library() -> Vec<Draft> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/questionnaires");
        let forms = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let forms = forms.filter(|path| path.extension().is_some_and(|ending| ending == "form"));
        forms.map(|path| read("a.form", &fs::read_to_string(path).unwrap()).unwrap()).collect()
    }

    #[test]
    fn a_card_sent_back_unchanged_changes_nothing_in_any_shipped_questionnaire() {
        let library = library();
        assert!(library.len() > 20);
        for draft in library {
            let mut all = Vec::new();
            places(&draft.items, &[], &mut all);
            for at in all {
                let old = crate::template::edit::find(&draft, &at).unwrap();
                let step = Step::Change { at: at.clone(), item: Box::new(item(&pairs(old), old)) };
                let (same, _) =
                    step.apply(&draft).unwrap_or_else(|error| panic!("{} {at:?} {error:?}", draft.id.text));
                assert_eq!(print(&same), print(&draft), "{} {at:?}", draft.id.text);
            }
        }
    }

    #[test]
    fn a_card_changes_kind_options_and_properties() {
        let draft =
            read("a.form", "问卷 a 标题\n单选 痰 有痰吗？\n- 有 => 咳痰 ; 编码 s|1\n- 没有\n现病史: {痰}\n")
                .unwrap();
        let old = &draft.items[0];
        let mut form = pairs(old);
        for (name, value) in &mut form {
            if name == "kind" {
                "多选".clone_into(value);
            }
        }
        form.push(("flag".into(), "必答".into()));
        for (name, value) in
            [("o.at", ""), ("o.rank", "0"), ("o.label", "说不清"), ("o.reads", ""), ("o.mark", "独占")]
        {
            form.push((name.into(), value.into()));
        }
        for (name, value) in
            [("p.at", ""), ("p.key", "显示"), ("p.when", ""), ("p.value", "年龄 >= 14岁"), ("p.then", "")]
        {
            form.push((name.into(), value.into()));
        }
        let step = Step::Change { at: vec![0], item: Box::new(item(&form, old)) };
        let (changed, _) = step.apply(&draft).unwrap();
        assert_eq!(
            print(&changed),
            "问卷 a 标题\n\n多选 痰 有痰吗？\n- 说不清 ; 独占\n- 有 => 咳痰 ; 编码 s|1\n- 没有\n必答\n现病史: {痰}\n显示: 年龄 >= 14岁\n"
        );
    }
}
