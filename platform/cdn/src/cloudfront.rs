//! Amazon CloudFront through its own SDK.

use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::retry::RetryConfig;
use aws_sdk_cloudfront::config::timeout::TimeoutConfig;
use aws_sdk_cloudfront::config::{BehaviorVersion, Region};
use aws_sdk_cloudfront::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_cloudfront::operation::create_invalidation::CreateInvalidationError;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Cdn, CdnError, Invalidation, Price};

/// Wildcards CloudFront works on at a time.
const MOST_WILDCARDS: usize = 15;
/// Paths without a wildcard it works on at a time.
const MOST_FILES: usize = 3_000;
/// CloudFront is one place for the world; requests are signed for this region.
const REGION: &str = "us-east-1";
/// Error codes that pass by themselves; `InvalidArgument` and the like do not.
const PASSING: &[&str] = &[
    "TooManyInvalidationsInProgress",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "PriorRequestNotComplete",
    "SlowDown",
    "BandwidthLimitExceeded",
    "RequestTimeout",
    "ExpiredToken",
];

/// Access keys that stand in the configuration rather than where AWS's tools look for them.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Access key id.
    pub id: String,
    /// Secret access key.
    pub secret: SecretString,
}

/// Which distribution, and how it is reached.
#[derive(Clone, Debug)]
pub struct CloudFrontConfig {
    /// Its id, `E2QWRUHAPOMQZL`.
    pub distribution: String,
    /// Another address than Amazon's.
    pub endpoint: Option<String>,
    /// `None`: environment, profile, or the machine's role.
    pub keys: Option<Keys>,
    /// For a whole question, a second try included.
    pub timeout: Duration,
    /// What a month's invalidations may cost, in millionths of a US dollar; `None` is without an end.
    pub budget: Option<u64>,
}

impl CloudFrontConfig {
    /// At Amazon's address, with the keys AWS's tools find, 15 s for a question.
    pub fn new(distribution: impl Into<String>) -> Self {
        Self {
            distribution: distribution.into(),
            endpoint: None,
            keys: None,
            timeout: Duration::from_secs(15),
            budget: None,
        }
    }
}

/// A distribution.
#[derive(Debug)]
pub struct CloudFront {
    client: Client,
    distribution: String,
    budget: Option<u64>,
}

impl CloudFront {
    /// Looks for keys; asks CloudFront nothing yet.
    pub async fn connect(config: &CloudFrontConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_timeout(config.timeout)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            // Whoever calls us waits longer and remembers longer than the SDK.
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeouts);
        if let Some(endpoint) = &config.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(keys) = &config.keys {
            let secret = keys.secret.expose_secret();
            loader =
                loader.credentials_provider(Credentials::new(&keys.id, secret, None, None, "configuration"));
        }
        Self {
            client: Client::new(&loader.load().await),
            distribution: config.distribution.clone(),
            budget: config.budget,
        }
    }

    async fn create(&self, reference: &str, items: &[String]) -> Result<(), CdnError> {
        let batch = batch(reference, items).map_err(|error| self.refused(error.to_string()))?;
        let request = self.client.create_invalidation().distribution_id(&self.distribution);
        match request.invalidation_batch(batch).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.judged(&error)),
        }
    }

    fn judged(&self, error: &SdkError<CreateInvalidationError>) -> CdnError {
        let SdkError::ServiceError(service) = error else {
            let why = DisplayErrorContext(error).to_string();
            return match error {
                SdkError::ConstructionFailure(_) => self.refused(why),
                _ => CdnError::Silent { place: self.place(), why },
            };
        };
        let (code, status) = (service.err().code().unwrap_or_default(), service.raw().status().as_u16());
        let why = match service.err().message() {
            Some(message) => format!("{code}: {message}"),
            None => format!("{status} {code}"),
        };
        if PASSING.contains(&code) || status >= 500 || status == 429 {
            CdnError::Busy { place: self.place(), why }
        } else {
            self.refused(why)
        }
    }

    fn place(&self) -> String {
        format!("CloudFront {}", self.distribution)
    }

    fn refused(&self, why: String) -> CdnError {
        CdnError::Refused { place: self.place(), why }
    }
}

#[async_trait]
impl Cdn for CloudFront {
    /// Returns once CloudFront has taken the order; it carries it out within seconds. Each request has `id` as its
    /// caller reference, so that one sent again is the same invalidation; the second and further parts of a large one
    /// are `id.2` and so on.
    async fn invalidate(&self, id: &str, what: &Invalidation) -> Result<(), CdnError> {
        for (number, items) in (1_u32..).zip(parts(what)) {
            let reference = if number == 1 { id.to_owned() } else { format!("{id}.{number}") };
            self.create(&reference, &items).await?;
            tracing::debug!(reference, paths = items.len(), "CloudFront took an invalidation");
        }
        Ok(())
    }

    fn price(&self) -> Price {
        Price::CLOUDFRONT
    }

    fn budget(&self) -> Option<u64> {
        self.budget
    }
}

/// What fits into one request each: wildcards and files have limits of their own.
fn parts(what: &Invalidation) -> Vec<Vec<String>> {
    let wildcards: Vec<String> = what.prefixes.iter().map(|prefix| format!("{prefix}*")).collect();
    let mut wildcards = wildcards.chunks(MOST_WILDCARDS);
    let mut files = what.paths.chunks(MOST_FILES);
    std::iter::from_fn(|| match (wildcards.next(), files.next()) {
        (None, None) => None,
        (some, others) => Some([some.unwrap_or_default(), others.unwrap_or_default()].concat()),
    })
    .collect()
}

fn batch(reference: &str, items: &[String]) -> Result<InvalidationBatch, BuildError> {
    let quantity = i32::try_from(items.len()).unwrap_or(i32::MAX);
    let paths = Paths::builder().quantity(quantity).set_items(Some(items.to_vec())).build()?;
    InvalidationBatch::builder().caller_reference(reference).paths(paths).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_invalidation_is_sent_in_parts() {
        assert!(parts(&Invalidation::default()).is_empty());
        let what = Invalidation { paths: vec!["/de/".to_owned()], prefixes: vec!["/gb/".to_owned()] };
        assert_eq!(parts(&what), [["/gb/*", "/de/"]]);
        let what = Invalidation {
            paths: (0..3_001).map(|number| format!("/{number}/")).collect(),
            prefixes: (0..31).map(|number| format!("/e{number}/")).collect(),
        };
        let sizes: Vec<usize> = parts(&what).iter().map(Vec::len).collect();
        assert_eq!(sizes, [3_015, 16, 1]);
        assert_eq!(parts(&what).concat().len(), what.len());
    }
}
