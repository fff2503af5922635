//! What handlers work with.

use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio::sync::{Semaphore, watch};
use vitrine_access::Access;
use vitrine_core::Clock;
use vitrine_db::{Db, Module};
use vitrine_intake::{Intake, Network};
use vitrine_promotion::Promotions;
use vitrine_telemetry::Metrics;

use crate::Limits;
use crate::client::Clients;
use crate::cors::Origin;
use crate::outage::Outage;
use crate::ready::Ready;
use crate::shop::Shopfront;
use crate::status::{StatusSource, Watched};

/// The doors behind the routes.
pub struct Doors {
    /// The database.
    pub db: Db,
    /// Tables that must be there before the service is ready.
    pub modules: &'static [&'static Module],
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Tokens.
    pub access: Access,
    /// Webhook deliveries.
    pub intake: Intake,
    /// The shop that shoppers buy in; without, its routes are not there until it is [opened](Api::open).
    pub shop: Option<Shopfront>,
    /// What is live, runs and waits.
    pub status: StatusSource,
    /// What was measured; without, `/metrics` says nothing.
    pub metrics: Option<Metrics>,
    /// What a request may cost.
    pub limits: Limits,
    /// Proxies whose word on who the client is counts.
    pub proxies: Vec<Network>,
    /// Origins whose pages may call the API for shoppers; without any, the store's own.
    pub origins: Vec<Origin>,
}

/// The service's state; clones are the same.
#[derive(Clone)]
pub struct Api {
    pub(crate) doors: Arc<Doors>,
    shop: Arc<OnceLock<Arc<Shopfront>>>,
    /// The rules of all stores.
    pub(crate) promotions: Promotions,
    pub(crate) clients: Arc<Clients>,
    pub(crate) in_flight: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) watched: Watched,
    pub(crate) ready: Arc<Ready>,
    pub(crate) outage: Outage,
    stopping: watch::Sender<bool>,
}

impl Api {
    /// A service over doors.
    pub fn new(mut doors: Doors) -> Self {
        let shop = doors.shop.take().map(Arc::new).map_or_else(OnceLock::new, OnceLock::from);
        let limits = &doors.limits;
        Self {
            clients: Arc::new(Clients::new(limits, doors.proxies.clone())),
            in_flight: Arc::new(Semaphore::new(limits.in_flight)),
            streams: Arc::new(Semaphore::new(limits.streams)),
            watched: Watched::new(doors.status.clone(), limits.status_every),
            ready: Arc::default(),
            outage: Outage::default(),
            shop: Arc::new(shop),
            promotions: Promotions::new(doors.db.clone(), doors.clock.clone()),
            stopping: watch::Sender::new(false),
            doors: Arc::new(doors),
        }
    }

    /// Opens the shop, if none is open yet: a store may come into the database after the service has started.
    pub fn open(&self, shop: Shopfront) {
        self.shop.get_or_init(|| Arc::new(shop));
    }

    /// The shop that shoppers buy in, once there is one.
    pub(crate) fn shop(&self) -> Option<&Arc<Shopfront>> {
        self.shop.get()
    }

    /// Ends what would go on for ever, and says at `/readyz` that nothing new should come.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the service is being stopped, now and later.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("limits", &self.doors.limits).finish_non_exhaustive()
    }
}
