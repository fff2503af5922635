//! What a payment provider can do.

use async_trait::async_trait;
use vitrine_core::{Money, StoreId, Timestamp};

use crate::{Attempt, Notice, Refund, RefundStatement, Statement};

/// A payment provider.
///
/// Everything is keyed by the attempt's or refund's id: the same call again has no further effect. No transaction is
/// open while a provider is called.
#[async_trait]
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// Its name, in rows and addresses: `stripe`.
    fn name(&self) -> &'static str;

    /// Whether money comes in by itself, and is captured by whoever sees it: a transfer.
    fn awaits_money(&self) -> bool {
        false
    }

    /// Makes the attempt known without moving money, and returns the provider's name for it, which is kept before
    /// any money can move; `None` where our id is name enough.
    async fn prepare(&self, _store: &StoreId, _attempt: &Attempt) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    /// Sets the money aside, or takes it, as the attempt says.
    async fn authorise(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError>;

    /// Takes money that is set aside.
    async fn capture(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        amount: Money,
    ) -> Result<Spoken, ProviderError>;

    /// Gives the attempt up for good: after `Cancelled` no call that is still on its way can move money. If the
    /// money has moved already, says so.
    async fn cancel(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError>;

    /// Pays back.
    async fn refund(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        refund: &Refund,
    ) -> Result<(RefundStatement, String), ProviderError>;

    /// How the attempt stands; moves nothing.
    async fn ask(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError>;

    /// Checks and reads a webhook; `None` if it is right and of no interest.
    ///
    /// # Errors
    /// [`ProviderError::Webhook`] if it is forged, too old or unreadable.
    fn read_webhook(&self, webhook: &Webhook<'_>) -> Result<Option<Notice>, ProviderError>;
}

/// A statement, and the provider's own words without secrets.
pub type Spoken = (Statement, String);

/// A webhook as it came.
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    /// Value of the header that the provider signs with ([`signature_header`]).
    pub signature: Option<&'a str>,
    /// The bytes that were signed.
    pub body: &'a [u8],
    /// The time now.
    pub now: Timestamp,
}

/// In which header a provider signs; lower case. `None` for one that sends no webhooks.
pub fn signature_header(provider: &str) -> Option<&'static str> {
    match provider {
        "stripe" => Some("stripe-signature"),
        "test" => Some("vitrine-test-signature"),
        _ => None,
    }
}

/// Why a provider did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It could not be reached: nothing was sent.
    #[error("{provider} can't be reached: {why}")]
    Unreachable {
        /// Its name.
        provider: &'static str,
        /// Why.
        why: String,
    },
    /// It was reached and said nothing that tells what happened.
    #[error("{provider} did not answer: {why}")]
    Silent {
        /// Its name.
        provider: &'static str,
        /// Why.
        why: String,
    },
    /// It refused the request itself: a mistake of ours, or of the settings.
    #[error("{provider} refused the request: {why}")]
    Refused {
        /// Its name.
        provider: &'static str,
        /// Its words.
        why: String,
    },
    /// It can't do this.
    #[error("{provider} can't {what}")]
    Unsupported {
        /// Its name.
        provider: &'static str,
        /// What was asked.
        what: &'static str,
    },
    /// A webhook that is not believed.
    #[error("webhook: {0}")]
    Webhook(&'static str),
}
