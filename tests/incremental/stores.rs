//! Two stores in one database, with the same ids, slugs and SKUs.

use vitrine_generator::{BuildError, Mode};

use crate::compare;
use crate::shop::Shop;
use crate::sqlite;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_with_the_same_slugs_do_not_touch() {
    let shop = Shop::new();
    let (shared, alone) = (Shop::new(), Shop::new());
    let (shared, alone) = (sqlite(&shared.path("")).await, sqlite(&alone.path("")).await);
    let mut one = World::new(&shared, &shop.path("content"));
    let mut lone = World::new(&alone, &shop.path("content"));
    shop.edit("content/store.toml", "id = \"nimbus\"", "id = \"cumulus\"");
    shop.edit("content/store.toml", "name = \"Nimbus\"", "name = \"Cumulus\"");
    let mut two = World::new(&shared, &shop.path("content"));
    assert_ne!(one.store, two.store);
    for world in [&mut one, &mut two, &mut lone] {
        world.import().await.unwrap();
        world.build().await;
    }
    assert_eq!(compare::difference(&one.out(), &lone.out()), None, "as if it were alone");

    // The other store loses a product and renames another: the first has nothing to do.
    two.content.park("products/arc");
    let mut text = two.content.text("products/cloud/de.md");
    text.front.insert("slug".to_owned(), "wolke".into());
    two.content.put_text("products/cloud/de.md", &text);
    two.import().await.unwrap();
    two.build().await;
    assert!(!two.out().join("gb/p/arc-contour-pillow").exists());
    assert!(two.out().join("de/p/wolke/index.html").exists());
    let report = one.build().await;
    assert_eq!((report.rendered, report.written, report.removed), (0, 0, 0));
    one.new_process();
    let report = one.build().await;
    assert_eq!((report.rendered, report.written, report.removed), (0, 0, 0));
    assert_eq!(compare::difference(&one.out(), &lone.out()), None, "still as if it were alone");

    // And the other way round.
    one.content.park("products/terra");
    one.import().await.unwrap();
    one.build().await;
    let report = two.build().await;
    assert_eq!((report.rendered, report.written, report.removed), (0, 0, 0));
    for world in [&mut one, &mut two] {
        let store = world.store.clone();
        assert_eq!(world.difference().await, None, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_does_not_publish_where_another_is_published() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut one = World::new(&db, &shop.path("content"));
    shop.edit("content/store.toml", "id = \"nimbus\"", "id = \"cumulus\"");
    let mut two = World::new(&db, &shop.path("content"));
    one.import().await.unwrap();
    one.build().await;
    two.import().await.unwrap();
    let request = two.request(one.out(), &[], Mode::Incremental);
    let refused = two.generator.build(&request).await.unwrap_err();
    assert!(matches!(&refused, BuildError::OtherStore { other, .. } if other == "nimbus"), "{refused}");
    assert_eq!(one.difference().await, None, "nothing was taken away");
}
