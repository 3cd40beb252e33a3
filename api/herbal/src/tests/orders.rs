//! The order desk, and the interface of companies.

use std::slice::from_ref;

use chrono::TimeDelta;
use people::resident::{self, RealName};
use platform::{on_read, on_tx, rights::Permission, session::Role};
use serde_json::json;

use super::company::{NONE, paid, paid_with, step};
use crate::{
    HerbalError,
    model::{Charged, Delivery, Detail, Event, Pharmacist, State, Step, Way},
    service::{self, Asked, Phase},
    store,
    testing::{House, on_each},
};

async fn shares(house: &House<'_>, parts: [i64; 2]) {
    let by = (platform::audit::Actor::system("test"), &house.request);
    let shares = [("C01".to_owned(), parts[0]), ("C02".to_owned(), parts[1])];
    service::set_shares(&house.service.app, by, "H01", &shares).await.unwrap();
}

async fn run(house: &House<'_>, sql: &'static str) {
    let mut tx = house.bench.db.begin().await.unwrap();
    on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn desk<'a>(house: &'a House<'_>) -> Pharmacist<'a> {
    house.of(house.of_role(Role::Admin), Permission::OrderManage).await
}

async fn n_in(house: &House<'_>, phase: Phase, asked: &Asked) -> i64 {
    let found = service::survey(&house.service, &desk(house).await, asked).await.unwrap();
    found.phases.into_iter().find(|(one, _)| *one == phase).unwrap().1
}

#[tokio::test]
async fn what_no_company_can_have_is_shown_until_one_can() {
    on_each(async |house| {
        shares(&house, [0, 0]).await;
        let document = house.document("沈怀山");
        paid(&house, &document).await;
        let order = house.order(&document.number).await;
        assert_eq!((order.state, order.company), (State::Paid, None));
        assert_eq!(n_in(&house, Phase::Assign, &Asked::default()).await, 1);
        house.bench.clock.advance(TimeDelta::minutes(16));
        let late = Asked { only: "late".into(), ..Asked::default() };
        let found = service::survey(&house.service, &desk(&house).await, &late).await.unwrap();
        assert_eq!((found.n_late, found.rows.len(), found.rows[0].is_late), (1, 1, true));
        house.work().await;
        assert_eq!(house.order(&document.number).await.state, State::Paid, "still nobody");
        shares(&house, [0, 1]).await;
        house.bench.clock.advance(TimeDelta::minutes(6));
        house.work().await;
        let order = house.order(&document.number).await;
        assert_eq!((order.state, order.company.as_deref()), (State::Dispatched, Some("C02")));
        assert_eq!(order.dispatched_at, Some(house.bench.now()));
        let found = service::survey(&house.service, &desk(&house).await, &late).await.unwrap();
        assert_eq!((found.n_late, found.rows.len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_full_company_one_out_of_stock_and_one_of_another_area_are_passed_by() {
    on_each(async |house| {
        let company = async |document: &crate::model::Document| {
            paid(&house, document).await;
            house.order(&document.number).await.company
        };
        shares(&house, [99, 1]).await;
        run(&house, "UPDATE herbal_company SET daily_capacity = 1 WHERE code = 'C01'").await;
        assert_eq!(company(&house.document("沈怀山")).await.as_deref(), Some("C01"));
        assert_eq!(
            company(&house.document("沈怀山")).await.as_deref(),
            Some("C02"),
            "the first is full today"
        );
        house.bench.clock.advance(TimeDelta::days(1));
        assert_eq!(company(&house.document("沈怀山")).await.as_deref(), Some("C01"), "a new day");

        run(
            &house,
            "UPDATE herbal_company SET daily_capacity = 0, areas = '徐汇区,闵行区' WHERE code = 'C01'",
        )
        .await;
        let home = |address: &str| {
            let mut document = house.document("沈怀山");
            document.delivery = Delivery { way: Way::Home, address: address.into(), ..Delivery::default() };
            document
        };
        assert_eq!(company(&home("静安区彭浦路1号")).await.as_deref(), Some("C02"));
        assert_eq!(company(&home("徐汇区漕溪路2号")).await.as_deref(), Some("C01"));

        let document = house.document("沈怀山");
        let (name, now) = (document.lines[0].name.clone(), house.bench.now());
        let mut tx = house.bench.db.begin().await.unwrap();
        on_tx!(&mut tx, |c| {
            let piece =
                "INSERT INTO herbal_piece(code, name, spec, unit, initials, is_active, changed, updated_at)
                VALUES ('T001', $1, '', 'g', '', $2, 1, $3)";
            sqlx::query(piece).bind(&name).bind(true).bind(now).execute(&mut *c).await.unwrap();
            let stock = "INSERT INTO herbal_stock(company, piece, quantity, changed, updated_at)
                VALUES ('C01', 'T001', 1000, 1, $1)";
            sqlx::query(stock).bind(now).execute(c).await.map(drop)
        })
        .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(company(&document).await.as_deref(), Some("C02"), "one gram is not enough for all doses");
    })
    .await;
}

#[tokio::test]
async fn by_hand_an_order_goes_to_another_company_and_elsewhere_without_a_new_audit() {
    on_each(async |house| {
        let document = house.document("沈怀山");
        let id = paid(&house, &document).await;
        let who = desk(&house).await;
        let seen = async || house.order(&document.number).await.n_events;
        let silent = service::assign(&house.service, &who, (id, seen().await), ("C02", "")).await;
        assert!(matches!(silent, Err(HerbalError::Refused(_))));
        let same = service::assign(&house.service, &who, (id, seen().await), ("C01", "催一下")).await;
        assert!(matches!(same, Err(HerbalError::Refused(_))));
        let old = seen().await;
        service::assign(&house.service, &who, (id, old), ("C02", "患者住得近")).await.unwrap();
        let twice = service::assign(&house.service, &who, (id, old), ("C01", "再改")).await;
        assert!(matches!(twice, Err(HerbalError::Outdated)));
        let order = house.order(&document.number).await;
        assert_eq!((order.state, order.company.as_deref()), (State::Dispatched, Some("C02")));

        let delivery = Delivery {
            way: Way::Home,
            address: "静安区延平路3号".into(),
            receiver: "沈小山".into(),
            phone: "13900000001".into(),
            ..Delivery::default()
        };
        let far = Delivery { address: "崇明区1号".into(), ..delivery.clone() };
        let refused = service::redirect(&house.service, &who, (id, seen().await), (far, "搬家")).await;
        assert!(matches!(refused, Err(HerbalError::Refused(_))));
        let at = (id, seen().await);
        service::redirect(&house.service, &who, at, (delivery.clone(), "患者来电")).await.unwrap();
        let look = service::look_at(&house.service, &who, id).await.unwrap();
        assert_eq!(look.whole.version.document.delivery, delivery);
        assert_eq!((look.whole.order.state, look.whole.version.number), (State::Dispatched, 1));
        assert!(look.whole.order.is_home && look.whole.verdict.is_some());
        house.work().await;
        let heard = house.heard(&document.number);
        assert_eq!(heard, ["passed", "dispatched", "withdrawn", "dispatched", "redirected"]);
        // Once the company has begun, it is not taken away from it.
        run(&house, "UPDATE prescription SET company = 'C01' WHERE company = 'C02'").await;
        step(&house, id, Event::Accepted, &NONE).await.unwrap();
        let late = service::assign(&house.service, &who, (id, seen().await), ("C02", "改派")).await;
        assert!(matches!(late, Err(HerbalError::WrongState { .. })), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_paid_without_a_price_is_listed_until_it_has_one_and_then_billed() {
    on_each(async |house| {
        let document = house.document("沈怀山");
        let id = paid(&house, &document).await;
        let found = service::survey(&house.service, &desk(&house).await, &Asked::default()).await.unwrap();
        assert_eq!(found.n_unpriced, 1);
        step(&house, id, Event::Accepted, &NONE).await.unwrap();
        for done in [Step::Dispensed, Step::Checked, Step::Soaked, Step::Decocted, Step::Packed, Step::Ready]
        {
            step(&house, id, Event::Did(done), &NONE).await.unwrap();
        }
        let tail = document.patient.id_number.clone().unwrap().split_off(14);
        let right = service::Proof { name: "沈怀山", tail: &tail, receipt: "S-17" };
        step(&house, id, Event::PickedUp, &right).await.unwrap();
        let handed_over = house.bench.now();
        house.bench.clock.advance(TimeDelta::days(3));
        let charged = Charged { pieces_fen: 8_800, decoction_fen: 2_100, delivery_fen: 0 };
        let who = desk(&house).await;
        let seen = house.order(&document.number).await.n_events;
        service::price(&house.service, &who, (id, seen), (&charged, "收据 S-17")).await.unwrap();
        let again = service::price(&house.service, &who, (id, seen), (&charged, "收据 S-17")).await;
        assert!(matches!(again, Err(HerbalError::Refused(_))));
        let sql = "SELECT at, pieces_fen, decoction_fen FROM herbal_settlement_line WHERE prescription = $1";
        let billed: Vec<(chrono::DateTime<chrono::Utc>, i64, i64)> =
            on_read!(&house.bench.db, |c| sqlx::query_as(sql).bind(&document.number).fetch_all(c).await)
                .unwrap();
        assert_eq!(billed, [(handed_over, 8_800, 2_100)], "in the month it was handed over");
        let found = service::survey(&house.service, &who, &Asked::default()).await.unwrap();
        assert_eq!(found.n_unpriced, 0);
    })
    .await;
}

#[tokio::test]
async fn orders_are_found_by_every_name_and_counted_by_every_side() {
    on_each(async |house| {
        let charged = Charged { pieces_fen: 1_000, decoction_fen: 200, delivery_fen: 30 };
        let one = house.document("沈怀山");
        paid_with(&house, &one, Some(&charged)).await;
        let mut other = house.document("许文娟");
        other.patient.phone = Some("13912345678".into());
        house.upload(&other).await;
        let who = desk(&house).await;
        let numbers = async |asked: Asked| {
            let found = service::survey(&house.service, &who, &asked).await.unwrap();
            found.rows.into_iter().map(|row| row.order.number).collect::<Vec<_>>()
        };
        let by = |q: &str| Asked { q: q.into(), ..Asked::default() };
        assert_eq!(numbers(Asked::default()).await, [other.number.clone(), one.number.clone()]);
        for q in [one.number.as_str(), "沈怀山", one.patient.id_number.as_deref().unwrap()] {
            assert_eq!(numbers(by(q)).await, from_ref(&one.number), "{q}");
        }
        assert_eq!(numbers(by("13912345678")).await, from_ref(&other.number));
        assert!(numbers(by("沈怀")).await.is_empty(), "a name is found whole");
        let unpaid = Asked { pay: "unpaid".into(), ..Asked::default() };
        assert_eq!(numbers(unpaid).await, from_ref(&other.number));
        let paid = Asked { pay: "paid".into(), sex: "male".into(), ..Asked::default() };
        assert_eq!(numbers(paid).await, from_ref(&one.number));
        assert!(numbers(Asked { institution: "H02".into(), ..Asked::default() }).await.is_empty());
        let wrong = Asked { from: "昨天".into(), ..Asked::default() };
        assert!(matches!(service::survey(&house.service, &who, &wrong).await, Err(HerbalError::Refused(_))));
        let groups = async |by: &str| {
            let asked = Asked { by: by.into(), ..Asked::default() };
            let found = service::survey(&house.service, &who, &asked).await.unwrap().groups.unwrap();
            found.rows.into_iter().map(|one| (one.label, one.n, one.n_patients, one.fen)).collect::<Vec<_>>()
        };
        let day = ui::format::date(house.bench.now());
        assert_eq!(groups("day").await, [(Some(day.clone()), 2, 2, 1_230)]);
        assert_eq!(groups("month").await, [(Some(day[..7].to_owned()), 2, 2, 1_230)]);
        let week = groups("week").await;
        let monday: chrono::NaiveDate = week[0].0.as_deref().unwrap().parse().unwrap();
        assert_eq!(chrono::Datelike::weekday(&monday), chrono::Weekday::Mon);
        assert!(
            (0..7).contains(&(platform::clock::Clock::today(&*house.bench.clock) - monday).num_days()),
            "{monday}"
        );
        assert_eq!(groups("institution").await, [(Some("H01".into()), 2, 2, 1_230)]);
        assert_eq!(groups("company").await.len(), 2, "with a company and without");
        for by in ["department", "doctor", "state", "sex"] {
            assert_eq!(groups(by).await.iter().map(|one| one.1).sum::<i64>(), 2, "{by}");
        }
        // Whoever belongs to another hospital sees none of it.
        let elsewhere = house.staff.iter().find(|one| one.department.institution == "H02").unwrap();
        let stranger = house.as_pharmacist(elsewhere, Permission::OrderManage).await;
        assert!(service::survey(&house.service, &stranger, &Asked::default()).await.unwrap().rows.is_empty());
        let id = house.order(&one.number).await.id;
        assert!(matches!(service::look_at(&house.service, &stranger, id).await, Err(HerbalError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn prescriptions_from_before_the_desk_are_found_after_the_sweep() {
    on_each(async |house| {
        house.upload(&house.document("沈怀山")).await;
        run(&house, "UPDATE prescription SET patient_name = NULL, patient_name_index = NULL, sex = NULL")
            .await;
        let by = Asked { q: "沈怀山".into(), ..Asked::default() };
        let who = desk(&house).await;
        assert!(service::survey(&house.service, &who, &by).await.unwrap().rows.is_empty());
        assert_eq!(service::name_patients(&house.service.app).await.unwrap(), 1);
        assert_eq!(service::survey(&house.service, &who, &by).await.unwrap().rows.len(), 1);
        assert_eq!(service::name_patients(&house.service.app).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_desk_works_by_screen_and_shows_no_whole_name_in_its_list() {
    on_each(async |house| {
        let document = house.document("周立成");
        let id = paid(&house, &document).await;
        let browser = house.browser(house.of_role(Role::Admin).principal()).await;
        let list = browser.get("/herbal/desk?by=institution").await;
        assert!(list.text.contains(&document.number) && list.text.contains("周*成"), "{}", list.text);
        assert!(!list.text.contains("周立成") && list.text.contains("没有费用"), "{}", list.text);
        let csv = browser.get("/herbal/desk/counts.csv?by=sex").await;
        assert!(csv.text.contains("性别,订单") && csv.text.contains("男,1,1"), "{}", csv.text);
        let wrong = browser.get("/herbal/desk?from=2026-13-01").await;
        assert_eq!(wrong.status, 422, "{}", wrong.text);
        assert!(wrong.text.contains("2026-03-01 的样子"), "{}", wrong.text);
        let at = format!("/herbal/desk/{id}");
        let page = browser.get(&at).await;
        assert!(page.text.contains("补记费用") && page.text.contains("改派"), "{}", page.text);
        let (csrf, seen) = (page.field("_csrf"), page.field("seen"));
        let bad = [("seen", seen.as_str()), ("pieces", "12.345"), ("reason", "收据")];
        let refused = browser.post(&format!("{at}/price"), &csrf, &bad).await;
        assert!(refused.status == 422 && refused.text.contains("12.345"), "kept: {}", refused.text);
        let good = [("seen", seen.as_str()), ("pieces", "12.34"), ("reason", "收据 17")];
        assert_eq!(browser.post(&format!("{at}/price"), &csrf, &good).await.status, 303);
        let move_it =
            [("seen", seen.as_str()), ("way", "home"), ("address", "静安区1号"), ("reason", "患者来电")];
        assert_eq!(browser.post(&format!("{at}/redirect"), &csrf, &move_it).await.status, 303);
        let page = browser.get(&at).await;
        assert!(page.text.contains("12.34 元") && page.text.contains("静安区1号"), "{}", page.text);
        assert!(page.text.contains("改为配送到家 · 患者来电"), "{}", page.text);
        let sites = browser.get("/herbal/sites").await;
        assert!(sites.text.contains("处方分给哪些企业"), "{}", sites.text);
        let shares = [("company", "C01"), ("parts", "5"), ("company", "C02"), ("parts", "0")];
        assert_eq!(browser.post("/herbal/sites/H01/shares", &csrf, &shares).await.status, 303);
        let known = store::list_shares(&house.bench.db).await.unwrap();
        let of_h01: Vec<_> = known.iter().filter(|(place, ..)| place == "H01").collect();
        assert_eq!(of_h01, [&("H01".to_owned(), "C01".to_owned(), 5)]);
    })
    .await;
}

#[tokio::test]
async fn a_companys_program_gets_its_orders_and_tells_each_step_once() {
    on_each(async |house| {
        let mut document = house.document("沈怀山");
        document.delivery =
            Delivery { way: Way::Home, address: "静安区北京西路9号".into(), ..Delivery::default() };
        let id = paid(&house, &document).await;
        let (company, hospital) = (house.secret("C01").await, house.secret("H01").await);
        let list = "/api/herbal/company/orders";
        let wrong = house.call(("H01", &hospital), "GET", list, "key-00000", &json!({})).await;
        assert_eq!(wrong.status.as_u16(), 403, "{}", wrong.text);
        let upload = "/api/herbal/prescriptions";
        let wrong = house.call(("C01", &company), "POST", upload, "key-00001", &json!(document)).await;
        assert_eq!(wrong.status.as_u16(), 403, "a company prescribes nothing: {}", wrong.text);
        let listed = house.call(("C01", &company), "GET", list, "key-00002", &json!({})).await.value();
        assert_eq!(listed["items"][0]["id"], json!(id));
        assert_eq!(listed["items"][0]["next"], json!(["accepted", "declined"]));
        let at = format!("{list}/{id}");
        let whole = house.call(("C01", &company), "GET", &at, "key-00003", &json!({})).await.value();
        assert_eq!(whole["document"]["delivery"]["address"], "静安区北京西路9号");
        let steps = format!("{at}/steps");
        let tell = async |key: &str, body: serde_json::Value| {
            house.call(("C01", &company), "POST", &steps, key, &body).await
        };
        let early = tell("key-00004", json!({"event": "packed"})).await;
        assert_eq!(early.status.as_u16(), 409, "{}", early.text);
        let unknown = tell("key-00005", json!({"event": "passed", "weight_g": -1})).await;
        assert_eq!(unknown.status.as_u16(), 422);
        assert!(unknown.text.contains("/event") && unknown.text.contains("/weight_g"), "{}", unknown.text);
        for (n, event) in
            ["accepted", "dispensed", "checked", "soaked", "decocted", "packed"].iter().enumerate()
        {
            let key = format!("key-of-step-{n}");
            let body = json!({"event": event, "by": "周师傅", "weight_g": 80.5});
            let told = tell(&key, body.clone()).await;
            assert_eq!(told.status.as_u16(), 200, "{event}: {}", told.text);
            assert_eq!(tell(&key, body).await.value(), told.value(), "told twice, done once");
        }
        let silent = tell("key-00006", json!({"event": "shipped"})).await;
        assert_eq!(silent.status.as_u16(), 422, "by whom? {}", silent.text);
        let sent = json!({"event": "shipped", "place": "顺风快递", "parcel": "SF123456"});
        assert_eq!(tell("key-00007", sent).await.value()["state"], "shipped");
        house.work().await;
        let heard = house.heard(&document.number);
        assert_eq!(
            heard[2..],
            ["accepted", "dispensed", "checked", "soaked", "decocted", "packed", "shipped"]
        );
        let look = service::look_at(&house.service, &desk(&house).await, id).await.unwrap();
        let newest = look.whole.steps.last().unwrap();
        assert_eq!((newest.detail.place.as_str(), newest.detail.receipt.as_str()), ("顺风快递", "SF123456"));
        let stranger = house.call(("C01", "0"), "GET", list, "key-00008", &json!({})).await;
        assert_eq!(stranger.status.as_u16(), 401);
    })
    .await;
}

#[tokio::test]
async fn a_patient_hears_when_to_pay_and_when_the_medicine_is_on_its_way() {
    on_each(async |house| {
        let mut document = house.document("唐素云");
        document.delivery =
            Delivery { way: Way::Home, address: "静安区1号".into(), ..Delivery::default() };
        let (residents, _) = people::service::list_demo_people(house.bench).await.unwrap();
        let me = residents[0].id;
        let unread = async || people::message::count_unread(house.bench, me).await.unwrap();
        let before = unread().await;
        let id = house.upload(&document).await;
        // Verified only after the prescription was written.
        let real = RealName { name: "唐素云".into(), id_number: document.id_number().unwrap() };
        let mut tx = house.bench.db.begin().await.unwrap();
        resident::verify(house.bench, &mut tx, me, &real, "review").await.unwrap();
        tx.commit().await.unwrap();
        let who = house.pharmacist().await;
        let passed = (crate::model::Decision::Passed, &[][..], "");
        service::decide(&house.service, &who, (id, 1), passed).await.unwrap();
        assert_eq!(unread().await - before, 1, "that it can be paid");
        let detail = Detail::default();
        let done = (Event::Paid, "收费处", &detail);
        service::act(&house.service, house.hospital(), &house.once(), &document.number, done, None)
            .await
            .unwrap();
        step(&house, id, Event::Accepted, &NONE).await.unwrap();
        for done in [Step::Dispensed, Step::Checked, Step::Soaked, Step::Decocted, Step::Packed] {
            step(&house, id, Event::Did(done), &NONE).await.unwrap();
        }
        assert_eq!(unread().await - before, 1, "nobody is disturbed by every step");
        let seen = house.order(&document.number).await.n_events;
        let parcel = Detail { place: "顺风快递".into(), receipt: "SF123456".into(), ..Detail::default() };
        let who = house.processor().await;
        let told = (Event::Did(Step::Shipped), &parcel);
        service::process(&house.service, &who, (id, seen), told, &NONE).await.unwrap();
        assert_eq!(unread().await - before, 2, "that it is on its way");
        let browser = house.browser(platform::session::Principal::Resident { id: me }).await;
        let page = browser.get(&format!("/prescriptions/{id}")).await;
        assert!(page.text.contains("顺风快递 单号 SF123456"), "{}", page.text);
    })
    .await;
}
