use platform::{
    audit,
    db::test_support::on_each_database,
    http::RequestId,
    session::{Principal, Role},
};
use proptest::prelude::*;

use super::{
    service::{ChangeError, OrganisationForm},
    *,
};
use crate::PeopleError;

fn admin() -> Principal {
    Principal::Staff {
        id: uuid::Uuid::max(),
        role: Role::Admin,
        institution: "H01".into(),
        department: "IM".into(),
    }
}

#[tokio::test]
async fn the_26_come_in_and_what_was_edited_stays() {
    on_each_database(&[crate::migrations], async |bench| {
        let request = RequestId("t".into());
        assert_eq!(load(bench).await.unwrap(), 26);
        let all = service::list(bench).await.unwrap();
        assert_eq!((all.len(), all[0].name.as_str()), (26, "上海市静安区中心医院"));
        assert_eq!((all[0].level.as_str(), all[0].monogram().as_str()), ("二级", "中心"));
        assert_eq!(all.iter().filter(|one| one.kind == "社区卫生服务中心").count(), 15);

        let right = OrganisationForm {
            longitude: "121.4473".into(),
            latitude: "31.2286".into(),
            payment_address: "https://pay.example.cn/ja01".into(),
            is_position_checked: Some("on".into()),
            ..OrganisationForm::from(&all[0])
        };
        service::change(bench, &request, &admin(), "JA01", &right).await.unwrap();
        let again = service::change(
            bench,
            &request,
            &admin(),
            "JA01",
            &OrganisationForm { name: "另一名".into(), ..right.clone() },
        )
        .await;
        assert!(matches!(again, Err(ChangeError::Other(PeopleError::Refused(_)))), "an old version");
        load(bench).await.unwrap();
        let kept = service::find(bench, "JA01").await.unwrap();
        assert!(kept.is_position_checked && kept.position.is_some() && kept.version == 1);
        let deeds = audit::list_for_object(&bench.db, "organisation/JA01", 9).await.unwrap();
        assert_eq!(deeds[0].reason.as_deref(), Some("经纬度、经纬度核对、支付地址"));

        let wrong = OrganisationForm {
            longitude: "31.2286".into(),
            latitude: "121.4473".into(),
            payment_address: "http://pay.example.cn".into(),
            level: "五级".into(),
            ..right
        };
        let Err(ChangeError::Faults(faults)) =
            service::change(bench, &request, &admin(), "JA01", &wrong).await
        else {
            panic!("refused")
        };
        let fields: Vec<_> = faults.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["level", "longitude", "payment_address"]);
    })
    .await;
}

#[test]
fn payment_addresses_are_https_only() {
    let before = Organisation {
        code: "JA01".into(),
        name: "某医院".into(),
        kind: String::new(),
        level: String::new(),
        address: String::new(),
        position: None,
        is_position_checked: false,
        payment_address: String::new(),
        version: 0,
    };
    let is_fine = |address: &str| {
        let form = OrganisationForm { payment_address: address.into(), ..OrganisationForm::from(&before) };
        service::check(&form, &before).is_ok()
    };
    assert!(is_fine("https://pay.example.cn:8443/a?b=c") && is_fine(""));
    for bad in [
        "javascript:alert(1)",
        "https://",
        "https://user@pay.example.cn",
        "https://a b.cn",
        "//x.cn",
        "https://localhost",
    ] {
        assert!(!is_fine(bad), "{bad}");
    }
}

#[test]
fn distances_are_read_easily() {
    let there = Position { longitude: 121.4473, latitude: 31.2286 };
    let here = Position { longitude: 121.4473, latitude: 31.2376 };
    assert_eq!(distance_text(here.distance(there)), "1.0 公里");
    assert_eq!((distance_text(844.0), distance_text(34_400.0)), ("840 米".into(), "34 公里".into()));
    assert_eq!(Position::in_shanghai(31.2, 121.4), None);
}

proptest! {
    #[test]
    fn distance_is_a_distance(a in -180.0..180.0, b in -90.0..90.0, c in -180.0..180.0, d in -90.0..90.0) {
        let (one, two) = (Position { longitude: a, latitude: b }, Position { longitude: c, latitude: d });
        let far = one.distance(two);
        prop_assert!((0.0..=20_016_000.0).contains(&far));
        prop_assert!((far - two.distance(one)).abs() < 1e-3);
        prop_assert!(one.distance(one) < 1e-6);
    }
}
