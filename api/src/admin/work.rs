//! A write of an admin: one transaction with the claim of its key, the change, its rows of the audit log, and its reply.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use vitrine_access::{Access, Deed, Grant};
use vitrine_core::{ContentHash, Origin, StoreId, Timestamp};
use vitrine_db::{Before, Idempotency, Once, Run, Tx};
use vitrine_telemetry::TraceContext;

use crate::document::Refuses;
use crate::extract::{IdempotencyKey, Trace};
use crate::observe::RequestId;
use crate::{Api, Code, Problem};

/// How long a key is remembered, days.
const KEY_DAYS: i64 = 1;
/// Keys of admins don't meet those of other requests.
const KEYS: &str = "admin";
/// Digits of a name that a key gives to what it makes: 96 bits.
const NAME_DIGITS: usize = 24;

/// What a write says of itself beside its body.
#[derive(Debug)]
pub(crate) struct Asks {
    key: Option<String>,
    /// Versions of which one must be the present one.
    versions: Option<String>,
    /// Method and path.
    what: String,
    request: RequestId,
    trace: TraceContext,
}

impl FromRequestParts<Api> for Asks {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(parts, api).await?;
        let Ok(Trace(trace)) = Trace::from_request_parts(parts, api).await;
        let versions = parts.headers.get(IF_MATCH).map(|text| text.to_str().unwrap_or_default().to_owned());
        let request = parts.extensions.get().cloned().unwrap_or_default();
        let what = format!("{} {}", parts.method, parts.uri.path());
        Ok(Self { key, versions, what, request, trace })
    }
}

impl Refuses for Asks {
    const CODES: &'static [Code] = &[Code::IdempotencyKeyInvalid, Code::IdempotencyKeyReused];
}

impl Asks {
    /// Refuses a write without a key: it would be done again whenever it is sent again.
    pub(crate) fn needs_key(&self) -> Result<(), Problem> {
        if self.key.is_some() { Ok(()) } else { Err(Problem::new(Code::IdempotencyKeyMissing)) }
    }
}

/// Whether a write is to be done.
pub(crate) enum Begun {
    /// Yes, in this transaction.
    New(Box<Work>),
    /// It was done before, with this reply.
    Done(String),
}

/// A write under way.
pub(crate) struct Work {
    pub(crate) tx: Tx,
    pub(crate) now: Timestamp,
    /// Whose token it is.
    pub(crate) by: Grant,
    pub(crate) traceparent: String,
    asks: Asks,
    asked: ContentHash,
}

impl Work {
    /// Begins a write, unless its key says that it was done before.
    ///
    /// # Errors
    /// When the key stands for another request, or the database fails.
    pub(crate) async fn begin(
        api: &Api,
        by: Grant,
        asks: Asks,
        body: &impl Serialize,
    ) -> Result<Begun, Problem> {
        let body = serde_json::to_string(body)?;
        let asked = ContentHash::of(format!("{}\n{body}", asks.what).as_bytes());
        let now = api.doors.clock.now();
        let tx = api.doors.db.begin().await?;
        let traceparent = asks.trace.traceparent();
        let mut work = Self { tx, now, by, traceparent, asks, asked };
        let Some(key) = work.asks.key.clone() else { return Ok(Begun::New(Box::new(work))) };
        let store = work.by.store.clone();
        let once = once(&store, &key, asked);
        match Idempotency::claim_in(&mut work.tx, &once, now, now.plus_days(KEY_DAYS)).await? {
            Before::Never => Ok(Begun::New(Box::new(work))),
            Before::Replied(reply) => Ok(Begun::Done(reply)),
            Before::Different => Err(Problem::new(Code::IdempotencyKeyReused)),
        }
    }

    /// The store that is worked on.
    pub(crate) fn store(&self) -> StoreId {
        self.by.store.clone()
    }

    /// A name for what the write makes: the same for the same request with the same key, and no other.
    pub(crate) fn name(&self) -> String {
        let key = self.asks.key.as_deref().unwrap_or_default();
        let mut name = ContentHash::of(format!("{key}\n{}", self.asked).as_bytes()).hex();
        name.truncate(NAME_DIGITS);
        name
    }

    /// An edit by hand, which wins over what files say.
    pub(crate) fn run(&self, force: bool) -> Run {
        Run { origin: Origin::Admin, now: self.now, force }
    }

    /// Refuses the write if the client has seen another version than the present one; dropped, nothing of it stays.
    ///
    /// # Errors
    /// When `If-Match` names other versions.
    pub(crate) fn holds_version(&self, version: &str) -> Result<(), Problem> {
        let Some(versions) = &self.asks.versions else { return Ok(()) };
        let mut named = versions.split(',').map(str::trim);
        if named.any(|named| named == "*" || named.trim_start_matches("W/").trim_matches('"') == version) {
            return Ok(());
        }
        Err(outdated(version))
    }

    /// Commits the write with what is to be remembered of it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn commit(mut self, deeds: &[Deed], reply: &str) -> Result<(), Problem> {
        Access::record_in(&mut self.tx, &self.by, self.asks.request.as_str(), self.now, deeds).await?;
        if let Some(key) = &self.asks.key {
            Idempotency::reply_in(&mut self.tx, &once(&self.by.store, key, self.asked), reply).await?;
        }
        self.tx.commit().await.map_err(|error| Problem::internal(&error))?;
        for Deed { action, entity, .. } in deeds {
            tracing::info!(caller = %self.by, action, entity, "done by an admin");
        }
        Ok(())
    }

    /// Does a write and answers it; a repetition of its key is answered the same, and nothing is done.
    ///
    /// `write` says what is answered, and what is to stand in the audit log. If it fails, nothing of it stays.
    ///
    /// # Errors
    /// Those of `write`; when the key stands for another request, the answer has no JSON form, or the database fails.
    pub(crate) async fn once<A: Serialize>(
        api: &Api,
        by: Grant,
        asks: Asks,
        body: &impl Serialize,
        status: StatusCode,
        write: impl AsyncFnOnce(&mut Self) -> Result<(A, Vec<Deed>), Problem>,
    ) -> Result<Response, Problem> {
        let mut work = match Self::begin(api, by, asks, body).await? {
            Begun::New(work) => work,
            Begun::Done(reply) => return Ok(json(status, serde_json::from_str(&reply)?, true)),
        };
        let (answer, deeds) = write(&mut work).await?;
        let reply = serde_json::to_value(&answer)?;
        work.commit(&deeds, &reply.to_string()).await?;
        Ok(json(status, reply, false))
    }
}

fn once<'a>(store: &'a StoreId, key: &'a str, request: ContentHash) -> Once<'a> {
    Once { store, scope: KEYS, key, request }
}

/// Somebody else changed it since it was read.
pub(crate) fn outdated(version: &str) -> Problem {
    Problem::new(Code::VersionOutdated).with("version", version)
}

fn json(status: StatusCode, body: Value, is_repeated: bool) -> Response {
    let repeated = if is_repeated { "true" } else { "false" };
    let version = body.get("version").map(|version| match version {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let mut response = (status, [("idempotent-replayed", repeated)], Json(body)).into_response();
    if let Some(version) = version {
        tag(&mut response, &version);
    }
    response
}

/// A thing that can be changed, with its version for `If-Match`.
pub(crate) fn tagged(version: &str, body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    tag(&mut response, version);
    response
}

fn tag(response: &mut Response, version: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
}
