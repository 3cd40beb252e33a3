//! A member of the staff with an account: signing in with a password, changing it, seeing one's sessions.

use crate::{driver::Device, on_stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_signs_in_with_a_password_and_changes_it() {
    on_stage("a_doctor_signs_in_with_a_password", async move |stage| {
        let opened = server::start::demo_accounts(&stage.site().await.app).await.unwrap();
        let password = &opened.iter().find(|one| one.user_name == "s01").unwrap().password;
        let (desk, phone) =
            (stage.person("desk", Device::Desk).await, stage.person("phone", Device::Phone).await);
        for window in [&desk, &phone] {
            window.open("/sign-in").await;
            window.write("input[name=user_name]", "s01").await;
            window.write("input[name=password]", "Wrong#Pass88x").await;
            window.tap_text("button", "登录").await;
            window.see_text("strong", "账号名或密码不正确").await;
            window.write("input[name=password]", password).await;
            window.tap_text("button", "登录").await;
            window.see("[data-sign-out]").await;
        }

        desk.tap_text("a", "顾砚秋").await;
        desk.see_text("h1", "我的账号").await;
        desk.tap_text("a", "查看我的登录").await;
        desk.see_text("h1", "我的登录").await;
        assert_eq!(desk.all(".session").await.len(), 2);

        desk.open("/account/password").await;
        desk.write("input[name=old]", password).await;
        desk.write("input[name=password]", "Qwer1234!@#$").await;
        desk.write("input[name=again]", "Qwer1234!@#$").await;
        desk.tap_text("button", "修改密码").await;
        desk.see("#faults").await;
        assert!(desk.text("#faults").await.contains("容易被猜到"));
        desk.write("input[name=old]", password).await;
        desk.write("input[name=password]", "Kf8!mzQw2xTp").await;
        desk.write("input[name=again]", "Kf8!mzQw2xTp").await;
        desk.tap_text("button", "修改密码").await;
        desk.see_text("strong", "密码已修改").await;
        phone.open("/account").await;
        phone.see("input[name=user_name]").await;
    })
    .await;
}
