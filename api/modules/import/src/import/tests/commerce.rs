//! Rules and stock of `commerce/` into both databases.

use std::path::PathBuf;
use std::sync::Arc;

use vitrine_core::{Origin, Sku, SystemClock, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Run};
use vitrine_delivery::Deliveries;
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, LocationId, Write};
use vitrine_promotion::Promotions;

use super::{import, import_with};
use crate::fixture::{Fixture, MODULES, copy_folder, store};
use crate::{Counts, ImportCache, ImportOptions, Report};

const PROMOTIONS: &str = r#"[[promotions]]
id = "autumn"
labels = { en = "Autumn" }
combines_with = []
by_code = true
action.percent = { off = "10", on = "order" }

[[promotions]]
id = "always"
labels = { en = "Always" }
combines_with = []
action.percent = { off = "5", on = "order" }

[[coupons]]
code = "AUTUMN"
promotion = "autumn"
"#;
const TAXES: &str = "[DE.rates]\nstandard = \"19\"\n";
const STOCK: &str = r#"[[locations]]
id = "berlin"
name = "Berlin"
priority = 1

[stock.berlin]
CLOUD-S = 5
DRIFT = { pieces = 8, low_at = 2, backorder = 3 }
"#;

fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.write("commerce/promotions.toml", PROMOTIONS);
    fixture.write("commerce/taxes.toml", TAXES);
    fixture.write("commerce/stock.toml", STOCK);
    fixture
}

fn promotions(db: &Db) -> Promotions {
    Promotions::new(db.clone(), Arc::new(SystemClock))
}

async fn ids(db: &Db) -> Vec<String> {
    let all = promotions(db).list(&store()).await.unwrap();
    all.into_iter().map(|stored| stored.rule.id.to_string()).collect()
}

async fn on_hand(db: &Db, sku: &str) -> Vec<i64> {
    let rows = Inventory::stock(db, &store(), &[Sku::try_new(sku).unwrap()]).await.unwrap();
    rows.iter().map(|row| row.on_hand).collect()
}

async fn sell(db: &Db, sku: &str) {
    let (sku, location) = (Sku::try_new(sku).unwrap(), LocationId::try_new("berlin").unwrap());
    let lines = [AdjustmentLine { sku, location, quantity: -1 }];
    let kind = AdjustmentKind::Correct;
    let sold = Adjustment { id: "till", kind, reason: "sold", by: "a test", lines: &lines };
    let mut tx = db.begin().await.unwrap();
    let write = Write::at(Timestamp::from_ms(1));
    Inventory::adjust_in(&mut tx, &store(), &sold, &write).await.unwrap();
    tx.commit().await.unwrap();
}

fn lines(fixture: &Fixture, report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| fixture.shown(&finding.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_stock_are_taken_and_again_nothing_changes() {
    for_each_backend(MODULES, async |db| {
        let (fixture, mut cache) = (fixture(), ImportCache::default());
        let first = import_with(&db, &fixture, &fixture.options(), &mut cache).await;
        assert_eq!(lines(&fixture, &first), [""; 0]);
        assert_eq!(first.commerce, Counts { added: 6, ..Counts::default() });
        assert_eq!(ids(&db).await, ["always", "autumn"]);
        assert_eq!(promotions(&db).list_coupons(&store()).await.unwrap().len(), 1);
        let deliveries = Deliveries::new(db.clone(), Arc::new(SystemClock));
        assert_eq!(deliveries.list_taxes(&store()).await.unwrap().len(), 1);
        assert_eq!((on_hand(&db, "CLOUD-S").await, on_hand(&db, "DRIFT").await), (vec![5], vec![8]));
        let drift = Inventory::stock(&db, &store(), &[Sku::try_new("DRIFT").unwrap()]).await.unwrap();
        assert_eq!((drift[0].low_at, drift[0].backorder), (2, 3));

        sell(&db, "DRIFT").await;
        let kept = import_with(&db, &fixture, &fixture.options(), &mut cache).await;
        let fresh = import(&db, &fixture).await;
        for again in [kept, fresh] {
            assert_eq!(again.commerce, Counts { unchanged: 6, ..Counts::default() });
            assert_eq!(again.revision, first.revision, "no page shows any of it");
            assert_eq!(on_hand(&db, "DRIFT").await, [7], "what is sold stays sold");
        }
        fixture.edit("commerce/stock.toml", "CLOUD-S = 5", "CLOUD-S = 50\nCLOUD-M = 6");
        let more = import(&db, &fixture).await;
        assert_eq!(more.commerce, Counts { added: 1, unchanged: 6, ..Counts::default() });
        assert_eq!((on_hand(&db, "CLOUD-S").await, on_hand(&db, "CLOUD-M").await), (vec![5], vec![6]));
        assert_eq!(Inventory::audit(&db, &store()).await.unwrap(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_found_with_its_line_and_the_others_are_taken() {
    for_each_backend(MODULES, async |db| {
        let fixture = fixture();
        import(&db, &fixture).await;
        fixture.edit("commerce/promotions.toml", "off = \"5\"", "off = \"500\"");
        fixture.edit("commerce/taxes.toml", "19", "20");
        let report = import(&db, &fixture).await;
        let found = lines(&fixture, &report);
        assert_eq!(found.len(), 1, "{found:#?}");
        let place = "content/commerce/promotions.toml:12:26: promotions[1].action.percent.off ";
        assert!(found[0].starts_with(place), "{found:#?}");
        assert!(report.has_errors());
        assert_eq!(report.commerce, Counts { changed: 1, unchanged: 2, failed: 1, ..Counts::default() });
        assert_eq!(ids(&db).await, ["always", "autumn"], "its last good version");
        assert_eq!(fixture.check(), found);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_removed_and_a_folder_that_is_not_there_says_nothing() {
    for_each_backend(MODULES, async |db| {
        let fixture = fixture();
        import(&db, &fixture).await;
        fixture.remove("commerce/promotions.toml");
        let report = import(&db, &fixture).await;
        assert_eq!(report.commerce, Counts { removed: 3, unchanged: 3, ..Counts::default() });
        assert_eq!(ids(&db).await, [""; 0]);
        fixture.remove("commerce");
        let report = import(&db, &fixture).await;
        assert_eq!(report.commerce, Counts::default());
        let deliveries = Deliveries::new(db.clone(), Arc::new(SystemClock));
        assert_eq!(deliveries.list_taxes(&store()).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_edited_elsewhere_is_a_conflict_until_forced() {
    for_each_backend(MODULES, async |db| {
        let fixture = fixture();
        import(&db, &fixture).await;
        let mut all = promotions(&db).list(&store()).await.unwrap();
        let mut autumn = all.pop().unwrap().rule;
        (autumn.by_code, autumn.priority) = (false, 7);
        let run = Run { origin: Origin::Admin, now: Timestamp::from_ms(5), force: true };
        let mut tx = db.begin().await.unwrap();
        Promotions::put_in(&mut tx, &store(), &run, &[autumn]).await.unwrap();
        tx.commit().await.unwrap();

        fixture.edit("commerce/promotions.toml", "off = \"10\"", "off = \"12\"");
        let refused = import(&db, &fixture).await;
        assert_eq!((refused.commerce.conflicts, refused.total().conflicts), (1, 1));
        assert!(refused.notes.iter().any(|note| note.contains("promotion 'autumn'")), "{:?}", refused.notes);
        // Its code opens nothing any more; that is said, and stops nothing else.
        assert_eq!(lines(&fixture, &refused).len(), 1);
        let options = ImportOptions { force: true, ..fixture.options() };
        let forced = import_with(&db, &fixture, &options, &mut ImportCache::default()).await;
        assert_eq!((forced.commerce.changed, forced.findings.len()), (1, 0));
    })
    .await;
}

#[test]
fn mistakes_of_stock_are_found_where_they_stand() {
    let fixture = fixture();
    fixture.write("commerce/promotion.toml", "");
    fixture.edit("commerce/stock.toml", "priority = 1", "priority = 1\nshelf = 4");
    fixture.edit("commerce/stock.toml", "CLOUD-S = 5", "CLOUD-S = -5");
    fixture.edit("commerce/stock.toml", "pieces = 8", "peaces = 8");
    fixture.edit("commerce/stock.toml", "[stock.berlin]", "[stock.osaka]\nDRIFT = 1\n\n[stock.berlin]");
    assert_eq!(
        fixture.check(),
        [
            "content/commerce/promotion.toml:1:1: warning: the file is not read: rules stand in delivery.toml, \
             taxes.toml, promotions.toml, stock.toml",
            "content/commerce/stock.toml:5:1: unknown key 'shelf'",
            "content/commerce/stock.toml:7:8: no location 'osaka' in [[locations]]",
            "content/commerce/stock.toml:11:11: pieces must be 0 to 1000000 (found -5)",
            "content/commerce/stock.toml:12:9: missing key 'pieces'",
            "content/commerce/stock.toml:12:11: unknown key 'peaces' (did you mean 'pieces'?)",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_shop_has_rules_and_stock_of_all_it_sells() {
    for_each_backend(MODULES, async |db| {
        let fixture = Fixture::new();
        let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../content");
        fixture.remove("");
        copy_folder(&shipped, &fixture.folder());
        let options = ImportOptions { required_messages: Vec::new(), ..fixture.options() };
        let first = import_with(&db, &fixture, &options, &mut ImportCache::default()).await;
        assert_eq!(lines(&fixture, &first), [""; 0]);
        let store = first.store.clone();
        let products =
            vitrine_catalog::Catalog::products_for_export(&db, &store, Origin::Files, 0, 1_000).await;
        let variants = products.unwrap().into_iter().flat_map(|(_, input)| input.product.variants);
        let (bundles, goods): (Vec<_>, Vec<_>) = variants.partition(|variant| !variant.parts.is_empty());
        let skus = |variants: &[vitrine_catalog::Variant]| -> Vec<Sku> {
            variants.iter().map(|variant| variant.sku.clone()).collect()
        };
        let levels = Inventory::levels(&db, &store, &skus(&goods)).await.unwrap();
        for sku in skus(&goods) {
            assert!(levels.contains_key(&sku), "{sku} has no stock");
        }
        assert!(Inventory::levels(&db, &store, &skus(&bundles)).await.unwrap().is_empty());
        assert!(Inventory::locations(&db, &store).await.unwrap().len() == 2);
        let again = import_with(&db, &fixture, &options, &mut ImportCache::default()).await;
        assert_eq!(again.commerce, Counts { unchanged: first.commerce.added, ..Counts::default() });
        assert_eq!(Inventory::audit(&db, &store).await.unwrap(), []);
    })
    .await;
}
