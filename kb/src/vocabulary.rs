//! Names of the ontology: prefixes, classes and properties as the Turtle files use them.
//!
//! Labels follow SKOS (W3C), the rest is our own small namespace, described in `data/graph/ontology.ttl`.

/// Prefix of our classes and properties.
pub const ONTOLOGY: &str = "urn:jiuyi:ontology:";
/// Prefix of SKOS.
pub const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
/// `rdf:type`.
pub const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// Concept prefixes: short form in keys, IRI in files.
pub const PREFIXES: [(&str, &str); 23] = [
    ("jy", ONTOLOGY),
    ("sym", "urn:jiuyi:symptom:"),
    ("dis", "urn:jiuyi:disease:"),
    ("dept", "urn:jiuyi:department:"),
    ("part", "urn:jiuyi:body-part:"),
    ("attr", "urn:jiuyi:attribute:"),
    ("risk", "urn:jiuyi:risk:"),
    ("exam", "urn:jiuyi:examination:"),
    ("pop", "urn:jiuyi:population:"),
    ("tcm", "urn:jiuyi:tcm-disease:"),
    ("syn", "urn:jiuyi:tcm-syndrome:"),
    ("drug", "urn:jiuyi:drug:"),
    ("alg", "urn:jiuyi:allergen:"),
    ("flag", "urn:jiuyi:red-flag:"),
    ("src", "urn:jiuyi:source:"),
    ("herb", "urn:jiuyi:herb:"),
    ("grp", "urn:jiuyi:herb-group:"),
    ("inc", "urn:jiuyi:incompatibility:"),
    ("shape", "urn:jiuyi:shape:"),
    ("skos", SKOS),
    ("sh", "http://www.w3.org/ns/shacl#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// `urn:jiuyi:symptom:cough` → `sym:cough`; an IRI outside the known prefixes stays as it is.
pub fn shorten(iri: &str) -> String {
    PREFIXES
        .iter()
        .find_map(|(prefix, base)| iri.strip_prefix(base).map(|local| format!("{prefix}:{local}")))
        .unwrap_or_else(|| iri.to_owned())
}

/// `sym:cough` → `urn:jiuyi:symptom:cough`; a text without a known prefix stays as it is.
pub fn expand(key: &str) -> String {
    key.split_once(':')
        .and_then(|(prefix, local)| {
            PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, base)| format!("{base}{local}"))
        })
        .unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortening_and_expanding_are_inverse() {
        for key in ["sym:cough", "dept:03.01", "skos:prefLabel", "jy:Symptom"] {
            assert_eq!(shorten(&expand(key)), key);
        }
        assert_eq!(shorten("http://example.org/x"), "http://example.org/x");
    }
}
