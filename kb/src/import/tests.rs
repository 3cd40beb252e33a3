use super::{Format, Import, Mapping, Outcome, Table, import};
use crate::{Kb, Sources, sample};

const MAPPING: &str = r#"
format = "csv"
prefix = "imp-"
drop = ["[详细]"]
junk = ["^暂无", "\\.\\.\\.$"]

[source]
key = "outside"
label = "虚构的外部表"

[subject]
column = "病名"
minimum = 3
notation = "R69.x00"
definition = "待补充。"
department = "dept:03"
incidence = "uncommon"
urgency = "routine"
weight = 5

[[column]]
name = "别名"
to = "altLabel"
separators = "，,、"

[[column]]
name = "科室"
to = "treatedIn"
separators = " "
map = { "普内科" = "dept:03" }

[[column]]
name = "症状"
to = "hasSymptom"
separators = " "
frequency = "occasional"
create = true

[[column]]
name = "费用"
to = "skip"
"#;

const TABLE: &str = "病名,别名,科室,症状,费用,备注
病0,甲病,内科,症１ 症2 [详细],10,
新病,\"新病一号，症5、甲病\",普内科,症0 新症 暂无 头大... 病1,10,
新病,新病二号,眼科,症9 症0,10,
怪病,,内科,症0,,
症3,,内科,症0,,
暂无资料,,,,,
";

fn read(base: &Kb, table: &str) -> Import {
    let mapping = Mapping::read("m.toml", MAPPING, base).unwrap();
    import(base, &mapping, &Table::read("t.csv", table, Format::Csv).unwrap())
}

fn told(import: &Import, outcome: Outcome) -> Vec<String> {
    let found = import.findings.iter().filter(|finding| finding.outcome == outcome);
    found.map(|f| format!("{}:{} {} {}", f.line, f.column, f.text, f.note).trim_end().to_owned()).collect()
}

#[test]
fn every_cell_is_accounted_for() {
    let base = sample::kb(2, 10);
    let import = read(&base, TABLE);
    assert_eq!(told(&import, Outcome::Exact)[0], "2:病名 病0");
    assert_eq!(
        told(&import, Outcome::Normalised),
        Vec::<String>::new(),
        "width is cleaned before names are compared"
    );
    assert_eq!(
        told(&import, Outcome::New),
        ["2:别名 甲病", "3:病名 新病", "3:症状 新症", "3:别名 新病一号", "4:别名 新病二号", "5:病名 怪病"]
    );
    assert_eq!(told(&import, Outcome::Duplicate), ["4:病名 新病 第 3 行已有，合并"]);
    assert_eq!(
        told(&import, Outcome::Conflict),
        [
            "3:症状 病1 是疾病，不是症状",
            "3:别名 症5 已是症状的名称",
            "3:别名 甲病 已是疾病的名称",
            "6:病名 症3 已是症状，整行未采用"
        ]
    );
    assert_eq!(told(&import, Outcome::Unmapped), ["1:备注  映射没有提到这一列", "4:科室 眼科 不认识的科室"]);
    assert_eq!(
        told(&import, Outcome::Junk),
        ["3:症状 暂无", "3:症状 头大...", "7:病名 暂无资料 没有可用的名称，整行未采用"]
    );
    assert_eq!(told(&import, Outcome::Incomplete), ["5:病名 怪病 只有 1 个症状，至少要 3 个"]);
    assert_eq!((import.n_rows, import.n_diseases.0, import.n_diseases.1, import.n_symptoms), (6, 1, 1, 1));
}

#[test]
fn the_staged_files_pass_the_checks_together_with_the_graph() {
    let base = sample::kb(2, 10);
    let import = read(&base, TABLE);
    let staged = import.files.iter().filter(|file| file.name.starts_with("graph/"));
    let files = sample::sources(2, 10).files().iter().chain(staged).cloned().collect();
    let kb = Kb::compile(&Sources::from_files(files)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let new = kb.by_label("新病", &[crate::ConceptKind::Disease]).unwrap();
    assert_eq!(kb.concept(new).names, ["新病一号", "新病二号"]);
    let n_edges = |kb: &Kb, id| kb.edges.iter().filter(|edge| edge.disease == id).count();
    assert_eq!(n_edges(&kb, new), 3);
    assert_eq!(kb.concept(kb.id("dis:g0").unwrap()).names, ["甲病"]);
    // A second import of the same table finds all it made.
    let again = import_again(&kb);
    assert_eq!(told(&again, Outcome::New), ["5:病名 怪病"]);
    assert_eq!(again.n_diseases.2, 0, "nothing is added twice");
}

fn import_again(kb: &Kb) -> Import {
    read(kb, TABLE)
}

#[test]
fn json_lines_say_the_same_as_csv() {
    let base = sample::kb(2, 10);
    let mapping = Mapping::read("m.toml", MAPPING, &base).unwrap();
    let text = "{\"病名\":\"新病\",\"症状\":[\"症0\",\"症1\",\"症2\"],\"费用\":12}\n";
    let table = Table::read("t.jsonl", text, Format::JsonLines).unwrap();
    assert_eq!(import(&base, &mapping, &table).n_diseases.0, 1);
    let fault = &Table::read("t.jsonl", "{}\n[1]\n", Format::JsonLines).unwrap_err()[0];
    assert_eq!((fault.line, fault.code), (2, "IM003"));
}

#[test]
fn faulty_mappings_and_tables_name_their_place() {
    let base = sample::kb(1, 4);
    let fault = |text: &str| {
        let fault = Mapping::read("m.toml", text, &base).unwrap_err().remove(0);
        (fault.line, fault.column, fault.code)
    };
    assert_eq!(fault(&MAPPING.replace("weight = 5", "weight = many")).0, 19);
    assert_eq!(fault(&MAPPING.replace("\"dept:03\"\n", "\"dept:99\"\n")), (16, 15, "IM002"));
    assert_eq!(fault(&MAPPING.replace("\"occasional\"", "\"often\"")), (36, 14, "IM002"));
    assert_eq!(fault(&MAPPING.replace("^暂无", "(")), (5, 10, "IM002"));
    let table = Table::read("t.csv", "a,b\n1,2\n3\n", Format::Csv).unwrap_err();
    assert_eq!((table[0].line, table[0].message.as_str()), (3, "表头有 2 列，这一行有 1 列"));
}
