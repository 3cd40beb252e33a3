//! The order of properties, and which share a line.

/// Properties of a subject, in lines; those not listed follow by name.
const SUBJECT: [&[&str]; 47] = [
    &["sh:description"],
    &["sh:targetClass"],
    &["sh:closed"],
    &["sh:ignoredProperties"],
    &["skos:prefLabel"],
    &["skos:altLabel"],
    &["jy:ambiguous"],
    &["skos:notation"],
    &["skos:definition"],
    &["skos:broader"],
    &["jy:locatedIn"],
    &["jy:question"],
    &["jy:asksAttribute"],
    &["jy:phrase"],
    &["jy:order"],
    &["jy:treatedIn"],
    &["jy:alsoTreatedIn"],
    &["jy:sex"],
    &["jy:weightInfant", "jy:weightPreschool", "jy:weightSchool", "jy:weightAdult", "jy:weightElder"],
    &["jy:incidence", "jy:urgency", "jy:chronic"],
    &["jy:paediatric"],
    &["jy:drugKind"],
    &["jy:examKind"],
    &["jy:minAge", "jy:maxAge"],
    &["jy:state"],
    &["jy:category"],
    &["jy:when"],
    &["jy:level", "jy:action"],
    &["jy:message"],
    &["jy:processedOf"],
    &["jy:inGroup"],
    &["jy:doseMin", "jy:doseMax"],
    &["jy:doseNote"],
    &["jy:toxicity"],
    &["jy:pregnancy"],
    &["jy:method"],
    &["jy:caution"],
    &["jy:left", "jy:right"],
    &["jy:ruleSet"],
    &["jy:verse"],
    &["jy:leftEntry", "jy:rightEntry"],
    &["jy:confidence"],
    &["jy:note"],
    &["jy:source", "jy:review"],
    &["jy:hasSymptom"],
    &["jy:hasSyndrome"],
    &["jy:differential"],
];

/// Number of lines that may hold several properties.
pub(super) const N_LINES: usize = SUBJECT.len();

/// Properties inside `[ … ]`; those not listed follow by name.
const NESTED: [&str; 36] = [
    "sh:path",
    "sh:minCount",
    "sh:maxCount",
    "sh:uniqueLang",
    "sh:datatype",
    "sh:nodeKind",
    "sh:class",
    "sh:node",
    "sh:in",
    "sh:pattern",
    "sh:minLength",
    "sh:maxLength",
    "sh:minInclusive",
    "sh:maxInclusive",
    "sh:severity",
    "jy:code",
    "sh:message",
    "jy:fixHint",
    "jy:property",
    "jy:value",
    "jy:symptom",
    "jy:disease",
    "jy:risk",
    "jy:exam",
    "jy:syndrome",
    "jy:order",
    "jy:frequency",
    "jy:tellApart",
    "skos:prefLabel",
    "jy:term",
    "skos:altLabel",
    "skos:notation",
    "skos:definition",
    "jy:question",
    "jy:source",
    "jy:review",
];

/// The line of a subject's property and its place in that line.
pub(super) fn line(property: &str) -> (usize, usize) {
    let found = SUBJECT
        .iter()
        .enumerate()
        .find_map(|(line, names)| names.iter().position(|name| *name == property).map(|place| (line, place)));
    found.unwrap_or((SUBJECT.len(), 0))
}

/// The place of a property inside `[ … ]`.
pub(super) fn place(property: &str) -> usize {
    NESTED.iter().position(|name| *name == property).unwrap_or(NESTED.len())
}
