//! Reads the printed text on a photographed identity card: the PP-OCRv4 networks on tract, in pure Rust.
//!
//! A photograph is turned upright to within a tenth of a degree, its lines are found and read, and the fields are
//! taken from the lines. Nothing here is sure: a person confirms every field, and the number is checked elsewhere.

mod card;
mod detect;
mod network;
mod picture;
mod recognise;
#[cfg(test)]
mod tests;

use image::RgbImage;

pub use card::{Back, Front, back, front};
pub use picture::MAX_PIXELS;

/// Why a photograph was not read.
#[derive(Debug, thiserror::Error)]
pub enum OcrError {
    #[error("not a JPEG or PNG that can be read: {0}")]
    Picture(#[from] image::ImageError),
    #[error("the networks cannot be run: {0}")]
    Network(String),
}

/// A line of text, where it stands in the upright photograph and how sure its characters are on average (0 to 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    pub confidence: f32,
    pub place: Place,
}

/// A box in pixels of the upright photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// The networks, loaded once; shared by all threads.
pub struct Reader {
    detector: detect::Detector,
    recogniser: recognise::Recogniser,
}

impl Reader {
    /// Takes about a second.
    pub fn load() -> Result<Self, OcrError> {
        Ok(Self { detector: detect::Detector::load()?, recogniser: recognise::Recogniser::load()? })
    }

    /// The lines of a JPEG or PNG, top to bottom and left to right. Takes a second or two of one core.
    pub fn read(&self, photo: &[u8]) -> Result<Vec<Line>, OcrError> {
        self.read_picture(&picture::open(photo)?)
    }

    fn read_picture(&self, picture: &RgbImage) -> Result<Vec<Line>, OcrError> {
        let (upright, places) = self.detector.find(picture)?;
        let mut lines = Vec::with_capacity(places.len());
        for place in places {
            let (text, confidence) = self.recogniser.read(&upright, place)?;
            if confidence >= recognise::LEAST_CONFIDENCE {
                lines.push(Line { text, confidence, place });
            }
        }
        Ok(lines)
    }
}

impl Place {
    fn middle(self) -> u32 {
        self.top + self.height / 2
    }
}
