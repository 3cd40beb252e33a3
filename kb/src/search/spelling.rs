//! Characters as they compare: one case, one width, and how they sound in pinyin.

use pinyin::{ToPinyin, ToPinyinMulti};

/// Most readings of one name that are kept; a name of many-voiced characters has more than anybody types.
const MAX_READINGS: usize = 6;

/// A character in lower case and half width; never more than one character, so that positions stay.
pub(super) fn folded(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    if half.is_ascii_uppercase() { half.to_ascii_lowercase() } else { half }
}

/// A text with every character folded.
pub(super) fn folded_text(text: &str) -> String {
    text.chars().map(folded).collect()
}

/// How a name may be typed without Chinese characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    /// Full pinyin without tones, `piantoutong`.
    pub(super) full: String,
    /// First letters, `ptt`.
    pub(super) initials: String,
}

/// The readings of a name; none where it has a character that is neither Chinese nor a Latin letter or digit.
pub(super) fn readings(name: &str) -> Vec<Reading> {
    let mut readings = vec![Reading { full: String::new(), initials: String::new() }];
    for (c, many) in name.chars().zip(name.to_pinyin_multi()) {
        let c = folded(c);
        let latin = c.to_string();
        let mut syllables: Vec<&str> = Vec::new();
        for pinyin in many.into_iter().flatten() {
            if !syllables.contains(&pinyin.plain()) {
                syllables.push(pinyin.plain());
            }
        }
        if syllables.is_empty() {
            if !c.is_ascii_alphanumeric() {
                return Vec::new();
            }
            syllables.push(&latin);
        }
        let mut longer = Vec::with_capacity(readings.len() * syllables.len());
        for reading in &readings {
            for syllable in &syllables {
                let mut next = reading.clone();
                push_ascii(&mut next.full, syllable);
                next.initials.extend(syllable.chars().take(1));
                longer.push(next);
            }
        }
        longer.truncate(MAX_READINGS);
        readings = longer;
    }
    readings.dedup();
    readings
}

/// `ü` is typed as v.
fn push_ascii(out: &mut String, syllable: &str) {
    out.extend(syllable.chars().map(|c| if c == 'ü' { 'v' } else { c }));
}

/// How a run of Chinese characters sounds to somebody who does not tell zh from z or ang from an; `None` when a
/// character is not Chinese.
pub(super) fn sound(text: &[char]) -> Option<String> {
    let mut sound = String::with_capacity(text.len() * 5);
    for c in text {
        let syllable = c.to_pinyin()?.plain();
        push_sound(&mut sound, syllable);
        sound.push(' ');
    }
    Some(sound)
}

fn push_sound(out: &mut String, syllable: &str) {
    let (initial, rest) = match syllable.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => syllable.split_at(1),
        _ => ("", syllable),
    };
    let rest = if initial.is_empty() { rest } else { rest.trim_start_matches('h') };
    let rest = match rest.strip_suffix('g') {
        Some(short) if short.ends_with("an") || short.ends_with("en") || short.ends_with("in") => short,
        _ => rest,
    };
    out.push_str(initial);
    push_ascii(out, rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_voiced_characters_are_read_in_every_way() {
        let full: Vec<String> = readings("便血").into_iter().map(|reading| reading.full).collect();
        assert!(full.contains(&"bianxue".to_owned()) && full.contains(&"pianxue".to_owned()), "{full:?}");
        assert!(readings("HPV感染").iter().any(|reading| reading.full == "hpvganran"));
        assert!(readings("感冒").iter().any(|reading| reading.initials == "gm"));
        assert_eq!(readings("手、足"), []);
    }

    #[test]
    fn near_sounds_are_one() {
        let of = |text: &str| sound(&text.chars().collect::<Vec<_>>());
        assert_eq!(of("痛风"), of("通风"));
        assert_eq!(of("湿疹"), of("师诊"));
        assert_eq!(of("失眠"), of("思眠"));
        assert_eq!(of("心慌"), of("新荒"));
        assert_ne!(of("痛风"), of("头风"));
        assert_eq!(of("abc"), None);
    }

    #[test]
    fn folding_keeps_the_number_of_characters() {
        assert_eq!(folded_text("ＨＰＶ Ａ痛"), "hpv a痛");
    }
}
