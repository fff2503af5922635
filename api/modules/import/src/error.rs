//! Why an import, a check or an export stopped. What is wrong with one item is a [`Finding`], not an error.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::report::Finding;

/// Why nothing, or nothing more, was imported or exported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file or folder can't be read or written.
    #[error("can't {doing} {}: {source}", path.display())]
    File {
        /// `read`, `write`.
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Rules have no TOML form.
    #[error("{file} can't be written: {what}")]
    Unwritten {
        /// The file.
        file: String,
        /// Why.
        what: String,
    },
    /// The store's own file or a country is wrong, so nothing was imported.
    #[error("the store or a country is wrong, nothing was imported:\n{}", lines(findings))]
    Store {
        /// What is wrong, in order of files.
        findings: Vec<Finding>,
    },
    /// The database has no such store.
    #[error("no store '{store}' in the database; import its content folder first")]
    UnknownStore {
        /// Its id.
        store: String,
    },
    /// A feed can't be opened.
    #[error("can't open the feed {address}: {why}")]
    FeedOpen {
        /// File or URL.
        address: String,
        /// What happened.
        why: String,
    },
    /// A feed's first line is not a header this version can read.
    #[error("{address}:1: {why}")]
    FeedHeader {
        /// File or URL.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// A feed broke off or grew beyond its limits; what was read until then was taken.
    #[error("{address}:{line}: {why}; {taken} products were taken before")]
    FeedBroken {
        /// File or URL.
        address: String,
        /// The last line that was read.
        line: u64,
        /// What happened.
        why: String,
        /// Products written before.
        taken: u64,
    },
    /// Work on another thread came to no end.
    #[error("the import was stopped: {why}")]
    Stopped {
        /// What happened.
        why: String,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] vitrine_db::DbError),
    /// The store module.
    #[error(transparent)]
    StoreModule(#[from] vitrine_store::Error),
    /// The catalog module.
    #[error(transparent)]
    Catalog(#[from] vitrine_catalog::Error),
    /// The content module.
    #[error(transparent)]
    Content(#[from] vitrine_content::Error),
    /// The delivery module.
    #[error(transparent)]
    Delivery(#[from] vitrine_delivery::Error),
    /// The promotion module.
    #[error(transparent)]
    Promotion(#[from] vitrine_promotion::Error),
    /// The inventory module.
    #[error(transparent)]
    Inventory(#[from] vitrine_inventory::Error),
}

impl ImportError {
    pub(crate) fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing: "read", path, source }
    }

    pub(crate) fn writing(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing: "write", path, source }
    }
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
