//! What is stored where a shop is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::stream::{self, StreamExt as _};

use crate::bucket::Bucket;

/// Names shown of what differs.
const SHOWN: usize = 10;
/// Requests to a bucket at once.
const AT_ONCE: usize = 16;

#[derive(Clone, Debug)]
pub(crate) enum Site {
    Folder(PathBuf),
    Bucket(Bucket),
}

impl Site {
    /// Every file that is served, by its key.
    pub(crate) async fn files(&self) -> BTreeMap<String, Vec<u8>> {
        match self {
            Self::Folder(root) => {
                let mut files = BTreeMap::new();
                collect(root, root, &mut files);
                files
            }
            Self::Bucket(bucket) => {
                let keys = bucket.keys().await.into_iter().filter(|key| !key.starts_with("_vitrine/"));
                let read = |key: String| async move { (key.clone(), bucket.get(&key).await.unwrap()) };
                stream::iter(keys).map(read).buffer_unordered(AT_ONCE).collect().await
            }
        }
    }

    /// The bytes at a path as a reader asks for it; `None` if there are none.
    pub(crate) async fn get(&self, path: &str) -> Option<Vec<u8>> {
        let path = path.trim_start_matches('/');
        let key = if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        };
        match self {
            Self::Folder(root) => fs::read(root.join(key)).ok(),
            Self::Bucket(bucket) => bucket.get(&key).await,
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if name == "_vitrine" {
            continue;
        }
        match path.is_dir() {
            true => collect(root, &path, files),
            false => drop(files.insert(name, fs::read(path).unwrap())),
        }
    }
}

/// What differs between two sites, at most ten names.
pub(crate) fn differing(site: &BTreeMap<String, Vec<u8>>, full: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names: BTreeSet<&String> = site.keys().chain(full.keys()).collect();
    let told = |name: &&String| match (site.get(*name), full.get(*name)) {
        (Some(_), Some(_)) => (*name).clone(),
        (Some(_), None) => format!("{name}, which should be gone"),
        _ => format!("{name}, which is missing"),
    };
    // What is named after its content stays for pages that somebody still has open.
    let may_stay = |name: &str| name.starts_with("media/") || name.starts_with("assets/");
    let is_right =
        |name: &str| site.get(name) == full.get(name) || !full.contains_key(name) && may_stay(name);
    let differ = names.into_iter().filter(|name| !is_right(name));
    differ.take(SHOWN).map(|name| told(&name)).collect()
}
