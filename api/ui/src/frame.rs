use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use platform::{App, Config, Problem, rights::Held};

use crate::{MenuItem, TypeSize, asset_url, menu};

/// What a layout needs beside the page's own content.
#[derive(Debug, Clone)]
pub struct Frame {
    pub size: TypeSize,
    pub notices: Notices,
    /// Token of the session that every form carries; empty when nobody is signed in.
    pub csrf: String,
    /// Who is signed in, as the page may show it; empty when nobody is.
    pub name: String,
    /// Path of this page, to come back to.
    pub here: String,
    /// The places of the staff's menu that are open to whoever is signed in.
    pub menu: Vec<&'static MenuItem>,
}

/// What every page must say of the system itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notices {
    /// Fictitious people and simulated outside systems.
    pub is_demo: bool,
    /// A release of the knowledge was signed by a clinical reviewer.
    pub is_reviewed: bool,
}

impl Notices {
    /// No release can be signed yet, so none is reviewed.
    pub fn of(config: &Config) -> Self {
        Self { is_demo: config.demo, is_reviewed: false }
    }

    pub fn texts(self) -> Vec<&'static str> {
        let demo = self.is_demo.then_some("演示环境：人员为虚构，外部系统为模拟。");
        let reviewed = (!self.is_reviewed).then_some("知识内容尚未经临床审核，不能作为诊疗依据。");
        demo.into_iter().chain(reviewed).collect()
    }
}

impl Frame {
    /// The frame of a page that knows nothing of the request.
    pub fn bare(notices: Notices) -> Self {
        Self {
            size: TypeSize::Normal,
            notices,
            csrf: String::new(),
            name: String::new(),
            here: "/".into(),
            menu: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_csrf(mut self, token: impl Into<String>) -> Self {
        self.csrf = token.into();
        self
    }

    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    pub fn style(&self) -> &'static str {
        asset_url("app.css")
    }

    pub fn script(&self) -> &'static str {
        asset_url("app.js")
    }

    pub fn icon(&self) -> &'static str {
        asset_url("icon.svg")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Frame
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        let mut frame = Self::bare(Notices::of(&app.config));
        frame.size = TypeSize::of(&parts.headers);
        if let Some(held) = parts.extensions.get::<Arc<Held>>() {
            frame.menu = menu::of(held);
        }
        if let Some(path) = parts.uri.path_and_query() {
            path.as_str().clone_into(&mut frame.here);
        }
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreviewed_knowledge_is_said_with_and_without_demo() {
        let text = |is_demo, is_reviewed| Notices { is_demo, is_reviewed }.texts().concat();
        assert!(text(true, false).contains("演示环境") && text(true, false).contains("尚未经临床审核"));
        assert!(text(false, false).contains("尚未经临床审核"));
        assert_eq!(text(false, true), "");
    }
}
