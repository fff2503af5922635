//! Addresses of mail.

use std::fmt;
use std::str::FromStr;

use crate::MailError;

/// Longest address, bytes, by RFC 5321 4.5.3.1.3: 256 with the angle brackets.
const EMAIL_BYTES: usize = 254;
/// Longest name, characters.
const NAME_CHARS: usize = 100;

/// An address with the name of who reads there.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    name: Option<String>,
    email: lettre::Address,
}

impl Address {
    /// Checks an address such as `ada@example.com`. The field is named in the error.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if it is none, or something is hidden in it.
    pub fn try_new(field: &'static str, email: &str) -> Result<Self, MailError> {
        if email.len() > EMAIL_BYTES {
            return Err(MailError::invalid(field, format!("must be at most {EMAIL_BYTES} bytes long")));
        }
        // Quoted local parts are lawful, nobody has one, and they may hold anything.
        let hides = |c: char| c.is_control() || c.is_whitespace() || "\"<>(),;:\\".contains(c);
        let email = if email.contains(hides) { None } else { lettre::Address::from_str(email).ok() };
        let email = email.ok_or_else(|| MailError::invalid(field, "must be a mail address"))?;
        Ok(Self { name: None, email })
    }

    /// The same with a name; an empty one is none.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if the name is too long or has control characters: a line break would begin a header.
    pub fn named(self, field: &'static str, name: &str) -> Result<Self, MailError> {
        let name = name.trim();
        let found = name.chars().count();
        if found > NAME_CHARS || name.chars().any(char::is_control) {
            let why = format!("must be at most {NAME_CHARS} characters long, without control characters");
            return Err(MailError::invalid(field, why));
        }
        Ok(Self { name: (found > 0).then(|| name.to_owned()), ..self })
    }

    /// The address without the name.
    pub fn email(&self) -> &str {
        self.email.as_ref()
    }

    /// What comes after the `@`.
    pub fn domain(&self) -> &str {
        self.email.domain()
    }

    pub(crate) fn mailbox(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.email.clone())
    }

    pub(crate) fn envelope(&self) -> lettre::Address {
        self.email.clone()
    }
}

impl fmt::Debug for Address {
    /// Addresses are of people: logs need not know them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address((hidden)@{})", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for right in ["ada@example.com", "a.b+shop@sub.example.co.uk", "ä@example.com", "a@bücher.example"]
        {
            assert_eq!(Address::try_new("to", right).unwrap().email(), right);
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for wrong in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a b@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com,eve@example.com",
            "Ada <ada@example.com>",
            "\"a\nb\"@example.com",
            &long,
        ] {
            let error = Address::try_new("to", wrong).unwrap_err().to_string();
            assert!(error.starts_with("to must be"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_name_hides_no_header() {
        let ada = Address::try_new("to", "ada@example.com").unwrap();
        for wrong in ["Ada\r\nBcc: eve@example.com", "A\0", &"x".repeat(101)] {
            assert!(ada.clone().named("name", wrong).is_err(), "{wrong}");
        }
        let named = ada.clone().named("name", " Ada, \"Countess\" <x> ").unwrap();
        assert_eq!(named.mailbox().to_string(), r#""Ada, \"Countess\" <x>" <ada@example.com>"#);
        assert_eq!(ada.clone().named("name", "  ").unwrap(), ada);
        assert_eq!(format!("{ada:?}"), "Address((hidden)@example.com)");
    }
}
