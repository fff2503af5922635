//! Signatures of webhooks: `t=<unix seconds>,v1=<hex>`, HMAC-SHA256 over `<t>.<body>`.
//!
//! Source: <https://docs.stripe.com/webhooks#verify-manually>.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use vitrine_core::Timestamp;

use crate::{ProviderError, Webhook};

/// How far a signature's time may lie from ours, in either direction, ms; what Stripe's libraries allow.
pub(crate) const WINDOW_MS: i64 = 5 * 60 * 1_000;
/// Longest header that is looked at, bytes: a time and a handful of signatures.
const LONGEST_HEADER: usize = 1_024;

/// Checks a webhook's signature and time.
///
/// Within the window a copy passes: it carries the same event id, which counts once.
pub(crate) fn verify(secrets: &[SecretString], webhook: &Webhook<'_>) -> Result<(), ProviderError> {
    let header = webhook.signature.ok_or(ProviderError::Webhook("the signature is missing"))?;
    let wrong = ProviderError::Webhook("the signature does not fit the body");
    let Some((time, signatures)) = parse(header) else { return Err(wrong) };
    let fits = |secret: &SecretString| {
        let expected = || mac(secret, time, webhook.body);
        // `verify_slice` compares in constant time.
        signatures.iter().any(|found| expected().is_some_and(|mac| mac.verify_slice(found).is_ok()))
    };
    if !secrets.iter().any(fits) {
        return Err(wrong);
    }
    // Only who knows the secret learns how our clock stands.
    let seconds: i64 =
        time.parse().map_err(|_| ProviderError::Webhook("the signature's time is no number"))?;
    let age = webhook.now.ms().saturating_sub(seconds.saturating_mul(1_000));
    match (-WINDOW_MS..=WINDOW_MS).contains(&age) {
        true => Ok(()),
        false => Err(ProviderError::Webhook("the signature is too old, or of the future")),
    }
}

/// The header's value for a body.
pub(crate) fn sign(secret: &SecretString, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.ms().div_euclid(1_000).to_string();
    let mac = mac(secret, &seconds, body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    let digits: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digits}")
}

/// The time as it was signed, and all signatures of the scheme that is known.
fn parse(header: &str) -> Option<(&str, Vec<Vec<u8>>)> {
    if header.len() > LONGEST_HEADER {
        return None;
    }
    let (mut time, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", value) => time = Some(value),
            ("v1", value) => signatures.push(from_hex(value)?),
            _ => {}
        }
    }
    time.map(|time| (time, signatures))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? << 4) | digit(*pair.get(1)?)?)).collect()
}

fn mac(secret: &SecretString, time: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length.
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    fn check(secrets: &[SecretString], signature: &str, body: &[u8], now: Timestamp) -> Result<(), String> {
        let webhook = Webhook { signature: Some(signature), body, now };
        verify(secrets, &webhook).map_err(|error| error.to_string())
    }

    #[test]
    fn a_signature_made_elsewhere_is_right() {
        // printf '1764150000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let made = "t=1764150000,v1=6830b981bbe8f8738abc0cf4757dce54e4a87dd3cde8d853dae03b0b21703d49";
        assert_eq!(check(&[secret("whsec_test")], made, BODY, NOW), Ok(()));
        assert_eq!(sign(&secret("whsec_test"), NOW, BODY), made);
    }

    #[test]
    fn while_secrets_are_exchanged_either_signs() {
        let (old, new) = (secret("old"), secret("new"));
        let by_old = sign(&old, NOW, BODY);
        assert_eq!(check(&[new.clone(), old.clone()], &by_old, BODY, NOW), Ok(()));
        let by_both = format!("{by_old},{}", sign(&new, NOW, BODY).split_once(',').unwrap().1);
        assert_eq!(check(&[new], &by_both, BODY, NOW), Ok(()));
        assert!(check(&[], &by_old, BODY, NOW).is_err());
    }

    #[test]
    fn a_forged_one_is_refused() {
        let secrets = [secret("s")];
        let right = sign(&secrets[0], NOW, BODY);
        let wrong = "webhook: the signature does not fit the body";
        for forged in [
            sign(&secret("other"), NOW, BODY),
            right.replace("t=1764150000", "t=1764150001"),
            right.replace("v1=", "v0="),
            right[..right.len() - 2].to_owned(),
            format!("{right}0"),
            "t=1764150000".to_owned(),
            "t=1764150000,v1=".to_owned(),
            "nonsense".to_owned(),
            format!("{right},{}", "v0=a,".repeat(1_000)),
        ] {
            assert_eq!(check(&secrets, &forged, BODY, NOW), Err(wrong.to_owned()), "{forged:.80}");
        }
        assert!(check(&secrets, &right, b"{}", NOW).is_err());
        let unsigned = Webhook { signature: None, body: BODY, now: NOW };
        assert!(verify(&secrets, &unsigned).is_err());
    }

    #[test]
    fn an_old_one_is_refused() {
        let secrets = [secret("s")];
        let signed = sign(&secrets[0], NOW, BODY);
        for (later, right) in [(0, true), (WINDOW_MS, true), (WINDOW_MS + 1, false), (-WINDOW_MS - 1, false)]
        {
            assert_eq!(check(&secrets, &signed, BODY, NOW.plus_ms(later)).is_ok(), right, "{later}");
        }
    }
}
