//! One slug in two languages of which one takes from the other, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use vitrine_core::{EntityKind, Locale, Slug, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Module, Tx};
use vitrine_store::{Claim, MODULE, Stores};

const MODULES: &[&Module] = &[&vitrine_db::MODULE, &MODULE];
const NOW: Timestamp = Timestamp::from_ms(1_000);
const KIND: EntityKind = EntityKind::Product;

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn locale(lang: &str) -> Locale {
    Locale::try_new(lang).unwrap()
}

/// Claims of (id, language, slug); none is refused, since each slug is free in its language.
async fn claim(tx: &mut Tx, shop: &str, kind: EntityKind, claims: &[(&str, &str, &str)]) {
    let claim = |(id, lang, slug): &(&str, &str, &str)| Claim {
        lang: locale(lang),
        kind,
        id: (*id).to_owned(),
        slug: Slug::try_new(slug).unwrap(),
    };
    let claims: Vec<Claim> = claims.iter().map(claim).collect();
    assert_eq!(Stores::claim_in(tx, &store(shop), NOW, &claims).await.unwrap(), []);
}

/// The clashes of some products, as `id lang slug: by`.
async fn clashes(tx: &mut Tx, shop: &str, ids: &[&str]) -> Vec<String> {
    let found = Stores::clashes_in(tx, &store(shop), KIND, ids).await.unwrap();
    found
        .iter()
        .map(|taken| format!("{} {} {}: {}", taken.claim.id, taken.claim.lang, taken.claim.slug, taken.by))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_of_a_region_is_that_of_another_in_the_language() {
    for_each_backend(MODULES, async |db| {
        let mut tx = db.begin().await.unwrap();
        claim(
            &mut tx,
            "a",
            KIND,
            &[("cloud", "de", "wolke"), ("drift", "de", "drift"), ("drift", "fr", "wolke")],
        )
        .await;
        assert_eq!(
            clashes(&mut tx, "a", &["cloud", "drift"]).await,
            [""; 0],
            "no language takes from another"
        );

        claim(&mut tx, "a", KIND, &[("drift", "de-CH", "wolke")]).await;
        assert_eq!(clashes(&mut tx, "a", &["cloud", "drift"]).await, ["drift de-CH wolke: cloud"]);
        assert_eq!(
            clashes(&mut tx, "a", &["cloud"]).await,
            ["cloud de wolke: drift"],
            "only cloud was touched"
        );
        assert_eq!(clashes(&mut tx, "a", &["terra"]).await, [""; 0]);

        claim(&mut tx, "a", KIND, &[("cloud", "de-CH", "wulche")]).await;
        assert_eq!(
            clashes(&mut tx, "a", &["cloud", "drift"]).await,
            [""; 0],
            "cloud is found elsewhere there"
        );
        Stores::release_langs_in(&mut tx, &store("a"), NOW, KIND, &[("cloud", &locale("de-CH"))])
            .await
            .unwrap();
        assert_eq!(clashes(&mut tx, "a", &["cloud"]).await, ["cloud de wolke: drift"], "by giving a slug up");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_stores_kinds_and_regions_do_not_clash() {
    for_each_backend(MODULES, async |db| {
        let mut tx = db.begin().await.unwrap();
        claim(&mut tx, "a", KIND, &[("trousers", "en-US", "pants"), ("underwear", "en-GB", "pants")]).await;
        claim(&mut tx, "a", EntityKind::Category, &[("wear", "en", "pants")]).await;
        claim(&mut tx, "b", KIND, &[("shorts", "en", "pants")]).await;
        assert_eq!(clashes(&mut tx, "a", &["trousers", "underwear"]).await, [""; 0]);
        claim(&mut tx, "a", KIND, &[("shorts", "en", "pants")]).await;
        assert_eq!(
            clashes(&mut tx, "a", &["shorts", "trousers", "underwear"]).await,
            ["underwear en-GB pants: shorts", "trousers en-US pants: shorts"]
        );
    })
    .await;
}
