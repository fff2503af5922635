//! Builds that end half-way: the next one ends as if nothing had happened, also when the change was taken back.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::compare;
use crate::content::Content;
use crate::edits::Editor;
use crate::random::Random;
use crate::shop::Shop;
use crate::world::World;
use crate::{is_long, seed, sqlite};

/// Edits before each interrupted build.
const EDITS: usize = 4;

fn rounds(normal: usize, long: usize) -> usize {
    if is_long() { long } else { normal }
}

/// A file that can't be written or deleted, because a folder stands in its place.
struct Obstacle {
    path: PathBuf,
    bytes: Option<Vec<u8>>,
}

impl Obstacle {
    fn put(path: PathBuf) -> Self {
        let bytes = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        fs::create_dir_all(path.join("in-the-way")).unwrap();
        Self { path, bytes }
    }

    /// Everything as it would be had the build been killed right before this file.
    fn remove(self) {
        fs::remove_dir_all(&self.path).unwrap();
        if let Some(bytes) = self.bytes {
            fs::write(&self.path, bytes).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_at_any_file_is_made_good_by_the_next() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    world.import().await.unwrap();
    world.build().await;
    let mut random = Random::new(seed());
    let mut failures = 0;
    for round in 0..rounds(8, 80) {
        let mut editor = Editor::new(random.next(), world.as_of);
        let (before, at) = (world.content.snapshot("before"), world.as_of);
        let story: Vec<String> = (0..EDITS).map(|_| editor.edit(&world.content)).collect();
        world.as_of = editor.as_of;
        if world.import().await.is_err() {
            world.content.reset(&before);
            world.as_of = at;
            continue;
        }
        let full = world.full().await;
        let changing = compare::differing(&world.out(), &full);
        fs::remove_dir_all(full).unwrap();
        let Some(at_file) = random.pick(&changing).cloned() else { continue };
        let obstacle = Obstacle::put(world.out().join(&at_file));
        let failed = world.try_build(&[]).await.is_err();
        obstacle.remove();
        failures += usize::from(failed);
        let taken_back = random.chance(50);
        if taken_back {
            world.content.reset(&before);
            world.as_of = at;
        }
        if random.chance(50) {
            world.new_process();
        }
        world.import().await.unwrap();
        if random.chance(30) {
            world.try_build(&["DE"]).await.unwrap();
        }
        world.build().await;
        if let Some(difference) = world.difference().await {
            panic!(
                "seed {} round {round}, stopped at {at_file}, taken back: {taken_back}\n{difference}\n{}",
                seed(),
                story.join("\n")
            );
        }
    }
    println!("{failures} builds failed half-way");
    assert!(failures > 1, "builds should have failed: {failures}");
}

/// The deletions are done and in the ledger, what the storefronts are built from is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_is_back_after_its_pages_were_deleted() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    world.import().await.unwrap();
    world.build().await;
    world.content.park("countries/gb.toml");
    world.import().await.unwrap();
    let obstacle = Obstacle::put(world.out().join("_vitrine/site.json"));
    world.try_build(&[]).await.unwrap_err();
    assert!(!world.out().join("gb/index.html").exists(), "the build should have come to its deletions");
    obstacle.remove();
    world.content.bring_back("countries/gb.toml");
    world.import().await.unwrap();
    world.build().await;
    assert_eq!(world.difference().await, None);
}

/// A product that time hides, deleted, and back because time goes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_back_after_its_pages_were_deleted() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    let file = "products/arc/product.toml";
    let mut table = world.content.table(file);
    let end = world.as_of.plus_days(1).to_rfc3339();
    table.insert("unpublish_at".to_owned(), toml::Value::Datetime(end.parse().unwrap()));
    world.content.put_table(file, &table);
    world.import().await.unwrap();
    world.build().await;
    // What a server must know of the site is written after the deletions and before the build ends.
    let obstacle = Obstacle::put(world.out().join("_vitrine/site.json"));
    world.as_of = world.as_of.plus_days(2);
    world.try_build(&[]).await.unwrap_err();
    assert!(!world.out().join("gb/p/arc-contour-pillow/index.html").exists(), "it should be deleted");
    obstacle.remove();
    world.as_of = world.as_of.plus_days(-2);
    world.build().await;
    assert_eq!(world.difference().await, None);
}

/// The program itself, killed at moments of chance: while it imports, builds, writes.
#[test]
fn the_killed_program_leaves_nothing_behind_that_its_next_run_does_not_mend() {
    let shop = Shop::new();
    let content = Content::new(shop.path("content"));
    let mut random = Random::new(seed());
    let build = |out: &str, now: &str, more: &[&str]| {
        let said = shop.run(&[&["build", "--out", out, "--now", now][..], more].concat());
        assert!(said.code < 2, "{} {}", said.out, said.err);
    };
    let now = |day: usize| format!("2026-11-{day:02}T08:00:00Z");
    let start = Instant::now();
    build("out-0", &now(1), &[]);
    let whole = start.elapsed();
    let mut out = "out-0".to_owned();
    for round in 1..=rounds(6, 25) {
        let mut editor = Editor::new(random.next(), crate::begin());
        let before = content.snapshot("before");
        let story: Vec<String> = (0..EDITS).map(|_| editor.edit(&content)).collect();
        // Some begin anew, where files are written in place.
        if round % 3 == 0 {
            out = format!("out-{round}");
        }
        let moment = now(1 + round);
        let mut command = shop.command(&["build", "--out", &out, "--now", &moment]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let wait = u32::try_from(random.below(1000)).unwrap();
        std::thread::sleep(whole * wait / 1000);
        child.kill().unwrap();
        child.wait().unwrap();
        let taken_back = random.chance(50);
        if taken_back {
            content.reset(&before);
        }
        build(&out, &moment, &[]);
        build("full", &moment, &["--full"]);
        if let Some(difference) = compare::difference(&shop.path(&out), &shop.path("full")) {
            panic!(
                "seed {} round {round}, killed after {:?}, taken back: {taken_back}\n{difference}\n{}",
                seed(),
                Duration::from_millis(u64::from(wait)),
                story.join("\n")
            );
        }
        fs::remove_dir_all(shop.path("full")).unwrap();
    }
}
