//! `vitrine diff` beside a worker, on a folder and on a bucket: what it names is what the worker then writes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests measure how long they wait")]

mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use roxmltree::Document;
use serde_json::Value;
use vitrine_cdn::testing::Moto;

use crate::shop::Shop;

/// Longest wait for something that takes seconds on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Files of the theme and pictures are named together, for all countries.
const LEFT_OUT: [&str; 3] = ["_vitrine/", "assets/", "media/"];
const PRODUCT: &str = "content/products/cloud/product.toml";

/// Where the shop is published.
enum Place {
    Folder,
    Bucket { list: String },
}

impl Place {
    /// A bucket of its own, which the shop's settings name.
    async fn bucket(shop: &Shop, moto: &Moto) -> Self {
        let name = format!("diff-{}", std::process::id());
        let made = reqwest::Client::new().put(format!("{}/{name}", moto.base)).send().await.unwrap();
        assert!(made.status().is_success(), "{made:?}");
        let settings = format!("publish_to = \"s3://{name}/shop\"\ns3_endpoint = \"{}\"\n", moto.base);
        shop.write("vitrine.toml", &settings);
        Self::Bucket { list: format!("{}/{name}?list-type=2&prefix=shop/", moto.base) }
    }

    /// What shoppers are served of the pages: a name for the bytes, by key.
    async fn served(&self, shop: &Shop) -> BTreeMap<String, String> {
        let mut served = match self {
            Self::Folder => folder(shop),
            Self::Bucket { list } => bucket(list).await,
        };
        served.retain(|key, _| !LEFT_OUT.iter().any(|part| key.starts_with(part)));
        served
    }
}

fn folder(shop: &Shop) -> BTreeMap<String, String> {
    let root = shop.path(".vitrine/site");
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let key = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    found.insert(key, String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
                }
            }
        }
    }
    found
}

async fn bucket(list: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut next = list.to_owned();
    loop {
        let text = reqwest::get(&next).await.unwrap().text().await.unwrap();
        let document = Document::parse(&text).unwrap();
        let text_of = |node: roxmltree::Node<'_, '_>, name: &str| {
            let child =
                node.children().find(|child| child.has_tag_name(name) || child.tag_name().name() == name);
            child.and_then(|child| child.text().map(str::to_owned))
        };
        for one in document.descendants().filter(|node| node.tag_name().name() == "Contents") {
            let key = text_of(one, "Key").unwrap();
            found.insert(key.strip_prefix("shop/").unwrap().to_owned(), text_of(one, "ETag").unwrap());
        }
        match text_of(document.root_element(), "NextContinuationToken") {
            Some(token) => next = format!("{list}&continuation-token={token}"),
            None => return found,
        }
    }
}

fn command(shop: &Shop, arguments: &[&str]) -> Command {
    let mut command = shop.command(arguments);
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

fn said(shop: &Shop, arguments: &[&str]) -> String {
    let output = command(shop, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A worker; ended when it is dropped, so that it holds nothing up.
struct Worker(Child);

impl Worker {
    fn start(shop: &Shop) -> Self {
        let mut command = command(shop, &["worker"]);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.0.wait();
    }
}

/// Lets a worker publish until there is nothing left to do.
fn publish(shop: &Shop) {
    let _worker = Worker::start(shop);
    let start = Instant::now();
    while !names(&said(shop, &["diff", "--json"])).is_empty() {
        assert!(start.elapsed() < PATIENCE, "{}", said(shop, &["diff"]));
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// What a diff names, as `+ key`, `~ key` and `- key`.
fn names(json: &str) -> BTreeSet<String> {
    let found: Value = serde_json::from_str(json).unwrap();
    let mut names = BTreeSet::new();
    for front in found["storefronts"].as_object().unwrap().values() {
        for (mark, list) in [("+", "added"), ("~", "changed"), ("-", "removed"), ("=", "again")] {
            for one in front[list].as_array().unwrap() {
                let key = one["path"].as_str().unwrap().trim_start_matches('/');
                let end = if key.is_empty() || key.ends_with('/') { "index.html" } else { "" };
                if !LEFT_OUT.iter().any(|part| key.starts_with(part)) {
                    names.insert(format!("{mark} {key}{end}"));
                }
            }
        }
    }
    names
}

fn between(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> BTreeSet<String> {
    let new = after.iter().filter_map(|(key, bytes)| match before.get(key) {
        None => Some(format!("+ {key}")),
        Some(old) if old != bytes => Some(format!("~ {key}")),
        Some(_) => None,
    });
    let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| format!("- {key}"));
    new.chain(gone).collect()
}

/// A price in Germany, and a product that moves to another address in German.
fn edit(shop: &Shop) {
    shop.edit(PRODUCT, "DE = [{ amount = 699 }", "DE = [{ amount = 719 }");
    shop.edit("content/products/cloud/de.md", "slug = \"cloud-kaltschaummatratze\"", "slug = \"wolke\"");
}

async fn diffs_and_publishes(shop: &Shop, place: &Place) {
    said(shop, &["import"]);
    let all = names(&said(shop, &["diff", "--json"]));
    assert!(all.contains("+ de/index.html") && all.iter().all(|name| name.starts_with('+')), "{all:?}");
    assert!(place.served(shop).await.is_empty(), "nothing is written");
    publish(shop);
    edit(shop);
    said(shop, &["import"]);
    let before = place.served(shop).await;
    let named = names(&said(shop, &["diff", "--json"]));
    assert_eq!(place.served(shop).await, before, "nothing is written");
    assert!(named.contains("+ de/p/wolke/index.html"), "{named:?}");
    let shown = said(shop, &["diff", "DE", "--text", "100"]);
    assert!(shown.contains("  + /de/p/wolke/ ") && shown.contains("\n--- a/de/"), "{shown}");
    assert!(!shown.contains("CH: "), "only what was asked for: {shown}");
    publish(shop);
    let wrote = between(&before, &place.served(shop).await);
    let differs: Vec<&String> = named.symmetric_difference(&wrote).collect();
    assert!(differs.is_empty(), "{} named, {} written: {differs:?}", named.len(), wrote.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_of_a_folder_names_what_the_worker_then_writes() {
    let shop = Shop::new();
    diffs_and_publishes(&shop, &Place::Folder).await;
    // Rolled back, the country is named as one that nothing is published of.
    let releases = said(&shop, &["releases", "DE"]);
    let latest: u32 = releases.split_whitespace().next().unwrap().parse().unwrap();
    said(&shop, &["rollback", "DE", &(latest - 1).to_string()]);
    let shown = said(&shop, &["diff", "DE"]);
    assert!(shown.starts_with("DE: held"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_of_a_bucket_names_what_the_worker_then_writes() {
    let moto = Moto::start().await;
    let shop = Shop::new();
    let place = Place::bucket(&shop, &moto).await;
    diffs_and_publishes(&shop, &place).await;
}
