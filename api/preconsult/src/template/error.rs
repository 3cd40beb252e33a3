use axum::http::StatusCode;
use kb::Fault;
use people::PeopleError;
use platform::{Problem, db::Transient};

use super::model::{Event, State};

/// What can go wrong with a template.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TemplateError {
    /// Also one that is out of reach: who may not see it may not know of it.
    #[error("no such template")]
    NotFound,
    #[error("neither writes nor reviews templates")]
    NotAllowed,
    #[error("seen, but not to be changed")]
    NotOwn,
    #[error("the template was changed meanwhile")]
    OutdatedVersion,
    #[error("a change needs the version it is based on")]
    VersionMissing,
    #[error("{event:?} is not possible in state {}", state.name())]
    WrongState { state: State, event: Event },
    /// Who wrote it does not review it, and the two looks are two people's.
    #[error("a review of one's own work")]
    OwnWork,
    /// The review asked for is the institution's.
    #[error("a review for the institution by somebody of a department")]
    NotForInstitution,
    /// What a field of a form lacks.
    #[error("{pointer}: {detail}")]
    Input { pointer: &'static str, detail: String },
    /// What stands in the way of a review, or of a step in the designer.
    #[error("{} findings", .0.len())]
    Refused(Vec<Fault>),
    #[error("the code is taken in this institution")]
    CodeTaken,
    #[error("nothing to take back")]
    NothingToUndo,
    /// The text cannot be read, so its questions cannot be moved.
    #[error("the text has errors")]
    Unreadable,
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error("a check was cut off")]
    Cut(#[from] tokio::task::JoinError),
    #[error("cannot be laid out for Shenkang")]
    Upload(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot read or write templates")]
    Storage(#[from] sqlx::Error),
}

impl TemplateError {
    pub(crate) fn input(pointer: &'static str, detail: impl Into<String>) -> Self {
        Self::Input { pointer, detail: detail.into() }
    }

    /// What is read beside the form that was refused; None for faults that get a page of their own.
    pub(crate) fn note(&self) -> Option<String> {
        Some(match self {
            Self::OutdatedVersion => {
                "模板刚刚有变化（可能在另一个页面改过）。下面是最新的内容，请看过再操作。".to_owned()
            }
            Self::WrongState { state, .. } => {
                format!("这一版现在是“{}”，不能这样操作。请刷新后再看。", state.text())
            }
            Self::OwnWork => "不能审核自己写过的模板，两步审核也要由两个人做。请同事来审核。".to_owned(),
            Self::NotForInstitution => "这一步要由机构的审核人通过，您的审核范围只到科室。".to_owned(),
            Self::Input { detail, .. } => detail.clone(),
            Self::Refused(faults) => {
                let first =
                    faults.first().map(|fault| format!("{}:{}：{}", fault.line, fault.column, fault.message));
                format!("有 {} 处要先改好。{}", faults.len(), first.unwrap_or_default())
            }
            Self::CodeTaken => "本机构已有这个编号的模板，请换一个编号。".to_owned(),
            Self::NothingToUndo => "没有可以撤回的修改。".to_owned(),
            Self::Unreadable => "问卷文本有错，题目卡片暂时不能改。请先在“文本”里按提示改好。".to_owned(),
            _ => return None,
        })
    }
}

impl Transient for TemplateError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        let noted = error.note().unwrap_or_default();
        let conflict = |kind, title| Self::new(StatusCode::CONFLICT, kind, title).detail(noted.clone());
        match error {
            TemplateError::NotFound => Self::not_found().detail("没有这份模板，或不在您的范围内。"),
            TemplateError::NotAllowed => Self::forbidden("您的角色不编写也不审核问卷模板。"),
            TemplateError::NotOwn => {
                Self::forbidden("这份模板不是您的，可以复制一份再改；要改原件请找作者或机构管理员。")
            }
            TemplateError::OwnWork | TemplateError::NotForInstitution => Self::forbidden(noted),
            TemplateError::OutdatedVersion => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "/problems/template/outdated-version",
                "模板已有变化",
            )
            .detail(noted),
            TemplateError::VersionMissing => Self::new(
                StatusCode::PRECONDITION_REQUIRED,
                "/problems/template/version-required",
                "缺少版本",
            )
            .detail("请在请求头 If-Match 中给出读取时得到的 ETag。"),
            TemplateError::WrongState { .. } => {
                conflict("/problems/template/wrong-state", "现在不能这样操作")
            }
            TemplateError::CodeTaken => conflict("/problems/template/code-taken", "编号已被使用"),
            TemplateError::NothingToUndo => conflict("/problems/template/nothing-to-undo", "没有可以撤回的"),
            TemplateError::Unreadable => conflict("/problems/template/unreadable", "问卷文本有错"),
            TemplateError::Input { pointer, detail } => {
                Self::invalid_input().detail(detail.clone()).fault(pointer, detail)
            }
            TemplateError::Refused(faults) => {
                faults.iter().fold(Self::invalid_input().detail(noted), |problem, fault| {
                    let place = format!("{}:{}:{}", fault.file, fault.line, fault.column);
                    problem.fault(place, format!("{} {}", fault.code, fault.message))
                })
            }
            TemplateError::People(error) => error.into(),
            TemplateError::Cut(_) | TemplateError::Upload(_) | TemplateError::Storage(_) => {
                Self::internal(error)
            }
        }
    }
}
