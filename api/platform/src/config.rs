//! The one typed configuration. Defaults stand in code; `jiuyi.toml` overrides them; `JIUYI_*` overrides both.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

/// Everything an operator may set. Times are whole seconds or minutes as the name says.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The knowledge files (`data/` of the repository).
    pub data_dir: PathBuf,
    /// Everything the program writes: database, logs, keys.
    pub var_dir: PathBuf,
    /// `sqlite://path` or `postgres://…`; empty means a SQLite file in `var_dir`.
    pub database_url: String,
    /// Fictitious people one may sign in as; off in production.
    pub demo: bool,
    /// Filter of the log in the syntax of `tracing_subscriber::EnvFilter`.
    pub log: String,
    /// Days of log files kept, when each day fits into one file.
    pub log_files: usize,
    /// A log file is closed at midnight or when it reaches this size.
    pub log_file_mib: u64,
    /// Text of the key file, for installations that give keys by environment; empty means `keys.toml` in `var_dir`.
    pub keys: String,
    /// A resident's session ends when unused for so long,
    pub session_idle_minutes: u32,
    /// one of the staff after so long,
    pub session_idle_minutes_staff: u32,
    /// one of the three administrators after so long,
    pub session_idle_minutes_admin: u32,
    /// and each in any case after so long.
    pub session_hours: u32,
    /// Reverse proxies of our own in front; so many entries of `X-Forwarded-For` are believed.
    pub proxies: usize,
    /// Failed sign-ins from one network address within a quarter of an hour, before it has to wait as long.
    pub sign_in_failures_per_address: u32,
    /// Roles that need a second factor, beside the three administrators; by name, as `doctor`.
    pub second_factor_roles: Vec<String>,
    /// An account nobody signed in with for so long is closed.
    pub account_idle_days: u32,
    /// Cookies only over HTTPS; switch on behind TLS.
    pub secure_cookies: bool,
    /// A request is given up after so long.
    pub request_seconds: u64,
    /// Largest accepted request body.
    pub body_kib: usize,
    /// Largest accepted upload of photographs.
    pub upload_kib: usize,
    /// Where browsers reach this site, as `https://jkja.example`; empty means where it listens.
    pub public_address: String,
    /// An outside system that does not answer is given up after so long.
    pub gateway_seconds: u64,
    /// WeChat: the sides for browsers and for programs; empty means a simulator in a demo, else the public ones.
    pub wechat_open_address: String,
    pub wechat_api_address: String,
    pub wechat_app_id: String,
    pub wechat_secret: String,
    /// Suishenban (随申办): empty means a simulator in a demo, else no such sign-in.
    pub suishenban_address: String,
    pub suishenban_client_id: String,
    pub suishenban_secret: String,
    /// What its answer calls name, ID number and phone; not public, so to be set as the contract says.
    pub suishenban_fields: [String; 3],
    /// The provider of short messages; empty means a simulator in a demo, else no sign-in by phone.
    pub sms_address: String,
    pub sms_account: String,
    pub sms_secret: String,
    /// The hospitals' own systems by code of the institution; `*` stands for every one that is not named. Empty means
    /// a simulator in a demo, else nothing is exchanged.
    pub hospitals: BTreeMap<String, Hospital>,
    /// The district's health archive (健康档案): empty means a simulator in a demo, else no history is fetched.
    pub archive_address: String,
    pub archive_account: String,
    pub archive_secret: String,
    /// Shenkang (申康医联): empty means a simulator in a demo, else no templates are exchanged.
    pub shenkang_address: String,
    pub shenkang_account: String,
    pub shenkang_secret: String,
    /// The city's platform for buying medicines (阳光平台): empty means a simulator in a demo, else no statement goes there.
    pub sunshine_address: String,
    pub sunshine_account: String,
    pub sunshine_secret: String,
    /// The district's support platform: its name as an OpenID issuer; empty means a simulator in a demo, else none.
    pub support_issuer: String,
    pub support_client_id: String,
    pub support_secret: String,
    /// Its directory of users; empty means `directory` below the issuer.
    pub support_directory: String,
    /// The directory is asked for changes every so many hours; 0 for never.
    pub support_sync_hours: u32,
    /// Photographs of identity cards are wiped so many days after the verdict.
    pub photo_days: u32,
    /// A backup is made every so many hours, counted from two in the morning in China; 0 for none.
    pub backup_every_hours: u32,
    /// So many scheduled backups are kept.
    pub backup_keep: usize,
    /// Where they are kept; empty means `backup` in `var_dir`. Better a disk of its own, or one of another machine.
    pub backup_dir: PathBuf,
    /// How many family members a resident may care for.
    pub family_limit: u32,
    /// Outside systems that are simulated in this run; no setting.
    #[serde(skip)]
    pub simulated: Vec<&'static str>,
}

/// In [`Config::hospitals`], every institution that is not named.
pub const ALL_OTHERS: &str = "*";

/// Where the systems of one institution are, and as whom we sign what we send there.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hospital {
    /// Empty means that there is none.
    pub his_address: String,
    pub emr_address: String,
    pub account: String,
    pub secret: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: "data".into(),
            var_dir: "var".into(),
            database_url: String::new(),
            demo: true,
            log: "info,sqlx=warn".into(),
            log_files: 30,
            log_file_mib: 64,
            keys: String::new(),
            session_idle_minutes: 30,
            session_idle_minutes_staff: 30,
            session_idle_minutes_admin: 15,
            session_hours: 12,
            proxies: 0,
            sign_in_failures_per_address: 30,
            second_factor_roles: Vec::new(),
            account_idle_days: 90,
            secure_cookies: false,
            request_seconds: 30,
            body_kib: 512,
            upload_kib: 12 * 1024,
            public_address: String::new(),
            gateway_seconds: 5,
            wechat_open_address: String::new(),
            wechat_api_address: String::new(),
            wechat_app_id: String::new(),
            wechat_secret: String::new(),
            suishenban_address: String::new(),
            suishenban_client_id: String::new(),
            suishenban_secret: String::new(),
            suishenban_fields: ["realname", "idcard", "mobile"].map(str::to_owned),
            sms_address: String::new(),
            sms_account: String::new(),
            sms_secret: String::new(),
            hospitals: BTreeMap::new(),
            archive_address: String::new(),
            archive_account: String::new(),
            archive_secret: String::new(),
            shenkang_address: String::new(),
            shenkang_account: String::new(),
            shenkang_secret: String::new(),
            sunshine_address: String::new(),
            sunshine_account: String::new(),
            sunshine_secret: String::new(),
            support_issuer: String::new(),
            support_client_id: String::new(),
            support_secret: String::new(),
            support_directory: String::new(),
            support_sync_hours: 1,
            photo_days: 30,
            backup_every_hours: 24,
            backup_keep: 14,
            backup_dir: PathBuf::new(),
            family_limit: 6,
            simulated: Vec::new(),
        }
    }
}

/// A setting that cannot be used; the message names the file or variable it came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("配置有误：{0}")]
    Setting(#[from] Box<figment::Error>),
    #[error("找不到知识数据目录 {}：请在程序所在的工作区运行，或用 JIUYI_DATA_DIR 指明", .0.display())]
    NoData(PathBuf),
    #[error("无法建立目录 {}", .0.display())]
    Var(PathBuf, #[source] io::Error),
}

impl Config {
    /// Reads `jiuyi.toml` in the current folder and `JIUYI_*`, looks for the data folder here and then in
    /// `workspace`, and makes the folder for what the program writes.
    pub fn load(workspace: &Path) -> Result<Self, ConfigError> {
        // Variables of the test bench share the prefix but are no settings.
        let tests = ["test_pg_url", "require_pg", "require_browser", "schemathesis", "require_schemathesis"];
        let env = Env::prefixed("JIUYI_").ignore(&tests);
        let mut config: Self = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file("jiuyi.toml"))
            .merge(env)
            .extract()
            .map_err(Box::new)?;
        config.data_dir = existing(&config.data_dir, workspace)?;
        make_private(&config.var_dir).map_err(|e| ConfigError::Var(config.var_dir.clone(), e))?;
        Ok(config)
    }

    /// Where browsers reach this site, without a slash at the end.
    pub fn site(&self) -> String {
        if self.public_address.is_empty() {
            format!("http://{}", self.listen)
        } else {
            self.public_address.trim_end_matches('/').to_owned()
        }
    }

    /// Where backups are kept, with the default spelled out.
    pub fn backups(&self) -> PathBuf {
        if self.backup_dir.as_os_str().is_empty() {
            self.var_dir.join("backup")
        } else {
            self.backup_dir.clone()
        }
    }

    /// The database in use, with the default spelled out.
    pub fn database(&self) -> String {
        if self.database_url.is_empty() {
            format!("sqlite://{}", self.var_dir.join("jiuyi.db").display())
        } else {
            self.database_url.clone()
        }
    }
}

/// Patients' data and the keys to it: nobody but the owner may look inside.
pub(crate) fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn existing(dir: &Path, workspace: &Path) -> Result<PathBuf, ConfigError> {
    [dir.to_owned(), workspace.join(dir)]
        .into_iter()
        .filter_map(|dir| dir.canonicalize().ok())
        .find(|dir| dir.is_dir())
        .ok_or_else(|| ConfigError::NoData(dir.to_owned()))
}

/// Secrets are left out, so that a configuration may be logged.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.database();
        let database = match (database.split_once("://"), database.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://[已隐去]@{host}"),
            _ => database,
        };
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("data_dir", &self.data_dir)
            .field("var_dir", &self.var_dir)
            .field("database", &database)
            .field("demo", &self.demo)
            .field("log", &self.log)
            .field("secure_cookies", &self.secure_cookies)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let config = Config {
            database_url: "postgres://jiuyi:geheim@db.example:5432/jiuyi".into(),
            keys: "current = 1".into(),
            ..Config::default()
        };
        let shown = format!("{config:?}");
        assert!(shown.contains("postgres://[已隐去]@db.example:5432/jiuyi"), "{shown}");
        assert!(!shown.contains("geheim") && !shown.contains("current"), "{shown}");
    }

    #[test]
    fn default_database_lies_in_var() {
        assert_eq!(Config::default().database(), "sqlite://var/jiuyi.db");
    }

    #[test]
    fn missing_data_folder_is_named() {
        let error = existing(Path::new("no-such-folder"), Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().contains("no-such-folder"), "{error}");
    }
}
