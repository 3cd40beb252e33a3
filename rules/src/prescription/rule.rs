//! One rule, compiled.

use kb::{Fault, Kb};
use serde::Serialize;

use super::{
    read::{self, Part, Parts, Sample, fault, unknown},
    tables::{self, Tables},
    terms::{self, Labels, Scope, Terms},
};
use crate::{
    expr::{Expr, Facts, Truth, Value, typed::Cond},
    quality::{Level, Status},
};

macro_rules! categories {
    ($($(#[$of:meta])* $value:ident $word:literal),+ $(,)?) => {
        /// What kind of problem a rule finds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Category { $($(#[$of])* $value),+ }

        impl Category {
            /// Every one with its word.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$value)),+];
        }
    };
}

categories! {
    /// Pieces that must not stand together.
    Incompatibility "配伍",
    /// The same twice.
    Duplicate "重复",
    /// Too much or too little.
    Dose "用量",
    /// Toxic and banned pieces.
    Toxicity "毒性",
    /// Pregnancy.
    Pregnancy "妊娠",
    /// Age, breast-feeding and other states.
    People "人群",
    /// How it is decocted and taken.
    Decoction "煎服",
    /// Number of doses and validity.
    Supply "剂数",
    /// How it is written.
    Writing "规范",
    /// Names of pieces.
    Naming "名称",
}

impl Category {
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, category)| *category == self).map_or("", |(word, _)| word)
    }
}

/// What a rule asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Head {
    /// Of each line.
    Line(Expr),
    /// Of the whole.
    Whole(Expr),
    /// Of several pieces.
    Set(Operator),
}

/// A question about several pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// A pair of the verses beyond doubt.
    Eighteen,
    /// A pair of the verses beyond doubt.
    Nineteen,
    /// A pair of the verses in doubt.
    Doubtful,
    /// One name twice.
    SameName,
    /// One piece under two names.
    SamePiece,
    /// One piece in two processed forms.
    SameRoot,
    /// A row of the page's tables.
    Listed,
}

impl Operator {
    const NAMES: [(&'static str, Self); 7] = [
        ("配伍(十八反)", Self::Eighteen),
        ("配伍(十九畏)", Self::Nineteen),
        ("配伍(存疑)", Self::Doubtful),
        ("重复(同名)", Self::SameName),
        ("重复(异名)", Self::SamePiece),
        ("重复(生制)", Self::SameRoot),
        ("名单", Self::Listed),
    ];
}

/// A compiled rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique among rules.
    pub id: String,
    /// For people.
    pub name: String,
    /// What kind of problem it finds.
    pub category: Category,
    /// How grave a finding is.
    pub level: Level,
    /// The level no setting goes below without a reason.
    pub floor: Option<Level>,
    /// Whether the prescriber may sign a second time.
    pub can_sign: bool,
    /// Code of the review of prescriptions; may be empty.
    pub comment: String,
    /// How far it has come.
    pub status: Status,
    /// Who says so.
    pub source: String,
    /// What the page says of it, for people.
    pub manual: String,
    /// The file it stands in.
    pub file: String,
    /// The line of its `规则` block.
    pub line: u32,
    pub(super) head: Head,
    pub(super) applies: Option<Expr>,
    pub(super) unless: Option<Expr>,
    pub(super) message: String,
    pub(super) remedy: String,
    /// Whether it can ever hold for a piece; by index.
    pub(super) candidates: Vec<bool>,
    /// Only the pieces of 对象.
    pub(super) is_limited: bool,
    pub(super) tables: Tables,
    pub(super) samples: Vec<Sample>,
}

impl Rule {
    /// Whether it finds something in these facts: the head (of a line or the whole), 适用, and not 除非.
    pub(super) fn holds<F: Facts + ?Sized>(&self, facts: &F) -> bool {
        let head = match &self.head {
            Head::Line(expr) | Head::Whole(expr) => expr.eval(facts) == Truth::Yes,
            Head::Set(_) => true,
        };
        head && self.concerns(facts)
    }

    /// 适用 and not 除非; an exception that is unknown is none.
    pub(super) fn concerns<F: Facts + ?Sized>(&self, facts: &F) -> bool {
        self.applies.as_ref().is_none_or(|expr| expr.eval(facts) == Truth::Yes)
            && self.unless.as_ref().is_none_or(|expr| expr.eval(facts) != Truth::Yes)
    }

    /// Compiles a page; what is wrong goes to `faults`.
    pub(super) fn compile(
        kb: &Kb,
        labels: &Labels,
        file: &str,
        text: &str,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let n_before = faults.len();
        let parts = read::parts(file, text, faults);
        if parts.line == 0 {
            return None;
        }
        let rule = Reader { kb, labels, file, parts: &parts, faults }.rule();
        rule.filter(|_| faults.len() == n_before)
    }

    /// Marks the pieces for which the graph alone refutes the head, so that they are never asked.
    pub(super) fn narrow(&mut self, herbs: &[super::book::Known]) {
        let Head::Line(expr) = &self.head else { return };
        let Some(cond) = expr.cond() else { return };
        for (candidate, herb) in self.candidates.iter_mut().zip(herbs) {
            *candidate = *candidate && !refuted(cond, &|slot| herb.value(slot));
        }
    }
}

/// Whether a condition cannot hold whatever else becomes known; only what the given values settle for good.
fn refuted<'v>(cond: &Cond, value: &dyn Fn(u32) -> Value<'v>) -> bool {
    match cond {
        Cond::And(parts) => parts.iter().any(|part| refuted(part, value)),
        Cond::Or(parts) => parts.iter().all(|part| refuted(part, value)),
        Cond::In(slot, labels) => matches!(value(*slot), Value::Choice(label) if !labels.contains(&label)),
        Cond::Has(slot, label) => matches!(value(*slot), Value::Set(bits)
            if bits.get(usize::from(*label / 64)).is_none_or(|word| word >> (label % 64) & 1 == 0)),
        _ => false,
    }
}

struct Reader<'a> {
    kb: &'a Kb,
    labels: &'a Labels,
    file: &'a str,
    parts: &'a Parts,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn refuse(&mut self, place: (u32, u32), code: &'static str, message: impl Into<String>) {
        self.faults.push(fault(self.file, place, code, message));
    }

    fn rule(&mut self) -> Option<Rule> {
        let (id, name, source) = (self.id(), self.entry("名称"), self.entry("来源"));
        if let Some(kind) = self.entry("种类").filter(|kind| kind.text != "处方") {
            self.refuse((kind.line, kind.column), "RX002", "种类要写 处方");
        }
        let categories: Vec<&str> = Category::ALL.iter().map(|(word, _)| *word).collect();
        let category =
            |word: &str| Category::ALL.iter().find(|(own, _)| *own == word).map(|(_, value)| *value);
        let category = self.word("类别", &category, &categories);
        let level = self.word("级别", &Level::read, &Level::words());
        let floor = match self.parts.front("底线") {
            Some(_) => self.word("底线", &Level::read, &Level::words()),
            None => None,
        };
        let status = self.word("状态", &Status::read, &Status::words());
        let sign = |word: &str| match word {
            "可" => Some(true),
            "否" => Some(false),
            _ => None,
        };
        let can_sign = self.word("双签", &sign, &["可", "否"]);
        let tables = tables::read(self.kb, self.file, self.parts, self.faults);
        let head = self.head();
        let scope = if matches!(head, Some(Head::Line(_))) { Scope::Line } else { Scope::Whole };
        let (applies, unless) = (self.condition("适用", scope), self.condition("除非", scope));
        let object = self.parts.clause("对象");
        let mut candidates = vec![object.is_none(); self.kb.herbs().len()];
        if let Some(part) = object {
            for id in tables::pieces(self.kb, self.file, &part.text, (part.line, part.column), self.faults) {
                candidates[id.index()] = true;
            }
        }
        if head == Some(Head::Set(Operator::Listed)) && tables.rows.is_empty() {
            let message = "“成对: 名单”要在页里写一张表，表头是 甲|乙|说明 或 同组|说明";
            self.refuse((self.parts.line, 1), "RX012", message);
        }
        let (message, remedy) = (self.text("提示"), self.text("改法"));
        Some(Rule {
            id: id?,
            name: name?.text,
            category: category?,
            level: level?,
            floor,
            can_sign: can_sign?,
            comment: self.parts.front("点评").map(|part| part.text.clone()).unwrap_or_default(),
            status: status?,
            source: source?.text,
            manual: self.parts.manual.clone(),
            file: self.file.to_owned(),
            line: self.parts.line,
            head: head?,
            applies,
            unless,
            message: message?,
            remedy: remedy?,
            candidates,
            is_limited: object.is_some(),
            tables,
            samples: self.parts.samples.clone(),
        })
    }

    fn entry(&mut self, key: &str) -> Option<Part> {
        let part = self.parts.front(key).cloned();
        if part.is_none() {
            self.refuse((1, 1), "RX001", format!("文件头缺少“{key}”"));
        }
        part
    }

    fn id(&mut self) -> Option<String> {
        let part = self.entry("编号")?;
        if part.text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-') {
            return Some(part.text);
        }
        self.refuse((part.line, part.column), "RX002", "编号只用字母、数字和 -");
        None
    }

    fn word<T>(&mut self, key: &str, read: &dyn Fn(&str) -> Option<T>, words: &[&str]) -> Option<T> {
        let part = self.entry(key)?;
        let value = read(&part.text);
        if value.is_none() {
            let message = unknown(key, &part.text, words.iter().copied());
            self.refuse((part.line, part.column), "RX002", message);
        }
        value
    }

    fn head(&mut self) -> Option<Head> {
        let heads: Vec<&str> =
            ["每味", "整方", "成对"].into_iter().filter(|key| self.parts.clause(key).is_some()).collect();
        match heads.as_slice() {
            ["每味"] => self.condition("每味", Scope::Line).map(Head::Line),
            ["整方"] => self.condition("整方", Scope::Whole).map(Head::Whole),
            ["成对"] => {
                let part = self.parts.clause("成对")?;
                let written: String = part.text.chars().filter(|sign| !sign.is_whitespace()).collect();
                let written = written.replace('（', "(").replace('）', ")");
                let found = Operator::NAMES.iter().find(|(name, _)| *name == written);
                if found.is_none() {
                    let message = unknown("算符", &part.text, Operator::NAMES.iter().map(|(name, _)| *name));
                    self.refuse((part.line, part.column), "RX005", message);
                }
                found.map(|(_, operator)| Head::Set(*operator))
            }
            _ => {
                self.refuse((self.parts.line, 1), "RX005", "“规则”块要有且只有一行 每味、整方 或 成对");
                None
            }
        }
    }

    fn condition(&mut self, key: &str, scope: Scope) -> Option<Expr> {
        let part = self.parts.clause(key)?;
        match Expr::compile(&part.text, &Terms { labels: self.labels, scope }) {
            Ok(expr) => Some(expr),
            Err(errors) => {
                let (line, column) = (part.line.saturating_sub(1), part.column.saturating_sub(1));
                self.faults.extend(errors.into_iter().map(|error| error.into_fault(self.file, line, column)));
                None
            }
        }
    }

    /// A text whose quotes are names; told with the place of a quote that is none.
    fn text(&mut self, key: &str) -> Option<String> {
        let Some(part) = self.parts.clause(key).filter(|part| !part.text.is_empty()) else {
            self.refuse((self.parts.line, 1), "RX005", format!("“规则”块缺少“{key}”"));
            return None;
        };
        for (at, _) in part.text.match_indices('{') {
            let before = u32::try_from(part.text[..at].chars().count()).unwrap_or(u32::MAX);
            let quote = part.text[at + 1..].split_once('}').map(|(name, _)| name);
            match quote {
                Some(name) if QUOTES.contains(&name) || terms::slot(name).is_some() => {}
                Some(name) => {
                    let known = QUOTES.iter().copied().chain(terms::WHOLE);
                    let message = unknown("引用", name, known);
                    self.refuse((part.line, part.column + before), "RX008", message);
                }
                None => {
                    self.refuse((part.line, part.column + before), "RX008", "引用以 { 开头，却没有以 } 结束");
                }
            }
        }
        Some(part.text.clone())
    }
}

/// What a message may quote beside the names of conditions: the pieces, what an unclear name may mean, the verse or
/// remark of a row.
pub(super) const QUOTES: [&str; 3] = ["药", "候选", "说明"];
