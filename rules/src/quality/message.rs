//! Messages that quote facts: `体温填了 {体温}`.

use super::{read::Part, schema::Schema, sheet::shown};
use crate::expr::Facts;

/// Errors told of one message at most.
const ERRORS: usize = 20;

/// A text with quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Quote(u32),
}

impl Message {
    /// Reads a message; each error with the characters before it.
    pub(super) fn read(part: &Part, schema: &Schema) -> Result<Self, Vec<(usize, String)>> {
        let (mut pieces, mut errors, mut rest, mut before) = (Vec::new(), Vec::new(), part.text.as_str(), 0);
        while let Some(open) = rest.find('{') {
            let (text, quoted) = rest.split_at(open);
            pieces.push(Piece::Text(text.to_owned()));
            let at = before + text.chars().count();
            let Some((name, after)) = quoted.split_at(1).1.split_once('}') else {
                errors.push((at, "引用以 { 开头，却没有以 } 结束".to_owned()));
                return Err(errors);
            };
            if errors.len() == ERRORS {
                return Err(errors);
            }
            if let Some(slot) = schema.slot(name.trim()) {
                pieces.push(Piece::Quote(slot));
            } else {
                errors.push((at, schema.unknown(name.trim())));
            }
            before = at + name.chars().count() + 2;
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if errors.is_empty() { Ok(Self { pieces }) } else { Err(errors) }
    }

    /// The text with the values quoted.
    pub(super) fn text<F: Facts + ?Sized>(&self, schema: &Schema, facts: &F) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Quote(slot) => shown(schema, facts, *slot),
        };
        self.pieces.iter().map(piece).collect()
    }
}
