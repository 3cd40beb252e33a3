use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Outcome, Record};
use crate::{
    Db, Tx, bind_all,
    db::{Bound, Conditions},
    on_read, on_tx,
};

/// What is looked for in the trail; everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// Ids of who did it, any of them.
    pub actors: Option<Vec<String>>,
    /// Whose data.
    pub patient: Option<Uuid>,
    /// Left out: what the patient did.
    pub not_by_patient: bool,
    /// Whole names as `consultation.read`, or their beginnings as `consultation.`.
    pub action: Option<String>,
    /// Which thing, as `consultation/<id>`.
    pub object: Option<String>,
    pub outcome: Option<Outcome>,
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub until: Option<DateTime<Utc>>,
}

impl Search {
    fn conditions(&self) -> Conditions {
        let text = |text: &String| Bound::Text(text.clone());
        let mut conditions = Conditions::new()
            .and_where("patient = ?", self.patient.map(Bound::Id))
            .and_where("object = ?", self.object.as_ref().map(text))
            .and_where("outcome = ?", self.outcome.map(|outcome| Bound::Text(outcome.name().into())))
            .and_where("at >= ?", self.from.map(Bound::Moment))
            .and_where("at < ?", self.until.map(Bound::Moment));
        if let (Some(patient), true) = (self.patient, self.not_by_patient) {
            conditions = conditions.and("actor <> ?", [Bound::Text(patient.to_string())]);
        }
        if let Some(action) = &self.action {
            // A range finds a beginning by the same order on both engines; `LIKE` treats % and _ as its own.
            conditions = if let Some(start) = action.strip_suffix('.') {
                let range = [Bound::Text(action.clone()), Bound::Text(format!("{start}/"))];
                conditions.and("action >= ? AND action < ?", range)
            } else {
                conditions.and("action = ?", [text(action)])
            };
        }
        match &self.actors {
            Some(actors) => conditions.and_in("actor", actors.iter().map(text).collect()),
            None => conditions,
        }
    }
}

/// Newest first; `before` is the number of the last row of the page before.
pub async fn search(db: &Db, what: &Search, before: Option<i64>, limit: u32) -> sqlx::Result<Vec<Record>> {
    let conditions = what.conditions().and_where("seq < ?", before.map(Bound::Number));
    let sql = format!("SELECT * FROM audit_log WHERE {} ORDER BY seq DESC LIMIT {limit}", conditions.sql());
    on_read!(db, |c| bind_all!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), conditions).fetch_all(c).await)
}

/// How many rows there are.
pub async fn count(db: &Db, what: &Search) -> sqlx::Result<i64> {
    let conditions = what.conditions();
    let sql = format!("SELECT COUNT(*) FROM audit_log WHERE {}", conditions.sql());
    on_read!(db, |c| bind_all!(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)), conditions).fetch_one(c).await)
}

/// How often somebody did something after a moment, within a transaction that may have done it too.
pub async fn count_since(tx: &mut Tx, actor: &str, action: &str, since: DateTime<Utc>) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM audit_log
        WHERE actor = $1 AND action = $2 AND outcome = 'done' AND at > $3";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(actor).bind(action).bind(since).fetch_one(c).await)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        App,
        audit::{Actor, Entry, append},
        db::test_support::on_each_database,
    };

    async fn write(app: &App, actor: Uuid, action: &'static str, patient: Option<Uuid>, outcome: Outcome) {
        let mut tx = app.db.begin().await.unwrap();
        let actor = Actor { id: actor.to_string(), role: "doctor".into() };
        let entry = Entry {
            at: app.now(),
            actor,
            action,
            patient,
            object: Some("thing/1".into()),
            reason: None,
            outcome,
            request_id: "r1",
        };
        append(&mut tx, entry).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn the_trail_is_searched_by_everything_and_paged_by_number() {
        on_each_database(&[], async |bench| {
            let (one, two, patient) = (bench.new_id(), bench.new_id(), bench.new_id());
            write(bench, one, "consultation.read", Some(patient), Outcome::Done).await;
            write(bench, two, "consultation.list", Some(patient), Outcome::Denied).await;
            bench.clock.advance(TimeDelta::hours(1));
            write(bench, patient, "consultation.begin", Some(patient), Outcome::Done).await;
            write(bench, two, "consultations.other", None, Outcome::Failed).await;
            let found = async |search: Search| {
                let rows = super::search(&bench.db, &search, None, 10).await.unwrap();
                assert_eq!(count(&bench.db, &search).await.unwrap(), i64::try_from(rows.len()).unwrap());
                rows.iter().map(|row| row.seq).collect::<Vec<_>>()
            };
            let all = Search::default;
            assert_eq!(found(all()).await, [4, 3, 2, 1]);
            assert_eq!(
                found(Search { actors: Some(vec![one.to_string(), two.to_string()]), ..all() }).await,
                [4, 2, 1]
            );
            assert_eq!(found(Search { actors: Some(Vec::new()), ..all() }).await, [0_i64; 0]);
            let of_patient = Search { patient: Some(patient), not_by_patient: true, ..all() };
            assert_eq!(found(of_patient).await, [2, 1]);
            assert_eq!(found(Search { action: Some("consultation.".into()), ..all() }).await, [3, 2, 1]);
            assert_eq!(found(Search { action: Some("consultation.read".into()), ..all() }).await, [1]);
            assert_eq!(found(Search { outcome: Some(Outcome::Denied), ..all() }).await, [2]);
            let late = bench.now() - TimeDelta::minutes(1);
            assert_eq!(found(Search { from: Some(late), ..all() }).await, [4, 3]);
            assert_eq!(found(Search { until: Some(late), ..all() }).await, [2, 1]);
            assert_eq!(
                found(Search { object: Some("thing/1' OR '1'='1".into()), ..all() }).await,
                [0_i64; 0]
            );
            let page = super::search(&bench.db, &all(), Some(3), 1).await.unwrap();
            assert_eq!(page[0].seq, 2);
        })
        .await;
    }
}
