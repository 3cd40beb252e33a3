use std::sync::Arc;

use platform::{Config, db::test_support::Bench};

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, start_missing},
};

fn order() -> Order {
    Order {
        number: "JY1".into(),
        institution: "H01".into(),
        company: "C01".into(),
        month: "2026-02".into(),
        n_lines: 3,
        amount_fen: 12_305,
        sm3: "ab".into(),
    }
}

#[tokio::test]
async fn an_order_is_filled_in_and_confirmed_once_whatever_goes_wrong() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config.clone());
    let sunshine = Gateways::of(&bench.app).sunshine.unwrap();
    let (running, simulator) = simulators.sunshine.as_ref().unwrap();
    running.faults.next(Fault::LoseAnswer);
    assert!(sunshine.submit(&order()).await.unwrap_err().is_temporary());
    running.faults.next(Fault::Refuse);
    assert!(sunshine.submit(&order()).await.unwrap_err().is_temporary());
    running.faults.next(Fault::Duplicate);
    let Verdict::Accepted { receipt } = sunshine.submit(&order()).await.unwrap() else { panic!("not taken") };
    assert_eq!(sunshine.submit(&order()).await.unwrap(), Verdict::Duplicate { receipt });
    let kept = simulator.orders();
    assert_eq!((kept.len(), kept["JY1"].amount.as_str(), kept["JY1"].is_confirmed), (1, "123.05", true));
    let changed = Order { amount_fen: 1, ..order() };
    let Verdict::Refused { reason } = sunshine.submit(&changed).await.unwrap() else { panic!("taken") };
    assert!(reason.starts_with("20007"), "{reason}");
    bench.app.config = Arc::new(Config { sunshine_secret: "wrong".into(), ..config });
    let stranger = Gateways::of(&bench.app).sunshine.unwrap();
    assert!(matches!(stranger.submit(&order()).await.unwrap(), Verdict::Refused { .. }));
    bench.finish().await;
}
