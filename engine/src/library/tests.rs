//! What is shipped, and what is refused.

use std::{collections::BTreeSet, path::Path};

use kb::{Fault, Kb, Source, Sources};

use super::{EXTENSIONS, FOLDERS, Library};

fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"))
}

fn kb() -> Kb {
    Kb::compile(&Sources::read(data(), &["graph", "lexicon"], &["ttl", "tsv"]).unwrap()).unwrap()
}

fn shipped() -> Sources {
    Sources::read(data(), &FOLDERS, &EXTENSIONS).unwrap()
}

/// The shipped files with some changed or added.
fn with(changed: &[(&str, &str)]) -> Result<Library, Vec<Fault>> {
    let mut files: Vec<Source> = shipped().files().to_vec();
    for (name, text) in changed {
        files.retain(|file| file.name != *name);
        files.push(Source { name: (*name).to_owned(), text: (*text).to_owned() });
    }
    Library::compile(&Sources::from_files(files), &kb())
}

fn faults(changed: &[(&str, &str)]) -> Vec<(String, u32, &'static str)> {
    let Err(faults) = with(changed) else { panic!("accepted") };
    faults.into_iter().map(|fault| (fault.file, fault.line, fault.code)).collect()
}

#[test]
fn the_shipped_library_stands_every_check() {
    let library = Library::compile(&shipped(), &kb()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(library.warnings, []);
    assert_eq!(library.examine(), []);
    assert!(library.forms.len() >= 30, "{} questionnaires", library.forms.len());
    for name in ["first-visit", "return-visit", "child-visit", "pregnancy-visit"] {
        assert!(library.flows.contains_key(name), "no flow {name}");
    }
}

#[test]
fn questionnaires_serve_many_departments_and_diseases() {
    let library = Library::compile(&shipped(), &kb()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let named = |key: &str| -> BTreeSet<String> {
        let values = library.forms.values().flat_map(|form| &form.draft.properties);
        values
            .filter(|property| property.key.text == key)
            .flat_map(|property| property.value.text.split([',', '，', '、']))
            .map(|name| name.trim().to_owned())
            .collect()
    };
    assert!(named("科室").len() >= 15, "{:?}", named("科室"));
    assert!(named("病种").len() >= 10, "{:?}", named("病种"));
}

#[test]
fn every_shipped_questionnaire_is_covered_by_its_cases() {
    let library = Library::compile(&shipped(), &kb()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    for (id, questionnaire) in &library.forms {
        let report = questionnaire.run_cases();
        assert!(report.coverage.branches().len() >= 8, "{id} hardly branches");
        assert!((report.coverage.share() - 1.0).abs() < 1e-9, "{id}: {}", report.coverage.share());
    }
}

#[test]
fn an_unknown_concept_is_named_with_its_place() {
    let form = "问卷 x 甲\n状态: 草稿\n来源: 自拟\n是否 烧 发烧吗？\n概念: 发热热\n";
    assert_eq!(
        faults(&[("questionnaires/x.form", form)]),
        [("questionnaires/x.form".to_owned(), 5, "FM205")]
    );
}

#[test]
fn a_flow_may_only_call_what_there_is() {
    let flow = "flowchart TD\n  s([开始]) --> q[[问卷 没有的]]\n  q --> e([结束])\n";
    assert_eq!(faults(&[("flows/x.mmd", flow)]), [("flows/x.mmd".to_owned(), 2, "LB004")]);
}

#[test]
fn two_questionnaires_of_one_id_and_cases_without_a_form_are_refused() {
    let form = "问卷 gad-7 又一份\n状态: 草稿\n来源: 自拟\n是否 烧 发烧吗？\n";
    let found =
        faults(&[("questionnaires/x.form", form), ("questionnaires/y.cases", "用例 甲\n答 烧 = 是\n")]);
    let codes: Vec<&str> = found.iter().map(|(_, _, code)| *code).collect();
    assert_eq!(codes, ["LB001", "LB002"]);
}

#[test]
fn a_failing_case_is_found() {
    let cases = "用例 得分不对\n答 焦虑.紧张 = 完全没有\n值 焦虑.紧张 = 几乎每天\n";
    let library =
        with(&[("questionnaires/gad-7.cases", cases)]).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let found = library.examine();
    assert!(found.iter().any(|fault| (fault.line, fault.code) == (3, "CS002")), "{found:#?}");
    assert!(found.iter().any(|fault| fault.code == "CS004"), "too few branches: {found:#?}");
}
