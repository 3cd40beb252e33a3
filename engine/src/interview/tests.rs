use std::sync::LazyLock;

use super::*;
use crate::{SectionKind, tests::ENGINE};

fn engine() -> &'static Engine {
    &ENGINE
}

static HEADACHE: LazyLock<Questionnaire> = LazyLock::new(|| Questionnaire {
    key: "headache-first".into(),
    form: engine().library().forms["headache-first"].form.clone(),
});

fn profile() -> Profile {
    Profile { age_months: 45 * 12, sex: Some(Sex::Female) }
}

fn opened(turns: Vec<Turn>) -> Interview {
    let about = About { today: Some(20_780), is_first: Some(true), is_pregnant: None };
    engine().interview(profile(), about, vec![HEADACHE.clone()], turns)
}

fn given(rows: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    let words = |text: &str| text.split('|').map(str::to_owned).collect();
    rows.iter().map(|(path, text)| ((*path).to_owned(), words(text))).collect()
}

/// The interview after a page was filled in.
fn filled(interview: &Interview, page: usize, rows: &[(&str, &str)]) -> Interview {
    let mut turns = interview.dialogue().turns().to_vec();
    for (before, turn) in engine().fill(interview, (0, page), &given(rows)).unwrap() {
        match before {
            Some(position) => turns[position] = turn,
            None => turns.push(turn),
        }
    }
    opened(turns)
}

const PAIN: [(&str, &str); 5] = [
    ("头痛时长", "3"),
    ("突发", "否"),
    ("部位", "前额|太阳穴"),
    ("性质", "一跳一跳地疼"),
    ("程度", "做事吃力"),
];

/// Answers what the dialogue asks until it ends; each answer leads where its turns lead.
fn to_the_end(mut interview: Interview) -> Interview {
    while let Step::Ask(question) = interview.step() {
        let answer = match &question.act {
            Act::Concept { .. } => "没有".to_owned(),
            _ if question.is_multi => question.options.last().cloned().unwrap(),
            _ => question.options.first().cloned().unwrap_or_else(|| "没有".into()),
        };
        let mut turns = interview.dialogue().turns().to_vec();
        turns.push(Turn { question: *question, answer: answer.clone() });
        let taken = engine().reply(&mut interview, &answer);
        assert!(!matches!(taken, Outcome::Again { .. }), "{taken:?}");
        let replayed = opened(turns);
        assert_eq!(format!("{:?}", interview.dialogue), format!("{:?}", replayed.dialogue));
        assert_eq!(interview.step(), replayed.step());
    }
    interview
}

#[test]
fn pages_come_first_then_what_they_left_open_and_the_record_has_both() {
    let interview = opened(Vec::new());
    assert_eq!(interview.step(), Step::Page(0, 0));
    assert_eq!(interview.progress(), 0);
    let interview = filled(&interview, 0, &PAIN);
    assert_eq!(interview.step(), Step::Page(0, 1));
    let interview = filled(&interview, 1, &[("伴随", "恶心或呕吐|怕光或怕声音")]);
    assert_eq!(interview.step(), Step::Page(0, 2));
    let interview = filled(&interview, 2, &[("反复", "是"), ("用药过", "否")]);
    let Step::Ask(question) = interview.step() else { panic!("{:?}", interview.step()) };
    assert!(!matches!(question.act, Act::Item { .. } | Act::Complaint), "{question:?}");

    let interview = to_the_end(interview);
    assert_eq!((interview.step(), interview.progress()), (Step::Done, 100));
    let record = engine().record_of(&interview);
    assert_eq!(record.chief_complaint.text, "头痛3天");
    let text = |kind: SectionKind| {
        record.sections.iter().find(|section| section.kind == kind).map(crate::Section::text).unwrap()
    };
    let present = text(SectionKind::PresentIllness);
    assert!(present.starts_with("患者3天前出现头痛，起病不突然，部位为前额、颞部，呈搏动样"), "{present}");
    assert!(present.contains("伴恶心或呕吐、畏光或畏声"), "{present}");
    assert!(
        text(SectionKind::PastHistory).starts_with("既往有类似头痛发作。"),
        "{}",
        text(SectionKind::PastHistory)
    );
    assert!(!text(SectionKind::Allergy).contains("未询问"), "{}", text(SectionKind::Allergy));
    let asked: Vec<_> = interview.dialogue().turns().iter().map(|turn| turn.question.key.as_str()).collect();
    assert!(asked.contains(&"allergy") && asked.contains(&"family") && !asked.contains(&"past"), "{asked:?}");
    // Every sentence a questionnaire wrote leads back to an answer.
    let first = &record.sections[0].sentences[0];
    assert_eq!(interview.dialogue().turns()[first.evidence[0].turn].question.key, "headache-first#头痛时长");
}

#[test]
fn a_red_flag_on_a_page_interrupts_before_the_next_page() {
    let interview = filled(&opened(Vec::new()), 0, &[("头痛时长", "1"), ("突发", "是")]);
    let Step::Ask(question) = interview.step() else { panic!("{:?}", interview.step()) };
    assert!(matches!(question.act, Act::Warn { .. }), "{question:?}");
    assert!(engine().triage(interview.dialogue()).level <= 2);
    let mut turns = interview.dialogue().turns().to_vec();
    turns.push(Turn { question: *question, answer: "我知道了，马上就医".into() });
    assert_eq!(opened(turns).step(), Step::Emergency);
}

#[test]
fn what_cannot_be_taken_is_refused_beside_its_question_and_changes_nothing() {
    let interview = opened(Vec::new());
    let refused = |rows: &[(&str, &str)]| engine().fill(&interview, (0, 0), &given(rows)).unwrap_err();
    let paths: Vec<_> = refused(&[("头痛时长", "很久"), ("突发", "否"), ("部位", "")]);
    assert_eq!(paths.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["头痛时长", "部位"]);
    assert_eq!(paths[0].message, "请写数字，例如 38.5");
    let contradiction = refused(&[("头痛时长", "60"), ("突发", "是")]);
    assert!(contradiction[0].message.contains("突然发作的头痛"), "{contradiction:?}");
    let beyond = refused(&[("头痛时长", "99999"), ("突发", "否")]);
    assert_eq!(beyond[0].path, "头痛时长");
}

#[test]
fn a_changed_answer_takes_the_place_of_its_turn_and_hidden_answers_do_not_count() {
    let first = filled(&opened(Vec::new()), 0, &PAIN);
    let n_turns = first.dialogue().turns().len();
    let fever = filled(&first, 1, &[("伴随", "发烧")]);
    assert_eq!(fever.step(), Step::Page(0, 1), "the fever opens two more questions on the page");
    let fever = filled(&fever, 1, &[("伴随", "发烧"), ("体温", "39.2"), ("颈硬", "是")]);
    assert!(engine().triage(fever.dialogue()).level <= 2, "fever with a stiff neck");
    let changed = filled(&fever, 1, &[("伴随", "都没有")]);
    assert_eq!(changed.dialogue().turns().len(), n_turns + 3, "kept as given");
    assert!(
        engine().triage(changed.dialogue()).flags.is_empty(),
        "{:?}",
        engine().triage(changed.dialogue())
    );
    assert_eq!(changed.step(), Step::Page(0, 2));
    let same = engine().fill(&changed, (0, 1), &given(&[("伴随", "都没有")])).unwrap();
    assert!(same.is_empty(), "sent again it changes nothing");
}

#[test]
fn what_may_be_left_out_is_passed_by_once() {
    let interview = filled(&opened(Vec::new()), 0, &PAIN);
    let interview = filled(&interview, 1, &[("伴随", "发烧")]);
    let interview = filled(&interview, 1, &[("伴随", "发烧"), ("体温", ""), ("颈硬", "否")]);
    assert_eq!(interview.step(), Step::Page(0, 2), "{:?}", interview.shown(0, 1));
    assert_eq!(interview.page_before((0, 2)), Some((0, 1)));
    assert_eq!(interview.page_before((0, 0)), None);
}
