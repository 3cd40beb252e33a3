//! Tells an open queue when it has changed.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{Stream, unfold};
use platform::{Problem, http::RequestId, rights::Right};

use crate::{Service, model::Pharmacist, service, store::Mark};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// A stream ends by itself, so that a stop of the program does not wait for it and rights are asked for anew; the
/// browser comes back at once.
const LOOKS: u32 = 20;

struct Following {
    service: Service,
    right: Right,
    request: RequestId,
    last: Option<Mark>,
    looks: u32,
}

/// `change` whenever the queue within reach is another than before; the first at once, with how it stands.
pub(super) async fn follow(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let following = Following { service, right, request, last: None, looks: 0 };
    Ok(Sse::new(unfold(following, next)).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}

async fn next(mut following: Following) -> Option<(Result<Event, Infallible>, Following)> {
    while following.looks < LOOKS {
        if following.looks > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        following.looks += 1;
        let who = Pharmacist { right: following.right.clone(), request: &following.request };
        let mark = match service::mark(&following.service, &who).await {
            Ok(mark) => mark,
            Err(error) => {
                tracing::warn!(%error, "a queue cannot be followed");
                return None;
            }
        };
        if following.last.as_ref() != Some(&mark) {
            let newest = mark.newest.map_or(0, |moment| moment.timestamp_micros());
            let event = Event::default().event("change").id(format!("{}-{newest}", mark.n));
            let event = event.data(format!("{}-{newest}", mark.n)).retry(Duration::from_secs(1));
            following.last = Some(mark);
            return Some((Ok(event), following));
        }
    }
    None
}
