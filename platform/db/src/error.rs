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

    /// Whether an error, or what caused it, is that the database can't be used for the moment: it is away, overrun, or
    /// its disk is full. The same may succeed later.
    pub fn is_outage(error: &(dyn std::error::Error + 'static)) -> bool {
        let causes = std::iter::successors(Some(error), |error| error.source());
        causes.filter_map(|error| error.downcast_ref::<sqlx::Error>()).any(outage)
    }
}

/// Of PostgreSQL the classes 08 (connection), 53 (resources) and 57P (shutdown), and a transaction that lost against
/// others; of SQLite busy, locked, input and output, full, and a file that can't be opened.
fn outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(told) => told.code().is_some_and(|code| is_outage_code(&code)),
        _ => false,
    }
}

fn is_outage_code(code: &str) -> bool {
    // SQLite's extended codes keep the primary one in their last byte.
    if code.len() < 5
        && let Ok(code) = code.parse::<u32>()
    {
        return matches!(code & 0xff, 5 | 6 | 10 | 13 | 14);
    }
    ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) || matches!(code, "40001" | "40P01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for code in ["5", "517", "13", "10", "08006", "53300", "57P01", "40P01"] {
            assert!(is_outage_code(code), "{code}");
        }
        for code in ["1", "19", "2067", "23505", "42601", "XX000"] {
            assert!(!is_outage_code(code), "{code}");
        }
    }

    #[test]
    fn a_cause_is_found_below_what_wraps_it() {
        #[derive(Debug, thiserror::Error)]
        #[error("carts")]
        struct Wrapped(#[from] DbError);
        assert!(DbError::is_outage(&Wrapped(DbError::Sqlx(sqlx::Error::PoolTimedOut))));
        assert!(!DbError::is_outage(&Wrapped(DbError::Sqlx(sqlx::Error::RowNotFound))));
        assert!(!DbError::is_outage(&DbError::Corrupt { table: "t", what: "x".into() }));
    }
}
