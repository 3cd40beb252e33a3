use std::sync::Arc;

use platform::{Config, db::test_support::Bench};
use serde_json::json;

use super::*;
use crate::{
    Gateways,
    simulate::{Fault, start_missing},
};

#[tokio::test]
async fn templates_come_by_pages_and_go_up_once() {
    let mut bench = Bench::sqlite(&[]).await;
    let mut config = Config { gateway_seconds: 1, ..(*bench.app.config).clone() };
    let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
    bench.app.config = Arc::new(config);
    let shenkang = Gateways::of(&bench.app).shenkang.unwrap();
    let (running, simulator) = simulators.shenkang.as_ref().unwrap();
    let template = |n: usize| Content {
        code: format!("SK{n:02}"),
        version: "1".into(),
        title: format!("模板 & {n}"),
        format: "form".into(),
        content: "问卷".into(),
    };
    for n in 0..25 {
        simulator.publish(template(n));
    }
    running.faults.next(Fault::LoseAnswer);
    let first = shenkang.list_changes(None).await.unwrap();
    assert_eq!((first.items.len(), first.has_more), (20, true), "asked again, as it only reads");
    let second = shenkang.list_changes(Some(&first.next)).await.unwrap();
    assert_eq!((second.items.len(), second.has_more, second.next.as_str()), (5, false, "25"));
    assert_eq!(shenkang.find_template("SK03", "1").await.unwrap(), template(3));
    assert!(shenkang.find_template("SK03", "2").await.unwrap_err().is_refusal());
    let dictionary =
        Dictionary {
            name: "科室".into(), version: "3".into(), entries: vec![("01".into(), "内科".into())]
        };
    simulator.set_dictionaries(vec![dictionary.clone()]);
    assert_eq!(shenkang.list_dictionaries().await.unwrap(), [dictionary]);

    let upload = Upload {
        code: "JA-1".into(),
        version: "1".into(),
        title: "咳嗽".into(),
        text: "问卷 咳嗽".into(),
        fhir: json!({"resourceType": "Questionnaire"}),
    };
    running.faults.next(Fault::LoseAnswer);
    assert!(shenkang.upload(&upload).await.unwrap_err().is_temporary());
    let receipt = "SK-000001".to_owned();
    assert_eq!(shenkang.upload(&upload).await.unwrap(), Verdict::Duplicate { receipt });
    let other = Upload { text: "另一份".into(), ..upload.clone() };
    assert_eq!(shenkang.upload(&other).await.unwrap(), Verdict::Refused { reason: "version_taken".into() });
    let empty = Upload { text: String::new(), version: "2".into(), ..upload };
    assert_eq!(
        shenkang.upload(&empty).await.unwrap(),
        Verdict::Refused { reason: "invalid_template".into() }
    );
    assert_eq!(simulator.uploaded().len(), 1);
    bench.finish().await;
}
