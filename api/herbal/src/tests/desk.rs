use chrono::TimeDelta;
use platform::{audit, session::Role};

use crate::{
    HerbalError,
    model::{Decision, State},
    service,
    testing::on_each,
};

#[tokio::test]
async fn a_pharmacist_takes_the_most_urgent_reads_it_and_passes_it_by_one_key() {
    on_each(async |house| {
        let browser = house.browser(house.of_role(Role::Pharmacist).principal()).await;
        let empty = browser.get("/herbal/audit").await;
        assert!(empty.text.contains("没有等待审核的处方"), "{}", empty.text);
        let first = house.upload(&house.document("周立成")).await;
        house.bench.clock.advance(TimeDelta::seconds(40));
        let second = house.upload(&house.document("许文娟")).await;
        let queue = browser.get("/herbal/audit").await;
        let place = |id: uuid::Uuid| queue.text.find(&format!("/herbal/audit/{id}")).unwrap();
        assert!(place(first) < place(second), "who has least time stands first");
        assert!(queue.text.contains("1:20") && queue.text.contains("data-countdown"), "{}", queue.text);

        let opened = browser.get(&format!("/herbal/audit/{first}")).await;
        assert!(opened.text.contains("周立成") && opened.text.contains("痰热壅肺证"), "{}", opened.text);
        assert!(opened.text.contains("138****0000") && !opened.text.contains("13800000000"));
        assert!(opened.text.contains("麻黄") && opened.text.contains("data-key=\"p\""));
        let csrf = opened.field("_csrf");
        let passed = browser
            .post(&format!("/herbal/audit/{first}"), &csrf, &[("version", "1"), ("decision", "passed")])
            .await;
        assert_eq!((passed.status.as_u16(), passed.location), (303, format!("/herbal/audit/{second}")));

        let at = format!("/herbal/audit/{second}");
        let reject = [("version", "1"), ("decision", "rejected"), ("note", "请核对")];
        let refused = browser.post(&at, &csrf, &reject).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.text.contains("不通过要选至少一个原因") && refused.text.contains("请核对</textarea>")
        );
        let mut reject = reject.to_vec();
        reject.extend([("reason", "2-5"), ("reason", "1-15")]);
        let done = browser.post(&at, &csrf, &reject).await;
        assert_eq!((done.status.as_u16(), done.location.as_str()), (303, "/herbal/audit?done=rejected"));
        let shown = browser.get(&at).await;
        assert!(
            shown.text.contains("不通过 · 白芷") && shown.text.contains("用法、用量不适宜"),
            "{}",
            shown.text
        );
        let rows =
            audit::list_for_object(&house.bench.db, &format!("prescription/{second}"), 20).await.unwrap();
        let deeds: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert!(deeds.contains(&"prescription.read") && deeds.contains(&"prescription.decide"), "{deeds:?}");
    })
    .await;
}

#[tokio::test]
async fn two_pharmacists_do_not_decide_the_same_and_another_hospitals_are_not_there() {
    on_each(async |house| {
        let id = house.upload(&house.document("沈怀山")).await;
        let (one, doctor) = (house.pharmacist().await, house.of_role(Role::Doctor).clone());
        let two = house.auditor(&doctor).await;
        assert!(service::see(&house.service, &one, id).await.unwrap().is_mine);
        assert!(!service::see(&house.service, &two, id).await.unwrap().is_mine);
        let taken = service::decide(&house.service, &two, (id, 1), (Decision::Passed, &[], "")).await;
        assert!(matches!(taken, Err(HerbalError::Claimed)));
        house.bench.clock.advance(TimeDelta::seconds(61));
        service::decide(&house.service, &two, (id, 1), (Decision::Passed, &[], "")).await.unwrap();
        let late = service::decide(&house.service, &one, (id, 1), (Decision::Passed, &[], "")).await;
        assert!(matches!(late, Err(HerbalError::Outdated)));

        let elsewhere = house.staff.iter().find(|one| one.department.institution == "H02").unwrap();
        let stranger = house.auditor(elsewhere).await;
        let other = house.upload(&house.document("许文娟")).await;
        assert!(service::queue(&house.service, &stranger).await.unwrap().is_empty());
        assert!(matches!(service::see(&house.service, &stranger, other).await, Err(HerbalError::NotFound)));
        let refused =
            service::decide(&house.service, &stranger, (other, 1), (Decision::Passed, &[], "")).await;
        assert!(matches!(refused, Err(HerbalError::NotFound)));
        let doctor = house.browser(doctor.principal()).await;
        assert_eq!(doctor.get("/herbal/audit").await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn earlier_prescriptions_of_the_patient_stand_beside_and_a_mask_is_lifted_with_a_reason() {
    on_each(async |house| {
        let before = house.document("唐素云");
        house.upload(&before).await;
        let id = house.upload(&house.document("唐素云")).await;
        let browser = house.browser(house.of_role(Role::Pharmacist).principal()).await;
        let opened = browser.get(&format!("/herbal/audit/{id}")).await;
        let earlier = house.order(&before.number).await.id;
        assert!(opened.text.contains(&format!("/herbal/audit/{earlier}")), "{}", opened.text);
        let number = before.patient.id_number.clone().unwrap();
        assert!(!opened.text.contains(&number));
        let at = format!("/herbal/audit/{id}/reveal");
        let csrf = opened.field("_csrf");
        let silent = browser.post(&at, &csrf, &[("field", "id_number"), ("reason", "")]).await;
        assert_eq!(silent.status, 422);
        let shown = browser.post(&at, &csrf, &[("field", "id_number"), ("reason", "电话核对身份")]).await;
        assert!(shown.text.contains(&number), "{}", shown.text);
    })
    .await;
}

#[tokio::test]
async fn the_administrator_sets_how_long_a_pharmacist_has() {
    on_each(async |house| {
        let browser = house.browser(house.of_role(Role::Admin).principal()).await;
        let page = browser.get("/herbal/sites").await;
        let csrf = page.field("_csrf");
        let saved = browser.post("/herbal/sites/H01", &csrf, &[("seconds", "300")]).await;
        assert_eq!(
            (saved.status.as_u16(), saved.location.as_str()),
            (303, "/herbal/sites#H01"),
            "{}",
            saved.text
        );
        let made = browser.post("/herbal/sites/H01/secret", &csrf, &[]).await;
        assert!(made.text.contains("只显示这一次"), "{}", made.text);
        let document = house.document("沈怀山");
        house.upload(&document).await;
        let order = house.order(&document.number).await;
        assert_eq!(order.deadline, Some(house.bench.now() + TimeDelta::seconds(300)));
        assert_eq!(order.state, State::Waiting);
    })
    .await;
}

#[tokio::test]
async fn an_open_queue_is_told_when_it_changes() {
    on_each(async |house| {
        let who = house.pharmacist().await;
        let before = service::mark(&house.service, &who).await.unwrap();
        assert_eq!(service::mark(&house.service, &who).await.unwrap(), before);
        let id = house.upload(&house.document("沈怀山")).await;
        let with_one = service::mark(&house.service, &who).await.unwrap();
        assert_ne!(with_one, before);
        house.bench.clock.advance(TimeDelta::seconds(1));
        service::see(&house.service, &who, id).await.unwrap();
        let claimed = service::mark(&house.service, &who).await.unwrap();
        assert_ne!(claimed, with_one, "others see that somebody has it");
        service::decide(&house.service, &who, (id, 1), (Decision::Passed, &[], "")).await.unwrap();
        assert_eq!(service::mark(&house.service, &who).await.unwrap(), before);
    })
    .await;
}
