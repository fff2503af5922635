//! A provider for tests and for trying out: what happens is named by the payment's token.
//!
//! It keeps books of its own (`payment_test_*`), in transactions of its own, as a provider on another machine would:
//! so a test can hold both sides against each other after any crash. A power failure may take the last of these
//! transactions, and with it all later ones of ours: then neither side knows of the money.

mod repo;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use vitrine_core::{Clock, Money, StoreId, Timestamp};
use vitrine_db::{Db, DbError};

use crate::{
    Action, Attempt, AttemptId, Capture, Failure, FailureCode, Notice, Provider, ProviderError, Refund,
    RefundStanding, RefundStatement, Spoken, Standing, Statement, Webhook, signature,
};
use repo::Account;

pub use repo::TestAccount;
pub use webhooks::TestWebhook;

pub(crate) const NAME: &str = "test";
/// How long a late webhook takes, ms.
const LATE_MS: i64 = 5_000;

/// What happens to a payment; its word is the payment's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The money moves.
    Approve,
    /// The bank refuses.
    Decline,
    /// The shopper must be recognised first ([`TestProvider::authenticate`]).
    ThreeDSecure,
    /// The first message gets lost on its way there: nothing happens, nothing is said.
    TimeoutBeforeMoney,
    /// The money moves, and the first answer gets lost.
    TimeoutAfterMoney,
    /// The money moves, the answer is 'pending', and the webhook comes 5 s later.
    WebhookLate,
    /// The money moves, and its webhook comes twice.
    WebhookDuplicate,
    /// The money moves, the answer is 'pending', and a webhook about that comes after the one about the money.
    WebhookOutOfOrder,
    /// The money moves; of a refund the first answer gets lost.
    RefundTimeout,
}

impl TestOutcome {
    /// Every outcome.
    pub const ALL: [Self; 9] = [
        Self::Approve,
        Self::Decline,
        Self::ThreeDSecure,
        Self::TimeoutBeforeMoney,
        Self::TimeoutAfterMoney,
        Self::WebhookLate,
        Self::WebhookDuplicate,
        Self::WebhookOutOfOrder,
        Self::RefundTimeout,
    ];

    /// The token that asks for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::ThreeDSecure => "three_d_secure",
            Self::TimeoutBeforeMoney => "timeout_before_money",
            Self::TimeoutAfterMoney => "timeout_after_money",
            Self::WebhookLate => "webhook_late",
            Self::WebhookDuplicate => "webhook_duplicate",
            Self::WebhookOutOfOrder => "webhook_out_of_order",
            Self::RefundTimeout => "refund_timeout",
        }
    }

    pub(crate) fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == token)
    }
}

/// The test provider. Never for real shops: it takes nobody's money.
#[derive(Clone, Debug)]
pub struct TestProvider {
    db: Db,
    clock: Arc<dyn Clock>,
    secret: SecretString,
}

impl TestProvider {
    /// A provider that keeps its books in a database and signs its webhooks with a secret.
    pub fn new(db: Db, clock: Arc<dyn Clock>, secret: SecretString) -> Self {
        Self { db, clock, secret }
    }

    /// The shopper is recognised, or is not. `false` if nobody waits for that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn authenticate(
        &self,
        store: &StoreId,
        attempt: &AttemptId,
        recognised: bool,
    ) -> Result<bool, DbError> {
        let mut tx = self.db.begin_soft().await?;
        let Some(account) = repo::lock_in(&mut tx, store, attempt).await? else { return Ok(false) };
        if account.state != "requires_action" {
            return Ok(false);
        }
        let account = if recognised { account.with_money() } else { account.with_state("not_recognised") };
        repo::put_in(&mut tx, store, &account).await?;
        webhooks::queue_in(&mut tx, store, &account, account.state, self.clock.now(), 1).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The provider's books of an attempt; `None` if it never saw it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(
        &self,
        store: &StoreId,
        attempt: &AttemptId,
    ) -> Result<Option<TestAccount>, DbError> {
        Ok(self.accounts(store).await?.into_iter().find(|account| account.attempt == *attempt))
    }

    /// The provider's books of a store, by attempt.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self, store: &StoreId) -> Result<Vec<TestAccount>, DbError> {
        repo::all(&self.db, store).await
    }

    /// Forgets the books of attempts that came to an end before a time, of any store, at most so many; returns how
    /// many. Nothing of these can be taken or paid back any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, DbError> {
        repo::prune(db, before, limit).await
    }

    async fn authorise_in_books(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        outcome: TestOutcome,
    ) -> Result<Account, DbError> {
        use TestOutcome::{Decline, ThreeDSecure, WebhookDuplicate, WebhookLate, WebhookOutOfOrder};
        let now = self.clock.now();
        let new = Account::new(attempt);
        let new = match outcome {
            Decline => new.with_state("declined"),
            ThreeDSecure => new.with_state("requires_action"),
            _ => new.with_money(),
        };
        let mut tx = self.db.begin_soft().await?;
        let account = repo::open_in(&mut tx, store, &new, outcome.as_str()).await?;
        if account.calls > 1 {
            tx.commit().await?;
            return Ok(account);
        }
        let due = if outcome == WebhookLate { now.plus_ms(LATE_MS) } else { now };
        let copies = if outcome == WebhookDuplicate { 2 } else { 1 };
        webhooks::queue_in(&mut tx, store, &account, account.state, due, copies).await?;
        if outcome == WebhookOutOfOrder {
            webhooks::queue_in(&mut tx, store, &account, "processing", now, 1).await?;
        }
        tx.commit().await?;
        Ok(account)
    }

    /// Changes the books of an attempt that is there.
    async fn change(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        change: impl Fn(Account) -> Option<Account> + Send,
    ) -> Result<Option<Account>, DbError> {
        let mut tx = self.db.begin_soft().await?;
        let Some(account) = repo::lock_in(&mut tx, store, &attempt.id).await? else { return Ok(None) };
        let state = account.state;
        let Some(changed) = change(account) else { return Ok(None) };
        repo::put_in(&mut tx, store, &changed).await?;
        if changed.state != state {
            let due = self.clock.now();
            webhooks::queue_in(&mut tx, store, &changed, changed.state, due, 1).await?;
        }
        tx.commit().await?;
        Ok(Some(changed))
    }
}

#[async_trait]
impl Provider for TestProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn authorise(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        use TestOutcome::{TimeoutAfterMoney, TimeoutBeforeMoney, WebhookLate, WebhookOutOfOrder};
        let Some(outcome) = TestOutcome::parse(&attempt.token) else {
            return Err(refused(&format!("'{}' is no outcome", attempt.token)));
        };
        if outcome == TimeoutBeforeMoney {
            return Err(silent("the message got lost"));
        }
        let account = self.authorise_in_books(store, attempt, outcome).await.map_err(unreachable)?;
        match outcome {
            TimeoutAfterMoney if account.calls == 1 => Err(silent("the answer got lost")),
            WebhookLate | WebhookOutOfOrder if account.calls == 1 => Ok(account.spoken_as("processing")),
            _ => Ok(account.spoken()),
        }
    }

    async fn capture(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        amount: Money,
    ) -> Result<Spoken, ProviderError> {
        let take = |account: Account| match account.state {
            "authorised" => Some(Account { state: "captured", captured: amount.minor(), ..account }),
            "captured" => Some(account),
            _ => None,
        };
        let account = self.change(store, attempt, take).await.map_err(unreachable)?;
        account.map(|account| account.spoken()).ok_or_else(|| refused("it is not authorised"))
    }

    async fn cancel(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        let mut tx = self.db.begin_soft().await.map_err(unreachable)?;
        // One that was never seen is remembered as given up: what is still on its way comes too late.
        let account = repo::open_in(&mut tx, store, &Account::new(attempt), &attempt.token)
            .await
            .map_err(unreachable)?;
        let account = match account.state {
            "captured" | "cancelled" => account,
            _ => account.with_state("cancelled"),
        };
        repo::put_in(&mut tx, store, &account).await.map_err(unreachable)?;
        tx.commit().await.map_err(|error| unreachable(error.into()))?;
        Ok(account.spoken())
    }

    async fn refund(
        &self,
        store: &StoreId,
        attempt: &Attempt,
        refund: &Refund,
    ) -> Result<(RefundStatement, String), ProviderError> {
        let mut tx = self.db.begin_soft().await.map_err(unreachable)?;
        let standing = match repo::refund_in(&mut tx, store, attempt, refund).await.map_err(unreachable)? {
            true => {
                tx.commit().await.map_err(|error| unreachable(error.into()))?;
                RefundStanding::Succeeded
            }
            false => RefundStanding::Failed("more than was captured".to_owned()),
        };
        if TestOutcome::parse(&attempt.token) == Some(TestOutcome::RefundTimeout) && refund.tries == 0 {
            return Err(silent("the answer got lost"));
        }
        let (id, amount) = (refund.id.clone(), refund.amount);
        let statement = RefundStatement { id, amount, standing, provider_ref: None };
        Ok((statement, format!("refund {}", refund.id)))
    }

    async fn ask(&self, store: &StoreId, attempt: &Attempt) -> Result<Spoken, ProviderError> {
        let mut tx = self.db.begin_soft().await.map_err(unreachable)?;
        let account = repo::lock_in(&mut tx, store, &attempt.id).await.map_err(unreachable)?;
        let unseen = || (Statement::of(Standing::NotSeen), "no such payment".to_owned());
        Ok(account.map_or_else(unseen, |account| account.spoken()))
    }

    fn read_webhook(&self, webhook: &Webhook<'_>) -> Result<Option<Notice>, ProviderError> {
        signature::verify(std::slice::from_ref(&self.secret), webhook)?;
        webhooks::read(webhook.body).map(Some)
    }
}

impl Account {
    fn with_state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    /// What the attempt is after the bank agreed.
    fn with_money(self) -> Self {
        match self.capture {
            Capture::Automatic => Self { state: "captured", captured: self.amount.minor(), ..self },
            Capture::Manual => Self { state: "authorised", ..self },
        }
    }

    fn spoken(&self) -> Spoken {
        self.spoken_as(self.state)
    }

    fn spoken_as(&self, state: &str) -> Spoken {
        let standing = standing(state, &self.attempt, Money::new(self.captured, self.amount.currency()));
        let statement = Statement { standing, amount: Some(self.amount), provider_ref: None };
        (statement, format!("{} is {state}", self.attempt))
    }
}

fn standing(state: &str, attempt: &AttemptId, captured: Money) -> Standing {
    let failed = |code| Standing::Failed(Failure { code, detail: state.to_owned() });
    match state {
        "processing" => Standing::Pending,
        "requires_action" => Standing::RequiresAction(Action {
            redirect: Some(format!("/test-payment/{attempt}")),
            client_secret: None,
        }),
        "authorised" => Standing::Authorised,
        "captured" => Standing::Captured(captured),
        "cancelled" => Standing::Cancelled,
        "declined" => failed(FailureCode::Declined),
        "not_recognised" => failed(FailureCode::AuthenticationFailed),
        _ => Standing::NotSeen,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreachable(error: DbError) -> ProviderError {
    ProviderError::Unreachable { provider: NAME, why: error.to_string() }
}

fn silent(why: &str) -> ProviderError {
    ProviderError::Silent { provider: NAME, why: why.to_owned() }
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Refused { provider: NAME, why: why.to_owned() }
}
