//! Unlinking off the hot path: freeing the blocks of an old page may wait for the disk.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use super::root::Root;

/// Files to unlink a little later, by a thread that starts with the first.
#[derive(Debug)]
pub(super) struct Trash {
    root: Arc<Root>,
    worker: Mutex<Option<(Sender<String>, JoinHandle<()>)>>,
}

impl Trash {
    pub(super) fn new(root: Arc<Root>) -> Self {
        Self { root, worker: Mutex::default() }
    }

    /// Unlinks a file soon; when no thread can be had, now.
    pub(super) fn take(&self, path: String) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_none() {
            *worker = start(self.root.clone());
        }
        let path = match worker.as_ref().map(|(sender, _)| sender.send(path.clone())) {
            Some(Ok(())) => return,
            Some(Err(mpsc::SendError(path))) => path,
            None => path,
        };
        unlink(&self.root, &path);
    }
}

impl Drop for Trash {
    fn drop(&mut self) {
        let worker = self.worker.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, thread)) = worker {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn start(root: Arc<Root>) -> Option<(Sender<String>, JoinHandle<()>)> {
    let (sender, paths) = mpsc::channel::<String>();
    let thread = std::thread::Builder::new().name("vitrine-trash".into());
    let thread = thread.spawn(move || paths.iter().for_each(|path| unlink(&root, &path)));
    thread.ok().map(|thread| (sender, thread))
}

fn unlink(root: &Root, path: &str) {
    if let Err(error) = root.unlink(path) {
        tracing::warn!(path = %root.full(path).display(), %error, "an old file cannot be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_gone_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let root = Arc::new(Root::open(dir.path()).unwrap());
        let trash = Trash::new(root.clone());
        for number in 0..50 {
            root.create(&number.to_string(), b"old").unwrap();
            trash.take(number.to_string());
        }
        trash.take("never there".into());
        drop(trash);
        assert_eq!(root.entries("").unwrap(), []);
    }
}
