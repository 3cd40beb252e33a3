use kb::{
    Kb, Source, Sources,
    import::{Format, Import, Mapping, Table, import},
};

use super::*;
use crate::tests::ENGINE;

const MAPPING: &str = r#"
format = "csv"
prefix = "imp-"
junk = ["^暂无"]
source = { key = "outside", label = "虚构的外部表" }

[subject]
column = "病名"
minimum = 3
notation = "R69.x00"
definition = "虚构的疾病，只供测试。"
department = "dept:02"
incidence = "uncommon"
urgency = "routine"
weight = 5
differential = "dis:common-cold"

[[column]]
name = "别名"
to = "altLabel"
separators = "、"

[[column]]
name = "科室"
to = "treatedIn"

[[column]]
name = "症状"
to = "hasSymptom"
separators = " "
create = true
"#;

/// Made up; the words of the symptoms are everyday ones.
const TABLE: &str = "病名,别名,科室,症状
云川热,川热、乙型川热,内科,发烧 咳嗽 耳后发亮
云川疹,,皮肤科,皮疹 瘙痒 发烧 耳后发亮
普通感冒,云川感冒,儿科,鼻塞 云川味的喷嚏
";

fn shipped() -> Sources {
    sources(concat!(env!("CARGO_MANIFEST_DIR"), "/../data").as_ref()).unwrap()
}

fn imported() -> Import {
    let base = ENGINE.kb();
    let mapping = Mapping::read("m.toml", MAPPING, base).unwrap_or_else(|faults| panic!("{faults:?}"));
    import(base, &mapping, &Table::read("t.csv", TABLE, Format::Csv).unwrap())
}

/// What an import stages passes every shape and check of the shipped graph.
#[test]
fn an_imported_table_is_a_release_with_the_shipped_graph() {
    let import = imported();
    assert_eq!((import.n_diseases, import.n_symptoms), ((2, 0, 1), 2), "{:#?}", import.findings);
    let staged = import.files.into_iter().filter(|file| file.name.starts_with("graph/"));
    let files: Vec<Source> = shipped().files().iter().cloned().chain(staged).collect();
    let kb = Kb::compile(&Sources::from_files(files)).unwrap_or_else(|faults| {
        panic!("{:#?}", faults.iter().filter(|fault| fault.severity == Severity::Error).collect::<Vec<_>>())
    });
    assert_eq!(kb.diseases.len(), ENGINE.kb().diseases.len() + 2);
    let cold = kb.concept(kb.id("dis:common-cold").unwrap());
    assert!(cold.names.contains(&"云川感冒".to_owned()));
}

#[test]
fn a_release_covers_all_that_editors_write() {
    let names: Vec<String> = shipped().files().iter().map(|file| file.name.clone()).collect();
    for folder in ["graph/", "lexicon/", "flows/", "questionnaires/", "rules/", "articles/"] {
        assert!(names.iter().any(|name| name.starts_with(folder)), "{folder}");
    }
    assert!(!names.iter().any(|name| name.starts_with("demo/")), "people are no knowledge");
    let fault = &sources("/nowhere".as_ref()).unwrap_err()[0];
    assert_eq!((fault.file.as_str(), fault.code), ("/nowhere", "EN000"));
}
