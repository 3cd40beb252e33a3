use axum::http::StatusCode;
use engine::Refused;
use people::PeopleError;
use platform::{Problem, crypto::OpenError, db::Transient};
use rules::quality::Finding;

use crate::model::{Event, MAX_ANSWER, State};

/// What can go wrong with a consultation.
#[derive(Debug, thiserror::Error)]
pub enum PreconsultError {
    /// Also another's consultation: who may not read it may not know of it.
    #[error("no such consultation")]
    NotFound,
    #[error("no such section of the record")]
    NoSuchSection,
    #[error("no such department")]
    NoSuchDepartment,
    #[error("the birth date lies in the future")]
    Unborn,
    /// The page was older than the dialogue.
    #[error("the answer belongs to an older question")]
    OutdatedTurn,
    /// The page was older than the record.
    #[error("the record was changed meanwhile")]
    OutdatedVersion,
    #[error("a change needs the version it is based on")]
    VersionMissing,
    #[error("{event:?} is not possible in state {}", state.name())]
    WrongState { state: State, event: Event },
    #[error("the registration was cancelled")]
    VisitCancelled,
    #[error("the visit is over")]
    VisitOver,
    /// Answers of a page that cannot be taken.
    #[error("{} answers cannot be taken", .0.len())]
    PageRefused(Vec<Refused>),
    /// What the quality rules do not let through.
    #[error("{} findings have to be put right first", .0.len())]
    Blocked(Vec<Finding>),
    /// The engine saw no answer in it; the note is for the patient.
    #[error("nothing was said")]
    NothingSaid { note: String },
    #[error("{length} characters are too many")]
    TooLong { length: usize },
    /// Another request changed the consultation between reading and writing; the attempt is made again.
    #[error("two requests met")]
    Raced,
    /// What the patient suffers from is not shown under this right.
    #[error("the record is hidden")]
    Hidden,
    #[error("no such release")]
    NoSuchRelease,
    #[error("cannot bring a past release back")]
    Past(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What cannot be done now, in words for whoever asked.
    #[error("refused: {0}")]
    Exchange(&'static str),
    #[error(transparent)]
    Gateway(#[from] gateways::GatewayError),
    /// A template that was published and does not compile: where and why.
    #[error("a published template does not compile: {0}")]
    Unrunnable(String),
    /// What a department decided about its templates cannot be read.
    #[error("cannot read what a department decided")]
    Templates(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error("cannot open a sealed answer")]
    Sealed(#[from] OpenError),
    #[error("cannot read what was stored")]
    Unreadable(#[from] serde_json::Error),
    #[error("cannot read or write consultations")]
    Storage(#[from] sqlx::Error),
}

impl PreconsultError {
    /// What a patient reads beside the form that was refused; None for faults that get a page of their own.
    pub(crate) fn note(&self) -> Option<String> {
        Some(match self {
            Self::OutdatedTurn => "这一题已经回答过了（可能在另一个页面）。下面是现在要回答的问题。".into(),
            Self::OutdatedVersion => {
                "内容刚刚有变化（可能在另一个页面修改过）。请看一下最新的内容再操作。".into()
            }
            Self::NothingSaid { note } => note.clone(),
            Self::PageRefused(refused) => {
                format!("有 {} 处需要改一下，已在题目旁边标出；您写的内容都还在。", refused.len())
            }
            Self::Blocked(_) => "下面标出的内容前后对不上，请改好再发给医生。".into(),
            Self::TooLong { length } => {
                format!("写了 {length} 个字，最多 {MAX_ANSWER} 个字。请删减一些再发送，您写的内容还在下面。")
            }
            _ => return None,
        })
    }
}

impl Transient for PreconsultError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Raced => true,
            Self::Storage(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<PreconsultError> for Problem {
    fn from(error: PreconsultError) -> Self {
        let noted = error.note().unwrap_or_default();
        let new = |status, kind, title| Self::new(status, kind, title);
        match error {
            PreconsultError::NotFound => Self::not_found(),
            PreconsultError::NoSuchSection => Self::not_found().detail("病历中没有这一部分。"),
            PreconsultError::NoSuchDepartment => {
                Self::invalid_input().detail("请重新选择科室。").fault("/department", "没有这个科室")
            }
            PreconsultError::Unborn => {
                new(StatusCode::CONFLICT, "/problems/preconsult/birth-date", "出生日期有误")
                    .detail("没有可用的出生日期。还没有实名的，请先完成“实名认证”；登记有误的，请到社区服务中心窗口更正。")
            }
            PreconsultError::OutdatedTurn => {
                new(StatusCode::CONFLICT, "/problems/preconsult/outdated-turn", "这一题已经回答过")
                    .detail(noted)
            }
            PreconsultError::OutdatedVersion => {
                new(StatusCode::PRECONDITION_FAILED, "/problems/preconsult/outdated-version", "内容已有变化")
                    .detail(noted)
            }
            PreconsultError::VersionMissing => {
                new(StatusCode::PRECONDITION_REQUIRED, "/problems/preconsult/version-required", "缺少版本")
                    .detail("请在请求头 If-Match 中给出读取时得到的 ETag。")
            }
            PreconsultError::WrongState { state, .. } => {
                new(StatusCode::CONFLICT, "/problems/preconsult/wrong-state", "现在不能这样操作")
                    .detail(format!("这次预问诊{}。请回到首页查看。", state.text()))
            }
            PreconsultError::NothingSaid { .. } => {
                Self::invalid_input().detail(noted.clone()).fault("/text", noted)
            }
            PreconsultError::PageRefused(refused) => {
                let problem = Self::invalid_input().detail(noted);
                refused.into_iter().fold(problem, |problem, one| {
                    problem.fault(format!("/answers/{}", pointer(&one.path)), one.message)
                })
            }
            PreconsultError::Blocked(findings) => {
                let problem =
                    new(StatusCode::CONFLICT, "/problems/preconsult/quality", "病历有需要改的地方").detail(noted);
                findings.into_iter().fold(problem, |problem, one| {
                    problem.fault(format!("/record/{}", pointer(&one.place)), one.message)
                })
            }
            PreconsultError::VisitCancelled => {
                new(StatusCode::CONFLICT, "/problems/preconsult/visit-cancelled", "这次挂号已退")
                    .detail("挂号已经退掉，不用再填预问诊。需要看病请重新挂号。")
            }
            PreconsultError::VisitOver => {
                new(StatusCode::CONFLICT, "/problems/preconsult/visit-over", "这次就诊已结束")
                    .detail("这次就诊已经结束。再看病请重新挂号，或在首页自己开始预问诊。")
            }
            PreconsultError::TooLong { .. } => {
                Self::invalid_input().detail(noted).fault("/text", format!("最多 {MAX_ANSWER} 个字"))
            }
            PreconsultError::Raced => {
                new(StatusCode::SERVICE_UNAVAILABLE, "/problems/preconsult/busy", "系统繁忙")
                    .detail("请稍后再试一次。")
            }
            PreconsultError::Hidden => Self::forbidden(
                "您的角色只能看到概况。如工作需要，请在页面上写明理由后显示，每次都会记入审计。",
            ),
            PreconsultError::Exchange(note) => {
                new(StatusCode::CONFLICT, "/problems/preconsult/exchange", "现在不能这样操作").detail(note)
            }
            PreconsultError::NoSuchRelease => Self::not_found().detail("没有保存这个知识版本，无法重算。"),
            PreconsultError::People(error) => error.into(),
            PreconsultError::Past(_)
            | PreconsultError::Gateway(_)
            | PreconsultError::Templates(_)
            | PreconsultError::Unrunnable(_)
            | PreconsultError::Sealed(_)
            | PreconsultError::Unreadable(_)
            | PreconsultError::Storage(_) => Self::internal(error),
        }
    }
}

/// A part of a JSON pointer (RFC 6901).
fn pointer(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}
