//! Content hashes: 128 bits of BLAKE3.

use std::io;

use serde::Serialize;
use thiserror::Error;

use crate::written_as_text;

const BYTES: usize = 16;
const SHORT_CHARS: usize = 10;

/// Why a content hash could not be made or read.
#[derive(Debug, Error)]
pub enum HashError {
    /// The text is not 32 lower-case hexadecimal digits.
    #[error("`{0}` is not a content hash (32 lower-case hexadecimal digits)")]
    NotHex(String),
    /// The value has no JSON form.
    #[error("the value to hash has no JSON form")]
    NotJson(#[from] serde_json::Error),
}

/// The first 128 bits of the BLAKE3 hash of some content.
///
/// 128 bits are enough against chance at any size a shop reaches, and half as long in a ledger row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; BYTES]);

impl ContentHash {
    /// The hash of bytes.
    pub fn of(content: &[u8]) -> Self {
        Self::truncated(blake3::hash(content))
    }

    /// The hash of a value's compact JSON.
    ///
    /// Fields hash in the order they are written in, so a type whose maps are ordered hashes the same
    /// everywhere. Fails when the value has no JSON form.
    pub fn of_json(value: &impl Serialize) -> Result<Self, HashError> {
        let mut hasher = blake3::Hasher::new();
        // Collected in blocks: serde_json writes a few bytes at a time, which BLAKE3 is slow at.
        let mut writer = io::BufWriter::with_capacity(4096, &mut hasher);
        serde_json::to_writer(&mut writer, value)?;
        drop(writer);
        Ok(Self::truncated(hasher.finalize()))
    }

    /// Reads 32 lower-case hexadecimal digits.
    pub fn parse_hex(hex: &str) -> Result<Self, HashError> {
        Self::try_new(hex)
    }

    /// The hash as 32 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]).collect()
    }

    /// The first 10 digits, as used in the URLs of assets.
    pub fn short(&self) -> String {
        let mut hex = self.hex();
        hex.truncate(SHORT_CHARS);
        hex
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    fn try_new(hex: &str) -> Result<Self, HashError> {
        let wrong = || HashError::NotHex(hex.to_owned());
        if hex.len() != 2 * BYTES {
            return Err(wrong());
        }
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let high = hex_value(pair[0]).ok_or_else(wrong)?;
            let low = hex_value(pair[1]).ok_or_else(wrong)?;
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }

    fn truncated(hash: blake3::Hash) -> Self {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&hash.as_bytes()[..BYTES]);
        Self(bytes)
    }
}

impl std::fmt::Display for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.hex())
    }
}

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContentHash({})", self.hex())
    }
}

written_as_text!(computed ContentHash, HashError);

fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 })
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Builds a content hash from parts.
///
/// The domain keeps equal parts of different purposes apart. Parts written with [`Hasher::field`] keep
/// their boundaries; bytes written with [`Hasher::update`] run together.
#[derive(Debug, Clone)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Starts a hash for one purpose, such as `page`.
    pub fn new(domain: &str) -> Self {
        let mut hasher = Self(blake3::Hasher::new());
        hasher.field(domain.as_bytes());
        hasher
    }

    /// Adds bytes as they are.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// Adds bytes preceded by their length.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.update(bytes)
    }

    /// Adds another hash.
    pub fn hash(&mut self, hash: &ContentHash) -> &mut Self {
        self.update(hash.as_bytes())
    }

    /// Adds an integer as eight bytes.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.update(&value.to_le_bytes())
    }

    /// The hash of everything added so far.
    pub fn finish(&self) -> ContentHash {
        ContentHash::truncated(self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // BLAKE3 of nothing, from its published test vectors.
    const OF_NOTHING: &str = "af1349b9f5f9a1a6a0404dea36dcc949";

    #[test]
    fn a_hash_is_the_first_half_of_blake3() {
        assert_eq!(ContentHash::of(b"").hex(), OF_NOTHING);
        assert_eq!(ContentHash::of(b"").short(), "af1349b9f5");
        assert_eq!(ContentHash::of(b"").to_string(), OF_NOTHING);
    }

    #[test]
    fn only_32_lower_case_digits_are_read() {
        assert_eq!(ContentHash::parse_hex(OF_NOTHING).unwrap(), ContentHash::of(b""));
        for wrong in ["", "af13", &OF_NOTHING.to_uppercase(), &format!("{OF_NOTHING}00"), &"é".repeat(16)] {
            assert!(ContentHash::parse_hex(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_hashes_as_its_json() {
        assert_eq!(ContentHash::of_json(&[1, 2]).unwrap(), ContentHash::of(b"[1,2]"));
        let long = "x".repeat(10_000);
        assert_eq!(ContentHash::of_json(&long).unwrap(), ContentHash::of(format!("\"{long}\"").as_bytes()));
        let keyed_by_lists = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(ContentHash::of_json(&keyed_by_lists), Err(HashError::NotJson(_))));
    }

    #[test]
    fn equal_parts_of_different_domains_differ() {
        let hash = |domain: &str| Hasher::new(domain).int(1).hash(&ContentHash::of(b"a")).finish();
        assert_eq!(hash("page"), hash("page"));
        assert_ne!(hash("page"), hash("card"));
    }

    #[test]
    fn a_hash_is_a_text_in_json() {
        let json = format!("\"{OF_NOTHING}\"");
        assert_eq!(serde_json::to_string(&ContentHash::of(b"")).unwrap(), json);
        assert_eq!(serde_json::from_str::<ContentHash>(&json).unwrap(), ContentHash::of(b""));
    }
}
