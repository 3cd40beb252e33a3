use chrono::TimeDelta;
use platform::session::{COOKIE, Role};

use super::*;
use crate::demo;

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let (mut here, mut there) = (Client::new(bench), Client::new(bench));
        here.sign_in("guyanqiu", GOOD).await;
        there.sign_in("guyanqiu", GOOD).await;
        let change = async |client: &mut Client, old: &str, new: &str| {
            client.post("/account/password", &[("old", old), ("password", new), ("again", new)]).await
        };
        let wrong = change(&mut here, "Wrong#Pass88x", OTHER).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("现在的密码不正确"));
        assert!(change(&mut here, GOOD, "Qwer1234!@#$").await.body.contains("容易被猜到"));
        assert!(change(&mut here, GOOD, GOOD).await.body.contains("最近 5 次"));
        assert_eq!(change(&mut here, GOOD, OTHER).await.location, "/account?done=password");
        assert!(here.is_in().await && !there.is_in().await);
        assert_eq!(Client::new(bench).sign_in("guyanqiu", GOOD).await.status, 422);
        assert_eq!(Client::new(bench).sign_in("guyanqiu", OTHER).await.status, 303);

        // Guessing the old password is limited like signing in.
        for _ in 0..4 {
            assert_eq!(change(&mut here, "Wrong#Pass88x", GOOD).await.status, 422);
        }
        assert_eq!(change(&mut here, "Wrong#Pass88x", GOOD).await.status, 429);
        assert_eq!(change(&mut here, OTHER, GOOD).await.status, 429);
    })
    .await;
}

#[tokio::test]
async fn the_last_five_passwords_may_not_come_again() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let mut client = Client::new(bench);
        client.sign_in("guyanqiu", GOOD).await;
        let mut old = GOOD.to_owned();
        for n in 0..5 {
            let new = format!("Vu6#hrNb9k{n}");
            bench.clock.advance(TimeDelta::minutes(1));
            let fields = [("old", old.as_str()), ("password", GOOD), ("again", GOOD)];
            assert_eq!(client.post("/account/password", &fields).await.status, 422, "after {n} others");
            let fields = [("old", old.as_str()), ("password", &new), ("again", &new)];
            assert_eq!(client.post("/account/password", &fields).await.status, 303);
            old = new;
        }
        let fields = [("old", old.as_str()), ("password", GOOD), ("again", GOOD)];
        assert_eq!(client.post("/account/password", &fields).await.status, 303, "the sixth last may");
        assert_eq!(store::list_history(&bench.db, id).await.unwrap().len(), 5);
    })
    .await;
}

#[tokio::test]
async fn sessions_are_seen_and_ended_by_their_owner_alone() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        account(bench, Role::Doctor, "lizhang").await;
        let (mut here, mut there, mut other) = (Client::new(bench), Client::new(bench), Client::new(bench));
        here.sign_in("guyanqiu", GOOD).await;
        bench.clock.advance(TimeDelta::minutes(2));
        there.clone().at("10.0.0.9").sign_in("guyanqiu", GOOD).await;
        there.sign_in("guyanqiu", GOOD).await;
        other.sign_in("lizhang", GOOD).await;
        let page = here.get("/account/sessions").await.body;
        assert_eq!(page.matches("Edge 浏览器（Windows 电脑）</b>").count(), 3);
        assert!(page.contains("10.0.0.9") && page.contains("3月2日 10:00 登录"), "{page}");
        let (_, rest) = page.split_once("/account/sessions/").unwrap();
        let action = format!("/account/sessions/{}/end", &rest[..36]);
        assert_eq!(other.post(&action, &[]).await.status, 404, "not another person's session");
        assert_eq!(here.post(&action, &[]).await.status, 303);
        assert_eq!(here.get("/account/sessions").await.body.matches("</b>").count(), 2);
        assert_eq!(here.post("/account/sessions/end", &[]).await.status, 303);
        assert!(here.is_in().await && !there.is_in().await && other.is_in().await);
        assert!(here.get("/account/sessions").await.body.contains("没有其他地方的登录"));
    })
    .await;
}

#[tokio::test]
async fn residents_see_their_sessions_too() {
    each(async |bench| {
        demo::seed(bench).await.unwrap();
        let who = demo::demo_id("resident", "r05").to_string();
        let mut client = Client::new(bench);
        client.post("/sign-in", &[("who", &who)]).await;
        let page = client.get("/account/sessions").await;
        assert!(
            page.status == 200 && page.body.contains("当前") && page.body.contains("data-face=\"patient\"")
        );
        assert_eq!(client.get("/account").await.status, 403);
        assert_eq!(client.get("/admin/accounts").await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn important_steps_ask_for_the_password_again() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let mut client = Client::new(bench);
        client.sign_in("guyanqiu", GOOD).await;
        bench.clock.advance(TimeDelta::minutes(11));
        let answer = client.get("/account/second-factor").await;
        assert_eq!(answer.location, "/account/proof?next=%2Faccount%2Fsecond-factor");
        let answer = client.post_from("/account/recovery-codes", &[], "/account?a=b").await;
        assert_eq!(answer.location, "/account/proof?next=%2Faccount%3Fa%3Db", "back to the page of the form");
        assert!(client.get("/account/proof?next=/account/second-factor").await.body.contains("再次确认身份"));
        let wrong = client.post("/account/proof", &[("password", "x"), ("next", "/account")]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(
            client.post("/account/proof", &[("next", "/account")]).await.status,
            422,
            "only in a demo, and for its people"
        );
        let fields = [("password", GOOD), ("next", "/account/second-factor")];
        assert_eq!(client.post("/account/proof", &fields).await.location, "/account/second-factor");

        // The factor is set up, changed to a new phone, and given up.
        let secret = client.get("/account/second-factor").await.inside("key").replace(' ', "");
        let code = totp::code_at(&secret, bench.now());
        let done = client.post("/account/second-factor", &[("code", &code)]).await;
        assert_eq!((done.status, done.body.matches("<li><code>").count()), (200, 10));
        assert!(client.get("/account").await.body.contains("恢复码还剩 10 个"));
        bench.clock.advance(TimeDelta::minutes(11));
        let code = totp::code_at(&secret, bench.now());
        assert_eq!(client.post("/account/proof", &[("password", GOOD), ("code", "1")]).await.status, 422);
        assert_eq!(client.post("/account/proof", &[("password", GOOD), ("code", &code)]).await.status, 303);
        assert_eq!(client.post("/account/second-factor/end", &[]).await.location, "/account?done=factor");
        assert_eq!(Client::new(bench).sign_in("guyanqiu", GOOD).await.location, "/doctor");
    })
    .await;
}

#[tokio::test]
async fn proving_oneself_again_changes_the_token() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let mut client = Client::new(bench);
        client.sign_in("guyanqiu", GOOD).await;
        let mut stolen = client.clone();
        assert_eq!(client.post("/account/proof", &[("password", GOOD)]).await.status, 303);
        assert_ne!(client.cookies[COOKIE], stolen.cookies[COOKIE]);
        assert!(client.is_in().await && !stolen.is_in().await, "who had read the old token is out");
        let mut stolen = client.clone();
        let fields = [("old", GOOD), ("password", OTHER), ("again", OTHER)];
        assert_eq!(client.post("/account/password", &fields).await.status, 303);
        assert!(client.is_in().await && !stolen.is_in().await);
        assert_eq!(client.get("/account/sessions").await.body.matches("</b>").count(), 1, "one session");
    })
    .await;
}

#[tokio::test]
async fn sessions_are_ended_after_a_recent_proof_only() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        demo::seed(bench).await.unwrap();
        let (mut here, mut there) = (Client::new(bench), Client::new(bench));
        there.sign_in("guyanqiu", GOOD).await;
        here.sign_in("guyanqiu", GOOD).await;
        let who = demo::demo_id("resident", "r05").to_string();
        let (mut mine, mut other) = (Client::new(bench), Client::new(bench));
        other.post("/sign-in", &[("who", &who)]).await;
        mine.post("/sign-in", &[("who", &who)]).await;
        bench.clock.advance(TimeDelta::minutes(11));
        let page = here.get("/account/sessions").await.body;
        let (_, rest) = page.split_once("/account/sessions/").unwrap();
        let one = format!("/account/sessions/{}/end", &rest[..36]);
        for action in ["/account/sessions/end", &one] {
            let asked = here.post_from(action, &[], "/account/sessions").await;
            assert_eq!(asked.location, "/account/proof?next=%2Faccount%2Fsessions", "{action}");
        }
        assert!(there.is_in().await);
        here.post("/account/proof", &[("password", GOOD), ("next", "/account/sessions")]).await;
        assert_eq!(here.post("/account/sessions/end", &[]).await.location, "/account/sessions");
        assert!(here.is_in().await && !there.is_in().await);

        // A resident has no password and signs in anew.
        let asked = mine.post("/account/sessions/end", &[]).await;
        assert_eq!(asked.location, "/sign-in?next=%2Faccount%2Fsessions");
        assert_eq!(other.get("/account/sessions").await.status, 200);
        mine.post("/sign-in", &[("who", &who)]).await;
        assert_eq!(mine.post("/account/sessions/end", &[]).await.location, "/account/sessions");
        assert_eq!(other.get("/account/sessions").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn sessions_end_by_the_clock() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let mut client = Client::new(bench);
        client.sign_in("guyanqiu", GOOD).await;
        bench.clock.advance(TimeDelta::minutes(29));
        assert!(client.is_in().await);
        bench.clock.advance(TimeDelta::minutes(30));
        let answer = client.get("/account").await;
        assert_eq!(answer.location, "/sign-in?next=%2Faccount", "and back afterwards");
        client.sign_in("guyanqiu", GOOD).await;
        assert!(client.is_in().await && client.cookies.contains_key(COOKIE));
    })
    .await;
}
