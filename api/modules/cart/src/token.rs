//! A cart's name: whoever has it may see and change the cart, and nobody can guess it.

use std::fmt;

use vitrine_core::StoreId;

use crate::Error;

/// Bytes of chance in a token: 128 bits can't be guessed, and two are never equal.
const BYTES: usize = 16;
/// Keeps these hashes apart from hashes of the same bytes for another purpose.
const HASH_CONTEXT: &str = "vitrine 2026-11 cart token";

/// The secret name of a cart, 32 hexadecimal digits. Only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct CartToken(String);

impl CartToken {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(Error::Random)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Reads a text; `None` if it can't be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 2 * BYTES && is_hex).then(|| Self(text.to_owned()))
    }

    /// The text, for the shopper's cookie or header.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the cart is stored under.
    pub(crate) fn id(&self, store: &StoreId) -> CartId {
        let mut hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
        hasher.update(store.as_str().as_bytes()).update(b"\0").update(self.0.as_bytes());
        CartId(hasher.finalize().to_hex().to_string())
    }
}

impl fmt::Debug for CartToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CartToken(..)")
    }
}

/// What a cart is stored under, and known by to other modules: nobody gets from it to the cart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CartId(pub(crate) String);

impl CartId {
    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_never_shown() {
        let token = CartToken::random().unwrap();
        assert_eq!(CartToken::parse(token.reveal()), Some(token.clone()));
        assert_ne!(CartToken::random().unwrap(), token);
        assert_eq!(format!("{token:?}"), "CartToken(..)");
        for wrong in ["", "zz", &"g".repeat(32), &"A".repeat(32), &"a".repeat(33)] {
            assert_eq!(CartToken::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn stores_do_not_mix() {
        let token = CartToken::random().unwrap();
        let of = |store: &str| token.id(&StoreId::try_new(store).unwrap());
        assert_eq!(of("one"), of("one"));
        assert_ne!(of("one"), of("two"));
        assert!(!of("one").as_str().contains(token.reveal()));
    }
}
