//! Publishing, activating and following, on both databases.

use std::{sync::LazyLock, time::Duration};

use engine::{Current, Engine, release};
use kb::{Source, Sources};
use platform::{
    App, audit,
    db::test_support::{Bench, on_each_database},
    on_tx,
};

use crate::{
    KnowledgeError, Releases, Step,
    model::{Author, Release, ReleaseState},
    service::{self, ask_within},
    store,
};

/// The shipped files.
static SHIPPED: LazyLock<Sources> = LazyLock::new(|| {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data");
    release::sources(data.as_ref()).unwrap_or_else(|faults| panic!("{faults:?}"))
});

fn author() -> Author<'static> {
    Author::operator("测试")
}

/// The shipped files after an edit of one of them.
fn edited(name: &str, edit: impl Fn(&str) -> String) -> Sources {
    let mut is_there = false;
    let file = |file: &Source| {
        is_there |= file.name == name;
        let text = if file.name == name { edit(&file.text) } else { file.text.clone() };
        Source { name: file.name.clone(), text }
    };
    let files = SHIPPED.files().iter().map(file).collect();
    assert!(is_there, "{name}");
    Sources::from_files(files)
}

/// The shipped files with one more everyday word for a symptom.
fn newer() -> Sources {
    edited("graph/symptoms.ttl", |text| {
        let changed = text.replacen("skos:altLabel ", "skos:altLabel \"新近的说法\"@zh , ", 1);
        assert_ne!(changed, text);
        changed
    })
}

fn node(app: &App, sources: &Sources) -> Releases {
    let engine = Engine::compile(sources).unwrap_or_else(|faults| panic!("{faults:?}"));
    Releases::new(app.clone(), Current::new(engine.into()))
}

fn in_use(node: &Releases) -> String {
    node.current().load().kb().release.clone()
}

#[tokio::test]
async fn a_release_is_published_once_activated_and_followed_by_other_nodes() {
    on_each_database(&[people::migrations, crate::migrations], async |bench| {
        let (one, two) = (node(bench, &SHIPPED), node(bench, &SHIPPED));
        let first = service::publish_files(&one, SHIPPED.clone(), &author(), "第一版").await.unwrap();
        assert!(first.is_new);
        assert_eq!(first.release, in_use(&one));
        let again = service::publish_files(&one, SHIPPED.clone(), &author(), "又一次").await.unwrap();
        assert_eq!((again.is_new, &again.release), (false, &first.release));
        service::activate(&one, &first.release, &author()).await.unwrap();
        assert_eq!(one.find_sources(&first.release).await.unwrap().unwrap(), *SHIPPED, "to the byte");

        let second = service::publish_files(&one, newer(), &author(), "新词").await.unwrap();
        assert_eq!(two.follow_once().await.unwrap(), Step::Same, "published is not yet in use");
        two.look_ahead().await.unwrap();
        // A request that is under way goes on with what it began with.
        let under_way = two.current().load();
        service::activate(&one, &second.release[..10], &author()).await.unwrap();
        assert_eq!(in_use(&one), second.release);
        let release = second.release.clone();
        assert_eq!(two.follow_once().await.unwrap(), Step::Swapped { release });
        assert_eq!((in_use(&two), &under_way.kb().release), (second.release.clone(), &first.release));
        assert_eq!(two.follow_once().await.unwrap(), Step::Same);

        let states: Vec<_> =
            service::list(&one).await.unwrap().into_iter().map(|r| (r.note, r.state)).collect();
        assert!(states.contains(&("第一版".to_owned(), ReleaseState::Past)), "{states:?}");
        assert!(states.contains(&("新词".to_owned(), ReleaseState::InUse)), "{states:?}");
        // As of the first one.
        let past = two.find(&first.release).await.unwrap().unwrap();
        assert!(std::sync::Arc::ptr_eq(&past, &under_way), "kept, not compiled again");
        assert!(two.find(&"0".repeat(64)).await.unwrap().is_none());
        let diff = service::diff(&one, &first.release, &second.release).await.unwrap();
        assert_eq!((diff.subjects.len(), diff.files.len()), (1, 0));
        assert_eq!(diff.subjects[0].items[0].after.as_deref(), Some("新近的说法"));
        assert_eq!(audit::verify(&bench.db).await.unwrap(), audit::Verdict::Intact { rows: 4 });
    })
    .await;
}

#[tokio::test]
async fn faulty_edits_are_refused_with_their_place_and_the_last_good_release_stays() {
    on_each_database(&[people::migrations, crate::migrations], async |bench| {
        let node = node(bench, &SHIPPED);
        service::publish_files(&node, SHIPPED.clone(), &author(), "第一版").await.unwrap();
        service::activate(&node, &in_use(&node), &author()).await.unwrap();
        let before = in_use(&node);
        let head =
            "@prefix sym: <urn:jiuyi:symptom:> .\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n";
        let add = |more: &'static str| edited("graph/risks.ttl", move |text| format!("{text}\n{head}{more}"));
        let line = |n: usize| {
            let risks = SHIPPED.files().iter().find(|file| file.name == "graph/risks.ttl").unwrap();
            u32::try_from(risks.text.matches('\n').count() + 1 + 2 + n).unwrap()
        };
        let cycle = add("sym:cough skos:broader sym:fever .\nsym:fever skos:broader sym:cough .\n");
        let dangling = add("sym:cough\n  skos:broader sym:nowhere .\n");
        let syntax = add("sym:cough skos:altLabel 咳 .\n");
        let labels = add("sym:cough skos:prefLabel \"第二个名称\"@zh .\n");
        let class = edited("graph/symptoms.ttl", |text| text.replacen("a jy:Symptom ;", "a jy:Sympton ;", 1));
        let cases = [
            (cycle, "KB007", "graph/", None),
            (dangling, "KB004", "graph/risks.ttl", Some(line(2))),
            (syntax, "KB001", "graph/risks.ttl", Some(line(1))),
            (labels, "KB005", "graph/", None),
            (class, "KB002", "graph/symptoms.ttl", None),
        ];
        for (sources, code, file, line) in cases {
            let refused = service::publish_files(&node, sources, &author(), "坏的").await.unwrap_err();
            let KnowledgeError::Refused(faults) = refused else { panic!("{code}: {refused}") };
            let found = faults
                .iter()
                .find(|fault| fault.code == code)
                .unwrap_or_else(|| panic!("{code}: {faults:?}"));
            assert!(found.file.starts_with(file) && found.line > 0, "{found}");
            assert!(line.is_none_or(|line| line == found.line), "{found}, not line {line:?}");
        }
        assert_eq!(node.follow_once().await.unwrap(), Step::Same);
        assert_eq!((in_use(&node), service::list(&node).await.unwrap().len()), (before, 1));
    })
    .await;
}

#[tokio::test]
async fn a_release_that_does_not_compile_here_or_was_altered_never_comes_into_use() {
    on_each_database(&[people::migrations, crate::migrations], async |bench| {
        let node = node(bench, &SHIPPED);
        let before = in_use(&node);
        // As if a newer program had published it.
        let strange = edited("graph/symptoms.ttl", |text| text.replace("a jy:Symptom ;", "a jy:NewClass ;"));
        let release = stored(bench, &strange).await;
        let refused = service::activate(&node, &release, &author()).await.unwrap_err();
        assert!(matches!(refused, KnowledgeError::Refused(_)), "{refused}");
        // Another node, of a newer version, put it into use.
        activated(bench, 1, &release).await;
        assert!(matches!(node.follow_once().await.unwrap(), Step::Refused { .. }));
        assert_eq!(node.follow_once().await.unwrap(), Step::Same, "it is not tried again and again");
        assert_eq!(in_use(&node), before);

        let good = stored(bench, &newer()).await;
        let sql =
            "UPDATE knowledge_blob SET bytes = (SELECT bytes FROM knowledge_blob ORDER BY hash LIMIT 1)";
        let mut tx = bench.db.begin().await.unwrap();
        on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let altered = service::activate(&node, &good, &author()).await.unwrap_err();
        assert!(matches!(altered, KnowledgeError::Altered(_)), "{altered}");
        assert_eq!(in_use(&node), before);
    })
    .await;
}

/// Stores a release without any check.
async fn stored(bench: &Bench, sources: &Sources) -> String {
    let release = Release {
        hash: sources.hash(),
        note: "未经检查".into(),
        published_by: "别的节点".into(),
        published_at: bench.app.now(),
        n_files: 1,
        n_bytes: 1,
        state: ReleaseState::Published,
    };
    let mut tx = bench.db.begin().await.unwrap();
    store::insert_release(&mut tx, &release, &store::packed(sources).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    release.hash
}

async fn activated(bench: &Bench, seq: i64, release: &str) {
    let mut tx = bench.db.begin().await.unwrap();
    let activation = crate::model::Activation {
        seq,
        release: release.into(),
        activated_by: "别的节点".into(),
        activated_at: bench.app.now(),
    };
    assert!(store::insert_activation(&mut tx, &activation).await.unwrap());
    assert!(!store::insert_activation(&mut tx, &activation).await.unwrap(), "a number is taken once");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn many_activations_at_once_leave_one_in_use() {
    on_each_database(&[people::migrations, crate::migrations], async |bench| {
        let one = node(bench, &SHIPPED);
        let first = service::publish_files(&one, SHIPPED.clone(), &author(), "甲").await.unwrap().release;
        let second = service::publish_files(&one, newer(), &author(), "乙").await.unwrap().release;
        let author = author();
        let both = async |one: &Releases| {
            tokio::join!(
                service::activate(one, &first, &author),
                service::activate(one, &second, &author),
                service::activate(one, &first, &author),
                service::activate(one, &second, &author),
            )
        };
        let (a, b, c, d) = both(&one).await;
        for activation in [a, b, c, d] {
            activation.unwrap();
        }
        one.follow_once().await.unwrap();
        let log = service::list_activations(&one).await.unwrap();
        assert_eq!(in_use(&one), log[0].release);
        let numbers: Vec<i64> = log.iter().rev().map(|activation| activation.seq).collect();
        assert_eq!(numbers, (1..=i64::try_from(log.len()).unwrap()).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_node_starts_with_the_activated_release() {
    on_each_database(&[people::migrations, crate::migrations], async |bench| {
        let folder = bench.app.config.var_dir.join("data");
        written(&folder, &SHIPPED);
        let first = service::start(bench.app.clone(), &folder).await.unwrap();
        assert_eq!(in_use(&first.releases), SHIPPED.hash());
        assert_eq!(service::list(&first.releases).await.unwrap()[0].state, ReleaseState::InUse);

        // In a demo an edit shows after a restart; an operator's choice stays.
        written(&folder, &newer());
        let second = service::start(bench.app.clone(), &folder).await.unwrap();
        assert_eq!((in_use(&second.releases), second.notes.len()), (newer().hash(), 1));
        service::activate(&second.releases, &SHIPPED.hash(), &author()).await.unwrap();
        let third = service::start(bench.app.clone(), &folder).await.unwrap();
        assert_eq!(in_use(&third.releases), SHIPPED.hash());
        assert!(third.notes[0].contains("jiuyi release publish"), "{:?}", third.notes);

        // A folder that is broken stops nobody who has a release.
        std::fs::write(folder.join("graph/allergens.ttl"), "坏了").unwrap();
        let fourth = service::start(bench.app.clone(), &folder).await.unwrap();
        assert_eq!(in_use(&fourth.releases), SHIPPED.hash());
        assert!(fourth.notes[0].contains("graph/allergens.ttl:1"), "{:?}", fourth.notes);
    })
    .await;
}

fn written(folder: &std::path::Path, sources: &Sources) {
    for file in sources.files() {
        let path = folder.join(&file.name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_stopped_and_frees_its_place() {
    let bench = Bench::sqlite(&[people::migrations, crate::migrations]).await;
    let node = node(&bench, &SHIPPED);
    let product = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }".to_owned();
    for _ in 0..3 {
        let engine = node.current().load();
        let late = ask_within(&node, engine, product.clone(), Duration::from_millis(50)).await.unwrap_err();
        let KnowledgeError::Query(refusal) = late else { panic!("{late}") };
        assert_eq!(refusal.kind, kb::sparql::Kind::Cancelled);
    }
    let engine = node.current().load();
    let answer = service::ask(&node, engine, "ASK { sym:cough a jy:Symptom }".into()).await.unwrap();
    assert_eq!(answer, kb::sparql::Answer::Boolean(true));
}
