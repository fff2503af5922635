//! The rules of tokens, without I/O.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use vitrine_core::Timestamp;

use crate::Error;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Ask for countries to be published.
    Publish,
    /// See what became of webhook deliveries. Sending one takes a signature, no token.
    Webhook,
    /// See what is live, what runs and what waits.
    Status,
    /// Read `/metrics` from another machine.
    Metrics,
    /// See and change stock and the places where it is kept.
    Stock,
    /// See and set prices.
    Prices,
    /// See and change promotions and coupons.
    Promotions,
    /// See orders and who placed them; send, cancel, take back and pay back.
    Orders,
    /// See who did what.
    Audit,
}

impl Scope {
    /// Every scope, in order.
    pub const ALL: [Self; 9] = [
        Self::Publish,
        Self::Webhook,
        Self::Status,
        Self::Metrics,
        Self::Stock,
        Self::Prices,
        Self::Promotions,
        Self::Orders,
        Self::Audit,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Webhook => "webhook",
            Self::Status => "status",
            Self::Metrics => "metrics",
            Self::Stock => "stock",
            Self::Prices => "prices",
            Self::Promotions => "promotions",
            Self::Orders => "orders",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no scope (allowed: {})", Scopes::allowed(), word = .0)]
pub struct UnknownScope(pub String);

/// The scopes of a token: words with commas between, as `publish,status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Whether a scope is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Every scope there is, for messages.
    pub fn allowed() -> String {
        Scope::ALL.map(Scope::as_str).join(", ")
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words
            .map(|word| {
                let known = Scope::ALL.into_iter().find(|scope| scope.as_str() == word);
                known.ok_or_else(|| UnknownScope(word.to_owned()))
            })
            .collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.pad(&words.join(","))
    }
}

/// What a token is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What somebody will recognise it by: the program that uses it.
    pub name: String,
    /// What it is for.
    pub scopes: Scopes,
    /// How long it is valid, ms.
    pub life_ms: i64,
}

impl NewToken {
    /// Longest name, characters.
    pub const NAME_CHARS: usize = 100;
    /// Shortest life, ms: an hour.
    const SHORTEST: i64 = 3_600_000;
    /// Longest life, ms: a year. A token that never ends is one that nobody remembers.
    const LONGEST: i64 = 366 * 86_400_000;

    pub(crate) fn token(&self, id: &str, now: Timestamp) -> Result<Token, Error> {
        let name = self.name.trim();
        let length = name.chars().count();
        if !(1..=Self::NAME_CHARS).contains(&length) || name.chars().any(char::is_control) {
            return Err(Error::Name { found: length });
        }
        if self.scopes == Scopes::default() {
            return Err(Error::NoScope);
        }
        if !(Self::SHORTEST..=Self::LONGEST).contains(&self.life_ms) {
            return Err(Error::Life { seconds: self.life_ms / 1_000 });
        }
        Ok(Token {
            id: id.to_owned(),
            name: name.to_owned(),
            scopes: self.scopes.clone(),
            created_at: now,
            expires_at: now.plus_ms(self.life_ms),
            revoked_at: None,
            last_used_at: None,
        })
    }
}

/// What is known of a token; its secret isn't.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// The public part of its text.
    pub id: String,
    /// What somebody recognises it by.
    pub name: String,
    /// What it is for.
    pub scopes: Scopes,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
    /// Since when it opens nothing because somebody said so.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl Token {
    /// Whether it opens a scope at a time.
    pub(crate) fn allows(&self, scope: Scope, now: Timestamp) -> Result<(), Error> {
        if self.revoked_at.is_some() {
            return Err(Error::Invalid);
        }
        if now >= self.expires_at {
            return Err(Error::Expired);
        }
        if self.scopes.contains(scope) { Ok(()) } else { Err(Error::Scope(scope)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_000);
    const DAY: i64 = 86_400_000;

    fn new() -> NewToken {
        NewToken { name: "ci".into(), scopes: "publish,status".parse().unwrap(), life_ms: DAY }
    }

    #[test]
    fn scopes_are_words_with_commas() {
        let scopes: Scopes = " status, publish,,publish".parse().unwrap();
        assert_eq!(scopes.to_string(), "publish,status");
        assert!(scopes.contains(Scope::Status) && !scopes.contains(Scope::Webhook));
        let wrong = "publish,admin".parse::<Scopes>().unwrap_err();
        let allowed = "publish, webhook, status, metrics, stock, prices, promotions, orders, audit";
        assert_eq!(wrong.to_string(), format!("`admin` is no scope (allowed: {allowed})"));
        let all: Scopes = Scope::ALL.into_iter().collect();
        assert_eq!(all.to_string().parse(), Ok(all));
    }

    #[test]
    fn a_token_opens_its_scopes_until_it_ends() {
        let token = new().token("t", NOW).unwrap();
        let last = NOW.plus_ms(DAY - 1);
        assert!(token.allows(Scope::Publish, last).is_ok());
        assert!(matches!(token.allows(Scope::Publish, last.plus_ms(1)), Err(Error::Expired)));
        assert!(matches!(token.allows(Scope::Webhook, NOW), Err(Error::Scope(Scope::Webhook))));
        let revoked = Token { revoked_at: Some(NOW), ..token };
        assert!(matches!(revoked.allows(Scope::Publish, NOW), Err(Error::Invalid)));
    }

    #[test]
    fn a_token_without_name_scope_or_end_is_refused() {
        for name in ["", "  ", "a\nb", &"x".repeat(101)] {
            let named = NewToken { name: name.into(), ..new() };
            assert!(matches!(named.token("t", NOW), Err(Error::Name { .. })), "{name:?}");
        }
        let unscoped = NewToken { scopes: Scopes::default(), ..new() };
        assert!(matches!(unscoped.token("t", NOW), Err(Error::NoScope)));
        for life_ms in [i64::MIN, 0, 3_599_999, 366 * DAY + 1, i64::MAX] {
            let lived = NewToken { life_ms, ..new() };
            assert!(matches!(lived.token("t", NOW), Err(Error::Life { .. })), "{life_ms}");
        }
        assert!(NewToken { life_ms: 366 * DAY, ..new() }.token("t", NOW).is_ok());
    }
}
