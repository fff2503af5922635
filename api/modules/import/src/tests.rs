//! Folder and feed beside each other, in both databases.

use vitrine_catalog::Catalog;
use vitrine_core::{EntityKind, Locale, Origin, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Backend, Db};

use crate::fixture::{Fixture, MODULES, store};
use crate::{FeedLimits, FeedOptions, FeedSource, ImportCache, Report, import_feed, import_folder};

const HEADER: &str = r#"{"feed":"vitrine-catalog","version":1,"store":"tiny","mode":"delta"}"#;

fn line(id: &str, slug: &str) -> String {
    format!(
        r#"{{"product":{{"id":"{id}","type":"bed","tax_class":"standard","attributes":{{"height":20}},"categories":[{{"id":"beds"}}],"variants":[{{"sku":"F-{id}","prices":{{"DE":"9"}}}}],"texts":{{"de":{{"name":"{id}","slug":"{slug}","summary":"s","description":"d","body":"b"}}}}}}}}"#
    )
}

async fn folder(db: &Db, fixture: &Fixture) -> Report {
    import_folder(db, &fixture.folder(), &fixture.options(), &mut ImportCache::default()).await.unwrap()
}

async fn feed(db: &Db, fixture: &Fixture, products: &[String]) -> Report {
    let file = fixture.place("feed.ndjson");
    let end = format!(r#"{{"end":{{"products":{}}}}}"#, products.len());
    std::fs::write(&file, format!("{HEADER}\n{}\n{end}\n", products.join("\n"))).unwrap();
    let now = Timestamp::parse_rfc3339("2026-11-02").unwrap();
    let options = FeedOptions { store: None, force: false, now, limits: FeedLimits::default(), trace: None };
    import_feed(db, &FeedSource::File(file), &options).await.unwrap()
}

fn words(fixture: &Fixture, report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| fixture.shown(&finding.to_string())).collect()
}

/// Takes the slug `slug` for a text in `de-CH`.
fn place(fixture: &Fixture, item: &str, slug: &str) {
    fixture.write(&format!("{item}/de-CH.md"), &format!("+++\nslug = \"{slug}\"\n+++\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_feature_what_a_feed_brings() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        fixture.edit("pages/home/page.toml", "featured = [\"cloud\"]", "featured = [\"cloud\", \"moon\"]");
        let early = folder(&db, &fixture).await;
        let what = "product 'moon' is neither in products/ nor in the database and is shown only if a feed brings it";
        assert_eq!(words(&fixture, &early), [format!("content/pages/home/page.toml:5:22: warning: {what}")]);
        assert_eq!(early.total().failed, 0, "the page is there all the same");

        assert_eq!(words(&fixture, &feed(&db, &fixture, &[line("moon", "mond")]).await), [""; 0]);
        let late = folder(&db, &fixture).await;
        assert_eq!(words(&fixture, &late), [""; 0]);
        assert_eq!(late.total().added + late.total().changed, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_of_a_region_is_refused_whoever_comes_second() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        place(&fixture, "products/drift", "schwebe");
        folder(&db, &fixture).await;
        let report = feed(&db, &fixture, &[line("moon", "mond"), line("float", "schwebe")]).await;
        assert_eq!(
            words(&fixture, &report),
            ["feed.ndjson:3: product 'float': slug 'schwebe' in de belongs to drift"]
        );

        place(&fixture, "products/drift", "mond");
        let report = folder(&db, &fixture).await;
        assert_eq!(
            words(&fixture, &report),
            ["content/products/drift/de-CH.md:2:8: slug 'mond' in de-CH belongs to moon"]
        );
        let files = Catalog::products_for_export(&db, &store(), Origin::Files, 0, 9).await.unwrap();
        let (_, drift) = files.iter().find(|(_, input)| input.product.id.as_str() == "drift").unwrap();
        let swiss = &drift.texts[&Locale::try_new("de-CH").unwrap()];
        assert_eq!(swiss.slug.as_ref().map(|slug| slug.as_str()), Some("schwebe"), "its last good version");
    })
    .await;
}

/// What keeps its last good version keeps its slug, which the files no longer say.
#[tokio::test(flavor = "multi_thread")]
async fn a_slug_that_a_wrong_item_keeps_is_not_free_in_a_region() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        folder(&db, &fixture).await;
        fixture.edit("pages/shipping/de.md", "slug = \"versand\"", "slug = \"lieferung\"\nsulg = \"\"");
        place(&fixture, "pages/imprint", "versand");
        fixture.edit("categories/beds/de.md", "slug = \"betten\"", "slug = \"liegen\"\nsulg = \"\"");
        place(&fixture, "categories/wide", "betten");
        fixture.edit("redirects.toml", "\"/de/versand/\"", "\"/de/\"");
        let report = folder(&db, &fixture).await;
        let found = words(&fixture, &report);
        let refused = [
            "content/categories/wide/de-CH.md:2:8: slug 'betten' in de-CH belongs to beds",
            "content/pages/imprint/de-CH.md:2:8: slug 'versand' in de-CH belongs to page 'shipping'",
        ];
        for line in refused {
            assert!(found.iter().any(|found| found == line), "{found:#?}");
        }
        let failed = |kind| report.counts.get(&kind).copied().unwrap_or_default().failed;
        assert_eq!((failed(EntityKind::Category), failed(EntityKind::Page)), (2, 2), "{found:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_feed_tells_postgresql_what_its_tables_hold() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        folder(&db, &fixture).await;
        let known = async |tables: &str| -> i64 {
            if db.backend() == Backend::Sqlite {
                return -1;
            }
            let query =
                format!("SELECT count(DISTINCT tablename) FROM pg_stats WHERE tablename IN ({tables})");
            vitrine_db::sql(query).fetch_one(db.reader()).await.map(|row| sqlx::Row::get(&row, 0)).unwrap()
        };
        let tables = "'store_slug', 'catalog_product', 'catalog_product_text', 'catalog_sku'";
        let few: Vec<String> = (0..9).map(|n| line(&format!("f{n}"), &format!("f{n}"))).collect();
        feed(&db, &fixture, &few).await;
        assert!(known(tables).await <= 0, "a small feed is not worth it");
        let many: Vec<String> = (0..600).map(|n| line(&format!("m{n}"), &format!("m{n}"))).collect();
        let report = feed(&db, &fixture, &many).await;
        assert_eq!(report.total().added, 600);
        assert!(matches!(known(tables).await, -1 | 4), "{}", known(tables).await);
    })
    .await;
}
