//! Since when and for how long.

use super::{HAN, Pass, floor_boundary, span};
use crate::{
    automaton::Token,
    finding::{Period, Rate},
    number::number_before,
};

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
        // 一天拉五次: a rate, not a length.
        let is_day = (hours - 24.0).abs() < f32::EPSILON && (number - 1.0).abs() < f32::EPSILON;
        if is_day && self.clause_ahead(token.end, 5).contains(['次', '趟', '回']) {
            return;
        }
        self.length(Period { hours: number * hours, is_point: false, span: whole });
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
            let taken =
                self.out.findings[self.sentence..].iter().any(|finding| finding.since == Some(period));
            if !taken && self.tie_period_back(self.sentence, period) {
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
