//! Stores and their countries, the revision and its change log, addresses and redirects.
//!
//! [`Stores`] is the door: every change of catalog or content goes through [`Stores::bump_in`], every other wish for a
//! build through [`Stores::request_in`], every slug through [`Stores::claim_in`]. Both push an event to the outbox, so
//! `vitrine_db::MODULE` is migrated first.

mod addresses;
mod asked;
mod claims;
mod config;
mod domain;
mod error;
mod redirects;
mod revisions;
mod schedule;

pub use addresses::{Claim, SlugTaken, entity_path, entity_target};
pub use asked::Asked;
pub use domain::{
    CountryConfig, DeliveryMethod, Edition, EditionConfig, Organization, Returns, Store, StoreConfig, Tax,
};
pub use error::Error;
pub use redirects::{Redirect, RedirectInput, RedirectTarget};
pub use schedule::{Schedule, ScheduleError};
pub use vitrine_core::Write;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "store",
    steps: &[
        ("1-tables", include_str!("../migrations/1-tables.sql")),
        ("2-documents", vitrine_db::documents_ddl!("store_document")),
    ],
};

/// The module's door.
#[derive(Clone, Copy, Debug)]
pub struct Stores;
