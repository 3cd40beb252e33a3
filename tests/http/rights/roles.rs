//! The security administrator's screens.

use people::demo::demo_id;
use platform::audit::list_for_object;
use tests::TestApp;

const REVIEW: [(&str, &str); 4] = [
    ("scope.consultation.read", "institution"),
    ("field.consultation.read", "name"),
    ("field.consultation.read", "diagnosis"),
    ("scope.knowledge.read", "district"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    REVIEW.iter().copied().chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn a_role_is_changed_after_its_changes_were_shown_and_holds_at_once() {
    TestApp::on_each_database(async |app| {
        let mut admin = app.staff("s06").await;
        let mut doctor = app.staff("s01").await;
        let list = admin.get("/admin/roles").await;
        for text in ["医生", "查看预问诊（本科室，显示姓名、病情）", "审计管理员", "院级质控员"] {
            assert!(list.body.contains(text), "{text} in {}", list.body);
        }
        let page = admin.get("/admin/roles/doctor").await;
        assert!(page.body.contains("第 1 版") && page.body.contains("顾砚秋"), "{}", page.body);
        assert!(!page.body.contains("audit.read"), "what a doctor can never get is not offered");

        let review = admin.post_form("/admin/roles/doctor", &with(&[("version", "1"), ("step", "review")])).await;
        assert_eq!(review.status, 200);
        for text in ["<del>本科室，显示姓名、病情</del>", "<ins>本机构，显示姓名、病情</ins>", "field.reveal", "取消"] {
            assert!(review.body.contains(text), "{text} in {}", review.body);
        }
        assert!(!review.body.contains("knowledge.read</code>"), "what stays is not a change");
        assert!(admin.get("/admin/roles/doctor").await.body.contains("第 1 版"), "nothing is changed yet");

        let silent = with(&[("version", "1"), ("step", "confirm"), ("reason", "")]);
        let refused = admin.post_form("/admin/roles/doctor", &silent).await;
        assert!(refused.status == 422 && refused.body.contains("请写明理由"), "{}", refused.body);
        assert!(refused.body.contains("name=\"scope.consultation.read\" value=\"institution\""), "kept");
        let confirm = with(&[("version", "1"), ("step", "confirm"), ("reason", "院内会诊")]);
        let done = admin.post_form("/admin/roles/doctor", &confirm).await;
        assert_eq!((done.status, done.location()), (303, "/admin/roles/doctor"));
        let again = admin.post_form("/admin/roles/doctor", &confirm).await;
        assert!(again.status == 422 && again.body.contains("刚刚被别人改过"), "{}", again.body);

        let rows = list_for_object(&app.db, "role/doctor", 9).await.unwrap();
        assert_eq!((rows.len(), rows[0].action.as_str()), (1, "role.change"));
        assert_eq!(
            rows[0].reason.as_deref(),
            Some("院内会诊；查看预问诊：本科室，显示姓名、病情→本机构，显示姓名、病情；开具饮片处方：本科室→无；显示被隐去的内容：本科室→无；编写问卷模板：本科室→无")
        );
        // In the same session, without signing in again.
        let mut other = app.staff("s02").await;
        assert_eq!(other.get("/doctor").await.status, 200);
        let none = admin
            .post_form("/admin/roles/doctor", &[("version", "2"), ("step", "confirm"), ("reason", "停用")])
            .await;
        assert_eq!(none.status, 303);
        assert_eq!(doctor.get("/doctor").await.status, 403);
        let desk = doctor.get("/desk").await;
        assert!(desk.body.contains("还没有可用的功能") && !desk.body.contains("href=\"/doctor\""), "{}", desk.body);
    })
    .await;
}

#[tokio::test]
async fn new_roles_are_made_given_and_taken() {
    TestApp::on_each_database(async |app| {
        let mut admin = app.staff("s06").await;
        let bad = [("key", "Nacht"), ("name", "夜班"), ("reason", "值夜")];
        let refused = admin.post_form("/admin/roles", &bad).await;
        assert!(refused.status == 422 && refused.body.contains("小写字母"), "{}", refused.body);
        assert!(refused.body.contains("value=\"Nacht\"") && refused.body.contains("value=\"值夜\""), "kept");
        let good = [("key", "night_reader"), ("name", "夜班"), ("reason", "值夜")];
        let made = admin.post_form("/admin/roles", &good).await;
        assert_eq!((made.status, made.location()), (303, "/admin/roles/night_reader"));
        assert_eq!(admin.post_form("/admin/roles", &good).await.status, 422, "taken");
        let grant =
            [("version", "1"), ("step", "confirm"), ("reason", "值夜"), ("scope.knowledge.read", "district")];
        assert_eq!(admin.post_form("/admin/roles/night_reader", &grant).await.status, 303);

        let service = demo_id("staff", "s09").to_string();
        let mut holder = app.staff("s09").await;
        assert_eq!(holder.get("/knowledge").await.status, 403);
        let holders = "/admin/roles/night_reader/holders";
        let give = [("staff", service.as_str()), ("deed", "give"), ("reason", "值夜")];
        assert_eq!(admin.post_form(holders, &give).await.status, 303);
        assert!(admin.get("/admin/roles/night_reader").await.body.contains("方晴"));
        assert_eq!(holder.get("/knowledge").await.status, 200);
        assert!(holder.get("/desk").await.body.contains("夜班"));
        let take = [("staff", service.as_str()), ("deed", "take"), ("reason", "不再值夜")];
        assert_eq!(admin.post_form(holders, &take).await.status, 303);
        assert_eq!(holder.get("/knowledge").await.status, 403);
        let rows = list_for_object(&app.db, "role/night_reader", 9).await.unwrap();
        let deeds: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(deeds, ["role.take", "role.give", "role.change", "role.create"]);
        assert!(rows[1].reason.as_deref().unwrap().contains("方晴"), "{:?}", rows[1]);
    })
    .await;
}

#[tokio::test]
async fn administrators_cannot_be_combined_or_serve_themselves() {
    TestApp::on_each_database(async |app| {
        let mut admin = app.staff("s06").await;
        let give = |key: &str| demo_id("staff", key).to_string();
        for (role, key, said) in [
            ("audit_admin", "s05", "互不兼任"),
            ("system_admin", "s07", "互不兼任"),
            ("doctor", "s07", "互不兼任"),
            ("audit_admin", "s01", "已有业务角色"),
            ("doctor", "s06", "不能给自己"),
            ("security_admin", "s06", "不能给自己"),
        ] {
            let staff = give(key);
            let form = [("staff", staff.as_str()), ("deed", "give"), ("reason", "试一下")];
            let refused = admin.post_form(&format!("/admin/roles/{role}/holders"), &form).await;
            assert_eq!(refused.status, 422, "{role} to {key}");
            assert!(refused.body.contains(said), "{role} to {key}: {}", refused.body);
        }
        // The rights of the three are fixed.
        let form = [
            ("version", "1"),
            ("step", "confirm"),
            ("reason", "想看病历"),
            ("scope.consultation.read", "district"),
        ];
        for role in ["security_admin", "system_admin", "audit_admin"] {
            let refused = admin.post_form(&format!("/admin/roles/{role}"), &form).await;
            assert!(refused.status == 422 && refused.body.contains("固定"), "{role}: {}", refused.body);
        }
        let form =
            [("version", "1"), ("step", "confirm"), ("reason", "想看审计"), ("scope.audit.read", "district")];
        let refused = admin.post_form("/admin/roles/doctor", &form).await;
        assert!(refused.status == 422 && refused.body.contains("审计管理"), "{}", refused.body);
        assert_eq!(admin.get("/admin/roles/nobody").await.status, 404);
    })
    .await;
}
