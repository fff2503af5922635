//! Forgetting what nobody asks for any more. Orders, payments and what audits read stay.

use vitrine_db::Idempotency;
use vitrine_inventory::Inventory;
use vitrine_payment::TestProvider;
use vitrine_promotion::Promotions;

use crate::{Checkout, Error};

/// Holds of promotions that came to nothing, and books of the test provider: far beyond the time in which money may
/// come late or be asked back.
const KEPT_DAYS: i64 = 90;
/// Reservations: an order that is cancelled so much later puts nothing back by itself.
const RESERVATIONS_KEPT_DAYS: i64 = 400;
/// Rows of one transaction: nobody waits for it long.
const BATCH: u32 = 500;

/// How many rows a round forgot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Carts that nobody changed for their whole life.
    pub carts: u64,
    /// Reservations of stock that ended.
    pub reservations: u64,
    /// Holds of promotions that were given back or ran out.
    pub holds: u64,
    /// Idempotency keys whose time is over.
    pub keys: u64,
    /// Rows of the test provider.
    pub test: u64,
}

impl Checkout {
    /// Forgets all that is old enough, in transactions of at most 500 rows; any number of processes may do it at once.
    ///
    /// # Errors
    /// When the database fails; what was forgotten before stays so.
    pub async fn tidy(&self) -> Result<Tidied, Error> {
        let (db, now) = (&self.db, self.clock.now());
        let old = now.plus_days(-KEPT_DAYS);
        let older = now.plus_days(-RESERVATIONS_KEPT_DAYS);
        Ok(Tidied {
            carts: all(|| self.carts.expire(BATCH)).await?,
            reservations: all(|| Inventory::prune(db, older, BATCH)).await?,
            holds: all(|| Promotions::prune(db, old, BATCH)).await?,
            keys: all(|| Idempotency::prune(db, now, BATCH)).await?,
            test: all(|| TestProvider::prune(db, old, BATCH)).await?,
        })
    }
}

/// Repeats a batch until one is not full.
async fn all<F, E>(batch: impl Fn() -> F) -> Result<u64, Error>
where
    F: Future<Output = Result<u64, E>>,
    Error: From<E>,
{
    let mut sum = 0;
    loop {
        let forgotten = batch().await?;
        sum += forgotten;
        if forgotten < u64::from(BATCH) {
            return Ok(sum);
        }
    }
}
