fn main() {
    let t = std::time::Instant::now();
    let s = kb::Sources::read(std::path::Path::new("data"), &["graph", "lexicon"], &["ttl", "tsv"]).unwrap();
    match kb::Kb::compile(&s) {
        Ok(k) => println!(
            "ok {} concepts {} edges {} diseases {:?} {} warnings",
            k.concepts.len(),
            k.index.len(),
            k.diseases.len(),
            t.elapsed(),
            k.warnings.len()
        ),
        Err(f) => {
            for x in f.iter().take(40) {
                println!("{x}");
            }
            println!("{}", f.len());
        }
    }
}
