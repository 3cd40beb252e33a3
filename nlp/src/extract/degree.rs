//! How bad, how often, how it began.

use super::Pass;
use crate::{
    cue::Position,
    finding::{Onset, Rate, Severity, Span, Status},
};

impl Pass<'_> {
    pub(super) fn degree(&mut self, severity: Severity, position: Position, span: Span) {
        self.out.severity = Some(severity);
        let start = span.start as usize;
        if position == Position::After && self.last_in_clause(start, 3).is_some() {
            self.tie_degree_back(severity, span);
        } else {
            self.severity = Some((severity, position, span));
        }
    }

    pub(super) fn tie_degree_back(&mut self, severity: Severity, span: Span) {
        if let Some(finding) = self.last_in_clause(span.start as usize, 3)
            && finding.status != Status::No
            && finding.severity.is_none()
        {
            finding.severity = Some(severity);
        }
    }

    pub(super) fn rate(&mut self, rate: Rate, span: Span) {
        self.out.rate = Some(rate);
        let counted = rate == Rate::Counted;
        match self.last_in_clause(span.start as usize, if counted { 8 } else { 2 }) {
            Some(finding) => (finding.rate, finding.rate_span) = (Some(rate), Some(span)),
            None if !counted => self.rate = Some((rate, span)),
            None => {}
        }
    }

    pub(super) fn onset(&mut self, onset: Onset) {
        (self.out.onset, self.onset) = (Some(onset), Some(onset));
    }
}
