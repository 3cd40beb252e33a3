//! Questionnaires in other formats: FHIR R4 Questionnaire and QuestionnaireResponse, XLSForm workbooks.
//!
//! What a document has and a draft can't hold is never dropped silently: it is listed as a [`Loss`] with its place
//! and the reason. A document that is wrong in itself is refused with faults.
//!
//! Faults: `EXC001` not JSON, `EXC002` not a Questionnaire, `EXC003` an element of the wrong type or one that is
//! missing, `EXC004` a linkId twice, `EXC005` too large or nested too deep; of a workbook `EXC301` not a workbook,
//! `EXC302` a sheet or column that is missing, `EXC303` an unknown type of question, `EXC304` begin and end do not
//! match, `EXC305` a name that is missing, wrong or twice, `EXC306` an unknown list of choices, `EXC307` too large.
//!
//! Losses: `EXC101` nothing of ours corresponds, `EXC102` a condition or formula we can't say, `EXC103` a modifier
//! extension, `EXC104` a name that was changed, `EXC105` a type of question or options we can't ask, `EXC106` an
//! extension of ours that no longer fits the standard elements, `EXC108` questions below a question, `EXC109` how
//! something is drawn; `EXC201` what other programs will not see in an exported document; of a workbook `EXC351`
//! a column, setting or type, `EXC352` a condition or formula.

pub mod fhir;
pub mod response;
pub mod xlsform;

mod branch;
mod coding;
mod document;
mod logic;
mod names;
mod phrase;
mod term;

#[cfg(test)]
mod samples;

use std::fmt;

use crate::form::draft::Property;

/// Something that was not carried over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Stable code, e.g. `EXC102`.
    pub code: &'static str,
    /// Where: a JSON pointer, a cell `survey!F12`, or the linkId of an exported item.
    pub place: String,
    /// What is lost.
    pub what: String,
    /// Why, in Chinese.
    pub why: String,
}

impl Loss {
    fn new(code: &'static str, place: &str, what: &str, why: &str) -> Self {
        Self { code, place: place.to_owned(), what: what.to_owned(), why: why.to_owned() }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{} 未带上：{}（{}）", self.place, self.code, self.what, self.why)
    }
}

/// A property of ours.
fn property(key: &str, value: String) -> Property {
    Property { key: key.to_owned().into(), when: None, value: value.into() }
}
