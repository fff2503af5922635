//! Where a bucket is and how it is spoken to.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_s3::config::{Config, Region};
use secrecy::{ExposeSecret as _, SecretString};

use super::retry::MoreStatuses;
use crate::error::ObjectError;
use crate::key;

/// Used where a service of one's own has no regions; every such service takes it.
const REGION_OF_OTHERS: &str = "us-east-1";

/// The first pause before a retry, which doubles with each; the pause itself is a random part of it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before a retry.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Settings of a bucket.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Name of the bucket.
    pub bucket: String,
    /// What every key begins with, such as `shop/de`; may be empty. A slash is added at its end.
    pub prefix: String,
    /// Address of a compatible service, such as `http://127.0.0.1:5555`; `None` for Amazon's.
    pub endpoint: Option<String>,
    /// Region; `None`: that of the environment or profile, or `us-east-1` where an endpoint is given.
    pub region: Option<String>,
    /// The bucket is part of the path and not of the host name; most compatible services need it.
    pub path_style: bool,
    /// Key to sign with; `None`: environment, profile, container or instance, in the SDK's order.
    pub credentials: Option<AccessKey>,
    /// The service honours `If-Match` and `If-None-Match: *` on puts. Amazon's does.
    pub conditional: bool,
    /// Requests under way at once.
    pub concurrency: NonZeroUsize,
    /// How often a request is sent at most.
    pub attempts: NonZeroU32,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long one attempt may take, with sending and receiving.
    pub attempt_timeout: Duration,
    /// How long a request may take with all its attempts and pauses. A caller's lease has to outlast it.
    pub timeout: Duration,
}

/// An access key of the service.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The key's id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// Token of a temporary key.
    pub session: Option<SecretString>,
}

impl S3Settings {
    /// A bucket of Amazon's with 64 requests at once, 8 attempts of 10 s each, 60 s in all.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            endpoint: None,
            region: None,
            path_style: false,
            credentials: None,
            conditional: true,
            concurrency: NonZeroUsize::MIN.saturating_add(63),
            attempts: NonZeroU32::MIN.saturating_add(7),
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
        }
    }

    /// The prefix, empty or with a slash at its end.
    pub(super) fn checked_prefix(&self) -> Result<String, ObjectError> {
        let wrong = |setting, value: &str, why| ObjectError::Setting { setting, value: value.into(), why };
        if self.bucket.is_empty() {
            return Err(wrong("bucket", "", "is empty"));
        }
        let prefix = self.prefix.trim_end_matches('/');
        if prefix.is_empty() {
            return Ok(String::new());
        }
        match key::check(prefix) {
            Ok(()) => Ok(format!("{prefix}/")),
            Err(ObjectError::Key { why, .. }) => Err(wrong("prefix", &self.prefix, why)),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn config(&self) -> Config {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        let region = self.region.clone().or_else(|| self.endpoint.is_some().then(|| REGION_OF_OTHERS.into()));
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        if let Some(key) = &self.credentials {
            loader = loader.credentials_provider(key.credentials());
        }
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.timeout);
        let retries = RetryConfig::standard()
            .with_max_attempts(self.attempts.get())
            .with_initial_backoff(FIRST_PAUSE)
            .with_max_backoff(LONGEST_PAUSE);
        // The SDK's budget of retries would run dry in an outage of a minute and turn the rest into
        // failures. The number of requests under way and their pauses bound the load already.
        let partition = RetryPartition::custom("vitrine-objects").token_bucket(TokenBucket::unlimited());
        aws_sdk_s3::config::Builder::from(&loader.load().await)
            .force_path_style(self.path_style)
            .timeout_config(timeouts.build())
            .retry_config(retries)
            .retry_partition(partition.build())
            .retry_classifier(MoreStatuses)
            .build()
    }
}

impl AccessKey {
    fn credentials(&self) -> Credentials {
        let session = self.session.as_ref().map(|session| session.expose_secret().to_owned());
        Credentials::new(&self.id, self.secret.expose_secret(), session, None, "vitrine settings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_in_one_slash_and_leads_nowhere_else() {
        let prefix =
            |prefix: &str| S3Settings { prefix: prefix.into(), ..S3Settings::new("shop") }.checked_prefix();
        assert_eq!(prefix("").unwrap(), "");
        assert_eq!(prefix("shop/de").unwrap(), "shop/de/");
        assert_eq!(prefix("shop/de/").unwrap(), "shop/de/");
        let error = prefix("/shop").unwrap_err();
        assert_eq!(error.to_string(), "prefix `/shop` has a slash at its start or end, or two in a row");
        let nameless = S3Settings::new("").checked_prefix().unwrap_err();
        assert_eq!(nameless.to_string(), "bucket `` is empty");
    }

    #[test]
    fn a_secret_is_never_shown() {
        let key = AccessKey { id: "AKIA1".into(), secret: "hush".into(), session: Some("token".into()) };
        let shown = format!("{:?}", S3Settings { credentials: Some(key), ..S3Settings::new("shop") });
        assert!(
            shown.contains("AKIA1") && !shown.contains("hush") && !shown.contains("\"token\""),
            "{shown}"
        );
    }
}
