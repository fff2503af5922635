//! Making the renditions that are missing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use vitrine_codec::Linear;
use vitrine_core::ContentHash;

use crate::decode::decode;
use crate::error::PictureError;
use crate::rendition::Rendition;

/// Makes and keeps renditions; a clone is the same studio.
///
/// Originals lie in one folder, each named by the hash of its bytes. Renditions lie in another, named as
/// in their address, and are never wrong once there: several processes may share the folder.
#[derive(Debug, Clone)]
pub struct Studio {
    folders: Arc<Folders>,
    threads: usize,
}

#[derive(Debug)]
struct Folders {
    originals: PathBuf,
    cache: PathBuf,
}

/// An original that is decoded when its first rendition is due and dropped with its last.
struct Source {
    file: PathBuf,
    decoded: OnceLock<Result<Linear, PictureError>>,
}

struct Job {
    source: Arc<Source>,
    rendition: Rendition,
}

type Outcome = Result<(), PictureError>;

impl Studio {
    /// A studio over two folders, encoding on at most `threads` threads (at least one).
    pub fn new(originals: PathBuf, cache: PathBuf, threads: usize) -> Self {
        Self { folders: Arc::new(Folders { originals, cache }), threads: threads.max(1) }
    }

    /// Where a rendition lies or will lie.
    pub fn file(&self, rendition: &Rendition) -> PathBuf {
        self.folders.cache.join(rendition.file_name())
    }

    /// Where an original lies.
    pub fn original(&self, source: &ContentHash) -> PathBuf {
        self.folders.originals.join(source.hex())
    }

    /// Whether a rendition has been made.
    pub fn is_ready(&self, rendition: &Rendition) -> bool {
        // A crash of the machine may leave a file without its bytes.
        fs::metadata(self.file(rendition)).is_ok_and(|found| found.len() > 0)
    }

    /// Makes those of `wanted` that are missing, and blocks until they are there.
    ///
    /// `progress` hears after each picture how many of how many are done. A picture that cannot be made
    /// keeps none of the others from being made; the first such error is returned at the end.
    pub fn ensure(
        &self,
        wanted: &[Rendition],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(), PictureError> {
        let jobs = self.missing(wanted);
        let total = jobs.len();
        if total == 0 {
            return Ok(());
        }
        fs::create_dir_all(&self.folders.cache).map_err(|cause| PictureError::Unwritable {
            file: self.folders.cache.clone(),
            cause: cause.into(),
        })?;
        let jobs = Mutex::new(jobs);
        let (sender, outcomes) = mpsc::channel();
        let mut first = Ok(());
        thread::scope(|scope| {
            for _ in 0..self.threads.min(total) {
                let (sender, jobs) = (sender.clone(), &jobs);
                scope.spawn(move || self.work(jobs, &sender));
            }
            drop(sender);
            for (index, outcome) in outcomes.iter().enumerate() {
                first = std::mem::replace(&mut first, Ok(())).and(outcome);
                progress(index + 1, total);
            }
        });
        first
    }

    /// Jobs in the order of their sources, so that few originals are in memory at once; the smallest
    /// renditions of each come first.
    fn missing(&self, wanted: &[Rendition]) -> VecDeque<Job> {
        let missing: BTreeSet<&Rendition> = wanted.iter().filter(|one| !self.is_ready(one)).collect();
        let mut sources = BTreeMap::new();
        let job = |rendition: &Rendition| {
            let hash = rendition.source();
            let source = sources
                .entry(hash)
                .or_insert_with(|| Arc::new(Source { file: self.original(&hash), decoded: OnceLock::new() }));
            Job { source: Arc::clone(source), rendition: *rendition }
        };
        missing.into_iter().map(job).collect()
    }

    fn work(&self, jobs: &Mutex<VecDeque<Job>>, outcomes: &Sender<Outcome>) {
        loop {
            let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(job) = next else { return };
            if outcomes.send(self.make(&job)).is_err() {
                return;
            }
        }
    }

    fn make(&self, job: &Job) -> Outcome {
        let linear = job.source.linear()?;
        let (width, height) = (job.rendition.width(), job.rendition.height());
        let (full_width, full_height) = linear.size();
        if crate::scaled_height(width, full_width, full_height) != height || width > full_width {
            let file = job.source.file.clone();
            return Err(PictureError::OtherShape { file, width: full_width, height: full_height });
        }
        let bytes = linear
            .encoded(width, height, job.rendition.format())
            .map_err(|reason| PictureError::Unencodable { file: job.source.file.clone(), reason })?;
        let file = self.file(&job.rendition);
        store(&file, &bytes).map_err(|cause| PictureError::Unwritable { file, cause: cause.into() })
    }
}

impl Source {
    /// The decoded original. Every rendition of a broken original reports the same thing.
    fn linear(&self) -> Result<&Linear, PictureError> {
        self.decoded.get_or_init(|| read(&self.file)).as_ref().map_err(Clone::clone)
    }
}

fn read(file: &Path) -> Result<Linear, PictureError> {
    let bytes = fs::read(file)
        .map_err(|cause| PictureError::Unreadable { file: file.to_owned(), cause: cause.into() })?;
    let picture = decode(&bytes, file)?;
    Linear::new(&picture).map_err(|reason| PictureError::Unencodable { file: file.to_owned(), reason })
}

/// Writes beside the target and renames, so that no reader and no second process sees half a picture.
fn store(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let beside = file.with_extension(format!("{}-{number}.part", std::process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // What could not be written is not left behind; that it cannot be removed adds nothing.
        let _ = fs::remove_file(&beside);
    }
    written
}
