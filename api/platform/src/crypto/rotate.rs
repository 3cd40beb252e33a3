//! Changing the sealing key: add, use, re-seal ([`super::reseal`]), retire.

use std::{fs, path::Path, sync::Arc};

use super::{
    KeyFileError, Keyring, Keys, SealedColumn, count_by_version,
    key_file::{insert_fingerprints, write_private},
};
use crate::{Db, Ids, integrity, on_tx};

impl Keyring {
    /// Adds a key that opens but does not seal yet; gives its version. Bring the key file to every node before
    /// [`Keyring::make_current`].
    pub async fn add_key(&self, ids: &dyn Ids, db: &Db) -> Result<u16, KeyFileError> {
        self.refresh()?;
        let mut keys = Keys::clone(&self.keys.load());
        let newest = keys.sealing.keys().next_back().copied().unwrap_or_default();
        let version = newest.checked_add(1).ok_or(KeyFileError::Content("版本号已用完"))?;
        let mut key = [0; 16];
        ids.fill(&mut key);
        keys.sealing.insert(version, key);
        // The file first: a fingerprint without its key would stop every start.
        let fingerprints = keys.fingerprints();
        self.replace(keys)?;
        insert_fingerprints(db, fingerprints).await?;
        Ok(version)
    }

    /// From now on seals with this version; other nodes follow when they refresh or meet a value of it.
    pub fn make_current(&self, version: u16) -> Result<(), KeyFileError> {
        self.refresh()?;
        let mut keys = Keys::clone(&self.keys.load());
        if !keys.sealing.contains_key(&version) {
            return Err(KeyFileError::NoVersion(version));
        }
        keys.current = version;
        self.replace(keys)
    }

    /// Removes a key that seals nothing any more.
    pub async fn retire(&self, db: &Db, columns: &[SealedColumn], version: u16) -> Result<(), KeyFileError> {
        self.refresh()?;
        let mut keys = Keys::clone(&self.keys.load());
        if version == keys.current {
            return Err(KeyFileError::Current(version));
        }
        if keys.sealing.remove(&version).is_none() {
            return Err(KeyFileError::NoVersion(version));
        }
        let sealed = count_by_version(db, columns).await?.get(&version).copied().unwrap_or_default();
        let macs = integrity::count_by_version(db).await?.get(&version).copied().unwrap_or_default();
        let rows = sealed + macs;
        if rows > 0 {
            return Err(KeyFileError::InUse { version, rows });
        }
        // The fingerprint first: without it the file may still hold the key, the other way round nothing starts.
        let mut tx = db.begin().await?;
        on_tx!(&mut tx, |c| sqlx::query("DELETE FROM sealing_key WHERE version = $1")
            .bind(i64::from(version))
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        self.replace(keys)
    }

    pub(super) fn replace(&self, keys: Keys) -> Result<(), KeyFileError> {
        let path = self.file.as_ref().ok_or(KeyFileError::NoFile)?;
        write_over(path, &keys.print()).map_err(|error| KeyFileError::File(path.clone(), error))?;
        self.keys.store(Arc::new(keys));
        Ok(())
    }
}

/// A reader finds the old file or the new one, never half of one; two changes at once refuse each other.
fn write_over(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("toml.new");
    write_private(&new, text)?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use uuid::Uuid;

    use super::*;
    use crate::{
        App,
        crypto::{Place, Sealed, find_broken, reseal},
        db::test_support::{Bench, on_each_database},
        on_read,
    };

    const NOTE: SealedColumn = SealedColumn { table: "note", column: "body", row: "id" };
    const ROWS: u32 = 1200;

    fn place(row: u32) -> Place {
        Place { table: "note", column: "body", row: Uuid::from_u128(row.into()) }
    }

    /// A table with sealed values, and the app with a key file as at a real start.
    async fn prepared(bench: &Bench) -> App {
        let keyring = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
        let app = App { keyring: Arc::new(keyring), ..bench.app.clone() };
        let sql = if app.db.is_postgres() {
            "CREATE TABLE note(id UUID PRIMARY KEY, body BYTEA)"
        } else {
            "CREATE TABLE note(id BLOB PRIMARY KEY, body BLOB)"
        };
        let mut tx = app.db.begin().await.unwrap();
        on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        // The MACs of the bench are of another ring; integrity::tests change keys with MACs.
        for sql in ["DELETE FROM row_mac", "DELETE FROM row_mac_begun"] {
            on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        }
        for row in 1..=ROWS {
            let body = app.keyring.seal(&*app.ids, place(row), &format!("病历{row}"));
            on_tx!(&mut tx, |c| sqlx::query("INSERT INTO note VALUES ($1, $2)")
                .bind(Uuid::from_u128(row.into()))
                .bind(body)
                .execute(c)
                .await
                .map(drop))
            .unwrap();
        }
        tx.commit().await.unwrap();
        app
    }

    async fn read(app: &App, row: u32) -> Sealed {
        let sql = "SELECT body FROM note WHERE id = $1";
        on_read!(&app.db, |c| sqlx::query_scalar(sql).bind(Uuid::from_u128(row.into())).fetch_one(c).await)
            .unwrap()
    }

    async fn write(app: &App, row: u32, body: Sealed) {
        let mut tx = app.db.begin().await.unwrap();
        on_tx!(&mut tx, |c| sqlx::query("UPDATE note SET body = $1 WHERE id = $2")
            .bind(body)
            .bind(Uuid::from_u128(row.into()))
            .execute(c)
            .await
            .map(drop))
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// Another process on the same key file keeps reading and writing while the key changes.
    #[tokio::test]
    async fn keys_change_under_load_without_a_failed_read() {
        on_each_database(&[], async |bench| {
            let app = prepared(bench).await;
            let keyring = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
            let other = App { keyring: Arc::new(keyring), ..app.clone() };
            let over = AtomicBool::new(false);
            let rotation = async {
                let version = app.keyring.add_key(&*app.ids, &app.db).await.unwrap();
                app.keyring.make_current(version).unwrap();
                let resealed = reseal(&app, &[NOTE], |_, _| {}).await.unwrap();
                over.store(true, Ordering::SeqCst);
                (version, resealed)
            };
            let load = async {
                let mut reads = 0;
                while !over.load(Ordering::SeqCst) {
                    let row = reads * 7 % ROWS + 1;
                    let text = other.keyring.open(place(row), &read(&other, row).await).unwrap();
                    assert!(text.ends_with(&row.to_string()), "{text}");
                    if reads % 5 == 0 {
                        let body = other.keyring.seal(&*other.ids, place(row), &format!("修改{row}"));
                        write(&other, row, body).await;
                    }
                    reads += 1;
                }
                reads
            };
            let ((version, resealed), reads) = tokio::join!(rotation, load);
            assert!(reads > 20 && resealed > 600, "{reads} reads, {resealed} re-sealed");
            assert_eq!(version, 2);
            // The other process may have written with the old key last; its ring knows the new one by now.
            other.keyring.refresh().unwrap();
            reseal(&app, &[NOTE], |_, _| {}).await.unwrap();
            let rows = count_by_version(&app.db, &[NOTE]).await.unwrap();
            assert_eq!(rows.into_iter().collect::<Vec<_>>(), [(2, i64::from(ROWS))]);
            app.keyring.retire(&app.db, &[NOTE], 1).await.unwrap();
            assert_eq!(app.keyring.versions(), [2]);
            assert_eq!(find_broken(&app, &[NOTE]).await.unwrap(), []);
            let again = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
            assert_eq!((again.current(), again.versions()), (2, vec![2]));
        })
        .await;
    }

    #[tokio::test]
    async fn a_key_in_use_or_unknown_or_from_the_environment_is_not_retired() {
        on_each_database(&[], async |bench| {
            let app = prepared(bench).await;
            let ring = &app.keyring;
            let current = ring.retire(&app.db, &[NOTE], 1).await;
            assert!(matches!(current, Err(KeyFileError::Current(1))));
            assert!(matches!(ring.make_current(2), Err(KeyFileError::NoVersion(2))));
            assert_eq!(ring.add_key(&*app.ids, &app.db).await.unwrap(), 2);
            ring.make_current(2).unwrap();
            let used = ring.retire(&app.db, &[NOTE], 1).await;
            assert!(matches!(used, Err(KeyFileError::InUse { version: 1, rows: 1200 })));
            let given = bench.app.keyring.add_key(&*app.ids, &app.db).await;
            assert!(matches!(given, Err(KeyFileError::NoFile)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_flipped_byte_is_named_and_left_alone() {
        on_each_database(&[], async |bench| {
            let app = prepared(bench).await;
            let mut bytes = read(&app, 77).await.0;
            *bytes.last_mut().unwrap() ^= 1;
            write(&app, 77, Sealed(bytes)).await;
            write(&app, 78, Sealed(vec![0])).await;
            let broken = find_broken(&app, &[NOTE]).await.unwrap();
            let named: Vec<_> = broken.iter().map(|b| (b.column.table, b.column.column, b.row)).collect();
            let expected = [77_u32, 78].map(|row| ("note", "body", Uuid::from_u128(row.into())));
            assert_eq!(named, expected);
            assert!(broken[0].to_string().contains("note.body"), "{}", broken[0]);
            let version = app.keyring.add_key(&*app.ids, &app.db).await.unwrap();
            app.keyring.make_current(version).unwrap();
            assert_eq!(reseal(&app, &[NOTE], |_, _| {}).await.unwrap(), 1198);
        })
        .await;
    }

    /// A node that has not read the key file again goes on sealing with the old key for some seconds. Nothing is lost:
    /// the old key stays until the last of these values has been sealed anew.
    #[tokio::test]
    async fn what_a_late_node_seals_with_the_old_key_holds_up_its_end() {
        on_each_database(&[], async |bench| {
            let app = prepared(bench).await;
            let keyring = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
            let late = App { keyring: Arc::new(keyring), ..app.clone() };
            let version = app.keyring.add_key(&*app.ids, &app.db).await.unwrap();
            app.keyring.make_current(version).unwrap();
            reseal(&app, &[NOTE], |_, _| {}).await.unwrap();
            write(&late, 7, late.keyring.seal(&*late.ids, place(7), "迟到的修改")).await;
            let refused = app.keyring.retire(&app.db, &[NOTE], 1).await.unwrap_err();
            assert!(matches!(refused, KeyFileError::InUse { version: 1, rows: 1 }));
            assert!(refused.to_string().contains("还有 1 个数据"), "{refused}");
            assert_eq!(app.keyring.open(place(7), &read(&app, 7).await).unwrap(), "迟到的修改");
            assert_eq!(reseal(&app, &[NOTE], |_, _| {}).await.unwrap(), 1);
            app.keyring.retire(&app.db, &[NOTE], 1).await.unwrap();
            assert_eq!(late.keyring.open(place(7), &read(&late, 7).await).unwrap(), "迟到的修改");
        })
        .await;
    }
}
