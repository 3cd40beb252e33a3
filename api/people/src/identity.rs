//! Numbers that name a person: checked once where they come in, kept in one normal form, shown masked.

mod card;
mod id_number;
mod phone;

pub use card::{InsuranceToken, SocialCard};
pub use id_number::IdNumber;
pub use phone::Phone;

/// What is wrong with a number as it was typed; the text says what to do next and stands beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NumberFault(pub &'static str);

/// Typed text without what a person puts between digits: blanks of any width, hyphens; full-width digits and letters
/// become plain ones.
fn tidied(typed: &str) -> String {
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    typed.chars().map(plain).filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '—')).collect()
}

/// The first and last characters with stars between; a normal form is plain ASCII and longer than both.
fn masked(text: &str, head: usize, tail: usize) -> String {
    let hidden = text.len().saturating_sub(head + tail);
    let end = text.len() - tail.min(text.len());
    format!("{}{}{}", text.get(..head).unwrap_or(""), "*".repeat(hidden), text.get(end..).unwrap_or(""))
}
