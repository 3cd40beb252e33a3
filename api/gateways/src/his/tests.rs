use std::sync::Arc;

use platform::{Config, db::test_support::Bench};
use serde_json::json;

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, Running, Simulators, start_missing},
};

async fn started() -> (Bench, Simulators, Arc<dyn His>) {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config);
    let his = Gateways::of(&bench.app).his.unwrap();
    (bench, simulators, his)
}

fn registration(number: &str) -> Registration {
    Registration {
        institution: "H01".into(),
        number: number.into(),
        department: "IM".into(),
        doctor: None,
        person: Person { index: Some("p1".into()), name: "沈怀山".into(), ..Person::default() },
        kind: VisitKind::First,
        complaint: Some("咳嗽".into()),
        scheduled_at: "2026-03-02T03:00:00Z".parse().unwrap(),
        source: "window".into(),
        state: RegistrationState::Registered,
    }
}

fn outcome(id: &str, sequence: i64) -> Outcome {
    Outcome {
        id: id.into(),
        institution: "H01".into(),
        department: "IM".into(),
        sequence,
        visit_number: None,
        person: Person { index: Some("p1".into()), name: "沈怀山".into(), ..Person::default() },
        submitted_at: "2026-03-02T02:00:00Z".parse().unwrap(),
        record: json!({"chief_complaint": "咳嗽3天"}),
        answers: json!([]),
    }
}

fn parts(simulators: &Simulators) -> (&Running, &Simulator) {
    let (running, simulator) = simulators.his.as_ref().unwrap();
    (running, simulator)
}

#[tokio::test]
async fn registrations_come_by_pages_and_a_change_comes_again() {
    let (bench, simulators, his) = started().await;
    let (_, simulator) = parts(&simulators);
    for n in 0..120 {
        simulator.register(registration(&format!("R{n:03}")));
    }
    simulator.register(Registration { institution: "H02".into(), ..registration("R000") });
    let first = his.list_registrations("H01", None).await.unwrap();
    assert_eq!((first.items.len(), first.has_more), (100, true));
    let second = his.list_registrations("H01", Some(&first.next)).await.unwrap();
    assert_eq!((second.items.len(), second.has_more), (20, false));
    let none = his.list_registrations("H01", Some(&second.next)).await.unwrap();
    assert_eq!((none.items.len(), none.next.as_str()), (0, second.next.as_str()));

    let state = RegistrationState::Cancelled;
    simulator.register(Registration { state, ..registration("R003") });
    let changed = his.list_registrations("H01", Some(&none.next)).await.unwrap();
    assert_eq!(changed.items, [Registration { state, ..registration("R003") }]);

    let by_number = his.find_registrations("H02", &Lookup::Number("R000".into())).await.unwrap();
    assert_eq!(by_number.len(), 1);
    let by_person = his.find_registrations("H01", &Lookup::Person("p1".into())).await.unwrap();
    assert_eq!(by_person.len(), 120);
    assert_eq!(his.find_registrations("H01", &Lookup::IdNumber("x".into())).await.unwrap(), []);
    assert!(!format!("{by_person:?}").contains("沈怀山"));
    bench.finish().await;
}

#[tokio::test]
async fn a_result_is_taken_once_whatever_the_network_does() {
    let (bench, simulators, his) = started().await;
    let (running, simulator) = parts(&simulators);
    running.faults.next(Fault::LoseAnswer);
    let lost = his.push(&outcome("a", 1)).await.unwrap_err();
    assert!(lost.is_temporary(), "{lost}");
    let again = his.push(&outcome("a", 1)).await.unwrap();
    assert_eq!(again, Verdict::Duplicate { receipt: "HIS-H01-000001".into() });

    // The copy carries the same word and is no call of its own.
    running.faults.next(Fault::Duplicate);
    assert!(matches!(his.push(&outcome("b", 2)).await.unwrap(), Verdict::Accepted { .. }));

    // The first try arrives only after the second.
    running.faults.next(Fault::Reorder);
    assert!(his.push(&outcome("c", 3)).await.unwrap_err().is_temporary());
    assert!(matches!(his.push(&outcome("c", 3)).await.unwrap(), Verdict::Accepted { .. }));
    while simulator.count_repeats() < 2 {
        tokio::task::yield_now().await;
    }
    running.faults.next(Fault::Drop);
    assert!(his.push(&outcome("d", 4)).await.unwrap_err().is_temporary());
    running.faults.next(Fault::Refuse);
    assert!(his.push(&outcome("d", 4)).await.unwrap_err().is_temporary());
    let ids: Vec<_> = simulator.received().into_iter().map(|taken| taken.outcome.id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    bench.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_a_reason_of_the_contract() {
    let (bench, simulators, his) = started().await;
    let (_, simulator) = parts(&simulators);
    let refused = |reason: &str| Verdict::Refused { reason: reason.into() };
    his.push(&outcome("a", 5)).await.unwrap();
    assert_eq!(his.push(&outcome("b", 5)).await.unwrap(), refused("out_of_order"));
    let empty = Outcome { record: json!({}), ..outcome("c", 6) };
    assert_eq!(his.push(&empty).await.unwrap(), refused("invalid_record"));
    let visit = Outcome { visit_number: Some("R1".into()), ..outcome("d", 7) };
    assert_eq!(his.push(&visit).await.unwrap(), refused("unknown_visit"));
    simulator.register(registration("R1"));
    assert!(matches!(his.push(&visit).await.unwrap(), Verdict::Accepted { .. }));
    simulator.be_busy(1);
    assert_eq!(his.push(&outcome("e", 8)).await.unwrap(), Verdict::Busy);
    simulator.refuse_next("closed_visit");
    assert_eq!(his.push(&outcome("e", 8)).await.unwrap(), refused("closed_visit"));
    simulator.set_down(true);
    assert!(his.push(&outcome("e", 8)).await.unwrap_err().is_temporary());
    bench.finish().await;
}

#[tokio::test]
async fn each_hospital_has_its_own_address_and_secret() {
    let (mut bench, simulators, _) = started().await;
    let mut config = (*bench.app.config).clone();
    let mut own = config.hospitals["*"].clone();
    own.secret = "another".into();
    config.hospitals.insert("H02".into(), own);
    config.hospitals.insert("H03".into(), platform::config::Hospital::default());
    bench.app.config = Arc::new(config.clone());
    let his = Gateways::of(&bench.app).his.unwrap();
    assert!(his.list_registrations("H01", None).await.is_ok());
    let forged = his.list_registrations("H02", None).await.unwrap_err();
    assert!(forged.to_string().contains("invalid signature") && !forged.is_temporary(), "{forged}");
    config.hospitals.remove("*");
    bench.app.config = Arc::new(config);
    let his = Gateways::of(&bench.app).his.unwrap();
    let none = his.list_registrations("H01", None).await.unwrap_err();
    assert!(matches!(none, GatewayError::NotConfigured { .. }), "{none}");
    drop(simulators);
    let gone = his.list_registrations("H02", None).await.unwrap_err();
    assert!(gone.is_temporary(), "{gone}");
    bench.finish().await;
}
