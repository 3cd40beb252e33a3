//! Draft ↔ JSON, as the designer keeps it.

use kb::Fault;
use serde_path_to_error::Segment;

use super::{
    check,
    draft::{Draft, Item, Kind, Part, Remark},
};

/// The JSON of a questionnaire.
pub fn to_json(draft: &Draft) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(draft)
}

/// The questionnaire of a JSON text. A fault names the JSON pointer of what is wrong; that of malformed JSON also
/// its line and column.
pub fn from_json(file: &str, json: &str) -> Result<Draft, Vec<Fault>> {
    let mut source = serde_json::Deserializer::from_str(json);
    let mut draft: Draft = serde_path_to_error::deserialize(&mut source)
        .map_err(|error| vec![fault(file, json, &pointer(error.path()), error.inner())])?;
    source.end().map_err(|error| vec![fault(file, json, "", &error)])?;
    settle(&mut draft.remarks, [usize::MAX, 0, 0, 0, draft.properties.len(), usize::MAX]);
    for item in &mut draft.items {
        settle_item(item, true);
    }
    let faults = check::check(file, &draft);
    if faults.is_empty() { Ok(draft) } else { Err(faults) }
}

fn fault(file: &str, json: &str, pointer: &str, error: &serde_json::Error) -> Fault {
    let line = error.line().max(1);
    let text = json.split('\n').nth(line - 1).unwrap_or_default();
    // The column counts bytes up to and with the last one read.
    let read = text.bytes().take(error.column()).filter(|byte| byte & 0xC0 != 0x80).count();
    let place = if pointer.is_empty() { "/" } else { pointer };
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    Fault::error(
        file,
        u32::try_from(line).unwrap_or(u32::MAX),
        "FM027",
        format!("{place}：{}", plain(reason)),
    )
    .at_column(u32::try_from(read.max(1)).unwrap_or(u32::MAX))
}

/// What serde says, for editors.
fn plain(reason: &str) -> String {
    let names = |text: &str| {
        text.replace('`', "").replace("expected one of", "应是其中之一").replace("expected", "应是")
    };
    for (english, chinese) in [
        ("unknown field ", "没有这个字段："),
        ("unknown variant ", "没有这个取值："),
        ("missing field ", "缺少字段："),
        ("duplicate field ", "字段写了两次："),
        ("invalid type: ", "类型不对："),
        ("invalid value: ", "取值不对："),
        ("invalid length ", "个数不对："),
    ] {
        if let Some(rest) = reason.strip_prefix(english) {
            return format!("{chinese}{}", names(rest));
        }
    }
    format!("不是合法的 JSON（{reason}）")
}

/// The JSON pointer of a path (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut out = String::new();
    for segment in path {
        if !matches!(segment, Segment::Unknown) {
            out.push('/');
        }
        match segment {
            Segment::Seq { index } => out += &index.to_string(),
            Segment::Map { key } => out += &key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => out += variant,
            Segment::Unknown => {}
        }
    }
    out
}

/// Comments and texts as the text form keeps them: one line each, trimmed, above something that is there.
fn settle_item(item: &mut Item, is_outermost: bool) {
    let has_end = item.kind == Kind::Group || (item.kind == Kind::Page && is_outermost);
    let end = if has_end { usize::MAX } else { 0 };
    let above = settle(
        &mut item.remarks,
        [0, item.rows.len(), item.options.len(), item.flags.len(), item.properties.len(), end],
    );
    let comments = std::mem::take(&mut item.comments).into_iter().chain(above);
    item.comments = comments.flat_map(|text| lines(&text)).collect();
    for choice in &mut item.options {
        for value in choice.other.values_mut() {
            value.trim().to_owned().clone_into(value);
        }
    }
    for item in &mut item.items {
        settle_item(item, false);
    }
}

/// Puts comments in order; gives back those above nothing.
fn settle(remarks: &mut Vec<Remark>, lengths: [usize; 6]) -> Vec<String> {
    let mut above = Vec::new();
    let mut kept = Vec::new();
    for remark in std::mem::take(remarks) {
        let length = match remark.part {
            Part::Head => lengths[0],
            Part::Row => lengths[1],
            Part::Option => lengths[2],
            Part::Flag => lengths[3],
            Part::Property => lengths[4],
            Part::End => lengths[5],
        };
        let index = if matches!(remark.part, Part::Head | Part::End) { 0 } else { remark.index };
        match length {
            length if index < length => {
                kept.extend(lines(&remark.text).into_iter().map(|text| Remark {
                    part: remark.part,
                    index,
                    text,
                }));
            }
            _ if lengths[5] > 0 => {
                kept.extend(lines(&remark.text).into_iter().map(|text| Remark {
                    part: Part::End,
                    index: 0,
                    text,
                }));
            }
            _ => above.push(remark.text),
        }
    }
    kept.sort_by_key(|remark| (remark.part, remark.index));
    *remarks = kept;
    above
}

fn lines(text: &str) -> Vec<String> {
    text.split('\n').map(|line| line.trim().to_owned()).collect()
}
