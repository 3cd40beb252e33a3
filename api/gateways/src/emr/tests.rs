use std::sync::Arc;

use platform::{Config, crypto::sm3, db::test_support::Bench};

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, start_missing},
};

#[tokio::test]
async fn a_whole_document_is_taken_once_and_a_changed_one_is_not() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config);
    let emr = Gateways::of(&bench.app).emr.unwrap();
    let (running, simulator) = simulators.emr.as_ref().unwrap();
    let codes = ["10154-3", "10164-2", "11348-0", "48765-2"].map(|code| format!("code=\"{code}\""));
    let content = format!("POCD_MT000040 2.16.156.10011.2.1.1.22 {}", codes.join(" "));
    let document = Document {
        id: "a".into(),
        institution: "H01".into(),
        department: "IM".into(),
        visit_number: None,
        person: Person { index: Some("p1".into()), ..Person::default() },
        doctor: "d1".into(),
        format: "WS/T 500.2-2016".into(),
        sm3: hex::encode(sm3(&content)),
        content,
    };
    let changed = Document { content: document.content.clone() + " ", ..document.clone() };
    let refused = Verdict::Refused { reason: "invalid_document".into() };
    assert_eq!(emr.import(&changed).await.unwrap(), refused);
    running.faults.next(Fault::LoseAnswer);
    assert!(emr.import(&document).await.unwrap_err().is_temporary());
    let receipt = "EMR-H01-000001".to_owned();
    assert_eq!(emr.import(&document).await.unwrap(), Verdict::Duplicate { receipt });
    assert_eq!((simulator.taken().len(), simulator.count_repeats()), (1, 1));
    bench.finish().await;
}
