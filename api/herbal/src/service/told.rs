//! What patients hear of their prescriptions without asking.

use people::{identity::IdNumber, message};
use platform::{App, Tx};

use crate::{
    HerbalError,
    model::{Detail, Event, Order, Step},
    store,
};

/// The text a patient gets after an event; None where nothing is worth a message.
fn template(event: Event) -> Option<&'static str> {
    Some(match event {
        Event::Passed | Event::TimedOut => "prescription.payable",
        Event::Rejected => "prescription.returned",
        Event::Did(Step::Shipped) => "prescription.shipped",
        Event::Bounced => "prescription.bounced",
        Event::Did(Step::Ready) => "prescription.ready",
        Event::Received => "prescription.received",
        Event::Refunded => "prescription.refunded",
        _ => return None,
    })
}

/// Tells the patient what happened to a prescription, where the patient is known here by now.
pub(super) async fn tell_patient(
    app: &App,
    tx: &mut Tx,
    order: &Order,
    event: Event,
    detail: &Detail,
) -> Result<(), HerbalError> {
    let Some(template) = template(event) else { return Ok(()) };
    let number = store::find_id_number(app, tx, order.id).await?;
    let number = number.and_then(|number| IdNumber::parse(&number).ok());
    let resident = match number {
        Some(number) => people::service::read_by_id_number(app, tx, &number).await?,
        None => order.resident,
    };
    let Some(resident) = resident else { return Ok(()) };
    let institution = store::find_name(tx, &order.institution).await?;
    let when = ui::format::moment(app.now(), app.clock.today());
    let parcel = [detail.place.as_str(), detail.receipt.as_str()];
    let parcel = parcel.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    let or =
        |text: &str, else_text: &str| if text.is_empty() { else_text.to_owned() } else { text.to_owned() };
    let notice = message::Notice {
        resident,
        template,
        values: &[
            ("机构", &institution),
            ("时间", &when),
            ("物流", &or(&parcel, "由配药企业直接送来")),
            ("原因", &or(&detail.reason, "没有写明原因")),
            ("地点", &or(&detail.place, "您选的自取点")),
        ],
        link: &format!("/prescriptions/{}", order.id),
        dedup: &format!("{template}/{}/{}", order.id, order.n_events),
    };
    message::notify(app, tx, notice).await?;
    Ok(())
}
