//! The same answers give the same form in whatever order they came, and the same as one evaluated from scratch: on
//! forms made up at random.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::draft::{Item, Kind};
use super::trial::{draft, item};
use super::visible::State;
use super::{Answer, Form, NoConcepts, Patient, Session};

/// An item made up: kind, what its conditions refer to, and which properties it has.
type Spec = (u8, [u8; 4], u16, Vec<u8>);

/// What a respondent does: item, row, value; a clear when the value is 0.
type Deed = (u8, u8, u8);

const KINDS: [Kind; 7] =
    [Kind::YesNo, Kind::Single, Kind::Multiple, Kind::Number, Kind::Computed, Kind::Group, Kind::YesNo];

fn kind(spec: &Spec) -> Kind {
    KINDS[usize::from(spec.0) % KINDS.len()]
}

/// A condition on an item, by its name in the place where the condition stands.
fn condition(specs: &[Spec], of: usize, name: &str, pick: u8) -> String {
    match kind(&specs[of]) {
        Kind::YesNo => format!("{name} = {}", if pick.is_multiple_of(2) { "是" } else { "否" }),
        Kind::Single => format!("{name} = {}", ["甲", "乙", "丙"][usize::from(pick % 3)]),
        Kind::Multiple => format!("{name} 含 {}", ["甲", "乙", "丙"][usize::from(pick % 3)]),
        Kind::Group => format!("任一({name}, {name}.内一 = 是)"),
        _ => format!("{name} > {}", pick % 4),
    }
}

/// A condition over two items, mostly earlier ones.
fn guard(specs: &[Spec], at: usize, picks: [u8; 4], forward: bool) -> Option<String> {
    let reach = if forward { specs.len() } else { at };
    if reach == 0 {
        return None;
    }
    let (one, other) = (usize::from(picks[0]) % reach, usize::from(picks[1]) % reach);
    let joint = if picks[2].is_multiple_of(2) { "且" } else { "或" };
    let one = condition(specs, one, &format!("题{one}"), picks[2]);
    let other = condition(specs, other, &format!("题{other}"), picks[3]);
    Some(format!("{one} {joint} 非 {other}"))
}

fn build(specs: &[Spec]) -> Vec<Item> {
    let mut items = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        let (_, picks, flags, _) = spec;
        let has = |bit: u16| flags & (1 << bit) != 0;
        let mut lines = Vec::new();
        if has(0) && has(8) {
            lines.extend(
                guard(specs, at, *picks, has(1) && has(9) && has(10)).map(|guard| format!("显示: {guard}")),
            );
        }
        let earlier = |wanted: &[Kind]| (0..at).rev().find(|other| wanted.contains(&kind(&specs[*other])));
        match kind(spec) {
            Kind::Single | Kind::Multiple => {
                lines.extend(["- 甲".to_owned(), "- 乙 ; 填写".to_owned()]);
                let third = if has(2) {
                    guard(specs, at, [picks[1], picks[2], picks[3], picks[0]], false)
                } else {
                    None
                };
                lines.push(third.map_or_else(|| "- 丙".to_owned(), |when| format!("- 丙 ; 显示 {when}")));
            }
            Kind::Computed => {
                let number = earlier(&[Kind::Number, Kind::Computed]);
                lines.push(number.map_or_else(|| "公式: 1 + 1".to_owned(), |of| format!("公式: 题{of} + 1")));
                lines.extend(["分级: ~2 => 低".to_owned(), "分级: 3~ => 高".to_owned()]);
            }
            Kind::Number if has(3) => {
                lines.extend(earlier(&[Kind::Number, Kind::Computed]).map(|of| format!("初值: 题{of} + 1")));
            }
            Kind::YesNo if has(3) => lines.push("初值: 是".to_owned()),
            _ => {}
        }
        if has(4) && has(5) && kind(spec) != Kind::Group {
            let target = at + 1 + usize::from(picks[1]) % 3;
            let target = if target < specs.len() { format!("题{target}") } else { "结束".to_owned() };
            lines.push(format!("跳转: {} => {target}", condition(specs, at, &format!("题{at}"), picks[0])));
            if has(6) && at + 1 < specs.len() {
                lines.push(
                    format!("跳转: 否则 => 题{}", at + 1 + usize::from(has(7)))
                        .replace(&format!("题{}", specs.len()), "结束"),
                );
            }
        }
        if kind(spec) != Kind::Group {
            lines.push(format!("现病史: 答{{题{at}}}；"));
            lines.extend(
                guard(specs, at, *picks, false).map(|guard| format!("既往史({guard}): 有{{题{at}}}；")),
            );
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let line = u32::try_from(at).unwrap_or(0) * 20 + 1;
        let mut made = item(kind(spec), &format!("题{at}"), line, &lines);
        if kind(spec) == Kind::Group {
            let outer = guard(specs, at, *picks, false).map(|guard| format!("显示: {guard}"));
            let outer: Vec<&str> = outer.iter().map(String::as_str).collect();
            made.items = vec![
                item(Kind::YesNo, "内一", line + 10, &outer),
                item(Kind::YesNo, "内二", line + 12, &["显示: 内一 = 是"]),
                item(Kind::Number, "内三", line + 14, &["显示: 内二 = 否", "现病史: 内{内三}；"]),
            ];
        }
        items.push(made);
    }
    items
}

/// What a deed puts where; none clears.
fn meant(specs: &[Spec], deed: Deed) -> (String, Option<Answer>) {
    let at = usize::from(deed.0) % specs.len();
    let labels = |bits: u8| {
        let all = ["甲", "乙", "丙"];
        (0..3).filter(|bit| bits >> bit & 1 == 1).map(|bit| all[bit].to_owned()).collect::<Vec<_>>()
    };
    let (path, answer) = match kind(&specs[at]) {
        Kind::Single => {
            (format!("题{at}"), Answer::Choice(["甲", "乙", "丙"][usize::from(deed.2 % 3)].to_owned()))
        }
        Kind::Multiple if deed.1 % 4 == 3 => (format!("题{at}.填写"), Answer::Text(format!("写{}", deed.2))),
        Kind::Multiple => (format!("题{at}"), Answer::Set(labels(deed.2 % 7 + 1))),
        Kind::Number | Kind::Computed => (format!("题{at}"), Answer::Number(f64::from(deed.2 % 5))),
        Kind::Group => {
            let row = deed.1 % 2 + 1;
            let (name, answer) = match deed.1 / 2 % 3 {
                0 => ("内一", Answer::Truth(deed.2.is_multiple_of(2))),
                1 => ("内二", Answer::Truth(deed.2.is_multiple_of(2))),
                _ => ("内三", Answer::Number(f64::from(deed.2 % 5))),
            };
            (format!("题{at}[{row}].{name}"), answer)
        }
        _ => (format!("题{at}"), Answer::Truth(deed.2.is_multiple_of(2))),
    };
    (path, (deed.2 != 0).then_some(answer))
}

fn act(session: &mut Session, path: &str, answer: Option<&Answer>) {
    let outcome = match answer {
        Some(answer) => session.restore(path, answer.clone()),
        None => session.clear(path),
    };
    if let Err(refusal) = outcome {
        assert!(refusal.why == super::Why::ReadOnly, "{refusal:?}");
    }
}

/// A session with two rows in each group.
fn begin(form: &Form, specs: &[Spec]) -> Session {
    let mut session = form.open(&Patient::default());
    for at in (0..specs.len()).filter(|at| kind(&specs[*at]) == Kind::Group) {
        session.restore(&format!("题{at}"), Answer::Rows(2)).expect("rows");
    }
    session
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn order_does_not_matter(
        specs in proptest::collection::vec((any::<u8>(), any::<[u8; 4]>(), any::<u16>(), Just(Vec::new())), 1..14),
        deeds in proptest::collection::vec(any::<Deed>(), 0..40),
        shift in any::<u8>(),
    ) {
        let form = match Form::compile("made.form", &draft(build(&specs)), &NoConcepts) {
            Ok(form) => form,
            Err(faults) => {
                // Conditions on later items may go round; nothing else may be wrong.
                prop_assert!(faults.iter().all(|fault| fault.code == "FM210"), "{faults:#?}");
                return Ok(());
            }
        };
        let mut one = begin(&form, &specs);
        let mut last: BTreeMap<String, Option<Answer>> = BTreeMap::new();
        for deed in &deeds {
            let (path, answer) = meant(&specs, *deed);
            act(&mut one, &path, answer.as_ref());
            last.insert(path, answer);
        }
        let mut other = begin(&form, &specs);
        for deed in deeds.iter().rev().step_by(2) {
            let (path, answer) = meant(&specs, (deed.0, deed.1, deed.2.wrapping_add(shift)));
            act(&mut other, &path, answer.as_ref());
            // What was only done on the way is taken back.
            last.entry(path).or_insert(None);
        }
        let turn = usize::from(shift) % last.len().max(1);
        for (path, answer) in last.iter().cycle().skip(turn).take(last.len()) {
            act(&mut other, path, answer.as_ref());
        }
        prop_assert_eq!(one.parts().0, other.parts().0, "the same raw answers");
        prop_assert_eq!(one.parts().1, other.parts().1);
        prop_assert_eq!(one.record(), other.record());
        prop_assert_eq!(one.next(), other.next());
        prop_assert_eq!(one.findings(), other.findings());

        let mut scratch = State::new(form.plan());
        scratch.settle_slowly(form.plan(), one.parts().0);
        prop_assert_eq!(one.parts().1, &scratch);
    }

    #[test]
    fn a_hidden_answer_is_unknown_everywhere(
        specs in proptest::collection::vec((any::<u8>(), any::<[u8; 4]>(), any::<u16>(), Just(Vec::new())), 1..10),
        deeds in proptest::collection::vec(any::<Deed>(), 0..20),
    ) {
        let Ok(form) = Form::compile("made.form", &draft(build(&specs)), &NoConcepts) else { return Ok(()) };
        let mut session = begin(&form, &specs);
        for deed in &deeds {
            let (path, answer) = meant(&specs, *deed);
            act(&mut session, &path, answer.as_ref());
        }
        for at in 0..specs.len() {
            let path = format!("题{at}");
            let explained = session.explain(&path).expect("known");
            prop_assert_eq!(explained.visible, session.visible(&path));
            prop_assert!(!explained.reasons.is_empty());
            if !session.visible(&path) {
                prop_assert_eq!(session.value(&path), crate::expr::Value::Unknown);
                prop_assert!(session.record().iter().all(|entry| !entry.sources.contains(&path)));
                prop_assert!(!explained.to_string().contains("总是显示"));
            }
        }
    }
}
