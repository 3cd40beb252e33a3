//! A made-up graph of any size, for tests and benches; the same for the same numbers.

use std::fmt::Write;

use crate::{Frequency, Kb, Source, Sources};

const HEAD: &str = "# 虚构的图，只供测试
@prefix jy: <urn:jiuyi:ontology:> .
@prefix sym: <urn:jiuyi:symptom:> .
@prefix dis: <urn:jiuyi:disease:> .
@prefix dept: <urn:jiuyi:department:> .
@prefix part: <urn:jiuyi:body-part:> .
@prefix src: <urn:jiuyi:source:> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

src:sample a jy:Source ; skos:prefLabel \"虚构\"@zh .
part:all a jy:BodyPart ; skos:prefLabel \"全身\"@zh .
dept:03 a jy:Department ; skos:prefLabel \"内科\"@zh ; jy:source src:sample ; jy:review jy:draft .
";
/// Symptoms of a disease, where there are so many.
const N_EDGES: usize = 8;

/// Draws numbers; Knuth's MMIX generator, good enough for made-up data.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n.max(1) as u64).unwrap_or(0)
    }

    /// `n` different numbers below `of`, or all of them.
    pub fn some(&mut self, n: usize, of: usize) -> Vec<usize> {
        let mut drawn = Vec::new();
        while drawn.len() < n.min(of) {
            let next = self.below(of);
            if !drawn.contains(&next) {
                drawn.push(next);
            }
        }
        drawn
    }
}

/// `graph/sample.ttl` with diseases `dis:g0`… (病0…) and symptoms `sym:g0`… (症0…). Every fifth symptom is
/// narrower than another; edges have all frequencies, and some were refused by a reviewer.
pub fn sources(n_diseases: usize, n_symptoms: usize) -> Sources {
    let mut draw = Draw::new(n_diseases as u64);
    let mut text = HEAD.to_owned();
    for symptom in 0..n_symptoms {
        let broader = match symptom % 5 {
            4 => format!(" skos:broader sym:g{} ;", symptom / 5),
            _ => String::new(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "sym:g{symptom} a jy:Symptom ; skos:prefLabel \"症{symptom}\"@zh ;{broader} jy:locatedIn part:all ; \
             jy:question \"有没有症{symptom}？\"@zh ; jy:source src:sample ; jy:review jy:draft ."
        );
    }
    for disease in 0..n_diseases {
        let _ = write!(
            text,
            "dis:g{disease} a jy:Disease ; skos:prefLabel \"病{disease}\"@zh ; skos:notation \"A{:02}.{:03}\" ; \
             skos:definition \"虚构。\"@zh ; jy:treatedIn dept:03 ; jy:weightInfant 1 ; jy:weightPreschool 1 ; \
             jy:weightSchool 1 ; jy:weightAdult {} ; jy:weightElder 1 ; jy:incidence jy:{} ; jy:urgency jy:routine ; \
             jy:chronic false ; jy:source src:sample ; jy:review jy:draft",
            disease / 1000 % 100,
            disease % 1000,
            1 + draw.below(9),
            ["rare", "uncommon", "common", "veryCommon"][draw.below(4)],
        );
        for (at, symptom) in draw.some(N_EDGES, n_symptoms).into_iter().enumerate() {
            // The first ones are always there, so that a disease has enough.
            let class = if at < 6 { 1 + draw.below(5) } else { draw.below(6) };
            let review = if at == 7 && draw.below(4) == 0 { "rejected" } else { "draft" };
            let _ = write!(
                text,
                " ;\n  jy:hasSymptom [ jy:symptom sym:g{symptom} ; jy:frequency jy:{} ; jy:source src:sample ; \
                 jy:review jy:{review} ]",
                Frequency::NAMES[class].0,
            );
        }
        if n_diseases > 1 {
            let other = (disease + 1) % n_diseases;
            let _ = write!(
                text,
                " ;\n  jy:differential [ jy:disease dis:g{other} ; jy:tellApart \"虚构\"@zh ; jy:source src:sample ; \
                 jy:review jy:draft ]"
            );
        }
        text.push_str(" .\n");
    }
    Sources::from_files(vec![Source { name: "graph/sample.ttl".into(), text }])
}

/// The same, compiled.
#[expect(clippy::missing_panics_doc, clippy::panic, reason = "a faulty sample fails its test")]
pub fn kb(n_diseases: usize, n_symptoms: usize) -> Kb {
    Kb::compile(&sources(n_diseases, n_symptoms)).unwrap_or_else(|faults| panic!("{faults:#?}"))
}
