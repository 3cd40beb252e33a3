use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use serde::Deserialize;

use super::{Keyring, Keys, keyed};
use crate::{Config, Db, Ids, on_read, on_tx};

/// Keys that cannot be used. No message holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("无法读写密钥文件 {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    #[error("找不到密钥文件 {}，而数据库中已有加密的资料。请恢复原来的密钥文件，切勿删除数据库。", .0.display())]
    Missing(PathBuf),
    #[error("密钥文件 {} 可被其他用户读取，已拒绝使用。请先执行 chmod 600", .0.display())]
    Exposed(PathBuf),
    #[error("密钥由环境变量给出，不能由程序更换：请修改环境变量后重新启动各节点")]
    NoFile,
    #[error("没有密钥版本 {0}，用 jiuyi key list 查看")]
    NoVersion(u16),
    #[error("版本 {0} 是当前密钥，不能停用")]
    Current(u16),
    #[error("还有 {rows} 个数据是用密钥版本 {version} 加密的，不能停用：请先执行 jiuyi key rotate")]
    InUse { version: u16, rows: i64 },
    #[error("{0}")]
    Index(&'static str),
    #[error("还有 {0} 个数据使用旧的盲索引密钥，不能停用：请再执行 jiuyi key rotate --index")]
    IndexInUse(u64),
    #[error("密钥文件内容有误：{0}")]
    Content(&'static str),
    #[error(
        "密钥文件与数据库不符：数据库中的资料是用另一把密钥（版本 {0}）加密的。请恢复原来的密钥文件，切勿删除数据库。"
    )]
    Foreign(i64),
    #[error("cannot compare the keys with the database")]
    Storage(#[from] sqlx::Error),
}

#[derive(Deserialize)]
struct KeyFile {
    current: u16,
    index: String,
    index_old: Option<String>,
    index_next: Option<String>,
    sealing: BTreeMap<String, String>,
}

impl Keyring {
    /// The keys of the configuration, or of `keys.toml`, which is made at the first start. Refuses keys that are
    /// not those the database was sealed with, before anything is sealed with them.
    pub async fn load(config: &Config, ids: &dyn Ids, db: &Db) -> Result<Self, KeyFileError> {
        let known = list_fingerprints(db).await?;
        let path = config.var_dir.join("keys.toml");
        let ring = if config.keys.is_empty() {
            let keys = match read(&path)? {
                Some(text) => Keys::parse(&text)?,
                None if !known.is_empty() => return Err(KeyFileError::Missing(path)),
                None => {
                    let keys = Keys::clone(&Self::generate(ids).keys.load());
                    write_private(&path, &keys.print()).map_err(|e| KeyFileError::File(path.clone(), e))?;
                    keys
                }
            };
            Self::of(keys, Some(path))
        } else {
            Self::of(Keys::parse(&config.keys)?, None)
        };
        let marks = known.into_iter().map(|(version, mark)| (version, hex::encode(mark))).collect();
        if let Some(version) = ring.missing_of(&marks) {
            return Err(KeyFileError::Foreign(version));
        }
        // As they stand under the index key the database knows.
        let keys = Arc::clone(&ring.keys.load());
        let ours = keys.index_keys().map(|index| keys.fingerprints_under(index));
        let fitting = ours.into_iter().find(|ours| {
            marks.get(&0).is_none_or(|mark| ours.get(&0).map(hex::encode).as_ref() == Some(mark))
        });
        insert_fingerprints(db, fitting.unwrap_or_default()).await?;
        Ok(ring)
    }

    /// Reads the key file again; true when it has changed. A file with another index key is not taken over.
    pub fn refresh(&self) -> Result<bool, KeyFileError> {
        let Some(path) = &self.file else { return Ok(false) };
        let text = read(path)?.ok_or_else(|| KeyFileError::Missing(path.clone()))?;
        let keys = Keys::parse(&text)?;
        let before = self.keys.load();
        if keys == **before {
            return Ok(false);
        }
        if !keys.index_keys().any(|key| before.index_keys().any(|other| other == key)) {
            return Err(KeyFileError::Foreign(0));
        }
        self.keys.store(Arc::new(keys));
        Ok(true)
    }
}

impl Keys {
    /// Version 0 stands for the index key.
    pub(super) fn fingerprints(&self) -> BTreeMap<i64, Vec<u8>> {
        self.fingerprints_under(&self.index)
    }

    pub(super) fn fingerprints_under(&self, index: &[u8; 32]) -> BTreeMap<i64, Vec<u8>> {
        let sealing =
            self.sealing.iter().map(|(version, key)| (i64::from(*version), keyed(index, &[b"key", key])));
        std::iter::once((0, keyed(index, &[b"index"]))).chain(sealing).collect()
    }

    /// The one that writes first.
    pub(super) fn index_keys(&self) -> impl Iterator<Item = &[u8; 32]> {
        std::iter::once(&self.index).chain(&self.index_old).chain(&self.index_next)
    }

    pub(super) fn parse(text: &str) -> Result<Self, KeyFileError> {
        let file: KeyFile = Figment::from(Toml::string(text))
            .extract()
            .map_err(|_| KeyFileError::Content("需要 current、index 和 [sealing] 三部分"))?;
        let sealing = file
            .sealing
            .iter()
            .map(|(version, key)| Some((version.parse().ok()?, decoded(key)?)))
            .collect::<Option<BTreeMap<u16, _>>>()
            .ok_or(KeyFileError::Content("[sealing] 每行应为 版本号 = \"32 位十六进制\""))?;
        if !sealing.contains_key(&file.current) {
            return Err(KeyFileError::Content("current 所指的版本不在 [sealing] 中"));
        }
        let key = |text: &str| decoded(text).ok_or(KeyFileError::Content("index 应为 64 位十六进制"));
        let index = key(&file.index)?;
        let index_old = file.index_old.as_deref().map(key).transpose()?;
        let index_next = file.index_next.as_deref().map(key).transpose()?;
        Ok(Self { current: file.current, sealing, index, index_old, index_next })
    }

    pub(super) fn print(&self) -> String {
        let lines = self.sealing.iter().map(|(version, key)| format!("{version} = \"{}\"", hex::encode(key)));
        let sealing = lines.collect::<Vec<_>>().join("\n");
        let line = |name: &str, key: Option<[u8; 32]>| {
            key.map_or(String::new(), |key| format!("{name} = \"{}\"\n", hex::encode(key)))
        };
        let (old, next) = (line("index_old", self.index_old), line("index_next", self.index_next));
        format!(
            "# 个人信息的加密密钥。丢失后已加密的资料无法恢复：请备份，并与数据库分开存放。\n\
             current = {}\nindex = \"{}\"\n{old}{next}\n[sealing]\n{sealing}\n",
            self.current,
            hex::encode(self.index)
        )
    }
}

/// None when there is no file; refused when others may read it.
fn read(path: &Path) -> Result<Option<String>, KeyFileError> {
    #[cfg(unix)]
    if let Ok(found) = fs::metadata(path) {
        let mode = std::os::unix::fs::MetadataExt::mode(&found);
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed(path.into()));
        }
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeyFileError::File(path.into(), error)),
    }
}

async fn list_fingerprints(db: &Db) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    on_read!(db, |c| sqlx::query_as("SELECT version, fingerprint FROM sealing_key").fetch_all(c).await)
}

pub(super) async fn insert_fingerprints(db: &Db, fingerprints: BTreeMap<i64, Vec<u8>>) -> sqlx::Result<()> {
    let sql = "INSERT INTO sealing_key(version, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let mut tx = db.begin().await?;
    for (version, fingerprint) in fingerprints {
        on_tx!(&mut tx, |c| sqlx::query(sql).bind(version).bind(fingerprint).execute(c).await.map(drop))?;
    }
    tx.commit().await
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// Readable by the owner only; never replaces a file that another process has just made.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SystemClock, db::test_support::on_each_database, ids::SeededIds};

    fn ids(seed: u64) -> SeededIds {
        SeededIds::new(Arc::new(SystemClock), seed)
    }

    #[tokio::test]
    async fn the_first_start_makes_a_private_file_that_the_second_reads() {
        on_each_database(&[], async |bench| {
            let first = Keyring::load(&bench.config, &ids(1), &bench.db).await.unwrap();
            let second = Keyring::load(&bench.config, &ids(2), &bench.db).await.unwrap();
            assert!(**first.keys.load() == **second.keys.load());
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let mode = fs::metadata(bench.config.var_dir.join("keys.toml")).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
                let path = bench.config.var_dir.join("keys.toml");
                fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
                let open = Keyring::load(&bench.config, &ids(3), &bench.db).await;
                assert!(matches!(open, Err(KeyFileError::Exposed(_))));
            }
        })
        .await;
    }

    #[test]
    fn faulty_files_are_refused_without_showing_a_key() {
        let good = Keyring::generate(&ids(1)).keys.load().print();
        assert!(Keys::parse(&good).is_ok());
        for bad in [
            good.replace("current = 1", "current = 2"),
            good.replace("index = \"", "index = \"zz"),
            String::new(),
        ] {
            let message = Keys::parse(&bad).unwrap_err().to_string();
            assert!(message.starts_with("密钥文件内容有误"), "{message}");
        }
    }

    #[tokio::test]
    async fn a_lost_or_foreign_file_is_refused_and_none_is_made() {
        on_each_database(&[], async |bench| {
            let path = bench.config.var_dir.join("keys.toml");
            Keyring::load(&bench.config, &ids(1), &bench.db).await.unwrap();
            fs::remove_file(&path).unwrap();
            let lost = Keyring::load(&bench.config, &ids(1), &bench.db).await;
            assert!(matches!(lost, Err(KeyFileError::Missing(_))) && !path.exists());
            let config =
                Config { keys: Keyring::generate(&ids(99)).keys.load().print(), ..Config::default() };
            let foreign = Keyring::load(&config, &ids(1), &bench.db).await;
            assert!(matches!(foreign, Err(KeyFileError::Foreign(0))));
        })
        .await;
    }
}
