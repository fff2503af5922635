//! Two directories, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The name of the ledger differs by design, and pictures are not encoded here.
const LEFT_OUT: [&str; 2] = ["_vitrine/target", "media/"];
/// Differences shown of a comparison.
const SHOWN: usize = 12;
/// Characters shown on either side of a difference.
const AROUND: usize = 120;

/// The files below a folder by their paths.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    walk(root).into_iter().map(|path| (path.clone(), fs::read(root.join(path)).unwrap())).collect()
}

/// When each file below a folder was written.
pub(crate) fn times(root: &Path) -> BTreeMap<String, SystemTime> {
    let time = |path: &String| fs::metadata(root.join(path)).unwrap().modified().unwrap();
    walk(root).into_iter().map(|path| (path.clone(), time(&path))).collect()
}

/// Paths of the files that differ.
pub(crate) fn differing(incremental: &Path, full: &Path) -> Vec<String> {
    let (left, right) = (files(incremental), files(full));
    let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    paths.into_iter().filter(|path| left.get(*path) != right.get(*path)).cloned().collect()
}

/// What differs, in words; `None` if nothing does.
pub(crate) fn difference(incremental: &Path, full: &Path) -> Option<String> {
    let (left, right) = (files(incremental), files(full));
    let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let mut lines = Vec::new();
    for path in paths {
        match (left.get(path), right.get(path)) {
            (Some(left), Some(right)) if left == right => {}
            (Some(left), Some(right)) => lines.push(format!("{path}: {}", first(left, right))),
            (Some(_), None) => lines.push(format!("{path}: incremental only, it should be gone")),
            (None, _) => lines.push(format!("{path}: full only, the incremental build lacks it")),
        }
    }
    let count = lines.len();
    lines.truncate(SHOWN);
    (count > 0).then(|| format!("{count} files differ\n{}", lines.join("\n")))
}

/// The first place at which two files differ.
fn first(left: &[u8], right: &[u8]) -> String {
    let (left, right) = (String::from_utf8_lossy(left), String::from_utf8_lossy(right));
    let same = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let part =
        |text: &str| -> String { text.chars().skip(same.saturating_sub(AROUND)).take(2 * AROUND).collect() };
    format!("at character {same}\n  incremental: {}\n  full:        {}", part(&left), part(&right))
}

fn walk(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if !LEFT_OUT.iter().any(|left_out| name.starts_with(left_out)) {
                found.insert(name);
            }
        }
    }
    found
}
