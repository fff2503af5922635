//! Folders that are known to be there, so that a page costs no system call for a folder made before.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;

use super::root::Root;

/// Beyond this all are forgotten and the kernel answers again: 64 Ki hashes are about 1 MiB.
const REMEMBERED: usize = 1 << 16;

/// Hashes of the paths of folders made or found. Two paths with one hash do no harm: the write that misses
/// its folder makes it.
#[derive(Debug, Default)]
pub(super) struct Folders(Mutex<BTreeSet<u64>>);

impl Folders {
    /// Makes the folder that a key lies in, unless it is known.
    pub(super) fn make_for(&self, root: &Root, key: &str) -> Result<(), Errno> {
        let Some((folder, _)) = key.rsplit_once('/') else { return Ok(()) };
        if self.known().contains(&hash(folder)) {
            return Ok(());
        }
        make(root, folder)?;
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash(folder));
        Ok(())
    }

    /// Forgets the folder of a key: somebody removed it.
    pub(super) fn forget_for(&self, key: &str) {
        if let Some((folder, _)) = key.rsplit_once('/') {
            self.known().remove(&hash(folder));
        }
    }

    /// Removes the folder of a key and those above it, as far as they are empty.
    pub(super) fn prune_for(&self, root: &Root, key: &str) {
        let mut path = key;
        while let Some((folder, _)) = path.rsplit_once('/') {
            // Forgotten first: a write that finds it unknown makes it again.
            self.forget_for(path);
            // One that is gone may have left its parent empty; one that is not empty ends the way up.
            if !matches!(root.remove_folder(folder), Ok(()) | Err(Errno::NOENT)) {
                return;
            }
            path = folder;
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a folder and those above it that are missing.
fn make(root: &Root, folder: &str) -> Result<(), Errno> {
    match root.make_folder(folder) {
        Ok(()) | Err(Errno::EXIST) => return Ok(()),
        Err(Errno::NOENT) => {}
        Err(error) => return Err(error),
    }
    if let Some((parent, _)) = folder.rsplit_once('/') {
        make(root, parent)?;
    }
    match root.make_folder(folder) {
        Err(Errno::EXIST) => Ok(()),
        made => made,
    }
}

fn hash(folder: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_removed_behind_our_back_is_made_again_after_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let (root, folders) = (Root::open(dir.path()).unwrap(), Folders::default());
        folders.make_for(&root, "de/p/a/index.html").unwrap();
        std::fs::remove_dir(dir.path().join("de/p/a")).unwrap();
        folders.make_for(&root, "de/p/a/index.html").unwrap();
        assert!(!dir.path().join("de/p/a").exists(), "it was known, so nothing was asked");
        folders.forget_for("de/p/a/index.html");
        folders.make_for(&root, "de/p/a/index.html").unwrap();
        assert!(dir.path().join("de/p/a").is_dir());
    }

    #[test]
    fn pruning_ends_at_the_first_folder_that_is_not_empty() {
        let dir = tempfile::tempdir().unwrap();
        let (root, folders) = (Root::open(dir.path()).unwrap(), Folders::default());
        folders.make_for(&root, "de/p/a/index.html").unwrap();
        root.create("de/index.html", b"home").unwrap();
        folders.prune_for(&root, "de/p/a/index.html");
        assert!(!dir.path().join("de/p").exists() && dir.path().join("de/index.html").exists());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let (root, folders) = (Root::open(dir.path()).unwrap(), Folders::default());
        folders.known().extend(0..REMEMBERED as u64);
        folders.make_for(&root, "de/index.html").unwrap();
        assert_eq!(folders.known().len(), 1);
    }
}
