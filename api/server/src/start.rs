//! From configuration to a running [`App`].

use std::{path::Path, sync::Arc};

use anyhow::Context;
use engine::Engine;
use gateways::simulate::{Simulators, start_missing};
use kb::Fault;
use knowledge::{KnowledgeError, service::Started};
use people::account::Initial;
use platform::{
    App, Clock, Config, Db, Ids,
    clock::SystemClock,
    crypto::{IndexedColumn, Keyring, SealedColumn},
    db::Migrations,
    ids::SystemIds,
    integrity::{self, Guarded},
};

/// The migrations of every crate that has tables.
pub const MIGRATIONS: [fn() -> Migrations; 5] = [
    platform::migrations,
    people::migrations,
    preconsult::migrations,
    knowledge::migrations,
    herbal::migrations,
];

/// Every sealed column of every crate.
pub fn sealed_columns() -> Vec<SealedColumn> {
    [people::SEALED, preconsult::SEALED, herbal::SEALED].concat()
}

/// Every blind index of every crate.
pub fn indexed_columns() -> Vec<IndexedColumn> {
    [people::INDEXED, herbal::INDEXED].concat()
}

/// Every table whose rows carry MACs.
pub fn guarded_tables() -> Vec<Guarded> {
    [integrity::GUARDED, people::GUARDED, knowledge::GUARDED].concat()
}

/// The configuration; the data folder is looked for in the current folder and in the workspace this was built in.
pub fn config() -> anyhow::Result<Config> {
    Ok(Config::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")))?)
}

/// Opens the database, brings its tables up to date and makes sure that the keys are those it was sealed with.
pub async fn app(config: Config) -> anyhow::Result<App> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::new(clock.clone()));
    let db = Db::connect(&config.database()).await.context("无法打开数据库，请检查 JIUYI_DATABASE_URL")?;
    db.migrate(&MIGRATIONS.map(|migrations| migrations())).await.context("数据库升级失败")?;
    let keyring = Keyring::load(&config, &*ids, &db).await?;
    let app = App { db, clock, ids, keyring: Arc::new(keyring), config: Arc::new(config) };
    integrity::begin(&app, &guarded_tables()).await.context("校验码没有建立")?;
    Ok(app)
}

/// In a demo, starts a simulator for every outside system that is not configured; they live as long as the value.
pub async fn simulate(config: &mut Config) -> anyhow::Result<Simulators> {
    if !config.demo {
        return Ok(Simulators::default());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::new(clock.clone()));
    start_missing(config, &clock, &ids).await.context("无法启动外部系统的模拟器")
}

/// Brings in the institutions, and the fictitious people when this is a demo.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    let institutions = people::organisation::load(app).await.context("机构导入失败")?;
    tracing::info!(institutions, "institutions are there");
    if app.config.demo {
        let (residents, staff) = people::demo::seed(app).await.context("演示人员导入失败")?;
        herbal::demo::furnish(app).await.context("演示企业导入失败")?;
        tracing::info!(residents, staff, "demo people are there");
    }
    Ok(())
}

/// Accounts for the fictitious staff of a demo that have none yet, with random passwords.
pub async fn demo_accounts(app: &App) -> anyhow::Result<Vec<Initial>> {
    if !app.config.demo {
        return Ok(Vec::new());
    }
    let keys = people::demo::staff_keys(app)?;
    people::account::service::open_demo_accounts(app, &keys).await.context("演示账号没有建立")
}

/// The knowledge release of a data folder; on faults each is listed with its place.
pub fn engine(data: &Path) -> anyhow::Result<Engine> {
    Engine::load(data).map_err(|faults| listed(&faults))
}

/// The release this node serves with: the activated one, or the data folder at the first start.
pub async fn releases(app: &App) -> anyhow::Result<Started> {
    let data = app.config.data_dir.clone();
    knowledge::service::start(app.clone(), &data).await.map_err(explained)
}

/// Faults of a release with their places; any other error as it is.
pub(crate) fn explained(error: KnowledgeError) -> anyhow::Error {
    match error {
        KnowledgeError::Refused(faults) => listed(&faults),
        KnowledgeError::NotFound => anyhow::anyhow!("没有这个知识版本，用 jiuyi release list 查看"),
        KnowledgeError::Ambiguous => anyhow::anyhow!("有几个版本以此开头，请多写几位"),
        KnowledgeError::NoteMissing => anyhow::anyhow!("请用 --note 写明这一版改了什么"),
        error => error.into(),
    }
}

fn listed(faults: &[Fault]) -> anyhow::Error {
    let places: Vec<String> = faults.iter().take(20).map(ToString::to_string).collect();
    anyhow::anyhow!(
        "知识文件有 {} 处问题，请运行 jiuyi check 查看全部：\n{}",
        faults.len(),
        places.join("\n")
    )
}
