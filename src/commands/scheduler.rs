//! `vitrine scheduler`: asks for builds at their times; any number of them may run.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use tokio::sync::watch;
use vitrine_core::SystemClock;
use vitrine_workers::{Scheduler, SchedulerOptions};

use super::Outcome;
use super::api::Probes;
use super::worker::until;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::Places;
use crate::shop::{self, Shop};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) state: State,
}

/// Asks until somebody stops it.
pub(crate) async fn run(config: &Config, stopped: impl Future<Output = ()>) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let probes = Probes::listen(config, config.scheduler_port, &shop).await?;
    let theme = shop::theme(config)?;
    let places = Arc::new(Places::connect(config, shop.clone(), theme).await?);
    let scheduler = Scheduler::new(shop.db, places, Arc::new(SystemClock), SchedulerOptions::default());
    output::line("the scheduler asks for builds at their times (Ctrl-C stops)");
    let (stop, stopping) = watch::channel(false);
    let told = async {
        stopped.await;
        stop.send_replace(true);
    };
    let (ended, (), ()) =
        tokio::join!(scheduler.run(until(stopping.clone())), probes.serve(until(stopping)), told);
    ended?;
    Ok(Outcome::Done)
}
