//! What can go wrong with objects.

use std::io;
use std::path::{Path, PathBuf};

use crate::Version;

/// A failure of a store or of what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The key cannot name an object here.
    #[error("object key `{key}` {why}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it, as the end of a sentence.
        why: &'static str,
    },
    /// The tags of an object cannot be a header.
    #[error("tags of object `{key}` {why}")]
    Tags {
        /// The object's key.
        key: String,
        /// What is wrong with them, as the end of a sentence.
        why: &'static str,
    },
    /// A setting of the store is not valid.
    #[error("{setting} `{value}` {why}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it, as the end of a sentence.
        why: &'static str,
    },
    /// The object is not what the caller expected to replace: somebody else wrote it.
    #[error("object `{key}` was changed by somebody else")]
    Changed {
        /// The key.
        key: String,
    },
    /// The store does not have this version of an object (any more).
    #[error("object `{key}` has no version {version}")]
    NoVersion {
        /// The key.
        key: String,
        /// The version.
        version: Version,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The service refused, failed or could not be reached.
    #[error("{operation} s3://{bucket}/{key}: {what}")]
    Service {
        /// The operation, such as `PutObject`.
        operation: &'static str,
        /// The bucket.
        bucket: String,
        /// The key in the bucket (with the store's prefix), or the prefix itself.
        key: String,
        /// Status, code and message of the service, or why it could not be reached.
        what: String,
        /// Whether the same request may succeed later.
        transient: bool,
    },
}

impl ObjectError {
    /// Whether the same call may succeed later, without anybody changing a setting or a right.
    ///
    /// [`Changed`](Self::Changed) is not transient: the caller has to look at what is there first.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Key { .. }
            | Self::Tags { .. }
            | Self::Setting { .. }
            | Self::Changed { .. }
            | Self::NoVersion { .. } => false,
            // A full disk or one that went away comes back; a right or a wrong path does not by itself.
            Self::File { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::ReadOnlyFilesystem
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::IsADirectory
                    | io::ErrorKind::InvalidFilename
            ),
            Self::Service { transient, .. } => *transient,
        }
    }

    pub(crate) fn key(key: &str, why: &'static str) -> Self {
        Self::Key { key: key.to_owned(), why }
    }

    pub(crate) fn file(path: &Path, source: impl Into<io::Error>) -> Self {
        Self::File { path: path.to_owned(), source: source.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_transient_and_a_missing_right_is_not() {
        let file = |kind: io::ErrorKind| ObjectError::file(Path::new("/srv/site"), io::Error::from(kind));
        assert!(file(io::ErrorKind::StorageFull).is_transient());
        assert!(!file(io::ErrorKind::PermissionDenied).is_transient());
        assert!(!file(io::ErrorKind::ReadOnlyFilesystem).is_transient());
    }

    #[test]
    fn an_error_names_the_facts() {
        let error = ObjectError::Service {
            operation: "PutObject",
            bucket: "shop".into(),
            key: "de/index.html".into(),
            what: "403 AccessDenied".into(),
            transient: false,
        };
        assert_eq!(error.to_string(), "PutObject s3://shop/de/index.html: 403 AccessDenied");
        assert!(!error.is_transient());
        let changed = ObjectError::Changed { key: "de/index.html".into() };
        assert_eq!(changed.to_string(), "object `de/index.html` was changed by somebody else");
    }
}
