//! One canonical layout of Turtle files, so that a diff shows what was changed and nothing else.
//!
//! Subjects stand in the order of their keys, properties in a fixed order, every nested `[ … ]` on a line of
//! its own. The order of a property's values is kept, for it is the editor's. Comments at the top of a file
//! stay there, those before or inside a subject go before it, those after the last one stay last. Labelled
//! blank nodes (`_:x`), `@base` and subjects without a name are refused: no key orders them.

mod order;
mod parse;
mod print;
mod same;
#[cfg(test)]
mod tests;
mod token;

use crate::{
    Fault, Source, Sources,
    graph::{is_graph, syntax},
};

/// The canonical text of a Turtle file. The name only serves the fault: `KB001` for a file that is no Turtle,
/// `KB024` for one that cannot be brought into order.
pub fn canonical(file: &Source) -> Result<String, Fault> {
    syntax(file)?;
    let document = parse::document(&file.text).map_err(|wrong| {
        Fault::error(&file.name, wrong.line, "KB024", format!("不能排版：{}", wrong.message))
    })?;
    let text = print::document(document);
    // A slip of this module must never cost an editor a statement.
    if same::triples(&text) != same::triples(&file.text) {
        let message = "不能排版：排好后的内容会与原来不同，文件保持原样";
        return Err(Fault::error(&file.name, 1, "KB024", message));
    }
    Ok(text)
}

/// A reminder (`KB023`, `KB024`) for each file of the graph that is not in canonical layout; files with a
/// syntax error are left to the compiler.
pub fn check(sources: &Sources) -> Vec<Fault> {
    let files = sources.files().iter().filter(|file| is_graph(&file.name));
    files
        .filter_map(|file| match canonical(file) {
            Ok(text) if text == file.text => None,
            Ok(text) => {
                let line = first_difference(&file.text, &text);
                let message = "排列不是规范写法，差异会难读";
                Some(Fault::warning(&file.name, line, "KB023", message).with_hint("运行 jiuyi check --fix"))
            }
            Err(fault) if fault.code == "KB001" => None,
            Err(fault) => Some(Fault { severity: crate::Severity::Warning, ..fault }),
        })
        .collect()
}

fn first_difference(is: &str, should: &str) -> u32 {
    let same = is.split('\n').zip(should.split('\n')).take_while(|(a, b)| a == b).count();
    u32::try_from(same + 1).unwrap_or(u32::MAX)
}
