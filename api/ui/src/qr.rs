//! A QR code as SVG: one path, so that it stays sharp at any size and needs no style of its own.

use std::fmt::Write;

use qrcode::{Color, QrCode};

/// Light border the standard asks for, in modules.
const MARGIN: usize = 4;

/// None when the text is too long for any QR code.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (row, line) in colors.chunks(width).enumerate() {
        for (column, _) in line.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            let _ = write!(path, "M{} {}h1v1h-1z", column + MARGIN, row + MARGIN);
        }
    }
    let size = width + 2 * MARGIN;
    Some(format!(
        r#"<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}" shape-rendering="crispEdges"><rect width="{size}" height="{size}"/><path d="{path}"/></svg>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_hold_their_marks() {
        let drawn = svg("otpauth://totp/x?secret=ABC", "二维码").unwrap();
        assert!(drawn.starts_with(r#"<svg class="qr""#) && drawn.contains("M4 4h1v1h-1z"), "{drawn}");
        assert!(!drawn.contains("M5 5h"), "inside the mark there is a light ring");
        assert!(svg(&"x".repeat(5000), "").is_none());
    }
}
