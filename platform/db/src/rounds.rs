//! Work that is done in rounds: on as long as there is some, then whenever there may be more.

use std::fmt::Display;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::Wakeups;

/// After a round that failed, doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The pause after so many failures in a row.
pub fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE)
}

/// How rounds are done.
#[derive(Debug)]
pub struct Rounds {
    /// What a round that failed is logged as: `letters could not be sent`.
    pub trouble: &'static str,
    /// How long a round may take that is under way when somebody stops it.
    pub farewell: Duration,
    /// What calls for the next round.
    pub wakeups: Wakeups,
    /// Between two times of tidying.
    pub tidy_every: Duration,
}

/// Does rounds until `stop` ends, and tidies from time to time when there is nothing else to do.
///
/// A round answers whether there was something to do. One that fails is logged and tried again: database, broker or
/// mail server may be gone for a while.
pub async fn rounds<E, R, T>(
    how: Rounds,
    stop: impl Future<Output = ()>,
    round: impl Fn() -> R,
    tidy: impl Fn() -> T,
) where
    E: Display,
    R: Future<Output = Result<bool, E>>,
    T: Future<Output = ()>,
{
    let Rounds { trouble, farewell, mut wakeups, tidy_every } = how;
    let mut tidied_at: Option<Instant> = None;
    let mut failures = 0;
    let mut stop = pin!(stop);
    loop {
        let mut round = pin!(round());
        let ended = tokio::select! {
            biased;
            () = &mut stop => {
                // What does not come to its end is as if the process had been killed.
                let _ = tokio::time::timeout(farewell, round).await;
                return;
            }
            ended = &mut round => ended,
        };
        failures = match &ended {
            Ok(_) => 0,
            Err(error) => {
                tracing::warn!(%error, failures, "{trouble}; they are tried again");
                failures + 1
            }
        };
        let next = async {
            match ended {
                Ok(true) => {}
                Ok(false) => {
                    if tidied_at.is_none_or(|at| at.elapsed() >= tidy_every) {
                        tidied_at = Some(Instant::now());
                        tidy().await;
                    }
                    wakeups.wait(Wakeups::POLL).await;
                }
                Err(_) => tokio::time::sleep(pause(failures)).await,
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = next => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Db;
    use crate::testing::for_each_backend;

    #[test]
    fn the_pause_doubles_up_to_ten_seconds() {
        let pauses = [1, 2, 3, 7, u32::MAX].map(|failures| pause(failures).as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 10_000, 10_000]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_when_there_is_nothing_to_do_it_tidies_and_waits() {
        for_each_backend(&[], async |db| {
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let stop = Mutex::new(Some(stop));
            let (done, results) =
                (Mutex::new(Vec::new()), Mutex::new(vec![Ok(false), Ok(false), Err("gone"), Ok(true)]));
            let note = |what| done.lock().unwrap().push(what);
            let round = || async {
                note("round");
                let next = results.lock().unwrap().pop();
                next.unwrap_or_else(|| {
                    drop(stop.lock().unwrap().take());
                    Ok(false)
                })
            };
            rounds(how(&db), async { drop(stopped.await) }, round, || async { note("tidy") }).await;
            let done = done.into_inner().unwrap();
            assert_eq!(done, ["round", "round", "round", "tidy", "round", "round"]);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_round_that_does_not_end_is_left_when_its_time_is_over() {
        for_each_backend(&[], async |db| {
            let stop = tokio::time::sleep(Duration::from_millis(10));
            let round = std::future::pending::<Result<bool, &str>>;
            rounds(how(&db), stop, round, || async {}).await;
        })
        .await;
    }

    fn how(db: &Db) -> Rounds {
        let (farewell, tidy_every) = (Duration::from_millis(10), Duration::from_secs(600));
        Rounds { trouble: "rounds failed", farewell, wakeups: db.wakeups("a"), tidy_every }
    }
}
