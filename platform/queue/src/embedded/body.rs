//! Bytes in a TEXT column: text as it is, so that an operator can read it, everything else as hex.

use std::fmt::Write;

/// Begins what is hex. JSON never begins like this.
const HEX: &str = "\\x";

/// Bytes as text without NUL, which PostgreSQL refuses.
pub(super) fn to_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with(HEX) && !text.contains('\0') => text.to_owned(),
        _ => bytes.iter().fold(HEX.to_owned(), |mut text, byte| {
            // Writing to a String never fails.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    }
}

/// The bytes of a text; what begins like hex and is none is taken as it stands.
pub(super) fn from_text(text: String) -> Vec<u8> {
    let bytes = text.strip_prefix(HEX).and_then(|hex| {
        let pairs = hex.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
    });
    bytes.unwrap_or_else(|| text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_readable_and_every_byte_comes_back() {
        assert_eq!(to_text(br#"{"v":1}"#), r#"{"v":1}"#);
        assert_eq!(to_text(b"a\0"), r"\x6100");
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [&b""[..], b"{}", b"\\x", b"\\x00", b"\\y", "ü".as_bytes(), &[0xff], &[0], &all] {
            let text = to_text(bytes);
            assert!(!text.contains('\0'));
            assert_eq!(from_text(text), bytes, "{bytes:?}");
        }
    }

    #[test]
    fn what_only_looks_like_hex_is_taken_as_it_stands() {
        assert_eq!(from_text("\\xzz".to_owned()), b"\\xzz");
        assert_eq!(from_text("\\xü".to_owned()), "\\xü".as_bytes());
    }
}
