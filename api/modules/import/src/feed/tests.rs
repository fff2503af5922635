//! Feeds into both databases.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vitrine_catalog::{Catalog, ProductInput};
use vitrine_core::{EntityKind, Origin, Revision, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_store::Stores;

use crate::fixture::{Fixture, MODULES, store};
use crate::{
    Counts, FeedLimits, FeedOptions, FeedSource, ImportCache, ImportError, Report, import_feed, import_folder,
};

const DELTA: &str = r#"{"feed":"vitrine-catalog","version":1,"store":"tiny","mode":"delta"}"#;
const FULL: &str = r#"{"feed":"vitrine-catalog","version":1,"store":"tiny","mode":"full"}"#;

/// A product that is right, with its price in Germany.
fn line(id: &str, price: &str) -> String {
    format!(
        r#"{{"product":{{"id":"{id}","type":"bed","tax_class":"standard","attributes":{{"height":20}},"categories":[{{"id":"beds"}}],
        "variants":[{{"sku":"F-{id}","prices":{{"DE":"{price}"}}}}],
        "texts":{{"de":{{"name":"{id}","slug":"{id}","summary":"s","description":"d","body":"b"}}}}}}}}"#
    )
    .replace('\n', " ")
}

fn end(products: u64) -> String {
    format!(r#"{{"end":{{"products":{products}}}}}"#)
}

fn options() -> FeedOptions {
    let now = Timestamp::parse_rfc3339("2026-11-02").unwrap();
    FeedOptions { store: None, force: false, now, limits: FeedLimits::default(), trace: None }
}

async fn shop(db: &Db) -> Fixture {
    let fixture = Fixture::new();
    import_folder(db, &fixture.folder(), &fixture.options(), &mut ImportCache::default()).await.unwrap();
    fixture
}

async fn try_feed(db: &Db, fixture: &Fixture, lines: &[String]) -> Result<Report, ImportError> {
    let file = fixture.place("feed.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    import_feed(db, &FeedSource::File(file), &options()).await
}

async fn feed(db: &Db, fixture: &Fixture, lines: &[String]) -> Report {
    try_feed(db, fixture, lines).await.unwrap()
}

async fn fed(db: &Db) -> Vec<ProductInput> {
    let all = Catalog::products_for_export(db, &store(), Origin::Feed, 0, 100).await.unwrap();
    all.into_iter().map(|(_, input)| input).collect()
}

async fn ids(db: &Db) -> Vec<String> {
    let mut ids: Vec<String> = fed(db).await.into_iter().map(|input| input.product.id.to_string()).collect();
    ids.sort();
    ids
}

fn products(report: &Report) -> Counts {
    report.counts.get(&EntityKind::Product).copied().unwrap_or_default()
}

fn words(fixture: &Fixture, report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| fixture.shown(&finding.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_adds_changes_and_removes_what_it_names() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        let first = feed(&db, &fixture, &[DELTA.into(), line("a", "1"), line("b", "2"), end(2)]).await;
        assert_eq!(words(&fixture, &first), [""; 0]);
        assert_eq!((products(&first).added, first.revision, first.notes.len()), (2, Revision(2), 0));

        let again = feed(&db, &fixture, &[DELTA.into(), line("a", "1"), line("b", "2"), end(2)]).await;
        assert_eq!(products(&again), Counts { unchanged: 2, ..Counts::default() });
        assert_eq!(again.revision, first.revision);

        let remove = r#"{"remove_product":"b"}"#.to_owned();
        let next = feed(&db, &fixture, &[DELTA.into(), line("a", "3"), remove, end(1)]).await;
        assert_eq!(products(&next), Counts { changed: 1, removed: 1, ..Counts::default() });
        assert_eq!(ids(&db).await, ["a"]);
        let files = Catalog::products_for_export(&db, &store(), Origin::Files, 0, 9).await.unwrap();
        assert_eq!(files.len(), 2, "products of files are not the feed's");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_line_is_named_and_the_others_go_on() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        let unknown_key = line("c", "1").replace("\"tax_class\"", "\"taxclass\"");
        let bad_sku = line("d", "1").replace("F-d", "F d");
        let lines = [
            DELTA.into(),
            line("a", "-1"),
            "not json".into(),
            line("b", "1,5"),
            unknown_key,
            bad_sku,
            line("e", "2"),
            line("e", "2"),
            line("f", "2").replace("\"beds\"", "\"bets\""),
            end(7),
        ];
        let report = feed(&db, &fixture, &lines).await;
        let found = words(&fixture, &report);
        let expected = [
            "feed.ndjson:2: product 'a': variants[0].prices.DE: price for DE must be greater than 0 (found -1.00)",
            "feed.ndjson:3:1: expected value",
            "feed.ndjson:4: product 'b': variants[0].prices.DE: `1,5` is not a decimal number (such as 499 or 499.00)",
            "feed.ndjson:5:44: product 'c': taxclass: unknown key 'taxclass' (did you mean 'tax_class'?)",
            "feed.ndjson:6:",
            "feed.ndjson:8: product 'e': the feed has it on an earlier line already",
            "feed.ndjson:9: product 'f': categories[0].id: unknown category 'bets'",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}\n{expected}");
        }
        assert!(found[4].contains("product 'd': variants[0].sku: `F d` is no SKU"), "{}", found[4]);
        assert_eq!(products(&report).added, 1);
        assert_eq!(ids(&db).await, ["e"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_feed_removes_what_it_lacks_only_when_it_came_whole() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        feed(&db, &fixture, &[FULL.into(), line("a", "1"), line("b", "1"), line("d", "1"), end(3)]).await;
        for lines in [vec![FULL.into(), line("a", "1")], vec![FULL.into(), line("a", "1"), end(2)]] {
            let report = feed(&db, &fixture, &lines).await;
            assert_eq!(products(&report), Counts { unchanged: 1, ..Counts::default() });
            assert!(report.notes[0].contains("nothing was removed"), "{:?}", report.notes);
        }
        let unnamed = vec![FULL.into(), line("a", "1"), "{\"product\":{\"id\":5}}".into(), end(2)];
        assert!(feed(&db, &fixture, &unnamed).await.notes[0].contains("nothing was removed"));
        assert_eq!(ids(&db).await, ["a", "b", "d"]);

        let broken = feed(&db, &fixture, &[FULL.into(), line("a", "1"), line("b", "-1"), end(2)]).await;
        assert_eq!(products(&broken), Counts { unchanged: 1, removed: 1, failed: 1, ..Counts::default() });
        assert_eq!(ids(&db).await, ["a", "b"], "b is wrong and keeps its last good version");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_delta_is_taken_as_far_as_it_goes() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        let report = feed(&db, &fixture, &[DELTA.into(), line("a", "1")]).await;
        assert_eq!(products(&report).added, 1);
        assert_eq!(report.notes, ["the feed is unfinished: it has no end line and was taken up to line 2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_of_others_are_refused_and_freed_ones_taken() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        let report = feed(&db, &fixture, &[DELTA.into(), line("wolke", "1"), line("a", "1"), end(2)]).await;
        assert_eq!(
            words(&fixture, &report),
            ["feed.ndjson:2: product 'wolke': slug 'wolke' in de belongs to cloud"]
        );
        assert_eq!(products(&report), Counts { added: 1, failed: 1, ..Counts::default() });

        // `b` takes the slug of `a`, which a full feed no longer has.
        let taker = line("b", "1").replace("\"slug\":\"b\"", "\"slug\":\"a\"");
        let report = feed(&db, &fixture, &[FULL.into(), taker, end(1)]).await;
        assert_eq!(words(&fixture, &report), [""; 0]);
        assert_eq!(products(&report), Counts { added: 1, removed: 1, ..Counts::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schema_and_categories_may_come_with_the_feed() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        for gone in ["attributes", "categories", "products", "navigation.toml"] {
            fixture.remove(gone);
        }
        fixture.edit("pages/home/page.toml", "hero_link = \"category:beds\"\n", "");
        fixture.edit("pages/home/page.toml", "featured = [\"cloud\"]\ncategories = [\"beds\"]\n", "");
        fixture.edit("pages/shipping/de.md", "::product drift", "");
        let imported =
            import_folder(&db, &fixture.folder(), &fixture.options(), &mut ImportCache::default()).await.unwrap();
        assert_eq!(imported.findings, []);
        let schema = r#"{"schema":{"attribute":{"height":{"type":"number","unit":"cm"}},"type":{"bed":{"attributes":["height"]}}}}"#;
        let text = r#""texts":{"de":{"name":"n","slug":"s-ID","description":"d"},"en":{"name":"n","slug":"s-ID","description":"d"}}"#;
        let category = |id: &str, parent: &str| {
            format!(r#"{{"category":{{"id":"{id}",{parent}{}}}}}"#, text.replace("ID", id))
        };
        let lines =
            [FULL.into(), schema.into(), category("low", r#""parent":"beds","#), category("beds", ""), line("a", "1"), end(1)];
        let report = feed(&db, &fixture, &lines).await;
        assert_eq!(words(&fixture, &report), [""; 0]);
        assert_eq!(report.counts[&EntityKind::Category].added, 2);
        assert_eq!(report.counts[&EntityKind::Attribute].added, 1);

        let whole = r#"{"end":{"products":1,"categories":1}}"#.to_owned();
        let report = feed(&db, &fixture, &[FULL.into(), category("beds", ""), line("a", "1"), whole]).await;
        assert_eq!(report.counts[&EntityKind::Category], Counts { unchanged: 1, removed: 1, ..Counts::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_judged_before_anything_is_read() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        for (header, part) in [
            ("", "expected {\"feed\""),
            (
                r#"{"feed":"other","version":1,"store":"tiny","mode":"full"}"#,
                "no catalog feed (found 'other')",
            ),
            (r#"{"feed":"vitrine-catalog","version":2,"store":"tiny","mode":"full"}"#, "version 2"),
            (
                r#"{"feed":"vitrine-catalog","version":1,"store":"tiny","mode":"half"}"#,
                "unknown variant `half`",
            ),
            (r#"{"feed":"vitrine-catalog","version":1,"store":"none","mode":"full"}"#, "no store 'none'"),
        ] {
            let error = try_feed(&db, &fixture, &[header.into(), line("a", "1")]).await.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(ids(&db).await, [""; 0]);
        assert_eq!(Stores::revision(&db, &store()).await.unwrap(), Revision(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_grows_beyond_its_limits_breaks_off() {
    for_each_backend(MODULES, async |db| {
        let fixture = shop(&db).await;
        let file = fixture.place("feed.ndjson");
        let long = format!("{{\"product\":\"{}\"}}", "x".repeat(2_000));
        std::fs::write(&file, [DELTA.to_owned(), line("a", "1"), long].join("\n")).unwrap();
        let limits = FeedLimits { line_bytes: 1_000, ..FeedLimits::default() };
        let options = FeedOptions { limits, ..options() };
        let error = import_feed(&db, &FeedSource::File(file), &options).await.unwrap_err();
        assert!(error.to_string().contains("longer than 1000 bytes; 1 products were taken"), "{error}");
        assert_eq!(ids(&db).await, ["a"]);
    })
    .await;
}

/// Answers one request with a body, or with silence after it.
async fn serve(status: &'static str, body: String, silence: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1_024];
        let _ = stream.read(&mut request).await;
        let length = if silence.is_zero() { body.len() } else { body.len() + 1 };
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(silence).await;
    });
    format!("http://{address}/feed.ndjson")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_may_come_from_an_address() {
    for_each_backend(MODULES, async |db| {
        let _fixture = shop(&db).await;
        let body = [DELTA.to_owned(), line("a", "1"), line("b", "1"), end(2)].join("\n");
        let url = serve("200 OK", body.clone(), Duration::ZERO).await;
        let report = import_feed(&db, &FeedSource::parse(&url), &options()).await.unwrap();
        assert_eq!(products(&report).added, 2);

        let url = serve("404 Not Found", String::new(), Duration::ZERO).await;
        let error = import_feed(&db, &FeedSource::parse(&url), &options()).await.unwrap_err();
        assert!(error.to_string().contains("answered 404"), "{error}");

        let url = serve("200 OK", body, Duration::from_secs(30)).await;
        let limits = FeedLimits { silence: Duration::from_millis(200), ..FeedLimits::default() };
        let options = FeedOptions { limits, ..options() };
        let error = import_feed(&db, &FeedSource::parse(&url), &options).await.unwrap_err();
        assert!(matches!(error, ImportError::FeedBroken { taken: 2, .. }), "{error}");
    })
    .await;
}

#[test]
fn sources_are_told_apart() {
    assert_eq!(FeedSource::parse("-"), FeedSource::Stdin);
    assert_eq!(FeedSource::parse("https://x/y"), FeedSource::Url("https://x/y".into()));
    assert_eq!(FeedSource::parse("a.ndjson"), FeedSource::File("a.ndjson".into()));
}
