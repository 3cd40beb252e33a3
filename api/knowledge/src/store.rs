//! The only SQL.

mod draft;

use std::io::{self, Read, Write};

use chrono::{DateTime, Utc};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use kb::{Source, Sources};
use platform::{Db, Tx, crypto::sm3, integrity::Guarded, on_read, on_tx};

use crate::model::{Activation, Release, ReleaseState};

pub(crate) use draft::*;

/// Largest text that is unpacked; a larger one was not packed here.
const MAX_TEXT: u64 = 64 << 20;

type ReleaseRow = (String, String, String, DateTime<Utc>, i64, i64, Option<i64>);

const RELEASES: &str = "SELECT r.hash, r.note, r.published_by, r.published_at, r.n_files, r.n_bytes,
        (SELECT max(a.seq) FROM knowledge_activation a WHERE a.release = r.hash) AS last_seq
    FROM knowledge_release r ORDER BY r.published_at DESC, r.hash LIMIT $1";

/// Newest first.
pub(crate) async fn list_releases(db: &Db, limit: i64) -> sqlx::Result<Vec<Release>> {
    let head = find_head(db).await?.map(|head| head.seq);
    let rows: Vec<ReleaseRow> = on_read!(db, |c| sqlx::query_as(RELEASES).bind(limit).fetch_all(c).await)?;
    let release = |(hash, note, published_by, published_at, n_files, n_bytes, last): ReleaseRow| {
        let state = match last {
            None => ReleaseState::Published,
            Some(seq) if Some(seq) == head => ReleaseState::InUse,
            Some(_) => ReleaseState::Past,
        };
        Release { hash, note, published_by, published_at, n_files, n_bytes, state }
    };
    Ok(rows.into_iter().map(release).collect())
}

/// Hashes that begin so, at most two; `prefix` is hexadecimal.
pub(crate) async fn list_hashes(db: &Db, prefix: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT hash FROM knowledge_release WHERE hash LIKE $1 ORDER BY hash LIMIT 2";
    let pattern = format!("{prefix}%");
    on_read!(db, |c| sqlx::query_scalar(sql).bind(&pattern).fetch_all(c).await)
}

/// The release published last.
pub(crate) async fn find_newest(db: &Db) -> sqlx::Result<Option<String>> {
    let sql = "SELECT hash FROM knowledge_release ORDER BY published_at DESC, hash LIMIT 1";
    on_read!(db, |c| sqlx::query_scalar(sql).fetch_optional(c).await)
}

/// The last activation.
pub(crate) async fn find_head(db: &Db) -> sqlx::Result<Option<Activation>> {
    Ok(list_activations(db, 1).await?.pop())
}

/// Newest first.
pub(crate) async fn list_activations(db: &Db, limit: i64) -> sqlx::Result<Vec<Activation>> {
    let sql = "SELECT seq, release, activated_by, activated_at FROM knowledge_activation ORDER BY seq DESC LIMIT $1";
    let rows: Vec<(i64, String, String, DateTime<Utc>)> =
        on_read!(db, |c| sqlx::query_as(sql).bind(limit).fetch_all(c).await)?;
    let activation =
        |(seq, release, activated_by, activated_at)| Activation { seq, release, activated_by, activated_at };
    Ok(rows.into_iter().map(activation).collect())
}

/// Which release is in use on every node.
pub(crate) const ACTIVATION: Guarded = Guarded { table: "knowledge_activation", part: "seq", sealed: &[] };

/// False when somebody else took the number, or the release was activated under it.
pub(crate) async fn insert_activation(tx: &mut Tx, activation: &Activation) -> sqlx::Result<bool> {
    let sql =
        "INSERT INTO knowledge_activation(seq, release, activated_by, activated_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    let Activation { seq, release, activated_by, activated_at } = activation;
    let n_inserted = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(seq).bind(release).bind(activated_by).bind(activated_at);
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(n_inserted == 1)
}

/// False when the release is there already; then nothing is changed.
pub(crate) async fn insert_release(tx: &mut Tx, release: &Release, files: &[Packed]) -> sqlx::Result<bool> {
    let sql = "INSERT INTO knowledge_release(hash, note, published_by, published_at, n_files, n_bytes)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let blob = "INSERT INTO knowledge_blob(hash, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let file = "INSERT INTO knowledge_release_file(release, name, blob) VALUES ($1, $2, $3)";
    let n_inserted = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&release.hash).bind(&release.note).bind(&release.published_by);
        let query = query.bind(release.published_at).bind(release.n_files).bind(release.n_bytes);
        query.execute(&mut *c).await.map(|done| done.rows_affected())
    })?;
    if n_inserted == 0 {
        return Ok(false);
    }
    for Packed { name, hash, bytes } in files {
        on_tx!(tx, |c| {
            sqlx::query(blob).bind(hash).bind(bytes).execute(&mut *c).await?;
            sqlx::query(file).bind(&release.hash).bind(name).bind(hash).execute(c).await.map(drop)
        })?;
    }
    Ok(true)
}

/// The files of a release; None when there is no such release.
pub(crate) async fn find_sources(db: &Db, release: &str) -> sqlx::Result<Option<Sources>> {
    let sql = "SELECT f.name, b.bytes FROM knowledge_release_file f JOIN knowledge_blob b ON b.hash = f.blob
        WHERE f.release = $1 ORDER BY f.name";
    let rows: Vec<(String, Vec<u8>)> =
        on_read!(db, |c| sqlx::query_as(sql).bind(release).fetch_all(c).await)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let file = |(name, bytes): (String, Vec<u8>)| Ok(Source { text: unpacked(&bytes)?, name });
    let files = rows.into_iter().map(file).collect::<io::Result<Vec<_>>>();
    files.map(|files| Some(Sources::from_files(files))).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// One file of a release; None when it has none of that name.
pub(crate) async fn find_file(db: &Db, release: &str, name: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT b.bytes FROM knowledge_release_file f JOIN knowledge_blob b ON b.hash = f.blob
        WHERE f.release = $1 AND f.name = $2";
    let bytes: Option<Vec<u8>> =
        on_read!(db, |c| sqlx::query_scalar(sql).bind(release).bind(name).fetch_optional(c).await)?;
    bytes.map(|bytes| unpacked(&bytes)).transpose().map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The names of the files of a release.
pub(crate) async fn list_files(db: &Db, release: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT name FROM knowledge_release_file WHERE release = $1 ORDER BY name";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(release).fetch_all(c).await)
}

/// A file as it is stored.
pub(crate) struct Packed {
    name: String,
    hash: Vec<u8>,
    bytes: Vec<u8>,
}

/// Compresses the files; not inside a transaction, for it takes a while.
pub(crate) fn packed(sources: &Sources) -> io::Result<Vec<Packed>> {
    let pack = |file: &Source| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(file.text.as_bytes())?;
        Ok(Packed { name: file.name.clone(), hash: sm3(&file.text).to_vec(), bytes: encoder.finish()? })
    };
    sources.files().iter().map(pack).collect()
}

fn unpacked(bytes: &[u8]) -> io::Result<String> {
    let mut text = String::new();
    ZlibDecoder::new(bytes).take(MAX_TEXT).read_to_string(&mut text)?;
    Ok(text)
}
