//! Signed calls between programs: HMAC-SM3 (GB/T 32905) over what was asked, when, and a word used once.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sm3::Sm3;
use subtle::ConstantTimeEq;

/// How far the clocks of the two sides may differ.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// The headers of a signed call.
pub const ACCOUNT: &str = "x-account";
pub const TIMESTAMP: &str = "x-timestamp";
pub const NONCE: &str = "x-nonce";
pub const SIGNATURE: &str = "x-signature";

/// HMAC-SM3 of a text, in hex.
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn hmac_sm3(secret: &str, text: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sm3> as KeyInit>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// What is signed of a request: method, path with query, seconds since 1970, the word, and the SM3 of the body.
pub fn of_request(
    secret: &str,
    method: &str,
    target: &str,
    timestamp: i64,
    nonce: &str,
    body: &[u8],
) -> String {
    let body = hex::encode(platform::crypto::sm3(body));
    hmac_sm3(secret, &format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}"))
}

/// Pairs in one order for both sides: sorted by name, joined as `name=value` by `&`, values as they are.
pub fn canonical(pairs: &[(&str, &str)]) -> String {
    let mut pairs: Vec<_> = pairs.to_vec();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Whether two signatures are the same, without telling by the time it takes where they differ.
pub fn same(one: &str, two: &str) -> bool {
    one.as_bytes().ct_eq(two.as_bytes()).into()
}

/// Whether a timestamp (seconds) lies close enough to now.
pub fn is_fresh(timestamp: i64, now: DateTime<Utc>) -> bool {
    timestamp.abs_diff(now.timestamp()) <= TOLERANCE.num_seconds().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_pairs_does_not_matter_and_every_part_does() {
        assert_eq!(canonical(&[("b", "2"), ("a", "1")]), "a=1&b=2");
        let signed = |body: &[u8]| of_request("s", "POST", "/a", 1, "n", body);
        assert!(same(&signed(b"x"), &signed(b"x")) && !same(&signed(b"x"), &signed(b"y")));
        assert_ne!(hmac_sm3("s", "t"), hmac_sm3("S", "t"));
        let now = "2026-03-02T02:00:00Z".parse::<DateTime<Utc>>().unwrap();
        assert!(is_fresh(now.timestamp() - 300, now) && !is_fresh(now.timestamp() - 301, now));
        assert!(!is_fresh(now.timestamp() + 301, now) && !is_fresh(i64::MIN, now));
    }
}
