//! Names for files under way: a folder of this process below `_vitrine/tmp/`.
//!
//! A lock held as long as the process lives says whose folder it is. What a killed process left is found by
//! the next one that opens the directory: pages that it had just swapped out become versions after all.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

use super::root::{Kind, Root};

/// Where the folders of all processes are.
pub(super) const TMP: &str = "_vitrine/tmp";

/// A folder for files under way that nobody else writes to.
#[derive(Debug)]
pub(super) struct Spare {
    root: Arc<Root>,
    folder: String,
    number: AtomicU64,
    /// Held, not read: closing it gives the lock back.
    _lock: File,
}

impl Spare {
    /// Makes a folder and takes its lock.
    pub(super) fn open(root: Arc<Root>) -> Result<Self, Errno> {
        loop {
            let folder = format!("{TMP}/{}-{:016x}", std::process::id(), RandomState::new().hash_one(0));
            let name = lock_name(&folder);
            let lock = root.lock_file(&name)?;
            // Somebody who opens the directory now may have taken the new lock for a dead one.
            if lock.try_lock().is_ok() && root.leads_to(&name, &lock) {
                root.make_folder(&folder)?;
                return Ok(Self { root, folder, number: AtomicU64::new(0), _lock: lock });
            }
        }
    }

    /// A path that no file has.
    pub(super) fn next(&self) -> String {
        format!("{}/{}", self.folder, self.number.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        // Not empty when a write failed half-way: the next process clears it.
        if self.root.remove_folder(&self.folder).is_ok() {
            let _ = self.root.unlink(&lock_name(&self.folder));
        }
    }
}

/// Hands every file that a killed process left under way to `take`, then removes its folder.
pub(super) fn recover(root: &Root, mut take: impl FnMut(&str) -> Result<(), Errno>) -> Result<(), Errno> {
    for (name, _) in root.entries(TMP)? {
        let Some(owner) = name.strip_suffix(LOCK) else { continue };
        let lock = match root.file(&format!("{TMP}/{name}")) {
            Ok(lock) => lock,
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(error),
        };
        if lock.try_lock().is_err() {
            continue;
        }
        let folder = format!("{TMP}/{owner}");
        let left = match root.entries(&folder) {
            Ok(left) => left,
            Err(Errno::NOENT) => Vec::new(),
            Err(error) => return Err(error),
        };
        for (file, _) in left.iter().filter(|(_, kind)| matches!(kind, Kind::File(_))) {
            take(&format!("{folder}/{file}"))?;
        }
        match root.remove_folder(&folder) {
            Ok(()) | Err(Errno::NOENT) => root.unlink(&format!("{TMP}/{name}"))?,
            Err(error) => tracing::warn!(%folder, %error, "what a killed process left cannot be removed"),
        }
    }
    Ok(())
}

const LOCK: &str = ".lock";

fn lock_name(folder: &str) -> String {
    format!("{folder}{LOCK}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(dir: &tempfile::TempDir) -> Arc<Root> {
        std::fs::create_dir_all(dir.path().join(TMP)).unwrap();
        Arc::new(Root::open(dir.path()).unwrap())
    }

    #[test]
    fn the_folder_of_a_living_process_is_left_alone_and_one_of_a_dead_is_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let root = root(&dir);
        let alive = Spare::open(root.clone()).unwrap();
        root.create(&alive.next(), b"under way").unwrap();
        std::fs::create_dir(dir.path().join(TMP).join("1-dead")).unwrap();
        std::fs::write(dir.path().join(TMP).join("1-dead.lock"), "").unwrap();
        std::fs::write(dir.path().join(TMP).join("1-dead/7"), "left").unwrap();
        let mut found = Vec::new();
        recover(&root, |path| {
            found.push(path.to_owned());
            root.unlink(path)
        })
        .unwrap();
        assert_eq!(found, [format!("{TMP}/1-dead/7")]);
        assert_eq!(root.entries(TMP).unwrap().len(), 2, "the living one's folder and lock");
    }

    #[test]
    fn names_are_never_given_twice_and_nothing_is_left_after_use() {
        let dir = tempfile::tempdir().unwrap();
        let root = root(&dir);
        let (one, other) = (Spare::open(root.clone()).unwrap(), Spare::open(root.clone()).unwrap());
        let names = std::collections::BTreeSet::from([one.next(), one.next(), other.next(), other.next()]);
        assert_eq!(names.len(), 4);
        drop((one, other));
        assert_eq!(root.entries(TMP).unwrap(), []);
    }
}
