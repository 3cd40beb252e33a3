use axum::http::StatusCode;
use kb::{
    Fault, Severity,
    sparql::{Kind, Refusal},
};
use platform::{Problem, db::Transient};

use crate::model::MAX_NOTE;

/// Faults shown in one answer; `jiuyi check` lists all.
const MAX_FAULTS: usize = 50;

/// What can go wrong with releases and questions.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    #[error("no such release")]
    NotFound,
    /// The beginning of a hash fits several releases.
    #[error("several releases begin so")]
    Ambiguous,
    /// The files have faults; nothing was published or put into use.
    #[error("the files have {} faults", .0.len())]
    Refused(Vec<Fault>),
    #[error("the note is too long")]
    NoteTooLong,
    #[error("a release needs a note")]
    NoteMissing,
    /// A stored release is not what its name says.
    #[error("the stored release {0} was altered")]
    Altered(String),
    #[error("two activations met")]
    Raced,
    /// The draft was changed by somebody else meanwhile.
    #[error("the draft is no longer as it was read")]
    Outdated,
    /// No release is stored that a draft could begin from.
    #[error("nothing was published yet")]
    NothingPublished,
    /// A change that cannot be made, with what to do.
    #[error("the change cannot be made")]
    Edit(String),
    #[error("too many questions at once")]
    Busy,
    #[error(transparent)]
    Query(#[from] Refusal),
    #[error("cannot read or write files of a release")]
    Files(#[from] std::io::Error),
    #[error("the work was broken off")]
    Broken(#[from] tokio::task::JoinError),
    #[error("cannot read or write releases")]
    Storage(#[from] sqlx::Error),
    #[error(transparent)]
    People(#[from] people::PeopleError),
}

impl KnowledgeError {
    /// What the core refused; warnings do not stop a release and are left out.
    pub(crate) fn refused(mut faults: Vec<Fault>) -> Self {
        faults.retain(|fault| fault.severity == Severity::Error);
        Self::Refused(faults)
    }
}

impl Transient for KnowledgeError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Raced => true,
            Self::Storage(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<KnowledgeError> for Problem {
    fn from(error: KnowledgeError) -> Self {
        let new = |status, kind, title| Self::new(status, kind, title);
        match error {
            KnowledgeError::NotFound => Self::not_found().detail("没有这个知识版本。"),
            KnowledgeError::Ambiguous => {
                Self::invalid_input().detail("有几个版本以此开头，请多写几位。").fault("/release", "不唯一")
            }
            KnowledgeError::Refused(faults) => refused(&faults),
            KnowledgeError::NoteTooLong => {
                Self::invalid_input().fault("/note", format!("最多 {MAX_NOTE} 个字"))
            }
            KnowledgeError::NoteMissing => Self::invalid_input().fault("/note", "请写明这一版改了什么"),
            KnowledgeError::Busy | KnowledgeError::Raced => {
                new(StatusCode::SERVICE_UNAVAILABLE, "/problems/knowledge/busy", "系统繁忙")
                    .detail("请稍后再试一次。")
            }
            KnowledgeError::Outdated => {
                new(StatusCode::CONFLICT, "/problems/knowledge/outdated", "草稿已被改过")
                    .detail("这份草稿刚被别人（或另一个页面）改过。请返回重新打开，再改一次。")
            }
            KnowledgeError::NothingPublished => {
                new(StatusCode::CONFLICT, "/problems/knowledge/nothing-published", "还没有发布过版本")
                    .detail("请先在“版本”页发布并启用数据文件夹，再修改规则。")
            }
            KnowledgeError::Edit(why) => Self::invalid_input().detail(why),
            KnowledgeError::Query(refusal) => query(&refusal),
            KnowledgeError::People(error) => error.into(),
            KnowledgeError::Altered(_)
            | KnowledgeError::Files(_)
            | KnowledgeError::Broken(_)
            | KnowledgeError::Storage(_) => Self::internal(error),
        }
    }
}

fn refused(faults: &[Fault]) -> Problem {
    let detail = format!(
        "知识文件有 {} 处问题，没有发布；正在使用的版本不受影响。请按下面的 文件:行:列 修改后再发布。",
        faults.len()
    );
    let problem =
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "/problems/knowledge/refused", "这一版不能发布")
            .detail(detail);
    faults.iter().take(MAX_FAULTS).fold(problem, |problem, fault| {
        let place = format!("/{}:{}:{}", fault.file, fault.line, fault.column);
        problem.fault(place, format!("{}: {}", fault.code, fault.message))
    })
}

fn query(refusal: &Refusal) -> Problem {
    let (status, kind, title) = match refusal.kind {
        Kind::Syntax => (StatusCode::BAD_REQUEST, "/problems/knowledge/sparql-syntax", "SPARQL 写错了"),
        Kind::Update | Kind::Service => {
            (StatusCode::FORBIDDEN, "/problems/knowledge/sparql-forbidden", "不允许这样查询")
        }
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "/problems/knowledge/sparql-too-large", "查询太长"),
        Kind::Cancelled => (StatusCode::REQUEST_TIMEOUT, "/problems/knowledge/sparql-timeout", "查询超时"),
        Kind::Failed => {
            (StatusCode::UNPROCESSABLE_ENTITY, "/problems/knowledge/sparql-failed", "查询没有完成")
        }
    };
    let problem = Problem::new(status, kind, title).detail(refusal.to_string());
    match refusal.place {
        Some((line, column)) => problem.fault(format!("/query:{line}:{column}"), refusal.message.clone()),
        None => problem,
    }
}
