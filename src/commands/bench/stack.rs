//! `vitrine bench stack`: prices of a running production set, each from its commit to the page that shoppers get.
//!
//! Workers, queue, store and cache are those of the settings and run by themselves; this only writes and reads.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::{Client, StatusCode};
use serde::Serialize;

use super::chain::Spread;
use super::edits::{Edit, Editor};
use super::measure::Machine;
use crate::cli::State;
use crate::commands::Outcome;
use crate::config::Config;
use crate::output;
use crate::shop::Shop;
use crate::stopwatch::Stopwatch;

/// Between two looks at a page.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// A worker that needs longer is not there.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two changes: what the one before left to do is done.
const REST: Duration = Duration::from_millis(500);
const LOCAL: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How many products are changed, and changed back
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    products: u32,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) state: State,
}

/// What a run found.
#[derive(Debug, Serialize)]
struct Report {
    edge: String,
    changes: usize,
    machine: Machine,
    /// Milliseconds from the commit to the new page at the edge.
    wall: Spread,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { edge, changes, machine, wall: Spread { p50, p95, max } } = self;
        write!(f, "a price in one country, from its commit to the page at {edge}: ")?;
        write!(f, "p50 {p50:.0} ms, p95 {p95:.0} ms, max {max:.0} ms ({changes} changes; {machine})")
    }
}

/// Measures and tells.
pub(super) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let edge = edge(config)?;
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    let editor = Editor::new(&shop, store, asked.products as usize).await?;
    let page = Page { client: Client::new(), edge: &edge };
    let mut walls = Vec::new();
    for number in 0..editor.len() {
        let (Some(path), Some(price)) = (editor.page(number), editor.price(number)) else { continue };
        let Some(before) = page.read(&path).await? else { continue };
        let (changed, wall) = match page.changes(&path, &before, editor.make(Edit::Price, number)).await {
            Ok(changed) => changed,
            Err(error) => {
                editor.set_price(number, &price).await?;
                return Err(error);
            }
        };
        walls.push(wall);
        walls.push(page.changes(&path, &changed, editor.set_price(number, &price)).await?.1);
    }
    if walls.is_empty() {
        bail!("no product has a page at {edge}; publish the shop first");
    }
    let report = Report { edge, changes: walls.len(), machine: Machine::here(), wall: Spread::of(walls) };
    match asked.json {
        true => output::json(&report)?,
        false => output::line(&report),
    }
    Ok(Outcome::Done)
}

/// The cache that shoppers ask. It must be here: this changes what they see.
fn edge(config: &Config) -> Result<String> {
    let nodes = config.cdn.as_deref().unwrap_or_default();
    let node = nodes.split(',').next().unwrap_or_default().trim().trim_end_matches('/');
    let host = node.strip_prefix("http://").unwrap_or_default();
    match LOCAL.iter().any(|local| host == *local || host.starts_with(&format!("{local}:"))) {
        true => Ok(node.to_owned()),
        false => {
            bail!("cdn is '{nodes}'; this bench changes prices, so it takes only a cache on this machine")
        }
    }
}

struct Page<'a> {
    client: Client,
    edge: &'a str,
}

impl Page<'_> {
    /// The page at a path; `None` where there is none.
    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let answer = self.client.get(format!("{}{path}", self.edge)).send().await;
        let answer = answer.with_context(|| format!("nobody answers at {}", self.edge))?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer.bytes().await?.to_vec())),
            StatusCode::NOT_FOUND => Ok(None),
            status => bail!("{}{path} answers {status}", self.edge),
        }
    }

    /// Makes a change and waits until the page is another one; answers it and the milliseconds since the commit.
    async fn changes(
        &self,
        path: &str,
        before: &[u8],
        change: impl Future<Output = Result<()>>,
    ) -> Result<(Vec<u8>, f64)> {
        tokio::time::sleep(REST).await;
        change.await?;
        let watch = Stopwatch::start();
        while watch.elapsed() < PATIENCE {
            let now = self.read(path).await?;
            let took = watch.elapsed();
            if let Some(now) = now.filter(|now| now != before) {
                return Ok((now, took.as_secs_f64() * 1e3));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{path} is the same after {} s; does a worker run?", PATIENCE.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cache_on_this_machine_is_taken() {
        let of = |cdn: &str| edge(&Config { cdn: Some(cdn.to_owned()), ..Config::default() }).ok();
        assert_eq!(of("http://127.0.0.1:6081/, http://10.0.0.1").as_deref(), Some("http://127.0.0.1:6081"));
        assert_eq!(of("http://localhost").as_deref(), Some("http://localhost"));
        assert_eq!(
            (of("cloudfront:E1"), of("http://localhost.example:80"), of("http://10.0.0.1:6081")),
            (None, None, None)
        );
        assert!(edge(&Config::default()).is_err());
    }
}
