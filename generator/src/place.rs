//! Places: where storefronts are published, and what is found there before.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vitrine_core::{ContentHash, SystemClock};
use vitrine_objects::{Directory, DirectorySettings, Objects, Put};

use crate::error::BuildError;

/// Folder of files about the site that no server shows.
pub(crate) const PRIVATE: &str = "_vitrine";
/// Names the ledger that speaks of this place; a place without it was not written by us.
pub(crate) const MARKER: &str = "_vitrine/target";

/// Of what keeps its address while its bytes change: browsers ask again each time, the CDN is told at its origin to
/// keep it and drops it when it is published anew.
const REVALIDATE: &str = "public, max-age=0, must-revalidate";
/// Of files named after their content: a year, which stands for always.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Where storefronts are published.
#[derive(Clone, Debug)]
pub struct Place {
    objects: Arc<dyn Objects>,
    label: PathBuf,
    /// A directory of this machine: a power failure may take back what was written to it.
    pub(crate) local: bool,
    /// Whether a CDN stands in front that must be told what changed.
    pub(crate) invalidates: bool,
    fresh: bool,
}

/// What a place is found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Not there, or empty.
    Empty,
    /// Written by us; the name of its ledger.
    Ours(String),
    /// Somebody else's files.
    Foreign,
}

impl Place {
    /// A directory, made where it is missing. One that is empty now is read by nobody yet and written faster.
    ///
    /// # Errors
    /// When it holds somebody else's files, or can't be read or written.
    pub fn directory(path: &Path, versions: bool) -> Result<Self, BuildError> {
        let fresh = match look(path)? {
            Found::Foreign => return Err(BuildError::ForeignDirectory(path.to_owned())),
            found => found == Found::Empty,
        };
        let settings = DirectorySettings { fresh, versions, ..DirectorySettings::default() };
        let objects = Directory::open(path, settings, Arc::new(SystemClock))?;
        Ok(Self {
            objects: Arc::new(objects),
            label: path.to_owned(),
            local: true,
            invalidates: false,
            fresh,
        })
    }

    /// Whether a directory is not there, or empty.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn is_empty(path: &Path) -> Result<bool, BuildError> {
        Ok(look(path)? == Found::Empty)
    }

    /// Any other object store; `label` names it in errors, and `invalidates` says whether a CDN stands in front.
    pub fn remote(objects: Arc<dyn Objects>, label: &str, invalidates: bool) -> Self {
        Self { objects, label: PathBuf::from(label), local: false, invalidates, fresh: false }
    }

    /// The same with a CDN in front that must be told what changed.
    #[must_use]
    pub fn behind_a_cdn(self) -> Self {
        Self { invalidates: true, ..self }
    }

    /// The same place, reached through other objects: a layer that watches those of [`Place::objects`].
    #[must_use]
    pub fn through(self, objects: Arc<dyn Objects>) -> Self {
        Self { objects, ..self }
    }

    /// Whether it was opened as one that nobody reads yet; after the first publish it must be opened anew.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// What is stored there.
    pub fn objects(&self) -> &Arc<dyn Objects> {
        &self.objects
    }

    /// What it is called.
    pub(crate) fn label(&self) -> &Path {
        &self.label
    }

    /// Looks at the place before it is written.
    pub(crate) async fn found(&self) -> Result<Found, BuildError> {
        if let Some(name) = self.objects.get(MARKER, None).await? {
            return Ok(Found::Ours(String::from_utf8_lossy(&name).trim().to_owned()));
        }
        let there = self.objects.list("", None, 1).await?;
        Ok(if there.is_empty() { Found::Empty } else { Found::Foreign })
    }

    /// Takes the place for the ledger called `name`.
    pub(crate) async fn take(&self, name: &str) -> Result<(), BuildError> {
        self.put_private(MARKER, name.as_bytes()).await
    }

    /// Puts a file about the site.
    pub(crate) async fn put_private(&self, key: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let put = Put { cache_control: "no-store", ..put_of(key, bytes, ContentHash::of(bytes)) };
        self.objects.put(&[put]).await?;
        Ok(())
    }

    /// Puts a file about the site unless its bytes are there already.
    pub(crate) async fn put_private_changed(&self, key: &str, bytes: &[u8]) -> Result<(), BuildError> {
        match self.objects.get(key, None).await? {
            Some(there) if there == bytes => Ok(()),
            _ => self.put_private(key, bytes).await,
        }
    }
}

/// Looks at a directory before it is opened, which makes it one of ours.
fn look(root: &Path) -> Result<Found, BuildError> {
    let fail = |source| BuildError::File { path: root.to_owned(), source };
    match fs::read_to_string(root.join(MARKER)) {
        Ok(name) => return Ok(Found::Ours(name.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fail(error)),
    }
    match fs::read_dir(root) {
        Ok(entries) => {
            let others = entries.filter_map(Result::ok).any(|entry| entry.file_name() != PRIVATE);
            Ok(if others { Found::Foreign } else { Found::Empty })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Empty),
        Err(error) => Err(fail(error)),
    }
}

/// An object with the headers of its kind.
pub(crate) fn put_of<'a>(key: &'a str, bytes: &'a [u8], hash: ContentHash) -> Put<'a> {
    Put { content_type: content_type(key), cache_control: cache_control(key), ..Put::new(key, bytes, hash) }
}

/// What a file is, by the end of its name.
fn content_type(key: &str) -> &'static str {
    match key.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "avif" => "image/avif",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// How long it may be kept: what is named after its content for always.
fn cache_control(key: &str) -> &'static str {
    if key.starts_with("assets/") || key.starts_with("media/") { IMMUTABLE } else { REVALIDATE }
}

/// The object's key for a URL path: `/de/` is `de/index.html`, `/robots.txt` is `robots.txt`.
///
/// Percent-encoded paths are decoded, because a key is what the server looks up after decoding.
pub(crate) fn key_of(path: &str) -> String {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}

/// The URL path of an object's key, as [`key_of`] made it.
pub(crate) fn path_of(key: &str) -> String {
    match key.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
        _ => format!("/{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_ends_in_a_slash_is_an_index() {
        assert_eq!(key_of("/"), "index.html");
        assert_eq!(key_of("/de/p/cloud/"), "de/p/cloud/index.html");
        assert_eq!(key_of("/robots.txt"), "robots.txt");
        for path in ["/", "/de/p/cloud/", "/robots.txt", "/de/my-index.html"] {
            assert_eq!(path_of(&key_of(path)), path);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_directory_with_other_files_is_foreign_and_ours_names_its_ledger() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::directory(&dir.path().join("new"), false).unwrap();
        assert_eq!(place.found().await.unwrap(), Found::Empty);
        place.take("ledger-1").await.unwrap();
        assert_eq!(place.found().await.unwrap(), Found::Ours("ledger-1".into()));
        assert_eq!(look(&dir.path().join("new")).unwrap(), Found::Ours("ledger-1".into()));
        let foreign = tempfile::tempdir().unwrap();
        fs::write(foreign.path().join("thesis.txt"), "mine").unwrap();
        let refused = Place::directory(foreign.path(), false).unwrap_err();
        assert!(matches!(refused, BuildError::ForeignDirectory(_)), "{refused}");
        assert!(!foreign.path().join(PRIVATE).exists(), "nothing is written into it");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_of_the_same_bytes_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::directory(dir.path(), false).unwrap();
        let path = dir.path().join("_vitrine/site.json");
        let written = || fs::metadata(&path).unwrap().modified().unwrap();
        place.put_private_changed("_vitrine/site.json", b"{}").await.unwrap();
        let before = written();
        place.put_private_changed("_vitrine/site.json", b"{}").await.unwrap();
        assert_eq!(written(), before);
        place.put_private_changed("_vitrine/site.json", b"[]").await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"[]");
    }

    #[test]
    fn what_is_named_after_its_content_is_kept_for_always() {
        assert_eq!(cache_control("assets/site.0123456789abcdef.css"), IMMUTABLE);
        assert_eq!(cache_control("media/a.avif"), IMMUTABLE);
        assert_eq!(cache_control("de/index.html"), REVALIDATE);
        assert_eq!(content_type("de/index.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("de/manifest.webmanifest"), "application/manifest+json");
    }
}
