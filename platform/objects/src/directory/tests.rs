use super::root::Kind;
use super::*;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use vitrine_core::FixedClock;

struct Site {
    directory: Directory,
    clock: Arc<FixedClock>,
    dir: TempDir,
}

impl Site {
    fn new(settings: DirectorySettings) -> Self {
        Self::at(tempfile::tempdir().unwrap(), settings)
    }

    fn at(dir: TempDir, settings: DirectorySettings) -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_ms(1_000_000)));
        let directory = Directory::open(dir.path(), settings, clock.clone()).unwrap();
        Self { directory, clock, dir }
    }

    async fn put(&self, key: &str, text: &str) -> Result<Version, ObjectError> {
        let put = Put::new(key, text.as_bytes(), ContentHash::of(text.as_bytes()));
        Ok(self.directory.put(&[put]).await?.remove(0).version)
    }

    async fn text(&self, key: &str) -> Option<String> {
        self.directory.get(key, None).await.unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.dir.path().join(key)
    }

    /// Names of the files kept as versions.
    fn versions(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(VERSIONS)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Files under way of any process.
    fn under_way(&self) -> usize {
        let root = &self.directory.root;
        let folders = root.entries(TMP).unwrap().into_iter().filter(|(_, kind)| *kind == Kind::Folder);
        folders.map(|(name, _)| root.entries(&format!("{TMP}/{name}")).unwrap().len()).sum()
    }
}

const LIVE: fn() -> DirectorySettings = DirectorySettings::default;

fn fresh() -> DirectorySettings {
    DirectorySettings { fresh: true, ..LIVE() }
}

fn hash(text: &str) -> String {
    ContentHash::of(text.as_bytes()).hex()
}

#[tokio::test]
async fn a_replaced_file_becomes_a_version_of_its_content_and_time() {
    let site = Site::new(LIVE());
    site.put("de/index.html", "one").await.unwrap();
    assert_eq!(site.versions(), Vec::<String>::new());
    site.put("de/index.html", "two").await.unwrap();
    assert_eq!(site.versions(), [hash("one")]);
    let modified = fs::metadata(site.path(VERSIONS).join(hash("one"))).unwrap().modified().unwrap();
    let since_epoch = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(since_epoch.as_millis(), 1_000_000);
    assert_eq!(site.under_way(), 0);
}

#[tokio::test]
async fn the_same_bytes_again_are_no_version() {
    let mut site = Site::new(LIVE());
    site.put("de/index.html", "one").await.unwrap();
    site.put("de/index.html", "one").await.unwrap();
    assert_eq!(site.versions(), Vec::<String>::new());
    // The second file is unlinked a little later, at the latest when the directory is dropped.
    site = Site::at(site.dir, LIVE());
    assert_eq!(site.text("de/index.html").await.as_deref(), Some("one"));
}

#[tokio::test]
async fn without_versions_nothing_is_kept_and_nothing_is_left() {
    let site = Site::new(DirectorySettings { versions: false, ..LIVE() });
    for number in 0..20 {
        site.put("de/index.html", &number.to_string()).await.unwrap();
    }
    site.directory.delete(&["de/index.html"]).await.unwrap();
    let Site { directory, dir, .. } = site;
    drop(directory);
    let left: Vec<_> = fs::read_dir(dir.path().join("_vitrine")).unwrap().collect();
    assert_eq!(left.len(), 1, "only the folder of files under way: {left:?}");
    assert_eq!(fs::read_dir(dir.path().join(TMP)).unwrap().count(), 0);
    assert!(!dir.path().join("de").exists());
}

#[tokio::test]
async fn a_file_system_without_exchange_gets_a_plain_rename_and_the_same_versions() {
    let site = Site::new(LIVE());
    site.directory.exchanges_not();
    site.put("de/index.html", "one").await.unwrap();
    site.put("de/index.html", "two").await.unwrap();
    assert_eq!(site.text("de/index.html").await.as_deref(), Some("two"));
    assert_eq!(site.versions(), [hash("one")]);
    assert_eq!(site.under_way(), 0);
    assert!(root::lacks_exchange(Errno::INVAL) && !root::lacks_exchange(Errno::NOENT));
}

#[tokio::test]
async fn a_fresh_directory_is_written_in_place_and_what_is_there_after_all_is_replaced() {
    let site = Site::new(fresh());
    let elsewhere = site.path("picture");
    fs::write(&elsewhere, "picture").unwrap();
    site.put("de/index.html", "one").await.unwrap();
    fs::hard_link(&elsewhere, site.path("de/picture")).unwrap();
    site.put("de/picture", "another").await.unwrap();
    assert_eq!(site.text("de/picture").await.as_deref(), Some("another"));
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "picture", "its other name is not written through");
}

#[tokio::test]
async fn a_key_through_a_file_and_one_that_is_a_folder_are_refused() {
    for settings in [LIVE(), fresh()] {
        let site = Site::new(settings);
        site.put("de/index.html", "home").await.unwrap();
        let below = site.put("de/index.html/more", "x").await.unwrap_err();
        assert_eq!(below.to_string(), "object key `de/index.html/more` lies below a file, not a folder");
        let folder = site.put("de", "x").await.unwrap_err();
        assert_eq!(folder.to_string(), "object key `de` is a folder in this directory");
        assert!(!below.is_transient() && !folder.is_transient());
        assert_eq!(site.text("de/index.html").await.as_deref(), Some("home"));
        assert_eq!(site.under_way(), 0, "what could not be put is not left");
        site.directory.delete(&["de", "de/index.html/more"]).await.unwrap();
        assert_eq!(site.text("de").await, None);
        assert_eq!(site.text("de/index.html").await.as_deref(), Some("home"));
    }
}

#[tokio::test]
async fn deleting_removes_the_folders_it_leaves_empty() {
    let site = Site::new(LIVE());
    site.put("de/p/a/index.html", "a").await.unwrap();
    site.put("de/index.html", "home").await.unwrap();
    site.directory.delete(&["de/p/a/index.html", "never/there.html"]).await.unwrap();
    assert!(!site.path("de/p").exists() && site.path("de/index.html").exists());
    assert_eq!(site.versions(), [hash("a")]);
    site.put("de/p/a/index.html", "again").await.unwrap();
    assert_eq!(site.text("de/p/a/index.html").await.as_deref(), Some("again"));
}

#[tokio::test]
async fn versions_are_collected_by_when_they_were_replaced() {
    let site = Site::new(LIVE());
    let at = |ms| site.clock.set(Timestamp::from_ms(ms));
    let collect = async |ms| site.directory.collect(Timestamp::from_ms(ms)).await.unwrap();
    for (ms, text) in [(0, "one"), (10_000, "two"), (20_000, "three")] {
        at(ms);
        site.put("de/index.html", text).await.unwrap();
    }
    assert_eq!(collect(10_000).await, 0, "replaced at that time is not before it");
    assert_eq!(collect(10_001).await, 1);
    assert_eq!(site.versions(), [hash("two")]);
    // Two pages with the same bytes: the later replacement counts.
    at(30_000);
    site.put("fr/index.html", "two").await.unwrap();
    site.put("fr/index.html", "deux").await.unwrap();
    assert_eq!(collect(30_000).await, 0);
    assert_eq!(collect(i64::MAX).await, 1);
    assert_eq!(site.text("de/index.html").await.as_deref(), Some("three"));
}

#[tokio::test]
async fn somebody_may_make_room_by_removing_the_versions() {
    let site = Site::new(LIVE());
    let one = site.put("de/index.html", "one").await.unwrap();
    site.put("de/index.html", "two").await.unwrap();
    fs::remove_dir_all(site.path(VERSIONS)).unwrap();
    let error = site.directory.restore("de/index.html", &one).await.unwrap_err();
    assert!(matches!(error, ObjectError::NoVersion { .. }), "{error}");
    assert_eq!(site.directory.collect(Timestamp::from_ms(i64::MAX)).await.unwrap(), 0);
    site.put("de/index.html", "three").await.unwrap();
    assert_eq!(site.versions(), [hash("two")]);
}

#[tokio::test]
async fn a_damaged_version_is_never_restored() {
    let site = Site::new(LIVE());
    let one = site.put("de/index.html", "one").await.unwrap();
    site.put("de/index.html", "two").await.unwrap();
    fs::write(site.path(VERSIONS).join(hash("one")), "rot").unwrap();
    let error = site.directory.restore("de/index.html", &one).await.unwrap_err();
    assert!(error.to_string().contains("does not hold what its name says"), "{error}");
    assert_eq!(site.text("de/index.html").await.as_deref(), Some("two"));
}

#[tokio::test]
async fn what_a_killed_process_had_swapped_out_is_a_version_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join(TMP).join("1-dead")).unwrap();
    fs::write(dir.path().join(TMP).join("1-dead.lock"), "").unwrap();
    fs::write(dir.path().join(TMP).join("1-dead/0"), "old page").unwrap();
    let site = Site::at(dir, LIVE());
    assert_eq!(site.versions(), [hash("old page")]);
    let restored = site.directory.restore("de/index.html", &Version::new(hash("old page"))).await.unwrap();
    assert_eq!(restored.bytes, 8);
    assert_eq!(site.text("de/index.html").await.as_deref(), Some("old page"));
    assert_eq!(fs::read_dir(site.path(TMP)).unwrap().count(), 2, "its own folder and lock");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_may_write_the_same_keys() {
    let dir = tempfile::tempdir().unwrap();
    let other = Directory::open(dir.path(), LIVE(), Arc::new(vitrine_core::SystemClock)).unwrap();
    let site = Site::at(dir, LIVE());
    let texts: Vec<String> = (0..400).map(|number| format!("page {number}")).collect();
    let keys: Vec<String> = (0..400).map(|number| format!("de/p/{}/index.html", number % 8)).collect();
    let work = |directory: &Directory, odd: usize| {
        for number in (odd..400).step_by(2) {
            let text = &texts[number];
            let put = Put::new(&keys[number], text.as_bytes(), ContentHash::of(text.as_bytes()));
            directory.put_one(&put).unwrap();
            // Prunes folders that the other is about to write to.
            if number % 5 == 0 {
                directory.remove(&keys[(number + 1) % 400]).unwrap();
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(&other, 1));
        work(&site.directory, 0);
    });
    // Every page ever put is live or a version: nothing was lost and nothing is half.
    for text in &texts {
        let version = Version::new(hash(text));
        let kept = site.versions().contains(&hash(text));
        let mut live = false;
        for key in keys.iter().take(8) {
            live |= site.directory.get(key, Some(&version)).await.unwrap().is_some();
        }
        assert!(kept || live, "{text}");
    }
    drop(other);
    assert_eq!(site.under_way(), 0);
}

#[tokio::test]
async fn a_batch_answers_in_order_and_a_wrong_key_in_it_is_named() {
    let site = Site::new(fresh());
    let texts: Vec<String> = (0..100).map(|number| format!("page {number}")).collect();
    let keys: Vec<String> = (0..100).map(|number| format!("de/{number}/index.html")).collect();
    let mut puts: Vec<Put<'_>> = keys.iter().zip(&texts).map(|(key, text)| put_of(key, text)).collect();
    let stored = site.directory.put(&puts).await.unwrap();
    let hashes: Vec<_> = stored.iter().map(|one| one.version.as_str().to_owned()).collect();
    assert_eq!(hashes, texts.iter().map(|text| hash(text)).collect::<Vec<_>>());
    puts[70].key = "../out";
    let error = site.directory.put(&puts).await.unwrap_err();
    assert!(matches!(&error, ObjectError::Key { key, .. } if key == "../out"), "{error}");
    site.directory.settle().await.unwrap();
}

fn put_of<'a>(key: &'a str, text: &'a str) -> Put<'a> {
    Put::new(key, text.as_bytes(), ContentHash::of(text.as_bytes()))
}
