use chrono::TimeDelta;
use platform::audit;

use super::*;
use crate::testing::on_each;

/// The text of the QR code, as a scanner reads it.
fn scanned(app: &App, id: Uuid) -> String {
    long_form(app, id, (app.now() + TimeDelta::minutes(MINUTES)).timestamp() / 60)
}

#[tokio::test]
async fn a_code_scanned_at_the_desk_finds_exactly_this_consultation() {
    on_each(async |house| {
        let (app, id) = (&house.service.app, house.submitted("咳嗽三天").await);
        let patient = house.resident_browser().await;
        let page = patient.get(&format!("/consultations/{id}")).await;
        let typed = code(app, id).typed;
        assert!(page.text.contains("class=\"qr\"") && page.text.contains(&typed), "{}", page.text);

        let doctor = house.browser(house.doctor.principal()).await;
        let desk = doctor.get("/doctor/verify").await;
        let found = doctor.post("/doctor/verify", &desk.field("_csrf"), &[("code", &scanned(app, id))]).await;
        assert_eq!(found.location, format!("/doctor/consultations/{id}"), "{}", found.text);
        let at = find(app, id).await.unwrap().unwrap();
        assert_eq!((at.by, at.at), (house.doctor.id, app.now()));
        house.bench.clock.advance(TimeDelta::minutes(3));
        let again = doctor.post("/doctor/verify", &desk.field("_csrf"), &[("code", &typed)]).await;
        assert_eq!(again.status, 303, "typed digits lead there as well: {}", again.text);
        assert_eq!(find(app, id).await.unwrap().unwrap(), at, "the first time counts");
        assert!(doctor.get(&found.location).await.text.contains("已扫码核验"));
        assert!(patient.get(&format!("/consultations/{id}")).await.text.contains("医院已核验"));
        let rows = audit::list_for_patient(&house.bench.db, house.resident.id, 20).await.unwrap();
        let deeds = rows.iter().filter(|row| row.action == "consultation.verify");
        assert_eq!(deeds.count(), 2);
    })
    .await;
}

#[tokio::test]
async fn forged_expired_and_foreign_codes_are_told_apart() {
    on_each(async |house| {
        let (app, id) = (&house.service.app, house.submitted("咳嗽三天").await);
        let who = house.reader(&house.doctor).await;
        let said = async |code: &str| verify(&house.service, &who, code).await.unwrap();
        let whole = scanned(app, id);
        assert_eq!(said("你好").await, Err(Fault::Unreadable));
        assert_eq!(said("JY12").await, Err(Fault::Unreadable));
        let other = scanned(app, Uuid::from_u128(5));
        let mixed = format!("{}{}", &other[..34], &whole[34..]);
        assert_eq!(said(&mixed).await, Err(Fault::Forged), "the hash is of another consultation");
        let longer = long_form(app, id, i64::from(u32::MAX));
        let stretched = format!("{}{}{}", &whole[..34], &longer[34..42], &whole[42..]);
        assert_eq!(said(&stretched).await, Err(Fault::Forged), "nor of another minute");
        assert_eq!(said(&other).await, Err(Fault::Elsewhere));
        assert_eq!(said("00000000").await, Err(Fault::NotFound));

        let children = house.reader(&house.other_doctor).await;
        let foreign = verify(&house.service, &children, &whole).await.unwrap();
        assert_eq!(foreign, Err(Fault::Elsewhere));
        let typed = typed_form(app, id, app.now());
        assert_eq!(verify(&house.service, &children, &typed).await.unwrap(), Err(Fault::NotFound));
        assert!(find(app, id).await.unwrap().is_none());

        house.bench.clock.advance(TimeDelta::minutes(2 * MINUTES + 1));
        assert_eq!(said(&whole).await, Err(Fault::Expired));
        assert_eq!(said(&typed).await, Err(Fault::NotFound));
        let lower = format!(" {} ", scanned(app, id).to_lowercase());
        assert_eq!(said(&lower).await, Ok(id), "a scanner may change case and add blanks");
        for fault in [Fault::Unreadable, Fault::Forged, Fault::Expired, Fault::Elsewhere, Fault::NotFound] {
            assert!(fault.text().contains('请'), "it says what to do");
        }
    })
    .await;
}
