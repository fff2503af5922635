//! Letters of a folder, read again for looking at.

use std::io;

use mail_parser::MessageParser;
use vitrine_core::Timestamp;

use crate::{Folder, MessageId};

/// A letter as a reader would show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Read {
    /// Whom it is to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub at: Timestamp,
    /// Its text.
    pub text: String,
    /// Its HTML, if it has any.
    pub html: Option<String>,
}

impl Folder {
    /// The letter of a name; `None` if there is none, or it is no letter.
    ///
    /// # Errors
    /// When the file can't be read.
    pub async fn read(&self, id: &MessageId) -> io::Result<Option<Read>> {
        match tokio::fs::read(self.file(id)).await {
            Ok(bytes) => Ok(read(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(bytes: &[u8]) -> Option<Read> {
    let message = MessageParser::default().parse(bytes)?;
    let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default();
    let seconds = message.date().map(mail_parser::DateTime::to_timestamp).unwrap_or_default();
    // What has no such part is made from the other: a letter of text alone has no HTML.
    let has_html = message.html_bodies().any(mail_parser::MessagePart::is_text_html);
    Some(Read {
        to: to.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        at: Timestamp::from_ms(seconds.saturating_mul(1_000)),
        // On its way a text gets an end of line that nobody wrote.
        text: message.body_text(0).unwrap_or_default().trim_end().to_owned(),
        html: message.body_html(0).filter(|_| has_html).map(std::borrow::Cow::into_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Letter, Mailer as _};

    #[tokio::test]
    async fn a_letter_reads_as_it_was_written() {
        let state = tempfile::tempdir().unwrap();
        let folder = Folder::new(state.path());
        let address = |text| Address::try_new("to", text).unwrap();
        let id = MessageId::try_new("one@x").unwrap();
        let at = Timestamp::from_ms(1_764_150_000_000);
        let subject = "طلبكم رقم ‎12345-67890‎ — Grüße";
        let plain = Letter::try_new(
            id.clone(),
            address("a@example.com"),
            address("b@example.com"),
            subject,
            "Hi",
            at,
        )
        .unwrap();
        folder.send(&plain).await.unwrap();
        let read = folder.read(&id).await.unwrap().unwrap();
        let told = (read.to.as_str(), read.subject.as_str(), read.at, read.text.as_str(), read.html);
        assert_eq!(told, ("b@example.com", subject, at, "Hi", None));
        let html = format!("<p>{}</p>", "ü".repeat(500));
        folder.send(&plain.with_html(html.clone()).unwrap()).await.unwrap();
        let read = folder.read(&id).await.unwrap().unwrap();
        assert_eq!((read.text.as_str(), read.html), ("Hi", Some(html)));
        let nobody = MessageId::try_new("two@x").unwrap();
        assert!(folder.read(&nobody).await.unwrap().is_none());
    }
}
