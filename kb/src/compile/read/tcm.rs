//! Diseases and syndromes of Chinese medicine.

use std::collections::HashMap;

use super::{Reader, texts};
use crate::{
    ConceptId, Department, Frequency, TcmDisease, TcmSymptom, TcmSyndrome, TcmSyndromeLink,
    graph::{Node, Object},
};

impl Reader<'_> {
    pub(in crate::compile) fn tcm_syndromes(
        &mut self,
        by_key: &HashMap<String, ConceptId>,
    ) -> Vec<TcmSyndrome> {
        let graph = self.graph;
        graph
            .of_class("jy:TcmSyndrome")
            .map(|node| TcmSyndrome {
                key: node.key.clone(),
                label: self.required(node, "skos:prefLabel"),
                names: texts(node, "skos:altLabel"),
                number: self.required(node, "skos:notation"),
                definition: node.text("skos:definition").unwrap_or_default().to_owned(),
                symptoms: self.tcm_symptoms(node, by_key),
                review: self.review(node),
            })
            .collect()
    }

    pub(in crate::compile) fn tcm_diseases(
        &mut self,
        by_key: &HashMap<String, ConceptId>,
        departments: &[Department],
        syndromes: &[TcmSyndrome],
    ) -> Vec<TcmDisease> {
        let graph = self.graph;
        graph
            .of_class("jy:TcmDisease")
            .map(|node| TcmDisease {
                key: node.key.clone(),
                label: self.required(node, "skos:prefLabel"),
                names: texts(node, "skos:altLabel"),
                code: self.required(node, "skos:notation"),
                definition: self.required(node, "skos:definition"),
                departments: self.treated_in(node, departments),
                symptoms: self.tcm_symptoms(node, by_key),
                syndromes: self.syndrome_links(node, syndromes),
                review: self.review(node),
            })
            .collect()
    }

    fn tcm_symptoms(&mut self, node: &Node, by_key: &HashMap<String, ConceptId>) -> Vec<TcmSymptom> {
        let mut symptoms = Vec::new();
        for property in node.all("jy:hasSymptom") {
            let Some(nested) = self.nested(property) else { continue };
            let review = self.review(nested);
            let Some(target) = nested.all("jy:symptom").next() else {
                self.fault(property.place, "KB003", "jy:hasSymptom 缺少 jy:symptom".to_owned());
                continue;
            };
            let symptom = self.concept(target, by_key);
            let frequency = self.one_of(nested, "jy:frequency", &Frequency::NAMES);
            if let (Some(symptom), Some(frequency)) = (symptom, frequency) {
                symptoms.push(TcmSymptom { symptom, frequency, review });
            }
        }
        symptoms
    }

    fn syndrome_links(&mut self, node: &Node, syndromes: &[TcmSyndrome]) -> Vec<TcmSyndromeLink> {
        let mut links = Vec::new();
        for property in node.all("jy:hasSyndrome") {
            let Some(nested) = self.nested(property) else { continue };
            let review = self.review(nested);
            let Some(target) = nested.all("jy:syndrome").next() else {
                self.fault(property.place, "KB003", "jy:hasSyndrome 缺少 jy:syndrome".to_owned());
                continue;
            };
            let Object::Key(key) = &target.object else {
                self.fault(target.place, "KB006", "jy:syndrome 应指向一个证候".to_owned());
                continue;
            };
            match syndromes.binary_search_by(|syndrome| syndrome.key.cmp(key)) {
                Ok(syndrome) => links.push(TcmSyndromeLink { syndrome, review }),
                Err(_) => self.fault(target.place, "KB004", format!("jy:syndrome 指向的 {key} 没有定义")),
            }
        }
        links
    }
}
