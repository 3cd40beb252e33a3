//! Every fault has its code and its line; a clean release compiles.

use rstest::rstest;

use crate::{ExamKind, Fault, Frequency, Kb, Source, Sources};

const HEAD: &str = "@prefix jy: <urn:jiuyi:ontology:> .
@prefix sym: <urn:jiuyi:symptom:> .
@prefix dis: <urn:jiuyi:disease:> .
@prefix dept: <urn:jiuyi:department:> .
@prefix part: <urn:jiuyi:body-part:> .
@prefix src: <urn:jiuyi:source:> .
@prefix flag: <urn:jiuyi:red-flag:> .
@prefix risk: <urn:jiuyi:risk:> .
@prefix exam: <urn:jiuyi:examination:> .
@prefix pop: <urn:jiuyi:population:> .
@prefix tcm: <urn:jiuyi:tcm-disease:> .
@prefix syn: <urn:jiuyi:tcm-syndrome:> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
src:own a jy:Source ; skos:prefLabel \"自编\"@zh .
part:chest a jy:BodyPart ; skos:prefLabel \"胸\"@zh .
dept:03 a jy:Department ; skos:prefLabel \"内科\"@zh ; jy:source src:own ; jy:review jy:draft .
";
/// Lines of the head; a case's own text starts on the next.
const N_HEAD: u32 = 16;

fn symptom(key: &str, label: &str, more: &str) -> String {
    format!(
        "sym:{key} a jy:Symptom ; skos:prefLabel \"{label}\"@zh ; jy:locatedIn part:chest ; jy:question \"有没有{label}？\"@zh ; {more} jy:source src:own ; jy:review jy:draft .\n"
    )
}

fn disease(key: &str, label: &str, edges: &str) -> String {
    format!(
        "dis:{key} a jy:Disease ; skos:prefLabel \"{label}\"@zh ; skos:notation \"X00\" ; skos:definition \"…\"@zh ; jy:treatedIn dept:03 ; jy:weightInfant 1 ; jy:weightPreschool 1 ; jy:weightSchool 1 ; jy:weightAdult 1 ; jy:weightElder 1 ; jy:incidence jy:common ; jy:urgency jy:routine ; jy:chronic false ; jy:source src:own ; jy:review jy:draft ;\n{edges} .\n"
    )
}

fn edge(symptom: &str, frequency: &str) -> String {
    format!(
        "  jy:hasSymptom [ jy:symptom sym:{symptom} ; jy:frequency jy:{frequency} ; jy:source src:own ; jy:review jy:draft ]"
    )
}

fn clean() -> String {
    let symptoms =
        [symptom("a", "甲症", ""), symptom("b", "乙症", "skos:broader sym:a ;"), symptom("c", "丙症", "")]
            .concat();
    let edges = [edge("b", "frequent"), edge("c", "occasional"), edge("a", "rare")].join(" ;\n");
    symptoms + &disease("d", "丁病", &edges)
}

fn compile(text: &str) -> Result<Kb, Vec<Fault>> {
    let graph = Source { name: "graph/a.ttl".into(), text: format!("{HEAD}{text}") };
    Kb::compile(&Sources::from_files(vec![graph]))
}

#[test]
fn a_clean_release_compiles_and_closes_over_broader_symptoms() {
    let kb = compile(&clean()).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!((kb.diseases.len(), kb.symptoms.len(), kb.edges.len()), (1, 3, 3));
    let (narrow, broad) = (kb.id("sym:b").unwrap(), kb.id("sym:a").unwrap());
    assert_eq!(kb.concept(narrow).broader, [broad]);
    let broad = kb.symptom_position(broad).unwrap();
    let link = kb.index.link(broad, 0).unwrap();
    assert!(
        (link.probability - Frequency::Frequent.probability()).abs() < 1e-6,
        "as often as the narrower one"
    );
    assert_eq!(kb.release.len(), 64);
}

/// Source and review state, as every subject and every edge has them.
const CHECKED: &str = "jy:source src:own ; jy:review jy:draft";

fn around() -> String {
    let (edge, own) = (edge("a", "frequent"), CHECKED);
    format!(
        "risk:r a jy:Risk ; skos:prefLabel \"熬夜\"@zh ; jy:question \"熬夜吗？\"@zh ; {own} .\n\
         exam:e a jy:Examination ; skos:prefLabel \"血常规\"@zh ; skos:altLabel \"验血\"@zh ; jy:examKind \"检验\" ; {own} .\n\
         pop:p a jy:Population ; skos:prefLabel \"产妇\"@zh ; jy:minAge 12 ; jy:sex jy:female ; jy:state risk:r ; {own} .\n\
         syn:s a jy:TcmSyndrome ; skos:prefLabel \"表虚\"@zh ; skos:notation \"3.3.1\" ; {own} .\n\
         tcm:t a jy:TcmDisease ; skos:prefLabel \"丁病\"@zh ; skos:notation \"A01.01.01\" ; skos:definition \"…\"@zh ; jy:treatedIn dept:03 ; {own} ;\n\
         {edge} ;\n  jy:hasSyndrome [ jy:syndrome syn:s ; {own} ] .\n"
    )
}

#[test]
fn examinations_populations_and_chinese_medicine_are_lists_of_their_own() {
    let links = format!(
        "  jy:hasRisk [ jy:risk risk:r ; {CHECKED} ] ;\n  jy:needsExam [ jy:exam exam:e ; {CHECKED} ] .\n"
    );
    let text = clean().trim_end().trim_end_matches('.').to_owned() + " ;\n" + &links + &around();
    let kb = compile(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!((kb.diseases.len(), kb.tcm_diseases.len()), (1, 1), "the differential ranks one of them");
    assert_eq!(kb.id("tcm:t"), None, "a text's 丁病 means the one with an ICD-10 code");
    let disease = &kb.diseases[0];
    assert_eq!(disease.risks[0].risk, kb.id("risk:r").unwrap());
    assert_eq!(kb.examinations[disease.exams[0].exam].kind, ExamKind::Laboratory);
    let tcm = &kb.tcm_diseases[0];
    assert_eq!((tcm.code.as_str(), tcm.symptoms.len()), ("A01.01.01", 1));
    assert_eq!(kb.tcm_syndromes[tcm.syndromes[0].syndrome].number, "3.3.1");
    assert_eq!((kb.populations[0].min_age, kb.populations[0].state), (Some(12), kb.id("risk:r")));
}

#[rstest]
#[case("jy:examKind \"检验\"", "jy:examKind \"抽血\"", "KB006", 2)]
#[case("jy:state risk:r", "jy:state risk:x", "KB004", 3)]
#[case("jy:syndrome syn:s", "jy:syndrome syn:x", "KB004", 7)]
#[case("skos:notation \"A01.01.01\" ;", "", "KB003", 5)]
fn faults_around_diseases(#[case] from: &str, #[case] to: &str, #[case] code: &str, #[case] line: u32) {
    let before = clean();
    let n_before = u32::try_from(before.lines().count()).unwrap();
    assert_fault(&(before + &around().replace(from, to)), code, n_before + line);
}

#[rstest]
#[case::unknown_class("sym:x a jy:Sympton .", "KB002", 1)]
#[case::missing_label(
    "sym:x a jy:Symptom ; jy:locatedIn part:chest ;\n jy:question \"？\"@zh ; jy:source src:own ; jy:review jy:draft .",
    "KB003",
    1
)]
#[case::no_source(
    "sym:x a jy:Symptom ; skos:prefLabel \"甲\"@zh ; jy:locatedIn part:chest ; jy:question \"？\"@zh ; jy:review jy:draft .",
    "KB012",
    1
)]
#[case::unknown_review(
    "sym:x a jy:Symptom ; skos:prefLabel \"甲\"@zh ; jy:locatedIn part:chest ; jy:question \"？\"@zh ; jy:source src:own ;\n jy:review jy:done .",
    "KB006",
    2
)]
#[case::unknown_source(
    "sym:x a jy:Symptom ; skos:prefLabel \"甲\"@zh ; jy:locatedIn part:chest ; jy:question \"？\"@zh ; jy:source src:nobody ; jy:review jy:draft .",
    "KB004",
    1
)]
fn faults_of_one_subject(#[case] text: &str, #[case] code: &str, #[case] line: u32) {
    assert_fault(text, code, line);
}

#[test]
fn faults_between_subjects() {
    let twice = symptom("a", "甲症", "") + &symptom("b", "乙症", "skos:altLabel \"甲症\"@zh ;");
    assert_fault(&twice, "KB005", 2);
    let cycle = symptom("a", "甲症", "skos:broader sym:b ;") + &symptom("b", "乙症", "skos:broader sym:a ;");
    assert_fault(&cycle, "KB007", 2);
    let nowhere = symptom("a", "甲症", "skos:broader sym:z ;");
    assert_fault(&nowhere, "KB004", 1);
}

#[test]
fn faults_of_diseases() {
    let base = [symptom("a", "甲症", ""), symptom("b", "乙症", ""), symptom("c", "丙症", "")].concat();
    let few = base.clone() + &disease("d", "丁病", &edge("a", "frequent"));
    assert_fault(&few, "KB008", 4);
    let unknown =
        [edge("a", "frequent"), edge("z", "frequent"), edge("b", "rare"), edge("c", "rare")].join(" ;\n");
    assert_fault(&(base.clone() + &disease("d", "丁病", &unknown)), "KB004", 6);
    let frequency = [edge("a", "often"), edge("b", "rare"), edge("c", "rare")].join(" ;\n");
    assert_fault(&(base.clone() + &disease("d", "丁病", &frequency)), "KB006", 5);
    let twice = [edge("a", "rare"), edge("a", "rare"), edge("b", "rare"), edge("c", "rare")].join(" ;\n");
    assert_fault(&(base.clone() + &disease("d", "丁病", &twice)), "KB010", 4);
    let department = base + &disease("d", "丁病", &edge("a", "rare")).replace("dept:03 ;", "dept:99 ;");
    assert_fault(&department, "KB004", 4);
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let text = symptom("a", "甲症", "skos:broader sym:z ;") + &symptom("b", "乙症", "skos:broader sym:y ;");
    let faults = compile(&text).err().unwrap();
    let lines: Vec<u32> =
        faults.iter().filter(|fault| fault.code == "KB004").map(|fault| fault.line - N_HEAD).collect();
    assert_eq!(lines, [1, 2]);
}

fn assert_fault(text: &str, code: &str, line: u32) {
    let faults = compile(text).err().unwrap_or_default();
    let found = faults
        .iter()
        .any(|fault| fault.code == code && fault.line == N_HEAD + line && fault.file == "graph/a.ttl");
    assert!(found, "{code} at line {line}: {faults:#?}");
}
