//! Made-up identity cards as photographs: tilted, shaded, grainy, saved as JPEG. Area code 000000 belongs to nobody.

use std::{fs, io::Cursor, sync::LazyLock};

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

static FONT_FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let files = [
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    ];
    files.iter().find_map(|file| fs::read(file).ok()).expect("the font of fonts-noto-cjk")
});
/// Simplified Chinese in the collection.
const FACE: u32 = 2;
const INK: [f32; 3] = [25.0, 25.0, 30.0];
const LABEL: [f32; 3] = [60.0, 110.0, 165.0];

/// How a photograph was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shot {
    /// Degrees.
    pub(super) tilt: f32,
    /// Share of light that is lost at the dark end.
    pub(super) shadow: f32,
    /// Largest change of a channel.
    pub(super) grain: f32,
    pub(super) quality: u8,
    pub(super) seed: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Front {
    pub(super) name: String,
    pub(super) sex: &'static str,
    pub(super) nation: &'static str,
    pub(super) birth: (u16, u8, u8),
    pub(super) address: [String; 2],
    pub(super) number: String,
}

pub(super) fn front(card: &Front, shot: Shot) -> Vec<u8> {
    let mut picture = paper();
    let mut put = |text: &str, x, y, size, ink| write(&mut picture, text, x, y, size, ink);
    for (label, y) in [("姓 名", 90.0), ("性 别", 165.0), ("出 生", 235.0), ("住 址", 305.0)] {
        put(label, 70.0, y, 28.0, LABEL);
    }
    put("民 族", 290.0, 165.0, 28.0, LABEL);
    put("公民身份号码", 70.0, 520.0, 28.0, LABEL);
    put(&card.name, 180.0, 86.0, 38.0, INK);
    put(card.sex, 180.0, 162.0, 34.0, INK);
    put(card.nation, 400.0, 162.0, 34.0, INK);
    let (year, month, day) = card.birth;
    put(&year.to_string(), 180.0, 232.0, 34.0, INK);
    put("年", 275.0, 235.0, 28.0, LABEL);
    put(&month.to_string(), 325.0, 232.0, 34.0, INK);
    put("月", 375.0, 235.0, 28.0, LABEL);
    put(&day.to_string(), 425.0, 232.0, 34.0, INK);
    put("日", 475.0, 235.0, 28.0, LABEL);
    put(&card.address[0], 180.0, 302.0, 34.0, INK);
    put(&card.address[1], 180.0, 350.0, 34.0, INK);
    put(&card.number, 330.0, 514.0, 42.0, INK);
    for (x, y) in (690..930).flat_map(|x| (90..400).map(move |y| (x, y))) {
        let shade = 150 + u8::try_from((x + y) % 40).unwrap();
        picture.put_pixel(x, y, Rgb([shade, shade, shade.saturating_add(10)]));
    }
    photograph(&picture, shot)
}

pub(super) fn back(authority: &str, validity: &str, shot: Shot) -> Vec<u8> {
    let mut picture = paper();
    let mut put = |text: &str, x, y, size, ink| write(&mut picture, text, x, y, size, ink);
    put("中华人民共和国", 330.0, 90.0, 56.0, INK);
    put("居民身份证", 330.0, 190.0, 66.0, INK);
    put("签发机关", 230.0, 440.0, 30.0, INK);
    put(authority, 390.0, 438.0, 34.0, INK);
    put("有效期限", 230.0, 515.0, 30.0, INK);
    put(validity, 390.0, 513.0, 34.0, INK);
    for (x, y) in (90..280).flat_map(|x| (70..270).map(move |y| (x, y))) {
        picture.put_pixel(x, y, Rgb([195, 60 + u8::try_from((x * y) % 30).unwrap(), 60]));
    }
    photograph(&picture, shot)
}

/// A pale card with the fine waves of security printing.
fn paper() -> RgbImage {
    RgbImage::from_fn(1_000, 630, |x, y| {
        let (x, y) = (f32_of(x), f32_of(y));
        let wave = ((x / 9.0).sin() * 4.0 + (y / 7.0 + x / 40.0).sin() * 4.0).round();
        Rgb([222.0 + wave, 232.0 + wave, 238.0].map(to_u8))
    })
}

fn write(picture: &mut RgbImage, text: &str, x: f32, y: f32, size: f32, ink: [f32; 3]) {
    let font = FontRef::try_from_slice_and_index(&FONT_FILE, FACE).expect("a font");
    let scale = PxScale::from(size * 1.45);
    let scaled = font.as_scaled(scale);
    let mut at = x;
    for c in text.chars() {
        let glyph = scaled.glyph_id(c).with_scale_and_position(scale, point(at, y + size));
        at += scaled.h_advance(glyph.id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let left_top = outline.px_bounds().min;
        outline.draw(|dx, dy, cover| {
            let at = |start: f32, step: u32| u32_of(start + f32_of(step));
            let (x, y) = (at(left_top.x, dx), at(left_top.y, dy));
            if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
                for (channel, ink) in pixel.0.iter_mut().zip(ink) {
                    *channel = to_u8(f32::from(*channel) * (1.0 - cover) + ink * cover);
                }
            }
        });
    }
}

/// The card on a dark table.
fn photograph(card: &RgbImage, shot: Shot) -> Vec<u8> {
    let (width, height) = (1_280u32, 860u32);
    let (sin, cos) = shot.tilt.to_radians().sin_cos();
    let mut chance = shot.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (f32_of(x) - f32_of(width) / 2.0, f32_of(y) - f32_of(height) / 2.0);
        let (sx, sy) = (dx * cos + dy * sin + 500.0, dy * cos - dx * sin + 315.0);
        let inside = sx >= 0.0 && sy >= 0.0 && sx < 999.0 && sy < 629.0;
        let color = if inside { blend(card, sx, sy) } else { [96.0, 82.0, 70.0] };
        let light = 1.0 - shot.shadow * (f32_of(x) + f32_of(y)) / f32_of(width + height);
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let grain = (f32::from(u16::try_from(chance >> 48).unwrap()) / 65_535.0 - 0.5) * 2.0 * shot.grain;
        Rgb(color.map(|channel| to_u8(channel * light + grain)))
    });
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, shot.quality).encode_image(&picture).expect("encodes");
    bytes.into_inner()
}

fn blend(card: &RgbImage, x: f32, y: f32) -> [f32; 3] {
    let (left, top) = (u32_of(x.floor()), u32_of(y.floor()));
    let (right, down) = (x.fract(), y.fract());
    [0, 1, 2].map(|c| {
        let at = |x, y| f32::from(card.get_pixel(x, y).0[c]);
        let row = |y| at(left, y) * (1.0 - right) + at(left + 1, y) * right;
        row(top) * (1.0 - down) + row(top + 1) * down
    })
}

#[expect(clippy::cast_precision_loss, reason = "small")]
fn f32_of(number: u32) -> f32 {
    number as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a picture")]
fn u32_of(number: f32) -> u32 {
    number as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn to_u8(number: f32) -> u8 {
    number.round().clamp(0.0, 255.0) as u8
}
