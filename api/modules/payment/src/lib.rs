//! Payments: attempts, what providers say of them, refunds and disputes.
//!
//! Owns the tables `payment_*`. Must not know: orders and carts; an attempt is for whatever its opaque reference
//! names.
//!
//! **How a payment runs.** [`Payments::begin_in`] writes the attempt in the caller's transaction, before anything is
//! sent. [`Payments::authorise`] marks it as sent, lets the provider know it by name, and then asks for the money; no
//! transaction is open meanwhile. ([`Payments::begin_sent_in`] and [`Payments::send`] do the same with a commit less.) Whatever a provider says (a reply, a webhook, an answer to [`Payments::ask`]) is
//! the same kind of thing, a [`Heard`], and counts only by [`Payments::apply_in`], in the transaction that draws the
//! consequences. So shop, webhook and recovery may come together, twice or in any order: one of them moves the state.
//!
//! **Silence** is [`AttemptState::Unknown`]: ask, never assume. A provider that has not seen an attempt may see it in
//! a moment, so giving up means [`Payments::cancel`], after which no message that is still on its way can move money.
//!
//! **Money that moved is believed in every state**, also for an attempt that was given up: the caller sees
//! [`Outcome::Moved`] from a dead state and pays back.
//!
//! **Sums** are held by conditional statements: what is captured never exceeds the amount, what is refunded or on its
//! way back never exceeds what is captured.
//!
//! Order of locks: the provider's event, then the attempt, then the refund. Call `apply_in` first in a transaction.

mod apply;
mod attempts;
mod audit;
mod domain;
mod error;
mod heard;
mod offline;
mod provider;
mod refunds;
mod repo;
mod send;
mod signature;
mod stripe;
mod test_provider;

use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_core::Clock;
use vitrine_db::Db;

pub use apply::{Applied, Outcome, PaymentHappened};
pub use audit::{Discrepancy, Record};
pub use domain::{
    Action, Attempt, AttemptId, AttemptState, Capture, Failure, FailureCode, NewAttempt, NewRefund, Refund,
    RefundId, RefundState,
};
pub use error::Error;
pub use heard::{
    Dispute, Heard, Named, Notice, RefundStanding, RefundStatement, Said, Source, Standing, Statement,
};
pub use offline::Offline;
pub use provider::{Provider, ProviderError, Spoken, Webhook, signature_header};
pub use stripe::{Stripe, StripeConfig};
pub use test_provider::{TestAccount, TestOutcome, TestProvider, TestWebhook};
pub use vitrine_core::Write;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "payment",
    steps: &[
        ("1-tables", include_str!("../migrations/1-tables.sql")),
        ("2-test-provider", include_str!("../migrations/2-test-provider.sql")),
    ],
};

/// The module's door. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Payments {
    db: Db,
    clock: Arc<dyn Clock>,
    providers: Arc<BTreeMap<&'static str, Arc<dyn Provider>>>,
}

impl Payments {
    /// A door with the providers that are set up; of two with one name the last counts.
    pub fn new(db: Db, clock: Arc<dyn Clock>, providers: Vec<Arc<dyn Provider>>) -> Self {
        let providers = providers.into_iter().map(|provider| (provider.name(), provider)).collect();
        Self { db, clock, providers: Arc::new(providers) }
    }

    /// Names of the providers that are set up.
    pub fn providers(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.providers.keys().copied()
    }

    /// Whether people note that a provider's money arrived; nobody asks it.
    pub fn awaits_money(&self, provider: &str) -> bool {
        self.providers.get(provider).is_some_and(|provider| provider.awaits_money())
    }

    fn provider(&self, name: &str) -> Result<&Arc<dyn Provider>, Error> {
        self.providers.get(name).ok_or_else(|| Error::NoProvider(name.to_owned()))
    }
}
