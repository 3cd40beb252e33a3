//! Statements on both databases: recorded, uploaded, put right, confirmed, sent, invoiced, approved, paid.

use std::sync::Arc;

use axum::http::StatusCode;
use gateways::{Gateways, simulate::Fault, simulate::Simulators, simulate::start_missing};
use people::Staff;
use platform::{Config, Tx, db::test_support::Bench, jobs::Worker, on_read, rights::Permission};
use rstest::rstest;
use uuid::Uuid;

use super::{
    matching::Kind,
    model::{Amounts, Desk, Settled, State},
    record,
    service::{self, Base, File, Fix},
    store,
};
use crate::testing::desk::{Browser, House, Seen, on_each, on_each_with};

const HEAD: &str = "处方号,订单号,剂数,饮片金额,代煎费,配送费,退款金额,价格版本,合计\n";

fn order<'a>(number: &'a str, prescription: &'a str, at: &str) -> Settled<'a> {
    Settled {
        order_number: number,
        prescription_number: prescription,
        institution: "H01",
        company: "C01",
        at: at.parse().unwrap(),
        doses: 7,
        amounts: Amounts { pieces: 10_000, decoction: 2_100, delivery: 0, refunded: 0 },
        price_version: Some(3),
    }
}

const FEBRUARY: &str = "2026-02-10T02:00:00Z";

async fn tell(house: &House, orders: &[Settled<'_>]) {
    let mut tx: Tx = house.app().db.begin().await.unwrap();
    for one in orders {
        record(&mut tx, one).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn desk<'a>(house: &'a House, staff: &Staff) -> Desk<'a> {
    Desk { right: house.right(staff, Permission::HerbalStatement).await, request: &house.request }
}

async fn upload(house: &House, lines: &str) -> Result<Uuid, super::StatementError> {
    let bytes = format!("{HEAD}{lines}").into_bytes();
    let file = File { other: "C01", month: "2026-02", name: "二月.csv", bytes };
    service::upload(house.app(), &desk(house, &house.pharmacist).await, file).await
}

async fn found(house: &House, id: Uuid) -> super::model::Statement {
    store::find(&house.app().db, id).await.unwrap().unwrap()
}

async fn base(house: &House, id: Uuid) -> Base {
    Base { id, version: found(house, id).await.version }
}

async fn kinds(house: &House, id: Uuid) -> Vec<String> {
    let found = store::list_differences(&house.app().db, id, "", (0, 100)).await.unwrap();
    found.into_iter().map(|one| format!("{}{}", one.prescription, one.kinds.trim_end())).collect()
}

/// Month and net of what is recorded of an order.
async fn parts(house: &House, order: &str) -> Vec<(String, i64, i64)> {
    let sql = "SELECT month, doses, pieces_fen + decoction_fen + delivery_fen - refunded_fen
        FROM herbal_settlement_line WHERE order_number = $1 ORDER BY month";
    on_read!(&house.app().db, |c| sqlx::query_as(sql).bind(order).fetch_all(c).await).unwrap()
}

#[tokio::test]
async fn an_order_told_again_counts_once_and_a_refund_after_the_month_closed_is_billed_later() {
    on_each(async |house, _| {
        let one = order("D1", "P1", FEBRUARY);
        tell(house, &[one.clone(), one.clone()]).await;
        assert_eq!(parts(house, "D1").await, [("2026-02".to_owned(), 7, 12_100)]);
        let id = upload(house, "P1,,7,100,21,,,3,121\n").await.unwrap();
        assert_eq!(found(house, id).await.state, State::Matched);
        let hospital = desk(house, &house.pharmacist).await;
        service::confirm(house.app(), &hospital, base(house, id).await, 12_100).await.unwrap();
        let refunded = Settled {
            amounts: Amounts { refunded: 5_000, ..one.amounts },
            at: "2026-02-27T02:00:00Z".parse().unwrap(),
            ..one.clone()
        };
        tell(house, &[refunded.clone(), refunded.clone()]).await;
        let expected = [("2026-02".to_owned(), 7, 12_100), ("2026-03".to_owned(), 0, -5_000)];
        assert_eq!(parts(house, "D1").await, expected);
        service::withdraw(house.app(), &hospital, base(house, id).await, "医院要求重核").await.unwrap();
        let whole = Settled { amounts: Amounts { refunded: 12_100, ..one.amounts }, ..refunded };
        tell(house, &[whole]).await;
        assert_eq!(parts(house, "D1").await[0], ("2026-02".to_owned(), 7, 5_000));
        let mut tx = house.app().db.begin().await.unwrap();
        let too_much = Settled { amounts: Amounts { refunded: 12_101, ..one.amounts }, ..one };
        assert!(record(&mut tx, &too_much).await.is_err(), "more than was paid never goes back");
    })
    .await;
}

#[tokio::test]
async fn an_upload_finds_the_differences_and_the_company_puts_its_orders_right() {
    on_each(async |house, _| {
        let mut wrong_hospital = order("D7", "P7", FEBRUARY);
        wrong_hospital.institution = "H02";
        let mut refunded = order("D4", "P4", FEBRUARY);
        refunded.amounts.refunded = 12_100;
        let orders = [
            order("D1", "P1", FEBRUARY),
            order("D2", "P2", FEBRUARY),
            order("D3", "P3", FEBRUARY),
            refunded,
            order("D5", "P5", "2026-01-20T02:00:00Z"),
            order("D6", "P6", FEBRUARY),
            wrong_hospital,
        ];
        tell(house, &orders).await;
        let lines = "P1,,7,100,21,,,3,\nP2,,14,90,21,,,2,\nP4,,7,100,21,,,3,\nP5,,7,100,21,,,3,\n\
            P6,,7,100,21,,,3,\nP6,,7,100,21,,,3,\nP7,,7,100,21,,,3,\nP9,,7,1,,,,3,\n";
        let id = upload(house, lines).await.unwrap();
        let expected = [
            "P2 amount dose_count price_version",
            "P3 not_billed",
            "P4 refunded_but_billed",
            "P5 wrong_month",
            "P6 duplicate",
            "P7 wrong_hospital",
            "P9 unknown",
        ];
        assert_eq!(kinds(house, id).await, expected);
        let one = found(house, id).await;
        assert_eq!((one.state, one.n_billed, one.n_own, one.n_matched), (State::Differing, 8, 5, 2));
        assert_eq!((one.billed_fen, one.own_fen, one.matched_fen), (83_800, 48_400, 24_200));

        let company = desk(house, &house.company).await;
        for (way, why) in [
            (Fix::AsBilled, "按实际调配更正"),
            (Fix::ToNextMonth, "三月一日才送达"),
            (Fix::ToThisMonth, "二月才签收"),
        ] {
            let fixed = service::fix(house.app(), &company, base(house, id).await, (way, None), why).await;
            assert_eq!(fixed.unwrap(), 1, "{way:?}");
        }
        let left = ["P4 refunded_but_billed", "P6 duplicate", "P7 wrong_hospital", "P9 unknown"];
        assert_eq!(kinds(house, id).await, left);
        assert_eq!(parts(house, "D2").await, [("2026-02".to_owned(), 14, 11_100)]);
        assert_eq!(parts(house, "D3").await[0].0, "2026-03");
        assert_eq!(parts(house, "D5").await[0].0, "2026-02");
        let hospital = desk(house, &house.pharmacist).await;
        let own = base(house, id).await;
        let refused = service::fix(house.app(), &hospital, own, (Fix::AsBilled, None), "不该由医院改").await;
        assert!(matches!(refused, Err(super::StatementError::NotYours("企业"))), "{refused:?}");
        let nothing = service::fix(house.app(), &company, own, (Fix::AsBilled, Some(1)), "试试看").await;
        assert!(matches!(nothing, Err(super::StatementError::Refused(_))), "{nothing:?}");
        let early = service::confirm(house.app(), &hospital, own, one.matched_fen).await;
        assert!(early.is_err(), "nothing is confirmed while something differs");

        let id2 =
            upload(house, "P1,,7,100,21,,,3,\nP2,,14,90,21,,,2,\nP5,,7,100,21,,,3,\nP6,,7,100,21,,,3,\n");
        assert_eq!(id2.await.unwrap(), id);
        let one = found(house, id).await;
        assert_eq!((one.state, one.upload, one.n_differing), (State::Matched, 2, 0));
        assert_eq!((one.billed_fen, one.own_fen, one.matched_fen), (47_400, 47_400, 47_400));
        let same =
            upload(house, "P1,,7,100,21,,,3,\nP2,,14,90,21,,,2,\nP5,,7,100,21,,,3,\nP6,,7,100,21,,,3,\n");
        assert!(same.await.unwrap_err().note().unwrap().contains("完全相同"));

        // An order that comes in between makes it differ again, at the moment of confirming.
        tell(house, &[order("D8", "P8", FEBRUARY)]).await;
        let late = service::confirm(house.app(), &hospital, base(house, id).await, 47_400).await;
        assert!(late.unwrap_err().note().unwrap().contains("又有订单"), "the late order is seen");
        assert_eq!(kinds(house, id).await, ["P8 not_billed"]);
    })
    .await;
}

async fn simulated(bench: &Bench, config: &mut Config) -> Simulators {
    start_missing(config, &bench.app.clock, &bench.app.ids).await.unwrap()
}

/// Opens the statement, fills in the form of a deed and opens it again.
async fn act(browser: &Browser, path: &str, deed: &str, fields: &[(&str, &str)]) -> Seen {
    let seen = browser.get(path).await;
    let sent = browser.submit(&seen, &format!("{path}/{deed}"), fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{deed}: {}", sent.text);
    browser.get(path).await
}

#[tokio::test]
async fn a_statement_goes_all_the_way_to_the_payment_through_the_screens() {
    on_each_with(simulated, async |house, bench, simulators| {
        tell(house, &[order("D1", "P1", FEBRUARY), order("D2", "P2", FEBRUARY)]).await;
        let hospital = house.browser(&house.pharmacist).await;
        let company = house.browser(&house.company).await;
        let district = house.browser(&house.admin).await;
        let list = hospital.get("/herbal/statements").await;
        list.shows("没有对账单");
        let fields = [("other", "C01"), ("month", "2026-02")];
        let bad = format!("{HEAD}P1,,x,100,21,,,3,121\n");
        let refused = hospital.upload(&list, "/herbal/statements", &fields, ("a.csv", bad.as_bytes())).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows("第 2 行 C 列（剂数）：“x”不是整数");
        let good = format!("{HEAD}P1,,7,100,21,,,3,121\nP2,,8,100,21,,,3,121\n");
        let sent = hospital.upload(&list, "/herbal/statements", &fields, ("a.csv", good.as_bytes())).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let path = sent.location;
        hospital.get(&path).await.shows("剂数不符");
        let export = hospital.get(&format!("{path}/differences.csv")).await;
        export.shows("P2,剂数不符,第 3 行,8,");
        assert!(!hospital.get(&path).await.text.contains("成批更正"), "only the company corrects");
        act(&company, &path, "fix", &[("fix", "as_billed"), ("reason", "复核后为 8 剂")])
            .await
            .shows("核对一致");
        company.get(&path).await.shows("复核后为 8 剂");

        act(&hospital, &path, "confirm", &[]).await.shows("一方已确认");
        act(&company, &path, "confirm", &[]).await.shows("双方已确认");
        act(&hospital, &path, "send", &[]).await.shows("正在上传");
        let worker = super::handlers(Worker::new(house.app().clone()), Gateways::of(house.app()));
        let (running, sunshine) = simulators.sunshine.as_ref().unwrap();
        running.faults.next(Fault::LoseAnswer);
        worker.step().await.unwrap();
        hospital.get(&path).await.shows("正在上传");
        bench.clock.advance(chrono::TimeDelta::minutes(5));
        worker.step().await.unwrap();
        company.get(&path).await.shows("回执 YG");
        let kept: Vec<_> = sunshine.orders().into_values().collect();
        assert_eq!((kept.len(), kept[0].amount.as_str(), kept[0].is_confirmed), (1, "242.00", true));

        let seen = company.get(&path).await;
        let invoices = format!("{path}/invoices");
        let short = company.submit(&seen, &invoices, &[("invoices", "26312000000012345678 241.99")]).await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        short.shows("与确认的 242.00 元不符");
        let both = "26312000000012345678 200\n26312000000012345679 42.00";
        act(&company, &path, "invoices", &[("invoices", both)]).await.shows("已开票");
        act(&hospital, &path, "return", &[("reason", "抬头有误")]).await.shows("医院退回：抬头有误");
        act(&company, &path, "invoices", &[("invoices", both)]).await.shows("26312000000012345679");
        act(&hospital, &path, "write-off", &[]).await.shows("医院已核销");
        let stranger = company.submit(&seen, &invoices, &[("invoices", both)]).await;
        assert_eq!(stranger.status, StatusCode::PRECONDITION_FAILED, "an old page does nothing");
        act(&district, &path, "settle/approve", &[]).await.shows("区审核通过");
        act(&district, &path, "settle/pay", &[("reference", "JA-2026-0001")]).await.shows("已结清");
        let one =
            service::list(house.app(), &desk(house, &house.company).await, (Some(State::Paid), "")).await;
        assert_eq!(one.unwrap()[0].payment_reference.as_deref(), Some("JA-2026-0001"));
    })
    .await;
}

#[tokio::test]
async fn a_statement_is_nobody_elses_and_the_district_does_not_act_for_others() {
    on_each(async |house, _| {
        tell(house, &[order("D1", "P1", FEBRUARY)]).await;
        let id = upload(house, "P1,,7,100,21,,,3,121\n").await.unwrap();
        let other = Staff {
            id: Uuid::from_u128(77),
            department: people::Department {
                institution: "H02".into(),
                ..house.pharmacist.department.clone()
            },
            ..house.pharmacist.clone()
        };
        let held = platform::rights::roles::find_held(&house.app().db, house.pharmacist.id).await.unwrap();
        let right = platform::rights::Right::new(
            other.principal(),
            String::new(),
            Some(Permission::HerbalStatement),
            Arc::new(held),
        );
        let stranger = Desk { right: right.unwrap(), request: &house.request };
        let unseen = service::find(house.app(), &stranger, id).await;
        assert!(matches!(unseen, Err(super::StatementError::NotFound)));
        assert!(service::list(house.app(), &stranger, (None, "")).await.unwrap().is_empty());
        let own = base(house, id).await;
        let none = service::confirm(house.app(), &stranger, own, 12_100).await;
        assert!(matches!(none, Err(super::StatementError::NotFound)));
        let district = desk(house, &house.admin).await;
        let refused = service::confirm(house.app(), &district, own, 12_100).await;
        assert!(matches!(refused, Err(super::StatementError::NotYours(_))), "{refused:?}");
        let browser = house.browser(&house.company).await;
        let seen = browser.get(&format!("/herbal/statements/{id}")).await;
        let approve = format!("/herbal/statements/{id}/settle/approve");
        let fields = [("_csrf", seen.field("_csrf")), ("version", "1".into())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused =
            browser.submit(&seen, &format!("/herbal/statements/{id}/confirm"), &[("net", "1")]).await;
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "another sum than the one shown");
        let forbidden = browser.post(&approve, &fields).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[rstest]
#[case("12345678 1.00\n", Ok(1))]
#[case("12345678\n", Err("第 1 行"))]
#[case("\n1234567 1\n", Err("第 2 行"))]
#[case("12345678 0\n", Err("不是金额"))]
#[case("12345678 1\n12345678 2\n", Err("写了两次"))]
fn invoices_are_read_line_by_line(#[case] text: &str, #[case] expected: Result<usize, &str>) {
    match (service::invoices(text), expected) {
        (Ok(found), Ok(n)) => assert_eq!(found.len(), n),
        (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
        (found, _) => panic!("{found:?}"),
    }
}

#[test]
fn every_difference_has_advice_and_a_name_that_reads_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.name()), Some(kind));
        assert!(kind.advice().ends_with('。') && !kind.text().is_empty());
    }
}
