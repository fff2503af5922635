//! What a request may cost, and what happens beyond that.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::client::Peer;
use crate::{Api, Code, Problem};

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
    let answered = tokio::time::timeout(api.doors.limits.request_time, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::new(Code::TimedOut).retry_after(5).into_response())
}
