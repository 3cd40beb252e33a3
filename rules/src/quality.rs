//! Quality control: rules that watch a pre-consultation record. One rule is one Markdown page: definition, manual page
//! and tests in one.
//!
//! ````markdown
//! ---
//! 编号: chief-length
//! 名称: 主诉太长
//! 种类: 质控
//! 类别: 书写              // 完整性|矛盾|合理性|时间顺序|红旗跟进|书写
//! 级别: 提示              // 阻断|警告|提示
//! 位置: 主诉              // a section or a name of the schema
//! 时机: 提交、医生接收     // 每答|提交|医生接收
//! 状态: 草稿              // 草稿|待审|已发布|停用
//! 来源: 自拟，待临床审核
//! ---
//! ```规则
//! 适用: 年龄 >= 1岁            // optional: whom it concerns
//! 当: 主诉.字数 > 20           // a finding when yes
//! 模型: 主诉规范 < 0.5         // optional: and the score of a model is so
//! 除非: 主诉.文 含 "复诊"      // optional: not then
//! 提示: 主诉有 {主诉.字数} 个字
//! 建议: 只留最主要的症状和时间
//! ```
//! ## 命中
//! - 年龄 = 30岁; 主诉.文 = "…"
//! ## 不命中
//! - 年龄 = 30岁; 主诉.文 = "头痛3天"
//! ## 未评
//! - 年龄 = 30岁
//! ````
//!
//! (The `//` notes are not part of a page.) Names come from a [`Schema`], which is a page of tables itself. What is
//! unknown is not no: a rule that would have to know more makes no finding and is listed by [`Book::unsettled`]; what
//! must have been asked is tested with `非 已知(体温)`, and an exception that may go unasked is written
//! `除非: 绝经 且 已知(绝经)`.
//!
//! Codes (`rules/codes/QC.md` explains each): `QC001` entry of the front matter missing, `QC002` its value, `QC003` its
//! key, `QC004` no `规则` block or two, `QC005` a line of it, `QC006` id twice, `QC007` unknown name quoted or pointed
//! to, `QC008` fact of an example, `QC009` example turns out otherwise, `QC010` no example of a kind, `QC011` condition
//! that never changes, `QC012` same conditions twice, `QC013` change no example notices, `QC014` schema, `QC015`
//! heading like 命中 that is none; expressions keep `EX…`, pages `PG…`.

mod book;
mod compile;
mod conditions;
mod example;
mod grade;
mod message;
mod mutant;
pub mod outline;
mod read;
mod rule;
mod schema;
mod sheet;
mod words;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

pub use book::{Book, Finding, NoScores, Scores, Unsettled, Used};
pub use grade::{Category, Level, Point, Status};
pub use rule::Rule;
pub use schema::{Field, Origin, Schema};
pub use sheet::{Fact, Sheet};
