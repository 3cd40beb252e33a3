//! The review of a herbal prescription: rules that editors write, pairs and limits that the graph knows.
//!
//! ````markdown
//! ---
//! 编号: dose-toxic
//! 名称: 毒性饮片超量
//! 种类: 处方
//! 类别: 用量              // 配伍|重复|用量|毒性|妊娠|人群|煎服|剂数|规范|名称
//! 级别: 阻断              // 阻断|警告|提示
//! 底线: 警告              // optional: no hospital may go below without a reason
//! 双签: 可                // 可|否: whether the prescriber may sign it a second time
//! 点评: 2-5               // code of the review of prescriptions; may be empty
//! 状态: 草稿
//! 来源: …
//! ---
//! ```规则
//! 每味: 药.毒性 属于 (有毒, 大毒) 且 药.剂量 > 药.上限
//! 对象: 乌头类、细辛        // optional: only these pieces and families
//! 除非: 剂型 = 外用         // optional
//! 提示: {药} 每剂 {药.剂量}，上限 {药.上限}
//! 改法: 减到 {药.上限} 以内
//! ```
//! ## 命中
//! - 方 = 附子 30g 先煎
//! ## 不命中
//! - 方 = 附子 10g 先煎
//! ````
//!
//! A rule has one of three heads: `每味` asks of each line, `整方` of the whole (`任一(药, 药.品名 = 罂粟壳)`), `成对` names
//! a set operator: `配伍(十八反)`, `配伍(十九畏)`, `配伍(存疑)`, `重复(同名)`, `重复(异名)`, `重复(生制)`, `名单`. A `名单` is
//! a table of the page with the head `甲 | 乙 | 说明` or `同组 | 说明`; `限量` is one with the head `药 | 限量`, whose
//! grams conditions read as `药.限量`; `并开` one with the head `并开 | 分写`. A piece stands for itself and what is
//! processed from it, `=甘草` for itself only, `甘草类` for a family. What is unknown is not no.
//!
//! Codes (`rules/codes/RX.md` explains each): `RX001` entry missing, `RX002` its value, `RX003` its key, `RX004` no rule
//! block or two, `RX005` a line of it, `RX006` id twice, `RX007` unknown piece or family, `RX008` quote of a message,
//! `RX009` example that does not hold, `RX010` no example of a kind, `RX011` example cannot be read, `RX012` table.

mod book;
mod example;
mod facts;
mod finding;
mod names;
mod order;
mod pairs;
mod read;
mod review;
mod rule;
mod settings;
mod tables;
mod terms;

#[cfg(test)]
mod cases;

pub use book::Book;
pub use finding::{Finding, Report};
pub use order::{Entry, Line, Patient, Prescription, Sex};
pub use review::review;
pub use rule::{Category, Rule};
pub use settings::{Override, Policy, Refusal, Settings};
