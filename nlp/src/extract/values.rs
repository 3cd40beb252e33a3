//! Measured values.

use super::{Pass, span, to_u32};
use crate::{
    automaton::Token,
    cue::Gauge,
    finding::{Measure, MeasureKind, Span, Whose},
    number::{number_at, number_before},
};

impl Pass<'_> {
    pub(super) fn gauge(&mut self, gauge: Gauge, end: usize) {
        let from = self.skip_words(end, 4);
        let Some((first, after)) = number_at(self.text, from) else {
            self.gauge = Some((gauge, end));
            return;
        };
        match gauge {
            Gauge::One(kind) => self.measure(kind, self.with_tenths(first, after), span(from, after)),
            Gauge::BloodPressure => {
                self.measure(MeasureKind::Systolic, first, span(from, after));
                let rest = &self.text[after..];
                let sign = rest
                    .chars()
                    .next()
                    .filter(|c| matches!(c, '/' | '／' | '，' | ',' | '、' | ' ' | '-' | '~'));
                let next = sign.map_or(after, |sign| after + sign.len_utf8());
                if let Some((second, end)) =
                    number_at(self.text, self.skip_words(next, 2)).filter(|_| sign.is_some())
                {
                    self.measure(MeasureKind::Diastolic, second, span(next, end));
                }
            }
        }
    }

    pub(super) fn celsius(&mut self, token: Token) {
        let Some((degrees, start)) = number_before(self.text, token.start) else {
            return;
        };
        let value = match number_at(self.text, token.end) {
            Some((tenths, _)) if tenths < 10.0 && tenths.fract() == 0.0 => degrees + tenths / 10.0,
            _ if self.text[token.end..].starts_with('半') => degrees + 0.5,
            _ => degrees,
        };
        let known = self.out.measures.iter().any(|measure| measure.span.start == to_u32(start));
        if !known {
            self.measure(MeasureKind::Temperature, value, span(start, token.end));
        }
        self.gauge = None;
    }

    /// 39度2 after 体温.
    pub(super) fn with_tenths(&self, value: f32, after: usize) -> f32 {
        let rest = &self.text[after..];
        let Some(unit) = ["度", "℃", "°"].iter().find(|unit| rest.starts_with(**unit)) else {
            return value;
        };
        let end = after + unit.len();
        match number_at(self.text, end) {
            Some((tenths, _)) if tenths < 10.0 && tenths.fract() == 0.0 => value + tenths / 10.0,
            _ if self.text[end..].starts_with('半') => value + 0.5,
            _ => value,
        }
    }

    pub(super) fn measure(&mut self, kind: MeasureKind, value: f32, span: Span) {
        if kind.range().contains(&value) && self.whose == Whose::Patient {
            self.out.measures.push(Measure { kind, value, span });
        }
    }
}
