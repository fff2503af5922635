//! There and back on both databases.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::Row;
use vitrine_core::StoreId;
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;

use crate::fixture::{Fixture, MODULES, copy_folder, store};
use crate::{ExportReport, ImportCache, ImportOptions, Report, export_folder, import_folder};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content")
}

async fn import(db: &Db, folder: &Path, options: &ImportOptions) -> Report {
    let options = ImportOptions { required_messages: Vec::new(), ..options.clone() };
    import_folder(db, folder, &options, &mut ImportCache::default()).await.unwrap()
}

/// Kind, id, language and hash of every document and product layer.
async fn hashes(db: &Db) -> Vec<String> {
    let tables = [
        "SELECT kind, id, lang, hash FROM store_document",
        "SELECT kind, id, lang, hash FROM content_document",
        "SELECT kind, id, lang, hash FROM catalog_document",
        "SELECT 'product', id, source_hash, hash FROM catalog_product",
        "SELECT 'slug', id, lang, slug FROM store_slug",
        "SELECT 'redirect', path, lang, target FROM store_redirect",
        "SELECT kind, id, lang, hash FROM delivery_document",
        "SELECT kind, id, lang, hash FROM promotion_document",
        "SELECT 'location', id, name, CAST(priority AS TEXT) FROM inventory_location",
        "SELECT location, sku, CAST(on_hand AS TEXT), CAST(low_at * 1000 + backorder AS TEXT) FROM inventory_stock",
    ];
    let mut hashes = Vec::new();
    for table in tables {
        for row in sqlx::query(table).fetch_all(db.reader()).await.unwrap() {
            let column = |index: usize| row.get::<String, _>(index);
            hashes.push([column(0), column(1), column(2), column(3)].join(" "));
        }
    }
    hashes.sort();
    hashes
}

async fn there_and_back(db: &Db, fixture: &Fixture, folder: &Path, store: &StoreId) {
    let first = import(db, folder, &fixture.options()).await;
    assert!(first.findings.is_empty(), "{:?}", first.findings);
    let out = fixture.place("out");
    let exported = export_folder(db, store, &out, &fixture.media_dir()).await.unwrap();
    assert!(exported.written > 0 && exported.removed == 0, "{exported:?}");

    let again = import(db, &out, &fixture.options()).await;
    assert!(again.findings.is_empty(), "{:?}", again.findings);
    assert_eq!(again.total().changed + again.total().added + again.total().removed, 0);
    assert_eq!(again.revision, first.revision);

    let twice = export_folder(db, store, &out, &fixture.media_dir()).await.unwrap();
    assert_eq!(twice, ExportReport { written: 0, unchanged: exported.written, removed: 0 });

    let place = fixture.place("fresh.db");
    let fresh = Db::open_file(&place).await.unwrap();
    fresh.migrate(MODULES).await.unwrap();
    import(&fresh, &out, &fixture.options()).await;
    assert_eq!(hashes(&fresh).await, hashes(db).await);
    let from_fresh = export_folder(&fresh, store, &out, &fixture.media_dir()).await.unwrap();
    assert_eq!(from_fresh, ExportReport { written: 0, unchanged: exported.written, removed: 0 });
    fresh.close().await;
    fs::remove_file(place).unwrap();
    fs::remove_dir_all(out).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn import_export_import_changes_nothing() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        there_and_back(&db, &fixture, &fixture.folder(), &store()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_shop_goes_there_and_back() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        there_and_back(&db, &fixture, &shipped(), &StoreId::try_new("nimbus").unwrap()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_things_that_are_gone_are_removed_and_others_stay() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        import(&db, &fixture.folder(), &fixture.options()).await;
        let out = fixture.place("out");
        copy_folder(&fixture.folder(), &out);
        fs::create_dir_all(out.join("products/old")).unwrap();
        fs::write(out.join("products/old/product.toml"), "x").unwrap();
        fs::write(out.join("strings/fr.ftl"), "x").unwrap();
        fs::write(out.join("README.md"), "mine").unwrap();
        fs::write(out.join("products/cloud/notes.txt"), "mine").unwrap();
        let report = export_folder(&db, &store(), &out, &fixture.media_dir()).await.unwrap();
        assert_eq!(report.removed, 2);
        assert!(!out.join("products/old").exists() && !out.join("strings/fr.ftl").exists());
        assert!(out.join("README.md").exists() && out.join("products/cloud/notes.txt").exists());
        fs::remove_dir_all(out).unwrap();
    })
    .await;
}
