//! Documents of the kinds in use, and what becomes of them.

use serde_json::{Value, json};

use super::{super::samples, *};
use crate::form::draft::Flag;

fn publication() -> Publication {
    Publication {
        base: "https://example.org/Questionnaire/".to_owned(),
        date: Some("2026-11-23".to_owned()),
        publisher: Some("某医院".to_owned()),
    }
}

fn found<'v>(value: &'v Value, link: &str) -> &'v Value {
    fn inside<'v>(value: &'v Value, link: &str) -> Option<&'v Value> {
        if value.get("linkId").and_then(Value::as_str) == Some(link) {
            return Some(value);
        }
        value.get("item")?.as_array()?.iter().find_map(|item| inside(item, link))
    }
    inside(value, link).unwrap_or(&Value::Null)
}

#[expect(clippy::needless_pass_by_value, reason = "callers write the items in place")]
fn read(items: Value) -> (Draft, Vec<Loss>) {
    let document = json!({"resourceType": "Questionnaire", "status": "draft", "id": "x", "item": items});
    import("x.json", &document.to_string()).expect("a document that can be read")
}

fn named<'d>(items: &'d [Item], id: &str) -> &'d Item {
    fn inside<'d>(items: &'d [Item], id: &str) -> Option<&'d Item> {
        items.iter().find_map(|item| if item.id.text == id { Some(item) } else { inside(&item.items, id) })
    }
    inside(items, id).unwrap_or_else(|| panic!("no item {id}"))
}

fn said<'d>(item: &'d Item, key: &str) -> &'d str {
    item.first(key).map_or("", |property| property.value.text.as_str())
}

fn codes(losses: &[Loss]) -> Vec<(&str, &str)> {
    losses.iter().map(|loss| (loss.code, loss.place.as_str())).collect()
}

fn path(name: &str, path: &str) -> Value {
    let url = match name {
        "enableWhenExpression" | "calculatedExpression" | "initialExpression" => address::sdc(name),
        other => address::core(other),
    };
    json!({"url": url, "valueExpression": {"language": "text/fhirpath", "expression": path}})
}

fn choice(link: &str, options: &[&str]) -> Value {
    let options: Vec<Value> =
        options.iter().map(|o| json!({"valueCoding": {"code": o, "display": format!("选{o}")}})).collect();
    json!({"linkId": link, "type": "choice", "answerOption": options})
}

#[test]
fn the_headache_questionnaire_comes_back_the_same() {
    let draft = samples::headache();
    let (document, _) = export(&draft, &publication());
    let (back, lost) = import("headache.json", &document.to_string()).expect("our own document");
    assert_eq!(back, draft);
    assert_eq!(lost, []);
}

#[test]
fn export_says_what_fhir_can_say_in_standard_elements() {
    let (document, losses) = export(&samples::headache(), &publication());
    assert_eq!(document["url"], "https://example.org/Questionnaire/headache-first");
    assert_eq!(
        (&document["version"], &document["status"], &document["title"]),
        (&json!("1"), &json!("draft"), &json!("头痛初诊"))
    );
    assert_eq!(
        (&document["date"], &document["publisher"], &document["subjectType"]),
        (&json!("2026-11-23"), &json!("某医院"), &json!(["Patient"]))
    );
    assert_eq!(found(&document, "次数")["enableBehavior"], "all");
    assert_eq!(
        found(&document, "次数")["enableWhen"],
        json!([
            {"question": "体温", "operator": ">=", "answerDecimal": 38.5},
            {"question": "GAD.紧张", "operator": "=", "answerCoding": {"code": "好几天", "display": "好几天"}},
            {"question": "突发", "operator": "exists", "answerBoolean": true}
        ])
    );
    // Shown when the jump over it does not fire.
    assert!(found(&document, "程度").to_string().contains("enableWhenExpression"));
    assert_eq!(
        found(&document, "程度")["answerOption"][1]["extension"][0],
        json!({"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 3})
    );
    assert!(found(&document, "总分").to_string().contains("answer.value.weight() + "));
    // What other programs will show although we would not.
    assert!(losses.iter().any(|loss| loss.place == "末次月经" && loss.code == "EXC201"));
}

fn edit(value: &mut Value) {
    if value.get("linkId") == Some(&json!("次数")) {
        value["enableWhen"][0]["answerDecimal"] = json!(39);
    }
    if value.get("linkId") == Some(&json!("体温")) {
        value["text"] = json!("量过体温吗？");
    }
    for item in value.get_mut("item").and_then(Value::as_array_mut).into_iter().flatten() {
        edit(item);
    }
}

#[test]
fn an_edit_by_another_program_wins_over_our_spelling() {
    let (mut document, _) = export(&samples::headache(), &publication());
    edit(&mut document);
    let (back, losses) = import("x.json", &document.to_string()).expect("reads");
    assert_eq!(said(named(&back.items, "次数"), "显示"), "体温 >= 39 且 GAD.紧张 = 好几天 且 已知(突发)");
    assert_eq!(named(&back.items, "体温").text.text, "量过体温吗？");
    assert_eq!(losses.iter().map(|loss| loss.code).collect::<Vec<_>>(), ["EXC106"]);
}

#[test]
fn enable_when_with_every_operator() {
    let test = |operator: &str, kind: &str, answer: Value| {
        let mut when = json!({"question": "a", "operator": operator});
        when[kind] = answer;
        when
    };
    let shown = |question: &str, when: Value| {
        let (draft, losses) = read(json!([
            {"linkId": "a", "type": question, "answerOption": [{"valueCoding": {"code": "y", "display": "有"}}, {"valueCoding": {"code": "n", "display": "没有"}}]},
            {"linkId": "b", "type": "display", "text": "乙", "enableWhen": [when]}
        ]));
        let losses: Vec<Loss> = losses.into_iter().filter(|loss| loss.what != "answerOption").collect();
        (said(named(&draft.items, "b"), "显示").to_owned(), losses.len())
    };
    let coding = |code: &str| json!({"code": code});
    for (question, when, wanted) in [
        ("boolean", test("=", "answerBoolean", json!(true)), "a"),
        ("boolean", test("=", "answerBoolean", json!(false)), "非 a"),
        ("boolean", test("!=", "answerBoolean", json!(true)), "非 已知(a) 或 非 a"),
        ("boolean", test("exists", "answerBoolean", json!(false)), "非 已知(a)"),
        ("choice", test("=", "answerCoding", coding("y")), "a = 有"),
        ("choice", test("!=", "answerCoding", coding("y")), "非 已知(a) 或 a ≠ 有"),
        ("choice", test("exists", "answerBoolean", json!(true)), "已知(a)"),
        ("integer", test("=", "answerInteger", json!(3)), "a = 3"),
        ("integer", test("!=", "answerInteger", json!(3)), "非 已知(a) 或 a ≠ 3"),
        ("decimal", test(">", "answerDecimal", json!(3.5)), "a > 3.5"),
        ("decimal", test("<", "answerDecimal", json!(3.5)), "a < 3.5"),
        ("decimal", test(">=", "answerDecimal", json!(3.5)), "a >= 3.5"),
        ("decimal", test("<=", "answerDecimal", json!(3.5)), "a <= 3.5"),
        ("date", test(">=", "answerDate", json!("2026-11-23")), "a >= 2026-11-23"),
        ("string", test("=", "answerString", json!("教师")), "a = \"教师\""),
    ] {
        assert_eq!(shown(question, when.clone()), (wanted.to_owned(), 0), "{when}");
    }
    // Each of these is listed and the item always shown.
    for (question, when) in [
        ("boolean", test("=", "answerCoding", coding("y"))),
        ("choice", test("=", "answerCoding", coding("z"))),
        ("choice", test(">", "answerCoding", coding("y"))),
        ("integer", test("~", "answerInteger", json!(1))),
        ("date", test("=", "answerDate", json!("gestern"))),
        ("boolean", json!({"question": "nobody", "operator": "=", "answerBoolean": true})),
        ("boolean", json!({"question": "a", "operator": "="})),
    ] {
        assert_eq!(shown(question, when.clone()), (String::new(), 1), "{when}");
    }
}

#[test]
fn any_and_all_and_nested_items() {
    let mut smoker = choice("smoker", &["yes", "no"]);
    smoker["item"] = json!([{
        "linkId": "packs", "type": "integer",
        "enableWhen": [{"question": "smoker", "operator": "=", "answerCoding": {"code": "yes"}}],
        "item": [{"linkId": "brand", "type": "string", "enableWhen": [{"question": "packs", "operator": ">", "answerInteger": 1}]}]
    }]);
    let both = json!([
        {"question": "smoker", "operator": "=", "answerCoding": {"code": "no"}},
        {"question": "packs", "operator": "<", "answerInteger": 2}
    ]);
    let (draft, losses) = read(json!([
        smoker,
        {"linkId": "any", "type": "display", "text": "甲", "enableBehavior": "any", "enableWhen": both},
        {"linkId": "all", "type": "display", "text": "乙", "enableBehavior": "all", "enableWhen": both}
    ]));
    assert_eq!(
        draft.items.iter().map(|item| item.id.text.as_str()).collect::<Vec<_>>(),
        ["smoker", "packs", "brand", "any", "all"]
    );
    assert_eq!(said(named(&draft.items, "brand"), "显示"), "smoker = 选yes 且 packs > 1");
    assert_eq!(said(named(&draft.items, "any"), "显示"), "smoker = 选no 或 packs < 2");
    assert_eq!(said(named(&draft.items, "all"), "显示"), "smoker = 选no 且 packs < 2");
    assert_eq!(codes(&losses), [("EXC108", "/item/0/item/0/item/0"), ("EXC108", "/item/0/item/0")]);
}

#[test]
fn questions_that_enable_each_other_are_read_and_left_to_the_check() {
    let when = |question: &str| json!([{"question": question, "operator": "exists", "answerBoolean": true}]);
    let (draft, losses) = read(json!([
        {"linkId": "a", "type": "string", "enableWhen": when("b")},
        {"linkId": "b", "type": "string", "enableWhen": when("a")}
    ]));
    assert_eq!((said(&draft.items[0], "显示"), said(&draft.items[1], "显示")), ("已知(b)", "已知(a)"));
    assert_eq!(losses, []);
}

#[test]
fn ordinals_weights_and_their_sums() {
    for url in [
        "http://hl7.org/fhir/StructureDefinition/ordinalValue",
        "http://hl7.org/fhir/StructureDefinition/itemWeight",
    ] {
        let option = |code: &str, score: u32| json!({"extension": [{"url": url, "valueDecimal": score}], "valueCoding": {"code": code, "display": code}});
        let question = |link: &str| json!({"linkId": link, "type": "choice", "answerOption": [option("从不", 0), option("每天", 3)]});
        let term = |link: &str| format!("%resource.item.where(linkId='/{link}').answer.value.ordinal()");
        let (draft, losses) = read(json!([
            question("/44250-9"), question("/44255-8"),
            {"linkId": "sum", "type": "decimal", "readOnly": true, "extension": [path("calculatedExpression", &format!("{} + {}", term("44250-9"), term("44255-8")))]},
            {"linkId": "all", "type": "integer", "readOnly": true, "extension": [path("calculatedExpression", "%resource.item.answer.value.weight().sum()")]},
            {"linkId": "high", "type": "display", "text": "高", "extension": [path("enableWhenExpression", "%resource.item.where(linkId='sum').answer.value >= 4")]}
        ]));
        assert_eq!(losses, [], "{url}");
        assert_eq!(draft.items[0].options[1].score.as_ref().map(|score| score.text.as_str()), Some("3"));
        assert_eq!(said(named(&draft.items, "sum"), "公式"), "「/44250-9」.分 + 「/44255-8」.分");
        assert_eq!(said(named(&draft.items, "high"), "显示"), "sum >= 4");
    }
}

#[test]
fn fhirpath_conditions() {
    let shown = |expression: &str| {
        let mut several = choice("m", &["a", "b"]);
        several["repeats"] = json!(true);
        let (draft, losses) = read(json!([
            choice("c", &["a", "b"]), several, {"linkId": "n", "type": "integer"}, {"linkId": "t", "type": "string"}, {"linkId": "y", "type": "boolean"}, {"linkId": "d", "type": "date"},
            {"linkId": "g", "type": "group", "repeats": true, "item": [{"linkId": "dose", "type": "decimal"}]},
            {"linkId": "x", "type": "display", "text": "x", "extension": [path("enableWhenExpression", expression)]}
        ]));
        match losses.as_slice() {
            [] => said(named(&draft.items, "x"), "显示").to_owned(),
            [loss] => format!("{} {}", loss.code, loss.place),
            more => panic!("{more:?}"),
        }
    };
    let of = |link: &str, rest: &str| format!("%resource.item.where(linkId='{link}').answer.value{rest}");
    for (expression, wanted) in [
        (of("c", ".code = 'a'"), "c = 选a"),
        (of("c", ".display = '选b'"), "c = 选b"),
        (of("c", ".code != 'a'"), "c ≠ 选a"),
        (of("c", ".code in ('a' | 'b')"), "c = 选a 或 c = 选b"),
        (of("c", ".exists()"), "已知(c)"),
        (of("c", ".exists().not()"), "非 已知(c)"),
        (of("c", ".empty()"), "非 已知(c)"),
        (of("m", ".where(code = 'a').exists()"), "m 含 选a"),
        (of("m", ".where(code = 'a').empty()"), "非 已知(m) 或 非 m 含 选a"),
        (of("m", ".code = 'a'"), "m 含 选a 且 计数(m) = 1"),
        (format!("{} and {}", of("y", " = true"), of("n", " > 3")), "y 且 n > 3"),
        (format!("({} or {}).not()", of("y", ""), of("n", " > 3")), "非 y 且 n <= 3"),
        (format!("{} implies {}", of("y", ""), of("n", " > 3")), "非 y 或 n > 3"),
        (format!("{} + 2 * 3 >= 10", of("n", "")), "n + 2 * 3 >= 10"),
        (of("t", ".matches('^(?:[a-z]+)$')"), "t 匹配 \"[a-z]+\""),
        (of("t", ".contains('痛')"), "t 含 \"痛\""),
        (of("t", " = '甲'"), "t = \"甲\""),
        (of("d", " >= @2026-01-01"), "d >= 2026-01-01"),
        (of("d", " <= today()"), "d <= 今天"),
        ("%resource.descendants().where(linkId='n').answer.first().value > 1".to_owned(), "n > 1"),
        (
            "%resource.item.where(linkId='g').where(item.where(linkId='dose').answer.value > 5).exists()"
                .to_owned(),
            "任一(g, g.dose > 5)",
        ),
        ("%resource.item.where(linkId='g').count() > 1".to_owned(), "计数(g) > 1"),
        // Listed, not guessed.
        (of("n", ".foo() > 1"), "EXC102 /item/7/extension/0"),
        (of("n", " > "), "EXC102 /item/7/extension/0"),
        (of("m", ".first().code = 'a'"), "EXC102 /item/7/extension/0"),
        (of("dose", " > 1"), "EXC102 /item/7/extension/0"),
        (of("nobody", " > 1"), "EXC102 /item/7/extension/0"),
        ("%patient.gender = 'female'".to_owned(), "EXC102 /item/7/extension/0"),
    ] {
        assert_eq!(shown(&expression), wanted, "{expression}");
    }
}

#[test]
fn bounds_units_controls_and_constraints() {
    let core = |name: &str, key: &str, value: Value| json!({"url": address::core(name), key: value});
    let (draft, losses) = read(json!([
        {"linkId": "1", "type": "group", "text": "第一页", "required": true, "item": [
            {"linkId": "t", "type": "quantity", "text": "多久了", "extension": [
                core("questionnaire-unitOption", "valueCoding", json!({"code": "wk", "system": "http://unitsofmeasure.org"})),
                core("minValue", "valueQuantity", json!({"value": 1, "code": "wk"}))], "required": true},
            {"linkId": "w", "type": "decimal", "text": "体重", "extension": [
                core("questionnaire-unit", "valueCoding", json!({"code": "kg"})), core("maxValue", "valueDecimal", json!(300)),
                core("maxDecimalPlaces", "valueInteger", json!(1)),
                json!({"url": address::core("questionnaire-constraint"), "extension": [
                    {"url": "key", "valueId": "w1"}, {"url": "severity", "valueCode": "error"}, {"url": "human", "valueString": "太重了"},
                    {"url": "expression", "valueString": "%resource.item.where(linkId='1').item.where(linkId='w').answer.value < 250"}]})],
                "item": [{"linkId": "w-help", "type": "display", "text": "空腹量", "extension": [core("questionnaire-itemControl", "valueCodeableConcept", json!({"coding": [{"code": "help"}]}))]}]},
            {"linkId": "s", "type": "string", "text": "职业", "maxLength": 20, "readOnly": true, "initial": [{"valueString": "教师"}],
             "extension": [core("regex", "valueString", json!("\\S+")), core("questionnaire-hidden", "valueBoolean", json!(true))]}
        ]},
        {"linkId": "2", "type": "group", "text": "表", "extension": [core("questionnaire-itemControl", "valueCodeableConcept", json!({"coding": [{"code": "table"}]}))],
         "item": [choice("r1", &["a", "b"]), choice("r2", &["a", "b"])]},
        {"linkId": "3", "type": "attachment", "text": "照片"},
        {"linkId": "4", "type": "choice", "text": "别处的选项", "answerValueSet": "http://example.org/vs"},
        {"linkId": "5", "type": "decimal", "text": "几磅", "extension": [core("questionnaire-unit", "valueCoding", json!({"code": "[lb_av]"}))]},
        {"linkId": "6", "type": "boolean", "text": "改含义", "modifierExtension": [{"url": "http://example.org/m", "valueBoolean": true}], "definition": "http://example.org#d"}
    ]));
    let (t, w, s) = (named(&draft.items, "t"), named(&draft.items, "w"), named(&draft.items, "s"));
    assert_eq!((t.kind, said(t, "单位"), said(t, "范围")), (Kind::Duration, "周", "1~"));
    assert_eq!(
        (said(w, "单位"), said(w, "范围"), said(w, "小数"), said(w, "提示"), said(w, "约束")),
        ("kg", "~300", "1", "空腹量", "w < 250 => 太重了")
    );
    assert_eq!((said(s, "长度"), said(s, "格式"), said(s, "初值")), ("~20", "\\S+", "教师"));
    assert_eq!(s.flags, [Flag::Hidden, Flag::ReadOnly]);
    let grid = named(&draft.items, "2");
    assert_eq!((grid.kind, grid.rows.len(), grid.options.len()), (Kind::Grid, 2, 2));
    assert_eq!(
        codes(&losses),
        [
            ("EXC105", "/item/2"),
            ("EXC105", "/item/3/answerValueSet"),
            ("EXC105", "/item/3"),
            ("EXC101", "/item/4/extension/0"),
            ("EXC101", "/item/5/definition"),
            ("EXC103", "/item/5/modifierExtension")
        ]
    );
}

#[test]
fn open_choices_and_contained_value_sets() {
    let document = json!({
        "resourceType": "Questionnaire", "status": "active", "url": "http://example.org/Questionnaire/Some-Form", "title": "表", "version": "2",
        "contained": [{"resourceType": "ValueSet", "id": "vs", "compose": {"include": [{"system": "http://loinc.org", "concept": [{"code": "LA1", "display": "是的"}, {"code": "LA2", "display": "不是"}]}]}}],
        "item": [{"linkId": "a", "type": "open-choice", "text": "甲", "answerValueSet": "#vs"}]
    });
    let (draft, losses) = import("x.json", &document.to_string()).expect("reads");
    assert_eq!(losses, []);
    assert_eq!((draft.id.text.as_str(), draft.properties[1].value.text.as_str()), ("some-form", "已发布"));
    let options: Vec<(&str, Option<&str>, bool)> = draft.items[0]
        .options
        .iter()
        .map(|o| (o.label.text.as_str(), o.code.as_ref().map(|c| c.text.as_str()), o.fill_in))
        .collect();
    assert_eq!(
        options,
        [("是的", Some("LOINC|LA1"), false), ("不是", Some("LOINC|LA2"), false), ("其他", None, true)]
    );
}

#[test]
fn wrong_documents_are_refused_with_the_place() {
    let faults = |text: &str| {
        let faults = import("x.json", text).expect_err("refused");
        faults
            .into_iter()
            .map(|fault| format!("{} {}:{} {}", fault.code, fault.line, fault.column, fault.message))
            .collect::<Vec<_>>()
    };
    assert!(faults("{\n  \"a\": }")[0].starts_with("EXC001 2:8 "));
    assert!(faults("[]")[0].starts_with("EXC003 1:1 /："));
    assert!(faults(r#"{"resourceType": "Patient"}"#)[0].starts_with("EXC002 1:1 /resourceType："));
    let wrong = |item: Value| {
        faults(&json!({"resourceType": "Questionnaire", "status": "draft", "item": item}).to_string())
    };
    assert!(wrong(json!({}))[0].contains("/item：这里应是列表"));
    assert!(wrong(json!([{"type": "string"}]))[0].contains("/item/0：缺 linkId"));
    assert!(wrong(json!([{"linkId": "a"}]))[0].contains("/item/0：缺 type"));
    assert!(wrong(json!([{"linkId": "a", "type": "sting"}]))[0].contains("/item/0/type：没有“sting”"));
    assert!(
        wrong(json!([{"linkId": "a", "type": "string", "required": "yes"}]))[0]
            .contains("/item/0/required：这里应是true 或 false，写的是文字")
    );
    let twice = json!({"linkId": "a", "type": "string"});
    assert!(wrong(json!([twice, twice]))[0].starts_with("EXC004"));
    assert!(faults(r#"{"resourceType": "Questionnaire"}"#)[0].contains("/status：缺 status"));
    let deep = format!(
        "{}{}",
        r#"{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"a","type":"group","item":["#
            .repeat(40),
        "]".repeat(80)
    );
    assert!(!faults(&deep).is_empty());
    assert!(faults(&"[".repeat(100_000))[0].starts_with("EXC001"));
    let mut nested = json!({"linkId": "0", "type": "group"});
    for level in 1..60 {
        nested = json!({"linkId": level.to_string(), "type": "group", "item": [nested]});
    }
    assert!(wrong(json!([nested])).iter().any(|fault| fault.starts_with("EXC005")));
}
