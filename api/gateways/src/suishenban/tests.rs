use std::sync::Arc;

use platform::{Config, db::test_support::Bench};

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, start_missing},
};

const BACK: &str = "http://127.0.0.1/back";

async fn consent(port: &dyn Suishenban, user: &str) -> String {
    let address = format!("{}&user={user}", port.authorize_address(BACK, "s"));
    let answer = call::client().unwrap().get(address).send().await.unwrap();
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    place.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_code_gives_the_three_elements_once_and_only_to_signed_calls() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config.clone());
    let port = Gateways::of(&bench.app).suishenban.unwrap();

    let code = consent(&*port, "u-1001").await;
    simulators.suishenban.as_ref().unwrap().0.faults.next(Fault::Delay(Duration::from_millis(50)));
    let citizen = port.identify(&code, BACK).await.unwrap();
    assert_eq!((citizen.name.as_str(), citizen.phone.as_str()), ("秦知远", "13800138001"));
    assert_eq!(format!("{citizen:?}"), "Citizen(…)");
    assert!(port.identify(&code, BACK).await.unwrap_err().is_refusal(), "a code works once");
    let other = consent(&*port, "u-1002").await;
    assert!(port.identify(&other, "http://evil.example/").await.unwrap_err().is_refusal());

    config.suishenban_secret = "another".into();
    bench.app.config = Arc::new(config);
    let forger = Gateways::of(&bench.app).suishenban.unwrap();
    let code = consent(&*forger, "u-1001").await;
    let refused = forger.identify(&code, BACK).await.unwrap_err();
    assert!(refused.to_string().contains("invalid_signature"), "{refused}");
    bench.finish().await;
}
