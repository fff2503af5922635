//! Everything that can go wrong, as RFC 9457 tells it.

use std::collections::BTreeMap;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use vitrine_db::DbError;

/// Defines the codes: the one table from code to status and title, which `docs/admin-api.md` and, where
/// only shoppers meet them, `docs/shop-api.md` repeat.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong: a word that stays the same, so that programs may depend on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The HTTP status.
            pub fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                }
            }

            /// One sentence that holds for every problem with this code.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }
        }
    };
}

codes! {
    /// Its JSON can't be read.
    JsonInvalid = "json_invalid", BAD_REQUEST, "The body is no JSON";
    /// The body broke off.
    BodyIncomplete = "body_incomplete", BAD_REQUEST, "The body did not come whole";
    /// The header can't be used.
    IdempotencyKeyInvalid = "idempotency_key_invalid", BAD_REQUEST, "The header Idempotency-Key can't be used";
    /// What is done once needs a name.
    IdempotencyKeyMissing = "idempotency_key_missing", BAD_REQUEST, "The header Idempotency-Key is needed";
    /// What stands after the question mark.
    QueryInvalid = "query_invalid", BAD_REQUEST, "The query can't be used";
    /// Forged, too old, or not what the provider sends.
    WebhookRefused = "webhook_refused", BAD_REQUEST, "The webhook is not believed";
    /// Nobody says who asks.
    TokenMissing = "token_missing", UNAUTHORIZED, "A bearer token is needed";
    /// Unknown, revoked or mistyped.
    TokenInvalid = "token_invalid", UNAUTHORIZED, "The token is not valid";
    /// It was valid once.
    TokenExpired = "token_expired", UNAUTHORIZED, "The token's time is over";
    /// Nobody signed.
    SignatureMissing = "signature_missing", UNAUTHORIZED, "The header Vitrine-Signature is needed";
    /// Not of this body, or by somebody else.
    SignatureInvalid = "signature_invalid", UNAUTHORIZED, "The signature does not fit the body";
    /// Its time lies too far from ours.
    SignatureOutdated = "signature_outdated", UNAUTHORIZED, "The signature's time is not within five minutes of now";
    /// A valid token for something else.
    ScopeMissing = "scope_missing", FORBIDDEN, "The token is not for this";
    /// No such route.
    NotFound = "not_found", NOT_FOUND, "There is nothing at this address";
    /// No webhook for this store.
    HookUnknown = "hook_unknown", NOT_FOUND, "There is no such webhook";
    /// No delivery with this id.
    DeliveryUnknown = "delivery_unknown", NOT_FOUND, "There is no such delivery";
    /// A token of a store that is not there any more, or not yet.
    StoreUnknown = "store_unknown", NOT_FOUND, "There is no such store";
    /// No storefront for this country.
    CountryUnknown = "country_unknown", NOT_FOUND, "Nothing is sold in this country";
    /// Never there, ordered, expired, or of another country.
    CartUnknown = "cart_unknown", NOT_FOUND, "There is no such cart";
    /// No line with this id.
    LineUnknown = "line_unknown", NOT_FOUND, "The cart has no such line";
    /// The link leads nowhere.
    OrderUnknown = "order_unknown", NOT_FOUND, "There is no such order";
    /// No product has it, or nobody counts it.
    SkuUnknown = "sku_unknown", NOT_FOUND, "There is no such SKU";
    /// No promotion with this id.
    PromotionUnknown = "promotion_unknown", NOT_FOUND, "There is no such promotion";
    /// No coupon with this code.
    CouponUnknown = "coupon_unknown", NOT_FOUND, "There is no such coupon";
    /// The route is there.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The address does not take this method";
    /// The body came too slowly.
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The body did not come in time";
    /// The same signed bytes came before.
    RequestReplayed = "request_replayed", CONFLICT, "This request was received before";
    /// An id is for one delivery.
    DeliveryIdReused = "delivery_id_reused", CONFLICT, "Another delivery has this id";
    /// Not in this country, or not any more.
    NotSold = "not_sold", CONFLICT, "It is not sold here now";
    /// Somebody wants more than there is.
    TooFewLeft = "too_few_left", CONFLICT, "Too few are left";
    /// A line must be changed or taken out first.
    CartStopped = "cart_stopped", CONFLICT, "Something in the cart can't be bought any more";
    /// By another request.
    CartChanged = "cart_changed", CONFLICT, "The cart was changed at the same time";
    /// Nobody pays what they have not seen.
    PriceChanged = "price_changed", CONFLICT, "The total is not the one agreed to";
    /// Others took the last use of it.
    PromotionExhausted = "promotion_exhausted", CONFLICT, "A promotion is used up";
    /// It was never placed, or is cancelled.
    OrderNotOpen = "order_not_open", CONFLICT, "The order's state does not allow this";
    /// More than was taken, or than is left of it.
    AmountExceeded = "amount_exceeded", CONFLICT, "The amount is more than there is";
    /// Nothing was to be paid, or by others than people.
    PaymentNotOpen = "payment_not_open", CONFLICT, "The payment's state does not allow this";
    /// Somebody else was faster.
    VersionOutdated = "version_outdated", PRECONDITION_FAILED, "It was changed since it was read";
    /// More bytes than the route takes.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// Only JSON is read.
    MediaTypeUnsupported = "media_type_unsupported", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// JSON, and not what the route takes.
    FieldInvalid = "field_invalid", UNPROCESSABLE_ENTITY, "A field of the body is wrong";
    /// An address that may not be asked.
    FeedRefused = "feed_refused", UNPROCESSABLE_ENTITY, "The feed's address may not be fetched";
    /// The key stands for another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "Another request had this Idempotency-Key";
    /// None, or too many of a line.
    QuantityInvalid = "quantity_invalid", UNPROCESSABLE_ENTITY, "The quantity is not allowed";
    /// Too many lines, or too many codes.
    CartFull = "cart_full", UNPROCESSABLE_ENTITY, "The cart can't hold more";
    /// Characters that no code has.
    CodeInvalid = "code_invalid", UNPROCESSABLE_ENTITY, "That can't be a code";
    /// Nothing to order.
    CartEmpty = "cart_empty", UNPROCESSABLE_ENTITY, "The cart is empty";
    /// What an order needs.
    FieldsMissing = "fields_missing", UNPROCESSABLE_ENTITY, "Fields are missing or wrong";
    /// By this country, or this shop.
    PaymentMethodNotOffered = "payment_method_not_offered", UNPROCESSABLE_ENTITY, "This way of paying is not offered";
    /// For this cart to this place.
    DeliveryNotOffered = "delivery_not_offered", UNPROCESSABLE_ENTITY, "This way of delivery is not offered";
    /// No taxes are known there.
    DestinationNotServed = "destination_not_served", UNPROCESSABLE_ENTITY, "Nothing is sent to this destination";
    /// None, or more than were bought.
    UnitsInvalid = "units_invalid", UNPROCESSABLE_ENTITY, "The units are not allowed";
    /// Too many requests of one client.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// A bug, or a database that fails; the log has the cause.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed on our side";
    /// Too many requests of all clients.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The service is busy";
    /// The database does not answer.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service can't do its work now";
    /// Not done within the time a request has.
    TimedOut = "timed_out", SERVICE_UNAVAILABLE, "The request took too long";
    /// Don't send requests here yet, or any more.
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "The service is not ready";
}

/// When to come back after the database was away, seconds.
const OUTAGE_RETRY_S: u64 = 2;

impl Code {
    /// Whether the same request may succeed a little later, so that answers say when.
    pub(crate) fn may_pass(self) -> bool {
        use Code::{CartChanged, NotReady, Overloaded, RateLimited, TimedOut, Unavailable};
        matches!(self, CartChanged | NotReady | Overloaded | RateLimited | TimedOut | Unavailable)
    }
}

/// One thing that went wrong: `application/problem+json` with `type`, `title`, `status`, `code`, `detail`, `field`,
/// `request_id`, and what programs may want to know of this code: `left`, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: Option<String>,
    field: Option<String>,
    retry_after_s: Option<u64>,
    more: BTreeMap<&'static str, Value>,
}

impl Problem {
    /// A problem of which the code says everything.
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, field: None, retry_after_s: None, more: BTreeMap::new() }
    }

    /// The same with what was found this time.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same with the path of the field that is wrong, `countries[1]`.
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same with another member, `left`; one that has no JSON form is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.more.insert(name, value);
        }
        self
    }

    /// The same with the time after which another try makes sense, seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// A failure that the client can't do anything about: it goes to the log and not over the wire. One that passes,
    /// because the database is away, says when to come back.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let told = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        if DbError::is_outage(error) {
            tracing::warn!(error = told, "the database is away");
            return Self::unavailable();
        }
        tracing::error!(error = told, "request failed");
        Self::new(Code::Internal)
    }

    /// Nothing can be done without the database.
    pub(crate) fn unavailable() -> Self {
        Self::new(Code::Unavailable).retry_after(OUTAGE_RETRY_S)
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The body, naming the request.
    pub(crate) fn body(&self, request_id: Option<&str>) -> String {
        let mut body = json!({
            "type": format!("urn:vitrine:problem:{}", self.code.as_str()),
            "title": self.code.title(),
            "status": self.code.status().as_u16(),
            "code": self.code.as_str(),
        });
        let more = [
            ("detail", self.detail.as_deref()),
            ("field", self.field.as_deref()),
            ("request_id", request_id),
        ];
        if let Some(members) = body.as_object_mut() {
            members
                .extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
            members.extend(self.more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        body.to_string()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), self.body(None)).into_response();
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            fields.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        let scheme = match self.code {
            Code::TokenMissing => Some("Bearer"),
            Code::TokenInvalid | Code::TokenExpired => Some(r#"Bearer error="invalid_token""#),
            Code::ScopeMissing => Some(r#"Bearer error="insufficient_scope""#),
            Code::SignatureMissing | Code::SignatureInvalid | Code::SignatureOutdated => {
                Some("Vitrine-Signature")
            }
            _ => None,
        };
        if let Some(scheme) = scheme {
            fields.insert(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        // Whoever knows the request's id writes the body again.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<vitrine_access::Error> for Problem {
    fn from(error: vitrine_access::Error) -> Self {
        use vitrine_access::Error;
        match &error {
            Error::Invalid => Self::new(Code::TokenInvalid),
            Error::Expired => Self::new(Code::TokenExpired),
            Error::Scope(_) => Self::new(Code::ScopeMissing).detail(error.to_string()),
            _ => Self::internal(&error),
        }
    }
}

impl From<vitrine_intake::Error> for Problem {
    fn from(error: vitrine_intake::Error) -> Self {
        use vitrine_intake::Error;
        let told = error.to_string();
        match error {
            Error::NoSecret(_) => Self::new(Code::HookUnknown),
            Error::Unsigned => Self::new(Code::SignatureMissing),
            Error::Signature => Self::new(Code::SignatureInvalid),
            Error::Outdated { .. } => Self::new(Code::SignatureOutdated).detail(told),
            Error::Replayed => Self::new(Code::RequestReplayed),
            Error::IdReused(_) => Self::new(Code::DeliveryIdReused).detail(told).field("id"),
            Error::Body { field: None, why } => Self::new(Code::JsonInvalid).detail(why),
            Error::Body { field: Some(field), why } => Self::new(Code::FieldInvalid).detail(why).field(field),
            Error::Address(why) => Self::new(Code::FeedRefused).detail(why).field("feed"),
            error => Self::internal(&error),
        }
    }
}

impl From<vitrine_store::Error> for Problem {
    fn from(error: vitrine_store::Error) -> Self {
        match error {
            vitrine_store::Error::Unknown(_) => Self::new(Code::StoreUnknown).detail(error.to_string()),
            error => Self::internal(&error),
        }
    }
}

impl From<vitrine_db::DbError> for Problem {
    fn from(error: vitrine_db::DbError) -> Self {
        Self::internal(&error)
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<axum::extract::rejection::PathRejection> for Problem {
    /// A part of the path that can't be an id names nothing.
    fn from(_: axum::extract::rejection::PathRejection) -> Self {
        Self::new(Code::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_is_a_word_of_its_own_and_never_a_success() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            let snake = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(code.as_str().bytes().all(snake), "{}", code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.title().ends_with('.') && !code.title().is_empty());
        }
    }

    #[test]
    fn the_documents_list_every_code_once_and_no_other() {
        let documents = [include_str!("../../docs/admin-api.md"), include_str!("../../docs/shop-api.md")];
        let rows: Vec<&str> = documents.iter().flat_map(|document| rows(document)).collect();
        for code in Code::ALL {
            let row = format!("| `{}` | {} | {} |", code.as_str(), code.status().as_u16(), code.title());
            assert!(
                rows.contains(&row.as_str()),
                "docs/admin-api.md or docs/shop-api.md lacks this line:\n{row}"
            );
        }
        assert_eq!(rows.len(), Code::ALL.len());
    }

    /// Rows of a document's table of codes.
    fn rows(document: &str) -> Vec<&str> {
        let (_, problems) = document.split_once("## Problems").unwrap();
        let section = problems.lines().take_while(|line| !line.starts_with("## "));
        section.filter(|line| line.starts_with("| `")).collect()
    }

    #[test]
    fn a_problem_says_what_rfc_9457_wants() {
        let problem = Problem::new(Code::FieldInvalid).field("countries[1]").detail("`XX` is no country");
        let body: serde_json::Value = serde_json::from_str(&problem.body(Some("r-1"))).unwrap();
        assert_eq!(
            body,
            json!({
                "type": "urn:vitrine:problem:field_invalid", "title": "A field of the body is wrong", "status": 422,
                "code": "field_invalid", "detail": "`XX` is no country", "field": "countries[1]", "request_id": "r-1"
            })
        );
    }

    #[test]
    fn what_failed_inside_stays_inside() {
        let error = vitrine_db::DbError::Corrupt { table: "secret_table", what: "SELECT password".into() };
        let problem = Problem::from(error);
        assert_eq!(problem.code(), Code::Internal);
        let body = problem.body(None);
        assert!(!body.contains("secret_table") && !body.contains("SELECT"), "{body}");
    }

    #[test]
    fn one_who_is_not_let_in_is_told_how() {
        let scheme = |code| Problem::new(code).into_response().headers().get(WWW_AUTHENTICATE).cloned();
        for code in Code::ALL.iter().filter(|code| code.status() == StatusCode::UNAUTHORIZED) {
            assert!(scheme(*code).is_some(), "{}", code.as_str());
        }
        assert_eq!(scheme(Code::NotFound), None);
    }
}
