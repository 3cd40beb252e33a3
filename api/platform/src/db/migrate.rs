use sqlx::migrate::{Migration, Migrator};

use super::Db;

pub use sqlx::migrate::MigrateError;

/// The migrations of one crate, one set per engine, from
/// `sqlx::migrate!("migrations/sqlite")` and `sqlx::migrate!("migrations/postgres")`.
///
/// File names are `YYYYMMDDHHMMSS_verb_noun.sql`; the time is unique over all crates.
#[derive(Debug)]
pub struct Migrations {
    pub sqlite: Migrator,
    pub postgres: Migrator,
}

impl Db {
    /// Brings the schema up to date with the migrations of all crates, merged in order of their times.
    pub async fn migrate(&self, crates: &[Migrations]) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => merged(crates.iter().map(|c| &c.sqlite))?.run(writer).await,
            Self::Postgres(pool) => merged(crates.iter().map(|c| &c.postgres))?.run(pool).await,
        }
    }
}

fn merged<'a>(migrators: impl Iterator<Item = &'a Migrator>) -> Result<Migrator, MigrateError> {
    let mut all: Vec<Migration> = migrators.flat_map(|m| m.iter().cloned()).collect();
    all.sort();
    match all.windows(2).find(|pair| pair[0].version == pair[1].version) {
        None => Ok(Migrator::with_migrations(all)),
        Some(pair) => Err(MigrateError::Source(
            format!(
                "two migrations have the time {}: {} and {}",
                pair[0].version, pair[0].description, pair[1].description
            )
            .into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{db::test_support::on_each_database, migrations};

    #[test]
    fn equal_times_are_refused() {
        let (one, two) = (migrations(), migrations());
        let error = merged([&one.sqlite, &two.sqlite].into_iter()).unwrap_err();
        assert!(error.to_string().contains("two migrations have the time"), "{error}");
    }

    #[test]
    fn both_engines_have_the_same_migrations() {
        let all = migrations();
        let names =
            |m: &Migrator| m.iter().map(|m| (m.version, m.description.to_string())).collect::<Vec<_>>();
        assert_eq!(names(&all.sqlite), names(&all.postgres));
    }

    #[tokio::test]
    async fn migrating_twice_changes_nothing() {
        on_each_database(&[], async |bench| {
            bench.db.migrate(&[migrations()]).await.unwrap();
        })
        .await;
    }
}
