//! What handlers take out of a request; whatever is wrong with it is a [`Problem`].

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use vitrine_telemetry::TraceContext;

use crate::document::Refuses;
use crate::{Api, Code, Problem};

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Code::MediaTypeUnsupported));
        }
        let bytes = whole(request, api.doors.limits.body_bytes, api).await?;
        // A list would be taken for the fields in their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err(Problem::new(Code::FieldInvalid).detail("expected an object, found a list"));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| misread(&error))?;
        json.end().map_err(|error| Problem::new(Code::JsonInvalid).detail(error.to_string()))?;
        Ok(Self(value))
    }
}

impl<T> Refuses for Body<T> {
    const CODES: &'static [Code] = &[
        Code::JsonInvalid,
        Code::BodyIncomplete,
        Code::BodyTimeout,
        Code::BodyTooLarge,
        Code::MediaTypeUnsupported,
        Code::FieldInvalid,
    ];
}

fn misread(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let why = error.inner().to_string();
    if error.inner().classify() != serde_json::error::Category::Data {
        return Problem::new(Code::JsonInvalid).detail(why);
    }
    // A path leads only to what is there.
    let missing = why.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let field = match (error.path().to_string(), missing) {
        (path, None) if path == "." => None,
        (path, None) => Some(path),
        (path, Some(name)) if path == "." => Some(name.to_owned()),
        (path, Some(name)) => Some(format!("{path}.{name}")),
    };
    let problem = Problem::new(Code::FieldInvalid).detail(&why);
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    text.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// A webhook's body, byte by byte as it was signed.
pub(crate) struct Signed {
    /// The signature's header, if there is one that is text.
    pub(crate) signature: Option<String>,
    pub(crate) bytes: Bytes,
}

impl FromRequest<Api> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let signature = request.headers().get(vitrine_intake::HEADER);
        let signature = signature.and_then(|text| text.to_str().ok()).map(str::to_owned);
        // An unsigned megabyte need not even be read.
        if signature.is_none() {
            return Err(Problem::new(Code::SignatureMissing));
        }
        let bytes = whole(request, api.doors.limits.hook_bytes, api).await?;
        Ok(Self { signature, bytes })
    }
}

impl Refuses for Signed {
    const CODES: &'static [Code] =
        &[Code::SignatureMissing, Code::BodyIncomplete, Code::BodyTimeout, Code::BodyTooLarge];
}

/// The whole body, if it is small and quick enough.
pub(crate) async fn whole(request: Request, limit: usize, api: &Api) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::BodyTooLarge).detail(format!("at most {limit} bytes are taken"));
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut chunks = request.into_body().into_data_stream();
    let reading = async {
        let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Problem::new(Code::BodyIncomplete))?;
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(bytes))
    };
    let late = |_| Problem::new(Code::BodyTimeout);
    tokio::time::timeout(api.doors.limits.body_time, reading).await.map_err(late)?
}

/// The trace the request belongs to.
pub(crate) struct Trace(pub(crate) TraceContext);

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().copied().unwrap_or_else(TraceContext::root)))
    }
}

/// The client's name for what it wants done once, if it gave one.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl IdempotencyKey {
    const HEADER: &'static str = "idempotency-key";
    /// Longest key, bytes.
    const LONGEST: usize = 255;
}

impl Refuses for IdempotencyKey {
    const CODES: &'static [Code] = &[Code::IdempotencyKeyInvalid];
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut sent = parts.headers.get_all(Self::HEADER).iter();
        let Some(key) = sent.next() else { return Ok(Self(None)) };
        let text = key.to_str().unwrap_or_default();
        let sane =
            (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !sane || sent.next().is_some() {
            let allowed = format!("one value of 1 to {} visible ASCII characters", Self::LONGEST);
            return Err(Problem::new(Code::IdempotencyKeyInvalid).detail(allowed));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_told_by_its_type() {
        let typed =
            |kind: &'static str| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        assert!(is_json(&typed("application/json")) && is_json(&typed("Application/JSON; charset=utf-8")));
        assert!(
            !is_json(&typed("text/plain"))
                && !is_json(&typed("application/jsonp"))
                && !is_json(&HeaderMap::new())
        );
    }
}
