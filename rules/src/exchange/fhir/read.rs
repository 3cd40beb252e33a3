//! A FHIR Questionnaire as branches: structure, texts and bounds. Conditions wait until every item has its name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::form::draft::{Flag, Item, Kind, Row, Written};

use super::{
    super::{
        branch::{Branch, inner_prefix},
        document::{Element, Findings},
        property, term,
    },
    address::short,
    extend::{Extras, extras},
    option::{self, Open},
};

/// Deepest nesting of items.
const MAX_DEPTH: usize = 40;
/// Most items of a document.
const MAX_ITEMS: usize = 20_000;

/// What an item says that needs the names of other items.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) enable: Vec<Enable>,
    pub(super) any: bool,
    pub(super) extras: Extras,
    pub(super) at: String,
    /// Questions above it, whose conditions hold for it too.
    pub(super) above: Vec<String>,
}

/// An enableWhen.
#[derive(Debug)]
pub(super) struct Enable {
    pub(super) at: String,
    pub(super) question: String,
    pub(super) operator: String,
    /// `Boolean`, `Coding` …
    pub(super) answer: Option<(String, Value)>,
}

/// Reads the items of a document.
pub(super) struct Reader<'f> {
    pub(super) findings: &'f mut Findings,
    /// What each linkId says that waits.
    pub(super) waiting: BTreeMap<String, Waiting>,
    /// Contained value sets, by id.
    pub(super) sets: BTreeMap<String, Vec<Map<String, Value>>>,
    /// Whether the document is one of ours, with pages as we write them.
    pub(super) is_ours: bool,
    /// Groups that were taken apart.
    pub(super) flattened: BTreeSet<String>,
    links: BTreeSet<String>,
    items: usize,
}

impl<'f> Reader<'f> {
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self {
            findings,
            waiting: BTreeMap::new(),
            sets: BTreeMap::new(),
            is_ours: false,
            flattened: BTreeSet::new(),
            links: BTreeSet::new(),
            items: 0,
        }
    }

    /// The items of a list. Nested questions follow their question.
    pub(super) fn items(&mut self, list: Vec<Element<'_>>, prefix: &str, depth: usize) -> Vec<Branch> {
        let mut branches = Vec::new();
        for element in list {
            self.items += 1;
            if depth > MAX_DEPTH || self.items > MAX_ITEMS {
                let message = format!("最多 {MAX_ITEMS} 项，最多套 {MAX_DEPTH} 层");
                self.findings.fault("EXC005", &element.at, &message);
                return branches;
            }
            branches.extend(self.item(element, prefix, depth));
        }
        branches
    }

    fn item(&mut self, mut element: Element<'_>, prefix: &str, depth: usize) -> Vec<Branch> {
        let at = element.at.clone();
        let findings = &mut *self.findings;
        let Some(link) = element.text("linkId", findings).filter(|link| !link.is_empty()) else {
            findings.fault("EXC003", &at, "缺 linkId");
            return Vec::new();
        };
        if !self.links.insert(link.clone()) {
            findings.fault("EXC004", &format!("{at}/linkId"), &format!("linkId“{link}”已经用过"));
            return Vec::new();
        }
        let Some(kind) = element.text("type", findings) else {
            findings.fault("EXC003", &at, "缺 type");
            return Vec::new();
        };
        let text = element.text("text", findings).unwrap_or_default();
        let required = element.truth("required", findings).unwrap_or(false);
        let repeats = element.truth("repeats", findings).unwrap_or(false);
        let read_only = element.truth("readOnly", findings).unwrap_or(false);
        let mut extras = extras(element.list("extension", findings), findings);
        let inner = element.list("item", findings);
        let Some(kind) = self.kind(&kind, repeats, &extras, &inner, &format!("{at}/type")) else {
            let why = "本项目的问卷没有这种题";
            self.findings.lose("EXC105", &at, &format!("{kind}“{text}”"), why);
            return Vec::new();
        };
        let mut item = Item { kind, id: id(&link, prefix).into(), text: text.into(), ..Item::default() };
        if required && !matches!(kind, Kind::Note) {
            item.flags.push(Flag::Required);
        }
        if extras.hidden {
            item.flags.push(Flag::Hidden);
        }
        let is_question = !matches!(kind, Kind::Page | Kind::Group | Kind::Grid | Kind::Note);
        if read_only && is_question && kind != Kind::Computed {
            item.flags.push(Flag::ReadOnly);
        }
        self.typed(&mut element, &mut item, &mut extras, repeats);
        self.code(&mut element, &mut item);
        let waiting = self.waiting(&mut element, extras);
        self.waiting.insert(link.clone(), waiting);
        let inner_prefix = inner_prefix(kind, &link, prefix);
        let mut branch = Branch { item, link: link.clone(), at: at.clone(), ..Branch::default() };
        let branches = if kind == Kind::Grid {
            self.rows(inner, &mut branch, &inner_prefix);
            vec![branch]
        } else {
            let (hints, inner): (Vec<Element<'_>>, Vec<Element<'_>>) =
                inner.into_iter().partition(|element| kind != Kind::Note && is_hint(element));
            for hint in hints {
                self.hint(hint, &mut branch.item);
            }
            let nested = self.items(inner, &inner_prefix, depth + 1);
            if is_question || kind == Kind::Note {
                self.unnested(branch, nested)
            } else {
                branch.inner = nested;
                self.placed(branch, depth)
            }
        };
        element.close(&["id", "_text"], self.findings);
        branches
    }

    /// Items below a question stand after it, shown when the question is.
    fn unnested(&mut self, branch: Branch, nested: Vec<Branch>) -> Vec<Branch> {
        if let Some(first) = nested.first() {
            let why = "本项目的题不套题，改为跟在后面，随上级一起显示";
            self.findings.lose("EXC108", &first.at, "题下面的题", why);
        }
        for inner in &nested {
            if let Some(waiting) = self.waiting.get_mut(&inner.link) {
                waiting.above.push(branch.link.clone());
            }
        }
        std::iter::once(branch).chain(nested).collect()
    }

    /// Pages do not nest: a group in a group becomes a note and its items, shown when the group is.
    fn placed(&mut self, branch: Branch, depth: usize) -> Vec<Branch> {
        if branch.item.kind != Kind::Page || depth == 0 || self.is_ours {
            return vec![branch];
        }
        self.findings.lose(
            "EXC108",
            &branch.at,
            "组里的组",
            "页不套页，改为一句说明和里面的题，随组一起显示",
        );
        self.flattened.insert(branch.link.clone());
        for inner in &branch.inner {
            if let Some(waiting) = self.waiting.get_mut(&inner.link) {
                waiting.above.push(branch.link.clone());
            }
        }
        let Branch { item, link, inner, at, .. } = branch;
        let item = Item { kind: Kind::Note, flags: Vec::new(), properties: Vec::new(), ..item };
        std::iter::once(Branch { item, link, at, ..Branch::default() }).chain(inner).collect()
    }

    fn kind(
        &mut self,
        kind: &str,
        repeats: bool,
        extras: &Extras,
        inner: &[Element<'_>],
        at: &str,
    ) -> Option<Kind> {
        let is_calculated = extras.calculated.is_some();
        Some(match kind {
            "group"
                if matches!(extras.control.as_str(), "table" | "htable" | "grid" | "gtable")
                    && !repeats
                    && option::is_grid(inner) =>
            {
                Kind::Grid
            }
            "group" if repeats => Kind::Group,
            "group" => Kind::Page,
            "display" => Kind::Note,
            "boolean" | "string" | "text" | "integer" | "decimal" | "date" | "quantity" if is_calculated => {
                Kind::Computed
            }
            "boolean" => Kind::YesNo,
            "choice" | "open-choice" if repeats => Kind::Multiple,
            "choice" | "open-choice" => Kind::Single,
            "string" | "text" | "url" | "time" => Kind::Text,
            "date" | "dateTime" => Kind::Date,
            "quantity"
                if extras.unit.as_deref().is_none_or(super::super::coding::is_time)
                    && extras.unit.is_some() =>
            {
                Kind::Duration
            }
            "integer" | "decimal" | "quantity" => Kind::Number,
            "attachment" | "reference" | "question" => return None,
            other => {
                self.findings.fault("EXC003", at, &format!("没有“{other}”这种 type"));
                return None;
            }
        })
    }

    /// Options, bounds and initial values, as the type has them.
    fn typed(&mut self, element: &mut Element<'_>, item: &mut Item, extras: &mut Extras, repeats: bool) {
        let at = element.at.clone();
        let kind = element.text("type", self.findings).unwrap_or_default();
        let properties = &mut item.properties;
        let mut put = |key: &str, value: String| properties.push(property(key, value));
        match kind.as_str() {
            "integer" => put("小数", "0".to_owned()),
            "text" => item.flags.push(Flag::Multiline),
            "time" => {
                put("格式", "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?".to_owned());
                self.findings.lose("EXC105", &format!("{at}/type"), "time", "没有时刻题，改为按格式填的文字");
            }
            "dateTime" => {
                self.findings.lose(
                    "EXC105",
                    &format!("{at}/type"),
                    "dateTime",
                    "没有带时刻的日期题，只问到天",
                );
            }
            _ => {}
        }
        extras.bounds(item.kind, item, element, self.findings);
        let is_choice = matches!(item.kind, Kind::Single | Kind::Multiple);
        if is_choice {
            let is_open = kind == "open-choice";
            let open = if is_open { Open::Yes(extras.open_label.take()) } else { Open::No };
            let (options, chosen) = option::options(element, open, &self.sets, self.findings);
            item.options = options;
            if item.options.is_empty() {
                self.findings.lose("EXC105", &at, "没有选项的选择题", "选项在别处，改为填文字");
                item.kind = Kind::Text;
            }
            if !chosen.is_empty() {
                item.properties.push(property("初值", chosen.join("、")));
            }
        } else if repeats && !matches!(item.kind, Kind::Group) {
            self.findings.lose("EXC101", &format!("{at}/repeats"), "repeats", "这种题只答一次");
        }
        if let Some(values) = option::initial(element, item, self.findings) {
            item.properties.push(property("初值", values));
        }
    }

    fn code(&mut self, element: &mut Element<'_>, item: &mut Item) {
        for (index, mut code) in element.list("code", self.findings).into_iter().enumerate() {
            let system = code.text("system", self.findings);
            let value = code.text("code", self.findings).filter(|code| !code.is_empty());
            match value {
                Some(value) if index == 0 && item.kind != Kind::Note => {
                    let written = super::super::coding::written_code(system.as_deref(), &value);
                    item.properties.push(property("编码", written));
                    code.close(&["display", "version", "userSelected", "id"], self.findings);
                }
                _ => self.findings.lose("EXC101", &code.at, "code", "每题只记一个编码"),
            }
        }
    }

    fn waiting(&mut self, element: &mut Element<'_>, extras: Extras) -> Waiting {
        let findings = &mut *self.findings;
        let mut waiting = Waiting { extras, at: element.at.clone(), ..Waiting::default() };
        let behavior = element.text("enableBehavior", findings);
        waiting.any = behavior.as_deref() == Some("any");
        if let Some(other) = behavior.filter(|behavior| !matches!(behavior.as_str(), "any" | "all")) {
            let message = format!("enableBehavior 只有 all 和 any，没有“{other}”");
            findings.fault("EXC003", &format!("{}/enableBehavior", element.at), &message);
        }
        for mut when in element.list("enableWhen", findings) {
            let question = when.text("question", findings);
            let operator = when.text("operator", findings);
            let answer = when.starting("answer").map(|(kind, value)| (kind.to_owned(), value.clone()));
            let (Some(question), Some(operator)) = (question, operator) else {
                findings.fault("EXC003", &when.at, "enableWhen 要有 question 和 operator");
                continue;
            };
            if when.has("modifierExtension") {
                findings.lose(
                    "EXC103",
                    &format!("{}/modifierExtension", when.at),
                    "modifierExtension",
                    "会改变含义的扩展，不认识就不能照用",
                );
            }
            waiting.enable.push(Enable { at: when.at, question, operator, answer });
        }
        waiting
    }

    fn hint(&mut self, mut element: Element<'_>, item: &mut Item) {
        let link = element.text("linkId", self.findings).unwrap_or_default();
        if !link.is_empty() && !self.links.insert(link.clone()) {
            let at = format!("{}/linkId", element.at);
            self.findings.fault("EXC004", &at, &format!("linkId“{link}”已经用过"));
        }
        let text = element.text("text", self.findings).unwrap_or_default();
        let controls = extras(element.list("extension", self.findings), self.findings);
        element.value("type");
        if controls.control == "unit" {
            match super::super::coding::unit(&text) {
                Some(unit) if item.first("单位").is_none() => {
                    item.properties.push(property("单位", unit.to_owned()));
                }
                Some(_) => {}
                None => self.findings.lose("EXC101", &element.at, &text, "不认识的单位"),
            }
        } else {
            item.properties.push(property("提示", text));
        }
        element.close(&["id"], self.findings);
    }

    fn rows(&mut self, inner: Vec<Element<'_>>, branch: &mut Branch, prefix: &str) {
        let mut are_required = true;
        for (index, mut element) in inner.into_iter().enumerate() {
            if is_hint(&element) {
                self.hint(element, &mut branch.item);
                continue;
            }
            let findings = &mut *self.findings;
            let at = element.at.clone();
            let link = element.text("linkId", findings).unwrap_or_default();
            if link.is_empty() || !self.links.insert(link.clone()) {
                findings.fault("EXC004", &format!("{at}/linkId"), &format!("linkId“{link}”空着或已经用过"));
                continue;
            }
            let extras = extras(element.list("extension", findings), findings);
            let text = element.text("text", findings).unwrap_or_default();
            let row = Row {
                id: id(&link, prefix).into(),
                text: text.into(),
                reads: extras.reads.clone().map(Written::from),
                when: None,
            };
            are_required &= element.truth("required", findings).unwrap_or(false);
            if element.truth("repeats", findings).unwrap_or(false) && !branch.item.has(Flag::RowsMultiple) {
                branch.item.flags.push(Flag::RowsMultiple);
            }
            let is_open = element.text("type", findings).as_deref() == Some("open-choice");
            let open = if is_open { Open::Yes(extras.open_label.clone()) } else { Open::No };
            let (options, _) = option::options(&mut element, open, &self.sets, findings);
            if index == 0 || branch.item.options.is_empty() {
                branch.item.options = options;
            }
            let waiting = self.waiting(&mut element, extras);
            self.waiting.insert(link.clone(), waiting);
            branch.item.rows.push(row);
            branch.rows.push(link);
            element.close(&["id"], self.findings);
        }
        if are_required && !branch.item.rows.is_empty() && !branch.item.has(Flag::Required) {
            branch.item.flags.insert(0, Flag::Required);
        }
    }
}

/// The name of an item, from its linkId; what can't stand in quotes is replaced.
pub(super) fn id(link: &str, prefix: &str) -> String {
    let own = link.strip_prefix(prefix).filter(|own| !own.is_empty()).unwrap_or(link);
    let is_printable = |c: char| !matches!(c, '「' | '」') && !c.is_control();
    if term::is_plain(own) || own.chars().all(is_printable) {
        return own.to_owned();
    }
    own.chars().map(|c| if is_printable(c) { c } else { '_' }).collect()
}

/// Whether an item only helps with the one it is in.
fn is_hint(element: &Element<'_>) -> bool {
    let Some(Value::Array(extensions)) = element.peek("extension") else { return false };
    let control = extensions.iter().find_map(|extension| {
        let is_control =
            extension.get("url").and_then(Value::as_str).is_some_and(|url| short(url) == "itemControl");
        extension
            .pointer("/valueCodeableConcept/coding/0/code")
            .and_then(Value::as_str)
            .filter(|_| is_control)
    });
    element.peek("type").and_then(Value::as_str) == Some("display")
        && matches!(control, Some("help" | "flyover" | "prompt" | "unit" | "inline"))
}
