//! Folders into both databases.

mod commerce;

use std::path::Path;

use vitrine_catalog::{Catalog, ProductInput, Status};
use vitrine_content::Content;
use vitrine_core::{EntityKind, Origin, ProductId, Revision, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Run};
use vitrine_store::{Stores, Write};

use crate::fixture::{Fixture, MODULES, store};
use crate::{Counts, ImportCache, ImportError, ImportOptions, Report, import_folder};

async fn import(db: &Db, fixture: &Fixture) -> Report {
    import_with(db, fixture, &fixture.options(), &mut ImportCache::default()).await
}

async fn import_with(db: &Db, fixture: &Fixture, options: &ImportOptions, cache: &mut ImportCache) -> Report {
    import_folder(db, &fixture.folder(), options, cache).await.unwrap()
}

async fn product(db: &Db, id: &str) -> Option<ProductInput> {
    let all = Catalog::products_for_export(db, &store(), Origin::Files, 0, 100).await.unwrap();
    all.into_iter().map(|(_, input)| input).find(|input| input.product.id.as_str() == id)
}

fn counts(report: &Report, kind: EntityKind) -> Counts {
    report.counts.get(&kind).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_taken_whole_and_the_second_time_nothing_changes() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        let first = import(&db, &fixture).await;
        assert_eq!(first.findings, []);
        assert_eq!(counts(&first, EntityKind::Product), Counts { added: 2, ..Counts::default() });
        assert_eq!(first.revision, Revision(1), "a small shop is one revision");
        assert_eq!(std::fs::read_dir(fixture.media_dir()).unwrap().count(), 2);

        let second = import(&db, &fixture).await;
        let Counts { unchanged, .. } = first.total();
        assert_eq!(unchanged, 0);
        assert_eq!(second.total(), Counts { unchanged: first.total().added, ..Counts::default() });
        assert_eq!(second.revision, first.revision);
        let changes = Stores::changes_since(&db, &store(), first.revision, 10).await.unwrap();
        assert_eq!(changes, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_item_keeps_its_last_good_version_and_the_rest_is_taken() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        import(&db, &fixture).await;
        fixture.edit("products/cloud/product.toml", "DE = 499", "DE = -5");
        fixture.edit("products/drift/de.md", "Ein Kissen.", "Ein weiches Kissen.");
        fixture.edit("pages/shipping/de.md", "title = \"Versand\"\n", "");
        let report = import(&db, &fixture).await;
        assert_eq!(
            counts(&report, EntityKind::Product),
            Counts { changed: 1, failed: 1, ..Counts::default() }
        );
        assert_eq!(counts(&report, EntityKind::Page).failed, 1);
        assert_eq!(report.findings.len(), 2);
        let cloud = product(&db, "cloud").await.unwrap();
        let prices = cloud.prices.values().next().unwrap().values();
        assert!(
            prices
                .into_iter()
                .any(|price| price.base.is_some_and(|base| base.minor == 59_950 || base.minor == 49_900))
        );
        let content = Content::load(&db, &store()).await.unwrap();
        let shipping = content.pages.values().find(|page| page.facts.name.as_str() == "shipping").unwrap();
        let german = shipping.texts.iter().find(|(lang, _)| lang.as_str() == "de").unwrap().1;
        assert_eq!(german.title.as_deref(), Some("Versand"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_was_right_is_absent_and_what_is_gone_is_removed() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        fixture.edit("products/drift/product.toml", "type = \"bed\"", "type = \"bad\"");
        let report = import(&db, &fixture).await;
        assert_eq!(counts(&report, EntityKind::Product), Counts { added: 1, failed: 1, ..Counts::default() });
        assert_eq!(product(&db, "drift").await, None);

        fixture.edit("products/drift/product.toml", "type = \"bad\"", "type = \"bed\"");
        assert_eq!(counts(&import(&db, &fixture).await, EntityKind::Product).added, 1);

        fixture.remove("products/cloud");
        fixture.edit("pages/home/page.toml", "featured = [\"cloud\"]\n", "");
        fixture.remove("categories/wide");
        fixture.remove("pages/imprint");
        fixture.edit("countries/de.toml", "legal_pages = [\"imprint\"]\n", "");
        fixture.remove("redirects.toml");
        let report = import(&db, &fixture).await;
        assert_eq!(report.findings, []);
        for kind in [EntityKind::Product, EntityKind::Category, EntityKind::Page] {
            assert_eq!(counts(&report, kind).removed, 1, "{kind:?}");
        }
        assert_eq!(counts(&report, EntityKind::Redirect).removed, 3);
        assert_eq!(product(&db, "cloud").await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_made_elsewhere_is_a_conflict_until_forced() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        let first = import(&db, &fixture).await;
        let run = Run { origin: Origin::Admin, now: Timestamp::from_ms(5), force: false };
        let id = ProductId::try_new("cloud").unwrap();
        let mut tx = db.begin().await.unwrap();
        let changes = Catalog::set_status_in(&mut tx, &store(), &run, &id, Status::Draft).await.unwrap();
        Stores::bump_in(&mut tx, &store(), &changes, &Write::at(run.now)).await.unwrap();
        tx.commit().await.unwrap();

        let same = import(&db, &fixture).await;
        assert_eq!(same.total().conflicts, 0, "the files have nothing new to say");
        fixture.edit("products/cloud/product.toml", "brand = \"Tiny\"", "brand = \"Big\"");
        let refused = import(&db, &fixture).await;
        assert_eq!((refused.total().conflicts, refused.total().changed), (1, 0));
        assert_eq!(refused.conflicts[0].id, "cloud");
        assert_eq!(product(&db, "cloud").await.unwrap().product.status, Status::Draft);

        let options = ImportOptions { force: true, ..fixture.options() };
        let forced = import_with(&db, &fixture, &options, &mut ImportCache::default()).await;
        assert_eq!(counts(&forced, EntityKind::Product).changed, 1);
        let cloud = product(&db, "cloud").await.unwrap().product;
        assert_eq!((cloud.status, cloud.brand.as_str()), (Status::Published, "Big"));
        assert!(forced.revision > first.revision);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_that_two_products_swap_are_no_error() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        import(&db, &fixture).await;
        fixture.edit("products/cloud/de.md", "slug = \"wolke\"", "slug = \"drift\"");
        fixture.edit("products/drift/de.md", "slug = \"drift\"", "slug = \"wolke\"");
        let report = import(&db, &fixture).await;
        assert_eq!(report.findings, []);
        assert_eq!(counts(&report, EntityKind::Product), Counts { changed: 2, ..Counts::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_broken_country_nothing_is_imported() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        fixture.edit("countries/jp.toml", "currency = \"JPY\"", "currency = \"YEN\"");
        let cache = &mut ImportCache::default();
        let error = import_folder(&db, &fixture.folder(), &fixture.options(), cache).await.unwrap_err();
        assert!(matches!(&error, ImportError::Store { findings } if findings.len() == 1), "{error}");
        assert!(error.to_string().contains("countries/jp.toml:1:12: "), "{error}");
        assert_eq!(Stores::list_stores(&db).await.unwrap(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_cache_gives_what_a_fresh_one_gives() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        let (options, mut cache) = (fixture.options(), ImportCache::default());
        import_with(&db, &fixture, &options, &mut cache).await;
        let edits: [(&str, &str, &str); 5] = [
            ("products/drift/de.md", "Ein Kissen.", "Ein festes Kissen."),
            ("products/cloud/product.toml", "DE = 499", "DE = 0"),
            ("products/cloud/product.toml", "DE = 0", "DE = 489"),
            ("countries/jp.toml", "JPY", "KWD"),
            ("countries/jp.toml", "KWD", "JPY"),
        ];
        for (file, from, to) in edits {
            fixture.edit(file, from, to);
            let kept = import_with(&db, &fixture, &options, &mut cache).await;
            let fresh = import_with(&db, &fixture, &options, &mut ImportCache::default()).await;
            assert_eq!(kept.findings, fresh.findings, "{to}");
            assert_eq!(kept.revision, fresh.revision, "{to}: the kept cache left something out");
            let (kept, fresh) = (kept.total(), fresh.total());
            assert_eq!(fresh.added + fresh.changed + fresh.removed, 0, "{to}");
            assert_eq!(kept.failed, fresh.failed, "{to}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_shop_is_imported_without_a_finding() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content");
        let options = ImportOptions { required_messages: Vec::new(), ..fixture.options() };
        let report = import_folder(&db, &folder, &options, &mut ImportCache::default()).await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.total().failed + report.total().conflicts, 0);
    })
    .await;
}
