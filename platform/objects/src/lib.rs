//! Object stores: a directory, or any S3-compatible service.
//!
//! An object is some bytes under a key, and keys are URL paths: the page `/de/` is `de/index.html`. Readers
//! see an old or a new object whole. What was replaced or deleted stays as a [`Version`] until it is
//! collected, so a rollback uploads nothing.
//!
//! This crate knows no page, no ledger and no CDN. Keys under `_vitrine/` are files about the site: they
//! are put and read like others, but never listed, and the versions folder below it cannot be put to.

mod directory;
mod error;
mod key;
mod s3;

use std::fmt;

use async_trait::async_trait;
use vitrine_core::{ContentHash, Timestamp};

pub use directory::{Directory, DirectorySettings};
pub use error::ObjectError;
pub use key::PRIVATE;
pub use s3::{AccessKey, S3, S3Settings};

/// A place that keeps objects, used as `Arc<dyn Objects>`.
///
/// Every function may be called from many tasks at once, and several processes may use one place.
#[async_trait]
pub trait Objects: Send + Sync + fmt::Debug {
    /// Puts objects, as many at once as the store allows; answers in the order of `objects`.
    ///
    /// Fails with the first error in that order. The other objects may or may not have been put: a caller
    /// that wrote them in its journal puts them all again.
    async fn put(&self, objects: &[Put<'_>]) -> Result<Vec<Stored>, ObjectError>;

    /// Deletes objects; one that is absent is fine. What was there stays as a version.
    async fn delete(&self, keys: &[&str]) -> Result<(), ObjectError>;

    /// The bytes of an object, or of one of its versions (replaced, deleted or live). `None`: not there.
    async fn get(&self, key: &str, version: Option<&Version>) -> Result<Option<Vec<u8>>, ObjectError>;

    /// What is stored under a key, without its bytes. `None`: not there.
    async fn head(&self, key: &str) -> Result<Option<Stored>, ObjectError>;

    /// At most `limit` objects whose key begins with `prefix` and comes after `after`, in byte order of keys.
    ///
    /// Fewer than `limit`: there are no more. Keys under `_vitrine/` are left out.
    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize)
    -> Result<Vec<Listed>, ObjectError>;

    /// Makes a version the live object again; what is live now becomes a version itself.
    ///
    /// Fails with [`ObjectError::NoVersion`] when the store no longer has it. Repeating it does no harm.
    async fn restore(&self, key: &str, version: &Version) -> Result<Stored, ObjectError>;

    /// Makes everything put so far survive a power failure.
    async fn settle(&self) -> Result<(), ObjectError>;

    /// Drops versions that were replaced or deleted before a time, and answers how many.
    ///
    /// A live object is never dropped.
    async fn collect(&self, before: Timestamp) -> Result<u64, ObjectError>;
}

/// An object to put.
#[derive(Clone, Copy)]
pub struct Put<'a> {
    /// Where: no leading slash, parts divided by `/`, each at most 255 bytes, at most 1,024 in all.
    pub key: &'a str,
    /// What.
    pub bytes: &'a [u8],
    /// The hash of `bytes`.
    pub hash: ContentHash,
    /// Value of the header `Content-Type`. A directory keeps none: its server goes by the ending.
    pub content_type: &'a str,
    /// Value of the header `Cache-Control`, or empty. A directory keeps none.
    pub cache_control: &'a str,
    /// Tags that a CDN can invalidate by: visible ASCII without spaces, 1,024 bytes in all. A directory
    /// keeps none; S3 serves them as `x-amz-meta-tags`, divided by spaces.
    pub tags: &'a [&'a str],
    /// What the caller expects to replace. A store that cannot put on a condition ignores it.
    pub was: Was<'a>,
}

impl<'a> Put<'a> {
    /// Puts bytes without a type, whatever was there.
    pub fn new(key: &'a str, bytes: &'a [u8], hash: ContentHash) -> Self {
        let content_type = "application/octet-stream";
        Self { key, bytes, hash, content_type, cache_control: "", tags: &[], was: Was::Unknown }
    }
}

impl fmt::Debug for Put<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut put = f.debug_struct("Put");
        put.field("key", &self.key).field("bytes", &self.bytes.len()).field("hash", &self.hash);
        put.field("content_type", &self.content_type).field("was", &self.was).finish_non_exhaustive()
    }
}

/// What a caller expects to find under a key that it puts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Was<'a> {
    /// Anything: the put is unconditional.
    #[default]
    Unknown,
    /// Nothing.
    Absent,
    /// The object with this [`Stored::etag`].
    Is(&'a str),
}

/// What a store has under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Hash of the bytes; `None` for an object that somebody else put.
    pub hash: Option<ContentHash>,
    /// Length in bytes.
    pub bytes: u64,
    /// Names these bytes for [`Objects::get`] and [`Objects::restore`] after they are replaced.
    pub version: Version,
    /// Names the live object for [`Was::Is`]; in S3 with its quotes.
    pub etag: String,
}

/// An entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key, without the store's own prefix.
    pub key: String,
    /// Length in bytes.
    pub bytes: u64,
    /// As [`Stored::etag`]; `None` where only reading the object would tell (a directory).
    pub etag: Option<String>,
}

/// The store's name for some bytes under a key: a content hash in a directory, a version id in S3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(String);

impl Version {
    /// A version by the name a store gave it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name, to be kept in a release.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
