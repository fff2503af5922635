//! The operations on single objects.

use async_trait::async_trait;
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::operation::copy_object::CopyObjectError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vitrine_core::{ContentHash, Timestamp};

use super::error::{is_missing, is_no_version, status};
use super::{ONLY_VERSION, S3};
use crate::error::ObjectError;
use crate::{Listed, Objects, Put, Stored, Version, Was, key};

/// Name of the metadata that holds the content hash: the header `x-amz-meta-hash`.
const HASH: &str = "hash";
/// Name of the metadata that holds the tags: the header `x-amz-meta-tags`.
const TAGS: &str = "tags";
/// Amazon takes 2 KB of metadata in all.
const TAGS_MAX_BYTES: usize = 1024;

/// The most keys that one listing answers.
const PAGE: usize = 1_000;

/// What stays as it is in the header `x-amz-copy-source`.
const IN_SOURCE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[async_trait]
impl Objects for S3 {
    async fn put(&self, objects: &[Put<'_>]) -> Result<Vec<Stored>, ObjectError> {
        self.each(objects, |put| self.put_one(put)).await
    }

    async fn delete(&self, keys: &[&str]) -> Result<(), ObjectError> {
        self.delete_all(keys).await
    }

    async fn get(&self, key: &str, version: Option<&Version>) -> Result<Option<Vec<u8>>, ObjectError> {
        key::check(key)?;
        let _slot = self.slot().await;
        self.read(key, version).await
    }

    async fn head(&self, key: &str) -> Result<Option<Stored>, ObjectError> {
        key::check(key)?;
        let _slot = self.slot().await;
        self.look(key).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, ObjectError> {
        let _slot = self.slot().await;
        let mut found = Vec::new();
        let mut after = after.map(str::to_owned);
        while found.len() < limit {
            let (page, last, more) = self.list_page(prefix, after.as_deref(), limit - found.len()).await?;
            found.extend(page);
            if !more || last.is_none() {
                break;
            }
            after = last;
        }
        Ok(found)
    }

    async fn restore(&self, key: &str, version: &Version) -> Result<Stored, ObjectError> {
        key::check(key)?;
        let _slot = self.slot().await;
        let full = self.full(key);
        let source = utf8_percent_encode(&full, IN_SOURCE);
        let id = utf8_percent_encode(version.as_str(), NON_ALPHANUMERIC);
        let source = format!("{}/{source}?versionId={id}", self.bucket());
        let gone = || ObjectError::NoVersion { key: key.to_owned(), version: version.clone() };
        // Metadata is copied with the bytes: type, cache life, hash and tags are those of that time.
        let copy = self.client.copy_object().bucket(self.bucket()).key(&full).copy_source(source);
        match copy.send().await {
            Ok(_) => self.look(key).await?.ok_or_else(gone),
            Err(error) if is_no_version(&error) || is_onto_itself(&error, version) => Err(gone()),
            Err(error) => Err(self.fail("CopyObject", &full, &error)),
        }
    }

    async fn settle(&self) -> Result<(), ObjectError> {
        // A put is answered when it is durable.
        Ok(())
    }

    async fn collect(&self, before: Timestamp) -> Result<u64, ObjectError> {
        self.drop_versions(before).await
    }
}

impl S3 {
    async fn put_one(&self, put: &Put<'_>) -> Result<Stored, ObjectError> {
        key::check(put.key)?;
        let tags = header_of(put)?;
        let _slot = self.slot().await;
        let full = self.full(put.key);
        let mut request = self
            .client
            .put_object()
            .bucket(self.bucket())
            .key(&full)
            .body(ByteStream::from(put.bytes.to_vec()))
            .content_type(put.content_type)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .metadata(HASH, put.hash.hex());
        if !put.cache_control.is_empty() {
            request = request.cache_control(put.cache_control);
        }
        if !tags.is_empty() {
            request = request.metadata(TAGS, tags);
        }
        request = match put.was {
            Was::Absent if self.settings.conditional => request.if_none_match("*"),
            Was::Is(etag) if self.settings.conditional => request.if_match(etag),
            _ => request,
        };
        match request.send().await {
            Ok(answer) => Ok(Stored {
                hash: Some(put.hash),
                bytes: put.bytes.len() as u64,
                version: self.version(answer.version_id()),
                etag: answer.e_tag().unwrap_or_default().to_owned(),
            }),
            Err(error) if was_changed(put, &error) => self.mine_after_all(put).await,
            Err(error) => Err(self.fail("PutObject", &full, &error)),
        }
    }

    /// A put whose condition failed may have been done by its own first attempt, the answer to which was lost:
    /// then what is there is what was to be put.
    async fn mine_after_all(&self, put: &Put<'_>) -> Result<Stored, ObjectError> {
        match self.look(put.key).await? {
            Some(there) if there.hash == Some(put.hash) => Ok(there),
            _ => Err(ObjectError::Changed { key: put.key.to_owned() }),
        }
    }

    async fn look(&self, key: &str) -> Result<Option<Stored>, ObjectError> {
        let full = self.full(key);
        match self.client.head_object().bucket(self.bucket()).key(&full).send().await {
            Ok(there) => Ok(Some(Stored {
                hash: there.metadata().and_then(|all| ContentHash::parse_hex(all.get(HASH)?).ok()),
                bytes: there.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
                version: self.version(there.version_id()),
                etag: there.e_tag().unwrap_or_default().to_owned(),
            })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.fail("HeadObject", &full, &error)),
        }
    }

    async fn read(&self, key: &str, version: Option<&Version>) -> Result<Option<Vec<u8>>, ObjectError> {
        let full = self.full(key);
        let mut attempt = 1;
        loop {
            let request = self.client.get_object().bucket(self.bucket()).key(&full);
            let request = request.set_version_id(version.map(|version| version.as_str().to_owned()));
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) if is_missing(&error) || version.is_some() && is_no_version(&error) => {
                    return Ok(None);
                }
                Err(error) => return Err(self.fail("GetObject", &full, &error)),
            };
            match self.body(&full, answer).await {
                Err(error) if attempt < self.settings.attempts.get() => {
                    tracing::debug!(%error, attempt, "reading again");
                    attempt += 1;
                }
                body => return body.map(Some),
            }
        }
    }

    /// The bytes of an answer; the SDK's time-outs and retries end with its headers.
    async fn body(&self, full: &str, answer: GetObjectOutput) -> Result<Vec<u8>, ObjectError> {
        let within = self.settings.attempt_timeout;
        let broken = |what: String| self.service_error("GetObject", full, what, true);
        match tokio::time::timeout(within, answer.body.collect()).await {
            Ok(Ok(bytes)) => Ok(bytes.to_vec()),
            Ok(Err(error)) => Err(broken(format!("the answer broke off: {error}"))),
            Err(_) => Err(broken("the answer did not end in time".to_owned())),
        }
    }

    /// One page of a listing: what is shown of it, its last key, and whether more follow.
    async fn list_page(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Listed>, Option<String>, bool), ObjectError> {
        let full = self.full(prefix);
        let request = self.client.list_objects_v2().bucket(self.bucket()).prefix(&full);
        let request = request.set_start_after(after.map(|after| self.full(after)));
        let page = request.max_keys(i32::try_from(limit.min(PAGE)).unwrap_or(i32::MAX)).send().await;
        let page = page.map_err(|error| self.fail("ListObjectsV2", &full, &error))?;
        let key_of = |object: &aws_sdk_s3::types::Object| {
            object.key().and_then(|key| key.strip_prefix(self.prefix.as_str())).map(str::to_owned)
        };
        let last = page.contents().last().and_then(key_of);
        let shown = page.contents().iter().filter_map(|object| {
            let key = key_of(object).filter(|key| !key::is_private(key))?;
            let bytes = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
            Some(Listed { key, bytes, etag: object.e_tag().map(str::to_owned) })
        });
        Ok((shown.collect(), last, page.is_truncated().unwrap_or(false)))
    }
}

/// Whether the condition of a put failed: 412, or 404 where the object to replace is gone.
fn was_changed(put: &Put<'_>, error: &SdkError<PutObjectError>) -> bool {
    match put.was {
        Was::Unknown => false,
        Was::Absent => status(error) == Some(412),
        Was::Is(_) => status(error) == Some(412) || is_missing(error),
    }
}

/// Whether a bucket without versioning refused to copy the live object, its only version, onto itself.
fn is_onto_itself(error: &SdkError<CopyObjectError>, version: &Version) -> bool {
    version.as_str() == ONLY_VERSION && error.code() == Some("InvalidRequest")
}

/// The tags of an object as the value of a header.
fn header_of(put: &Put<'_>) -> Result<String, ObjectError> {
    let wrong = |why| Err(ObjectError::Tags { key: put.key.to_owned(), why });
    if !put.tags.iter().all(|tag| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_graphic())) {
        return wrong("are not all visible ASCII without spaces");
    }
    let header = put.tags.join(" ");
    if header.len() > TAGS_MAX_BYTES { wrong("are longer than 1024 bytes") } else { Ok(header) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_a_header_or_an_error() {
        let tags =
            |tags: &[&str]| header_of(&Put { tags, ..Put::new("de/index.html", b"", ContentHash::of(b"")) });
        assert_eq!(tags(&[]).unwrap(), "");
        assert_eq!(tags(&["p:aurora", "c:lamps"]).unwrap(), "p:aurora c:lamps");
        let long = "x".repeat(1025);
        for wrong in [&["two words"][..], &["枕"], &[""], &[&long]] {
            let error = tags(wrong).unwrap_err();
            assert!(error.to_string().starts_with("tags of object `de/index.html` are"), "{error}");
        }
    }

    #[test]
    fn a_copy_source_is_safe_in_a_header() {
        let encoded = utf8_percent_encode("jp/p/枕 +?/index.html", IN_SOURCE).to_string();
        assert_eq!(encoded, "jp/p/%E6%9E%95%20%2B%3F/index.html");
    }
}
