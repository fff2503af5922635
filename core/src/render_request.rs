//! The message that asks for a storefront to be looked at.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::events::words;
use crate::{Country, Revision, StoreId, Timestamp};

/// How urgent a [`RenderRequest`] is: 0 to 9, as AMQP 0-9-1 counts them; the highest is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(u8);

impl Priority {
    /// The scheduler's builds, which repair and refresh: everything else may pass them.
    pub const SCHEDULED: Self = Self(1);
    /// Another theme or epoch: every page is looked at, so what is a single page's goes first.
    pub const THEME_CHANGED: Self = Self(3);
    /// Stock came or went: shoppers see it live anyway, the page only follows.
    pub const AVAILABILITY_CHANGED: Self = Self(5);
    /// A product, price or category: an editor or a shopper is looking.
    pub const CATALOG_CHANGED: Self = Self(6);
    /// A text, a menu or a picture: as urgent as the catalog.
    pub const CONTENT_CHANGED: Self = Self(6);
    /// Somebody asked for it and waits.
    pub const MANUAL: Self = Self(9);
    /// The highest there is; what a queue must be able to hold.
    pub const HIGHEST: Self = Self(9);

    /// A priority as a queue states it; more than the highest is the highest.
    pub fn from_level(level: u8) -> Self {
        Self(level.min(Self::HIGHEST.0))
    }

    /// The level, 0 to 9.
    pub fn level(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

words!(
    /// Why a storefront is to be looked at.
    Reason, "reason":
    /// Its time came: the scheduler, or a page whose truth ended.
    Scheduled = "scheduled",
    /// Templates, styles or the render epoch changed.
    ThemeChanged = "theme_changed",
    /// Something is in stock again, or is not any more.
    AvailabilityChanged = "availability_changed",
    /// Products, prices, categories or attributes changed.
    CatalogChanged = "catalog_changed",
    /// Pages, menus, words, pictures or the store's own facts changed.
    ContentChanged = "content_changed",
    /// Somebody asked.
    Manual = "manual",
);

impl Reason {
    /// How urgent this is.
    pub fn priority(self) -> Priority {
        match self {
            Self::Scheduled => Priority::SCHEDULED,
            Self::ThemeChanged => Priority::THEME_CHANGED,
            Self::AvailabilityChanged => Priority::AVAILABILITY_CHANGED,
            Self::CatalogChanged => Priority::CATALOG_CHANGED,
            Self::ContentChanged => Priority::CONTENT_CHANGED,
            Self::Manual => Priority::MANUAL,
        }
    }
}

/// Why a message can't be read; such a one belongs among the dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// It is not the JSON of a request.
    #[error("not a render request: {0}")]
    Json(String),
    /// A newer program wrote it.
    #[error("render request of version {found}, this program reads up to {}", RenderRequest::VERSION)]
    Version {
        /// The version it states.
        found: u32,
    },
}

/// Asks for one country's storefront to be looked at: a wake-up, for what is desired stands in the database.
///
/// As JSON: `{"v":1,"id":"..","store":"..","country":"DE","reason":"catalog_changed","revision":17,
/// "requested_at":1764150000000,"trace":"00-..-..-01"}`, `trace` being optional. Unknown fields are ignored, so that
/// an older worker reads what a newer relay adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderRequest {
    /// Version of the schema.
    v: u32,
    /// Equal ids are one request, delivered again.
    pub id: String,
    /// Whose storefront.
    pub store: StoreId,
    /// Which storefront.
    pub country: Country,
    /// Why.
    pub reason: Reason,
    /// The store's revision that should be live.
    pub revision: Revision,
    /// When the change was committed or the request made, ms UTC.
    pub requested_at: Timestamp,
    /// W3C `traceparent` of the write, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl RenderRequest {
    /// The version this program writes, and the newest it reads.
    pub const VERSION: u32 = 1;

    /// A request without a trace.
    pub fn new(
        id: impl Into<String>,
        store: StoreId,
        country: Country,
        reason: Reason,
        revision: Revision,
        requested_at: Timestamp,
    ) -> Self {
        Self { v: Self::VERSION, id: id.into(), store, country, reason, revision, requested_at, trace: None }
    }

    /// The message's bytes.
    ///
    /// # Errors
    /// Never in practice: every field has a JSON form.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        serde_json::to_vec(self).map_err(|error| RequestError::Json(error.to_string()))
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is no request, or of a version this program does not know.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u32,
        }
        let json = |error: serde_json::Error| RequestError::Json(error.to_string());
        let Versioned { v } = serde_json::from_slice(bytes).map_err(json)?;
        if v == 0 || v > Self::VERSION {
            return Err(RequestError::Version { found: v });
        }
        serde_json::from_slice(bytes).map_err(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RenderRequest {
        let (store, country) = (StoreId::try_new("rest").unwrap(), Country::try_new("DE").unwrap());
        let at = Timestamp::from_ms(1_764_150_000_000);
        RenderRequest::new("e-1", store, country, Reason::CatalogChanged, Revision(17), at)
    }

    #[test]
    fn a_message_is_what_the_schema_says() {
        let text = String::from_utf8(request().encode().unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"v":1,"id":"e-1","store":"rest","country":"DE","reason":"catalog_changed","revision":17,"requested_at":1764150000000}"#
        );
        assert_eq!(RenderRequest::decode(text.as_bytes()), Ok(request()));
    }

    #[test]
    fn what_a_newer_program_adds_is_ignored_and_a_newer_version_refused() {
        let added = r#"{"v":1,"id":"e-1","store":"rest","country":"DE","reason":"catalog_changed","revision":17,"requested_at":1764150000000,"colour":"red"}"#;
        assert_eq!(RenderRequest::decode(added.as_bytes()), Ok(request()));
        let newer = added.replace("\"v\":1", "\"v\":2");
        let error = RenderRequest::decode(newer.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "render request of version 2, this program reads up to 1");
        for wrong in ["", "{}", "[1]", r#"{"v":1}"#, "\u{0}"] {
            assert!(matches!(RenderRequest::decode(wrong.as_bytes()), Err(RequestError::Json(_))), "{wrong}");
        }
    }

    #[test]
    fn reasons_are_served_in_the_order_of_the_design() {
        let order = [
            Reason::Scheduled,
            Reason::ThemeChanged,
            Reason::AvailabilityChanged,
            Reason::CatalogChanged,
            Reason::Manual,
        ];
        assert!(order.windows(2).all(|pair| pair[0].priority() < pair[1].priority()));
        assert_eq!(Reason::CatalogChanged.priority(), Reason::ContentChanged.priority());
        assert!(order.iter().all(|reason| reason.priority() <= Priority::HIGHEST));
        assert_eq!(Priority::from_level(200), Priority::HIGHEST);
    }
}
