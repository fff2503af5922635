use proptest::prelude::*;
use serde_json::json;
use vitrine_catalog::ProductRecord;

use super::*;
use crate::fixture::{Shop, Stock, category, plain, read, rendered};

/// A shop with one category of so many products; those numbered above `abroad` are not sold in Switzerland.
fn shop(products: i64, abroad: i64) -> Shop {
    let placed = |seq: i64| -> ProductRecord {
        let mut record = plain(seq, &format!("bed-{seq:04}"));
        record.product.categories = read(json!([{ "id": "beds" }]));
        if seq > abroad {
            record.product.not_in = read(json!(["CH"]));
        }
        record
    };
    Stock {
        products: (1..=products).map(placed).collect(),
        categories: vec![category(1, "beds", "", 0)],
        ..Stock::default()
    }
    .open()
}

fn shelf(shop: &Shop) -> Shelf<'_> {
    Shelf::new(&shop.sites, &shop.index, shop.as_of, shop.index.category(1).unwrap())
}

fn shapes(shop: &Shop, base: &str) -> Vec<i64> {
    shelf(shop).pages(shop.maker(base).site.number).iter().map(|page| page.shape).collect()
}

/// Labels of a pager, the current page in brackets.
fn labels(pages: usize, current: usize) -> String {
    let shop = Stock::default().open();
    let seqs = (0..i64::try_from(pages * LISTING_PAGE).unwrap()).collect();
    let listing = Listing { path: "/de/c/beds/".into(), seqs };
    let Some(pager) = pager(&shop.maker("/de/"), &listing, current) else { return String::new() };
    let labels = pager.links.iter().map(|link| match link.current {
        true => format!("[{}]", link.label),
        false => link.label.to_string(),
    });
    labels.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_pager_shows_ends_and_neighbours_with_gaps_between() {
    assert_eq!(labels(1, 1), "");
    assert_eq!(labels(2, 1), "[1] 2");
    assert_eq!(labels(9, 1), "[1] 2 3 … 9");
    assert_eq!(labels(9, 4), "1 2 3 [4] 5 6 … 9");
    assert_eq!(labels(9, 5), "1 … 3 4 [5] 6 7 … 9");
    assert_eq!(labels(9, 9), "1 … 7 8 [9]");
}

#[test]
fn a_pager_leads_to_the_pages_beside() {
    let shop = shop(60, 60);
    let shelf = shelf(&shop);
    let maker = shop.maker("/de/");
    let listing = shelf.listing(maker.site.number).unwrap();
    let ends = |number| {
        let pager = pager(&maker, listing, number).unwrap();
        (pager.prev.map(|url| url.into_owned()), pager.next.map(|url| url.into_owned()))
    };
    let path = |rest: &str| Some(format!("/de/c/beds-de/{rest}"));
    assert_eq!(ends(1), (None, path("2/")));
    assert_eq!(ends(2), (path(""), path("3/")), "the first page has no number");
    assert_eq!(ends(3), (path("2/"), None));
}

#[test]
fn an_empty_category_has_one_page() {
    let shop = shop(0, 0);
    let shelf = shelf(&shop);
    let pages = shelf.pages(shop.maker("/de/").site.number);
    assert_eq!(pages.iter().map(|page| (page.number, page.seqs.len())).collect::<Vec<_>>(), [(1, 0)]);
    let draft = listing_page(&shop.maker("/de/"), &shelf, &pages[0]).unwrap().unwrap();
    assert!(rendered(&draft).contains("category_empty"));
}

#[test]
fn a_page_shows_its_cards_and_is_recorded_with_them() {
    let shop = shop(30, 30);
    let shelf = shelf(&shop);
    let maker = shop.maker("/ch-fr/");
    let pages = shelf.pages(maker.site.number);
    let drafts: Vec<Draft<'_>> =
        pages.iter().map(|page| listing_page(&maker, &shelf, page).unwrap().unwrap()).collect();
    assert_eq!(
        drafts.iter().map(|draft| draft.path.as_str()).collect::<Vec<_>>(),
        ["/ch-fr/c/beds-fr/", "/ch-fr/c/beds-fr/2/"]
    );
    let cards = |at: usize| rendered(&drafts[at]).matches("<article class=\"card\"").count();
    assert_eq!((cards(0), cards(1)), (24, 6));
    let shown =
        drafts[1].needs.iter().filter(|need| need.kind() == Some(Kind::Product)).map(|need| need.seq());
    assert_eq!(shown.collect::<Vec<_>>(), (25..=30).collect::<Vec<i64>>());
    assert!(
        rendered(&drafts[1])
            .contains("<link rel=\"canonical\" href=\"https://shop.example/ch-fr/c/beds-fr/2/\">")
    );
}

#[test]
fn a_description_that_was_left_out_is_the_text_without_markup() {
    let mut beds = category(1, "beds", "", 0);
    beds.texts = read(
        json!({ "de": { "name": "Betten", "slug": "betten", "body": "**Weich** und [warm](page:home)." } }),
    );
    let shop = Stock { categories: vec![beds], ..Stock::default() }.open();
    let shelf = shelf(&shop);
    let pages = shelf.pages(shop.maker("/de/").site.number);
    let html = rendered(&listing_page(&shop.maker("/de/"), &shelf, &pages[0]).unwrap().unwrap());
    assert!(html.contains("<meta name=\"description\" content=\"Weich und warm.\">"), "{html}");
}

#[test]
fn the_shape_says_which_editions_have_such_a_page() {
    let (fewer, more) = (shop(30, 20), shop(30, 30));
    let (before, after) = (shapes(&fewer, "/de/"), shapes(&more, "/de/"));
    assert_eq!(before[0], after[0], "both editions have a first page");
    assert_ne!(before[1], after[1], "the second has got an alternate in Switzerland");
}

proptest! {
    #[test]
    fn the_shape_is_that_of_what_a_page_shows_and_of_how_many_there_are(
        left in proptest::collection::vec(0i64..40, 0..80),
        right in proptest::collection::vec(0i64..40, 0..80),
    ) {
        let record = category(1, "beds", "", 0);
        let pages = |seqs: &[i64]| {
            let listing = Listing { path: "/de/c/beds/".into(), seqs: seqs.to_vec() };
            Shelf { record: &record, listings: BTreeMap::from([(0, listing)]) }.pages(0)
        };
        for (a, b) in pages(&left).iter().zip(&pages(&right)) {
            let same = a.seqs == b.seqs && left.len() == right.len();
            prop_assert_eq!(a.shape == b.shape, same);
        }
        let shown: Vec<i64> = pages(&left).into_iter().flat_map(|page| page.seqs).collect();
        prop_assert_eq!(shown, left, "every product on exactly one page, in order");
    }
}
