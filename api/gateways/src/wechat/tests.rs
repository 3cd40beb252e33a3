use std::sync::Arc;

use platform::{Config, db::test_support::Bench};

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, Simulators, start_missing},
};

async fn started() -> (Bench, Simulators, Arc<dyn WeChat>) {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config);
    let wechat = Gateways::of(&bench.app).wechat.unwrap();
    (bench, simulators, wechat)
}

/// Goes through the consent page as a browser would; gives the code.
async fn consent(wechat: &dyn WeChat, user: &str) -> String {
    let address = wechat.authorize_address("http://127.0.0.1/back", "st&te");
    let (address, _) = address.split_once('#').unwrap();
    let answer = call::client().unwrap().get(format!("{address}&user={user}")).send().await.unwrap();
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(place.ends_with("state=st%26te"), "{place}");
    place.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned()
}

fn code(error: &GatewayError) -> i64 {
    match error {
        GatewayError::Refused { code, .. } => *code,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_code_tells_once_who_came() {
    let (bench, _simulators, wechat) = started().await;
    let given = consent(&*wechat, "oSim-qiulan").await;
    let person = wechat.identify(&given).await.unwrap();
    assert_eq!((person.openid.as_str(), person.nickname.as_str()), ("oSim-qiulan", "秋澜"));
    assert_eq!(code(&wechat.identify(&given).await.unwrap_err()), 40163);
    assert_eq!(code(&wechat.identify("made up").await.unwrap_err()), 40029);
    let late = consent(&*wechat, "oSim-qiulan").await;
    bench.clock.advance(TimeDelta::minutes(6));
    assert_eq!(code(&wechat.identify(&late).await.unwrap_err()), 42003);
    bench.finish().await;
}

#[tokio::test]
async fn followers_are_known_also_after_the_base_token_ended_early() {
    let (bench, simulators, wechat) = started().await;
    assert!(wechat.is_follower("oSim-qiulan").await.unwrap());
    assert!(!wechat.is_follower("oSim-mubai").await.unwrap());
    let (running, simulator) = simulators.wechat.as_ref().unwrap();
    simulator.end_base_token();
    assert!(wechat.is_follower("oSim-qiulan").await.unwrap(), "a new token is fetched");
    simulator.unfollow("oSim-qiulan");
    assert!(!wechat.is_follower("oSim-qiulan").await.unwrap());
    running.faults.next(Fault::LoseAnswer);
    assert!(!wechat.is_follower("oSim-mubai").await.unwrap(), "asked again, as it only reads");
    assert_eq!(code(&wechat.is_follower("nobody").await.unwrap_err()), 40003);
    bench.finish().await;
}

#[tokio::test]
async fn a_lost_answer_to_a_code_is_not_asked_for_again() {
    let (bench, simulators, wechat) = started().await;
    let given = consent(&*wechat, "oSim-zhiyu").await;
    simulators.wechat.as_ref().unwrap().0.faults.next(Fault::LoseAnswer);
    let error = wechat.identify(&given).await.unwrap_err();
    assert!(matches!(error, GatewayError::Silent { .. }), "{error}");
    assert!(!format!("{error:?}").contains(&given), "the address with its code stays out of errors");
    assert_eq!(code(&wechat.identify(&given).await.unwrap_err()), 40163);
    bench.finish().await;
}
