use chrono::TimeDelta;
use platform::{
    App, audit,
    db::test_support::on_each_database,
    on_read,
    session::{Principal, Role},
};
use uuid::Uuid;

use super::{
    Reason, Side, State,
    fields::CardForm,
    photo::tests::jpeg_of,
    service::{self, Decision, SubmitError},
    statistics, wipe_photos,
};
use crate::{
    PeopleError,
    identity::IdNumber,
    resident::{self, Channel},
    sign_in::tests::request,
};

fn form(name: &str, body: &str) -> CardForm {
    let number = IdNumber::of_body(body).unwrap();
    CardForm {
        name: name.into(),
        sex: if number.sex() == crate::Sex::Male { "male" } else { "female" }.into(),
        birth: number.birth_date().to_string(),
        id_number: number.as_str().into(),
        authority: "上海市公安局静安分局".into(),
        valid_from: "2016-05-01".into(),
        valid_until: "2036-05-01".into(),
        is_long_term: None,
    }
}

const QIN: (&str, &str) = ("秦知远", "31010619850312791");

pub(crate) async fn applicant(app: &App) -> Uuid {
    let mut tx = app.db.begin().await.unwrap();
    let id = resident::insert(app, &mut tx).await.unwrap();
    resident::insert_account(app, &mut tx, id, Channel::WeChat, &id.to_string()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Hands in an application and gives its id.
pub(crate) async fn submitted(app: &App, resident: Uuid, (name, body): (&str, &str)) -> Uuid {
    service::begin(app, &request(), resident).await.unwrap();
    for side in [Side::Front, Side::Back] {
        service::add_photo(app, resident, side, &jpeg_of(1600, 1000)).await.unwrap();
    }
    service::submit(app, &request(), resident, &form(name, body)).await.unwrap();
    service::find_latest(app, resident).await.unwrap().unwrap().id
}

fn reviewer(n: u128) -> Principal {
    Principal::Staff {
        id: Uuid::from_u128(n),
        role: Role::Reviewer,
        institution: "H01".into(),
        department: "IM".into(),
    }
}

async fn version(app: &App, id: Uuid) -> i64 {
    service::find(app, id).await.unwrap().version
}

#[tokio::test]
async fn an_application_is_approved_and_the_resident_is_known_by_it() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = applicant(bench).await;
        let too_soon = service::add_photo(bench, me, Side::Front, &jpeg_of(1600, 1000)).await;
        assert!(matches!(too_soon, Err(PeopleError::Refused(_))), "consent comes first");
        let id = submitted(bench, me, QIN).await;
        let stored: Vec<(Vec<u8>, Vec<u8>)> = on_read!(&bench.db, |c| sqlx::query_as(
            "SELECT p.content, c.fields FROM realname_photo p JOIN realname_case c ON c.id = p.case_id"
        )
        .fetch_all(c)
        .await)
        .unwrap();
        assert_eq!(stored.len(), 2);
        for (photo, fields) in stored {
            assert!(!photo.starts_with(&[0xff, 0xd8]) && !String::from_utf8_lossy(&photo).contains("/9j/"));
            assert!(!String::from_utf8_lossy(&fields).contains("19850312"));
        }
        let by = reviewer(1);
        let early = service::decide(bench, &request(), &by, id, 2, &Decision::Approve).await;
        assert!(matches!(early, Err(PeopleError::Refused(_))), "not held");
        service::claim(bench, &by, id).await.unwrap();
        let case = service::read(bench, &request(), &by, id).await.unwrap();
        assert_eq!(case.fields.as_ref().unwrap().name, "秦知远");
        let (kind, bytes) = service::read_photo(bench, &request(), &by, id, Side::Front).await.unwrap();
        assert_eq!(kind.media_type(), "image/jpeg");
        assert!(!String::from_utf8_lossy(&bytes).contains("GPS"));
        service::decide(bench, &request(), &by, id, case.version, &Decision::Approve).await.unwrap();
        let known = resident::find(bench, me).await.unwrap();
        assert!(known.is_vouched() && known.name == "秦知远" && known.birth_date.is_some());
        let deeds = audit::list_for_patient(&bench.db, me, 9).await.unwrap();
        let deeds: Vec<_> = deeds.iter().map(|deed| deed.action.as_str()).collect();
        assert_eq!(
            deeds,
            [
                "realname.approve",
                "realname.read_photo",
                "realname.read",
                "realname.submit",
                "realname.consent"
            ]
        );
        let again = service::begin(bench, &request(), me).await;
        assert!(matches!(again, Err(PeopleError::Refused(_))), "already verified");
    })
    .await;
}

#[tokio::test]
async fn a_rejected_resident_reads_why_and_starts_anew() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = applicant(bench).await;
        let id = submitted(bench, me, QIN).await;
        let by = reviewer(1);
        service::claim(bench, &by, id).await.unwrap();
        let bare = Decision::Reject(Reason::Other, " ".into());
        let refused = service::decide(bench, &request(), &by, id, version(bench, id).await, &bare).await;
        assert!(matches!(refused, Err(PeopleError::Field("text", _))));
        let why = Decision::Reject(Reason::Blurred, "号码看不清".into());
        service::decide(bench, &request(), &by, id, version(bench, id).await, &why).await.unwrap();
        let case = service::find_latest(bench, me).await.unwrap().unwrap();
        let verdict = case.verdict.unwrap();
        assert_eq!(
            (case.state, verdict.reason, verdict.text.as_str()),
            (State::Rejected, Some(Reason::Blurred), "号码看不清")
        );
        assert!(resident::find(bench, me).await.unwrap().verified.is_none());
        bench.clock.advance(TimeDelta::minutes(1));
        let second = submitted(bench, me, QIN).await;
        assert_ne!(second, id);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_handed_in_with_one_side_or_wrong_fields() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = applicant(bench).await;
        service::begin(bench, &request(), me).await.unwrap();
        service::begin(bench, &request(), me).await.unwrap();
        service::add_photo(bench, me, Side::Front, &jpeg_of(1600, 1000)).await.unwrap();
        let one_side = service::submit(bench, &request(), me, &form(QIN.0, QIN.1)).await;
        assert!(matches!(one_side, Err(SubmitError::Other(PeopleError::Refused(_)))));
        service::add_photo(bench, me, Side::Back, &jpeg_of(1600, 1000)).await.unwrap();
        service::add_photo(bench, me, Side::Back, &jpeg_of(1200, 800)).await.unwrap();
        let wrong = CardForm { sex: "female".into(), ..form(QIN.0, QIN.1) };
        let faults = service::submit(bench, &request(), me, &wrong).await;
        assert!(matches!(faults, Err(SubmitError::Faults(faults)) if faults.len() == 1));
        let bomb = service::add_photo(bench, me, Side::Back, &jpeg_of(60_000, 60_000)).await;
        assert!(matches!(bomb, Err(PeopleError::Field("photo", _))));
        service::submit(bench, &request(), me, &form(QIN.0, QIN.1)).await.unwrap();
        let late = service::add_photo(bench, me, Side::Back, &jpeg_of(1600, 1000)).await;
        assert!(matches!(late, Err(PeopleError::Refused(_))), "what is handed in stays");
    })
    .await;
}

#[tokio::test]
async fn one_reviewer_holds_a_case_and_one_verdict_wins() {
    on_each_database(&[crate::migrations], async |bench| {
        let me = applicant(bench).await;
        let id = submitted(bench, me, QIN).await;
        let (one, two) = (reviewer(1), reviewer(2));
        let claims = tokio::join!(service::claim_next(bench, &one), service::claim_next(bench, &two));
        let held = [claims.0.unwrap(), claims.1.unwrap()];
        assert_eq!(held.iter().flatten().count(), 1, "{held:?}");
        let (holder, other) = if held[0].is_some() { (&one, &two) } else { (&two, &one) };
        assert!(service::claim(bench, other, id).await.is_err());
        let seen = version(bench, id).await;
        let theft = service::decide(bench, &request(), other, id, seen, &Decision::Approve).await;
        assert!(matches!(theft, Err(PeopleError::Refused(_))));

        let (request, reject) = (request(), Decision::Reject(Reason::Expired, String::new()));
        let verdict = |decision| service::decide(bench, &request, holder, id, seen, decision);
        let verdicts =
            tokio::join!(verdict(&Decision::Approve), verdict(&reject), verdict(&Decision::Approve));
        let won = [verdicts.0.is_ok(), verdicts.1.is_ok(), verdicts.2.is_ok()];
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");

        // A claim that ran out goes to another.
        let second = applicant(bench).await;
        let id = submitted(bench, second, ("苏映雪", "31010619560820352")).await;
        service::claim(bench, &one, id).await.unwrap();
        bench.clock.advance(TimeDelta::minutes(16));
        let seen = version(bench, id).await;
        let late = service::decide(bench, &request, &one, id, seen, &Decision::Approve).await;
        assert!(matches!(late, Err(PeopleError::Refused(_))));
        assert_eq!(service::claim_next(bench, &two).await.unwrap(), Some(id));
    })
    .await;
}

#[tokio::test]
async fn approval_joins_the_accounts_of_one_person_and_never_of_two() {
    on_each_database(&[crate::migrations], async |bench| {
        let by = reviewer(1);
        let first = applicant(bench).await;
        let id = submitted(bench, first, QIN).await;
        service::claim(bench, &by, id).await.unwrap();
        service::decide(bench, &request(), &by, id, version(bench, id).await, &Decision::Approve)
            .await
            .unwrap();

        let second = applicant(bench).await;
        let id = submitted(bench, second, QIN).await;
        service::claim(bench, &by, id).await.unwrap();
        service::decide(bench, &request(), &by, id, version(bench, id).await, &Decision::Approve)
            .await
            .unwrap();
        let mut tx = bench.db.begin().await.unwrap();
        let account =
            resident::find_by_account(bench, &mut tx, Channel::WeChat, &second.to_string()).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(account, Some(first), "the second account now opens the first resident");

        let third = applicant(bench).await;
        let id = submitted(bench, third, ("冒名者", QIN.1)).await;
        service::claim(bench, &by, id).await.unwrap();
        let refused =
            service::decide(bench, &request(), &by, id, version(bench, id).await, &Decision::Approve).await;
        assert!(matches!(refused, Err(PeopleError::Refused(why)) if why.contains("另一个姓名")));
        assert_eq!(service::find(bench, id).await.unwrap().state, State::Submitted, "nothing was decided");
    })
    .await;
}

#[tokio::test]
async fn statistics_count_by_day_and_outcome() {
    on_each_database(&[crate::migrations], async |bench| {
        let by = reviewer(1);
        let people = [QIN, ("苏映雪", "31010619560820352"), ("宋晨曦", "31010820091105441")];
        let decisions =
            [Some(Decision::Approve), Some(Decision::Reject(Reason::Blurred, String::new())), None];
        for (who, decision) in people.into_iter().zip(decisions) {
            let me = applicant(bench).await;
            let id = submitted(bench, me, who).await;
            bench.clock.advance(TimeDelta::minutes(10));
            if let Some(decision) = decision {
                service::claim(bench, &by, id).await.unwrap();
                let seen = version(bench, id).await;
                service::decide(bench, &request(), &by, id, seen, &decision).await.unwrap();
            }
        }
        let today = bench.app.clock.today();
        let counts = statistics::compute(bench, today - chrono::Days::new(2), today).await.unwrap();
        assert_eq!((counts.days.len(), counts.days[0].counts.all()), (3, 0));
        let last = counts.days[2].counts;
        assert_eq!((last.all(), last.approved, last.rejected, last.waiting), (3, 1, 1, 1));
        assert_eq!((counts.reasons, counts.median_minutes), (vec![(Reason::Blurred, 1)], Some(10)));
        let counts = statistics::compute(bench, today, today).await.unwrap();
        assert!(counts.csv().ends_with("2026-03-02,3,1,1,1,50%\r\n"), "{}", counts.csv());
        assert!(statistics::compute(bench, today, today - chrono::Days::new(1)).await.is_err());
        let (_, by_state) = service::list(bench, State::Submitted, 10, 0).await.unwrap();
        assert_eq!(by_state, [(State::Submitted, 1), (State::Approved, 1), (State::Rejected, 1)]);
    })
    .await;
}

#[tokio::test]
async fn photographs_are_wiped_after_the_retention_time_and_it_is_recorded() {
    on_each_database(&[crate::migrations], async |bench| {
        let by = reviewer(1);
        let me = applicant(bench).await;
        let id = submitted(bench, me, QIN).await;
        service::claim(bench, &by, id).await.unwrap();
        service::decide(bench, &request(), &by, id, version(bench, id).await, &Decision::Approve)
            .await
            .unwrap();
        let forgetful = applicant(bench).await;
        service::begin(bench, &request(), forgetful).await.unwrap();
        service::add_photo(bench, forgetful, Side::Front, &jpeg_of(1600, 1000)).await.unwrap();

        assert_eq!(wipe_photos(bench).await.unwrap(), 0);
        bench.clock.advance(TimeDelta::days(8));
        assert_eq!(wipe_photos(bench).await.unwrap(), 1, "the forgotten draft");
        let draft = service::find_latest(bench, forgetful).await.unwrap().unwrap();
        assert!(draft.state == State::Rejected && draft.wiped_at.is_some());
        service::read_photo(bench, &request(), &by, id, Side::Front).await.unwrap();
        bench.clock.advance(TimeDelta::days(22));
        assert_eq!(wipe_photos(bench).await.unwrap(), 1);
        assert_eq!(wipe_photos(bench).await.unwrap(), 0, "once");
        let gone = service::read_photo(bench, &request(), &by, id, Side::Front).await;
        assert!(matches!(gone, Err(PeopleError::NotFound)));
        let left: i64 = on_read!(&bench.db, |c| sqlx::query_scalar("SELECT count(*) FROM realname_photo")
            .fetch_one(c)
            .await)
        .unwrap();
        assert_eq!(left, 0);
        let deeds = audit::list_for_patient(&bench.db, me, 1).await.unwrap();
        assert_eq!((deeds[0].action.as_str(), deeds[0].role.as_str()), ("realname.wipe_photos", "system"));
        assert!(resident::find(bench, me).await.unwrap().is_vouched(), "the verdict stays");
    })
    .await;
}
