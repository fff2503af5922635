//! Mail: letters as they are sent, and who has sent which.
//!
//! Owns the table `mail_delivery`. Must not know: templates, orders, and what a letter is about.
//!
//! A [`Letter`] goes out through a [`Mailer`]: [`Smtp`] in production, a [`Folder`] of `.eml` files otherwise.
//! [`Deliveries`] makes sure that a letter about an event goes to a recipient once: it is owed from the transaction on
//! that the event is handled in, claimed, sent with a Message-ID that is always the same, and marked. Only a crash between the server's 250 and the commit of the mark,
//! or a 250 that comes too late or never, repeats one, and then both copies have that Message-ID.

mod address;
mod compose;
mod deliveries;
mod error;
mod folder;
mod given_up;
mod letter;
mod read;
mod smtp;

use async_trait::async_trait;

pub use address::Address;
pub use deliveries::{Claim, Deliveries, Delivery, Failed, Pending};
pub use error::MailError;
pub use folder::Folder;
pub use letter::{Letter, MessageId};
pub use read::Read;
pub use smtp::{Security, Smtp, SmtpConfig};

/// The crate's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "mail",
    steps: &[
        ("1-tables", include_str!("../migrations/1-tables.sql")),
        ("2-owed", include_str!("../migrations/2-owed.sql")),
        ("3-dead", include_str!("../migrations/3-dead.sql")),
    ],
};

/// Sends letters.
#[async_trait]
pub trait Mailer: Send + Sync + std::fmt::Debug {
    /// Sends a letter; when it returns, the server has taken it.
    ///
    /// # Errors
    /// [`MailError::Transient`] where a later try may do; [`MailError::Permanent`] where none will.
    async fn send(&self, letter: &Letter) -> Result<(), MailError>;
}
