//! Draft → text, in one canonical form.
//!
//! Within an item: comments, the item, rows, options, words that stand alone, properties; each comment stays above
//! what it stood above. Keywords and keys are Chinese, an empty line stands before every item.

use super::{
    draft::{Choice, Draft, Item, Kind, Part, Property, Remark, Row},
    escape,
    words::{self, Attribute, Sort},
};

/// The text of a questionnaire; [`super::read::read`] gives the same questionnaire back.
pub fn print(draft: &Draft) -> String {
    let mut out = Vec::new();
    comments(&draft.remarks, Part::Head, 0, &mut out);
    out.push(head(words::FORM.0, &draft.id.text, &draft.title.text));
    properties(&draft.properties, &draft.remarks, &mut out);
    let mut rest = draft.items.iter().peekable();
    while let Some(item) = rest.next() {
        let is_followed = rest.peek().is_some_and(|next| next.kind != Kind::Page);
        item_lines(item, &mut out);
        let has_end = item.remarks.iter().any(|remark| remark.part == Part::End);
        if item.kind == Kind::Page && (is_followed || has_end) {
            out.push(String::new());
            comments(&item.remarks, Part::End, 0, &mut out);
            out.push(words::PAGE_END.0.to_owned());
        }
    }
    if draft.remarks.iter().any(|remark| remark.part == Part::End) {
        out.push(String::new());
        comments(&draft.remarks, Part::End, 0, &mut out);
    }
    out.push(String::new());
    out.join("\n")
}

fn item_lines(item: &Item, out: &mut Vec<String>) {
    out.push(String::new());
    out.extend(item.comments.iter().map(|text| comment(text)));
    out.push(head(words::kind_name(item.kind), &item.id.text, &item.text.text));
    for (index, row) in item.rows.iter().enumerate() {
        comments(&item.remarks, Part::Row, index, out);
        out.push(row_line(row));
    }
    for (index, choice) in item.options.iter().enumerate() {
        comments(&item.remarks, Part::Option, index, out);
        out.push(option_line(choice));
    }
    for (index, flag) in item.flags.iter().enumerate() {
        comments(&item.remarks, Part::Flag, index, out);
        out.push(words::flag_name(*flag).to_owned());
    }
    properties(&item.properties, &item.remarks, out);
    for inner in &item.items {
        item_lines(inner, out);
    }
    if item.kind == Kind::Group {
        out.push(String::new());
        comments(&item.remarks, Part::End, 0, out);
        out.push(words::GROUP_END.0.to_owned());
    }
}

fn head(keyword: &str, id: &str, text: &str) -> String {
    let line = format!("{keyword} {} {}", escape::name(id), escape::text(text));
    line.trim_end().to_owned()
}

fn comment(text: &str) -> String {
    format!("// {text}").trim_end().to_owned()
}

fn comments(remarks: &[Remark], part: Part, index: usize, out: &mut Vec<String>) {
    let of_part = remarks.iter().filter(|remark| remark.part == part && remark.index == index);
    out.extend(of_part.map(|remark| comment(&remark.text)));
}

fn properties(properties: &[Property], remarks: &[Remark], out: &mut Vec<String>) {
    for (index, property) in properties.iter().enumerate() {
        comments(remarks, Part::Property, index, out);
        out.push(property_line(property));
    }
}

fn property_line(property: &Property) -> String {
    let sort = words::find_key(&property.key.text).map(|key| key.sort);
    let value = match sort {
        Some(Sort::Text) => escape::text(&property.value.text),
        _ => property.value.text.clone(),
    };
    let when = property.when.as_ref().map(|when| format!("({})", when.text)).unwrap_or_default();
    format!("{}{when}: {value}", property.key.text).trim_end().to_owned()
}

fn option_line(choice: &Choice) -> String {
    let mut line = format!("- {}", escape::part(&choice.label.text));
    if let Some(reads) = &choice.reads {
        line.extend([" => ", &escape::part(&reads.text)]);
    }
    let mut attribute = |kind, value: &str| {
        line.extend([" ; ", words::attribute_name(kind)]);
        if !value.is_empty() {
            line.extend([" ", value]);
        }
    };
    if choice.exclusive {
        attribute(Attribute::Exclusive, "");
    }
    if choice.fill_in {
        attribute(Attribute::FillIn, "");
    }
    for (kind, value) in [
        (Attribute::Score, &choice.score),
        (Attribute::Show, &choice.when),
        (Attribute::Concept, &choice.concept),
        (Attribute::Code, &choice.code),
    ] {
        if let Some(value) = value {
            attribute(kind, &escape::part(&value.text));
        }
    }
    for (name, value) in &choice.other {
        attribute(Attribute::Other, &format!("{} {}", part_name(name), escape::part(value)));
    }
    line.trim_end().to_owned()
}

/// A name on the line of an option, where `;` would end it even in quotes.
fn part_name(name: &str) -> String {
    if escape::is_plain(name) {
        name.to_owned()
    } else {
        format!("「{}」", escape::part(name).replace('」', "\\」"))
    }
}

fn row_line(row: &Row) -> String {
    let mut line =
        format!("{} {} {}", words::ROW.0, escape::name(&row.id.text), escape::part(&row.text.text));
    if let Some(reads) = &row.reads {
        line.extend([" => ", &escape::part(&reads.text)]);
    }
    if let Some(when) = &row.when {
        line.extend([" ; ", words::attribute_name(Attribute::Show), " ", &escape::part(&when.text)]);
    }
    line
}
