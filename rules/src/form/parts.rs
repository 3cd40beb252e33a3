//! Lines of options and rows.

use kb::Fault;

use crate::expr::nearest;

use super::{
    build::Builder,
    draft::{Choice, Row, Written},
    escape,
    line::Line,
    words::{self, Attribute, Sort},
};

/// The option that follows the `-`.
pub(super) fn choice(line: &Line<'_>) -> (Choice, Vec<Fault>) {
    let pieces = pieces(line, line.at);
    let (label, reads) = face(line, pieces[0]);
    let mut choice = Choice { label, reads, ..Choice::default() };
    let mut faults = Vec::new();
    for piece in &pieces[1..] {
        if let Err(fault) = attribute(line, *piece, &mut choice) {
            faults.push(fault);
        }
    }
    (choice, faults)
}

/// The row that follows `行`.
pub(super) fn row(line: &mut Line<'_>, from: usize, builder: &mut Builder<'_>) -> Vec<Fault> {
    let id = match line.name() {
        Ok(id) => id,
        Err(fault) => return vec![fault],
    };
    let pieces = pieces(line, line.at);
    let (text, reads) = face(line, pieces[0]);
    let mut held = Choice::default();
    let mut faults = Vec::new();
    for piece in &pieces[1..] {
        let word = line.written(piece.0, piece.1);
        let is_show = word.text.starts_with("显示") || word.text.to_ascii_lowercase().starts_with("show");
        let outcome = if is_show {
            attribute(line, *piece, &mut held)
        } else {
            Err(line
                .fault(column(&word), "FM017", format!("行只能带 显示 条件，不能带 {}", word.text))
                .with_hint("写成 ; 显示 条件"))
        };
        faults.extend(outcome.err());
    }
    let row = Row { id, text, reads, when: held.when };
    faults.extend(builder.row(row, line, from));
    faults
}

/// The parts between `;` that are not escaped.
fn pieces(line: &Line<'_>, from: usize) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let mut from = from;
    while let Some(at) = escape::find(&line.chars, from, |rest| matches!(rest[0], ';' | '；')) {
        pieces.push((from, at));
        from = at + 1;
    }
    pieces.push((from, line.chars.len()));
    pieces
}

/// Text and how it reads in the record.
fn face(line: &Line<'_>, (from, to): (usize, usize)) -> (Written, Option<Written>) {
    match escape::find(&line.chars[..to], from, escape::is_arrow) {
        Some(at) => (line.text(from, at), Some(line.text(at + 2, to))),
        None => (line.text(from, to), None),
    }
}

fn column(written: &Written) -> usize {
    (written.place.column as usize).saturating_sub(1)
}

fn attribute(line: &Line<'_>, (from, to): (usize, usize), choice: &mut Choice) -> Result<(), Fault> {
    let whole = line.written(from, to);
    let start = column(&whole);
    if whole.text.is_empty() {
        return Err(line
            .fault(from, "FM017", "分号后面是空的")
            .with_hint("删掉多余的分号，文字里的分号写成 \\;"));
    }
    let is_word = |c: &&char| !c.is_whitespace() && !matches!(c, ':' | '：');
    let mut word: String = line.chars[start..to].iter().take_while(is_word).collect();
    if word.strip_prefix('分').is_some_and(|points| points.parse::<f64>().is_ok()) {
        "分".clone_into(&mut word);
    }
    let mut at = start + word.chars().count();
    let Some(attribute) = words::find_attribute(&word) else {
        return Err(unknown(line, start, &word));
    };
    // A colon after a blank belongs to the value.
    if at < to && matches!(line.chars[at], ':' | '：') {
        at += 1;
    }
    let value = line.text(at, to);
    if matches!(attribute, Attribute::Exclusive | Attribute::FillIn) {
        let flag =
            if attribute == Attribute::Exclusive { &mut choice.exclusive } else { &mut choice.fill_in };
        if !value.text.is_empty() {
            let message = format!("{word} 后面不写别的");
            return Err(line.fault(column(&value), "FM017", message).with_hint(format!("写成 ; {word}")));
        }
        return if std::mem::replace(flag, true) { Err(repeated(line, start, &word)) } else { Ok(()) };
    }
    if value.text.is_empty() {
        let hint = match attribute {
            Attribute::Score => "写成 分 1",
            Attribute::Show => "写成 显示 条件",
            Attribute::Code => "写成 编码 系统|代码",
            _ => "写成 概念 名称",
        };
        return Err(line.fault(start, "FM017", format!("{word} 后面没有写内容")).with_hint(hint));
    }
    let slot = match attribute {
        Attribute::Score => &mut choice.score,
        Attribute::Show => &mut choice.when,
        Attribute::Concept => &mut choice.concept,
        Attribute::Code => &mut choice.code,
        _ => return other(line, (at, to), choice),
    };
    if slot.is_some() {
        return Err(repeated(line, start, &word));
    }
    *slot = Some(value);
    Ok(())
}

/// `附 名称 值`
fn other(line: &Line<'_>, (from, to): (usize, usize), choice: &mut Choice) -> Result<(), Fault> {
    let from = column(&line.written(from, to));
    let (name, after) = if line.chars[from] == '「' {
        let Some(end) = escape::find(&line.chars[..to], from + 1, |rest| rest[0] == '」') else {
            return Err(line.fault(from, "FM003", "名称的引号「没有对应的」").with_hint("在名称后面补上」"));
        };
        (escape::unescape(&line.chars[from + 1..end]), end + 1)
    } else {
        let name: String = line.chars[from..to].iter().take_while(|c| escape::is_name(**c)).collect();
        let after = from + name.chars().count();
        (name, after)
    };
    if name.is_empty() {
        return Err(line.fault(from, "FM017", "附 后面应是名称和值").with_hint("写成 附 名称 值"));
    }
    let value = line.text(after, to);
    if choice.other.contains_key(&name) {
        return Err(repeated(line, from, &name));
    }
    choice.other.insert(name, value.text);
    Ok(())
}

fn repeated(line: &Line<'_>, at: usize, word: &str) -> Fault {
    line.fault(at, "FM017", format!("{word} 写了两次")).with_hint("只留一个")
}

fn unknown(line: &Line<'_>, at: usize, word: &str) -> Fault {
    let shown: String = word.chars().take(20).collect();
    let names = words::ATTRIBUTES.iter().flat_map(|attribute| [attribute.1, attribute.2]);
    match nearest(word, names) {
        Some(meant) => line
            .fault(at, "FM017", format!("不认识选项属性 {shown}，是不是 {meant}？"))
            .with_hint(format!("改成 {meant}")),
        None => line
            .fault(at, "FM017", format!("不认识选项属性 {shown}：可以写 独占、填写、分、显示、概念、编码"))
            .with_hint("如果分号是文字的一部分，写成 \\;"),
    }
}

/// The value with plain signs instead of full-width ones, character for character, so that places stay exact.
pub(super) fn plain_signs(sort: Sort, text: &str) -> String {
    let digits = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '～' | '〜' => '~',
        '．' => '.',
        '－' => '-',
        '＋' => '+',
        '％' => '%',
        other => other,
    };
    match sort {
        Sort::Count | Sort::Range | Sort::Decimals | Sort::Version | Sort::Percent => {
            text.chars().map(digits).collect()
        }
        Sort::Status => {
            let meant = words::STATUSES.into_iter().find(|status| words::is(text, *status));
            meant.map_or_else(|| text.to_owned(), |status| status.0.to_owned())
        }
        Sort::Arrow => text.replace("＝＞", "=>").replace("=＞", "=>").replace("＝>", "=>"),
        Sort::Band => {
            let text = text.replace("＝＞", "=>").replace("=＞", "=>").replace("＝>", "=>");
            match text.split_once("=>") {
                Some((range, label)) => format!("{}=>{label}", range.chars().map(digits).collect::<String>()),
                None => text,
            }
        }
        Sort::Code => text.replace('｜', "|"),
        Sort::Text | Sort::Expression | Sort::Unit | Sort::Pattern => text.to_owned(),
    }
}
