//! Puts the doors of buying together: carts, promotions, deliveries, payments and the checkout over them.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use vitrine_cart::Carts;
use vitrine_checkout::{Checkout, PaymentMethod, PaymentMethods};
use vitrine_core::{Clock, SystemClock};
use vitrine_delivery::Deliveries;
use vitrine_payment::{Capture, Offline, Payments, Provider, Stripe, StripeConfig, TestProvider};
use vitrine_promotion::Promotions;

use crate::config::{Config, PaymentsBy};
use crate::shop::Shop;

/// Ways of paying with a card, be it in a phone.
const CARDS: &[&str] = &["card", "apple_pay"];
/// Ways of paying with somebody else in between, which only the test provider does.
const WALLETS: &[&str] = &["paypal", "twint", "konbini"];
/// Ways of paying once the goods are there; a person says that the money is.
const ON_INVOICE: &[&str] = &["invoice", "cash_on_delivery"];
/// Ways of paying before the goods are sent.
const BY_TRANSFER: &[&str] = &["bank_transfer", "transfer", "prepayment"];
/// Bytes of a secret that nobody outside this process needs.
const SECRET_BYTES: usize = 32;

/// All that buying takes.
#[derive(Clone, Debug)]
pub(crate) struct Commerce {
    /// The checkout, with its carts.
    pub(crate) checkout: Checkout,
    /// The test provider, where it moves the money.
    pub(crate) test: Option<TestProvider>,
}

impl Commerce {
    /// Sets payments up as the settings say.
    ///
    /// # Errors
    /// When settings of payments are missing or contradict each other.
    pub(crate) fn open(config: &Config, shop: &Shop) -> Result<Self> {
        let (db, clock): (_, Arc<dyn Clock>) = (shop.db.clone(), Arc::new(SystemClock));
        let mut providers: Vec<Arc<dyn Provider>> =
            vec![Arc::new(Offline::BankTransfer), Arc::new(Offline::Invoice)];
        let mut test = None;
        match config.payments {
            PaymentsBy::Stripe => providers.push(Arc::new(stripe(config)?)),
            PaymentsBy::Test => {
                refuse_unused_keys(config)?;
                let provider = TestProvider::new(db.clone(), clock.clone(), secret()?.into());
                providers.push(Arc::new(provider.clone()));
                test = Some(provider);
            }
        }
        let promotions = Promotions::new(db.clone(), clock.clone());
        let deliveries = Deliveries::new(db.clone(), clock.clone());
        let carts = Carts::new(db.clone(), clock.clone(), promotions.clone(), deliveries.clone());
        let payments = Payments::new(db.clone(), clock.clone(), providers);
        let methods = methods(config.payments);
        let checkout = Checkout::new(db, clock, carts, promotions, deliveries, payments, methods);
        Ok(Self { checkout, test })
    }
}

fn stripe(config: &Config) -> Result<Stripe> {
    let Some(key) = &config.stripe_secret_key else {
        bail!("payments is \"stripe\", which needs VITRINE_STRIPE_SECRET_KEY");
    };
    let webhook_secrets = config.stripe_webhook_secrets.reveal();
    if webhook_secrets.is_empty() {
        bail!("payments is \"stripe\", which needs VITRINE_STRIPE_WEBHOOK_SECRETS");
    }
    let stripe = Stripe::try_new(StripeConfig {
        secret_key: key.reveal(),
        webhook_secrets,
        base_url: StripeConfig::BASE_URL.to_owned(),
        return_url: None,
        timeout_ms: StripeConfig::TIMEOUT_MS,
    });
    stripe.context("Stripe can't be set up")
}

/// Who sets keys of Stripe up means to be paid.
fn refuse_unused_keys(config: &Config) -> Result<()> {
    if config.stripe_secret_key.is_some() {
        bail!(
            "VITRINE_STRIPE_SECRET_KEY is set, but payments is \"test\", which takes nobody's money; set \
             payments = \"stripe\", or take the key away"
        );
    }
    Ok(())
}

/// Signs the test provider's webhooks, which leave and arrive in this process.
fn secret() -> Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Who takes what countries list in `payment_methods`; what is not named here is not offered.
fn methods(by: PaymentsBy) -> PaymentMethods {
    let now = |provider: &str| PaymentMethod {
        provider: provider.to_owned(),
        capture: Capture::Automatic,
        hold_ms: PaymentMethod::CARD_HOLD_MS,
    };
    let later = |offline: Offline, hold_ms| PaymentMethod {
        provider: offline.name().to_owned(),
        capture: Capture::Manual,
        hold_ms,
    };
    let online = match by {
        PaymentsBy::Test => [CARDS, WALLETS].concat().into_iter().map(|id| (id, now("test"))).collect(),
        PaymentsBy::Stripe => CARDS.iter().map(|id| (*id, now("stripe"))).collect::<Vec<_>>(),
    };
    let invoice = later(Offline::Invoice, PaymentMethod::CARD_HOLD_MS);
    let transfer = later(Offline::BankTransfer, PaymentMethod::TRANSFER_HOLD_MS);
    let offline = ON_INVOICE.iter().map(|id| (*id, invoice.clone()));
    let offline = offline.chain(BY_TRANSFER.iter().map(|id| (*id, transfer.clone())));
    online.into_iter().chain(offline).map(|(id, method)| (id.to_owned(), method)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::StripeKey;

    async fn open(config: &Config) -> Result<Commerce> {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { state: folder.path().to_owned(), ..config.clone() };
        let shop = Shop::open(&config).await.unwrap();
        Commerce::open(&config, &shop)
    }

    fn key() -> StripeKey {
        serde_json::from_str("\"sk_test_1\"").unwrap()
    }

    #[test]
    fn every_way_of_paying_that_the_shop_lists_is_set_up() {
        let countries = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/countries");
        let (tested, striped) = (methods(PaymentsBy::Test), methods(PaymentsBy::Stripe));
        let mut listed = BTreeSet::new();
        for entry in std::fs::read_dir(countries).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let table: toml::Table = text.parse().unwrap();
            let ids = table["payment_methods"].as_array().unwrap();
            listed.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
        }
        for id in &listed {
            assert!(tested.contains_key(id), "{id}");
        }
        let not_by_stripe: Vec<&str> =
            listed.iter().filter(|id| !striped.contains_key(*id)).map(String::as_str).collect();
        assert_eq!(not_by_stripe, ["konbini", "paypal", "twint"]);
    }

    #[test]
    fn money_that_comes_later_holds_goods_for_days_or_not_at_all() {
        let methods = methods(PaymentsBy::Stripe);
        let of = |id: &str| (methods[id].provider.as_str(), methods[id].capture, methods[id].hold_ms);
        assert_eq!(of("card"), ("stripe", Capture::Automatic, PaymentMethod::CARD_HOLD_MS));
        assert_eq!(of("invoice"), ("invoice", Capture::Manual, PaymentMethod::CARD_HOLD_MS));
        assert_eq!(of("bank_transfer"), ("bank_transfer", Capture::Manual, PaymentMethod::TRANSFER_HOLD_MS));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn stripe_needs_its_keys_and_they_need_stripe() {
        assert!(open(&Config::default()).await.unwrap().test.is_some());
        let keyless = Config { payments: PaymentsBy::Stripe, ..Config::default() };
        let said = open(&keyless).await.unwrap_err().to_string();
        assert!(said.contains("needs VITRINE_STRIPE_SECRET_KEY"), "{said}");
        let unsigned = Config { stripe_secret_key: Some(key()), ..keyless };
        let said = open(&unsigned).await.unwrap_err().to_string();
        assert!(said.contains("needs VITRINE_STRIPE_WEBHOOK_SECRETS"), "{said}");
        let stripe_webhook_secrets = serde_json::from_str("\"whsec_1\"").unwrap();
        let right = Config { stripe_webhook_secrets, ..unsigned };
        assert!(open(&right).await.unwrap().test.is_none());
        let unused = Config { payments: PaymentsBy::Test, ..right };
        let said = open(&unused).await.unwrap_err().to_string();
        assert!(said.contains("payments is \"test\"") && !said.contains("sk_test_1"), "{said}");
    }
}
