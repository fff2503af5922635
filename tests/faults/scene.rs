//! A shop with what it is published to and the services behind it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vitrine_cdn::testing::{Moto, Varnish, VarnishSetup};
use vitrine_cdn::vcl;
use vitrine_db::Db;

use crate::bucket::Bucket;
use crate::program::Program;
use crate::services::{Broker, Fault, Postgres, Proxy};
use crate::shop::Shop;
use crate::site::Site;
use crate::{site, until};

/// What is said where nothing is to be done.
const NOTHING_LEFT: &str = "0 waiting, 0 delayed, 0 running, 0 dead";
/// RabbitMQ does not show what its consumers hold.
const NOTHING_LEFT_IN_RABBIT: &str = "0 waiting, 0 delayed, ? running, 0 dead";

pub(crate) struct Scene {
    pub(crate) shop: Shop,
    database: String,
    /// Where it is published behind a cache, and the cache's address.
    behind_cache: Option<(Bucket, String)>,
}

/// What stands behind a shop in production, every part of it in the hands of the test.
pub(crate) struct ProductionSet {
    pub(crate) postgres: Postgres,
    pub(crate) broker: Broker,
    pub(crate) bucket: Bucket,
    pub(crate) varnish: Varnish,
    /// Before the bucket: fails now and then while it is told to.
    pub(crate) bucket_trouble: Arc<Trouble>,
    /// Between the workers and Varnish.
    pub(crate) purge_trouble: Arc<Trouble>,
    _moto: Moto,
}

/// A proxy that fails while it is told to.
pub(crate) struct Trouble {
    on: Arc<AtomicBool>,
    proxy: Proxy,
}

impl Trouble {
    /// `faults` are dealt out in turn to the requests; those beyond them are passed on.
    async fn before(target: &str, faults: &'static [Fault]) -> Arc<Self> {
        let on = Arc::new(AtomicBool::new(false));
        let is_on = on.clone();
        let decide = move |number: u64, _: &str| match is_on.load(Ordering::SeqCst) {
            true => faults[usize::try_from(number).unwrap() % faults.len()],
            false => Fault::None,
        };
        Arc::new(Self { on, proxy: Proxy::start(target, decide).await })
    }

    pub(crate) fn begin(&self) {
        self.on.store(true, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.on.store(false, Ordering::SeqCst);
    }

    /// Waits until what a killed process has sent is done: a lease of 30 s outlives any request, and where a test
    /// ends the lease at once, the next worker would meet deletions that are still under way.
    pub(crate) async fn is_quiet(&self) {
        until("no request is under way", async || self.proxy.is_quiet()).await;
    }

    /// Requests that were not answered well so far.
    pub(crate) fn count(&self) -> usize {
        self.proxy.faults()
    }
}

/// Of forty requests to the bucket eight go wrong: four are refused for now, three are done and the answer is lost or
/// breaks off, one is never answered.
const BUCKET_FAULTS: &[Fault] = &{
    let mut faults = [Fault::None; 40];
    faults[2] = Fault::Status(503, "SlowDown");
    faults[7] = Fault::Status(500, "InternalError");
    faults[11] = Fault::LoseAnswer;
    faults[16] = Fault::Status(503, "SlowDown");
    faults[21] = Fault::Truncate;
    faults[26] = Fault::Status(500, "InternalError");
    faults[31] = Fault::LoseAnswer;
    faults[36] = Fault::Stall;
    faults
};
/// Nothing gets through to the cache.
const PURGE_FAULTS: &[Fault] = &[Fault::Status(503, "Away")];

impl ProductionSet {
    /// Starts the cache again where it was, empty, with the tables that are published now.
    pub(crate) async fn start_cache_again(&mut self) {
        let table = async |name: &str| self.bucket.get(&format!("_vitrine/{name}")).await.unwrap();
        let tables = vcl::tables(&table("redirects.json").await, &table("site.json").await).unwrap();
        let setup = VarnishSetup::new(&self.bucket.address).tables(tables).port(self.varnish.port);
        self.varnish = setup.start().await;
    }
}

impl Scene {
    /// A shop in a folder, with the embedded database and queue.
    pub(crate) fn folder() -> Self {
        let mut shop = Shop::new();
        shop.set("VITRINE_LOG_LEVEL", "info");
        let database = format!("sqlite://{}", shop.path(".vitrine/vitrine.db").display());
        Self { shop, database, behind_cache: None }
    }

    /// A shop in a bucket behind Varnish, with PostgreSQL and RabbitMQ.
    pub(crate) async fn production() -> (Self, ProductionSet) {
        let mut shop = Shop::new();
        let (postgres, broker, moto) = (Postgres::start(), Broker::start().await, Moto::start().await);
        let bucket = Bucket::new(&moto).await;
        let varnish = VarnishSetup::new(&bucket.address).start().await;
        let bucket_trouble = Trouble::before(&moto.base, BUCKET_FAULTS).await;
        let purge_trouble = Trouble::before(&varnish.base, PURGE_FAULTS).await;
        for (name, value) in [
            ("VITRINE_LOG_LEVEL", "info".to_owned()),
            ("VITRINE_DATABASE_URL", postgres.url()),
            ("VITRINE_QUEUE_URL", broker.url()),
            ("VITRINE_PUBLISH_TO", format!("s3://{}", bucket.name)),
            ("VITRINE_S3_ENDPOINT", bucket_trouble.proxy.address.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("VITRINE_CDN", purge_trouble.proxy.address.clone()),
            ("VITRINE_CDN_SECRET", varnish.secret().to_owned()),
        ] {
            shop.set(name, value);
        }
        let behind_cache = Some((bucket.clone(), varnish.base.clone()));
        let scene = Self { shop, database: postgres.url(), behind_cache };
        let set =
            ProductionSet { postgres, broker, bucket, varnish, bucket_trouble, purge_trouble, _moto: moto };
        (scene, set)
    }

    /// The address of the cache, if there is one.
    pub(crate) fn cache(&self) -> Option<String> {
        self.behind_cache.as_ref().map(|(_, cache)| cache.clone())
    }

    /// What is stored where the shop is published.
    pub(crate) fn site(&self) -> Site {
        match &self.behind_cache {
            None => Site::Folder(self.shop.path(".vitrine/site")),
            Some((bucket, _)) => Site::Bucket(bucket.clone()),
        }
    }

    /// The first publish, by a worker that ends afterwards.
    pub(crate) async fn first_publish(&self) {
        self.import();
        let worker = Program::start(&self.shop, "worker");
        self.is_live().await;
        worker.ends().await;
    }

    pub(crate) async fn db(&self) -> Db {
        Db::open(&self.database).await.unwrap()
    }

    /// How many paths a lost publish has left to be put once more.
    pub(crate) async fn rechecks(&self) -> usize {
        let db = self.db().await;
        let rows = vitrine_db::sql("SELECT path FROM generator_recheck".to_owned());
        let count = rows.fetch_all(db.reader()).await.unwrap().len();
        db.close().await;
        count
    }

    /// Imports the content folder; mistakes in it may keep items out.
    pub(crate) fn import(&self) {
        self.said(&["import"]);
    }

    /// Imports the content folder unless something is down.
    pub(crate) fn try_import(&self) -> bool {
        (0..2).contains(&self.shop.run(&["import"]).code)
    }

    /// What a command says that may find something wrong.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        let said = self.shop.run(arguments);
        assert!((0..2).contains(&said.code), "{arguments:?}: {} {}", said.out, said.err);
        said.out
    }

    /// Waits until nothing is asked for any more.
    pub(crate) async fn is_live(&self) {
        let mut status = String::new();
        let mut rounds = 0;
        until("everything is live", async || {
            status = self.said(&["status"]);
            rounds += 1;
            if rounds % 100 == 0 {
                println!("{status}");
            }
            status.lines().all(|line| line.contains("up to date") && line.contains("idle"))
        })
        .await;
    }

    /// Lets the time pass that what a killed worker held takes to be free. A message that was lost with eight workers is
    /// taken for one that kills them, but here it is the test that does.
    pub(crate) async fn leases_end(&self) {
        let db = self.db().await;
        let mut tx = db.begin().await.unwrap();
        for text in [
            "UPDATE generator_lease SET until = 0",
            "UPDATE queue_message SET claimed_until = 0, attempt = 0",
        ] {
            vitrine_db::sql(text.to_owned()).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        db.close().await;
    }

    /// Waits until all is as a full build makes it, and nothing is left over.
    pub(crate) async fn converges(&self) {
        let mut left = Vec::new();
        for round in 0..12 {
            self.is_live().await;
            left = self.differences(&format!("full-{round}")).await;
            if left.is_empty() {
                break;
            }
            // A window may have ended in between, or a path is put once more after a lost lease.
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        }
        assert_eq!(left, Vec::<String>::new(), "differ from a full build\n{}", self.log());
        let verified = self.shop.run(&["verify", "DE"]);
        assert_eq!(verified.code, 0, "{} {}", verified.out, verified.err);
        let mut left = String::new();
        until("the queue is empty", async || {
            left = self.said(&["queue"]);
            let is_empty = left.starts_with(NOTHING_LEFT) || left.starts_with(NOTHING_LEFT_IN_RABBIT);
            if left.contains(" dead") && !left.contains(" 0 dead") {
                panic!("{left}");
            }
            is_empty
        })
        .await;
        self.cache_is_fresh().await;
    }

    /// Names of files that differ from a full build of the same database.
    async fn differences(&self, name: &str) -> Vec<String> {
        let built = self.shop.run(&["build", "--full", "--out", name]);
        assert!((0..2).contains(&built.code), "{} {}", built.out, built.err);
        let full = Site::Folder(self.shop.path(name)).files().await;
        let there = self.site().files().await;
        std::fs::remove_dir_all(self.shop.path(name)).unwrap();
        site::differing(&there, &full)
    }

    /// Everything that the cache has of the site is what is stored, as soon as it was told.
    async fn cache_is_fresh(&self) {
        let Some((bucket, cache)) = &self.behind_cache else { return };
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let ever: BTreeSet<String> = bucket.keys_ever().await.into_iter().collect();
        let pages = ever.iter().filter(|key| key.ends_with("index.html"));
        let mut older = Vec::new();
        until("the cache has no older page", async || {
            older.clear();
            for key in pages.clone() {
                let path = key.strip_suffix("index.html").unwrap();
                let answer = client.get(format!("{cache}/{path}")).send().await.unwrap();
                let status = answer.status().as_u16();
                let body = (status == 200).then_some(answer.bytes().await.unwrap().to_vec());
                let is_right = match bucket.get(key).await {
                    // An old address may be answered by its table, and not by its object.
                    Some(stored) => body == Some(stored) || (300..400).contains(&status),
                    None => (300..500).contains(&status),
                };
                if !is_right {
                    older.push(format!("{path} ({status})"));
                }
            }
            if !older.is_empty() {
                println!("older: {older:?}");
            }
            older.is_empty()
        })
        .await;
    }

    /// The last that workers and schedulers said.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.shop.path("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// What went before a failure is in what the programs said.
impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
    }
}
