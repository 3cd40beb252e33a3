use std::collections::BTreeMap;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeDelta, Utc};
use platform::App;

use super::{Reason, State, store};
use crate::PeopleError;

/// Longest span of a statistic.
pub(super) const MOST_DAYS: i64 = 366;

/// What happened with the applications handed in on the days of a span.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statistics {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    /// One per day, also where nothing was handed in.
    pub(super) days: Vec<Day>,
    pub(super) sum: Counts,
    pub(super) reasons: Vec<(Reason, i64)>,
    /// Median minutes from handing in to the verdict; None without a verdict.
    pub(super) median_minutes: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) day: NaiveDate,
    pub(super) counts: Counts,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) waiting: i64,
    pub(super) approved: i64,
    pub(super) rejected: i64,
}

impl Counts {
    pub(super) fn all(self) -> i64 {
        self.waiting + self.approved + self.rejected
    }

    /// Whole per cent of those decided; None when none is.
    pub(super) fn approved_percent(self) -> Option<i64> {
        let decided = self.approved + self.rejected;
        (decided > 0).then(|| (self.approved * 100 + decided / 2) / decided)
    }

    fn add(&mut self, state: State) {
        match state {
            State::Approved => self.approved += 1,
            State::Rejected => self.rejected += 1,
            State::Draft | State::Submitted => self.waiting += 1,
        }
    }
}

/// Counts the days from `from` to `until`, both included; days are those of China.
pub(super) async fn compute(app: &App, from: NaiveDate, until: NaiveDate) -> Result<Statistics, PeopleError> {
    let span = (until - from).num_days();
    if !(0..MOST_DAYS).contains(&span) {
        return Err(PeopleError::Field("from", "开始日期应不晚于结束日期，且相隔不超过一年"));
    }
    let (start, end) = (ui::format::start_of(from), ui::format::start_of(until + Days::new(1)));
    let rows = store::list_counted(&app.db, start, end).await?;
    let mut days: BTreeMap<NaiveDate, Counts> =
        from.iter_days().take_while(|day| *day <= until).map(|day| (day, Counts::default())).collect();
    let (mut sum, mut reasons, mut minutes) = (Counts::default(), BTreeMap::new(), Vec::new());
    for row in &rows {
        let Some(state) = State::named(&row.state) else { continue };
        sum.add(state);
        days.entry(day_of(row.submitted_at)).or_default().add(state);
        if let Some(reason) = row.reason_code.as_deref().and_then(Reason::named) {
            *reasons.entry(reason).or_insert(0) += 1;
        }
        minutes.extend(row.decided_at.map(|at| (at - row.submitted_at).num_minutes()));
    }
    minutes.sort_unstable();
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| -count);
    let days = days.into_iter().map(|(day, counts)| Day { day, counts }).collect();
    Ok(Statistics {
        from,
        until,
        days,
        sum,
        reasons,
        median_minutes: minutes.get(minutes.len() / 2).copied(),
    })
}

impl Statistics {
    /// For a spreadsheet: with the mark that tells it of UTF-8.
    pub(super) fn csv(&self) -> String {
        let row = |Day { day, counts }: &Day| {
            let percent = counts.approved_percent().map(|percent| format!("{percent}%")).unwrap_or_default();
            let Counts { waiting, approved, rejected } = counts;
            format!("{day},{},{waiting},{approved},{rejected},{percent}\r\n", counts.all())
        };
        let head = "\u{feff}提交日期,提交,待审核,通过,未通过,通过率\r\n".to_owned();
        std::iter::once(head).chain(self.days.iter().map(row)).collect()
    }

    /// Height of the tallest bar.
    pub(super) fn most(&self) -> i64 {
        self.days.iter().map(|day| day.counts.all()).max().unwrap_or(0).max(1)
    }
}

fn day_of(moment: DateTime<Utc>) -> NaiveDate {
    let offset = FixedOffset::east_opt(8 * 3600);
    offset.map_or_else(
        || (moment + TimeDelta::hours(8)).date_naive(),
        |zone| moment.with_timezone(&zone).date_naive(),
    )
}
