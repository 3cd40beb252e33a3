//! Prescriptions as people write them in one line: `性别 = 女; 剂数 = 7; 方 = 附子 10g 先煎、半夏 9g`.

use super::{Entry, Line, Prescription, Sex};

/// What is wrong, and how many characters stand before it.
type Wrong = (u32, String);

const KEYS: &str = "年龄、月龄、性别、妊娠、哺乳、剂数、剂型、代煎、急诊、理由、用法、诊断、诊断编码、证候、开具天数、有效天数、方";

impl Prescription {
    /// Reads a prescription written in one line, or several that end in `;`. Refused with the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        read(text).map_err(|(_, message)| message)
    }
}

pub(super) fn read(text: &str) -> Result<Prescription, Wrong> {
    let mut order = Prescription::default();
    let mut before = 0;
    for piece in text.split([';', '；', '\n']) {
        let blank = piece.chars().take_while(|sign| sign.is_whitespace()).count();
        let at = before + u32::try_from(blank).unwrap_or(u32::MAX);
        before += u32::try_from(piece.chars().count() + 1).unwrap_or(u32::MAX);
        if !piece.trim().is_empty() {
            fact(piece.trim(), &mut order).map_err(|message| (at, message))?;
        }
    }
    Ok(order)
}

fn fact(piece: &str, order: &mut Prescription) -> Result<(), String> {
    let Some((key, value)) = piece.split_once(['=', '＝']) else {
        return Err(format!("写成“名称 = 值”，这里是“{piece}”"));
    };
    let (key, value) = (key.trim(), value.trim());
    let patient = &mut order.patient;
    match key {
        "年龄" => patient.age_months = Some(number(key, value.trim_end_matches('岁'))?.saturating_mul(12)),
        "月龄" => patient.age_months = Some(number(key, value.trim_end_matches('月'))?),
        "性别" => {
            patient.sex = Some(match value {
                "男" => Sex::Male,
                "女" => Sex::Female,
                _ => return Err(format!("性别写 男 或 女，不能写“{value}”")),
            });
        }
        "妊娠" => patient.pregnant = Some(truth(key, value)?),
        "哺乳" => patient.lactating = Some(truth(key, value)?),
        "剂数" => order.doses = Some(number(key, value.trim_end_matches(['剂', '付', '帖']))?),
        "剂型" => order.form = Some(value.to_owned()),
        "代煎" => order.decocted = Some(truth(key, value)?),
        "急诊" => order.emergency = Some(truth(key, value)?),
        "理由" => value.clone_into(&mut order.reason),
        "用法" => value.clone_into(&mut order.usage),
        "诊断" => order.diagnoses.extend(entries(value)),
        "诊断编码" => {
            let coded = value
                .split(['、', ','])
                .map(|code| Entry { code: code.trim().to_owned(), name: String::new() });
            order.diagnoses.extend(coded);
        }
        "证候" => order.syndromes.extend(entries(value)),
        "开具天数" => order.age_days = Some(number(key, value.trim_end_matches('天'))?),
        "有效天数" => order.valid_days = Some(number(key, value.trim_end_matches('天'))?),
        "方" => {
            for written in value.split(['、', '，', ',']).map(str::trim).filter(|written| !written.is_empty())
            {
                order.lines.push(line(written)?);
            }
        }
        _ => return Err(format!("不认识“{key}”，可用：{KEYS}")),
    }
    Ok(())
}

fn entries(value: &str) -> impl Iterator<Item = Entry> {
    value.split(['、', ',']).map(|name| Entry { code: String::new(), name: name.trim().to_owned() })
}

fn number(key: &str, value: &str) -> Result<u32, String> {
    value.trim().parse().map_err(|_| format!("“{key}”写整数，不能写“{value}”"))
}

fn truth(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "是" => Ok(true),
        "否" => Ok(false),
        _ => Err(format!("“{key}”写 是 或 否，不能写“{value}”")),
    }
}

/// `附子 10g 先煎`, `附子（先煎）10g`.
fn line(written: &str) -> Result<Line, String> {
    let start = written.find(|sign: char| sign.is_ascii_digit()).unwrap_or(written.len());
    let (name, rest) = written.split_at(start);
    let end = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(rest.len());
    let (dose, rest) = rest.split_at(end);
    let mut words = rest.split_whitespace();
    // A dose without a unit may be followed by notes at once.
    let unit = if rest.starts_with(char::is_whitespace) { "" } else { words.next().unwrap_or_default() };
    let mut names = name.split_whitespace();
    let (name, before): (_, Vec<&str>) = (names.next().unwrap_or_default(), names.collect());
    if name.is_empty() {
        return Err(format!("“{written}”没有药名，写成“附子 10g 先煎”"));
    }
    let dose = (!dose.is_empty())
        .then(|| dose.parse().map_err(|_| format!("“{written}”的剂量写得不对，写成“附子 10g 先煎”")))
        .transpose()?;
    Ok(Line {
        name: name.to_owned(),
        dose,
        unit: unit.to_owned(),
        notes: before.into_iter().chain(words).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_name_dose_unit_and_notes() {
        let order = read("方 = 附子 10g 先煎 打碎、大枣 3枚，甘草6、黄连").unwrap();
        let told: Vec<_> = order
            .lines
            .iter()
            .map(|line| (line.name.as_str(), line.dose, line.unit.as_str(), line.notes.len()))
            .collect();
        assert_eq!(
            told,
            [
                ("附子", Some(10.0), "g", 2),
                ("大枣", Some(3.0), "枚", 0),
                ("甘草", Some(6.0), "", 0),
                ("黄连", None, "", 0)
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert_eq!(read("性别 = 女; 妊振 = 是").unwrap_err().0, 8);
        assert!(read("剂数 = 七").unwrap_err().1.contains("整数"));
        assert!(read("方 = 10g").unwrap_err().1.contains("没有药名"));
    }
}
