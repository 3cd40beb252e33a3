//! A text as characters and words, and the tokens that its views are made of.

use jieba_rs::Jieba;

/// Cuts Chinese text into words with their kind.
#[derive(Debug)]
pub struct Segmenter(Jieba);

/// A text in small letters and half width, cut into words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Its characters, normalised one by one, so that places are those of the original.
    pub chars: Vec<char>,
    /// Its words, without punctuation.
    pub words: Vec<Word>,
}

/// A word: its place in characters, and its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What kind of word it is.
    pub kind: Kind,
}

/// Rough parts of speech, as far as they matter to what a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A thing: 胃炎, 医生.
    Thing,
    /// Doing or happening: 治疗, 吃.
    Action,
    /// How something is: 疼, 严重.
    Quality,
    /// When or where: 昨天, 上面.
    Place,
    /// How many: 三, 个, 37.5.
    Number,
    /// A word in Latin letters: b超's b, hpv.
    Latin,
    /// Words that hold a sentence together: 吗, 请问, 的, 因为.
    Filler,
    /// Words the dictionary does not know.
    Unknown,
}

/// How a text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Words.
    Words,
    /// Two neighbouring characters.
    Pairs,
    /// Single characters.
    Characters,
    /// Two characters at most three apart, in any order.
    Near,
}

/// A piece of text, named by a number, and the characters it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Equal pieces have equal keys; two unequal pieces share one only once in 2⁶⁴.
    pub key: u64,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// Characters that [`View::Near`] reaches ahead.
const REACH: usize = 3;

impl Segmenter {
    /// Loads the dictionary; half a second, once.
    pub fn new() -> Self {
        Self(Jieba::new())
    }

    /// Normalises a text and cuts it into words.
    pub fn text(&self, text: &str) -> Text {
        let chars: Vec<char> = text.chars().map(normal).collect();
        let clean: String = chars.iter().collect();
        let mut words = Vec::new();
        let mut start = 0;
        for tag in self.0.tag(&clean, true) {
            let end = start + tag.word.chars().count();
            if chars[start..end].iter().any(|c| class(*c) != Class::Other) {
                words.push(Word { start, end, kind: kind(tag.tag, &chars[start..end]) });
            }
            start = end;
        }
        Text { chars, words }
    }
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

impl Text {
    /// The tokens of a view, in the order of the text.
    pub fn tokens(&self, view: View) -> Vec<Token> {
        match view {
            View::Words => self.words.iter().map(|word| self.token(word.start, word.end)).collect(),
            View::Pairs => self.pieces(|run, tokens| {
                tokens.extend((run.start..run.end - 1).map(|start| self.token(start, start + 2)));
            }),
            View::Characters => self.pieces(|run, tokens| {
                tokens.extend(run.map(|start| self.token(start, start + 1)));
            }),
            View::Near => self.pieces(|run, tokens| {
                for start in run.clone() {
                    let partners = start + 1..run.end.min(start + REACH + 1);
                    tokens.extend(partners.map(|other| self.near(start, other)));
                }
            }),
        }
    }

    /// The characters of a piece as text.
    pub fn piece(&self, start: usize, end: usize) -> String {
        self.chars[start..end].iter().collect()
    }

    /// The key of a piece, the same as that of its token.
    pub fn key(&self, start: usize, end: usize) -> u64 {
        key(&self.chars[start..end])
    }

    fn token(&self, start: usize, end: usize) -> Token {
        Token { key: self.key(start, end), start, end }
    }

    fn near(&self, start: usize, other: usize) -> Token {
        let (a, b) = (self.chars[start], self.chars[other]);
        Token { key: key(&[a.min(b), '+', a.max(b)]), start, end: other + 1 }
    }

    /// Runs of Chinese characters, cut up by `cut`; runs of letters or digits whole.
    fn pieces(&self, cut: impl Fn(std::ops::Range<usize>, &mut Vec<Token>)) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut start = 0;
        while start < self.chars.len() {
            let kind = class(self.chars[start]);
            let run = self.chars[start..].iter().take_while(|c| class(**c) == kind).count();
            match kind {
                Class::Chinese => cut(start..start + run, &mut tokens),
                Class::Letter | Class::Digit => tokens.push(self.token(start, start + run)),
                Class::Other => {}
            }
            start += run;
        }
        tokens
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Chinese,
    Letter,
    Digit,
    Other,
}

fn class(c: char) -> Class {
    match c {
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇' => Class::Chinese,
        '0'..='9' => Class::Digit,
        c if c.is_alphabetic() => Class::Letter,
        _ => Class::Other,
    }
}

/// Small letters and half width, one character for one.
fn normal(c: char) -> char {
    let narrow = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    let mut lower = narrow.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(small), None) => small,
        _ => narrow,
    }
}

fn kind(tag: &str, chars: &[char]) -> Kind {
    if chars.iter().all(|c| c.is_ascii_digit() || *c == '.') {
        return Kind::Number;
    }
    if chars.iter().all(|c| class(*c) != Class::Chinese) {
        return Kind::Latin;
    }
    match tag.as_bytes().first() {
        Some(b'n' | b'i' | b'l' | b'j' | b'g') => Kind::Thing,
        Some(b'v') => Kind::Action,
        Some(b'a' | b'b' | b'z') => Kind::Quality,
        Some(b't' | b's' | b'f') => Kind::Place,
        Some(b'm' | b'q') => Kind::Number,
        Some(b'x') | None => Kind::Unknown,
        Some(_) => Kind::Filler,
    }
}

/// FNV-1a over the characters, stirred at the end.
fn key(chars: &[char]) -> u64 {
    let sum = chars.iter().fold(0xcbf2_9ce4_8422_2325u64, |sum, c| {
        (sum ^ u64::from(u32::from(*c))).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    });
    (sum ^ (sum >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_cover_the_text() {
        let segmenter = Segmenter::new();
        let text = segmenter.text("ＨＰＶ阳性，要做活检吗？");
        let pieces = |view| -> Vec<String> {
            text.tokens(view).iter().map(|token| text.piece(token.start, token.end)).collect()
        };
        assert_eq!(pieces(View::Words), ["hpv", "阳性", "要", "做", "活检", "吗"]);
        assert_eq!(pieces(View::Pairs), ["hpv", "阳性", "要做", "做活", "活检", "检吗"]);
        assert_eq!(pieces(View::Characters).len(), 8);
        assert_eq!(pieces(View::Near)[..3], ["hpv", "阳性", "要做"]);
        assert_eq!(text.words[0].kind, Kind::Latin);
        assert_eq!(text.words[5].kind, Kind::Filler);
    }

    #[test]
    fn near_pairs_ignore_order() {
        let segmenter = Segmenter::new();
        let keys = |text: &str| -> Vec<u64> {
            segmenter.text(text).tokens(View::Near).iter().map(|token| token.key).collect()
        };
        assert_eq!(keys("胃疼"), keys("疼胃"));
        assert_ne!(keys("胃疼"), keys("胃痛"));
    }

    #[test]
    fn empty_and_odd_texts_are_fine() {
        let segmenter = Segmenter::new();
        for odd in ["", "，。", "İ", "👩‍⚕️", "a1,b2", "\u{0}"] {
            let text = segmenter.text(odd);
            assert_eq!(text.chars.len(), odd.chars().count());
            for view in [View::Words, View::Pairs, View::Characters, View::Near] {
                assert!(text.tokens(view).iter().all(|token| token.end <= text.chars.len()));
            }
        }
    }
}
