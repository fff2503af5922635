use serde_json::{Value, json};
use vitrine_core::Locale;

use super::*;
use crate::fixture::{Shop, Stock, category, choosable, country, locale, page, plain, rendered};

fn shop() -> Shop {
    let texts = json!({ "de": { "title": "Über", "slug": "ueber" } });
    let stock = Stock {
        products: vec![choosable(1, "cloud"), plain(2, "star")],
        categories: vec![category(1, "beds", "", 0)],
        ..Stock::default()
    };
    stock.with_page(page(2, "about", json!({ "kind": "page" }), texts)).open()
}

fn old(lang: Option<&str>, path: &str, target: &str) -> Redirect {
    let Ok(target) = target.parse();
    Redirect { seq: 9, lang: lang.map(locale), path: path.into(), target }
}

fn entries(
    shop: &Shop,
    base: &str,
    redirect: &Redirect,
    live: &[&str],
) -> Vec<(String, Option<String>, u16)> {
    let live = live.iter().map(|path| (*path).to_owned()).collect();
    let made = super::redirect(&shop.maker(base), redirect, &live).unwrap();
    let entries = made.into_iter().flat_map(|(_, entries)| entries);
    entries.map(|entry| (entry.from, entry.to, entry.status)).collect()
}

fn moved(from: &str, to: &str) -> (String, Option<String>, u16) {
    (from.to_owned(), Some(to.to_owned()), 301)
}

#[test]
fn an_old_slug_redirects_in_all_editions_of_its_language() {
    let (shop, redirect) = (shop(), old(Some("de"), "p/stern", "product:star"));
    for base in ["/de/", "/ch-de/"] {
        let expected = moved(&format!("{base}p/stern/"), &format!("{base}p/star-de/"));
        assert_eq!(entries(&shop, base, &redirect, &[]), [expected]);
    }
    assert_eq!(entries(&shop, "/ch-fr/", &redirect, &[]), []);
}

#[test]
fn a_renamed_product_takes_the_addresses_of_its_variants_along() {
    let (shop, redirect) = (shop(), old(Some("de"), "p/wolke", "product:cloud"));
    let variant = |sku: &str| moved(&format!("/de/p/wolke/{sku}/"), &format!("/de/p/cloud-de/{sku}/"));
    let expected = [
        moved("/de/p/wolke/", "/de/p/cloud-de/"),
        variant("cloud-sw"),
        variant("cloud-sb"),
        variant("cloud-mw"),
        variant("cloud-mb"),
    ];
    assert_eq!(entries(&shop, "/de/", &redirect, &[]), expected);
    let live = ["/de/p/wolke/cloud-sb/"];
    assert_eq!(entries(&shop, "/de/", &redirect, &live).len(), 4, "a page that stands there wins");
}

#[test]
fn a_page_that_stands_there_wins() {
    let redirect = old(Some("de"), "p/stern", "product:star");
    assert_eq!(entries(&shop(), "/de/", &redirect, &["/de/p/stern/"]), []);
}

#[test]
fn what_is_gone_or_not_shown_here_answers_410_and_has_no_file() {
    let shop = shop();
    let gone = old(Some("fr"), "p/ancien", "gone");
    let here = "/ch-fr/p/ancien/".to_owned();
    assert_eq!(entries(&shop, "/ch-fr/", &gone, &[]), [(here.clone(), None, 410)]);
    let hidden = old(Some("fr"), "p/ancien", "product:cloud");
    assert_eq!(entries(&shop, "/ch-fr/", &hidden, &[]), [(here, None, 410)]);
    let (draft, _) = super::redirect(&shop.maker("/ch-fr/"), &gone, &BTreeSet::new()).unwrap().unwrap();
    assert!(matches!(draft.body, Body::None));
    assert_eq!(draft.page, EntityKey::new(Kind::Redirect, 9).page());
}

#[test]
fn a_path_that_a_file_names_belongs_to_the_innermost_edition() {
    let mut stock = Stock::default();
    stock.countries.push(country("GB", "GBP", &[("en-GB", "/")]));
    let shop = stock.open();
    let redirect = old(None, "/de/alt/", "https://example.org/");
    assert_eq!(entries(&shop, "/de/", &redirect, &[]), [moved("/de/alt/", "https://example.org/")]);
    assert_eq!(entries(&shop, "/", &redirect, &[]), []);
    let redirect = old(None, "/old/", "/de/");
    assert_eq!(entries(&shop, "/", &redirect, &[]), [moved("/old/", "/de/")]);
    assert_eq!(entries(&shop, "/de/", &redirect, &[]), []);
}

#[test]
fn an_old_address_without_a_slash_is_a_page_unless_it_is_a_file() {
    let shop = shop();
    for (path, from) in [("/de/alt", "/de/alt/"), ("/de/p", "/de/p/"), ("/de/alt.html", "/de/alt.html")] {
        let redirect = old(None, path, "https://example.org/");
        assert_eq!(entries(&shop, "/de/", &redirect, &[]), [moved(from, "https://example.org/")]);
    }
    // A file and a folder of one name can't be.
    let redirect = old(None, "/de/p/bett/sku.1", "https://example.org/");
    assert_eq!(entries(&shop, "/de/", &redirect, &["/de/p/bett/sku.1/"]), []);
}

#[test]
fn the_page_at_an_old_address_leads_on() {
    let shop = shop();
    let redirect = old(Some("de"), "ueber-uns", "page:about#us");
    let (draft, _) = super::redirect(&shop.maker("/de/"), &redirect, &BTreeSet::new()).unwrap().unwrap();
    let html = rendered(&draft);
    assert_eq!(draft.path, "/de/ueber-uns/");
    assert!(html.contains("url=/de/ueber/#us"), "{html}");
    assert!(html.contains("https://shop.example/de/ueber/"), "{html}");
}

fn keepers(shop: &Shop) -> Vec<String> {
    let paths = shop.sites.iter().map(|site| site.edition.path.clone());
    paths.filter(|path| keeps_root(&shop.maker(path))).collect()
}

#[test]
fn one_edition_keeps_the_root_also_where_origins_differ() {
    assert_eq!(keepers(&Stock::default().open()), ["/de/"], "the default country's first");
    let mut stock = Stock::default();
    stock.countries[0]["origin"] = json!("https://shop.ch.example");
    assert_eq!(keepers(&stock.open()), ["/de/"]);
    let mut stock = Stock::default();
    stock.countries.pop();
    assert_eq!(keepers(&stock.open()), ["/ch-de/"], "the first of all where the default is not sold in");
}

#[test]
fn robots_names_the_sitemaps_of_all_editions_at_their_origins() {
    let mut stock = Stock::default();
    stock.countries[0]["origin"] = json!("https://shop.ch.example");
    let shop = stock.open();
    let text = rendered(&robots(&shop.maker("/de/")));
    let sitemaps: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("Sitemap: ")).collect();
    assert_eq!(
        sitemaps,
        [
            "https://shop.ch.example/ch-de/sitemap.xml",
            "https://shop.ch.example/ch-fr/sitemap.xml",
            "https://shop.example/de/sitemap.xml",
        ]
    );
    assert!(text.contains("Disallow: /ch-fr/checkout/\n"), "{text}");
}

#[test]
fn the_chooser_names_every_edition_in_its_language_and_depends_on_the_home_page() {
    let mut stock = Stock::default();
    stock.countries[0]["origin"] = json!("https://shop.ch.example");
    let shop = stock.open();
    let draft = chooser(&shop.maker("/de/")).unwrap().unwrap();
    let html = rendered(&draft);
    assert_eq!(draft.path, "/");
    assert!(
        html.contains("href=\"/de/\"") && html.contains("href=\"https://shop.ch.example/ch-fr/\""),
        "{html}"
    );
    assert!(html.contains(">Suisse") || html.contains("Schweiz"), "{html}");
    assert_eq!(*draft.needs, BTreeSet::from([Index::page_entity(shop.page("home"))]));
}

#[test]
fn there_is_no_chooser_where_an_edition_stands_at_the_root() {
    let mut stock = Stock::default();
    stock.countries.push(country("GB", "GBP", &[("en-GB", "/")]));
    assert!(chooser(&stock.open().maker("/de/")).unwrap().is_none());
}

#[test]
fn a_manifest_is_of_its_edition() {
    let shop = shop();
    let draft = manifest(&shop.maker("/ch-fr/"));
    let document: Value = serde_json::from_str(&rendered(&draft)).unwrap();
    assert_eq!(draft.path, "/ch-fr/manifest.webmanifest");
    assert_eq!((&document["start_url"], &document["scope"]), (&json!("/ch-fr/"), &json!("/ch-fr/")));
    assert_eq!(document["lang"], "fr-CH");
    assert_eq!(document["icons"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        Locale::try_new(document["lang"].as_str().unwrap()).unwrap().direction().as_str(),
        document["dir"]
    );
}
