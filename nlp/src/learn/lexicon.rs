//! Surface forms seen in training, with how often they are marked where they occur.

use super::features::{KeyMap, key};
use super::tagger::Marked;

/// Longest form looked up, in characters.
const LONGEST: usize = 10;

#[derive(Debug, Clone, Copy, Default)]
struct Form {
    marked: u32,
    found: u32,
    given: bool,
}

/// A form found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// How often training marks the form, from 0 (seldom) to 4 (nearly always); 5 to 9 the same for a form
    /// that the vocabulary gives.
    pub rate: u64,
}

/// Forms with their counts.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    forms: KeyMap<Form>,
}

impl Lexicon {
    /// Counts the marked forms of `texts`, and where else those and the `given` ones occur.
    pub fn new(texts: &[&Marked], given: &[Vec<char>]) -> Self {
        let mut forms: KeyMap<Form> = KeyMap::default();
        for form in given {
            forms.entry(key(0, form)).or_default().given = true;
        }
        for m in texts {
            for &(start, end) in &m.spans {
                if let Some(form) = m.text.get(start..end) {
                    forms.entry(key(0, form)).or_default().marked += 1;
                }
            }
        }
        for m in texts {
            for start in 0..m.text.len() {
                for end in start + 1..=(start + LONGEST).min(m.text.len()) {
                    if let Some(form) = forms.get_mut(&key(0, &m.text[start..end])) {
                        form.found += 1;
                    }
                }
            }
        }
        Self { forms }
    }

    /// Every known form in `text`. `own` are the marks of the text itself when it was counted too: its own
    /// part is then taken off the counts, so that a form seen only here is not known here.
    pub fn matches(&self, text: &[char], own: Option<&[(usize, usize)]>) -> Vec<Match> {
        let mut out = vec![];
        for start in 0..text.len() {
            for end in start + 1..=(start + LONGEST).min(text.len()) {
                let Some(&form) = self.forms.get(&key(0, &text[start..end])) else {
                    continue;
                };
                let (mut marked, mut found) = (form.marked, form.found);
                if let Some(own) = own {
                    found = found.saturating_sub(1);
                    marked = marked.saturating_sub(u32::from(own.contains(&(start, end))));
                }
                if marked > 0 || form.given {
                    let rate = u64::from((marked * 5).checked_div(found).unwrap_or(0).min(4));
                    out.push(Match { start, end, rate: rate + if form.given { 5 } else { 0 } });
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_its_own_text_out() {
        let text: Vec<char> = "有点鼻塞".chars().collect();
        let m = Marked { text: text.clone(), spans: vec![(2, 4)], weight: 1.0 };
        let lexicon = Lexicon::new(&[&m], &["有点".chars().collect()]);
        assert_eq!(
            lexicon.matches(&text, None),
            [Match { start: 0, end: 2, rate: 5 }, Match { start: 2, end: 4, rate: 4 }]
        );
        assert_eq!(lexicon.matches(&text, Some(&m.spans)), [Match { start: 0, end: 2, rate: 5 }]);
    }
}
