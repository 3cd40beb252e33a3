use platform::audit;

use super::*;

#[tokio::test]
async fn an_administrator_switches_how_an_institution_gets_its_data() {
    on_each_connected(async |connected| {
        let admin = connected.admin().await;
        let page = admin.get("/staff/exchange").await;
        assert_eq!(page.status, 200, "{}", page.text);
        let csrf = page.field("_csrf");
        let switched = admin.post("/staff/exchange/H02", &csrf, &[("mode", "pull")]).await;
        assert_eq!(switched.location, "/staff/exchange#H02", "{}", switched.text);
        assert_eq!(admin.post("/staff/exchange/H02", &csrf, &[("mode", "fax")]).await.status, 422);
        assert_eq!(admin.post("/staff/exchange/XX", &csrf, &[("mode", "pull")]).await.status, 404);
        let made = admin.post("/staff/exchange/H02/secret", &csrf, &[]).await;
        let secret = made.text.split("<pre class=\"code\">").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(secret.len(), 64);
        let again = admin.get("/staff/exchange").await;
        assert!(!again.text.contains(secret), "shown once");
        let rows = audit::list_for_object(&connected.house.bench.db, "institution/H02", 5).await.unwrap();
        let deeds: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(deeds, ["exchange.secret", "exchange.mode"]);
        assert_eq!(connected.doctor().await.get("/staff/exchange").await.status, 403);
    })
    .await;
}
