//! Brings files and feeds into the database, and the database back into files.
//!
//! Owns: the layout of the content folder (`docs/content.md`), the catalog feed (`docs/feed.md`), what `check`
//! finds wrong with them. Must not know: pages, templates, HTTP routes. It has no tables: rows are written through
//! the doors of store, catalog, content, delivery and promotion, with origin `files` or `feed`; inventory gets from it
//! what a shop begins with.

mod check;
mod error;
mod export;
mod feed;
#[cfg(test)]
mod fixture;
mod import;
mod report;
mod source;
mod statistics;
#[cfg(test)]
mod tests;

pub use check::{RequiredMessage, check_folder};
pub use error::ImportError;
pub use export::{ExportReport, export_folder};
pub use feed::{FeedLimits, FeedOptions, FeedSource, import_feed};
pub use import::{ImportCache, ImportOptions, import_folder};
pub use report::{Counts, Finding, Report, Severity};
