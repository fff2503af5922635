//! Letters to an SMTP server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use crate::{Letter, MailError, Mailer, compose};

/// How the way to the server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte; usually port 465.
    Tls,
    /// TLS from `STARTTLS` on, without which nothing is sent; usually port 587.
    StartTls,
    /// Plain text, for a server on this machine.
    None,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// Its name, as in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way is kept private.
    pub security: Security,
    /// User and password, if it asks for them.
    pub login: Option<(String, SecretString)>,
    /// The name we introduce ourselves by, a domain.
    pub hello: String,
    /// How long a letter may take, from the call to the server's last word, ms.
    pub timeout_ms: u64,
}

impl SmtpConfig {
    /// RFC 5321 4.5.3.2 grants a server minutes; a worker has more letters to send, and tries again.
    pub const TIMEOUT_MS: u64 = 60_000;
}

/// An SMTP server.
///
/// Each letter has a connection of its own: in one that is used again after a letter took too long, the answer to that
/// letter would be read as the answer to the next.
#[derive(Clone, Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

impl Smtp {
    /// A server as it is set up; nothing is sent.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if a setting can't be used, or would send letters or a password in plain text to
    /// another machine.
    pub fn try_new(config: &SmtpConfig) -> Result<Self, MailError> {
        let name =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        for (field, text) in [("mail.host", &config.host), ("mail.hello", &config.hello)] {
            if text.is_empty() || !name(text) {
                return Err(MailError::invalid(field, "must be the name of a machine"));
            }
        }
        let tls = || {
            TlsParameters::new(config.host.clone())
                .map_err(|error| MailError::invalid("mail.host", error.to_string()))
        };
        let tls = match config.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::None if ["localhost", "127.0.0.1", "::1"].contains(&config.host.as_str()) => Tls::None,
            Security::None => {
                return Err(MailError::invalid(
                    "mail.security",
                    "must be tls or starttls for another machine",
                ));
            }
        };
        let timeout = Duration::from_millis(config.timeout_ms);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(timeout))
            .hello_name(ClientId::Domain(config.hello.clone()));
        if let Some((user, password)) = &config.login {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: builder.build(), timeout })
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let (envelope, bytes) = (compose::envelope(letter)?, compose::bytes(letter)?);
        // lettre's own limit is for reaching the server, not for what it says.
        let sending = self.transport.send_raw(&envelope, &bytes);
        match tokio::time::timeout(self.timeout, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(told(&error, letter.to.email().is_ascii())),
            Err(_) => Err(MailError::Transient(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }
}

/// What a failure means for the letter.
fn told(error: &SmtpError, plain_address: bool) -> MailError {
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        why.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let status = error.status().map(|code| code.to_string()).unwrap_or_default();
    if is_final(&status) || (error.is_client() && !plain_address) {
        MailError::Permanent(why)
    } else {
        MailError::Transient(why)
    }
}

/// Whether a reply is about the letter and for good.
///
/// That we are not let in (RFC 4954) is a matter of settings: letters wait until they are right.
fn is_final(status: &str) -> bool {
    status.starts_with('5') && !["530", "534", "535", "538"].contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, security: Security) -> SmtpConfig {
        let (host, hello) = (host.to_owned(), "shop.example".to_owned());
        let login = Some(("user".to_owned(), SecretString::from("very-secret".to_owned())));
        SmtpConfig { host, port: 25, security, login, hello, timeout_ms: 1_000 }
    }

    #[tokio::test]
    async fn plain_text_stays_on_this_machine() {
        assert!(Smtp::try_new(&config("127.0.0.1", Security::None)).is_ok());
        let refused = Smtp::try_new(&config("smtp.example", Security::None)).unwrap_err().to_string();
        assert_eq!(refused, "mail.security must be tls or starttls for another machine");
        for security in [Security::Tls, Security::StartTls] {
            let smtp = Smtp::try_new(&config("smtp.example", security)).unwrap();
            assert!(!format!("{smtp:?}").contains("very-secret"));
        }
        for host in ["", "a b", "a\r\nb"] {
            assert!(Smtp::try_new(&config(host, Security::Tls)).is_err(), "{host:?}");
        }
        assert!(!format!("{:?}", config("x", Security::Tls)).contains("very-secret"));
    }

    #[test]
    fn only_a_refusal_of_the_letter_is_final() {
        for status in ["550", "552", "553", "554", "500"] {
            assert!(is_final(status), "{status}");
        }
        for status in ["421", "450", "451", "452", "530", "535", ""] {
            assert!(!is_final(status), "{status}");
        }
    }
}
