//! Relay, promoter, scheduler and consumer of the dev server: in its process, on the queue of the database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use tokio::sync::{mpsc::UnboundedSender, watch};
use tokio::task::JoinSet;
use vitrine_cdn::Cdn;
use vitrine_core::{Country, Reason, StoreId, SystemClock, Timestamp};
use vitrine_db::Db;
use vitrine_generator::{BuildError, BuildReport, Generator, Place, Renditions, release_leases};
use vitrine_theme::Theme;
use vitrine_workers::{Consumer, Ended, Promoter, Relay, RelayOptions, Scheduler, SchedulerOptions, Shops};

use crate::config::Config;
use crate::places::{Places, queue};
use crate::post::postman;
use crate::shop::Shop;

/// One publish at a time: one generator that knows the shop, which lets urgent changes pass by itself.
const SLOTS: usize = 1;
/// What is under way when the server is stopped gets this long to come to its next step.
const FAREWELL: Duration = Duration::from_secs(2);
/// Below the state folder: locked while a dev server runs there, with the name of its worker.
const LOCK: &str = "dev.lock";

/// How a publish ended.
#[derive(Debug)]
pub(crate) struct News {
    /// The storefronts.
    pub(crate) countries: BTreeSet<Country>,
    /// Why it was made.
    pub(crate) reason: Reason,
    /// When it was asked for, if it was.
    pub(crate) since: Option<Timestamp>,
    /// What it did, or why it failed.
    pub(crate) outcome: Result<BuildReport, String>,
}

/// The shop as the dev server publishes it: into the state folder, with a theme that changes.
#[derive(Debug)]
struct LocalShop {
    shop: Shop,
    places: Arc<Places>,
    theme: Mutex<Arc<Theme>>,
    news: UnboundedSender<News>,
}

impl LocalShop {
    fn theme(&self) -> Arc<Theme> {
        self.theme.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Shops for LocalShop {
    async fn generator(&self, store: &StoreId) -> Result<Generator, BuildError> {
        Ok(self.shop.generator(store.clone(), self.theme()))
    }

    async fn place(&self, store: &StoreId, country: Country) -> Result<Place, BuildError> {
        self.places.place(store, country).await
    }

    fn place_number(&self, store: &StoreId, country: Country) -> usize {
        self.places.place_number(store, country)
    }

    fn cdn(&self, _: &StoreId, _: Country) -> Option<Arc<dyn Cdn>> {
        None
    }

    fn renditions(&self) -> Renditions {
        Renditions::Later
    }

    fn prepare(&self, generator: &mut Generator) {
        generator.set_theme(self.theme());
    }

    fn ended(&self, ended: &Ended<'_>) {
        let outcome = ended.outcome.cloned().map_err(ToString::to_string);
        let (countries, reason, since) = (ended.countries.clone(), ended.reason, ended.since);
        // The receiver is gone only while the server stops.
        let _ = self.news.send(News { countries, reason, since, outcome });
    }
}

/// Whatever the settings say of production: pages, messages and letters of a dev server stay on this machine.
pub(super) fn local(config: &Config) -> Config {
    Config {
        publish_to: None,
        cdn: None,
        places: BTreeMap::new(),
        queue_url: None,
        mail_url: None,
        ..config.clone()
    }
}

/// The roles, running.
pub(crate) struct Roles {
    shop: Arc<LocalShop>,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Roles {
    /// Starts them; what the outbox holds is asked for when this returns. How each publish ends is told to `news`.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn start(
        config: &Config,
        shop: &Shop,
        theme: Arc<Theme>,
        news: UnboundedSender<News>,
        lock: &mut Lock,
    ) -> Result<Self> {
        let local = local(config);
        let places = Arc::new(Places::connect(&local, shop.clone(), theme.clone()).await?);
        let due = places.clone();
        let shop = Arc::new(LocalShop { shop: shop.clone(), places, theme: Mutex::new(theme), news });
        let (db, clock) = (shop.shop.db.clone(), Arc::new(SystemClock));
        let queue = queue(&local, &shop.shop).await?;
        let relay = Relay::new(db.clone(), queue.clone(), clock.clone(), RelayOptions::default());
        let mut promoter = Promoter::new(db.clone(), clock.clone());
        let consumer = Consumer::new(db.clone(), queue, clock.clone(), shop.clone(), SLOTS);
        let scheduler = Scheduler::new(db.clone(), due, clock, SchedulerOptions::default());
        let of_letters = shop.clone();
        let postman = postman(&local, &shop.shop, Arc::new(move || of_letters.theme()))?;
        lock.note(&db, consumer.name()).await?;
        // The first pages show prices as promotions make them.
        promoter.catch_up().await.context("promotion prices can't be found out")?;
        while relay.round().await.context("what changed can't be passed on")?.published > 0 {}
        let (stop, stopping) = watch::channel(false);
        let until = |mut stopping: watch::Receiver<bool>| async move {
            // An error means that nobody can tell any more, which is the end as well.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        let mut running = JoinSet::new();
        let end = until(stopping.clone());
        running.spawn(async move { relay.run(end).await });
        let end = until(stopping.clone());
        running.spawn(async move { promoter.run(end).await });
        let end = until(stopping.clone());
        running.spawn(async move { consumer.run(end).await });
        let end = until(stopping.clone());
        running.spawn(async move { postman.run(end).await });
        running.spawn(async move {
            if let Err(error) = scheduler.run(until(stopping)).await {
                tracing::error!(%error, "what is due by time is not published");
            }
        });
        Ok(Self { shop, stop, running })
    }

    /// Takes another theme, for publishes that begin from now on.
    pub(crate) fn set_theme(&self, theme: Arc<Theme>) {
        *self.shop.theme.lock().unwrap_or_else(PoisonError::into_inner) = theme;
    }

    /// Stops them, and waits a little for what is under way.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.running.join_next().await.is_some() {} };
        // What does not end in time is as good as killed: the next start goes on with it.
        let _ = tokio::time::timeout(FAREWELL, ended).await;
    }
}

/// The right to publish below a state folder; ends with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes a state folder.
    ///
    /// # Errors
    /// When another dev server has it.
    pub(crate) fn take(state: &Path) -> Result<Self> {
        let path = state.join(LOCK);
        let failed = || format!("can't lock {}", path.display());
        let mut options = File::options();
        let file =
            options.read(true).write(true).create(true).truncate(false).open(&path).with_context(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => bail!(
                "another vitrine dev uses the state folder {}; stop it, or name another folder with --state DIR",
                state.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(failed),
        }
    }

    /// Notes the worker that runs under the lock. One that was killed under it holds leases for nobody.
    async fn note(&mut self, db: &Db, worker: &str) -> Result<()> {
        let failed = || format!("can't read or write {}", self.path.display());
        let mut before = String::new();
        self.file.rewind().and_then(|()| self.file.read_to_string(&mut before)).with_context(failed)?;
        if !before.is_empty() {
            release_leases(db, &before).await?;
        }
        self.file.rewind().and_then(|()| self.file.set_len(0)).with_context(failed)?;
        self.file.write_all(worker.as_bytes()).with_context(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_folder_has_one_dev_server() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        let refused = Lock::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("another vitrine dev") && refused.contains("--state"), "{refused}");
        drop(lock);
        assert!(Lock::take(folder.path()).is_ok());
    }
}
