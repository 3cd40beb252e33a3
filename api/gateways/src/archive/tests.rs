use std::sync::Arc;

use chrono::TimeDelta;
use platform::{Config, db::test_support::Bench};

use super::*;
use crate::{
    GatewayError, Gateways,
    simulate::{Fault, start_missing},
};

#[tokio::test]
async fn an_archive_is_told_only_under_a_consent_and_in_time() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = (*bench.app.config).clone();
    assert!(config.gateway_seconds > PATIENCE.as_secs());
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(Config { ..config });
    let archive = Gateways::of(&bench.app).archive.unwrap();
    let (running, simulator) = simulators.archive.as_ref().unwrap();
    let item = Item {
        id: "1".into(),
        kind: ItemKind::Allergy,
        text: "青霉素".into(),
        is_present: true,
        since: None,
        source: "社区".into(),
        recorded_on: "2020-01-01".parse().unwrap(),
    };
    simulator.keep("p1", vec![item.clone()]);
    let ask = Ask {
        person: Person { index: Some("p1".into()), ..Person::default() },
        purpose: "preconsult".into(),
        consent: "c1".into(),
        consented_at: bench.app.now(),
    };
    assert_eq!(archive.find_history(&ask).await.unwrap(), Some(History { items: vec![item] }));
    let stranger = Person { index: Some("p2".into()), ..Person::default() };
    assert_eq!(archive.find_history(&Ask { person: stranger, ..ask.clone() }).await.unwrap(), None);

    let without = archive.find_history(&Ask { consent: String::new(), ..ask.clone() }).await.unwrap_err();
    assert!(matches!(without, GatewayError::Refused { code: 403, .. }), "{without}");
    let consented_at = bench.app.now() + TimeDelta::minutes(1);
    assert!(archive.find_history(&Ask { consented_at, ..ask.clone() }).await.unwrap_err().is_refusal());
    assert_eq!(simulator.consents(), ["c1", "c1"]);

    running.faults.next(Fault::Delay(PATIENCE * 2));
    let late = archive.find_history(&ask).await.unwrap_err();
    assert!(matches!(late, GatewayError::Silent { .. }), "{late}");
    bench.finish().await;
}
