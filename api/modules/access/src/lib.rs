//! Who may do what, and who did: tokens for programs, and the audit log of what was done with them.
//!
//! Owns the tables `access_*`. A token is for one store, for some [`Scope`]s, and ends; its secret is shown once
//! and only its hash is kept. A [`Deed`] is written in the transaction that does it, so neither is there without the
//! other. Must not know: HTTP, and what a scope's work is.

mod audit;
mod domain;
mod error;
mod repo;
mod text;

use std::fmt;
use std::sync::Arc;

use vitrine_core::{Clock, StoreId, Timestamp};
use vitrine_db::Db;

pub use audit::{AuditQuery, Audited, Deed};
pub use domain::{NewToken, Scope, Scopes, Token, UnknownScope};
pub use error::Error;
pub use text::TokenText;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "access",
    steps: &[
        ("1-tables", include_str!("../migrations/1-tables.sql")),
        ("2-audit", include_str!("../migrations/2-audit.sql")),
    ],
};

/// How much younger than the last one a use must be to be written down: reads should not become writes.
const USE_NOTED_EVERY_MS: i64 = 60_000;

/// The module's door.
#[derive(Clone, Debug)]
pub struct Access {
    db: Db,
    clock: Arc<dyn Clock>,
}

/// A new token and its text, which nobody can read again.
#[derive(Debug)]
pub struct Issued {
    /// What is kept.
    pub token: Token,
    /// What its owner sends.
    pub text: TokenText,
}

/// What a token allows its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// In which store.
    pub store: StoreId,
    /// The token's id, to name it in logs.
    pub token: String,
    /// What people recognise the token by.
    pub name: String,
    /// Until when.
    pub expires_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl Access {
    /// A door to the tokens of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }

    /// Makes a token.
    ///
    /// # Errors
    /// When it has no name or scope, lives too short or too long, or the system or the database fails.
    pub async fn create(&self, store: &StoreId, new: &NewToken) -> Result<Issued, Error> {
        let text = TokenText::random()?;
        let token = new.token(text.id(), self.clock.now())?;
        repo::insert(&self.db, store, &token, &text.secret_hash()).await?;
        Ok(Issued { token, text })
    }

    /// All tokens of a store, those revoked and ended too, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, store: &StoreId) -> Result<Vec<Token>, Error> {
        repo::list(&self.db, store).await
    }

    /// Ends a token now; `false` if the store has none of this id that is not revoked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke(&self, store: &StoreId, id: &str) -> Result<bool, Error> {
        repo::revoke(&self.db, store, id, self.clock.now()).await
    }

    /// Whom a token's text belongs to, if it allows a scope now.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Expired`] or [`Error::Scope`] if it does not; or the database fails.
    pub async fn authorise(&self, text: &str, scope: Scope) -> Result<Grant, Error> {
        let text = TokenText::parse(text).ok_or(Error::Invalid)?;
        // Ids are random, so one is met in one store; a row of another with the same id has another hash.
        let found = repo::by_id(&self.db, text.id()).await?;
        let (store, token) = found
            .into_iter()
            .find(|row| text.matches(&row.secret_hash))
            .map(|row| (row.store, row.token))
            .ok_or(Error::Invalid)?;
        token.allows(scope, self.clock.now())?;
        let Token { id, name, expires_at, last_used_at, .. } = token;
        Ok(Grant { store, token: id, name, expires_at, last_used_at })
    }

    /// Notes that a token was used, once a minute at most.
    ///
    /// A write, and on SQLite writes wait for each other: don't let a request wait for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_use(&self, grant: &Grant) -> Result<(), Error> {
        let now = self.clock.now();
        let noted_before = now.plus_ms(-USE_NOTED_EVERY_MS);
        if grant.last_used_at.is_some_and(|last| last > noted_before) {
            return Ok(());
        }
        repo::note_use(&self.db, grant, now, noted_before).await
    }
}

impl fmt::Display for Grant {
    /// `token 0123456789abcdef of nimbus`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {} of {}", self.token, self.store)
    }
}
