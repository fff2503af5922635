//! Says when files of the content or template folder changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

/// Silence after which a save is taken as finished: editors write, rename and touch within a few milliseconds.
const SILENCE: Duration = Duration::from_millis(50);
/// Longest wait for silence, so that a folder that never rests (a checkout, a sync) still shows up.
const PATIENCE: Duration = Duration::from_millis(500);

/// Watches folders until it is dropped.
pub(crate) struct Watcher {
    changes: UnboundedReceiver<PathBuf>,
    collected: BTreeSet<PathBuf>,
    // Watching ends when this is dropped.
    _source: RecommendedWatcher,
}

impl Watcher {
    /// Watches folders with everything below them; changes from this moment on are kept until asked for.
    ///
    /// # Errors
    /// When the system has no watches left, or a folder is gone.
    pub(crate) fn try_new(folders: &[&Path]) -> notify::Result<Self> {
        let (sender, changes) = unbounded_channel();
        let mut source = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // The receiver is gone only while the server stops.
            for path in changed(event) {
                let _ = sender.send(path);
            }
        })?;
        for folder in folders {
            source.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(Self { changes, collected: BTreeSet::new(), _source: source })
    }

    /// The paths of the next save: waits for a change, then for silence. `None` when watching has ended.
    ///
    /// May be dropped at any moment: what it collected waits for the next call.
    pub(crate) async fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
        if self.collected.is_empty() {
            self.collected.insert(self.changes.recv().await?);
        }
        let end = Instant::now() + PATIENCE;
        while let Ok(Some(path)) = timeout_at(end.min(Instant::now() + SILENCE), self.changes.recv()).await {
            self.collected.insert(path);
        }
        Some(std::mem::take(&mut self.collected))
    }
}

/// Paths an event changed; reading a file is none. After an error (an overflown queue) anything may have changed.
fn changed(event: notify::Result<notify::Event>) -> Vec<PathBuf> {
    match event {
        Ok(event) if event.need_rescan() => vec![PathBuf::new()],
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => Vec::new(),
        Ok(event) => event.paths.into_iter().filter(|path| !is_scratch(path)).collect(),
        Err(error) => {
            tracing::warn!(%error, "watching the folders failed");
            vec![PathBuf::new()]
        }
    }
}

/// Whether an editor keeps the file for itself: swap and backup files, which come and go while one types.
fn is_scratch(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    name.ends_with('~')
        || name.starts_with(".#")
        || (name.starts_with('.') && name.contains(".sw"))
        || name == "4913"
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(watcher: &mut Watcher) -> BTreeSet<PathBuf> {
        tokio::time::timeout(Duration::from_secs(10), watcher.next()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn several_writes_are_one_save() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("products")).unwrap();
        let mut watcher = Watcher::try_new(&[folder.path()]).unwrap();
        let (one, two) = (folder.path().join("store.toml"), folder.path().join("products/cloud.toml"));
        std::fs::write(&one, "a").unwrap();
        std::fs::write(&two, "b").unwrap();
        let paths = next(&mut watcher).await;
        assert!(paths.contains(&one) && paths.contains(&two), "{paths:?}");
    }

    #[tokio::test]
    async fn a_folder_made_later_is_watched_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = Watcher::try_new(&[folder.path()]).unwrap();
        let made = folder.path().join("drift");
        std::fs::create_dir(&made).unwrap();
        assert!(next(&mut watcher).await.contains(&made));
        std::fs::write(made.join("en.md"), "text").unwrap();
        assert!(next(&mut watcher).await.contains(&made.join("en.md")));
    }

    #[tokio::test]
    async fn reading_and_swap_files_are_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.toml");
        std::fs::write(&file, "a").unwrap();
        let mut watcher = Watcher::try_new(&[folder.path()]).unwrap();
        std::fs::read(&file).unwrap();
        std::fs::write(folder.path().join(".store.toml.swp"), "x").unwrap();
        std::fs::write(folder.path().join("store.toml~"), "x").unwrap();
        let nothing = tokio::time::timeout(Duration::from_millis(300), watcher.next()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }
}
