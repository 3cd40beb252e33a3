//! The words of the questionnaire language: keywords of items, keys of properties, flags, option attributes.

use super::draft::{Flag, Kind};

/// A keyword that opens an item.
pub struct Keyword {
    /// What it opens.
    pub kind: Kind,
    /// The canonical word.
    pub name: &'static str,
    /// The word for keyboards without Chinese.
    pub ascii: &'static str,
}

const fn keyword(kind: Kind, name: &'static str, ascii: &'static str) -> Keyword {
    Keyword { kind, name, ascii }
}

/// All kinds of items.
pub const KEYWORDS: [Keyword; 13] = [
    keyword(Kind::Page, "页", "page"),
    keyword(Kind::Group, "组", "group"),
    keyword(Kind::Note, "说明", "note"),
    keyword(Kind::YesNo, "是否", "yesno"),
    keyword(Kind::Single, "单选", "single"),
    keyword(Kind::Multiple, "多选", "multiple"),
    keyword(Kind::Text, "文字", "text"),
    keyword(Kind::Number, "数字", "number"),
    keyword(Kind::Date, "日期", "date"),
    keyword(Kind::Duration, "时长", "duration"),
    keyword(Kind::Grid, "表格", "grid"),
    keyword(Kind::Computed, "计算", "compute"),
    keyword(Kind::Constraint, "约束", "constraint"),
];

/// Words that open or close something without being an item: canonical and ASCII.
pub const FORM: (&str, &str) = ("问卷", "form");
/// A row of a grid.
pub const ROW: (&str, &str) = ("行", "row");
/// Closes a group.
pub const GROUP_END: (&str, &str) = ("组完", "endgroup");
/// Closes a page, for items that stand on none.
pub const PAGE_END: (&str, &str) = ("页完", "endpage");

/// Words that stand alone.
pub const FLAGS: [(Flag, &str, &str); 5] = [
    (Flag::Required, "必答", "required"),
    (Flag::Hidden, "隐藏", "hidden"),
    (Flag::ReadOnly, "只读", "readonly"),
    (Flag::Multiline, "多行", "multiline"),
    (Flag::RowsMultiple, "每行多选", "rowsmultiple"),
];

/// What an option says after `;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// `独占`
    Exclusive,
    /// `填写`
    FillIn,
    /// `分 3`
    Score,
    /// `显示 条件`
    Show,
    /// `概念 名称`
    Concept,
    /// `编码 系统|代码`
    Code,
    /// `附 名称 值`: kept for exchange.
    Other,
}

/// Attributes of options: canonical and ASCII.
pub const ATTRIBUTES: [(Attribute, &str, &str); 7] = [
    (Attribute::Exclusive, "独占", "exclusive"),
    (Attribute::FillIn, "填写", "fill"),
    (Attribute::Score, "分", "score"),
    (Attribute::Show, "显示", "show"),
    (Attribute::Concept, "概念", "concept"),
    (Attribute::Code, "编码", "code"),
    (Attribute::Other, "附", "extra"),
];

/// How the value of a property is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Text people read; `\n` and the other escapes are taken out.
    Text,
    /// A condition, a formula or an answer, kept as written.
    Expression,
    /// `条件 => 文字` or `条件 => 题`, kept as written.
    Arrow,
    /// `0~4 => 轻度`
    Band,
    /// `0~10`, in whole numbers from 0.
    Count,
    /// `34~43`, or dates.
    Range,
    /// A unit.
    Unit,
    /// A whole number from 0 to 6.
    Decimals,
    /// A regular expression.
    Pattern,
    /// `系统|代码`
    Code,
    /// `1` or `1.2`
    Version,
    /// 草稿, 待审, 已发布 or 停用.
    Status,
    /// `90%`
    Percent,
}

/// A key of a property.
#[derive(Debug)]
pub struct Key {
    /// The canonical key.
    pub name: &'static str,
    /// The key for keyboards without Chinese.
    pub ascii: &'static str,
    /// How its value is written.
    pub sort: Sort,
    /// The kinds of items that take it.
    pub kinds: &'static [Kind],
    /// Whether the questionnaire itself takes it.
    pub form: bool,
    /// Whether it may stand more than once.
    pub repeats: bool,
    /// Whether it takes a condition in brackets.
    pub conditional: bool,
}

use Kind::{
    Computed, Constraint, Date, Duration, Grid, Group, Multiple, Note, Number, Page, Single, Text, YesNo,
};

/// Kinds that are answered.
pub const ANSWERED: &[Kind] = &[YesNo, Single, Multiple, Text, Number, Date, Duration, Grid];
const SHOWN: &[Kind] =
    &[Page, Group, Note, YesNo, Single, Multiple, Text, Number, Date, Duration, Grid, Computed];
const VALUED: &[Kind] = &[Group, YesNo, Single, Multiple, Text, Number, Date, Duration, Grid, Computed];
const PASSED: &[Kind] = &[Note, YesNo, Single, Multiple, Text, Number, Date, Duration, Grid, Computed];

const fn whole(name: &'static str, ascii: &'static str, sort: Sort) -> Key {
    Key { name, ascii, sort, kinds: &[], form: true, repeats: false, conditional: false }
}

const fn once(name: &'static str, ascii: &'static str, sort: Sort, kinds: &'static [Kind]) -> Key {
    Key { name, ascii, sort, kinds, form: false, repeats: false, conditional: false }
}

const fn many(name: &'static str, ascii: &'static str, sort: Sort, kinds: &'static [Kind]) -> Key {
    Key { name, ascii, sort, kinds, form: false, repeats: true, conditional: false }
}

const fn record(name: &'static str, ascii: &'static str) -> Key {
    Key { name, ascii, sort: Sort::Text, kinds: VALUED, form: false, repeats: true, conditional: true }
}

/// All keys of properties.
pub const KEYS: [Key; 34] = [
    whole("版本", "version", Sort::Version),
    whole("状态", "status", Sort::Status),
    whole("科室", "departments", Sort::Text),
    whole("病种", "diseases", Sort::Text),
    whole("来源", "source", Sort::Text),
    whole("适用", "applies", Sort::Expression),
    whole("覆盖", "coverage", Sort::Percent),
    once("显示", "show", Sort::Expression, SHOWN),
    many("跳转", "jump", Sort::Arrow, PASSED),
    many("约束", "constraint", Sort::Arrow, VALUED),
    Key { form: true, ..once("提示", "hint", Sort::Text, SHOWN) },
    once("单位", "unit", Sort::Unit, &[Number, Duration, Computed]),
    once("范围", "range", Sort::Range, &[Number, Duration, Date]),
    once("小数", "decimals", Sort::Decimals, &[Number, Computed]),
    once("长度", "length", Sort::Count, &[Text]),
    once("格式", "format", Sort::Pattern, &[Text]),
    once("个数", "count", Sort::Count, &[Multiple, Grid]),
    once("次数", "times", Sort::Count, &[Group]),
    once("初值", "initial", Sort::Expression, ANSWERED),
    once("公式", "formula", Sort::Expression, &[Computed]),
    many("分级", "band", Sort::Band, &[Computed]),
    once("条件", "condition", Sort::Expression, &[Constraint]),
    once("概念", "concept", Sort::Text, VALUED),
    many("编码", "code", Sort::Code, SHOWN),
    record("主诉", "chief"),
    record("现病史", "present"),
    record("既往史", "past"),
    record("个人史", "personal"),
    record("婚育史", "marital"),
    record("家族史", "family"),
    record("过敏史", "allergy"),
    record("用药史", "medication"),
    record("月经史", "menstrual"),
    record("诊治经过", "treatment"),
];

/// States of a questionnaire: canonical and ASCII.
pub const STATUSES: [(&str, &str); 4] =
    [("草稿", "draft"), ("待审", "review"), ("已发布", "published"), ("停用", "retired")];

/// Units a duration may have.
pub const DURATIONS: [&str; 7] = ["天", "周", "月", "年", "小时", "分钟", "秒"];

/// Whether a word is one of a pair of canonical and ASCII spelling.
pub fn is(word: &str, (name, ascii): (&str, &str)) -> bool {
    word == name || word.eq_ignore_ascii_case(ascii)
}

/// The keyword of a word.
pub fn find_kind(word: &str) -> Option<Kind> {
    KEYWORDS.iter().find(|keyword| is(word, (keyword.name, keyword.ascii))).map(|keyword| keyword.kind)
}

/// The canonical word of a kind.
pub fn kind_name(kind: Kind) -> &'static str {
    KEYWORDS.iter().find(|keyword| keyword.kind == kind).map_or("", |keyword| keyword.name)
}

/// The key of a word.
pub fn find_key(word: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| is(word, (key.name, key.ascii)))
}

/// The flag of a word.
pub fn find_flag(word: &str) -> Option<Flag> {
    FLAGS.iter().find(|flag| is(word, (flag.1, flag.2))).map(|flag| flag.0)
}

/// The canonical word of a flag.
pub fn flag_name(flag: Flag) -> &'static str {
    FLAGS.iter().find(|other| other.0 == flag).map_or("", |found| found.1)
}

/// Whether a kind of item takes a flag.
pub fn takes(kind: Kind, flag: Flag) -> bool {
    match flag {
        Flag::Required => kind == Group || ANSWERED.contains(&kind),
        Flag::Hidden => kind == Computed || ANSWERED.contains(&kind),
        Flag::ReadOnly => ANSWERED.contains(&kind),
        Flag::Multiline => kind == Text,
        Flag::RowsMultiple => kind == Grid,
    }
}

/// The attribute of a word.
pub fn find_attribute(word: &str) -> Option<Attribute> {
    ATTRIBUTES.iter().find(|attribute| is(word, (attribute.1, attribute.2))).map(|attribute| attribute.0)
}

/// The canonical word of an attribute.
pub fn attribute_name(attribute: Attribute) -> &'static str {
    ATTRIBUTES.iter().find(|other| other.0 == attribute).map_or("", |found| found.1)
}

/// Words that begin a line.
pub fn openers() -> impl Iterator<Item = &'static str> {
    let items = KEYWORDS.iter().flat_map(|keyword| [keyword.name, keyword.ascii]);
    let flags = FLAGS.iter().flat_map(|flag| [flag.1, flag.2]);
    let marks = [FORM, ROW, GROUP_END, PAGE_END].into_iter().flat_map(|(name, ascii)| [name, ascii]);
    items.chain(flags).chain(marks)
}

/// Keys that a kind takes; those of the questionnaire without a kind.
pub fn keys_of(kind: Option<Kind>) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| kind.map_or(key.form, |kind| key.kinds.contains(&kind)))
}
