/// Most characters of one answer or one section.
pub const MAX_ANSWER: usize = 10_000;

/// Text without what cannot be seen: control characters (line breaks stay, tabs become spaces), zero-width ones and
/// those that turn the direction of writing; without blanks around it.
pub fn cleaned(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    text.chars().filter(|c| *c == '\n' || !is_invisible(*c)).collect::<String>().trim().to_owned()
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("  咳嗽三天 \n", "咳嗽三天")]
    #[case("咳\u{0}嗽\u{7}", "咳嗽")]
    #[case("一\r\n二\r三", "一\n二\n三")]
    #[case("体温\t39", "体温 39")]
    #[case("\u{202e}痛头\u{202c}", "痛头")]
    #[case("\u{200b}\u{feff} \u{3000}", "")]
    #[case("😷", "😷")]
    fn what_cannot_be_seen_goes(#[case] given: &str, #[case] kept: &str) {
        assert_eq!(cleaned(given), kept);
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = cleaned(&text);
            prop_assert_eq!(cleaned(&once), once);
        }
    }
}
