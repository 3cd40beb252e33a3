//! Holds the subjects against the shapes.

use std::collections::BTreeSet;

use super::{Constraint, Kind, NodeShape, PropertyShape, Shapes, fault};
use crate::{
    Fault, Sources,
    graph::{Graph, Node, Object, Place, Property},
    similar::nearest,
    vocabulary::expand,
};

/// Nested nodes deeper than this are not looked into.
const MAX_DEPTH: u8 = 8;

pub(super) fn validate(sources: &Sources, graph: &Graph, shapes: &Shapes, faults: &mut Vec<Fault>) {
    let mut validator = Validator { sources, graph, shapes, faults };
    for (key, shape) in shapes {
        for class in &shape.targets {
            for node in graph.of_class(class) {
                let focus = Focus { node, name: node.key.clone(), place: node.place, depth: 0 };
                validator.node(key, shape, &focus);
            }
        }
    }
}

/// The subject under a shape.
struct Focus<'a> {
    node: &'a Node,
    name: String,
    place: Place,
    depth: u8,
}

struct Validator<'a> {
    sources: &'a Sources,
    graph: &'a Graph,
    shapes: &'a Shapes,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Validator<'a> {
    fn node(&mut self, key: &str, shape: &'a NodeShape, focus: &Focus<'a>) {
        for property in &shape.properties {
            self.property(key, property, focus);
        }
        let Some(ignored) = &shape.ignored else { return };
        let known: BTreeSet<&str> = shape
            .properties
            .iter()
            .map(|own| own.path.as_str())
            .chain(ignored.iter().map(String::as_str))
            .collect();
        for property in &focus.node.properties {
            if property.name == "rdf:type" || known.contains(property.name.as_str()) {
                continue;
            }
            let message = format!("{} 不该有 {}（{key}）", focus.name, property.name);
            let hint = nearest(&property.name, known.iter().copied()).map_or_else(
                || format!("这里可用：{}", known.iter().copied().collect::<Vec<_>>().join("、")),
                |meant| format!("是不是 {meant}？"),
            );
            self.faults.push(fault(self.sources, property.place, "KB043", message).with_hint(hint));
        }
    }

    fn property(&mut self, key: &str, shape: &'a PropertyShape, focus: &Focus<'a>) {
        let values: Vec<&Property> = focus.node.all(&shape.path).collect();
        if values.len() < shape.min_count {
            let found = if shape.min_count == 1 {
                format!("缺少 {}", shape.path)
            } else {
                format!("的 {} 有 {} 个，至少要 {} 个", shape.path, values.len(), shape.min_count)
            };
            self.find(key, shape, focus, focus.place, "KB003", &found);
        }
        if let Some(excess) = shape.max_count.and_then(|max| values.get(max)) {
            let found = format!("的 {} 有 {} 个，多了", shape.path, values.len());
            self.find(key, shape, focus, excess.place, "KB044", &found);
        }
        if shape.is_unique_lang {
            let mut languages = BTreeSet::new();
            for value in &values {
                if value.language.is_some() && !languages.insert(&value.language) {
                    let found = format!("有不止一个同一语言的 {}", shape.path);
                    self.find(key, shape, focus, value.place, "KB005", &found);
                }
            }
        }
        for value in values {
            for constraint in &shape.constraints {
                self.value(key, shape, constraint, focus, value);
            }
        }
    }

    fn value(
        &mut self,
        key: &str,
        shape: &PropertyShape,
        constraint: &'a Constraint,
        focus: &Focus<'a>,
        value: &'a Property,
    ) {
        let (code, found) = match constraint {
            Constraint::Class(class) => match &value.object {
                // A key that is defined nowhere is reported once, by the check of keys.
                Object::Key(target) => match self.graph.nodes.get(target) {
                    Some(node) if node.key("rdf:type") != Some(class) => ("KB045", format!("不是 {class}")),
                    Some(_) | None => return,
                },
                Object::Text(_) | Object::Nested(_) => ("KB045", format!("应指向一个 {class}")),
            },
            Constraint::Node(other) => return self.nested(other, focus, value),
            simple => match mismatch(simple, value) {
                Some(found) => ("KB006", found),
                None => return,
            },
        };
        let found = format!("的 {} “{}”{found}", shape.path, value.shown());
        let before = self.faults.len();
        self.find(key, shape, focus, value.place, code, &found);
        if let (Constraint::In(known), [.., last]) = (constraint, &mut self.faults[before..])
            && last.hint.is_none()
            && let Some(meant) = nearest(value.shown(), known.iter().map(shown))
        {
            last.hint = Some(format!("是不是 {meant}？"));
        }
    }

    fn nested(&mut self, other: &str, focus: &Focus<'a>, value: &'a Property) {
        let (Some(shape), Object::Nested(id)) = (self.shapes.get(other), &value.object) else { return };
        let Some(node) = self.graph.nested(id).filter(|_| focus.depth < MAX_DEPTH) else { return };
        let name = format!("{} 的 {}", focus.name, value.name);
        self.node(other, shape, &Focus { node, name, place: value.place, depth: focus.depth + 1 });
    }

    fn find(
        &mut self,
        key: &str,
        shape: &PropertyShape,
        focus: &Focus<'_>,
        place: Place,
        code: &'static str,
        found: &str,
    ) {
        let told = shape.message.as_ref().map(|message| format!("：{message}")).unwrap_or_default();
        let message = format!("{} {found}{told}（{key}）", focus.name);
        let mut fault = fault(self.sources, place, shape.code.unwrap_or(code), message);
        fault.severity = shape.severity;
        fault.hint.clone_from(&shape.hint);
        self.faults.push(fault);
    }
}

/// What is wrong with a value, after its text.
fn mismatch(constraint: &Constraint, value: &Property) -> Option<String> {
    let length = value.shown().chars().count();
    let number = || value.shown().parse::<f64>().ok();
    match constraint {
        Constraint::Datatype(wanted) => {
            (value.datatype.as_ref() != Some(wanted)).then(|| match wanted.as_str() {
                "xsd:integer" => "应为整数，不加引号".to_owned(),
                "xsd:boolean" => "应为 true 或 false，不加引号".to_owned(),
                "xsd:string" => "应为文字，加引号，不写 @zh".to_owned(),
                "rdf:langString" => "应为带语言的文字，如 \"…\"@zh".to_owned(),
                other => format!("的类型应为 {other}"),
            })
        }
        Constraint::Kind(wanted) => {
            let kind = match &value.object {
                Object::Key(_) => Kind::Iri,
                Object::Text(_) => Kind::Literal,
                Object::Nested(_) => Kind::Nested,
            };
            (kind != *wanted).then(|| match wanted {
                Kind::Iri => "应写成 前缀:名，不加引号".to_owned(),
                Kind::Literal => "应写成文字或数字".to_owned(),
                Kind::Nested => "应写成 [ … ]".to_owned(),
            })
        }
        Constraint::In(known) => (!known.contains(&value.object)).then(|| {
            let words: Vec<&str> = known.iter().map(shown).collect();
            format!("不认识，可用：{}", words.join("、"))
        }),
        Constraint::Pattern(pattern) => {
            let text = match &value.object {
                Object::Key(key) => expand(key),
                Object::Text(text) => text.clone(),
                Object::Nested(_) => return Some("应写成文字".to_owned()),
            };
            (!pattern.is_match(&text)).then(|| "写法不对".to_owned())
        }
        Constraint::MinLength(min) => (length < *min).then(|| format!("太短，至少 {min} 个字")),
        Constraint::MaxLength(max) => (length > *max).then(|| format!("太长，至多 {max} 个字")),
        Constraint::MinInclusive(min) => {
            (!number().is_some_and(|own| own >= *min)).then(|| format!("应不小于 {min}"))
        }
        Constraint::MaxInclusive(max) => {
            (!number().is_some_and(|own| own <= *max)).then(|| format!("应不大于 {max}"))
        }
        Constraint::Class(_) | Constraint::Node(_) => None,
    }
}

fn shown(object: &Object) -> &str {
    match object {
        Object::Key(text) | Object::Text(text) => text,
        Object::Nested(_) => "[ … ]",
    }
}
