//! Reads the subjects of `herbs/*.ttl`; faults name file and line.

use std::collections::{BTreeMap, btree_map};

use super::{
    Caution, Confidence, Entry, Herb, HerbGroup, HerbId, Incompatibility, Method, Named, Pregnancy, RuleSet,
    Stated, Toxicity, doubt::Doubts, names,
};
use crate::{
    Review,
    compile::Reader,
    graph::{Node, Object, Place},
};

/// All pieces of a release with what is looked up in them.
#[derive(Debug, Default)]
pub(crate) struct Herbs {
    pub(crate) list: Vec<Herb>,
    pub(crate) groups: Vec<HerbGroup>,
    pub(crate) pairs: Vec<Incompatibility>,
    pub(super) by_pair: BTreeMap<(HerbId, HerbId), usize>,
    meanings: BTreeMap<String, Named>,
}

impl Herbs {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let graph = reader.graph;
        let groups: Vec<HerbGroup> = graph
            .of_class("jy:HerbGroup")
            .map(|node| HerbGroup { key: node.key.clone(), label: reader.required(node, "skos:prefLabel") })
            .collect();
        let keys: Vec<&str> = graph.of_class("jy:Herb").map(|node| node.key.as_str()).collect();
        let mut list = Vec::with_capacity(keys.len());
        for (node, id) in graph.of_class("jy:Herb").zip(0u32..) {
            list.push(herb(reader, node, HerbId(id), &keys, &groups));
        }
        let mut pairs = Vec::new();
        let mut by_pair = BTreeMap::new();
        for node in graph.of_class("jy:Incompatibility") {
            let Some(pair) = pair(reader, node, &keys) else { continue };
            let sides = (pair.left.min(pair.right), pair.left.max(pair.right));
            match by_pair.entry(sides) {
                btree_map::Entry::Occupied(_) => {
                    reader.fault(node.place, "KB015", format!("{} 的两味药已有一条配伍禁忌", node.key));
                }
                btree_map::Entry::Vacant(free) if pair.review != Review::Rejected => {
                    free.insert(pairs.len());
                }
                btree_map::Entry::Vacant(_) => {}
            }
            pairs.push(pair);
        }
        let meanings = names::meanings(&list);
        Self { list, groups, pairs, by_pair, meanings }
    }

    pub(crate) fn named(&self, name: &str) -> Named {
        self.meanings.get(name.trim()).cloned().unwrap_or(Named::None)
    }

    pub(crate) fn by_key(&self, key: &str) -> Option<HerbId> {
        self.list.binary_search_by(|herb| herb.key.as_str().cmp(key)).ok().map(|at| self.list[at].id)
    }
}

fn herb<'a>(
    reader: &mut Reader<'a>,
    node: &'a Node,
    id: HerbId,
    keys: &[&str],
    groups: &[HerbGroup],
) -> Herb {
    let doubts = Doubts::of(reader, node);
    let dose_min_mg = dose(reader, &doubts, node, "jy:doseMin");
    let dose_max_mg = dose(reader, &doubts, node, "jy:doseMax");
    if let (Some(min), Some(max)) = (dose_min_mg, dose_max_mg)
        && min.value > max.value
    {
        reader.fault(node.place, "KB016", format!("{} 的最小剂量大于最大剂量", node.key));
    }
    let texts = |name| node.texts(name).map(str::to_owned).collect();
    Herb {
        id,
        key: node.key.clone(),
        label: reader.required(node, "skos:prefLabel"),
        names: texts("skos:altLabel"),
        ambiguous: texts("jy:ambiguous"),
        unverified_names: doubts.doubtful("skos:altLabel").map(|(text, _, _)| text.to_owned()).collect(),
        processed_of: node.all("jy:processedOf").next().and_then(|property| match &property.object {
            Object::Key(key) => known(reader, property.place, key, keys),
            Object::Text(_) | Object::Nested(_) => None,
        }),
        groups: in_groups(reader, &doubts, node, groups),
        dose_min_mg,
        dose_max_mg,
        dose_note: node.text("jy:doseNote").unwrap_or_default().to_owned(),
        toxicity: words(reader, &doubts, node, "jy:toxicity", &Toxicity::NAMES).into_iter().next(),
        pregnancy: words(reader, &doubts, node, "jy:pregnancy", &Pregnancy::NAMES).into_iter().next(),
        methods: words(reader, &doubts, node, "jy:method", &Method::NAMES),
        cautions: cautions(&doubts, node),
        open: doubts.open.iter().map(|name| (*name).to_owned()).collect(),
        source: node.key("jy:source").unwrap_or_default().to_owned(),
        review: reader.review(node),
    }
}

fn in_groups<'a>(
    reader: &mut Reader<'a>,
    doubts: &Doubts<'a>,
    node: &'a Node,
    groups: &[HerbGroup],
) -> Vec<Stated<usize>> {
    let mut found = Vec::new();
    for (key, place, is_verified) in doubts.values(node, "jy:inGroup") {
        match groups.binary_search_by(|group| group.key.as_str().cmp(key)) {
            Ok(value) => found.push(Stated { value, is_verified }),
            Err(_) => reader.fault(place, "KB004", format!("药组 {key} 没有定义")),
        }
    }
    found
}

fn pair<'a>(reader: &mut Reader<'a>, node: &'a Node, keys: &[&str]) -> Option<Incompatibility> {
    let doubts = Doubts::of(reader, node);
    let left = side(reader, node, "jy:left", keys);
    let right = side(reader, node, "jy:right", keys);
    let rule_set = words(reader, &doubts, node, "jy:ruleSet", &RuleSet::NAMES).into_iter().next();
    let confidence = words(reader, &doubts, node, "jy:confidence", &Confidence::NAMES).into_iter().next();
    let remark = doubts.values(node, "jy:note");
    for (name, is_missing) in [("jy:ruleSet", rule_set.is_none()), ("jy:confidence", confidence.is_none())] {
        if is_missing {
            reader.fault(node.place, "KB003", format!("{} 缺少 {name}", node.key));
        }
    }
    Some(Incompatibility {
        key: node.key.clone(),
        left: left?,
        right: right?,
        rule_set: rule_set?.value,
        verse: reader.required(node, "jy:verse"),
        left_entry: words(reader, &doubts, node, "jy:leftEntry", &Entry::NAMES).into_iter().next(),
        right_entry: words(reader, &doubts, node, "jy:rightEntry", &Entry::NAMES).into_iter().next(),
        confidence: confidence?.value,
        note: remark.first().map(|(text, _, _)| (*text).to_owned()).unwrap_or_default(),
        source: node.key("jy:source").unwrap_or_default().to_owned(),
        review: reader.review(node),
    })
}

fn side(reader: &mut Reader<'_>, node: &Node, name: &'static str, keys: &[&str]) -> Option<HerbId> {
    let Some(property) = node.all(name).next() else {
        reader.fault(node.place, "KB003", format!("{} 缺少 {name}", node.key));
        return None;
    };
    match &property.object {
        Object::Key(key) => known(reader, property.place, key, keys),
        Object::Text(_) | Object::Nested(_) => {
            reader.fault(property.place, "KB006", format!("{name} 应指向一味饮片"));
            None
        }
    }
}

fn known(reader: &mut Reader<'_>, place: Place, key: &str, keys: &[&str]) -> Option<HerbId> {
    let found = keys.binary_search(&key).ok().and_then(|at| u32::try_from(at).ok()).map(HerbId);
    if found.is_none() {
        reader.fault(place, "KB004", format!("饮片 {key} 没有定义"));
    }
    found
}

fn cautions(doubts: &Doubts<'_>, node: &Node) -> Vec<Stated<Caution>> {
    let sure = node.texts("jy:caution").map(|text| (text, true));
    let doubtful = doubts.doubtful("jy:caution").map(|(text, _, _)| (text, false));
    sure.chain(doubtful)
        .map(|(text, is_verified)| {
            let (when, what) = text.split_once('：').unwrap_or(("", text));
            Stated { value: Caution { when: when.to_owned(), what: what.to_owned() }, is_verified }
        })
        .collect()
}

/// The values of a property that takes words of a fixed list.
fn words<'a, T: Copy>(
    reader: &mut Reader<'a>,
    doubts: &Doubts<'a>,
    node: &'a Node,
    name: &'static str,
    known: &[(&str, T)],
) -> Vec<Stated<T>> {
    let mut values = Vec::new();
    for (text, place, is_verified) in doubts.values(node, name) {
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text) {
            values.push(Stated { value: *value, is_verified });
        } else {
            let all: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let message = format!("{name} 的取值“{text}”不认识，可用：{}", all.join("、"));
            reader.fault(place, "KB006", message);
        }
    }
    values
}

fn dose<'a>(
    reader: &mut Reader<'a>,
    doubts: &Doubts<'a>,
    node: &'a Node,
    name: &'static str,
) -> Option<Stated<u32>> {
    let (text, place, is_verified) = doubts.values(node, name).into_iter().next()?;
    let value = milligrams(text);
    if value.is_none() {
        reader.fault(place, "KB006", format!("{name} 应为克数，最多三位小数，现为“{text}”"));
    }
    value.map(|value| Stated { value, is_verified })
}

/// Grams as written, at most three decimals, without rounding.
fn milligrams(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 3 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let part: u32 = format!("{part:0<3}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::milligrams;

    #[test]
    fn grams_become_milligrams_exactly() {
        for (text, expected) in [
            ("3", Some(3_000)),
            ("0.15", Some(150)),
            ("0.002", Some(2)),
            ("4.5", Some(4_500)),
            ("0.0001", None),
            ("-1", None),
            ("1e3", None),
            ("", None),
            (".5", None),
        ] {
            assert_eq!(milligrams(text), expected, "{text}");
        }
    }
}
