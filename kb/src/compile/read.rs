//! Reads the subjects of the graph into plain values and notes every fault with its line.

mod clinic;
mod tcm;

use std::collections::HashMap;

use crate::{
    AgeBand, Attribute, Choice, Concept, ConceptId, ConceptKind, Department, Differential, Disease,
    Examination, Fault, Frequency, Incidence, RedFlag, Review, Sex, Sources, Symptom, TriageLevel, Urgency,
    graph::{Graph, Node, Object, Place, Property},
    model::Edge,
};

/// Classes whose members text can mention.
const CONCEPT_CLASSES: [(&str, ConceptKind); 5] = [
    ("jy:Symptom", ConceptKind::Symptom),
    ("jy:Disease", ConceptKind::Disease),
    ("jy:Risk", ConceptKind::Risk),
    ("jy:Drug", ConceptKind::Drug),
    ("jy:Allergen", ConceptKind::Allergen),
];
/// Classes that are not mentioned in text but belong to the files.
const OTHER_CLASSES: [&str; 14] = [
    "jy:Department",
    "jy:BodyPart",
    "jy:SymptomAttribute",
    "jy:RedFlag",
    "jy:Source",
    "jy:Term",
    "jy:Examination",
    "jy:Population",
    "jy:TcmDisease",
    "jy:TcmSyndrome",
    "jy:Herb",
    "jy:HerbGroup",
    "jy:Incompatibility",
    "sh:NodeShape",
];

pub(crate) struct Reader<'a> {
    sources: &'a Sources,
    pub(crate) graph: &'a Graph,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources, graph: &'a Graph) -> Self {
        Self { sources, graph, faults: Vec::new() }
    }

    pub(crate) fn fault(&mut self, place: Place, code: &'static str, message: String) {
        self.faults.push(Fault::error(&self.sources.files()[place.file].name, place.line, code, message));
    }

    /// The text of a property that must be there.
    pub(crate) fn required(&mut self, node: &Node, name: &'static str) -> String {
        node.text(name).map_or_else(
            || {
                self.fault(node.place, "KB003", format!("{} 缺少 {name}", node.key));
                String::new()
            },
            str::to_owned,
        )
    }

    /// A value out of a fixed list.
    fn one_of<T: Copy>(&mut self, node: &Node, name: &'static str, known: &[(&str, T)]) -> Option<T> {
        let Some(key) = node.key(name) else {
            self.fault(node.place, "KB003", format!("{} 缺少 {name}", node.key));
            return None;
        };
        let value =
            known.iter().find(|(word, _)| key.strip_prefix("jy:") == Some(word)).map(|(_, value)| *value);
        if value.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let place = node.all(name).next().map_or(node.place, |property| property.place);
            self.fault(
                place,
                "KB006",
                format!("{name} 的取值 {key} 不认识，可用：jy:{}", words.join("、jy:")),
            );
        }
        value
    }

    /// Every statement needs its source and review state.
    pub(crate) fn review(&mut self, node: &Node) -> Review {
        match node.key("jy:source") {
            None => self.fault(node.place, "KB012", format!("{} 没有来源（jy:source）", name_of(node))),
            Some(source) if !self.graph.nodes.contains_key(source) => {
                self.fault(node.place, "KB004", format!("来源 {source} 没有定义"));
            }
            Some(_) => {}
        }
        let known =
            [("draft", Review::Draft), ("reviewed", Review::Reviewed), ("rejected", Review::Rejected)];
        self.one_of(node, "jy:review", &known).unwrap_or(Review::Rejected)
    }

    /// The concept that a property names; it must exist.
    fn concept(&mut self, property: &Property, by_key: &HashMap<String, ConceptId>) -> Option<ConceptId> {
        let Object::Key(key) = &property.object else {
            self.fault(property.place, "KB006", format!("{} 应指向一个概念", property.name));
            return None;
        };
        let id = by_key.get(key).copied();
        if id.is_none() {
            self.fault(property.place, "KB004", format!("{} 指向的 {key} 没有定义", property.name));
        }
        id
    }

    pub(super) fn concepts(&mut self) -> Vec<Concept> {
        let graph = self.graph;
        let mut concepts = Vec::new();
        for node in graph.nodes.values() {
            let class = node.key("rdf:type").unwrap_or_default();
            let Some((_, kind)) = CONCEPT_CLASSES.iter().find(|(known, _)| *known == class) else {
                if !OTHER_CLASSES.contains(&class) && !node.key.starts_with("jy:") {
                    self.fault(node.place, "KB002", format!("{} 的类型 {class} 不认识", node.key));
                }
                continue;
            };
            let id = ConceptId(u32::try_from(concepts.len()).unwrap_or(u32::MAX));
            let question = match kind {
                ConceptKind::Symptom | ConceptKind::Risk => self.required(node, "jy:question"),
                ConceptKind::Disease | ConceptKind::Drug | ConceptKind::Allergen => String::new(),
            };
            concepts.push(Concept {
                id,
                key: node.key.clone(),
                kind: *kind,
                label: self.required(node, "skos:prefLabel"),
                names: texts(node, "skos:altLabel"),
                question,
                broader: Vec::new(),
                review: self.review(node),
            });
        }
        concepts
    }

    pub(super) fn attributes(&mut self) -> Vec<Attribute> {
        let graph = self.graph;
        let mut attributes = Vec::new();
        for node in graph.of_class("jy:SymptomAttribute") {
            let order = self.number(node, "jy:order");
            attributes.push(Attribute {
                key: node.key.clone(),
                label: self.required(node, "skos:prefLabel"),
                question: self.required(node, "jy:question"),
                choices: self.choices(node),
                phrase: self.required(node, "jy:phrase"),
                order,
            });
        }
        attributes.sort_by(|a, b| (a.order, &a.key).cmp(&(b.order, &b.key)));
        attributes
    }

    fn choices(&mut self, node: &Node) -> Vec<Choice> {
        let mut choices = Vec::new();
        for property in node.all("jy:choice") {
            let Some(nested) = self.nested(property) else {
                continue;
            };
            let order = self.number(nested, "jy:order");
            let label = self.required(nested, "skos:prefLabel");
            let term = nested.text("jy:term").unwrap_or(&label).to_owned();
            choices.push((order, Choice { term, label, names: texts(nested, "skos:altLabel") }));
        }
        choices.sort_by_key(|(order, _)| *order);
        choices.into_iter().map(|(_, choice)| choice).collect()
    }

    pub(super) fn departments(&mut self) -> Vec<Department> {
        let graph = self.graph;
        graph
            .of_class("jy:Department")
            .map(|node| Department {
                code: node.key.trim_start_matches("dept:").to_owned(),
                label: self.required(node, "skos:prefLabel"),
                is_paediatric: node.text("jy:paediatric") == Some("true"),
            })
            .collect()
    }

    pub(super) fn symptoms(
        &mut self,
        by_key: &HashMap<String, ConceptId>,
        attributes: &[Attribute],
    ) -> Vec<Symptom> {
        let graph = self.graph;
        let mut symptoms = Vec::new();
        for node in graph.of_class("jy:Symptom") {
            let body_part = if let Some(part) = node.key("jy:locatedIn").and_then(|key| graph.nodes.get(key))
            {
                self.required(part, "skos:prefLabel")
            } else {
                self.fault(
                    node.place,
                    "KB003",
                    format!("{} 缺少部位（jy:locatedIn）或部位没有定义", node.key),
                );
                String::new()
            };
            let mut asked = Vec::new();
            for property in node.all("jy:asksAttribute") {
                let Object::Key(key) = &property.object else {
                    continue;
                };
                match attributes.iter().position(|attribute| attribute.key == *key) {
                    Some(position) => asked.push(position),
                    None => self.fault(property.place, "KB004", format!("属性 {key} 没有定义")),
                }
            }
            asked.sort_unstable();
            if let Some(&id) = by_key.get(&node.key) {
                symptoms.push(Symptom { id, body_part, attributes: asked });
            }
        }
        symptoms
    }

    pub(super) fn diseases(
        &mut self,
        by_key: &HashMap<String, ConceptId>,
        departments: &[Department],
        examinations: &[Examination],
    ) -> (Vec<Disease>, Vec<Edge>) {
        let graph = self.graph;
        let (mut diseases, mut edges) = (Vec::new(), Vec::new());
        for node in graph.of_class("jy:Disease") {
            let Some(&id) = by_key.get(&node.key) else {
                continue;
            };
            for property in node.all("jy:hasSymptom") {
                edges.extend(self.edge(id, property, by_key));
            }
            diseases.push(Disease {
                id,
                icd10: self.required(node, "skos:notation"),
                definition: self.required(node, "skos:definition"),
                departments: self.treated_in(node, departments),
                sex: sex(node),
                age_weights: AgeBand::NAMES.map(|(name, _)| f32::from(self.weight(node, name))),
                incidence: self.one_of(node, "jy:incidence", &Incidence::NAMES).unwrap_or(Incidence::Rare),
                urgency: self.one_of(node, "jy:urgency", &Urgency::NAMES).unwrap_or(Urgency::Routine),
                is_chronic: node.text("jy:chronic") == Some("true"),
                differentials: self.differentials(node, by_key),
                risks: self.risk_links(node, by_key),
                exams: self.exam_links(node, examinations),
            });
        }
        (diseases, edges)
    }

    fn edge(
        &mut self,
        disease: ConceptId,
        property: &Property,
        by_key: &HashMap<String, ConceptId>,
    ) -> Option<Edge> {
        let nested = self.nested(property)?;
        let target = nested.all("jy:symptom").next().cloned();
        let symptom = if let Some(target) = target {
            self.concept(&target, by_key)?
        } else {
            self.fault(property.place, "KB003", "jy:hasSymptom 缺少 jy:symptom".to_owned());
            return None;
        };
        let frequency = self.one_of(nested, "jy:frequency", &Frequency::NAMES)?;
        Some(Edge { disease, symptom, frequency, review: self.review(nested) })
    }

    fn differentials(&mut self, node: &Node, by_key: &HashMap<String, ConceptId>) -> Vec<Differential> {
        let mut found = Vec::new();
        for property in node.all("jy:differential") {
            let Some(nested) = self.nested(property) else {
                continue;
            };
            self.review(nested);
            let Some(target) = nested.all("jy:disease").next().cloned() else {
                self.fault(property.place, "KB003", "jy:differential 缺少 jy:disease".to_owned());
                continue;
            };
            let tell_apart = self.required(nested, "jy:tellApart");
            found.extend(self.concept(&target, by_key).map(|disease| Differential { disease, tell_apart }));
        }
        found
    }

    fn treated_in(&mut self, node: &Node, departments: &[Department]) -> Vec<usize> {
        let mut found = Vec::new();
        for property in node.all("jy:treatedIn").chain(node.all("jy:alsoTreatedIn")) {
            let Object::Key(key) = &property.object else {
                continue;
            };
            match departments
                .iter()
                .position(|department| key.strip_prefix("dept:") == Some(&department.code))
            {
                Some(position) => found.push(position),
                None => self.fault(property.place, "KB009", format!("科室 {key} 没有定义")),
            }
        }
        if found.is_empty() {
            self.fault(node.place, "KB009", format!("{} 没有就诊科室（jy:treatedIn）", node.key));
        }
        found
    }

    pub(super) fn red_flags(&mut self) -> Vec<RedFlag> {
        let graph = self.graph;
        let mut flags = Vec::new();
        for node in graph.of_class("jy:RedFlag") {
            let level = self.required(node, "jy:level");
            let known = TriageLevel::NAMES.iter().find(|(roman, _)| *roman == level).map(|(_, level)| *level);
            let Some(level) = known else {
                self.fault(
                    node.place,
                    "KB006",
                    format!("{} 的分级 {level} 不认识，可用：Ⅰ、Ⅱ、Ⅲ、Ⅳ、Ⅴ", node.key),
                );
                continue;
            };
            let place = node.all("jy:when").next().map_or(node.place, |property| property.place);
            flags.push(RedFlag {
                key: node.key.clone(),
                label: self.required(node, "skos:prefLabel"),
                when: self.required(node, "jy:when"),
                place: (self.sources.files()[place.file].name.clone(), place.line),
                level,
                message: self.required(node, "jy:message"),
                note: self.required(node, "jy:note"),
                review: self.review(node),
            });
        }
        flags
    }

    pub(crate) fn nested(&mut self, property: &Property) -> Option<&'a Node> {
        let graph = self.graph;
        let nested = match &property.object {
            Object::Nested(id) => graph.nested(id),
            Object::Key(_) | Object::Text(_) => None,
        };
        if nested.is_none() {
            self.fault(property.place, "KB006", format!("{} 的值应写成 [ … ]", property.name));
        }
        nested
    }

    fn number(&mut self, node: &Node, name: &'static str) -> u32 {
        let text = self.required(node, name);
        text.parse().unwrap_or_else(|_| {
            self.fault(node.place, "KB006", format!("{name} 应为不小于 0 的整数，现为“{text}”"));
            0
        })
    }

    fn optional_number(&mut self, node: &Node, name: &'static str) -> Option<u32> {
        node.text(name)?;
        Some(self.number(node, name))
    }

    fn weight(&mut self, node: &Node, name: &'static str) -> u8 {
        match self.number(node, name) {
            weight @ 0..=10 => u8::try_from(weight).unwrap_or(0),
            weight => {
                self.fault(node.place, "KB006", format!("{name} 应在 0 到 10 之间，现为 {weight}"));
                0
            }
        }
    }
}

/// The direct broader concepts of a node.
pub(super) fn broader_of(node: &Node, by_key: &HashMap<String, ConceptId>) -> Vec<ConceptId> {
    node.all("skos:broader")
        .filter_map(|property| match &property.object {
            Object::Key(key) => by_key.get(key).copied(),
            Object::Text(_) | Object::Nested(_) => None,
        })
        .collect()
}

fn sex(node: &Node) -> Option<Sex> {
    match node.key("jy:sex") {
        Some("jy:female") => Some(Sex::Female),
        Some("jy:male") => Some(Sex::Male),
        _ => None,
    }
}

fn texts(node: &Node, name: &'static str) -> Vec<String> {
    node.all(name)
        .filter_map(|property| match &property.object {
            Object::Text(text) => Some(text.clone()),
            Object::Key(_) | Object::Nested(_) => None,
        })
        .collect()
}

fn name_of(node: &Node) -> &str {
    if node.key.contains('#') { "这条关系" } else { &node.key }
}
