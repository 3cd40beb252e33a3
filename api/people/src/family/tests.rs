use chrono::TimeDelta;
use gateways::{Gateways, simulate::Simulators};
use platform::{App, audit, db::test_support::on_each_database};
use uuid::Uuid;

use super::{
    current_patient, may_act_for,
    service::{self, AddError, MemberForm},
};
use crate::{
    PeopleError,
    identity::IdNumber,
    resident::{self, RealName},
    sign_in::tests::{request, simulated},
};

async fn verified(app: &App, name: &str, body: &str) -> Uuid {
    let real = RealName { name: name.into(), id_number: IdNumber::of_body(body).unwrap() };
    let mut tx = app.db.begin().await.unwrap();
    let id = resident::insert(app, &mut tx).await.unwrap();
    resident::verify(app, &mut tx, id, &real, "review").await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn child(name: &str, body: &str) -> MemberForm {
    MemberForm {
        name: name.into(),
        id_number: IdNumber::of_body(body).unwrap().as_str().into(),
        relation: "child".into(),
        proof: "birth_certificate".into(),
        proof_number: "T310012345".into(),
        guardian: Some("on".into()),
        consent: Some("on".into()),
        ..MemberForm::default()
    }
}

async fn parent(
    app: &App,
    gateways: &Gateways,
    simulators: &Simulators,
    me: Uuid,
    phone: &str,
) -> MemberForm {
    let mut form = MemberForm {
        name: "苏映雪".into(),
        id_number: IdNumber::of_body("31010619560820352").unwrap().as_str().into(),
        relation: "parent".into(),
        phone: phone.into(),
        consent: Some("on".into()),
        ..MemberForm::default()
    };
    service::send_code(app, gateways, me, &form).await.unwrap();
    let (_, telephone) = simulators.sms.as_ref().unwrap();
    form.code = telephone.received(phone).last().unwrap().values[0].clone();
    form
}

fn fields(error: AddError) -> Vec<&'static str> {
    match error {
        AddError::Faults(faults) => faults.into_iter().map(|(field, _)| field).collect(),
        AddError::Other(error) => panic!("{error}"),
    }
}

const ME: (&str, &str) = ("秦知远", "31010619850312791");
const CHILD: (&str, &str) = ("秦小满", "31010620200601123");

#[tokio::test]
async fn access_lasts_from_consent_to_revocation_and_no_longer() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let me = verified(&app, ME.0, ME.1).await;
        let form = parent(&app, &gateways, &simulators, me, "13800138002").await;
        service::add(&app, &request(), me, &form).await.unwrap();
        let (mine, _) = service::list(&app, me).await.unwrap();
        let (member, mother) = (mine[0].member.clone(), mine[0].member.patient);
        assert!(may_act_for(&app, me, mother).await.unwrap());
        assert!(!may_act_for(&app, mother, me).await.unwrap(), "one way only");
        service::switch(&app, &request(), me, mother).await.unwrap();
        assert_eq!(current_patient(&app, me).await.unwrap(), mother);

        let stranger = verified(&app, "宋晨曦", "31010820091105441").await;
        assert!(matches!(
            service::revoke(&app, &request(), stranger, member.id).await,
            Err(PeopleError::NotFound)
        ));
        let refused = service::switch(&app, &request(), stranger, mother).await;
        assert!(matches!(refused, Err(PeopleError::NotFound)));
        // The patient takes it back; both sides may.
        service::revoke(&app, &request(), mother, member.id).await.unwrap();
        assert!(!may_act_for(&app, me, mother).await.unwrap());
        assert_eq!(current_patient(&app, me).await.unwrap(), me);
        assert!(service::switch(&app, &request(), me, mother).await.is_err());
        let deeds = audit::list_for_patient(&app.db, mother, 9).await.unwrap();
        let deeds: Vec<_> = deeds.iter().map(|d| (d.action.as_str(), d.outcome.as_str())).collect();
        assert_eq!(
            deeds,
            [
                ("family.switch", "denied"),
                ("family.revoke", "done"),
                ("family.switch", "denied"),
                ("family.switch", "done"),
                ("family.add", "done")
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_right_ends_by_itself_and_a_childs_at_fourteen() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let me = verified(&app, ME.0, ME.1).await;
        service::add(&app, &request(), me, &child(CHILD.0, CHILD.1)).await.unwrap();
        let form = parent(&app, &gateways, &simulators, me, "13800138002").await;
        service::add(&app, &request(), me, &form).await.unwrap();
        let (mine, _) = service::list(&app, me).await.unwrap();
        let ends: Vec<_> = mine.iter().map(|known| ui::format::date(known.member.expires_at)).collect();
        assert_eq!(ends, ["2034-06-01", "2027-03-02"]);
        let mother = mine[1].member.patient;
        service::switch(&app, &request(), me, mother).await.unwrap();
        bench.clock.advance(TimeDelta::days(365));
        assert!(!may_act_for(&app, me, mother).await.unwrap());
        assert_eq!(current_patient(&app, me).await.unwrap(), me, "a choice ends with the right");
        assert!(may_act_for(&app, me, mine[0].member.patient).await.unwrap());
        // What is over can be given anew.
        let form = parent(&app, &gateways, &simulators, me, "13800138002").await;
        service::add(&app, &request(), me, &form).await.unwrap();
        assert!(may_act_for(&app, me, mother).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn nobody_is_added_without_proof_consent_or_a_code() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, gateways, simulators) = simulated(bench).await;
        let me = verified(&app, ME.0, ME.1).await;
        let add = async |form: &MemberForm| service::add(&app, &request(), me, form).await;
        let bare = MemberForm {
            proof: String::new(),
            proof_number: "1".into(),
            guardian: None,
            consent: None,
            ..child(CHILD.0, CHILD.1)
        };
        assert_eq!(fields(add(&bare).await.unwrap_err()), ["proof", "proof_number", "guardian", "consent"]);
        let own = MemberForm { phone: "13800138001".into(), code: "123456".into(), ..child(ME.0, ME.1) };
        assert_eq!(fields(add(&own).await.unwrap_err()), ["id_number"]);
        let form = parent(&app, &gateways, &simulators, me, "13800138002").await;
        let guessed = MemberForm { code: "abcdef".into(), ..form.clone() };
        assert_eq!(fields(add(&guessed).await.unwrap_err()), ["code"]);
        // A grown-up cannot be declared a child.
        let pretended = MemberForm { code: String::new(), ..form };
        assert_eq!(fields(add(&pretended).await.unwrap_err()), ["code"]);

        let young = verified(&app, "宋晨曦", "31010820091105441").await;
        let refused = service::add(&app, &request(), young, &child(CHILD.0, CHILD.1)).await;
        assert!(matches!(refused, Err(AddError::Other(PeopleError::Refused(why))) if why.contains("18")));
    })
    .await;
}

#[tokio::test]
async fn names_must_fit_and_there_is_a_limit() {
    on_each_database(&[crate::migrations], async |bench| {
        let (app, _gateways, _simulators) = simulated(bench).await;
        let me = verified(&app, ME.0, ME.1).await;
        let add = async |form: &MemberForm| service::add(&app, &request(), me, form).await;
        add(&child(CHILD.0, CHILD.1)).await.unwrap();
        assert_eq!(fields(add(&child(CHILD.0, CHILD.1)).await.unwrap_err()), ["id_number"], "twice");
        assert_eq!(fields(add(&child("别的名字", CHILD.1)).await.unwrap_err()), ["name"]);
        for n in 1..6 {
            add(&child("秦小满", &format!("3101062020060120{n}"))).await.unwrap();
        }
        let full = add(&child("秦小满", "31010620200601209")).await;
        assert!(matches!(full, Err(AddError::Other(PeopleError::Refused(why))) if why.contains("上限")));
    })
    .await;
}
