//! How residents sign in: WeChat, Suishenban, or a code sent to their phone.

pub(crate) mod code;
mod outside;
mod pages;
mod store;

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
    /// At least one of them leads to a simulator.
    pub(crate) is_simulated: bool,
}

impl Ways {
    pub(crate) fn of(app: &App, gateways: &Gateways) -> Self {
        Self {
            wechat: gateways.wechat.is_some(),
            suishenban: gateways.suishenban.is_some(),
            phone: gateways.sms.is_some(),
            is_simulated: !app.config.simulated.is_empty(),
        }
    }

    pub(crate) fn any(self) -> bool {
        self.wechat || self.suishenban || self.phone
    }
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes()
}

#[cfg(test)]
pub(crate) mod tests;
