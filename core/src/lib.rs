//! The words of Vitrine, without I/O: money, countries, locales, ids, time, hashes and events.
//!
//! Everything above this crate speaks in these types. A value that exists is valid: constructors check,
//! accessors never fail, and reading from JSON goes through the same checks.

mod country;
mod events;
mod hash;
mod ids;
mod locale;
mod money;
mod render_request;
mod rounding;
pub mod schema;
mod sku;
mod text;
mod time;
mod write;

pub use country::{Country, CountryError};
pub use events::{Change, ChangeKind, Entity, EntityKind, EventError, Origin, RevisedChange};
pub use hash::{ContentHash, HashError, Hasher};
pub use ids::{
    AttributeId, CategoryId, IdError, PageName, ProductId, ProductTypeId, Revision, StoreId, TaxClass,
};
pub use locale::{Direction, Locale, LocaleError};
pub use money::{Currency, Money, MoneyError};
pub use render_request::{Priority, Reason, RenderRequest, RequestError};
pub use rounding::{Rate, apportion, round_half_even};
pub use sku::{RESERVED_SLUGS, Sku, SkuError, Slug};
pub use time::{Clock, FixedClock, SystemClock, TimeError, Timestamp};
pub use write::Write;

// For the macros `typed_id!`, `written_as_text!` and `described_as_text!`, which expand in other crates too.
#[doc(hidden)]
pub use ids::is_id as __is_id;
#[doc(hidden)]
pub use serde as __serde;
#[doc(hidden)]
pub use text::TextVisitor as __TextVisitor;
#[doc(hidden)]
pub use utoipa as __utoipa;
