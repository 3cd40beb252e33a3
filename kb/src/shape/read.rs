//! Reads the shapes; what is outside the subset is a fault at its line.

use std::collections::BTreeSet;

use regex::Regex;

use super::{Constraint, Kind, NodeShape, PropertyShape, Shapes, fault};
use crate::{
    Fault, Severity, Sources,
    graph::{Graph, Node, Object, Property},
};

/// Codes that a shape may give to its findings.
const CODES: [&str; 9] = ["KB003", "KB004", "KB005", "KB006", "KB009", "KB012", "KB013", "KB017", "KB022"];

pub(super) fn shapes(sources: &Sources, graph: &Graph, faults: &mut Vec<Fault>) -> Shapes {
    let mut reader = Reader { sources, graph, faults };
    let nodes = graph.of_class("sh:NodeShape");
    nodes.map(|node| (node.key.clone(), reader.node_shape(node))).collect()
}

struct Reader<'a> {
    sources: &'a Sources,
    graph: &'a Graph,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn outside(&mut self, property: &Property) {
        let message = format!("形状里的 {} 不在支持的范围内", property.name);
        self.faults.push(
            fault(self.sources, property.place, "KB041", message)
                .with_hint("支持的写法见 kb/codes/KB.md；写了不支持的条件等于没有检查，所以不收"),
        );
    }

    fn wrong(&mut self, property: &Property, expected: &str) {
        let message = format!("{} 应为{expected}，现为 {}", property.name, property.shown());
        self.faults.push(fault(self.sources, property.place, "KB042", message));
    }

    fn node_shape(&mut self, node: &'a Node) -> NodeShape {
        let mut shape = NodeShape { targets: Vec::new(), properties: Vec::new(), ignored: None };
        let mut is_closed = false;
        let mut ignored = BTreeSet::new();
        for property in &node.properties {
            match property.name.as_str() {
                "rdf:type" | "sh:name" | "sh:description" => {}
                "sh:targetClass" => shape.targets.extend(self.key(property)),
                "sh:property" => shape.properties.extend(self.property_shape(property)),
                "sh:closed" => is_closed = self.flag(property),
                "sh:ignoredProperties" => {
                    for object in self.list(property) {
                        match object {
                            Object::Key(key) => drop(ignored.insert(key)),
                            Object::Text(_) | Object::Nested(_) => self.wrong(property, "属性的列表"),
                        }
                    }
                }
                _ => self.outside(property),
            }
        }
        shape.ignored = is_closed.then_some(ignored);
        shape
    }

    fn property_shape(&mut self, property: &'a Property) -> Option<PropertyShape> {
        let Object::Nested(id) = &property.object else {
            self.wrong(property, "[ … ]");
            return None;
        };
        let node = self.graph.nested(id)?;
        let mut shape = PropertyShape {
            path: String::new(),
            min_count: 0,
            max_count: None,
            is_unique_lang: false,
            constraints: Vec::new(),
            message: None,
            hint: None,
            code: None,
            severity: Severity::Error,
        };
        for own in &node.properties {
            match own.name.as_str() {
                "sh:path" => shape.path = self.key(own)?,
                "sh:minCount" => shape.min_count = self.count(own)?,
                "sh:maxCount" => shape.max_count = Some(self.count(own)?),
                "sh:uniqueLang" => shape.is_unique_lang = self.flag(own),
                "sh:message" => shape.message = self.text(own),
                "jy:fixHint" => shape.hint = self.text(own),
                "jy:code" => shape.code = self.code(own),
                "sh:severity" => shape.severity = self.severity(own),
                "sh:name" | "sh:description" => {}
                _ => shape.constraints.extend(self.constraint(own)),
            }
        }
        if shape.path.is_empty() {
            let message = "sh:property 缺少 sh:path".to_owned();
            self.faults.push(fault(self.sources, property.place, "KB042", message));
            return None;
        }
        Some(shape)
    }

    fn constraint(&mut self, property: &Property) -> Option<Constraint> {
        Some(match property.name.as_str() {
            "sh:datatype" => Constraint::Datatype(self.key(property)?),
            "sh:nodeKind" => Constraint::Kind(match property.shown() {
                "sh:IRI" => Kind::Iri,
                "sh:Literal" => Kind::Literal,
                "sh:BlankNode" => Kind::Nested,
                _ => {
                    self.wrong(property, " sh:IRI、sh:Literal 或 sh:BlankNode");
                    return None;
                }
            }),
            "sh:class" => Constraint::Class(self.key(property)?),
            "sh:in" => Constraint::In(self.list(property)),
            "sh:pattern" => Constraint::Pattern(self.pattern(property)?),
            "sh:minLength" => Constraint::MinLength(self.count(property)?),
            "sh:maxLength" => Constraint::MaxLength(self.count(property)?),
            "sh:minInclusive" => Constraint::MinInclusive(self.number(property)?),
            "sh:maxInclusive" => Constraint::MaxInclusive(self.number(property)?),
            "sh:node" => Constraint::Node(self.key(property)?),
            _ => {
                self.outside(property);
                return None;
            }
        })
    }

    fn key(&mut self, property: &Property) -> Option<String> {
        match &property.object {
            Object::Key(key) => Some(key.clone()),
            Object::Text(_) | Object::Nested(_) => {
                self.wrong(property, "一个名称（前缀:名）");
                None
            }
        }
    }

    fn text(&mut self, property: &Property) -> Option<String> {
        match &property.object {
            Object::Text(text) => Some(text.clone()),
            Object::Key(_) | Object::Nested(_) => {
                self.wrong(property, "文字");
                None
            }
        }
    }

    fn flag(&mut self, property: &Property) -> bool {
        match property.shown() {
            "true" => true,
            "false" => false,
            _ => {
                self.wrong(property, " true 或 false");
                false
            }
        }
    }

    fn count(&mut self, property: &Property) -> Option<usize> {
        let count = property.shown().parse().ok();
        if count.is_none() {
            self.wrong(property, "不小于 0 的整数");
        }
        count
    }

    fn number(&mut self, property: &Property) -> Option<f64> {
        let number = property.shown().parse().ok().filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.wrong(property, "数字");
        }
        number
    }

    fn pattern(&mut self, property: &Property) -> Option<Regex> {
        let pattern = Regex::new(property.shown()).ok();
        if pattern.is_none() {
            self.wrong(property, "正则表达式");
        }
        pattern
    }

    fn code(&mut self, property: &Property) -> Option<&'static str> {
        let code = CODES.into_iter().find(|code| *code == property.shown());
        if code.is_none() {
            self.wrong(property, &format!("已有的代码（{}）", CODES.join("、")));
        }
        code
    }

    fn severity(&mut self, property: &Property) -> Severity {
        match property.shown() {
            "sh:Violation" => Severity::Error,
            "sh:Warning" => Severity::Warning,
            _ => {
                self.wrong(property, " sh:Violation 或 sh:Warning");
                Severity::Error
            }
        }
    }

    /// The members of `( … )`.
    fn list(&mut self, property: &Property) -> Vec<Object> {
        let mut members = Vec::new();
        let mut rest = &property.object;
        loop {
            match rest {
                Object::Key(key) if key == "rdf:nil" => break,
                Object::Nested(id) => {
                    let Some(node) = self.graph.nested(id) else { break };
                    let (Some(first), Some(next)) =
                        (node.all("rdf:first").next(), node.all("rdf:rest").next())
                    else {
                        self.wrong(property, "列表 ( … )");
                        break;
                    };
                    members.push(first.object.clone());
                    rest = &next.object;
                }
                Object::Key(_) | Object::Text(_) => {
                    self.wrong(property, "列表 ( … )");
                    break;
                }
            }
        }
        members
    }
}
