//! `vitrine releases`, `rollback`, `resume` and `verify`: what is published, and how to go back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use vitrine_core::{Clock, Country, StoreId, SystemClock};
use vitrine_generator::{Lease, Storefronts};

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::Places;
use crate::report::counted;
use crate::shop::{self, Shop};

/// Releases listed of a country.
const LISTED: usize = 20;
/// How long a roll-back waits for a publish that runs, times `WAIT`.
const WAITS: u32 = 240;
const WAIT: Duration = Duration::from_millis(250);

/// What can be asked of all of them.
#[derive(Debug, Args)]
pub(crate) struct Storefront {
    /// The storefront, as DE
    #[arg(value_name = "COUNTRY", value_parser = country)]
    country: Country,
    #[command(flatten)]
    pub(crate) state: State,
}

/// What can be asked of a roll-back.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    #[command(flatten)]
    pub(crate) storefront: Storefront,
    /// The release to go back to
    release: i64,
}

/// What can be asked of a check.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) storefront: Storefront,
    /// Delete what is stray, and let the next publish put what is missing or different
    #[arg(long)]
    repair: bool,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

fn country(text: &str) -> Result<Country, String> {
    Country::try_new(&text.to_uppercase()).map_err(|error| error.to_string())
}

struct Open {
    shop: Shop,
    store: StoreId,
    places: Places,
}

async fn open(config: &Config) -> Result<Open> {
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    let places = Places::connect(config, shop.clone(), shop::theme(config)?).await?;
    Ok(Open { shop, store, places })
}

/// Lists the latest releases of a country.
pub(crate) async fn list(config: &Config, asked: &Storefront) -> Result<Outcome> {
    let Open { shop, store, places } = open(config).await?;
    let place = places.place_of(asked.country)?;
    let Some(published) = Storefronts::open(&shop.db, &store, &place).await? else {
        bail!("nothing is published there yet");
    };
    let releases = published.releases(asked.country, LISTED).await?;
    let rows: Vec<[String; 6]> = releases
        .iter()
        .map(|one| {
            [
                one.release.to_string(),
                serde_json::to_value(one.state)
                    .ok()
                    .and_then(|word| Some(word.as_str()?.to_owned()))
                    .unwrap_or_default(),
                one.reason.to_string(),
                one.finished_at.unwrap_or(one.started_at).to_rfc3339(),
                format!("{} written", one.written),
                format!("{} removed", one.removed),
            ]
        })
        .collect();
    output::line(output::table(&rows));
    Ok(Outcome::Done)
}

/// Shows a country as it was after a release.
pub(crate) async fn rollback(config: &Config, asked: &Rollback) -> Result<Outcome> {
    let Open { shop, store, places } = open(config).await?;
    let country = asked.storefront.country;
    let place = places.place_of(country)?;
    let Some(published) = Storefronts::open(&shop.db, &store, &place).await? else {
        bail!("nothing is published there yet");
    };
    let lease = lease(&shop, &store, country).await?;
    let done = published.rollback(country, asked.release, &lease, SystemClock.now()).await;
    if done.is_err() {
        lease.end().await?;
    }
    let done = done?;
    output::line(format_args!(
        "{country} shows release {} again: {} restored, {} removed; it stays so until vitrine resume {country}",
        asked.release,
        counted(done.restored, "path"),
        done.removed
    ));
    Ok(Outcome::Done)
}

async fn lease(shop: &Shop, store: &StoreId, country: Country) -> Result<Lease> {
    let owner = format!("rollback-{:016x}", vitrine_telemetry::random_u64());
    for _ in 0..WAITS {
        let clock = Arc::new(SystemClock);
        if let Some(lease) = Lease::take(&shop.db, store, &BTreeSet::from([country]), &owner, clock).await? {
            return Ok(lease);
        }
        tokio::time::sleep(WAIT).await;
    }
    bail!("{country} is being published and does not come to an end; see vitrine status")
}

/// Lets publishes of a country go on.
pub(crate) async fn resume(config: &Config, asked: &Storefront) -> Result<Outcome> {
    let Open { shop, store, places } = open(config).await?;
    let place = places.place_of(asked.country)?;
    let Some(published) = Storefronts::open(&shop.db, &store, &place).await? else {
        bail!("nothing is published there yet");
    };
    let country = asked.country;
    match published.resume(country, SystemClock.now()).await? {
        true => {
            super::publish::ask(&shop, &store, BTreeSet::from([country])).await?;
            output::line(format_args!("{country} is published again as it is in the database"));
        }
        false => output::line(format_args!("{country} was not held")),
    }
    Ok(Outcome::Done)
}

/// Holds the place of a country against the ledger.
pub(crate) async fn verify(config: &Config, asked: &Verify) -> Result<Outcome> {
    let Open { shop, store, places } = open(config).await?;
    let place = places.place_of(asked.storefront.country)?;
    let Some(published) = Storefronts::open(&shop.db, &store, &place).await? else {
        bail!("nothing is published there yet");
    };
    let found = published.verify(asked.repair.then(|| SystemClock.now())).await?;
    if asked.json {
        output::json(&found)?;
    } else {
        for (what, names) in
            [("missing", &found.missing), ("different", &found.different), ("stray", &found.stray)]
        {
            names.iter().for_each(|name| output::line(format_args!("{what}: {name}")));
        }
        output::line(format_args!(
            "{}: {} missing, {} different, {} stray",
            counted(found.checked, "object"),
            found.missing.len(),
            found.different.len(),
            found.stray.len()
        ));
    }
    if asked.repair && !found.is_clean() {
        super::publish::ask(&shop, &store, BTreeSet::new()).await?;
    }
    Ok(Outcome::wrong_if(!found.is_clean()))
}
