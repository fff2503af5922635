//! What readers of a directory see while it is written.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vitrine_core::SystemClock;
use vitrine_objects::{Directory, DirectorySettings, Objects};

use super::place::page;

/// Pages of different lengths, each of one letter.
fn letter_page(number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
    letter.to_string().repeat(1_000 + 977 * (number % 40))
}

/// Reads a page again and again; answers how often, and how many different pages it saw.
fn read_until(path: &std::path::Path, done: &AtomicBool) -> (usize, usize) {
    let (mut reads, mut seen) = (0, std::collections::BTreeSet::new());
    while !done.load(Ordering::Relaxed) {
        let text = fs::read_to_string(path).expect("the page is always there");
        let whole = (0..26 * 40).any(|number| text.len() == 1_000 + 977 * (number % 40));
        assert!(whole, "{} bytes are no page", text.len());
        assert!(text.bytes().all(|byte| byte == text.as_bytes()[0]), "two pages in one");
        seen.insert(text);
        reads += 1;
    }
    (reads, seen.len())
}

async fn readers_see_whole_pages(settings: DirectorySettings) {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path(), settings, Arc::new(SystemClock)).unwrap();
    let key = "de/p/aurora/index.html";
    let pages: Vec<String> = (0..2_000).map(letter_page).collect();
    directory.put(&[page(key, &pages[0])]).await.unwrap();
    let (path, done) = (folder.path().join(key), Arc::new(AtomicBool::new(false)));
    let reader = std::thread::spawn({
        let done = done.clone();
        move || read_until(&path, &done)
    });
    for text in &pages {
        directory.put(&[page(key, text)]).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let (reads, seen) = reader.join().unwrap();
    assert!(reads > 100 && seen > 10, "{reads} reads of {seen} pages prove nothing");
}

#[tokio::test]
async fn a_reader_never_meets_half_a_page_or_none() {
    readers_see_whole_pages(DirectorySettings::default()).await;
}

#[tokio::test]
async fn a_reader_never_meets_half_a_page_or_none_without_versions() {
    readers_see_whole_pages(DirectorySettings { versions: false, ..DirectorySettings::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_put_on_several_threads_inside_a_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let settings = DirectorySettings { fresh: true, ..DirectorySettings::default() };
    let directory: Arc<dyn Objects> =
        Arc::new(Directory::open(folder.path(), settings, Arc::new(SystemClock)).unwrap());
    let keys: Vec<String> = (0..500).map(|number| format!("de/p/{number}/index.html")).collect();
    let puts: Vec<_> = keys.iter().map(|key| page(key, key)).collect();
    directory.put(&puts).await.unwrap();
    directory.settle().await.unwrap();
    for key in &keys {
        assert_eq!(&fs::read_to_string(folder.path().join(key)).unwrap(), key);
    }
}
