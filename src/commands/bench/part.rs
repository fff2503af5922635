//! One measured part of a run, in a process of its own so that its cost is its own.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use vitrine_catalog::{Amount, Availability, Catalog, PriceInput};
use vitrine_core::{Change, Country, Origin, Sku, StoreId, Timestamp};
use vitrine_db::Run;
use vitrine_generator::{BuildReport, BuildRequest, Mode, Renditions};
use vitrine_store::{Stores, Write};

use super::Outcome;
use crate::cli::{Content, State};
use crate::config::Config;
use crate::output;
use crate::shop::{self, Shop};
use crate::stopwatch::Stopwatch;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    what: What,
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The moment of a build, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    /// How many changes are made one after the other
    #[arg(long, default_value_t = 20)]
    changes: usize,
    #[command(flatten)]
    pub(super) content: Content,
    #[command(flatten)]
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// One build.
    Build,
    /// A price in one country, again and again.
    Price,
    /// A stock state that all countries show, again and again.
    Stock,
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|error| error.to_string())
}

/// What a build did, as the part prints it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Built {
    pub(super) pages: u64,
    pub(super) rendered: u64,
    pub(super) written: u64,
    pub(super) bytes: u64,
}

impl From<&BuildReport> for Built {
    fn from(report: &BuildReport) -> Self {
        let BuildReport { pages, rendered, written, bytes, .. } = report;
        Self { pages: *pages, rendered: *rendered, written: *written, bytes: *bytes }
    }
}

/// What changes cost in a running process, from commit to bytes in place.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Changes {
    pub(super) count: usize,
    /// Milliseconds on the wall clock, half of the changes took no longer.
    pub(super) p50: f64,
    /// The same of 95 %.
    pub(super) p95: f64,
    /// CPU milliseconds of one change, on average; none where the system does not tell.
    pub(super) cpu: Option<f64>,
    /// Files written for one change, on average.
    pub(super) written: f64,
}

/// Does the part and prints what came of it as JSON.
pub(super) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let theme = shop::theme(config)?;
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    let mut generator = shop.generator(store.clone(), theme);
    let request = |as_of| BuildRequest {
        out: asked.out.clone(),
        countries: Vec::new(),
        as_of,
        mode: Mode::Incremental,
        renditions: Renditions::Later,
    };
    let now = asked.now.unwrap_or_else(shop::now);
    let built = generator.build(&request(now)).await?;
    if asked.what == What::Build {
        output::json(&Built::from(&built))?;
        return Ok(Outcome::Done);
    }
    let mut editor = Editor::new(&shop, store, asked).await?;
    let mut runs = Vec::with_capacity(asked.changes);
    for number in 0..asked.changes {
        editor.change(number).await?;
        let (watch, cpu) = (Stopwatch::start(), cpu_time());
        let report = generator.build(&request(shop::now())).await?;
        let cpu = cpu_time().zip(cpu).map(|(after, before)| after.saturating_sub(before));
        runs.push((watch.elapsed(), cpu, report.written));
    }
    output::json(&summary(&runs))?;
    Ok(Outcome::Done)
}

/// Makes changes, each to another product.
struct Editor<'a> {
    shop: &'a Shop,
    store: StoreId,
    what: What,
    skus: Vec<Sku>,
    country: Country,
}

impl<'a> Editor<'a> {
    async fn new(shop: &'a Shop, store: StoreId, asked: &Arguments) -> Result<Self> {
        let outlines = Catalog::outline(&shop.db, &store, 0, usize::from(u16::MAX)).await?;
        // Spread over the catalog, so that no two changes share a listing or a shard by design.
        let step = (outlines.len() / asked.changes.max(1)).max(1);
        let skus = outlines.iter().step_by(step).filter_map(|outline| outline.variants.first());
        let skus: Vec<Sku> = skus.map(|variant| variant.sku.clone()).collect();
        if skus.is_empty() {
            bail!("the store has no products");
        }
        let config = Stores::load(&shop.db, &store).await?.context("the store is gone")?;
        let country = config.config.default_country;
        Ok(Self { shop, store, what: asked.what, skus, country })
    }

    async fn change(&mut self, number: usize) -> Result<()> {
        let run = Run { origin: Origin::Feed, now: shop::now(), force: false };
        let sku = &self.skus[number % self.skus.len()];
        let mut tx = self.shop.db.begin().await?;
        let changes: Vec<Change> = match self.what {
            What::Stock => {
                let state =
                    if number.is_multiple_of(2) { Availability::Low } else { Availability::Backorder };
                Catalog::set_availability_in(&mut tx, &self.store, &[(sku.clone(), state)]).await?
            }
            _ => {
                // Another price than any run before has set.
                let minor = 100_000 + run.now.ms() % 800_000;
                let price =
                    PriceInput { base: Some(Amount { minor, compare_at: None }), windows: Vec::new() };
                Catalog::set_price_in(&mut tx, &self.store, &run, sku, self.country, &price).await?
            }
        };
        Stores::bump_in(&mut tx, &self.store, &changes, &Write::at(run.now)).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn summary(runs: &[(Duration, Option<Duration>, u64)]) -> Changes {
    let mut walls: Vec<f64> = runs.iter().map(|(wall, _, _)| wall.as_secs_f64() * 1e3).collect();
    walls.sort_by(f64::total_cmp);
    let at = |percent: usize| walls.get((walls.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    let count = runs.len().max(1);
    #[allow(clippy::cast_precision_loss, reason = "counts of a bench")]
    let of = |sum: f64| sum / count as f64;
    let cpu: Option<Duration> = runs.iter().map(|(_, cpu, _)| *cpu).sum();
    #[allow(clippy::cast_precision_loss, reason = "counts of a bench")]
    let written = runs.iter().map(|(_, _, written)| *written).sum::<u64>() as f64;
    Changes {
        count: runs.len(),
        p50: at(50).unwrap_or_default(),
        p95: at(95).unwrap_or_default(),
        cpu: cpu.map(|cpu| of(cpu.as_secs_f64() * 1e3)),
        written: of(written),
    }
}

/// CPU time of this process so far, of all its threads.
#[cfg(target_os = "linux")]
fn cpu_time() -> Option<Duration> {
    Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime)).ok()
}

#[cfg(not(target_os = "linux"))]
fn cpu_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_the_middle_and_the_slow_end() {
        let run = |ms: u64| (Duration::from_millis(ms), Some(Duration::from_millis(ms / 10)), 3);
        let runs: Vec<_> = (1..=20).map(|number| run(number * 10)).collect();
        let summary = summary(&runs);
        assert_eq!((summary.count, summary.p50, summary.p95), (20, 100.0, 190.0));
        assert_eq!((summary.cpu, summary.written), (Some(10.5), 3.0));
    }

    #[test]
    fn cpu_is_unknown_if_one_run_did_not_tell() {
        let runs = [(Duration::ZERO, Some(Duration::ZERO), 0), (Duration::ZERO, None, 0)];
        assert_eq!(summary(&runs).cpu, None);
    }
}
