//! Deliveries of an outside CMS or PIM: signed webhooks that bring items of the catalog feed, or say where to fetch them.
//!
//! Owns the tables `intake_delivery`, `intake_counter` and `intake_seen`. [`Intake`] is the door: [`Intake::receive`]
//! checks and stores a delivery, [`Intake::run`] works deliveries off in the order they came, in any process and also
//! after a crash. Must not know: HTTP of our own side, catalog rows (the feed import writes them), pages.

mod body;
mod domain;
mod door;
mod error;
mod fetch;
mod network;
mod repo;
mod signature;
mod work;

pub use body::{Body, Source};
pub use domain::{Delivery, Outcome, Receipt, State};
pub use door::{Intake, Settings};
pub use error::Error;
pub use fetch::FetchPolicy;
pub use network::{Network, NotANetwork};
pub use signature::{HEADER, Secrets, sign};

/// The module's tables.
pub const MODULE: vitrine_db::Module =
    vitrine_db::Module { name: "intake", steps: &[("1-tables", include_str!("../migrations/1-tables.sql"))] };
