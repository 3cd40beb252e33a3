//! Templates from the first draft to patients, on both databases.

use std::sync::Arc;

use people::Staff;
use platform::{
    db::test_support::Bench,
    rights::{Fields, Grant, Held, Permission, Right, Scope, roles},
};
use rules::form::draft::Kind;
use serde_json::json;
use uuid::Uuid;

use super::{
    compiled,
    edit::Step,
    model::{Desk, State, UseKind},
    published,
    service::{self, Arranged, Base, Decision, New},
    store::Filter,
    *,
};
use crate::testing::{Browser, House, Seen, on_each};

pub(crate) const TEXT: &str = "问卷 im-cough 内科咳嗽\n版本: 1\n状态: 草稿\n\n单选 痰 有痰吗？\n- 有 => 有痰\n- 没有 => 无痰\n必答\n现病史: {痰}\n\n文字 色 什么颜色？\n显示: 痰 = 有\n现病史: 痰色{色}\n";

fn grant(permission: Permission, scope: Scope) -> Grant {
    Grant { permission, scope, fields: Fields::new() }
}

/// What a role of one permission gives.
fn desk<'a>(house: &'a House<'_>, who: &Staff, grants: &[(Permission, Scope)]) -> Desk<'a> {
    let grants = grants.iter().map(|(permission, scope)| grant(*permission, *scope)).collect();
    let held = Held::of(grants, vec!["试".into()]);
    let right = Right::new(who.principal(), String::new(), None, Arc::new(held)).unwrap();
    Desk::new(&right, &house.request).unwrap()
}

pub(crate) async fn own_desk<'a>(house: &'a House<'_>, who: &Staff) -> Desk<'a> {
    let held = roles::find_held(&house.bench.db, who.id).await.unwrap();
    let right = Right::new(who.principal(), String::new(), None, Arc::new(held)).unwrap();
    Desk::new(&right, &house.request).unwrap()
}

pub(crate) async fn admin(bench: &Bench) -> Staff {
    let (_, staff) = people::service::list_demo_people(bench).await.unwrap();
    staff.into_iter().find(|one| one.role == platform::session::Role::Admin).unwrap()
}

fn new(code: &str, from: Base) -> New {
    New {
        code: code.into(), title: "内科咳嗽".into(), department: Some("IM".into()), disease: None, from
    }
}

async fn newest(house: &House<'_>, desk: &Desk<'_>, id: Uuid) -> model::Version {
    service::read(&house.service, desk, id).await.unwrap().newest().unwrap().clone()
}

/// A template of the doctor whose draft says [`TEXT`], with generated cases.
async fn written(house: &House<'_>, doctor: &Desk<'_>) -> Uuid {
    let service = &house.service;
    let id = service::create(service, doctor, new("im-cough", Base::Blank)).await.unwrap();
    let at = service::save_text(service, doctor, (id, 1), (TEXT, "")).await.unwrap();
    service::generate_cases(service, doctor, (id, at)).await.unwrap();
    id
}

async fn submitted(house: &House<'_>, doctor: &Desk<'_>) -> (Uuid, i64) {
    let id = written(house, doctor).await;
    let at = newest(house, doctor, id).await.revision;
    service::submit(&house.service, doctor, (id, at)).await.unwrap();
    (id, at + 1)
}

#[tokio::test]
async fn a_template_goes_from_draft_to_patients_and_out_of_use() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let reviewer = own_desk(&house, &admin(house.bench).await).await;
        let (id, at) = submitted(&house, &doctor).await;
        assert!(published(service, "H01").await.unwrap().is_empty(), "not before the review");
        assert_eq!(service::queue(service, &reviewer).await.unwrap().len(), 1);
        service::decide(service, &reviewer, (id, at), Decision::Approve, "").await.unwrap();
        let in_use = published(service, "H01").await.unwrap();
        assert_eq!(in_use.len(), 1);
        let first = &in_use[0];
        assert_eq!((first.code.as_str(), first.title.as_str()), ("im-cough", "内科咳嗽"));
        assert_eq!((first.department.as_deref(), first.template), (Some("IM"), id));
        assert_eq!(compiled(service, first.version).await.unwrap().version, first.version);
        assert!(published(service, "H02").await.unwrap().is_empty());

        // Editing begins a new version; patients keep the first until the second is let pass.
        let before = newest(&house, &doctor, id).await;
        let refused =
            service::save_text(service, &doctor, (id, before.revision), ("x", "")).await.unwrap_err();
        assert!(matches!(refused, TemplateError::WrongState { .. }), "{refused:?}");
        service::begin_version(service, &doctor, (id, before.revision)).await.unwrap();
        let text = TEXT.replace("什么颜色", "痰是什么颜色");
        let draft = newest(&house, &doctor, id).await;
        assert_eq!((draft.number, draft.state, draft.revision), (2, State::Draft, 1));
        service::save_text(service, &doctor, (id, 1), (&text, &draft.cases)).await.unwrap();
        service::submit(service, &doctor, (id, 2)).await.unwrap();
        assert_eq!(published(service, "H01").await.unwrap()[0].version, first.version);
        service::decide(service, &reviewer, (id, 3), Decision::Approve, "好").await.unwrap();
        let second = published(service, "H01").await.unwrap()[0].clone();
        assert_ne!(second.version, first.version);
        assert_eq!(second.form.plan().units[1].text.plain(), "痰是什么颜色？");
        let old = compiled(service, first.version).await.unwrap();
        assert_eq!(old.form.plan().units[1].text.plain(), "什么颜色？", "who began it can end it");
        let states: Vec<_> =
            service::read(service, &doctor, id).await.unwrap().versions.iter().map(|one| one.state).collect();
        assert_eq!(states, [State::Published, State::Retired]);

        let refused = service::retire(service, &doctor, (id, 4), " ").await.unwrap_err();
        assert!(matches!(refused, TemplateError::Input { pointer: "/reason", .. }), "{refused:?}");
        service::retire(service, &doctor, (id, 4), "换成通用问卷").await.unwrap();
        assert!(published(service, "H01").await.unwrap().is_empty());
        assert_eq!(newest(&house, &doctor, id).await.retire_reason.as_deref(), Some("换成通用问卷"));
    })
    .await;
}

#[tokio::test]
async fn nobody_reviews_their_own_work_and_two_looks_are_two_peoples() {
    on_each(async |house| {
        let service = &house.service;
        let all = [
            (Permission::TemplateEdit, Scope::Institution),
            (Permission::TemplateReview, Scope::Institution),
        ];
        let author = desk(&house, &house.doctor, &all);
        let chief = desk(&house, &house.other_doctor, &all);
        let (id, at) = submitted(&house, &author).await;
        let refused = service::decide(service, &author, (id, at), Decision::Approve, "").await.unwrap_err();
        assert!(matches!(refused, TemplateError::OwnWork), "{refused:?}");
        // Who changed a line of it has written it too.
        service::withdraw(service, &author, (id, at)).await.unwrap();
        let text = TEXT.replace("有痰吗", "咳痰吗");
        let cases = newest(&house, &author, id).await.cases;
        service::save_text(service, &chief, (id, at + 1), (&text, &cases)).await.unwrap();
        service::submit(service, &author, (id, at + 2)).await.unwrap();
        let refused =
            service::decide(service, &chief, (id, at + 3), Decision::Approve, "").await.unwrap_err();
        assert!(matches!(refused, TemplateError::OwnWork), "{refused:?}");

        // Two looks: the department's, then somebody else's for the institution.
        let admin_person = admin(house.bench).await;
        let manager = own_desk(&house, &admin_person).await;
        service::set_policy(service, &manager, "H01", true).await.unwrap();
        let mut peer = house.other_doctor.clone();
        peer.department = house.doctor.department.clone();
        peer.id = Uuid::from_u128(77);
        let peer = desk(&house, &peer, &[(Permission::TemplateReview, Scope::Department)]);
        let passed = service::decide(service, &peer, (id, at + 3), Decision::Approve, "").await.unwrap();
        assert_eq!(passed, State::InReview);
        assert!(published(service, "H01").await.unwrap().is_empty());
        let refused = service::decide(service, &peer, (id, at + 4), Decision::Approve, "").await.unwrap_err();
        assert!(matches!(refused, TemplateError::OwnWork), "{refused:?}");
        let passed = service::decide(service, &manager, (id, at + 4), Decision::Approve, "").await.unwrap();
        assert_eq!(passed, State::Published);
        assert_eq!(published(service, "H01").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_returned_draft_says_why_and_can_be_sent_again() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let reviewer = own_desk(&house, &admin(house.bench).await).await;
        let (id, at) = submitted(&house, &doctor).await;
        let refused = service::decide(service, &reviewer, (id, at), Decision::Return, " ").await.unwrap_err();
        assert!(matches!(refused, TemplateError::Input { pointer: "/note", .. }), "{refused:?}");
        let outdated = service::decide(service, &reviewer, (id, at - 1), Decision::Return, "再问咯血").await;
        assert!(matches!(outdated.unwrap_err(), TemplateError::OutdatedVersion));
        service::decide(service, &reviewer, (id, at), Decision::Return, "再问咯血").await.unwrap();
        let draft = newest(&house, &doctor, id).await;
        assert_eq!((draft.state, draft.review_note.as_deref()), (State::Draft, Some("再问咯血")));
        let error = compiled(service, draft.id).await.unwrap_err();
        assert!(matches!(error, PreconsultError::NotFound), "a draft is not filled in: {error:?}");
        service::submit(service, &doctor, (id, draft.revision)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_broken_is_kept_named_by_its_place_and_not_sent() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let id = written(&house, &doctor).await;
        let draft = newest(&house, &doctor, id).await;
        let broken = TEXT.replace("显示: 痰 = 有", "显示: 谈 = 有");
        let at = service::save_text(service, &doctor, (id, draft.revision), (&broken, &draft.cases))
            .await
            .unwrap();
        let TemplateError::Refused(faults) = service::submit(service, &doctor, (id, at)).await.unwrap_err()
        else {
            panic!("sent")
        };
        assert_eq!((faults[0].file.as_str(), faults[0].line, faults[0].column), ("im-cough.form", 12, 5));
        // Not even a questionnaire: kept all the same, and the designer waits.
        let at = service::save_text(service, &doctor, (id, at), ("问卷\n胡说", "")).await.unwrap();
        assert_eq!(newest(&house, &doctor, id).await.text, "问卷\n胡说");
        let step = Step::Add { at: vec![0], kind: Kind::YesNo };
        let refused = service::apply(service, &doctor, (id, at), &step).await.unwrap_err();
        assert!(matches!(refused, TemplateError::Unreadable), "{refused:?}");
        // Both changes are taken back, one by one.
        let at = service::undo(service, &doctor, (id, at)).await.unwrap();
        assert_eq!(newest(&house, &doctor, id).await.text, broken);
        let at = service::undo(service, &doctor, (id, at)).await.unwrap();
        assert_eq!(newest(&house, &doctor, id).await.text, TEXT);
        // Without its cases it does not go either: each branch is named.
        let at = service::save_text(service, &doctor, (id, at), (TEXT, "")).await.unwrap();
        let TemplateError::Refused(faults) = service::submit(service, &doctor, (id, at)).await.unwrap_err()
        else {
            panic!("sent")
        };
        let open: Vec<_> = faults.iter().map(|fault| (fault.code, fault.line)).collect();
        assert_eq!(open, [("TP003", 12), ("TP003", 12)], "shown and not shown: {faults:?}");
        // Another code in the text is no way around the code of the template.
        let renamed = TEXT.replace("im-cough", "ent-ear");
        let at = service::save_text(service, &doctor, (id, at), (&renamed, "")).await.unwrap();
        let refused = service::submit(service, &doctor, (id, at)).await.unwrap_err();
        let TemplateError::Refused(faults) = refused else { panic!("{refused:?}") };
        assert!(faults.iter().any(|fault| fault.code == "TP001" && fault.line == 1), "{faults:?}");
    })
    .await;
}

#[tokio::test]
async fn a_doctor_sees_the_department_and_edits_only_their_own() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let other = own_desk(&house, &house.other_doctor).await;
        let manager = own_desk(&house, &admin(house.bench).await).await;
        let id = written(&house, &doctor).await;
        let whole = New { department: None, ..new("whole", Base::Blank) };
        let for_all = service::create(service, &manager, whole.clone()).await.unwrap();
        let refused = service::create(service, &doctor, whole).await.unwrap_err();
        assert!(matches!(refused, TemplateError::Input { pointer: "/department", .. }), "{refused:?}");
        let taken = service::create(service, &doctor, new("im-cough", Base::Blank)).await.unwrap_err();
        assert!(matches!(taken, TemplateError::CodeTaken), "{taken:?}");
        let mut colleague = house.other_doctor.clone();
        colleague.department = house.doctor.department.clone();
        let colleague = desk(&house, &colleague, &[(Permission::TemplateEdit, Scope::Department)]);
        let quality = desk(&house, &house.other_doctor, &[(Permission::TemplateReview, Scope::Institution)]);
        let mut far = house.other_doctor.clone();
        far.department.institution = "H02".into();
        far.id = Uuid::from_u128(78);
        let far = desk(&house, &far, &[(Permission::TemplateEdit, Scope::Institution)]);
        for (who, name, sees, edits) in [
            (&doctor, "author", true, true),
            (&colleague, "same department", true, false),
            (&other, "other department", false, false),
            (&quality, "quality of the institution", true, false),
            (&manager, "manager", true, true),
            (&far, "other institution", false, false),
        ] {
            let listed = service::list(service, who, &Filter::default()).await.unwrap();
            assert_eq!(listed.iter().any(|one| one.id == id), sees, "{name} lists");
            match service::read(service, who, id).await {
                Ok(reading) => assert!(sees && reading.may_edit == edits, "{name}"),
                Err(error) => assert!(!sees && matches!(error, TemplateError::NotFound), "{name} {error:?}"),
            }
            let at = newest(&house, &doctor, id).await.revision;
            let saved = service::save_text(service, who, (id, at), (&format!("{TEXT}// {name}\n"), "")).await;
            assert_eq!(saved.is_ok(), edits, "{name} {saved:?}");
        }
        // One for the whole institution is seen by every department of it.
        for (who, sees) in [(&doctor, true), (&other, true), (&far, false)] {
            let listed = service::list(service, who, &Filter::default()).await.unwrap();
            assert_eq!(listed.iter().any(|one| one.id == for_all), sees);
            assert_eq!(service::read(service, who, for_all).await.is_ok(), sees);
        }
        let words = Filter { words: Some("%".into()), ..Filter::default() };
        assert!(
            service::list(service, &doctor, &words).await.unwrap().is_empty(),
            "% is a sign like any other"
        );
    })
    .await;
}

#[tokio::test]
async fn the_library_is_personalised_and_its_cases_come_along() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let manager = own_desk(&house, &admin(house.bench).await).await;
        let is_on = async |name: &str| {
            let offers = service::offers(service, ("H01", "IM")).await.unwrap();
            offers.iter().find(|offer| offer.name == name).map(|offer| offer.is_on)
        };
        assert_eq!(is_on("cough-adult").await, Some(true));
        let from = Base::Library("cough-adult".into());
        let id = service::create(service, &doctor, new("my-cough", from)).await.unwrap();
        let reading = service::read(service, &doctor, id).await.unwrap();
        assert_eq!(reading.template.replaces.as_deref(), Some("cough-adult"));
        assert!(reading.newest().unwrap().text.starts_with("问卷 my-cough 内科咳嗽\n"));
        service::submit(service, &doctor, (id, 1)).await.expect("clean as the library is");
        service::decide(service, &manager, (id, 2), Decision::Approve, "").await.unwrap();
        let found = (is_on("my-cough").await, is_on("cough-adult").await);
        assert_eq!(found, (Some(true), Some(false)), "it takes the place of the one it came from");
        let copy = service::create(service, &doctor, new("my-cough-2", Base::Template(id))).await.unwrap();
        let copied = service::read(service, &doctor, copy).await.unwrap();
        assert_eq!(copied.template.replaces.as_deref(), Some("cough-adult"));
        let none = service::create(service, &doctor, new("x1", Base::Library("nothing".into()))).await;
        assert!(matches!(none.unwrap_err(), TemplateError::Input { pointer: "/from", .. }));
    })
    .await;
}

#[tokio::test]
async fn templates_are_found_by_disease_and_department() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let manager = own_desk(&house, &admin(house.bench).await).await;
        let of = |code: &str, department: Option<&str>, disease: Option<&str>| New {
            department: department.map(str::to_owned),
            disease: disease.map(str::to_owned),
            ..new(code, Base::Blank)
        };
        service::create(service, &doctor, of("im-asthma", Some("IM"), Some("支气管哮喘"))).await.unwrap();
        service::create(service, &doctor, of("im-first", Some("IM"), None)).await.unwrap();
        service::create(service, &manager, of("ped-asthma", Some("PED"), Some("支气管哮喘"))).await.unwrap();
        let codes = async |desk: &Desk<'_>, filter: &Filter| {
            let found = service::list(service, desk, filter).await.unwrap();
            let mut codes: Vec<String> = found.into_iter().map(|one| one.code).collect();
            codes.sort();
            codes
        };
        let asthma = Filter { disease: Some("支气管哮喘".into()), ..Filter::default() };
        assert_eq!(codes(&manager, &asthma).await, ["im-asthma", "ped-asthma"]);
        assert_eq!(codes(&doctor, &asthma).await, ["im-asthma"], "as far as the right reaches");
        let department = Filter { department: Some("IM".into()), ..Filter::default() };
        assert_eq!(codes(&manager, &department).await, ["im-asthma", "im-first"]);
        let words = Filter { words: Some("first".into()), ..department };
        assert_eq!(codes(&manager, &words).await, ["im-first"]);
        let own = Filter { owner: Some(doctor.id()), ..Filter::default() };
        assert_eq!(codes(&manager, &own).await, ["im-asthma", "im-first"]);
    })
    .await;
}

#[tokio::test]
async fn an_institution_arranges_what_its_departments_use() {
    on_each(async |house| {
        let service = &house.service;
        let doctor = own_desk(&house, &house.doctor).await;
        let manager = own_desk(&house, &admin(house.bench).await).await;
        let (id, at) = submitted(&house, &doctor).await;
        let here = ("H01", "IM");
        assert!(service::offers(service, here).await.unwrap().iter().all(|one| one.kind == UseKind::Generic));
        service::decide(service, &manager, (id, at), Decision::Approve, "").await.unwrap();
        let offers = service::offers(service, here).await.unwrap();
        let own = offers.iter().find(|one| one.kind == UseKind::Own).unwrap();
        assert!(own.is_on && !own.is_decided, "one's own is used without further ado");
        let one = |kind, name: &str, is_on, rank| Arranged { kind, name: name.into(), is_on, rank };
        let wanted = vec![
            one(UseKind::Own, "im-cough", false, 1),
            one(UseKind::Generic, "cough-adult", true, 3),
            one(UseKind::Generic, "headache-first", true, 2),
            one(UseKind::Generic, "no-such", true, 1),
        ];
        let refused = service::arrange(service, &doctor, here, wanted.clone()).await.unwrap_err();
        assert!(matches!(refused, TemplateError::NotAllowed), "{refused:?}");
        service::arrange(service, &manager, here, wanted).await.unwrap();
        let uses = service::mapping::uses(service, "H01").await.unwrap();
        let named: Vec<_> = uses.iter().map(|one| (one.name.as_str(), one.position, one.is_on)).collect();
        assert_eq!(named, [("im-cough", 1, false), ("headache-first", 2, true), ("cough-adult", 3, true)]);
        let offers = service::offers(service, here).await.unwrap();
        assert_eq!((offers[0].name.as_str(), offers[1].name.as_str()), ("headache-first", "cough-adult"));
        assert!(service::mapping::uses(service, "H02").await.unwrap().is_empty());
    })
    .await;
}

async fn signed_in(house: &House<'_>, who: &Staff) -> (Browser, String) {
    let browser = house.browser(who.principal()).await;
    let csrf = browser.get("/staff/templates").await.field("_csrf");
    (browser, csrf)
}

fn version(seen: &Seen) -> String {
    seen.field("version")
}

#[tokio::test]
async fn the_designer_and_the_text_are_one_thing() {
    on_each(async |house| {
        let (browser, csrf) = signed_in(&house, &house.doctor).await;
        let fields = [("title", "内科咳嗽"), ("department", "IM"), ("code", "im-cough"), ("from", "blank")];
        let made = browser.post("/staff/templates", &csrf, &fields).await;
        assert_eq!(made.status, 303, "{}", made.text);
        let home = made.location;
        let page = browser.get(&home).await;
        assert!(page.text.contains("还没有题目"), "{}", page.text);
        // A question is added, then filled in; the text says so.
        let steps = format!("{home}/steps");
        let add = [
            ("version", version(&page)),
            ("step", "add".into()),
            ("at", "0".into()),
            ("kind", "单选".into()),
        ];
        let add: Vec<(&str, &str)> = add.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let added = browser.post(&steps, &csrf, &add).await;
        assert_eq!(
            (added.status.as_u16(), added.location.as_str()),
            (303, format!("{home}?at=0#q-0").as_str())
        );
        let again = browser.post(&steps, &csrf, &add).await;
        assert_eq!(again.status, 412, "an outdated page changes nothing");
        assert!(again.text.contains("模板刚刚有变化"));
        let open = browser.get(&format!("{home}?at=0")).await;
        let at = version(&open);
        let change = [
            ("version", at.as_str()),
            ("step", "change"),
            ("at", "0"),
            ("kind", "单选"),
            ("id", "痰"),
            ("text", "有痰吗？"),
            ("flag", "必答"),
            ("o.at", "0"),
            ("o.rank", "1"),
            ("o.label", "有"),
            ("o.reads", "有痰"),
            ("o.mark", ""),
            ("o.at", "1"),
            ("o.rank", "2"),
            ("o.label", "没有"),
            ("o.reads", "无痰"),
            ("o.mark", ""),
            ("p.at", ""),
            ("p.key", "现病史"),
            ("p.when", ""),
            ("p.value", "{痰}"),
            ("p.then", ""),
        ];
        let checked = browser.post(&format!("{home}/check"), &csrf, &change).await;
        assert_eq!(checked.status, 200);
        assert!(checked.text.contains("没有发现问题"), "{}", checked.text);
        let broken: Vec<_> = change
            .iter()
            .map(|(name, value)| if *value == "{痰}" { (*name, "{色}") } else { (*name, *value) })
            .collect();
        let checked = browser.post(&format!("{home}/check"), &csrf, &broken).await;
        assert!(checked.text.contains("错误") && checked.text.contains("#q-0"), "{}", checked.text);
        assert_eq!(browser.post(&steps, &csrf, &change).await.status, 303);
        let text = browser.get(&format!("{home}?tab=text")).await;
        let said = "单选 痰 有痰吗？\n- 有 =&#62; 有痰\n- 没有 =&#62; 无痰\n必答\n现病史: {痰}\n";
        assert!(text.text.contains(said), "{}", text.text);
        // The text is changed; the cards follow.
        let both = [("version", version(&text)), ("text", TEXT.to_owned())];
        let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(browser.post(&format!("{home}/text"), &csrf, &both).await.status, 303);
        let page = browser.get(&home).await;
        assert!(page.text.contains("什么颜色？") && page.text.contains("痰 = 有"), "{}", page.text);
        // What cannot be is refused, with the form as it was filled in.
        let open = browser.get(&format!("{home}?at=0")).await;
        let at = version(&open);
        let poor = [
            ("version", at.as_str()),
            ("step", "change"),
            ("at", "0"),
            ("kind", "单选"),
            ("id", "痰"),
            ("text", "还有痰吗？"),
            ("o.at", "0"),
            ("o.rank", "1"),
            ("o.label", "有"),
            ("o.reads", ""),
            ("o.mark", ""),
        ];
        let refused = browser.post(&steps, &csrf, &poor).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("还有痰吗？") && refused.text.contains("没有完成"), "{}", refused.text);
        // The trial answers with the real session.
        let trial = browser.get(&format!("{home}/trial")).await;
        assert!(trial.text.contains("有痰吗？") && !trial.text.contains("什么颜色？"));
        let trial = browser.post(&format!("{home}/trial"), &csrf, &[("q.痰", "有"), ("q.色", "黄")]).await;
        assert!(trial.text.contains("什么颜色？") && trial.text.contains("有痰痰色黄"), "{}", trial.text);
    })
    .await;
}

#[tokio::test]
async fn pages_are_closed_to_who_neither_writes_nor_reviews() {
    on_each(async |house| {
        let doctor = own_desk(&house, &house.doctor).await;
        let (id, _) = submitted(&house, &doctor).await;
        let (other, csrf) = signed_in(&house, &house.other_doctor).await;
        for path in ["", "?tab=text", "/trial", "/versions"] {
            assert_eq!(other.get(&format!("/staff/templates/{id}{path}")).await.status, 404, "{path}");
        }
        assert_eq!(
            other.post(&format!("/staff/templates/{id}/submit"), &csrf, &[("version", "1")]).await.status,
            404
        );
        assert_eq!(other.get("/staff/templates/review").await.status, 403, "a doctor does not review");
        let (_, staff) = people::service::list_demo_people(house.bench).await.unwrap();
        let service_desk = staff.iter().find(|one| one.role == platform::session::Role::Service).unwrap();
        let stranger = house.browser(service_desk.principal()).await;
        assert_eq!(stranger.get("/staff/templates").await.status, 403);
        assert_eq!(stranger.get(&format!("/staff/templates/{id}")).await.status, 403);
        let manager = house.browser(admin(house.bench).await.principal()).await;
        for path in
            ["/staff/templates/review", "/staff/templates/mapping", "/staff/templates/library/cough-adult"]
        {
            assert_eq!(manager.get(path).await.status, 200, "{path}");
        }
        let page = manager.get(&format!("/staff/templates/{id}")).await;
        assert!(page.text.contains("name=\"decision\" value=\"approve\""), "{}", page.text);
        let at = version(&page);
        let csrf = page.field("_csrf");
        let fields = [("version", at.as_str()), ("decision", "approve")];
        let done = manager.post(&format!("/staff/templates/{id}/review"), &csrf, &fields).await;
        assert_eq!((done.status.as_u16(), done.location.as_str()), (303, "/staff/templates/review"));
        assert_eq!(published(&house.service, "H01").await.unwrap().len(), 1);
        let fields = [
            ("institution", "H01"),
            ("department", "IM"),
            ("rank.own:im-cough", "1"),
            ("rank.generic:cough-adult", "2"),
            ("on", "own:im-cough"),
        ];
        assert_eq!(manager.post("/staff/templates/mapping", &csrf, &fields).await.status, 303);
        let uses = service::mapping::uses(&house.service, "H01").await.unwrap();
        assert_eq!(uses.iter().map(|one| one.is_on).collect::<Vec<_>>(), [true, false]);
        let trial = manager.get(&format!("/staff/templates/{id}/trial?version=1")).await;
        assert!(trial.text.contains("有痰吗？"), "{}", trial.text);
    })
    .await;
}

#[tokio::test]
async fn programs_write_send_and_review_templates() {
    on_each(async |house| {
        let (browser, token) = signed_in(&house, &house.doctor).await;
        let base = "/api/preconsult/templates";
        let body = json!({"title": "内科咳嗽", "code": "im-cough", "department": "IM"}).to_string();
        let made = browser.json("POST", base, &[("x-csrf-token", &token)], &body).await;
        assert_eq!((made.status.as_u16(), made.etag.as_str()), (201, "\"1\""), "{}", made.text);
        let path = format!("{base}/{}", made.value()["id"].as_str().unwrap());
        let draft = json!({"text": TEXT}).to_string();
        let csrf = ("x-csrf-token", token.as_str());
        assert_eq!(browser.json("PUT", &format!("{path}/draft"), &[csrf], &draft).await.status, 428);
        let outdated = [csrf, ("if-match", "\"9\"")];
        assert_eq!(browser.json("PUT", &format!("{path}/draft"), &outdated, &draft).await.status, 412);
        let saved =
            browser.json("PUT", &format!("{path}/draft"), &[csrf, ("if-match", "\"1\"")], &draft).await;
        assert_eq!((saved.status.as_u16(), saved.etag.as_str()), (200, "\"2\""), "{}", saved.text);
        assert_eq!(saved.value()["check"]["is_clean"], false);
        assert_eq!(saved.value()["check"]["findings"][0]["line"], 12);
        // The designer's JSON says the same as the text.
        let form = saved.value()["form"].clone();
        let put =
            json!({"form": form, "cases": "用例 一\n答 痰 = 有\n见 色\n\n用例 二\n答 痰 = 没有\n不见 色\n"})
                .to_string();
        let saved = browser.json("PUT", &format!("{path}/draft"), &[csrf, ("if-match", "\"2\"")], &put).await;
        assert_eq!(saved.value()["text"], TEXT);
        assert_eq!(saved.value()["check"]["is_clean"], true, "{}", saved.text);
        let wrong =
            json!({"form": {"id": "im-cough", "title": "x", "items": [{"kind": "nothing"}]}}).to_string();
        let refused =
            browser.json("PUT", &format!("{path}/draft"), &[csrf, ("if-match", "\"3\"")], &wrong).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let sent = browser.json("POST", &format!("{path}/submit"), &[csrf, ("if-match", "\"3\"")], "").await;
        assert_eq!(sent.value()["state"], "in_review", "{}", sent.text);
        let review = json!({"decision": "approve"}).to_string();
        let denied =
            browser.json("POST", &format!("{path}/review"), &[csrf, ("if-match", "\"4\"")], &review).await;
        assert_eq!(denied.status, 403);
        let (manager, token) = signed_in(&house, &admin(house.bench).await).await;
        let csrf = ("x-csrf-token", token.as_str());
        let done =
            manager.json("POST", &format!("{path}/review"), &[csrf, ("if-match", "\"4\"")], &review).await;
        assert_eq!(done.value()["state"], "published", "{}", done.text);
        let uses = manager.get("/api/preconsult/template-uses?institution=H01&department=IM").await.value();
        let own: Vec<_> =
            uses["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "own").collect();
        assert_eq!((own.len(), &own[0]["is_on"]), (1, &json!(true)));
        let listed = manager.get(&format!("{base}?state=published&q=cough")).await.value();
        assert_eq!(listed["items"][0]["code"], "im-cough");
        let in_use = manager.get(&format!("{base}/published?institution=H01")).await.value();
        assert_eq!(
            (&in_use["items"][0]["code"], &in_use["items"][0]["n_questions"]),
            (&json!("im-cough"), &json!(2))
        );
        assert_eq!(manager.get(&format!("{base}?state=nothing")).await.status, 422);
    })
    .await;
}
