//! The database: SQLite embedded, PostgreSQL in production, one SQL text for both.
//!
//! What keeps the text one:
//! - placeholders are `$1`; upserts `ON CONFLICT`; values come back by `RETURNING`;
//! - ids are TEXT, numbers and times (ms UTC) BIGINT, documents JSON as TEXT; no other types;
//! - never `ORDER BY` a TEXT column: PostgreSQL sorts by its collation, SQLite by bytes. Sort in Rust;
//! - TEXT holds no NUL character (PostgreSQL refuses it).
//!
//! [`Remembered`] keeps in memory what is asked for often and changed rarely. [`Outbox`] holds events until a relay has passed them on, [`Db::wakeups`] tells at once that there is something.

mod documents;
mod error;
mod idempotency;
mod migrate;
mod outbox;
mod plan;
mod pool;
mod provenance;
mod ready;
mod remembered;
mod rounds;
mod rows;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tx;
mod wakeups;

pub use documents::{Document, Documents, NewDocument, RemovedDocument};
pub use error::DbError;
pub use idempotency::{Before, Idempotency, Once};
pub use migrate::Module;
pub use outbox::{Blocked, Event, MODULE, NewEvent, Outbox, OutboxClaim, Waiting};
pub use plan::Plan;
pub use pool::{Backend, Db};
pub use provenance::{Outcome, Provenance, Run, decide, decide_removal};
pub use remembered::{OfStore, Remembered, Versions};
pub use rounds::{Rounds, pause, rounds};
pub use rows::{Batch, InList, Query, Value, sql};
pub use sqlx::AnyConnection;
pub use tx::Tx;
pub use wakeups::Wakeups;
