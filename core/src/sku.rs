//! Stock-keeping units and the slugs of URLs.

use std::borrow::Cow;

use thiserror::Error;

use crate::{described_as_text, written_as_text};

const MAX_SKU: usize = 64;
const MAX_SLUG: usize = 120;

/// First path segments that belong to the shop itself and cannot be slugs.
pub const RESERVED_SLUGS: [&str; 10] =
    ["p", "c", "cart", "checkout", "orders", "search", "account", "api", "assets", "media"];

/// Why a text is not a SKU or a slug.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SkuError {
    /// Not a SKU.
    #[error("`{0}` is no SKU (1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit)")]
    NotASku(String),
    /// Not a slug.
    #[error("`{0}` is no slug (1 to 120 lower-case letters or digits, with single `-` between words)")]
    NotASlug(String),
    /// The slug is written with separate accents.
    #[error("`{0}` has accents written apart from their letters (write composed letters, NFC)")]
    NotComposed(String),
    /// The slug is a path of the shop itself.
    #[error("`{0}` is taken by the shop itself and cannot be a slug")]
    Reserved(String),
}

/// A stock-keeping unit: names one variant, everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sku(String);

impl Sku {
    /// Reads 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit.
    pub fn try_new(text: &str) -> Result<Self, SkuError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let begins_well = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
        if begins_well && text.len() <= MAX_SKU && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SkuError::NotASku(text.to_owned()))
        }
    }

    /// The SKU as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

written_as_text!(Sku, SkuError);
described_as_text!(Sku, "Names one variant.", "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "CLOUD-80");

/// One readable segment of a URL's path: lower-case words of any script joined by `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// Reads 1 to 120 characters: lower-case letters and digits of any script, single `-` between words.
    ///
    /// Accents must be composed with their letters (NFC), because two spellings that look the same would
    /// be two URLs. The names in [`RESERVED_SLUGS`] are refused.
    pub fn try_new(text: &str) -> Result<Self, SkuError> {
        if text.chars().any(is_loose_accent) {
            return Err(SkuError::NotComposed(text.to_owned()));
        }
        let words_are_whole = text.split('-').all(|word| !word.is_empty());
        let characters = text.chars().count();
        if !words_are_whole || characters > MAX_SLUG || !text.chars().all(|c| c == '-' || is_slug_letter(c)) {
            return Err(SkuError::NotASlug(text.to_owned()));
        }
        if RESERVED_SLUGS.contains(&text) {
            return Err(SkuError::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The slug as it stands in a URL: letters outside ASCII percent-encoded as UTF-8.
    pub fn path_encoded(&self) -> Cow<'_, str> {
        if self.0.is_ascii() {
            return Cow::Borrowed(&self.0);
        }
        let mut encoded = String::with_capacity(self.0.len() * 3);
        for byte in self.0.bytes() {
            if byte.is_ascii() {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                encoded.extend([hex_digit(byte >> 4), hex_digit(byte & 15)]);
            }
        }
        Cow::Owned(encoded)
    }
}

written_as_text!(Slug, SkuError);

fn is_slug_letter(c: char) -> bool {
    (c.is_alphanumeric() || is_joined_mark(c)) && c.to_lowercase().eq([c])
}

// Accents of Latin, Greek and Cyrillic, and of kana: all that a shop writes has a composed form.
fn is_loose_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}')
}

// Viramas, nuktas and tone marks: no letters by Unicode's classes, but no Hindi or Thai word does without.
fn is_joined_mark(c: char) -> bool {
    matches!(
        c,
        '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{a3c}' | '\u{a4d}' | '\u{abc}' | '\u{acd}'
            | '\u{b3c}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{cbc}' | '\u{ccd}' | '\u{d4d}' | '\u{dca}'
            | '\u{e47}'..='\u{e4e}' | '\u{ec8}'..='\u{ece}' | '\u{1039}' | '\u{103a}' | '\u{17d2}'
    )
}

fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_a_plain_code() {
        for sku in ["A", "NIM-90x200.m_1", "0815"] {
            assert_eq!(Sku::try_new(sku).unwrap().as_str(), sku);
        }
        for wrong in ["", "-A", ".", "A B", "Ä", "A/B", &"A".repeat(65)] {
            assert_eq!(Sku::try_new(wrong), Err(SkuError::NotASku(wrong.to_owned())));
        }
    }

    #[test]
    fn a_slug_may_be_of_any_script() {
        for slug in ["matratze", "kissen-2", "größe-90", "マットレス", "مرتبة-فاخرة", "गद्दे", "ที่นอน", "привет"]
        {
            assert_eq!(Slug::try_new(slug).unwrap().as_str(), slug);
        }
    }

    #[test]
    fn a_slug_that_would_break_a_path_is_refused() {
        for wrong in [
            "", "-a", "a-", "a--b", "A", "a/b", "a?b", "a#b", "a%b", "a b", "a\u{a0}b", "a\n", "a.b", "İ",
            "a_b",
        ] {
            assert_eq!(Slug::try_new(wrong), Err(SkuError::NotASlug(wrong.to_owned())), "{wrong:?}");
        }
        assert!(Slug::try_new(&"ä".repeat(120)).is_ok());
        assert!(Slug::try_new(&"a".repeat(121)).is_err());
    }

    #[test]
    fn accents_apart_from_their_letters_are_refused() {
        let apart = "gro\u{308}sse";
        assert_eq!(Slug::try_new(apart), Err(SkuError::NotComposed(apart.to_owned())));
    }

    #[test]
    fn paths_of_the_shop_are_no_slugs() {
        for reserved in RESERVED_SLUGS {
            assert_eq!(Slug::try_new(reserved), Err(SkuError::Reserved(reserved.to_owned())));
        }
        assert!(Slug::try_new("cart-2").is_ok());
    }

    #[test]
    fn letters_outside_ascii_are_encoded() {
        assert_eq!(Slug::try_new("größe-90").unwrap().path_encoded(), "gr%C3%B6%C3%9Fe-90");
        assert!(matches!(Slug::try_new("plain").unwrap().path_encoded(), Cow::Borrowed("plain")));
    }
}
