//! The status as server-sent events.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use crate::auth::Watcher;
use crate::document::Refused;
use crate::status::Shown;
use crate::{Api, Code, Problem};

/// The status now and after each change, as events `status`.
///
/// Ends when the token does, after a quarter of an hour, or when the service is stopped; clients connect again.
#[utoipa::path(
    get, path = "/api/v1/admin/status/stream", tag = "admin", operation_id = "watch_status",
    security(("token" = ["status"])),
    responses(
        (status = 200, description = "Events whose data is a status.", body = String,
            content_type = "text/event-stream"),
        Refused<(Watcher,)>,
    )
)]
pub(super) async fn status(
    State(api): State<Api>,
    Watcher(caller): Watcher,
) -> Result<impl IntoResponse, Problem> {
    let busy = |_| Problem::new(Code::Overloaded).detail("too many streams are open").retry_after(10);
    let room = api.streams.clone().try_acquire_owned().map_err(busy)?;
    let limits = &api.doors.limits;
    let token_ms = caller.expires_at.ms().saturating_sub(api.doors.clock.now().ms());
    let token_life = std::time::Duration::from_millis(u64::try_from(token_ms).unwrap_or_default());
    let watching = Watching {
        shown: api.watched.subscribe(&caller.store),
        stopping: api.stopping(),
        until: Instant::now() + limits.stream_life.min(token_life),
        number: 0,
        _room: room,
    };
    Ok(Sse::new(events(watching)).keep_alive(KeepAlive::new().interval(limits.heartbeat)))
}

/// One open stream.
struct Watching {
    shown: watch::Receiver<Shown>,
    stopping: watch::Receiver<bool>,
    until: Instant,
    /// Events so far.
    number: u64,
    _room: OwnedSemaphorePermit,
}

impl Watching {
    /// The next status; `None` when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        // What was looked at for somebody else is there already.
        if self.number > 0 || self.shown.borrow().is_empty() {
            tokio::select! {
                changed = self.shown.changed() => changed.ok()?,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = tokio::time::sleep_until(self.until) => return None,
            }
        }
        self.number += 1;
        let text = self.shown.borrow_and_update().clone();
        Some(Event::default().event("status").id(self.number.to_string()).data(text))
    }
}

fn events(watching: Watching) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watching, |mut watching| async move { Some((Ok(watching.next().await?), watching)) })
}
