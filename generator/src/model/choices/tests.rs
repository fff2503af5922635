use vitrine_catalog::Availability;

use super::*;
use crate::fixture::{Shop, Stock, choosable};

/// Links of an option as `(label, sku of the page, selected, sold out, has a picture)`.
fn links(shop: &Shop, shown: &str, option: usize) -> Vec<(String, String, bool, bool, bool)> {
    let maker = shop.maker("/de/");
    let shared = shop.shared("/de/", 1).unwrap();
    let visible = shared.variants.iter().find(|one| one.variant.sku.as_str() == shown).unwrap();
    let groups = option_groups(&maker, &shared, visible);
    groups[option]
        .values
        .iter()
        .map(|value| {
            let url = value.url.as_deref().unwrap_or_default();
            let sku = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            (value.label.to_string(), sku, value.selected, value.sold_out, value.thumb.is_some())
        })
        .collect()
}

fn row(
    label: &str,
    sku: &str,
    selected: bool,
    sold_out: bool,
    pictured: bool,
) -> (String, String, bool, bool, bool) {
    (label.to_owned(), sku.to_owned(), selected, sold_out, pictured)
}

#[test]
fn a_choice_leads_to_the_variant_that_differs_in_it_alone() {
    let shop = Stock { products: vec![choosable(1, "cloud")], ..Stock::default() }.open();
    assert_eq!(
        links(&shop, "CLOUD-SB", 0),
        [row("klein", "cloud-sb", true, false, false), row("mittel", "cloud-mb", false, false, false)]
    );
    assert_eq!(
        links(&shop, "CLOUD-SB", 1),
        [row("white", "cloud-sw", false, false, true), row("blue", "cloud-sb", true, false, true)],
        "colours differ in their picture, sizes don't"
    );
}

#[test]
fn where_no_such_variant_is_sold_it_leads_to_the_first_that_has_the_choice() {
    let mut cloud = choosable(1, "cloud");
    cloud.product.variants.retain(|variant| variant.sku.as_str() != "CLOUD-MB");
    let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
    let sizes = links(&shop, "CLOUD-SB", 0);
    assert_eq!(sizes[1], row("mittel", "cloud-mw", false, false, false));
}

#[test]
fn a_choice_is_sold_out_if_the_variant_it_leads_to_is() {
    let mut cloud = choosable(1, "cloud");
    let sku = cloud.product.variants[3].sku.clone();
    cloud.availability.insert(sku, Availability::Out);
    let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
    let sold_out = |shown, option| -> Vec<bool> {
        links(&shop, shown, option).into_iter().map(|(_, _, _, sold_out, _)| sold_out).collect()
    };
    assert_eq!(sold_out("CLOUD-SB", 0), [false, true], "the blue one in medium");
    assert_eq!(sold_out("CLOUD-SW", 0), [false, false]);
}

#[test]
fn values_that_no_visible_variant_has_are_left_out() {
    let mut cloud = choosable(1, "cloud");
    cloud.product.variants.truncate(2);
    let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
    let sizes = links(&shop, "CLOUD-SW", 0);
    assert_eq!(sizes.len(), 1, "only small is sold: {sizes:?}");
}
