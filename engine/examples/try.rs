use std::io::BufRead;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let e = match engine::Engine::load(std::path::Path::new("data")) {
        Ok(e) => e,
        Err(f) => {
            for x in f.iter().take(60) {
                println!("{x}")
            }
            println!("{}", f.len());
            return;
        }
    };
    println!("load {:?}", t.elapsed());
    let sex = match a[2].as_str() {
        "女" => Some(engine::Sex::Female),
        "男" => Some(engine::Sex::Male),
        _ => None,
    };
    let mut d = e.open(engine::Profile { age_months: a[1].parse().unwrap(), sex });
    let mut lines = std::io::stdin().lock().lines();
    while let Some(q) = d.pending() {
        println!("[{}|{}] {}  {:?}", q.section, q.key, q.text, q.options);
        let ans = lines.next().map(|l| l.unwrap()).unwrap_or_else(|| {
            if q.key.starts_with("warn") {
                "继续填写".into()
            } else if q.options.iter().any(|o| o == "没有") {
                "没有".into()
            } else if q.options.iter().any(|o| o == "都没有") {
                "都没有".into()
            } else {
                "不清楚".into()
            }
        });
        println!("  > {ans}");
        let t = std::time::Instant::now();
        let o = e.answer(&mut d, &ans);
        println!("    {:?} {:?}", t.elapsed(), o);
    }
    let r = e.record(&d);
    println!("主诉 {}", r.chief_complaint.text);
    for s in &r.sections {
        println!("{}：{}", s.title, s.text());
    }
    for c in &r.contradictions {
        println!("!! {}", c.text)
    }
    let tr = e.triage(&d);
    println!("{} {} {:?}", tr.label, tr.reason, tr.flags.iter().map(|f| f.label.clone()).collect::<Vec<_>>());
    for s in e.differential(&d) {
        println!(
            "{:.3} {} {:?} +{:?} -{:?} ?{:?}",
            s.probability,
            s.label,
            s.departments,
            s.supporting.iter().map(|r| format!("{}{:.1}", r.label, r.weight)).collect::<Vec<_>>(),
            s.conflicting.iter().map(|r| format!("{}{:.1}", r.label, r.weight)).collect::<Vec<_>>(),
            s.unasked.iter().map(|r| r.label.clone()).collect::<Vec<_>>()
        );
    }
}
