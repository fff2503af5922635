//! `vitrine migrate`: the database's tables.

use anyhow::Result;
use clap::Args;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::shop::Shop;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) state: State,
}

/// Applies the steps that are missing; every other command does so as well.
pub(crate) async fn run(config: &Config) -> Result<Outcome> {
    Shop::open(config).await?;
    output::line("the database is up to date");
    Ok(Outcome::Done)
}
