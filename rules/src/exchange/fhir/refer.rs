//! Which answers a FHIRPath chain such as `%resource.item.where(linkId = 'a').answer.value` is about.

use crate::expr::Kind;

use super::{
    super::{
        phrase::{Phrase, Step},
        term::Term,
    },
    meaning::{Meaning, is_root, label, members},
};

/// A place in a response.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// The response.
    Root,
    /// A page or a grid, by its linkIds from the outermost on.
    Inside(Vec<String>),
    /// Items, questions or rows of a group.
    Items(Vec<u32>),
    /// The answers of several questions.
    Answers(Vec<u32>),
    /// The values of several questions.
    Values(Vec<u32>),
    /// The value of a question, several of a multiple choice.
    Value(u32),
    /// Codes of the chosen options.
    Code(u32),
    /// What the chosen options read.
    Display(u32),
    /// The choices that are this option.
    Chosen(u32, String),
    /// Points of the chosen options.
    Score(u32),
    /// Points of several questions.
    Scores(Vec<u32>),
    /// Rows of a group for which a condition holds.
    Rows(u32, Term),
}

/// Items of which it is not yet said which ones.
struct Search {
    /// Below these linkIds; empty for the whole response.
    below: Vec<String>,
    /// Only directly below.
    direct: bool,
}

impl Meaning<'_> {
    /// What a chain leads to, or which step is not understood.
    pub(super) fn found(&self, base: &Phrase, steps: &[Step]) -> Result<Place, String> {
        match base {
            Phrase::Variable(name) if !is_root(name) => {
                let (phrase, reader) = self.variable(name)?;
                let (base, mut all) = match phrase {
                    Phrase::Steps(base, steps) => (*base, steps),
                    other => (other, Vec::new()),
                };
                all.extend_from_slice(steps);
                return reader.found(&base, &all);
            }
            Phrase::Variable(name) if name == "context" => return self.walk(self.start(), steps),
            Phrase::Variable(_) => return self.walk(Place::Root, steps),
            Phrase::This => return self.walk(self.start(), steps),
            Phrase::Steps(inner, before) => {
                let mut all = before.clone();
                all.extend_from_slice(steps);
                return self.found(inner, &all);
            }
            _ => {}
        }
        Err("这里应是对答案的引用".to_owned())
    }

    fn start(&self) -> Place {
        match self.row.or(self.here) {
            Some(slot) => Place::Items(vec![slot]),
            None => Place::Root,
        }
    }

    fn walk(&self, start: Place, steps: &[Step]) -> Result<Place, String> {
        let mut place = start;
        let mut search: Option<Search> = None;
        for step in steps {
            let arguments = step.arguments.as_deref();
            let name = step.name.as_str();
            if let Some(open) = search.take() {
                match (name, arguments) {
                    ("where", Some([test])) => {
                        place = match only_link(test) {
                            Some(link) if self.directory.flattened.contains(link) => {
                                Place::Inside(open.below)
                            }
                            _ => self.matching(test)?,
                        };
                        continue;
                    }
                    ("item", None) => {
                        search = Some(Search { direct: false, ..open });
                        continue;
                    }
                    ("answer", None) => {
                        place = Place::Answers(self.all(&open));
                        continue;
                    }
                    _ => return Err(format!("item 后面的“{name}”没有对应的写法")),
                }
            }
            match (name, arguments) {
                ("item", None) | ("descendants" | "children", Some([])) | ("repeat", Some([_])) => {
                    search = Some(Search { below: self.below(&place)?, direct: name == "item" });
                }
                _ => place = self.step(place, name, arguments)?,
            }
        }
        match search {
            None => Ok(place),
            Some(open) => Ok(Place::Items(self.all(&open))),
        }
    }

    fn step(&self, place: Place, name: &str, arguments: Option<&[Phrase]>) -> Result<Place, String> {
        let unknown = || Err(format!("“{name}”没有对应的写法"));
        let is_several =
            |slot: u32| self.directory.entry(slot).is_some_and(|entry| matches!(entry.kind, Kind::Set(_)));
        Ok(match (place, name, arguments) {
            (Place::Items(slots), "answer", None) => Place::Answers(slots),
            (Place::Answers(slots), _, None) if name == "value" || is_typed_value(name) => {
                match slots.as_slice() {
                    [slot] => Place::Value(*slot),
                    _ => Place::Values(slots),
                }
            }
            (Place::Answers(slots), "where", Some([test])) => match slots.as_slice() {
                [slot] => self.chosen(*slot, test, true)?,
                _ => return unknown(),
            },
            (Place::Value(slot), "where", Some([test])) => self.chosen(slot, test, false)?,
            (Place::Value(slot), "value", None) => Place::Value(slot),
            (Place::Value(slot), "code", None) => Place::Code(slot),
            (Place::Value(slot), "display", None) => Place::Display(slot),
            (Place::Value(slot), "ordinal" | "weight", Some([])) => Place::Score(slot),
            (Place::Values(slots), "ordinal" | "weight", Some([])) => Place::Scores(slots),
            (Place::Answers(slots), "ordinal" | "weight", Some([])) => match slots.as_slice() {
                [slot] => Place::Score(*slot),
                _ => Place::Scores(slots),
            },
            (place, "ofType", Some([_])) => place,
            (place, "first" | "last" | "single", Some([])) => self.single(place, is_several)?,
            (place, "[]", Some([Phrase::Number(index)])) if *index == 0.0 => {
                self.single(place, is_several)?
            }
            (Place::Items(slots), "where" | "exists", Some([test])) => match slots.as_slice() {
                [group] if self.directory.entry(*group).is_some_and(|entry| entry.kind == Kind::Rows) => {
                    Place::Rows(*group, self.inside(*group).condition(test, true, true)?)
                }
                _ => return unknown(),
            },
            _ => return unknown(),
        })
    }

    /// The first of what is one anyway.
    fn single(&self, place: Place, is_several: impl Fn(u32) -> bool) -> Result<Place, String> {
        let is_one = match &place {
            Place::Items(slots) | Place::Answers(slots) | Place::Values(slots) => {
                let is_rows =
                    |slot: &u32| self.directory.entry(*slot).is_some_and(|entry| entry.kind == Kind::Rows);
                slots.len() == 1 && !slots.iter().any(|slot| is_several(*slot) || is_rows(slot))
            }
            Place::Value(slot) | Place::Code(slot) | Place::Display(slot) | Place::Score(slot) => {
                !is_several(*slot)
            }
            _ => false,
        };
        if is_one {
            Ok(place)
        } else {
            Err("只取多个答案中的一个，没有对应的写法".to_owned())
        }
    }

    /// `where(code = 'a')` over the values of a question, `where(value.code = 'a')` over its answers.
    fn chosen(&self, slot: u32, test: &Phrase, over_answers: bool) -> Result<Place, String> {
        let Phrase::Run(left, rest) = test else { return Err("where() 里应是 code = '…'".to_owned()) };
        let [("=", Phrase::Text(wanted))] = rest.as_slice() else {
            return Err("where() 里应是 code = '…'".to_owned());
        };
        let Phrase::Steps(base, steps) = left.as_ref() else {
            return Err("where() 里应是 code = '…'".to_owned());
        };
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        let names = match (over_answers, names.as_slice()) {
            (true, [value, rest @ ..]) if *value == "value" || is_typed_value(value) => rest,
            (false, names) => names,
            _ => return Err("where() 里应是 value.code = '…'".to_owned()),
        };
        let is_display = match names {
            ["code"] => false,
            ["display"] => true,
            _ => return Err("where() 里应是 code = '…'".to_owned()),
        };
        if **base != Phrase::This {
            return Err("where() 里应是 code = '…'".to_owned());
        }
        let entry = self.entry(slot)?;
        Ok(Place::Chosen(slot, label(entry, wanted, is_display)?))
    }

    fn below(&self, place: &Place) -> Result<Vec<String>, String> {
        match place {
            Place::Root => Ok(Vec::new()),
            Place::Inside(links) => Ok(links.clone()),
            Place::Items(slots) => match slots.as_slice() {
                [slot] => Ok(self.entry(*slot)?.links.clone()),
                _ => Err("几个 item 下面的 item 没有对应的写法".to_owned()),
            },
            _ => Err("这里没有下一层的 item".to_owned()),
        }
    }

    /// The questions of a search.
    fn all(&self, search: &Search) -> Vec<u32> {
        let below = |links: &[String]| {
            links.len() > search.below.len()
                && links.starts_with(&search.below)
                && (!search.direct || links.len() == search.below.len() + 1)
        };
        let entries = self.directory.entries.iter().enumerate();
        let slots = entries.filter(|(_, entry)| {
            below(&entry.links) && entry.group.is_none_or(|group| self.row == Some(group))
        });
        slots.filter_map(|(slot, _)| u32::try_from(slot).ok()).collect()
    }

    /// `where(linkId = 'a')`, `where(linkId = 'a' or linkId = 'b')`, `where(linkId in ('a' | 'b'))`.
    fn matching(&self, test: &Phrase) -> Result<Place, String> {
        let mut wanted = Vec::new();
        links(test, &mut wanted)?;
        let [link] = wanted.as_slice() else {
            let slots = wanted.iter().map(|link| self.slot_of(link));
            return Ok(Place::Items(slots.collect::<Result<_, _>>()?));
        };
        match self.slot_of(link) {
            Ok(slot) => Ok(Place::Items(vec![slot])),
            // A page or a grid holds no answer itself; what follows looks inside it.
            Err(why) => {
                let inside =
                    self.directory.entries.iter().position(|entry| entry.links.iter().any(|own| own == link));
                let entry = inside.and_then(|index| self.directory.entries.get(index)).ok_or(why)?;
                let depth = entry.links.iter().position(|own| own == link).map_or(0, |index| index + 1);
                Ok(Place::Inside(entry.links.iter().take(depth).cloned().collect()))
            }
        }
    }

    fn slot_of(&self, link: &str) -> Result<u32, String> {
        let slot = self.directory.slot(link).ok_or_else(|| format!("没有 linkId 为“{link}”的题"))?;
        let group = self.entry(slot)?.group;
        let is_reachable = group.is_none()
            || self.row == group
            || self
                .here
                .is_some_and(|here| self.directory.entry(here).is_some_and(|entry| entry.group == group));
        if is_reachable {
            Ok(slot)
        } else {
            Err(format!("“{link}”在重复的组里，不知道指哪一行"))
        }
    }
}

/// The linkId of `linkId = 'a'`.
fn only_link(test: &Phrase) -> Option<&str> {
    match test {
        Phrase::Run(_, rest) => match rest.as_slice() {
            [("=", Phrase::Text(link))] => Some(link),
            _ => None,
        },
        _ => None,
    }
}

fn links(test: &Phrase, wanted: &mut Vec<String>) -> Result<(), String> {
    let wrong = || "where() 里应是 linkId = '…'".to_owned();
    let Phrase::Run(left, rest) = test else { return Err(wrong()) };
    if rest.iter().all(|(sign, _)| *sign == "or") {
        links(left, wanted)?;
        return rest.iter().try_for_each(|(_, phrase)| links(phrase, wanted));
    }
    let [(sign, right)] = rest.as_slice() else { return Err(wrong()) };
    let is_link = |phrase: &Phrase| {
        matches!(phrase, Phrase::Steps(base, steps) if **base == Phrase::This
            && matches!(steps.as_slice(), [step] if step.name == "linkId" && step.arguments.is_none()))
    };
    if !is_link(left) || !matches!(*sign, "=" | "in") {
        return Err(wrong());
    }
    for member in members(right) {
        let Phrase::Text(link) = member else { return Err(wrong()) };
        wanted.push(link.clone());
    }
    Ok(())
}

fn is_typed_value(name: &str) -> bool {
    name.strip_prefix("value").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}
