//! The files of a theme, from a folder or from the program itself.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::error::ThemeError;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../templates");

/// Letters, which are no pages.
const LETTERS: &str = "mail/";

/// Paths below `templates/` with `/` between them, and contents.
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The files as they were when the program was built.
    pub(crate) fn embedded() -> Self {
        let mut files = BTreeMap::new();
        collect(&EMBEDDED, &mut files);
        Self(files)
    }

    /// The files of a folder as they are now.
    pub(crate) fn read(folder: &Path) -> Result<Self, ThemeError> {
        let mut files = BTreeMap::new();
        read_into(folder, "", &mut files)?;
        Ok(Self(files))
    }

    /// The templates of letters, in the order of their paths.
    pub(crate) fn letters(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let all = self.0.iter().filter(|(path, _)| path.starts_with(LETTERS));
        all.map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Files of pages whose path starts and ends so, in the order of their paths.
    pub(crate) fn matching<'a>(
        &'a self,
        start: &'a str,
        end: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0
            .iter()
            .filter(move |(path, _)| path.starts_with(start) && path.ends_with(end))
            .filter(|(path, _)| !path.starts_with(LETTERS))
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// One file.
    pub(crate) fn get(&self, path: &str) -> Result<&[u8], ThemeError> {
        let found = self.0.get(path).map(Vec::as_slice);
        found.ok_or_else(|| ThemeError::Missing { file: path.to_owned() })
    }

    /// One file as text.
    pub(crate) fn text(&self, path: &str) -> Result<&str, ThemeError> {
        utf8(path, self.get(path)?)
    }
}

/// Text of a file, or the line of the first byte that is not UTF-8.
pub(crate) fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, ThemeError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + good.iter().filter(|&&b| b == b'\n').count();
        ThemeError::invalid(path, line, "not UTF-8")
    })
}

fn collect(dir: &Dir<'static>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, file.contents().to_vec());
    }
    for dir in dir.dirs() {
        collect(dir, files);
    }
}

fn read_into(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), ThemeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ThemeError::Read { path, source }
    };
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            read_into(&path, &format!("{below}{name}/"), files)?;
        } else {
            files.insert(format!("{below}{name}"), std::fs::read(&path).map_err(failed(&path))?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_reads_like_the_embedded_files() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let read = Files::read(&folder).unwrap();
        assert_eq!(read.0.keys().collect::<Vec<_>>(), Files::embedded().0.keys().collect::<Vec<_>>());
        assert!(read.0.contains_key("parts/picture.html"));
    }

    #[test]
    fn bad_bytes_are_reported_at_their_line() {
        let error = utf8("a.html", b"one\ntwo\nthr\xffee").unwrap_err();
        assert_eq!(error.to_string(), "templates/a.html:3: not UTF-8");
    }

    #[test]
    fn an_absent_folder_is_named() {
        let error = Files::read(Path::new("/nowhere/at/all")).err().unwrap();
        assert!(error.to_string().starts_with("/nowhere/at/all: "), "{error}");
    }
}
