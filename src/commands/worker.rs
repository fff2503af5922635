//! `vitrine worker`: relay, promoter, consumer and drain in one process; any number of them may run.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use tokio::sync::watch;
use vitrine_core::SystemClock;
use vitrine_db::Db;
use vitrine_queue::Queue;
use vitrine_workers::{Collector, Consumer, Drain, Promoter, Relay, RelayOptions, Shops};

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
    let probes = Probes::listen(config, config.worker_port, &shop).await?;
    let theme = shop::theme(config)?;
    let queue = queue(config, &shop).await?;
    let places = Arc::new(Places::connect(config, shop.clone(), theme).await?);
    let (stop, stopping) = watch::channel(false);
    output::line("the worker publishes what changes (Ctrl-C stops)");
    let told = async {
        stopped.await;
        stop.send_replace(true);
    };
    let roles = roles(&shop.db, queue, places, config.worker_slots.get(), stopping.clone());
    tokio::join!(roles, probes.serve(until(stopping)), told);
    Ok(Outcome::Done)
}

/// Relay, promoter, consumer, drain and collector, until told to stop.
pub(super) async fn roles(
    db: &Db,
    queue: Arc<dyn Queue>,
    shops: Arc<dyn Shops>,
    slots: usize,
    stopping: watch::Receiver<bool>,
) {
    let clock = Arc::new(SystemClock);
    let relay = Relay::new(db.clone(), queue.clone(), clock.clone(), RelayOptions::default());
    let promoter = Promoter::new(db.clone(), clock.clone());
    let consumer = Consumer::new(db.clone(), queue, clock.clone(), shops.clone(), slots);
    let drain = Drain::new(db.clone(), clock.clone(), shops.clone());
    let collector = Collector::new(db.clone(), clock, shops);
    tokio::join!(
        relay.run(until(stopping.clone())),
        promoter.run(until(stopping.clone())),
        consumer.run(until(stopping.clone())),
        drain.run(until(stopping.clone())),
        collector.run(until(stopping)),
    );
}

/// Waits until somebody is told to stop.
pub(super) async fn until(mut stopping: watch::Receiver<bool>) {
    // An error means that nobody can tell any more, which is the end as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
