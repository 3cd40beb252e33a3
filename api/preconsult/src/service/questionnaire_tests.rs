//! Visits with questionnaires, from the registration to the record.

use chrono::TimeDelta;
use engine::{Act, Step};
use platform::on_read;
use uuid::Uuid;

use super::*;
use crate::{
    model::{EntryKind, Filled, Intake, Part, State, Visit, VisitState},
    template::{
        service::{self as templates, Base, Decision, New},
        tests::{TEXT, admin, own_desk},
    },
    testing::{House, on_each, reply},
};

const PAIN: &[(&str, &str)] = &[
    ("头痛时长", "3"),
    ("突发", "否"),
    ("部位", "前额|太阳穴"),
    ("性质", "一跳一跳地疼"),
    ("程度", "做事吃力"),
];
const BESIDES: &[(&str, &str)] = &[("伴随", "都没有")];
const BEFORE: &[(&str, &str)] = &[("反复", "否"), ("用药过", "否")];

fn visit(house: &House<'_>, number: &str, intake: Intake) -> Visit {
    let app = &house.service.app;
    Visit {
        id: app.new_id(),
        resident: house.resident.id,
        institution: house.doctor.department.institution.clone(),
        department: house.doctor.department.code.clone(),
        doctor: Some(house.doctor.id),
        number: number.into(),
        intake,
        scheduled_at: app.now() + TimeDelta::hours(2),
        entry: EntryKind::Registration,
        state: VisitState::Registered,
    }
}

fn about(complaint: &str) -> Intake {
    Intake { complaint: Some(complaint.into()), is_first: Some(true), ..Intake::default() }
}

async fn fill_page(
    house: &House<'_>,
    id: Uuid,
    page: usize,
    rows: &[(&str, &str)],
    key: &str,
) -> Result<Taken, PreconsultError> {
    let words = |text: &str| text.split('|').map(str::to_owned).collect();
    let given = rows.iter().map(|(path, text)| ((*path).to_owned(), words(text))).collect();
    let filled = Filled { form: 0, page, given, request_key: key.into() };
    fill(&house.service, house.patient(), id, &filled).await
}

/// Answers what the dialogue asks after the questionnaires.
async fn to_the_end(house: &House<'_>, id: Uuid) -> Own {
    for round in 0..40 {
        let own = house.own(id).await;
        let Step::Ask(question) = own.interview.step() else { return own };
        let turn = own.interview.dialogue().turns().len();
        house.say(id, turn, &reply(&question.options), &format!("end-{round}")).await.unwrap();
    }
    unreachable!("an interview ends")
}

#[tokio::test]
async fn a_registration_gets_the_questionnaire_that_fits_and_one_consultation() {
    on_each(async |house| {
        let registered = visit(&house, "A001", about("头痛"));
        assert_eq!(register(&house.service, &registered).await.unwrap(), Registered::New);
        assert_eq!(register(&house.service, &registered).await.unwrap(), Registered::Known);
        let sql = "SELECT COUNT(*) FROM message WHERE template = 'preconsult.invite'";
        let pushed: i64 = on_read!(&house.bench.db, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
        assert_eq!(pushed, 1, "the patient is asked to fill it in, once");

        let begun = open_visit(&house.service, house.patient(), registered.id).await.unwrap();
        assert!(begun.is_new);
        let again = open_visit(&house.service, house.patient(), registered.id).await.unwrap();
        assert_eq!(again, Begun { id: begun.id, is_new: false });
        let own = house.own(begun.id).await;
        assert_eq!(own.consultation.entry, EntryKind::Registration);
        assert_eq!(own.consultation.plan.questionnaires[0].key, "headache-first");
        let why = own.consultation.plan.reasons.join("\n");
        assert!(why.contains("主诉 = 头痛") && why.contains("就诊 = 初诊"), "{why}");
        assert_eq!(own.interview.step(), Step::Page(0, 0));

        // Another's registration is as good as none.
        let foreign = open_visit(&house.service, house.stranger(), registered.id).await;
        assert!(matches!(foreign, Err(PreconsultError::NotFound)));
        // Beside the registration one can begin another on one's own.
        assert_ne!(house.begin().await, begun.id);
    })
    .await;
}

#[tokio::test]
async fn pages_are_kept_and_lead_to_the_record_a_doctor_reads() {
    on_each(async |house| {
        let registered = visit(&house, "A002", about("头痛"));
        register(&house.service, &registered).await.unwrap();
        let id = open_visit(&house.service, house.patient(), registered.id).await.unwrap().id;
        assert_eq!(fill_page(&house, id, 0, PAIN, "page-a-1").await.unwrap(), Taken::Now);
        assert_eq!(fill_page(&house, id, 0, PAIN, "page-a-1").await.unwrap(), Taken::Before);
        assert_eq!(fill_page(&house, id, 0, PAIN, "page-a-2").await.unwrap(), Taken::Before);
        let skipped_ahead = fill_page(&house, id, 2, BEFORE, "page-c-0").await;
        assert!(matches!(skipped_ahead, Err(PreconsultError::OutdatedTurn)));
        fill_page(&house, id, 1, BESIDES, "page-b-1").await.unwrap();
        fill_page(&house, id, 2, BEFORE, "page-c-1").await.unwrap();

        // Going back changes one answer: the one before is voided, the rest stands.
        let mut changed = PAIN.to_vec();
        changed[0] = ("头痛时长", "5");
        fill_page(&house, id, 0, &changed, "page-a-3").await.unwrap();
        let own = to_the_end(&house, id).await;
        assert_eq!(own.consultation.state, State::AwaitingConfirmation);
        let voided: Vec<_> = own.turns.iter().filter(|turn| turn.voided.is_some()).collect();
        assert_eq!(voided.len(), 1);
        assert_eq!((voided[0].turn.answer.as_str(), voided[0].ordinal), ("3天", 0));

        let record = own.record.clone().unwrap();
        assert_eq!(record.text(Part::ChiefComplaint), "头痛5天");
        confirm(&house.service, house.patient(), id, own.consultation.version).await.unwrap();
        let reading = read(&house.service, house.reader(&house.doctor).await, id).await.unwrap();
        assert_eq!(reading.record.text(Part::ChiefComplaint), "头痛5天");
        assert!(
            !reading.assessment.suspects.is_empty(),
            "answers of a questionnaire count for the differential"
        );
        let again = replay(&house.service, house.reader(&house.doctor).await, id, None).await.unwrap();
        assert!(again.differences.is_empty(), "{:?}", again.differences);
    })
    .await;
}

#[tokio::test]
async fn without_a_fitting_questionnaire_the_dialogue_asks_by_itself() {
    on_each(async |house| {
        let registered = visit(&house, "A003", about("发热"));
        register(&house.service, &registered).await.unwrap();
        let id = open_visit(&house.service, house.patient(), registered.id).await.unwrap().id;
        let own = house.own(id).await;
        assert!(own.consultation.plan.questionnaires.is_empty());
        assert!(
            own.consultation.plan.reasons[0].contains("AI 预问诊"),
            "{:?}",
            own.consultation.plan.reasons
        );
        let Step::Ask(question) = own.interview.step() else { panic!("{:?}", own.interview.step()) };
        assert_eq!(question.act, Act::Complaint);
        let none = fill_page(&house, id, 0, PAIN, "page-x-1").await;
        assert!(matches!(none, Err(PreconsultError::OutdatedTurn)));
    })
    .await;
}

#[tokio::test]
async fn a_page_is_taken_whole_or_not_at_all() {
    on_each(async |house| {
        let registered = visit(&house, "A004", about("头痛"));
        register(&house.service, &registered).await.unwrap();
        let id = open_visit(&house.service, house.patient(), registered.id).await.unwrap().id;
        let mut wrong = PAIN.to_vec();
        wrong[0] = ("头痛时长", "很久");
        let Err(PreconsultError::PageRefused(refused)) = fill_page(&house, id, 0, &wrong, "page-w-1").await
        else {
            panic!("a duration is a number")
        };
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].path, "头痛时长");
        assert!(house.own(id).await.turns.is_empty(), "nothing half done");
        let long = "长".repeat(crate::model::MAX_ANSWER + 1);
        let too_long = fill_page(&house, id, 0, &[("头痛时长", &long)], "page-w-2").await;
        assert!(matches!(too_long, Err(PreconsultError::TooLong { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_or_past_registration_is_told_as_such() {
    on_each(async |house| {
        for (number, state) in [("A005", VisitState::Cancelled), ("A006", VisitState::Attended)] {
            let registered = visit(&house, number, about("头痛"));
            register(&house.service, &registered).await.unwrap();
            let changed = Visit { state, ..registered.clone() };
            assert_eq!(register(&house.service, &changed).await.unwrap(), Registered::Changed);
            let refused = open_visit(&house.service, house.patient(), registered.id).await.unwrap_err();
            let problem = platform::Problem::from(refused);
            assert_eq!(problem.status, 409);
            assert!(problem.detail.as_deref().unwrap_or_default().contains("重新挂号"), "{problem:?}");
        }
        assert!(list_own_visits(&house.service, house.resident.id).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn quality_rules_stop_a_contradiction_in_a_questionnaire_until_it_is_put_right() {
    on_each(async |house| {
        let intake = Intake {
            complaint: Some("复查配药".into()),
            is_first: Some(false),
            chronic: Some(vec!["高血压".into()]),
            is_pregnant: None,
        };
        let registered = visit(&house, "A007", intake);
        register(&house.service, &registered).await.unwrap();
        let id = open_visit(&house.service, house.patient(), registered.id).await.unwrap().id;
        let own = house.own(id).await;
        assert_eq!(own.consultation.plan.questionnaires[0].key, "hypertension-return");
        // Pages are answered as a person in a hurry would: the first option, a number in range.
        for round in 0..12 {
            let own = house.own(id).await;
            let Step::Page(form, page) = own.interview.step() else { break };
            let shown = own.interview.shown(form, page);
            let given = shown.iter().map(|shown| {
                let words = match (shown.path.as_str(), shown.answer.clone()) {
                    (_, Some(answer)) => vec![answer],
                    ("收缩压", _) => vec!["90".into()],
                    ("舒张压", _) => vec!["110".into()],
                    _ => vec![shown.options.last().map_or("否".to_owned(), |option| option.label.clone())],
                };
                (shown.path.clone(), words)
            });
            let filled = Filled { form, page, given: given.collect(), request_key: format!("hurry-{round}") };
            let taken = fill(&house.service, house.patient(), id, &filled).await;
            if let Err(PreconsultError::PageRefused(refused)) = &taken {
                // The questionnaire itself sees that the lower value is above the upper one.
                assert!(refused.iter().any(|one| one.path.contains("压")), "{refused:?}");
                return;
            }
            taken.unwrap();
        }
        let own = to_the_end(&house, id).await;
        let refused = confirm(&house.service, house.patient(), id, own.consultation.version).await;
        assert!(matches!(refused, Err(PreconsultError::Blocked(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn the_department_asks_its_own_template_until_it_is_out_of_use() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let reviewer = own_desk(&house, &admin(house.bench).await).await;
        let new = New {
            code: "im-cough".into(),
            title: "内科发热".into(),
            department: Some("IM".into()),
            disease: Some("发热".into()),
            from: Base::Blank,
        };
        let id = templates::create(service, &doctor, new).await.unwrap();
        let at = templates::save_text(service, &doctor, (id, 1), (TEXT, "")).await.unwrap();
        let at = templates::generate_cases(service, &doctor, (id, at)).await.unwrap();
        templates::submit(service, &doctor, (id, at)).await.unwrap();

        let before = visit(&house, "T001", about("发热"));
        register(service, &before).await.unwrap();
        templates::decide(service, &reviewer, (id, at + 1), Decision::Approve, "").await.unwrap();
        let begun = open_visit(service, house.patient(), before.id).await.unwrap().id;
        let own = house.own(begun).await;
        assert_eq!(own.consultation.plan.questionnaires[0].title, "内科咳嗽");
        assert!(own.consultation.plan.reasons[0].contains("本科室的模板"));

        // Out of use, it can still be ended by who began it.
        templates::retire(service, &doctor, (id, at + 2), "换成通用问卷").await.unwrap();
        fill_page(&house, begun, 0, &[("痰", "有")], "own-1").await.unwrap();
        fill_page(&house, begun, 0, &[("痰", "有"), ("色", "黄")], "own-2").await.unwrap();
        let own = to_the_end(&house, begun).await;
        let present = own.record.unwrap().text(Part::History(engine::SectionKind::PresentIllness));
        assert!(present.starts_with("有痰痰色黄。"), "{present}");

        let after = visit(&house, "T002", about("发热"));
        register(service, &after).await.unwrap();
        let begun = open_visit(service, house.patient(), after.id).await.unwrap().id;
        assert!(house.own(begun).await.consultation.plan.questionnaires.is_empty());
    })
    .await;
}
