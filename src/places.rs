//! Where storefronts are published, as the settings say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use secrecy::SecretString;
use vitrine_cdn::{Cdn, CloudFront, CloudFrontConfig, HttpPurge, HttpPurgeConfig};
use vitrine_core::{Clock, Country, StoreId, SystemClock, Timestamp};
use vitrine_generator::{BuildError, Generator, Place, StorefrontStatus, Storefronts, bare_status};
use vitrine_objects::{Objects, S3, S3Settings};
use vitrine_queue::{
    EmbeddedQueue, Exchange, ExchangeOptions, Queue, RabbitExchange, RabbitOptions, RabbitQueue,
};
use vitrine_theme::Theme;
use vitrine_workers::{DuePages, Shops};

use crate::config::{Config, PlaceConfig};
use crate::shop::Shop;

/// One place with the CDN in front of it.
struct Spot {
    kind: Kind,
    cdn: Option<Arc<dyn Cdn>>,
}

enum Kind {
    /// Opened at the first publish, and again after it where nobody read it before.
    Directory(PathBuf, Mutex<Option<Place>>),
    Remote(Arc<dyn Objects>, String),
}

/// The places of a deployment.
pub(crate) struct Places {
    shop: Shop,
    theme: Arc<Theme>,
    /// The first is for every country that has none of its own.
    spots: Vec<Spot>,
    own: BTreeMap<Country, usize>,
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Places({})", self.spots.len())
    }
}

impl Places {
    /// Connects to the places of the settings.
    ///
    /// # Errors
    /// One line that names the setting.
    pub(crate) async fn connect(config: &Config, shop: Shop, theme: Arc<Theme>) -> Result<Self> {
        let general = PlaceConfig { publish_to: config.publish_to.clone(), cdn: config.cdn.clone() };
        let mut spots = vec![spot(config, &shop, &general).await?];
        let mut own = BTreeMap::new();
        for (country, place) in &config.places {
            let place = PlaceConfig {
                publish_to: place.publish_to.clone().or_else(|| general.publish_to.clone()),
                cdn: place.cdn.clone().or_else(|| general.cdn.clone()),
            };
            own.insert(*country, spots.len());
            spots.push(spot(config, &shop, &place).await.with_context(|| format!("places.{country}"))?);
        }
        Ok(Self { shop, theme, spots, own })
    }

    fn spot(&self, country: Country) -> Option<&Spot> {
        self.spots.get(self.number(country))
    }

    fn number(&self, country: Country) -> usize {
        self.own.get(&country).copied().unwrap_or_default()
    }

    /// Where a country is published.
    pub(crate) fn place_of(&self, country: Country) -> Result<Place, BuildError> {
        let spot = self.spot(country).ok_or(BuildError::State("place"))?;
        let place = match &spot.kind {
            Kind::Remote(objects, label) => Place::remote(Arc::clone(objects), label, false),
            Kind::Directory(path, open) => {
                let mut open = open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match open.as_ref().filter(|place| !place.is_fresh()) {
                    Some(place) => place.clone(),
                    None => open.insert(Place::directory(path, true)?).clone(),
                }
            }
        };
        Ok(if spot.cdn.is_some() { place.behind_a_cdn() } else { place })
    }

    /// Every storefront of a store at a moment, by the codes of their countries.
    ///
    /// # Errors
    /// When a place or the database can't be read.
    pub(crate) async fn status(
        &self,
        store: &StoreId,
        now: Timestamp,
    ) -> Result<Vec<StorefrontStatus>, BuildError> {
        let db = &self.shop.db;
        let mut all: BTreeMap<Country, StorefrontStatus> =
            bare_status(db, store, now).await?.into_iter().map(|one| (one.country, one)).collect();
        let countries: Vec<Country> = all.keys().copied().collect();
        for (number, country) in self.each(&countries) {
            if let Some(published) = Storefronts::open(db, store, &self.place_of(country)?).await? {
                let here = published.status(now).await?.into_iter();
                let here = here.filter(|one| self.number(one.country) == number);
                all.extend(here.map(|one| (one.country, one)));
            }
        }
        Ok(all.into_values().collect())
    }

    /// Countries that are published together, with the first of each place.
    pub(crate) fn together(&self, countries: &BTreeSet<Country>) -> BTreeMap<Country, BTreeSet<Country>> {
        let mut places: BTreeMap<usize, BTreeSet<Country>> = BTreeMap::new();
        for country in countries {
            places.entry(self.number(*country)).or_default().insert(*country);
        }
        places.into_values().filter_map(|together| Some((*together.first()?, together))).collect()
    }

    /// One country of each place.
    fn each(&self, countries: &[Country]) -> BTreeMap<usize, Country> {
        countries.iter().rev().map(|country| (self.number(*country), *country)).collect()
    }
}

async fn spot(config: &Config, shop: &Shop, place: &PlaceConfig) -> Result<Spot> {
    let kind = match place.publish_to.as_deref() {
        None => Kind::Directory(shop.site(), Mutex::default()),
        Some(address) => match address.strip_prefix("s3://") {
            None => Kind::Directory(PathBuf::from(address), Mutex::default()),
            Some(bucket) => {
                let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
                let settings = S3Settings {
                    prefix: prefix.to_owned(),
                    endpoint: config.s3_endpoint.clone(),
                    region: config.s3_region.clone(),
                    path_style: config.s3_endpoint.is_some(),
                    ..S3Settings::new(bucket)
                };
                let store = S3::connect(settings).await.context("publish_to")?;
                Kind::Remote(Arc::new(store), address.to_owned())
            }
        },
    };
    let cdn = match place.cdn.as_deref() {
        None => None,
        Some(cdn) => Some(connect_cdn(config, cdn).await.context("cdn")?),
    };
    Ok(Spot { kind, cdn })
}

async fn connect_cdn(config: &Config, cdn: &str) -> Result<Arc<dyn Cdn>> {
    if let Some(distribution) = cdn.strip_prefix("cloudfront:") {
        let budget = config.cdn_budget.map(|dollars| u64::from(dollars) * 1_000_000);
        let config = CloudFrontConfig { budget, ..CloudFrontConfig::new(distribution) };
        return Ok(Arc::new(CloudFront::connect(&config).await));
    }
    if !cdn.starts_with("http://") && !cdn.starts_with("https://") {
        bail!("{cdn} is neither cloudfront:DISTRIBUTION nor the addresses of caches, http://host:port,..");
    }
    let nodes = cdn.split(',').map(|node| node.trim().to_owned()).collect();
    let secret = config.cdn_secret.as_ref().map_or_else(String::new, |secret| secret.reveal().to_owned());
    Ok(Arc::new(HttpPurge::try_new(&HttpPurgeConfig::new(nodes, SecretString::from(secret)))?))
}

/// The queue of the settings: RabbitMQ where `queue_url` names one, else in the database.
///
/// # Errors
/// When the broker can't be reached.
pub(crate) async fn queue(config: &Config, shop: &Shop) -> Result<Arc<dyn Queue>> {
    let clock = Arc::new(SystemClock);
    match &config.queue_url {
        None => Ok(Arc::new(EmbeddedQueue::new(shop.db.clone(), clock))),
        Some(url) => {
            let queue = RabbitQueue::connect(url.reveal(), RabbitOptions::default(), clock).await;
            Ok(Arc::new(queue.context("can't reach the queue of queue_url")?))
        }
    }
}

/// Where events are announced: RabbitMQ where `queue_url` names one, else nowhere.
///
/// # Errors
/// When the broker can't be reached.
pub(crate) async fn exchange(config: &Config) -> Result<Option<Arc<dyn Exchange>>> {
    let Some(url) = &config.queue_url else { return Ok(None) };
    let exchange = RabbitExchange::connect(url.reveal(), ExchangeOptions::default()).await;
    Ok(Some(Arc::new(exchange.context("can't reach the exchange of queue_url")?)))
}

#[async_trait]
impl Shops for Places {
    async fn generator(&self, store: &StoreId) -> Result<Generator, BuildError> {
        Ok(self.shop.generator(store.clone(), Arc::clone(&self.theme)))
    }

    async fn place(&self, _: &StoreId, country: Country) -> Result<Place, BuildError> {
        self.place_of(country)
    }

    fn place_number(&self, _: &StoreId, country: Country) -> usize {
        self.number(country)
    }

    fn cdn(&self, _: &StoreId, country: Country) -> Option<Arc<dyn Cdn>> {
        self.spot(country)?.cdn.clone()
    }
}

#[async_trait]
impl DuePages for Places {
    async fn due(&self, store: &StoreId) -> Result<BTreeMap<Country, Timestamp>, BuildError> {
        let now = SystemClock.now();
        let countries: Vec<Country> = vitrine_generator::bare_status(&self.shop.db, store, now)
            .await?
            .into_iter()
            .map(|one| one.country)
            .collect();
        let mut due = BTreeMap::new();
        for (number, country) in self.each(&countries) {
            let place = self.place_of(country)?;
            let Some(published) = Storefronts::open(&self.shop.db, store, &place).await? else { continue };
            let here = published.due().await?;
            due.extend(here.into_iter().filter(|(country, _)| self.number(*country) == number));
        }
        Ok(due)
    }
}
