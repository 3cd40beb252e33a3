use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use platform::{
    App,
    db::test_support::on_each_database,
    jobs::{HandlerFault, Worker},
    on_read,
};
use uuid::Uuid;

use super::*;
use crate::{identity::Phone, realname::tests::applicant};

/// Keeps what would have left the house; refuses while told so.
#[derive(Default)]
struct Recording {
    sent: Mutex<Vec<(String, Outgoing)>>,
    refuses: AtomicBool,
}

impl Push for Recording {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn push<'a>(
        &'a self,
        address: &'a str,
        message: &'a Outgoing,
    ) -> Pin<Box<dyn Future<Output = Result<(), HandlerFault>> + Send + 'a>> {
        Box::pin(async move {
            if self.refuses.load(Ordering::SeqCst) {
                return Err("refused".into());
            }
            self.sent.lock().unwrap().push((address.into(), message.clone()));
            Ok(())
        })
    }
}

async fn reached(app: &App) -> Uuid {
    let id = applicant(app).await;
    let mut tx = app.db.begin().await.unwrap();
    crate::resident::set_phone(app, &mut tx, id, &Phone::parse("13800138000").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn say(app: &App, resident: Uuid, template: &'static str, dedup: &str) -> bool {
    let values = [("编号", "FK1"), ("摘要", "您的病情<b>"), ("机构", "某院"), ("时间", "9:00")];
    let notice = Notice { resident, template, values: &values, link: "/feedback", dedup };
    let mut tx = app.db.begin().await.unwrap();
    let is_new = notify(app, &mut tx, notice).await.unwrap();
    tx.commit().await.unwrap();
    is_new
}

fn worker(app: &App, by: &Arc<Recording>) -> Worker {
    handlers(Worker::new(app.clone()), Arc::from([by.clone() as Arc<dyn Push>]))
}

#[tokio::test]
async fn a_message_is_in_the_inbox_at_once_and_pushed_once_without_personal_words() {
    on_each_database(&[crate::migrations], async |bench| {
        let (me, other) = (reached(bench).await, applicant(bench).await);
        assert!(say(bench, me, "feedback.replied", "r1").await);
        assert!(!say(bench, me, "feedback.replied", "r1").await, "said once");
        assert_eq!(
            (count_unread(bench, me).await.unwrap(), count_unread(bench, other).await.unwrap()),
            (1, 0)
        );
        let listed = store::list(bench, me, 10, 0).await.unwrap();
        assert!(listed[0].message.text.contains("您的病情<b>"));
        let sms = Arc::new(Recording::default());
        worker(bench, &sms).drain().await.unwrap();
        worker(bench, &sms).drain().await.unwrap();
        {
            let sent = sms.sent.lock().unwrap();
            assert_eq!(sent.len(), 1);
            assert_eq!(sent[0].0, "13800138000");
            assert!(sent[0].1.text.contains("FK1") && !sent[0].1.text.contains("病情"), "{:?}", sent[0]);
        }
        let states: Vec<_> = store::list_deliveries(&bench.db, me, 9)
            .await
            .unwrap()
            .into_iter()
            .map(|d| (d.channel, d.state))
            .collect();
        assert!(states.contains(&("sms".into(), "sent".into())), "{states:?}");
        assert!(states.contains(&("wechat".into(), "skipped".into())), "{states:?}");
        let raw: Vec<Vec<u8>> =
            on_read!(&bench.db, |c| sqlx::query_scalar("SELECT content FROM message").fetch_all(c).await)
                .unwrap();
        assert!(!String::from_utf8_lossy(&raw[0]).contains("病情"), "sealed");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_woken_but_for_what_is_urgent_and_what_is_switched_off_is_not_pushed() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = reached(bench).await;
        bench.clock.advance(TimeDelta::hours(13));
        let sms = Arc::new(Recording::default());
        say(bench, me, "feedback.received", "a").await;
        say(bench, me, "visit.called", "b").await;
        worker(bench, &sms).drain().await.unwrap();
        let titles =
            |sms: &Recording| sms.sent.lock().unwrap().iter().map(|(_, m)| m.title).collect::<Vec<_>>();
        assert_eq!(titles(&sms), ["请您就诊"], "23:00");
        bench.clock.advance(TimeDelta::hours(8));
        worker(bench, &sms).drain().await.unwrap();
        assert_eq!(titles(&sms), ["请您就诊", "反馈已收到"], "7:00");
        let mut tx = bench.db.begin().await.unwrap();
        store::set_refusal(&mut tx, me, Category::Feedback, Channel::Sms, true).await.unwrap();
        tx.commit().await.unwrap();
        say(bench, me, "feedback.received", "c").await;
        worker(bench, &sms).drain().await.unwrap();
        assert_eq!(titles(&sms).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_push_that_fails_is_tried_again_and_then_listed() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = reached(bench).await;
        let sms = Arc::new(Recording::default());
        sms.refuses.store(true, Ordering::SeqCst);
        say(bench, me, "visit.missed", "a").await;
        for _ in 0..8 {
            worker(bench, &sms).drain().await.unwrap();
            bench.clock.advance(TimeDelta::hours(2));
        }
        let failed = store::list_failed(&bench.db, 10).await.unwrap();
        assert_eq!((failed.len(), failed[0].tries), (1, 8));
    })
    .await;
}

#[test]
fn quiet_hours_are_those_of_china() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(after_quiet_hours(at("2026-03-02T13:59:59Z")), at("2026-03-02T13:59:59Z"));
    assert_eq!(after_quiet_hours(at("2026-03-02T14:00:00Z")), at("2026-03-02T23:00:00Z"));
    assert_eq!(after_quiet_hours(at("2026-03-02T22:59:00Z")), at("2026-03-02T23:00:00Z"));
    assert_eq!(after_quiet_hours(at("2026-03-02T23:00:00Z")), at("2026-03-02T23:00:00Z"));
}

#[test]
fn faulty_templates_are_refused_at_their_place() {
    assert!(TEMPLATES.is_ok(), "{TEMPLATES:?}");
    let head = "key\tcategory\turgent\ttitle\ttext\toutside\n";
    for (row, fault) in [
        ("a\tfeedback\tno\t题\t{编号\t好", "花括号"),
        ("a\tfeedback\tno\t题\t好\t{摘要}", "站外文字不能填“摘要”"),
        ("a\tnone\tno\t题\t好\t好", "类别"),
        ("a\tfeedback\tx\t题\t好\t好", "yes 或 no"),
        ("a\tfeedback\tno\t题\t好", "应有 6 列"),
    ] {
        let given = template::parse(&format!("{head}{row}\n")).unwrap_err();
        assert!(given.contains(fault), "{given}");
    }
}

#[tokio::test]
async fn a_running_worker_pushes_and_stops_when_told() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = reached(bench).await;
        let sms = Arc::new(Recording::default());
        let (serving, over) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(worker(bench, &sms).run(async { drop(over.await) }));
        say(bench, me, "visit.called", "a").await;
        for _ in 0..100 {
            if !sms.sent.lock().unwrap().is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        drop(serving);
        running.await.unwrap();
        assert_eq!(sms.sent.lock().unwrap().len(), 1);
        let nothing = handlers(Worker::new(bench.app.clone()), outside(&gateways::Gateways::default()));
        assert_eq!(nothing.drain().await.unwrap(), 0);
    })
    .await;
}
