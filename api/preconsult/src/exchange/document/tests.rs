use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// Sections of C0002 with the data element each must have.
const REQUIRED: [(&str, &str); 7] = [
    ("48765-2", "DE02.10.023.00"),
    ("48765-2", "DE02.10.022.00"),
    ("10154-3", "DE04.01.119.00"),
    ("10164-2", "DE02.10.071.00"),
    ("11348-0", "DE02.10.099.00"),
    ("29545-1", "DE04.10.258.00"),
    ("29548-5", "DE05.01.025.00"),
];

fn person() -> Identity {
    Identity {
        id: Uuid::from_u128(7),
        name: "沈<怀>山".into(),
        sex: Sex::Male,
        birth_date: "1947-03-02".parse().ok(),
        id_number: people::identity::IdNumber::of_body("31010619470302791"),
        phone: None,
        verified: None,
    }
}

fn department() -> Department {
    let [institution, institution_name, code, name] = ["H01", "中心医院", "IM", "内科"].map(str::to_owned);
    Department { institution, institution_name, code, name }
}

fn histories(text: &str) -> Vec<(Part, String)> {
    Part::all().map(|part| (part, format!("{}{text}", part.title()))).collect()
}

fn document(text: &str, allergy: Allergy) -> String {
    written(&Source {
        id: Uuid::from_u128(1),
        visit_number: Some("R0001"),
        person: &person(),
        age_months: 948,
        department: &department(),
        doctor: Some((Uuid::from_u128(2), "顾砚秋")),
        submitted_at: "2026-03-02T02:30:00Z".parse().unwrap(),
        histories: &histories(text),
        allergy,
    })
}

/// What stands between a section's code and its end.
fn section_of<'a>(xml: &'a str, code: &str) -> &'a str {
    let start = xml.find(&format!("<section><code code=\"{code}\"")).unwrap_or_else(|| panic!("no {code}"));
    xml[start..].split_once("</section>").unwrap().0
}

#[test]
fn every_required_field_of_the_outpatient_record_is_there() {
    let xml = document("甲", Allergy::No);
    for (section, element) in REQUIRED {
        assert!(section_of(&xml, section).contains(&format!("code=\"{element}\"")), "{section} {element}");
    }
    for head in [
        r#"<typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>"#,
        r#"<templateId root="2.16.156.10011.2.1.1.22"/>"#,
        r#"<code code="C0002" codeSystem="2.16.156.10011.2.4""#,
        r#"<id root="2.16.156.10011.1.11" extension="R0001"/>"#,
        r#"<id root="2.16.156.10011.1.3" extension="3101061947030279"#,
        r#"<administrativeGenderCode code="1""#,
        r#"<birthTime value="19470302"/>"#,
        r#"<age unit="岁" value="79"/>"#,
        r#"<effectiveTime value="20260302103000"/>"#,
        r#"<id root="2.16.156.10011.1.5" extension="H01"/><name>中心医院</name>"#,
        r#"<id root="2.16.156.10011.1.26" extension="IM"/><name>内科</name>"#,
        "<name>顾砚秋</name>",
        "<name>沈&lt;怀&gt;山</name>",
    ] {
        assert!(xml.contains(head), "{head} in {xml}");
    }
    assert!(section_of(&xml, "11348-0").contains(">家族史甲</value>"));
    assert!(section_of(&xml, "29548-5").contains("nullFlavor=\"NI\""), "the diagnosis is the doctor's");
}

#[rstest]
#[case(Allergy::Yes, "<value xsi:type=\"BL\" value=\"true\"/>")]
#[case(Allergy::No, "<value xsi:type=\"BL\" value=\"false\"/>")]
#[case(Allergy::Unknown, "<value xsi:type=\"BL\" nullFlavor=\"UNK\"/>")]
fn an_unknown_allergy_is_not_denied(#[case] flag: Allergy, #[case] value: &str) {
    assert!(section_of(&document("", flag), "48765-2").contains(value));
}

#[rstest]
#[case("否认药物及食物过敏史。", false, Allergy::No)]
#[case("过敏史不详。", false, Allergy::Unknown)]
#[case("过敏史未询问。", false, Allergy::Unknown)]
#[case("否认其他过敏史。自述青霉素过敏。", false, Allergy::Yes)]
#[case("没有过敏。", true, Allergy::No)]
#[case("海鲜不过敏，芒果有点", true, Allergy::Unknown)]
fn what_a_history_of_allergies_says(#[case] text: &str, #[case] is_amended: bool, #[case] flag: Allergy) {
    assert_eq!(allergy(text, is_amended), flag);
}

/// Tags open and close in pairs, and nothing but entities begins with `&`.
fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = xml.trim_start_matches(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>') else { return false };
        let tag = &rest[start + 1..start + end];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split([' ', '\n']).next().unwrap_or(""));
        }
        rest = &rest[start + end + 1..];
    }
    let entities = ["&amp;", "&lt;", "&gt;", "&quot;"];
    let amps = xml.match_indices('&').all(|(at, _)| entities.iter().any(|name| xml[at..].starts_with(name)));
    open.is_empty() && amps
}

proptest! {
    #[test]
    fn whatever_was_said_the_document_is_well_formed(text in any::<String>()) {
        let xml = document(&text, Allergy::Unknown);
        prop_assert!(is_well_formed(&xml));
        prop_assert!(!xml.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
    }
}
