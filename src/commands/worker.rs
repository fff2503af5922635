//! `vitrine worker`: relay, promoter, consumer, drain, postman and announcer in one process; any number of them may run.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use tokio::sync::watch;
use vitrine_core::SystemClock;
use vitrine_db::Db;
use vitrine_letters::Postman;
use vitrine_queue::{Exchange, Queue};
use vitrine_workers::{Announcer, Collector, Consumer, Drain, Gauges, Promoter, Relay, RelayOptions, Shops};

use super::Outcome;
use super::api::Probes;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::{Places, exchange, queue};
use crate::post::postman;
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
    let exchange = exchange(config).await?;
    let letters = theme.clone();
    let postman = postman(config, &shop, Arc::new(move || letters.clone()))?;
    let places = Arc::new(Places::connect(config, shop.clone(), theme).await?);
    let (stop, stopping) = watch::channel(false);
    output::line("the worker publishes what changes (Ctrl-C stops)");
    if config.mail_url.is_none() {
        tracing::warn!(folder = %shop.letters().display(), "mail_url is not set: letters are written into a folder");
    }
    let told = async {
        stopped.await;
        stop.send_replace(true);
    };
    let announces = exchange.is_some();
    let roles = roles(&shop.db, queue, places, config.worker_slots.get(), announces, stopping.clone());
    let others = others(&shop.db, postman, exchange, stopping.clone());
    tokio::join!(roles, others, probes.serve(until(stopping)), told);
    Ok(Outcome::Done)
}

/// Relay, promoter, gauges, consumer, drain and collector, until told to stop.
pub(super) async fn roles(
    db: &Db,
    queue: Arc<dyn Queue>,
    shops: Arc<dyn Shops>,
    slots: usize,
    announces: bool,
    stopping: watch::Receiver<bool>,
) {
    let clock = Arc::new(SystemClock);
    let options = RelayOptions { announces, ..RelayOptions::default() };
    let relay = Relay::new(db.clone(), queue.clone(), clock.clone(), options);
    let promoter = Promoter::new(db.clone(), clock.clone());
    let gauges = Gauges::new(db.clone(), queue.clone(), clock.clone());
    let consumer = Consumer::new(db.clone(), queue, clock.clone(), shops.clone(), slots);
    let drain = Drain::new(db.clone(), clock.clone(), shops.clone());
    let collector = Collector::new(db.clone(), clock, shops);
    tokio::join!(
        relay.run(until(stopping.clone())),
        promoter.run(until(stopping.clone())),
        gauges.run(until(stopping.clone())),
        consumer.run(until(stopping.clone())),
        drain.run(until(stopping.clone())),
        collector.run(until(stopping)),
    );
}

/// Those who tell people and the outside what happened, until told to stop.
async fn others(
    db: &Db,
    postman: Postman,
    exchange: Option<Arc<dyn Exchange>>,
    stopping: watch::Receiver<bool>,
) {
    let announcing = async {
        if let Some(exchange) = exchange {
            let announcer = Announcer::new(db.clone(), exchange, Arc::new(SystemClock));
            announcer.run(until(stopping.clone())).await;
        }
    };
    tokio::join!(postman.run(until(stopping.clone())), announcing);
}

/// Waits until somebody is told to stop.
pub(super) async fn until(mut stopping: watch::Receiver<bool>) {
    // An error means that nobody can tell any more, which is the end as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
