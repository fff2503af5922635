//! Putting and removing single files.

use rustix::io::Errno;
use vitrine_core::ContentHash;

use super::Directory;
use super::root::{Kind, lacks_exchange};
use crate::error::ObjectError;

/// How often a write starts over when others make, replace or prune the same path at the same moment.
const TRIES: usize = 64;

impl Directory {
    /// Writes a file that nobody reads yet: one create, one write. One that is there after all is replaced.
    pub(super) fn write_fresh(&self, key: &str, bytes: &[u8], hash: ContentHash) -> Result<(), ObjectError> {
        for _ in 0..TRIES {
            self.folders.make_for(&self.root, key).map_err(|error| self.fail(key, error))?;
            match self.root.create(key, bytes) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => return self.replace(key, bytes, hash),
                Err(Errno::NOENT) => self.folders.forget_for(key),
                Err(error) => return Err(self.fail(key, error)),
            }
        }
        Err(self.fail(key, Errno::NOENT))
    }

    /// Writes a file beside and swaps it in; what it replaces becomes a version.
    pub(super) fn replace(&self, key: &str, bytes: &[u8], hash: ContentHash) -> Result<(), ObjectError> {
        let spare = self.spare.next();
        self.root.create(&spare, bytes).map_err(|error| self.fail(&spare, error))?;
        let old = self.swap_in(key, &spare).inspect_err(|_| {
            // The first failure is the news.
            let _ = self.root.unlink(&spare);
        })?;
        match old.map_or(Ok(()), |old| self.retire(old, Some(hash))) {
            // A folder was made at the path between the look and the swap: it goes back.
            Err(Errno::ISDIR) => {
                self.root.exchange(&spare, key).map_err(|error| self.fail(key, error))?;
                self.root.unlink(&spare).map_err(|error| self.fail(&spare, error))?;
                Err(ObjectError::key(key, IS_FOLDER))
            }
            retired => retired.map_err(|error| self.fail(key, error)),
        }
    }

    /// Removes a file and the folders it leaves empty; what was there becomes a version.
    pub(super) fn remove(&self, key: &str) -> Result<(), ObjectError> {
        match self.root.kind(key) {
            Ok(Kind::Folder) => return Ok(()),
            Ok(_) => {
                let spare = self.spare.next();
                match self.root.rename(key, &spare) {
                    Ok(()) => self.retire(spare, None).map_err(|error| self.fail(key, error))?,
                    Err(Errno::NOENT | Errno::NOTDIR) => {}
                    Err(error) => return Err(self.fail(key, error)),
                }
            }
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(error) => return Err(self.fail(key, error)),
        }
        self.folders.prune_for(&self.root, key);
        Ok(())
    }

    /// Puts a written file in place; answers where the file it replaced is now.
    fn swap_in(&self, key: &str, spare: &str) -> Result<Option<String>, ObjectError> {
        for _ in 0..TRIES {
            let swapped = match self.root.kind(key) {
                Ok(Kind::Folder) => return Err(ObjectError::key(key, IS_FOLDER)),
                Ok(_) => self.swap(key, spare),
                Err(Errno::NOENT) => self.move_in(key, spare),
                Err(error) => Err(error),
            };
            match swapped {
                Ok(old) => return Ok(old),
                // Others were here between two calls: the file or its folder went, or a file came.
                Err(Errno::NOENT) => self.folders.forget_for(key),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(self.fail(key, error)),
            }
        }
        Err(self.fail(key, Errno::NOENT))
    }

    /// Swaps with the file that is there.
    fn swap(&self, key: &str, spare: &str) -> Result<Option<String>, Errno> {
        if self.exchanges() {
            match self.root.exchange(spare, key) {
                Err(error) if lacks_exchange(error) => self.exchanges_not(),
                swapped => return swapped.map(|()| Some(spare.to_owned())),
            }
        }
        // A plain rename drops the old file, so it gets a second name before.
        let old = self.versions.then(|| self.spare.next());
        if let Some(old) = &old {
            self.root.link(key, old)?;
        }
        self.root.rename(spare, key)?;
        Ok(old)
    }

    /// Moves to where nothing is.
    fn move_in(&self, key: &str, spare: &str) -> Result<Option<String>, Errno> {
        self.folders.make_for(&self.root, key)?;
        if self.exchanges() {
            match self.root.rename_new(spare, key) {
                Err(error) if lacks_exchange(error) => self.exchanges_not(),
                moved => return moved.map(|()| None),
            }
        }
        self.root.rename(spare, key)?;
        Ok(None)
    }

    /// The error of a system call about a path.
    pub(super) fn fail(&self, path: &str, error: Errno) -> ObjectError {
        match error {
            Errno::NOTDIR => ObjectError::key(path, "lies below a file, not a folder"),
            Errno::ISDIR => ObjectError::key(path, IS_FOLDER),
            error => ObjectError::file(&self.root.full(path), error),
        }
    }
}

const IS_FOLDER: &str = "is a folder in this directory";
