use std::future::Future;

use crate::session::Device;

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Network address.
    pub address: Option<String>,
    /// The browser in plain words.
    pub device: Option<String>,
}

tokio::task_local! {
    static ORIGIN: Origin;
}

impl From<Device> for Origin {
    fn from(device: Device) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self { address: said(device.address), device: said(device.browser) }
    }
}

/// Runs the work of one request; whatever it appends to the trail says where it came from.
pub async fn with_origin<F: Future>(origin: Origin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

/// The network address of the request being worked on.
pub(crate) fn address() -> Option<String> {
    current().address
}

/// Of the request being worked on; empty for what the program does by itself.
pub(super) fn current() -> Origin {
    ORIGIN.try_with(Clone::clone).unwrap_or_default()
}
