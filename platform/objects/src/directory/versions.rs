//! What was replaced or deleted: files named by their content hash, whose time of change is when that was.

use std::fs::File;
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use vitrine_core::{ContentHash, Timestamp};

use super::Directory;
use super::root::{Kind, read_all};
use crate::error::ObjectError;
use crate::{Stored, Version};

/// Where versions are.
pub(super) const VERSIONS: &str = "_vitrine/versions";

impl Directory {
    /// Makes a version of a file that is out of readers' sight, or has it unlinked.
    ///
    /// One whose bytes equal those that replaced it is no version. [`Errno::ISDIR`] for a folder.
    pub(super) fn retire(&self, spare: String, replaced_by: Option<ContentHash>) -> Result<(), Errno> {
        if !self.versions {
            self.trash.take(spare);
            return Ok(());
        }
        let mut file = self.root.file(&spare)?;
        let hash = ContentHash::of(&read_all(&mut file)?);
        if Some(hash) == replaced_by {
            self.trash.take(spare);
            return Ok(());
        }
        set_time(&file, self.clock.now())?;
        match self.root.rename(&spare, &version_path(hash)) {
            // Somebody made room by removing the folder.
            Err(Errno::NOENT) => {
                self.root.make_folder(VERSIONS)?;
                self.root.rename(&spare, &version_path(hash))
            }
            renamed => renamed,
        }
    }

    /// The bytes of a version, also when it is what is live under the key.
    pub(super) fn read_version(&self, key: &str, version: &Version) -> Result<Option<Vec<u8>>, ObjectError> {
        let Ok(hash) = ContentHash::parse_hex(version.as_str()) else { return Ok(None) };
        let path = version_path(hash);
        match self.root.read(&path) {
            Ok(bytes) if ContentHash::of(&bytes) == hash => Ok(Some(bytes)),
            Ok(_) => {
                let what = "the file does not hold what its name says";
                let source = std::io::Error::new(std::io::ErrorKind::InvalidData, what);
                Err(ObjectError::file(&self.root.full(&path), source))
            }
            Err(Errno::NOENT) => Ok(self.read_live(key)?.filter(|live| ContentHash::of(live) == hash)),
            Err(error) => Err(self.fail(&path, error)),
        }
    }

    /// The bytes that readers see; `None` where no file is.
    pub(super) fn read_live(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        match self.root.read(key) {
            Ok(bytes) => Ok(Some(bytes)),
            // A folder is what other keys begin with.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ISDIR) => Ok(None),
            Err(error) => Err(self.fail(key, error)),
        }
    }

    /// Makes a version live.
    pub(super) fn bring_back(&self, key: &str, version: &Version) -> Result<Stored, ObjectError> {
        let gone = || ObjectError::NoVersion { key: key.to_owned(), version: version.clone() };
        let wanted = ContentHash::parse_hex(version.as_str()).map_err(|_| gone())?;
        if let Some(live) = self.read_live(key)?.filter(|live| ContentHash::of(live) == wanted) {
            return Ok(stored(wanted, live.len()));
        }
        // A copy, so that the version keeps its own time and survives what happens to the live file.
        let bytes = self.read_version(key, version)?.ok_or_else(gone)?;
        self.replace(key, &bytes, wanted)?;
        Ok(stored(wanted, bytes.len()))
    }

    /// Drops versions made before a time.
    pub(super) fn drop_versions(&self, before: Timestamp) -> Result<u64, ObjectError> {
        let mut dropped = 0;
        let entries = match self.root.entries(VERSIONS) {
            Ok(entries) => entries,
            Err(Errno::NOENT) => return Ok(0),
            Err(error) => return Err(self.fail(VERSIONS, error)),
        };
        for (name, kind) in entries {
            let path = format!("{VERSIONS}/{name}");
            if matches!(kind, Kind::File(_)) {
                dropped += u64::from(self.drop_old(&path, before).map_err(|error| self.fail(&path, error))?);
            }
        }
        Ok(dropped)
    }

    /// Drops one version if it is old enough; answers whether it did.
    fn drop_old(&self, path: &str, before: Timestamp) -> Result<bool, Errno> {
        let is_old = |path: &str| Ok(time_of(&self.root.file(path)?) < before);
        match is_old(path) {
            Ok(true) => {}
            Ok(false) | Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(error),
        }
        // The same bytes may be replaced again at this moment, and a newer version take the name: what is
        // moved aside is looked at once more, and goes back if it is that one.
        let spare = self.spare.next();
        match self.root.rename(path, &spare) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(error),
        }
        if is_old(&spare)? {
            self.root.unlink(&spare)?;
            return Ok(true);
        }
        self.root.rename(&spare, path)?;
        Ok(false)
    }
}

/// What a directory says of bytes that it has.
pub(super) fn stored(hash: ContentHash, bytes: usize) -> Stored {
    let hex = hash.hex();
    Stored { hash: Some(hash), bytes: bytes as u64, version: Version::new(hex.clone()), etag: hex }
}

fn version_path(hash: ContentHash) -> String {
    format!("{VERSIONS}/{hash}")
}

fn set_time(file: &File, time: Timestamp) -> Result<(), Errno> {
    let since_epoch = Duration::from_millis(u64::try_from(time.ms()).unwrap_or(0));
    file.set_modified(SystemTime::UNIX_EPOCH + since_epoch)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// A file whose time cannot be read counts as new: it is kept.
fn time_of(file: &File) -> Timestamp {
    let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
    let since_epoch = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let ms = since_epoch.and_then(|since_epoch| i64::try_from(since_epoch.as_millis()).ok());
    Timestamp::from_ms(ms.unwrap_or(i64::MAX))
}
