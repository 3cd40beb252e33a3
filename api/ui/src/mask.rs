//! Personal values as they may be shown: enough to recognise one's own, not enough to learn another's.

/// `张三` → `张*`, `欧阳小明` → `欧**明`, `李` → `李`.
pub fn name(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    match chars.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// `13812345678` → `138****5678`; anything of another length loses all but the last two characters.
pub fn phone(phone: &str) -> String {
    masked(phone, 11, 3, 4)
}

/// `310106199001011234` → `310***********1234`.
pub fn id_number(number: &str) -> String {
    masked(number, 18, 3, 4)
}

fn masked(text: &str, length: usize, head: usize, tail: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (head, tail) = if chars.len() == length { (head, tail) } else { (0, 2.min(chars.len() / 2)) };
    let hidden = chars.len() - head - tail;
    let mut shown = String::new();
    shown.extend(&chars[..head]);
    shown.push_str(&"*".repeat(hidden));
    shown.extend(&chars[head + hidden..]);
    shown
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("", "")]
    #[case("李", "李")]
    #[case("张三", "张*")]
    #[case("诸葛亮", "诸*亮")]
    #[case("欧阳小明", "欧**明")]
    fn names(#[case] name: &str, #[case] shown: &str) {
        assert_eq!(super::name(name), shown);
    }

    #[rstest]
    #[case("13812345678", "138****5678")]
    #[case("12345", "***45")]
    #[case("1", "*")]
    #[case("", "")]
    fn phones(#[case] phone: &str, #[case] shown: &str) {
        assert_eq!(super::phone(phone), shown);
    }

    #[test]
    fn id_numbers() {
        assert_eq!(super::id_number("310106199001011234"), "310***********1234");
    }
}
