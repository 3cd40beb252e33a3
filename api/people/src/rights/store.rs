use platform::{
    Db, bind_all,
    db::{Bound, Conditions},
    on_read,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

/// Most people offered in a list.
const LISTED: u32 = 500;

/// A member of the staff as lists show them.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Colleague {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) role: String,
    pub(crate) institution: String,
    pub(crate) department: String,
}

/// By institution, department and name.
pub(crate) async fn list_colleagues(db: &Db) -> sqlx::Result<Vec<Colleague>> {
    select(db, &Conditions::new()).await
}

pub(crate) async fn list_colleagues_of(db: &Db, ids: &[Uuid]) -> sqlx::Result<Vec<Colleague>> {
    let ids = ids.iter().take(LISTED as usize).map(|id| Bound::Id(*id)).collect();
    select(db, &Conditions::new().and_in("s.id", ids)).await
}

/// Those of exactly this name.
pub(crate) async fn list_colleagues_named(db: &Db, name: &str) -> sqlx::Result<Vec<Colleague>> {
    select(db, &Conditions::new().and("s.name = ?", [Bound::Text(name.into())])).await
}

async fn select(db: &Db, which: &Conditions) -> sqlx::Result<Vec<Colleague>> {
    let sql = format!(
        "SELECT s.id, s.name, s.title, s.role, i.name AS institution, d.name AS department
        FROM staff s
        JOIN institution i ON i.code = s.institution
        JOIN department d ON d.institution = s.institution AND d.code = s.department
        WHERE {} ORDER BY s.institution, s.department, s.name LIMIT {LISTED}",
        which.sql()
    );
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), which).fetch_all(c).await)
}

#[cfg(test)]
mod tests {
    use platform::{
        App,
        db::test_support::on_each_database,
        on_tx,
        rights::{Permission, roles},
    };

    use super::*;
    use crate::demo::{self, demo_id};

    async fn set_role(app: &App, id: Uuid, role: &str) -> sqlx::Result<()> {
        let mut tx = app.db.begin().await?;
        let sql = "UPDATE staff SET role = $1 WHERE id = $2";
        on_tx!(&mut tx, |c| sqlx::query(sql).bind(role).bind(id).execute(c).await.map(drop))?;
        tx.commit().await
    }

    #[tokio::test]
    async fn the_role_of_a_member_of_the_staff_is_held_and_changes_with_them() {
        on_each_database(&[crate::migrations], async |bench| {
            demo::seed(bench).await.unwrap();
            let (doctor, service) = (demo_id("staff", "s01"), demo_id("staff", "s09"));
            let may = async |id, permission| roles::find_held(&bench.db, id).await.unwrap().may(permission);
            assert!(may(doctor, Permission::ConsultationRead).await);
            assert!(may(demo_id("staff", "s07"), Permission::AuditRead).await);
            assert!(!may(demo_id("staff", "s05"), Permission::AuditRead).await);
            set_role(bench, doctor, "audit_admin").await.unwrap();
            assert!(
                may(doctor, Permission::AuditRead).await && !may(doctor, Permission::ConsultationRead).await
            );

            let quality = roles::find_role(&bench.db, "quality").await.unwrap().unwrap();
            let mut tx = bench.db.begin().await.unwrap();
            assert!(
                roles::give(&mut tx, &bench.keyring, service, &quality, "test", bench.now()).await.unwrap()
            );
            assert!(
                roles::give(&mut tx, &bench.keyring, doctor, &quality, "test", bench.now()).await.is_err()
            );
            drop(tx);
            let mut tx = bench.db.begin().await.unwrap();
            roles::give(&mut tx, &bench.keyring, service, &quality, "test", bench.now()).await.unwrap();
            tx.commit().await.unwrap();
            assert!(set_role(bench, service, "system_admin").await.is_err(), "keeps a business role");
            assert!(set_role(bench, service, "nobody").await.is_err(), "no such role");
            set_role(bench, service, "pharmacist").await.unwrap();
            assert!(may(service, Permission::ConsultationRead).await, "what was given stays");
            assert!(!may(service, Permission::FeedbackHandle).await);
            assert_eq!(list_colleagues_named(&bench.db, "方晴").await.unwrap()[0].role, "pharmacist");
            assert_eq!(list_colleagues(&bench.db).await.unwrap().len(), 12);
            assert!(list_colleagues_of(&bench.db, &[]).await.unwrap().is_empty());
        })
        .await;
    }
}
