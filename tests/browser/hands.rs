//! Different hands and eyes: large type, keys only, a trembling thumb, two tabs, no script.

use std::time::Duration;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};

use crate::{Window, driver::Device, on_stage};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn large_type_stays_on_every_page() {
    on_stage("large_type", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("沈怀山").await;
        let normal = type_size(&patient).await;
        patient.tap(".bar-size").await;
        patient.see("html[data-size=large]").await;
        let large = type_size(&patient).await;
        assert!(large >= normal * 1.2, "{normal} px to {large} px");
        assert_eq!(
            patient.see(".bar-size").await.attr("aria-pressed").await.unwrap().as_deref(),
            Some("true")
        );
        patient.begin("H02/GP").await;
        assert_eq!(patient.root("data-size").await, "large");
        patient.reply("头晕").await;
        for path in ["/", "/history", "/sign-in", "/no-such-page"] {
            patient.open(path).await;
            assert_eq!(patient.root("data-size").await, "large", "{path}");
            assert!((type_size(&patient).await - large).abs() < 0.1, "{path}");
            let (inner, outer) = widths(&patient).await;
            assert!(inner <= outer, "{path} scrolls sideways: {inner} > {outer}");
        }
        patient.open("/").await;
        patient.tap(".bar-size").await;
        patient.see("html[data-size=normal]").await;
        patient.open("/history").await;
        assert_eq!(patient.root("data-size").await, "normal");
    })
    .await;
}

async fn type_size(window: &Window) -> f64 {
    let size = window.see("#main").await.css_value("font-size").await.unwrap();
    size.trim_end_matches("px").parse().unwrap()
}

/// Of the content and of the screen.
async fn widths(window: &Window) -> (f64, f64) {
    let script = "const root = document.documentElement; return [root.scrollWidth, root.clientWidth];";
    let widths = window.client.execute(script, Vec::new()).await.unwrap();
    (widths[0].as_f64().unwrap(), widths[1].as_f64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_alone_answer_a_question() {
    on_stage("keys_alone", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        patient.open("/sign-in").await;
        tab_to(&patient, "何一鸣").await;
        press(&patient, ENTER).await;
        patient.see("[data-sign-out]").await;
        tab_to(&patient, "开始").await;
        press(&patient, ENTER).await;
        patient.see("#dock input[name=turn][value='0']").await;

        tab_to(&patient, "咳嗽").await;
        press(&patient, " ").await;
        tab_to(&patient, "textarea").await;
        press(&patient, "三天了").await;
        tab_to(&patient, "发送").await;
        press(&patient, ENTER).await;
        patient.see("#dock input[name=turn][value='1']").await;
        assert_eq!(patient.texts("#talk li.mine .bubble").await, ["咳嗽、三天了"]);
        let focused = patient.client.active_element().await.unwrap().attr("id").await.unwrap();
        assert_eq!(focused.as_deref(), Some("now"), "the new question has the focus");

        let reply = patient.texts("#dock button.chip").await.pop().expect("a quick reply");
        tab_to(&patient, &reply).await;
        press(&patient, ENTER).await;
        patient.see("#dock input[name=turn][value='2']").await;
        assert_eq!(patient.texts("#talk li.mine .bubble").await, ["咳嗽、三天了", &reply]);
    })
    .await;
}

/// Goes on with the Tab key until an element with this text, or of this name, has the focus.
async fn tab_to(window: &Window, wanted: &str) {
    let mut passed = Vec::new();
    while passed.len() < 30 {
        press(window, TAB).await;
        let focused = window.client.active_element().await.unwrap();
        let (text, name) = (focused.text().await.unwrap(), focused.tag_name().await.unwrap());
        let value = focused.prop("value").await.unwrap().unwrap_or_default();
        if name == wanted || value == wanted || (name != "body" && text.contains(wanted)) {
            return;
        }
        passed.push(format!("{name} {text}"));
    }
    panic!("{wanted} is not reached: {passed:?}");
}

async fn press(window: &Window, keys: &str) {
    window.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_tap_is_one_answer() {
    on_stage("a_double_tap", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("林晓雯").await;
        patient.begin("H01/IM").await;
        let path = patient.address().await.replace(&stage.site().await.base(), "");
        patient.answer("头疼两天").await;
        for pause in [0, 40, 80, 160, 250] {
            while !patient.is_there("#dock button.chip").await {
                patient.reply("没有").await;
            }
            let before = patient.n_answers().await;
            double_tap(&patient, Duration::from_millis(pause)).await;
            patient.see(&format!("#dock input[name=turn]:not([value='{before}'])")).await;
            patient.open(&path).await;
            let after = patient.n_answers().await;
            assert_eq!(after, before + 1, "two taps {pause} ms apart: {}", patient.text("main").await);
        }
    })
    .await;
}

/// Taps twice on the last quick reply, at the same place, whatever stands there the second time.
async fn double_tap(window: &Window, pause: Duration) {
    window.settled().await;
    let chips = window.all("#dock button.chip").await;
    let (x, y, width, height) = chips[chips.len() - 1].rectangle().await.unwrap();
    let scrolled = window.client.execute("return window.scrollY;", Vec::new()).await.unwrap();
    let (x, y) = (x + width / 2.0, y - scrolled.as_f64().unwrap() + height / 2.0);
    let mouse = MouseActions::new("thumb".into())
        .then(PointerAction::MoveTo { duration: None, x, y })
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT })
        .then(PointerAction::Pause { duration: pause })
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    window.client.perform_actions(mouse).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_an_outdated_tab_is_not_taken() {
    on_stage("an_outdated_tab", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("林晓雯").await;
        patient.begin("H01/IM").await;
        let old = patient.client.window().await.unwrap();
        let path = patient.address().await.replace(&stage.site().await.base(), "");

        let tab = patient.client.new_window(true).await.unwrap();
        patient.client.switch_to_window(tab.handle).await.unwrap();
        patient.open(&path).await;
        patient.answer("头疼两天").await;
        let waiting = patient.text("#now").await;

        patient.client.switch_to_window(old).await.unwrap();
        assert_eq!(patient.n_answers().await, 0, "this tab knows nothing of it");
        patient.write("#dock textarea", "拉肚子").await;
        patient.tap("#dock .send button").await;
        let note = patient.see("#dock .banner.warn[role=alert]").await.text().await.unwrap();
        assert!(note.contains("已经回答过了"), "{note}");
        assert_eq!(patient.text("#now").await, waiting, "the question that waits now");
        assert_eq!(patient.texts("#talk li.mine .bubble").await, ["头疼两天"]);
        patient.reply("没有").await;
        assert_eq!(patient.n_answers().await, 2);
        assert!(!patient.text("#talk").await.contains("拉肚子"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_script() {
    on_stage("without_script", async move |stage| {
        let patient = stage.person("patient", Device::PhoneWithoutScript).await;
        patient.sign_in("林晓雯").await;
        patient.tap(".bar-size").await;
        patient.see("html[data-size=large]").await;
        patient.begin("H01/IM").await;
        patient.answer("咳嗽三天").await;
        assert!(patient.address().await.ends_with("#now"), "an ordinary form: {}", patient.address().await);
        patient.reply("没有").await;
        patient.tap_text("button", "撤回上一个回答").await;
        patient.see("#dock input[name=turn][value='1']").await;
        patient.reply_to_the_end().await;
        patient.tap("#part-allergy summary").await;
        patient.write("#part-allergy textarea", "花粉过敏。").await;
        patient.tap("#part-allergy form button").await;
        patient.see("#part-allergy .badge").await;
        patient.tap(".confirm-bar button").await;
        patient.see_text("h1", "已发给医生").await;
        assert!(patient.text("#main").await.contains("花粉过敏。"));
    })
    .await;
}
