//! Checked expression → flat postfix code, and its evaluation.

use super::{
    logic::{Bound, Logic, Test},
    truth::Truth,
    vocabulary::Facts,
};

/// Truths on the stack at most; one bit of a word each.
const MAX_DEPTH: u32 = 64;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Op {
    Test(Test),
    Not,
    And,
    Or,
    Same,
    Count { of: u32, bound: Bound },
}

/// Postfix code whose stack never grows beyond [`MAX_DEPTH`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Code(Vec<Op>);

impl Code {
    /// The code of an expression; none when it needs too deep a stack.
    pub(super) fn of(logic: &Logic) -> Option<Self> {
        let mut ops = Vec::new();
        (emit(logic, 0, &mut ops) <= MAX_DEPTH).then_some(Self(ops))
    }

    #[inline]
    pub(super) fn eval<F: Facts + ?Sized>(&self, facts: &F) -> Truth {
        let mut stack = Stack::default();
        for op in &self.0 {
            match *op {
                Op::Test(test) => stack.push(test.eval(facts)),
                Op::Not => stack.invert(),
                Op::And => stack.and(),
                Op::Or => stack.or(),
                Op::Same => stack.same(),
                Op::Count { of, bound } => stack.count(of, bound),
            }
        }
        stack.top()
    }
}

/// Appends the code of `logic` run above `height` truths; the greatest height it reaches.
fn emit(logic: &Logic, height: u32, ops: &mut Vec<Op>) -> u32 {
    let above = height.saturating_add(1);
    match logic {
        Logic::Test(test) => {
            ops.push(Op::Test(*test));
            above
        }
        Logic::Not(of) => {
            let reached = emit(of, height, ops);
            ops.push(Op::Not);
            reached
        }
        Logic::And(of) => fold(of, Op::And, height, ops),
        Logic::Or(of) => fold(of, Op::Or, height, ops),
        Logic::Same(left, right) => {
            let reached = emit(left, height, ops).max(emit(right, above, ops));
            ops.push(Op::Same);
            reached
        }
        Logic::Count(of, bound) => {
            let heights = height..;
            let reached =
                of.iter().zip(heights).map(|(part, height)| emit(part, height, ops)).max().unwrap_or(above);
            ops.push(Op::Count { of: u32::try_from(of.len()).unwrap_or(u32::MAX), bound: *bound });
            reached
        }
    }
}

/// Joins operands two by two, so that a long row needs no deep stack.
fn fold(of: &[Logic], op: Op, height: u32, ops: &mut Vec<Op>) -> u32 {
    let mut reached = height;
    for (index, part) in of.iter().enumerate() {
        reached = reached.max(emit(part, height + u32::from(index > 0), ops));
        if index > 0 {
            ops.push(op);
        }
    }
    reached
}

/// Truths as two words: the lowest bit is the top; neither bit set means unknown.
#[derive(Default)]
struct Stack {
    yes: u64,
    no: u64,
}

impl Stack {
    fn push(&mut self, truth: Truth) {
        self.yes = (self.yes << 1) | u64::from(truth == Truth::Yes);
        self.no = (self.no << 1) | u64::from(truth == Truth::No);
    }

    /// Exchanges the lowest bits.
    fn invert(&mut self) {
        let differs = (self.yes ^ self.no) & 1;
        self.yes ^= differs;
        self.no ^= differs;
    }

    /// Drops two and puts the lowest bits of these words.
    fn replace_two(&mut self, yes: u64, no: u64) {
        self.yes = ((self.yes >> 1) & !1) | (yes & 1);
        self.no = ((self.no >> 1) & !1) | (no & 1);
    }

    fn and(&mut self) {
        self.replace_two(self.yes & (self.yes >> 1), self.no | (self.no >> 1));
    }

    fn or(&mut self) {
        self.replace_two(self.yes | (self.yes >> 1), self.no & (self.no >> 1));
    }

    fn same(&mut self) {
        let (yes, no) = (self.yes >> 1, self.no >> 1);
        self.replace_two((self.yes & yes) | (self.no & no), (self.yes & no) | (self.no & yes));
    }

    fn count(&mut self, of: u32, bound: Bound) {
        let taken = u64::MAX.checked_shr(64u32.saturating_sub(of)).unwrap_or(0);
        let least = (self.yes & taken).count_ones();
        let most = of - (self.no & taken).count_ones();
        self.yes = self.yes.checked_shr(of).unwrap_or(0);
        self.no = self.no.checked_shr(of).unwrap_or(0);
        self.push(bound.holds(least, most));
    }

    fn top(&self) -> Truth {
        match (self.yes & 1, self.no & 1) {
            (1, _) => Truth::Yes,
            (_, 1) => Truth::No,
            _ => Truth::Unknown,
        }
    }
}
