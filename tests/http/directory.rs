//! The support platform: its people become staff, and sign in there.

use gateways::{
    Gateways,
    simulate::{Fault, Simulators, consent},
    support::{Forgery, User},
};
use people::{account, directory};
use platform::{App, audit, integrity::find_broken, jobs::Worker};
use tests::{Answer, Browser, TestApp};

async fn started<'a>(app: &TestApp<'a>) -> (TestApp<'a>, Simulators, App) {
    let (whole, simulators) = app.with_simulators().await;
    let own = whole.app();
    (whole, simulators, own)
}

async fn sync(app: &App) -> directory::Synced {
    directory::sync(app, &*Gateways::of(app).support.unwrap()).await.unwrap()
}

/// To the platform and back as this person; the address the browser comes back with.
async fn gone(browser: &mut Browser, sub: &str) -> String {
    let out = browser.get("/sign-in/support?next=%2Fdoctor").await;
    assert_eq!(out.status, 303, "{}", out.body);
    let back = consent(out.location(), sub).await.unwrap();
    let path = back.find("/sign-in/support/back").unwrap();
    back[path..].to_owned()
}

async fn signed_in(browser: &mut Browser, sub: &str) -> Answer {
    let back = gone(browser, sub).await;
    browser.get(&back).await
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.status == 200
}

fn user(simulators: &Simulators, sub: &str) -> User {
    simulators.support.as_ref().unwrap().1.user(sub).unwrap()
}

fn put(simulators: &Simulators, user: User) {
    simulators.support.as_ref().unwrap().1.put(user);
}

#[tokio::test]
async fn people_of_the_directory_become_staff_and_sign_in_there() {
    TestApp::on_each_database(async |app| {
        let (app, simulators, own) = started(app).await;
        let unknown = signed_in(&mut app.browser(), "p-2001").await;
        assert_eq!(unknown.status, 409);
        assert!(unknown.body.contains("还没有您的账号"), "{}", unknown.body);
        let synced = sync(&own).await;
        assert_eq!((synced.n_changed, synced.n_conflicts), (5, 2));
        assert!(app.browser().get("/sign-in").await.body.contains("区支撑平台统一登录"));
        let mut doctor = app.browser();
        let answer = signed_in(&mut doctor, "p-2001").await;
        assert_eq!((answer.status, answer.location()), (303, "/doctor"), "{}", answer.body);
        assert!(doctor.get("/account").await.body.contains("罗一"));
        assert_eq!(doctor.get("/doctor").await.status, 200);
        assert_eq!(doctor.get("/admin/directory").await.status, 403);

        // Another department and role: out at once, and other rights at the next sign-in.
        put(
            &simulators,
            User {
                roles: vec!["药师".into()], title: "主管药师".into(), ..user(&simulators, "p-2001")
            },
        );
        assert_eq!(sync(&own).await.n_changed, 1);
        assert!(!is_in(&mut doctor).await);
        signed_in(&mut doctor, "p-2001").await;
        assert_eq!(doctor.get("/doctor").await.status, 403);
        assert!(is_in(&mut doctor).await);

        // Closed over there: out at once and no way in, not even with a code given before.
        let back = gone(&mut doctor, "p-2001").await;
        put(&simulators, User { active: false, ..user(&simulators, "p-2001") });
        sync(&own).await;
        assert!(!is_in(&mut doctor).await);
        let closed = doctor.get(&back).await;
        assert!(closed.status >= 400 && closed.body.contains("停用"), "{} {}", closed.status, closed.body);
        put(&simulators, User { active: true, ..user(&simulators, "p-2001") });
        sync(&own).await;
        assert_eq!(signed_in(&mut doctor, "p-2001").await.status, 303);
        let broken = find_broken(&own, people::GUARDED).await.unwrap();
        assert!(broken.iter().all(|row| row.row.contains("标记")), "{broken:?}");
    })
    .await;
}

#[tokio::test]
async fn tokens_states_and_codes_of_others_open_nothing() {
    TestApp::on_each_database(async |app| {
        let (app, simulators, own) = started(app).await;
        sync(&own).await;
        let simulator = &simulators.support.as_ref().unwrap().1;
        let forgeries = [
            Forgery::Key,
            Forgery::Unsigned,
            Forgery::Content,
            Forgery::Audience,
            Forgery::Issuer,
            Forgery::Nonce,
            Forgery::Expired,
        ];
        for forgery in forgeries {
            let mut browser = app.browser();
            let back = gone(&mut browser, "p-2001").await;
            simulator.forge(forgery);
            let answer = browser.get(&back).await;
            assert_eq!(answer.status, 502, "{forgery:?}");
            assert!(!is_in(&mut browser).await, "{forgery:?}");
        }
        let mut browser = app.browser();
        let back = gone(&mut browser, "p-2001").await;
        assert_eq!(app.browser().get(&back).await.status, 409, "a state of another browser");
        assert_eq!(browser.get(&back).await.status, 409, "which is used up by that");
        let back = gone(&mut browser, "p-2001").await;
        assert_eq!(browser.get(&back).await.status, 303);
        assert_eq!(browser.get(&back).await.status, 409, "a code and a state work once");
        let (one, two) = (gone(&mut app.browser(), "p-2003").await, gone(&mut browser, "p-2001").await);
        let code = one.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let own_code = two.split("code=").nth(1).unwrap().split('&').next().unwrap();
        assert_eq!(browser.get(&two.replace(own_code, code)).await.status, 502, "a code of another browser");
        let told = audit::search(
            &own.db,
            &audit::Search { action: Some("session.refused".into()), ..audit::Search::default() },
            None,
            99,
        )
        .await
        .unwrap();
        assert!(told.len() >= 10, "{}", told.len());

        simulator.change_key().unwrap();
        let mut after = app.browser();
        assert_eq!(signed_in(&mut after, "p-2001").await.status, 303, "the new key is asked for");
        // Whoever points a subject at another member of the staff in the database signs in as nobody.
        let mut tx = own.db.begin().await.unwrap();
        let sql = "UPDATE directory_person SET staff = NULL WHERE subject = 'p-2002'";
        platform::on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let changed = signed_in(&mut app.browser(), "p-2002").await;
        assert_eq!(changed.status, 409);
        assert!(changed.body.contains("与登记的不一致"), "{}", changed.body);
    })
    .await;
}

#[tokio::test]
async fn conflicts_are_listed_and_settled_by_the_system_administrator() {
    TestApp::on_each_database(async |app| {
        let (app, simulators, own) = started(app).await;
        account::service::open_demo_accounts(&own, &people::demo::staff_keys(&own).unwrap()).await.unwrap();
        // A local account of the same name and user name, and the demo's security administrator.
        let other = |sub: &str, user_name: &str, name: &str| User {
            sub: sub.into(),
            user_name: user_name.into(),
            name: name.into(),
            ..user(&simulators, "p-2001")
        };
        let department = people::Department {
            institution: "H01".into(),
            institution_name: String::new(),
            code: "IM".into(),
            name: String::new(),
        };
        let staff = people::Staff {
            id: own.new_id(),
            name: "罗一".into(),
            role: platform::session::Role::Doctor,
            title: "住院医师".into(),
            department,
        };
        let new = account::NewAccount { staff: staff.clone(), user_name: "sh.luoyi".into() };
        account::service::create(&own, &account::service::By::operator(), &new, false).await.unwrap();
        put(&simulators, other("p-3001", "x", "某人"));
        assert_eq!(sync(&own).await.n_conflicts, 4);

        let mut admin = app.staff("s05").await;
        let page = admin.get("/admin/directory").await;
        for text in [
            "没有对应的角色",
            "机构或科室代码本系统没有",
            "本系统已有同名账号",
            "账号名不合规则",
            "档案管理员",
            "上次同步成功",
        ] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let mapped = admin
            .post_form("/admin/directory/roles", &[("outside", "档案管理员"), ("role", "service")])
            .await;
        assert_eq!(mapped.status, 303);
        assert_eq!(
            signed_in(&mut app.browser(), "p-2005").await.status,
            303,
            "taken over after the role was mapped"
        );
        let refused =
            admin.post_form("/admin/directory/roles", &[("outside", "院长"), ("role", "system_admin")]).await;
        assert_eq!(refused.status, 409);
        assert_eq!(admin.post_form("/admin/directory/p-2001/join", &[]).await.status, 303);
        let mut joined = app.browser();
        let answer = signed_in(&mut joined, "p-2001").await;
        assert!(answer.status == 303, "{}", answer.body);
        let found = account::service::find(&own, staff.id).await.unwrap().unwrap();
        assert_eq!(found.staff.title, "主治医师", "the directory leads from now on");
        assert_eq!(admin.post_form("/admin/directory/p-2001/join", &[]).await.status, 409, "once");
        assert_eq!(app.staff("s01").await.post_form("/admin/directory/sync", &[]).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_silent_directory_is_told_and_read_again_from_where_it_was() {
    TestApp::on_each_database(async |app| {
        let (app, simulators, own) = started(app).await;
        let worker = directory::handlers(Worker::new(own.clone()), &own, &Gateways::of(&own));
        let running = &simulators.support.as_ref().unwrap().0;
        let mut admin = app.staff("s05").await;
        for _ in 0..9 {
            running.faults.next(Fault::Refuse);
        }
        assert_eq!(
            admin.post_form("/admin/directory/sync", &[]).await.location(),
            "/admin/directory?asked=true"
        );
        worker.step().await.unwrap();
        assert!(admin.get("/admin/directory").await.body.contains("上次同步失败"));
        while simulators.support.as_ref().unwrap().0.faults.is_waiting() {
            let _ = directory::sync(&own, &*Gateways::of(&own).support.unwrap()).await;
        }
        let synced = sync(&own).await;
        assert_eq!(synced.n_changed, 5);
        assert_eq!(sync(&own).await.n_changed, 0);
        let page = admin.get("/admin/directory").await;
        assert!(page.body.contains("上次同步成功") && page.body.contains("3 / 5"), "{}", page.body);
    })
    .await;
}
