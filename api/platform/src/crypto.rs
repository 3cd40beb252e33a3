//! Sealing of personal columns with SM4-GCM (GB/T 32907), blind indexes with HMAC-SM3 (GB/T 32905).
//!
//! A sealed value is `key version (2 bytes, big endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`; its place in the
//! database is authenticated with it, so that a value moved to another row or column does not open.
//!
//! Keys change while the program runs: a ring that meets a version it does not know reads its key file again. So a
//! new key is first brought to every node ([`Keyring::add_key`]) and only then used ([`Keyring::make_current`]).

mod columns;
mod index;
mod key_file;
mod rotate;

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use arc_swap::ArcSwap;
use hmac::{Hmac, Mac};
use sm3::{Digest, Sm3};
use sm4::Sm4;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::Ids;

pub use columns::{Broken, SealedColumn, count_by_version, find_broken, reseal};
pub use index::{IndexedColumn, lock_index, reindex};
pub use key_file::KeyFileError;

const VERSION_BYTES: usize = 2;
const NONCE_BYTES: usize = 12;

/// The keys of this installation; a clone shares them. Old ones stay, so that what they sealed can be opened.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<ArcSwap<Keys>>,
    /// None when the keys came by environment: then they change only by a restart.
    file: Option<PathBuf>,
}

/// One state of the key file; wiped from memory when it is replaced.
#[derive(Clone, PartialEq, Eq)]
struct Keys {
    current: u16,
    sealing: BTreeMap<u16, [u8; 16]>,
    /// Writes blind indexes; those before and after it only find.
    index: [u8; 32],
    index_old: Option<[u8; 32]>,
    index_next: Option<[u8; 32]>,
}

/// A personal value as it stands in the database.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(Vec<u8>);

/// Where a sealed value stands.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub table: &'static str,
    pub column: &'static str,
    pub row: Uuid,
}

/// A sealed value that does not open; it says where, never what.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{}.{} of row {} was sealed with key {version}, which is not in the key file", place.table, place.column, place.row)]
    NoKey { place: Place, version: u16 },
    #[error("{}.{} of row {} was changed or moved", .0.table, .0.column, .0.row)]
    Changed(Place),
}

impl Keyring {
    /// A new ring with one key.
    pub fn generate(ids: &dyn Ids) -> Self {
        let (mut key, mut index) = ([0; 16], [0; 32]);
        ids.fill(&mut key);
        ids.fill(&mut index);
        let sealing = BTreeMap::from([(1, key)]);
        Self::of(Keys { current: 1, sealing, index, index_old: None, index_next: None }, None)
    }

    fn of(keys: Keys, file: Option<PathBuf>) -> Self {
        Self { keys: Arc::new(ArcSwap::from_pointee(keys)), file }
    }

    /// The version that seals.
    pub fn current(&self) -> u16 {
        self.keys.load().current
    }

    /// Every version that opens, in order.
    pub fn versions(&self) -> Vec<u16> {
        self.keys.load().sealing.keys().copied().collect()
    }

    /// What tells keys apart and gives none away, in hexadecimal by version; version 0 stands for the index key.
    pub(crate) fn fingerprints(&self) -> BTreeMap<i64, String> {
        let marks = self.keys.load().fingerprints();
        marks.into_iter().map(|(version, mark)| (version, hex::encode(mark))).collect()
    }

    /// Seals with the current key and a random nonce.
    ///
    /// # Panics
    /// Above 64 GiB of text, which GCM refuses.
    pub fn seal(&self, ids: &dyn Ids, place: Place, plain: &str) -> Sealed {
        let mut nonce = [0; NONCE_BYTES];
        ids.fill(&mut nonce);
        let label = place.label();
        let payload = Payload { msg: plain.as_bytes(), aad: label.as_bytes() };
        let keys = self.keys.load();
        #[expect(
            clippy::expect_used,
            reason = "the ring holds its current key, and GCM refuses only above 64 GiB"
        )]
        let text = keys
            .cipher(keys.current)
            .and_then(|cipher| cipher.encrypt(&nonce.into(), payload).ok())
            .expect("a personal column is short");
        Sealed([&keys.current.to_be_bytes()[..], &nonce, &text].concat())
    }

    pub fn open(&self, place: Place, sealed: &Sealed) -> Result<String, OpenError> {
        let changed = || OpenError::Changed(place);
        let (version, rest) = sealed.0.split_first_chunk::<VERSION_BYTES>().ok_or_else(changed)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(changed)?;
        let version = u16::from_be_bytes(*version);
        let cipher = self.opening(version).ok_or(OpenError::NoKey { place, version })?;
        let label = place.label();
        let payload = Payload { msg: text, aad: label.as_bytes() };
        let plain = cipher.decrypt(&(*nonce).into(), payload).map_err(|_| changed())?;
        String::from_utf8(plain).map_err(|_| changed())
    }

    /// What to store beside a sealed value to find it again by equality. `domain` is `table.column`, so that equal
    /// values of two columns cannot be linked.
    pub fn blind_index(&self, domain: &str, plain: &str) -> Vec<u8> {
        let keys = self.keys.load();
        keyed(&keys.index, &[domain.as_bytes(), &[0], plain.as_bytes()])
    }

    /// Everything to look for when a value is to be found: first as it is written now, then as the index keys before and
    /// after write it.
    pub fn blind_indexes(&self, domain: &str, plain: &str) -> Vec<Vec<u8>> {
        let keys = self.keys.load();
        let all = std::iter::once(&keys.index).chain(&keys.index_old).chain(&keys.index_next);
        all.map(|key| keyed(key, &[domain.as_bytes(), &[0], plain.as_bytes()])).collect()
    }

    /// The first key version of these fingerprints whose key is not in this ring; 0 for the index key.
    pub(crate) fn missing_of(&self, marks: &BTreeMap<i64, String>) -> Option<i64> {
        let keys = self.keys.load();
        let missing = |index: &[u8; 32]| {
            let ours = keys.fingerprints_under(index);
            marks
                .iter()
                .find(|(version, mark)| ours.get(version).map(hex::encode).as_ref() != Some(mark))
                .map(|(version, _)| *version)
        };
        let all: Vec<_> = std::iter::once(&keys.index)
            .chain(&keys.index_old)
            .chain(&keys.index_next)
            .map(missing)
            .collect();
        if all.contains(&None) {
            return None;
        }
        // Under the right index key at least that one fits.
        all.into_iter().flatten().max()
    }

    /// A MAC over a row, with the version of the key that made it.
    pub(crate) fn row_mac(&self, plain: &[u8]) -> (u16, Vec<u8>) {
        let keys = self.keys.load();
        let key = keys.sealing.get(&keys.current).copied().unwrap_or_default();
        (keys.current, row_mac_of(&key).chain_update(plain).finalize().into_bytes().to_vec())
    }

    /// Whether a MAC is right; None without the key of its version.
    pub(crate) fn is_row_mac(&self, version: u16, plain: &[u8], mac: &[u8]) -> Option<bool> {
        if !self.keys.load().sealing.contains_key(&version) {
            self.opening(version)?;
        }
        let keys = self.keys.load();
        let key = keys.sealing.get(&version)?;
        Some(row_mac_of(key).chain_update(plain).verify_slice(mac).is_ok())
    }

    /// An unknown version may be a key that another process has added since.
    fn opening(&self, version: u16) -> Option<AesGcm<Sm4, U12>> {
        if let Some(cipher) = self.keys.load().cipher(version) {
            return Some(cipher);
        }
        match self.refresh() {
            Ok(_) => self.keys.load().cipher(version),
            Err(error) => {
                tracing::error!(%error, "cannot read the key file again");
                None
            }
        }
    }
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sm3> as KeyInit>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

impl Keys {
    fn cipher(&self, version: u16) -> Option<AesGcm<Sm4, U12>> {
        AesGcm::new_from_slice(self.sealing.get(&version)?).ok()
    }
}

/// Under a key of its own, derived from the sealing key: one key never serves two purposes.
fn row_mac_of(key: &[u8; 16]) -> Hmac<Sm3> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let keyed = |key: &[u8]| <Hmac<Sm3> as KeyInit>::new_from_slice(key).expect("any length");
    let mut own = keyed(key).chain_update(b"row mac").finalize().into_bytes();
    let mac = keyed(&own);
    own.as_mut_slice().zeroize();
    mac
}

impl Place {
    fn label(&self) -> String {
        format!("{}|{}|{}", self.table, self.column, self.row)
    }
}

/// SM3 of some bytes: what tokens and bodies are compared by.
pub fn sm3(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sm3::digest(bytes.as_ref()).into()
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.index.zeroize();
        self.index_old.zeroize();
        self.index_next.zeroize();
        self.sealing.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Sealed {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key version it names; None when it is too short to be a sealed value.
    fn version(&self) -> Option<u16> {
        self.0.first_chunk().map(|version| u16::from_be_bytes(*version))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("current", &self.current()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{clock::SystemClock, ids::SeededIds};

    fn ids() -> SeededIds {
        SeededIds::new(Arc::new(SystemClock), 1)
    }

    const HERE: Place = Place { table: "resident", column: "name", row: Uuid::nil() };

    #[test]
    fn sm3_answers_as_the_standard_says() {
        let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(hex::encode(sm3("abc")), expected, "GB/T 32905 example 1");
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let ring = Keyring::generate(&ids());
        let sealed = ring.seal(&ids(), HERE, "王小明");
        assert_eq!(ring.open(HERE, &sealed).unwrap(), "王小明");
        let elsewhere = Place { row: Uuid::max(), ..HERE };
        assert!(matches!(ring.open(elsewhere, &sealed), Err(OpenError::Changed(_))));
        assert!(matches!(ring.open(Place { column: "phone", ..HERE }, &sealed), Err(OpenError::Changed(_))));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = Keyring::generate(&ids());
        let sealed = ring.seal(&ids(), HERE, "王小明");
        for at in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[at] ^= 1;
            assert!(ring.open(HERE, &changed).is_err(), "byte {at}");
        }
        assert!(ring.open(HERE, &Sealed(vec![0, 1, 2])).is_err());
    }

    #[test]
    fn equal_values_look_different_but_share_their_index() {
        let (ring, ids) = (Keyring::generate(&ids()), ids());
        assert_ne!(ring.seal(&ids, HERE, "王小明"), ring.seal(&ids, HERE, "王小明"));
        assert_eq!(ring.blind_index("resident.phone", "1"), ring.blind_index("resident.phone", "1"));
        assert_ne!(ring.blind_index("resident.phone", "1"), ring.blind_index("staff.phone", "1"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let ring = Keyring::generate(&ids());
        assert_eq!(format!("{ring:?}"), "Keyring { current: 1, .. }");
        assert_eq!(format!("{:?}", ring.seal(&ids(), HERE, "王小明")), "Sealed(…)");
    }
}
