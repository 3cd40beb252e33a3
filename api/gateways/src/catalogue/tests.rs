use std::sync::Arc;

use platform::{Config, db::test_support::Bench};
use serde_json::json;

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, start_missing},
};

#[tokio::test]
async fn changes_arrive_in_order_and_once() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config);
    let catalogue = Gateways::of(&bench.app).catalogue.unwrap();
    let (running, _) = simulators.his.as_ref().unwrap();
    let simulator = simulators.catalogue.as_ref().unwrap();
    let change = |version| Change {
        version,
        kind: "price".into(),
        piece: "T001".into(),
        company: None,
        after: json!({"fen": 12}),
    };
    let batch = |from_version, to_version| Batch {
        institution: "H01".into(),
        from_version,
        to_version,
        changes: (from_version + 1..=to_version).map(change).collect(),
    };
    running.faults.next(Fault::LoseAnswer);
    assert!(catalogue.push(&batch(0, 2)).await.unwrap_err().is_temporary());
    let receipt = "CAT-H01-2".to_owned();
    assert_eq!(catalogue.push(&batch(0, 2)).await.unwrap(), Verdict::Duplicate { receipt });
    let gap = Verdict::Refused { reason: "gap".into() };
    assert_eq!(catalogue.push(&batch(3, 4)).await.unwrap(), gap);
    assert!(matches!(catalogue.push(&batch(2, 3)).await.unwrap(), Verdict::Accepted { .. }));
    let kept = simulator.kept_by("H01");
    assert_eq!((kept.version, kept.changes.len(), kept.n_repeats), (3, 3, 1));
    bench.finish().await;
}
