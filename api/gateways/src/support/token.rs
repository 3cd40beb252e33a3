//! ID tokens: signed JSON in three parts (RFC 7515, RFC 7519), checked as OpenID Connect Core 3.1.3.7 says.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Clocks differ by so many seconds at most.
const TOLERANCE: i64 = 60;

#[derive(Deserialize)]
pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
}

/// A public key of the issuer (RFC 7517): RSA or P-256.
#[derive(Clone, Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    pub(super) kid: String,
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

/// A token whose signature is not checked yet.
pub(super) struct Parts<'a> {
    alg: String,
    pub(super) kid: String,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nonce: String,
    azp: Option<String>,
}

pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: i64,
}

impl<'a> Parts<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&BASE64.decode(header).ok()?).ok()?;
        let (payload, signature) = (BASE64.decode(payload).ok()?, BASE64.decode(signature).ok()?);
        Some(Self { alg: header.alg, kid: header.kid, signed, payload, signature })
    }

    /// What it says, when the key made its signature. The kind of signature is the key's, not what the token wishes:
    /// `none` and shared secrets are never taken.
    pub(super) fn claims(&self, key: &Key) -> Option<Claims> {
        let part = |text: &str| BASE64.decode(text).ok();
        match (self.alg.as_str(), key.kty.as_str(), key.crv.as_str()) {
            ("RS256", "RSA", _) => RsaPublicKeyComponents { n: part(&key.n)?, e: part(&key.e)? }
                .verify(&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature)
                .ok()?,
            ("ES256", "EC", "P-256") => {
                let point = [&[4][..], &part(&key.x)?, &part(&key.y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(self.signed.as_bytes(), &self.signature)
                    .ok()?;
            }
            _ => return None,
        }
        serde_json::from_slice(&self.payload).ok()
    }
}

impl Claims {
    /// Whom it speaks of, when it is meant for us, now and in this browser.
    pub(super) fn subject(self, expected: &Expected<'_>) -> Result<String, &'static str> {
        let (is_ours, is_shared) = match &self.aud {
            Audience::One(one) => (one == expected.audience, false),
            Audience::Many(all) => (all.iter().any(|one| one == expected.audience), all.len() > 1),
        };
        let party = self.azp.as_deref();
        if self.iss.trim_end_matches('/') != expected.issuer {
            Err("the token is of another issuer")
        } else if !is_ours
            || (is_shared && party.is_none())
            || party.is_some_and(|azp| azp != expected.audience)
        {
            Err("the token is for somebody else")
        } else if self.exp <= expected.now - TOLERANCE {
            Err("the token is over")
        } else if self.iat > expected.now + TOLERANCE {
            Err("the token is of the future")
        } else if self.nonce.is_empty() || self.nonce != expected.nonce {
            Err("the token is of another browser")
        } else if self.sub.is_empty() {
            Err("the token names nobody")
        } else {
            Ok(self.sub)
        }
    }
}
