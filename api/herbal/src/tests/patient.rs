use people::resident::{self, RealName};
use platform::session::Principal;

use crate::{model::Decision, service, testing::on_each};

#[tokio::test]
async fn a_patient_sees_the_own_prescriptions_with_every_step_and_nobody_elses() {
    on_each(async |house| {
        let document = house.document("唐素云");
        let id = house.upload(&document).await;
        let (residents, _) = people::service::list_demo_people(house.bench).await.unwrap();
        let (own, other) = (residents[0].id, residents[1].id);
        let browser = house.browser(Principal::Resident { id: own }).await;
        let unknown = browser.get("/prescriptions").await;
        assert!(unknown.text.contains("请先完成实名认证"), "{}", unknown.text);

        // Who is verified after the prescription was written finds it all the same.
        let real = RealName { name: "唐素云".into(), id_number: document.id_number().unwrap() };
        let mut tx = house.bench.db.begin().await.unwrap();
        resident::verify(house.bench, &mut tx, own, &real, "review").await.unwrap();
        tx.commit().await.unwrap();
        let list = browser.get("/prescriptions").await;
        assert!(list.text.contains("药师正在审核") && list.text.contains("胃痛"), "{}", list.text);
        let who = house.pharmacist().await;
        service::decide(&house.service, &who, (id, 1), (Decision::Passed, &[], "")).await.unwrap();
        let shown = browser.get(&format!("/prescriptions/{id}")).await;
        assert!(shown.text.contains("可以付费了") && shown.text.contains("药师审核通过"), "{}", shown.text);
        assert!(shown.text.contains("砂仁") && shown.text.contains("后下"), "{}", shown.text);

        let stranger = house.browser(Principal::Resident { id: other }).await;
        assert_eq!(stranger.get(&format!("/prescriptions/{id}")).await.status, 404);
        assert!(!stranger.get("/prescriptions").await.text.contains("胃痛"));
    })
    .await;
}
