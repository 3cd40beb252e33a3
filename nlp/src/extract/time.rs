//! Since when and for how long.

use super::{HAN, Pass, floor_boundary, span};
use crate::{
    automaton::Token,
    finding::{Period, Rate},
    number::number_before,
};

/// What was done rather than felt.
const DEEDS: [&str; 9] = ["看过", "看了", "去看", "去医院", "做过", "做了", "查过", "打了", "吃了"];

impl Pass<'_> {
    pub(super) fn time_unit(&mut self, hours: f32, token: Token) {
        let Some((number, start)) = number_before(self.text, token.start) else {
            return;
        };
        // 宝宝8个月, 三岁大: an age.
        let is_age = (self.age_of <= start && start <= self.age_of.saturating_add(2 * HAN))
            || self.text[token.end..].starts_with(['大', '龄']);
        if is_age && hours >= 24.0 {
            return;
        }
        let whole = span(start, token.end);
        let is_one = (number - 1.0).abs() < f32::EPSILON;
        if self.is_date(start, token) || (is_one && self.is_rate(token.end)) {
            return;
        }
        self.length(Period { hours: number * hours, is_point: false, span: whole });
    }

    /// 一天拉肚子七八次, 一周两三回: a rate, not a length.
    fn is_rate(&self, end: usize) -> bool {
        let ahead = self.clause_ahead(end, 10);
        ahead.contains(['次', '趟', '回']) && !ahead.starts_with(['前', '以', '之'])
    }

    /// 10月20日, 3月份, 五月初: a date, not a length; without a calendar it says nothing of how long.
    fn is_date(&self, start: usize, token: Token) -> bool {
        let unit = &self.text[token.start..token.end];
        let next = self.text[token.end..].chars().next();
        let is_month =
            unit == "月" && next.is_some_and(|c| c.is_ascii_digit() || "份初底中末一二三十号".contains(c));
        is_month || (unit == "日" && self.text[..start].ends_with('月'))
    }

    /// 一晚上起夜四次: a rate; otherwise a named length.
    pub(super) fn named_length(&mut self, period: Period) {
        if !self.is_rate(period.span.end as usize) {
            self.length(period);
        }
    }

    /// 咳嗽三天: ties back to the clause, else to what comes, else to the sentence.
    pub(super) fn length(&mut self, period: Period) {
        self.out.periods.push(period);
        let clause = self.clause;
        if !self.tie_period_back(clause, period) {
            self.period = Some(period);
        }
    }

    /// 昨天发烧: ties forward; at the end of the clause back.
    pub(super) fn moment(&mut self, period: Period) {
        self.settle_period();
        self.out.periods.push(period);
        self.period = Some(period);
    }

    /// 三天前: the length just read is a moment.
    pub(super) fn ago(&mut self, token: Token) {
        let Some(last) = self.out.periods.last_mut().filter(|period| period.span.end as usize == token.start)
        else {
            return;
        };
        last.is_point = true;
        let period = *last;
        self.period = Some(period);
    }

    pub(super) fn tie_period_back(&mut self, from: usize, period: Period) -> bool {
        let mut tied = false;
        for finding in self.out.findings[from..].iter_mut().filter(|finding| finding.since.is_none()) {
            finding.since = Some(period);
            tied = true;
        }
        tied
    }

    /// A period that found no mention after it belongs to those before.
    pub(super) fn settle_period(&mut self) {
        if let Some(period) = self.period {
            // 昨天去看过医生: the moment is that of what was done.
            let done = self.clause_ahead(period.span.end as usize, 8);
            let is_of_deed = period.is_point && DEEDS.iter().any(|deed| done.contains(deed));
            if is_of_deed && self.clause == self.out.findings.len() {
                self.period = None;
                return;
            }
            let taken =
                self.out.findings[self.sentence..].iter().any(|finding| finding.since == Some(period));
            // With several times in a sentence each serves its own clause; a single one serves all of it.
            let is_one_of_several = self.out.periods.len() > self.first_period + 1;
            if (taken && is_one_of_several) || (!taken && self.tie_period_back(self.sentence, period)) {
                self.period = None;
            }
        }
    }

    /// 一天5次, 三四次.
    pub(super) fn times(&mut self, token: Token) {
        let Some((_, mut start)) = number_before(self.text, token.start) else {
            return;
        };
        for lead in ["一天", "每天", "1天", "一日", "每日", "一晚上", "一夜"] {
            let from = floor_boundary(self.text, start.saturating_sub(8 * HAN));
            if let Some(at) = self.text[from..start].rfind(lead) {
                start = from + at;
                break;
            }
        }
        self.rate(Rate::Counted, span(start, token.end));
    }
}
