//! The list of what patients filled in: found by what it says, with the columns wanted, taken along (PM-03, PM-04).

use platform::audit::{Search, search};
use tests::TestApp;

use super::sent;

const RECORDS: &str = "/staff/statistics/records";

#[tokio::test]
async fn records_are_found_by_what_they_say_with_the_columns_wanted_and_taken_along() {
    TestApp::on_each_database(async |app| {
        let cough = sent(app, "r05", "咳嗽三天，有黄痰，发烧，最高38.5度").await;
        sent(app, "r06", "头疼两天").await;
        let mut doctor = app.staff("s01").await;
        let day = doctor.get("/doctor").await;
        assert!(day.body.contains(&format!("href=\"{RECORDS}\"")), "a way from the day's list");

        let all = doctor.get(RECORDS).await;
        assert_eq!(all.body.matches("看报告").count(), 2, "{}", all.body);
        for words in ["林晓雯", "何一鸣", "AI 直接问", "云川区中心医院 内科"] {
            assert!(all.body.contains(words), "{words} in {}", all.body);
        }
        assert!(!all.body.contains("<th scope=\"col\">现病史</th>"), "not before it is chosen");

        let found = doctor.get(&format!("{RECORDS}?words=%E5%92%B3%E5%97%BD&c=name&c=complaint")).await;
        assert!(found.body.contains("在最近的 2 份里找到 1 份"), "{}", found.body);
        assert!(found.body.contains("林晓雯") && !found.body.contains("何一鸣"), "{}", found.body);
        assert!(!found.body.contains("<th scope=\"col\">提交时间</th>"), "only what was chosen");
        let by_name = doctor.get(&format!("{RECORDS}?words=%E4%BD%95%E4%B8%80%E9%B8%A3")).await;
        assert!(by_name.body.contains("何一鸣") && !by_name.body.contains("林晓雯"));

        let history = doctor.get(&format!("{RECORDS}?c=name&c=allergy&c=present_illness")).await;
        assert_eq!(history.status, 200, "{}", history.body);
        assert!(history.body.contains("<th scope=\"col\">现病史</th>"), "{}", history.body);
        let asked = Search { action: Some("consultation.read".into()), ..Search::default() };
        assert_eq!(search(&app.db, &asked, None, 10).await.unwrap().len(), 2, "each record that was shown");

        for wrong in ["c=secret", "level=9", "from=x", "after=x", "institution=H02"] {
            let refused = doctor.get(&format!("{RECORDS}?{wrong}")).await;
            assert!([422, 403].contains(&refused.status), "{wrong}: {}", refused.status);
        }

        let export = format!("{RECORDS}/export");
        let fields = [("c", "name"), ("c", "present_illness"), ("format", "csv")];
        let file = doctor.post_form(&export, &fields).await;
        assert_eq!(file.status, 200, "{}", file.body);
        assert!(file.body.contains("患者,现病史\r\n"), "{}", file.body);
        assert!(file.body.contains("林晓雯,") && file.body.contains("咳嗽"), "{}", file.body);
        let asked = Search { action: Some("consultation.export".into()), ..Search::default() };
        let rows = search(&app.db, &asked, None, 10).await.unwrap();
        assert_eq!(rows.len(), 2, "each record that was taken along");
        assert!(rows.iter().any(|row| row.object.as_deref().is_some_and(|object| object.ends_with(&cough))));
        app.clock.advance(chrono::TimeDelta::minutes(11));
        let late = doctor.post_form(&export, &fields).await;
        assert!(late.status == 303 && late.location().starts_with("/account/proof"), "not without a proof");

        let mut elsewhere = app.staff("s03").await;
        let nothing = elsewhere.get(RECORDS).await;
        assert!(nothing.body.contains("没有符合的记录"), "{}", nothing.body);
    })
    .await;
}
