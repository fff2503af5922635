//! Objects as files of a directory, for one machine or a shared file system.
//!
//! A directory that nobody reads yet is written in place. In one that is read, a file is written beside and
//! swapped in, and the old one becomes a version in `_vitrine/versions/`, named by its content hash.

mod folders;
mod list;
mod root;
mod spare;
mod trash;
mod versions;
mod write;

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use rustix::io::Errno;
use tokio::runtime::{Handle, RuntimeFlavor};
use vitrine_core::{Clock, ContentHash, Timestamp};

use crate::error::ObjectError;
use crate::{Listed, Objects, Put, Stored, Version, key};
use folders::Folders;
use list::Wanted;
use root::Root;
use spare::{Spare, TMP};
use trash::Trash;
use versions::{VERSIONS, stored};

/// Batches below this are written by the calling thread: starting others costs more than they save.
const PARALLEL_FROM: usize = 16;

/// How a directory is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectorySettings {
    /// Nobody reads it yet: files are written in place, and a killed build may leave half of one.
    pub fresh: bool,
    /// What is replaced or deleted is kept for [`Objects::restore`]; otherwise it is unlinked a little later.
    pub versions: bool,
    /// How many threads write a batch to a fresh directory.
    pub threads: NonZeroUsize,
}

impl Default for DirectorySettings {
    /// A directory that is read, with versions, written on all cores.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { fresh: false, versions: true, threads }
    }
}

/// Objects as files below a folder.
///
/// Several processes may write one directory. It keeps neither content types nor tags, and a put on a
/// condition ([`crate::Was`]) is unconditional: no file system can compare and swap.
#[derive(Debug)]
pub struct Directory {
    // Before `spare`, so that the last files are unlinked before their folder is removed.
    trash: Trash,
    spare: Spare,
    root: Arc<Root>,
    folders: Folders,
    clock: Arc<dyn Clock>,
    fresh: bool,
    versions: bool,
    threads: usize,
    /// Cleared by the first rename that says the file system knows no exchange.
    exchanges: AtomicBool,
}

impl Directory {
    /// Opens a directory, made where it is missing, and clears what a killed process had under way in it.
    ///
    /// The clock says when a file was replaced, which [`Objects::collect`] goes by.
    pub fn open(
        root: &Path,
        settings: DirectorySettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ObjectError> {
        let path = root;
        let root = Root::open(path).map(Arc::new).map_err(|error| ObjectError::file(path, error))?;
        let folders = Folders::default();
        let prepare = || {
            folders.make_for(&root, &format!("{TMP}/x"))?;
            if settings.versions {
                folders.make_for(&root, &format!("{VERSIONS}/x"))?;
            }
            Spare::open(root.clone())
        };
        let spare = prepare().map_err(|error| ObjectError::file(&path.join(TMP), error))?;
        let directory = Self {
            trash: Trash::new(root.clone()),
            spare,
            root,
            folders,
            clock,
            fresh: settings.fresh,
            versions: settings.versions,
            threads: settings.threads.get(),
            exchanges: AtomicBool::new(true),
        };
        directory.recover()?;
        Ok(directory)
    }

    /// Makes versions of the files that killed processes left: pages swapped out, or halves of new ones, which
    /// are collected in time like all others.
    fn recover(&self) -> Result<(), ObjectError> {
        spare::recover(&self.root, |path| {
            let mine = self.spare.next();
            self.root.rename(path, &mine)?;
            self.retire(mine, None)
        })
        .map_err(|error| self.fail(TMP, error))
    }

    fn exchanges(&self) -> bool {
        self.exchanges.load(Ordering::Relaxed)
    }

    fn exchanges_not(&self) {
        self.exchanges.store(false, Ordering::Relaxed);
    }

    fn put_one(&self, put: &Put<'_>) -> Result<Stored, ObjectError> {
        key::check(put.key)?;
        debug_assert_eq!(ContentHash::of(put.bytes), put.hash, "the hash of {}", put.key);
        let write = if self.fresh { Self::write_fresh } else { Self::replace };
        write(self, put.key, put.bytes, put.hash)?;
        Ok(stored(put.hash, put.bytes.len()))
    }

    /// Makes the folders of a batch, on one thread: pages have folders of their own in a folder they share, and
    /// threads that fill one folder do little but wait for its lock.
    fn make_folders(&self, puts: &[Put<'_>]) -> Result<(), ObjectError> {
        puts.iter().try_for_each(|put| {
            key::check(put.key)?;
            self.folders.make_for(&self.root, put.key).map_err(|error| self.fail(put.key, error))
        })
    }

    /// Does the same to each, a batch on several threads; answers in order, or with the first error.
    fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R, ObjectError> + Sync,
    ) -> Result<Vec<R>, ObjectError> {
        if items.len() < PARALLEL_FROM || self.threads < 2 {
            return items.iter().map(work).collect();
        }
        let mut parts = items.chunks(items.len().div_ceil(self.threads));
        let mine = parts.next().unwrap_or_default();
        let work = &work;
        std::thread::scope(|scope| {
            let others: Vec<_> =
                parts.map(|part| scope.spawn(move || part.iter().map(work).collect())).collect();
            let mut done: Result<Vec<R>, ObjectError> = mine.iter().map(work).collect();
            for other in others {
                let part: Result<Vec<R>, ObjectError> =
                    other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                if let Ok(all) = &mut done {
                    match part {
                        Ok(part) => all.extend(part),
                        Err(error) => done = Err(error),
                    }
                }
            }
            done
        })
    }
}

#[async_trait]
impl Objects for Directory {
    async fn put(&self, objects: &[Put<'_>]) -> Result<Vec<Stored>, ObjectError> {
        match objects {
            // One page is written in less time than it takes to hand this thread's tasks to another.
            [one] => Ok(vec![self.put_one(one)?]),
            all if self.fresh => blocking(|| {
                self.make_folders(all)?;
                self.each(all, |put| self.put_one(put))
            }),
            // On one thread: renames between folders take turns on a lock of the whole file system.
            all => blocking(|| all.iter().map(|put| self.put_one(put)).collect()),
        }
    }

    async fn delete(&self, keys: &[&str]) -> Result<(), ObjectError> {
        keys.iter().try_for_each(|key| key::check(key))?;
        // On one thread: neighbours prune the same folders.
        blocking(|| keys.iter().try_for_each(|key| self.remove(key)))
    }

    async fn get(&self, key: &str, version: Option<&Version>) -> Result<Option<Vec<u8>>, ObjectError> {
        key::check(key)?;
        match version {
            None => self.read_live(key),
            Some(version) => self.read_version(key, version),
        }
    }

    async fn head(&self, key: &str) -> Result<Option<Stored>, ObjectError> {
        key::check(key)?;
        Ok(self.read_live(key)?.map(|bytes| stored(ContentHash::of(&bytes), bytes.len())))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, ObjectError> {
        let listed = blocking(|| list::list(&self.root, &Wanted { prefix, after, limit }));
        listed.map_err(|error| self.fail(prefix, error))
    }

    async fn restore(&self, key: &str, version: &Version) -> Result<Stored, ObjectError> {
        key::check(key)?;
        self.bring_back(key, version)
    }

    async fn settle(&self) -> Result<(), ObjectError> {
        blocking(|| self.root.sync()).map_err(|error: Errno| self.fail("", error))
    }

    async fn collect(&self, before: Timestamp) -> Result<u64, ObjectError> {
        blocking(|| {
            self.recover()?;
            self.drop_versions(before)
        })
    }
}

/// Runs what waits for a disk, and lets the runtime move this thread's other tasks where it can.
fn blocking<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
