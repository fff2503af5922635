//! Changes that go live by themselves: import in one process, workers in others, and what becomes of those killed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests measure how long they wait")]

mod shop;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::shop::Shop;

/// Longest wait for something that takes seconds on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(180);
const PAGE: &str = ".vitrine/site/de/p/cloud-kaltschaummatratze/index.html";

/// A worker; killed when the test ends.
struct Worker(Child);

impl Worker {
    fn start(shop: &Shop) -> Self {
        let mut command = shop.command(&["worker"]);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap())
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has ended already where a test killed it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn import(shop: &Shop) {
    let said = shop.run(&["import"]);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
}

fn said(shop: &Shop, arguments: &[&str]) -> String {
    let said = shop.run(arguments);
    assert!(said.code < 2, "{arguments:?}: {} {}", said.out, said.err);
    said.out
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until nothing is asked for any more.
fn wait_until_live(shop: &Shop) {
    wait_until("everything is live", || {
        let status = said(shop, &["status"]);
        status.lines().all(|line| line.contains("up to date") && line.contains("idle"))
    });
}

/// Every file that is served, by its path.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if name == "_vitrine" {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false => drop(files.insert(name, fs::read(path).unwrap())),
            }
        }
    }
    files
}

/// What differs between the site and a full build of the same database, at most ten of them.
fn differences(shop: &Shop, name: &str, left_out: impl Fn(&str) -> bool) -> Vec<String> {
    let built = shop.run(&["build", "--full", "--out", name]);
    assert_eq!(built.code, 0, "{} {}", built.out, built.err);
    let (site, full) = (files(&shop.path(".vitrine/site")), files(&shop.path(name)));
    let names: std::collections::BTreeSet<&String> = site.keys().chain(full.keys()).collect();
    let pages = names.into_iter().filter(|name| !left_out(name));
    pages.filter(|name| site.get(*name) != full.get(*name)).take(10).cloned().collect()
}

fn set_price(shop: &Shop, euros: u32) {
    shop.set_price("cloud", euros);
}

#[test]
fn workers_that_are_killed_leave_a_site_that_equals_a_full_build() {
    let shop = Shop::new();
    import(&shop);
    let mut worker = Worker::start(&shop);
    wait_until_live(&shop);
    let times = if std::env::var("VITRINE_LONG").is_ok() { 40 } else { 8 };
    for round in 0..times {
        set_price(&shop, 600 + round);
        import(&shop);
        // Spread over what a publish of one change takes, start-up included.
        std::thread::sleep(Duration::from_millis(u64::from(round * 37 % 300)));
        worker.kill();
        worker = Worker::start(&shop);
    }
    wait_until_live(&shop);
    // Sitemaps follow when nothing else is to be done.
    let mut left = Vec::new();
    for name in 0..20 {
        std::thread::sleep(Duration::from_secs(3));
        left = differences(&shop, &format!("full-{name}"), |_| false);
        if left.is_empty() {
            break;
        }
    }
    assert_eq!(left, Vec::<String>::new());
    worker.kill();
    let verified = shop.run(&["verify", "DE"]);
    assert_eq!(verified.code, 0, "{} {}", verified.out, verified.err);
}

#[test]
fn a_dev_server_that_is_killed_goes_on_with_a_right_site() {
    let shop = Shop::new();
    let mut dev = shop.dev();
    let times = if std::env::var("VITRINE_LONG").is_ok() { 30 } else { 4 };
    for round in 0..times {
        set_price(&shop, 600 + round);
        // Spread over what it takes until the change shows.
        std::thread::sleep(Duration::from_millis(u64::from(round * 97 % 600)));
        drop(dev);
        // What was saved while none ran is seen by the next.
        set_price(&shop, 500 + round);
        dev = shop.dev();
        let page = shop.read(PAGE);
        assert!(page.contains(&format!("{},00", 500 + round)), "ready means that the last price is there");
    }
    wait_until_live(&shop);
    // The dev server keeps its pictures beside the site.
    // Sitemaps follow when nothing else is to be done.
    let left_out = |name: &str| name.starts_with("media/") || name.contains("sitemap");
    assert_eq!(differences(&shop, "full", left_out), Vec::<String>::new());
    drop(dev);
    let verified = shop.run(&["verify", "DE"]);
    assert_eq!(verified.code, 0, "{} {}", verified.out, verified.err);
}

#[test]
fn a_country_that_is_rolled_back_stays_so_until_it_is_resumed() {
    let shop = Shop::new();
    import(&shop);
    let _worker = Worker::start(&shop);
    wait_until_live(&shop);
    let price = |euros: u32| shop.read(PAGE).contains(&euros.to_string());
    for euros in [611, 612, 613] {
        set_price(&shop, euros);
        import(&shop);
        wait_until("the price is live", || price(euros));
        wait_until_live(&shop);
    }
    let releases = said(&shop, &["releases", "DE"]);
    let latest: u32 = releases.split_whitespace().next().unwrap().parse().unwrap();
    let back = latest - 1;
    let listed = said(&shop, &["rollback", "DE", &back.to_string()]);
    assert!(listed.contains(&format!("release {back}")), "{listed}");
    assert!(!price(613), "what was published last is gone");
    set_price(&shop, 614);
    import(&shop);
    std::thread::sleep(Duration::from_secs(3));
    assert!(!price(614), "later publishes are held back");
    said(&shop, &["resume", "DE"]);
    wait_until("the price is live after the resume", || price(614));
}

#[test]
fn what_was_changed_behind_our_back_is_found_and_repaired() {
    let shop = Shop::new();
    import(&shop);
    let worker = Worker::start(&shop);
    wait_until_live(&shop);
    worker.kill();
    let site = shop.path(".vitrine/site");
    let right = files(&site);
    let page = shop.read(PAGE);
    shop.write(PAGE, &page[..page.len() / 2]);
    let missing = "de/p/drift-kissen/index.html";
    fs::remove_file(site.join(missing)).unwrap();
    shop.write(".vitrine/site/de/stray.html", "left by somebody");
    let picture = right.keys().find(|name| name.starts_with("media/")).unwrap();
    fs::remove_file(site.join(picture)).unwrap();

    let verified = shop.run(&["verify", "DE"]);
    assert_eq!(verified.code, 1, "{}", verified.out);
    for line in [
        "different: /de/p/cloud-kaltschaummatratze/".to_owned(),
        "missing: /de/p/drift-kissen/".to_owned(),
        format!("missing: /{picture}"),
        "stray: de/stray.html".to_owned(),
    ] {
        assert!(verified.out.lines().any(|said| said == line), "{line:?} in {}", verified.out);
    }
    assert_ne!(files(&site), right, "looking repairs nothing");
    let repaired = shop.run(&["verify", "DE", "--repair"]);
    assert_eq!(repaired.code, 1, "it says what it found: {}", repaired.out);
    let _worker = Worker::start(&shop);
    wait_until_live(&shop);
    wait_until("all is as it was", || files(&site) == right);
    let clean = shop.run(&["verify", "DE"]);
    assert_eq!(clean.code, 0, "{}", clean.out);
}
