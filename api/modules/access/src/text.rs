//! A token's text: `vt_<id>_<secret>`, both hexadecimal.

use std::fmt;

use crate::Error;

const PREFIX: &str = "vt_";
/// 64 bits: enough that two ids never meet, short enough to read out.
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;
/// Keeps these hashes apart from hashes of the same bytes for another purpose.
const HASH_CONTEXT: &str = "vitrine 2026-11 access token secret";

/// What the owner of a token sends; it never shows its secret unless asked to.
pub struct TokenText {
    id: String,
    secret: String,
}

impl TokenText {
    /// A new one: 32 bytes that nobody can guess.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(Error::Random)?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        Ok(Self { id: hex(id), secret: hex(secret) })
    }

    /// Reads a text; `None` if it can't be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let well_formed = is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES);
        well_formed.then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The public part.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole text, to be shown to its owner once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }

    /// What is kept of the secret. The secret is random and long, so a fast hash is as good as a slow one.
    pub(crate) fn secret_hash(&self) -> String {
        self.hash().to_hex().to_string()
    }

    /// Whether a kept hash is that of this secret, in a time that does not depend on either.
    pub(crate) fn matches(&self, kept: &str) -> bool {
        // `blake3::Hash` compares in constant time.
        blake3::Hash::from_hex(kept).is_ok_and(|kept| kept == self.hash())
    }

    fn hash(&self) -> blake3::Hash {
        blake3::Hash::from_bytes(blake3::derive_key(HASH_CONTEXT, self.secret.as_bytes()))
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenText({PREFIX}{}_(hidden))", self.id)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_hex(text: &str, bytes: usize) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 2 * bytes && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_written() {
        let text = TokenText::random().unwrap();
        let written = text.reveal();
        assert_eq!(written.len(), 3 + 16 + 1 + 64);
        let read = TokenText::parse(&written).unwrap();
        assert_eq!((read.id(), read.reveal()), (text.id(), written));
        assert!(read.matches(&text.secret_hash()));
    }

    #[test]
    fn no_two_are_alike_and_none_opens_for_another() {
        let (one, other) = (TokenText::random().unwrap(), TokenText::random().unwrap());
        assert_ne!(one.id(), other.id());
        assert!(!one.matches(&other.secret_hash()));
        assert!(!one.matches("") && !one.matches(&"0".repeat(64)));
    }

    #[test]
    fn the_secret_shows_nowhere() {
        let text = TokenText::random().unwrap();
        let shown = format!("{text:?} {}", text.secret_hash());
        assert!(!shown.contains(&text.secret) && shown.contains(&text.id), "{shown}");
    }

    #[test]
    fn what_is_no_token_is_none() {
        let right = TokenText::random().unwrap().reveal();
        for wrong in [
            "",
            "vt_",
            "vt__",
            &right[..right.len() - 1],
            &format!("{right}0"),
            &format!("{right}_0"),
            &right.to_uppercase(),
            &right.replace("vt_", "tv_"),
            &format!("vt_{}_{}", "é".repeat(8), "0".repeat(64)),
        ] {
            assert!(TokenText::parse(wrong).is_none(), "{wrong}");
        }
    }
}
