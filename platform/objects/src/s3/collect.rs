//! Dropping versions that were replaced long ago.
//!
//! A bucket's own lifecycle rule does the same for nothing; this is for services that have none, and for
//! rollback windows that a rule in days is too coarse for.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use vitrine_core::Timestamp;

use super::S3;
use crate::error::ObjectError;

/// A version of a key, or the mark that a deletion left. `at`: since when it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    key: String,
    id: String,
    at: Timestamp,
    is_mark: bool,
    is_latest: bool,
}

/// What to delete of a page of versions.
#[derive(Debug, Default, PartialEq, Eq)]
struct Doomed {
    /// Replaced versions and marks, oldest reason first: nothing comes to light when they go.
    replaced: Vec<(String, Option<String>)>,
    /// How many of these held bytes.
    versions: u64,
    /// Marks under which nothing is left; deleted after `replaced`, or an old page would come back.
    marks: Vec<(String, Option<String>)>,
}

impl S3 {
    pub(super) async fn drop_versions(&self, before: Timestamp) -> Result<u64, ObjectError> {
        let mut dropped = 0;
        let mut sweep = Sweep::new(before);
        let mut marker: Option<(String, Option<String>)> = None;
        loop {
            let page = self.versions_page(marker).await?;
            marker = next_of(&page);
            let doomed = sweep.page(kept(&page), marker.is_none());
            self.delete_exactly(&doomed.replaced).await?;
            self.delete_exactly(&doomed.marks).await?;
            dropped += doomed.versions;
            if marker.is_none() {
                return Ok(dropped);
            }
        }
    }

    async fn versions_page(
        &self,
        marker: Option<(String, Option<String>)>,
    ) -> Result<ListObjectVersionsOutput, ObjectError> {
        let _slot = self.slot().await;
        let (key, version) = marker.unzip();
        let request = self.client.list_object_versions().bucket(self.bucket()).prefix(&self.prefix);
        let request = request.set_key_marker(key).set_version_id_marker(version.flatten());
        request.send().await.map_err(|error| self.fail("ListObjectVersions", &self.prefix, &error))
    }
}

/// Where the next page begins.
fn next_of(page: &ListObjectVersionsOutput) -> Option<(String, Option<String>)> {
    let key = page.next_key_marker().filter(|_| page.is_truncated() == Some(true))?;
    Some((key.to_owned(), page.next_version_id_marker().map(str::to_owned)))
}

/// Versions and marks of a page, as the service has them: by key, newest first.
fn kept(page: &ListObjectVersionsOutput) -> Vec<Kept> {
    let time = |at: Option<&aws_sdk_s3::primitives::DateTime>| {
        // Without a time it counts as made just now, and what it replaced is kept.
        let ms = at.and_then(|at| at.to_millis().ok());
        Timestamp::from_ms(ms.unwrap_or(i64::MAX))
    };
    let versions = page.versions().iter().filter_map(|one| {
        let (key, id) = (one.key()?.to_owned(), one.version_id()?.to_owned());
        let is_latest = one.is_latest().unwrap_or(true);
        Some(Kept { key, id, at: time(one.last_modified()), is_mark: false, is_latest })
    });
    let marks = page.delete_markers().iter().filter_map(|one| {
        let (key, id) = (one.key()?.to_owned(), one.version_id()?.to_owned());
        let is_latest = one.is_latest().unwrap_or(true);
        Some(Kept { key, id, at: time(one.last_modified()), is_mark: true, is_latest })
    });
    let mut kept: Vec<Kept> = versions.chain(marks).collect();
    // The two lists come apart. Times are whole seconds: in one second a version counts as later than a mark,
    // so what came before it is kept longer rather than too short. The sort is stable.
    kept.sort_by(|one, other| {
        let newest_first = (other.is_latest, other.at).cmp(&(one.is_latest, one.at));
        one.key.cmp(&other.key).then(newest_first).then(one.is_mark.cmp(&other.is_mark))
    });
    kept
}

/// A walk over all versions, page by page.
#[derive(Debug)]
struct Sweep {
    before: Timestamp,
    /// Key and time of the version before, which replaced the next one if that has the same key.
    newer: Option<(String, Timestamp)>,
    /// The latest entry of the key under way, if it is a mark that may go once all below it is gone.
    mark: Option<(String, Option<String>)>,
}

impl Sweep {
    fn new(before: Timestamp) -> Self {
        Self { before, newer: None, mark: None }
    }

    /// Decides about a page; `is_last`: none follows.
    fn page(&mut self, kept: Vec<Kept>, is_last: bool) -> Doomed {
        let mut doomed = Doomed::default();
        for one in kept {
            let replaced_at = self.newer.take().filter(|(key, _)| *key == one.key).map(|(_, at)| at);
            if self.mark.as_ref().is_some_and(|(key, _)| *key != one.key) {
                doomed.marks.extend(self.mark.take());
            }
            self.newer = Some((one.key.clone(), one.at));
            if one.is_latest {
                if one.is_mark && one.at < self.before {
                    self.mark = Some((one.key, Some(one.id)));
                }
            } else if replaced_at.is_some_and(|at| at < self.before) {
                doomed.versions += u64::from(!one.is_mark);
                doomed.replaced.push((one.key, Some(one.id)));
            } else {
                // Something below the mark stays, and the mark has to hide it.
                self.mark = None;
            }
        }
        if is_last {
            doomed.marks.extend(self.mark.take());
        }
        doomed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(key: &str, id: &str, at: i64) -> Kept {
        Kept { key: key.into(), id: id.into(), at: Timestamp::from_ms(at), is_mark: false, is_latest: false }
    }

    fn latest(one: Kept) -> Kept {
        Kept { is_latest: true, ..one }
    }

    fn mark(one: Kept) -> Kept {
        Kept { is_mark: true, ..one }
    }

    fn ids(doomed: &[(String, Option<String>)]) -> Vec<&str> {
        doomed.iter().filter_map(|(_, id)| id.as_deref()).collect()
    }

    #[test]
    fn a_version_goes_by_when_it_was_replaced_not_by_its_age() {
        let mut sweep = Sweep::new(Timestamp::from_ms(100));
        let page = vec![
            latest(version("a", "a3", 150)),
            version("a", "a2", 50),
            version("a", "a1", 10),
            latest(version("b", "b1", 5)),
        ];
        let doomed = sweep.page(page, true);
        // a2 was live until 150.
        assert_eq!((ids(&doomed.replaced), doomed.versions), (vec!["a1"], 1));
        assert_eq!(doomed.marks, []);
    }

    #[test]
    fn a_key_that_goes_on_in_the_next_page_is_one_key() {
        let mut sweep = Sweep::new(Timestamp::from_ms(100));
        assert_eq!(sweep.page(vec![latest(version("a", "a3", 60))], false), Doomed::default());
        let doomed = sweep.page(vec![version("a", "a2", 50), version("a", "a1", 10)], true);
        assert_eq!(ids(&doomed.replaced), ["a2", "a1"]);
    }

    #[test]
    fn a_mark_goes_last_and_only_if_nothing_stays_below_it() {
        let mut sweep = Sweep::new(Timestamp::from_ms(100));
        let first = sweep.page(vec![latest(mark(version("a", "am", 90)))], false);
        assert_eq!(first, Doomed::default(), "more of this key may follow");
        let second = sweep.page(
            vec![version("a", "a1", 10), latest(mark(version("b", "bm", 120))), version("b", "b1", 10)],
            true,
        );
        // b was deleted at 120: its page may still be asked back.
        assert_eq!((ids(&second.replaced), ids(&second.marks)), (vec!["a1"], vec!["am"]));
    }
}
