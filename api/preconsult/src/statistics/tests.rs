use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use engine::{Profile, Sex, Turn};
use people::Staff;
use platform::{
    on_read, on_tx,
    rights::roles,
    session::{Principal, Role},
};
use uuid::Uuid;

use super::{
    count::{count, rebuild},
    model::{Counts, Dimension, Unit},
    store::{Span, list_answers, list_by_day, list_by_value},
};
use crate::{
    model::{Chosen, Consultation, EntryKind, Event, Intake, Plan, State, Visit, VisitState},
    store::{self, Change, NewTurn},
    testing::{Browser, House, on_each},
};

/// The clock of the bench stands at 2026-03-02 10:00 in China.
const TODAY: i64 = 20_514;

fn consultation(house: &House<'_>, at: DateTime<Utc>) -> Consultation {
    Consultation {
        id: house.service.app.new_id(),
        resident: house.resident.id,
        institution: "H01".into(),
        department: "IM".into(),
        visit: None,
        entry: EntryKind::App,
        plan: Plan::default(),
        state: State::Asking,
        version: 1,
        profile: Profile { age_months: 40 * 12, sex: Some(Sex::Female) },
        triage_level: None,
        n_flags: 0,
        chief_complaint: None,
        created_at: at,
        updated_at: at,
    }
}

async fn insert(house: &House<'_>, one: &Consultation) -> bool {
    let app = &house.service.app;
    let mut tx = app.db.begin().await.unwrap();
    let release = &house.service.engine.kb().release;
    let is_new = store::insert_consultation(app, &mut tx, one, release).await.unwrap();
    tx.commit().await.unwrap();
    is_new
}

/// Brings it to where an event leads, if it can happen.
async fn happen(house: &House<'_>, id: Uuid, event: Event) {
    let app = &house.service.app;
    let Some(read) = store::find_consultation(app, id).await.unwrap() else { return };
    let Ok(state) = read.state.after(event, app.now()) else { return };
    let mut tx = app.db.begin().await.unwrap();
    // Going back to one that is open may meet another open one of the same person.
    if store::update_consultation(app, &mut tx, &read, state, Change::default()).await.is_ok() {
        tx.commit().await.unwrap();
    }
}

async fn sent(house: &House<'_>, one: &Consultation) {
    assert!(insert(house, one).await);
    happen(house, one.id, Event::Completed).await;
    happen(house, one.id, Event::Confirmed).await;
}

async fn uses(house: &House<'_>, unit: &Unit, from: i64, until: i64) -> Vec<(i64, i64)> {
    let days = list_by_day(&house.bench.db, unit, Span { from, until }).await.unwrap();
    days.into_iter().map(|(day, counts)| (day, counts.uses())).collect()
}

type Counted = (String, String, String, i64, String, i64, i64, i64, i64);
type Answered = (String, String, String, String, i64, String, String, i64);

/// Everything that was counted, without cells that are empty again.
async fn counted(house: &House<'_>) -> (Vec<String>, Vec<String>) {
    let counts: Vec<Counted> = on_read!(&house.bench.db, |c| {
        sqlx::query_as(
            "SELECT institution, department, dimension, day, value, n_begun, n_submitted, n_emergency, n_abandoned
            FROM statistics_count",
        )
        .fetch_all(c)
        .await
    })
    .unwrap();
    let answers: Vec<Answered> = on_read!(&house.bench.db, |c| {
        sqlx::query_as(
            "SELECT institution, department, template, version, month, question, option, n FROM statistics_answer",
        )
        .fetch_all(c)
        .await
    })
    .unwrap();
    assert!(
        counts.iter().all(|row| row.5 >= 0 && row.6 >= 0 && row.7 >= 0 && row.8 >= 0),
        "nothing below nobody"
    );
    let mut counts: Vec<_> = counts.iter().filter(|row| row.5 != 0).map(|row| format!("{row:?}")).collect();
    let mut answers: Vec<_> = answers.iter().filter(|row| row.7 != 0).map(|row| format!("{row:?}")).collect();
    counts.sort();
    answers.sort();
    (counts, answers)
}

#[tokio::test]
async fn a_consultation_is_counted_once_however_often_it_changes_and_counting_is_asked_for() {
    on_each(async |house| {
        let district = Unit::default();
        let id = house.begin().await;
        assert_eq!(count(&house.service).await.unwrap(), 1);
        assert_eq!(uses(&house, &district, TODAY, TODAY).await, [(TODAY, 1)]);
        let own = house.talk_to_the_end(id, "咳嗽三天").await;
        crate::service::confirm(&house.service, house.patient(), id, own.consultation.version).await.unwrap();
        assert_eq!(count(&house.service).await.unwrap(), 2, "only changes of the state are counted anew");
        assert_eq!(count(&house.service).await.unwrap(), 0);
        for unit in [district.clone(), Unit::new("H01", ""), Unit::new("H01", "IM")] {
            let span = Span { from: TODAY, until: TODAY };
            let found = list_by_value(&house.bench.db, &unit, Dimension::Hour, span).await.unwrap();
            let expected = Counts { begun: 1, submitted: 1, ..Counts::default() };
            assert_eq!(found, [("10".to_owned(), expected)]);
        }
        assert!(uses(&house, &Unit::new("H02", ""), 0, TODAY).await.is_empty());
        // Two nodes that count at the same time.
        house.begin().await;
        let both = crate::testing::join_all([count(&house.service), count(&house.service)]).await;
        assert_eq!(both.into_iter().map(Result::unwrap).sum::<usize>(), 1);
        assert_eq!(uses(&house, &district, TODAY, TODAY).await, [(TODAY, 2)]);
    })
    .await;
}

#[tokio::test]
async fn a_day_of_the_statistics_ends_at_midnight_in_shanghai() {
    on_each(async |house| {
        // 23:59:59 of 1 March, 00:00 and 23:59:59 of 2 March, 00:00 of 3 March; stored in UTC.
        let moments =
            ["2026-03-01T15:59:59Z", "2026-03-01T16:00:00Z", "2026-03-02T15:59:59Z", "2026-03-02T16:00:00Z"];
        for at in moments {
            sent(&house, &consultation(&house, at.parse().unwrap())).await;
        }
        count(&house.service).await.unwrap();
        let district = Unit::default();
        let days = uses(&house, &district, TODAY - 1, TODAY + 1).await;
        assert_eq!(days, [(TODAY - 1, 1), (TODAY, 2), (TODAY + 1, 1)]);
        let span = Span { from: TODAY, until: TODAY };
        let hours = list_by_value(&house.bench.db, &district, Dimension::Hour, span).await.unwrap();
        let hours: Vec<_> = hours.into_iter().map(|(hour, counts)| (hour, counts.uses())).collect();
        assert_eq!(hours, [("00".to_owned(), 1), ("23".to_owned(), 1)]);
    })
    .await;
}

#[tokio::test]
async fn registrations_for_a_later_day_are_told_from_those_of_the_day() {
    on_each(async |house| {
        let app = &house.service.app;
        let mut visits = Vec::new();
        // The same day until 23:59, the next from 00:00 on.
        for (number, at) in [("A1", "2026-03-02T15:59:59Z"), ("A2", "2026-03-02T16:00:00Z")] {
            let visit = Visit {
                id: app.new_id(),
                resident: house.resident.id,
                institution: "H01".into(),
                department: "IM".into(),
                doctor: None,
                number: number.into(),
                intake: Intake::default(),
                scheduled_at: at.parse().unwrap(),
                entry: EntryKind::Registration,
                state: VisitState::Registered,
            };
            crate::service::register(&house.service, &visit).await.unwrap();
            let opening =
                crate::service::open_visit(&house.service, house.patient(), visit.id).await.unwrap();
            assert!(opening.is_new);
            visits.push(visit);
        }
        house.begin().await;
        count(&house.service).await.unwrap();
        let routes = async || {
            let span = Span { from: TODAY, until: TODAY };
            let found =
                list_by_value(&house.bench.db, &Unit::default(), Dimension::Route, span).await.unwrap();
            let found = found.into_iter().filter(|(_, counts)| counts.uses() > 0);
            found.map(|(route, counts)| (route, counts.uses())).collect::<BTreeMap<_, _>>()
        };
        let of = |pairs: &[(&str, i64)]| {
            pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(routes().await, of(&[("booked", 1), ("direct", 1), ("registered", 1)]));
        // The HIS moves one to another day: it is counted there.
        visits[0].scheduled_at += TimeDelta::days(3);
        crate::service::register(&house.service, &visits[0]).await.unwrap();
        count(&house.service).await.unwrap();
        assert_eq!(routes().await, of(&[("booked", 2), ("direct", 1)]));
    })
    .await;
}

/// Answers to a questionnaire of the library, each question by its option of a number.
fn answers(house: &House<'_>, key: &str, profile: &Profile, plan: &Plan, nth: usize) -> Vec<Turn> {
    crate::statistics::answers::filled(&house.service.engine, key, profile, plan, |n| nth % n.max(1))
}

/// A history by a seed: the same for both databases.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }
}

async fn remove(house: &House<'_>, id: Uuid) {
    let app = &house.service.app;
    let mut tx = app.db.begin().await.unwrap();
    for sql in
        ["DELETE FROM consultation_turn WHERE consultation_id = $1", "DELETE FROM consultation WHERE id = $1"]
    {
        on_tx!(&mut tx, |c| sqlx::query(sql).bind(id).execute(c).await.map(drop)).unwrap();
    }
    super::insert_due(app, &mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_added_up_is_what_counting_anew_gives_after_any_history() {
    on_each(async |house| {
        let app = &house.service.app;
        let places = [("H01", "IM"), ("H01", "PED"), ("H02", "GP")];
        let keys = ["sore-throat-first", "headache-first"];
        for seed in 0..4 {
            let mut chance = Chance(seed + 7);
            let mut all: Vec<Uuid> = Vec::new();
            for step in 0..60 {
                match chance.below(10) {
                    0..4 => {
                        let hours = i64::try_from(chance.below(24 * 70)).unwrap();
                        let mut one = consultation(&house, app.now() - TimeDelta::hours(hours));
                        let (institution, department) = places[chance.below(3)];
                        (one.institution, one.department) = (institution.into(), department.into());
                        one.entry = EntryKind::ALL[chance.below(5)];
                        one.profile.age_months = u32::try_from(chance.below(1_100)).unwrap();
                        one.plan.intake.is_first = [None, Some(true), Some(false)][chance.below(3)];
                        let key = keys[chance.below(2)];
                        if chance.below(3) > 0 {
                            let chosen = Chosen { key: key.into(), title: key.into() };
                            one.plan.questionnaires = vec![chosen];
                        }
                        // Somebody has one open one: it is sent first.
                        for id in &all {
                            happen(&house, *id, Event::Completed).await;
                            happen(&house, *id, Event::Confirmed).await;
                        }
                        assert!(insert(&house, &one).await);
                        all.push(one.id);
                        if !one.plan.questionnaires.is_empty() {
                            let turns = answers(&house, key, &one.profile, &one.plan, chance.below(5));
                            let mut tx = app.db.begin().await.unwrap();
                            for (ordinal, turn) in turns.iter().enumerate() {
                                let request_key = format!("{step}/{ordinal}");
                                let new = NewTurn {
                                    consultation: one.id,
                                    ordinal,
                                    turn,
                                    notes: &[],
                                    request_key: &request_key,
                                };
                                store::insert_turn(app, &mut tx, new).await.unwrap();
                            }
                            tx.commit().await.unwrap();
                        }
                    }
                    4..8 if !all.is_empty() => {
                        let id = all[chance.below(all.len())];
                        let events = [
                            Event::Completed,
                            Event::Confirmed,
                            Event::Completed,
                            Event::Confirmed,
                            Event::SoughtHelp,
                            Event::Undone,
                            Event::Restarted,
                        ];
                        happen(&house, id, events[chance.below(7)]).await;
                    }
                    8 if !all.is_empty() => {
                        let id = all.swap_remove(chance.below(all.len()));
                        remove(&house, id).await;
                    }
                    _ => {
                        count(&house.service).await.unwrap();
                    }
                }
            }
            for id in &all {
                happen(&house, *id, Event::Completed).await;
                happen(&house, *id, Event::Confirmed).await;
            }
            count(&house.service).await.unwrap();
            let added_up = counted(&house).await;
            assert!(
                added_up.0.len() > 100 && added_up.1.len() > 20,
                "{} {}",
                added_up.0.len(),
                added_up.1.len()
            );
            rebuild(&house.service, |_| {}).await.unwrap();
            assert_eq!(counted(&house).await, added_up, "seed {seed}");
            assert_eq!(count(&house.service).await.unwrap(), 0);
        }
    })
    .await;
}

async fn signed_in(house: &House<'_>, staff: &Staff) -> Browser {
    house.browser(staff.principal()).await
}

async fn with_role(house: &House<'_>, key: &str) -> Browser {
    let app = &house.service.app;
    let id = app.new_id();
    let role = roles::find_role(&app.db, key).await.unwrap().unwrap();
    let mut tx = app.db.begin().await.unwrap();
    roles::give(&mut tx, &app.keyring, id, &role, "test", app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let principal = Principal::Staff {
        id,
        role: Role::Doctor,
        institution: house.other_doctor.department.institution.clone(),
        department: house.other_doctor.department.code.clone(),
    };
    house.browser(principal).await
}

async fn of_three_places(house: &House<'_>) {
    for (place, n) in [(("H01", "IM"), 3), (("H01", "PED"), 1), (("H02", "GP"), 2)] {
        for _ in 0..n {
            let mut one = consultation(house, house.service.app.now());
            (one.institution, one.department) = (place.0.into(), place.1.into());
            sent(house, &one).await;
        }
    }
    count(&house.service).await.unwrap();
}

#[tokio::test]
async fn statistics_are_seen_as_far_as_the_right_reaches() {
    on_each(async |house| {
        of_three_places(&house).await;
        let doctor = signed_in(&house, &house.doctor).await;
        assert_eq!(doctor.get("/staff/statistics").await.status, 403, "a doctor has no right to them");

        let admin = with_role(&house, "admin").await;
        let page = admin.get("/staff/statistics").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("<dt>使用人次</dt><dd><strong>6</strong>"), "{}", page.text);
        for part in [
            "各机构使用排名",
            "云川区中心医院",
            "青禾社区卫生服务中心",
            "一天中的高峰与低谷",
            "高峰：10时（6 人次）",
        ] {
            assert!(page.text.contains(part), "{part} missing");
        }
        let drilled = admin.get("/staff/statistics?institution=H01").await;
        assert!(drilled.text.contains("各科室使用排名") && drilled.text.contains("<strong>4</strong>"));
        let deepest = admin.get("/staff/statistics?institution=H01&department=PED").await;
        assert!(!deepest.text.contains("使用排名") && deepest.text.contains("<strong>1</strong>"));
        for (address, status) in [
            ("/staff/statistics?institution=XX", 404),
            ("/staff/statistics?institution=H01&department=GP", 404),
            ("/staff/statistics?department=GP", 422),
            ("/staff/statistics?from=2026-03-03&until=2026-03-01", 422),
            ("/staff/statistics?from=2020-03-03&until=2026-03-01", 422),
            ("/staff/statistics?from=2026-01-01&until=2026-03-01&step=hour", 422),
            ("/staff/statistics?from=x", 422),
            ("/staff/statistics?step=minute", 422),
        ] {
            assert_eq!(admin.get(address).await.status, status, "{address}");
        }

        let quality = with_role(&house, "quality").await;
        let own = quality.get("/staff/statistics").await;
        assert!(own.text.contains("<strong>4</strong>"), "the institution, not the district: {}", own.text);
        assert!(!own.text.contains("青禾社区卫生服务中心") && !own.text.contains(">全区<"));
        for page in ["", "/templates", "/report"] {
            let refused = quality.get(&format!("/staff/statistics{page}?institution=H02")).await;
            assert_eq!(refused.status, 403, "{page}");
        }
        let csrf = own.field("_csrf");
        let fields = [("place", "overview"), ("format", "csv"), ("institution", "H02")];
        assert_eq!(quality.post("/staff/statistics/export", &csrf, &fields).await.status, 403);
        assert_eq!(quality.get("/staff/statistics/records?institution=H02").await.status, 403);
        let records = quality.get("/staff/statistics/records").await;
        assert_eq!(records.text.matches("看报告").count(), 4, "{}", records.text);
        assert_eq!(
            admin.get("/staff/statistics/records").await.status,
            403,
            "reports are for who may read them"
        );
    })
    .await;
}

#[tokio::test]
async fn every_period_has_its_number_also_when_nobody_came() {
    on_each(async |house| {
        of_three_places(&house).await;
        let admin = with_role(&house, "admin").await;
        let rows = async |query: &str| {
            let page = admin.get(&format!("/staff/statistics?{query}")).await.text;
            let trend =
                page.split_once("id=\"trend\"").unwrap().1.split_once("</section>").unwrap().0.to_owned();
            let body = trend.split_once("<tbody>").unwrap().1.to_owned();
            let cell = |row: &str, n: usize| {
                row.split("<td")
                    .nth(n)
                    .unwrap()
                    .split_once('>')
                    .unwrap()
                    .1
                    .split_once('<')
                    .unwrap()
                    .0
                    .to_owned()
            };
            body.split("<tr>").skip(1).map(|row| (cell(row, 1), cell(row, 2))).collect::<Vec<_>>()
        };
        let days = rows("from=2026-02-27&until=2026-03-02&step=day").await;
        assert_eq!(days.len(), 4);
        assert_eq!((days[2].1.as_str(), days[3].1.as_str()), ("0", "6"));
        let hours = rows("from=2026-03-02&until=2026-03-02&step=hour").await;
        assert_eq!((hours.len(), hours[9].1.as_str(), hours[10].1.as_str()), (24, "0", "6"));
        let weeks = rows("from=2026-02-20&until=2026-03-08&step=week").await;
        assert_eq!(
            weeks.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(),
            ["2026-02-16 周", "2026-02-23 周", "2026-03-02 周"]
        );
        assert_eq!(weeks[2].1, "6");
        let months = rows("from=2025-12-31&until=2026-03-31&step=month").await;
        assert_eq!(
            months.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(),
            ["2025-12", "2026-01", "2026-02", "2026-03"]
        );
        assert_eq!(months[3].1, "6");
        let empty = admin.get("/staff/statistics?from=2025-02-01&until=2025-02-03").await;
        assert!(empty.text.contains("<strong>0</strong>") && empty.status == 200);
        // The Spring Festival of 2025: 1 to 4 February are days off, the 5th a working day, the 8th a moved one.
        let page = admin.get("/staff/statistics?from=2025-02-01&until=2025-02-09").await.text;
        let kinds = page.split_once("id=\"days\"").unwrap().1.split_once("</section>").unwrap().0.to_owned();
        let kinds = kinds.split_once("<tbody>").unwrap().1.to_owned();
        assert!(kinds.starts_with("<tr><td>工作日</td><td class=\"num\">4</td>"), "{kinds}");
        assert!(kinds.contains("<td>周末</td><td class=\"num\">1</td>"), "{kinds}");
        assert!(kinds.contains("<td>法定节假日</td><td class=\"num\">4</td>"), "{kinds}");
    })
    .await;
}

#[tokio::test]
async fn numbers_are_taken_along_and_leave_a_row_in_the_audit_trail() {
    on_each(async |house| {
        of_three_places(&house).await;
        let admin = with_role(&house, "admin").await;
        let csrf = admin.get("/staff/statistics").await.field("_csrf");
        let fields = [("place", "overview"), ("section", "parts"), ("format", "csv")];
        let file = admin.post("/staff/statistics/export", &csrf, &fields).await;
        assert_eq!(file.status, 200, "{}", file.text);
        assert!(file.text.starts_with("\u{feff}统计,预问诊使用统计\r\n范围,全区\r\n"), "{}", file.text);
        assert!(file.text.contains("1,云川区中心医院,4,66.7%,4,0,0,100.0%\r\n"), "{}", file.text);
        assert!(file.text.contains("2,青禾社区卫生服务中心,2,33.3%,2,0,0,100.0%\r\n"), "{}", file.text);
        let missing = [("place", "overview"), ("section", "nothing"), ("format", "csv")];
        assert_eq!(admin.post("/staff/statistics/export", &csrf, &missing).await.status, 404);
        let sql = "SELECT object FROM audit_log WHERE action = 'statistics.export'";
        let kept: Vec<String> =
            on_read!(&house.bench.db, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
        assert_eq!(kept, ["statistics/overview/parts.csv?from=2026-02-01&until=2026-03-02"]);
    })
    .await;
}

#[tokio::test]
async fn each_question_of_a_questionnaire_is_told_by_its_kind_and_few_answers_are_not_told() {
    on_each(async |house| {
        let app = &house.service.app;
        let send = async |nth: usize| {
            let mut one = consultation(&house, app.now());
            one.plan.questionnaires = vec![Chosen { key: "headache-first".into(), title: "头痛".into() }];
            assert!(insert(&house, &one).await);
            let turns = answers(&house, "headache-first", &one.profile, &one.plan, nth);
            let mut tx = app.db.begin().await.unwrap();
            for (ordinal, turn) in turns.iter().enumerate() {
                let request_key = format!("k/{ordinal}");
                let new =
                    NewTurn { consultation: one.id, ordinal, turn, notes: &[], request_key: &request_key };
                store::insert_turn(app, &mut tx, new).await.unwrap();
            }
            tx.commit().await.unwrap();
            happen(&house, one.id, Event::Completed).await;
            happen(&house, one.id, Event::Confirmed).await;
        };
        let admin = with_role(&house, "admin").await;
        let address = "/staff/statistics/template?template=headache-first";
        assert_eq!(admin.get(address).await.status, 404, "nobody has used it");
        for _ in 0..4 {
            send(0).await;
        }
        count(&house.service).await.unwrap();
        let few = admin.get(address).await;
        assert!(
            few.text.contains("只有不到 5 份问卷问到这道题") && !few.text.contains("<td>前额</td>"),
            "{}",
            few.text
        );
        send(1).await;
        send(1).await;
        count(&house.service).await.unwrap();
        let months = (2026 * 12 + 2, 2026 * 12 + 2);
        let all =
            list_answers(&house.bench.db, &Unit::default(), ("headache-first", "1"), months).await.unwrap();
        let of = |question: &str, option: &str| {
            all.iter().find(|(q, o, _)| q == question && o == option).map_or(0, |(_, _, n)| *n)
        };
        assert_eq!((of("突发", "asked"), of("突发", "answered")), (6, 6));
        assert_eq!(of("突发", "=是") + of("突发", "=否"), 6);
        let page = admin.get(address).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for part in [
            "（单选）",
            "（多选）",
            "（填空）",
            "问到 6 份",
            "class=\"chart pie\"",
            "class=\"chart ranking\"",
        ] {
            assert!(page.text.contains(part), "{part} missing in {}", page.text);
        }
        let templates = admin.get("/staff/statistics/templates").await;
        for part in ["各机构的模板与使用", "不同机构的", "template=headache-first", "用问卷还是 AI 直接问"]
        {
            assert!(templates.text.contains(part), "{part} missing");
        }
        let within = admin.get("/staff/statistics/templates?institution=H01").await;
        assert!(within.text.contains("各科室问卷模板使用比较"));
        let report = admin.get("/staff/statistics/report").await;
        assert!(report.text.contains("各机构使用排名") && report.text.contains("各问卷模板的使用"));
    })
    .await;
}
