//! Small changes to a condition: one part left out, one part turned round. Examples that do not notice are too few.

/// Deepest nesting taken apart; what lies deeper stays whole.
const DEPTH: usize = 64;

/// A changed condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mutant {
    /// The changed text; none when the whole condition is left out.
    pub(super) text: Option<String>,
    /// The part changed, as written.
    pub(super) part: String,
    /// Characters before the part.
    pub(super) at: usize,
    /// Left out instead of turned round.
    pub(super) dropped: bool,
}

/// Every part left out (the whole only if `whole`), every undivided part turned round.
pub(super) fn mutants(text: &str, whole: bool) -> Vec<Mutant> {
    let signs: Vec<char> = text.chars().collect();
    let tree = tree(&signs, 0, signs.len(), 0);
    let mut parts = Vec::new();
    tree.parts(whole, &mut parts);
    let mut mutants = Vec::new();
    for (id, (droppable, node)) in parts.iter().enumerate() {
        let part: String = signs[node.from..node.to].iter().collect();
        let mutant = |dropped| Mutant {
            text: tree.print(&signs, &mut 0, id, dropped),
            part: part.clone(),
            at: node.from,
            dropped,
        };
        if *droppable {
            mutants.push(mutant(true));
        }
        if matches!(node.shape, Shape::Atom) {
            mutants.push(mutant(false));
        }
    }
    mutants
}

/// A part of an `且` (or `或`) of which the opposite is a part too.
pub(super) fn clash(text: &str) -> Option<String> {
    let signs: Vec<char> = text.chars().collect();
    let tree = tree(&signs, 0, signs.len(), 0);
    let mut parts = Vec::new();
    tree.parts(true, &mut parts);
    parts.iter().find_map(|(_, node)| {
        let (Shape::All(children) | Shape::Any(children)) = &node.shape else { return None };
        let bare = |node: &Tree| {
            signs[node.from..node.to].iter().filter(|sign| !sign.is_whitespace()).collect::<String>()
        };
        let plain: Vec<String> = children.iter().map(bare).collect();
        children.iter().find_map(|child| match &child.shape {
            Shape::Not(inner) if plain.contains(&bare(inner)) => Some(bare(inner)),
            _ => None,
        })
    })
}

struct Tree {
    from: usize,
    to: usize,
    shape: Shape,
}

enum Shape {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Atom,
}

impl Tree {
    /// The parts in the order `print` counts them, and whether each may be left out.
    fn parts<'a>(&'a self, droppable: bool, parts: &mut Vec<(bool, &'a Self)>) {
        parts.push((droppable, self));
        match &self.shape {
            Shape::All(children) | Shape::Any(children) => {
                for child in children {
                    child.parts(true, parts);
                }
            }
            Shape::Not(child) => child.parts(false, parts),
            Shape::Atom => {}
        }
    }

    fn print(&self, signs: &[char], next: &mut usize, target: usize, drop: bool) -> Option<String> {
        let hit = *next == target;
        *next += 1;
        if hit && drop {
            return None;
        }
        let printed = match &self.shape {
            Shape::Atom => signs[self.from..self.to].iter().collect(),
            Shape::Not(child) => format!("非 ({})", child.print(signs, next, target, drop)?),
            Shape::All(children) => join(children, " 且 ", |child| child.print(signs, next, target, drop))?,
            Shape::Any(children) => join(children, " 或 ", |child| child.print(signs, next, target, drop))?,
        };
        Some(if hit { format!("非 ({printed})") } else { printed })
    }
}

fn join(children: &[Tree], word: &str, mut print: impl FnMut(&Tree) -> Option<String>) -> Option<String> {
    let left: Vec<String> =
        children.iter().filter_map(|child| Some(format!("({})", print(child)?))).collect();
    if left.is_empty() { None } else { Some(left.join(word)) }
}

fn tree(signs: &[char], mut from: usize, mut to: usize, depth: usize) -> Tree {
    while from < to && signs[from].is_whitespace() {
        from += 1;
    }
    while from < to && signs[to - 1].is_whitespace() {
        to -= 1;
    }
    if depth >= DEPTH {
        return Tree { from, to, shape: Shape::Atom };
    }
    for (word, ands) in [(Word::Or, false), (Word::And, true)] {
        let pieces = split(signs, from, to, word);
        if pieces.len() > 1 {
            let children = pieces.into_iter().map(|(from, to)| tree(signs, from, to, depth + 1)).collect();
            return Tree { from, to, shape: if ands { Shape::All(children) } else { Shape::Any(children) } };
        }
    }
    if let Some((Word::Not, length)) = word(signs, from, from, to) {
        return Tree { from, to, shape: Shape::Not(Box::new(tree(signs, from + length, to, depth + 1))) };
    }
    if from < to && matches!(signs[from], '(' | '（') && closing(signs, from, to) == Some(to - 1) {
        return tree(signs, from + 1, to - 1, depth + 1);
    }
    Tree { from, to, shape: Shape::Atom }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    And,
    Or,
    Not,
    Between,
}

const WORDS: [(&str, Word); 12] = [
    ("且", Word::And),
    ("and", Word::And),
    ("&&", Word::And),
    ("＆＆", Word::And),
    ("或", Word::Or),
    ("or", Word::Or),
    ("||", Word::Or),
    ("｜｜", Word::Or),
    ("非", Word::Not),
    ("not", Word::Not),
    ("介于", Word::Between),
    ("between", Word::Between),
];

/// The keyword that stands at a place, and its length.
fn word(signs: &[char], at: usize, from: usize, to: usize) -> Option<(Word, usize)> {
    let rest = &signs[at..to];
    if matches!(rest, ['!' | '！', next, ..] if !matches!(next, '=' | '＝')) {
        return Some((Word::Not, 1));
    }
    let name = |sign: &char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '·');
    WORDS.iter().find_map(|(spelling, word)| {
        let length = spelling.chars().count();
        let same = rest.len() >= length
            && rest.iter().zip(spelling.chars()).all(|(sign, other)| sign.to_ascii_lowercase() == other);
        let spelt = spelling.starts_with(|sign: char| sign.is_alphabetic());
        let apart = !spelt || !((at > from && name(&signs[at - 1])) || rest.get(length).is_some_and(name));
        (same && apart).then_some((*word, length))
    })
}

/// The pieces between a keyword outside brackets and quotes.
fn split(signs: &[char], from: usize, to: usize, wanted: Word) -> Vec<(usize, usize)> {
    let (mut pieces, mut start, mut at, mut between) = (Vec::new(), from, from, false);
    while at < to {
        if let Some(end) = closing(signs, at, to) {
            at = end + 1;
            continue;
        }
        match word(signs, at, from, to) {
            Some((Word::Between, length)) => {
                between = true;
                at += length;
            }
            Some((Word::And, length)) if between => {
                // The `and` of `between … and …` joins two bounds; `和` is no keyword here.
                between = !signs[at].is_ascii_alphabetic();
                if between && wanted == Word::And {
                    pieces.push((start, at));
                    start = at + length;
                }
                at += length;
            }
            Some((found, length)) => {
                if found == wanted {
                    pieces.push((start, at));
                    start = at + length;
                }
                between &= found != Word::Or;
                at += length;
            }
            None => at += 1,
        }
    }
    pieces.push((start, to));
    pieces
}

/// Where the bracket or quote opened at a place ends; none when nothing opens there or it never ends.
fn closing(signs: &[char], at: usize, to: usize) -> Option<usize> {
    let quote = |sign: char| match sign {
        '"' => Some('"'),
        '「' => Some('」'),
        '“' => Some('”'),
        _ => None,
    };
    if let Some(end) = quote(signs[at]) {
        return (at + 1..to).find(|place| signs[*place] == end);
    }
    if !matches!(signs[at], '(' | '（') {
        return None;
    }
    let (mut depth, mut place) = (0_usize, at);
    while place < to {
        match signs[place] {
            '(' | '（' => depth += 1,
            ')' | '）' => {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
            sign => {
                if let Some(end) = quote(sign) {
                    place = (place + 1..to).find(|place| signs[*place] == end).unwrap_or(place);
                }
            }
        }
        place += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        mutants(text, false).into_iter().map(|mutant| mutant.text.unwrap_or_default()).collect()
    }

    #[test]
    fn each_part_is_left_out_and_turned_round() {
        assert_eq!(
            texts("甲 且 (乙 或 丙 > 1)"),
            [
                "((乙) 或 (丙 > 1))",
                "(非 (甲)) 且 ((乙) 或 (丙 > 1))",
                "(甲)",
                "(甲) 且 ((丙 > 1))",
                "(甲) 且 ((非 (乙)) 或 (丙 > 1))",
                "(甲) 且 ((乙))",
                "(甲) 且 ((乙) 或 (非 (丙 > 1)))",
            ]
        );
        assert_eq!(texts("非 甲"), ["非 (非 (甲))"]);
        assert_eq!(mutants("甲", true)[0].text, None);
    }

    #[test]
    fn words_inside_names_quotes_and_ranges_divide_nothing() {
        assert_eq!(texts("或然 含 \"甲 或 乙\""), ["非 (或然 含 \"甲 或 乙\")"]);
        assert_eq!(texts("a between 1 and 2").len(), 1);
        assert_eq!(texts("a between 1 and 2 and b").len(), 4);
        assert_eq!(texts("体温 介于 36℃ 和 38℃ 且 甲").len(), 4);
        assert_eq!(texts("(甲 且 乙) = 是").len(), 1);
        assert_eq!(mutants("甲 且\n  乙", false)[2].at, 6);
    }

    #[test]
    fn a_part_and_its_opposite_clash() {
        assert_eq!(clash("发热 且 (头痛 或 非 头痛)").as_deref(), Some("头痛"));
        assert_eq!(clash("发热 且 非 头痛"), None);
    }
}
