use chrono::TimeDelta;
use gateways::{
    Person,
    his::{Registration, RegistrationState, VisitKind},
};

use super::{Connected, on_each_connected};
use crate::{
    exchange::{
        registrations::{Synced, sync},
        store::registrations::list,
    },
    service,
};

fn registration(at: &Connected<'_>, number: &str) -> Registration {
    let house = &at.house;
    Registration {
        institution: house.doctor.department.institution.clone(),
        number: number.into(),
        department: house.doctor.department.code.clone(),
        doctor: Some(house.doctor.id.to_string()),
        person: Person {
            index: Some(house.resident.id.to_string()),
            name: house.resident.name.clone(),
            ..Person::default()
        },
        kind: VisitKind::First,
        complaint: Some("脑壳痛了几天".into()),
        scheduled_at: house.service.app.now() + TimeDelta::hours(3),
        source: "online".into(),
        state: RegistrationState::Registered,
    }
}

#[tokio::test]
async fn registrations_of_the_his_become_visits_with_their_questionnaire() {
    on_each_connected(async |at| {
        let his = at.his();
        his.register(registration(&at, "A100"));
        let stranger = Person { index: Some(uuid::Uuid::from_u128(7).to_string()), ..Person::default() };
        his.register(Registration { person: stranger, ..registration(&at, "A101") });
        his.register(Registration { department: "NONE".into(), ..registration(&at, "A102") });
        let service = &at.house.service;
        let first = sync(service, &at.gateways).await.unwrap();
        assert_eq!(first, Synced { n_new: 1, n_changed: 0, n_left: 2 });
        assert_eq!(sync(service, &at.gateways).await.unwrap(), Synced::default(), "taken over once");

        let visits = service::list_own_visits(service, at.house.resident.id).await.unwrap();
        assert_eq!(visits.len(), 1);
        assert_eq!(visits[0].0.doctor, Some(at.house.doctor.id));
        assert_eq!(visits[0].0.intake.complaint.as_deref(), Some("头痛"), "in the words of the rules");
        let begun = service::open_visit(service, at.house.patient(), visits[0].0.id).await.unwrap();
        let own = at.house.own(begun.id).await;
        assert_eq!(own.consultation.plan.questionnaires[0].key, "headache-first");

        his.register(Registration { state: RegistrationState::Cancelled, ..registration(&at, "A100") });
        assert_eq!(sync(service, &at.gateways).await.unwrap().n_changed, 1);
        assert!(service::list_own_visits(service, at.house.resident.id).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_his_that_is_down_is_named_and_caught_up_with_later() {
    on_each_connected(async |at| {
        let service = &at.house.service;
        at.his().set_down(true);
        at.his().register(registration(&at, "A200"));
        assert_eq!(sync(service, &at.gateways).await.unwrap(), Synced::default());
        let faults: Vec<_> =
            list(&service.app).await.unwrap().into_iter().filter_map(|one| one.fault).collect();
        assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.contains(&at.house.resident.name)));
        at.his().set_down(false);
        assert_eq!(sync(service, &at.gateways).await.unwrap().n_new, 1);
        assert!(list(&service.app).await.unwrap().iter().all(|one| one.fault.is_none()));
    })
    .await;
}
