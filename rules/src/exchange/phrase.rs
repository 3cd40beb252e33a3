//! Expressions of other formats as trees: the common core of FHIRPath and of XForms' XPath.

/// Longest expression, in characters.
const MAX_CHARS: usize = 16_384;
/// Deepest nesting of brackets, calls and signs.
const MAX_DEPTH: u32 = 48;

/// Which language an expression is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    FhirPath,
    XPath,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phrase {
    Truth(bool),
    Number(f64),
    /// A number and what follows it in quotes or as a unit of time.
    Quantity(f64, String),
    Text(String),
    Date(String),
    Empty,
    /// `%resource`, `${age}`
    Variable(String),
    /// `$this`, `.`
    This,
    /// What `.a.b(c)[0]` makes of something.
    Steps(Box<Phrase>, Vec<Step>),
    /// Operands of signs that bind alike, from left to right.
    Run(Box<Phrase>, Vec<(Sign, Phrase)>),
    Negative(Box<Phrase>),
}

/// `.name`, `.name(arguments)`, `[index]` (named `[]`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) arguments: Option<Vec<Phrase>>,
}

/// A sign between two operands, as written.
pub(super) type Sign = &'static str;

const SIGNS: [(Sign, u8); 20] = [
    ("implies", 1),
    ("or", 2),
    ("xor", 2),
    ("and", 3),
    ("in", 4),
    ("contains", 4),
    ("=", 5),
    ("!=", 5),
    ("~", 5),
    ("<", 6),
    ("<=", 6),
    (">", 6),
    (">=", 6),
    ("|", 7),
    ("+", 8),
    ("-", 8),
    ("&", 8),
    ("*", 9),
    ("/", 9),
    ("div", 9),
];
const MOD: (Sign, u8) = ("mod", 9);

/// The tree of an expression, or what is wrong with it.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Phrase, String> {
    if text.chars().count() > MAX_CHARS {
        return Err(format!("表达式太长，最多 {MAX_CHARS} 个字"));
    }
    let tokens = tokens(text, dialect)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, dialect };
    let phrase = parser.binary(1)?;
    match parser.peek() {
        None => Ok(phrase),
        Some(token) => Err(format!("这里应已结束，写的是“{}”", token.shown())),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Date(String),
    Variable(String),
    Word(String),
    /// A word in backticks or double quotes.
    Quoted(String),
    Mark(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Number(value) => value.to_string(),
            Self::Text(text) => format!("'{text}'"),
            Self::Date(text) => format!("@{text}"),
            Self::Variable(name) => format!("%{name}"),
            Self::Word(word) | Self::Quoted(word) => word.clone(),
            Self::Mark(mark) => (*mark).to_owned(),
        }
    }
}

const MARKS: [&str; 23] = [
    "!=", "<=", ">=", "!~", "..", "{", "}", "(", ")", "[", "]", ",", ".", "=", "~", "<", ">", "|", "+", "-",
    "&", "*", "/",
];

fn tokens(text: &str, dialect: Dialect) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    let take = |from: usize, test: &dyn Fn(char) -> bool| -> (String, usize) {
        let word: String = chars.iter().skip(from).take_while(|c| test(**c)).collect();
        let length = word.chars().count();
        (word, from + length)
    };
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        if c.is_whitespace() {
            at += 1;
        } else if c == '/' && next == Some('/') && dialect == Dialect::FhirPath {
            at = take(at, &|c| c != '\n').1;
        } else if c == '\'' || c == '"' {
            let (text, end) = string(&chars, at, dialect)?;
            tokens.push(if c == '"' && dialect == Dialect::FhirPath {
                Token::Quoted(text)
            } else {
                Token::Text(text)
            });
            at = end;
        } else if c == '`' {
            let (text, end) = string(&chars, at, dialect)?;
            tokens.push(Token::Quoted(text));
            at = end;
        } else if c.is_ascii_digit()
            || (c == '.' && dialect == Dialect::XPath && next.is_some_and(|c| c.is_ascii_digit()))
        {
            let (digits, end) = number(&chars, at);
            tokens.push(Token::Number(digits.parse().map_err(|_| format!("“{digits}”不是数"))?));
            at = end;
        } else if c == '@' && dialect == Dialect::FhirPath {
            let (date, end) =
                take(at + 1, &|c| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 'Z' | '+' | '.'));
            tokens.push(Token::Date(date));
            at = end;
        } else if c == '%' && dialect == Dialect::FhirPath {
            let quoted = next == Some('\'') || next == Some('`') || next == Some('"');
            let (name, end) = if quoted {
                string(&chars, at + 1, dialect)?
            } else {
                take(at + 1, &|c| c.is_alphanumeric() || c == '_' || c == '-')
            };
            tokens.push(Token::Variable(name));
            at = end;
        } else if c == '$' && next == Some('{') {
            let (name, end) = take(at + 2, &|c| c != '}');
            if chars.get(end) != Some(&'}') {
                return Err("“${”后面缺“}”".to_owned());
            }
            tokens.push(Token::Variable(name.trim().to_owned()));
            at = end + 1;
        } else if c == '$' {
            let (name, end) = take(at + 1, &|c| c.is_alphanumeric() || c == '_');
            tokens.push(Token::Word(format!("${name}")));
            at = end;
        } else if c.is_alphabetic() || c == '_' {
            let hyphen = dialect == Dialect::XPath;
            let (word, end) =
                take(at, &|c| c.is_alphanumeric() || c == '_' || (hyphen && matches!(c, '-' | ':')));
            tokens.push(Token::Word(word));
            at = end;
        } else {
            let rest: String = chars.iter().skip(at).take(2).collect();
            let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
            let mark = mark.ok_or_else(|| format!("不认识的符号“{c}”"))?;
            tokens.push(Token::Mark(mark));
            at += mark.len();
        }
    }
    Ok(tokens)
}

fn number(chars: &[char], from: usize) -> (String, usize) {
    let mut digits = String::new();
    let mut at = from;
    let mut seen_point = false;
    while let Some(&c) = chars.get(at) {
        let is_point = c == '.' && !seen_point && chars.get(at + 1).is_some_and(char::is_ascii_digit);
        if !c.is_ascii_digit() && !is_point {
            break;
        }
        seen_point |= is_point;
        digits.push(c);
        at += 1;
    }
    (digits, at)
}

/// A quoted text from its opening quote on, and where it ends.
fn string(chars: &[char], from: usize, dialect: Dialect) -> Result<(String, usize), String> {
    let quote = chars.get(from).copied().unwrap_or('\'');
    let mut text = String::new();
    let mut at = from + 1;
    while let Some(&c) = chars.get(at) {
        at += 1;
        if c == quote {
            return Ok((text, at));
        }
        if c != '\\' || dialect == Dialect::XPath {
            text.push(c);
            continue;
        }
        let escaped = chars.get(at).copied().unwrap_or('\\');
        at += 1;
        match escaped {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'f' => text.push('\u{c}'),
            'u' => {
                let hex: String = chars.iter().skip(at).take(4).collect();
                let code = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
                text.push(code.ok_or("“\\u”后面应是四位十六进制数")?);
                at += 4;
            }
            other => text.push(other),
        }
    }
    Err(format!("缺后一个“{quote}”"))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    dialect: Dialect,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(own)) if *own == mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), String> {
        if self.takes(mark) {
            return Ok(());
        }
        let found =
            self.peek().map_or_else(|| "已经结束".to_owned(), |token| format!("写的是“{}”", token.shown()));
        Err(format!("这里应是“{mark}”，{found}"))
    }

    fn sign(&self) -> Option<(Sign, u8)> {
        let word = match self.peek()? {
            Token::Mark(mark) => mark,
            Token::Word(word) => word.as_str(),
            _ => return None,
        };
        let found = SIGNS.iter().chain([&MOD]).find(|(sign, _)| *sign == word).copied()?;
        let is_known = self.dialect == Dialect::FhirPath
            || !matches!(found.0, "implies" | "xor" | "in" | "contains" | "~" | "&" | "|" | "/");
        is_known.then_some(found)
    }

    fn binary(&mut self, level: u8) -> Result<Phrase, String> {
        let mut left = self.unary()?;
        let mut last = 0;
        while let Some((sign, own)) = self.sign().filter(|(_, own)| *own >= level) {
            self.at += 1;
            let right = self.binary(own + 1)?;
            left = match left {
                Phrase::Run(first, mut rest) if last == own => {
                    rest.push((sign, right));
                    Phrase::Run(first, rest)
                }
                other => Phrase::Run(Box::new(other), vec![(sign, right)]),
            };
            last = own;
        }
        Ok(left)
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("套得太深，最多 {MAX_DEPTH} 层"));
        }
        let found = inner(self);
        self.depth -= 1;
        found
    }

    fn unary(&mut self) -> Result<Phrase, String> {
        if self.takes("-") {
            let of = self.deeper(Self::unary)?;
            return Ok(match of {
                Phrase::Number(value) => Phrase::Number(-value),
                other => Phrase::Negative(Box::new(other)),
            });
        }
        if self.takes("+") {
            return self.deeper(Self::unary);
        }
        let first = self.primary()?;
        self.steps(first)
    }

    fn steps(&mut self, first: Phrase) -> Result<Phrase, String> {
        let (base, mut steps) = match first {
            Phrase::Steps(base, steps) => (*base, steps),
            other => (other, Vec::new()),
        };
        if self.dialect == Dialect::FhirPath {
            loop {
                if self.takes(".") {
                    let Some(Token::Word(name) | Token::Quoted(name)) = self.take() else {
                        return Err("“.”后面应是名称".to_owned());
                    };
                    let arguments = if self.takes("(") { Some(self.arguments()?) } else { None };
                    steps.push(Step { name, arguments });
                } else if self.takes("[") {
                    let index = self.deeper(|parser| parser.binary(1))?;
                    self.expect("]")?;
                    steps.push(Step { name: "[]".to_owned(), arguments: Some(vec![index]) });
                } else {
                    break;
                }
            }
        }
        Ok(if steps.is_empty() { base } else { Phrase::Steps(Box::new(base), steps) })
    }

    /// After the opening bracket.
    fn arguments(&mut self) -> Result<Vec<Phrase>, String> {
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.deeper(|parser| parser.binary(1))?);
            if self.takes(")") {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    fn primary(&mut self) -> Result<Phrase, String> {
        let token = self.take().ok_or("这里应有一个值，已经结束")?;
        Ok(match token {
            Token::Number(value) => match self.peek() {
                Some(Token::Text(unit)) if self.dialect == Dialect::FhirPath => {
                    let quantity = Phrase::Quantity(value, unit.clone());
                    self.at += 1;
                    quantity
                }
                Some(Token::Word(unit)) if self.dialect == Dialect::FhirPath && is_time(unit) => {
                    let quantity = Phrase::Quantity(value, unit.clone());
                    self.at += 1;
                    quantity
                }
                _ => Phrase::Number(value),
            },
            Token::Text(text) => Phrase::Text(text),
            Token::Date(text) => Phrase::Date(text),
            Token::Variable(name) => Phrase::Variable(name),
            Token::Mark("(") => {
                let inner = self.deeper(|parser| parser.binary(1))?;
                self.expect(")")?;
                inner
            }
            Token::Mark("{") => {
                self.expect("}")?;
                Phrase::Empty
            }
            Token::Mark(".") if self.dialect == Dialect::XPath => Phrase::This,
            Token::Word(word) if word == "true" && self.dialect == Dialect::FhirPath => Phrase::Truth(true),
            Token::Word(word) if word == "false" && self.dialect == Dialect::FhirPath => Phrase::Truth(false),
            Token::Word(word) if word == "$this" => Phrase::This,
            Token::Word(name) | Token::Quoted(name) => {
                let arguments = if self.takes("(") { Some(self.arguments()?) } else { None };
                Phrase::Steps(Box::new(Phrase::This), vec![Step { name, arguments }])
            }
            Token::Mark(mark) => return Err(format!("这里应有一个值，写的是“{mark}”")),
        })
    }
}

fn is_time(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    matches!(singular, "year" | "month" | "week" | "day" | "hour" | "minute" | "second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_bind_as_the_standard_says() {
        let parsed = parse("1 + 2 * 3 > 4 and true or false", Dialect::FhirPath).expect("parses");
        let Phrase::Run(_, rest) = parsed else { panic!("a run of or") };
        assert_eq!(rest.iter().map(|(sign, _)| *sign).collect::<Vec<_>>(), ["or"]);
    }

    #[test]
    fn paths_have_steps() {
        let text = "%resource.item.where(linkId = 'a\\'b').answer[0].value";
        let Ok(Phrase::Steps(base, steps)) = parse(text, Dialect::FhirPath) else { panic!("steps") };
        assert_eq!(*base, Phrase::Variable("resource".to_owned()));
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["item", "where", "answer", "[]", "value"]);
    }

    #[test]
    fn hostile_texts_are_refused_without_harm() {
        let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
        assert!(parse(&deep, Dialect::FhirPath).expect_err("too deep").contains("太深"));
        assert!(parse(&"-".repeat(9000), Dialect::XPath).is_err());
        assert!(parse(&"1+".repeat(200_000), Dialect::XPath).expect_err("too long").contains("太长"));
        for text in ["", "'", "%", "${", "@", "a.", "a[", "a(", "{", "1 2", "和", "\\"] {
            let _ = parse(text, Dialect::FhirPath);
            assert!(parse(text, Dialect::XPath).is_err() || text == "和", "{text}");
        }
    }
}
