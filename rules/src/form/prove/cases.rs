//! Broken questionnaires beside this file, each with the finding it must give; sample questionnaires without any.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::*;
use crate::form::{Form, NoConcepts, read};

fn findings(path: &Path) -> Vec<Fault> {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let form = read::read(&name, &text).and_then(|draft| Form::compile(&name, &draft, &NoConcepts));
    match form {
        Ok(form) => prove(&form),
        Err(faults) => faults,
    }
}

fn forms(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "form"));
    all.sort();
    all
}

fn lines(name: &str, faults: &[Fault]) -> String {
    let line = |fault: &Fault| {
        format!(
            "{name}:{}:{} {} {} | {:?}",
            fault.line, fault.column, fault.code, fault.message, fault.witness
        )
    };
    faults.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The first line says `// CODE LINE`; that finding and no other.
#[test]
fn broken_forms_give_the_finding_they_name() {
    let all = forms("src/form/broken");
    assert!(all.len() >= 60, "{}", all.len());
    let mut wrong = Vec::new();
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        let mut expected = text.lines().next().unwrap().trim_start_matches("//").split_whitespace();
        let (code, line) = (expected.next().unwrap(), expected.next().unwrap().parse::<u32>().unwrap());
        let found = findings(&path);
        let hit = |fault: &Fault| {
            fault.code == code && fault.line == line && fault.witness.is_some() && fault.hint.is_some()
        };
        if found.len() != 1 || !found.iter().all(hit) {
            wrong.push(format!("wants {code} at {line}: {}", lines(&path.display().to_string(), &found)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Forms without faults, and those that are shipped, as far as they compile.
#[test]
fn clean_forms_give_no_finding() {
    let own = forms("src/form/clean");
    assert!(own.len() >= 4, "{}", own.len());
    for path in own {
        let found = findings(&path);
        assert!(found.is_empty(), "{}", lines(&path.display().to_string(), &found));
    }
    for path in forms("../data/questionnaires") {
        let found: Vec<Fault> =
            findings(&path).into_iter().filter(|fault| fault.code.starts_with("FP")).collect();
        assert!(found.is_empty(), "{}", lines(&path.display().to_string(), &found));
    }
}

/// Generated cases read back, are accepted step by step and take every branch.
#[test]
fn generated_paths_run_and_cover() {
    for path in forms("src/form/clean") {
        let text = fs::read_to_string(&path).unwrap();
        let form = Form::compile("t.form", &read::read("t.form", &text).unwrap(), &NoConcepts).unwrap();
        let text = crate::form::paths::generate(&form);
        let cases = crate::form::case_text::read_cases("t.cases", &text).unwrap();
        let report = crate::form::cases::run(&form, "t.cases", &cases);
        let all = lines(&path.display().to_string(), &report.faults);
        assert!(report.faults.is_empty(), "{all}\n{text}");
    }
}

/// A form of 1,000 questions, each shown by two earlier ones, without faults.
#[test]
fn a_large_form_has_no_finding() {
    let mut text = String::from("问卷 t 试\n版本: 1\n状态: 草稿\n来源: 自拟\n");
    for n in 0..1000_usize {
        writeln!(text, "\n单选 q{n} 第 {n} 题？\n- 一\n- 二\n- 三").unwrap();
        if n >= 20 {
            writeln!(text, "显示: q{} = 一 或 q{} ≠ 三", n - 20, n - 13).unwrap();
        }
    }
    let draft = read::read("large.form", &text).unwrap();
    let form = Form::compile("large.form", &draft, &NoConcepts).unwrap();
    assert_eq!(prove(&form), []);
}
