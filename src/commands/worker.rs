//! `vitrine worker`: relay, consumer and drain in one process; any number of them may run.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use tokio::sync::watch;
use vitrine_core::SystemClock;
use vitrine_workers::{Consumer, Drain, Relay, RelayOptions};

use super::Outcome;
use super::api::Probes;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::{Places, queue};
use crate::shop::{self, Shop};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) state: State,
}

/// Publishes what is asked for until somebody stops it; what is under way stops at its next step and is gone on with
/// by whoever runs next.
pub(crate) async fn run(config: &Config, stopped: impl Future<Output = ()>) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let probes = Probes::listen(config, &shop).await?;
    let theme = shop::theme(config)?;
    let queue = queue(config, &shop).await?;
    let places = Arc::new(Places::connect(config, shop.clone(), theme).await?);
    let clock = Arc::new(SystemClock);
    let db = shop.db.clone();
    let relay = Relay::new(db.clone(), queue.clone(), clock.clone(), RelayOptions::default());
    let consumer = Consumer::new(db.clone(), queue, clock.clone(), places.clone(), config.worker_slots.get());
    let drain = Drain::new(db, clock, places);
    let (stop, stopping) = watch::channel(false);
    let until = |mut stopping: watch::Receiver<bool>| async move {
        // An error means that nobody can tell any more, which is the end as well.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    output::line("the worker publishes what changes (Ctrl-C stops)");
    let told = async {
        stopped.await;
        stop.send_replace(true);
    };
    tokio::join!(
        relay.run(until(stopping.clone())),
        consumer.run(until(stopping.clone())),
        drain.run(until(stopping.clone())),
        probes.serve(until(stopping.clone())),
        told
    );
    Ok(Outcome::Done)
}
