//! The keeper: what moves orders on that no request moves. Any number of processes may have one.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use vitrine_checkout::{Checkout, Recovered, Tidied};
use vitrine_core::{Clock, SystemClock};
use vitrine_payment::{Provider, TestProvider, Webhook};

use crate::commerce::Commerce;

/// Recovery looks at what is a minute old, so it need not hurry.
const RECOVER_EVERY: Duration = Duration::from_secs(15);
/// What is forgotten has been of no use for months.
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// Somebody who tries the shop out waits for these.
const WEBHOOKS_EVERY: Duration = Duration::from_secs(1);
/// Webhooks delivered at once.
const WEBHOOKS: u32 = 100;

/// Keeps orders moving until somebody stops it; what is under way comes to its end first.
pub(crate) async fn run(commerce: Commerce, stopped: impl Future<Output = ()>) {
    let Commerce { checkout, test } = commerce;
    let mut stopped = pin!(stopped);
    let [mut recovery, mut tidying, mut webhooks] =
        [RECOVER_EVERY, TIDY_EVERY, WEBHOOKS_EVERY].map(|every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => return,
            _ = recovery.tick() => if recover(&checkout).await {
                recovery.reset_immediately();
            },
            _ = tidying.tick() => tidy(&checkout).await,
            _ = webhooks.tick(), if test.is_some() => {
                if let Some(provider) = &test {
                    deliver(&checkout, provider).await;
                }
            }
        }
    }
}

/// One round; whether the next should not wait. What is looked at is not found again for a minute, so rounds end.
async fn recover(checkout: &Checkout) -> bool {
    match checkout.recover().await {
        Ok(round) => {
            if round != Recovered::default() {
                tracing::info!(?round, "orders were moved on");
            }
            round.more
        }
        Err(error) => {
            tracing::warn!(%error, "orders could not be looked at; they are in the next round");
            false
        }
    }
}

async fn tidy(checkout: &Checkout) {
    match checkout.tidy().await {
        Ok(tidied) if tidied == Tidied::default() => {}
        Ok(tidied) => tracing::info!(?tidied, "what nobody asks for any more is forgotten"),
        Err(error) => tracing::warn!(%error, "old rows could not be forgotten; they are in the next round"),
    }
}

/// Posts what the test provider has to say, as a provider on another machine would.
async fn deliver(checkout: &Checkout, provider: &TestProvider) {
    let due = match provider.due_webhooks(WEBHOOKS).await {
        Ok(due) => due,
        Err(error) => return tracing::warn!(%error, "the test provider's webhooks can't be read"),
    };
    for one in due {
        let (signature, body) = (Some(one.signature.as_str()), one.body.as_bytes());
        let webhook = Webhook { signature, body, now: SystemClock.now() };
        // It is not sent again; recovery asks for what it would have told.
        if let Err(error) = checkout.webhook(&one.store, provider.name(), &webhook).await {
            tracing::warn!(%error, store = %one.store, "a webhook of the test provider came to nothing");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::Config;
    use crate::shop::Shop;

    #[tokio::test(flavor = "multi_thread")]
    async fn it_ends_when_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { state: folder.path().to_owned(), ..Config::default() };
        let shop = Shop::open(&config).await.unwrap();
        let (stop, stopping) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopping.await;
        };
        let keeper = tokio::spawn(run(Commerce::open(&config, &shop).unwrap(), stopped));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!keeper.is_finished());
        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), keeper).await.unwrap().unwrap();
    }
}
