//! One file after the other: values, sections, and what must hold between articles.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use super::{
    Article, Audience, Season,
    front::{Front, Value, shown},
    sections,
};
use crate::{ConceptId, Fault, Review, Source, Sources};

const FOLDER: &str = "articles/";
const LONGEST_TITLE: usize = 24;
const N_KEYWORDS: (usize, usize) = (3, 6);
const LONGEST_KEYWORD: usize = 20;
const REVIEWS: [(&str, Review); 3] =
    [("draft", Review::Draft), ("reviewed", Review::Reviewed), ("rejected", Review::Rejected)];

/// Reads every `articles/*.md`, in the order of their names; `is_source` knows the sources of the graph.
pub(crate) fn read(
    sources: &Sources,
    by_key: &HashMap<String, ConceptId>,
    is_source: impl Fn(&str) -> bool,
    faults: &mut Vec<Fault>,
) -> Vec<Article> {
    let mut articles: Vec<Article> = Vec::new();
    let mut titles: BTreeMap<String, String> = BTreeMap::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let files = sources.files().iter().filter(|file| file.name.starts_with(FOLDER));
    for source in files.filter(|file| Path::new(&file.name).extension().is_some_and(|ending| ending == "md"))
    {
        let Some(front) = Front::read(source, faults) else { continue };
        let mut reader = Reader { source, front: &front, faults };
        let id = reader.id();
        let about = reader.about(by_key);
        let title = reader.title();
        let article = Article {
            audience: reader.list("for", &Audience::NAMES),
            seasons: reader.list("season", &Season::NAMES),
            keywords: reader.keywords(),
            source: reader.source(&is_source),
            review: reader.review(),
            written: reader.date("written"),
            reviewed: front.has("reviewed").then(|| reader.date("reviewed")),
            sections: sections::read(source, &front.body, faults),
            about: about.unwrap_or(ConceptId(0)),
            file: source.name.clone(),
            id,
            title,
        };
        let place = front.value("title");
        if let Some(other) = titles.insert(article.title.clone(), source.name.clone())
            && !article.title.is_empty()
        {
            let message = format!("标题“{}”与 {other} 相同", shown(&article.title));
            faults.push(
                at(source, place, "KB036", message).with_hint("标题里写出这篇讲的是什么，别与旁篇相同"),
            );
        }
        if let Some(other) = ids.insert(article.id.clone(), source.name.clone()) {
            let message = format!("文件名与 {other} 相同");
            faults.push(
                Fault::error(&source.name, 1, "KB036", message).with_hint("文件名是文章的编号，换一个"),
            );
        }
        if about.is_some() {
            articles.push(article);
        }
    }
    articles.sort_by(|a, b| a.id.cmp(&b.id));
    articles
}

fn at(source: &Source, value: Value<'_>, code: &'static str, message: String) -> Fault {
    Fault::error(&source.name, value.line, code, message).at_column(value.column)
}

struct Reader<'a> {
    source: &'a Source,
    front: &'a Front<'a>,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    /// A value that is missing altogether was reported already.
    fn fault(&mut self, key: &str, code: &'static str, message: String, hint: impl Into<String>) {
        if self.front.has(key) {
            self.faults.push(at(self.source, self.front.value(key), code, message).with_hint(hint));
        }
    }

    fn id(&mut self) -> String {
        let name = self.source.name.trim_end_matches(".md");
        let id = name.rsplit('/').next().unwrap_or(name);
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            self.faults.push(
                Fault::error(&self.source.name, 1, "KB030", format!("文件名“{}”不能作编号", shown(id)))
                    .with_hint("文件名只用小写英文字母、数字和 -，例如 migraine.md"),
            );
        }
        id.to_owned()
    }

    fn title(&mut self) -> String {
        let value = self.front.value("title");
        let n_chars = value.text.chars().count();
        if n_chars == 0 {
            self.fault("title", "KB032", "标题是空的".into(), "写出病名和读者能得到什么");
        } else if n_chars > LONGEST_TITLE {
            let message = format!("标题 {n_chars} 个字，多于 {LONGEST_TITLE}");
            self.fault("title", "KB032", message, "缩短标题，手机上要能一行看完");
        }
        value.text.to_owned()
    }

    fn about(&mut self, by_key: &HashMap<String, ConceptId>) -> Option<ConceptId> {
        let key = self.front.value("about").text;
        let about = by_key.get(key).copied();
        if about.is_none() {
            let near = nearest(key, by_key);
            let hint = match near {
                Some(near) => format!("是不是 {near}？"),
                None => "写图谱里的概念，例如 dis:migraine".into(),
            };
            self.fault("about", "KB033", format!("about 指向的“{}”没有定义", shown(key)), hint);
        }
        about
    }

    fn list<T: Copy + PartialEq>(&mut self, key: &'static str, known: &[(&str, T)]) -> Vec<T> {
        let value = self.front.value(key);
        let mut list = Vec::new();
        for word in value.text.split('|').map(str::trim).filter(|_| !value.text.is_empty()) {
            match known.iter().find(|(name, _)| *name == word) {
                Some((_, item)) if list.contains(item) => {
                    self.fault(key, "KB032", format!("{key} 里“{word}”写了两次"), "只留一个");
                }
                Some((_, item)) => list.push(*item),
                None => {
                    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                    let hint = format!("可用：{}，几个之间用 |；所有情况都适用就留空", names.join("、"));
                    self.fault(key, "KB032", format!("{key} 里有不认识的“{}”", shown(word)), hint);
                }
            }
        }
        list
    }

    fn keywords(&mut self) -> Vec<String> {
        let value = self.front.value("keywords");
        let words: Vec<String> = value.text.split('|').map(|word| word.trim().to_owned()).collect();
        if !(N_KEYWORDS.0..=N_KEYWORDS.1).contains(&words.len()) || words.iter().any(String::is_empty) {
            let message =
                format!("keywords 有 {} 项，应是 {} 到 {} 项", words.len(), N_KEYWORDS.0, N_KEYWORDS.1);
            self.fault("keywords", "KB032", message, "写大家会输入的问法，几项之间用 |，不留空项");
        }
        if let Some(long) = words.iter().find(|word| word.chars().count() > LONGEST_KEYWORD) {
            let message = format!("问法“{}”多于 {LONGEST_KEYWORD} 个字", shown(long));
            self.fault("keywords", "KB032", message, "写短的问法");
        }
        let mut sorted: Vec<&String> = words.iter().collect();
        sorted.sort();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("问法“{}”写了两次", shown(pair[0]));
            self.fault("keywords", "KB032", message, "只留一个");
        }
        words
    }

    fn source(&mut self, is_source: impl Fn(&str) -> bool) -> String {
        let value = self.front.value("source").text;
        if !is_source(value) {
            let message = match value {
                "" => "没有来源".to_owned(),
                value => format!("来源“{}”没有定义", shown(value)),
            };
            self.fault("source", "KB037", message, "写 graph/sources.ttl 里的来源，例如 src:authored-2026");
        }
        value.to_owned()
    }

    fn review(&mut self) -> Review {
        let value = self.front.value("review").text;
        let review = REVIEWS.iter().find(|(name, _)| *name == value).map(|(_, review)| *review);
        if review.is_none() {
            let message = format!("审核状态“{}”不认识", shown(value));
            self.fault("review", "KB032", message, "可用：draft、reviewed、rejected");
        }
        let has_date = self.front.has("reviewed");
        if review == Some(Review::Reviewed) && !has_date {
            let hint = "加一行 reviewed: 年-月-日；还没有审核就写 review: draft";
            self.fault("review", "KB032", "已审核的文章没有审核日期".into(), hint);
        } else if review == Some(Review::Draft) && has_date {
            self.fault(
                "reviewed",
                "KB032",
                "未审核的文章有审核日期".into(),
                "删去这一行，或写 review: reviewed",
            );
        }
        review.unwrap_or(Review::Rejected)
    }

    fn date(&mut self, key: &'static str) -> String {
        let value = self.front.value(key).text;
        if !is_date(value) {
            let message = format!("{key} 的日期“{}”不对", shown(value));
            self.fault(key, "KB032", message, "写成 2026-11-23 这样，且是日历上有的一天");
        }
        value.to_owned()
    }
}

/// `YYYY-MM-DD` of a day that exists.
fn is_date(text: &str) -> bool {
    let is_shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day), true) = (number(0, 4), number(5, 7), number(8, 10), is_shaped)
    else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let n_days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    year >= 1900 && (1..=n_days).contains(&day)
}

/// The known key that shares the longest beginning, where that is more than the prefix.
fn nearest(key: &str, by_key: &HashMap<String, ConceptId>) -> Option<String> {
    let shared = |other: &str| key.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let enough = key.find(':').map_or(0, |at| at + 3);
    by_key
        .keys()
        .map(|other| (shared(other), std::cmp::Reverse(other)))
        .max()
        .filter(|(n_shared, _)| *n_shared > enough)
        .map(|(_, std::cmp::Reverse(other))| other.clone())
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_days_that_exist() {
        for good in ["2026-11-23", "2024-02-29", "2000-02-29"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-1-1",
            "2026/11/23",
            "",
            "二〇二六-1",
            "2026-04-31",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
