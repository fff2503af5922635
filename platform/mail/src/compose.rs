//! A letter as bytes, by RFC 5322 and MIME. The same letter is always the same bytes.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, MultiPartKind, SinglePart};
use vitrine_core::ContentHash;

use crate::{Letter, MailError};

/// Keeps absence notes from answering, by RFC 3834.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// What a server is told.
pub(crate) fn envelope(letter: &Letter) -> Result<Envelope, MailError> {
    let envelope = Envelope::new(Some(letter.from.envelope()), vec![letter.to.envelope()]);
    envelope.map_err(|error| MailError::invalid("to", error.to_string()))
}

/// What a reader gets.
pub(crate) fn bytes(letter: &Letter) -> Result<Vec<u8>, MailError> {
    let since_epoch = Duration::from_millis(u64::try_from(letter.at.ms()).unwrap_or(0));
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}>", letter.id.as_str())))
        .date(UNIX_EPOCH + since_epoch)
        .from(letter.from.mailbox())
        .to(letter.to.mailbox())
        .subject(&letter.subject)
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    if let Some(reply_to) = &letter.reply_to {
        builder = builder.reply_to(reply_to.mailbox());
    }
    let text = SinglePart::plain(letter.text.clone());
    let message = match &letter.html {
        None => builder.singlepart(text),
        Some(html) => {
            let parts = MultiPart::builder().kind(MultiPartKind::Alternative).boundary(boundary(letter));
            builder.multipart(parts.singlepart(text).singlepart(SinglePart::html(html.clone())))
        }
    };
    let message = message.map_err(|error| MailError::invalid("letter", error.to_string()))?;
    Ok(message.formatted())
}

/// A line that stands in neither part, short of a broken hash.
fn boundary(letter: &Letter) -> String {
    let parts = [letter.id.as_str(), &letter.text, letter.html.as_deref().unwrap_or_default()];
    format!("=_{}", ContentHash::of(parts.join("\0").as_bytes()))
}

#[cfg(test)]
mod tests {
    use vitrine_core::Timestamp;

    use super::*;
    use crate::{Address, MessageId};

    fn letter(subject: &str, text: &str) -> Result<Letter, MailError> {
        let address = |field, text| Address::try_new(field, text).unwrap();
        let from = address("from", "shop@nimbus.example").named("from", "Nimbus Möbel").unwrap();
        let id = MessageId::try_new("3f2a@nimbus.example").unwrap();
        let at = Timestamp::from_ms(1_764_150_000_000);
        Letter::try_new(id, from, address("to", "ada@example.com"), subject, text, at)
    }

    fn written(letter: &Letter) -> String {
        String::from_utf8(bytes(letter).unwrap()).unwrap()
    }

    #[test]
    fn a_letter_of_text_has_its_headers() {
        let text = written(&letter("Bestellung 1001 — danke!", "Grüße\n").unwrap());
        for line in [
            "Message-ID: <3f2a@nimbus.example>\r\n",
            "Date: Wed, 26 Nov 2025 09:40:00 +0000\r\n",
            "To: ada@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "From: =?utf-8?b?TmltYnVzIE3DtmJlbA==?= <shop@nimbus.example>\r\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.is_ascii(), "{text}");
        assert!(!text.contains("Bcc") && !text.contains("Reply-To"));
    }

    #[test]
    fn text_and_html_are_alternatives_and_the_same_letter_is_the_same_bytes() {
        let whole = letter("Danke", "Hallo").unwrap().with_html("<p>Hallo</p>").unwrap();
        let whole = whole.reply_to(Address::try_new("reply_to", "hilfe@nimbus.example").unwrap());
        let text = written(&whole);
        assert_eq!(text, written(&whole));
        assert!(text.contains("multipart/alternative"), "{text}");
        assert!(text.contains("Reply-To: hilfe@nimbus.example\r\n"), "{text}");
        let (plain, html) = (text.find("text/plain").unwrap(), text.find("text/html").unwrap());
        assert!(plain < html, "the last is what a reader prefers");
        assert!(text.matches("--=_").count() >= 3, "{text}");
    }

    #[test]
    fn nothing_begins_a_header_of_its_own() {
        for wrong in ["", "a\r\nBcc: eve@example.com", "a\nb", "a\0", &"x".repeat(251)] {
            assert!(letter(wrong, "x").is_err(), "{wrong:?}");
        }
        assert!(letter("x", "").is_err() && letter("x", "a\0b").is_err());
        assert!(letter("x", "x").unwrap().with_html("").is_err());
        for wrong in
            ["", "a", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "a\r\n@b", &format!("{}@b", "a".repeat(200))]
        {
            assert!(MessageId::try_new(wrong).is_err(), "{wrong:?}");
        }
        // A body's lines are never headers or ends of mail.
        let text = written(&letter("x", "\r\n.\r\nBcc: eve@example.com\r\n").unwrap());
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("Bcc"), "{head}");
    }

    #[test]
    fn what_is_shown_of_a_letter_names_nobody() {
        let shown = format!("{:?}", letter("secret", "secret").unwrap());
        assert!(!shown.contains("secret") && !shown.contains("ada"), "{shown}");
    }
}
