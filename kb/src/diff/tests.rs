use super::{Change, Diff, FileKind, Topic};
use crate::{Source, Sources, sample};

fn file(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

/// The made-up graph after an edit, with other files.
fn edited(edit: impl Fn(String) -> String, more: &[(&str, &str)]) -> Sources {
    let text = sample::sources(3, 6).files()[0].text.clone();
    let mut files = vec![file("graph/sample.ttl", &edit(text))];
    files.extend(more.iter().map(|(name, text)| file(name, text)));
    Sources::from_files(files)
}

fn items(diff: &Diff) -> Vec<String> {
    let subjects = diff.subjects.iter();
    subjects.flat_map(|s| s.items.iter().map(move |item| format!("{} {item}", s.label))).collect()
}

#[test]
fn the_same_files_do_not_differ_and_layout_does_not_count() {
    let base = edited(|text| text, &[]);
    assert!(Diff::of(&base, &base).is_empty());
    let spaced = edited(|text| text.replace(" ;\n", "  ;\n\n"), &[]);
    let diff = Diff::of(&base, &spaced);
    assert!(diff.is_empty(), "{diff:#?}");
    assert_eq!(diff.reformatted, ["graph/sample.ttl"]);
}

#[test]
fn names_edges_and_frequencies_are_told_apart() {
    let base = edited(|text| text, &[]);
    let marker = "jy:symptom sym:g";
    let first = base.files()[0].text.split("dis:g1 a ").nth(1).unwrap().to_owned();
    let symptom = &first.split(marker).nth(1).unwrap()[..1];
    let frequency = first.split("jy:frequency jy:").nth(1).unwrap().split(' ').next().unwrap();
    let other = if frequency == "rare" { "obligate" } else { "rare" };
    let change = |text: String| {
        let text = text.replace("\"病2\"", "\"病二\"");
        let text = text.replace("\"症3\"@zh ;", "\"症3\"@zh ; skos:altLabel \"症叁\"@zh ;");
        let (head, tail) = text.split_once("dis:g1 a ").unwrap();
        let tail =
            tail.replacen(&format!("jy:frequency jy:{frequency}"), &format!("jy:frequency jy:{other}"), 1);
        format!("{head}dis:g1 a {tail}")
    };
    let diff = Diff::of(&base, &edited(change, &[]));
    let told = items(&diff);
    assert!(told.contains(&"病二 ~ 名称：病2 → 病二".to_owned()), "{told:#?}");
    assert!(told.contains(&"症3 + 别名：症叁".to_owned()), "{told:#?}");
    let edge = told.iter().find(|line| line.contains("frequency")).unwrap();
    assert!(edge.starts_with(&format!("病1 ~ jy:hasSymptom·jy:frequency 症{symptom}：")), "{edge}");
    assert_eq!(
        (diff.count(Topic::Frequency, Change::Changed), diff.count(Topic::Edge, Change::Added)),
        (1, 0)
    );
    assert_eq!(diff.count_subjects(Change::Changed), 3);
}

#[test]
fn whole_concepts_come_and_go_with_all_they_have() {
    let base = edited(|text| text, &[]);
    let diff = Diff::of(&base, &sample::sources(4, 6));
    let added: Vec<_> = diff.subjects.iter().filter(|subject| subject.change == Change::Added).collect();
    assert_eq!(added.iter().map(|subject| subject.key.as_str()).collect::<Vec<_>>(), ["dis:g3"]);
    assert!(added[0].items.iter().all(|item| item.change() == Change::Added));
    let back = Diff::of(&sample::sources(4, 6), &base);
    let gone = back.subjects.iter().find(|subject| subject.key == "dis:g3").unwrap();
    assert_eq!((gone.change, gone.items.len()), (Change::Removed, added[0].items.len()));
}

#[test]
fn files_beside_the_graph_are_named_with_their_lines() {
    let old = edited(
        |text| text,
        &[("articles/a.md", "---\ntitle: 咳嗽\n---\n一\n二\n"), ("lexicon/x.tsv", "1\n")],
    );
    let new = edited(
        |text| text,
        &[("articles/a.md", "---\ntitle: 咳嗽\n---\n一\n三\n四\n"), ("rules/r.md", "x\n")],
    );
    let diff = Diff::of(&old, &new);
    let told: Vec<_> = diff.files.iter().map(|f| (f.kind, f.change, f.added, f.removed)).collect();
    assert_eq!(
        told,
        [
            (FileKind::Article, Change::Changed, 2, 1),
            (FileKind::Lexicon, Change::Removed, 0, 1),
            (FileKind::Rule, Change::Added, 1, 0)
        ]
    );
    assert_eq!(diff.files[0].title.as_deref(), Some("咳嗽"));
}
