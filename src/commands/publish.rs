//! `vitrine publish`: asks for storefronts to be published now.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Args;
use vitrine_core::{Clock, Country, Reason, StoreId, SystemClock};
use vitrine_store::{Asked, Stores, Write};
use vitrine_telemetry::random_u64;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::shop::Shop;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only this country; may be given several times
    #[arg(long, value_name = "CC", value_parser = country)]
    country: Vec<Country>,
    #[command(flatten)]
    pub(crate) state: State,
}

fn country(text: &str) -> Result<Country, String> {
    Country::try_new(&text.to_uppercase()).map_err(|error| error.to_string())
}

/// Asks; a worker does it before anything else.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    ask(&shop, &store, asked.country.iter().copied().collect()).await?;
    output::line("asked for; a worker publishes it next");
    Ok(Outcome::Done)
}

/// Puts the wish into the outbox; no countries means all.
pub(super) async fn ask(shop: &Shop, store: &StoreId, countries: BTreeSet<Country>) -> Result<()> {
    let mut tx = shop.db.begin().await?;
    let asked = Asked { reasons: BTreeSet::from([Reason::Manual]), countries, sweep: false };
    let id = format!("manual-{:016x}", random_u64());
    Stores::request_in(&mut tx, store, &id, &asked, &Write::at(SystemClock.now())).await?;
    tx.commit().await?;
    Ok(())
}
