//! Files as they ought to be, and the folder made like them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ExportReport;
use crate::error::ImportError;

/// What a file ought to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    /// The bytes of another file.
    CopyOf(PathBuf),
}

/// Files by their path below the folder.
#[derive(Debug, Default)]
pub(super) struct Files(Vec<(String, Content)>);

impl Files {
    pub(super) fn push(&mut self, path: String, content: Content) {
        self.0.push((path, content));
    }
}

/// A folder that is being written.
#[derive(Debug)]
pub(super) struct Target {
    folder: PathBuf,
    written: BTreeSet<String>,
    pub(super) report: ExportReport,
}

/// Where the layout keeps items in folders of their own.
const ITEMS: [&str; 3] = ["categories", "products", "pages"];
/// Where it keeps files, and what they end in.
const FLAT: [(&str, &[&str]); 5] = [
    ("commerce", &["toml"]),
    ("countries", &["toml"]),
    ("attributes", &["toml"]),
    ("strings", &["ftl"]),
    ("media", &["toml", "jpg", "jpeg", "png"]),
];

impl Target {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), written: BTreeSet::new(), report: ExportReport::default() }
    }

    /// Writes the files that are not right already.
    pub(super) fn write(&mut self, files: Files) -> Result<(), ImportError> {
        for (relative, content) in files.0 {
            let path = self.folder.join(&relative);
            let bytes = match content {
                Content::Text(text) => text.into_bytes(),
                Content::CopyOf(from) => fs::read(&from).map_err(ImportError::reading(&from))?,
            };
            if fs::read(&path).is_ok_and(|present| present == bytes) {
                self.report.unchanged += 1;
            } else {
                let folder = path.parent().unwrap_or(&self.folder);
                fs::create_dir_all(folder).map_err(ImportError::writing(folder))?;
                fs::write(&path, bytes).map_err(ImportError::writing(&path))?;
                self.report.written += 1;
            }
            self.written.insert(relative);
        }
        Ok(())
    }

    /// Removes the files of the layout that were not written.
    pub(super) fn remove_rest(&mut self) -> Result<(), ImportError> {
        for name in ["redirects.toml", "navigation.toml"] {
            self.remove(name)?;
        }
        for (folder, endings) in FLAT {
            for name in self.names(folder)? {
                if endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
                    self.remove(&format!("{folder}/{name}"))?;
                }
            }
        }
        for folder in ITEMS {
            for item in self.names(folder)? {
                let item = format!("{folder}/{item}");
                for name in self.names(&item)? {
                    if name.ends_with(".toml") || name.ends_with(".md") {
                        self.remove(&format!("{item}/{name}"))?;
                    }
                }
                // Somebody else's file keeps it.
                let _ = fs::remove_dir(self.folder.join(&item));
            }
        }
        Ok(())
    }

    fn remove(&mut self, relative: &str) -> Result<(), ImportError> {
        let path = self.folder.join(relative);
        if self.written.contains(relative) || !path.is_file() {
            return Ok(());
        }
        fs::remove_file(&path).map_err(ImportError::writing(&path))?;
        self.report.removed += 1;
        Ok(())
    }

    fn names(&self, relative: &str) -> Result<Vec<String>, ImportError> {
        let path = self.folder.join(relative);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(ImportError::reading(&path)(error)),
        };
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        names.collect::<Result<_, _>>().map_err(ImportError::reading(&path))
    }
}
