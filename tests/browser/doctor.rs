//! The whole way: a patient is asked, checks and sends; a doctor reads.

use crate::{Window, driver::Device, on_stage};

const COMPLAINT: &str = "咳嗽三天，有黄痰，发烧，最高38.5度";
const TAKEN_BACK: &str = "不对，是一年以前开始的";
const ALLERGY: &str = "青霉素过敏，起皮疹。";

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_fills_in_and_a_doctor_reads() {
    on_stage("a_patient_fills_in_and_a_doctor_reads", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        let mut pages = fills_in(&patient).await;
        pages.extend(checks_and_sends(&patient).await);

        let doctor = stage.person("doctor", Device::Desk).await;
        let suspects = reads(&doctor).await;
        let spoken = doctor.texts(".turns .q, .turns .a").await;
        nothing_of_it_was_told(&pages, &suspects, spoken);

        patient.open("/history").await;
        patient.tap(".list-row").await;
        assert!(patient.text("#main").await.contains("青霉素过敏"), "read again later");
    })
    .await;
}

/// From signing in to the end of the questions; gives all pages.
async fn fills_in(patient: &Window) -> Vec<String> {
    patient.sign_in("林晓雯").await;
    let mut pages = vec![patient.source().await];
    patient.begin("H01/IM").await;
    let first = patient.text("#now").await;
    assert!(first.contains("哪里不舒服"), "{first}");
    patient.answer(COMPLAINT).await;
    assert!(patient.text("#talk").await.contains(COMPLAINT));

    let asked = patient.text("#now").await;
    patient.answer(TAKEN_BACK).await;
    patient.tap_text("button", "撤回上一个回答").await;
    patient.see("#dock input[name=turn][value='1']").await;
    assert_eq!(patient.text("#now").await, asked, "the same question again");
    assert!(!patient.text("#talk").await.contains(TAKEN_BACK));

    let replied = patient.reply("没有").await;
    assert!(patient.text("#talk").await.contains(&replied));
    patient.open("/").await;
    patient.tap_text("a", "继续填写").await;
    patient.see("#dock").await;
    assert_eq!(patient.n_answers().await, 2, "nothing is lost by going away");
    pages.extend(patient.reply_to_the_end().await);
    pages
}

/// Changes the allergies and sends.
async fn checks_and_sends(patient: &Window) -> Vec<String> {
    let mut pages = vec![patient.source().await];
    let record = patient.text("dl.record").await;
    for title in ["主诉", "现病史", "既往史", "过敏史", "个人史", "家族史"] {
        assert!(record.contains(title), "{title} in {record}");
    }
    assert!(record.contains("发热") && !record.contains("一年"), "{record}");
    patient.tap("#part-allergy summary").await;
    patient.write("#part-allergy textarea", ALLERGY).await;
    patient.tap("#part-allergy form button").await;
    patient.see("#part-allergy .badge").await;
    assert!(patient.text("#part-allergy dd").await.contains(ALLERGY));
    pages.push(patient.source().await);

    patient.tap(".confirm-bar button").await;
    patient.see_text("h1", "已发给医生").await;
    pages.push(patient.source().await);
    for path in ["/", "/history"] {
        patient.open(path).await;
        pages.push(patient.source().await);
    }
    pages
}

/// Finds the patient in the list, looks at everything; gives the suspects.
async fn reads(doctor: &Window) -> Vec<String> {
    doctor.sign_in("顾砚秋").await;
    let row = doctor.text("tbody tr").await;
    assert!(row.contains("林晓雯") && row.contains("发热") && row.contains("已提交"), "{row}");
    doctor.tap_text("a", "林晓雯").await;
    doctor.see("#record").await;

    let history = doctor.text("dl.history").await;
    assert!(history.contains("主诉") && history.contains("现病史") && history.contains("发热"), "{history}");
    let (removed, added) = (doctor.text("dl.history del").await, doctor.text("dl.history ins").await);
    assert!(added.contains("青霉素过敏") && !removed.is_empty(), "-{removed} +{added}");

    let suspects = doctor.texts(".suspect-head h3").await;
    assert!(suspects.len() >= 2, "{suspects:?}");
    let reasons = doctor.text(".suspects .reasons").await;
    assert!(reasons.contains("支持") && reasons.contains("发热"), "{reasons}");
    assert!(doctor.text("#main").await.contains("供医生参考，不是诊断"));

    let answers = doctor.texts(".turns .a").await;
    assert!(answers.iter().any(|answer| answer == COMPLAINT), "{answers:?}");
    let voided = doctor.text(".turns .voided").await;
    assert!(voided.contains(TAKEN_BACK) && voided.contains("撤回"), "{voided}");

    doctor.tap("dl.history .ref").await;
    doctor.see(".turns li.marked").await;
    let labels = doctor.all(".suspect-head h3").await;
    let mut names = Vec::new();
    for label in labels {
        let code = label.find(fantoccini::Locator::Css(".suspect-meta")).await.expect("a code");
        let (whole, code) = (label.text().await.expect("text"), code.text().await.expect("text"));
        names.push(whole.trim_end_matches(&code).trim().to_owned());
    }
    names
}

/// A disease may be asked after, as diabetes in the past history; those words are taken out of the pages first.
fn nothing_of_it_was_told(pages: &[String], suspects: &[String], mut spoken: Vec<String>) {
    spoken.retain(|words| !words.is_empty());
    spoken.sort_by_key(|words| std::cmp::Reverse(words.len()));
    for page in pages {
        let rest = spoken.iter().fold(page.clone(), |rest, words| rest.replace(words.as_str(), ""));
        for word in suspects.iter().map(String::as_str).chain(["鉴别", "疑似", "概率"]) {
            assert!(!rest.contains(word), "{word} in {rest}");
        }
    }
}
