//! Finding texts by a question in everyday words: pure ranking over any set of documents, learnt from them alone.
//!
//! A [`Library`] keeps each document four times: as words, as pairs of neighbouring characters, as single
//! characters and as pairs of characters that stand close. Each of these views is scored by BM25, in which
//! what stands early in a document counts more (an answer first takes up its question), and each question
//! word by how much it is worth asking for: [`salience`](self) learns from the documents which words of an
//! opening come back later on. The views are brought to one scale and added.
//!
//! ```
//! use kb::retrieve::{Library, Segmenter};
//!
//! let segmenter = Segmenter::new();
//! let library = Library::new(&segmenter, ["高血压患者可以吃党参，但要少量。", "癫痫发作时不要硬掰牙关。"]);
//! assert_eq!(library.search(&segmenter, "癫痫发作怎么办", 1)[0].0, 1);
//! ```

mod field;
mod library;
mod plain;
mod salience;
mod text;

pub use library::Library;
pub use plain::Plain;
pub use text::{Kind, Segmenter, Text, Token, View, Word};

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of words and documents stay far below 2^24")]
pub(crate) fn real(count: usize) -> f32 {
    count as f32
}
