//! Examinations, populations, and the links of diseases to them.

use std::collections::HashMap;

use super::{Reader, sex, texts};
use crate::{
    ConceptId, ExamKind, ExamLink, Examination, Population, RiskLink,
    graph::{Node, Object},
};

impl Reader<'_> {
    pub(in crate::compile) fn examinations(&mut self) -> Vec<Examination> {
        let graph = self.graph;
        let mut examinations = Vec::new();
        for node in graph.of_class("jy:Examination") {
            let word = self.required(node, "jy:examKind");
            let Some((_, kind)) = ExamKind::NAMES.iter().find(|(name, _)| *name == word) else {
                let known = ExamKind::NAMES.map(|(name, _)| name).join("、");
                let place = node.all("jy:examKind").next().map_or(node.place, |property| property.place);
                self.fault(place, "KB006", format!("jy:examKind 的取值“{word}”不认识，可用：{known}"));
                continue;
            };
            examinations.push(Examination {
                key: node.key.clone(),
                label: self.required(node, "skos:prefLabel"),
                names: texts(node, "skos:altLabel"),
                kind: *kind,
                review: self.review(node),
            });
        }
        examinations
    }

    pub(in crate::compile) fn populations(&mut self, by_key: &HashMap<String, ConceptId>) -> Vec<Population> {
        let graph = self.graph;
        let mut populations = Vec::new();
        for node in graph.of_class("jy:Population") {
            let state = node.all("jy:state").next().and_then(|property| self.concept(property, by_key));
            populations.push(Population {
                key: node.key.clone(),
                label: self.required(node, "skos:prefLabel"),
                names: texts(node, "skos:altLabel"),
                min_age: self.optional_number(node, "jy:minAge"),
                max_age: self.optional_number(node, "jy:maxAge"),
                sex: sex(node),
                state,
                review: self.review(node),
            });
        }
        populations
    }

    pub(super) fn risk_links(&mut self, node: &Node, by_key: &HashMap<String, ConceptId>) -> Vec<RiskLink> {
        let mut links = Vec::new();
        for property in node.all("jy:hasRisk") {
            let Some(nested) = self.nested(property) else { continue };
            let review = self.review(nested);
            match nested.all("jy:risk").next() {
                Some(target) => {
                    links.extend(self.concept(target, by_key).map(|risk| RiskLink { risk, review }));
                }
                None => self.fault(property.place, "KB003", "jy:hasRisk 缺少 jy:risk".to_owned()),
            }
        }
        links
    }

    pub(super) fn exam_links(&mut self, node: &Node, examinations: &[Examination]) -> Vec<ExamLink> {
        let mut links = Vec::new();
        for property in node.all("jy:needsExam") {
            let Some(nested) = self.nested(property) else { continue };
            let review = self.review(nested);
            let Some(target) = nested.all("jy:exam").next() else {
                self.fault(property.place, "KB003", "jy:needsExam 缺少 jy:exam".to_owned());
                continue;
            };
            let Object::Key(key) = &target.object else {
                self.fault(target.place, "KB006", "jy:exam 应指向一项检查".to_owned());
                continue;
            };
            match examinations.binary_search_by(|exam| exam.key.cmp(key)) {
                Ok(exam) => links.push(ExamLink { exam, review }),
                Err(_) => self.fault(target.place, "KB004", format!("jy:exam 指向的 {key} 没有定义")),
            }
        }
        links
    }
}
