//! A preview names exactly what the next build then writes and deletes, and does nothing of it itself.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_generator::{PathChange, Preview};

use crate::compare::{files, times};
use crate::edits::Editor;
use crate::shop::Shop;
use crate::world::World;
use crate::{is_long, seed, sqlite};

/// Edits of the shop, with a preview before each build.
const EDITS: usize = 25;

/// Keys of files by what becomes of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    added: BTreeSet<String>,
    changed: BTreeSet<String>,
    removed: BTreeSet<String>,
}

impl Found {
    fn of(preview: &Preview) -> Self {
        let mut found = Self::default();
        for change in preview.by_country.values().flatten().chain(&preview.files) {
            assert!(!change.again, "{change:?}");
            let list = match (change.before, change.after) {
                (None, _) => &mut found.added,
                (_, Some(_)) => &mut found.changed,
                (_, None) => &mut found.removed,
            };
            assert!(list.insert(key_of(&change.path)), "{change:?} is named twice");
        }
        found
    }

    fn between(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Self {
        let keys = |of: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>| -> BTreeSet<String> {
            of.keys().filter(|key| !other.contains_key(*key)).cloned().collect()
        };
        let differs = |(key, bytes): &(&String, &Vec<u8>)| before.get(*key).is_some_and(|old| old != *bytes);
        Self {
            added: keys(after, before),
            changed: after.iter().filter(differs).map(|(key, _)| key.clone()).collect(),
            removed: keys(before, after),
        }
    }
}

fn key_of(path: &str) -> String {
    let key = path.strip_prefix('/').unwrap();
    if key.is_empty() || key.ends_with('/') { format!("{key}index.html") } else { key.to_owned() }
}

/// The files that shoppers are served.
fn served(world: &World) -> BTreeMap<String, Vec<u8>> {
    if !world.out().exists() {
        return BTreeMap::new();
    }
    let mut files = files(&world.out());
    files.retain(|key, _| !key.starts_with("_vitrine/"));
    files
}

fn assert_sizes(change: &PathChange, before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) {
    let size = |files: &BTreeMap<String, Vec<u8>>| files.get(&key_of(&change.path)).map(|it| it.len() as u64);
    assert_eq!((change.before, change.after), (size(before), size(after)), "{}", change.path);
    if let Some((old, new)) = &change.texts {
        let key = key_of(&change.path);
        assert!(before.get(&key) == Some(old) && after.get(&key) == Some(new), "texts of {key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_names_what_the_next_build_writes() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    let mut editor = Editor::new(seed(), world.as_of);
    let mut texts = 0;
    for number in 0..if is_long() { 10 * EDITS } else { EDITS } {
        let what = if number == 0 { "the first build".to_owned() } else { editor.edit(&world.content) };
        world.as_of = editor.as_of;
        let story = format!("seed {} at edit {number}: {what}", seed());
        // What is refused changes nothing, and is previewed all the same.
        if world.import().await.is_err() && number == 0 {
            panic!("{story}");
        }
        let before = served(&world);
        let preview = world.preview().await;
        let left = served(&world);
        assert!(before == left, "{story}: a preview writes nothing");
        let report = world.build().await;
        let after = served(&world);
        let found = Found::of(&preview);
        assert_eq!(found, Found::between(&before, &after), "{story}");
        assert_eq!((preview.revision, preview.as_of), (report.revision, report.as_of), "{story}");
        let changes: Vec<&PathChange> = preview.by_country.values().flatten().collect();
        changes.iter().for_each(|change| assert_sizes(change, &before, &after));
        let shown = changes.iter().filter(|change| change.texts.is_some()).count();
        let pages = found.changed.iter().filter(|key| key.ends_with(".html")).count();
        assert_eq!(shown, pages.min(3), "{story}");
        texts += shown;
        assert_eq!(Found::of(&world.preview().await), Found::default(), "{story}: nothing is left to do");
    }
    assert!(texts > 0, "edits should change pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_is_put_again_and_what_a_lost_ledger_leaves() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    world.import().await.unwrap();
    world.build().await;
    let written = times(&world.out());
    // Another database knows nothing of the directory, but finds what lies there.
    let folder = tempfile::tempdir().unwrap();
    let other = sqlite(folder.path()).await;
    let mut newcomer = World::new(&other, &shop.path("content"));
    newcomer.import().await.unwrap();
    newcomer.take_over(&world);
    std::fs::write(world.out().join("stray.txt"), "stray").unwrap();
    let page = "de/p/cloud-kaltschaummatratze/index.html";
    let text = std::fs::read_to_string(world.out().join(page)).unwrap();
    std::fs::write(world.out().join(page), text.replacen("<title>", "<title>another ", 1)).unwrap();
    let preview = newcomer.preview().await;
    let changes: Vec<&PathChange> = preview.by_country.values().flatten().collect();
    let named = |again| -> Vec<&str> {
        changes.iter().filter(|change| change.again == again).map(|change| change.path.as_str()).collect()
    };
    assert_eq!(named(false), ["/de/p/cloud-kaltschaummatratze/"]);
    assert!(named(true).len() > 100, "all other pages are put again");
    let removed: Vec<&str> =
        preview.files.iter().filter(|file| file.after.is_none()).map(|file| file.path.as_str()).collect();
    assert_eq!(removed, ["/stray.txt"]);
    let touched = times(&world.out());
    let same =
        written.iter().filter(|(key, _)| *key != page).all(|(key, time)| touched.get(key) == Some(time));
    assert!(same, "a preview writes nothing");
}
