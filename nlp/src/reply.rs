//! A short answer, read in the light of the question that was asked.

use kb::{Choice, ConceptId, Fault, Kb, REPLY};

use crate::{
    Extractor,
    finding::{Extraction, Finding, Speaker, Status, Whose},
    number::number_at,
};

/// What the question asked for.
#[derive(Debug, Clone, Copy)]
pub enum Expected<'a> {
    /// An account in the patient's own words.
    Account,
    /// Whether one has a finding; `accepted` are the concepts that answer it (the asked one and narrower ones).
    YesNo {
        /// The concepts that answer the question.
        accepted: &'a [ConceptId],
    },
    /// One or several of some choices.
    Choices(&'a [Choice]),
    /// Since when or for how long.
    Period,
    /// A number, e.g. pain from 0 to 10.
    Number,
}

/// How an answer settles a yes/no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// 有
    Yes,
    /// 没有
    No,
    /// 不清楚
    Unsure,
}

/// An answer as values; what it says beyond the question is in `extraction`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// Yes, no or unsure, where the answer says so.
    pub verdict: Option<Verdict>,
    /// The finding that answered the question, with since when and how bad.
    pub finding: Option<Finding>,
    /// Positions of the choices that were named.
    pub choices: Vec<usize>,
    /// The number said.
    pub number: Option<f32>,
    /// Everything the text says.
    pub extraction: Extraction,
}

/// Characters that may follow an opening without changing what it answers (没有的呀).
const LONGEST_TAIL: usize = 3;

/// Opening words of answers, longest first.
pub(crate) struct Openings {
    words: Vec<(String, Verdict)>,
}

impl Openings {
    pub(crate) fn new(kb: &Kb) -> Result<Self, Vec<Fault>> {
        let (mut words, mut faults) = (Vec::new(), Vec::new());
        for cue in kb.cues.iter().filter(|cue| cue.class == REPLY) {
            let verdict = match cue.value.as_str() {
                "yes" => Verdict::Yes,
                "no" => Verdict::No,
                "unsure" => Verdict::Unsure,
                _ => {
                    let message =
                        format!("答语“{}”的取值“{}”不认识，可用：yes、no、unsure", cue.surface, cue.value);
                    faults.push(Fault::error(&cue.place.0, cue.place.1, "NL001", message));
                    continue;
                }
            };
            words.push((cue.surface.clone(), verdict));
        }
        words.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
        if faults.is_empty() { Ok(Self { words }) } else { Err(faults) }
    }

    /// The verdict an answer opens with.
    fn verdict(&self, text: &str) -> Option<(Verdict, &str)> {
        self.words.iter().find(|(word, _)| opens(text, word)).map(|(word, verdict)| (*verdict, word.as_str()))
    }
}

/// Latin words and single signs must stand alone, so that “no” is not found in “normal”.
fn opens(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else {
        return false;
    };
    !word.is_ascii() || !rest.chars().next().is_some_and(char::is_alphanumeric)
}

impl Extractor {
    /// Reads an answer to a question that expected something.
    pub fn reply(&self, text: &str, expected: Expected<'_>, speaker: Speaker) -> Reply {
        let extraction = self.extract(text, speaker);
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || is_punctuation(c));
        let opening = self.openings().verdict(trimmed);
        let mut reply = Reply { extraction, ..Reply::default() };
        match expected {
            Expected::Account => {}
            Expected::YesNo { accepted } => self.read_yes_no(&mut reply, trimmed, opening, accepted),
            Expected::Choices(choices) => {
                reply.choices = named_choices(trimmed, choices);
                reply.verdict = opening.map(|(verdict, _)| verdict);
                reply.number = first_number(trimmed);
            }
            Expected::Period => {
                reply.number = first_number(trimmed);
                reply.verdict =
                    opening.map(|(verdict, _)| verdict).filter(|_| reply.extraction.periods.is_empty());
            }
            Expected::Number => {
                reply.number =
                    first_number(trimmed).or_else(|| reply.extraction.severity.map(crate::Severity::score));
                reply.verdict = opening.map(|(verdict, _)| verdict).filter(|_| reply.number.is_none());
            }
        }
        reply
    }

    fn read_yes_no(
        &self,
        reply: &mut Reply,
        trimmed: &str,
        opening: Option<(Verdict, &str)>,
        accepted: &[ConceptId],
    ) {
        let extraction = &reply.extraction;
        let about =
            |finding: &&Finding| accepted.contains(&finding.concept) && finding.whose == Whose::Patient;
        let found = extraction.findings.iter().filter(about).min_by_key(|finding| match finding.status {
            Status::Yes => 0,
            Status::Unsure => 1,
            Status::No => 2,
        });
        if let Some(finding) = found {
            reply.finding = Some(*finding);
            reply.verdict = Some(match finding.status {
                Status::Yes => Verdict::Yes,
                Status::No => Verdict::No,
                Status::Unsure => Verdict::Unsure,
            });
            return;
        }
        let of_predicate = extraction
            .predicates
            .iter()
            .find(|mention| self.concepts_of(mention.predicate).any(|concept| accepted.contains(&concept)));
        reply.verdict = match (opening, of_predicate) {
            // “不是很厉害”: it is there, but mild.
            (Some((Verdict::No, word)), _) if extraction.severity.is_some() && word.starts_with("不") => {
                Some(Verdict::Yes)
            }
            (_, Some(mention)) => Some(match mention.status {
                Status::Yes => Verdict::Yes,
                Status::No => Verdict::No,
                Status::Unsure => Verdict::Unsure,
            }),
            // “没有打过疫苗” to another question: the opening runs on into something else.
            (Some((_, word)), None) if runs_on(trimmed, word, extraction) => None,
            (Some((verdict, _)), None) => Some(verdict),
            // “前天开始的”, “很厉害”: said of something that is there.
            (None, None) if extraction.findings.is_empty() && says_something_of_it(extraction) => {
                Some(Verdict::Yes)
            }
            (None, None) => None,
        };
    }
}

/// Whether the clause goes on after its opening with words that are no degree, time or rate.
fn runs_on(text: &str, opening: &str, extraction: &Extraction) -> bool {
    let clause = text.split(['，', ',', '。', '；', '、', ' ', '！', '？']).next().unwrap_or_default();
    let rest = clause.strip_prefix(opening).unwrap_or_default();
    let says_how =
        extraction.severity.is_some() || extraction.rate.is_some() || !extraction.periods.is_empty();
    // 不, 没, 有 alone begin many words; longer openings (没有, 不会) stand for themselves.
    let tail = if opening.chars().count() == 1 { 1 } else { LONGEST_TAIL };
    rest.chars().count() > tail && !says_how
}

fn says_something_of_it(extraction: &Extraction) -> bool {
    !extraction.has_negation
        && extraction.predicates.is_empty()
        && (!extraction.periods.is_empty() || extraction.severity.is_some() || extraction.rate.is_some())
}

/// Choices whose label or other name stands in the text; a name inside a longer one that stands there too is left out.
fn named_choices(text: &str, choices: &[Choice]) -> Vec<usize> {
    let mut hits: Vec<(usize, usize, usize)> = Vec::new();
    for (position, choice) in choices.iter().enumerate() {
        for name in std::iter::once(&choice.label).chain(&choice.names) {
            hits.extend(text.match_indices(name.as_str()).map(|(at, _)| (at, at + name.len(), position)));
        }
    }
    let inside = |hit: &(usize, usize, usize)| {
        hits.iter().any(|other| other.0 <= hit.0 && hit.1 <= other.1 && other.1 - other.0 > hit.1 - hit.0)
    };
    let mut named: Vec<usize> = hits.iter().filter(|hit| !inside(hit)).map(|hit| hit.2).collect();
    named.sort_unstable();
    named.dedup();
    named
}

fn first_number(text: &str) -> Option<f32> {
    text.char_indices().find_map(|(at, _)| number_at(text, at)).map(|(value, _)| value)
}

fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        '，' | '。'
            | '！'
            | '、'
            | '；'
            | '：'
            | '…'
            | '~'
            | '～'
            | '.'
            | ','
            | '!'
            | ';'
            | ':'
            | '"'
            | '“'
            | '”'
    )
}
