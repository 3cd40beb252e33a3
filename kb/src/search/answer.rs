//! What a search answers, as values that explain themselves.

use std::ops::Range;

use crate::{Audience, ConceptId, Kb, Part};

/// How a concept was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// One of its names stands there.
    Name,
    /// A reader of text found it.
    Reader,
    /// Full pinyin was typed.
    Pinyin,
    /// It sounds the same.
    Sound,
    /// One character differs.
    Slip,
    /// First letters were typed.
    Initials,
}

impl How {
    /// How sure it is, 0–1.
    pub(super) fn certainty(self) -> f32 {
        match self {
            Self::Name | Self::Reader => 1.0,
            Self::Pinyin => 0.95,
            Self::Sound => 0.85,
            Self::Slip => 0.8,
            Self::Initials => 0.6,
        }
    }

    /// Whether the reader should see what was assumed (“已按‘痛风’查找”).
    pub fn is_guess(self) -> bool {
        !matches!(self, Self::Name | Self::Reader)
    }
}

/// A concept that the question names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The concept.
    pub concept: ConceptId,
    /// The words of the question.
    pub said: String,
    /// Bytes of the question.
    pub range: Range<usize>,
    /// How it was recognised.
    pub how: How,
}

/// Why an article is where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonKind {
    /// It is about what the question names.
    Name,
    /// It is about something more general or more special than what the question names.
    Kin,
    /// It was written for a question like this one.
    Question,
    /// Its disease shows a symptom of the question.
    Symptom,
    /// Words of the question stand in its title, names or questions.
    Title,
    /// Words of the question stand in its text.
    Text,
    /// They stand there in one sentence.
    Sentence,
    /// It has what is asked for in the section asked for.
    Part,
    /// It is, or is not, for the people of the question.
    Audience,
    /// How often its disease is seen among such people.
    Common,
}

/// One contribution to a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Kind.
    pub kind: ReasonKind,
    /// The words or concept it rests on.
    pub what: String,
    /// What it adds; below 0 where it speaks against.
    pub points: f32,
}

impl Reason {
    /// As a reader of the page understands it.
    pub fn text(&self) -> String {
        let what = &self.what;
        match self.kind {
            ReasonKind::Name => format!("讲的就是{what}"),
            ReasonKind::Kin => format!("与{what}有关"),
            ReasonKind::Question => format!("有人也这样问：{what}"),
            ReasonKind::Symptom if self.points < 0.0 => "一般没有所说的不适".to_owned(),
            ReasonKind::Symptom => format!("可有{what}"),
            ReasonKind::Title => format!("标题或问法里有{what}"),
            ReasonKind::Text => format!("文中提到{what}"),
            ReasonKind::Sentence => format!("同一句里提到{what}"),
            ReasonKind::Part => format!("“{what}”一节里有"),
            ReasonKind::Audience if self.points < 0.0 => format!("不是写给{what}的"),
            ReasonKind::Audience => format!("写给{what}"),
            ReasonKind::Common => what.clone(),
        }
    }
}

/// A passage of an article with what was asked for marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Section it stands in.
    pub part: Part,
    /// The passage.
    pub text: String,
    /// Bytes of `text` to mark: sorted, apart from each other, on character boundaries.
    pub marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The passage with each mark between two signs.
    pub fn marked(&self, before: &str, after: &str) -> String {
        let mut out = String::new();
        let mut from = 0;
        for mark in &self.marks {
            out.push_str(&self.text[from..mark.start]);
            out.push_str(before);
            out.push_str(&self.text[mark.clone()]);
            out.push_str(after);
            from = mark.end;
        }
        out.push_str(&self.text[from..]);
        out
    }
}

/// An article that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Position in [`crate::Kb::articles`].
    pub article: usize,
    /// Sum of the reasons.
    pub score: f32,
    /// What made it, greatest first.
    pub reasons: Vec<Reason>,
    /// Bytes of the title to mark, as in [`Excerpt::marks`].
    pub title_marks: Vec<Range<usize>>,
    /// The passage that answers best.
    pub excerpt: Excerpt,
}

/// A name near to what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// What it names.
    pub concept: ConceptId,
    /// The name.
    pub name: String,
}

/// What the reader can do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Call 120 or go to the emergency room, where what was found must not wait.
    Emergency,
    /// See this department (index into [`crate::Kb::departments`]).
    Department(usize),
    /// Let the pre-consultation ask.
    Consult,
    /// Say it in other words.
    Rephrase,
}

impl Way {
    /// As a reader of the page understands it.
    pub fn text(self, kb: &Kb) -> String {
        match self {
            Self::Emergency => "来得急、来得重，请马上拨打 120 或去最近的急诊".to_owned(),
            Self::Department(department) => {
                let label = kb.departments.get(department).map_or("", |department| &department.label);
                format!("可以看{label}")
            }
            Self::Consult => "说不清是什么问题，可以做一次预问诊，由它一步步问".to_owned(),
            Self::Rephrase => "换个说法再试，写出哪里不舒服、是谁、有多久".to_owned(),
        }
    }
}

/// The answer to a search. Never a dead end: `ways` always holds something, and `near` does where no article fits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Concepts understood, in the order of the question.
    pub heard: Vec<Heard>,
    /// People the question is about.
    pub audience: Vec<Audience>,
    /// Sections it asks for.
    pub parts: Vec<Part>,
    /// Articles, best first.
    pub hits: Vec<Hit>,
    /// Whether the first hit fits so loosely that the page should say so.
    pub is_loose: bool,
    /// Names that may have been meant: for “是不是要找”.
    pub near: Vec<Near>,
    /// What to do next, most important first.
    pub ways: Vec<Way>,
}
