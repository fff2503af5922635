//! A store with an intake whose clock and sender are ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use tempfile::TempDir;
use vitrine_core::{FixedClock, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Module};
use vitrine_intake::{Delivery, Error, FetchPolicy, Intake, MODULE, Receipt, Secrets, Settings, State, sign};
use vitrine_telemetry::TraceContext;

use crate::shop;

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);

const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &MODULE,
];

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) intake: Intake,
    pub(crate) spool: TempDir,
}

pub(crate) fn secret() -> String {
    "s".repeat(32)
}

impl World {
    /// Runs a test in a world on each database; at its end nothing must be left over.
    pub(crate) async fn each(body: impl AsyncFn(World)) {
        for_each_backend(MODULES, async |db| {
            for id in ["tiny", "other"] {
                shop::open(&db, id).await;
            }
            let spool = tempfile::tempdir().unwrap();
            let clock = Arc::new(FixedClock::new(NOW));
            let intake = Intake::new(db.clone(), clock.clone(), settings(&spool));
            let path = spool.path().to_owned();
            body(World { db, clock, intake, spool }).await;
            assert!(!path.exists(), "the world was dropped");
        })
        .await;
    }

    /// Another process on the same tables.
    pub(crate) fn restarted(&self) -> Intake {
        Intake::new(self.db.clone(), self.clock.clone(), settings(&self.spool))
    }

    /// One that may fetch from public addresses only.
    pub(crate) fn strict(&self) -> Intake {
        let settings = Settings { fetch: FetchPolicy::new(&[], vec![]), ..settings(&self.spool) };
        Intake::new(self.db.clone(), self.clock.clone(), settings)
    }

    pub(crate) async fn send(&self, body: &str) -> Result<Receipt, Error> {
        self.send_to("tiny", body).await
    }

    pub(crate) async fn send_to(&self, store: &str, body: &str) -> Result<Receipt, Error> {
        let signature = sign(&secret(), vitrine_core::Clock::now(&*self.clock), body.as_bytes());
        self.send_signed(store, Some(&signature), body).await
    }

    pub(crate) async fn send_signed(
        &self,
        store: &str,
        signature: Option<&str>,
        body: &str,
    ) -> Result<Receipt, Error> {
        self.intake.receive(&shop::store(store), signature, body.as_bytes(), TraceContext::root()).await
    }

    pub(crate) async fn delivery(&self, id: &str) -> Delivery {
        self.intake.delivery(&shop::store("tiny"), id).await.unwrap().unwrap()
    }

    /// Works until nothing is due; how many tries it took.
    pub(crate) async fn work(&self) -> usize {
        let mut tries = 0;
        loop {
            match self.intake.work().await.unwrap() {
                0 => return tries,
                done => tries += done,
            }
        }
    }

    /// What is left of feeds on the disk.
    pub(crate) fn spooled(&self) -> usize {
        std::fs::read_dir(self.spool.path()).unwrap().count()
    }

    pub(crate) async fn state(&self, id: &str) -> (State, i64) {
        let delivery = self.delivery(id).await;
        (delivery.state, delivery.attempts)
    }
}

fn settings(spool: &TempDir) -> Settings {
    let secrets = ["tiny", "other"].map(|id| (shop::store(id), Secrets::try_new(vec![secret()]).unwrap()));
    let fetch = FetchPolicy::new(&[], vec!["127.0.0.1/32".parse().unwrap()]);
    Settings { secrets: BTreeMap::from(secrets), fetch, spool: spool.path().to_owned() }
}
