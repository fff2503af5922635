//! `vitrine audit`: whether the numbers of stock, promotions and payments agree with what they are sums of, and orders
//! with all three.

use std::fmt::Display;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use vitrine_core::{StoreId, SystemClock};
use vitrine_inventory::Inventory;
use vitrine_payment::Payments;
use vitrine_promotion::{Disagreement, Promotions};
use vitrine_store::Stores;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::shop::Shop;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print what is found as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Something that does not add up.
#[derive(Debug, Serialize)]
struct Found {
    store: StoreId,
    /// `inventory`, `promotion`, `payment` or `order`.
    module: &'static str,
    what: String,
}

#[derive(Debug, Serialize)]
struct Answer {
    found: Vec<Found>,
}

/// Looks at every store, and says nothing where all is well. The shop may sell meanwhile.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let (shop, clock) = (Shop::open(config).await?, Arc::new(SystemClock));
    let promotions = Promotions::new(shop.db.clone(), clock.clone());
    let payments = Payments::new(shop.db.clone(), clock, Vec::new());
    let mut found = Vec::new();
    for store in Stores::list_stores(&shop.db).await? {
        found.extend(of(&store, "inventory", Inventory::audit(&shop.db, &store).await?));
        let counted = promotions.audit(&store).await?;
        found.extend(of(&store, "promotion", counted.iter().map(told)));
        found.extend(of(&store, "payment", payments.audit(&store).await?));
        found.extend(of(&store, "order", vitrine_checkout::audit(&shop.db, &store).await?));
    }
    let outcome = Outcome::wrong_if(!found.is_empty());
    if asked.json {
        output::json(&Answer { found })?;
    } else {
        for Found { store, module, what } in &found {
            output::line(format_args!("{store}: {module}: {what}"));
        }
    }
    Ok(outcome)
}

fn of(
    store: &StoreId,
    module: &'static str,
    whats: impl IntoIterator<Item = impl Display>,
) -> impl Iterator<Item = Found> {
    whats.into_iter().map(move |what| Found { store: store.clone(), module, what: what.to_string() })
}

fn told(Disagreement { subject, customer, counted, held }: &Disagreement) -> String {
    let customer = if customer.is_empty() { String::new() } else { format!(" of customer {customer}") };
    format!("{subject}{customer}: {counted} counted, but {held} held or used")
}
