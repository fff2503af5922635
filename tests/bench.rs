//! The benches run and say what they should; their figures are nobody's contract.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests measure how long they wait")]

mod shop;

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use vitrine_cdn::testing::{Origin, VarnishSetup};
use vitrine_cdn::vcl;

use crate::shop::Shop;

/// Longest wait for something that takes seconds on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(180);

fn bench(shop: &Shop, arguments: &[&str]) -> String {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench");
    let mut all = vec!["bench"];
    all.extend(arguments);
    all.extend(["--files", files.to_str().unwrap()]);
    let said = shop.run(&all);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    said.out
}

#[test]
fn rendering_is_measured_and_a_sweep_puts_nothing() {
    let shop = Shop::new();
    let out = bench(&shop, &["render", "--products", "4", "--countries", "9", "--hugo", "off", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["pages"], 9 * (4 + 40 + 31));
    assert!(report["full"]["built"]["written"].as_u64().unwrap() > 675, "{out}");
    assert_eq!(report["sweep"]["built"]["written"], 0, "{out}");
    assert!(report["sweep"]["built"]["pages"].as_u64().unwrap() > 675, "{out}");
}

#[test]
fn a_table_shows_how_single_changes_grow() {
    let shop = Shop::new();
    let out = bench(&shop, &["growth", "--products", "1", "--countries", "9", "--changes", "1"]);
    assert!(out.contains("| | 1 products | 10 products | times |"), "{out}");
    let files = |change: &str| -> f64 {
        let line = out.lines().find(|line| line.contains(&format!("{change}, files written"))).unwrap();
        line.split('|').nth(2).unwrap().trim().parse().unwrap()
    };
    // The product and its listing; in one country, then in nine.
    assert!(files("a price in one country") >= 2.0, "{out}");
    assert!(files("a text seen in all countries") >= 9.0, "{out}");
    assert!(files("a product at the top of a listing") >= 18.0, "{out}");
}

/// A worker; killed when the test ends.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // Nothing can be done about one that is gone.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_followed_to_the_cache_and_set_back() {
    let shop = Shop::new();
    let said = shop.run(&["import"]);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    let site = shop.path(".vitrine/site");
    let origin = Origin::start(&site).await;
    let varnish = VarnishSetup::new(&origin.base).start().await;
    let settings = format!("cdn = \"{}\"\ncdn_secret = \"{}\"\n", varnish.base, varnish.secret());
    fs::write(shop.path("vitrine.toml"), settings).unwrap();
    let mut worker = shop.command(&["worker"]);
    let worker = worker.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    let _worker = Worker(worker);
    let start = Instant::now();
    while !shop.run(&["status"]).out.lines().all(|line| line.contains("up to date")) {
        assert!(start.elapsed() < PATIENCE, "not published after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let table = |file: &str| fs::read(site.join("_vitrine").join(file)).unwrap();
    varnish.set_tables(&vcl::tables(&table("redirects.json"), &table("site.json")).unwrap());
    let said = shop.run(&["bench", "stack", "--products", "2", "--json"]);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["changes"], 4, "{report}");
    assert!(report["wall"]["p50"].as_f64().unwrap() > 0.0, "{report}");
    // As if nothing had been: nobody edited anything that an import would have to ask about.
    let again = shop.run(&["import", "--json"]);
    assert_eq!(again.code, 0, "{} {}", again.out, again.err);
    assert!(again.out.contains("\"conflicts\":[]"), "{}", again.out);
}
