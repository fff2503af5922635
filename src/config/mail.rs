//! Settings of mail.

use std::fmt;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};
use vitrine_mail::{Address, Security, Smtp, SmtpConfig};

/// Ports that servers have where none is named.
const TLS_PORT: u16 = 465;
const STARTTLS_PORT: u16 = 587;
const LOCAL_PORT: u16 = 25;
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The server that letters go to: `smtps://user:password@host:465` for TLS, `smtp://..` for STARTTLS, which is left out
/// for a server on this machine.
#[derive(Clone)]
pub(crate) struct MailUrl(SmtpConfig);

impl MailUrl {
    /// How the server is reached by somebody who calls himself so.
    pub(crate) fn reveal(&self, hello: &str) -> SmtpConfig {
        SmtpConfig { hello: hello.to_owned(), ..self.0.clone() }
    }

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?.trim_matches(['[', ']']).to_owned();
        let is_local = LOCAL.contains(&host.as_str());
        let (security, usual) = match url.scheme() {
            "smtps" => (Security::Tls, TLS_PORT),
            "smtp" if is_local => (Security::None, LOCAL_PORT),
            "smtp" => (Security::StartTls, STARTTLS_PORT),
            _ => return None,
        };
        let more = url.query().is_some() || url.fragment().is_some() || !["", "/"].contains(&url.path());
        let plain = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) => Some((plain(user)?, plain(password)?.into())),
            _ => return None,
        };
        let (port, hello) = (url.port().unwrap_or(usual), "localhost".to_owned());
        let config = SmtpConfig { host, port, security, login, hello, timeout_ms: SmtpConfig::TIMEOUT_MS };
        (!more && Smtp::try_new(&config).is_ok()).then_some(Self(config))
    }
}

impl PartialEq for MailUrl {
    fn eq(&self, other: &Self) -> bool {
        let facts = |config: &SmtpConfig| {
            let login = config.login.as_ref().map(|(user, password)| {
                (user.clone(), secrecy::ExposeSecret::expose_secret(password).to_owned())
            });
            (config.host.clone(), config.port, config.security, login)
        };
        facts(&self.0) == facts(&other.0)
    }
}

impl Eq for MailUrl {}

impl<'de> Deserialize<'de> for MailUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Nothing that was found is told: it may hold a password.
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("not such a value"))
    }
}

impl fmt::Debug for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The address that letters come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailFrom(pub(crate) Address);

impl<'de> Deserialize<'de> for MailFrom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Address::try_new("mail_from", &text).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_the_way_is_kept_private() {
        let of = |text: &str| {
            let config = MailUrl::parse(text).unwrap().reveal("shop.example");
            let user = config.login.map(|(user, _)| user);
            (config.host, config.port, config.security, user)
        };
        let host = || "mail.example".to_owned();
        assert_eq!(of("smtps://mail.example"), (host(), 465, Security::Tls, None));
        let login = Some("shop@example.com".to_owned());
        assert_eq!(
            of("smtp://shop%40example.com:p%3Aw@mail.example"),
            (host(), 587, Security::StartTls, login)
        );
        assert_eq!(of("smtp://127.0.0.1:2525"), ("127.0.0.1".to_owned(), 2525, Security::None, None));
        assert_eq!(of("smtp://localhost").1, 25);
        for wrong in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtps://user@mail.example",
            "smtps://mail.example/x",
            "smtps://mail.example?tls=none",
        ] {
            assert!(MailUrl::parse(wrong).is_none(), "{wrong}");
        }
        let url = MailUrl::parse("smtps://user:hunter2@mail.example").unwrap();
        assert!(!format!("{url:?} {:?}", url.reveal("x")).contains("hunter2"));
    }
}
