//! Laying out twice is laying out once, and nothing that a file says is lost.

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn laid_out(text: &str) -> Result<String, Fault> {
    canonical(&Source { name: "graph/a.ttl".into(), text: text.into() })
}

const HEAD: &str = "# 文件头\n@prefix sym: <urn:jiuyi:symptom:> .\nPREFIX jy: <urn:jiuyi:ontology:>\n# 也在头上\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n";

#[test]
fn subjects_properties_and_comments_find_their_places() {
    let text = format!(
        "{HEAD}# 属于 b\nsym:b jy:review jy:draft ; # 里面\n jy:source <urn:x> ; a jy:Symptom;\n\
         skos:altLabel \"乙\"@zh,\"甲\"@zh ; jy:hasSymptom [ jy:review jy:draft;jy:symptom sym:a ] , [jy:symptom sym:c] . # 行尾\n\
         sym:a a jy:Symptom ; jy:zzz ( 1 \"x\" [ jy:b 2 ] ) ; jy:doseMax 9 ; jy:doseMin 1.5 .\n\
         # 最后\n"
    );
    let expected = "# 文件头\n# 也在头上\n\n@prefix jy: <urn:jiuyi:ontology:> .\n@prefix sym: <urn:jiuyi:symptom:> .\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n\n\
        sym:a a jy:Symptom ;\n    jy:doseMin 1.5 ; jy:doseMax 9 ;\n    jy:zzz ( 1 \"x\" [ jy:b 2 ] ) .\n\n\
        # 属于 b\n# 里面\n# 行尾\nsym:b a jy:Symptom ;\n    skos:altLabel \"乙\"@zh , \"甲\"@zh ;\n    jy:source <urn:x> ; jy:review jy:draft ;\n    \
        jy:hasSymptom [ jy:symptom sym:a ; jy:review jy:draft ] ;\n    jy:hasSymptom [ jy:symptom sym:c ] .\n\n# 最后\n";
    assert_eq!(laid_out(&text).unwrap(), expected);
    assert_eq!(laid_out(expected).unwrap(), expected);
}

#[test]
fn what_cannot_be_ordered_is_refused_with_its_line() {
    for (text, code, line) in [
        ("sym:a jy:b _:x .\n", "KB024", 6),
        ("\n[] jy:b 1 .\n", "KB024", 7),
        ("@base <urn:x> .\n", "KB024", 6),
        ("sym:a jy:b 1 ;\n jy:c 咳 .\n", "KB001", 7),
    ] {
        let fault = laid_out(&format!("{HEAD}{text}")).unwrap_err();
        assert_eq!((fault.code, fault.line), (code, line), "{text}: {fault}");
    }
    assert_eq!(laid_out("").unwrap(), "");
    assert_eq!(laid_out("# 只有注释\r\n").unwrap(), "# 只有注释\n");
}

#[test]
fn what_is_said_of_a_subject_in_two_places_comes_together() {
    let text =
        format!("{HEAD}sym:a a jy:Symptom .\nsym:b a jy:Symptom .\n# 还有\nsym:a jy:question \"？\"@zh .\n");
    let expected = "# 还有\nsym:a a jy:Symptom ;\n    jy:question \"？\"@zh .\n\nsym:b a jy:Symptom .\n";
    assert!(laid_out(&text).unwrap().ends_with(expected));
}

#[test]
fn a_file_out_of_order_is_a_reminder_at_the_first_line_that_differs() {
    let text = "@prefix sym: <urn:jiuyi:symptom:> .\n\nsym:b a sym:c .\n\nsym:a a sym:c .\n".to_owned();
    let file =
        |text: &str| Sources::from_files(vec![Source { name: "graph/a.ttl".into(), text: text.into() }]);
    let faults = check(&file(&text));
    assert_eq!(faults.iter().map(|f| (f.line, f.code)).collect::<Vec<_>>(), [(3, "KB023")]);
    assert_eq!(check(&file(&laid_out(&text).unwrap())), []);
}

#[test]
fn every_shipped_file_is_in_canonical_layout() {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources = Sources::read(data, &["graph", "herbs"], &["ttl"]).unwrap();
    assert!(sources.files().len() > 40);
    for file in sources.files() {
        let once = canonical(file).unwrap_or_else(|fault| panic!("{fault}"));
        let twice = canonical(&Source { name: file.name.clone(), text: once.clone() }).unwrap();
        assert_eq!(once, twice, "{}", file.name);
    }
    assert_eq!(check(&sources), []);
}

fn value() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        Just("sym:a".to_owned()),
        Just("dept:03.01".to_owned()),
        Just("true".to_owned()),
        (-9i32..99).prop_map(|n| n.to_string()),
        (0u32..99).prop_map(|n| format!("{n}.5")),
        "[甲乙a#;.,\\[\\]' ]{0,6}".prop_map(|s| format!("\"{s}\"@zh")),
        "(?:[甲乙a#;.\n]|\"{1,2}[甲a]){0,5}x".prop_map(|s| format!("\"\"\"{s}\"\"\"")),
        Just("'a\\'b'^^jy:t".to_owned()),
        Just("<urn:x#y>".to_owned()),
    ];
    plain.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec((name(), inner.clone()), 0..4).prop_map(|all| {
                let all: Vec<String> =
                    all.into_iter().map(|(name, value)| format!("{name} {value}")).collect();
                format!("[{}]", all.join(" ;"))
            }),
            prop::collection::vec(inner, 0..3).prop_map(|all| format!("({})", all.join(" "))),
        ]
    })
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "skos:prefLabel",
        "skos:altLabel",
        "jy:source",
        "jy:review",
        "jy:hasSymptom",
        "jy:other",
        "jy:doseMin",
        "jy:doseMax",
    ])
}

fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", "\n", " # 注。 ; [\n", "\r\n\t", "  "])
}

fn file() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["sym:a", "sym:b", "dept:03.01", "<urn:z>"]);
    let statement = (key, prop::collection::vec((name(), value(), gap(), gap()), 1..5), gap());
    prop::collection::vec(statement, 0..6).prop_map(|statements| {
        let mut text = "@prefix dept: <urn:jiuyi:department:> .\n".to_owned() + HEAD;
        for (key, properties, end) in statements {
            text.push_str(key);
            for (at, (name, value, before, after)) in properties.into_iter().enumerate() {
                let mark = if at == 0 { " " } else { " ;" };
                text.extend([mark, before, name, after, &*value]);
            }
            text.extend([" .", end]);
        }
        text
    })
}

proptest! {
    #[test]
    fn laying_out_twice_is_laying_out_once_and_keeps_every_triple(text in file()) {
        let once = laid_out(&text).map_err(|fault| TestCaseError::fail(format!("{fault}\n{text}")))?;
        prop_assert_eq!(same::triples(&once), same::triples(&text));
        prop_assert_eq!(laid_out(&once).unwrap(), once.clone());
        prop_assert_eq!(once.matches("# 注。").count(), text.matches("# 注。").count(), "no comment is lost");
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z:@#<>\"'.;,\\[\\]()\\\\ \n甲_^]{0,60}") {
        let _ = laid_out(&text);
        let _ = token::tokens(&text);
        let _ = parse::document(&text);
    }
}
