//! Numbers as people write them: 3, 39.2, 三, 十二, 两三, 十几, 半.

/// Most characters a number is looked for in.
const LONGEST: usize = 8;

/// The number that ends right before byte `end`, with the byte it starts at.
///
/// “两三” is 2.5, “几” 4, “十几” 15, “半” 0.5, “3-5” 4.
pub fn number_before(text: &str, end: usize) -> Option<(f32, usize)> {
    let head = text.get(..end)?;
    let mut start = end;
    for (at, character) in head.char_indices().rev().take(LONGEST) {
        if !is_numeral(character) {
            break;
        }
        start = at;
    }
    // A range sign or point in front belongs to no number.
    while head[start..].starts_with(['.', '．', '-', '~', '～', '至', '到', '点', '/']) {
        start += head[start..].chars().next().map_or(1, char::len_utf8);
    }
    value(&head[start..]).map(|value| (value, start))
}

/// The number that starts at byte `start`, with the byte after it.
pub fn number_at(text: &str, start: usize) -> Option<(f32, usize)> {
    let tail = text.get(start..)?;
    let mut length = 0;
    for character in tail.chars().take(LONGEST) {
        if !is_numeral(character) || matches!(character, '-' | '~' | '～' | '至' | '到' | '/') {
            break;
        }
        length += character.len_utf8();
    }
    let mut word = &tail[..length];
    while let Some(shorter) = word.strip_suffix(['.', '．', '点']) {
        word = shorter;
    }
    value(word).map(|value| (value, start + word.len()))
}

fn is_numeral(character: char) -> bool {
    digit(character).is_some()
        || matches!(character, '.' | '．' | '-' | '~' | '～' | '至' | '到' | '点' | '/')
        || matches!(character, '十' | '百' | '半' | '几' | '数' | '多')
}

fn digit(character: char) -> Option<f32> {
    let value = match character {
        '0'..='9' => character as u32 - '0' as u32,
        '０'..='９' => character as u32 - '０' as u32,
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '俩' => 2,
        '三' | '仨' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    };
    f32::from(u8::try_from(value).ok()?).into()
}

fn value(word: &str) -> Option<f32> {
    let word = word.strip_suffix('多').unwrap_or(word);
    if word.is_empty() {
        return None;
    }
    for sign in ['-', '~', '～', '至', '到', '/'] {
        if let Some((low, high)) = word.split_once(sign) {
            return Some(f32::midpoint(value(low)?, value(high)?));
        }
    }
    if word.chars().all(|c| matches!(c, '0'..='9' | '０'..='９' | '.' | '．')) {
        return arabic(word);
    }
    match word {
        "半" => return Some(0.5),
        "几" | "数" => return Some(4.0),
        _ => {}
    }
    if let Some((whole, part)) = word.split_once('点') {
        return Some(chinese(whole)? + chinese(part)? / 10.0);
    }
    chinese(word)
}

fn arabic(word: &str) -> Option<f32> {
    let plain: String = word
        .chars()
        .map(|c| match c {
            '．' => '.',
            '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c),
            c => c,
        })
        .collect();
    plain.parse().ok().filter(|value: &f32| value.is_finite())
}

fn chinese(word: &str) -> Option<f32> {
    let (mut total, mut pending, mut n_pending) = (0.0, 0.0, 0u8);
    // 一百八 is 180: a last digit right after 百 counts tens, unless 零 stands between.
    let mut after_hundred = false;
    for character in word.chars() {
        match character {
            '百' => {
                total += if n_pending == 0 { 1.0 } else { pending } * 100.0;
                (pending, n_pending, after_hundred) = (0.0, 0, true);
            }
            '十' => {
                total += if n_pending == 0 { 1.0 } else { pending } * 10.0;
                (pending, n_pending, after_hundred) = (0.0, 0, false);
            }
            '几' | '数' => (pending, n_pending) = (5.0, 1),
            '半' => return Some(total + pending + 0.5),
            '.' | '．' | '多' => return None,
            _ => {
                let value = digit(character)?;
                after_hundred &= value > 0.0;
                // “两三” names a range: take its middle.
                pending = match n_pending {
                    0 => value,
                    1 if (value - pending).abs() <= 2.0 && total == 0.0 => f32::midpoint(pending, value),
                    1 => pending * 10.0 + value,
                    _ => return None,
                };
                n_pending += 1;
            }
        }
    }
    let pending = if after_hundred && n_pending == 1 { pending * 10.0 } else { pending };
    (n_pending > 0 || total > 0.0).then_some(total + pending)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("三", 3.0)]
    #[case("12", 12.0)]
    #[case("３９.２", 39.2)]
    #[case("十", 10.0)]
    #[case("十二", 12.0)]
    #[case("二十", 20.0)]
    #[case("两三", 2.5)]
    #[case("十几", 15.0)]
    #[case("几", 4.0)]
    #[case("半", 0.5)]
    #[case("3-5", 4.0)]
    #[case("一百二十", 120.0)]
    #[case("一百八", 180.0)]
    #[case("一百零八", 108.0)]
    #[case("两百二", 220.0)]
    #[case("一百", 100.0)]
    #[case("三十多", 30.0)]
    fn numbers_before_a_unit(#[case] word: &str, #[case] expected: f32) {
        let text = format!("咳嗽{word}天");
        let end = text.len() - "天".len();
        assert_eq!(number_before(&text, end), Some((expected, "咳嗽".len())));
    }

    #[test]
    fn no_number_is_none() {
        for text in ["", "昨", "。", "-", "到", "😀", "点", "3..5"] {
            assert_eq!(number_before(text, text.len()), None, "{text}");
        }
        assert_eq!(number_at("39度2", 0), Some((39.0, 2)));
        assert_eq!(number_at("x", 0), None);
        assert_eq!(number_at("x", 9), None);
    }
}
