use platform::session::Principal;
use uuid::Uuid;

use crate::{
    service,
    testing::{Browser, House, Seen, on_each, reply},
};

const NO_INLINE: [&str; 5] = [" style=", "<style", "<script>", " onclick=", "javascript:"];

/// What a browser shows of a whole consultation, by ordinary forms.
async fn walk(house: &House<'_>, browser: &Browser, complaint: &str) -> (Uuid, Vec<Seen>) {
    let home = browser.get("/").await;
    let department = format!("{}/{}", house.doctor.department.institution, house.doctor.department.code);
    let begun = browser.post("/consultations", &home.field("_csrf"), &[("department", &department)]).await;
    assert_eq!(begun.status, 303);
    let path = begun.location.clone();
    let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
    let mut seen = vec![home];
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let own = house.own(id).await;
        let Some(question) = own.interview.dialogue().pending().cloned() else {
            seen.push(page);
            break;
        };
        let text = if own.turns.is_empty() { complaint.to_owned() } else { reply(&question.options) };
        let name = if own.turns.is_empty() { "text" } else { "choice" };
        let (turn, key, asked) = (page.field("turn"), page.field("request_key"), page.field("question"));
        let fields = [("turn", turn.as_str()), ("request_key", &key), ("question", &asked), (name, &text)];
        let sent = browser.post(&path, &page.field("_csrf"), &fields).await;
        assert_eq!(
            (sent.status.as_u16(), sent.location.as_str()),
            (303, format!("{path}#now").as_str()),
            "{}",
            sent.text
        );
        let again = browser.post(&path, &page.field("_csrf"), &fields).await;
        assert_eq!(again.status, 303, "a retry is answered as the first time");
        seen.push(page);
    }
    (id, seen)
}

#[tokio::test]
async fn suspects_never_reach_a_patient() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let (id, mut seen) = walk(&house, &browser, "咳嗽咳痰五天，发烧，体温38.5，胸口有点疼").await;
        let check = seen.last().unwrap();
        let path = format!("/consultations/{id}");
        let amended = [("version", check.field("version")), ("text", "没有过敏。".into())];
        let fields: Vec<_> = amended.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let saved = browser.post(&format!("{path}/record/allergy"), &check.field("_csrf"), &fields).await;
        assert_eq!(saved.location, format!("{path}#part-allergy"), "{}", saved.text);
        let check = browser.get(&path).await;
        let version = check.field("version");
        browser.post(&format!("{path}/confirm"), &check.field("_csrf"), &[("version", &version)]).await;
        seen.push(check);
        let json = format!("/api/preconsult/my-consultations/{id}");
        for path in ["/", &path, "/history", &json, "/api/preconsult/my-consultations"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            seen.push(page);
        }

        let reading = service::read(&house.service, house.reader(&house.doctor).await, id).await.unwrap();
        let own = house.own(id).await;
        // Words of the questions and of the patient are no suspects; they may be shown.
        let spoken = format!("{:?}", own.turns);
        let secret: Vec<_> =
            reading.assessment.suspects.iter().map(|s| &s.label).filter(|l| !spoken.contains(*l)).collect();
        assert!(secret.len() >= 2, "{:?}", reading.assessment.suspects);
        for page in &seen {
            for word in
                secret.iter().map(|label| label.as_str()).chain(["鉴别", "icd10", "probability", "suspect"])
            {
                assert!(!page.text.contains(word), "{word} in {}", page.text);
            }
        }
        for page in &seen {
            assert!(NO_INLINE.iter().all(|inline| !page.text.contains(inline)), "{}", page.text);
        }
    })
    .await;
}

#[tokio::test]
async fn the_doctor_reads_the_record_with_what_it_rests_on() {
    on_each(async |house| {
        let id = house.begin().await;
        house.say(id, 0, "头疼<b>两天</b>", "turn-0-first").await.unwrap();
        service::undo(&house.service, house.patient(), id, 1).await.unwrap();
        let own = house.talk_to_the_end(id, "咳嗽三天，发烧38.5").await;
        let part = crate::model::Part::ChiefComplaint;
        let version = own.consultation.version;
        service::amend(&house.service, house.patient(), id, (part, version), "咳嗽发热5天").await.unwrap();
        service::confirm(&house.service, house.patient(), id, version + 1).await.unwrap();

        let browser = house.browser(house.doctor.principal()).await;
        let list = browser.get("/doctor").await;
        assert!(
            list.text.contains("咳嗽发热5天") && list.text.contains(&house.resident.name),
            "{}",
            list.text
        );
        let record = browser.get(&format!("/doctor/consultations/{id}")).await;
        for text in [
            "供医生参考，不是诊断",
            "未审核",
            "尚未经临床审核",
            "现病史",
            "href=\"#t1\"",
            "id=\"t1\"",
            "data-marks=\"t1",
            "class=\"voided\"",
            "头疼&#60;b&#62;两天",
            "<del>",
            "<ins>",
            "本人撤回",
            "支持",
            "尚未询问",
        ] {
            assert!(record.text.contains(text), "{text} missing in {}", record.text);
        }
        assert!(NO_INLINE.iter().all(|inline| !record.text.contains(inline)));
        let other = house.browser(house.other_doctor.principal()).await;
        assert_eq!(other.get(&format!("/doctor/consultations/{id}")).await.status, 404);
        assert_eq!(other.get(&format!("/consultations/{id}")).await.status, 403, "a page for residents");
        assert_eq!(other.get("/").await.location, "/desk");
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_is_shown_again_with_a_note() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let id = house.begin().await;
        let path = format!("/consultations/{id}");
        let page = browser.get(&path).await;
        let (csrf, key) = (page.field("_csrf"), page.field("request_key"));
        let long = "咳".repeat(10_001);
        let refused =
            browser.post(&path, &csrf, &[("turn", "0"), ("request_key", &key), ("text", &long)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("最多 10000 个字") && refused.text.contains(&long), "the text is kept");
        for nothing in ["", "  ", "😷"] {
            let refused =
                browser.post(&path, &csrf, &[("turn", "0"), ("request_key", &key), ("text", nothing)]).await;
            assert_eq!(refused.status, 422, "{nothing:?}");
            assert!(refused.text.contains("还没有看到文字"), "{}", refused.text);
        }
        house.say(id, 0, "咳嗽三天", "another-tab").await.unwrap();
        let refused =
            browser.post(&path, &csrf, &[("turn", "0"), ("request_key", &key), ("text", "发烧")]).await;
        assert_eq!(refused.status, 409);
        let waiting = house.own(id).await.interview.dialogue().pending().cloned().unwrap();
        assert!(
            refused.text.contains("已经回答过了") && refused.text.contains(&waiting.text),
            "{}",
            refused.text
        );
        assert_eq!(refused.field("turn"), "1", "the form now answers the waiting question");
    })
    .await;
}

#[tokio::test]
async fn only_the_signed_in_owner_gets_in() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let id = house.begin().await;
        let path = format!("/consultations/{id}");
        let forged = browser
            .post(&path, "forged", &[("turn", "0"), ("request_key", "12345678"), ("text", "咳嗽")])
            .await;
        assert_eq!(forged.status, 403);
        assert!(house.own(id).await.turns.is_empty());
        let stranger = house.browser(Principal::Resident { id: house.neighbour.id }).await;
        assert_eq!(stranger.get(&path).await.status, 404);
        assert_eq!(stranger.get(&format!("{path}/restart")).await.status, 404);
        let out = browser.signed_out().get(&path).await;
        assert_eq!(out.status, 303);
        assert!(out.location.starts_with("/sign-in?next=%2Fconsultations%2F"), "{}", out.location);
        assert_eq!(browser.get("/consultations/no-id").await.status, 400);
        assert_eq!(browser.get("/doctor").await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn an_emergency_says_what_to_do_next() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let id = house.begin().await;
        house.say(id, 0, "胸口剧烈压榨样疼痛半小时，出冷汗，喘不上气", "turn-0").await.unwrap();
        let path = format!("/consultations/{id}");
        let warning = browser.get(&path).await;
        assert!(
            warning.text.contains("href=\"tel:120\"") && warning.text.contains("role=\"alert\""),
            "{}",
            warning.text
        );
        let stop = house.own(id).await.interview.dialogue().pending().unwrap().options[0].clone();
        house.say(id, 1, &stop, "turn-1").await.unwrap();
        let page = browser.get(&path).await;
        assert!(
            page.text.contains("现在就去急诊") && page.text.contains("href=\"tel:120\""),
            "{}",
            page.text
        );
        let undone = browser
            .post(&format!("{path}/undo"), &page.field("_csrf"), &[("turn", &page.field("turn"))])
            .await;
        assert_eq!(undone.status, 303);
        assert!(browser.get(&path).await.text.contains("name=\"request_key\""));
    })
    .await;
}

#[tokio::test]
async fn beginning_anew_asks_first() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let id = house.begin().await;
        let asked = browser.get(&format!("/consultations/{id}/restart")).await;
        assert!(asked.text.contains("要放弃这次填写吗"));
        assert!(house.own(id).await.consultation.state.is_open());
        let gone = browser.post(&format!("/consultations/{id}/restart"), &asked.field("_csrf"), &[]).await;
        assert_eq!((gone.status.as_u16(), gone.location.as_str()), (303, "/"));
        assert!(browser.get("/").await.text.contains("开始预问诊"));
        assert!(browser.get(&format!("/consultations/{id}")).await.text.contains("已放弃"));
    })
    .await;
}

#[tokio::test]
async fn a_resident_searches_reads_judges_and_forgets() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let found =
            browser.get("/health?q=%E7%97%9B%E9%A3%8E%E8%83%BD%E5%90%83%E6%B5%B7%E9%B2%9C%E4%BC%90").await;
        assert!(
            found.text.contains("/health/articles/gout") && found.text.contains("<mark>"),
            "{}",
            found.text
        );
        let nothing = browser.get("/health?q=zzzzqq").await;
        assert!(nothing.text.contains("接下来可以") && nothing.text.contains("预问诊"), "{}", nothing.text);

        let article = browser.get("/health/articles/gout").await;
        assert!(
            article.text.contains("何时就医") && article.text.contains("未经临床审核"),
            "{}",
            article.text
        );
        assert_eq!(browser.get("/health/articles/no-such-article").await.status, 404);
        let csrf = article.field("_csrf");
        for useful in ["yes", "yes", "no"] {
            let answer = browser.post("/health/articles/gout", &csrf, &[("useful", useful)]).await;
            assert_eq!(answer.location, "/health/articles/gout", "{}", answer.text);
        }
        assert!(browser.get("/health/articles/gout").await.text.contains("已经记下"));
        let counted = crate::store::list_tallies(&house.service.app).await.unwrap();
        assert_eq!(counted["gout"], (0, 1), "one person has one opinion, the last one");

        let shelf = browser.get("/health").await;
        assert!(shelf.text.contains("最近看过") && shelf.text.contains("/health/articles/gout"));
        let forgotten = browser.post("/health/forget", &csrf, &[]).await;
        assert_eq!(forgotten.location, "/health");
        assert!(!browser.get("/health").await.text.contains("最近看过"));
        assert_eq!(crate::store::list_tallies(&house.service.app).await.unwrap()["gout"], (0, 1));
    })
    .await;
}

#[tokio::test]
async fn what_was_told_chooses_the_articles_and_completions_come_as_json() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        walk(&house, &browser, "咳嗽咳痰五天，发烧，体温38.5，胸口有点疼").await;
        let shelf = browser.get("/health").await;
        assert!(shelf.text.contains("您说到咳") || shelf.text.contains("您说到发热"), "{}", shelf.text);
        let completions = browser.get("/health/suggestions?q=gaoxue").await;
        assert!(
            completions.text.starts_with('[') && completions.text.contains("高血压"),
            "{}",
            completions.text
        );
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_questionnaire_are_filled_in_with_ordinary_forms() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let home = browser.get("/").await;
        let department = format!("{}/{}", house.doctor.department.institution, house.doctor.department.code);
        let start = [("department", department.as_str()), ("complaint", "头痛"), ("is_first", "yes")];
        let begun = browser.post("/consultations", &home.field("_csrf"), &start).await;
        assert_eq!(begun.status, 303, "{}", begun.text);
        let path = begun.location.clone();
        let page = browser.get(&path).await;
        assert!(
            page.text.contains("从什么时候开始疼的？") && page.text.contains("疼痛本身"),
            "{}",
            page.text
        );
        let csrf = page.field("_csrf");
        let key = page.field("request_key");
        let place = [("form", "0"), ("page", "0"), ("request_key", key.as_str())];
        let shown = ["头痛时长", "突发", "部位", "性质", "程度"].map(|path| ("shown", path));

        // Wrong and missing answers come back beside their questions with what was written.
        let wrong: Vec<_> = [&place[..], &shown, &[("q/头痛时长", "很久<b>"), ("q/突发", "否")]].concat();
        let refused = browser.post(&format!("{path}/page"), &csrf, &wrong).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("请写数字") && refused.text.contains("请回答这一题"));
        assert!(refused.text.contains("value=\"很久&#60;b&#62;\""), "{}", refused.text);

        // What the script asks while one is still ticking is not kept.
        let peek: Vec<_> = [&place[..], &shown, &[("q/突发", "是"), ("peek", "yes")]].concat();
        let peeked = browser.post(&format!("{path}/page"), &csrf, &peek).await;
        assert_eq!(peeked.status, 200);
        assert!(!peeked.text.contains("q/部位"), "after a sudden onset nothing more is asked here");

        let answers = [
            ("q/头痛时长", "3"),
            ("q/突发", "否"),
            ("q/部位", "前额"),
            ("q/部位", "太阳穴"),
            ("q/性质", "像箍着、压着"),
            ("q/程度", "不影响"),
        ];
        let right: Vec<_> = [&place[..], &shown, &answers].concat();
        let taken = browser.post(&format!("{path}/page"), &csrf, &right).await;
        assert_eq!((taken.status.as_u16(), taken.location.as_str()), (303, format!("{path}#now").as_str()));
        let second = browser.get(&path).await;
        assert!(
            second.text.contains("疼的时候还有什么") && second.text.contains("?at=0-0"),
            "{}",
            second.text
        );
        let first = browser.get(&format!("{path}?at=0-0")).await;
        assert!(first.text.contains("value=\"像箍着、压着\" checked"), "{}", first.text);
        for page in [&page, &refused, &peeked, &second, &first] {
            assert!(NO_INLINE.iter().all(|inline| !page.text.contains(inline)), "{}", page.text);
        }
        assert_eq!(house.own(path.rsplit('/').next().unwrap().parse().unwrap()).await.turns.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn the_code_on_the_wall_leads_into_its_department() {
    on_each(async |house| {
        let browser = house.resident_browser().await;
        let department = &house.doctor.department;
        let start = format!("/start/{}/{}", department.institution, department.code);
        let page = browser.get(&start).await;
        assert!(page.text.contains(&department.institution_name), "{}", page.text);
        let codes = page.field("department");
        let entry = page.field("entry");
        let fields = [("department", codes.as_str()), ("entry", entry.as_str())];
        let begun = browser.post("/consultations", &page.field("_csrf"), &fields).await;
        let id = begun.location.rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(house.own(id).await.consultation.entry, crate::model::EntryKind::Qr);
        let gone = browser.get("/start/H99/NONE").await;
        assert_eq!(gone.status, 404);
        assert!(gone.text.contains("二维码") && gone.text.contains("导诊台"), "{}", gone.text);
        let stranger = browser.signed_out().get(&start).await;
        assert!(stranger.status == 303 || stranger.status == 401, "{:?}", stranger.status);
    })
    .await;
}
