//! A letter, checked: what exists can be sent.

use std::fmt;

use vitrine_core::Timestamp;

use crate::{Address, MailError};

/// Longest subject, characters.
const SUBJECT_CHARS: usize = 250;
/// Longest body, bytes; servers take some 10 MB and more.
const BODY_BYTES: usize = 2 << 20;
/// Longest Message-ID, bytes: it must fit into a line.
const ID_BYTES: usize = 200;

/// The name of a letter, as `3f2a@shop.example`; a server or reader that gets it twice can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// Checks `left@right`, both of letters, digits, `.`, `_` and `-`.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if it is none.
    pub fn try_new(text: &str) -> Result<Self, MailError> {
        let word = |text: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !text.is_empty() && text.bytes().all(allowed)
        };
        let fits = text.split_once('@').is_some_and(|(left, right)| word(left) && word(right));
        match fits && text.len() <= ID_BYTES {
            true => Ok(Self(text.to_owned())),
            false => Err(MailError::invalid("message_id", "must be left@right of A-Z a-z 0-9 . _ -")),
        }
    }

    /// As it is given, without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A letter to one recipient.
#[derive(Clone)]
pub struct Letter {
    pub(crate) id: MessageId,
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) reply_to: Option<Address>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) at: Timestamp,
}

impl Letter {
    /// A letter of plain text.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if the subject is empty, too long or has control characters, or the text is empty or
    /// too long.
    pub fn try_new(
        id: MessageId,
        from: Address,
        to: Address,
        subject: &str,
        text: impl Into<String>,
        at: Timestamp,
    ) -> Result<Self, MailError> {
        let length = subject.chars().count();
        if !(1..=SUBJECT_CHARS).contains(&length) || subject.chars().any(char::is_control) {
            let why = format!("must be 1 to {SUBJECT_CHARS} characters long, without control characters");
            return Err(MailError::invalid("subject", why));
        }
        let text = checked("text", text.into())?;
        Ok(Self { id, from, to, reply_to: None, subject: subject.to_owned(), text, html: None, at })
    }

    /// The same with an HTML form of the same words.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if it is empty or too long.
    pub fn with_html(self, html: impl Into<String>) -> Result<Self, MailError> {
        Ok(Self { html: Some(checked("html", html.into())?), ..self })
    }

    /// The same, answered to another address.
    #[must_use]
    pub fn reply_to(self, address: Address) -> Self {
        Self { reply_to: Some(address), ..self }
    }

    /// Its name.
    pub fn id(&self) -> &MessageId {
        &self.id
    }
}

fn checked(field: &'static str, body: String) -> Result<String, MailError> {
    match (1..=BODY_BYTES).contains(&body.len()) && !body.contains('\0') {
        true => Ok(body),
        false => Err(MailError::invalid(field, format!("must be 1 to {BODY_BYTES} bytes long, without NUL"))),
    }
}

impl fmt::Debug for Letter {
    /// What it says and to whom is not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("id", &self.id.0).field("to", &self.to).finish_non_exhaustive()
    }
}
