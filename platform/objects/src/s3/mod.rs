//! Objects in a bucket of S3 or of any service that speaks its protocol.
//!
//! Pages are put with a checksum, their content hash and tags as metadata, and retried with growing,
//! jittered pauses. The bucket should have versioning on: versions are what a rollback brings back. In one
//! without it every version is called `null`, names only the live object, and nothing can be restored.

mod collect;
mod delete;
mod error;
mod objects;
mod retry;
mod settings;

use std::future::Future;
use std::sync::Once;

use aws_sdk_s3::Client;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Version;
use crate::error::ObjectError;
pub use settings::{AccessKey, S3Settings};

/// The version that a bucket without versioning has of every object.
const ONLY_VERSION: &str = "null";

/// Objects below a prefix of a bucket.
#[derive(Debug)]
pub struct S3 {
    client: Client,
    settings: S3Settings,
    /// The prefix, empty or with a slash at its end.
    prefix: String,
    /// Requests under way, over all callers.
    slots: Semaphore,
    /// Whether it has been said that the bucket keeps no versions.
    warned: Once,
}

impl S3 {
    /// Checks the settings and finds credentials and region; no request is sent to the bucket.
    pub async fn connect(settings: S3Settings) -> Result<Self, ObjectError> {
        let prefix = settings.checked_prefix()?;
        let client = Client::from_conf(settings.config().await);
        let slots = Semaphore::new(settings.concurrency.get());
        Ok(Self { client, settings, prefix, slots, warned: Once::new() })
    }

    fn bucket(&self) -> &str {
        &self.settings.bucket
    }

    /// The version that a put made. A bucket that keeps none is told of once.
    fn version(&self, id: Option<&str>) -> Version {
        if id.is_none() {
            let bucket = self.bucket();
            self.warned.call_once(|| {
                tracing::warn!(bucket, "the bucket keeps no versions: nothing in it can be rolled back");
            });
        }
        Version::new(id.unwrap_or(ONLY_VERSION))
    }

    /// The key in the bucket.
    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Waits until one more request may be under way.
    async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed; if it were, requests would only be less bounded.
        self.slots.acquire().await.ok()
    }

    /// Runs work for each item, as many at once as the store allows; answers in order.
    ///
    /// After an error nothing new is begun, and what is under way is waited for: a request that is dropped
    /// half-way could still take effect after the caller has given up its lease.
    async fn each<T, R, F: Future<Output = Result<R, ObjectError>>>(
        &self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> F,
    ) -> Result<Vec<R>, ObjectError> {
        let at_once = self.settings.concurrency.get();
        let mut done = Vec::new();
        let mut items = items.into_iter();
        let mut running = stream::FuturesOrdered::new();
        let mut failed: Option<ObjectError> = None;
        loop {
            while failed.is_none() && running.len() < at_once {
                let Some(item) = items.next() else { break };
                running.push_back(work(item));
            }
            match running.next().await {
                Some(Ok(one)) => done.push(one),
                Some(Err(error)) => failed = failed.or(Some(error)),
                None => return failed.map_or(Ok(done), Err),
            }
        }
    }
}
