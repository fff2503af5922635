//! Stripe, by PaymentIntents.
//!
//! An attempt is one PaymentIntent. It is created first, which moves no money, and confirmed when its name is kept:
//! so an answer that is lost can always be asked for by name. Every call carries an idempotency key made of our ids.

mod client;
mod read;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;
use vitrine_core::{Money, StoreId};

use crate::{
    Attempt, Notice, Provider, ProviderError, Refund, RefundStatement, Spoken, Standing, Statement, Webhook,
    signature,
};
use client::{Client, Form};

/// Its name, in rows and addresses.
pub(crate) const NAME: &str = "stripe";

/// How Stripe is reached.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// `sk_..`
    pub secret_key: SecretString,
    /// `whsec_..`; two while one is exchanged for the other.
    pub webhook_secrets: Vec<SecretString>,
    /// `https://api.stripe.com`, or a stand-in on this machine.
    pub base_url: String,
    /// Where a bank sends the shopper back to after 3-D Secure, if it takes over the whole window.
    pub return_url: Option<String>,
    /// How long an answer may take, ms.
    pub timeout_ms: u64,
}

impl StripeConfig {
    /// Where Stripe is.
    pub const BASE_URL: &'static str = "https://api.stripe.com";
    /// Long enough for a slow bank, shorter than a shopper waits; Stripe's own libraries wait 80 s.
    pub const TIMEOUT_MS: u64 = 20_000;
}

/// Stripe.
#[derive(Clone, Debug)]
pub struct Stripe {
    client: Client,
    webhook_secrets: Vec<SecretString>,
    return_url: Option<String>,
}

impl Stripe {
    /// Stripe as it is set up; nothing is sent.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] if the key would travel in plain text to another machine, or is none.
    pub fn try_new(config: StripeConfig) -> Result<Self, ProviderError> {
        let client = Client::try_new(config.secret_key, &config.base_url, config.timeout_ms)?;
        Ok(Self { client, webhook_secrets: config.webhook_secrets, return_url: config.return_url })
    }

    /// Does something to a PaymentIntent; if Stripe will not have it, how it stands says why.
    async fn change(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        what: &'static str,
        form: Form,
    ) -> Result<Value, ProviderError> {
        let name = name(attempt)?;
        let key = key(store, attempt.id.as_str(), what);
        let path = format!("/v1/payment_intents/{name}/{what}");
        match self.client.post(&path, form, &key).await {
            // It was done before, or can't be done any more.
            Err(ProviderError::Refused { provider, why }) => {
                let intent = self.client.get(&format!("/v1/payment_intents/{name}")).await?;
                match read::standing(&intent, attempt.amount)? {
                    Standing::NotSeen => Err(ProviderError::Refused { provider, why }),
                    _ => Ok(intent),
                }
            }
            other => other,
        }
    }

    /// A refund that was made by an earlier call whose answer was lost; Stripe forgets keys after a day.
    async fn find_refund(&self, attempt: &Attempt, refund: &Refund) -> Result<Option<Value>, ProviderError> {
        let path = format!("/v1/refunds?payment_intent={}&limit=100", name(attempt)?);
        let list = self.client.get(&path).await?;
        let made = list["data"].as_array().into_iter().flatten();
        let ours = |made: &&Value| made["metadata"]["refund"].as_str() == Some(refund.id.as_str());
        Ok(made.into_iter().find(ours).cloned())
    }
}

#[async_trait]
impl Provider for Stripe {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn prepare(&self, store: &StoreId, attempt: &Attempt) -> Result<Option<String>, ProviderError> {
        let mut form = Form::default();
        form.push("amount", read::to_units(attempt.amount)?);
        form.push("currency", attempt.amount.currency().code().to_ascii_lowercase());
        form.push("payment_method", &attempt.token);
        form.push("payment_method_types[]", "card");
        form.push("capture_method", attempt.capture.as_str());
        form.push("metadata[store]", store);
        form.push("metadata[attempt]", &attempt.id);
        form.push("metadata[reference]", &attempt.reference);
        let key = key(store, attempt.id.as_str(), "create");
        let intent = self.client.post("/v1/payment_intents", form, &key).await?;
        let name = intent["id"].as_str().filter(|name| read::is_name(name));
        name.map(|name| Some(name.to_owned())).ok_or_else(|| read::unreadable("a PaymentIntent without id"))
    }

    async fn authorise(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        let mut form = Form::default();
        if let Some(url) = &self.return_url {
            form.push("return_url", url);
        }
        read::spoken(&self.change(store, attempt, "confirm", form).await?, attempt.amount)
    }

    async fn capture(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        amount: Money,
    ) -> Result<Spoken, ProviderError> {
        let mut form = Form::default();
        form.push("amount_to_capture", read::to_units(amount)?);
        let mut intent = self.change(store, attempt, "capture", form).await?;
        if !intent["error"].is_null() {
            // An authorisation that ran out fails like a card; how the PaymentIntent stands now is what counts.
            return self.ask(store, attempt).await;
        }
        // Where it is not said how much was taken, it is what was asked for.
        if intent["amount_received"].is_null() {
            intent["amount_received"] = read::to_units(amount)?.into();
        }
        read::spoken(&intent, attempt.amount)
    }

    async fn cancel(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        let intent = self.change(store, attempt, "cancel", Form::default()).await?;
        read::spoken(&intent, attempt.amount)
    }

    async fn refund(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        refund: &Refund,
    ) -> Result<(RefundStatement, String), ProviderError> {
        let before = if refund.tries > 0 { self.find_refund(attempt, refund).await? } else { None };
        let made = match before {
            Some(made) => made,
            None => {
                let mut form = Form::default();
                form.push("payment_intent", name(attempt)?);
                form.push("amount", read::to_units(refund.amount)?);
                form.push("metadata[refund]", &refund.id);
                form.push("metadata[attempt]", &attempt.id);
                self.client.post("/v1/refunds", form, &key(store, refund.id.as_str(), "refund")).await?
            }
        };
        Ok((read::refund(&made)?, client::without_secrets(made)))
    }

    async fn ask(&self, _: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        let intent = self.client.get(&format!("/v1/payment_intents/{}", name(attempt)?)).await?;
        read::spoken(&intent, attempt.amount)
    }

    fn read_webhook(&self, webhook: &Webhook<'_>) -> Result<Option<Notice>, ProviderError> {
        signature::verify(&self.webhook_secrets, webhook)?;
        read::event(webhook.body)
    }
}

fn name(attempt: &Attempt) -> Result<&str, ProviderError> {
    let name = attempt.provider_ref.as_deref().filter(|name| read::is_name(name));
    name.ok_or_else(|| read::unreadable("an attempt without PaymentIntent"))
}

/// Stripe's keys are at most 255 characters; ours are two ids and a word.
fn key(store: &StoreId, id: &str, what: &str) -> String {
    format!("{store}.{id}.{what}")
}

/// A statement of nothing but its standing and name.
pub(crate) fn named(standing: Standing, name: Option<&str>) -> Statement {
    Statement { standing, amount: None, provider_ref: name.map(ToOwned::to_owned) }
}
