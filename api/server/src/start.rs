//! From configuration to a running [`App`].

use std::{path::Path, sync::Arc};

use anyhow::Context;
use engine::Engine;
use platform::{
    App, Clock, Config, Db, Ids, clock::SystemClock, crypto::Keyring, db::Migrations, ids::SystemIds,
};

/// The migrations of every crate that has tables.
pub const MIGRATIONS: [fn() -> Migrations; 3] =
    [platform::migrations, people::migrations, preconsult::migrations];

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
    Ok(App { db, clock, ids, keyring: Arc::new(keyring), config: Arc::new(config) })
}

/// Brings in the fictitious people when this is a demo.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    if app.config.demo {
        let (residents, staff) = people::demo::seed(app).await.context("演示人员导入失败")?;
        tracing::info!(residents, staff, "demo people are there");
    }
    Ok(())
}

/// The knowledge release of a data folder; on faults each is listed with its place.
pub fn engine(data: &Path) -> anyhow::Result<Engine> {
    Engine::load(data).map_err(|faults| {
        let places: Vec<String> = faults.iter().take(20).map(ToString::to_string).collect();
        anyhow::anyhow!(
            "知识文件有 {} 处问题，请运行 jiuyi check 查看全部：\n{}",
            faults.len(),
            places.join("\n")
        )
    })
}
