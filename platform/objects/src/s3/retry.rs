//! What is tried again besides what the SDK tries again by itself (500, 502, 503, 504, throttling, time-outs).

use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};

/// Request timeout; a conditional put or another operation is under way on the key; too many requests.
pub(super) const STATUSES: [u16; 3] = [408, 409, 429];

/// Retries the statuses in [`STATUSES`]. None of the operations used here answers 409 for good.
#[derive(Debug)]
pub(super) struct MoreStatuses;

impl ClassifyRetry for MoreStatuses {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let status = context.response().map(|response| response.status().as_u16());
        match status {
            Some(status) if STATUSES.contains(&status) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "408, 409 and 429"
    }
}
