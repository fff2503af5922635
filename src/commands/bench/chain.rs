//! Single changes through the whole embedded chain: commit, outbox, relay, queue, lease, journal, bytes, ledger.
//!
//! The roles run in this process as `vitrine worker` runs them. What is put passes a layer that notes when.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use vitrine_cdn::Cdn;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::Outbox;
use vitrine_generator::{BuildError, Demands, Generator, Place, Renditions, held};
use vitrine_objects::{Listed, ObjectError, Objects, Put, Stored, Version};
use vitrine_queue::Queue;
use vitrine_workers::Shops;

use super::edits::{Edit, Editor};
use super::measure::cpu_time;
use crate::commands::worker;
use crate::config::Config;
use crate::places::{self, Places};
use crate::shop::{self, Shop};
use crate::stopwatch::Stopwatch;

/// After the bytes are in place the publish is closed and the message answered; so long until the CPU is read.
const SETTLE: Duration = Duration::from_millis(60);
/// A first publish of the largest catalog takes minutes.
const PATIENCE: Duration = Duration::from_secs(1_800);
/// Changes before those that count: a slot loads the shop with its first publish.
const WARM_UP: usize = 6;
/// Longer than it takes until a slot that is idle makes the sitemaps that were put off.
const IDLE: Duration = Duration::from_millis(4_500);

/// What changes of one kind cost.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Changes {
    /// Which.
    pub(super) name: String,
    pub(super) count: usize,
    /// Milliseconds from the commit to the last byte in place.
    pub(super) wall: Spread,
    /// CPU milliseconds of the process for one change, until the message is answered.
    pub(super) cpu: Spread,
    /// Files written for one change, on average.
    pub(super) written: f64,
    /// Where the time goes: until the publish begins, until the first file is put, until the last one is, and until
    /// it is closed (CPU only). Milliseconds on the wall clock and of the CPU, on average.
    pub(super) begun: [f64; 2],
    pub(super) made: [f64; 2],
    pub(super) put: [f64; 2],
    pub(super) closed: f64,
    /// CPU milliseconds of the sitemaps afterwards, of one change on average.
    pub(super) sitemaps: f64,
}

/// How figures are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) max: f64,
}

impl Spread {
    pub(super) fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (figures.len() * percent).div_ceil(100).saturating_sub(1);
            figures.get(rank).copied().unwrap_or_default()
        };
        Self { p50: at(50), p95: at(95), max: at(100) }
    }
}

/// Makes changes of each kind and measures them.
pub(super) async fn run(config: &Config, out: &Path, edits: [Edit; 3], count: usize) -> Result<Vec<Changes>> {
    let theme = shop::theme(config)?;
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    // Settings of this machine must not reach what is measured.
    let config = Config {
        publish_to: Some(out.display().to_string()),
        cdn: None,
        queue_url: None,
        places: BTreeMap::new(),
        ..config.clone()
    };
    let moments = Arc::new(Moments::start());
    let places = Places::connect(&config, shop.clone(), theme).await?;
    let shops = Arc::new(Observed { places, moments: moments.clone() });
    let queue = places::queue(&config, &shop).await?;
    let (stop, stopping) = watch::channel(false);
    let bench = Bench { shop: &shop, store: &store, queue: queue.clone(), moments };
    let roles = worker::roles(&shop.db, queue.clone(), shops, config.worker_slots.get(), false, stopping);
    let work = async {
        let measured = bench.all(edits, count).await;
        stop.send_replace(true);
        measured
    };
    tokio::join!(roles, work).1
}

struct Bench<'a> {
    shop: &'a Shop,
    store: &'a StoreId,
    queue: Arc<dyn Queue>,
    moments: Arc<Moments>,
}

impl Bench<'_> {
    async fn all(&self, edits: [Edit; 3], count: usize) -> Result<Vec<Changes>> {
        self.until_quiet().await?;
        let editor = Editor::new(self.shop, self.store.clone(), count).await?;
        for number in 0..WARM_UP {
            self.one(&editor, Edit::Price, number).await?;
        }
        self.until_idle().await?;
        let mut all = Vec::new();
        for edit in edits {
            let mut runs = Vec::with_capacity(count);
            for number in 0..count {
                runs.push(self.one(&editor, edit, number).await?);
            }
            let before = cpu_time();
            self.until_idle().await?;
            let sitemaps = cpu_time().saturating_sub(before);
            all.push(summary(edit, &runs, sitemaps));
        }
        Ok(all)
    }

    /// Makes a change and waits until everything about it is done.
    async fn one(&self, editor: &Editor<'_>, edit: Edit, number: usize) -> Result<One> {
        self.moments.forget();
        editor.make(edit, number).await?;
        let committed = self.moments.now();
        self.until_quiet().await?;
        let Noted { moments, quiet } = self.moments.forget();
        let begun = moments.iter().find(|moment| moment.files.is_none()).context("nothing was published")?;
        let mut puts = moments.iter().filter_map(|moment| Some((moment, moment.files?)));
        let first = puts.clone().next().context("nothing was written")?.0;
        let files = puts.clone().map(|(_, files)| files).sum();
        let last = puts.next_back().context("nothing was written")?.0;
        let since = |moment: &Moment| moment.at.since(committed);
        let ended = quiet.since(committed).1;
        Ok(One { begun: since(begun), first: since(first), last: since(last), ended, files })
    }

    /// Waits until nothing is asked for and no message is there.
    async fn until_quiet(&self) -> Result<()> {
        let (db, watch) = (&self.shop.db, Stopwatch::start());
        while watch.elapsed() < PATIENCE {
            tokio::time::sleep(SETTLE).await;
            self.moments.look();
            if Outbox::waiting(db).await?.is_some() || !Demands::open(db, self.store).await?.is_empty() {
                continue;
            }
            let depth = self.queue.depth().await?;
            if depth.dead > 0 {
                bail!("a publish failed; run it with -v to see why");
            }
            if depth.waiting + depth.delayed + depth.running.unwrap_or_default() == 0 {
                return Ok(());
            }
        }
        bail!("not published after {} minutes", PATIENCE.as_secs() / 60)
    }

    /// Waits until the sitemaps that were put off are made.
    async fn until_idle(&self) -> Result<()> {
        let watch = Stopwatch::start();
        while watch.elapsed() < PATIENCE {
            self.moments.forget();
            tokio::time::sleep(IDLE).await;
            let is_held = !held(&self.shop.db, self.store, shop::now()).await?.is_empty();
            if self.moments.forget().moments.is_empty() && !is_held {
                return Ok(());
            }
        }
        bail!("still publishing after {} minutes", PATIENCE.as_secs() / 60)
    }
}

/// Milliseconds on the wall clock and of the CPU since the commit.
type Since = (f64, f64);

/// What one change took.
struct One {
    begun: Since,
    first: Since,
    last: Since,
    ended: f64,
    files: usize,
}

#[allow(clippy::cast_precision_loss, reason = "counts of a bench")]
fn summary(edit: Edit, runs: &[One], sitemaps: Duration) -> Changes {
    let count = runs.len().max(1) as f64;
    let mean = |of: &dyn Fn(&One) -> f64| runs.iter().map(of).sum::<f64>() / count;
    let both = |later: &dyn Fn(&One) -> Since, earlier: &dyn Fn(&One) -> Since| {
        [mean(&|one| later(one).0 - earlier(one).0), mean(&|one| later(one).1 - earlier(one).1)]
    };
    Changes {
        name: edit.name().to_owned(),
        count: runs.len(),
        wall: Spread::of(runs.iter().map(|one| one.last.0).collect()),
        cpu: Spread::of(runs.iter().map(|one| one.ended).collect()),
        written: mean(&|one| one.files as f64),
        begun: both(&|one| one.begun, &|_| (0.0, 0.0)),
        made: both(&|one| one.first, &|one| one.begun),
        put: both(&|one| one.last, &|one| one.first),
        closed: mean(&|one| one.ended - one.last.1),
        sitemaps: sitemaps.as_secs_f64() * 1e3 / count,
    }
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug, Default)]
struct At {
    wall: Duration,
    cpu: Duration,
}

impl At {
    fn since(self, earlier: Self) -> Since {
        let ms = |later: Duration, earlier: Duration| later.saturating_sub(earlier).as_secs_f64() * 1e3;
        (ms(self.wall, earlier.wall), ms(self.cpu, earlier.cpu))
    }
}

/// A publish begins, or files are in place.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: At,
    files: Option<usize>,
}

/// What has happened.
#[derive(Debug, Default)]
struct Noted {
    moments: Vec<Moment>,
    /// When it was last looked whether everything is done.
    quiet: At,
}

/// Notes what happens.
#[derive(Debug)]
struct Moments {
    watch: Stopwatch,
    noted: Mutex<Noted>,
}

impl Moments {
    fn start() -> Self {
        Self { watch: Stopwatch::start(), noted: Mutex::default() }
    }

    fn now(&self) -> At {
        At { wall: self.watch.elapsed(), cpu: cpu_time() }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, files: Option<usize>) {
        let at = self.now();
        self.noted().moments.push(Moment { at, files });
    }

    /// Notes when it is looked whether everything is done: looking costs too.
    fn look(&self) {
        let at = self.now();
        self.noted().quiet = at;
    }

    /// Begins anew, and answers what was noted.
    fn forget(&self) -> Noted {
        std::mem::take(&mut *self.noted())
    }
}

/// The places of a worker, watched.
#[derive(Debug)]
struct Observed {
    places: Places,
    moments: Arc<Moments>,
}

#[async_trait]
impl Shops for Observed {
    async fn generator(&self, store: &StoreId) -> Result<Generator, BuildError> {
        self.places.generator(store).await
    }

    async fn place(&self, store: &StoreId, country: Country) -> Result<Place, BuildError> {
        self.moments.note(None);
        let place = self.places.place(store, country).await?;
        let objects = place.objects().clone();
        Ok(place.through(Arc::new(Watched { objects, moments: self.moments.clone() })))
    }

    fn place_number(&self, store: &StoreId, country: Country) -> usize {
        self.places.place_number(store, country)
    }

    fn cdn(&self, store: &StoreId, country: Country) -> Option<Arc<dyn Cdn>> {
        self.places.cdn(store, country)
    }

    fn renditions(&self) -> Renditions {
        self.places.renditions()
    }
}

/// Objects that tell when they were put.
#[derive(Debug)]
struct Watched {
    objects: Arc<dyn Objects>,
    moments: Arc<Moments>,
}

#[async_trait]
impl Objects for Watched {
    async fn put(&self, objects: &[Put<'_>]) -> Result<Vec<Stored>, ObjectError> {
        let stored = self.objects.put(objects).await?;
        self.moments.note(Some(objects.len()));
        Ok(stored)
    }

    async fn delete(&self, keys: &[&str]) -> Result<(), ObjectError> {
        self.objects.delete(keys).await
    }

    async fn get(&self, key: &str, version: Option<&Version>) -> Result<Option<Vec<u8>>, ObjectError> {
        self.objects.get(key, version).await
    }

    async fn head(&self, key: &str) -> Result<Option<Stored>, ObjectError> {
        self.objects.head(key).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, ObjectError> {
        self.objects.list(prefix, after, limit).await
    }

    async fn restore(&self, key: &str, version: &Version) -> Result<Stored, ObjectError> {
        self.objects.restore(key, version).await
    }

    async fn settle(&self) -> Result<(), ObjectError> {
        self.objects.settle().await
    }

    async fn collect(&self, before: Timestamp) -> Result<u64, ObjectError> {
        self.objects.collect(before).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_middle_the_slow_end_and_the_slowest() {
        let spread = Spread::of((1..=20).rev().map(f64::from).collect());
        assert_eq!(spread, Spread { p50: 10.0, p95: 19.0, max: 20.0 });
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }

    #[test]
    fn where_the_time_goes_adds_up_to_the_whole() {
        let one = |ms: f64| One {
            begun: (ms, 1.0),
            first: (ms + 2.0, 2.0),
            last: (ms + 5.0, 4.0),
            ended: 7.0,
            files: 3,
        };
        let summary = summary(Edit::Price, &[one(1.0), one(3.0)], Duration::from_millis(8));
        assert_eq!((summary.begun, summary.made, summary.put), ([2.0, 1.0], [2.0, 1.0], [3.0, 2.0]));
        assert_eq!((summary.closed, summary.sitemaps, summary.written), (3.0, 4.0, 3.0));
        assert_eq!((summary.wall.max, summary.cpu.p50), (8.0, 7.0));
    }
}
