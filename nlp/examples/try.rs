use std::io::BufRead;
fn main() {
    let s = kb::Sources::read(std::path::Path::new("data"), &["graph", "lexicon"], &["ttl", "tsv"]).unwrap();
    let k = kb::Kb::compile(&s).unwrap_or_else(|f| {
        for x in f {
            println!("{x}")
        }
        panic!()
    });
    let e = match nlp::Extractor::new(&k) {
        Ok(e) => e,
        Err(f) => {
            for x in f {
                println!("{x}")
            }
            return;
        }
    };
    for l in std::io::stdin().lock().lines() {
        let l = l.unwrap();
        let x = e.extract(&l, nlp::Speaker::Patient);
        println!("# {l}");
        for f in &x.findings {
            println!(
                "   {} {:?} {:?} 「{}」 since={:?} sev={:?} rate={:?} side={:?} onset={:?} past={}",
                k.concept(f.concept).label,
                f.status,
                f.whose,
                f.span.of(&l),
                f.since.map(|p| (p.hours, p.is_point)),
                f.severity,
                f.rate.map(|r| (r, f.rate_span.map(|s| s.of(&l).to_string()))),
                f.side,
                f.onset,
                f.is_past
            );
        }
        for m in &x.measures {
            println!("   {:?}={}", m.kind, m.value);
        }
        if !x.predicates.is_empty() {
            println!("   preds {:?}", x.predicates)
        }
    }
}
