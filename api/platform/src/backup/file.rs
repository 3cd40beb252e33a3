//! The file of a backup.
//!
//! `JIUYI-BACKUP-1`, a line break, a line of JSON (id, time, schema, fingerprints of the keys, the key of this file
//! sealed with the current key of the installation), a line break, then frames:
//! `length (4 bytes, big endian) ‖ kind (1) ‖ length of the name (1) ‖ table ‖ ciphertext ‖ tag (16)`.
//! Frames are sealed with SM4-GCM under the key of the file; the SM3 of the head, the frame's number, kind and table are
//! authenticated with each, so that none can be changed, moved, taken out or put in. Kinds: `T` a table begins (its
//! columns), `D` rows as gzipped lines of JSON, `E` the table ends (rows, SM3), `M` the manifest, which ends the file.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use chrono::{DateTime, Utc};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sm3::{Digest, Sm3};
use sm4::Sm4;
use uuid::Uuid;

use super::{BackupError, Manifest, Part};
use crate::{
    App,
    crypto::{Keyring, Place, Sealed, sm3},
};

pub(super) const EXTENSION: &str = "jyb";
const MAGIC: &[u8] = b"JIUYI-BACKUP-1\n";
/// Rows are sealed together up to so many bytes.
const CHUNK: usize = 512 * 1024;
/// No frame of ours is longer: one row with its photographs.
const LONGEST: u32 = 256 * 1024 * 1024;

type Cipher = AesGcm<Sm4, U12>;

#[derive(Serialize, Deserialize)]
struct Head {
    id: Uuid,
    made_at: DateTime<Utc>,
    schema: i64,
    /// By version, in hexadecimal: which keys the rows need.
    keys: BTreeMap<i64, String>,
    /// The key of this file, sealed.
    key: String,
}

/// Writes a backup beside its place and moves it there when it is whole.
pub(super) struct Writer {
    path: PathBuf,
    partial: PathBuf,
    out: BufWriter<File>,
    hash: Sm3,
    bytes: u64,
    seal: Seal,
    frame: u64,
    lines: Vec<u8>,
    rows: u64,
    table_hash: Sm3,
    manifest: Manifest,
}

/// What a frame holds, in the order of the file.
pub(super) enum Found {
    Table(Part),
    Rows(Vec<u8>),
    End,
    Manifest(Manifest),
}

pub(super) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    at: u64,
    seal: Seal,
    frame: u64,
    table: Option<(Part, Sm3)>,
    parts: Vec<Part>,
    head: Head,
}

struct Seal {
    cipher: Cipher,
    /// SM3 of all before the first frame.
    head: [u8; 32],
}

impl Seal {
    fn of(key: &str, head: &[u8]) -> Option<Self> {
        let cipher = Cipher::new_from_slice(&hex::decode(key).ok()?).ok()?;
        Some(Self { cipher, head: sm3(head) })
    }

    fn label(&self, frame: u64, kind: u8, table: &str) -> Vec<u8> {
        [&self.head[..], &frame.to_be_bytes(), &[kind], table.as_bytes()].concat()
    }

    /// The key seals this one file, so that the number of the frame is nonce enough.
    fn nonce(frame: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&frame.to_be_bytes());
        nonce
    }

    fn close(&self, frame: u64, kind: u8, table: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: plain, aad: &self.label(frame, kind, table) };
        self.cipher.encrypt(&Self::nonce(frame).into(), payload).ok()
    }

    fn open(&self, frame: u64, kind: u8, table: &str, text: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: text, aad: &self.label(frame, kind, table) };
        self.cipher.decrypt(&Self::nonce(frame).into(), payload).ok()
    }
}

fn place_of_key(id: Uuid) -> Place {
    Place { table: "backup", column: "key", row: id }
}

impl Writer {
    pub(super) fn begin(app: &App, id: Uuid, path: &Path, schema: i64) -> Result<Self, BackupError> {
        let mut key = [0; 16];
        app.ids.fill(&mut key);
        let key = hex::encode(key);
        let sealed = app.keyring.seal(&*app.ids, place_of_key(id), &key);
        let made_at = app.now();
        let head =
            Head { id, made_at, schema, keys: app.keyring.fingerprints(), key: hex::encode(sealed.bytes()) };
        let head = [MAGIC, &serde_json::to_vec(&head)?, b"\n"].concat();
        let mut partial = path.to_owned().into_os_string();
        partial.push(".part");
        let partial = PathBuf::from(partial);
        let fault = |error| BackupError::File(partial.clone(), error);
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let out = BufWriter::new(options.open(&partial).map_err(fault)?);
        let no_key = || fault(io::Error::other("the key of the file does not fit"));
        let seal = Seal::of(&key, &head).ok_or_else(no_key)?;
        let mut writer = Self {
            path: path.to_owned(),
            partial,
            out,
            hash: Sm3::new(),
            bytes: 0,
            seal,
            frame: 0,
            lines: Vec::new(),
            rows: 0,
            table_hash: Sm3::new(),
            manifest: Manifest { id, made_at, schema, parts: Vec::new() },
        };
        writer.put(&head)?;
        Ok(writer)
    }

    pub(super) fn begin_table(&mut self, table: &str, columns: Vec<String>) -> Result<(), BackupError> {
        (self.rows, self.table_hash) = (0, Sm3::new());
        let part = Part { table: table.into(), columns, rows: 0, sm3: String::new() };
        let text = serde_json::to_vec(&part)?;
        self.manifest.parts.push(part);
        self.frame(b'T', &text)
    }

    pub(super) fn row(&mut self, values: &serde_json::Value) -> Result<(), BackupError> {
        serde_json::to_writer(&mut self.lines, values)?;
        self.lines.push(b'\n');
        self.rows += 1;
        if self.lines.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Gives how many rows it had.
    pub(super) fn end_table(&mut self) -> Result<u64, BackupError> {
        self.flush()?;
        let sm3 = hex::encode(std::mem::take(&mut self.table_hash).finalize());
        let rows = self.rows;
        let Some(part) = self.manifest.parts.last_mut() else { return Ok(rows) };
        (part.rows, part.sm3) = (rows, sm3);
        let text = serde_json::to_vec(part)?;
        self.frame(b'E', &text)?;
        Ok(rows)
    }

    /// Moves the whole file to its place; gives its length and SM3.
    pub(super) fn end(mut self) -> Result<(PathBuf, u64, String), BackupError> {
        let text = serde_json::to_vec(&self.manifest)?;
        self.frame(b'M', &text)?;
        let fault = |error| BackupError::File(self.path.clone(), error);
        self.out.flush().map_err(fault)?;
        self.out.get_ref().sync_all().map_err(fault)?;
        fs::rename(&self.partial, &self.path).map_err(fault)?;
        Ok((self.path.clone(), self.bytes, hex::encode(self.hash.finalize())))
    }

    fn flush(&mut self) -> Result<(), BackupError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        self.table_hash.update(&lines);
        let fault = |error| BackupError::File(self.partial.clone(), error);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&lines).map_err(fault)?;
        let packed = gzip.finish().map_err(fault)?;
        self.frame(b'D', &packed)
    }

    fn frame(&mut self, kind: u8, plain: &[u8]) -> Result<(), BackupError> {
        let table = match (kind, self.manifest.parts.last()) {
            (b'M', _) | (_, None) => String::new(),
            (_, Some(part)) => part.table.clone(),
        };
        let too_long = || BackupError::File(self.partial.clone(), io::ErrorKind::FileTooLarge.into());
        let text = self.seal.close(self.frame, kind, &table, plain).ok_or_else(too_long)?;
        let length = u32::try_from(text.len()).ok().filter(|n| *n <= LONGEST).ok_or_else(too_long)?;
        let name = u8::try_from(table.len()).map_err(|_| too_long())?;
        self.frame += 1;
        self.put(&length.to_be_bytes())?;
        self.put(&[kind, name])?;
        self.put(table.as_bytes())?;
        self.put(&text)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|error| BackupError::File(self.partial.clone(), error))
    }
}

impl Reader {
    pub(super) fn open(path: &Path, keyring: &Keyring) -> Result<Self, BackupError> {
        let fault = |error| BackupError::File(path.to_owned(), error);
        let mut input = BufReader::new(File::open(path).map_err(fault)?);
        let none = || BackupError::NoBackup(path.to_owned());
        let mut start = vec![0; MAGIC.len()];
        input.read_exact(&mut start).map_err(|_| none())?;
        if start != MAGIC {
            return Err(none());
        }
        loop {
            let mut byte = [0];
            input.read_exact(&mut byte).map_err(|_| none())?;
            start.push(byte[0]);
            if byte == *b"\n" {
                break;
            }
            if start.len() > 64 * 1024 {
                return Err(none());
            }
        }
        let head: Head = serde_json::from_slice(&start[MAGIC.len()..]).map_err(|_| none())?;
        if let Some(version) = keyring.missing_of(&head.keys) {
            return Err(BackupError::NoKey(version));
        }
        let sealed = Sealed::of(hex::decode(&head.key).map_err(|_| none())?);
        let key = keyring.open(place_of_key(head.id), &sealed).map_err(|_| none())?;
        let seal = Seal::of(&key, &start).ok_or_else(none)?;
        let at = start.len() as u64;
        Ok(Self { path: path.into(), input, at, seal, frame: 0, table: None, parts: Vec::new(), head })
    }

    /// The next frame; after the manifest the file must end.
    pub(super) fn next(&mut self) -> Result<Found, BackupError> {
        let from = self.at;
        let mut start = [0; 6];
        self.take(&mut start)?;
        let [a, b, c, d, kind, name] = start;
        let changed = |reader: &Self, table: &str, to: u64| BackupError::Changed {
            path: reader.path.clone(),
            frame: reader.frame,
            table: if table.is_empty() { "清单".into() } else { table.to_owned() },
            from,
            to,
        };
        let current = self.table.as_ref().map_or(String::new(), |(part, _)| part.table.clone());
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > LONGEST {
            return Err(changed(self, &current, self.at));
        }
        let mut table = vec![0; name.into()];
        self.take(&mut table)?;
        let Ok(table) = String::from_utf8(table) else { return Err(changed(self, &current, self.at)) };
        let mut text = Vec::new();
        let read = (&mut self.input).take(length.into()).read_to_end(&mut text);
        let read = read.map_err(|error| BackupError::File(self.path.clone(), error))?;
        self.at += read as u64;
        let Some(plain) = self.seal.open(self.frame, kind, &table, &text) else {
            // A changed length reads past the end; either way this frame is at fault.
            let named = if current.is_empty() { &table } else { &current };
            return Err(changed(self, named, self.at));
        };
        self.frame += 1;
        match (kind, self.table.take()) {
            (b'T', None) => {
                let part: Part = serde_json::from_slice(&plain)?;
                self.table = Some((part.clone(), Sm3::new()));
                Ok(Found::Table(part))
            }
            (b'D', Some((mut part, mut hash))) => {
                let mut lines = Vec::new();
                GzDecoder::new(plain.as_slice())
                    .read_to_end(&mut lines)
                    .map_err(|error| BackupError::File(self.path.clone(), error))?;
                hash.update(&lines);
                part.rows += lines.split(|byte| *byte == b'\n').count() as u64 - 1;
                self.table = Some((part, hash));
                Ok(Found::Rows(lines))
            }
            (b'E', Some((mut part, hash))) => {
                part.sm3 = hex::encode(hash.finalize());
                let said: Part = serde_json::from_slice(&plain)?;
                if said != part {
                    return Err(BackupError::Manifest { path: self.path.clone(), table: part.table });
                }
                self.parts.push(part);
                Ok(Found::End)
            }
            (b'M', None) => self.last(&plain),
            _ => Err(changed(self, &table, self.at)),
        }
    }

    fn last(&mut self, plain: &[u8]) -> Result<Found, BackupError> {
        let manifest: Manifest = serde_json::from_slice(plain)?;
        let expected = Manifest {
            id: self.head.id,
            made_at: self.head.made_at,
            schema: self.head.schema,
            parts: std::mem::take(&mut self.parts),
        };
        let more = self.input.read(&mut [0]).map_err(|error| BackupError::File(self.path.clone(), error))?;
        if manifest != expected || more > 0 {
            return Err(BackupError::Manifest { path: self.path.clone(), table: "清单".into() });
        }
        Ok(Found::Manifest(manifest))
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BackupError::CutOff { path: self.path.clone(), at: self.at },
            _ => BackupError::File(self.path.clone(), error),
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

/// Reads a backup from the first byte to the last: every frame opens, every row counts, every sum is right.
pub fn verify(path: &Path, keyring: &Keyring) -> Result<Manifest, BackupError> {
    let mut reader = Reader::open(path, keyring)?;
    loop {
        if let Found::Manifest(manifest) = reader.next()? {
            return Ok(manifest);
        }
    }
}

/// Length and SM3 of a file.
pub(super) fn hash(path: &Path) -> Result<(u64, String), BackupError> {
    let fault = |error| BackupError::File(path.to_owned(), error);
    let (mut input, mut hash, mut all) = (File::open(path).map_err(fault)?, Sm3::new(), 0);
    let mut some = vec![0; CHUNK];
    loop {
        match input.read(&mut some).map_err(fault)? {
            0 => return Ok((all, hex::encode(hash.finalize()))),
            n => {
                hash.update(&some[..n]);
                all += n as u64;
            }
        }
    }
}
