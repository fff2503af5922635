//! Deleting many objects, or versions of them, with few requests.

use std::time::Duration;

use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::S3;
use super::error::is_transient;
use crate::error::ObjectError;
use crate::key;

/// The most keys that one request deletes.
const BATCH: usize = 1_000;

/// The pause before keys that the service could not delete are sent again, times the attempt.
const PAUSE: Duration = Duration::from_millis(200);

impl S3 {
    pub(super) async fn delete_all(&self, keys: &[&str]) -> Result<(), ObjectError> {
        keys.iter().try_for_each(|key| key::check(key))?;
        let doomed: Vec<_> = keys.iter().map(|key| (self.full(key), None)).collect();
        self.delete_exactly(&doomed).await
    }

    /// Deletes keys of the bucket, or the versions named with them.
    pub(super) async fn delete_exactly(
        &self,
        doomed: &[(String, Option<String>)],
    ) -> Result<(), ObjectError> {
        self.each(doomed.chunks(BATCH), |batch| self.delete_batch(batch)).await.map(drop)
    }

    /// The service answers for each key; those it had trouble with are sent again.
    async fn delete_batch(&self, batch: &[(String, Option<String>)]) -> Result<(), ObjectError> {
        let _slot = self.slot().await;
        let name = |(key, version): &(String, Option<String>)| {
            ObjectIdentifier::builder().key(key).set_version_id(version.clone()).build()
        };
        let built: Result<Vec<_>, _> = batch.iter().map(name).collect();
        let first = batch.first().map_or("", |(key, _)| key.as_str());
        let cannot = |what: String| self.service_error("DeleteObjects", first, what, false);
        let mut left = built.map_err(|error| cannot(error.to_string()))?;
        for attempt in 1.. {
            let delete = Delete::builder().set_objects(Some(left)).quiet(true).build();
            let delete = delete.map_err(|error| cannot(error.to_string()))?;
            let request = self.client.delete_objects().bucket(self.bucket()).delete(delete);
            let answer = request.send().await.map_err(|error| self.fail("DeleteObjects", first, &error))?;
            left = self.not_deleted(&answer, attempt >= self.settings.attempts.get())?;
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(PAUSE * attempt).await;
        }
        Ok(())
    }

    /// What is worth sending again; the error of a key that is not, or of any if this was the last attempt.
    fn not_deleted(
        &self,
        answer: &DeleteObjectsOutput,
        last: bool,
    ) -> Result<Vec<ObjectIdentifier>, ObjectError> {
        let mut again = Vec::new();
        for error in answer.errors() {
            let (key, code) = (error.key().unwrap_or_default(), error.code().unwrap_or_default());
            let transient = is_transient(200, code);
            if last || !transient {
                let what = format!("{code}: {}", error.message().unwrap_or("no reason given"));
                return Err(self.service_error("DeleteObjects", key, what, transient));
            }
            let id =
                ObjectIdentifier::builder().key(key).set_version_id(error.version_id().map(str::to_owned));
            again.extend(id.build().ok());
        }
        Ok(again)
    }
}
