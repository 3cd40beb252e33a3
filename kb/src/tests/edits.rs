//! Faulty edits of a sound release: each is refused, or reminded of, at the line of the edit.

use rstest::rstest;

use crate::{Fault, Kb, Severity, Source, Sources};

const SHAPES: &str = include_str!("../../../data/graph/shapes.ttl");
const PREFIXES: &str = "@prefix jy: <urn:jiuyi:ontology:> .
@prefix sym: <urn:jiuyi:symptom:> .
@prefix dis: <urn:jiuyi:disease:> .
@prefix dept: <urn:jiuyi:department:> .
@prefix part: <urn:jiuyi:body-part:> .
@prefix exam: <urn:jiuyi:examination:> .
@prefix tcm: <urn:jiuyi:tcm-disease:> .
@prefix syn: <urn:jiuyi:tcm-syndrome:> .
@prefix herb: <urn:jiuyi:herb:> .
@prefix inc: <urn:jiuyi:incompatibility:> .
@prefix src: <urn:jiuyi:source:> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
";
const GRAPH: &str = r#"
src:own a jy:Source ; skos:prefLabel "自编"@zh .
part:chest a jy:BodyPart ; skos:prefLabel "胸"@zh .
dept:03 a jy:Department ; skos:prefLabel "内科"@zh ; jy:source src:own ; jy:review jy:draft .
exam:xray a jy:Examination ; skos:prefLabel "胸片"@zh ; jy:examKind "影像" ; jy:source src:own ; jy:review jy:draft .

sym:cough a jy:Symptom ;
    skos:prefLabel "咳嗽"@zh ;
    skos:altLabel "咳"@zh ;
    jy:locatedIn part:chest ;
    jy:question "最近咳嗽吗？"@zh ;
    jy:source src:own ; jy:review jy:draft .

sym:dry-cough a jy:Symptom ;
    skos:prefLabel "干咳"@zh ;
    skos:broader sym:cough ;
    jy:locatedIn part:chest ;
    jy:question "是不是光咳没有痰？"@zh ;
    jy:source src:own ; jy:review jy:draft .

sym:fever a jy:Symptom ;
    skos:prefLabel "发热"@zh ;
    jy:locatedIn part:chest ;
    jy:question "最近发烧吗？"@zh ;
    jy:source src:own ; jy:review jy:draft .

sym:sputum a jy:Symptom ;
    skos:prefLabel "咳痰"@zh ;
    jy:locatedIn part:chest ;
    jy:question "最近有痰吗？"@zh ;
    jy:source src:own ; jy:review jy:draft .

sym:wheeze a jy:Symptom ;
    skos:prefLabel "喘息"@zh ;
    jy:locatedIn part:chest ;
    jy:question "喘起来有声音吗？"@zh ;
    jy:source src:own ; jy:review jy:draft .

dis:bronchitis a jy:Disease ;
    skos:prefLabel "支气管炎"@zh ;
    skos:notation "J40.x00" ;
    skos:definition "气管和支气管的炎症，咳嗽咳痰。"@zh ;
    jy:treatedIn dept:03 ;
    jy:weightInfant 1 ; jy:weightPreschool 2 ; jy:weightSchool 3 ; jy:weightAdult 4 ; jy:weightElder 5 ;
    jy:incidence jy:common ; jy:urgency jy:routine ; jy:chronic false ;
    jy:source src:own ; jy:review jy:draft ;
    jy:hasSymptom [ jy:symptom sym:cough ; jy:frequency jy:veryFrequent ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:dry-cough ; jy:frequency jy:frequent ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:fever ; jy:frequency jy:occasional ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:sputum ; jy:frequency jy:frequent ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:wheeze ; jy:frequency jy:rare ; jy:source src:own ; jy:review jy:draft ] ;
    jy:differential [ jy:disease dis:pneumonia ; jy:tellApart "有没有高热不退"@zh ; jy:source src:own ; jy:review jy:draft ] ;
    jy:needsExam [ jy:exam exam:xray ; jy:source src:own ; jy:review jy:draft ] .

dis:pneumonia a jy:Disease ;
    skos:prefLabel "肺炎"@zh ;
    skos:notation "J18.900" ;
    skos:definition "肺部的炎症，发热咳嗽咳痰。"@zh ;
    jy:treatedIn dept:03 ;
    jy:weightInfant 5 ; jy:weightPreschool 4 ; jy:weightSchool 3 ; jy:weightAdult 2 ; jy:weightElder 5 ;
    jy:incidence jy:common ; jy:urgency jy:soon ; jy:chronic false ;
    jy:source src:own ; jy:review jy:draft ;
    jy:hasSymptom [ jy:symptom sym:cough ; jy:frequency jy:veryFrequent ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:dry-cough ; jy:frequency jy:occasional ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:fever ; jy:frequency jy:frequent ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:sputum ; jy:frequency jy:frequent ; jy:source src:own ; jy:review jy:draft ] ;
    jy:hasSymptom [ jy:symptom sym:wheeze ; jy:frequency jy:occasional ; jy:source src:own ; jy:review jy:draft ] ;
    jy:differential [ jy:disease dis:bronchitis ; jy:tellApart "热退得快不快"@zh ; jy:source src:own ; jy:review jy:draft ] .

syn:wind-cold a jy:TcmSyndrome ; skos:prefLabel "风寒袭肺"@zh ; skos:notation "4.1.1" ; jy:source src:own ; jy:review jy:draft .
tcm:kesou a jy:TcmDisease ;
    skos:prefLabel "咳嗽"@zh ;
    skos:notation "A04.01.01" ;
    skos:definition "以咳嗽为主症的肺系病。"@zh ;
    jy:treatedIn dept:03 ;
    jy:source src:own ; jy:review jy:draft ;
    jy:hasSyndrome [ jy:syndrome syn:wind-cold ; jy:source src:own ; jy:review jy:draft ] .
"#;
const HERBS: &str = r#"
herb:fuzi a jy:Herb ; skos:prefLabel "附子"@zh ; jy:ambiguous "附片"@zh ; jy:doseMin 3 ; jy:doseMax 15 ; jy:source src:own ; jy:review jy:draft .
herb:heishunpian a jy:Herb ; skos:prefLabel "黑顺片"@zh ; jy:ambiguous "附片"@zh ;
    jy:processedOf herb:fuzi ;
    jy:toxicity "有毒" ;
    jy:source src:own ; jy:review jy:draft .
herb:banxia a jy:Herb ; skos:prefLabel "半夏"@zh ; jy:source src:own ; jy:review jy:draft .
inc:fuzi-banxia a jy:Incompatibility ;
    jy:left herb:fuzi ; jy:right herb:banxia ;
    jy:ruleSet "十八反" ; jy:verse "半蒌贝蔹及攻乌"@zh ; jy:confidence "high" ;
    jy:source src:own ; jy:review jy:draft .
"#;

fn findings(graph: &str, herbs: &str, shapes: &str) -> Vec<Fault> {
    let file = |name: &str, text: String| Source { name: name.into(), text };
    let sources = Sources::from_files(vec![
        file("graph/a.ttl", format!("{PREFIXES}{graph}")),
        file("graph/shapes.ttl", shapes.to_owned()),
        file("herbs/a.ttl", format!("{PREFIXES}{herbs}")),
    ]);
    Kb::compile(&sources).map_or_else(|faults| faults, |kb| kb.warnings)
}

/// Line of the only place where a text stands.
fn line_of(file: &str, text: &str) -> u32 {
    assert_eq!(file.matches(text).count(), 1, "{text}");
    let before = file.split(text).next().unwrap_or_default();
    u32::try_from(before.matches('\n').count() + 1).unwrap()
}

#[test]
fn the_release_without_edits_has_no_findings() {
    assert_eq!(findings(GRAPH, HERBS, SHAPES), []);
}

/// `from` becomes `to`; the finding stands on the line of `at` in the edited file.
#[rstest]
#[case::bad_turtle("skos:altLabel \"咳\"@zh ;", "skos:altLabel 咳 ;", "altLabel 咳", "KB001", "")]
#[case::unknown_class(
    "sym:fever a jy:Symptom",
    "sym:fever a jy:Sympton",
    "sym:fever a",
    "KB002",
    "是不是 jy:Symptom？"
)]
#[case::two_classes("sym:fever a jy:Symptom", "sym:fever a jy:Symptom , jy:Risk", "sym:fever a", "KB002", "")]
#[case::no_class(
    "sym:fever a jy:Symptom ;\n",
    "sym:feevr a jy:Symptom .\nsym:fever\n",
    "\"发热\"@zh",
    "KB002",
    ""
)]
#[case::no_label("    skos:prefLabel \"发热\"@zh ;\n", "", "sym:fever a", "KB003", "写一个")]
#[case::no_question("    jy:question \"最近发烧吗？\"@zh ;\n", "", "sym:fever a", "KB003", "大白话")]
#[case::not_a_question("最近发烧吗？", "体温情况如何。", "体温情况", "KB017", "")]
#[case::dangling(
    "jy:symptom sym:wheeze ; jy:frequency jy:rare",
    "jy:symptom sym:whezee ; jy:frequency jy:rare",
    "whezee",
    "KB004",
    "是不是 sym:wheeze（喘息）？"
)]
#[case::dangling_source(
    "sym:dry-cough a jy:Symptom ;\n",
    "sym:dry-cough a jy:Symptom ; jy:locatedIn part:chset ;\n",
    "chset",
    "KB004",
    "part:chest（胸）"
)]
#[case::two_labels("skos:altLabel \"咳\"@zh", "skos:prefLabel \"咳\"@zh", "\"咳\"@zh", "KB005", "altLabel")]
#[case::alias_of_two(
    "skos:prefLabel \"喘息\"@zh",
    "skos:prefLabel \"喘息\"@zh ; skos:altLabel \"咳\"@zh",
    "\"喘息\"@zh",
    "KB005",
    "jy:ambiguous"
)]
#[case::ambiguous_on_one_side(
    "skos:prefLabel \"喘息\"@zh",
    "skos:prefLabel \"喘息\"@zh ; jy:ambiguous \"咳\"@zh",
    "\"喘息\"@zh",
    "KB014",
    "两处"
)]
#[case::unknown_value("jy:frequency jy:rare", "jy:frequency jy:rar", "jy:rar ", "KB006", "是不是 jy:rare？")]
#[case::weight_in_words("jy:weightInfant 5", "jy:weightInfant \"5\"", "weightInfant \"5\"", "KB006", "")]
#[case::weight_too_big("jy:weightInfant 5", "jy:weightInfant 50", "weightInfant 50", "KB006", "")]
#[case::cycle(
    "jy:question \"最近咳嗽吗？\"@zh",
    "jy:question \"最近咳嗽吗？\"@zh ;\n    skos:broader sym:dry-cough",
    "broader sym:cough",
    "KB007",
    "删去"
)]
#[case::broader_of_another_kind(
    "skos:broader sym:cough",
    "skos:broader dis:pneumonia",
    "broader dis:",
    "KB007",
    ""
)]
#[case::no_department(
    "    jy:treatedIn dept:03 ;\n    jy:weightInfant 5",
    "    jy:weightInfant 5",
    "dis:pneumonia a",
    "KB009",
    "首选科室"
)]
#[case::symptom_twice(
    "jy:symptom sym:wheeze ; jy:frequency jy:rare",
    "jy:symptom sym:cough ; jy:frequency jy:rare",
    "dis:bronchitis a",
    "KB010",
    ""
)]
#[case::no_source(
    "jy:tellApart \"热退得快不快\"@zh ; jy:source src:own ;",
    "jy:tellApart \"热退得快不快\"@zh ;",
    "热退得快",
    "KB012",
    "每条关系"
)]
#[case::no_review(
    "咳\"@zh ;\n    jy:locatedIn part:chest ;\n    jy:question \"最近咳嗽吗？\"@zh ;\n    jy:source src:own ; jy:review jy:draft",
    "咳\"@zh ;\n    jy:locatedIn part:chest ;\n    jy:question \"最近咳嗽吗？\"@zh ;\n    jy:source src:own",
    "sym:cough a",
    "KB012",
    "jy:draft"
)]
#[case::wrong_icd("\"J18.900\"", "\"18.9\"", "18.9", "KB022", "J45.900x001")]
#[case::wrong_gb("\"A04.01.01\"", "\"A4.1\"", "A4.1", "KB022", "A01.01.01")]
#[case::wrong_syndrome_number("\"4.1.1\"", "\"四\"", "\"四\"", "KB022", "3.3.1")]
#[case::misspelt_property(
    "    skos:altLabel \"咳\"@zh ;",
    "    skos:altLable \"咳\"@zh ;",
    "altLable",
    "KB043",
    "是不是 skos:altLabel？"
)]
#[case::two_departments(
    "jy:treatedIn dept:03 ;\n    jy:weightInfant 5",
    "jy:treatedIn dept:03 ;\n    jy:treatedIn dept:03.x ;\n    jy:weightInfant 5",
    "dept:03.x",
    "KB004",
    ""
)]
#[case::two_incidences(
    "jy:incidence jy:common ; jy:urgency jy:soon",
    "jy:incidence jy:common , jy:rare ; jy:urgency jy:soon",
    "jy:common , jy:rare",
    "KB044",
    ""
)]
#[case::wrong_kind_of_thing("jy:exam exam:xray", "jy:exam sym:fever", "jy:exam sym:fever", "KB045", "")]
#[case::edge_without_brackets(
    "jy:needsExam [ jy:exam exam:xray ; jy:source src:own ; jy:review jy:draft ]",
    "jy:needsExam exam:xray",
    "needsExam exam:xray",
    "KB006",
    ""
)]
fn an_edit_of_the_graph_is_found_where_it_stands(
    #[case] from: &str,
    #[case] to: &str,
    #[case] at: &str,
    #[case] code: &str,
    #[case] hint: &str,
) {
    assert_eq!(GRAPH.matches(from).count(), 1, "{from}");
    let graph = GRAPH.replace(from, to);
    let line = line_of(&format!("{PREFIXES}{graph}"), at);
    assert_found(&findings(&graph, HERBS, SHAPES), "graph/a.ttl", line, code, hint);
}

#[rstest]
#[case::no_such_piece(
    "jy:right herb:banxia",
    "jy:right herb:banxai",
    "banxai",
    "KB004",
    "herb:banxia（半夏）"
)]
#[case::ambiguous_alone(
    "黑顺片\"@zh ; jy:ambiguous \"附片\"@zh",
    "黑顺片\"@zh",
    "herb:fuzi a",
    "KB014",
    "altLabel"
)]
#[case::alias_of_two(
    "skos:prefLabel \"半夏\"@zh",
    "skos:prefLabel \"半夏\"@zh ; skos:altLabel \"附子\"@zh",
    "herb:fuzi a",
    "KB005",
    "jy:ambiguous"
)]
#[case::circle(
    "jy:doseMin 3",
    "jy:processedOf herb:heishunpian ; jy:doseMin 3",
    "processedOf herb:fuzi",
    "KB007",
    ""
)]
#[case::doses_reversed("jy:doseMin 3", "jy:doseMin 30", "herb:fuzi a", "KB016", "")]
#[case::dose_in_words("jy:doseMin 3", "jy:doseMin \"三克\"", "三克", "KB006", "克数")]
#[case::unknown_toxicity("\"有毒\"", "\"很毒\"", "很毒", "KB006", "")]
#[case::doubt_outside("jy:toxicity \"有毒\"", "jy:toxicity \"有毒?\"", "有毒?", "KB006", "")]
#[case::doubt_without_property(
    "jy:toxicity \"有毒\"",
    "jy:unverified [ jy:value \"有毒\" ]",
    "jy:unverified",
    "KB003",
    ""
)]
#[case::no_source(
    "banxia a jy:Herb ; skos:prefLabel \"半夏\"@zh ; jy:source src:own",
    "banxia a jy:Herb ; skos:prefLabel \"半夏\"@zh",
    "herb:banxia a",
    "KB012",
    "src:"
)]
fn an_edit_of_the_herbs_is_found_where_it_stands(
    #[case] from: &str,
    #[case] to: &str,
    #[case] at: &str,
    #[case] code: &str,
    #[case] hint: &str,
) {
    assert_eq!(HERBS.matches(from).count(), 1, "{from}");
    let herbs = HERBS.replace(from, to);
    let line = line_of(&format!("{PREFIXES}{herbs}"), at);
    assert_found(&findings(GRAPH, &herbs, SHAPES), "herbs/a.ttl", line, code, hint);
}

#[rstest]
#[case::outside_the_subset(
    "sh:closed true ;\n    sh:property [ sh:path jy:property",
    "sh:closed true ; sh:rule 1 ;\n    sh:property [ sh:path jy:property",
    "sh:rule",
    "KB041"
)]
#[case::unknown_constraint(
    "sh:minInclusive 0 ; sh:maxInclusive 120 ] ;\n    sh:property [ sh:path jy:maxAge",
    "sh:minExclusive 0 ] ;\n    sh:property [ sh:path jy:maxAge",
    "sh:minExclusive",
    "KB041"
)]
#[case::bad_pattern("\"^urn:jiuyi:(risk|disease):\"", "\"^urn:(\"", "^urn:(", "KB042")]
#[case::count_in_words(
    "sh:path jy:drugKind ; sh:minCount 1",
    "sh:path jy:drugKind ; sh:minCount \"一\"",
    "\"一\"",
    "KB042"
)]
#[case::no_path(
    "sh:path jy:paediatric ; ",
    "",
    "sh:property [ sh:maxCount 1 ; sh:datatype xsd:boolean ] .",
    "KB042"
)]
#[case::unknown_shape(
    "sh:path jy:choice ; sh:nodeKind sh:BlankNode ; sh:node shape:Choice",
    "sh:path jy:choice ; sh:nodeKind sh:BlankNode ; sh:node shape:Choise",
    "shape:Choise",
    "KB004"
)]
#[case::unknown_code("jy:code \"KB013\"", "jy:code \"KB999\"", "KB999", "KB042")]
fn a_faulty_shape_is_a_fault_itself(
    #[case] from: &str,
    #[case] to: &str,
    #[case] at: &str,
    #[case] code: &str,
) {
    assert_eq!(SHAPES.matches(from).count(), 1, "{from}");
    let shapes = SHAPES.replace(from, to);
    assert_found(&findings(GRAPH, HERBS, &shapes), "graph/shapes.ttl", line_of(&shapes, at), code, "");
}

#[test]
fn a_thin_disease_is_a_reminder_until_it_is_too_thin() {
    let thin = |n: usize| {
        let (before, after) = GRAPH.split_once("dis:pneumonia a").unwrap();
        let mut lines: Vec<&str> = after.lines().collect();
        let mut seen = 0;
        lines.retain(|line| {
            seen += usize::from(line.contains("jy:hasSymptom"));
            !line.contains("jy:hasSymptom") || seen <= n
        });
        findings(&format!("{before}dis:pneumonia a{}", lines.join("\n")), HERBS, SHAPES)
    };
    let told = |faults: &[Fault]| faults.iter().map(|f| (f.code, f.severity)).collect::<Vec<_>>();
    assert_eq!(told(&thin(5)), []);
    assert_eq!(told(&thin(4)), [("KB008", Severity::Warning)]);
    assert_eq!(told(&thin(2)), [("KB008", Severity::Error)]);
}

#[test]
fn shapes_that_went_missing_are_noticed() {
    let faults = findings(GRAPH, HERBS, "");
    assert_eq!(
        faults.iter().map(|f| (f.file.as_str(), f.code)).collect::<Vec<_>>(),
        [("graph/shapes.ttl", "KB018")]
    );
}

fn assert_found(faults: &[Fault], file: &str, line: u32, code: &str, hint: &str) {
    let found = faults.iter().find(|fault| fault.code == code && fault.line == line && fault.file == file);
    let Some(found) = found else { panic!("{file}:{line} {code}: {faults:#?}") };
    let own = found.hint.clone().unwrap_or_default();
    assert!(own.contains(hint), "{hint}: {own}");
}
