//! Random changes, imported one by one and published by a worker and a scheduler at their own pace.

use std::time::Duration;

use vitrine_core::{Clock as _, SystemClock};
use vitrine_db::Db;
use vitrine_import::{ImportCache, ImportError, ImportOptions, Report, import_folder};

use crate::content::Content;
use crate::edits::Editor;
use crate::edits::heal::{healable, restore_foundation};
use crate::is_long;
use crate::program::Program;
use crate::scene::Scene;

/// Changes, and between two comparisons.
const EDITS: (usize, usize) = (60, 30);
const EDITS_LONG: (usize, usize) = (500, 50);
/// An hour of a price's or product's window, so that windows begin and end while edits are made.
const HOUR_MS: i64 = 250;
/// Between two changes.
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread")]
async fn random_changes_published_by_a_worker_end_as_a_full_build_does() {
    let scene = Scene::folder();
    scene.first_publish().await;
    let seed = std::env::var("VITRINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126);
    println!("seed {seed}");
    let content = Content::new(scene.shop.path("content"));
    let mut editor = Editor::new(seed, SystemClock.now());
    editor.hour_ms = HOUR_MS;
    let mut importer = Importer { db: scene.db().await, cache: ImportCache::default() };
    let mut programs = ["worker", "scheduler"].map(|role| Program::start(&scene.shop, role));
    let (edits, compared_every) = if is_long() { EDITS_LONG } else { EDITS };
    let mut broken: Vec<String> = Vec::new();
    for number in 1..=edits {
        editor.as_of = SystemClock.now();
        // One thing that is missing or wrong keeps others out: the more there are, the sooner somebody looks.
        let is_seen = editor.random.chance(10 * broken.len().min(6));
        let sick = editor.random.pick(&broken).filter(|_| is_seen).cloned();
        let what = match sick {
            Some(path) => editor.heal(&content, &path),
            None => editor.edit(&content),
        };
        println!("{number}: {what}");
        match importer.import(&scene, &content).await {
            Ok(report) => broken = healable(&report),
            Err(ImportError::Store { .. }) => restore_foundation(&content),
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(PAUSE).await;
        if number % compared_every == 0 {
            scene.converges().await;
        }
    }
    assert!(programs.iter_mut().all(Program::is_alive), "{}", scene.log());
}

/// Imports as the program does, without starting it anew for each change.
struct Importer {
    db: Db,
    cache: ImportCache,
}

impl Importer {
    async fn import(&mut self, scene: &Scene, content: &Content) -> Result<Report, ImportError> {
        let options = ImportOptions {
            force: false,
            now: SystemClock.now(),
            media_dir: scene.shop.path(".vitrine/originals"),
            required_messages: Vec::new(),
            trace: None,
        };
        import_folder(&self.db, content.root(), &options, &mut self.cache).await
    }
}
