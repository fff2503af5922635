//! `vitrine api`: the service, and the work that webhooks bring.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use vitrine_access::Access;
use vitrine_api::{
    Api, CountryStatus, Doors, Limits, Running, Shopfront, Status, StatusResult, StatusSource, Trouble,
    Waiting,
};
use vitrine_core::{Clock, StoreId, SystemClock, Timestamp};
use vitrine_db::Db;
use vitrine_generator::StorefrontStatus;
use vitrine_intake::{FetchPolicy, Intake, Settings};
use vitrine_store::Stores;
use vitrine_telemetry::Metrics;

use super::Outcome;
use super::worker::until as until_told;
use crate::cli::State;
use crate::commerce::Commerce;
use crate::config::Config;
use crate::keeper;
use crate::listen::listen;
use crate::output;
use crate::places::Places;
use crate::shop::{self, Shop};

/// A client may use a minute's requests in bursts of a sixth.
const BURSTS: u32 = 6;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Port; 0 takes any free one [default: 8081]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Address [default: 127.0.0.1, which only this machine reaches]
    #[arg(long, value_name = "IP")]
    pub(crate) host: Option<IpAddr>,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Serves and works deliveries off until somebody stops it.
pub(crate) async fn run(config: &Config, stopped: impl Future<Output = ()>) -> Result<Outcome> {
    let listener = listen(config.api_host, config.api_port).await?;
    let address = listener.local_addr()?;
    let shop = Shop::open(config).await?;
    let limits = limits(config.api_rate);
    let drain = limits.drain;
    let intake = intake(config, &shop);
    let commerce = Commerce::open(config, &shop)?;
    let places = Places::connect(config, shop.clone(), shop::theme(config)?).await?;
    let mut doors = doors(config, &shop, intake.clone(), status(shop.db.clone(), places), limits);
    doors.metrics = Some(Metrics::install()?);
    doors.shop = shopfront(&shop, &commerce).await?;
    let api = Api::new(doors);

    let (stop, stopping) = watch::channel(false);
    let keeper = tokio::spawn(keeper::run(commerce, until_told(stopping.clone())));
    let deliveries = tokio::spawn(async move { intake.run(until_told(stopping)).await });
    let until = OnceLock::new();
    output::line(format_args!("the API listens at http://{address}/ (Ctrl-C stops)"));
    let asked_to_stop = async {
        stopped.await;
        until.get_or_init(|| Instant::now() + drain);
        stop.send_replace(true);
    };
    vitrine_api::serve(listener, api, asked_to_stop).await;
    // What is cut off is held a minute longer, and then goes on in another process.
    let until = until.get().copied().unwrap_or_else(Instant::now);
    let _ = tokio::time::timeout_at(until, async { tokio::join!(deliveries, keeper) }).await;
    Ok(Outcome::Done)
}

/// The same service without a socket, for a server that has one: `vitrine dev` answers it where its pages are.
///
/// # Errors
/// When the database fails or settings contradict each other.
pub(super) async fn within(config: &Config, shop: &Shop, commerce: &Commerce) -> Result<Router> {
    let places = Places::connect(config, shop.clone(), shop::theme(config)?).await?;
    let status = status(shop.db.clone(), places);
    let mut doors = doors(config, shop, intake(config, shop), status, limits(config.api_rate));
    doors.shop = shopfront(shop, commerce).await?;
    Ok(vitrine_api::router(Api::new(doors)))
}

/// The store that is sold from, where there is one and not several.
async fn shopfront(shop: &Shop, commerce: &Commerce) -> Result<Option<Shopfront>> {
    let stores = Stores::list_stores(&shop.db).await?;
    let [store] = stores.as_slice() else {
        let found = stores.len();
        tracing::warn!(found, "nothing can be bought: the database must hold one store when the API starts");
        return Ok(None);
    };
    if commerce.test.is_some() {
        tracing::warn!("payments is \"test\": whatever is bought is sent, and nobody pays");
    }
    Ok(Some(Shopfront {
        store: store.clone(),
        db: shop.db.clone(),
        clock: Arc::new(SystemClock),
        checkout: commerce.checkout.clone(),
        test: commerce.test.clone(),
    }))
}

/// `/livez`, `/readyz` and `/metrics` of a process that serves nothing else.
pub(crate) struct Probes(Option<(TcpListener, Api)>);

impl Probes {
    /// Takes a port of `api_host`, if there is one, and begins to count.
    ///
    /// # Errors
    /// When the port can't be taken.
    pub(crate) async fn listen(config: &Config, port: Option<u16>, shop: &Shop) -> Result<Self> {
        let Some(port) = port else { return Ok(Self(None)) };
        let listener = listen(config.api_host, port).await?;
        output::line(format_args!("probes and metrics at http://{}/", listener.local_addr()?));
        let nothing: StatusSource = Arc::new(|_| Box::pin(async { Ok(None) }));
        let mut doors = doors(config, shop, intake(config, shop), nothing, limits(config.api_rate));
        doors.metrics = Some(Metrics::install()?);
        Ok(Self(Some((listener, Api::new(doors)))))
    }

    /// Answers until somebody stops it.
    pub(crate) async fn serve(self, stopped: impl Future<Output = ()>) {
        if let Some((listener, api)) = self.0 {
            vitrine_api::serve_probes(listener, api, stopped).await;
        }
    }
}

fn limits(per_minute: NonZeroU32) -> Limits {
    let burst = NonZeroU32::new(per_minute.get() / BURSTS).unwrap_or(NonZeroU32::MIN);
    Limits { per_minute, burst, ..Limits::default() }
}

fn intake(config: &Config, shop: &Shop) -> Intake {
    let settings = Settings {
        secrets: config.webhook_secrets.reveal(),
        fetch: FetchPolicy::new(&config.webhook_hosts.0, config.webhook_networks.0.clone()),
        spool: shop.spool(),
    };
    Intake::new(shop.db.clone(), Arc::new(SystemClock), settings)
}

fn doors(config: &Config, shop: &Shop, intake: Intake, status: StatusSource, limits: Limits) -> Doors {
    let clock = Arc::new(SystemClock);
    Doors {
        db: shop.db.clone(),
        modules: shop::MODULES,
        clock: clock.clone(),
        access: Access::new(shop.db.clone(), clock),
        intake,
        shop: None,
        status,
        metrics: None,
        limits,
        proxies: config.api_proxies.0.clone(),
    }
}

/// The status of a store, as the generator knows it.
fn status(db: Db, places: Places) -> StatusSource {
    let places = Arc::new(places);
    Arc::new(move |store| {
        let (db, places) = (db.clone(), Arc::clone(&places));
        Box::pin(async move { look(&db, &places, store).await })
    })
}

async fn look(db: &Db, places: &Places, store: StoreId) -> StatusResult {
    let now = SystemClock.now();
    let revision = match Stores::revision(db, &store).await {
        Ok(revision) => revision,
        Err(vitrine_store::Error::Unknown(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let countries = places.status(&store, now).await?;
    let countries = countries.into_iter().map(|country| shown(country, now)).collect();
    Ok(Some(Status { store, revision, countries }))
}

fn shown(country: StorefrontStatus, now: Timestamp) -> CountryStatus {
    let progress = country.running.and_then(|held| held.progress);
    let running = progress.map(|progress| {
        Running::at(now, Timestamp::from_ms(progress.started_at), progress.pages, progress.expected)
    });
    let waiting = country.waiting.map(|demand| Waiting {
        reason: demand.reason,
        revision: demand.revision,
        since: demand.requested_at,
    });
    CountryStatus {
        country: country.country,
        release: country.release.map(|release| release.release),
        revision: country.revision,
        revisions_behind: country.behind,
        running,
        waiting,
        last_error: country.trouble.map(|(why, at)| Trouble { why, at }),
        held_at: country.held_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_bursts_however_few_requests_it_has() {
        let burst = |rate: u32| limits(rate.try_into().unwrap()).burst.get();
        assert_eq!((burst(600), burst(5), burst(1)), (100, 1, 1));
    }
}
