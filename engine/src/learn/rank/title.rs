//! A title's parts: what it says, and the site it names.

/// Where the site's name and other additions begin: `标题_栏目_网站`.
const MARKS: [char; 6] = ['_', '|', '｜', '—', '–', '-'];

/// What a title says, without the names of sites behind it, and whether it was cut off.
pub(super) fn split(title: &str) -> (&str, &str, bool) {
    let title = title.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '"' | '“' | '”' | ','));
    let whole = title.trim_end_matches(['.', '…', ' ']);
    let cut_off = whole.len() < title.len();
    let mut from = 0;
    while let Some(at) = whole[from..].find(MARKS).map(|at| at + from) {
        // A number such as 2-3 or a dash at the very start is no site.
        if whole[..at].chars().count() >= 2 && !between_digits(whole, at) {
            return (&whole[..at], &whole[at..], cut_off);
        }
        from = at + whole[at..].chars().next().map_or(1, char::len_utf8);
    }
    (whole, "", cut_off)
}

fn between_digits(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at..].chars().nth(1);
    before.is_some_and(|c| c.is_ascii_alphanumeric()) && after.is_some_and(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_split_off() {
        assert_eq!(split(":尿糖_百度百科"), ("尿糖", "_百度百科", false));
        assert_eq!(split("低烧在家要吃什么药_寻医问药网"), ("低烧在家要吃什么药", "_寻医问药网", false));
        assert_eq!(split("我想问0-1岁宝宝..."), ("我想问0-1岁宝宝", "", true));
        assert_eq!(split("\"宝宝出汗多\""), ("宝宝出汗多", "", false));
        assert_eq!(split(""), ("", "", false));
    }
}
