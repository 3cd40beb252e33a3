use engine::SectionKind;
use gateways::{
    archive::{Item, ItemKind},
    simulate::Fault,
};

use super::{super::*, *};
use crate::{model::Part, testing::Seen};

fn item(kind: ItemKind, text: &str, is_present: bool) -> Item {
    Item {
        id: text.into(),
        kind,
        text: text.into(),
        is_present,
        since: Some("2015年".into()),
        source: "青禾社区卫生服务中心".into(),
        recorded_on: "2020-01-06".parse().unwrap(),
    }
}

fn keep(connected: &Connected<'_>) {
    let items = vec![
        item(ItemKind::Disease, "高血压", true),
        item(ItemKind::Operation, "阑尾切除术", true),
        item(ItemKind::Medication, "氨氯地平", true),
        item(ItemKind::Allergy, "青霉素过敏", true),
    ];
    let index = connected.house.resident.id.to_string();
    connected.simulators.archive.as_ref().unwrap().1.keep(&index, items);
}

async fn choose(browser: &crate::testing::Browser, id: Uuid, page: &Seen, fields: &[(&str, &str)]) -> Seen {
    let mut version = page.text.split("archive/items").nth(1).unwrap().split("name=\"version\" value=\"");
    let version = version.nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut all = vec![("version", version.as_str())];
    all.extend(fields);
    browser.post(&format!("/consultations/{id}/archive/items"), &page.field("_csrf"), &all).await
}

#[tokio::test]
async fn what_the_resident_confirms_of_the_archive_goes_into_the_record_with_its_source() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        keep(&connected);
        let browser = house.resident_browser().await;
        let home = browser.get("/").await;
        let department = format!("{}/{}", house.doctor.department.institution, house.doctor.department.code);
        let fields = [("department", department.as_str()), ("archive", "yes")];
        let begun = browser.post("/consultations", &home.field("_csrf"), &fields).await;
        let id: Uuid = begun.location.rsplit('/').next().unwrap().parse().unwrap();
        let own = house.talk_to_the_end(id, "咳嗽三天").await;
        let before = own.record.unwrap();
        let past = Part::History(SectionKind::PastHistory);
        assert!(!before.text(past).contains("高血压"), "nothing goes in by itself");

        let path = format!("/consultations/{id}");
        let page = browser.get(&path).await;
        assert!(
            page.text.contains("来自您的健康档案") && page.text.contains("高血压（2015年；青禾"),
            "{}",
            page.text
        );
        let said = [("choice-0", "confirmed"), ("choice-1", "left_out"), ("choice-3", "corrected")];
        let refused = choose(&browser, id, &page, &[("choice-3", "corrected"), ("text-3", " ")]).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let mut fields = said.to_vec();
        fields.push(("text-3", "小时候皮试阳性，后来没再用"));
        let done = choose(&browser, id, &page, &fields).await;
        assert_eq!(done.location, format!("{path}#archive"), "{}", done.text);
        let outdated = choose(&browser, id, &page, &fields).await;
        assert_eq!(outdated.status, 412);

        let record = house.own(id).await.record.unwrap();
        assert!(
            record
                .text(past)
                .contains("健康档案：高血压（2015年；青禾社区卫生服务中心 2020-01-06 记录），本人已确认。")
        );
        assert!(!record.text(past).contains("阑尾") && !record.text(past).contains("氨氯地平"));
        let allergy = record.text(Part::History(SectionKind::Allergy));
        assert!(allergy.contains("青霉素过敏") && allergy.contains("更正为：小时候皮试阳性"), "{allergy}");

        let page = browser.get(&path).await;
        browser
            .post(&format!("{path}/confirm"), &page.field("_csrf"), &[("version", &page.field("version"))])
            .await;
        connected.work().await;
        let sent = connected.his().received().remove(0).outcome.record;
        assert!(sent["past_history"].as_str().unwrap().contains("高血压"));
        let late = browser.post(&format!("{path}/archive"), &page.field("_csrf"), &[]).await;
        assert_eq!(late.status, 409);
        let doctor = connected.doctor().await;
        let seen = doctor.get(&format!("/doctor/consultations/{id}")).await;
        assert!(
            seen.text.contains("健康档案：高血压") && seen.text.contains("本人不写进病历"),
            "{}",
            seen.text
        );
        assert!(seen.text.contains("未核对"), "the medicine was not looked at");
    })
    .await;
}

#[tokio::test]
async fn a_confirmed_allergy_is_flagged_and_an_archive_without_one_denies_nothing() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        keep(&connected);
        let id = house.begin().await;
        crate::exchange::archive::fetch(&house.service, &connected.gateways, house.patient(), id)
            .await
            .unwrap();
        house.talk_to_the_end(id, "咳嗽三天").await;
        let said = [(3, "confirmed".to_owned(), String::new())];
        let kept = crate::exchange::archive::find(&house.service.app, id).await.unwrap().unwrap();
        crate::exchange::archive::decide(&house.service, house.patient(), id, kept.version, &said)
            .await
            .unwrap();
        let stranger = crate::exchange::archive::decide(&house.service, house.stranger(), id, 3, &said).await;
        assert!(matches!(stranger, Err(PreconsultError::NotFound)));
        let packet = crate::exchange::packet::find(&house.service.app, id).await.unwrap();
        let sent = packet.record_json();
        assert_eq!(sent["allergy_flag"], true);
        let contradiction = sent["contradictions"][0].as_str().unwrap();
        assert!(
            contradiction.starts_with("过敏史：回答时否认，之后却确认了健康档案：青霉素过敏"),
            "{contradiction}"
        );
        let check = house.resident_browser().await.get(&format!("/consultations/{id}")).await;
        assert!(check.text.contains("请再看一下：过敏史"), "{}", check.text);
        // Looked at and left out: a denial is then not certain.
        let said = [(3, "left_out".to_owned(), String::new())];
        crate::exchange::archive::decide(&house.service, house.patient(), id, kept.version + 1, &said)
            .await
            .unwrap();
        let packet = crate::exchange::packet::find(&house.service.app, id).await.unwrap();
        assert!(packet.record_json()["allergy_flag"].is_null());

        let none = Connected { house: neighbour(house), ..connected };
        let id = none.house.begin().await;
        let browser = none.house.resident_browser().await;
        let home = browser.get("/").await;
        let path = format!("/consultations/{id}");
        browser.post(&format!("{path}/archive"), &home.field("_csrf"), &[]).await;
        none.house.talk_to_the_end(id, "头疼两天").await;
        let page = browser.get(&path).await;
        assert!(page.text.contains("没有记录不等于没有得过"), "{}", page.text);
    })
    .await;
}

fn neighbour<'a>(house: &House<'a>) -> House<'a> {
    House {
        bench: house.bench,
        service: house.service.clone(),
        resident: house.neighbour.clone(),
        neighbour: house.resident.clone(),
        doctor: house.doctor.clone(),
        other_doctor: house.other_doctor.clone(),
        request: house.request.clone(),
    }
}

#[tokio::test]
async fn an_archive_that_does_not_answer_holds_nobody_up_and_can_be_asked_again() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        keep(&connected);
        let faults = &connected.simulators.archive.as_ref().unwrap().0.faults;
        let id = house.begin().await;
        house.talk_to_the_end(id, "咳嗽三天").await;
        let browser = house.resident_browser().await;
        let path = format!("/consultations/{id}");
        let page = browser.get(&path).await;
        assert!(page.text.contains("同意，取我的健康档案"), "{}", page.text);
        faults.next(Fault::Drop);
        let asked = browser.post(&format!("{path}/archive"), &page.field("_csrf"), &[]).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        let page = browser.get(&path).await;
        assert!(page.text.contains("健康档案暂时取不到") && page.text.contains("再试一次"), "{}", page.text);
        browser.post(&format!("{path}/archive"), &page.field("_csrf"), &[]).await;
        assert!(browser.get(&path).await.text.contains("请逐条核对，还有 4 条"));
        let rows = platform::audit::list_for_patient(&house.bench.db, house.resident.id, 10).await.unwrap();
        let count = |action: &str, outcome: &str| {
            rows.iter().filter(|row| row.action == action && row.outcome == outcome).count()
        };
        assert_eq!(count("archive.fetch", "failed"), 1);
        assert_eq!((count("archive.fetch", "done"), count("archive.consent", "done")), (1, 2));
        let consents = connected.simulators.archive.as_ref().unwrap().1.consents();
        let stored = crate::exchange::archive::find(&house.service.app, id).await.unwrap().unwrap();
        assert_eq!(consents, [stored.id.to_string()]);
    })
    .await;
}
