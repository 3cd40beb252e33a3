//! Text → draft.
//!
//! Line oriented: what a line is shows at its first word. Every line is read even after faults, so that one run
//! names them all. What a fault's code means stands in `rules/codes/FM.md`:
//!
//! - FM001 a line that begins with no known word
//! - FM002 the first line is not `问卷 名称 标题`, or stands twice
//! - FM003 a name is missing or has signs that want quotes
//! - FM004 a text is missing
//! - FM005 two things have the same name
//! - FM006 an unknown key of a property
//! - FM007 a property that this does not take
//! - FM008 a property that may stand once stands again
//! - FM009 a value is missing or is none of those allowed
//! - FM010 a range or a number is malformed
//! - FM011 a unit is malformed
//! - FM012 an unknown status
//! - FM013 `=>` or a side of it is missing
//! - FM014 the points of an option are no number
//! - FM015 a regular expression is malformed
//! - FM016 a word that stands alone does not belong here
//! - FM017 an unknown or repeated attribute of an option or a row
//! - FM018 options where none belong
//! - FM019 fewer than two options
//! - FM020 rows outside of a grid, or a grid without rows
//! - FM021 the end of a group or page without its beginning, or the reverse
//! - FM022 a group in a group, a page in a page or group
//! - FM023 brackets after a key that don't close, are empty or don't belong there
//! - FM024 two options with the same text
//! - FM025 a property that this needs is missing
//! - FM026 the file is too large, or has too many faults
//! - FM027 JSON that is no questionnaire
//! - FM028 a text that cannot stand on one line
//! - FM031 to FM033 faults of case files, see [`super::case_text`]

use kb::Fault;

use crate::expr::nearest;

use super::{
    build::Builder,
    check,
    draft::{Draft, Written},
    escape,
    line::Line,
    parts, words,
};

/// Largest file, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// Faults after which reading stops.
pub(super) const MAX_FAULTS: usize = 200;

/// The questionnaire of a text, or everything that is wrong with it.
pub fn read(file: &str, text: &str) -> Result<Draft, Vec<Fault>> {
    if text.len() > MAX_BYTES {
        return Err(vec![Fault::error(file, 1, "FM026", format!("文件超过 {MAX_BYTES} 字节"))]);
    }
    let mut builder = Builder::new(file);
    let mut faults = Vec::new();
    for (number, text) in Line::all(text) {
        let mut line = Line::new(file, number, text);
        if line.is_at_end() {
            continue;
        }
        if let Some(comment) = line.comment() {
            builder.comment(comment);
            continue;
        }
        if let Some(at) = line.chars.iter().position(|c| c.is_control() && !c.is_whitespace()) {
            let message = format!("这一行里有看不见的控制字符 U+{:04X}", u32::from(line.chars[at]));
            faults.push(line.fault(at, "FM029", message).with_hint("删掉它；多半是从别处复制时带来的"));
            line.chars[at] = ' ';
        }
        faults.extend(read_line(&mut line, &mut builder));
        if faults.len() >= MAX_FAULTS {
            faults.push(line.fault(0, "FM026", "错误太多，后面的行没有再读"));
            break;
        }
    }
    let (draft, more) = builder.finish();
    faults.extend(more);
    if faults.len() < MAX_FAULTS {
        faults.extend(check::check(file, &draft));
    }
    if faults.is_empty() {
        return Ok(draft);
    }
    faults.sort();
    faults.dedup();
    Err(faults)
}

fn read_line(line: &mut Line<'_>, builder: &mut Builder<'_>) -> Vec<Fault> {
    let from = line.at;
    if line.sign(&['-', '－', '•']) {
        return option(line, from, builder);
    }
    let word = line.word();
    let after = line.at;
    line.blanks();
    let is_key = match line.rest() {
        [':' | '：', ..] => true,
        ['(' | '（', ..] => words::find_key(&word).is_some() || words::find_kind(&word).is_none(),
        _ => false,
    };
    if is_key && !word.is_empty() {
        return property(line, from, &word, builder);
    }
    if after == line.at && !line.is_at_end() {
        // A sign follows the word at once, so it is no keyword.
        let token: String = line.chars[from..].iter().take_while(|c| !c.is_whitespace()).take(20).collect();
        builder.lose();
        return vec![unknown(line, from, &token)];
    }
    if let Some(kind) = words::find_kind(&word) {
        return item(line, from, kind, builder);
    }
    if let Some(flag) = words::find_flag(&word) {
        if !line.is_at_end() {
            let message = format!("{word} 要单独占一行，后面不写别的");
            return vec![line.fault(line.at, "FM016", message).with_hint("把后面的内容写到下一行")];
        }
        return builder.flag(flag, line, from);
    }
    match word.as_str() {
        word if words::is(word, words::FORM) => header(line, from, builder),
        word if words::is(word, words::ROW) => parts::row(line, from, builder),
        word if words::is(word, words::GROUP_END) => builder.close_group(line, from),
        word if words::is(word, words::PAGE_END) => builder.close_page(line, from),
        word => {
            let meant = nearest(word, words::openers()).and_then(words::find_kind);
            let mut faults = vec![unknown(line, from, word)];
            match meant {
                Some(kind) if !line.is_at_end() => faults.extend(item(line, from, kind, builder)),
                _ if !line.is_at_end() => builder.lose(),
                _ => {}
            }
            faults
        }
    }
}

fn unknown(line: &Line<'_>, from: usize, word: &str) -> Fault {
    let keys = words::KEYS.iter().flat_map(|key| [key.name, key.ascii]);
    let shown: String = word.chars().take(20).collect();
    match nearest(word, words::openers().chain(keys)) {
        Some(meant) => line.fault(from, "FM001", format!("不认识 {shown}，是不是 {meant}？")).with_hint(
            if words::find_key(meant).is_some() && words::find_kind(meant).is_none() {
                format!("写成 {meant}: …")
            } else {
                format!("把 {shown} 改成 {meant}")
            },
        ),
        None => line.fault(
            from,
            "FM001",
            format!(
                "不认识 {shown}：一行应以题型（单选、数字…）、属性（提示: …）、选项（- …）或 // 注释开头"
            ),
        ),
    }
}

fn header(line: &mut Line<'_>, from: usize, builder: &mut Builder<'_>) -> Vec<Fault> {
    let (id, fault) = name(line);
    let title = line.text(line.at, line.chars.len());
    fault.into_iter().chain(builder.header(line, from, id, title)).collect()
}

fn item(line: &mut Line<'_>, from: usize, kind: super::draft::Kind, builder: &mut Builder<'_>) -> Vec<Fault> {
    let (id, fault) = name(line);
    let text = line.text(line.at, line.chars.len());
    fault.into_iter().chain(builder.open(line, from, kind, id, text)).collect()
}

/// A name, or a stand-in that draws no further faults.
fn name(line: &mut Line<'_>) -> (Written, Option<Fault>) {
    let place = line.place(line.at);
    match line.name() {
        Ok(name) => (name, None),
        // A control character is in no name, so the stand-in meets no other name.
        Err(fault) => (Written { text: format!("\u{1}{}", place.line), place }, Some(fault)),
    }
}

fn option(line: &mut Line<'_>, from: usize, builder: &mut Builder<'_>) -> Vec<Fault> {
    let (choice, mut faults) = parts::choice(line);
    faults.extend(builder.choice(choice, line, from));
    faults
}

fn property(line: &mut Line<'_>, from: usize, word: &str, builder: &mut Builder<'_>) -> Vec<Fault> {
    let place = line.place(from);
    let Some(key) = words::find_key(word) else {
        return vec![unknown_key(line, from, word, builder.kind())];
    };
    let mut faults = Vec::new();
    let mut when = None;
    if let ['(' | '（', ..] = line.rest() {
        let open = line.at;
        let Some(length) = escape::closing(line.rest()) else {
            return vec![line.fault(open, "FM023", format!("{word} 后面的括号没有配对")).with_hint("补上 )")];
        };
        when = Some(line.written(open + 1, open + length));
        line.at = open + length + 1;
        line.blanks();
    }
    if !line.sign(&[':', '：']) {
        return vec![
            line.fault(line.at, "FM023", format!("{word} 的括号后面应是冒号"))
                .with_hint("写成 现病史(条件): 文字"),
        ];
    }
    let (from, to) = (line.at, line.chars.len());
    let mut value = match key.sort {
        words::Sort::Text => line.text(from, to),
        _ => line.written(from, to),
    };
    value.text = parts::plain_signs(key.sort, &value.text);
    faults.extend(builder.property(Written { text: key.name.to_owned(), place }, when, value));
    faults
}

fn unknown_key(line: &Line<'_>, from: usize, word: &str, kind: Option<super::draft::Kind>) -> Fault {
    if words::find_kind(word).is_some() {
        let message = format!("{word} 后面不写冒号：应是 {word} 名称 文字");
        return line.fault(from, "FM006", message).with_hint(format!("写成 {word} 名称 文字"));
    }
    if words::find_flag(word).is_some() {
        let message = format!("{word} 单独占一行，没有冒号和条件");
        return line.fault(from, "FM006", message).with_hint(format!("写成 {word}"));
    }
    let names = |key: &'static words::Key| [key.name, key.ascii];
    let meant = nearest(word, words::keys_of(kind).flat_map(names))
        .or_else(|| nearest(word, words::KEYS.iter().flat_map(names)));
    let shown: String = word.chars().take(20).collect();
    if let Some(meant) = meant {
        return line
            .fault(from, "FM006", format!("没有叫 {shown} 的属性，是不是 {meant}？"))
            .with_hint(format!("写成 {meant}: …"));
    }
    let known: Vec<_> = words::keys_of(kind).map(|key| key.name).collect();
    line.fault(from, "FM006", format!("没有叫 {shown} 的属性，这里可以写 {}", known.join("、")))
}
