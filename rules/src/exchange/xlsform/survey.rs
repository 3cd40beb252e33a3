//! The survey sheet: rows as branches, then their expressions.

use crate::{
    expr::Expr,
    form::draft::{Choice, Flag, Item, Kind},
};

use super::{
    super::{
        branch::{Branch, Links},
        document::Findings,
        names::Directory,
        property,
        term::{Term, date_days},
    },
    Lists,
    sheet::{Line, Sheet},
    unread,
    xpath::XPath,
};

/// Deepest nesting of groups.
const MAX_DEPTH: usize = 32;

/// The columns that are read.
struct Columns {
    kind: Option<u32>,
    name: Option<u32>,
    label: Option<u32>,
    hint: Option<u32>,
    required: Option<u32>,
    read_only: Option<u32>,
    relevant: Option<u32>,
    constraint: Option<u32>,
    message: Option<u32>,
    calculation: Option<u32>,
    default: Option<u32>,
    appearance: Option<u32>,
    filter: Option<u32>,
    parameters: Option<u32>,
    repeat_count: Option<u32>,
}

/// Expressions of a row, for when every question has its name.
#[derive(Debug, Default)]
struct Waiting {
    /// `显示`, `约束`, `公式` or `初值`; the place; the text.
    said: Vec<(&'static str, String, String)>,
    message: String,
    /// Relevance of the groups it was taken out of: place and text.
    above: Vec<(String, String)>,
}

/// A group that is open.
struct Open {
    /// `group` or `repeat`.
    word: &'static str,
    branch: Branch,
    place: String,
    /// A group in a group is not kept: its items go to the group around it.
    is_kept: bool,
    relevant: Option<(String, String)>,
}

struct Survey<'a> {
    sheet: &'a Sheet,
    columns: Columns,
    lists: Lists,
    findings: &'a mut Findings,
    open: Vec<Open>,
    done: Vec<Branch>,
    links: Links,
    waiting: std::collections::BTreeMap<String, Waiting>,
}

/// The branches of a survey sheet.
pub(super) fn branches(sheet: &Sheet, lists: Lists, findings: &mut Findings) -> Vec<Branch> {
    let column = |names: &[&str]| sheet.column(names);
    let columns = Columns {
        kind: column(&["type"]),
        name: column(&["name"]),
        label: sheet.translated("label"),
        hint: sheet.translated("hint"),
        required: column(&["required"]),
        read_only: column(&["read_only", "readonly"]),
        relevant: column(&["relevant", "relevance"]),
        constraint: column(&["constraint"]),
        message: sheet.translated("constraint_message").or_else(|| sheet.translated("constraint message")),
        calculation: column(&["calculation", "calculate"]),
        default: column(&["default"]),
        appearance: column(&["appearance"]),
        filter: column(&["choice_filter"]),
        parameters: column(&["parameters"]),
        repeat_count: column(&["repeat_count", "count"]),
    };
    if columns.kind.is_none() || columns.name.is_none() {
        findings.fault("EXC302", &sheet.place(0, 0), "survey 表要有 type 和 name 两列");
        return Vec::new();
    }
    let c = &columns;
    let known = [
        c.kind,
        c.name,
        c.label,
        c.hint,
        c.required,
        c.read_only,
        c.relevant,
        c.constraint,
        c.message,
        c.calculation,
        c.default,
        c.appearance,
        c.filter,
        c.parameters,
        c.repeat_count,
    ];
    unread(sheet, &known.into_iter().flatten().collect::<Vec<_>>(), findings);
    let mut survey = Survey {
        sheet,
        columns,
        lists,
        findings,
        open: Vec::new(),
        done: Vec::new(),
        links: Links::default(),
        waiting: std::collections::BTreeMap::new(),
    };
    for line in &sheet.rows {
        survey.line(line);
    }
    survey.finish()
}

impl Survey<'_> {
    fn place(&self, line: &Line, column: Option<u32>) -> String {
        self.sheet.place(line.row, column.unwrap_or_default())
    }

    fn line(&mut self, line: &Line) {
        let Some(kind) = line.cell(self.columns.kind) else { return };
        let words: Vec<&str> = kind.split_whitespace().collect();
        let joined = words.iter().take(2).map(|word| word.to_lowercase()).collect::<Vec<_>>().join("_");
        match joined.as_str() {
            "begin_group" => self.begin(line, "group"),
            "begin_repeat" => self.begin(line, "repeat"),
            "end_group" => self.end(line, "group"),
            "end_repeat" => self.end(line, "repeat"),
            _ => self.question(line, &words),
        }
    }

    fn begin(&mut self, line: &Line, word: &'static str) {
        let place = self.place(line, self.columns.kind);
        if self.open.len() >= MAX_DEPTH {
            self.findings.fault("EXC307", &place, &format!("组套得太深，最多 {MAX_DEPTH} 层"));
        }
        let is_kept = word == "repeat" || self.open.is_empty();
        let wanted =
            line.cell(self.columns.name).unwrap_or(if word == "repeat" { "组" } else { "页" }).to_owned();
        let id = self.links.unique(wanted);
        let kind = if word == "repeat" { Kind::Group } else { Kind::Page };
        let mut item = Item { kind, id: id.clone().into(), text: self.label(line).into(), ..Item::default() };
        if let Some(count) = line.cell(self.columns.repeat_count).map(str::to_owned) {
            if count.parse::<u32>().is_ok() {
                item.properties.push(property("次数", format!("{count}~{count}")));
            } else {
                let place = self.place(line, self.columns.repeat_count);
                self.findings.lose("EXC352", &place, &count, "次数只能是固定的数");
            }
        }
        if word == "repeat" && self.open.iter().any(|open| open.word == "repeat") {
            self.findings.lose(
                "EXC351",
                &place,
                "begin repeat",
                "重复的组里不能再有重复的组，照样留着，要改过才能用",
            );
        }
        let relevant = line
            .cell(self.columns.relevant)
            .map(|text| (self.place(line, self.columns.relevant), text.to_owned()));
        if !is_kept {
            self.findings.lose(
                "EXC351",
                &place,
                "begin group",
                "页不套页，里面的题放到外面的组里，随组一起显示",
            );
        }
        self.appearance(line, &mut item);
        let branch = Branch { item, link: id.clone(), at: place.clone(), ..Branch::default() };
        if let Some((place, text)) = relevant.clone().filter(|_| is_kept) {
            self.waiting.entry(id).or_default().said.push(("显示", place, text));
        }
        self.open.push(Open { word, branch, place, is_kept, relevant });
    }

    fn end(&mut self, line: &Line, word: &'static str) {
        let place = self.place(line, self.columns.kind);
        match self.open.pop() {
            Some(open) if open.word == word => self.close(open),
            Some(open) => {
                let message = format!("end {word} 对不上 {} 的 begin {}", open.place, open.word);
                self.findings.fault("EXC304", &place, &message);
            }
            None => self.findings.fault("EXC304", &place, &format!("end {word} 前面没有 begin {word}")),
        }
    }

    fn close(&mut self, open: Open) {
        if open.is_kept {
            self.add(open.branch);
            return;
        }
        let Branch { item, link, inner, at, .. } = open.branch;
        let mut loose = Vec::new();
        if !item.text.text.is_empty() {
            let item = Item { kind: Kind::Note, properties: Vec::new(), ..item };
            loose.push(Branch { item, link, at, ..Branch::default() });
        }
        loose.extend(inner);
        for branch in loose {
            if let Some(relevant) = &open.relevant {
                self.waiting.entry(branch.link.clone()).or_default().above.push(relevant.clone());
            }
            self.add(branch);
        }
    }

    fn add(&mut self, branch: Branch) {
        match self.open.last_mut() {
            Some(open) => open.branch.inner.push(branch),
            None => self.done.push(branch),
        }
    }

    fn label(&self, line: &Line) -> String {
        line.cell(self.columns.label).unwrap_or_default().to_owned()
    }

    fn question(&mut self, line: &Line, words: &[&str]) {
        let place = self.place(line, self.columns.kind);
        let word = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
        let Some(mut item) = self.typed(line, &word, words, &place) else { return };
        let Some(name) = line
            .cell(self.columns.name)
            .map(str::to_owned)
            .or_else(|| (item.kind == Kind::Note).then(|| "说明".to_owned()))
        else {
            let place = self.place(line, self.columns.name);
            self.findings.fault("EXC305", &place, "缺 name");
            return;
        };
        let id = self.links.unique(name.clone());
        if id != name && line.cell(self.columns.name).is_some() {
            let place = self.place(line, self.columns.name);
            self.findings.lose("EXC104", &place, &name, &format!("名字用过，改名“{id}”"));
        }
        item.id = id.clone().into();
        item.text = self.label(line).into();
        self.flags(line, &mut item);
        self.appearance(line, &mut item);
        if let Some(hint) = line.cell(self.columns.hint) {
            item.properties.push(property("提示", hint.to_owned()));
        }
        for (column, what) in [(self.columns.filter, "choice_filter")] {
            if let Some(text) = line.cell(column).map(str::to_owned) {
                let place = self.place(line, column);
                self.findings.lose(
                    "EXC352",
                    &place,
                    &format!("{what}：{text}"),
                    "选项按别的题筛选，没有带上，选项全部显示",
                );
            }
        }
        let mut waiting = Waiting::default();
        let said = [
            ("显示", self.columns.relevant),
            ("约束", self.columns.constraint),
            ("公式", self.columns.calculation),
        ];
        for (key, column) in said {
            if let Some(text) = line.cell(column) {
                if key == "公式" && item.kind != Kind::Computed {
                    let place = self.place(line, column);
                    self.findings.lose("EXC352", &place, text, "只有 calculate 才有公式");
                    continue;
                }
                waiting.said.push((key, self.place(line, column), text.to_owned()));
            }
        }
        line.cell(self.columns.message)
            .unwrap_or("这里填得不对，请再看一下")
            .clone_into(&mut waiting.message);
        if let Some(text) = line.cell(self.columns.default).map(str::to_owned) {
            let place = self.place(line, self.columns.default);
            match initial(&item, &text) {
                Some(value) => item.properties.push(property("初值", value)),
                None => waiting.said.push(("初值", place, text)),
            }
        }
        self.waiting.insert(id.clone(), waiting);
        self.add(Branch { item, link: id, at: place, ..Branch::default() });
    }

    /// An item of the type of a row.
    fn typed(&mut self, line: &Line, word: &str, words: &[&str], place: &str) -> Option<Item> {
        let mut item = Item::default();
        item.kind = match word {
            "text" | "string" => Kind::Text,
            "integer" | "int" => {
                item.properties.push(property("小数", "0".to_owned()));
                Kind::Number
            }
            "decimal" => Kind::Number,
            "range" => {
                self.range(line, &mut item);
                Kind::Number
            }
            "date" => Kind::Date,
            "datetime" => {
                self.findings.lose("EXC351", place, "dateTime", "没有带时刻的日期题，只问到天");
                Kind::Date
            }
            "time" => {
                self.findings.lose("EXC351", place, "time", "没有时刻题，改为按格式填的文字");
                item.properties.push(property("格式", "([01][0-9]|2[0-3]):[0-5][0-9]".to_owned()));
                Kind::Text
            }
            "note" => Kind::Note,
            "calculate" => {
                item.flags.push(Flag::Hidden);
                Kind::Computed
            }
            "acknowledge" | "trigger" => Kind::YesNo,
            "select_one" => Kind::Single,
            "select_multiple" => Kind::Multiple,
            "select" | "add"
                if words.get(1).is_some_and(|word| matches!(*word, "one" | "multiple" | "select")) =>
            {
                if words.contains(&"multiple") { Kind::Multiple } else { Kind::Single }
            }
            "start" | "end" | "today" | "deviceid" | "subscriberid" | "simserial" | "phonenumber"
            | "username" | "email" | "audit" | "start-geopoint" | "background-audio" | "xml-external"
            | "csv-external" | "hidden" => {
                self.findings.lose("EXC351", place, word, "由设备填的内容，问卷里不问");
                return None;
            }
            "geopoint"
            | "geotrace"
            | "geoshape"
            | "image"
            | "photo"
            | "audio"
            | "video"
            | "file"
            | "barcode"
            | "rank"
            | "select_one_from_file"
            | "select_multiple_from_file"
            | "select_one_external" => {
                self.findings.lose("EXC351", place, word, "本项目的问卷没有这种题");
                return None;
            }
            other => {
                self.findings.fault("EXC303", place, &format!("没有“{other}”这种题"));
                return None;
            }
        };
        if matches!(item.kind, Kind::Single | Kind::Multiple) {
            item.options = self.listed(words, place)?;
        }
        if word != "range"
            && let Some(parameters) = line.cell(self.columns.parameters)
        {
            let place = self.place(line, self.columns.parameters);
            self.findings.lose("EXC351", &place, parameters, "这种题没有参数");
        }
        Some(item)
    }

    /// The options of the list that the words of a type name.
    fn listed(&mut self, words: &[&str], place: &str) -> Option<Vec<Choice>> {
        const OTHER: [&str; 12] = [
            "select_one",
            "select_multiple",
            "select",
            "one",
            "multiple",
            "from",
            "all",
            "that",
            "apply",
            "add",
            "prompt",
            "or_other",
        ];
        let list = words.iter().skip(1).find(|word| !OTHER.contains(word)).copied().unwrap_or_default();
        let Some(mut options) = self.lists.get(list).cloned() else {
            self.findings.fault("EXC306", place, &format!("choices 表里没有“{list}”这张单子"));
            return None;
        };
        if words.last() == Some(&"or_other") {
            let mut labels = Links::default();
            for option in &options {
                labels.unique(option.label.text.clone());
            }
            let label = labels.unique("其他".to_owned());
            options.push(Choice { label: label.into(), fill_in: true, ..Choice::default() });
        }
        Some(options)
    }

    fn range(&mut self, line: &Line, item: &mut Item) {
        let place = self.place(line, self.columns.parameters);
        let (mut start, mut end) = ("1".to_owned(), "10".to_owned());
        for part in line.cell(self.columns.parameters).unwrap_or_default().split([' ', ';', ',']) {
            match part.split_once('=') {
                Some(("start", value)) => value.clone_into(&mut start),
                Some(("end", value)) => value.clone_into(&mut end),
                Some(("step", value)) if value.parse::<u32>().is_ok() => {
                    item.properties.insert(0, property("小数", "0".to_owned()));
                    if value != "1" {
                        self.findings.lose("EXC351", &place, part, "不限制一格一格的步长");
                    }
                }
                Some(_) => self.findings.lose("EXC351", &place, part, "不认识的参数"),
                None => {}
            }
        }
        if start.parse::<f64>().is_err() || end.parse::<f64>().is_err() {
            self.findings.fault("EXC305", &place, "range 的 start 和 end 应是数");
            return;
        }
        item.properties.insert(0, property("范围", format!("{start}~{end}")));
    }

    fn flags(&mut self, line: &Line, item: &mut Item) {
        let is_yes =
            |text: &str| matches!(text.to_lowercase().as_str(), "yes" | "true" | "true()" | "1" | "是");
        let is_no =
            |text: &str| matches!(text.to_lowercase().as_str(), "no" | "false" | "false()" | "0" | "否");
        let flags = [
            (self.columns.required, Flag::Required, "required"),
            (self.columns.read_only, Flag::ReadOnly, "readonly"),
        ];
        for (column, flag, what) in flags {
            let Some(text) = line.cell(column) else { continue };
            if is_yes(text) {
                if !matches!(item.kind, Kind::Note | Kind::Computed) {
                    item.flags.push(flag);
                }
            } else if !is_no(text) {
                let place = self.place(line, column);
                self.findings.lose(
                    "EXC352",
                    &place,
                    &format!("{what}：{text}"),
                    "必答、只读不随条件变，改为不必答、可改",
                );
            }
        }
    }

    fn appearance(&mut self, line: &Line, item: &mut Item) {
        for word in line.cell(self.columns.appearance).unwrap_or_default().split_whitespace() {
            match word {
                "multiline" if item.kind == Kind::Text => item.flags.push(Flag::Multiline),
                "field-list" => {}
                other => {
                    let place = self.place(line, self.columns.appearance);
                    self.findings.lose("EXC109", &place, other, "只管怎么画，本项目自己排版");
                }
            }
        }
    }

    fn finish(mut self) -> Vec<Branch> {
        while let Some(open) = self.open.pop() {
            self.findings.fault(
                "EXC304",
                &open.place,
                &format!("begin {} 没有 end {}", open.word, open.word),
            );
        }
        let mut branches = std::mem::take(&mut self.done);
        branches = super::super::branch::paged(branches);
        for computed in [true, false] {
            let directory = Directory::of(&branches);
            self.fill(&mut branches, &directory, None, computed);
        }
        branches
    }

    fn fill(&mut self, branches: &mut [Branch], directory: &Directory, group: Option<u32>, computed: bool) {
        for branch in branches {
            let slot = directory.slot(&branch.link);
            let xpath = XPath { directory, here: slot, group };
            let waiting = self.waiting.remove(&branch.link).unwrap_or_default();
            let mut shown = Vec::new();
            let mut later = Waiting { message: waiting.message.clone(), above: Vec::new(), said: Vec::new() };
            for (key, place, text) in waiting.said {
                if (key == "公式") != computed {
                    later.said.push((key, place, text));
                    continue;
                }
                let term = match key {
                    "显示" => xpath.shown(&text),
                    "约束" => xpath.kept(&text),
                    _ => xpath.value(&text),
                };
                let checked = term.and_then(|term| {
                    checked(&term, directory, group, matches!(key, "显示" | "约束")).map(|text| (term, text))
                });
                match checked {
                    Ok((term, _)) if key == "显示" => shown.push(term),
                    Ok((_, text)) if key == "约束" => {
                        branch
                            .item
                            .properties
                            .push(property("约束", format!("{text} => {}", waiting.message)));
                    }
                    Ok((_, text)) => branch.item.properties.push(property(key, text)),
                    Err(why) => self.findings.lose("EXC352", &place, &text, &why),
                }
            }
            if computed {
                later.above = waiting.above;
            } else {
                for (place, text) in waiting.above {
                    match xpath
                        .shown(&text)
                        .and_then(|term| checked(&term, directory, group, true).map(|_| term))
                    {
                        Ok(term) => shown.push(term),
                        Err(why) => self.findings.lose("EXC352", &place, &text, &why),
                    }
                }
                let all = Term::and(shown);
                if all != Term::Truth(true) {
                    branch.item.properties.push(property("显示", all.to_string()));
                }
            }
            self.waiting.insert(branch.link.clone(), later);
            let inner = if branch.item.kind == Kind::Group { slot } else { group };
            self.fill(&mut branch.inner, directory, inner, computed);
        }
    }
}

/// The spelling of a term, if our own reader accepts it.
fn checked(
    term: &Term,
    directory: &Directory,
    group: Option<u32>,
    is_condition: bool,
) -> Result<String, String> {
    let text = term.to_string();
    let scope = directory.scope(group);
    let result = if is_condition {
        Expr::compile(&text, &scope).map(|_| ())
    } else {
        Expr::compute(&text, &scope).map(|_| ())
    };
    result
        .map(|()| text)
        .map_err(|errors| errors.first().map(|error| error.message.clone()).unwrap_or_default())
}

/// A default that is a value and not an expression.
fn initial(item: &Item, text: &str) -> Option<String> {
    let label = |name: &str| {
        let found = item.options.iter().find(|option| match &option.code {
            Some(code) => code.text == name,
            None => option.label.text == name,
        });
        found.map(|option| option.label.text.clone())
    };
    match item.kind {
        Kind::Number => text.parse::<f64>().ok().map(|_| text.to_owned()),
        Kind::Date => date_days(text).map(|_| text.to_owned()),
        Kind::Single => label(text),
        Kind::Multiple => {
            let labels: Option<Vec<String>> = text.split_whitespace().map(label).collect();
            labels.map(|labels| labels.join("、"))
        }
        Kind::YesNo => matches!(text, "OK" | "yes" | "true").then(|| "是".to_owned()),
        Kind::Text if !text.contains("${") && !text.contains('(') => Some(text.to_owned()),
        _ => None,
    }
}
