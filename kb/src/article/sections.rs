//! The body: six sections with their headings in a fixed order.

use super::{Part, Section, front::shown};
use crate::{Fault, Source};

/// Fewest and most Chinese characters of a whole body.
pub(super) const LENGTH: (usize, usize) = (300, 800);
/// What plain text has no place for: links, images, HTML, tables, fences.
const MARKUP: [&str; 6] = ["](", "http://", "https://", "```", "<", "|"];

/// Reads the sections; a fault does not stop the reading of the rest.
pub(super) fn read(source: &Source, body: &[(u32, &str)], faults: &mut Vec<Fault>) -> Vec<Section> {
    let fault = |line, code, message: String| Fault::error(&source.name, line, code, message);
    let order = || Part::NAMES.map(|(name, _)| name).join("、");
    let mut sections: Vec<(u32, Section)> = Vec::new();
    for &(number, line) in body {
        let line = line.trim_end();
        if let Some(heading) = line.strip_prefix('#') {
            let name = heading.trim_start_matches('#').trim();
            let known = Part::NAMES.iter().find(|(known, _)| *known == name && line.starts_with("## "));
            let Some((_, part)) = known else {
                faults.push(
                    fault(number, "KB034", format!("不认识的标题“{}”", shown(line)))
                        .with_hint(format!("用两个 # 写，依次是：{}", order())),
                );
                continue;
            };
            if let Some((last, before)) = sections.last().filter(|(_, before)| before.part >= *part) {
                let message = if before.part == *part || sections.iter().any(|(_, s)| s.part == *part) {
                    format!("“{name}”写了两次")
                } else {
                    format!("“{name}”应在第 {last} 行的“{}”之前", before.part.label())
                };
                faults.push(fault(number, "KB034", message).with_hint(format!("顺序是：{}", order())));
            }
            sections.push((number, Section { part: *part, text: String::new() }));
        } else if let Some(mark) = MARKUP.iter().find(|mark| line.contains(**mark)) {
            faults.push(
                fault(number, "KB038", format!("正文里有“{mark}”"))
                    .with_hint("正文只写段落和以“- ”开头的列表，不放链接、图片、表格和网页代码"),
            );
        } else if !line.trim().is_empty() {
            match sections.last_mut() {
                None => faults.push(
                    fault(number, "KB034", "第一个标题之前有正文".into()).with_hint("把它移到“## 概念”之下"),
                ),
                Some((_, section)) => {
                    if !section.text.is_empty() {
                        section.text.push('\n');
                    }
                    section.text.push_str(line.trim());
                }
            }
        }
    }
    for (line, section) in &sections {
        if section.text.is_empty() {
            let message = format!("“{}”之下没有内容", section.part.label());
            faults.push(fault(*line, "KB034", message).with_hint("写一到三句具体的话"));
        }
    }
    for (name, part) in Part::NAMES {
        if !sections.iter().any(|(_, section)| section.part == part) {
            faults.push(
                fault(1, "KB034", format!("缺少“{name}”一节"))
                    .with_hint(format!("六节都要有，依次是：{}", order())),
            );
        }
    }
    let sections: Vec<Section> = sections.into_iter().map(|(_, section)| section).collect();
    length(source, body, &sections, faults);
    sections
}

fn length(source: &Source, body: &[(u32, &str)], sections: &[Section], faults: &mut Vec<Fault>) {
    let n_han = sections.iter().flat_map(|section| section.text.chars()).filter(|c| is_han(*c)).count();
    if (LENGTH.0..=LENGTH.1).contains(&n_han) {
        return;
    }
    let line = body.first().map_or(1, |(line, _)| *line);
    let (message, hint) = if n_han < LENGTH.0 {
        (format!("正文 {n_han} 个汉字，少于 {}", LENGTH.0), "补充具体的做法和就医信号")
    } else {
        (format!("正文 {n_han} 个汉字，多于 {}", LENGTH.1), "删去重复的话，每节一到三句")
    };
    faults.push(Fault::error(&source.name, line, "KB035", message).with_hint(hint));
}

/// Whether a character is Chinese.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}')
}
