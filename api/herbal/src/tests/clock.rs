//! Exactly one verdict: human or clock, on one node or two.

use std::{collections::BTreeMap, future::poll_fn, sync::Arc, task::Poll};

use chrono::TimeDelta;
use platform::{App, clock::FixedClock, db::Conditions};
use uuid::Uuid;

use crate::{
    HerbalError, Service,
    model::{Decision, State},
    service, store,
    testing::{House, on_each},
};

async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, output) in &mut running {
            if output.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *output = Some(value);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

/// A node on the same database whose clock differs by so many milliseconds.
fn node(house: &House<'_>, skew: i64) -> Service {
    let clock = Arc::new(FixedClock::at(house.bench.now() + TimeDelta::milliseconds(skew)));
    Service { app: App { clock, ..house.service.app.clone() }, engine: house.service.engine.clone() }
}

async fn uploaded(house: &House<'_>, n: usize) -> Vec<Uuid> {
    let mut all = Vec::with_capacity(n);
    for _ in 0..n {
        all.push(house.upload(&house.document("沈怀山")).await);
    }
    all
}

#[tokio::test]
async fn what_nobody_audits_in_time_passes_marked_and_is_listed_for_the_next_day() {
    on_each(async |house| {
        let document = house.document("许文娟");
        let id = house.upload(&document).await;
        house.bench.clock.advance(TimeDelta::milliseconds(119_999));
        assert_eq!(service::tick(&house.service.app).await.unwrap(), 0, "not a moment too early");
        house.bench.clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(service::tick(&house.service.app).await.unwrap(), 1);
        assert_eq!(service::tick(&house.service.app).await.unwrap(), 0);
        let order = house.order(&document.number).await;
        assert_eq!((order.state, order.deadline), (State::TimedOut, None));
        assert!(order.state.is_payable());
        house.work().await;
        assert_eq!(house.heard(&document.number), ["timed_out"]);
        let told = house.his().told().remove(0).notice;
        assert_eq!((told.by.as_str(), told.version), ("系统（超时）", 1));

        let who = house.pharmacist().await;
        let late =
            service::decide(&house.service, &who, (id, 1), (Decision::Rejected, &["2-8".into()], "")).await;
        assert!(matches!(late, Err(HerbalError::Outdated)));
        let list = service::unreviewed(&house.service, &who).await.unwrap();
        assert_eq!((list.len(), list[0].order.id), (1, id));
        let silent = service::review_later(&house.service, &who, (id, 1), (false, " ")).await;
        assert!(matches!(silent, Err(HerbalError::Refused(_))));
        service::review_later(&house.service, &who, (id, 1), (false, "已电话通知医生")).await.unwrap();
        assert!(service::unreviewed(&house.service, &who).await.unwrap().is_empty());
        let again = service::review_later(&house.service, &who, (id, 1), (true, "")).await;
        assert!(matches!(again, Err(HerbalError::Outdated)));
    })
    .await;
}

/// A thousand prescriptions, whose pharmacists decide within 100 ms of the mark on either side, while the clocks of two
/// nodes that differ by 100 ms decide what is due.
#[tokio::test]
async fn a_thousand_verdicts_at_the_mark_are_one_each() {
    const ALL: usize = 1000;
    on_each(async |house| {
        let all = uploaded(&house, ALL).await;
        let nodes = [node(&house, 119_900), node(&house, 120_000)];
        let who = house.pharmacist().await;
        let (mut human, mut clock) = (0, 0);
        for some in all.chunks(25) {
            let deciding = join_all(some.iter().enumerate().map(|(at, id)| {
                let (service, who) = (&nodes[at % 2], &who);
                let passes = (Decision::Passed, &[][..], "");
                let rejects = (Decision::Rejected, &["2-5".to_owned()][..], "减量");
                let (id, rejects) = (*id, (rejects.0, rejects.1.to_vec(), rejects.2));
                async move {
                    let told =
                        if at % 3 == 0 { (rejects.0, rejects.1.as_slice(), rejects.2) } else { passes };
                    match service::decide(service, who, (id, 1), told).await {
                        Ok(()) => 1,
                        Err(HerbalError::Outdated) => 0,
                        Err(error) => panic!("{error}"),
                    }
                }
            }));
            let ticking = join_all(nodes.iter().map(|node| async move {
                // For the one node the time has not come, for the other it has.
                service::tick(&node.app).await.unwrap()
            }));
            let (decided, ticked) = both(deciding, ticking).await;
            human += decided.into_iter().sum::<usize>();
            clock += ticked.into_iter().sum::<usize>();
        }
        loop {
            match service::tick(&nodes[1].app).await.unwrap() {
                0 => break,
                n => clock += n,
            }
        }
        // What was written at the mark is due for the worker too.
        house.bench.clock.advance(TimeDelta::seconds(120));
        assert_eq!(human + clock, ALL, "{human} by people, {clock} by clocks");
        assert!(human > 0 && clock > 0, "{human} by people, {clock} by clocks");
        verify(&house, &all, (human, clock)).await;
    })
    .await;
}

async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (Box::pin(a), Box::pin(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(context)
        {
            second = Some(value);
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.unwrap(), second.unwrap())
}

/// One verdict of each, of whoever was said to have given it; and the hospital hears each once.
async fn verify(house: &House<'_>, all: &[Uuid], (human, clock): (usize, usize)) {
    let app = &house.service.app;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in all {
        let order = store::find_order(&app.db, *id).await.unwrap().unwrap();
        let version = store::find_version(app, &app.db, *id, 1).await.unwrap();
        let verdict = store::find_verdict(app, &app.db, version.id).await.unwrap().unwrap();
        assert_eq!(order.state.name(), verdict.decision.name());
        let events = store::list_events(app, &app.db, *id).await.unwrap();
        let verdicts = events.iter().filter(|one| one.event == verdict.decision.event()).count();
        assert_eq!((verdicts, events.len()), (1, 2), "{events:?}");
        *counts.entry(verdict.decision.name()).or_default() += 1;
    }
    assert_eq!(counts.get("timed_out").copied().unwrap_or(0), clock);
    assert_eq!(counts.values().sum::<usize>() - clock, human);
    house.work().await;
    let mut told: Vec<_> = house.his().told().into_iter().map(|told| told.notice.number).collect();
    assert_eq!((told.len(), house.his().count_repeats()), (all.len(), 0));
    told.sort();
    told.dedup();
    assert_eq!(told.len(), all.len());
}

#[tokio::test]
async fn a_killed_node_stops_no_clock() {
    on_each(async |house| {
        let all = uploaded(&house, 3).await;
        house.bench.clock.advance(TimeDelta::seconds(120));
        // A node dies in the middle: its transaction is gone, and with it every lock.
        let mut tx = house.bench.db.begin().await.unwrap();
        let due = store::list_due(&mut tx, house.bench.now(), 2).await.unwrap();
        assert_eq!(due.len(), 2);
        drop(tx);
        let other = node(&house, 0);
        assert_eq!(other.app.clock.now(), house.bench.now());
        // PostgreSQL may hear of the death a moment later; until then the rows are passed over, and the next look takes them.
        let mut judged = 0;
        for _ in 0..100 {
            judged += service::tick(&other.app).await.unwrap();
            if judged == all.len() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(judged, all.len());
        let reach = Conditions::new();
        assert!(store::list_waiting(&house.bench.db, &reach).await.unwrap().is_empty());
    })
    .await;
}
