//! One pass over the words of a text that ties each cue to the mention it belongs to.
//!
//! A clause ends at a comma, a sentence at a full stop. Denial and doubt reach within a clause, over lists
//! joined by 、 or 和; whose and since when reach within a sentence. What comes after a mention (三天了,
//! 厉害, 没有了) is tied back to it.

use kb::{ConceptId, ConceptKind, Fault, Kb};

use crate::{
    automaton::{Automaton, Token, What},
    cue::{Gauge, Position, Role},
    finding::{
        Extraction, Finding, Mention, Onset, Period, Predicate, Rate, Severity, Side, Span, Speaker, Status,
        Whose,
    },
    reply::Openings,
};

mod degree;
mod presence;
mod time;
mod values;

/// Characters after a medicine within which 过敏 makes it an allergy.
const ALLERGY_REACH: usize = 8;
/// Bytes of one Chinese character.
const HAN: usize = 3;

/// Reads text with the names and cue words of one knowledge release.
pub struct Extractor {
    automaton: Automaton,
    openings: Openings,
}

impl Extractor {
    /// Compiles the names and cues of a release; faults name the cue's file and line.
    pub fn new(kb: &Kb) -> Result<Self, Vec<Fault>> {
        Ok(Self { automaton: Automaton::new(kb)?, openings: Openings::new(kb)? })
    }

    /// Everything said in a text. Any text is fine; nothing found is an empty extraction.
    pub fn extract(&self, text: &str, speaker: Speaker) -> Extraction {
        let mut extraction = Extraction::default();
        self.extract_into(text, speaker, &mut extraction);
        extraction
    }

    /// The same into memory that is used again.
    pub fn extract_into(&self, text: &str, speaker: Speaker, out: &mut Extraction) {
        out.clear();
        let mut pass = Pass::new(text, speaker, &self.automaton, out);
        for token in self.automaton.tokens(text) {
            pass.read(token);
        }
        pass.end_sentence();
    }

    /// The concepts that a lone predicate (疼, 晕) may name.
    pub fn concepts_of(&self, predicate: Predicate) -> impl Iterator<Item = ConceptId> {
        self.automaton.of_predicate(predicate)
    }

    pub(crate) fn openings(&self) -> &Openings {
        &self.openings
    }

    /// Name of a predicate class, e.g. `pain`.
    pub fn predicate_name(&self, predicate: Predicate) -> &str {
        self.automaton.predicate_name(predicate)
    }
}

/// A denial that waits for its mention.
#[derive(Clone, Copy)]
struct Denial {
    start: usize,
    end: usize,
    reaches_list: bool,
    /// Number of mentions it has denied already.
    n_used: u8,
}

struct Pass<'a> {
    text: &'a str,
    speaker: Speaker,
    automaton: &'a Automaton,
    out: &'a mut Extraction,
    /// First finding of the clause and of the sentence.
    clause: usize,
    sentence: usize,
    denial: Option<Denial>,
    doubt: Option<usize>,
    hypothesis: Option<usize>,
    joined: bool,
    whose: Whose,
    is_past: bool,
    /// First period of the sentence.
    first_period: usize,
    /// A moment or length that waits for a mention.
    period: Option<Period>,
    severity: Option<(Severity, Position, Span)>,
    rate: Option<(Rate, Span)>,
    side: Option<(Side, usize)>,
    onset: Option<Onset>,
    head: Option<(u16, usize, usize)>,
    gauge: Option<(Gauge, usize)>,
    /// Where a word for the child ended: a number of months right after it is its age.
    age_of: usize,
    previous_join: usize,
}

impl<'a> Pass<'a> {
    fn new(text: &'a str, speaker: Speaker, automaton: &'a Automaton, out: &'a mut Extraction) -> Self {
        Self {
            text,
            speaker,
            automaton,
            out,
            clause: 0,
            sentence: 0,
            denial: None,
            doubt: None,
            hypothesis: None,
            joined: false,
            whose: Whose::Patient,
            is_past: false,
            first_period: 0,
            period: None,
            severity: None,
            rate: None,
            side: None,
            onset: None,
            head: None,
            gauge: None,
            age_of: usize::MAX,
            previous_join: usize::MAX,
        }
    }

    fn read(&mut self, token: Token) {
        match token.what {
            What::Concept(concept) => self.mention(concept, token.start, token.end),
            What::Head(head) => self.head = Some((head, token.start, token.end)),
            What::Cue(role) => self.cue(role, token),
        }
    }

    fn cue(&mut self, role: Role, token: Token) {
        let span = span(token.start, token.end);
        match role {
            Role::Break(true) => self.end_sentence(),
            Role::Break(false) => self.end_clause(),
            Role::Turn => self.turn(),
            Role::Join => (self.joined, self.previous_join) = (true, token.end),
            Role::Negate(reaches_list) => self.deny(reaches_list, token),
            Role::NegateAfter => self.deny_back(token),
            Role::Affirm => self.affirm(token),
            Role::AffirmAfter => self.affirm_back(token),
            Role::Neutral => self.denial = None,
            Role::Doubt => (self.doubt, self.out.has_doubt) = (Some(token.end), true),
            Role::Hypothetical => self.hypothesis = Some(token.end),
            Role::Ask => self.ask(token.start),
            Role::Past => self.past(token),
            Role::Kin(kin) => self.kin(kin, token),
            Role::SelfWord => self.whose = Whose::Patient,
            Role::Severity(severity, position) => self.degree(severity, position, span),
            Role::Rate(rate) => self.rate(rate, span),
            Role::Side(side) => (self.side, self.out.side) = (Some((side, token.end)), Some(side)),
            Role::Onset(onset) => self.onset(onset),
            Role::TimeUnit(hours) => self.time_unit(hours, token),
            Role::TimePoint(hours) => self.moment(Period { hours, is_point: true, span }),
            Role::TimeSpan(hours) => self.named_length(Period { hours, is_point: false, span }),
            Role::Ago => self.ago(token),
            Role::Measure(gauge) => self.gauge(gauge, token.end),
            Role::Celsius => self.celsius(token),
            Role::OtherUnit => {}
            Role::Times => self.times(token),
            Role::Predicate(predicate) => self.predicate(predicate, token),
        }
    }

    // ---- mentions

    fn mention(&mut self, concept: ConceptId, start: usize, end: usize) {
        // 怕我也会心梗: holds to the end of the clause, or as far as a fear reaches.
        if self.hypothesis.is_some_and(|cue| start <= cue + 8 * HAN) {
            return;
        }
        let concept = self.allergy(concept, end).unwrap_or(concept);
        let mut finding = Finding {
            concept,
            status: self.status(start, end),
            whose: self.whose,
            span: span(start, end),
            since: self.period.filter(|period| period.is_point || self.clause == self.out.findings.len()),
            severity: self.severity_for(start),
            rate: self.rate.take_if(|_| true).map(|(rate, _)| rate),
            rate_span: None,
            side: self.side.take().filter(|(_, cue)| start <= cue + 3 * HAN).map(|(side, _)| side),
            onset: self.onset,
            is_past: self.is_past,
        };
        if finding.since.is_some_and(|period| !period.is_point) {
            self.period = None;
        }
        if finding.status == Status::No {
            finding.severity = None;
        }
        self.joined = false;
        self.head = None;
        self.out.findings.push(finding);
    }

    fn status(&mut self, start: usize, end: usize) -> Status {
        if let Some(denial) = &mut self.denial {
            let reach = if denial.reaches_list { 6 * HAN } else { 2 * HAN };
            let in_reach = start <= denial.end + reach;
            if in_reach && (denial.n_used == 0 || self.joined || start <= denial.end + HAN) {
                denial.n_used += 1;
                denial.end = end;
                return Status::No;
            }
            self.denial = None;
        }
        match self.doubt {
            Some(cue) if start <= cue + 8 * HAN => Status::Unsure,
            _ => Status::Yes,
        }
    }

    fn severity_for(&mut self, start: usize) -> Option<Severity> {
        let (severity, position, span) = self.severity.take()?;
        let gap = start.saturating_sub(span.end as usize);
        let reach = match position {
            Position::Before => 3 * HAN,
            Position::Either | Position::After => HAN,
        };
        if gap <= reach {
            return Some(severity);
        }
        self.tie_degree_back(severity, span);
        None
    }

    /// 对头孢和海鲜过敏, 青霉素有过敏: a medicine one is allergic to is not one that was taken.
    fn allergy(&self, concept: ConceptId, end: usize) -> Option<ConceptId> {
        let is_remedy = self.automaton.kind(concept) == ConceptKind::Drug;
        let is_allergy = is_remedy && self.clause_ahead(end, ALLERGY_REACH).contains("过敏");
        self.automaton.drug_allergy().filter(|_| is_allergy)
    }

    /// 头 … 晕: the head was seen before in the clause.
    fn predicate(&mut self, predicate: Predicate, token: Token) {
        if let Some((head, start, end)) = self.head {
            let is_near = token.start <= end + 6 * HAN;
            if let Some(concept) = self.automaton.joined(head, predicate).filter(|_| is_near) {
                self.mention(concept, token.start, token.end);
                if let Some(last) = self.out.findings.last_mut() {
                    last.span.start = to_u32(start);
                }
                return;
            }
        }
        let status = self.status(token.start, token.end);
        self.severity_for(token.start).inspect(|severity| self.out.severity = Some(*severity));
        self.out.predicates.push(Mention { predicate, status });
    }

    // ---- ends

    /// 但是: what was denied before is over.
    fn turn(&mut self) {
        self.end_clause();
    }

    fn end_clause(&mut self) {
        self.settle_period();
        if let Some((severity, _, span)) = self.severity.take() {
            self.tie_degree_back(severity, span);
        }
        if let Some(denial) = self.denial.take().filter(|denial| denial.n_used == 0) {
            // 咳嗽没有，发烧有: the denial stood after its mention.
            if let Some(finding) = self.last_in_clause(denial.start, 0) {
                finding.status = Status::No;
            }
        }
        if let Some(onset) = self.onset.take()
            && let Some(finding) = self.out.findings[self.clause..].last_mut()
        {
            finding.onset = Some(onset);
        }
        self.end_kin();
        self.clause = self.out.findings.len();
        (self.doubt, self.hypothesis, self.side, self.head, self.rate) = (None, None, None, None, None);
        (self.joined, self.is_past) = (false, false);
    }

    /// 我妈有高血压，… : a relative's disease is said in one clause; a relative's complaint may take several.
    fn end_kin(&mut self) {
        let is_disease = |finding: &Finding| self.automaton.kind(finding.concept) != ConceptKind::Symptom;
        if self.out.findings[self.clause..].iter().any(is_disease) {
            self.whose = Whose::Patient;
        }
    }

    fn end_sentence(&mut self) {
        self.end_clause();
        (self.sentence, self.first_period) = (self.out.findings.len(), self.out.periods.len());
        self.whose = Whose::Patient;
        self.period = None;
        self.gauge = None;
    }

    // ---- looking around

    /// The clause's last mention if it ended within `n_chars` characters before `start`.
    fn last_in_clause(&mut self, start: usize, n_chars: usize) -> Option<&mut Finding> {
        let last = self.out.findings[self.clause..].last_mut()?;
        (start <= last.span.end as usize + n_chars * HAN).then_some(last)
    }

    fn clause_ahead(&self, from: usize, n_chars: usize) -> &str {
        let end = floor_boundary(self.text, (from + n_chars * HAN).min(self.text.len()));
        let ahead = &self.text[from..end.max(from)];
        ahead.split(['，', ',', '。', '；', ' ']).next().unwrap_or_default()
    }

    /// Steps over 是, 在, 有 and the like before a number.
    fn skip_words(&self, from: usize, n_chars: usize) -> usize {
        let mut at = from;
        for character in self.text[from..].chars().take(n_chars) {
            if character.is_ascii_digit()
                || !matches!(
                    character,
                    '是' | '在'
                        | '有'
                        | '为'
                        | '到'
                        | '了'
                        | '：'
                        | ':'
                        | ' '
                        | '大'
                        | '约'
                        | '低'
                        | '压'
                        | '测'
                        | '量'
                        | '过'
                        | '达'
                )
            {
                break;
            }
            at += character.len_utf8();
        }
        at
    }
}

fn span(start: usize, end: usize) -> Span {
    Span { start: to_u32(start), end: to_u32(end) }
}

fn to_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
