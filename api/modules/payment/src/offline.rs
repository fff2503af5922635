//! Payment without a call outside: by transfer, or on an invoice.

use async_trait::async_trait;
use vitrine_core::{Money, StoreId};

use crate::send::standing_of;
use crate::{
    Attempt, Notice, Provider, ProviderError, Refund, RefundStanding, RefundStatement, Spoken, Standing,
    Statement, Webhook,
};

/// Money that a person sees arriving, and says so by capturing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// The shopper transfers it first: the attempt is pending until the money is there.
    BankTransfer,
    /// The goods go first: the attempt is authorised at once, and captured when the money is there.
    Invoice,
}

fn spoken(standing: Standing, words: &str) -> Spoken {
    (Statement::of(standing), words.to_owned())
}

#[async_trait]
impl Provider for Offline {
    fn name(&self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::Invoice => "invoice",
        }
    }

    fn awaits_money(&self) -> bool {
        true
    }

    async fn authorise(&self, _: &StoreId, _: &Attempt) -> Result<Spoken, ProviderError> {
        Ok(match self {
            Self::BankTransfer => spoken(Standing::Pending, "waiting for the money"),
            Self::Invoice => spoken(Standing::Authorised, "on invoice"),
        })
    }

    async fn capture(&self, _: &StoreId, _: &Attempt, amount: Money) -> Result<Spoken, ProviderError> {
        Ok(spoken(Standing::Captured(amount), "the money arrived"))
    }

    async fn cancel(&self, _: &StoreId, _: &Attempt) -> Result<Spoken, ProviderError> {
        Ok(spoken(Standing::Cancelled, "given up"))
    }

    /// Somebody transfers it back by hand; that is what asking for the refund promises.
    async fn refund(
        &self,
        _: &StoreId,
        _: &Attempt,
        refund: &Refund,
    ) -> Result<(RefundStatement, String), ProviderError> {
        let (id, amount) = (refund.id.clone(), refund.amount);
        let statement =
            RefundStatement { id, amount, standing: RefundStanding::Succeeded, provider_ref: None };
        Ok((statement, "transferred back by hand".to_owned()))
    }

    async fn ask(&self, _: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        Ok(standing_of(attempt))
    }

    fn read_webhook(&self, _: &Webhook<'_>) -> Result<Option<Notice>, ProviderError> {
        Err(ProviderError::Webhook("this provider sends none"))
    }
}
