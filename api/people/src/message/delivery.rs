use std::{pin::Pin, sync::Arc};

use gateways::{Gateways, sms};
use platform::{
    App,
    jobs::{HandlerFault, Job, MOST_TRIES, Worker},
};
use uuid::Uuid;

use super::{Channel, Outgoing, PUSH, Push, Pushes, store, template};
use crate::{PeopleError, resident};

struct BySms(Arc<dyn sms::Sms>);

/// The outside channels for which a gateway is configured. Short messages go by the configured provider; WeChat joins
/// when its gateway can send template messages.
pub fn outside(gateways: &Gateways) -> Pushes {
    let sms = gateways.sms.clone().map(|sms| Arc::new(BySms(sms)) as Arc<dyn Push>);
    sms.into_iter().collect()
}

impl Push for BySms {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn push<'a>(
        &'a self,
        address: &'a str,
        message: &'a Outgoing,
    ) -> Pin<Box<dyn Future<Output = Result<(), HandlerFault>> + Send + 'a>> {
        Box::pin(async move {
            let message = sms::Message {
                id: message.id.to_string(),
                phone: address.into(),
                template: message.template.into(),
                values: vec![message.text.clone()],
            };
            Ok(self.0.send(&message).await?)
        })
    }
}

/// Lets a worker push messages by these channels.
pub fn handlers(worker: Worker, pushes: Pushes) -> Worker {
    worker.on(PUSH, move |app, job| {
        let pushes = pushes.clone();
        async move { deliver(&app, &pushes, &job).await }
    })
}

/// No transaction is open while the other side is spoken to; its receipt is written afterwards. A crash in between
/// sends again under the same id.
async fn deliver(app: &App, pushes: &Pushes, job: &Job) -> Result<(), HandlerFault> {
    let id: Uuid = job.read()?;
    let Some(delivery) = store::find_delivery(&app.db, id).await? else { return Ok(()) };
    if delivery.state == "sent" || delivery.state == "skipped" {
        return Ok(());
    }
    let channel = Channel::named(&delivery.channel).ok_or("unknown channel")?;
    let Some(push) = pushes.iter().find(|push| push.channel() == channel) else {
        return record(app, id, "skipped", "没有接通这个渠道").await;
    };
    let Some(address) = address_of(app, delivery.resident, channel).await? else {
        return record(app, id, "skipped", "居民没有留下这个渠道的联系方式").await;
    };
    let message = store::find(app, delivery.message).await?.ok_or("no such message")?.message;
    let template = template::find(&delivery.template)?;
    let outgoing = Outgoing { id, template: &template.key, title: &template.title, text: message.outside };
    match push.push(&address, &outgoing).await {
        Ok(()) => record(app, id, "sent", "对方已接收").await,
        Err(fault) => {
            let state = if job.tries >= MOST_TRIES { "failed" } else { "waiting" };
            record(app, id, state, "对方没有接收").await?;
            Err(fault)
        }
    }
}

async fn record(app: &App, id: Uuid, state: &str, detail: &str) -> Result<(), HandlerFault> {
    let mut tx = app.db.begin().await?;
    store::update_delivery(&mut tx, id, state, detail, app.now()).await?;
    Ok(tx.commit().await?)
}

async fn address_of(app: &App, id: Uuid, channel: Channel) -> Result<Option<String>, PeopleError> {
    match channel {
        Channel::Sms => Ok(resident::find(app, id).await?.phone.map(|phone| phone.as_str().to_owned())),
        Channel::WeChat => resident::find_subject(app, id, resident::Channel::WeChat).await,
    }
}
