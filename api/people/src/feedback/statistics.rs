use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use platform::{App, rights::Right};

use super::{Category, State, store};
use crate::{PeopleError, organisation};

/// Longest span of a statistic.
const MOST_DAYS: i64 = 366;

/// What became of the feedback handed in on the days of a span, open ones included.
#[derive(Debug, PartialEq)]
pub(super) struct Statistics {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    /// One per day, also where nothing was handed in.
    pub(super) days: Vec<(NaiveDate, i64)>,
    pub(super) categories: Vec<(String, i64)>,
    pub(super) institutions: Vec<(String, i64)>,
    pub(super) states: Vec<(State, i64)>,
    pub(super) sum: i64,
    /// Minutes to the first answer; None without one.
    pub(super) median_minutes: Option<i64>,
    /// Hundredths of a star; None without a rating.
    pub(super) stars: Option<i64>,
}

/// Counts what is within reach on the days from `from` to `until` in China, both included.
pub(super) async fn compute(
    app: &App,
    right: &Right,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Statistics, PeopleError> {
    if !(0..MOST_DAYS).contains(&(until - from).num_days()) {
        return Err(PeopleError::Field("from", "开始日期应不晚于结束日期，且相隔不超过一年"));
    }
    let span = (ui::format::start_of(from), ui::format::start_of(until + Days::new(1)));
    let all = store::list(&app.db, right, &store::Filter::default(), span, i64::MAX).await?;
    let mut days: BTreeMap<NaiveDate, i64> =
        from.iter_days().take_while(|day| *day <= until).map(|day| (day, 0)).collect();
    let (mut minutes, mut places): (Vec<i64>, BTreeMap<&str, i64>) = (Vec::new(), BTreeMap::new());
    for one in &all {
        *days.entry((one.created_at + TimeDelta::hours(8)).date_naive()).or_insert(0) += 1;
        *places.entry(one.institution.as_deref().unwrap_or("")).or_insert(0) += 1;
        minutes.extend(one.answered_at.map(|at| (at - one.created_at).num_minutes()));
    }
    minutes.sort_unstable();
    let count =
        |is: &dyn Fn(&super::model::Feedback) -> bool| count(all.iter().filter(|one| is(one)).count());
    let named = organisation::service::list(app).await?;
    let name = |code: &str| match named.iter().find(|place| place.code == code) {
        Some(place) => place.name.clone(),
        None => "未指明机构".to_owned(),
    };
    let stars: Vec<i64> = all.iter().filter_map(|one| one.stars).collect();
    let rated = i64::try_from(stars.len()).unwrap_or(i64::MAX);
    Ok(Statistics {
        from,
        until,
        days: days.into_iter().collect(),
        categories: Category::ALL.map(|c| (c.text().to_owned(), count(&|one| one.category == c))).to_vec(),
        institutions: places.into_iter().map(|(code, count)| (name(code), count)).collect(),
        states: State::ALL.map(|state| (state, count(&|one| one.state == state))).to_vec(),
        sum: count(&|_| true),
        median_minutes: minutes.get(minutes.len() / 2).copied(),
        stars: (rated > 0).then(|| (stars.iter().sum::<i64>() * 100 + rated / 2) / rated.max(1)),
    })
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Statistics {
    /// As `4.50`.
    pub(super) fn stars_text(&self) -> String {
        self.stars.map_or_else(|| "—".into(), |s| format!("{}.{:02}", s / 100, s % 100))
    }

    pub(super) fn median_text(&self) -> String {
        let text = |minutes| ui::format::duration(TimeDelta::minutes(minutes));
        self.median_minutes.map_or_else(|| "—".into(), text)
    }

    /// For a spreadsheet: with the mark that tells it of UTF-8.
    pub(super) fn csv(&self) -> String {
        let mut text = "\u{feff}分组,名称,数量\r\n".to_owned();
        let mut line = |group: &str, name: &str, count: i64| {
            text.extend([group, ",", &ui::chart::csv_cell(name), ",", &count.to_string(), "\r\n"]);
        };
        for (day, count) in &self.days {
            line("日期", &day.to_string(), *count);
        }
        for (name, count) in &self.categories {
            line("类别", name, *count);
        }
        for (name, count) in &self.institutions {
            line("机构", name, *count);
        }
        for (state, count) in &self.states {
            line("状态", state.text(), *count);
        }
        text
    }
}
