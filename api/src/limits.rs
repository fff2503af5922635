//! What a request may cost, and what happens beyond that.

use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::client::Peer;
use crate::{Api, Code, Problem};

/// Where the routes are that work with the database.
const WORK: &str = "/api/v1/";

/// What requests may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests of one client in a minute.
    pub per_minute: NonZeroU32,
    /// Requests of one client at once.
    pub burst: NonZeroU32,
    /// Requests worked on at the same time; more are refused at once.
    pub in_flight: usize,
    /// Streams of events open at the same time.
    pub streams: usize,
    /// Connections open at the same time; more wait.
    pub connections: usize,
    /// Largest body of a request, bytes.
    pub body_bytes: usize,
    /// Largest body of a webhook, bytes.
    pub hook_bytes: usize,
    /// Longest time for a request's head to come, and longest silence between requests.
    pub head_time: Duration,
    /// Longest time for a body to come.
    pub body_time: Duration,
    /// How long an answer may take before the database is asked whether it is there.
    pub patience: Duration,
    /// Longest time for an answer to begin.
    pub request_time: Duration,
    /// How long requests under way may go on when the service is stopped.
    pub drain: Duration,
    /// How often the status is looked at while somebody watches.
    pub status_every: Duration,
    /// Longest silence of a stream of events.
    pub heartbeat: Duration,
    /// How long a stream of events goes on before the client has to show its token again.
    pub stream_life: Duration,
}

impl Default for Limits {
    /// 600 requests a minute and 100 at once of a client, 256 in flight, 64 KiB bodies (webhooks 1 MiB).
    fn default() -> Self {
        Self {
            per_minute: NonZeroU32::MIN.saturating_add(599),
            burst: NonZeroU32::MIN.saturating_add(99),
            in_flight: 256,
            streams: 64,
            connections: 1_024,
            body_bytes: 64 << 10,
            hook_bytes: 1 << 20,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            patience: Duration::from_secs(2),
            request_time: Duration::from_secs(20),
            drain: Duration::from_secs(10),
            status_every: Duration::from_millis(500),
            heartbeat: Duration::from_secs(15),
            stream_life: Duration::from_secs(15 * 60),
        }
    }
}

/// Lets a request through if its client has not asked too often and there is room, and answers in time.
pub(crate) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>().copied()
        && let Err(wait) = api.clients.count(peer, request.headers())
    {
        return Problem::new(Code::RateLimited).retry_after(wait).into_response();
    }
    // Those who wait in line only time out later: better to say so now.
    let Ok(_permit) = api.in_flight.try_acquire() else {
        return Problem::new(Code::Overloaded).retry_after(1).into_response();
    };
    // What needs no database is answered without it.
    let needs_database =
        request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str().starts_with(WORK));
    if needs_database && api.outage.is_known() {
        return Problem::unavailable().into_response();
    }
    let answered = tokio::time::timeout(api.doors.limits.request_time, answered(&api, request, next)).await;
    answered.unwrap_or_else(|_| Problem::new(Code::TimedOut).retry_after(5).into_response())
}

/// The answer, unless the database goes away before it comes: whoever waits for that waits long.
async fn answered(api: &Api, request: Request, next: Next) -> Response {
    let db = &api.doors.db;
    let mut answer = pin!(next.run(request));
    loop {
        let in_time = tokio::time::timeout(api.doors.limits.patience, answer.as_mut()).await;
        let is_away = match &in_time {
            Ok(answer) => answer.extensions().get::<Problem>().map(Problem::code) == Some(Code::Unavailable),
            Err(_) => true,
        };
        let is_away = is_away && api.outage.look(db).await;
        match in_time {
            Ok(answer) => return answer,
            Err(_) if is_away => return Problem::unavailable().into_response(),
            Err(_) => {}
        }
    }
}
