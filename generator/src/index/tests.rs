use serde_json::json;
use vitrine_catalog::ProductRecord;

use super::*;
use crate::fixture::{NOW, Shop, Stock, category, choosable, day, outline, page, plain, product, read};

fn placed(seq: i64, id: &str, places: &[(&str, i64)]) -> ProductRecord {
    let mut record = plain(seq, id);
    let places: Vec<_> = places.iter().map(|(id, rank)| json!({ "id": id, "rank": rank })).collect();
    record.product.categories = read(json!(places));
    record
}

fn names(index: &Index) -> Vec<(&str, usize)> {
    index.tree().map(|(record, depth)| (record.category.id.as_str(), depth)).collect()
}

fn listed(shop: &Shop, base: &str, category: &str) -> Vec<i64> {
    let view = shop.maker(base).view;
    view.listing(shop.index.category_by_id(&CategoryId::try_new(category).unwrap()).unwrap())
}

fn resolved(shop: &Shop, base: &str, link: &str) -> Option<String> {
    shop.maker(base).view.resolve(&LinkTarget::parse(link).unwrap()).0
}

#[test]
fn the_tree_has_parents_first_and_siblings_by_rank_and_then_by_id() {
    let index = Index::new(
        Vec::new(),
        vec![
            category(1, "b", "", 1),
            category(2, "a", "", 1),
            category(3, "first", "", 0),
            category(4, "child", "b", 9),
            category(5, "grandchild", "child", 0),
            category(6, "stray", "unknown", 5),
        ],
        ContentSet::default(),
    );
    assert_eq!(
        names(&index),
        [("first", 0), ("a", 0), ("b", 0), ("child", 1), ("grandchild", 2), ("stray", 0)]
    );
    let path: Vec<i64> =
        index.ancestry(&CategoryId::try_new("grandchild").unwrap()).iter().map(|r| r.seq).collect();
    assert_eq!(path, [1, 4, 5]);
}

#[test]
fn a_circle_of_categories_is_left_out_and_does_not_hang() {
    let circle = vec![category(1, "a", "b", 0), category(2, "b", "a", 0), category(3, "c", "c", 0)];
    let index = Index::new(Vec::new(), circle, ContentSet::default());
    assert_eq!(names(&index), []);
    assert_eq!(index.ancestry(&CategoryId::try_new("a").unwrap()).len(), 2);
}

#[test]
fn a_category_lists_its_own_products_by_rank_and_then_those_below_each_once() {
    let stock = Stock {
        categories: vec![
            category(1, "beds", "", 0),
            category(2, "low", "beds", 0),
            category(3, "other", "", 1),
        ],
        products: vec![
            placed(1, "z", &[("beds", 1)]),
            placed(2, "y", &[("beds", 1), ("low", 0)]),
            placed(3, "x", &[("low", 5)]),
            placed(4, "w", &[("other", 0)]),
            placed(5, "v", &[("beds", 0)]),
        ],
        ..Stock::default()
    };
    let shop = stock.open();
    assert_eq!(listed(&shop, "/de/", "beds"), [5, 2, 1, 3]);
    assert_eq!(listed(&shop, "/de/", "low"), [2, 3]);
    let categories: BTreeSet<i64> = shop.index.listed_in(3).collect();
    assert_eq!(categories, BTreeSet::from([1, 2]), "the parent lists it as well");
}

#[test]
fn every_product_comes_once_with_the_first_category_that_has_it() {
    let index = Index::new(
        [
            placed(1, "z", &[("beds", 1)]),
            placed(2, "y", &[("beds", 2), ("low", 0)]),
            placed(3, "x", &[("low", 5)]),
            placed(4, "w", &[]),
            placed(5, "v", &[("gone", 0)]),
        ]
        .iter()
        .map(outline)
        .collect(),
        vec![category(1, "beds", "", 0), category(2, "low", "beds", 0), category(3, "empty", "", 1)],
        ContentSet::default(),
    );
    let all = index.by_category();
    let all: Vec<(Option<i64>, &[i64])> =
        all.iter().map(|(record, seqs)| (record.map(|record| record.seq), seqs.as_slice())).collect();
    assert_eq!(all, [(Some(1), &[1, 2][..]), (Some(2), &[3]), (Some(3), &[]), (None, &[4, 5])]);
}

#[test]
fn a_listing_leaves_out_what_the_edition_does_not_show() {
    let mut german = placed(1, "german", &[("beds", 0)]);
    german.texts.retain(|layer| layer.lang.as_str() == "de");
    let mut coming = placed(2, "coming", &[("beds", 0)]);
    coming.product.publish_at = Some(day(NOW + 1));
    let mut abroad = placed(3, "abroad", &[("beds", 0)]);
    abroad.product.not_in = read(json!(["DE"]));
    let stock = Stock {
        categories: vec![category(1, "beds", "", 0)],
        products: vec![german, coming, abroad],
        ..Stock::default()
    };
    let shop = stock.open();
    assert_eq!(listed(&shop, "/de/", "beds"), [1]);
    assert_eq!(listed(&shop, "/ch-de/", "beds"), [3, 1]);
    assert_eq!(listed(&shop, "/ch-fr/", "beds"), [3]);
}

#[test]
fn every_kind_of_link_leads_to_its_target_in_the_edition() {
    let stock = Stock {
        categories: vec![category(1, "beds", "", 0)],
        products: vec![choosable(1, "cloud"), plain(2, "star")],
        ..Stock::default()
    };
    let texts = json!({ "de": { "title": "Versand", "slug": "versand" } });
    let shop = stock.with_page(page(2, "shipping", json!({ "kind": "page" }), texts)).open();
    let cases = [
        ("product:cloud", "/de/p/cloud-de/"),
        ("product:cloud?CLOUD-SB", "/de/p/cloud-de/cloud-sb/"),
        ("product:cloud?OTHER", "/de/p/cloud-de/"),
        ("product:star?STAR-1", "/de/p/star-de/"),
        ("category:beds", "/de/c/beds-de/"),
        ("category:beds#foam", "/de/c/beds-de/#foam"),
        ("page:shipping", "/de/versand/"),
        ("page:shipping#costs", "/de/versand/#costs"),
        ("page:home", "/de/"),
        ("#here", "#here"),
        ("https://example.org/?a=b", "https://example.org/?a=b"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ];
    for (link, path) in cases {
        assert_eq!(resolved(&shop, "/de/", link).as_deref(), Some(path), "{link}");
    }
    assert_eq!(resolved(&shop, "/ch-fr/", "page:shipping"), None, "it has no French words");
    assert_eq!(resolved(&shop, "/ch-fr/", "product:cloud"), None, "it is not sold there");
}

#[test]
fn a_hidden_target_and_an_absent_one_are_both_waited_for() {
    let mut coming = plain(7, "coming");
    coming.product.publish_at = Some(day(NOW + 1));
    let shop = Stock { products: vec![coming], ..Stock::default() }.open();
    let need = |link: &str| shop.maker("/de/").view.resolve(&LinkTarget::parse(link).unwrap());
    assert_eq!(need("product:coming"), (None, Some(EntityKey::new(Kind::Product, 7))));
    for (kind, link) in [
        (EntityKind::Product, "product:none"),
        (EntityKind::Category, "category:none#a"),
        (EntityKind::Page, "page:none#a"),
    ] {
        assert_eq!(need(link), (None, Some(EntityKey::absent(kind, "none"))), "{link}");
    }
    assert_eq!(need("#a").1, None);
}

#[test]
fn a_page_without_a_title_in_the_language_has_no_address_there() {
    let texts = json!({ "de": { "title": "Über", "slug": "ueber" }, "fr": { "slug": "a-propos" } });
    let shop = Stock::default().with_page(page(2, "about", json!({ "kind": "page" }), texts)).open();
    assert_eq!(resolved(&shop, "/ch-de/", "page:about").as_deref(), Some("/ch-de/ueber/"));
    assert_eq!(resolved(&shop, "/ch-fr/", "page:about"), None);
}

#[test]
fn products_are_due_at_each_of_their_moments_the_first_left_out_and_the_last_counted() {
    let mut record = product(
        1,
        "timed",
        json!({ "variants": [{ "number": 0, "sku": "T" }], "unpublish_at": day(20) }),
        json!({ "DE": { "0": { "windows": [{ "minor": 5, "from": day(10), "until": day(15) }] } } }),
        json!({}),
    );
    record.product.publish_at = Some(day(5));
    let index = Index::new(vec![outline(&record)], Vec::new(), ContentSet::default());
    let due = |after, until| index.due(day(after), day(until)).count();
    for moment in [5, 10, 15, 20] {
        assert_eq!((due(moment - 1, moment), due(moment, moment + 1)), (1, 0), "day {moment}");
    }
    assert_eq!(due(0, 30), 4);
    assert_eq!(due(30, 0), 0, "time that runs backwards brings nothing");
}

#[test]
fn a_refreshed_product_leaves_nothing_of_its_former_self() {
    let before = placed(1, "cloud", &[("beds", 0)]);
    let mut index =
        Index::new(vec![outline(&before)], vec![category(1, "beds", "", 0)], ContentSet::default());
    let mut after = choosable(1, "cloud");
    after.product.publish_at = Some(day(3));
    index.refresh_products(&[1], vec![outline(&after)]);
    assert_eq!(index.seq_of_sku(&Sku::try_new("CLOUD-1").unwrap()), None);
    assert_eq!(index.seq_of_sku(&Sku::try_new("CLOUD-SB").unwrap()), Some(1));
    assert_eq!(index.listed_in(1).count(), 0);
    assert_eq!(index.members.values().map(BTreeSet::len).sum::<usize>(), 0);
    assert_eq!(index.due(day(2), day(3)).collect::<Vec<_>>(), [1]);
    index.refresh_products(&[1], vec![outline(&before)]);
    let same = Index::new(vec![outline(&before)], vec![category(1, "beds", "", 0)], ContentSet::default());
    assert_eq!((index.moments, index.by_sku, index.products), (same.moments, same.by_sku, same.products));
}

#[test]
fn the_numbers_of_a_removed_product_are_remembered_until_it_is_back_under_the_same() {
    let record = plain(4, "cloud");
    let id = record.product.id.clone();
    let mut index = Index::new(vec![outline(&record)], Vec::new(), ContentSet::default());
    let departed = |index: &Index| index.departed(&id).collect::<Vec<_>>();
    assert!(departed(&index).is_empty());
    index.refresh_products(&[4], Vec::new());
    assert_eq!((departed(&index), index.seq_of(&id)), (vec![4], None));
    index.refresh_products(&[9], vec![outline(&plain(9, "cloud"))]);
    assert_eq!((departed(&index), index.seq_of(&id)), (vec![4], Some(9)));
    index.refresh_products(&[9], Vec::new());
    assert_eq!((departed(&index), index.seq_of(&id)), (vec![4, 9], None));
    index.refresh_products(&[4], vec![outline(&record)]);
    assert_eq!(departed(&index), [9]);
}

#[test]
fn a_sku_may_move_from_one_product_to_another() {
    let (mut a, mut b) = (plain(1, "a"), plain(2, "b"));
    let mut index = Index::new(vec![outline(&a), outline(&b)], Vec::new(), ContentSet::default());
    std::mem::swap(&mut a.product.variants, &mut b.product.variants);
    index.refresh_products(&[1, 2], vec![outline(&b), outline(&a)]);
    assert_eq!(index.seq_of_sku(&Sku::try_new("A-1").unwrap()), Some(2));
    assert_eq!(index.seq_of_sku(&Sku::try_new("B-1").unwrap()), Some(1));
}

#[test]
fn only_variants_of_several_have_pages() {
    let mut cloud = choosable(1, "cloud");
    let shop = Stock { products: vec![cloud.clone(), plain(2, "star")], ..Stock::default() }.open();
    let pages = |shop: &Shop, seq| shop.maker("/de/").view.variant_pages(seq).len();
    assert_eq!((pages(&shop, 1), pages(&shop, 2)), (4, 0));
    cloud.product.variants.iter_mut().skip(1).for_each(|variant| variant.not_in = read(json!(["DE"])));
    let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
    assert_eq!(pages(&shop, 1), 0, "the others are not sold here");
}
