//! A content folder into the database.

use std::path::{Path, PathBuf};

use vitrine_core::Timestamp;
use vitrine_db::Db;

use crate::check::RequiredMessage;
use crate::error::ImportError;
use crate::report::Report;

/// How a content folder is imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Write over what was edited elsewhere or belongs to another origin.
    pub force: bool,
    /// The time written to the rows.
    pub now: Timestamp,
    /// Where the bytes of pictures are kept, under their hash.
    pub media_dir: PathBuf,
    /// Messages the theme needs.
    pub required_messages: Vec<RequiredMessage>,
}

/// What an earlier import in this process read, so that the next one parses only files that changed.
///
/// Start with `ImportCache::default()`; keep one for each folder and database.
#[derive(Debug, Default)]
pub struct ImportCache {}

/// Imports a content folder: takes what is right, keeps the last good version of what is wrong, removes what is gone.
///
/// The same folder again changes nothing and leaves the revision.
///
/// # Errors
/// When `store.toml` or a country is wrong, a file can't be read, or the database fails.
pub async fn import_folder(
    db: &Db,
    folder: &Path,
    options: &ImportOptions,
    cache: &mut ImportCache,
) -> Result<Report, ImportError> {
    let _ = (db, options, cache);
    Err(ImportError::UnknownStore { store: folder.display().to_string() })
}
