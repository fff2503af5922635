//! The demo shop, built once, with all that lies in its directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use vitrine_core::Timestamp;
use vitrine_db::{Db, Module};
use vitrine_generator::{BuildRequest, Generator, Mode, Renditions};
use vitrine_import::{ImportCache, ImportOptions, import_folder};
use vitrine_pictures::Studio;
use vitrine_theme::Theme;

use crate::page::{Page, decoded};

const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_delivery::MODULE,
    &vitrine_generator::MODULE,
];
/// Within the price windows of the demo shop, so that reductions are on the pages.
const AS_OF: &str = "2026-11-21T12:00:00Z";
/// Mistakes named in a failure.
const NAMED: usize = 20;

/// A published site.
pub(crate) struct Site {
    /// Pages by their path, `/de/p/cloud/`.
    pub(crate) pages: BTreeMap<String, Page>,
    /// Every file by its path, `/robots.txt`, and the pictures that are encoded later.
    pub(crate) paths: BTreeSet<String>,
    /// Files that are no pages, by their path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) editions: Vec<Edition>,
    pub(crate) redirects: Vec<Redirect>,
}

/// An edition, as servers are told of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Edition {
    pub(crate) locale: String,
    pub(crate) origin: String,
    pub(crate) path: String,
}

/// An old address, as servers are told of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Redirect {
    pub(crate) from: String,
    pub(crate) to: Option<String>,
    pub(crate) status: u16,
}

/// The demo shop; the first test that asks builds it.
pub(crate) fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(build())
    })
}

async fn build() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let (originals, out) = (folder.path().join("originals"), folder.path().join("out"));
    let db = Db::open_file(&folder.path().join("vitrine.db")).await.unwrap();
    db.migrate(MODULES).await.unwrap();
    let as_of = Timestamp::parse_rfc3339(AS_OF).unwrap();
    let options = ImportOptions {
        force: false,
        now: as_of,
        media_dir: originals.clone(),
        required_messages: Vec::new(),
        trace: None,
    };
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let report = import_folder(&db, &content, &options, &mut ImportCache::default()).await.unwrap();
    assert!(!report.has_errors(), "{:?}", report.findings);
    let theme = Arc::new(Theme::embedded().unwrap());
    let studio = Studio::new(originals, folder.path().join("renditions"), 1);
    let request = BuildRequest {
        out: out.clone(),
        countries: Vec::new(),
        as_of,
        mode: Mode::Full,
        renditions: Renditions::Later,
    };
    let built = Generator::new(db, report.store, theme, studio).build(&request).await.unwrap();
    read(&out, built.renditions.iter().map(|rendition| format!("/{}", rendition.path())).collect())
}

fn read(root: &Path, mut paths: BTreeSet<String>) -> Site {
    let mut html = Vec::new();
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let name = format!("/{}", path.strip_prefix(root).unwrap().to_str().unwrap());
            let name = name.strip_suffix("index.html").map_or(name.clone(), str::to_owned);
            if path.extension().is_some_and(|ending| ending == "html") {
                html.push((name.clone(), String::from_utf8(bytes).unwrap()));
            } else {
                files.insert(name.clone(), bytes);
            }
            paths.insert(name);
        }
    }
    let private: serde_json::Value = serde_json::from_slice(&files["/_vitrine/site.json"]).unwrap();
    Site {
        pages: parse(&html),
        paths,
        editions: serde_json::from_value(private["editions"].clone()).unwrap(),
        redirects: serde_json::from_slice(&files["/_vitrine/redirects.json"]).unwrap(),
        files,
    }
}

/// Parses on all cores: a thousand pages are a second of work each.
fn parse(html: &[(String, String)]) -> BTreeMap<String, Page> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parse = |part: &[(String, String)]| -> Vec<(String, Page)> {
            part.iter().map(|(path, html)| (path.clone(), Page::new(html))).collect()
        };
        let parts: Vec<_> =
            html.chunks(html.len().div_ceil(cores)).map(|part| scope.spawn(move || parse(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

impl Site {
    /// The edition a path belongs to; the chooser belongs to none.
    pub(crate) fn edition_of(&self, path: &str) -> Option<&Edition> {
        self.editions.iter().find(|edition| path.starts_with(&edition.path))
    }

    /// Pages that search engines are meant to list, under their own address.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (&String, &Page)> {
        let own = |path: &str, page: &Page| {
            page.canonicals.first().and_then(|url| self.path_of(url)).as_deref() == Some(path)
        };
        self.pages.iter().filter(move |(path, page)| page.may_be_listed() && own(path, page))
    }

    /// The path of an absolute address of this site, decoded; `None` for one elsewhere.
    pub(crate) fn path_of(&self, url: &str) -> Option<String> {
        let origins = self.editions.iter().filter_map(|edition| url.strip_prefix(edition.origin.as_str()));
        origins.into_iter().find(|rest| rest.starts_with('/')).map(decoded)
    }

    /// Path and anchor that an address on a page leads to; `None` for one elsewhere.
    pub(crate) fn resolve(&self, page: &str, address: &str) -> Option<(String, Option<String>)> {
        let (address, anchor) = match address.split_once('#') {
            Some((address, anchor)) => (address, Some(decoded(anchor))),
            None => (address, None),
        };
        if address.is_empty() {
            return Some((page.to_owned(), anchor));
        }
        if ["mailto:", "tel:", "data:"].iter().any(|scheme| address.starts_with(scheme)) {
            return None;
        }
        if address.contains("://") {
            return Some((self.path_of(address)?, anchor));
        }
        let address = address.split('?').next().unwrap_or_default();
        Some((decoded(address), anchor))
    }
}

/// Fails with the first of some mistakes.
pub(crate) fn assert_none(mistakes: Vec<String>) {
    let count = mistakes.len();
    let named: Vec<String> = mistakes.into_iter().take(NAMED).collect();
    assert!(count == 0, "{count} mistakes, among them:\n{}", named.join("\n"));
}
