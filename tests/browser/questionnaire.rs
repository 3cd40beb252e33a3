//! A questionnaire instead of the dialogue: chosen by what the visit is about, filled in page by page.

use crate::{Window, driver::Device, on_stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_filled_in_page_by_page_and_read_by_the_doctor() {
    on_stage("questionnaire", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("何一鸣").await;
        begins_with_a_headache(&patient).await;

        // What is missing or wrong is marked beside its question, and what was written stays.
        patient.write("input[name='q/头痛时长']", "很久").await;
        patient.tap("#page .next-bar button").await;
        patient.see("#page .item.wrong").await;
        let faults = patient.texts("#page .fault").await;
        assert!(faults.iter().any(|fault| fault.contains("请写数字")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("请回答这一题")), "{faults:?}");
        let written = patient.see("input[name='q/头痛时长']").await.prop("value").await.unwrap();
        assert_eq!(written.as_deref(), Some("很久"));

        patient.write("input[name='q/头痛时长']", "3").await;
        for (question, option) in [
            ("突发", "否"),
            ("部位", "前额"),
            ("部位", "太阳穴"),
            ("性质", "一跳一跳地疼"),
            ("程度", "做事吃力"),
        ] {
            chooses(&patient, question, option).await;
        }
        patient.tap("#page .next-bar button").await;
        patient.see("input[name='q/伴随']").await;

        // An answer opens more questions on the same page, without sending it.
        assert!(!patient.is_there("input[name='q/体温']").await);
        chooses(&patient, "伴随", "发烧").await;
        patient.see("input[name='q/体温']").await;
        patient.write("input[name='q/体温']", "38.6").await;
        chooses(&patient, "颈硬", "否").await;
        patient.tap("#page .next-bar button").await;
        patient.see("input[name='q/反复']").await;

        // Nothing is lost by going away.
        patient.open("/").await;
        patient.tap_text("a", "继续填写").await;
        chooses(&patient, "反复", "否").await;
        chooses(&patient, "用药过", "否").await;
        patient.tap("#page .next-bar button").await;
        patient.see("#dock").await;
        patient.reply_to_the_end().await;
        let record = patient.text("dl.record").await;
        assert!(record.contains("头痛3天") && record.contains("体温38.6℃"), "{record}");
        patient.tap(".confirm-bar button").await;
        patient.see("#now .message-mark.ok").await;

        let doctor = stage.person("doctor", Device::Desk).await;
        doctor.sign_in("顾砚秋").await;
        doctor.open("/doctor").await;
        doctor.tap_text("a", "何一鸣").await;
        doctor.see("#record").await;
        let read = doctor.text("main").await;
        assert!(read.contains("头痛3天") && read.contains("为什么问这些：头痛初诊"), "{read}");
        assert!(doctor.text(".turns").await.contains("从什么时候开始疼的"));
    })
    .await;
}

async fn begins_with_a_headache(patient: &Window) {
    patient.open("/").await;
    patient.see("#department").await.select_by_value("H01/IM").await.expect("the department can be chosen");
    patient.see("#complaint").await.select_by_label("头痛").await.expect("the complaint can be chosen");
    patient.tap("form[action='/consultations'] details summary").await;
    patient.tap_text("label", "第一次看").await;
    patient.tap("form[action='/consultations'] button").await;
    patient.see("#page").await;
    assert!(patient.text("#page h1").await.contains("疼痛本身"));
}

/// Ticks an option, and waits for what the page makes of it.
async fn chooses(window: &Window, question: &str, option: &str) {
    window.tap(&format!("input[name='q/{question}'][value='{option}']")).await;
    while window.is_there("#page[data-peeking]").await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
