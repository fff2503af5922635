//! Payment without a call outside: by transfer, or on an invoice.

use async_trait::async_trait;
use vitrine_core::{Money, StoreId};
use vitrine_db::{Tx, sql};

use crate::send::{check_amount, no_capture, standing_of};
use crate::{
    Attempt, AttemptId, AttemptState, Error, Heard, Notice, Payments, Provider, ProviderError, Refund,
    RefundStanding, RefundStatement, Said, Source, Spoken, Standing, Statement, Webhook,
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

impl Payments {
    /// Hears from a person that the money of an attempt has arrived, all of it. Nobody is asked, so it may be within a
    /// transaction; it counts by [`apply_in`](Self::apply_in), as whatever is heard.
    ///
    /// # Errors
    /// [`Error::State`] if no money is waited for, [`Error::NotAll`], [`Error::Currency`], [`Error::Amount`],
    /// [`Error::UnknownAttempt`], or the database fails.
    pub async fn arrived_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        id: &AttemptId,
        amount: Money,
    ) -> Result<Heard, Error> {
        let attempt = Self::lock_in(tx, store, id).await?;
        check_amount(&attempt, amount)?;
        if !self.awaits_money(&attempt.provider) {
            return Err(Error::State { id: attempt.id, state: attempt.state, what: "paid by hand" });
        }
        if amount != attempt.amount {
            return Err(Error::NotAll { expected: attempt.amount, found: amount });
        }
        if attempt.state == AttemptState::Captured && attempt.captured == amount {
            let (statement, raw) = standing_of(&attempt);
            return Ok(Heard {
                attempt: attempt.id,
                source: Source::Answer,
                said: Said::Attempt(statement),
                raw,
            });
        }
        let query = sql("UPDATE payment_attempt SET capture_asked = $1 WHERE store = $2 AND id = $3 \
             AND state IN ('authorised', 'pending') AND (capture_asked IS NULL OR capture_asked = $1)"
            .to_owned());
        let query = query.bind(amount.minor()).bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
        if query.execute(&mut **tx).await?.rows_affected() == 0 {
            return Err(no_capture(attempt, amount));
        }
        let (statement, raw) = spoken(Standing::Captured(amount), "the money arrived");
        Ok(Heard { attempt: attempt.id, source: Source::Reply, said: Said::Attempt(statement), raw })
    }
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
