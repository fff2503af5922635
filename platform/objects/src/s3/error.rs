//! What an error of the SDK means.

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::S3;
use super::retry::STATUSES;
use crate::error::ObjectError;

/// Codes that mean 'later', whatever status they come with. A temporary key that has expired is renewed.
const LATER: [&str; 9] = [
    "ConditionalRequestConflict",
    "ExpiredToken",
    "InternalError",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
];

impl S3 {
    /// The error of an operation on a key in the bucket.
    pub(super) fn fail<E: ProvideErrorMetadata + Error + 'static>(
        &self,
        operation: &'static str,
        full_key: &str,
        error: &SdkError<E>,
    ) -> ObjectError {
        let transient = match error {
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
            SdkError::DispatchFailure(failure) => failure.is_io() || failure.is_timeout(),
            SdkError::ServiceError(service) => {
                is_transient(service.raw().status().as_u16(), error.code().unwrap_or_default())
            }
            _ => false,
        };
        self.service_error(operation, full_key, describe(error), transient)
    }

    pub(super) fn service_error(
        &self,
        operation: &'static str,
        full_key: &str,
        what: String,
        transient: bool,
    ) -> ObjectError {
        let (bucket, key) = (self.bucket().to_owned(), full_key.to_owned());
        ObjectError::Service { operation, bucket, key, what, transient }
    }
}

/// The status of an answer; `None` when there was none.
pub(super) fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Whether an answer says that there is no such object or version; a missing bucket is a failure.
pub(super) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    status(error) == Some(404) && error.code() != Some("NoSuchBucket")
}

/// Whether an answer says that a version is none that this bucket could have, or the mark of a deletion.
pub(super) fn is_no_version<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let no_such = matches!(error.code(), Some("NoSuchVersion" | "InvalidArgument" | "InvalidVersionId"));
    is_missing(error) || status(error) == Some(405) || status(error) == Some(400) && no_such
}

/// Whether a status and code mean 'later'.
pub(super) fn is_transient(status: u16, code: &str) -> bool {
    status >= 500 || STATUSES.contains(&status) || LATER.contains(&code)
}

fn describe<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            match (error.code(), error.message()) {
                (Some(code), Some(message)) => format!("{status} {code}: {message}"),
                (Some(code), None) => format!("{status} {code}"),
                (None, _) => status.to_string(),
            }
        }
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        other => chain(other),
    }
}

/// An error and its causes, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_of_the_service_is_transient_and_refusals_are_not() {
        for (status, code) in
            [(500, "InternalError"), (503, "SlowDown"), (429, ""), (409, "OperationAborted")]
        {
            assert!(is_transient(status, code), "{status} {code}");
        }
        assert!(is_transient(400, "RequestTimeout") && is_transient(400, "ExpiredToken"));
        for (status, code) in
            [(403, "AccessDenied"), (404, "NoSuchBucket"), (412, "PreconditionFailed"), (301, "")]
        {
            assert!(!is_transient(status, code), "{status} {code}");
        }
    }
}
