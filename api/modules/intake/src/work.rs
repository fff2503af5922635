//! Works deliveries off: in each store one after the other, of several stores side by side.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tracing::Instrument;
use vitrine_core::Timestamp;
use vitrine_import::{FeedLimits, FeedOptions, FeedSource, import_feed};
use vitrine_telemetry::record::{self, Delivered};
use vitrine_telemetry::{TraceContext, traced_span};

use crate::domain::{ATTEMPTS, Conclusion, Outcome, conclude};
use crate::repo::{self, Claimed, Hold};
use crate::{Error, Intake, Source, body};

/// How long a delivery is held without a sign of life; a dead process's work goes on elsewhere after that.
const HOLD_MS: i64 = 60_000;
/// How often a sign of life is given.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// Stores worked on side by side: one slow server does not hold up the others.
const SIDE_BY_SIDE: usize = 4;
/// Longest wait without looking, for deliveries of other processes and those to be tried again.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often what is over is forgotten.
const COLLECT_EVERY_MS: i64 = 60_000;
/// How long a finished delivery is remembered, and with it its id.
const REMEMBERED_DAYS: i64 = 30;
/// Largest feed of items that came in a body, bytes; the body's limit lies far below.
const ITEMS_BYTES: u64 = 64 << 20;

impl Intake {
    /// Works deliveries off until somebody stops it; what has begun by then is finished, unless this is dropped.
    ///
    /// A failure of the database is logged, and the work goes on when it is back.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut wakeups = self.db.wakeups(Self::TOPIC);
        let mut collected = Timestamp::default();
        loop {
            let mut work = pin!(self.work());
            let worked = tokio::select! {
                worked = &mut work => worked,
                () = &mut stop => {
                    let _ = work.await;
                    return;
                }
            };
            if let Err(error) = &worked {
                tracing::warn!(%error, "deliveries are not worked off");
            }
            if matches!(worked, Ok(done) if done > 0) {
                continue;
            }
            if self.clock.now() >= collected.plus_ms(COLLECT_EVERY_MS) {
                collected = self.clock.now();
                if let Err(error) = self.collect().await {
                    tracing::warn!(%error, "old deliveries are not forgotten");
                }
            }
            tokio::select! {
                _ = wakeups.wait(PATIENCE) => {}
                () = &mut stop => return,
            }
        }
    }

    /// Works on what is due now, at most one delivery of a store and of four stores; how many it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn work(&self) -> Result<usize, Error> {
        let mut tasks = JoinSet::new();
        for (store, id) in repo::heads(&self.db, self.clock.now()).await? {
            if tasks.len() == SIDE_BY_SIDE {
                break;
            }
            if let Some(claimed) = repo::claim(&self.db, &store, &id, self.hold()).await? {
                let intake = self.clone();
                tasks.spawn(async move { intake.attempt(&claimed).await });
            }
        }
        let mut done = 0;
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok(result) => result?,
                // A panic leaves the delivery held; it comes again when the hold ends.
                Err(error) => tracing::error!(%error, "a delivery's import ended unexpectedly"),
            }
            done += 1;
        }
        Ok(done)
    }

    /// Forgets copies of requests that no longer pass, deliveries finished long ago, and files that were left over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn collect(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        sweep(&self.settings.spool, now.plus_days(-1));
        repo::collect(&self.db, now, now.plus_days(-REMEMBERED_DAYS)).await
    }

    fn hold(&self) -> Hold<'_> {
        let now = self.clock.now();
        Hold { owner: &self.owner, now, until: now.plus_ms(HOLD_MS) }
    }

    async fn attempt(&self, claimed: &Claimed) -> Result<(), Error> {
        let trace = TraceContext::continued(claimed.trace.as_deref());
        let span = traced_span!(trace, "delivery", store = %claimed.store, delivery = %claimed.id);
        let tried = async {
            let result = if claimed.attempt > ATTEMPTS {
                Err(Error::Network(format!("no attempt came to an end ({} began)", claimed.attempt - 1)))
            } else {
                tokio::select! {
                    result = self.import(claimed, trace) => result,
                    lost = self.show_life(claimed) => Err(lost),
                }
            };
            self.conclude(claimed, conclude(result, claimed.attempt)).await
        };
        tried.instrument(span).await
    }

    async fn import(&self, claimed: &Claimed, trace: TraceContext) -> Result<Outcome, Error> {
        let spooled = Spooled::new(self.spool(claimed))?;
        let (name, bytes) = match &claimed.source {
            Source::Feed(address) => {
                self.settings.fetch.fetch(address, &spooled.file, trace.child()).await?;
                ("feed", self.settings.fetch.bytes)
            }
            Source::Items(lines) => {
                let feed = body::feed(&claimed.store, lines);
                tokio::fs::write(&spooled.file, feed).await.map_err(Error::Spool)?;
                ("items", ITEMS_BYTES)
            }
        };
        let options = FeedOptions {
            store: Some(claimed.store.clone()),
            force: false,
            now: self.clock.now(),
            limits: FeedLimits { bytes, ..FeedLimits::default() },
            trace: Some(trace.traceparent()),
        };
        let report = import_feed(&self.db, &FeedSource::File(spooled.file.clone()), &options).await?;
        Ok(Outcome::of(&report, name))
    }

    /// Where a delivery's feed is while it is imported.
    fn spool(&self, claimed: &Claimed) -> PathBuf {
        // An id may hold a colon, which not every file system takes.
        let id = claimed.id.replace(':', "_");
        self.settings.spool.join(format!("{}-{}-{id}", self.owner, claimed.store))
    }

    /// Holds the delivery while it is worked on; returns when it can't any more.
    async fn show_life(&self, claimed: &Claimed) -> Error {
        loop {
            tokio::time::sleep(SIGN_OF_LIFE).await;
            match repo::extend(&self.db, claimed, self.hold()).await {
                Ok(true) => {}
                Ok(false) => return Error::Lost,
                // The hold lasts for several signs of life.
                Err(error) => tracing::warn!(%error, "a delivery could not be held longer"),
            }
        }
    }

    async fn conclude(&self, claimed: &Claimed, conclusion: Conclusion) -> Result<(), Error> {
        let conclusion = without_path(conclusion, &self.spool(claimed));
        if !repo::conclude(&self.db, claimed, &conclusion, &self.owner, self.clock.now()).await? {
            tracing::warn!("another process goes on with this delivery");
            return Ok(());
        }
        let what = match &conclusion {
            Conclusion::Done(outcome) => {
                let Outcome { added, changed, removed, failed, .. } = outcome;
                tracing::info!(added, changed, removed, failed, "delivery imported");
                Delivered::Done
            }
            Conclusion::Again { after_ms, why } => {
                tracing::warn!(why, after_ms, "delivery is tried again");
                Delivered::Retried
            }
            Conclusion::Failed { why } => {
                tracing::error!(why, "delivery given up");
                Delivered::Failed
            }
        };
        record::delivery(&claimed.store, what);
        Ok(())
    }
}

/// Errors of the import name the file they read, which means nothing to the sender.
fn without_path(conclusion: Conclusion, folder: &Path) -> Conclusion {
    let folder = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
    let told = |why: String| why.replace(&folder, "");
    match conclusion {
        Conclusion::Again { after_ms, why } => Conclusion::Again { after_ms, why: told(why) },
        Conclusion::Failed { why } => Conclusion::Failed { why: told(why) },
        done @ Conclusion::Done(_) => done,
    }
}

/// A file that is there while its delivery is imported.
struct Spooled {
    file: PathBuf,
    folder: PathBuf,
}

impl Spooled {
    fn new(folder: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder).map_err(Error::Spool)?;
        Ok(Self { file: folder.join("feed"), folder })
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes what processes that died left behind.
fn sweep(spool: &Path, before: Timestamp) {
    let Ok(entries) = std::fs::read_dir(spool) else { return };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let changed = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        if changed.is_some_and(|age| i64::try_from(age.as_millis()).is_ok_and(|ms| ms < before.ms())) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
