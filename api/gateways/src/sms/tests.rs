use std::sync::Arc;

use platform::{Config, db::test_support::Bench};

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, start_missing},
};

#[tokio::test]
async fn a_message_is_sent_once_however_often_the_answer_is_lost() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config.clone());
    let (running, simulator) = simulators.sms.as_ref().unwrap();
    let message = Message {
        id: "1".into(),
        phone: "13800138000".into(),
        template: "code".into(),
        values: vec!["123456".into()],
    };
    running.faults.next(Fault::LoseAnswer);
    Gateways::of(&bench.app).sms.unwrap().send(&message).await.unwrap();
    assert_eq!(simulator.received("13800138000").len(), 1);
    running.faults.next(Fault::Refuse);
    let refused = Gateways::of(&bench.app).sms.unwrap().send(&message).await.unwrap_err();
    assert!(refused.is_refusal(), "{refused}");

    config.sms_secret = "another".into();
    bench.app.config = Arc::new(config);
    let forged = Gateways::of(&bench.app).sms.unwrap().send(&message).await.unwrap_err();
    assert!(forged.to_string().contains("invalid signature"), "{forged}");
    bench.finish().await;
}
