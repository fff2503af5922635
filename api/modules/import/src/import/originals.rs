//! The bytes of pictures, kept under their hash.

use std::fs;
use std::io;
use std::path::Path;

use vitrine_core::ContentHash;

use super::blocking;
use crate::error::ImportError;
use crate::source::Folder;

/// Copies the pictures that are not kept yet.
pub(super) async fn keep(folder: Folder, media_dir: &Path) -> Result<Folder, ImportError> {
    let media_dir = media_dir.to_owned();
    blocking(move || {
        for media in folder.media.values().filter_map(|parsed| parsed.value.as_ref()) {
            copy(&folder.root.path(&format!("media/{}", media.file)), media.hash, &media_dir)?;
        }
        Ok(folder)
    })
    .await?
}

/// Copies a file to its hash through a temporary name, so that a reader never sees half of one.
fn copy(from: &Path, hash: ContentHash, media_dir: &Path) -> Result<(), ImportError> {
    let to = media_dir.join(hash.hex());
    if to.exists() {
        return Ok(());
    }
    let bytes = fs::read(from).map_err(ImportError::reading(from))?;
    if ContentHash::of(&bytes) != hash {
        return Err(ImportError::reading(from)(io::Error::other(
            "it changed while it was read; import again",
        )));
    }
    fs::create_dir_all(media_dir).map_err(ImportError::writing(media_dir))?;
    let part = media_dir.join(format!("{}.part", hash.hex()));
    fs::write(&part, &bytes).map_err(ImportError::writing(&part))?;
    fs::rename(&part, &to).map_err(ImportError::writing(&to))
}
