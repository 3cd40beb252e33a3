//! A release of the size of the outside disease table: time to load, memory, and time to rank.
//!
//! Three graphs: the shipped one with what `kb::import` makes of the table (where `../shared/bench` is there), the same
//! with the incomplete rows as well, filled up with symptoms drawn from the table, and a made-up one of 14,336 diseases.
#![expect(clippy::panic, reason = "a bench without its data cannot go on")]

use std::{
    fs,
    hint::black_box,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use engine::{Engine, Profile, Sex, release};
use kb::{
    ConceptKind, Kb, Source, Sources,
    import::{Import, Mapping, Table, import},
    sample::{self, Draw},
    search::Search,
};
use nlp::Extractor;

const N_QUERIES: usize = 20_000;
const N_DIALOGUES: usize = 300;
const TABLE_SIZE: usize = 14_336;

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shipped = release::sources(&root.join("data")).unwrap_or_else(|faults| panic!("{faults:?}"));
    let mut out = io::stdout().lock();
    measure(&mut out, "shipped", &shipped)?;
    let table = root.join("../shared/bench/kg/disease.csv");
    match fs::read_to_string(&table) {
        Ok(text) => {
            let begun = Instant::now();
            let import = imported(&root, &shipped, &text);
            writeln!(
                out,
                "import: {} rows in {:.2?}; new {}, incomplete {}, added to {}, new symptoms {}",
                import.n_rows,
                begun.elapsed(),
                import.n_diseases.0,
                import.n_diseases.1,
                import.n_diseases.2,
                import.n_symptoms
            )?;
            for (outcome, n) in import.counts() {
                writeln!(out, "  {:12} {n}", outcome.name())?;
            }
            measure(&mut out, "imported", &together(&shipped, &import, false))?;
            measure(&mut out, "all rows", &together(&shipped, &import, true))?;
        }
        Err(_) => writeln!(out, "no {}", table.display())?,
    }
    let made_up = sample::sources(TABLE_SIZE, 2_000);
    measure_graph(&mut out, "made up", &made_up)?;
    Ok(())
}

fn imported(root: &Path, shipped: &Sources, text: &str) -> Import {
    let base = Kb::compile(shipped).unwrap_or_else(|faults| panic!("{faults:?}"));
    let file = root.join("engine/benches/disease-table.toml");
    let mapping = fs::read_to_string(file).unwrap_or_else(|error| panic!("{error}"));
    let mapping =
        Mapping::read("disease-table.toml", &mapping, &base).unwrap_or_else(|faults| panic!("{faults:?}"));
    let table =
        Table::read("disease.csv", text, mapping.format).unwrap_or_else(|faults| panic!("{faults:?}"));
    import(&base, &mapping, &table)
}

/// The shipped files with the drafts; with `all`, also the rows that have too few symptoms, filled up.
fn together(shipped: &Sources, import: &Import, all: bool) -> Sources {
    let mut files: Vec<Source> = shipped.files().to_vec();
    files.extend(import.files.iter().filter(|file| file.name.starts_with("graph/")).cloned());
    if all {
        let text = &import.files.iter().find(|file| file.name == "incomplete.ttl").map(|f| &f.text);
        files.push(Source {
            name: "graph/imported/filled.ttl".into(),
            text: filled(text.map_or("", |t| t), shipped),
        });
    }
    Sources::from_files(files)
}

/// Five more symptoms of the shipped graph for each incomplete disease.
fn filled(text: &str, shipped: &Sources) -> String {
    let symptoms = shipped.files().iter().filter(|file| file.name.starts_with("graph/symptoms"));
    let keys: Vec<&str> = symptoms
        .flat_map(|file| file.text.lines())
        .filter(|line| line.starts_with("sym:") && line.contains(" a jy:Symptom"))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut draw = Draw::new(7);
    let mut out = String::with_capacity(text.len() * 2);
    let mut own = String::new();
    for line in text.lines() {
        own.push_str(line);
        own.push('\n');
        if line.trim() == "." {
            let cut = own.trim_end().trim_end_matches('.').len();
            own.truncate(cut);
            for symptom in draw.some(5, keys.len()) {
                let key = keys[symptom];
                if !own.contains(&format!("{key} ;")) {
                    own.extend([
                        "    ;\n    jy:hasSymptom [ jy:symptom ",
                        key,
                        " ; jy:frequency jy:occasional ; jy:source src:bench-disease-table ; jy:review jy:draft ]\n",
                    ]);
                }
            }
            out.push_str(&own);
            out.push_str("    .\n");
            own.clear();
        }
    }
    out
}

fn measure(out: &mut impl Write, name: &str, sources: &Sources) -> io::Result<()> {
    measure_graph(out, name, sources)?;
    let before = resident_mib();
    let begun = Instant::now();
    let engine =
        Engine::compile(sources).unwrap_or_else(|faults| panic!("{:#?}", &faults[..faults.len().min(20)]));
    let took = begun.elapsed();
    writeln!(
        out,
        "{name:10} whole engine loads in {took:.2?}, +{} MiB",
        resident_mib().saturating_sub(before)
    )?;
    let kb = engine.kb();
    let mut draw = Draw::new(3);
    let mut times = Vec::new();
    let mut n_suspects = 0;
    for _ in 0..N_DIALOGUES {
        let mut dialogue = engine.open(Profile { age_months: 500, sex: Some(Sex::Female) });
        let said: Vec<&str> = draw
            .some(3, kb.symptoms.len())
            .into_iter()
            .map(|symptom| kb.concept(kb.symptoms[symptom].id).label.as_str())
            .collect();
        engine.answer(&mut dialogue, &said.join("，"));
        let begun = Instant::now();
        n_suspects += black_box(engine.differential(black_box(&dialogue))).len();
        times.push(begun.elapsed());
    }
    percentiles(out, name, &format!("differential with reasons ({n_suspects} suspects)"), &mut times)
}

fn measure_graph(out: &mut impl Write, name: &str, sources: &Sources) -> io::Result<()> {
    let n_bytes: usize = sources.files().iter().map(|file| file.text.len()).sum();
    let before = resident_mib();
    let begun = Instant::now();
    let kb = Kb::compile(sources).unwrap_or_else(|faults| panic!("{:#?}", &faults[..faults.len().min(20)]));
    let graph = begun.elapsed();
    let after = resident_mib().saturating_sub(before);
    let begun = Instant::now();
    black_box(Extractor::new(&kb).unwrap_or_else(|faults| panic!("{faults:?}")));
    let extractor = begun.elapsed();
    let begun = Instant::now();
    black_box(Search::build(&kb).unwrap_or_else(|faults| panic!("{faults:?}")));
    let search = begun.elapsed();
    let n_names: usize = kb.concepts.iter().map(|concept| concept.names.len()).sum();
    let n_symptoms = kb.concepts.iter().filter(|concept| concept.kind == ConceptKind::Symptom).count();
    writeln!(
        out,
        "\n{name:10} {} diseases, {n_symptoms} symptoms, {n_names} other names, {} edges ({} compiled), {} triples, {} KiB\n\
         {name:10} graph {graph:.2?} (+{after} MiB), reader {extractor:.2?}, search {search:.2?}",
        kb.diseases.len(),
        kb.edges.len(),
        kb.index.len(),
        kb.store.len().unwrap_or(0),
        n_bytes / 1024,
    )?;
    let mut draw = Draw::new(11);
    let (mut times, mut common) = (Vec::new(), Vec::new());
    let mut by_reach: Vec<usize> = (0..kb.symptoms.len()).collect();
    by_reach.sort_by_key(|symptom| std::cmp::Reverse(kb.index.diseases_of(*symptom).len()));
    for _ in 0..N_QUERIES {
        let random = draw.some(3, kb.symptoms.len());
        let frequent: Vec<usize> = draw.some(3, 30).into_iter().map(|at| by_reach[at]).collect();
        for (symptoms, times) in [(random, &mut times), (frequent, &mut common)] {
            let begun = Instant::now();
            black_box(kb.index.rank(black_box(&symptoms), &[], 20));
            times.push(begun.elapsed());
        }
    }
    percentiles(out, name, "top 20 of 3 random symptoms", &mut times)?;
    percentiles(out, name, "top 20 of 3 out of the 30 commonest", &mut common)
}

fn percentiles(out: &mut impl Write, name: &str, what: &str, times: &mut [Duration]) -> io::Result<()> {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    writeln!(out, "{name:10} {what}: p50 {:.1?}, p99 {:.1?}, max {:.1?}", at(50), at(99), at(100))
}

/// Memory of this process; 0 where the system does not say.
fn resident_mib() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096 / (1 << 20)
}
