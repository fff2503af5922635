//! What can go wrong with the database.

use std::path::PathBuf;

/// A failure of the database or of what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The address names no database that is supported; its text is left out, for it may hold a password.
    #[error(
        "database address is not understood (allowed: sqlite:///path/file.db, postgres://user@host/name)"
    )]
    Address,
    /// The folder of a SQLite file could not be made.
    #[error("cannot create folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An applied step's SQL is not what it was.
    #[error("migration {module}/{step} was changed after it was applied; add a new step instead")]
    StepChanged {
        /// Name of the module.
        module: &'static str,
        /// Name of the step.
        step: &'static str,
    },
    /// A step's SQL failed.
    #[error("migration {module}/{step}: {source}")]
    Step {
        /// Name of the module.
        module: &'static str,
        /// Name of the step.
        step: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// A stored value is not what the code wrote.
    #[error("{table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// Anything the driver reports.
    #[error("database: {0}")]
    Sqlx(#[from] sqlx::Error),
}

impl DbError {
    /// Whether a primary or unique key refused a row.
    pub fn is_unique_violation(&self) -> bool {
        let (Self::Sqlx(error) | Self::Step { source: error, .. }) = self else { return false };
        error.as_database_error().is_some_and(|error| error.is_unique_violation())
    }
}
