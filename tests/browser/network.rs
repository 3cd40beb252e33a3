//! A weak network and a server that goes away.

use crate::{driver::Device, on_stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_a_server_that_is_killed() {
    on_stage("a_server_that_is_killed", async move |stage| {
        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("林晓雯").await;
        patient.begin("H01/IM").await;
        patient.answer("头疼两天").await;

        stage.site().await.stop().await;
        patient.write("#dock textarea", "没有，都能叫应").await;
        patient.tap("#dock .send button").await;
        patient.see_text("p", "网络不稳定，正在重新发送").await;
        stage.site().await.start_again().await;
        patient.see("#dock input[name=turn][value='2']").await;
        assert_eq!(patient.texts("#talk li.mine .bubble").await, ["头疼两天", "没有，都能叫应"]);
        assert_eq!(patient.text("#notice").await, "", "the notice has gone");

        // A draft that was not sent is still there after the page is loaded again.
        patient.write("#dock textarea", "写了一半").await;
        patient.client.refresh().await.unwrap();
        let draft = patient.see("#dock textarea").await.prop("value").await.unwrap();
        assert_eq!(draft.as_deref(), Some("写了一半"));
    })
    .await;
}
