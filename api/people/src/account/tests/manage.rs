use chrono::TimeDelta;
use platform::{
    audit,
    session::{COOKIE, Role},
};
use rstest::rstest;

use super::*;
use crate::account::service;

async fn administrator(bench: &Bench) -> (Client, Uuid) {
    let id = account(bench, Role::SystemAdmin, "xitong01").await;
    let secret = with_factor(bench, id).await;
    let mut client = Client::new(bench).at("10.0.0.7");
    client.sign_in("xitong01", GOOD).await;
    let code = totp::code_at(&secret, bench.now());
    assert_eq!(client.post("/sign-in/code", &[("code", &code)]).await.location, "/admin/accounts");
    (client, id)
}

#[rstest]
#[case(Role::Doctor)]
#[case(Role::Admin)]
#[case(Role::Editor)]
#[case(Role::Reviewer)]
#[tokio::test]
async fn others_are_refused(#[case] role: Role) {
    let bench = Bench::sqlite(&[crate::migrations]).await;
    let id = account(&bench, role, "guyanqiu").await;
    let mut client = Client::new(&bench);
    client.sign_in("guyanqiu", GOOD).await;
    for path in ["/admin/accounts", "/admin/accounts/new", &format!("/admin/accounts/{id}")] {
        assert_eq!(client.get(path).await.status, 403, "{path}");
        assert_eq!(Client::new(&bench).get(path).await.status, 303, "{path}");
    }
    for deed in ["reset", "disable", "enable", "unlock", "factor", "sessions"] {
        assert_eq!(client.post(&format!("/admin/accounts/{id}/{deed}"), &[]).await.status, 403);
    }
    assert_eq!(client.post("/admin/accounts", &[("user_name", "newone")]).await.status, 403);
}

#[tokio::test]
async fn the_system_administrator_makes_resets_and_closes_accounts() {
    each(async |bench| {
        let (mut admin, own) = administrator(bench).await;
        let form = [
            ("user_name", "linxiaomei"),
            ("name", "林小<梅>"),
            ("title", "主治医师"),
            ("role", "doctor"),
            ("department", "H01/IM"),
        ];
        let faulty = admin.post("/admin/accounts", &[("user_name", "linxiaomei"), ("name", "林小梅")]).await;
        assert_eq!(faulty.status, 422);
        let short = admin.post("/admin/accounts", &[("user_name", "Lin")]).await.body;
        for told in ["4 到 32 个字符。", "请填写姓名", "请选择角色", "请选择科室"] {
            assert!(short.contains(told), "all faults at once: {told}");
        }
        assert!(
            faulty.body.contains("请选择角色") && faulty.body.contains("value=\"林小梅\""),
            "kept what was typed"
        );
        let made = admin.post("/admin/accounts", &form).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert!(made.body.contains("林小&#60;梅&#62;"));
        let initial = made.inside("key");
        let again = admin.post("/admin/accounts", &form).await;
        assert!(again.status == 422 && again.body.contains("已有人使用"));
        let raised: Vec<_> =
            form.iter().map(|(k, v)| if *k == "role" { (*k, "audit_admin") } else { (*k, *v) }).collect();
        assert_eq!(admin.post("/admin/accounts", &raised).await.status, 422, "no administrator by another");

        let list = admin.get("/admin/accounts?text=LINXIAO&role=doctor&state=enabled").await.body;
        assert!(list.contains("linxiaomei") && !list.contains(&format!("/admin/accounts/{own}\"")));
        assert!(
            admin.get("/admin/accounts?text=%25&role=pharmacist").await.body.contains("没有符合条件的账号")
        );
        let id = service::find_by_user_name(bench, "linxiaomei").await.unwrap().unwrap().staff.id;
        let page = format!("/admin/accounts/{id}");
        assert!(!admin.get(&page).await.body.contains(&initial), "shown once");

        let mut doctor = Client::new(bench);
        assert_eq!(doctor.sign_in("linxiaomei", &initial).await.location, "/sign-in/step");
        doctor.post("/sign-in/password", &[("password", OTHER), ("again", OTHER)]).await;
        assert!(doctor.is_in().await);
        assert_eq!(
            admin.post(&format!("{page}/disable"), &[]).await.location,
            format!("{page}?done=disable")
        );
        assert!(!doctor.is_in().await, "at once");
        assert!(doctor.sign_in("linxiaomei", OTHER).await.body.contains("账号已停用"));
        assert!(doctor.sign_in("linxiaomei", "x").await.body.contains("账号名或密码不正确"));
        admin.post(&format!("{page}/enable"), &[]).await;
        assert_eq!(doctor.sign_in("linxiaomei", OTHER).await.status, 303);
        let reset = admin.post(&format!("{page}/reset"), &[]).await;
        assert!(!doctor.is_in().await);
        assert_eq!(doctor.sign_in("linxiaomei", &reset.inside("key")).await.location, "/sign-in/step");

        for _ in 0..5 {
            doctor.sign_in("linxiaomei", "Wrong#Pass88x").await;
        }
        assert!(admin.get(&page).await.body.contains("解除锁定"));
        admin.post(&format!("{page}/unlock"), &[]).await;
        assert_eq!(doctor.sign_in("linxiaomei", &reset.inside("key")).await.status, 303);
        assert_eq!(admin.post(&format!("{page}/nonsense"), &[]).await.status, 404);

        for deed in ["disable", "reset", "factor"] {
            assert_eq!(
                admin.post(&format!("/admin/accounts/{own}/{deed}"), &[]).await.status,
                403,
                "not oneself"
            );
        }
        let noted = deeds(bench, id).await;
        for deed in ["account.create", "account.disable", "account.enable", "account.reset", "account.unlock"]
        {
            assert!(noted.contains(&format!("{deed} done")), "{deed} in {noted:?}");
        }
        bench.clock.advance(TimeDelta::minutes(11));
        let late = admin.post_from(&format!("{page}/disable"), &[], &page).await;
        assert!(late.location.starts_with("/account/proof?next=%2Fadmin%2Faccounts%2F"), "{}", late.location);
    })
    .await;
}

#[tokio::test]
async fn the_second_factor_of_the_other_administrators_is_out_of_reach() {
    each(async |bench| {
        let (mut admin, _) = administrator(bench).await;
        for (role, name, status) in [(Role::AuditAdmin, "shenji", 404), (Role::Doctor, "guyanqiu", 303)] {
            let id = account(bench, role, name).await;
            with_factor(bench, id).await;
            let answer = admin.post(&format!("/admin/accounts/{id}/factor"), &[]).await;
            assert_eq!(answer.status, status, "{name}");
            let has = service::find(bench, id).await.unwrap().unwrap().has_second_factor();
            assert_eq!(has, status == 404, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_list_goes_page_by_page() {
    each(async |bench| {
        let (mut admin, _) = administrator(bench).await;
        for n in 0..25 {
            account(bench, Role::Doctor, &format!("doctor{n:02}")).await;
        }
        let page = admin.get("/admin/accounts?role=doctor").await.body;
        assert_eq!(page.matches("class=\"row-link\"").count(), 20);
        let (_, rest) = page.split_once("<a href=\"/admin/accounts?").unwrap();
        let address = format!("/admin/accounts?{}", rest.split('"').next().unwrap().replace("&#38;", "&"));
        let second = admin.get(&address).await.body;
        assert_eq!(second.matches("class=\"row-link\"").count(), 5, "{address}");
        assert!(second.contains("回到第一页") && !second.contains("下一页"));
    })
    .await;
}

#[tokio::test]
async fn the_first_three_administrators_are_set_up_once() {
    each(async |bench| {
        assert_eq!(service::begin_set_up(bench).await.unwrap(), None, "not in a demo");
        let app = configured(bench, |config| config.demo = false);
        let mut client = Client::new(&app);
        assert_eq!(client.get("/set-up").await.status, 404);
        let void = service::begin_set_up(&app).await.unwrap().unwrap();
        let code = service::begin_set_up(&app).await.unwrap().unwrap();
        assert!(client.get("/set-up").await.body.contains("审计管理员"));
        let form = |code: &'static str, third: &'static str| {
            [
                ("code", code),
                ("name_0", "王一"),
                ("user_name_0", "wangyi"),
                ("name_1", "李二"),
                ("user_name_1", "lier"),
                ("name_2", "张三"),
                ("user_name_2", third),
            ]
        };
        let (void, code): (&str, &str) = (void.leak(), code.leak());
        for (code, third, told) in [
            (code, "lier", "必须是不同的账号"),
            (code, "admin", "不能使用通用账号名"),
            (void, "zhangsan", "设置码不正确"),
            ("", "zhangsan", "设置码不正确"),
        ] {
            let answer = client.post("/set-up", &form(code, third)).await;
            assert_eq!(answer.status, 422);
            assert!(answer.body.contains(told) && answer.body.contains("value=\"wangyi\""), "{told}");
        }
        let done = client.post("/set-up", &form(code, "zhangsan")).await;
        assert_eq!((done.status, done.body.matches("class=\"key\"").count()), (200, 3));
        assert_eq!(client.post("/set-up", &form(code, "zhangsan")).await.status, 404, "once");
        assert_eq!(service::begin_set_up(&app).await.unwrap(), None);
        let mut first = Client::new(&app);
        assert_eq!(first.sign_in("wangyi", &done.inside("key")).await.location, "/sign-in/step");
        assert!(!first.cookies.contains_key(COOKIE));
        assert!(matches!(audit::verify(&bench.db).await.unwrap(), audit::Verdict::Intact { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_set_up_code_is_good_for_a_day() {
    each(async |bench| {
        let app = configured(bench, |config| config.demo = false);
        service::begin_set_up(&app).await.unwrap().unwrap();
        bench.clock.advance(TimeDelta::hours(24));
        assert_eq!(Client::new(&app).get("/set-up").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_first_password_that_nobody_used_ends_after_three_days() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let reset = async || {
            let account = service::find(bench, id).await.unwrap().unwrap();
            service::reset_password(bench, &service::By::operator(), &account).await.unwrap().password
        };
        let initial = reset().await;
        bench.clock.advance(TimeDelta::hours(71));
        let mut client = Client::new(bench);
        assert_eq!(client.sign_in("guyanqiu", &initial).await.location, "/sign-in/step");
        bench.clock.advance(TimeDelta::hours(1));
        let late = client.sign_in("guyanqiu", &initial).await;
        assert!(late.status == 422 && late.body.contains("初始密码已过期"), "{}", late.body);
        let wrong = client.sign_in("guyanqiu", "Wrong#Pass88x").await;
        assert!(!wrong.body.contains("过期"), "said only to who knows it");
        let (mut admin, _) = administrator(bench).await;
        assert!(admin.get("/admin/accounts").await.body.contains("初始密码已过期"));
        assert!(admin.get(&format!("/admin/accounts/{id}")).await.body.contains("已过期，请重置密码"));

        let initial = reset().await;
        assert_eq!(client.sign_in("guyanqiu", &initial).await.location, "/sign-in/step");
        client.post("/sign-in/password", &[("password", OTHER), ("again", OTHER)]).await;
        bench.clock.advance(TimeDelta::days(30));
        assert_eq!(client.sign_in("guyanqiu", OTHER).await.location, "/doctor", "an own password stays");
    })
    .await;
}

#[tokio::test]
async fn a_reset_password_still_needs_the_second_factor() {
    each(async |bench| {
        let id = account(bench, Role::Doctor, "guyanqiu").await;
        let secret = with_factor(bench, id).await;
        let (mut admin, _) = administrator(bench).await;
        let initial = admin.post(&format!("/admin/accounts/{id}/reset"), &[]).await.inside("key");
        bench.clock.advance(TimeDelta::minutes(1));
        let mut client = Client::new(bench);
        client.sign_in("guyanqiu", &initial).await;
        let fields = [("password", OTHER), ("again", OTHER)];
        let early = client.post("/sign-in/password", &fields).await;
        assert_eq!(early.location, "/sign-in/step", "the code comes first");
        assert!(!client.is_in().await);
        client.sign_in("guyanqiu", &initial).await;
        let code = totp::code_at(&secret, bench.now());
        client.post("/sign-in/code", &[("code", &code)]).await;
        client.post("/sign-in/password", &fields).await;
        assert!(client.is_in().await);
    })
    .await;
}
