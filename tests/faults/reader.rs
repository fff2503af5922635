//! A reader who fetches throughout, follows links, and looks at assets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio::task::JoinHandle;

use crate::random::Random;
use crate::scene::Scene;
use crate::site::Site;

/// Where a walk begins.
const HOMES: [&str; 6] = ["/de/", "/ch-de/", "/ch-fr/", "/gb/", "/jp/", "/ae-ar/"];
/// Pages of one walk.
const WALK: usize = 30;
/// Links of a page that are tried, and its assets.
const TRIED: usize = 12;
/// Between two pages, so that the reader takes no core for itself.
const PAUSE: Duration = Duration::from_millis(20);
/// The demo shop's.
const ORIGIN: &str = "https://nimbus.example";
/// What is live and not stored.
const LIVE: [&str; 4] = ["/api/", "/cart/", "/checkout/", "/search/"];

/// Who reads a site until told to stop.
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Read>,
}

/// What a reader met.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) pages: usize,
    pub(crate) links: usize,
    wrong: BTreeSet<String>,
}

impl Reader {
    pub(crate) fn start(scene: &Scene) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = reqwest::Client::new();
        let mut walker = Walker {
            site: scene.site(),
            cache: scene.cache().map(|address| (client, address)),
            stop: stop.clone(),
            random: Random::new(7),
            read: Read::default(),
        };
        let task = tokio::spawn(async move {
            while !walker.is_stopped() {
                let home = walker.random.pick(&HOMES).copied().unwrap_or_default();
                walker.walk(home).await;
            }
            walker.read
        });
        Self { stop, task }
    }

    /// Stops it; panics with all it should not have met.
    pub(crate) async fn met_nothing_wrong(self) -> Read {
        self.stop.store(true, Ordering::SeqCst);
        let read = self.task.await.unwrap();
        let wrong: Vec<&str> = read.wrong.iter().take(20).map(String::as_str).collect();
        assert!(wrong.is_empty(), "in {} pages with {} links:\n{}", read.pages, read.links, wrong.join("\n"));
        assert!(read.pages > 20 && read.links > 100, "too little was read: {read:?}");
        println!("read {} pages, followed {} links", read.pages, read.links);
        read
    }
}

struct Walker {
    site: Site,
    /// What shoppers ask, so that it keeps pages.
    cache: Option<(reqwest::Client, String)>,
    stop: Arc<AtomicBool>,
    random: Random,
    read: Read,
}

impl Walker {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    async fn walk(&mut self, home: &str) {
        let mut path = home.to_owned();
        for _ in 0..WALK {
            if self.is_stopped() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
            self.ask_the_cache(&path).await;
            let Some(bytes) = self.site.get(&path).await else { return };
            self.read.pages += 1;
            let Some(html) = whole(&bytes) else {
                self.read.wrong.insert(format!("{path}: half a page, {} bytes", bytes.len()));
                return;
            };
            let mut links = links(html);
            self.random.shuffle(&mut links);
            for link in links.iter().take(TRIED) {
                self.read.links += 1;
                if self.site.get(link).await.is_none() && self.site.get(&path).await.as_ref() == Some(&bytes)
                {
                    // The page is still the same: it led to something that was not there.
                    self.read.wrong.insert(format!("{path} leads to {link}, which is not there"));
                }
            }
            let pages: Vec<&String> = links.iter().filter(|link| link.ends_with('/')).collect();
            let Some(next) = self.random.pick(&pages) else { return };
            path = (*next).clone();
        }
    }

    /// The cache may be away, or have an older page for a moment, but never half of one.
    async fn ask_the_cache(&mut self, path: &str) {
        let Some((client, address)) = &self.cache else { return };
        let Ok(answer) = client.get(format!("{address}{path}")).send().await else { return };
        let status = answer.status();
        let Ok(body) = answer.bytes().await else { return };
        if status.is_success() && whole(&body).is_none() {
            self.read.wrong.insert(format!("{path}: half a page from the cache, {} bytes", body.len()));
        }
    }
}

/// The text of a page that does not break off.
fn whole(bytes: &[u8]) -> Option<&str> {
    let html = std::str::from_utf8(bytes).ok()?;
    html.trim_end().ends_with("</html>").then_some(html)
}

/// Addresses within the site, decoded, without their anchors.
fn links(html: &str) -> Vec<String> {
    let mut links = BTreeSet::new();
    for begin in ["href=\"", "src=\"", "srcset=\""] {
        for (at, _) in html.match_indices(begin) {
            if is_relation(&html[..at]) {
                continue;
            }
            let rest = &html[at + begin.len()..];
            let value = rest.split('"').next().unwrap_or_default();
            let addresses = value.split(", ").filter_map(|candidate| candidate.split(' ').next());
            links.extend(addresses.filter_map(within));
        }
    }
    links.into_iter().collect()
}

/// Whether the element that begins last is one that only search engines follow.
fn is_relation(before: &str) -> bool {
    let element = before.rfind('<').map_or("", |at| &before[at..]);
    element.starts_with("<link ") && ["canonical", "alternate"].iter().any(|rel| element.contains(rel))
}

fn within(address: &str) -> Option<String> {
    let path = address.strip_prefix(ORIGIN).unwrap_or(address);
    let path = path.split(['#', '?']).next().unwrap_or_default();
    let is_ours = path.starts_with('/') && !path.starts_with("//");
    let path = percent_decode_str(path).decode_utf8().ok()?.replace("&amp;", "&");
    (is_ours && !LIVE.iter().any(|live| path.contains(live))).then_some(path)
}
