use vitrine_catalog::ProductRecord;
use vitrine_core::Entity;

use super::*;
use crate::fixture::{Stock, category, choosable, outline, plain};

fn loaded(products: Vec<ProductRecord>) -> Loaded {
    let categories =
        vec![category(1, "beds", "", 0), category(2, "low", "beds", 0), category(3, "deep", "low", 0)];
    let shop = Stock { products, categories, ..Stock::default() }.open();
    Loaded::new(Revision(1), shop.context, shop.index, Vec::new())
}

fn entities(loaded: &Loaded, kind: EntityKind, id: &str, change: ChangeKind) -> Option<BTreeSet<EntityKey>> {
    loaded.entities(&[Change::new(Entity::new(kind, id), change)])
}

#[test]
fn a_changed_product_is_itself_and_a_new_one_is_what_others_waited_for() {
    let loaded = loaded(vec![plain(4, "cloud")]);
    let product = EntityKey::new(Kind::Product, 4);
    let of = |change| entities(&loaded, EntityKind::Product, "cloud", change).unwrap();
    assert_eq!(of(ChangeKind::Price), BTreeSet::from([product]));
    let sku = EntityKey::absent_sku(&vitrine_core::Sku::try_new("CLOUD-1").unwrap());
    assert_eq!(of(ChangeKind::Changed), BTreeSet::from([product, sku]), "a SKU may have moved here");
    let absent = EntityKey::absent(EntityKind::Product, "cloud");
    assert_eq!(of(ChangeKind::Added), BTreeSet::from([product, sku, absent]));
}

#[test]
fn a_removed_product_is_known_by_its_number_or_everything_is_looked_at() {
    let mut loaded = loaded(vec![choosable(4, "cloud")]);
    let of = |loaded: &Loaded| entities(loaded, EntityKind::Product, "cloud", ChangeKind::Removed);
    loaded.index.refresh_products(&[4], Vec::new());
    assert_eq!(of(&loaded), Some(BTreeSet::from([EntityKey::new(Kind::Product, 4)])));
    loaded.index.refresh_products(&[9], vec![outline(&choosable(9, "cloud"))]);
    let both = of(&loaded).unwrap();
    assert!(
        both.contains(&EntityKey::new(Kind::Product, 4)) && both.contains(&EntityKey::new(Kind::Product, 9))
    );
    assert_eq!(entities(&loaded, EntityKind::Product, "never-seen", ChangeKind::Removed), None);
}

#[test]
fn a_category_brings_those_above_and_right_below() {
    let loaded = loaded(Vec::new());
    let of = |id| {
        let found = entities(&loaded, EntityKind::Category, id, ChangeKind::Changed).unwrap();
        found.into_iter().map(EntityKey::seq).collect::<Vec<_>>()
    };
    assert_eq!(of("beds"), [1, 2]);
    assert_eq!(of("deep"), [1, 2, 3]);
    assert_eq!(entities(&loaded, EntityKind::Category, "gone", ChangeKind::Changed), None);
    assert_eq!(entities(&loaded, EntityKind::Category, "beds", ChangeKind::Removed), None);
}

#[test]
fn pages_and_pictures_are_known_by_name() {
    let loaded = loaded(Vec::new());
    let page = entities(&loaded, EntityKind::Page, "home", ChangeKind::Changed);
    assert_eq!(page, Some(BTreeSet::from([EntityKey::new(Kind::Content, 1)])));
    assert_eq!(entities(&loaded, EntityKind::Page, "gone", ChangeKind::Changed), None);
    let one = entities(&loaded, EntityKind::Media, "white.jpg", ChangeKind::Changed);
    assert_eq!(one, Some(BTreeSet::from([media_key("white.jpg")])));
    let removed = entities(&loaded, EntityKind::Media, "removed.jpg", ChangeKind::Removed).unwrap();
    assert!(removed.contains(&media_key("removed.jpg")));
}

#[test]
fn what_every_page_carries_is_no_entity() {
    let loaded = loaded(Vec::new());
    for kind in [EntityKind::Store, EntityKind::Country, EntityKind::Strings, EntityKind::Navigation] {
        assert_eq!(entities(&loaded, kind, "x", ChangeKind::Changed), Some(BTreeSet::new()), "{kind:?}");
    }
}
