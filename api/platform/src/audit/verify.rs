use super::Record;
use crate::{Db, on_read};

/// Result of checking the whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Intact {
        rows: i64,
    },
    /// The first row that is not as it was written, and what is wrong there.
    Broken {
        seq: i64,
        fault: &'static str,
    },
}

const AT_ONCE: i64 = 1000;

/// Recomputes every hash from the first row on.
pub async fn verify(db: &Db) -> sqlx::Result<Verdict> {
    let mut check = Check::begin(db).await?;
    loop {
        if let Some(verdict) = check.advance(db).await? {
            return Ok(verdict);
        }
    }
}

/// A check that is under way, for those who show how far it is.
#[derive(Debug, Clone)]
pub struct Check {
    end: i64,
    end_hash: Vec<u8>,
    last: i64,
    hash: Vec<u8>,
}

impl Check {
    /// Of the chain as long as it is now.
    pub async fn begin(db: &Db) -> sqlx::Result<Self> {
        let sql = "SELECT seq, hash FROM audit_head WHERE one = 1";
        let (end, end_hash): (i64, Vec<u8>) = on_read!(db, |c| sqlx::query_as(sql).fetch_one(c).await)?;
        Ok(Self { end, end_hash, last: 0, hash: vec![0; 32] })
    }

    /// Rows checked and rows in all.
    pub fn progress(&self) -> (i64, i64) {
        (self.last, self.end.max(self.last))
    }

    /// The next thousand rows; a verdict at the end of the chain or at the first fault.
    pub async fn advance(&mut self, db: &Db) -> sqlx::Result<Option<Verdict>> {
        let rows = list_after(db, self.last).await?;
        if rows.is_empty() {
            return Ok(Some(if self.last < self.end {
                Verdict::Broken { seq: self.last + 1, fault: "此行及其后的记录缺失" }
            } else {
                Verdict::Intact { rows: self.last }
            }));
        }
        for row in rows {
            if let Some(fault) = fault_of(&row, self.last, &self.hash) {
                return Ok(Some(Verdict::Broken { seq: self.last + 1, fault }));
            }
            if row.seq == self.end && row.hash != self.end_hash {
                return Ok(Some(Verdict::Broken { seq: self.end, fault: "与链尾记录不符" }));
            }
            (self.last, self.hash) = (row.seq, row.hash);
        }
        Ok(None)
    }
}

fn fault_of(row: &Record, last: i64, hash: &[u8]) -> Option<&'static str> {
    if row.seq != last + 1 {
        Some("此行缺失")
    } else if row.prev_hash != hash {
        Some("与前一行不相连")
    } else if row.hash != row.computed_hash() {
        Some("内容被改动")
    } else {
        None
    }
}

async fn list_after(db: &Db, seq: i64) -> sqlx::Result<Vec<Record>> {
    let sql = "SELECT * FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(seq).bind(AT_ONCE).fetch_all(c).await)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;
    use crate::{
        App,
        audit::{Origin, tests::append_reads, with_origin},
        db::test_support::on_each_database,
        on_tx,
    };

    /// What only the owner of the database can do: switch the triggers off first.
    async fn tamper(app: &App, sql: &'static str) {
        let mut tx = app.db.begin().await.unwrap();
        let off: &[&'static str] = if tx.is_postgres() {
            &["ALTER TABLE audit_log DISABLE TRIGGER ALL"]
        } else {
            &["DROP TRIGGER audit_log_keeps_rows", "DROP TRIGGER audit_log_loses_none"]
        };
        for sql in off.iter().copied().chain([sql]) {
            on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
    }

    #[rstest]
    #[case("UPDATE audit_log SET actor = 'someone else' WHERE seq = 2", 2, "内容被改动")]
    #[case("UPDATE audit_log SET reason = NULL WHERE seq = 3", 3, "内容被改动")]
    #[case("DELETE FROM audit_log WHERE seq = 2", 2, "此行缺失")]
    #[case("DELETE FROM audit_log WHERE seq >= 4", 4, "此行及其后的记录缺失")]
    #[case("DELETE FROM audit_log", 1, "此行及其后的记录缺失")]
    #[tokio::test]
    async fn the_first_broken_row_is_named(
        #[case] sql: &'static str,
        #[case] seq: i64,
        #[case] fault: &'static str,
    ) {
        on_each_database(&[], async |bench| {
            append_reads(bench, &[Uuid::nil(); 5]).await;
            assert_eq!(verify(&bench.db).await.unwrap(), Verdict::Intact { rows: 5 });
            tamper(bench, sql).await;
            assert_eq!(verify(&bench.db).await.unwrap(), Verdict::Broken { seq, fault });
        })
        .await;
    }

    #[rstest]
    #[case("UPDATE audit_log SET address = '10.0.0.9' WHERE seq = 1", 1)]
    #[case("UPDATE audit_log SET address = NULL, device = NULL WHERE seq = 2", 2)]
    #[case("UPDATE audit_log SET device = '' WHERE seq = 2", 2)]
    #[tokio::test]
    async fn where_a_deed_came_from_is_part_of_the_chain(#[case] sql: &'static str, #[case] seq: i64) {
        on_each_database(&[], async |bench| {
            append_reads(bench, &[Uuid::nil()]).await;
            let origin =
                Origin { address: Some("10.0.0.1".into()), device: Some("微信（安卓）".into()) };
            with_origin(origin, append_reads(bench, &[Uuid::nil()])).await;
            assert_eq!(verify(&bench.db).await.unwrap(), Verdict::Intact { rows: 2 });
            let rows = crate::audit::list_for_patient(&bench.db, Uuid::nil(), 9).await.unwrap();
            let addresses: Vec<_> = rows.iter().map(|row| row.address.as_deref()).collect();
            assert_eq!(addresses, [Some("10.0.0.1"), None]);
            tamper(bench, sql).await;
            assert_eq!(verify(&bench.db).await.unwrap(), Verdict::Broken { seq, fault: "内容被改动" });
        })
        .await;
    }

    /// The hash of a row of the time before there were address and device, computed by hand then.
    #[tokio::test]
    async fn rows_of_the_first_form_stay_verifiable() {
        on_each_database(&[], async |bench| {
            append_reads(bench, &[Uuid::nil()]).await;
            let row = &list_after(&bench.db, 0).await.unwrap()[0];
            let canonical = r#"[1,"2026-03-02T02:00:00.000000Z",["d1","doctor","record.read"],["00000000-0000-0000-0000-000000000000","visit/7"],["接诊","done","r1"]]"#;
            let mut bytes = vec![0; 32];
            bytes.extend(canonical.as_bytes());
            assert_eq!(row.hash, crate::crypto::sm3(bytes));
        })
        .await;
    }
}
