//! From words to statements, each with the comments that belong to it.

use std::collections::HashMap;

use super::token::{Kind, Token, tokens};

/// A file as its parts.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Comments at the top.
    pub(super) head: Vec<String>,
    /// Prefix (with its colon) and IRI (with its brackets).
    pub(super) prefixes: Vec<(String, String)>,
    pub(super) subjects: Vec<Subject>,
    /// Where each subject stands in the list.
    places: HashMap<String, usize>,
    /// Comments after the last subject.
    pub(super) tail: Vec<String>,
}

/// A subject and all that is said of it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) comments: Vec<String>,
    pub(super) key: String,
    pub(super) properties: Vec<Property>,
}

/// A property with its values in file order.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
}

#[derive(Debug)]
pub(super) enum Value {
    Plain(String),
    Nested(Vec<Property>),
    List(Vec<Value>),
}

/// Why a file cannot be brought into order.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: u32,
    pub(super) message: String,
}

/// Nesting that no knowledge file needs.
const MAX_DEPTH: u8 = 32;

pub(super) fn document(text: &str) -> Result<Document, Wrong> {
    let mut document = Document::default();
    let mut parser = Parser { tokens: tokens(text), at: 0, comments: Vec::new() };
    let mut last_line = None;
    loop {
        parser.skip_comments(last_line, &mut document);
        let Some(token) = parser.peek() else { break };
        match token.text {
            "@prefix" => document.prefixes.push(parser.prefix(true)?),
            word if word.eq_ignore_ascii_case("prefix") => document.prefixes.push(parser.prefix(false)?),
            _ => {
                let subject = parser.subject()?;
                document.add(subject);
            }
        }
        last_line = parser.last_line();
    }
    document.tail = std::mem::take(&mut parser.comments);
    Ok(document)
}

impl Document {
    /// What is said of one subject in two places comes together.
    fn add(&mut self, subject: Subject) {
        if let Some(at) = self.places.get(&subject.key) {
            let known = &mut self.subjects[*at];
            known.comments.extend(subject.comments);
            for property in subject.properties {
                push(&mut known.properties, property);
            }
        } else {
            self.places.insert(subject.key.clone(), self.subjects.len());
            self.subjects.push(subject);
        }
    }
}

fn push(properties: &mut Vec<Property>, property: Property) {
    match properties.iter_mut().find(|known| known.name == property.name) {
        Some(known) => known.values.extend(property.values),
        None => properties.push(property),
    }
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    /// Comments that wait for their subject.
    comments: Vec<String>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn last_line(&self) -> Option<u32> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|token| token.line)
    }

    /// Between statements: a comment on the line where a subject ends belongs to that subject, one before
    /// the first subject and above a prefix to the top.
    fn skip_comments(&mut self, last_line: Option<u32>, document: &mut Document) {
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Comment) {
            self.at += 1;
            let comment = token.text.trim_end().to_owned();
            match document.subjects.last_mut().filter(|_| last_line == Some(token.line)) {
                Some(subject) => subject.comments.push(comment),
                None => self.comments.push(comment),
            }
        }
        let is_prefix = self
            .peek()
            .is_some_and(|token| token.text == "@prefix" || token.text.eq_ignore_ascii_case("prefix"));
        if is_prefix && document.subjects.is_empty() {
            document.head.append(&mut self.comments);
        }
    }

    /// The next word inside a statement; comments on the way are kept for the subject.
    fn next(&mut self) -> Result<Token<'a>, Wrong> {
        while let Some(token) = self.peek() {
            self.at += 1;
            if token.kind != Kind::Comment {
                return Ok(token);
            }
            self.comments.push(token.text.trim_end().to_owned());
        }
        Err(Wrong { line: self.last_line().unwrap_or(1), message: "文件没有写完".to_owned() })
    }

    fn word(&mut self) -> Result<Token<'a>, Wrong> {
        let token = self.next()?;
        if token.kind != Kind::Word || token.text.starts_with("_:") || token.text == "@base" {
            let message = format!("不支持“{}”，请用带前缀的名称", token.text);
            return Err(Wrong { line: token.line, message });
        }
        Ok(token)
    }

    fn prefix(&mut self, has_stop: bool) -> Result<(String, String), Wrong> {
        self.word()?;
        let prefix = self.word()?.text.to_owned();
        let iri = self.word()?.text.to_owned();
        if has_stop {
            self.mark(".")?;
        }
        Ok((prefix, iri))
    }

    fn mark(&mut self, mark: &str) -> Result<(), Wrong> {
        let token = self.next()?;
        if token.text == mark {
            return Ok(());
        }
        Err(Wrong {
            line: token.line, message: format!("这里应是“{mark}”，现为“{}”", token.text)
        })
    }

    fn subject(&mut self) -> Result<Subject, Wrong> {
        let key = self.word()?;
        if key.text.eq_ignore_ascii_case("base") {
            return Err(Wrong {
                line: key.line, message: "不支持 BASE，请用带前缀的名称".to_owned()
            });
        }
        let properties = self.properties(".", 0)?;
        Ok(Subject { comments: std::mem::take(&mut self.comments), key: key.text.to_owned(), properties })
    }

    /// Properties up to the closing mark, which is read too.
    fn properties(&mut self, end: &str, depth: u8) -> Result<Vec<Property>, Wrong> {
        let mut properties = Vec::new();
        loop {
            let token = self.next()?;
            match token.text {
                ";" => {}
                text if text == end => return Ok(properties),
                _ => {
                    self.at -= 1;
                    let name = self.word()?.text.to_owned();
                    let values = self.values(depth)?;
                    push(&mut properties, Property { name, values });
                }
            }
        }
    }

    fn values(&mut self, depth: u8) -> Result<Vec<Value>, Wrong> {
        let mut values = Vec::new();
        loop {
            let token = self.next()?;
            values.push(self.value(token, depth)?);
            let next = self.next()?;
            if next.text != "," {
                self.at -= 1;
                return Ok(values);
            }
        }
    }

    fn value(&mut self, token: Token<'a>, depth: u8) -> Result<Value, Wrong> {
        if depth > MAX_DEPTH {
            return Err(Wrong { line: token.line, message: "嵌套太深".to_owned() });
        }
        match token.text {
            "[" => Ok(Value::Nested(self.properties("]", depth + 1)?)),
            "(" => {
                let mut members = Vec::new();
                loop {
                    let token = self.next()?;
                    if token.text == ")" {
                        return Ok(Value::List(members));
                    }
                    members.push(self.value(token, depth + 1)?);
                }
            }
            _ => {
                self.at -= 1;
                Ok(Value::Plain(self.word()?.text.to_owned()))
            }
        }
    }
}
