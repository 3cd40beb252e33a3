//! The fields of an identity card out of the lines that were read.

use crate::Line;

/// The side with the portrait; what was not found is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Front {
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// 民族, without 族.
    pub nation: String,
    /// As 1990-01-31.
    pub birth: String,
    pub address: String,
    /// 18 characters; its checksum is not looked at here.
    pub number: String,
}

/// The side with the national emblem; what was not found is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Back {
    /// 签发机关.
    pub authority: String,
    /// As 2020-01-31.
    pub valid_from: String,
    /// As 2040-01-31, or 长期.
    pub valid_until: String,
}

/// Rows of text, top to bottom.
struct Rows(Vec<String>);

/// Labels of the front from top to bottom; a label's first characters may be lost where the card is cut off.
const NAME: [&str; 3] = ["姓名", "姓", "名"];
const SEX: [&str; 2] = ["性别", "性"];
const NATION: [&str; 2] = ["民族", "族"];
const BIRTH: [&str; 2] = ["出生", "生"];
const ADDRESS: [&str; 3] = ["住址", "住", "址"];
const NUMBER: [&str; 4] = ["公民身份号码", "身份号码", "份号码", "号码"];
const AUTHORITY: [&str; 3] = ["签发机关", "发机关", "机关"];
const VALID: [&str; 3] = ["有效期限", "效期限", "期限"];

/// The fields of the front. Sex and birth are as printed, never made up from the number.
pub fn front(lines: &[Line]) -> Front {
    let Rows(rows) = rows(lines);
    let mut front = Front::default();
    let mut is_address = false;
    for (at, row) in rows.iter().enumerate() {
        if let Some(number) = number(row) {
            front.number = number;
            break;
        }
        if after(row, &NUMBER[..2]).is_some() {
            break;
        }
        if let Some((sex, nation)) = sex_and_nation(row) {
            front.sex = sex;
            front.nation = nation;
            if front.name.is_empty() && at > 0 {
                front.name = letters(without_label(&rows[at - 1], &NAME));
            }
        } else if let Some(birth) = birth(row) {
            front.birth = birth;
        } else if let Some(start) = after(row, &ADDRESS[..1]) {
            front.address = start.into();
            is_address = true;
        } else if is_address {
            front.address.push_str(row);
        } else if let Some(name) = after(row, &NAME[..1]) {
            front.name = letters(name);
        } else if !front.birth.is_empty() {
            // The label of the address is often lost in glare.
            front.address = without_label(row, &ADDRESS).into();
            is_address = true;
        }
    }
    front
}

/// The fields of the back.
pub fn back(lines: &[Line]) -> Back {
    let Rows(rows) = rows(lines);
    let mut back = Back::default();
    let mut is_authority = false;
    for row in &rows {
        if let Some((from, until)) = validity(row) {
            back.valid_from = from;
            back.valid_until = until;
            break;
        }
        if let Some(start) = after(row, &AUTHORITY) {
            back.authority = start.into();
            is_authority = true;
        } else if is_authority && after(row, &VALID).is_none() {
            back.authority.push_str(row);
        }
    }
    back
}

/// Lines that stand beside each other as one row, without blanks.
fn rows(lines: &[Line]) -> Rows {
    let mut rows: Vec<(u32, String)> = Vec::new();
    for line in lines {
        let text: String = line.text.chars().filter(|c| !c.is_whitespace()).collect();
        let middle = line.place.middle();
        match rows.last_mut() {
            Some((of_row, row)) if 2 * middle.abs_diff(*of_row) <= line.place.height => row.push_str(&text),
            _ => rows.push((middle, text)),
        }
    }
    Rows(rows.into_iter().map(|(_, row)| row).filter(|row| !row.is_empty()).collect())
}

/// What follows a label that stands at the start of a row or near it.
fn after<'a>(row: &'a str, labels: &[&str]) -> Option<&'a str> {
    labels.iter().find_map(|label| {
        let at = row.find(label)?;
        (row[..at].chars().count() <= 2).then(|| &row[at + label.len()..])
    })
}

fn without_label<'a>(row: &'a str, labels: &[&str]) -> &'a str {
    labels.iter().find_map(|label| row.strip_prefix(label)).unwrap_or(row)
}

/// A name has Chinese characters and the middle dot only.
fn letters(text: &str) -> String {
    let is_letter = |c: &char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}' | '·' | '•');
    text.chars().filter(is_letter).map(|c| if c == '•' { '·' } else { c }).collect()
}

fn sex_and_nation(row: &str) -> Option<(String, String)> {
    let told = after(row, &SEX).or_else(|| after(row, &NATION).map(|_| row))?;
    if birth(row).is_some() {
        return None;
    }
    let sex = told.chars().find(|c| matches!(c, '男' | '女')).map(String::from).unwrap_or_default();
    let nation = NATION.iter().find_map(|label| told.split_once(label)).map(|(_, nation)| letters(nation));
    Some((sex, nation.unwrap_or_default()))
}

fn birth(row: &str) -> Option<String> {
    let told = after(row, &BIRTH).unwrap_or(row);
    if !told.contains(['年', '月', '日']) {
        return None;
    }
    let mut numbers = digits(told);
    let year = numbers.next().filter(|year| year.len() == 4)?;
    let (month, day) = (numbers.next()?, numbers.next()?);
    (month.len() <= 2 && day.len() <= 2).then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

/// Runs of digits, read as digits where a letter of the same shape stands.
fn digits(text: &str) -> impl Iterator<Item = String> {
    let text: String = text.chars().map(digit).collect();
    let runs: Vec<String> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned).collect();
    runs.into_iter()
}

fn digit(c: char) -> char {
    match c {
        'O' | 'o' | '〇' | 'D' => '0',
        'I' | 'l' | '|' => '1',
        c => c,
    }
}

/// The last 18 characters of a row that are a number.
fn number(row: &str) -> Option<String> {
    let told = after(row, &NUMBER).unwrap_or(row);
    let is_number = |c: &char| c.is_ascii_digit() || matches!(c, 'X' | 'x' | '×');
    let characters: Vec<char> = told.chars().map(digit).filter(is_number).collect();
    let last = characters.len().checked_sub(18)?;
    let number = &characters[last..];
    number[..17]
        .iter()
        .all(char::is_ascii_digit)
        .then(|| number.iter().map(|c| if c.is_ascii_digit() { *c } else { 'X' }).collect())
}

/// From and until, `2020.01.31-2040.01.31` or `2020.01.31-长期`.
fn validity(row: &str) -> Option<(String, String)> {
    let told = after(row, &VALID).unwrap_or(row);
    let digits: String = told.chars().map(digit).filter(char::is_ascii_digit).collect();
    let date = |digits: &str| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]);
    match digits.len() {
        16 => Some((date(&digits[..8]), date(&digits[8..]))),
        8 if told.contains(['长', '期']) => Some((date(&digits), "长期".into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::Place;

    fn lines(rows: &[&str]) -> Vec<Line> {
        let mut lines = Vec::new();
        for (top, row) in (0u32..).step_by(40).zip(rows) {
            for (left, text) in (0u32..).step_by(100).zip(row.split('|')) {
                let place = Place { left, top: top + left / 50, width: 90, height: 24 };
                lines.push(Line { text: text.into(), confidence: 0.9, place });
            }
        }
        lines
    }

    #[rstest]
    #[case::whole(&["姓名诸葛小明", "性别男民族汉", "出生1990年1月31日", "住址上海市静安区", "某某路12弄3号", "公民身份号码00000019900131001X"])]
    #[case::labels_apart(&["姓名|诸葛小明", "性别|男|民族|汉", "出生|1990|年|1|月|31|日", "住址|上海市静安区", "某某路12弄3号", "公民身份号码|00000019900131001x"])]
    #[case::labels_lost(&["诸葛小明", "性男民族汉", "生1990年1月31日", "上海市静安区", "某某路12弄3号", "份号码O0000019900131001X"])]
    fn the_front_is_read(#[case] rows: &[&str]) {
        let expected = Front {
            name: "诸葛小明".into(),
            sex: "男".into(),
            nation: "汉".into(),
            birth: "1990-01-31".into(),
            address: "上海市静安区某某路12弄3号".into(),
            number: "00000019900131001X".into(),
        };
        assert_eq!(front(&lines(rows)), expected);
    }

    #[test]
    fn names_of_several_parts_keep_their_dot() {
        assert_eq!(front(&lines(&["姓名买买提•吐尔逊", "性别男民族维吾尔"])).name, "买买提·吐尔逊");
    }

    #[rstest]
    #[case(&["中华人民共和国", "居民身份证", "签发机关上海市公安局静安分局", "有效期限2020.01.31-2040.01.31"], "2040-01-31")]
    #[case(&["中华人民共和国", "居民身份证", "签发机关|上海市公安局", "静安分局", "有效期限|2020.01.31-长期"], "长期")]
    fn the_back_is_read(#[case] rows: &[&str], #[case] until: &str) {
        let back = back(&lines(rows));
        assert_eq!(
            (back.authority.as_str(), back.valid_from.as_str(), back.valid_until.as_str()),
            ("上海市公安局静安分局", "2020-01-31", until)
        );
    }

    #[test]
    fn other_pictures_have_no_fields() {
        assert_eq!(front(&lines(&["会员卡", "No. 123456"])), Front::default());
        assert_eq!(back(&[]), Back::default());
    }
}
