//! A record as an outpatient document (门(急)诊病历, C0002 of WS/T 500.2-2016, a HL7 CDA).
//!
//! Section codes and data elements follow the list in the facts of this project, which was read from public
//! implementations: one sample is to be checked against the standard's text before it goes live. Examination, diagnosis and
//! plan are the doctor's: they stand in it as "no information", so that nobody takes an empty field for a finding. 个人史,
//! 婚育史 and 家族史 have no section of their own in this document and stand as entries of 既往史.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use engine::SectionKind;
use people::{Department, Sex, resident::Identity};
use uuid::Uuid;

use crate::model::Part;

/// Name of the format.
pub(super) const FORMAT: &str = "WS/T 500.2-2016";

/// Longest 主诉 of the standard.
const MOST_COMPLAINT: usize = 100;

/// 过敏史标志; unknown is not no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allergy {
    Yes,
    No,
    Unknown,
}

/// What goes into a document.
pub(super) struct Source<'a> {
    pub(super) id: Uuid,
    pub(super) visit_number: Option<&'a str>,
    pub(super) person: &'a Identity,
    pub(super) age_months: u32,
    pub(super) department: &'a Department,
    /// Number and name.
    pub(super) doctor: Option<(Uuid, &'a str)>,
    pub(super) submitted_at: DateTime<Utc>,
    pub(super) histories: &'a [(Part, String)],
    pub(super) allergy: Allergy,
}

/// What a text of 过敏史 says. A text in the patient's own words is read only where it is one of the plain denials.
pub(super) fn allergy(text: &str, is_amended: bool) -> Allergy {
    let plain = text.trim_end_matches(['。', '.', ' ']);
    if is_amended {
        let denials = ["没有", "无", "没有过敏", "无过敏", "无过敏史", "否认过敏史", "否认药物及食物过敏史"];
        return if denials.contains(&plain) { Allergy::No } else { Allergy::Unknown };
    }
    if text.contains("自述") {
        Allergy::Yes
    } else if text.starts_with("否认") {
        Allergy::No
    } else {
        Allergy::Unknown
    }
}

/// The XML.
pub(super) fn written(source: &Source<'_>) -> String {
    let mut xml = String::with_capacity(8 * 1024);
    header(&mut xml, source);
    xml.push_str("<component><structuredBody>");
    let text = |part: Part| {
        source.histories.iter().find(|(known, _)| *known == part).map_or("", |(_, text)| text.as_str())
    };
    allergy_section(&mut xml, source.allergy, text(Part::History(SectionKind::Allergy)));
    let complaint: String = text(Part::ChiefComplaint).chars().take(MOST_COMPLAINT).collect();
    section(&mut xml, ("10154-3", "主诉"), &[("DE04.01.119.00", "主诉", &complaint)]);
    let present = text(Part::History(SectionKind::PresentIllness));
    section(&mut xml, ("10164-2", "现病史"), &[("DE02.10.071.00", "现病史", present)]);
    let past = [
        ("DE02.10.099.00", "既往史", text(Part::History(SectionKind::PastHistory))),
        ("DE02.10.097.00", "个人史", text(Part::History(SectionKind::PersonalHistory))),
        ("DE02.10.098.00", "婚育史", text(Part::History(SectionKind::MaritalHistory))),
        ("DE02.10.103.00", "家族史", text(Part::History(SectionKind::FamilyHistory))),
    ];
    section(&mut xml, ("11348-0", "既往史"), &past);
    for (code, title, element) in [
        ("29545-1", "体格检查", "DE04.10.258.00"),
        ("29548-5", "诊断", "DE05.01.025.00"),
        ("18776-5", "治疗计划", "DE06.00.300.00"),
    ] {
        section(&mut xml, (code, title), &[(element, title, "")]);
    }
    xml.push_str("</structuredBody></component></ClinicalDocument>\n");
    xml
}

fn header(xml: &mut String, source: &Source<'_>) {
    let at = stamp(source.submitted_at);
    let person = source.person;
    let (sex_code, sex) = match person.sex {
        Sex::Male => ("1", "男性"),
        Sex::Female => ("2", "女性"),
        Sex::Unknown => ("0", "未知的性别"),
    };
    let visit = source.visit_number.map_or_else(
        || r#"<id root="2.16.156.10011.1.11" nullFlavor="NI"/>"#.to_owned(),
        |number| format!(r#"<id root="2.16.156.10011.1.11" extension="{}"/>"#, escaped(number)),
    );
    let id_number = person.id_number.as_ref().map_or_else(
        || r#"<id root="2.16.156.10011.1.3" nullFlavor="NI"/>"#.to_owned(),
        |number| format!(r#"<id root="2.16.156.10011.1.3" extension="{}"/>"#, escaped(number.as_str())),
    );
    let born = person.birth_date.map_or_else(
        || r#"<birthTime nullFlavor="UNK"/>"#.to_owned(),
        |day| format!(r#"<birthTime value="{}"/>"#, day.format("%Y%m%d")),
    );
    let (unit, age) =
        if source.age_months < 12 { ("月", source.age_months) } else { ("岁", source.age_months / 12) };
    let (institution, institution_name) =
        (escaped(&source.department.institution), escaped(&source.department.institution_name));
    let author = source.doctor.map_or_else(
        || r#"<id root="2.16.156.10011.1.7" nullFlavor="NI"/>"#.to_owned(),
        |(id, name)| {
            format!(
                r#"<id root="2.16.156.10011.1.7" extension="{id}"/><assignedPerson><name>{}</name></assignedPerson>"#,
                escaped(name)
            )
        },
    );
    // Writing to a string cannot fail.
    let _ = write!(
        xml,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/><templateId root="2.16.156.10011.2.1.1.22"/><id root="2.16.156.10011.1.1" extension="{id}"/><code code="C0002" codeSystem="2.16.156.10011.2.4" codeSystemName="卫生信息共享文档规范编码体系"/><title>门(急)诊病历（预问诊）</title><effectiveTime value="{at}"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="zh-CN"/><setId/><versionNumber value="1"/><recordTarget typeCode="RCT" contextControlCode="OP"><patientRole classCode="PAT"><id root="2.16.156.10011.1.2" extension="{index}"/>{visit}<patient classCode="PSN" determinerCode="INSTANCE">{id_number}<name>{name}</name><administrativeGenderCode code="{sex_code}" codeSystem="2.16.156.10011.2.3.3.4" displayName="{sex}"/>{born}<age unit="{unit}" value="{age}"/></patient><providerOrganization><id root="2.16.156.10011.1.26" extension="{department}"/><name>{department_name}</name><asOrganizationPartOf><wholeOrganization><id root="2.16.156.10011.1.5" extension="{institution}"/><name>{institution_name}</name></wholeOrganization></asOrganizationPartOf></providerOrganization></patientRole></recordTarget><author typeCode="AUT"><time value="{at}"/><assignedAuthor classCode="ASSIGNED">{author}</assignedAuthor></author><custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.156.10011.1.5" extension="{institution}"/><name>{institution_name}</name></representedCustodianOrganization></assignedCustodian></custodian><componentOf><encompassingEncounter><effectiveTime value="{at}"/></encompassingEncounter></componentOf>"#,
        id = source.id,
        index = person.id,
        name = escaped(&person.name),
        department = escaped(&source.department.code),
        department_name = escaped(&source.department.name),
    );
}

fn allergy_section(xml: &mut String, flag: Allergy, text: &str) {
    let value = match flag {
        Allergy::Yes => r#"<value xsi:type="BL" value="true"/>"#,
        Allergy::No => r#"<value xsi:type="BL" value="false"/>"#,
        Allergy::Unknown => r#"<value xsi:type="BL" nullFlavor="UNK"/>"#,
    };
    open_section(xml, ("48765-2", "过敏史"), text);
    let _ = write!(
        xml,
        r#"<entry><observation classCode="OBS" moodCode="EVN"><code code="DE02.10.023.00" codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录" displayName="过敏史标志"/>{value}"#
    );
    if !text.is_empty() {
        let _ = write!(
            xml,
            r#"<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="DE02.10.022.00" codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录" displayName="过敏史"/><value xsi:type="ST">{}</value></observation></entryRelationship>"#,
            escaped(text)
        );
    }
    xml.push_str("</observation></entry></section></component>");
}

/// A section with data elements of plain text; one without a text is "no information".
fn section(xml: &mut String, head: (&str, &str), elements: &[(&str, &str, &str)]) {
    let told: Vec<_> = elements.iter().filter(|(_, _, text)| !text.is_empty()).collect();
    let labelled = |(_, name, text): &&(&str, &str, &str)| format!("{name}：{text}");
    let text = match told.as_slice() {
        [] => "待医师填写".into(),
        [(_, _, text)] => (*text).to_owned(),
        several => several.iter().map(labelled).collect::<Vec<_>>().join("\n"),
    };
    open_section(xml, head, &text);
    for (place, (code, name, text)) in elements.iter().enumerate() {
        let value = match *text {
            "" if place > 0 => continue,
            "" => r#"<value xsi:type="ST" nullFlavor="NI"/>"#.to_owned(),
            text => format!(r#"<value xsi:type="ST">{}</value>"#, escaped(text)),
        };
        let _ = write!(
            xml,
            r#"<entry><observation classCode="OBS" moodCode="EVN"><code code="{code}" codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录" displayName="{name}"/>{value}</observation></entry>"#
        );
    }
    xml.push_str("</section></component>");
}

fn open_section(xml: &mut String, (code, title): (&str, &str), text: &str) {
    let _ = write!(
        xml,
        r#"<component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="{title}"/><title>{title}</title><text>{}</text>"#,
        escaped(text)
    );
}

/// `20260302103000` in China's time.
fn stamp(moment: DateTime<Utc>) -> String {
    (moment + TimeDelta::hours(8)).format("%Y%m%d%H%M%S").to_string()
}

/// As it may stand in XML 1.0: special characters as entities, what is no character of XML left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
