//! The whole way of a questionnaire: written by a doctor, published by a reviewer, pushed to a patient of the hospital,
//! filled in, put right, sent, read, imported, counted.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use fantoccini::{Locator, elements::Element};
use gateways::{
    Person,
    his::{Registration, RegistrationState, VisitKind},
};
use people::demo::demo_id;

use crate::{Window, driver::Device, on_whole_stage};

const TITLE: &str = "内科头痛就诊前问卷";

/// Jobs and counters come round within seconds, registrations within twenty.
const ROUND: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_goes_from_its_author_to_the_statistics() {
    on_whole_stage("walk", async move |stage| {
        let author = stage.person("author", Device::Desk).await;
        author.sign_in("顾砚秋").await;
        let template = designs(&author).await;

        let reviewer = stage.person("reviewer", Device::Desk).await;
        reviewer.sign_in("程一诺").await;
        reviewer.open("/staff/templates/review").await;
        reviewer.tap_text("a", TITLE).await;
        reviewer.tap("button[name=decision][value=approve]").await;
        reviewer.see_text("p", "没有待审的模板").await;
        reviewer.client.goto(&template).await.expect("a page opens");
        reviewer.see_text("span", "已发布").await;

        {
            let site = stage.site().await;
            site.simulators.his.as_ref().expect("a hospital").1.register(registration(site.app.now()));
        }
        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("何一鸣").await;
        fills_in(&patient).await;
        puts_right_and_sends(&patient).await;

        author.open("/doctor").await;
        author.tap_text("a", "何一鸣").await;
        author.see("#record").await;
        let read = author.text("main").await;
        for words in ["头痛3天", "程度做事吃力", "青霉素过敏，起皮疹。", TITLE] {
            assert!(read.contains(words), "{words} in {read}");
        }
        author.tap_text("button", "导入病历").await;
        author.until("#import", "回执").await;
        let taken = stage.site().await.simulators.emr.as_ref().expect("an EMR").1.taken();
        let document = &taken.first().expect("a document is taken").1.content;
        assert_eq!(taken.len(), 1);
        assert!(document.contains("头痛3天") && document.contains("青霉素过敏"), "{document}");

        reviewer.open("/staff/statistics/templates").await;
        reviewer.until("main", TITLE).await;
        let row = reviewer.see_text("tr", TITLE).await.text().await.unwrap();
        assert!(row.split_whitespace().any(|cell| cell == "1"), "{row}");
    })
    .await;
}

/// From an empty template to one in review; gives the address of its page.
async fn designs(author: &Window) -> String {
    author.open("/staff/templates/new").await;
    author.write("input[name=title]", TITLE).await;
    author.write("input[name=disease]", "头痛").await;
    author.tap_text("button", "新建").await;
    author.see(".designer").await;

    author.adds("时长").await;
    author.names("从什么时候开始疼的？", "头痛时长").await;
    author.sets("单位", "天").await;
    author.sets("范围", "0~365").await;
    author.sets("概念", "头痛").await;
    author.tells("主诉", "头痛{头痛时长}").await;
    author.saves().await;

    author.adds("是否").await;
    author.names("这几天发烧了吗？", "发烧").await;
    author.sets("如果", "发烧 = 否").await;
    author.sets("跳到", "程度").await;
    author.tells("现病史", "发热情况：{发烧}").await;
    author.saves().await;
    // A jump to what is not there yet is named at once, beside its card.
    author.until("#findings", "程度").await;

    author.adds("数字").await;
    author.names("最高烧到多少度？", "体温").await;
    author.sets("单位", "℃").await;
    author.sets("范围", "35~43").await;
    author.saves().await;

    author.adds("单选").await;
    author.names("疼得影响做事吗？", "程度").await;
    author.option(0, "不影响").await;
    author.option(1, "做事吃力").await;
    author.sets("显示", "头痛时长 >= 2天").await;
    author.tells("现病史", "，程度{程度}").await;
    author.saves().await;

    author.adds("多选").await;
    author.names("对什么过敏？", "过敏原").await;
    author.option(0, "青霉素").await;
    author.option(1, "海鲜").await;
    author.tells("过敏史", "对{过敏原}过敏。").await;
    author.saves().await;

    let template = author.address().await;
    let template = template.split(['?', '#']).next().expect("an address").to_owned();
    author.tap_text("a", "用例").await;
    author.tap_text("button", "生成用例").await;
    author.until("#findings", "走到 100%").await;
    author.tap_text("button", "提交审核").await;
    author.see_text("span", "待审").await;
    template
}

fn registration(scheduled_at: DateTime<Utc>) -> Registration {
    Registration {
        institution: "H01".into(),
        number: "W001".into(),
        department: "IM".into(),
        doctor: Some(demo_id("staff", "s01").to_string()),
        person: Person {
            index: Some(demo_id("resident", "r06").to_string()),
            name: "何一鸣".into(),
            ..Person::default()
        },
        kind: VisitKind::First,
        complaint: Some("头痛".into()),
        scheduled_at,
        source: "online".into(),
        state: RegistrationState::Registered,
    }
}

/// From the push to the last question.
async fn fills_in(patient: &Window) {
    patient.open("/messages").await;
    patient.until("main", "预问诊").await;
    patient.tap_text("button", "查看详情").await;
    patient.tap_text("button", "开始填写").await;
    patient.see("input[name='q/头痛时长']").await;
    assert!(!patient.is_there("input[name='q/程度']").await, "not before it is known for how long");
    patient.write("input[name='q/头痛时长']", "3").await;
    patient.tap("input[name='q/发烧'][value='否']").await;
    patient.see("input[name='q/程度']").await;
    assert!(!patient.is_there("input[name='q/体温']").await, "jumped over");
    patient.tap("input[name='q/程度'][value='做事吃力']").await;
    patient.tap("input[name='q/过敏原'][value='青霉素']").await;
    patient.tap("#page .next-bar button").await;
    patient.see("#dock, .confirm-bar").await;
    patient.reply_to_the_end().await;
}

/// A contradiction stops the record until it is put right.
async fn puts_right_and_sends(patient: &Window) {
    patient.amends("否认药物过敏史。").await;
    patient.see_text("div", "要改好才能提交").await;
    patient.tap(".confirm-bar button").await;
    patient.see("[role=alert]").await;
    patient.see(".confirm-bar").await;
    patient.amends("青霉素过敏，起皮疹。").await;
    assert!(!patient.text("main").await.contains("要改好才能提交"));
    patient.tap(".confirm-bar button").await;
    patient.see_text("h1", "已发给医生").await;
}

impl Window {
    async fn at(&self, place: &str) -> Element {
        let wait = self.client.wait().at_most(Duration::from_secs(30));
        wait.for_element(Locator::XPath(place)).await.unwrap_or_else(|error| panic!("{place}: {error}"))
    }

    /// Loads the page again until the words are there.
    async fn until(&self, css: &str, words: &str) {
        let begun = Instant::now();
        while !self.text(css).await.contains(words) {
            assert!(begun.elapsed() < ROUND, "{words} does not come: {}", self.text("main").await);
            tokio::time::sleep(Duration::from_millis(500)).await;
            self.client.refresh().await.expect("a page loads again");
        }
    }

    /// Puts a new question at the end; its card opens.
    async fn adds(&self, kind: &str) {
        self.tap(".card-end summary").await;
        self.tap(&format!(".card-end button[value='{kind}']")).await;
        self.see(".sheet-form").await;
        for summary in self.all(".sheet-form details:not([open]) > summary").await {
            summary.click().await.expect("a part opens");
        }
    }

    async fn names(&self, text: &str, name: &str) {
        self.write(".sheet-form textarea[name=text]", text).await;
        self.write(".sheet-form input[name=id]", name).await;
    }

    async fn sets(&self, label: &str, value: &str) {
        let place = "//form[contains(@class,'sheet-form')]//label[starts-with(normalize-space(.),";
        let field = self.at(&format!("{place} '{label}')]/input")).await;
        field.clear().await.expect("a field can be cleared");
        field.send_keys(value).await.expect("a field takes text");
    }

    /// What goes into a section of the record.
    async fn tells(&self, section: &str, sentence: &str) {
        let field = self.see(".sheet-form select[name='p.key']").await;
        field.select_by_label(section).await.expect("a section can be chosen");
        self.sets("句子", sentence).await;
    }

    async fn option(&self, line: usize, label: &str) {
        let fields = self.all(".sheet-form input[name='o.label']").await;
        fields[line].clear().await.expect("a field can be cleared");
        fields[line].send_keys(label).await.expect("a field takes text");
    }

    async fn saves(&self) {
        self.tap_text("button", "保存这一题").await;
        while self.is_there(".sheet-form").await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.see(".designer").await;
    }

    async fn amends(&self, allergy: &str) {
        self.tap("#part-allergy summary").await;
        self.write("#part-allergy textarea", allergy).await;
        self.tap("#part-allergy form button").await;
        self.find_words("#part-allergy dd", allergy).await;
    }

    async fn find_words(&self, css: &str, words: &str) {
        let begun = Instant::now();
        while !self.text(css).await.contains(words) {
            assert!(begun.elapsed() < ROUND, "{words} does not come: {}", self.text("main").await);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}
