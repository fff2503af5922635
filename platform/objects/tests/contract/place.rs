//! Stores to test, each empty and of its own.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use tempfile::TempDir;
use vitrine_core::{ContentHash, SystemClock};
use vitrine_objects::{AccessKey, Directory, DirectorySettings, Objects, Put, S3, S3Settings, Stored};

/// Where tests find S3, unless `VITRINE_TEST_S3` says otherwise.
const MOTO: &str = "http://127.0.0.1:5555";

pub(crate) fn endpoint() -> String {
    #[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
    std::env::var("VITRINE_TEST_S3").unwrap_or_else(|_| MOTO.to_owned())
}

/// A store and what it lives in.
pub(crate) struct Place {
    pub objects: Arc<dyn Objects>,
    _folder: Option<TempDir>,
}

impl Place {
    pub(crate) async fn directory() -> Self {
        Self::folder(DirectorySettings::default())
    }

    pub(crate) async fn fresh() -> Self {
        Self::folder(DirectorySettings { fresh: true, ..DirectorySettings::default() })
    }

    pub(crate) async fn s3() -> Self {
        let bucket = Bucket::new().await;
        // A prefix, so that nothing works only at the root of a bucket.
        let settings = S3Settings { prefix: "shop/eu".into(), ..bucket.settings() };
        Self { objects: Arc::new(S3::connect(settings).await.unwrap()), _folder: None }
    }

    fn folder(settings: DirectorySettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::open(folder.path(), settings, Arc::new(SystemClock)).unwrap();
        Self { objects: Arc::new(directory), _folder: Some(folder) }
    }

    pub(crate) async fn put(&self, key: &str, text: &str) -> Stored {
        self.objects.put(&[page(key, text)]).await.unwrap().remove(0)
    }

    pub(crate) async fn text(&self, key: &str) -> Option<String> {
        self.objects.get(key, None).await.unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    pub(crate) async fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let listed = self.objects.list(prefix, after, limit).await.unwrap();
        listed.into_iter().map(|one| one.key).collect()
    }
}

/// A page as the generator would put it.
pub(crate) fn page<'a>(key: &'a str, text: &'a str) -> Put<'a> {
    Put {
        content_type: "text/html; charset=utf-8",
        cache_control: "public, max-age=60",
        tags: &["page:1", "category:2"],
        ..Put::new(key, text.as_bytes(), ContentHash::of(text.as_bytes()))
    }
}

/// A bucket of its own on the test server.
pub(crate) struct Bucket {
    pub client: Client,
    pub name: String,
}

impl Bucket {
    /// A bucket with versioning.
    pub(crate) async fn new() -> Self {
        let bucket = Self::without_versions().await;
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = bucket.client.put_bucket_versioning().bucket(&bucket.name);
        request.versioning_configuration(on).send().await.unwrap();
        bucket
    }

    pub(crate) async fn without_versions() -> Self {
        let name = format!("test-{:016x}", RandomState::new().hash_one(0));
        let key = aws_credential_types::Credentials::new("test", "test", None, None, "test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_s3::config::Region::new("us-east-1"))
            .endpoint_url(endpoint())
            .force_path_style(true)
            .credentials_provider(key);
        let client = Client::from_conf(config.build());
        let made = client.create_bucket().bucket(&name).send().await;
        made.unwrap_or_else(|error| panic!("no S3 at {} (VITRINE_TEST_S3): {error:?}", endpoint()));
        Self { client, name }
    }

    /// Says who may do what with its objects: `Allow` or `Deny` of an action for everybody.
    pub(crate) async fn set_policy(&self, effect: &str, action: &str) {
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "{effect}", "Principal": "*",
                "Action": "{action}", "Resource": "arn:aws:s3:::{}/*"}}]}}"#,
            self.name
        );
        self.client.put_bucket_policy().bucket(&self.name).policy(policy).send().await.unwrap();
    }

    /// Settings for this bucket on the test server.
    pub(crate) fn settings(&self) -> S3Settings {
        let key = AccessKey { id: "test".into(), secret: "test".into(), session: None };
        S3Settings {
            endpoint: Some(endpoint()),
            path_style: true,
            credentials: Some(key),
            ..S3Settings::new(&self.name)
        }
    }
}
