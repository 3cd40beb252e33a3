use chrono::TimeDelta;
use gateways::{
    shenkang::{Content, Simulator},
    simulate::{Fault, Faults},
};
use rules::{exchange::fhir, form::read::read};

use super::{super::*, *};
use crate::{PreconsultError, exchange::templates};

fn shenkang<'a>(connected: &'a Connected<'_>) -> (&'a Faults, &'a Simulator) {
    let (running, simulator) = connected.simulators.shenkang.as_ref().unwrap();
    (&running.faults, simulator)
}

fn form(name: &str) -> String {
    let path = format!("{}/../../data/questionnaires/{name}.form", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn content(code: &str, version: &str, text: &str) -> Content {
    let draft = read("x.form", text).unwrap();
    let (document, _) = fhir::export(&draft, &fhir::Publication::default());
    Content {
        code: code.into(),
        version: version.into(),
        title: draft.title.text.clone(),
        format: "fhir".into(),
        content: document.to_string(),
    }
}

#[tokio::test]
async fn templates_are_downloaded_by_time_and_at_once_and_conflicts_are_shown() {
    on_each_connected(async |connected| {
        let (faults, simulator) = shenkang(&connected);
        let app = &connected.house.service.app;
        let text = form("back-pain-first");
        simulator.publish(content("SK01", "1", &text));
        let worker = connected.worker();
        worker.drain().await.unwrap();
        connected.house.bench.clock.advance(TimeDelta::hours(20));
        worker.drain().await.unwrap();
        let known = templates::list(app, "").await.unwrap();
        assert_eq!((known.len(), known[0].state.as_str()), (1, "new"), "fetched at two in the night");
        assert_eq!(read("x", &known[0].text).unwrap(), read("x", &text).unwrap(), "as if written here");

        // The same version with another content, and a document that is none.
        simulator.publish(content("SK01", "1", &text.replace('腰', "背")));
        simulator.publish(Content { content: "{}".into(), ..content("SK02", "1", &text) });
        let admin = connected.admin().await;
        let page = admin.get("/staff/outside-templates").await;
        faults.next(Fault::LoseAnswer);
        let csrf = page.field("_csrf");
        assert_eq!(admin.post("/staff/outside-templates/sync", &csrf, &[]).await.status, 303);
        let page = admin.get("/staff/outside-templates?state=conflict").await;
        assert_eq!(page.text.matches("有冲突</span></td>").count(), 2, "{}", page.text);
        assert!(page.text.contains("手动下载") && page.text.contains("定时下载"), "{}", page.text);

        let conflicts = templates::list(app, "conflict").await.unwrap();
        let changed = conflicts.iter().find(|template| template.code == "SK01").unwrap();
        let broken = conflicts.iter().find(|template| template.code == "SK02").unwrap();
        let shown = admin.get(&format!("/staff/outside-templates/{}", changed.id)).await;
        assert!(shown.text.contains("同一代码和版本以前收到过") && shown.text.contains("采用这一份"));
        let shown = admin.get(&format!("/staff/outside-templates/{}", broken.id)).await;
        assert!(shown.text.contains("EXC002") && !shown.text.contains("采用这一份"), "{}", shown.text);
        let taken = admin
            .post(&format!("/staff/outside-templates/{}", changed.id), &csrf, &[("decision", "take")])
            .await;
        assert_eq!(taken.status, 303, "{}", taken.text);
        let states: Vec<_> =
            templates::list(app, "").await.unwrap().into_iter().map(|one| (one.code, one.state)).collect();
        let state = |code: &str, state: &str| (code.to_owned(), state.to_owned());
        assert_eq!(states, [state("SK02", "conflict"), state("SK01", "taken"), state("SK01", "dropped")]);
        let refused = admin
            .post(&format!("/staff/outside-templates/{}", broken.id), &csrf, &[("decision", "take")])
            .await;
        assert_eq!(refused.status, 409);
    })
    .await;
}

#[tokio::test]
async fn an_exchange_that_broke_off_goes_on_where_it_was() {
    on_each_connected(async |connected| {
        let (faults, simulator) = shenkang(&connected);
        let app = &connected.house.service.app;
        let text = form("back-pain-first");
        for n in 0..3 {
            simulator.publish(content(&format!("SK{n:02}"), "1", &text));
        }
        templates::pull(app, &connected.gateways, None).await.unwrap();
        simulator.publish(content("SK09", "1", &text));
        faults.next(Fault::Refuse);
        let broken = templates::pull(app, &connected.gateways, None).await;
        assert!(matches!(broken, Err(PreconsultError::Gateway(_))), "{broken:?}");
        faults.next(Fault::Drop);
        let pulled = templates::pull(app, &connected.gateways, None).await.unwrap();
        assert_eq!((pulled.n_new, pulled.n_same), (1, 0), "only what was missing");
        let faults: Vec<_> =
            templates::list_syncs(app).await.unwrap().into_iter().map(|sync| sync.fault).collect();
        assert_eq!(faults, [None, Some("unreachable".into()), None]);
    })
    .await;
}

#[tokio::test]
async fn a_published_template_is_uploaded_once_however_often_the_answer_is_lost() {
    on_each_connected(async |connected| {
        let (faults, simulator) = shenkang(&connected);
        let (house, text) = (&connected.house, form("back-pain-first"));
        let app = &house.service.app;
        let send = async |code: &str, text: &str| {
            let mut tx = app.db.begin().await.unwrap();
            let is_new = upload(app, &mut tx, (code, "1", "腰痛"), text).await.unwrap();
            tx.commit().await.unwrap();
            is_new
        };
        assert!(send("JA-BACK", &text).await);
        assert!(!send("JA-BACK", &text).await);
        faults.next(Fault::LoseAnswer);
        connected.work().await;
        assert_eq!(templates::list_uploads(app).await.unwrap()[0].state, "waiting");
        house.bench.clock.advance(TimeDelta::days(1));
        connected.work().await;
        let uploads = templates::list_uploads(app).await.unwrap();
        assert_eq!(
            (uploads[0].state.as_str(), uploads[0].receipt.as_deref()),
            ("delivered", Some("SK-000001"))
        );
        assert_eq!(simulator.uploaded().len(), 1);
        assert_eq!(simulator.uploaded()[0].fhir["resourceType"], "Questionnaire");
        send("JA-BAD", "不是问卷").await;
        connected.work().await;
        assert_eq!(templates::list_uploads(app).await.unwrap()[0].state, "refused");
        // What comes under our code is no update of ours.
        simulator.publish(content("JA-BACK", "7", &text));
        let pulled = templates::pull(app, &connected.gateways, None).await.unwrap();
        assert_eq!((pulled.n_new, pulled.n_conflicts), (0, 1));
    })
    .await;
}
