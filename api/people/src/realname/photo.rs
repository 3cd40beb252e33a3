//! Photographs as they come from a telephone: known by their first bytes, measured from their headers without decoding,
//! and freed of everything that is no picture (place, time, device, thumbnails, whatever was appended).

/// Bytes one photograph may have.
pub const LARGEST: usize = 8 * 1024 * 1024;
/// More pixels than a telephone takes would only serve to exhaust whoever opens the picture.
const MOST_PIXELS: u64 = 64_000_000;
const LEAST_SIDE: u32 = 320;

/// A photograph that may be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    pub kind: Kind,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// A picture in a log would be a leak.
impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({:?}, {}×{})", self.kind, self.width, self.height)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
}

/// Why a file is refused; the text says what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PhotoFault(pub &'static str);

const BROKEN: PhotoFault = PhotoFault("照片不完整或已损坏，请重新拍一张");

impl Kind {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    pub fn named(media_type: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png].into_iter().find(|kind| kind.media_type() == media_type)
    }
}

/// Checks and cleans a file.
pub fn clean(file: &[u8]) -> Result<Photo, PhotoFault> {
    if file.is_empty() {
        return Err(PhotoFault("还没有选照片，请先拍一张"));
    }
    if file.len() > LARGEST {
        return Err(PhotoFault("照片超过 8 MB，请在相机里选普通画质后重拍"));
    }
    let photo = match file {
        [0xff, 0xd8, 0xff, ..] => jpeg(file)?,
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => png(file)?,
        _ => return Err(PhotoFault("这不是 JPEG 或 PNG 照片，请直接用相机拍摄")),
    };
    if u64::from(photo.width) * u64::from(photo.height) > MOST_PIXELS {
        return Err(PhotoFault("照片的像素太多，请在相机里选普通画质后重拍"));
    }
    if photo.width.min(photo.height) < LEAST_SIDE {
        return Err(PhotoFault("照片太小，看不清字，请靠近一些重拍"));
    }
    Ok(photo)
}

/// Keeps tables, frames and scans; of the metadata only how the picture is turned, written anew.
fn jpeg(file: &[u8]) -> Result<Photo, PhotoFault> {
    let (mut kept, mut size, mut turned) = (Vec::with_capacity(file.len()), None, None);
    let mut rest = &file[2..];
    loop {
        let [0xff, marker, after @ ..] = rest else { return Err(BROKEN) };
        match *marker {
            0xff => rest = &rest[1..],
            0xd9 => break,
            0x00 | 0x01 | 0xd0..=0xd8 => return Err(BROKEN),
            marker => {
                let length = after.first_chunk::<2>().map(|bytes| usize::from(u16::from_be_bytes(*bytes)));
                let length = length.filter(|length| *length >= 2).ok_or(BROKEN)?;
                let body = after.get(2..length).ok_or(BROKEN)?;
                let mut end = 2 + length;
                match marker {
                    0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                        let [_, h1, h2, w1, w2, ..] = body else { return Err(BROKEN) };
                        // A second frame would make a second, unmeasured picture.
                        if size
                            .replace((u16::from_be_bytes([*w1, *w2]), u16::from_be_bytes([*h1, *h2])))
                            .is_some()
                        {
                            return Err(BROKEN);
                        }
                    }
                    0xe1 => turned = turned.or_else(|| orientation(body)),
                    0xda => end += scan(rest.get(end..).ok_or(BROKEN)?),
                    _ => {}
                }
                let is_picture = matches!(marker, 0xc0..=0xcf | 0xda..=0xdd)
                    || (marker == 0xee && body.starts_with(b"Adobe"));
                if is_picture {
                    kept.extend_from_slice(rest.get(..end).ok_or(BROKEN)?);
                }
                rest = rest.get(end..).ok_or(BROKEN)?;
            }
        }
    }
    let (width, height) = size.filter(|(width, height)| *width > 0 && *height > 0).ok_or(BROKEN)?;
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend(turned.map(orientation_segment).unwrap_or_default());
    bytes.append(&mut kept);
    bytes.extend([0xff, 0xd9]);
    Ok(Photo { kind: Kind::Jpeg, width: width.into(), height: height.into(), bytes })
}

/// Length of the compressed data after a start of scan: up to the next marker that is neither stuffing nor restart.
fn scan(data: &[u8]) -> usize {
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
    data.windows(2).position(ends).unwrap_or(data.len())
}

/// Tag 0x0112 of the first directory: 1 to 8.
fn orientation(body: &[u8]) -> Option<u8> {
    let tiff = body.strip_prefix(b"Exif\0\0")?;
    let is_little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk::<4>()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let start = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(start)?);
    (0..entries)
        .map(|entry| start.saturating_add(2 + entry * 12))
        .find(|at| short(*at) == Some(0x0112))
        .and_then(|at| short(at.saturating_add(8)))
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
}

fn orientation_segment(value: u8) -> Vec<u8> {
    let mut segment = vec![0xff, 0xe1, 0x00, 0x22];
    segment.extend(b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.extend([value, 0, 0, 0, 0, 0, 0]);
    segment
}

/// Keeps the chunks that make the picture.
fn png(file: &[u8]) -> Result<Photo, PhotoFault> {
    const KEPT: [&[u8; 4]; 7] = [b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"];
    let (mut bytes, mut size) = (file[..8].to_vec(), None);
    let mut rest = &file[8..];
    loop {
        let length = rest.first_chunk::<4>().map(|length| u32::from_be_bytes(*length)).ok_or(BROKEN)?;
        let length = usize::try_from(length).map_err(|_| BROKEN)?;
        let kind = rest.get(4..8).ok_or(BROKEN)?;
        let end = length.checked_add(12).ok_or(BROKEN)?;
        let chunk = rest.get(..end).ok_or(BROKEN)?;
        if (kind == b"IHDR") != size.is_none() {
            return Err(BROKEN);
        }
        if kind == b"IHDR" {
            let number =
                |at: usize| chunk.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
            size =
                number(8).zip(number(12)).filter(|(width, height)| length == 13 && *width > 0 && *height > 0);
            size.ok_or(BROKEN)?;
        }
        if KEPT.iter().any(|kept| *kept == kind) {
            bytes.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            break;
        }
        rest = &rest[end..];
    }
    let (width, height) = size.ok_or(BROKEN)?;
    Ok(Photo { kind: Kind::Png, width, height, bytes })
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], body].concat()
    }

    /// The skeleton of a JPEG of this size, with what a telephone adds.
    pub(crate) fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend(b"GPS 31.23N 121.45E");
        let frame = [&[8], &height.to_be_bytes()[..], &width.to_be_bytes()[..], &[1, 1, 0x11, 0]].concat();
        [
            vec![0xff, 0xd8],
            segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            segment(0xe1, &exif),
            segment(0xfe, "秘密的注释".as_bytes()),
            segment(0xdb, &[0; 65]),
            segment(0xc0, &frame),
            segment(0xc4, &[0; 20]),
            segment(0xda, &[1, 1, 0, 0, 63, 0]),
            vec![0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9],
            b"PK\x03\x04 something appended".to_vec(),
        ]
        .concat()
    }

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let chunk = |kind: &[u8], body: &[u8]| {
            [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], kind, body, &[0; 4]].concat()
        };
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes()[..], &[8, 2, 0, 0, 0]].concat();
        [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"IHDR", &header),
            chunk(b"tEXt", b"GPS 31.23N"),
            chunk(b"IDAT", &[1, 2, 3]),
            chunk(b"IEND", b""),
            b"appended".to_vec(),
        ]
        .concat()
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn only_the_picture_and_how_it_is_turned_stay() {
        let photo = clean(&jpeg_of(1600, 1000)).unwrap();
        assert_eq!((photo.kind, photo.width, photo.height), (Kind::Jpeg, 1600, 1000));
        for gone in [&b"GPS"[..], b"PK\x03\x04", b"JFIF", "注释".as_bytes()] {
            assert!(!contains(&photo.bytes, gone));
        }
        assert!(contains(&photo.bytes, &[0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9]));
        assert_eq!(orientation(&photo.bytes[6..]), Some(6), "still turned as it was");
        assert_eq!(clean(&photo.bytes).unwrap(), photo, "cleaning twice changes nothing");

        let photo = clean(&png_of(800, 600)).unwrap();
        assert_eq!((photo.kind, photo.width), (Kind::Png, 800));
        assert!(!contains(&photo.bytes, b"GPS") && !contains(&photo.bytes, b"appended"));
        assert_eq!(clean(&photo.bytes).unwrap(), photo);
    }

    #[test]
    fn bombs_scraps_and_other_files_are_refused() {
        let fault = |file: &[u8]| clean(file).err().map(|fault| fault.0).unwrap_or_default();
        assert!(fault(&jpeg_of(60_000, 60_000)).contains("像素太多"));
        assert!(fault(&png_of(u32::MAX, u32::MAX)).contains("像素太多"));
        assert!(fault(&jpeg_of(100, 1000)).contains("太小"));
        assert!(fault(&vec![0xff; LARGEST + 1]).contains("8 MB"));
        assert!(fault(b"").contains("先拍一张"));
        for other in [&b"GIF89a"[..], b"<svg xmlns=...>", b"%PDF-1.7", b"<?php", b"PK\x03\x04"] {
            assert!(fault(other).contains("JPEG"), "{other:?}");
        }
        let whole = jpeg_of(1600, 1000);
        let end = whole.len() - b"\xff\xd9PK\x03\x04 something appended".len();
        for cut in [4, 30, 90, end] {
            assert_eq!(fault(&whole[..cut]), BROKEN.0, "{cut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..200) {
            let _ = clean(&bytes);
            let mut jpeg = jpeg_of(1600, 1000);
            let mut png = png_of(800, 600);
            for (index, byte) in bytes.iter().take(12).enumerate() {
                let places = [jpeg.len(), png.len()];
                jpeg[(at + index * 7) % places[0]] = *byte;
                png[(at + index * 7) % places[1]] = *byte;
            }
            let (_, _) = (clean(&jpeg), clean(&png));
        }
    }
}
