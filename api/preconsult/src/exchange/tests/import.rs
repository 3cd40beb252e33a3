use gateways::simulate::Fault;
use platform::{audit, rights::Permission};

use super::{super::*, *};
use crate::{PreconsultError, exchange::import};

#[tokio::test]
async fn a_doctor_imports_the_history_into_the_emr_once() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let id = house.submitted("咳嗽三天了，有点发烧").await;
        let doctor = connected.doctor().await;
        let path = format!("/doctor/consultations/{id}");
        let page = doctor.get(&path).await;
        assert!(page.text.contains("导入病历"), "{}", page.text);
        let csrf = page.field("_csrf");
        for _ in 0..2 {
            let done = doctor.post(&format!("{path}/import"), &csrf, &[]).await;
            assert_eq!(done.location, format!("{path}#import"), "{}", done.text);
        }
        connected.work().await;
        let (receipt, document) = connected.emr().taken().remove(0);
        assert_eq!((connected.emr().taken().len(), connected.emr().count_repeats()), (1, 0));
        assert_eq!(document.doctor, house.doctor.id.to_string());
        assert!(document.content.contains(&house.doctor.name) && document.content.contains("咳嗽"));
        let page = doctor.get(&path).await;
        assert!(page.text.contains(&receipt) && !page.text.contains("再次导入"), "{}", page.text);
        let rows = audit::list_for_patient(&house.bench.db, house.resident.id, 20).await.unwrap();
        let mine = rows.iter().filter(|row| row.action == "consultation.import");
        assert_eq!(mine.map(|row| row.actor.clone()).collect::<Vec<_>>(), [house.doctor.id.to_string()]);

        let other = connected.other_doctor().await;
        let refused = other
            .post(&format!("{path}/import"), &other.get("/doctor/verify").await.field("_csrf"), &[])
            .await;
        assert_eq!(refused.status, 404);
    })
    .await;
}

#[tokio::test]
async fn an_emr_that_is_away_gets_the_document_later_and_a_lost_answer_does_no_harm() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let id = house.submitted("头疼两天").await;
        let faults = &connected.simulators.emr.as_ref().unwrap().0.faults;
        faults.next(Fault::LoseAnswer);
        let reader = house.reader(&house.doctor).await;
        let waiting = import::import(&house.service, &connected.gateways, reader, id).await.unwrap();
        assert_eq!((waiting.state, waiting.reason.as_deref()), (DeliveryState::Waiting, Some("silent")));
        house.bench.clock.advance(chrono::TimeDelta::seconds(10));
        connected.work().await;
        assert_eq!(connected.delivery(id, Target::Emr).await.state, DeliveryState::Delivered);
        assert_eq!((connected.emr().taken().len(), connected.emr().count_repeats()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn the_document_is_exported_only_with_the_right_and_a_reason() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let id = house.submitted("咳嗽三天").await;
        let address = format!("/api/preconsult/consultations/{id}/document");
        let doctor = connected.doctor().await;
        assert_eq!(doctor.get(&format!("{address}?reason=转诊")).await.status, 403);
        let admin = connected.admin().await;
        assert_eq!(admin.get(&format!("{address}?reason=")).await.status, 422);
        let given = admin.get(&format!("{address}?reason=%E8%BD%AC%E8%AF%8A")).await;
        assert_eq!(given.status, 200, "{}", given.text);
        assert!(given.text.starts_with("<?xml") && given.text.contains("10154-3"));
        let rows = audit::list_for_patient(&house.bench.db, house.resident.id, 1).await.unwrap();
        assert_eq!(
            (rows[0].action.as_str(), rows[0].reason.as_deref()),
            ("consultation.export", Some("转诊"))
        );
    })
    .await;
}

#[tokio::test]
async fn who_may_not_see_the_complaint_may_not_import_it() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let id = house.submitted("咳嗽三天").await;
        let who = connected.holder(&house.doctor, &[Permission::ConsultationRead]);
        let refused = import::import(&house.service, &connected.gateways, who, id).await;
        assert!(matches!(refused, Err(PreconsultError::Hidden)));
        assert!(store::find_of_consultation(&house.bench.db, id, Target::Emr).await.unwrap().is_none());
    })
    .await;
}
