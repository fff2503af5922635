//! What an order is called: an id for programs, a number for people, a link for the guest who placed it.

use std::fmt;

use serde::{Deserialize, Serialize};
use vitrine_core::{StoreId, typed_id};

use crate::Error;

typed_id!(
    /// Names an order among programs.
    OrderId, "order id"
);

/// Crockford's base 32: without `I`, `L`, `O` and `U`, which are misread.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a number, 5 bits each: two of a million orders meet once in a thousand shops.
const NUMBER_DIGITS: usize = 10;
/// Bytes of chance in an id, and in the secret of a link: 128 bits can't be guessed.
const BYTES: usize = 16;
/// Keeps these hashes apart from hashes of the same bytes for another purpose.
const HASH_CONTEXT: &str = "vitrine 2026-11 order access";

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new order's id.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_order_id() -> Result<OrderId, Error> {
    let text = format!("o{}", hex(&random::<BYTES>()?));
    OrderId::try_new(&text).map_err(|_| Error::Corrupt { table: "order_order", what: text })
}

/// What people call an order, `7K3F9-QXM2A`: not counted, so that nobody learns how much a shop sells and no two
/// orders wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct OrderNumber(String);

impl OrderNumber {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn random() -> Result<Self, Error> {
        let digit = |byte: &u8| char::from(DIGITS[usize::from(byte % 32)]);
        let digits: String = random::<NUMBER_DIGITS>()?.iter().map(digit).collect();
        let (first, second) = digits.split_at(NUMBER_DIGITS / 2);
        Ok(Self(format!("{first}-{second}")))
    }

    /// Reads what somebody typed: small letters, blanks and letters that are misread are forgiven. `None` if it can't
    /// be one.
    pub fn parse(text: &str) -> Option<Self> {
        let meant = |letter: char| match letter.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            letter => letter,
        };
        let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).map(meant).collect();
        let known = digits.bytes().all(|digit| DIGITS.contains(&digit));
        if digits.len() != NUMBER_DIGITS || !known {
            return None;
        }
        let (first, second) = digits.split_at(NUMBER_DIGITS / 2);
        Some(Self(format!("{first}-{second}")))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The secret in a guest's link to an order, 32 hexadecimal digits. Only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderAccess(String);

impl OrderAccess {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn random() -> Result<Self, Error> {
        Ok(Self(hex(&random::<BYTES>()?)))
    }

    /// Reads a text; `None` if it can't be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 2 * BYTES && is_hex).then(|| Self(text.to_owned()))
    }

    /// The text, for the guest.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub(crate) fn hash(&self, store: &StoreId) -> String {
        let mut hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
        hasher.update(store.as_str().as_bytes()).update(b"\0").update(self.0.as_bytes());
        hasher.finalize().to_hex().to_string()
    }
}

impl fmt::Debug for OrderAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderAccess(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_type_it() {
        let number = OrderNumber::random().unwrap();
        assert_eq!(OrderNumber::parse(number.as_str()), Some(number.clone()));
        assert_eq!(OrderNumber::parse(&number.as_str().to_lowercase().replace('-', " ")), Some(number));
        assert_eq!(OrderNumber::parse("lO1i0-00000").unwrap().as_str(), "10110-00000");
        for wrong in ["", "12345", "12345-6789", "12345-6789U", "12345-67890-1", "ÄÖ345-67890"] {
            assert_eq!(OrderNumber::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_link_is_not_shown_and_not_stored() {
        let access = OrderAccess::random().unwrap();
        assert_eq!(OrderAccess::parse(access.reveal()), Some(access.clone()));
        assert_eq!(format!("{access:?}"), "OrderAccess(..)");
        let hash = access.hash(&StoreId::try_new("one").unwrap());
        assert!(!hash.contains(access.reveal()));
        assert_ne!(hash, access.hash(&StoreId::try_new("two").unwrap()));
        assert_eq!(OrderAccess::parse("short"), None);
    }
}
