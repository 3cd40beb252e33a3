//! The message centre: the one way to tell a resident something.
//!
//! [`notify`] writes into the caller's transaction: the message stands in the inbox at once, and each outside channel
//! that the resident did not switch off gets a job ([`PUSH`]) that a worker runs, outside quiet hours (22 to 7 o'clock)
//! unless the template is urgent. Texts stand in `data/messages/templates.tsv`; what leaves the house fills only blanks
//! that name no person.

mod delivery;
mod desk;
mod pages;
mod store;
mod template;

pub(crate) use desk::ACCESS as DESK_ACCESS;
pub(crate) use pages::ACCESS;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use platform::{
    App, Tx,
    jobs::{self, HandlerFault},
};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::PeopleError;

pub use delivery::{handlers, outside};
pub use template::{Category, TEMPLATES, Template};

/// Kind of the jobs that push by an outside channel.
pub const PUSH: &str = "message.push";

/// An outside channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    WeChat,
    Sms,
}

/// What leaves the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The same over all tries, so that the other side can send it once.
    pub id: Uuid,
    pub template: &'static str,
    pub title: &'static str,
    pub text: String,
}

/// A channel to the outside; the address is an account or a phone number.
pub trait Push: Send + Sync {
    fn channel(&self) -> Channel;
    fn push<'a>(
        &'a self,
        address: &'a str,
        message: &'a Outgoing,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), HandlerFault>> + Send + 'a>>;
}

/// The channels of this installation.
pub type Pushes = Arc<[Arc<dyn Push>]>;

/// What is to be said.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub resident: Uuid,
    /// Key of a template.
    pub template: &'static str,
    /// What fills the blanks.
    pub values: &'a [(&'a str, &'a str)],
    /// Local path of the page that tells more.
    pub link: &'a str,
    /// The same thing is said once to a resident.
    pub dedup: &'a str,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::WeChat, Self::Sms];

    pub fn name(self) -> &'static str {
        match self {
            Self::WeChat => "wechat",
            Self::Sms => "sms",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::WeChat => "微信",
            Self::Sms => "短信",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// Tells a resident something, in the caller's transaction; false when it was said before.
pub async fn notify(app: &App, tx: &mut Tx, notice: Notice<'_>) -> Result<bool, PeopleError> {
    let template = template::find(notice.template)?;
    let message = store::Message {
        id: app.new_id(),
        title: template.title.clone(),
        text: template.filled(&template.text, notice.values)?,
        outside: template.filled(&template.outside, notice.values)?,
    };
    if !store::insert(app, tx, &notice, template, &message).await? {
        return Ok(false);
    }
    let refused = store::list_refused(tx, notice.resident, template.category).await?;
    let due_at = if template.is_urgent { app.now() } else { after_quiet_hours(app.now()) };
    for channel in Channel::ALL.into_iter().filter(|channel| !refused.contains(channel)) {
        let delivery = app.new_id();
        store::insert_delivery(tx, delivery, message.id, channel, app.now()).await?;
        let lane = format!("{}/{}", notice.resident, channel.name());
        // Urgent words do not wait behind those held back for the morning.
        let lane = (!template.is_urgent).then_some(lane.as_str());
        let new = jobs::New { kind: PUSH, lane, unique_key: None, due_at };
        jobs::write(app, tx, new, &delivery).await?;
    }
    Ok(true)
}

/// How many messages a resident has not read.
pub async fn count_unread(app: &App, resident: Uuid) -> Result<i64, PeopleError> {
    Ok(store::count_unread(&app.db, resident).await?)
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(desk::routes())
}

/// From 22 to 7 o'clock in China nobody is disturbed.
fn after_quiet_hours(now: DateTime<Utc>) -> DateTime<Utc> {
    let local = now + TimeDelta::hours(8);
    let seven = |days: i64| {
        local.date_naive().and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(7 - 8 + 24 * days)
    };
    match local.hour() {
        22.. => seven(1),
        0..7 => seven(0),
        _ => now,
    }
}

#[cfg(test)]
mod tests;
