//! The directory that a build writes: keys are URL paths, `/de/` is `de/index.html`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::BuildError;

/// Folder of files about the site that no server shows.
pub(crate) const PRIVATE: &str = "_vitrine";
/// Names the ledger that speaks of this directory; a directory without it was not written by us.
const MARKER: &str = "_vitrine/target";

/// Ending of files under way.
const TEMPORARY: &str = "tmp";

/// A directory that pages and assets are written to.
#[derive(Debug)]
pub(crate) struct Output {
    root: PathBuf,
    /// Nobody reads the directory yet, so files are written in place.
    fresh: bool,
    made: Mutex<BTreeSet<PathBuf>>,
    temporary: AtomicU64,
}

/// What a directory is found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Not there, or empty.
    Empty,
    /// Written by us; the name of its ledger.
    Ours(String),
    /// Somebody else's files.
    Foreign,
}

impl Output {
    /// Looks at a directory before it is written.
    pub(crate) fn look(root: &Path) -> Result<Found, BuildError> {
        let fail = |source| BuildError::File { path: root.to_owned(), source };
        match fs::read_to_string(root.join(MARKER)) {
            Ok(name) => return Ok(Found::Ours(name.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(fail(error)),
        }
        match fs::read_dir(root) {
            Ok(mut entries) => Ok(if entries.next().is_some() { Found::Foreign } else { Found::Empty }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Empty),
            Err(error) => Err(fail(error)),
        }
    }

    /// Takes a directory as the place of the ledger called `name`.
    pub(crate) fn open(root: &Path, name: &str, fresh: bool) -> Result<Self, BuildError> {
        let output =
            Self { root: root.to_owned(), fresh, made: Mutex::default(), temporary: AtomicU64::new(0) };
        output.clear_temporary()?;
        output.put_changed(MARKER, name.as_bytes())?;
        Ok(output)
    }

    /// Writes a page: readers see the old one or the new one. Where there are no readers yet a killed build may
    /// leave half of it, and the journal tells the next one.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) -> Result<(), BuildError> {
        if !self.fresh {
            return self.put_whole(key, bytes);
        }
        let path = self.root.join(key);
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        fs::write(&path, bytes).map_err(|source| BuildError::File { path, source })
    }

    /// Writes a file that is whole or not there, also when the build is killed: for files no journal speaks of.
    pub(crate) fn put_whole(&self, key: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let path = self.root.join(key);
        let fail = |source| BuildError::File { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(PRIVATE).join(format!("{number}.{TEMPORARY}"));
        self.make(&self.root.join(PRIVATE))?;
        let write = || {
            let mut file = fs::File::create(&temporary)?;
            file.write_all(bytes)?;
            fs::rename(&temporary, &path)
        };
        write().map_err(fail)
    }

    /// Writes a file whole if its bytes differ from what is there.
    pub(crate) fn put_changed(&self, key: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let there = fs::read(self.root.join(key)).is_ok_and(|there| there == bytes);
        if there { Ok(()) } else { self.put_whole(key, bytes) }
    }

    /// Copies a finished file in, unless it is there: its name is a hash of what it holds.
    pub(crate) fn link(&self, key: &str, source: &Path) -> Result<bool, BuildError> {
        let path = self.root.join(key);
        if path.exists() {
            return Ok(false);
        }
        let fail = |error| BuildError::File { path: path.clone(), source: error };
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        // A second name for the same bytes costs nothing; over a file system's border it has to be a copy.
        if fs::hard_link(source, &path).is_err() {
            self.put_whole(key, &fs::read(source).map_err(fail)?)?;
        }
        Ok(true)
    }

    /// Removes what a killed build had under way.
    fn clear_temporary(&self) -> Result<(), BuildError> {
        let folder = self.root.join(PRIVATE);
        let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|ending| ending == TEMPORARY) {
                fs::remove_file(&path).map_err(|source| BuildError::File { path, source })?;
            }
        }
        Ok(())
    }

    /// Whether a file is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.root.join(key).exists()
    }

    /// Removes a file, and the folders that it leaves empty; answers whether it was there.
    pub(crate) fn remove(&self, key: &str) -> Result<bool, BuildError> {
        let path = self.root.join(key);
        let there = match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(BuildError::File { path, source }),
        };
        let mut folder = path.parent();
        while let Some(empty) = folder.filter(|folder| *folder != self.root) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            if let Ok(mut made) = self.made.lock() {
                made.remove(empty);
            }
            folder = empty.parent();
        }
        Ok(there)
    }

    /// Removes all files that are not in `keep`: left over from a ledger that is gone.
    pub(crate) fn keep_only(&self, keep: &BTreeSet<String>) -> Result<(), BuildError> {
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let fail = |source| BuildError::File { path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(fail)? {
                let path = entry.map_err(fail)?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let key = path.strip_prefix(&self.root).ok().and_then(Path::to_str);
                if let Some(key) = key.filter(|key| !key.starts_with(PRIVATE) && !keep.contains(*key)) {
                    self.remove(key)?;
                }
            }
        }
        Ok(())
    }

    /// Makes a folder once; a page directory costs a system call the first time only.
    fn make(&self, folder: &Path) -> Result<(), BuildError> {
        let known = self.made.lock().is_ok_and(|made| made.contains(folder));
        if known {
            return Ok(());
        }
        fs::create_dir_all(folder).map_err(|source| BuildError::File { path: folder.to_owned(), source })?;
        if let Ok(mut made) = self.made.lock() {
            // Bounded: beyond this the kernel's own cache answers.
            if made.len() > 100_000 {
                made.clear();
            }
            made.insert(folder.to_owned());
        }
        Ok(())
    }
}

/// The object's key for a URL path: `/de/` is `de/index.html`, `/robots.txt` is `robots.txt`.
///
/// Percent-encoded paths are decoded, because a key is what the server looks up after decoding.
pub(crate) fn key_of(path: &str) -> String {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_ends_in_a_slash_is_an_index() {
        assert_eq!(key_of("/"), "index.html");
        assert_eq!(key_of("/de/p/cloud/"), "de/p/cloud/index.html");
        assert_eq!(key_of("/robots.txt"), "robots.txt");
    }

    #[test]
    fn a_directory_with_other_files_is_foreign_and_ours_names_its_ledger() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Output::look(&dir.path().join("new")).unwrap(), Found::Empty);
        Output::open(dir.path(), "ledger-1", false).unwrap();
        assert_eq!(Output::look(dir.path()).unwrap(), Found::Ours("ledger-1".into()));
        let foreign = tempfile::tempdir().unwrap();
        std::fs::write(foreign.path().join("thesis.txt"), "mine").unwrap();
        assert_eq!(Output::look(foreign.path()).unwrap(), Found::Foreign);
    }

    #[test]
    fn removing_a_page_removes_the_folders_it_leaves_empty_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::open(dir.path(), "x", false).unwrap();
        output.put("de/p/a/index.html", b"a").unwrap();
        output.put("de/index.html", b"home").unwrap();
        output.remove("de/p/a/index.html").unwrap();
        assert!(!dir.path().join("de/p").exists());
        assert!(dir.path().join("de/index.html").exists());
        output.put("de/p/a/index.html", b"again").unwrap();
        assert!(dir.path().join("de/p/a/index.html").exists(), "a folder that was removed is made again");
        assert!(!output.remove("never/there.html").unwrap());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_of_the_writing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::open(dir.path(), "x", false).unwrap();
        output.put("de/index.html", b"one").unwrap();
        output.put("de/index.html", b"two").unwrap();
        assert_eq!(fs::read(dir.path().join("de/index.html")).unwrap(), b"two");
        let left: Vec<_> =
            fs::read_dir(dir.path().join(PRIVATE)).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(left, ["target"]);
    }

    #[test]
    fn what_a_killed_build_had_under_way_is_cleared() {
        let dir = tempfile::tempdir().unwrap();
        Output::open(dir.path(), "x", false).unwrap();
        fs::write(dir.path().join("_vitrine/7.tmp"), "half").unwrap();
        fs::write(dir.path().join("_vitrine/site.json"), "{}").unwrap();
        Output::open(dir.path(), "x", false).unwrap();
        assert!(!dir.path().join("_vitrine/7.tmp").exists());
        assert!(dir.path().join("_vitrine/site.json").exists());
    }

    #[test]
    fn a_file_of_the_same_bytes_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::open(dir.path(), "x", false).unwrap();
        let path = dir.path().join("_vitrine/site.json");
        let written = || fs::metadata(&path).unwrap().modified().unwrap();
        output.put_changed("_vitrine/site.json", b"{}").unwrap();
        let before = written();
        output.put_changed("_vitrine/site.json", b"{}").unwrap();
        assert_eq!(written(), before);
        output.put_changed("_vitrine/site.json", b"[]").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"[]");
    }

    #[test]
    fn only_what_is_kept_survives_and_private_files_always_do() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::open(dir.path(), "x", false).unwrap();
        for key in ["index.html", "de/index.html", "de/p/old/index.html", "_vitrine/site.json"] {
            output.put(key, b"x").unwrap();
        }
        output.keep_only(&BTreeSet::from(["de/index.html".to_owned()])).unwrap();
        let there = |key: &str| dir.path().join(key).exists();
        assert!(there("de/index.html") && there("_vitrine/site.json") && there("_vitrine/target"));
        assert!(!there("index.html") && !there("de/p"));
    }

    #[test]
    fn a_finished_file_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("made.avif");
        fs::write(&source, "picture").unwrap();
        let output = Output::open(&dir.path().join("out"), "x", true).unwrap();
        assert!(output.link("media/a.avif", &source).unwrap());
        assert!(!output.link("media/a.avif", &source).unwrap());
        assert!(output.has("media/a.avif"));
        let missing = output.link("media/b.avif", &dir.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("b.avif"), "{missing}");
    }
}
