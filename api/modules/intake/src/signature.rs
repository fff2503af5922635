//! The signature of a webhook: `Vitrine-Signature: t=<unix seconds>,v1=<hex>`, HMAC-SHA256 over `<t>.<body>`.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use vitrine_core::{ContentHash, Timestamp};

use crate::Error;

/// The header's name.
pub const HEADER: &str = "vitrine-signature";
/// How far a signature's time may lie from ours, in either direction, ms.
pub(crate) const WINDOW_MS: i64 = 5 * 60 * 1_000;
/// Longest header that is looked at, bytes: a time and a handful of signatures.
const LONGEST_HEADER: usize = 1_024;
const MAC_BYTES: usize = 32;

type HmacSha256 = Hmac<Sha256>;

/// What a store's sender may sign with: the new secret and, while it is being exchanged, the old one.
#[derive(Clone, Debug)]
pub struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Secrets accepted at a time.
    pub const MOST: usize = 2;
    /// Shortest secret, bytes: 256 bits as hexadecimal digits are 64, as base64 43.
    pub const SHORTEST: usize = 32;

    /// One or two secrets of at least 32 bytes; `None` otherwise.
    pub fn try_new(secrets: Vec<String>) -> Option<Self> {
        let long = secrets.iter().all(|secret| secret.len() >= Self::SHORTEST);
        let few = (1..=Self::MOST).contains(&secrets.len());
        (long && few).then(|| Self(secrets.into_iter().map(SecretString::from).collect()))
    }
}

/// The header's value for a body, as a sender makes it.
pub fn sign(secret: &str, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.ms().div_euclid(1_000);
    let mac = mac(secret, seconds, body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    let digits: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digits}")
}

/// Checks a signature and its time.
///
/// Returns what the request is remembered by, and until when a copy of it would pass.
///
/// # Errors
/// [`Error::Unsigned`], [`Error::Signature`], [`Error::Outdated`].
pub(crate) fn verify(
    secrets: &Secrets,
    header: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(ContentHash, Timestamp), Error> {
    let header = header.ok_or(Error::Unsigned)?;
    let Signed { seconds, signatures } = Signed::parse(header).ok_or(Error::Signature)?;
    let fits = |secret: &SecretString| {
        signatures.iter().any(|signature| {
            // `verify_slice` compares in constant time.
            mac(secret.expose_secret(), seconds, body).is_some_and(|mac| mac.verify_slice(signature).is_ok())
        })
    };
    if !secrets.0.iter().any(fits) {
        return Err(Error::Signature);
    }
    // Only who knows the secret learns how our clock stands.
    let age_ms = now.ms().saturating_sub(seconds.saturating_mul(1_000));
    if !(-WINDOW_MS..=WINDOW_MS).contains(&age_ms) {
        return Err(Error::Outdated { age_s: age_ms / 1_000, allowed_s: WINDOW_MS / 1_000 });
    }
    // Of what was signed, not of the signature: of a request with two signatures a copy may carry the other one.
    let request = ContentHash::of(&signed_bytes(seconds, body));
    Ok((request, Timestamp::from_ms(seconds * 1_000).plus_ms(WINDOW_MS)))
}

fn mac(secret: &str, seconds: i64, body: &[u8]) -> Option<HmacSha256> {
    // HMAC takes keys of any length.
    let mut mac = HmacSha256::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(&signed_bytes(seconds, body));
    Some(mac)
}

fn signed_bytes(seconds: i64, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{seconds}.").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The parts of the header. Schemes other than `v1` are left for programs that know them.
struct Signed {
    seconds: i64,
    signatures: Vec<[u8; MAC_BYTES]>,
}

impl Signed {
    fn parse(header: &str) -> Option<Self> {
        if header.len() > LONGEST_HEADER {
            return None;
        }
        let (mut seconds, mut signatures) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", text) if seconds.is_none() => seconds = Some(whole_seconds(text)?),
                ("t", _) => return None,
                ("v1", text) => signatures.push(bytes(text)?),
                _ => {}
            }
        }
        Some(Self { seconds: seconds?, signatures })
    }
}

/// Digits only: `+1` and `01` would be further spellings of the same signed second.
fn whole_seconds(text: &str) -> Option<i64> {
    let plain = (1..=12).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0');
    plain.then(|| text.parse().ok())?
}

fn bytes(hex: &str) -> Option<[u8; MAC_BYTES]> {
    let digits = hex.as_bytes();
    if digits.len() != 2 * MAC_BYTES || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; MAC_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);

    fn secret(text: &str) -> String {
        text.repeat(32)
    }

    fn secrets(texts: &[&str]) -> Secrets {
        Secrets::try_new(texts.iter().map(|text| secret(text)).collect()).unwrap()
    }

    fn check(secrets: &Secrets, header: &str, body: &[u8]) -> Result<(ContentHash, Timestamp), Error> {
        verify(secrets, Some(header), body, NOW)
    }

    /// Made with `printf '1764150000.{"id":"a"}' | openssl dgst -sha256 -hmac "$(printf 'k%.0s' {1..32})"`.
    const KNOWN: &str = "t=1764150000,v1=55fcf55b9aa1aa882aaa3c9e8031019e91e1fa99c59fa60455276f9ffd90a85f";

    #[test]
    fn a_signature_is_what_other_programs_make() {
        assert_eq!(sign(&secret("k"), NOW, br#"{"id":"a"}"#), KNOWN);
        assert!(check(&secrets(&["k"]), KNOWN, br#"{"id":"a"}"#).is_ok());
    }

    #[test]
    fn while_secrets_are_exchanged_both_are_accepted() {
        let both = secrets(&["n", "o"]);
        for text in ["n", "o"] {
            assert!(check(&both, &sign(&secret(text), NOW, b"x"), b"x").is_ok(), "{text}");
        }
        assert!(matches!(
            check(&secrets(&["n"]), &sign(&secret("o"), NOW, b"x"), b"x"),
            Err(Error::Signature)
        ));
        assert!(Secrets::try_new(vec![]).is_none());
        assert!(Secrets::try_new(vec![secret("a"), secret("b"), secret("c")]).is_none());
        assert!(Secrets::try_new(vec!["short".to_owned()]).is_none());
    }

    #[test]
    fn anything_that_is_changed_breaks_it() {
        let (right, good) = (secrets(&["k"]), sign(&secret("k"), NOW, b"body"));
        let last = if good.ends_with('0') { "1" } else { "0" };
        let flipped = format!("{}{last}", &good[..good.len() - 1]);
        for header in
            [flipped.as_str(), &good.replace("t=1764150000", "t=1764150001"), &good[..good.len() - 2]]
        {
            assert!(matches!(check(&right, header, b"body"), Err(Error::Signature)), "{header}");
        }
        assert!(matches!(check(&right, &good, b"bodY"), Err(Error::Signature)));
        assert!(matches!(check(&right, &good, b""), Err(Error::Signature)));
        assert!(matches!(verify(&right, None, b"body", NOW), Err(Error::Unsigned)));
    }

    #[test]
    fn it_holds_for_five_minutes_in_either_direction() {
        let right = secrets(&["k"]);
        for (age_s, holds) in [(300, true), (301, false), (-300, true), (-301, false)] {
            let at = NOW.plus_ms(-age_s * 1_000);
            let checked = check(&right, &sign(&secret("k"), at, b"x"), b"x");
            assert_eq!(checked.is_ok(), holds, "{age_s} s: {checked:?}");
            if let Ok((_, until)) = checked {
                assert_eq!(until, at.plus_ms(WINDOW_MS));
            }
        }
        let forged = sign(&secret("o"), NOW.plus_ms(-1_000_000), b"x");
        assert!(
            matches!(check(&right, &forged, b"x"), Err(Error::Signature)),
            "tells a guesser nothing of time"
        );
    }

    #[test]
    fn a_copy_is_recognised_whichever_signature_it_carries() {
        let both = secrets(&["n", "o"]);
        let (new, old) = (sign(&secret("n"), NOW, b"x"), sign(&secret("o"), NOW, b"x"));
        let (_, old_mac) = old.split_once(',').unwrap();
        let request = check(&both, &format!("{new},{old_mac}"), b"x").unwrap().0;
        assert_eq!(check(&both, &new, b"x").unwrap().0, request);
        assert_eq!(
            check(&both, &old.to_uppercase().replace("T=", "t=").replace("V1=", "v1="), b"x").unwrap().0,
            request
        );
        assert_ne!(check(&both, &sign(&secret("n"), NOW, b"y"), b"y").unwrap().0, request);
    }

    #[test]
    fn what_can_not_be_read_is_no_signature() {
        let right = secrets(&["k"]);
        let good = sign(&secret("k"), NOW, b"x");
        let (time, mac) = good.split_once(',').unwrap();
        for header in [
            "",
            "t=",
            time,
            mac,
            &format!("{time},{time},{mac}"),
            &format!("t=+1764150000,{mac}"),
            &format!("t=01764150000,{mac}"),
            &format!("t=99999999999999999999,{mac}"),
            &format!("{good},nonsense"),
            &format!("{good},{}", "v0=x,".repeat(300)),
            &good.replace("v1", "v2"),
            &format!("{time},v1={}", "é".repeat(32)),
        ] {
            assert!(matches!(check(&right, header, b"x"), Err(Error::Signature)), "{header}");
        }
        assert!(check(&right, &format!("{time}, v0=old, {mac}"), b"x").is_ok());
    }
}
