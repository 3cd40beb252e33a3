//! Denial, doubt and presence; whose it is.

use super::{Denial, Pass};
use crate::{
    automaton::Token,
    finding::{Kin, Speaker, Status, Whose},
};
use kb::ConceptKind;

impl Pass<'_> {
    pub(super) fn deny(&mut self, reaches_list: bool, token: Token) {
        self.out.has_negation = true;
        self.denial = Some(Denial { start: token.start, end: token.end, reaches_list, n_used: 0 });
    }

    /// 发烧好了, 已经不疼了: the denial follows its mention.
    pub(super) fn deny_back(&mut self, token: Token) {
        self.out.has_negation = true;
        let automaton = self.automaton;

        let near = self.last_in_clause(token.start, 4);
        if let Some(finding) = near {
            // 吃了药退了: what is over is not the medicine.
            if automaton.kind(finding.concept) != ConceptKind::Drug {
                finding.status = Status::No;
            }
        } else {
            self.denial = Some(Denial { start: token.start, end: token.end, reaches_list: true, n_used: 0 });
        }
    }

    pub(super) fn affirm(&mut self, token: Token) {
        if self.denial.is_some_and(|denial| denial.n_used > 0 || token.start > denial.end) {
            self.denial = None;
        }
        // 发烧有, 咳嗽没有: presence said after the mention.
        if let Some(finding) = self.last_in_clause(token.start, 0)
            && finding.status == Status::Unsure
        {
            finding.status = Status::Yes;
        }
    }

    pub(super) fn affirm_back(&mut self, token: Token) {
        if let Some(finding) = self.last_in_clause(token.start, 2) {
            finding.status = Status::Yes;
        }
    }

    /// 吗 right after a mention asks about it.
    pub(super) fn ask(&mut self, start: usize) {
        if let Some(finding) = self.last_in_clause(start, 2) {
            finding.status = Status::Unsure;
        }
    }

    pub(super) fn past(&mut self, token: Token) {
        if let Some(finding) = self.last_in_clause(token.start, 0) {
            finding.is_past = true;
        }
        self.is_past = true;
    }

    /// 跟同事吃饭 does not make the rest the colleague's.
    pub(super) fn kin(&mut self, kin: Kin, token: Token) {
        if self.previous_join == token.start {
            return;
        }
        if kin == Kin::Child {
            self.age_of = token.end;
        }
        self.whose = match (kin, self.speaker) {
            (Kin::Child, Speaker::Parent) => Whose::Patient,
            _ => Whose::Kin(kin),
        };
    }
}
