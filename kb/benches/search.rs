//! Search over fifty thousand articles made at run time from parts, on the shipped graph.
//!
//! Prints what compiling and indexing take in time and memory, and percentiles over single searches, with and without
//! filters, and over completions. `N_ARTICLES=700` tries another size.
#![expect(clippy::panic, reason = "a bench without its data cannot go on")]
#![expect(clippy::disallowed_methods, reason = "the size is asked of the environment")]

use std::{
    env, fs,
    hint::black_box,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use kb::{
    Audience, ConceptKind, Kb, Source, Sources,
    search::{Request, Search},
};

const N_ARTICLES: usize = 50_000;
const N_QUESTIONS: usize = 4_000;
const EVERYDAY: [&str; 12] = [
    "娃娃半夜咳得厉害怎么办",
    "老人尿不出来",
    "小囡拉肚子吃什么",
    "痛风能吃海鲜伐",
    "怀孕腿抽筋",
    "一坐地铁就心慌",
    "tongfeng chishenme",
    "感帽了发烧怎么办",
    "最近总是睡不着，夜里醒好几趟，白天没力气，头也昏，是不是要去医院看看",
    "膝盖上下楼疼能不能跑步锻炼",
    "早上起来腰酸背痛坐久了更厉害怎么预防",
    "今朝天气哪能",
];
const PHRASES: [&str; 24] = [
    "平时注意保暖和休息",
    "流行的时候少去人多的地方",
    "回家先洗手再抱孩子",
    "三餐按时，七八分饱就好",
    "少喝浓茶、咖啡和酒",
    "多吃新鲜蔬菜和豆制品",
    "急性期不吃海鲜和动物内脏",
    "每天散步半小时左右",
    "以第二天不觉得累为准",
    "好转以后再慢慢加量",
    "睡前少看手机，卧室安静",
    "夜里不舒服就把枕头垫高一些",
    "衣服宽松透气，出汗及时换",
    "把每次发作的时间记下来",
    "按医生的安排复查",
    "不要自己随便加药停药",
    "老人、孩子和孕妇要更早去看",
    "几天不见好就去医院",
    "突然加重请拨打 120",
    "黄梅天注意除湿",
    "空调不要直对着吹",
    "坐久了站起来活动颈肩",
    "喝水少量多次，不等口渴再喝",
    "情绪放松，和家里人说说",
];

/// A fixed sequence that looks like chance.
struct Mixed(u64);

impl Mixed {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let n_articles = env::var("N_ARTICLES").ok().and_then(|n| n.parse().ok()).unwrap_or(N_ARTICLES);
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let graph = Sources::read(data, &["graph", "lexicon"], &["ttl", "tsv"])?;
    let kb = compiled(&graph);
    let mut files: Vec<Source> = graph.files().to_vec();
    files.extend((0..n_articles).map(|number| article(&kb, number)));
    let n_bytes: usize = files[graph.files().len()..].iter().map(|file| file.text.len()).sum();
    writeln!(out, "{n_articles} articles, {} MB of text, {} diseases", n_bytes >> 20, kb.diseases.len())?;
    // The general dictionary is read once for the life of a program.
    Search::build(&kb).unwrap_or_else(|faults| panic!("{faults:?}"));

    let sources = Sources::from_files(files);
    let begun = Instant::now();
    let bare = compiled(&graph);
    let bare_time = begun.elapsed();
    drop(bare);
    let before = resident_mb();
    let begun = Instant::now();
    let kb = compiled(&sources);
    let reading = begun.elapsed().saturating_sub(bare_time);
    drop(sources);
    let begun = Instant::now();
    let search = Search::build(&kb).unwrap_or_else(|faults| panic!("{faults:?}"));
    writeln!(
        out,
        "reading and checking articles {reading:.1?}, building the search {:.1?}",
        begun.elapsed()
    )?;
    writeln!(
        out,
        "memory {before} MB with all texts as files, {} MB with articles and search",
        resident_mb()
    )?;

    let questions = questions(&kb);
    for (name, department, audience) in [
        ("search", None, None),
        ("for children", None, Some(Audience::Child)),
        ("in one department", Some("03.04"), None),
        ("everyday", None, None),
    ] {
        let asked = if name == "everyday" {
            EVERYDAY.repeat(50).into_iter().map(str::to_owned).collect()
        } else {
            questions.clone()
        };
        let mut times: Vec<Duration> = asked
            .iter()
            .map(|text| {
                let request = Request { text, department, audience, limit: 10, ..Request::default() };
                let begun = Instant::now();
                black_box(search.find(&kb, black_box(&request)));
                begun.elapsed()
            })
            .collect();
        print(&mut out, name, &mut times)?;
    }
    let mut times: Vec<Duration> = questions
        .iter()
        .take(1_000)
        .flat_map(|text| {
            let chars: Vec<char> = text.chars().take(4).collect();
            (1..=chars.len()).map(move |n| chars[..n].iter().collect::<String>()).collect::<Vec<_>>()
        })
        .map(|typed| {
            let begun = Instant::now();
            black_box(search.suggest(&kb, black_box(&typed), 8));
            begun.elapsed()
        })
        .collect();
    print(&mut out, "completions", &mut times)?;
    let mut times: Vec<Duration> = (0..1_000)
        .map(|number| {
            let begun = Instant::now();
            black_box(search.related(&kb, black_box(number * 37 % n_articles), 6));
            begun.elapsed()
        })
        .collect();
    print(&mut out, "related", &mut times)
}

fn compiled(sources: &Sources) -> Kb {
    Kb::compile(sources).unwrap_or_else(|faults| {
        let first: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
        panic!("{}", first.join("\n"))
    })
}

/// An article like those people write: on a disease, in the words of its symptoms.
fn article(kb: &Kb, number: usize) -> Source {
    let mut mixed = Mixed(number as u64 + 1);
    for _ in 0..4 {
        mixed.below(2);
    }
    let position = number % kb.diseases.len();
    let disease = &kb.diseases[position];
    let concept = kb.concept(disease.id);
    let symptoms: Vec<&str> = kb
        .index
        .symptoms_of(position)
        .iter()
        .map(|link| {
            let symptom = kb.concept(kb.symptoms[link.symptom as usize].id);
            let names: Vec<&String> = std::iter::once(&symptom.label).chain(&symptom.names).collect();
            mixed.of(&names).as_str()
        })
        .collect();
    let label: String = concept.label.chars().take(12).collect();
    let mut text = format!(
        "---\ntitle: {label}{number}\nabout: {}\nfor: {}\nseason: \nkeywords: {}怎么办|{}要紧吗{number}|{label}吃什么\nsource: src:authored-2026\nreview: draft\nwritten: 2026-11-23\n---\n",
        concept.key,
        mixed.of(&["", "儿童", "成人", "老人", "成人|老人"]),
        symptoms[0],
        mixed.of(&symptoms),
    );
    for (heading, _) in kb::Part::NAMES {
        text.push_str("## ");
        text.push_str(heading);
        text.push('\n');
        if heading == "概念" {
            text.push_str(&disease.definition);
        }
        for _ in 0..3 {
            let (a, b, c) = (mixed.of(&symptoms), mixed.of(&PHRASES), mixed.of(&PHRASES));
            text.extend([a, "的时候", b, "，", c, "。"]);
        }
        text.push('\n');
    }
    Source { name: format!("articles/a{number}.md"), text }
}

fn questions(kb: &Kb) -> Vec<String> {
    let mut mixed = Mixed(7);
    let names: Vec<&String> = kb
        .concepts
        .iter()
        .filter(|concept| matches!(concept.kind, ConceptKind::Symptom | ConceptKind::Disease))
        .flat_map(|concept| std::iter::once(&concept.label).chain(&concept.names))
        .collect();
    (0..N_QUESTIONS)
        .map(|number| {
            let who = mixed.of(&["", "", "娃娃", "老人", "怀孕", "我爸"]);
            let ends = ["怎么办", "吃什么好", "", "夜里厉害要不要去医院", "能不能运动", "是什么原因"];
            let end = mixed.of(&ends);
            let (a, b) = (mixed.of(&names), mixed.of(&names));
            if number % 3 == 0 { format!("{who}{a}，还{b}{end}") } else { format!("{who}{a}{end}") }
        })
        .collect()
}

fn print(out: &mut impl Write, name: &str, times: &mut [Duration]) -> io::Result<()> {
    times.sort_unstable();
    let at = |permille: usize| times[(times.len() - 1) * permille / 1_000];
    writeln!(
        out,
        "{name:18} p50 {:>9.1?}  p90 {:>9.1?}  p99 {:>9.1?}  max {:>9.1?}",
        at(500),
        at(900),
        at(990),
        at(1_000)
    )
}

/// Resident memory as Linux tells it; 0 elsewhere.
fn resident_mb() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) >> 10
}
