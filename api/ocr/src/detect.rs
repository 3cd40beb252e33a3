//! Where lines of text stand.

use image::RgbImage;

use crate::{
    OcrError, Place,
    network::{self, Input, Network},
    picture::{self, float, pixels, to_u32},
};

static FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/detect.onnx"));
/// Longer and shorter side of the canvas, multiples of 32.
const CANVAS: (usize, usize) = (1_024, 672);
/// Mean and spread of the channels in training, red first.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const SPREAD: [f32; 3] = [0.229, 0.224, 0.225];
/// Least probability of a pixel of text, and of a whole line.
const PIXEL: f32 = 0.3;
const LINE: f32 = 0.55;
/// Fewest pixels of the canvas a line is high and wide.
const SMALLEST: usize = 6;
/// The network marks the core of a line; so much of area over circumference is added around.
const GROWN: f32 = 1.6;
/// A line this many times longer than high tells how the photograph is tilted.
const LONG: f32 = 4.0;
/// Tilts below this (radians, a fifth of a degree) are left.
const LEVEL: f32 = 0.0035;
/// Beyond this (radians, 15 degrees) nothing is turned: it is no card held straight.
const MOST_TILT: f32 = 0.26;

pub(crate) struct Detector {
    wide: Network,
    tall: Network,
}

/// What the network says of each pixel of the canvas.
struct Map {
    probability: Vec<f32>,
    width: usize,
    /// Pixels of the canvas per pixel of the picture.
    scale: f32,
}

/// Neighbouring pixels of text.
#[derive(Debug, Clone, Copy)]
struct Blob {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
    mean: f32,
    /// Length over height, and angle in radians, of the ellipse with the same moments.
    slenderness: f32,
    angle: f32,
}

impl Detector {
    pub(crate) fn load() -> Result<Self, OcrError> {
        let (long, short) = CANVAS;
        Ok(Self { wide: network::load(FILE, short, long)?, tall: network::load(FILE, long, short)? })
    }

    /// The picture with its lines level, and their places from top to bottom, left to right within a row.
    pub(crate) fn find(&self, picture: &RgbImage) -> Result<(RgbImage, Vec<Place>), OcrError> {
        let mut map = self.map(picture)?;
        let mut blobs = blobs(&map);
        let angle = tilt(&blobs);
        let mut upright = picture.clone();
        if angle.abs() > LEVEL {
            upright = picture::level(picture, angle);
            map.probability = picture::level_map(&map.probability, map.width, angle);
            blobs = self::blobs(&map);
        }
        let mut places: Vec<Place> =
            blobs.iter().filter(|blob| blob.mean >= LINE).map(|blob| place(blob, &map, &upright)).collect();
        in_rows(&mut places);
        Ok((upright, places))
    }

    fn map(&self, picture: &RgbImage) -> Result<Map, OcrError> {
        let (long, short) = CANVAS;
        let is_wide = picture.width() >= picture.height();
        let (network, width, height) =
            if is_wide { (&self.wide, long, short) } else { (&self.tall, short, long) };
        let (canvas, scale) = picture::fitted(picture, to_u32(width), to_u32(height));
        let mut input = Input::zeros((1, 3, height, width));
        for (x, y, pixel) in canvas.enumerate_pixels() {
            for c in 0..3 {
                // The networks were trained on blue first.
                let value = f32::from(pixel[2 - c]) / 255.0;
                input[[0, c, y as usize, x as usize]] = (value - MEAN[c]) / SPREAD[c];
            }
        }
        let (_, probability) = network::run(network, input)?;
        Ok(Map { probability, width, scale })
    }
}

/// Runs of neighbouring pixels of text, by a flood that needs no recursion.
#[expect(clippy::cast_precision_loss, reason = "pixels of a canvas are far below 2^24")]
fn blobs(map: &Map) -> Vec<Blob> {
    let is_text = |at: usize| map.probability[at] >= PIXEL;
    let mut seen = vec![false; map.probability.len()];
    let mut blobs = Vec::new();
    let mut open = Vec::new();
    for start in 0..seen.len() {
        if seen[start] || !is_text(start) {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let (mut left, mut top, mut right, mut bottom) = (usize::MAX, usize::MAX, 0, 0);
        let (mut sum, mut pixels) = (0.0, Vec::new());
        while let Some(at) = open.pop() {
            let (x, y) = (at % map.width, at / map.width);
            (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x), bottom.max(y));
            sum += map.probability[at];
            pixels.push((x as f32, y as f32));
            let beside = [
                (x > 0).then(|| at - 1),
                (x + 1 < map.width).then_some(at + 1),
                at.checked_sub(map.width),
                (at + map.width < seen.len()).then_some(at + map.width),
            ];
            for next in beside.into_iter().flatten() {
                if !seen[next] && is_text(next) {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
        if right - left >= SMALLEST && bottom - top >= SMALLEST {
            let (slenderness, angle) = shape(&pixels);
            blobs.push(Blob {
                left,
                top,
                right,
                bottom,
                mean: sum / pixels.len() as f32,
                slenderness,
                angle,
            });
        }
    }
    blobs
}

/// Length over height and angle of the ellipse with the moments of these points.
#[expect(clippy::cast_precision_loss, reason = "pixels of a canvas are far below 2^24")]
fn shape(points: &[(f32, f32)]) -> (f32, f32) {
    let n = points.len() as f32;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f32>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f32>() / n;
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    let spread = ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt();
    let (long, short) = ((xx + yy + spread) / 2.0, ((xx + yy - spread) / 2.0).max(f32::EPSILON));
    ((long / short).sqrt(), 0.5 * (2.0 * xy).atan2(xx - yy))
}

/// The middle angle of the long lines, weighted by their length; 0 when none tells.
fn tilt(blobs: &[Blob]) -> f32 {
    let mut long: Vec<(f32, usize)> = blobs
        .iter()
        .filter(|blob| blob.slenderness >= LONG && blob.angle.abs() <= MOST_TILT)
        .map(|blob| (blob.angle, blob.right - blob.left))
        .collect();
    long.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = long.iter().map(|(_, length)| length).sum::<usize>() / 2;
    let mut sum = 0;
    long.into_iter()
        .find(|(_, length)| {
            sum += length;
            sum > half
        })
        .map_or(0.0, |(angle, _)| angle)
}

fn place(blob: &Blob, map: &Map, picture: &RgbImage) -> Place {
    let [left, top, right, bottom] =
        [blob.left, blob.top, blob.right, blob.bottom].map(|at| float(to_u32(at)));
    let (width, height) = (right - left + 1.0, bottom - top + 1.0);
    let grown = (width * height * GROWN / (2.0 * (width + height))).ceil();
    let pixel = |at: f32, most: u32| pixels(at / map.scale).min(most);
    let (left, top) = (pixel(left - grown, picture.width() - 1), pixel(top - grown, picture.height() - 1));
    let (right, bottom) = (pixel(right + grown, picture.width()), pixel(bottom + grown, picture.height()));
    Place { left, top, width: (right - left).max(1), height: (bottom - top).max(1) }
}

/// Rows from top to bottom: who is within half a height of the row's first belongs to it.
fn in_rows(places: &mut [Place]) {
    places.sort_by_key(|place| (place.middle(), place.left));
    let mut start = 0;
    while start < places.len() {
        let first = places[start];
        let n = places[start..]
            .iter()
            .take_while(|place| 2 * (place.middle() - first.middle()) <= first.height)
            .count();
        places[start..start + n].sort_by_key(|place| place.left);
        start += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with a bar of text through the middle, rising by `slope`.
    fn bar(slope: f32) -> Map {
        let (width, height) = (400, 200);
        let mut probability = vec![0.0; width * height];
        for x in 50..350u16 {
            let middle = 100.0 + (f32::from(x) - 200.0) * slope;
            for y in 0..200u16 {
                if (f32::from(y) - middle).abs() <= 6.0 {
                    probability[usize::from(y) * width + usize::from(x)] = 0.9;
                }
            }
        }
        Map { probability, width, scale: 1.0 }
    }

    #[test]
    fn a_tilted_line_is_measured_and_made_level() {
        for degrees in [-5.0f32, -2.0, 0.0, 3.0, 5.0] {
            let mut map = bar(degrees.to_radians().tan());
            let angle = tilt(&blobs(&map));
            assert!((angle.to_degrees() - degrees).abs() < 0.15, "{degrees}: {}", angle.to_degrees());
            map.probability = picture::level_map(&map.probability, map.width, angle);
            let level = blobs(&map);
            assert_eq!(level.len(), 1);
            assert!(level[0].bottom - level[0].top <= 16, "{degrees}: {:?}", level[0]);
        }
    }

    #[test]
    fn rows_are_read_from_left_to_right() {
        let place = |left, top| Place { left, top, width: 50, height: 20 };
        let mut places = vec![place(200, 12), place(10, 60), place(10, 10), place(100, 55)];
        in_rows(&mut places);
        assert_eq!(places, [place(10, 10), place(200, 12), place(10, 60), place(100, 55)]);
    }
}
