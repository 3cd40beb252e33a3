use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;

use super::*;
use crate::db::test_support::on_each_database;

type Seen = Arc<Mutex<Vec<(String, i64)>>>;

/// Remembers lane and number of each event.
fn recording(app: &App, seen: &Seen) -> Worker {
    let seen = seen.clone();
    Worker::new(app.clone()).on("t", move |_, job| {
        let seen = seen.clone();
        async move {
            let n: i64 = job.read()?;
            tokio::task::yield_now().await;
            seen.lock().unwrap().push((job.lane.unwrap_or_default(), n));
            Ok(())
        }
    })
}

async fn publish_many(app: &App, count: i64, lanes: i64) {
    let mut tx = app.db.begin().await.unwrap();
    for n in 0..count {
        publish(app, &mut tx, "t", &format!("lane {}", n % lanes), &n).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn two_workers_deliver_each_event_once_and_in_order_of_its_lane() {
    on_each_database(&[], async |bench| {
        publish_many(bench, 1000, 97).await;
        let seen = Seen::default();
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let worker = recording(bench, &seen);
                tokio::spawn(async move { worker.drain().await.unwrap() })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        // One may find nothing due while the other still holds the head of every lane.
        recording(bench, &seen).drain().await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 1000);
        for lane in 0..97 {
            let of_lane: Vec<_> =
                seen.iter().filter(|(name, _)| *name == format!("lane {lane}")).map(|(_, n)| *n).collect();
            assert!(of_lane.is_sorted_by(|a, b| a < b), "{of_lane:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_rolled_back_transaction_never_happened() {
    on_each_database(&[], async |bench| {
        let mut tx = bench.db.begin().await.unwrap();
        publish(bench, &mut tx, "t", "a", &1).await.unwrap();
        drop(tx);
        assert_eq!(recording(bench, &Seen::default()).drain().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn after_a_crash_another_worker_takes_over_and_the_old_one_cannot_end_the_job() {
    on_each_database(&[], async |bench| {
        publish_many(bench, 1, 1).await;
        let mut tx = bench.db.begin().await.unwrap();
        let now = bench.now();
        let crashed = store::claim(&mut tx, now, now + TimeDelta::seconds(60), 5).await.unwrap().remove(0);
        tx.commit().await.unwrap();
        let seen = Seen::default();
        assert_eq!(recording(bench, &seen).step().await.unwrap(), 0, "it is leased");
        bench.clock.advance(TimeDelta::seconds(61));
        let mut tx = bench.db.begin().await.unwrap();
        let now = bench.now();
        let taken = store::claim(&mut tx, now, now + TimeDelta::seconds(60), 5).await.unwrap().remove(0);
        assert_eq!((taken.id, taken.tries), (crashed.id, 2));
        assert!(!store::end(&mut tx, &crashed, "done", None, now).await.unwrap(), "fenced off");
        assert!(!store::extend(&mut tx, &crashed, now).await.unwrap());
        assert!(!store::put_back(&mut tx, &crashed, "x", now).await.unwrap());
        assert!(store::end(&mut tx, &taken, "done", None, now).await.unwrap());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_failing_job_comes_back_later_and_later_dies_and_can_be_revived() {
    on_each_database(&[], async |bench| {
        publish_many(bench, 2, 1).await;
        let (tries, good) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counters = (tries.clone(), good.clone());
        let worker = Worker::new(bench.app.clone()).on("t", move |_, job| {
            let (tries, good) = counters.clone();
            async move {
                if job.read::<i64>()? == 1 {
                    good.fetch_add(1, Ordering::SeqCst);
                    return Ok(());
                }
                match tries.fetch_add(1, Ordering::SeqCst) {
                    1 => panic!("a handler may panic"),
                    n if n < 8 => Err("not yet".into()),
                    _ => Ok(()),
                }
            }
        });
        for n in 1..=8 {
            assert_eq!(worker.step().await.unwrap(), 1);
            assert_eq!(tries.load(Ordering::SeqCst), n);
            assert_eq!(good.load(Ordering::SeqCst), 0, "the next of the lane waits");
            if n < 8 {
                assert_eq!(worker.step().await.unwrap(), 0, "not at once");
            }
            bench.clock.advance(TimeDelta::seconds(400));
        }
        worker.drain().await.unwrap();
        assert_eq!(good.load(Ordering::SeqCst), 1, "a dead letter holds nobody up");
        let dead = list_dead(&bench.db, 10).await.unwrap();
        assert_eq!((dead.len(), dead[0].tries, dead[0].fault.as_deref()), (1, 8, Some("not yet")));
        let mut tx = bench.db.begin().await.unwrap();
        assert!(revive(&mut tx, dead[0].id, bench.now()).await.unwrap());
        tx.commit().await.unwrap();
        worker.drain().await.unwrap();
        assert_eq!(list_dead(&bench.db, 10).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn daily_jobs_and_unique_keys_are_written_once() {
    on_each_database(&[], async |bench| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let worker = Worker::new(bench.app.clone()).daily("sweep", 3).on("sweep", move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        });
        for _ in 0..3 {
            worker.clone().step().await.unwrap();
        }
        assert_eq!(runs.load(Ordering::SeqCst), 0, "10:00 is past three");
        for day in 1..=2 {
            bench.clock.advance(TimeDelta::days(1));
            worker.drain().await.unwrap();
            worker.clone().drain().await.unwrap();
            assert_eq!(runs.load(Ordering::SeqCst), day);
        }
        let mut tx = bench.db.begin().await.unwrap();
        let removed = delete_ended(&mut tx, bench.now() + TimeDelta::days(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(removed, 2);
    })
    .await;
}
