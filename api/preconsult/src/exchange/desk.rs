//! What a doctor sees of the exchange beside a record.

use people::PeopleError;
use platform::App;
use uuid::Uuid;

use super::{
    archive::{self, ArchiveView},
    import::find_import,
    model::{DeliveryState, reason_text},
    verification,
};
use crate::PreconsultError;

/// Import, code and archive of one consultation.
pub(crate) struct DeskView {
    pub(crate) import: Option<ImportView>,
    /// When and by whom the patient's code was checked.
    pub(crate) verified: Option<String>,
    pub(crate) archive: Option<ArchiveView>,
}

pub(crate) struct ImportView {
    pub(crate) state: DeliveryState,
    pub(crate) reason: &'static str,
    pub(crate) receipt: String,
    pub(crate) at: String,
}

pub(crate) async fn view(app: &App, consultation: Uuid) -> Result<DeskView, PreconsultError> {
    let today = app.clock.today();
    let import = find_import(app, consultation).await?.map(|delivery| ImportView {
        state: delivery.state,
        reason: delivery.reason.as_deref().map(reason_text).unwrap_or_default(),
        receipt: delivery.receipt.unwrap_or_default(),
        at: ui::format::moment(delivery.changed_at, today),
    });
    let verified = match verification::find(app, consultation).await? {
        Some(verified) => {
            let staff = people::service::find_staff(app, verified.by).await?.ok_or(PeopleError::NotFound)?;
            Some(format!("{} {}", ui::format::moment(verified.at, today), staff.name))
        }
        None => None,
    };
    Ok(DeskView { import, verified, archive: archive::view(app, consultation).await? })
}
