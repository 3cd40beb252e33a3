//! How residents sign in: WeChat, Suishenban, or a code sent to their phone.

pub(crate) mod code;
mod outside;
mod pages;
mod store;

pub(crate) use pages::ACCESS;
pub(crate) use store::{StateRow, insert_state, take_state};

use std::convert::Infallible;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use gateways::Gateways;
use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// The ways a sign-in page can offer.
#[expect(clippy::struct_excessive_bools, reason = "each way is there or not, whatever the others are")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    pub(crate) wechat: bool,
    pub(crate) suishenban: bool,
    pub(crate) phone: bool,
    /// For the staff: the district's support platform.
    pub(crate) support: bool,
    /// At least one of them leads to a simulator.
    pub(crate) is_simulated: bool,
}

impl Ways {
    pub(crate) fn any(self) -> bool {
        self.wechat || self.suishenban || self.phone
    }
}

impl<S> FromRequestParts<S> for Ways
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let gateways = parts.extensions.get::<Gateways>();
        let has = |is_there: fn(&Gateways) -> bool| gateways.is_some_and(is_there);
        Ok(Self {
            wechat: has(|gateways| gateways.wechat.is_some()),
            suishenban: has(|gateways| gateways.suishenban.is_some()),
            phone: has(|gateways| gateways.sms.is_some()),
            support: has(|gateways| gateways.support.is_some()),
            is_simulated: !App::from_ref(state).config.simulated.is_empty(),
        })
    }
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes()
}

#[cfg(test)]
pub(crate) mod tests;
