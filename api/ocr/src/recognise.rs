//! What a line of text says.

use std::sync::OnceLock;

use image::{
    RgbImage,
    imageops::{self, FilterType},
};

use crate::{
    OcrError, Place,
    network::{self, Input, Network},
    picture::to_u32,
};

static FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/recognise.onnx"));
static CHARACTERS: &str = include_str!(concat!(env!("OUT_DIR"), "/characters.txt"));
/// Height of a line as the network takes it.
const HEIGHT: usize = 48;
/// Widths a network is made for; a line takes the narrowest that holds it, a longer one is pressed together.
const WIDTHS: [usize; 4] = [160, 320, 640, 960];
/// Lines less sure than this on average are no text.
pub(crate) const LEAST_CONFIDENCE: f32 = 0.5;

pub(crate) struct Recogniser {
    networks: [OnceLock<Network>; WIDTHS.len()],
    characters: Vec<&'static str>,
}

impl Recogniser {
    pub(crate) fn load() -> Result<Self, OcrError> {
        let recogniser = Self { networks: Default::default(), characters: CHARACTERS.lines().collect() };
        recogniser.network(WIDTHS.len() / 2)?;
        Ok(recogniser)
    }

    fn network(&self, at: usize) -> Result<&Network, OcrError> {
        if let Some(network) = self.networks[at].get() {
            return Ok(network);
        }
        let network = network::load(FILE, HEIGHT, WIDTHS[at])?;
        Ok(self.networks[at].get_or_init(|| network))
    }

    /// The text and how sure its characters are on average; nothing is not sure at all.
    pub(crate) fn read(&self, picture: &RgbImage, place: Place) -> Result<(String, f32), OcrError> {
        let Place { left, top, width, height } = place;
        let line = imageops::crop_imm(picture, left, top, width, height).to_image();
        let wanted = (width as usize * HEIGHT).div_ceil(height as usize).max(1);
        let at = WIDTHS.iter().position(|width| wanted <= *width).unwrap_or(WIDTHS.len() - 1);
        let wanted = to_u32(wanted.min(WIDTHS[at]));
        let line = imageops::resize(&line, wanted, to_u32(HEIGHT), FilterType::Triangle);
        let mut input = Input::zeros((1, 3, HEIGHT, WIDTHS[at]));
        for (x, y, pixel) in line.enumerate_pixels() {
            for c in 0..3 {
                input[[0, c, y as usize, x as usize]] = f32::from(pixel[2 - c]) / 127.5 - 1.0;
            }
        }
        let (shape, scores) = network::run(self.network(at)?, input)?;
        let n_classes = shape.last().copied().unwrap_or(1).max(1);
        Ok(self.text(&scores, n_classes))
    }

    /// At each step the likeliest class; 0 is a gap, and a class that goes on is said once. One class past the
    /// characters is the blank.
    #[expect(clippy::cast_precision_loss, reason = "a line has a few dozen characters")]
    fn text(&self, scores: &[f32], n_classes: usize) -> (String, f32) {
        let (mut text, mut last, mut sum, mut n) = (String::new(), 0, 0.0, 0usize);
        for step in scores.chunks_exact(n_classes) {
            let best = step.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            let Some((class, score)) = best else { continue };
            if class != 0 && class != last {
                text.push_str(self.characters.get(class - 1).copied().unwrap_or(" "));
                sum += score;
                n += 1;
            }
            last = class;
        }
        (text, sum / n.max(1) as f32)
    }
}
