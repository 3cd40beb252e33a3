//! The SPARQL protocol and the page with the box.

use axum::{body::Body, http::Method};
use platform::session::{COOKIE, csrf_token};
use serde_json::Value;
use tests::{Answer, Browser, TestApp};

const PATH: &str = "/knowledge/sparql";

async fn ask(browser: &mut Browser, query: &str) -> Answer {
    browser.get_json(&format!("{PATH}?{}", encoded(query))).await
}

fn encoded(query: &str) -> String {
    serde_html_form::to_string([("query", query)]).unwrap()
}

#[tokio::test]
async fn programs_get_standard_results() {
    TestApp::on_each_database(async |app| {
        let mut doctor = app.staff("s01").await;
        let answer = ask(&mut doctor, "SELECT ?name { sym:cough skos:prefLabel ?name }").await;
        assert_eq!(answer.header("content-type"), "application/sparql-results+json", "{}", answer.body);
        let result: Value = answer.json();
        assert_eq!(result["head"]["vars"][0], "name");
        assert_eq!(result["results"]["bindings"][0]["name"]["value"], "咳嗽");
        assert_eq!(result["results"]["bindings"][0]["name"]["xml:lang"], "zh");
        let all = ask(&mut doctor, "SELECT * { ?s ?p ?o }").await;
        assert_eq!(all.header("x-jiuyi-cut"), "true");
        assert_eq!(all.json()["results"]["bindings"].as_array().unwrap().len(), 5_000);
        let graph = ask(&mut doctor, "DESCRIBE sym:cough").await;
        assert_eq!(graph.header("content-type"), "text/turtle");
        assert!(graph.body.contains("咳嗽"));

        let token = csrf_token(doctor.cookie(COOKIE).unwrap());
        let post = doctor
            .request(Method::POST, PATH, "application/sparql-results+json")
            .header("x-csrf-token", token);
        let post = post.header("content-type", "application/sparql-query; charset=utf-8");
        let answer = doctor.send(post, Body::from("ASK { sym:cough a jy:Symptom }")).await;
        assert_eq!((answer.status, &answer.json()["boolean"]), (200, &Value::Bool(true)), "{}", answer.body);
    })
    .await;
}

#[tokio::test]
async fn refusals_are_problems_with_line_and_column() {
    TestApp::on_each_database(async |app| {
        let mut doctor = app.staff("s01").await;
        let syntax = ask(&mut doctor, "SELECT ?x {\n  ?x a }").await;
        assert_eq!(syntax.problem(400), "/problems/knowledge/sparql-syntax");
        assert!(syntax.json()["detail"].as_str().unwrap().starts_with("第 2 行第 "), "{}", syntax.body);
        assert!(syntax.json()["errors"][0]["pointer"].as_str().unwrap().starts_with("/query:2:"));
        for forbidden in
            ["DELETE WHERE { ?s ?p ?o }", "SELECT * { SERVICE SILENT <http://example.org/> { ?s ?p ?o } }"]
        {
            assert_eq!(
                ask(&mut doctor, forbidden).await.problem(403),
                "/problems/knowledge/sparql-forbidden"
            );
        }
        let long = format!("SELECT * {{}} # {}", "长".repeat(9_000));
        let answer = doctor.post_form(PATH, &[("query", &long)]).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(doctor.get_json(PATH).await.status, 400);
        let graph = format!("{PATH}?{}&default-graph-uri=urn:x", encoded("ASK {}"));
        assert_eq!(doctor.get_json(&graph).await.status, 400);
        let release = format!("{PATH}?{}&release=abc", encoded("ASK {}"));
        assert_eq!(doctor.get_json(&release).await.status, 404);
        assert_eq!(doctor.post_json(PATH, &Value::Null).await.status, 415);
    })
    .await;
}

#[tokio::test]
async fn people_get_a_table_beside_what_they_asked() {
    TestApp::on_each_database(async |app| {
        let mut doctor = app.staff("s01").await;
        let page = doctor.get(PATH).await;
        assert!(page.body.contains("各科室首诊多少种疾病"), "{}", page.body);
        let query = "SELECT ?名称 { sym:cough skos:prefLabel ?名称 }";
        let page = doctor.post_form(PATH, &[("query", query)]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(
            page.body.contains("<td>咳嗽</td>") && page.body.contains("<th scope=\"col\">名称</th>"),
            "{}",
            page.body
        );
        let page = doctor.post_form(PATH, &[("query", "SELECT <script>")]).await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains("SPARQL 语法错误") && !page.body.contains("<script>"), "{}", page.body);
    })
    .await;
}

/// Every example on the page is a query that has an answer.
#[tokio::test]
async fn the_examples_of_the_page_work() {
    TestApp::on_each_database(async |app| {
        let mut doctor = app.staff("s01").await;
        let page = doctor.get(PATH).await.body;
        let mut n_examples = 0;
        for part in page.split("name=\"query\" value=\"").skip(1) {
            let text = part.split('"').next().unwrap();
            let plain =
                ["&#34;", "&quot;"].iter().fold(text.to_owned(), |text, mark| text.replace(mark, "\""));
            let plain =
                plain.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&").replace("&#39;", "'");
            let answer = ask(&mut doctor, &plain).await;
            assert_eq!(answer.status, 200, "{plain}: {}", answer.body);
            n_examples += 1;
        }
        assert_eq!(n_examples, 6);
    })
    .await;
}
