//! Opening a photograph and turning it.

use std::io::Cursor;

use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageReader, Limits, Rgb, RgbImage,
    imageops::{self, FilterType},
};

/// Largest photograph that is opened, width × height.
pub const MAX_PIXELS: u32 = 50_000_000;
/// Longest side that is worked on: characters of a card that fills the photograph are then 40 pixels high.
const LONGEST_SIDE: u32 = 1_600;

/// The pixels, the way the camera was held, no larger than is worked on.
pub(crate) fn open(photo: &[u8]) -> Result<RgbImage, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(photo)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(u64::from(MAX_PIXELS) * 4);
    limits.max_image_width = Some(MAX_PIXELS / 1_000);
    limits.max_image_height = Some(MAX_PIXELS / 1_000);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let (width, height) = picture.dimensions();
    if width.max(height) > LONGEST_SIDE {
        picture = picture.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle);
    }
    Ok(picture.into_rgb8())
}

/// As large as `width` × `height` allows without distortion, at the upper left of a black canvas; with the scale.
pub(crate) fn fitted(picture: &RgbImage, width: u32, height: u32) -> (RgbImage, f32) {
    let ratio = |canvas, side: u32| float(canvas) / float(side.max(1));
    let scale = ratio(width, picture.width()).min(ratio(height, picture.height()));
    let size = |side: u32, most: u32| pixels(float(side) * scale).clamp(1, most);
    let small = imageops::resize(
        picture,
        size(picture.width(), width),
        size(picture.height(), height),
        FilterType::Triangle,
    );
    let mut canvas = RgbImage::new(width, height);
    imageops::replace(&mut canvas, &small, 0, 0);
    (canvas, scale)
}

/// Turned by `angle` radians about the upper left corner, so that what rose or fell by it lies level; what comes in
/// from outside is black.
pub(crate) fn level(picture: &RgbImage, angle: f32) -> RgbImage {
    let turn = Turn::new(angle);
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (x, y) = turn.source(x, y);
        let pixel = |x: i64, y: i64| {
            let inside = |at: i64, side: u32| u32::try_from(at).ok().filter(|at| *at < side);
            match (inside(x, picture.width()), inside(y, picture.height())) {
                (Some(x), Some(y)) => picture.get_pixel(x, y).0.map(f32::from),
                _ => [0.0; 3],
            }
        };
        let channel = |c: usize| between(x, y, |x, y| pixel(x, y)[c]);
        Rgb([0, 1, 2].map(|c| to_u8(channel(c))))
    })
}

/// The same for a map of one number per pixel.
pub(crate) fn level_map(map: &[f32], width: usize, angle: f32) -> Vec<f32> {
    let turn = Turn::new(angle);
    let at = |x: i64, y: i64| {
        let x = usize::try_from(x).ok().filter(|x| *x < width)?;
        map.get(usize::try_from(y).ok()? * width + x).copied()
    };
    let number = |index: usize| {
        let (x, y) = turn.source(to_u32(index % width), to_u32(index / width));
        between(x, y, |x, y| at(x, y).unwrap_or(0.0))
    };
    (0..map.len()).map(number).collect()
}

struct Turn {
    sin: f32,
    cos: f32,
}

impl Turn {
    fn new(angle: f32) -> Self {
        Self { sin: angle.sin(), cos: angle.cos() }
    }

    /// Where a point of the turned picture comes from.
    fn source(&self, x: u32, y: u32) -> (f32, f32) {
        let (x, y) = (float(x), float(y));
        (x * self.cos - y * self.sin, x * self.sin + y * self.cos)
    }
}

/// Bilinear.
#[expect(clippy::cast_possible_truncation, reason = "positions in a picture")]
fn between(x: f32, y: f32, at: impl Fn(i64, i64) -> f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (right, down) = (x - left, y - top);
    let (left, top) = (left as i64, top as i64);
    let row = |y| at(left, y) * (1.0 - right) + at(left + 1, y) * right;
    row(top) * (1.0 - down) + row(top + 1) * down
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn to_u8(number: f32) -> u8 {
    number.round().clamp(0.0, 255.0) as u8
}

/// The nearest whole pixel; 0 for less.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast stops at the ends")]
pub(crate) fn pixels(number: f32) -> u32 {
    number.round() as u32
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a picture are far below 2^24")]
pub(crate) fn float(number: u32) -> f32 {
    number as f32
}

pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
