use std::sync::Arc;

use platform::{Config, Ids, clock::FixedClock, ids::SeededIds};

use super::*;
use crate::simulate::{Fault, Running, consent, start_missing};

const REDIRECT: &str = "http://here/sign-in/support/back";
const BINDING: Binding<'_> =
    Binding { nonce: "nonce-of-this-browser", verifier: "a-verifier-of-forty-three-characters-or-more-00" };

/// Made with OpenSSL's RSA for these tests; the private key was thrown away.
const RSA_N: &str = concat!(
    "xUTWK50jijF96WGYRuZdTyZFfGEcEAmCW8JQl6GAFA0cSIU94NUSlSPWWYO7-1zNlr9ES3yhBh2qxQUjFwQkdEl-WDCoe4sC",
    "xTRRMTCsX5zBtF6QkCSoTMf4qvv5bTzCCzb-r6bEqq0zz2Qed2VFd3apuT_0RjaBkWivEnbB5VB-Ia8UlYVcCh333y4Pz5Iu",
    "R6eqvn4Sx1oNPDuiDkBcOkbvQO0qnZmaiTbUfqqLLD45wZvjyOvsCOFXLTkEEeAqgr8jlvdw1j_BWJImz0vAOiZUt5r2BaIE",
    "6kQpjCbgkjS3laUiueQ16SrNOWa4-Ku37dpOnykggRwBHg2pHB8J8Q",
);
const RSA_TOKEN: &str = concat!(
    "eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInIxIn0.eyJpc3MiOiAiaHR0cHM6Ly9zdXBwb3J0LmV4YW1wbGUiLCAic3ViIjog",
    "InAtMSIsICJhdWQiOiBbImppdXlpIl0sICJleHAiOiAyMDAwMDAwMDAwLCAiaWF0IjogMTcwMDAwMDAwMCwgIm5vbmNlIjog",
    "Im4ifQ.eqE6QLp3l_SlygLPGHseM3cA-vQ6YZsjwSntL3eYeR4qPQwKazAW3EMsQwEnMdcwgONCACH3tztFxGJFVPeWP-mYa",
    "xxrV2eck1qx5unxyqxKAB8vMGsKuuOtN9H9fCGiiGLyKRM3USrVcIlp80HmajBcCKfh0AJRHqVJHsCYWeTJ9GYDqigrw7v1n",
    "Paetw1DIiVJm4W8NvyzLyax8s7FtvvDBt-n9yfcWyAoB8VOlPCNXta2Omw87rPRKyaPRV8cPsh0gFlUqywlsUEJSmRPKWqtC",
    "mSqInj7qaVYudDr5NR7m8VePV_MHN_X8inT02Yryem00wKeR2S347NyY-i4Jg",
);

async fn other_side() -> (Running, Simulator, Client) {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at("2026-03-02T02:00:00Z".parse().unwrap()));
    let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(clock.clone(), 1));
    let mut config = Config { gateway_seconds: 1, ..Config::default() };
    let (running, simulator) = start_missing(&mut config, &clock, &ids).await.unwrap().support.unwrap();
    let client = Client {
        issuer: config.support_issuer.clone(),
        directory: format!("{}/directory", config.support_issuer),
        id: config.support_client_id.clone(),
        secret: config.support_secret.clone(),
        patience: Duration::from_secs(1),
        clock,
        known: Mutex::default(),
    };
    (running, simulator, client)
}

/// What a person does: chooses themselves. Gives the code.
async fn code(client: &Client, sub: &str) -> String {
    let address = client.authorize_address(REDIRECT, "s", BINDING).await.unwrap();
    let back = consent(&address, sub).await.unwrap();
    assert!(back.starts_with(REDIRECT) && back.contains("state=s"), "{back}");
    back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

fn why(outcome: Result<String, GatewayError>) -> String {
    let error = outcome.unwrap_err();
    assert!(error.is_refusal(), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_person_of_the_support_platform_is_known_by_a_signed_token() {
    let (_running, simulator, client) = other_side().await;
    let given = code(&client, "p-2001").await;
    assert_eq!(client.identify(&given, REDIRECT, BINDING).await.unwrap(), "p-2001");
    assert!(
        why(client.identify(&given, REDIRECT, BINDING).await).contains("invalid_grant"),
        "a code works once"
    );
    simulator.change_key().unwrap();
    let given = code(&client, "p-2002").await;
    assert_eq!(client.identify(&given, REDIRECT, BINDING).await.unwrap(), "p-2002", "after a change of keys");
}

#[tokio::test]
async fn forged_foreign_and_old_tokens_are_refused() {
    let (_running, simulator, client) = other_side().await;
    for (forgery, told) in [
        (Forgery::Key, "signature"),
        (Forgery::Unsigned, "signature"),
        (Forgery::Content, "signature"),
        (Forgery::Audience, "somebody else"),
        (Forgery::Issuer, "another issuer"),
        (Forgery::Nonce, "another browser"),
        (Forgery::Expired, "over"),
    ] {
        let given = code(&client, "p-2001").await;
        simulator.forge(forgery);
        let fault = why(client.identify(&given, REDIRECT, BINDING).await);
        assert!(fault.contains(told), "{forgery:?}: {fault}");
    }
    let given = code(&client, "p-2001").await;
    let other = Binding { verifier: "another-verifier-of-forty-three-characters-0000", ..BINDING };
    assert!(why(client.identify(&given, REDIRECT, other).await).contains("invalid_grant"), "PKCE");
    let given = code(&client, "p-2001").await;
    assert!(why(client.identify(&given, "http://elsewhere/", BINDING).await).contains("invalid_grant"));
}

#[tokio::test]
async fn the_directory_is_read_page_by_page_and_then_only_what_changed() {
    let (running, simulator, client) = other_side().await;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    running.faults.next(Fault::Refuse);
    assert!(client.list_changed("", "").await.is_err(), "a refusal is told");
    let watermark = loop {
        let page = client.list_changed("", &cursor).await.unwrap();
        all.extend(page.users);
        match page.next_cursor {
            Some(next) => cursor = next,
            None => break page.watermark,
        }
    };
    assert_eq!(
        all.iter().map(|user| user.sub.as_str()).collect::<Vec<_>>(),
        ["p-2001", "p-2002", "p-2003", "p-2004", "p-2005"]
    );
    assert!(client.list_changed(&watermark, "").await.unwrap().users.is_empty());
    simulator.put(User { active: false, ..simulator.user("p-2002").unwrap() });
    let changed = client.list_changed(&watermark, "").await.unwrap();
    assert_eq!((changed.users.len(), changed.users[0].active), (1, false));
}

#[tokio::test]
async fn lost_answers_and_wrong_secrets_are_told_apart() {
    let (running, _simulator, mut client) = other_side().await;
    client.secret = "wrong".into();
    let refused = client.list_changed("", "").await.unwrap_err();
    assert!(refused.to_string().contains("invalid_client"), "{refused}");
    client.known = Mutex::default();
    running.faults.next(Fault::LoseAnswer);
    client.authorize_address(REDIRECT, "s", BINDING).await.unwrap();
    client.issuer = "http://127.0.0.1:9".into();
    client.known = Mutex::default();
    let unreached = client.authorize_address(REDIRECT, "s", BINDING).await.unwrap_err();
    assert!(matches!(unreached, GatewayError::Unreached { .. }));
}

#[test]
fn rsa_tokens_are_checked_too() {
    let key: token::Key =
        serde_json::from_value(serde_json::json!({"kty": "RSA", "kid": "r1", "n": RSA_N, "e": "AQAB"}))
            .unwrap();
    let expected = token::Expected {
        issuer: "https://support.example",
        audience: "jiuyi",
        nonce: "n",
        now: 1_800_000_000,
    };
    let parts = token::Parts::of(RSA_TOKEN).unwrap();
    assert_eq!(parts.claims(&key).unwrap().subject(&expected), Ok("p-1".into()));
    for at in (0..RSA_TOKEN.len()).step_by(7) {
        let mut changed = RSA_TOKEN.to_owned().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let claims = token::Parts::of(&changed).and_then(|parts| parts.claims(&key));
        assert!(claims.is_none(), "{at}");
    }
    let ec = token::Keys { keys: vec![key] };
    assert_eq!(ec.keys[0].kid, "r1");
}
