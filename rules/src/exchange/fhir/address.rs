//! Addresses of the extensions that are read and written.

/// Extensions of FHIR R4 itself.
pub(super) const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";
/// Extensions of Structured Data Capture.
pub(super) const SDC: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition/";
/// Extensions of our own, for what neither has.
pub(super) const OWN: &str = "urn:jiuyi:form:";
/// Codes of item controls.
pub(super) const CONTROL: &str = "http://hl7.org/fhir/questionnaire-item-control";
/// Kinds of contexts a questionnaire is for.
pub(super) const CONTEXT: &str = "http://terminology.hl7.org/CodeSystem/usage-context-type";

/// An extension of FHIR R4.
pub(super) fn core(name: &str) -> String {
    format!("{CORE}{name}")
}

/// An extension of Structured Data Capture.
pub(super) fn sdc(name: &str) -> String {
    format!("{SDC}sdc-questionnaire-{name}")
}

/// An extension of ours.
pub(super) fn own(name: &str) -> String {
    format!("{OWN}{name}")
}

/// The last word of an address.
pub(super) fn short(url: &str) -> &str {
    let last = url.rsplit(['/', ':']).next().unwrap_or(url);
    last.strip_prefix("sdc-questionnaire-").or_else(|| last.strip_prefix("questionnaire-")).unwrap_or(last)
}
