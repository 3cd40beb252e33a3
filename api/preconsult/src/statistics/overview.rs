//! How much a unit was used: when, by whom, by which way, and its parts beside each other.

use std::collections::BTreeMap;

use chrono::{Months, TimeDelta};
use platform::App;
use ui::chart::{self, Series};

use super::{
    ask::{Asked, Step},
    calendar::{Calendar, DayKind, date_of, day_of, monday_of},
    model::{AGE_BANDS, Counts, Dimension, Route, SEXES, entry_text},
    names::Names,
    store,
    table::{Section, Value, share, text},
};
use crate::PreconsultError;

const COLUMNS: [&str; 7] = ["时段", "使用人次", "已提交", "急症离开", "未完成", "提交率", "重新开始"];

/// The numbers of a unit altogether, and its sections.
pub(super) async fn sections(
    app: &App,
    asked: &Asked,
    names: &Names,
    calendar: &Calendar,
) -> Result<(Counts, Vec<Section>), PreconsultError> {
    let (db, unit, span) = (&app.db, &asked.unit, asked.span());
    let days: BTreeMap<i64, Counts> = store::list_by_day(db, unit, span).await?.into_iter().collect();
    let mut sum = Counts::default();
    for counts in days.values() {
        sum.add(*counts, 1);
    }
    let by_hour = match asked.step {
        Step::Hour => store::list_by_day_and_value(db, unit, Dimension::Hour, span).await?,
        _ => Vec::new(),
    };
    let hours = store::list_by_value(db, unit, Dimension::Hour, span).await?;
    let mut sections =
        vec![trend(asked, &days, &by_hour), day_hours(asked, &hours), day_kinds(asked, &days, calendar)];
    if !unit.is_department() {
        let parts = store::list_by_value(db, unit, Dimension::Part, span).await?;
        sections.push(ranking(asked, names, &parts, sum));
    }
    let persons = store::list_by_value(db, unit, Dimension::Person, span).await?;
    sections.extend(people(&persons));
    let routes = store::list_by_value(db, unit, Dimension::Route, span).await?;
    let routes: Vec<_> =
        Route::ALL.into_iter().map(|route| (route.text().to_owned(), uses(&routes, route.name()))).collect();
    let note = "挂号入口：当日挂号后进入；预约入口：预约以后日期的号后进入；自行进入：没有挂号，自己打开。";
    sections.push(shares("routes", "使用形式", "形式", &routes, note, true));
    let entries = store::list_by_value(db, unit, Dimension::Entry, span).await?;
    let entries: Vec<_> =
        entries.iter().map(|(name, counts)| (entry_text(name).to_owned(), counts.uses())).collect();
    sections.push(shares("entries", "进入渠道", "渠道", &entries, "", false));
    let visits = store::list_by_value(db, unit, Dimension::Visit, span).await?;
    let visits: Vec<_> = [("first", "初诊"), ("return", "复诊"), ("unknown", "未填")]
        .into_iter()
        .map(|(name, text)| (text.to_owned(), uses(&visits, name)))
        .collect();
    sections.push(shares("visits", "初诊与复诊", "就诊", &visits, "", true));
    Ok((sum, sections))
}

fn uses(of: &[(String, Counts)], value: &str) -> i64 {
    of.iter().find(|(known, _)| known == value).map_or(0, |(_, counts)| counts.uses())
}

fn row(label: Value, counts: Counts) -> Vec<Value> {
    vec![
        label,
        Value::Number(counts.uses()),
        Value::Number(counts.submitted),
        Value::Number(counts.emergency),
        Value::Number(counts.open()),
        share(counts.submitted, counts.uses()),
        Value::Number(counts.abandoned),
    ]
}

/// Every period of the span, those without anybody too.
fn periods(
    asked: &Asked,
    days: &BTreeMap<i64, Counts>,
    hours: &[(i64, String, Counts)],
) -> Vec<(String, Counts)> {
    let (from, until) = (asked.from, asked.until);
    let sum = |from: chrono::NaiveDate, end: chrono::NaiveDate| {
        let mut sum = Counts::default();
        days.range(day_of(from.max(asked.from))..=day_of(end.min(asked.until)))
            .for_each(|(_, c)| sum.add(*c, 1));
        sum
    };
    let mut periods = Vec::new();
    match asked.step {
        Step::Hour => {
            let known: BTreeMap<(i64, &str), Counts> =
                hours.iter().map(|(day, hour, counts)| ((*day, hour.as_str()), *counts)).collect();
            for day in day_of(from)..=day_of(until) {
                for hour in 0..24 {
                    let name = format!("{hour:02}");
                    let counts = known.get(&(day, name.as_str())).copied().unwrap_or_default();
                    periods.push((format!("{} {name}时", date_of(day).format("%m-%d")), counts));
                }
            }
        }
        Step::Day => {
            periods.extend(
                from.iter_days()
                    .take_while(|day| *day <= until)
                    .map(|day| (day.format("%Y-%m-%d").to_string(), sum(day, day))),
            );
        }
        Step::Week => {
            let mut monday = monday_of(from);
            while monday <= until {
                let sunday = monday + TimeDelta::days(6);
                periods.push((format!("{} 周", monday.format("%Y-%m-%d")), sum(monday, sunday)));
                monday = sunday + TimeDelta::days(1);
            }
        }
        Step::Month => {
            let mut first = from - TimeDelta::days(i64::from(chrono::Datelike::day0(&from)));
            while first <= until {
                let next = first.checked_add_months(Months::new(1)).unwrap_or(until + TimeDelta::days(1));
                periods.push((first.format("%Y-%m").to_string(), sum(first, next - TimeDelta::days(1))));
                first = next;
            }
        }
    }
    periods
}

fn trend(asked: &Asked, days: &BTreeMap<i64, Counts>, hours: &[(i64, String, Counts)]) -> Section {
    let periods = periods(asked, days, hours);
    let title = format!("使用趋势（按{}）", asked.step.text());
    let mut section = Section::new("trend", title, &COLUMNS);
    section.is_wide = true;
    let partial = "周从周一算起；首尾不满一周或一月的，只含所选日期内的天数。";
    section.note =
        if matches!(asked.step, Step::Week | Step::Month) { partial.to_owned() } else { String::new() };
    // The year is the same in most of them.
    let labels: Vec<String> = periods
        .iter()
        .map(|(label, _)| label.trim_end_matches(" 周").trim_start_matches("20").to_owned())
        .collect();
    let series = |name: &str, of: fn(Counts) -> i64| Series {
        name: name.to_owned(),
        values: periods.iter().map(|(_, counts)| of(*counts)).collect(),
    };
    let lines = [series("使用人次", Counts::uses), series("已提交", |counts| counts.submitted)];
    section.charts = vec![chart::lines(&section.title, &labels, &lines)];
    section.rows = periods.into_iter().map(|(label, counts)| row(text(label), counts)).collect();
    section
}

/// Peaks and troughs over the hours of the day.
fn day_hours(asked: &Asked, hours: &[(String, Counts)]) -> Section {
    let mut section = Section::new("hours", "一天中的高峰与低谷", &["钟点", "使用人次", "占比", "日均"]);
    let counted: Vec<(String, i64)> =
        (0..24).map(|hour| (format!("{hour:02}"), uses(hours, &format!("{hour:02}")))).collect();
    let sum: i64 = counted.iter().map(|(_, n)| n).sum();
    let (most, least) = (counted.iter().map(|(_, n)| *n).max(), counted.iter().map(|(_, n)| *n).min());
    let at = |wanted: Option<i64>| {
        let named = counted.iter().filter(|(_, n)| Some(*n) == wanted).map(|(hour, _)| format!("{hour}时"));
        named.collect::<Vec<_>>().join("、")
    };
    if sum > 0 {
        section.note = format!(
            "高峰：{}（{} 人次）；低谷：{}（{} 人次）。",
            at(most),
            most.unwrap_or(0),
            at(least),
            least.unwrap_or(0)
        );
    }
    section.charts = vec![chart::bars(&section.title, &counted)];
    section.rows = counted
        .into_iter()
        .map(|(hour, n)| {
            vec![
                text(format!("{hour}:00–{hour}:59")),
                Value::Number(n),
                share(n, sum),
                per_day(n, asked.days()),
            ]
        })
        .collect();
    section
}

/// `3.4` a day.
fn per_day(n: i64, days: i64) -> Value {
    if days == 0 {
        return text("—");
    }
    let tenths = (n * 20 + days) / (2 * days);
    text(format!("{}.{}", tenths / 10, tenths % 10))
}

fn day_kinds(asked: &Asked, days: &BTreeMap<i64, Counts>, calendar: &Calendar) -> Section {
    let mut section = Section::new("days", "工作日与节假日", &["日子", "天数", "使用人次", "占比", "日均"]);
    let mut counted: BTreeMap<DayKind, (i64, i64)> = BTreeMap::new();
    for day in asked.from.iter_days().take_while(|day| *day <= asked.until) {
        let kind = counted.entry(calendar.kind(day)).or_default();
        kind.0 += 1;
        kind.1 += days.get(&day_of(day)).map_or(0, |counts| counts.uses());
    }
    let of = |kind| counted.get(&kind).copied().unwrap_or_default();
    let sum: i64 = counted.values().map(|(_, n)| n).sum();
    section.rows = DayKind::ALL
        .into_iter()
        .map(|kind| {
            let (days, n) = of(kind);
            vec![text(kind.text()), Value::Number(days), Value::Number(n), share(n, sum), per_day(n, days)]
        })
        .collect();
    section.note = "调休上班的周末算工作日，调休放假的算法定节假日。".into();
    let unknown: Vec<String> =
        calendar.unknown_years(asked.from, asked.until).iter().map(|year| format!("{year} 年")).collect();
    if !unknown.is_empty() {
        section.note = format!("{}的放假安排还没有录入，只按周末区分。{}", unknown.join("、"), section.note);
    }
    let bars: Vec<_> = DayKind::ALL.into_iter().map(|kind| (kind.text().to_owned(), of(kind).1)).collect();
    section.charts = vec![chart::ranking(&section.title, &bars)];
    section
}

/// The parts of a unit, the most used first; also those nobody used.
fn ranking(asked: &Asked, names: &Names, parts: &[(String, Counts)], sum: Counts) -> Section {
    let is_district = asked.unit.is_district();
    let (title, of) =
        if is_district { ("各机构使用排名", "机构") } else { ("各科室使用排名", "科室") };
    let mut section = Section::new(
        "parts",
        title,
        &["名次", of, "使用人次", "占比", "已提交", "急症离开", "未完成", "提交率"],
    );
    section.is_wide = true;
    let mut ranked: Vec<_> = names
        .parts(&asked.unit)
        .into_iter()
        .map(|unit| {
            let code = if is_district { &unit.institution } else { &unit.department };
            let counts = parts.iter().find(|(known, _)| known == code).map_or(Counts::default(), |(_, c)| *c);
            let name = if is_district { names.institution(code) } else { names.department(&unit) };
            (unit, name, counts)
        })
        .collect();
    ranked.sort_by_key(|(_, _, counts)| std::cmp::Reverse(counts.uses()));
    let bars: Vec<_> = ranked.iter().map(|(_, name, counts)| (name.clone(), counts.uses())).collect();
    section.charts = vec![chart::ranking(title, &bars)];
    let (mut place, mut before) = (0, None);
    for (number, (unit, name, counts)) in (1..).zip(ranked) {
        // Who was used as much shares the place.
        if before != Some(counts.uses()) {
            (place, before) = (number, Some(counts.uses()));
        }
        let address = asked.address("/staff/statistics", |ask| {
            ask.institution.clone_from(&unit.institution);
            ask.department.clone_from(&unit.department);
        });
        section.rows.push(vec![
            Value::Number(place),
            Value::Link(name, address),
            Value::Number(counts.uses()),
            share(counts.uses(), sum.uses()),
            Value::Number(counts.submitted),
            Value::Number(counts.emergency),
            Value::Number(counts.open()),
            share(counts.submitted, counts.uses()),
        ]);
    }
    section
}

fn people(persons: &[(String, Counts)]) -> Vec<Section> {
    let mut by_age = Section::new("persons", "年龄段与性别", &["年龄", "女", "男", "未填", "合计", "占比"]);
    let of = |band: &str, sex: &str| uses(persons, &format!("{band}/{sex}"));
    let sum: i64 = persons.iter().map(|(_, counts)| counts.uses()).sum();
    let mut bars = Vec::new();
    for (_, _, band) in AGE_BANDS {
        let label = if band == "75+" { "75岁以上".to_owned() } else { format!("{band}岁") };
        let all: i64 = SEXES.iter().map(|(sex, _)| of(band, sex)).sum();
        let mut row = vec![text(label.clone())];
        row.extend(SEXES.iter().map(|(sex, _)| Value::Number(of(band, sex))));
        row.extend([Value::Number(all), share(all, sum)]);
        by_age.rows.push(row);
        bars.push((label, all));
    }
    by_age.charts = vec![chart::bars("各年龄段使用人次", &bars)];
    by_age.note = "年龄为开始预问诊那天的周岁。".into();
    let sexes: Vec<_> = SEXES
        .iter()
        .map(|(sex, text)| ((*text).to_owned(), AGE_BANDS.iter().map(|(_, _, band)| of(band, sex)).sum()))
        .collect();
    vec![by_age, shares("sexes", "性别", "性别", &sexes, "", true)]
}

/// Parts of a whole, as a pie or as bars.
pub(super) fn shares(
    key: &str,
    title: &str,
    column: &str,
    of: &[(String, i64)],
    note: &str,
    is_pie: bool,
) -> Section {
    let mut section = Section::new(key, title, &[column, "使用人次", "占比"]);
    let sum: i64 = of.iter().map(|(_, n)| n).sum();
    section.charts = vec![if is_pie { chart::pie(title, of) } else { chart::ranking(title, of) }];
    section.rows =
        of.iter().map(|(label, n)| vec![text(label.clone()), Value::Number(*n), share(*n, sum)]).collect();
    note.clone_into(&mut section.note);
    section
}
