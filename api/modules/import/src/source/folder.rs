//! The folder on disk: names, files, and where a field of an item stands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use vitrine_core::{Entity, EntityKind, Locale};

use super::locate::locate;
use super::text::{Lines, split_front_matter};
use crate::error::ImportError;
use crate::report::{Finding, Severity};

/// A content folder.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    path: PathBuf,
    /// What findings begin with: the folder as the caller named it.
    name: String,
}

/// What tells that a file changed without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Name within its folder.
    pub(crate) file: String,
    bytes: u64,
    modified: u128,
    /// Changes when an editor replaces the file within one tick of the clock.
    inode: u64,
}

impl Root {
    pub(crate) fn new(path: &Path) -> Self {
        let name = path.display().to_string();
        Self { path: path.to_owned(), name: name.trim_end_matches('/').to_owned() }
    }

    /// The file as people read it: `content/store.toml`.
    pub(crate) fn shown(&self, relative: &str) -> String {
        format!("{}/{relative}", self.name)
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }

    /// The text of a file; `None` when there is none. Bytes that are no UTF-8 come as a finding.
    pub(crate) fn text(
        &self,
        relative: &str,
        item: &Entity,
    ) -> Result<Option<Result<String, Finding>>, ImportError> {
        let path = self.path(relative);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ImportError::reading(&path)(error)),
        };
        Ok(Some(match String::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Err(_) => Err(self.at_top(relative, item, "the file is not UTF-8 text")),
        }))
    }

    /// Names of the folders in a folder, sorted; none when it is absent.
    pub(crate) fn folders(&self, relative: &str) -> Result<Vec<String>, ImportError> {
        self.names(relative, true)
    }

    /// The files of a folder with what tells that they changed, sorted by name.
    pub(crate) fn stamps(&self, relative: &str) -> Result<Vec<Stamp>, ImportError> {
        let names = self.names(relative, false)?;
        names.into_iter().map(|name| self.stamp(relative, name)).collect()
    }

    fn stamp(&self, relative: &str, file: String) -> Result<Stamp, ImportError> {
        let path = self.path(relative).join(&file);
        let metadata = fs::metadata(&path).map_err(ImportError::reading(&path))?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Stamp {
            file,
            bytes: metadata.len(),
            modified: modified.map_or(0, |time| time.as_nanos()),
            inode: inode(&metadata),
        })
    }

    fn names(&self, relative: &str, folders: bool) -> Result<Vec<String>, ImportError> {
        let path = self.path(relative);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ImportError::reading(&path)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(ImportError::reading(&path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_of_an_editor(&name) {
                continue;
            }
            let kind = entry.file_type().map_err(ImportError::reading(&path))?;
            let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            if is_folder == folders {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(crate) fn at_top(&self, relative: &str, item: &Entity, what: impl Into<String>) -> Finding {
        Finding {
            file: self.shown(relative),
            line: 1,
            column: 1,
            severity: Severity::Error,
            what: what.into(),
            item: Some(item.clone()),
        }
    }

    /// A finding at a field of an item: the file is read again to find where it stands, which only mistakes cost.
    pub(crate) fn at_field(
        &self,
        item: &Entity,
        field: &str,
        severity: Severity,
        what: impl Into<String>,
    ) -> Finding {
        let (relative, inner) = self.file_of(item, field);
        let text = fs::read_to_string(self.path(&relative)).unwrap_or_default();
        let offset = offset_of(&relative, &text, &inner);
        let (line, column) = Lines::of(&text).place(offset);
        Finding { severity, line, column, ..self.at_top(&relative, item, what) }
    }

    /// The file in which a field of an item stands, and the field's path in it.
    fn file_of(&self, item: &Entity, field: &str) -> (String, String) {
        let id = &item.id;
        let (folder, main) = match item.kind {
            EntityKind::Product => (format!("products/{id}"), "product.toml"),
            EntityKind::Category => (format!("categories/{id}"), "category.toml"),
            EntityKind::Page => (format!("pages/{id}"), "page.toml"),
            EntityKind::Attribute => ("attributes".to_owned(), "attributes.toml"),
            EntityKind::Country => {
                return (format!("countries/{}.toml", id.to_lowercase()), field.to_owned());
            }
            EntityKind::Store => return ("store.toml".to_owned(), field.to_owned()),
            EntityKind::Navigation => return ("navigation.toml".to_owned(), field.to_owned()),
            EntityKind::Redirect => return ("redirects.toml".to_owned(), field.to_owned()),
            EntityKind::Strings => return (format!("strings/{id}.ftl"), field.to_owned()),
            EntityKind::Media => return (format!("media/{id}"), field.to_owned()),
        };
        let extension = if item.kind == EntityKind::Attribute { "toml" } else { "md" };
        if let Some(rest) = field.strip_prefix("texts.") {
            let (lang, inner) = rest.split_once('.').unwrap_or((rest, ""));
            let file = self.text_file(&folder, lang, extension);
            return (format!("{folder}/{file}"), inner.to_owned());
        }
        let file = if field.starts_with("reviews") { "reviews.toml" } else { main };
        (format!("{folder}/{file}"), field.to_owned())
    }

    /// The most specific file there is for a language, or the one that ought to be there.
    fn text_file(&self, folder: &str, lang: &str, extension: &str) -> String {
        let chain = lang.parse().map(|locale: Locale| locale.chain()).unwrap_or_default();
        let names: Vec<String> = chain.iter().map(|locale| format!("{locale}.{extension}")).collect();
        let there = names.iter().find(|name| self.path(folder).join(name).exists());
        there.or(names.last()).cloned().unwrap_or_else(|| format!("{lang}.{extension}"))
    }
}

/// Hidden files and what editors leave beside the file they are writing.
fn is_of_an_editor(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.ends_with(".swp") || name.ends_with(".tmp")
}

fn offset_of(relative: &str, text: &str, field: &str) -> usize {
    if !relative.ends_with(".md") {
        return if relative.ends_with(".toml") { locate(text, field) } else { 0 };
    }
    match split_front_matter(text) {
        Ok(parts) if field == "body" => parts.body.start,
        Ok(parts) => match locate(text.get(parts.toml.clone()).unwrap_or(""), field) {
            0 => 0,
            offset => parts.toml.start + offset,
        },
        Err((offset, _)) => offset,
    }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}
