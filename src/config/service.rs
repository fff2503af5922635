//! Values of settings of the service: lists, and secrets that never show themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};
use vitrine_core::StoreId;
use vitrine_intake::Secrets;

/// Several values: a list in a file, a text with commas in a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed<T>(pub(crate) Vec<T>);

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Text(String),
    List(Vec<String>),
}

impl Words {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::List(words) => words,
            Self::Text(text) => {
                text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
            }
        }
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Words::deserialize(deserializer)?.into_vec();
        let read = |word: &String| word.parse().map_err(|_| de::Error::custom("not such a value"));
        words.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// Secrets that webhooks are signed with, by store: `store=secret`, of each store one or two.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct WebhookSecrets(BTreeMap<StoreId, Vec<String>>);

impl WebhookSecrets {
    /// The secrets, for checking signatures only.
    pub(crate) fn reveal(&self) -> BTreeMap<StoreId, Secrets> {
        let secrets = self.0.iter();
        secrets
            .filter_map(|(store, secrets)| Some((store.clone(), Secrets::try_new(secrets.clone())?)))
            .collect()
    }
}

impl<'de> Deserialize<'de> for WebhookSecrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Nothing that was found is told: it may be a secret.
        let wrong = || de::Error::custom("not such a value");
        let mut secrets = BTreeMap::<StoreId, Vec<String>>::new();
        for word in Words::deserialize(deserializer).map_err(|_: D::Error| wrong())?.into_vec() {
            let (store, secret) = word.split_once('=').ok_or_else(wrong)?;
            let store = StoreId::try_new(store.trim()).map_err(|_| wrong())?;
            secrets.entry(store).or_default().push(secret.trim().to_owned());
        }
        if secrets.values().any(|secrets| Secrets::try_new(secrets.clone()).is_none()) {
            return Err(wrong());
        }
        Ok(Self(secrets))
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(hidden, of {} stores)", self.0.len())
    }
}

/// Who moves the money of cards and wallets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PaymentsBy {
    /// The test provider: nobody's money.
    Test,
    /// Stripe.
    Stripe,
}

/// Begins as Stripe's secret keys do, and no publishable one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StripeKey(String);

impl StripeKey {
    /// The key, for calling Stripe only.
    pub(crate) fn reveal(&self) -> SecretString {
        self.0.clone().into()
    }
}

impl<'de> Deserialize<'de> for StripeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        let is_right = ["sk_", "rk_"].iter().any(|start| key.starts_with(start))
            && key.chars().all(|c| c.is_ascii_graphic());
        if is_right { Ok(Self(key)) } else { Err(de::Error::custom("not such a value")) }
    }
}

impl fmt::Debug for StripeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// What Stripe signs webhooks with; two while one is exchanged for the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct StripeWebhookSecrets(Vec<String>);

impl StripeWebhookSecrets {
    /// The secrets, for checking signatures only.
    pub(crate) fn reveal(&self) -> Vec<SecretString> {
        self.0.iter().cloned().map(Into::into).collect()
    }
}

impl<'de> Deserialize<'de> for StripeWebhookSecrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Nothing that was found is told: it may be a secret.
        let wrong = || de::Error::custom("not such a value");
        let secrets = Words::deserialize(deserializer).map_err(|_: D::Error| wrong())?.into_vec();
        let is_right = secrets.len() <= 2 && secrets.iter().all(|secret| secret.starts_with("whsec_"));
        if is_right { Ok(Self(secrets)) } else { Err(wrong()) }
    }
}

impl fmt::Debug for StripeWebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(hidden, {} of them)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};
    use vitrine_intake::Network;

    use super::*;

    #[test]
    fn several_values_are_a_list_or_a_text_with_commas() {
        let expected = Listed(vec!["10.0.0.0/8".parse::<Network>().unwrap(), "::1".parse().unwrap()]);
        assert_eq!(from_value::<Listed<Network>>(json!("10.0.0.0/8, ::1")).unwrap(), expected);
        assert_eq!(from_value::<Listed<Network>>(json!(["10.0.0.0/8", "::1"])).unwrap(), expected);
        assert_eq!(from_value::<Listed<Network>>(json!("")).unwrap(), Listed::default());
        assert!(from_value::<Listed<Network>>(json!("10.0.0.0/8,home")).is_err());
    }

    #[test]
    fn a_store_has_one_or_two_long_secrets() {
        let (new, old, more) = ("n".repeat(32), "o".repeat(32), "m".repeat(32));
        let read = |text: String| from_value::<WebhookSecrets>(json!(text));
        let secrets = read(format!("nimbus={new},nimbus={old},other={new}")).unwrap();
        assert_eq!(secrets.reveal().len(), 2);
        assert!(read(String::new()).unwrap().reveal().is_empty());
        for wrong in [
            new.clone(),
            "nimbus=short".to_owned(),
            format!("Nim bus={new}"),
            format!("nimbus={new},nimbus={old},nimbus={more}"),
        ] {
            let told = read(wrong.clone()).unwrap_err().to_string();
            assert!(!told.contains(&new) && !told.contains("short"), "{wrong}: {told}");
        }
        assert!(!format!("{secrets:?}").contains(&new), "{secrets:?}");
    }
}
