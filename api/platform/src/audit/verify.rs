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
    let (end, end_hash): (i64, Vec<u8>) =
        on_read!(db, |c| sqlx::query_as("SELECT seq, hash FROM audit_head WHERE one = 1")
            .fetch_one(c)
            .await)?;
    let (mut last, mut hash) = (0, vec![0; 32]);
    loop {
        let rows = list_after(db, last).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if let Some(fault) = fault_of(&row, last, &hash) {
                return Ok(Verdict::Broken { seq: last + 1, fault });
            }
            if row.seq == end && row.hash != end_hash {
                return Ok(Verdict::Broken { seq: end, fault: "与链尾记录不符" });
            }
            (last, hash) = (row.seq, row.hash);
        }
    }
    if last < end {
        return Ok(Verdict::Broken { seq: last + 1, fault: "此行及其后的记录缺失" });
    }
    Ok(Verdict::Intact { rows: last })
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
    use crate::{App, audit::tests::append_reads, db::test_support::on_each_database, on_tx};

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
}
