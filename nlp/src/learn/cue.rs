//! Plain signs of status around a mention: negation, question, reply, hedge.

use super::features::{Bag, mix};
use super::scene::{Place, Scene, any, clause, starts};

/// Small numbers, one for each sign; 0 where it is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cues {
    /// 1 patient, 0 doctor.
    pub patient: u64,
    /// A negation just before (1) or just after (2), or both (3).
    pub negated: u64,
    /// 1 the clause asks, 2 the turn asks elsewhere.
    pub asks: u64,
    /// First reply of the other side: 1 denies, 2 affirms, 3 neither, 0 there is none.
    pub reply: u64,
    /// 1 the clause hedges, 2 the turn does.
    pub hedged: u64,
    /// 1 where the reply names the symptom too, 2 where it denies it there.
    pub repeated: u64,
}

const DENIALS: [&str; 9] = ["没有", "没", "不", "无", "未", "否认", "排除", "木有", "除外"];
const OPEN: [&str; 9] = ["有没", "是不是", "会不会", "有无", "能不能", "要不要", "不知", "不能排除", "是否"];
const AFTER: [&str; 9] = ["没有", "没了", "好了", "不明显", "消失", "不是", "正常", "退了", "不多"];
const QUESTIONS: [&str; 12] =
    ["?", "吗", "么", "嘛", "有没", "是不是", "会不会", "有无", "是否", "怎么样", "如何", "多少"];
const HEDGES: [&str; 24] = [
    "可能",
    "考虑",
    "如果",
    "引起",
    "导致",
    "建议",
    "一般",
    "预防",
    "防止",
    "怀疑",
    "要是",
    "容易",
    "出现",
    "避免",
    "治疗",
    "用于",
    "若",
    "怕",
    "担心",
    "会不会",
    "以免",
    "排除",
    "注意",
    "警惕",
];
const YES: [&str; 11] = ["有", "是", "对", "嗯", "恩", "会", "偶尔", "一点", "还", "就", "好像"];
const NO: [&str; 9] = ["没", "不", "无", "木有", "否", "都没", "也没", "都不", "正常"];

/// The signs around the mention `place`.
pub fn cues(scene: &Scene, places: &[Place], place: &Place) -> Cues {
    let line = &scene.lines[place.turn];
    let text = &line.text;
    let (from, to) = clause(text, place.start, place.end);
    let left = &text[from.max(place.start.saturating_sub(8))..place.start];
    let right = &text[place.end..to];
    let near = &right[..right.len().min(7)];
    let inside = &text[from..to];
    let asks = if text.get(to) == Some(&'?') || any(inside, &QUESTIONS) {
        1
    } else if line.asks {
        2
    } else {
        0
    };
    let denied =
        any(left, &DENIALS) && !any(left, &OPEN) || any(&text[place.start..place.end], &["没", "不", "无"]);
    let after = any(near, &AFTER) && !any(near, &OPEN);
    let hedged = if any(inside, &HEDGES) {
        1
    } else if any(text, &HEDGES) {
        2
    } else {
        0
    };
    let other = scene.lines[place.turn + 1..].iter().take(4).position(|l| l.patient != line.patient);
    let mut cues = Cues {
        patient: u64::from(line.patient),
        negated: u64::from(denied) + 2 * u64::from(after),
        asks,
        hedged,
        ..Cues::default()
    };
    if let Some(n) = other {
        let turn = place.turn + 1 + n;
        let reply = &scene.lines[turn].text;
        cues.reply = match () {
            () if starts(reply, &NO) => 1,
            () if starts(reply, &YES) => 2,
            () => 3,
        };
        if let Some(p) = places.iter().find(|p| p.turn == turn && p.name == place.name) {
            let before = &reply[p.start.saturating_sub(3)..p.start];
            cues.repeated = if any(before, &DENIALS) { 2 } else { 1 };
        }
    }
    cues
}

/// Adds the signs, and what they say together, to `bag`.
pub fn put(bag: &mut Bag, template: u64, cues: &Cues) {
    let c = cues;
    let all = [c.patient, c.negated, c.asks, c.reply, c.hedged, c.repeated];
    for (i, &x) in all.iter().enumerate() {
        bag.code(template + i as u64, x);
        for (j, &y) in all.iter().enumerate().skip(i + 1) {
            bag.code(template + 10 * (i as u64 + 1) + j as u64, x * 10 + y);
        }
    }
    let joint = |list: &[u64]| list.iter().fold(7, |k, &x| mix(k, x));
    bag.code(template + 80, joint(&[c.patient, c.negated, c.asks]));
    bag.code(template + 81, joint(&[c.patient, c.asks, c.reply, c.repeated]));
    bag.code(template + 82, joint(&[c.patient, c.asks, c.hedged, c.negated]));
    bag.code(template + 83, joint(&all));
}

#[cfg(test)]
mod tests {
    use super::super::Turn;
    use super::*;

    fn scene(turns: &[(bool, &str)]) -> Scene {
        let turns: Vec<Turn> =
            turns.iter().map(|&(patient, text)| Turn { patient, text: text.into() }).collect();
        Scene::of(turns.iter())
    }

    fn place(turn: usize, start: usize, end: usize) -> Place {
        Place { turn, start, end, name: 0, chance: 1.0 }
    }

    #[test]
    fn a_denial_and_a_question_differ() {
        let s = scene(&[(true, "没有咳嗽"), (true, "有没有咳嗽")]);
        assert_eq!(cues(&s, &[], &place(0, 2, 4)).negated, 1);
        let asked = cues(&s, &[], &place(1, 3, 5));
        assert_eq!((asked.negated, asked.asks), (0, 1));
    }

    #[test]
    fn the_reply_counts() {
        let s = scene(&[(false, "有痰吗？"), (true, "没有痰")]);
        let places = [place(0, 1, 2), place(1, 2, 3)];
        let c = cues(&s, &places, &places[0]);
        assert_eq!((c.reply, c.repeated), (1, 2));
    }
}
