//! Measures how fast a directory is written: files a second and CPU time a file.
//!
//! `cargo run --release -p vitrine-objects --example put [FILES] [FOLDER] [THREADS]`
//!
//! Use a folder that is new each time: for half a minute after many files were removed, ext4 passes over their
//! inodes one by one for each file made, which costs several times what is measured here.
//!
//! CPU time includes making the bytes and their hash, about 10 us a file.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use vitrine_core::{ContentHash, SystemClock};
use vitrine_objects::{Directory, DirectorySettings, Objects, Put};

/// As long as a product page of the neutral catalog.
const PAGE_BYTES: usize = 21_000;
/// As many as the generator hands over at once.
const BATCH: usize = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let files: usize = arguments.next().map_or(Ok(20_000), |files| files.parse())?;
    let folder = arguments.next().map_or_else(|| PathBuf::from("target/put"), PathBuf::from);
    let standard = DirectorySettings::default();
    let threads = arguments.next().map_or(Ok(standard.threads), |threads| threads.parse())?;
    let live = DirectorySettings { threads, ..standard };
    let fresh = DirectorySettings { fresh: true, ..live };
    if folder.exists() {
        return Err(format!("{} is there already", folder.display()).into());
    }
    let keys: Vec<String> = (0..files).map(|number| format!("de/p/product-{number}/index.html")).collect();

    let site = open(&folder, fresh)?;
    measure("fresh, batches", files, || in_batches(&site, &keys, 0)).await?;
    measure("settle", 1, || async { Ok(site.settle().await?) }).await?;
    let site = open(&folder, live)?;
    measure("live, batches, versions", files, || in_batches(&site, &keys, 1)).await?;
    measure("settle", 1, || async { Ok(site.settle().await?) }).await?;
    let some = &keys[..files.min(2_000)];
    measure("live, one by one, versions", some.len(), || one_by_one(&site, some, 2)).await?;
    let site = open(&folder, DirectorySettings { versions: false, ..live })?;
    measure("live, one by one", some.len(), || one_by_one(&site, some, 3)).await?;
    measure("live, one by one, from a task", some.len(), || from_a_task(site.clone(), some.to_vec())).await?;
    Ok(())
}

fn open(folder: &Path, settings: DirectorySettings) -> Result<Arc<dyn Objects>, Box<dyn Error>> {
    Ok(Arc::new(Directory::open(folder, settings, Arc::new(SystemClock))?))
}

/// Bytes that differ from page to page and round to round.
fn page(number: usize, round: u8) -> (Vec<u8>, ContentHash) {
    let mut bytes = vec![b'x'; PAGE_BYTES];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes[8] = round;
    let hash = ContentHash::of(&bytes);
    (bytes, hash)
}

async fn in_batches(site: &Arc<dyn Objects>, keys: &[String], round: u8) -> Result<(), Box<dyn Error>> {
    for (number, batch) in keys.chunks(BATCH).enumerate() {
        let pages: Vec<_> = (0..batch.len()).map(|page_of| page(number * BATCH + page_of, round)).collect();
        let puts: Vec<_> =
            batch.iter().zip(&pages).map(|(key, (bytes, hash))| Put::new(key, bytes, *hash)).collect();
        site.put(&puts).await?;
    }
    Ok(())
}

async fn one_by_one(site: &Arc<dyn Objects>, keys: &[String], round: u8) -> Result<(), Box<dyn Error>> {
    let mut took = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let (bytes, hash) = page(number, round);
        let start = Instant::now();
        site.put(&[Put::new(key, &bytes, hash)]).await?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    println!("    p50 {:?}, p95 {:?}, p99 {:?}", at(&took, 50), at(&took, 95), at(&took, 99));
    Ok(())
}

async fn from_a_task(site: Arc<dyn Objects>, keys: Vec<String>) -> Result<(), Box<dyn Error>> {
    let task =
        tokio::spawn(async move { one_by_one(&site, &keys, 4).await.map_err(|error| error.to_string()) });
    Ok(task.await??)
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

async fn measure<F: Future<Output = Result<(), Box<dyn Error>>>>(
    what: &str,
    files: usize,
    work: impl FnOnce() -> F,
) -> Result<(), Box<dyn Error>> {
    let (start, cpu) = (Instant::now(), cpu());
    work().await?;
    let (wall, cpu) = (start.elapsed(), self::cpu().saturating_sub(cpu));
    let count = u32::try_from(files)?;
    println!(
        "{what}: {:.0} files/s, {:?} CPU a file ({wall:?})",
        f64::from(count) / wall.as_secs_f64(),
        cpu / count
    );
    Ok(())
}

/// CPU time of the process, user and system.
fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
