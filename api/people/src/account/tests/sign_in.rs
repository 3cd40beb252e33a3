use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use platform::{
    audit,
    session::{COOKIE, Role},
};

use super::*;
use crate::{account::service, demo};

const STEP: &str = "jiuyi_sign_in";

#[tokio::test]
async fn a_doctor_signs_in_with_a_password() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let mut client = Client::new(bench);
        let page = client.get("/sign-in?next=/account/sessions").await;
        assert!(page.body.contains("工作人员登录") && page.body.contains("current-password"));
        assert!(!client.is_in().await);
        let fields = [("user_name", " GuYanqiu "), ("password", GOOD), ("next", "/account/sessions")];
        let answer = client.post("/sign-in", &fields).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/account/sessions"));
        assert!(client.is_in().await);
        assert_eq!(client.clone().sign_in("guyanqiu", GOOD).await.location, "/doctor");
        let away = [("user_name", "guyanqiu"), ("password", GOOD), ("next", "//evil.example")];
        assert_eq!(client.post("/sign-in", &away).await.location, "/doctor");
        assert_eq!(deeds(bench, id).await, ["session.begin done"; 3]);
        let rows = audit::list_for_object(&bench.db, &format!("account/{id}"), 1).await.unwrap();
        assert_eq!(rows[0].reason.as_deref(), Some("地址 10.0.0.1，Edge 浏览器（Windows 电脑）"));
    })
    .await;
}

/// Timing by what costs time: the number of hashes.
#[tokio::test]
async fn unknown_names_and_wrong_passwords_get_the_same_answer_after_the_same_work() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let mut told = Vec::new();
        for name in ["guyanqiu", "nobodyxx", "<b>'\";--", ""] {
            let counted = Arc::new(AtomicUsize::new(0));
            let answer = password::COMPARED
                .scope(counted.clone(), async { Client::new(bench).sign_in(name, "Wrong#Pass88x").await })
                .await;
            assert_eq!(counted.load(Ordering::SeqCst), 1, "{name}: one hash is compared");
            assert_eq!(answer.status, 422);
            assert!(!answer.body.contains("<b>'"), "what was typed is escaped");
            assert!(!answer.body.contains("Wrong#Pass88x"), "a password is never sent back");
            let (_, text) = answer.body.split_once("role=\"alert\">").unwrap();
            told.push(text.split_once("</div>").unwrap().0.to_owned());
            assert!(told[0].contains("账号名或密码不正确") && told[0].contains("还可以试 4 次"), "{text}");
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
        let long = "x".repeat(2000);
        assert_eq!(Client::new(bench).sign_in("guyanqiu", &long).await.status, 422);
        assert_eq!(Client::new(bench).sign_in(&long, &long).await.status, 422);
    })
    .await;
}

#[tokio::test]
async fn five_failures_lock_on_every_node_and_after_a_restart() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        for name in ["guyanqiu", "nobodyxx"] {
            for left in [4, 3, 2, 1] {
                let answer = Client::new(bench).sign_in(name, "Wrong#Pass88x").await;
                assert!(answer.body.contains(&format!("还可以试 {left} 次")), "{name} {left}");
            }
            let answer = Client::new(bench).sign_in(name, "Wrong#Pass88x").await;
            assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("900")));
            assert!(answer.body.contains("账号已锁定"), "{name}");
        }
        let counted = Arc::new(AtomicUsize::new(0));
        let work = password::COMPARED.scope(counted.clone(), async {
            // Another node is another router on the same database, as after a restart.
            let mut other = Client::new(&bench.app.clone()).at("10.0.0.2");
            assert_eq!(other.sign_in("guyanqiu", GOOD).await.status, 429, "the right password too");
            assert!(!other.is_in().await);
        });
        work.await;
        assert_eq!(counted.load(Ordering::SeqCst), 0, "nothing is compared while locked");
        assert_eq!(deeds(bench, id).await, ["session.refused denied"; 5]);
        let unknown = deeds(bench, Uuid::nil()).await;
        assert_eq!(unknown, ["session.refused denied"; 6], "unknown names and locked attempts are noted too");

        bench.clock.advance(TimeDelta::minutes(15));
        assert_eq!(Client::new(bench).sign_in("guyanqiu", GOOD).await.status, 303);
        assert!(matches!(audit::verify(&bench.db).await.unwrap(), audit::Verdict::Intact { .. }));
    })
    .await;
}

#[tokio::test]
async fn many_at_the_same_time_get_five_guesses_together() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let mut client = Client::new(bench);
                tokio::spawn(async move { client.sign_in("guyanqiu", &format!("Wrong#Pass{n:03}")).await })
            })
            .collect();
        let mut judged = 0;
        for task in tasks {
            judged += usize::from(task.await.unwrap().status == 422);
        }
        // The fifth is judged as well, and told that it locked.
        assert_eq!(judged, 4);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_fails_too_often_waits_and_others_do_not() {
    each(async |bench| {
        let app = configured(bench, |config| config.sign_in_failures_per_address = 6);
        account(&app, Role::Doctor, "guyanqiu").await;
        for n in 0..5 {
            // Good ones between do not count, nor do they forgive.
            assert_eq!(Client::new(&app).sign_in("guyanqiu", GOOD).await.status, 303);
            assert_eq!(Client::new(&app).sign_in(&format!("guess{n}"), "x").await.status, 422);
        }
        assert_eq!(Client::new(&app).sign_in("guess9", "x").await.status, 422);
        let answer = Client::new(&app).sign_in("guyanqiu", GOOD).await;
        assert_eq!(answer.status, 429);
        assert!(answer.body.contains("此网络的尝试次数过多"));
        for _ in 0..6 {
            Client::new(&app).sign_in("guyanqiu", "x").await;
        }
        let elsewhere = Client::new(&app).at("10.0.0.2").sign_in("guyanqiu", GOOD).await;
        assert_eq!(elsewhere.status, 303, "one place cannot keep everybody locked out");
        bench.clock.advance(TimeDelta::minutes(16));
        assert_eq!(Client::new(&app).sign_in("guyanqiu", GOOD).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn a_planted_cookie_never_becomes_a_session() {
    each(async |bench| {
        account(bench, Role::Doctor, "guyanqiu").await;
        let planted = "a".repeat(64);
        let mut victim = Client::new(bench);
        victim.cookies.insert(COOKIE.into(), planted.clone());
        assert_eq!(victim.sign_in("guyanqiu", GOOD).await.status, 303);
        assert_ne!(victim.cookies[COOKIE], planted);
        let mut attacker = Client::new(bench);
        attacker.cookies.insert(COOKIE.into(), planted);
        assert!(victim.is_in().await && !attacker.is_in().await);

        let before = victim.cookies[COOKIE].clone();
        assert_eq!(victim.sign_in("guyanqiu", GOOD).await.status, 303);
        attacker.cookies.insert(COOKIE.into(), before);
        assert!(!attacker.is_in().await, "the session this browser had before is over");
    })
    .await;
}

#[tokio::test]
async fn an_administrator_changes_the_first_password_sets_a_factor_up_and_then_comes_in() {
    each(async |bench| {
        let id = account(bench, Role::AuditAdmin, "shenji").await;
        let found = service::find(bench, id).await.unwrap().unwrap();
        let initial =
            service::reset_password(bench, &service::By::operator(), &found).await.unwrap().password;
        let mut client = Client::new(bench);
        let answer = client.sign_in("shenji", &initial).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/sign-in/step"));
        assert!(client.cookies.contains_key(STEP) && !client.cookies.contains_key(COOKIE));
        assert!(client.get("/sign-in/step").await.body.contains("只能用这一次"));
        assert!(!client.is_in().await, "half-open gives no rights");
        // Out of turn nothing happens.
        assert_eq!(
            client.post("/sign-in/second-factor", &[("code", "000000")]).await.location,
            "/sign-in/step"
        );
        assert_eq!(client.post("/sign-in/code", &[("code", "000000")]).await.location, "/sign-in/step");

        let refuse = [
            (initial.as_str(), initial.as_str(), "最近 5 次用过"),
            (GOOD, GOOD, "最近 5 次用过"),
            ("Ab3!xyQw", "Ab3!xyQw", "至少 12 个字符"),
            ("Shenji#8462kdPq", "Shenji#8462kdPq", "不能包含账号名"),
            (OTHER, GOOD, "两次输入的密码不一样"),
        ];
        for (password, again, told) in refuse {
            let answer = client.post("/sign-in/password", &[("password", password), ("again", again)]).await;
            assert_eq!(answer.status, 422);
            assert!(answer.body.contains(told), "{told}");
        }
        let answer = client.post("/sign-in/password", &[("password", OTHER), ("again", OTHER)]).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/sign-in/step"));
        assert!(!client.is_in().await);

        let page = client.get("/sign-in/step").await;
        assert!(page.body.contains("<svg class=\"qr\"") && !page.body.contains(" style="));
        let secret = page.inside("key").replace(' ', "");
        assert_eq!(
            client.get("/sign-in/step").await.inside("key").replace(' ', ""),
            secret,
            "the same when loaded again"
        );
        let wrong = client.post("/sign-in/second-factor", &[("code", "000000")]).await;
        assert_eq!(wrong.status, 422);
        assert!(!client.is_in().await);
        let code = totp::code_at(&secret, bench.now());
        let done = client.post("/sign-in/second-factor", &[("code", &code)]).await;
        assert_eq!(done.status, 200);
        assert_eq!(done.body.matches("<li><code>").count(), 10);
        assert!(client.is_in().await && !client.cookies.contains_key(STEP));
        let stored = store::find(&bench.db, id).await.unwrap().unwrap();
        assert!(!format!("{:?}", stored.totp_secret).contains(&secret));

        // Next time: password, then a new code; the used one no more.
        let mut again = Client::new(bench);
        assert_eq!(again.sign_in("shenji", OTHER).await.location, "/sign-in/step");
        let used = again.post("/sign-in/code", &[("code", &code)]).await;
        assert_eq!(used.status, 422);
        assert!(used.body.contains("只能用一次"));
        bench.clock.advance(TimeDelta::seconds(30));
        let code = totp::code_at(&secret, bench.now());
        assert_eq!(again.post("/sign-in/code", &[("code", &code)]).await.location, "/admin/audit");
        assert!(again.is_in().await && !client.is_in().await, "an administrator has one session");
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_work_once_and_wrong_codes_lock() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let secret = with_factor(bench, id).await;
        let found = service::find(bench, id).await.unwrap().unwrap();
        let codes = service::new_recovery_codes(bench, &service::By::operator(), &found).await.unwrap();
        let mut client = Client::new(bench);
        client.sign_in("guyanqiu", GOOD).await;
        let typed = codes[0].to_lowercase().replace('-', " ");
        assert_eq!(client.post("/sign-in/code", &[("code", &typed)]).await.status, 303);
        assert!(client.is_in().await);
        assert!(deeds(bench, id).await.contains(&"account.recovery_code_used done".to_owned()));

        let mut thief = Client::new(bench);
        thief.sign_in("guyanqiu", GOOD).await;
        for _ in 0..4 {
            assert_eq!(thief.post("/sign-in/code", &[("code", &codes[0])]).await.status, 422);
        }
        assert_eq!(thief.post("/sign-in/code", &[("code", "000000")]).await.status, 429);
        assert!(!thief.cookies.contains_key(COOKIE));
        // The half-open sign-in is gone, and a new one meets the same lock.
        thief.sign_in("guyanqiu", GOOD).await;
        let right = totp::code_at(&secret, bench.now());
        assert_eq!(thief.post("/sign-in/code", &[("code", &right)]).await.status, 429);
        bench.clock.advance(TimeDelta::minutes(15));
        thief.sign_in("guyanqiu", GOOD).await;
        let right = totp::code_at(&secret, bench.now());
        assert_eq!(thief.post("/sign-in/code", &[("code", &right)]).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn one_code_opens_one_session_at_two_nodes_at_once() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let secret = with_factor(bench, id).await;
        let mut one = Client::new(bench);
        one.sign_in("guyanqiu", GOOD).await;
        let mut two = Client::new(&bench.app.clone());
        two.cookies = one.cookies.clone();
        let code = totp::code_at(&secret, bench.now());
        let fields = [("code", code.as_str())];
        let (first, second) =
            tokio::join!(one.post("/sign-in/code", &fields), two.post("/sign-in/code", &fields));
        let opened = [&first, &second].iter().filter(|answer| answer.location == "/doctor").count();
        assert_eq!(opened, 1, "{} {}", first.status, second.status);
        assert!(one.is_in().await != two.is_in().await);
    })
    .await;
}

#[tokio::test]
async fn a_half_open_sign_in_ends_after_five_minutes_and_with_the_next_one() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let secret = with_factor(bench, id).await;
        let (mut one, mut two) = (Client::new(bench), Client::new(bench));
        one.sign_in("guyanqiu", GOOD).await;
        let code = totp::code_at(&secret, bench.now());
        two.sign_in("guyanqiu", GOOD).await;
        let answer = one.post("/sign-in/code", &[("code", &code)]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("登录已超过 5 分钟"));
        bench.clock.advance(TimeDelta::minutes(5));
        let code = totp::code_at(&secret, bench.now());
        assert_eq!(two.post("/sign-in/code", &[("code", &code)]).await.status, 422);
        assert!(!two.is_in().await);
        // A made-up cookie is none.
        two.cookies.insert(STEP.into(), "f".repeat(64));
        assert_eq!(two.get("/sign-in/step").await.status, 422);
    })
    .await;
}

#[tokio::test]
async fn old_passwords_of_administrators_and_unused_accounts_end() {
    each(async |bench| {
        let id = account(bench, Role::SystemAdmin, "xitong01").await;
        let secret = with_factor(bench, id).await;
        account(bench, Role::Doctor, "guyanqiu").await;
        bench.clock.advance(TimeDelta::days(89));
        let mut client = Client::new(bench);
        client.sign_in("xitong01", GOOD).await;
        let code = totp::code_at(&secret, bench.now());
        assert_eq!(client.post("/sign-in/code", &[("code", &code)]).await.location, "/admin/accounts");
        bench.clock.advance(TimeDelta::days(1));
        client.sign_in("xitong01", GOOD).await;
        let code = totp::code_at(&secret, bench.now());
        assert_eq!(client.post("/sign-in/code", &[("code", &code)]).await.location, "/sign-in/step");
        assert!(client.get("/sign-in/step").await.body.contains("满 90 天"));
        let answer = client.post("/sign-in/password", &[("password", OTHER), ("again", OTHER)]).await;
        assert_eq!(answer.location, "/admin/accounts");

        let answer = Client::new(bench).sign_in("guyanqiu", GOOD).await;
        assert!(answer.body.contains("久未登录"), "nobody used it for 90 days");
        assert!(Client::new(bench).sign_in("guyanqiu", "x").await.body.contains("账号名或密码不正确"));
    })
    .await;
}

#[tokio::test]
async fn people_are_chosen_in_a_demo_only() {
    each(async |bench| {
        demo::seed(bench).await.unwrap();
        let who = demo::demo_id("staff", "s01").to_string();
        assert!(Client::new(bench).get("/sign-in").await.body.contains(&who));
        assert_eq!(Client::new(bench).post("/sign-in", &[("who", &who)]).await.location, "/doctor");
        let opened = service::open_demo_accounts(bench, &demo::staff_keys(bench).unwrap()).await.unwrap();
        let of_doctor = opened.iter().find(|one| one.user_name == "s01").unwrap();
        assert_eq!(Client::new(bench).sign_in("s01", &of_doctor.password).await.location, "/doctor");
        assert_eq!(service::open_demo_accounts(bench, &demo::staff_keys(bench).unwrap()).await.unwrap(), []);

        let real = configured(bench, |config| config.demo = false);
        assert!(!Client::new(&real).get("/sign-in").await.body.contains(&who));
        assert_eq!(Client::new(&real).post("/sign-in", &[("who", &who)]).await.status, 404);
    })
    .await;
}
