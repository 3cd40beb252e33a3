//! What a password must be. Each refusal says what to change.

use std::sync::LazyLock;

/// Whose password it is to be.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub user_name: &'a str,
    /// One of the three administrators.
    pub is_administrator: bool,
}

/// A password has at least so many characters,
pub const SHORTEST: usize = 10;
/// an administrator's so many.
pub const SHORTEST_OF_ADMINISTRATOR: usize = 12;
/// Hashing is meant to be slow; nobody types more.
pub const LONGEST: usize = 128;
/// Of capitals, small letters, digits and other characters so many kinds must occur.
const KINDS: usize = 3;
/// Earlier passwords that may not come again.
pub const HISTORY: usize = 5;

/// What has to be left when everything easy to guess is taken away.
const HARD_TO_GUESS: usize = 6;
/// Neighbours on the keyboard or in the alphabet count from so many in a row, equal characters too.
const WALK: usize = 4;
const REPEAT: usize = 3;
/// Shorter words of the list are only refused as the whole password: they occur in good ones by chance.
const SHORTEST_WORD: usize = 4;

/// The most frequent surnames,
const SURNAMES: &[&str] = &[
    "wang", "li", "zhang", "liu", "chen", "yang", "huang", "zhao", "wu", "zhou", "xu", "sun", "ma", "zhu",
    "hu", "guo", "he", "lin", "gao", "luo", "zheng", "liang", "xie", "song", "tang", "han", "feng", "deng",
    "cao", "peng", "zeng", "xiao", "tian", "dong", "pan", "yuan", "cai", "jiang", "yu", "du", "ye", "cheng",
    "wei", "su", "lu", "lv", "ding", "ren", "shen", "yao", "fu", "zhong", "cui", "tan", "fan", "wan", "jin",
    "shi", "liao", "jia", "xia", "fang", "bai", "zou", "meng", "xiong", "qin", "qiu", "hou", "gu", "hao",
    "gong", "shao", "mao", "wen", "chang", "qian", "yan", "dai", "mo", "kong", "xiang", "duan", "lei", "tao",
    "hong",
];
/// and given names. Each surname with each given name, in both orders, is compared: more than ten thousand words.
const GIVEN_NAMES: &[&str] = &[
    "wei", "fang", "na", "min", "jing", "li", "qiang", "lei", "jun", "yang", "yong", "yan", "jie", "juan",
    "tao", "ming", "chao", "xia", "ping", "gang", "hua", "hong", "mei", "ying", "hui", "bin", "bo", "bing",
    "chen", "dan", "feng", "fei", "guang", "hao", "hai", "jian", "jiajia", "kai", "lan", "lin", "ling",
    "long", "lu", "nan", "ning", "peng", "qi", "qing", "rui", "shan", "ting", "tingting", "wen", "xin",
    "xiang", "xue", "yi", "yu", "yun", "yuan", "zhen", "zhi", "xiuying", "guiying", "xiulan", "guilan",
    "yulan", "yuzhen", "jianguo", "jianhua", "zhiqiang", "weidong", "xiaoming", "xiaohong", "xiaoli",
    "haiyan", "lili", "dandan", "jianjun", "guoqiang", "zihan", "zixuan", "haoran", "yuxuan", "yuhan",
    "xinyi", "mengjie", "yichen", "zimo", "xiaoyan",
];

/// Typical passwords and the words they are made of, one a line, small letters.
static COMMON: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("common_passwords.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// What is wrong with a password, in the order to be shown; empty when it may be used.
pub fn faults(password: &str, subject: Subject<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let length = password.chars().count();
    let shortest = if subject.is_administrator { SHORTEST_OF_ADMINISTRATOR } else { SHORTEST };
    if length < shortest {
        faults.push(format!("至少 {shortest} 个字符，现在是 {length} 个，请再加长。"));
    }
    if length > LONGEST {
        faults.push(format!("最多 {LONGEST} 个字符，请缩短。"));
        return faults;
    }
    let missing = missing_kinds(password);
    if 4 - missing.len() < KINDS {
        faults.push(format!(
            "大写字母、小写字母、数字、符号至少要有 {KINDS} 种，请加入{}。",
            missing.join("或")
        ));
    }
    let small = password.to_lowercase();
    if !subject.user_name.is_empty() && small.contains(&subject.user_name.to_lowercase()) {
        faults.push("不能包含账号名，请换掉这一部分。".into());
    }
    if let Some(easy) = easy_to_guess(&small) {
        faults.push(easy);
    }
    faults
}

fn missing_kinds(password: &str) -> Vec<&'static str> {
    type Kind = (&'static str, fn(char) -> bool);
    let kinds: [Kind; 4] = [
        ("大写字母", |c| c.is_ascii_uppercase()),
        ("小写字母", |c| c.is_ascii_lowercase()),
        ("数字", |c| c.is_ascii_digit()),
        ("符号", |c| !c.is_ascii_alphanumeric()),
    ];
    kinds.iter().filter(|(_, is)| !password.chars().any(is)).map(|(name, _)| *name).collect()
}

/// Takes away what guessing programs try first and looks at what is left.
fn easy_to_guess(small: &str) -> Option<String> {
    let chars: Vec<char> = small.chars().collect();
    let plain: Vec<char> = chars.iter().map(|c| spelled(*c)).collect();
    if COMMON.iter().any(|word| same(word, &chars) || same(word, &plain)) {
        return Some("这是常见的密码，很容易被猜到，请换一个。".into());
    }
    let mut easy = vec![false; chars.len()];
    let mut found: Vec<String> = Vec::new();
    for finder in [dates, walks, repeats] {
        for (start, end) in finder(&chars) {
            take(&chars, &mut easy, &mut found, start, end);
        }
    }
    for word in COMMON.iter().filter(|word| word.len() >= SHORTEST_WORD) {
        for text in [&chars, &plain] {
            for start in places(word, text) {
                take(&chars, &mut easy, &mut found, start, start + word.chars().count());
            }
        }
    }
    for (start, end) in names(&chars) {
        take(&chars, &mut easy, &mut found, start, end);
    }
    let left = easy.iter().filter(|easy| !**easy).count();
    if found.is_empty() || left >= HARD_TO_GUESS {
        return None;
    }
    Some(format!(
        "{}容易被猜到（常见词、日期、重复或键盘上相连的字符），除此之外只有 {left} 个字符，请改成不相干的内容，至少 {HARD_TO_GUESS} 个。",
        found.iter().fold(String::new(), |text, part| format!("{text}“{part}”"))
    ))
}

/// Marks a part as easy and remembers it as typed, unless it was all marked before.
fn take(chars: &[char], easy: &mut [bool], found: &mut Vec<String>, start: usize, end: usize) {
    if easy[start..end].iter().all(|easy| *easy) {
        return;
    }
    easy[start..end].fill(true);
    found.push(chars[start..end].iter().collect());
}

/// Letters as they are often replaced, read back.
fn spelled(c: char) -> char {
    match c {
        '@' | '4' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '$' | '5' => 's',
        '7' => 't',
        c => c,
    }
}

fn same(word: &str, chars: &[char]) -> bool {
    word.chars().eq(chars.iter().copied())
}

fn places(word: &str, text: &[char]) -> Vec<usize> {
    let word: Vec<char> = word.chars().collect();
    let found = text.windows(word.len()).enumerate().filter(|(_, window)| **window == *word);
    found.map(|(start, _)| start).collect()
}

/// Neighbours on a keyboard row, in the alphabet or among the digits, forwards and backwards.
fn walks(chars: &[char]) -> Vec<(usize, usize)> {
    const ROWS: [&str; 9] = [
        "01234567890",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiop[]",
        "asdfghjkl;'",
        "zxcvbnm,./",
        "!@#$%^&*()_+",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
        "!qaz@wsx#edc$rfv%tgb^yhn&ujm*ik,(ol.)p;/",
        "147258369",
    ];
    let next = |one: char, two: char, row: &str| {
        let row: Vec<char> = row.chars().collect();
        row.windows(2).any(|pair| pair == [one, two])
    };
    let mut found = Vec::new();
    for row in ROWS {
        for forwards in [true, false] {
            let mut start = 0;
            for at in 1..=chars.len() {
                let goes_on = at < chars.len()
                    && if forwards {
                        next(chars[at - 1], chars[at], row)
                    } else {
                        next(chars[at], chars[at - 1], row)
                    };
                if !goes_on {
                    if at - start >= WALK {
                        found.push((start, at));
                    }
                    start = at;
                }
            }
        }
    }
    found.sort_by_key(|(start, end)| (start + chars.len() - end, *start));
    found
}

fn repeats(chars: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 1..=chars.len() {
        if at == chars.len() || chars[at] != chars[start] {
            if at - start >= REPEAT {
                found.push((start, at));
            }
            start = at;
        }
    }
    found
}

/// Surname and given name in pinyin, as `zhangwei` or `wei.zhang`: the most common ones, in both orders.
fn names(chars: &[char]) -> Vec<(usize, usize)> {
    let after = |word: &str, at: usize| {
        let fits = chars.get(at..at + word.len()).is_some_and(|text| same(word, text));
        fits.then_some(at + word.len())
    };
    let gap = |at: usize| at + usize::from(chars.get(at).is_some_and(|c| matches!(c, '.' | '_' | '-' | ' ')));
    let pair = |start: usize, first: &[&str], second: &[&str]| {
        let ends = first.iter().filter_map(|word| after(word, start)).map(gap);
        ends.flat_map(|at| second.iter().filter_map(move |word| after(word, at))).max()
    };
    let mut found = Vec::new();
    for start in 0..chars.len() {
        let end = pair(start, SURNAMES, GIVEN_NAMES).max(pair(start, GIVEN_NAMES, SURNAMES));
        found.extend(end.filter(|end| end - start >= SHORTEST_WORD).map(|end| (start, end)));
    }
    found
}

/// `19900131`, `1990-01-31`, `2024`: days and years people remember.
fn dates(chars: &[char]) -> Vec<(usize, usize)> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let text: String = chars.get(range)?.iter().collect();
        text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !number(at..at + 4).is_some_and(|year| (1900..=2099).contains(&year)) {
            at += 1;
            continue;
        }
        let gap = usize::from(chars.get(at + 4).is_some_and(|c| matches!(c, '-' | '.' | '/' | '_')));
        let month = number(at + 4 + gap..at + 6 + gap).filter(|month| (1..=12).contains(month));
        let day = number(at + 6 + 2 * gap..at + 8 + 2 * gap).filter(|day| (1..=31).contains(day));
        let end = match (month, day) {
            (Some(_), Some(_)) => at + 8 + 2 * gap,
            (Some(_), None) => at + 6 + gap,
            _ => at + 4,
        };
        found.push((at, end));
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn said(password: &str, is_administrator: bool) -> String {
        faults(password, Subject { user_name: "zhangwei", is_administrator }).join("|")
    }

    #[rstest]
    // Too short, too few kinds, the account's own name.
    #[case("Ab3!xy", false, "至少 10 个字符，现在是 6 个")]
    #[case("Kf8!mzQw2x", true, "至少 12 个字符，现在是 10 个")]
    #[case("kfmzqwxtpd", false, "请加入大写字母或数字或符号")]
    #[case("KFMZQWXTPD8492", false, "请加入小写字母或符号")]
    #[case("Zhangwei#8462kd", false, "不能包含账号名")]
    #[case("8462kd!ZHANGWEI", false, "不能包含账号名")]
    // Common ones, also spelled with digits and signs.
    #[case("P@ssw0rd2024", false, "容易被猜到")]
    #[case("Passw0rd!!", false, "容易被猜到")]
    #[case("Admin@12345678", false, "容易被猜到")]
    #[case("Woaini1314!", false, "容易被猜到")]
    #[case("Jiuyi@2026!", false, "容易被猜到")]
    #[case("Yiyuan@1234", false, "容易被猜到")]
    #[case("Qianweidong@88", false, "“qianweidong”")]
    #[case("Weidong.Qian88", false, "“weidong.qian”")]
    // Keyboard walks, repeats, dates.
    #[case("Qwer1234!@#$", false, "“1234”")]
    #[case("1qaz@WSX3edc", false, "容易被猜到")]
    #[case("Abcdefg12345!", false, "“abcdefg”")]
    #[case("Zyxwvu98765!", false, "容易被猜到")]
    #[case("Aaaaaaaa1111!", false, "“aaaaaaaa”")]
    #[case("Li19900131!", false, "“19900131”")]
    #[case("Li1990-01-31", false, "“1990-01-31”")]
    fn weak_passwords_are_refused(#[case] password: &str, #[case] admin: bool, #[case] told: &str) {
        let said = said(password, admin);
        assert!(said.contains(told), "{password}: {said}");
    }

    #[rstest]
    #[case("Kf8!mzQw2x", false)]
    #[case("Kf8!mzQw2xTp", true)]
    #[case("correct Horse 7 battery", true)]
    #[case("梧桐树下3只Cat在睡觉", true)]
    #[case("Tiger#Lamp2024", false)]
    #[case("aB3$aB9#kLm2", true)]
    fn good_passwords_pass(#[case] password: &str, #[case] admin: bool) {
        assert_eq!(said(password, admin), "");
    }

    /// What people make of a name to satisfy the rules of kinds and length.
    #[test]
    fn more_than_three_thousand_common_passwords_are_refused() {
        let names = SURNAMES.iter().flat_map(|surname| GIVEN_NAMES.iter().map(move |given| (surname, given)));
        let names = names.map(|(surname, given)| format!("{surname}{given}")).filter(|name| name.len() >= 4);
        let words: std::collections::BTreeSet<_> =
            names.chain(COMMON.iter().map(|word| (*word).to_owned())).collect();
        assert!(words.len() >= 8000, "{}", words.len());
        // Two of five, which are more than three thousand and quicker than all.
        for (at, word) in words.iter().enumerate().filter(|(at, _)| at % 5 < 2) {
            let tail = ["@2024", "1990!", "#123456"][at % 3];
            assert!(easy_to_guess(&format!("{word}{tail}")).is_some(), "{word}{tail}");
        }
    }

    /// Each stands in the list, and is found inside a password.
    #[rstest]
    #[case("jiuyi")]
    #[case("jinganqu")]
    #[case("yuwenzhen")]
    #[case("shequyiyuan")]
    #[case("suishenban")]
    #[case("weijianwei")]
    #[case("shibeiyiyuan")]
    #[case("zhabei")]
    fn words_of_the_place_are_refused(#[case] word: &str) {
        assert!(COMMON.contains(&word), "{word}");
        let (head, tail) = word.split_at(1);
        let said = said(&format!("{}{tail}#82", head.to_uppercase()), false);
        assert!(said.contains("容易被猜到"), "{said}");
    }

    #[test]
    fn the_list_is_read_as_it_is_compared() {
        assert!(COMMON.len() > 300, "{}", COMMON.len());
        for word in COMMON.iter() {
            assert_eq!(*word, word.to_lowercase());
        }
        let unique: std::collections::BTreeSet<_> = COMMON.iter().collect();
        assert_eq!(unique.len(), COMMON.len());
        assert_eq!(said("大".repeat(129).as_str(), false), "最多 128 个字符，请缩短。");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(password in ".{0,140}", name in ".{0,12}") {
            let all = faults(&password, Subject { user_name: &name, is_administrator: true });
            prop_assert!(all.iter().all(|fault| fault.ends_with('。')));
            if password.chars().count() < SHORTEST_OF_ADMINISTRATOR { prop_assert!(!all.is_empty()); }
        }
    }
}
