//! The words of a rule's head: how grave, what kind, how far, when.

use serde::{Deserialize, Serialize};

/// Words for the values of an entry.
macro_rules! worded {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $value:ident $chinese:literal $ascii:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$of])* $value),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// How pages write it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$value => $chinese),+ }
            }

            pub(crate) fn read(word: &str) -> Option<Self> {
                match word { $($chinese | $ascii => Some(Self::$value),)+ _ => None }
            }

            pub(crate) fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.word()).collect()
            }
        }
    };
}

worded! {
    /// What a finding means for the record; the gravest first.
    Level {
        /// The record can't be handed in before it is cleared.
        Block "阻断" "block",
        /// To be looked at.
        Warn "警告" "warn",
        /// Worth asking.
        Hint "提示" "hint",
    }
}

worded! {
    /// What kind of defect a rule finds.
    Category {
        /// Something is missing.
        Completeness "完整性" "completeness",
        /// Two statements exclude each other.
        Contradiction "矛盾" "contradiction",
        /// A value can hardly be.
        Plausibility "合理性" "plausibility",
        /// Dates or durations do not fit.
        TimeOrder "时间顺序" "time-order",
        /// A sign of danger was not followed up.
        RedFlag "红旗跟进" "red-flag",
        /// How the record is written.
        Writing "书写" "writing",
    }
}

worded! {
    /// How far a rule has come.
    Status {
        /// Being written.
        Draft "草稿" "draft",
        /// Waiting for a clinician.
        Review "待审" "review",
        /// In use.
        Published "已发布" "published",
        /// Kept for history only.
        Retired "停用" "retired",
    }
}

worded! {
    /// When a record is looked at.
    Point {
        /// After each answer.
        Answer "每答" "answer",
        /// When the patient hands it in.
        Submission "提交" "submission",
        /// When the doctor takes it over.
        Reception "医生接收" "reception",
    }
}
