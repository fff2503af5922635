//! The database: SQLite embedded, PostgreSQL in production, one SQL text for both.
//!
//! What keeps the text one:
//! - placeholders are `$1`; upserts `ON CONFLICT`; values come back by `RETURNING`;
//! - ids are TEXT, numbers and times (ms UTC) BIGINT, documents JSON as TEXT; no other types;
//! - never `ORDER BY` a TEXT column: PostgreSQL sorts by its collation, SQLite by bytes. Sort in Rust;
//! - TEXT holds no NUL character (PostgreSQL refuses it).

mod documents;
mod error;
mod migrate;
mod plan;
mod pool;
mod provenance;
mod rows;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use documents::{Document, Documents, NewDocument, RemovedDocument};
pub use error::DbError;
pub use migrate::Module;
pub use plan::Plan;
pub use pool::{Backend, Db, Tx};
pub use provenance::{Outcome, Provenance, Run, decide, decide_removal};
pub use rows::{Batch, InList, Query, Value, sql};
pub use sqlx::AnyConnection;
