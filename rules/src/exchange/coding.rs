//! Units and code systems, by our names and by those of FHIR.

/// Units of time in which a duration is asked.
const TIMES: [(&str, &str); 6] =
    [("分钟", "min"), ("小时", "h"), ("天", "d"), ("周", "wk"), ("月", "mo"), ("年", "a")];
/// Other units and their UCUM codes; counted things are UCUM annotations.
const UNITS: [(&str, &str); 22] = [
    ("岁", "a"),
    ("℃", "Cel"),
    ("mmHg", "mm[Hg]"),
    ("mmol/L", "mmol/L"),
    ("μmol/L", "umol/L"),
    ("次/分", "/min"),
    ("kg", "kg"),
    ("g/L", "g/L"),
    ("cm", "cm"),
    ("mm", "mm"),
    ("m", "m"),
    ("%", "%"),
    ("mg", "mg"),
    ("g", "g"),
    ("μg", "ug"),
    ("ml", "mL"),
    ("L", "L"),
    ("片", "{tbl}"),
    ("粒", "{capsule}"),
    ("次", "{times}"),
    ("分", "{score}"),
    ("支", "{cigarettes}"),
];
/// Other spellings of codes, as forms in use have them.
const OTHER: [(&str, &str); 20] = [
    ("min", "分钟"),
    ("mins", "分钟"),
    ("minutes", "分钟"),
    ("minute", "分钟"),
    ("hours", "小时"),
    ("hour", "小时"),
    ("days", "天"),
    ("day", "天"),
    ("weeks", "周"),
    ("week", "周"),
    ("months", "月"),
    ("month", "月"),
    ("years", "年"),
    ("year", "年"),
    ("C", "℃"),
    ("°C", "℃"),
    ("degC", "℃"),
    ("bpm", "次/分"),
    ("ml", "ml"),
    ("points", "分"),
];
/// Short names of code systems and their addresses.
const SYSTEMS: [(&str, &str); 5] = [
    ("ICD-10", "http://hl7.org/fhir/sid/icd-10"),
    ("ICD-11", "http://id.who.int/icd/release/11/mms"),
    ("LOINC", "http://loinc.org"),
    ("SNOMED", "http://snomed.info/sct"),
    ("UCUM", "http://unitsofmeasure.org"),
];
/// What stands before the name of a code system that has no address.
const OWN_SYSTEM: &str = "urn:jiuyi:code:";

/// Address of UCUM.
pub(super) const UCUM: &str = "http://unitsofmeasure.org";

/// The UCUM code of a unit of ours.
pub(super) fn ucum(unit: &str) -> Option<&'static str> {
    TIMES.iter().chain(&UNITS).find(|(own, _)| *own == unit).map(|(_, code)| *code)
}

/// Our name of a unit, from a UCUM code or the words beside it.
pub(super) fn unit(code: &str) -> Option<&'static str> {
    let code = code.trim();
    let known = TIMES.iter().chain(&UNITS);
    known
        .clone()
        .find(|(_, ucum)| *ucum == code)
        .or_else(|| known.clone().find(|(own, _)| *own == code))
        .map(|(own, _)| *own)
        .or_else(|| OTHER.iter().find(|(other, _)| other.eq_ignore_ascii_case(code)).map(|(_, own)| *own))
}

/// A unit of ours, if it is one.
pub(super) fn own_unit(name: &str) -> Option<&'static str> {
    TIMES.iter().chain(&UNITS).find(|(own, _)| *own == name.trim()).map(|(own, _)| *own)
}

/// Whether a unit measures time.
pub(super) fn is_time(unit: &str) -> bool {
    TIMES.iter().any(|(own, _)| *own == unit)
}

/// System and code of `系统|代码`; the system as an address.
pub(super) fn system_code(written: &str) -> (Option<String>, String) {
    let Some((system, code)) = written.rsplit_once('|') else { return (None, written.trim().to_owned()) };
    let (system, code) = (system.trim(), code.trim().to_owned());
    let address = SYSTEMS.iter().find(|(name, _)| *name == system).map(|(_, address)| (*address).to_owned());
    let address = address.unwrap_or_else(|| {
        if system.contains(':') { system.to_owned() } else { format!("{OWN_SYSTEM}{system}") }
    });
    (Some(address), code)
}

/// `系统|代码` of a system's address and a code.
pub(super) fn written_code(system: Option<&str>, code: &str) -> String {
    match system {
        None => code.to_owned(),
        Some(address) => {
            let short = SYSTEMS.iter().find(|(_, known)| *known == address).map(|(name, _)| *name);
            let name = short.or_else(|| address.strip_prefix(OWN_SYSTEM)).unwrap_or(address);
            format!("{name}|{code}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_go_both_ways() {
        for (own, code) in TIMES.iter().chain(&UNITS) {
            assert_eq!(ucum(own), Some(*code));
            // Years of age and years of time share a code.
            if *own != "岁" {
                assert_eq!(unit(code), Some(*own));
            }
        }
        assert_eq!(unit("[lb_av]"), None);
        assert_eq!(unit("Days"), Some("天"));
    }

    #[test]
    fn codes_go_both_ways() {
        for written in ["ICD-10|R51", "http://example.org/x|a", "院内|17", "urn:oid:1.2.3|b", "直接"] {
            let (system, code) = system_code(written);
            assert_eq!(written_code(system.as_deref(), &code), written);
        }
        assert_eq!(system_code("院内|17").0.as_deref(), Some("urn:jiuyi:code:院内"));
    }
}
