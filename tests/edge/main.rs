//! The contract of the edge in front of what a build wrote: Varnish before a folder, and before a bucket.
//!
//! The dev server keeps the same contract in `tests/cli.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

#[path = "../shop/bucket.rs"]
mod bucket;
#[path = "mod.rs"]
mod contract;
#[path = "../shop/mod.rs"]
mod shop;

use std::fs;
use std::path::{Path, PathBuf};

use vitrine_cdn::testing::{Moto, Origin, VarnishSetup};
use vitrine_cdn::vcl;

use crate::bucket::Bucket;
use crate::shop::Shop;

/// A moment within the demo shop's sale.
const AS_OF: &str = "2026-11-25T12:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn varnish_keeps_the_contract_before_a_folder_and_before_a_bucket() {
    let shop = Shop::new();
    let said = shop.run(&["build", "--out", "site", "--now", AS_OF]);
    assert_eq!(said.code, 0, "{}", said.err);
    let site = shop.path("site");
    let table = |file: &str| fs::read(site.join("_vitrine").join(file)).unwrap();
    let tables = vcl::tables(&table("redirects.json"), &table("site.json")).unwrap();

    let folder = Origin::start(&site).await;
    let varnish = VarnishSetup::new(&folder.base).tables(&tables).start().await;
    // Once from the origin, once from what is kept.
    for _ in 0..2 {
        contract::edge_contract(&varnish.base).await;
    }
    drop(varnish);

    let moto = Moto::start().await;
    let bucket = Bucket::new(&moto).await;
    upload(&bucket, &site).await;
    let varnish = VarnishSetup::new(&bucket.address).tables(&tables).start().await;
    for _ in 0..2 {
        contract::edge_contract(&varnish.base).await;
    }
}

#[test]
fn the_document_shows_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/edge.md");
    let document = fs::read_to_string(file).unwrap();
    let (_, rest) = document.split_once("<!-- contract: tests/edge/cases.rs -->\n").unwrap();
    let (shown, _) = rest.split_once("<!-- end of contract -->").unwrap();
    let table = contract::document::table();
    assert!(shown.trim() == table.trim(), "docs/edge.md must show between its marks:\n\n{table}");
}

/// Puts what a publish would put.
async fn upload(bucket: &Bucket, site: &Path) {
    for file in files(site) {
        let key = file.strip_prefix(site).unwrap().to_str().unwrap().to_owned();
        let address = format!("{}/{key}", bucket.address);
        let request = bucket.client.put(address).header("content-type", kind(&key));
        let answer = request.body(fs::read(&file).unwrap()).send().await.unwrap();
        assert!(answer.status().is_success(), "{key}: {}", answer.status());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn kind(key: &str) -> &'static str {
    match key.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml; charset=utf-8",
        "svg" => "image/svg+xml",
        "avif" => "image/avif",
        "jpg" => "image/jpeg",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
