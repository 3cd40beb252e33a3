//! Time-based one-time codes (RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits), as every authenticator app makes them.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use platform::Ids;
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Seconds a code is shown.
const PERIOD: i64 = 30;
const DIGITS: u32 = 6;
/// As RFC 4226 recommends: as long as the hash.
pub(super) const SECRET_BYTES: usize = 20;
const ISSUER: &str = "便捷就医";

/// A new secret as people type it: 32 characters of base32.
pub(super) fn new_secret(ids: &dyn Ids) -> String {
    let mut bytes = [0; SECRET_BYTES];
    ids.fill(&mut bytes);
    base32(&bytes)
}

/// The step in which a typed code is right: now, one before or one after, but none that was used, and none before it.
pub(super) fn matching_step(secret: &str, typed: &str, now: DateTime<Utc>, used: Option<i64>) -> Option<i64> {
    let key = from_base32(secret)?;
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let this = now.timestamp().div_euclid(PERIOD);
    (this - 1..=this + 1).filter(|step| used.is_none_or(|used| *step > used)).find(|step| {
        let right = code(&key, *step, DIGITS);
        right.as_bytes().ct_eq(typed.as_bytes()).into()
    })
}

/// The code an app shows at a moment.
#[cfg(test)]
pub(super) fn code_at(secret: &str, now: DateTime<Utc>) -> String {
    code(&from_base32(secret).unwrap(), now.timestamp().div_euclid(PERIOD), DIGITS)
}

/// What the picture for the app says.
pub(super) fn address(user_name: &str, secret: &str) -> String {
    let (issuer, user_name) = (escaped(ISSUER), escaped(user_name));
    format!(
        "otpauth://totp/{issuer}:{user_name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={PERIOD}"
    )
}

/// The secret in groups of four, to be typed where no picture can be read.
pub(super) fn grouped(secret: &str) -> String {
    let chars: Vec<char> = secret.chars().collect();
    chars.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn code(key: &[u8], step: i64, digits: u32) -> String {
    let hash = hash(key, step);
    let at = usize::from(hash[19] & 0xf);
    let number = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
    let width = digits as usize;
    format!("{:0width$}", number % 10_u32.pow(digits))
}

fn hash(key: &[u8], step: i64) -> [u8; 20] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any length");
    mac.update(&step.to_be_bytes());
    mac.finalize().into_bytes().into()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 without padding.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(BASE32[(buffer >> bits) as usize & 31]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(BASE32[(buffer << (5 - bits)) as usize & 31]));
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for c in text.bytes() {
        let value = BASE32.iter().position(|own| *own == c)?;
        buffer = (buffer << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits).ok()?);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if is_plain { format!("{text}{}", char::from(byte)) } else { format!("{text}%{byte:02X}") }
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    /// RFC 6238, appendix B.
    #[rstest]
    #[case(59, "94287082")]
    #[case(1_111_111_109, "07081804")]
    #[case(1_111_111_111, "14050471")]
    #[case(1_234_567_890, "89005924")]
    #[case(2_000_000_000, "69279037")]
    #[case(20_000_000_000, "65353130")]
    fn codes_are_those_of_the_standard(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(code(b"12345678901234567890", seconds / PERIOD, 8), expected);
    }

    /// RFC 4226, appendix D, and RFC 4648, section 10.
    #[test]
    fn counters_and_base32_are_those_of_the_standards() {
        let codes: Vec<_> = (0..10).map(|n| code(b"12345678901234567890", n, 6)).collect();
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        assert_eq!(codes, expected);
        for (plain, text) in
            [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")]
        {
            assert_eq!(base32(plain.as_bytes()), text);
        }
        assert_eq!(from_base32("MZXW6YTB").unwrap(), b"fooba");
        assert_eq!(from_base32("MZ1"), None);
    }

    #[test]
    fn a_code_is_right_one_step_around_and_once() {
        let secret = base32(b"12345678901234567890");
        let now: DateTime<Utc> = "2026-03-02T02:00:10Z".parse().unwrap();
        let step = now.timestamp() / PERIOD;
        let shown = |steps: i64| code_at(&secret, now + TimeDelta::seconds(PERIOD * steps));
        for (off, expected) in
            [(-2, None), (-1, Some(step - 1)), (0, Some(step)), (1, Some(step + 1)), (2, None)]
        {
            assert_eq!(matching_step(&secret, &shown(off), now, None), expected, "{off}");
        }
        let typed = format!(" {} {}", &shown(0)[..3], &shown(0)[3..]);
        assert_eq!(matching_step(&secret, &typed, now, None), Some(step), "as apps show it, in two groups");
        assert_eq!(matching_step(&secret, &shown(0), now, Some(step)), None, "used");
        assert_eq!(matching_step(&secret, &shown(-1), now, Some(step)), None, "older than the used one");
        assert_eq!(matching_step(&secret, &shown(1), now, Some(step)), Some(step + 1));
        assert_eq!(matching_step(&secret, "", now, None), None);
    }

    #[test]
    fn the_picture_names_account_and_issuer() {
        let text = address("wang wei", "ABC");
        assert!(text.starts_with("otpauth://totp/%E4%BE%BF%E6%8D%B7"), "{text}");
        assert!(text.contains(":wang%20wei?secret=ABC&issuer=%E4%BE%BF"), "{text}");
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }

    proptest! {
        #[test]
        fn base32_goes_back(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(from_base32(&base32(&bytes)).unwrap(), bytes);
        }
    }
}
