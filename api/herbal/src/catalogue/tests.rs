//! The base data on both databases: imported with a preview, changed, kept as history, fetched and pushed.

use axum::http::StatusCode;
use gateways::{
    Gateways, signature,
    simulate::{Fault, Simulators, start_missing},
};
use platform::{Config, config::ALL_OTHERS, db::test_support::Bench, jobs::Worker};
use rust_xlsxwriter::Workbook;

use super::{
    find_price,
    model::{Company, Person},
    reckon,
    service::{self, Desk},
    store,
};
use crate::testing::desk::{Browser, House, Seen, on_each, on_each_with};

const FIRST: &str = "医保统编代码,品名,规格,单位,单价,计价数量,生效日期,状态\n\
    T001,当归,统货,克,0.1234,1,2026-03-01,\nT002,白附子,,克,12.3,100,,\nT003,云川秘制草,,包,5,,,停用\n";

async fn import(browser: &Browser, text: &[u8]) -> (String, Seen) {
    let path = "/herbal/catalogue/import";
    let form = browser.get(path).await;
    let sent = browser.upload(&form, path, &[], ("目录.csv", text)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let preview = browser.get(&sent.location).await;
    (sent.location, preview)
}

async fn take(browser: &Browser, text: &[u8]) {
    let (path, preview) = import(browser, text).await;
    let taken = browser.submit(&preview, &path, &[]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
}

#[tokio::test]
async fn a_file_is_looked_at_and_then_taken_over_whole() {
    on_each(async |house, _| {
        let admin = house.browser(&house.admin).await;
        let form = admin.get("/herbal/catalogue/import").await;
        let bad = "医保统编代码,品名,单位,单价\nT001,当归,克,一元\nT001,,克,1\n";
        let refused = admin.upload(&form, "/herbal/catalogue/import", &[], ("a.csv", bad.as_bytes())).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for place in [
            "第 2 行 D 列（单价）",
            "第 3 行 A 列（医保统编代码）：与第 2 行的代码相同",
            "第 3 行 B 列（品名）：不能为空",
        ] {
            refused.shows(place);
        }
        assert_eq!(store::find_version(&house.app().db).await.unwrap(), 0, "nothing of it is taken");

        let (path, preview) = import(&admin, FIRST.as_bytes()).await;
        preview.shows("有 3 处变化");
        preview.shows("1 味没有对应的饮片知识");
        preview.shows("云川秘制草");
        assert_eq!(store::find_version(&house.app().db).await.unwrap(), 0, "looking changes nothing");
        let taken = admin.submit(&preview, &path, &[]).await;
        assert_eq!(taken.location, "/herbal/catalogue");
        let again = admin.submit(&preview, &path, &[]).await;
        assert_eq!(again.status, StatusCode::PRECONDITION_FAILED);
        let list = admin.get("/herbal/catalogue?q=dg").await;
        list.shows("当归");
        list.shows("0.1234 元/克");
        assert!(!list.text.contains("白附子"), "found by the first letters only");
        admin.get("/herbal/catalogue?only=retired").await.shows("云川秘制草");
        admin.get("/herbal/catalogue?only=unmatched").await.shows("没有符合的饮片");

        let mut tx = house.app().db.begin().await.unwrap();
        let today = house.app().clock.today();
        assert_eq!(find_price(&mut tx, "T001", today).await.unwrap().unwrap().amount(10_000), Some(123));
        // Seven doses of 10.5 g are 73.5 × 0.1234 yuan.
        let mut cost = async |code, name, unit| {
            reckon(&mut tx, [(code, name, unit, 10.5)].into_iter(), 7, today).await.unwrap()
        };
        assert_eq!(cost("", "当归", "g").await, Some(907));
        assert_eq!(cost("T001", "全当归", "克").await, Some(907), "by its code");
        assert_eq!(cost("", "当归", "袋").await, None, "another unit");
        assert_eq!(cost("", "黄芪", "g").await, None, "not in the catalogue");
        assert_eq!(cost("T003", "云川秘制草", "包").await, None, "out of use");
        drop(tx);
        let (_, same) = import(&admin, FIRST.as_bytes()).await;
        same.shows("没有变化");
    })
    .await;
}

#[tokio::test]
async fn a_piece_is_edited_with_a_price_from_a_day_and_its_history_stays() {
    on_each(async |house, _| {
        let admin = house.browser(&house.admin).await;
        take(&admin, FIRST.as_bytes()).await;
        let path = "/herbal/catalogue/pieces/T001";
        let seen = admin.get(path).await;
        seen.shows("对应的饮片知识：当归");
        let fields = [
            ("name", "当归片"),
            ("unit", "克"),
            ("is_active", "yes"),
            ("yuan", "0.15"),
            ("per", "1"),
            ("valid_from", "2026-04-01"),
        ];
        let saved = admin.submit(&seen, path, &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
        let after = admin.get(path).await;
        after.shows("当归 统货 克 启用");
        after.shows("0.15 元/克");
        let outdated = admin.submit(&seen, path, &fields).await;
        assert_eq!(outdated.status, StatusCode::PRECONDITION_FAILED);
        let wrong = admin
            .submit(&after, path, &[("name", "当归片"), ("unit", "克"), ("yuan", "x"), ("per", "1")])
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        wrong.shows("单价应为元");
        let mut tx = house.app().db.begin().await.unwrap();
        let day = |text: &str| text.parse().unwrap();
        let price = |fen, per| Some((fen, per));
        for (at, expected) in
            [("2026-02-28", None), ("2026-03-31", price(1234, 100)), ("2026-04-01", price(15, 1))]
        {
            let found = find_price(&mut tx, "T001", day(at)).await.unwrap();
            assert_eq!(found.map(|price| (price.fen, price.per)), expected, "{at}");
        }
        drop(tx);
        let pharmacist = house.browser(&house.pharmacist).await;
        assert!(!pharmacist.get(path).await.text.contains("保存</button>"));
        let forbidden = pharmacist.get("/herbal/companies").await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_company_imports_its_own_stock_only() {
    on_each(async |house, _| {
        let admin = house.browser(&house.admin).await;
        take(&admin, FIRST.as_bytes()).await;
        let company = house.browser(&house.company).await;
        let path = "/herbal/stock/import";
        let form = company.get(path).await;
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (row, (code, quantity)) in [("T001", 1200.5), ("T002", 30.0)].into_iter().enumerate() {
            let row = u32::try_from(row + 1).unwrap();
            sheet.write(row, 0, code).unwrap();
            sheet.write(row, 1, quantity).unwrap();
        }
        sheet.write(0, 0, "医保统编代码").unwrap();
        sheet.write(0, 1, "库存").unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let other = company.upload(&form, path, &[("company", "C99")], ("s.xlsx", &bytes)).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
        let sent = company.upload(&form, path, &[("company", "C01")], ("s.xlsx", &bytes)).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let preview = company.get(&sent.location).await;
        preview.shows("1200.5");
        assert_eq!(company.submit(&preview, &sent.location, &[]).await.status, StatusCode::SEE_OTHER);
        admin.get("/herbal/catalogue/pieces/T001").await.shows("1200.5 克");
        let unknown = company
            .upload(&form, path, &[("company", "C01")], ("s.csv", "医保统编代码,库存\nX9,1\n".as_bytes()))
            .await;
        unknown.shows("目录里没有这个代码");
    })
    .await;
}

#[tokio::test]
async fn companies_and_their_people_are_kept_with_what_they_may_do() {
    on_each(async |house, _| {
        let right = house.right(&house.admin, platform::rights::Permission::HerbalCatalogue).await;
        let desk = Desk { right, request: &house.request };
        let company = |code: &str, areas: &str, version| Company {
            code: code.into(),
            name: "云川百草代煎".into(),
            areas: areas.into(),
            daily_capacity: 500,
            phone: String::new(),
            is_active: true,
            version,
        };
        let save = async |one| service::save_company(house.app(), &desk, one).await;
        assert!(save(company("C02", "崇明区", 0)).await.unwrap_err().note().unwrap().contains("崇明"));
        save(company("C02", "", 0)).await.unwrap();
        assert!(save(company("C02", "", 0)).await.unwrap_err().note().unwrap().contains("已有"));
        save(company("C02", "静安区", 1)).await.unwrap();
        assert!(matches!(save(company("C02", "", 1)).await, Err(super::CatalogueError::Outdated)));
        let all = people::service::list_all_departments(house.app()).await.unwrap();
        assert!(all.iter().any(|one| one.institution == "C02" && one.code == "HERBAL"));
        let seen = people::service::list_departments(house.app()).await.unwrap();
        assert!(!seen.iter().any(|one| one.code == "HERBAL"), "no patient is sent there");
        let person = |post: &str, licence: &str| Person {
            number: "001".into(),
            name: "苏子叶".into(),
            post: post.into(),
            licence: licence.into(),
            is_active: true,
        };
        let admit = async |one| service::save_person(house.app(), &desk, "C02", one).await;
        assert!(admit(person("复核药师", "")).await.is_err(), "a pharmacist without licence");
        admit(person("复核药师", "YS-1")).await.unwrap();
        admit(person("配送", "")).await.unwrap();
        let people = store::list_people(&house.app().db, "C02").await.unwrap();
        assert_eq!((people.len(), people[0].post.as_str()), (1, "配送"));
    })
    .await;
}

async fn simulated(bench: &Bench, config: &mut Config) -> Simulators {
    start_missing(config, &bench.app.clock, &bench.app.ids).await.unwrap()
}

fn signed(house: &House, target: &str, secret: &str) -> Vec<(&'static str, String)> {
    let app = house.app();
    let now = app.now().timestamp();
    let account = app.config.hospitals[ALL_OTHERS].account.clone();
    let signed = signature::of_request(secret, "GET", target, now, "word-word", b"");
    vec![
        (signature::ACCOUNT, account),
        (signature::TIMESTAMP, now.to_string()),
        (signature::NONCE, "word-word".into()),
        (signature::SIGNATURE, signed),
    ]
}

#[tokio::test]
async fn hospitals_are_told_every_change_once_and_may_fetch_it_themselves() {
    on_each_with(simulated, async |house, bench, simulators: Simulators| {
        let admin = house.browser(&house.admin).await;
        take(&admin, FIRST.as_bytes()).await;
        let worker = super::handlers(Worker::new(house.app().clone()), Gateways::of(house.app()));
        let (running, _) = simulators.his.as_ref().unwrap();
        running.faults.next(Fault::LoseAnswer);
        while worker.step().await.unwrap() > 0 {}
        bench.clock.advance(chrono::TimeDelta::minutes(5));
        while worker.step().await.unwrap() > 0 {}
        let told = simulators.catalogue.as_ref().unwrap();
        for institution in ["H01", "H02"] {
            let kept = told.kept_by(institution);
            assert_eq!((kept.version, kept.changes.len()), (1, 6), "{institution}");
        }
        let repeats = told.kept_by("H01").n_repeats + told.kept_by("H02").n_repeats;
        assert_eq!(repeats, 1, "the one whose answer was lost came again");
        admin.get("/herbal/catalogue/pushes").await.shows("CAT-H01-1");
        take(&admin, FIRST.replace("0.1234", "0.2").as_bytes()).await;
        admin.get("/herbal/catalogue/pushes").await.shows("待推送");
        while worker.step().await.unwrap() > 0 {}
        assert_eq!(told.kept_by("H02").changes.last().unwrap().kind, "price");

        let secret = house.app().config.hospitals[ALL_OTHERS].secret.clone();
        let target = "/api/herbal/hospitals/H01/catalogue/changes?after=1";
        let seen = admin.get_with(target, &signed(house, target, &secret)).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        let value: serde_json::Value = serde_json::from_str(&seen.text).unwrap();
        assert_eq!((value["items"].as_array().unwrap().len(), value["next"].as_i64()), (1, Some(2)));
        assert_eq!(value["items"][0]["after"]["fen"], 20);
        let mut again = signed(house, target, &secret);
        again.push(("if-none-match", seen.etag));
        assert_eq!(admin.get_with(target, &again).await.status, StatusCode::NOT_MODIFIED);
        let wrong = admin.get_with(target, &signed(house, target, "guess")).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        let target = "/api/herbal/hospitals/H01/catalogue";
        let whole = admin.get_with(target, &signed(house, target, &secret)).await;
        let value: serde_json::Value = serde_json::from_str(&whole.text).unwrap();
        assert_eq!(value["pieces"].as_array().unwrap().len(), 3);
    })
    .await;
}
