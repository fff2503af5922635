use serde_json::{Value, json};

use super::*;
use crate::fixture::{Shop, Stock, category, page, plain, read, rendered, structured};

fn with(name: &str, facts: Value, texts: Value) -> Shop {
    let products = vec![plain(1, "cloud"), plain(2, "star")];
    let categories = vec![category(1, "beds", "", 0)];
    Stock { products, categories, ..Stock::default() }.with_page(page(7, name, facts, texts)).open()
}

fn made<'a>(shop: &'a Shop, base: &str, name: &str) -> Option<Draft<'a>> {
    content_page(&shop.maker(base), shop.page(name)).unwrap()
}

#[test]
fn a_page_is_shown_where_it_has_a_title_in_the_language() {
    let shop = with(
        "about",
        json!({ "kind": "page" }),
        json!({
            "de": { "title": "Über", "slug": "ueber", "body": "## Wir\n\nText mit **Wort**." },
        }),
    );
    let draft = made(&shop, "/ch-de/", "about").unwrap();
    let html = rendered(&draft);
    assert_eq!(draft.path, "/ch-de/ueber/");
    assert!(html.contains("<title>Über | Shop</title>") && html.contains("<strong>Wort</strong>"), "{html}");
    assert!(html.contains("content=\"Text mit Wort.\""), "the description is without markup: {html}");
    assert!(made(&shop, "/ch-fr/", "about").is_none());
}

#[test]
fn a_page_of_some_countries_is_shown_there_only() {
    let facts = json!({ "kind": "page", "countries": ["CH"] });
    let shop = with("about", facts, json!({ "de": { "title": "Über", "slug": "ueber" } }));
    assert!(made(&shop, "/ch-de/", "about").is_some());
    assert!(made(&shop, "/de/", "about").is_none());
}

#[test]
fn legal_texts_are_never_borrowed_from_another_language() {
    let texts = json!({
        "de": { "title": "Impressum", "slug": "impressum", "body": "Deutscher Text." },
        "fr": { "title": "Mentions", "slug": "mentions" },
    });
    let html = |kind: &str| {
        let shop = with("imprint", json!({ "kind": kind }), texts.clone());
        rendered(&made(&shop, "/ch-fr/", "imprint").unwrap())
    };
    assert!(html("page").contains("Deutscher Text."));
    assert!(!html("legal").contains("Deutscher Text."));
}

#[test]
fn questions_are_told_to_search_engines() {
    let body = ":::faq\n### Weich?\nJa.\n:::\n";
    let texts = json!({ "de": { "title": "Fragen", "slug": "fragen", "body": body } });
    let shop = with("questions", json!({ "kind": "faq" }), texts);
    let draft = made(&shop, "/de/", "questions").unwrap();
    let documents = structured(&rendered(&draft));
    let faq = documents.iter().find(|one| one["@type"] == "FAQPage").unwrap();
    assert_eq!(faq["mainEntity"][0]["name"], "Weich?");
    assert!(draft.needs.contains(&EntityKey::absent(EntityKind::Page, CONTACT_PAGE)), "it would link there");
}

fn home_shop() -> Shop {
    let facts = json!({
        "kind": "home", "hero": "white.jpg", "hero_link": "category:beds",
        "featured": ["star", "unknown", "cloud"], "categories": ["beds", "nothing"],
    });
    let texts = json!({ "de": { "title": "Start", "headline": "Schlaf", "call_to_action": "Los" } });
    let mut stock = Stock {
        products: vec![plain(1, "cloud"), plain(2, "star")],
        categories: vec![category(1, "beds", "", 0)],
        ..Stock::default()
    };
    stock.content.pages.clear();
    stock.with_page(page(1, "home", facts, texts)).open()
}

#[test]
fn a_home_page_shows_what_it_names_in_that_order_and_waits_for_the_rest() {
    let shop = home_shop();
    let draft = made(&shop, "/de/", "home").unwrap();
    let html = rendered(&draft);
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is missing in {html}"));
    assert!(at("/de/p/star-de/") < at("/de/p/cloud-de/"));
    assert!(html.contains("href=\"/de/c/beds-de/\""), "the call to action and the tile: {html}");
    let waits = [
        EntityKey::absent(EntityKind::Product, "unknown"),
        EntityKey::absent(EntityKind::Category, "nothing"),
        EntityKey::absent(EntityKind::Page, "returns"),
        EntityKey::absent(EntityKind::Page, DELIVERY_PAGE),
        EntityKey::new(Kind::Category, 1),
        EntityKey::new(Kind::Product, 2),
        media_key("white.jpg"),
    ];
    assert!(waits.iter().all(|need| draft.needs.contains(need)), "{:?}", draft.needs);
    let kinds: Vec<Value> = structured(&html).iter().map(|one| one["@type"].clone()).collect();
    assert_eq!(kinds, ["OnlineStore", "WebSite"]);
}

#[test]
fn a_page_without_a_picture_is_shared_with_that_of_the_home_page_and_depends_on_it() {
    let texts = json!({ "de": { "title": "Über", "slug": "ueber" } });
    let mut stock = Stock::default();
    stock.content.pages.values_mut().for_each(|home| home.facts.hero = Some("blue.jpg".into()));
    let shop = stock.with_page(page(7, "about", json!({ "kind": "page" }), texts)).open();
    let draft = made(&shop, "/de/", "about").unwrap();
    let home = Index::page_entity(shop.page("home"));
    assert!(draft.needs.contains(&home) && draft.needs.contains(&media_key("blue.jpg")));
    assert!(rendered(&draft).contains("property=\"og:image\""));
}

#[test]
fn the_page_for_404_helps_on_and_depends_on_the_home_page() {
    let shop = home_shop();
    let draft = not_found(&shop.maker("/de/")).unwrap();
    let html = rendered(&draft);
    assert_eq!(draft.path, "/de/404.html");
    assert!(html.contains("noindex") && html.contains("/de/p/star-de/"), "{html}");
    assert!(draft.needs.contains(&Index::page_entity(shop.page("home"))));
}

#[test]
fn links_to_hidden_targets_are_left_out_of_menus() {
    let mut stock = home_stock_with_menu();
    stock.content.navigation = read(json!({ "main": ["category:beds", "page:gone", "product:cloud"] }));
    let shop = stock.open();
    let html = rendered(&not_found(&shop.maker("/de/")).unwrap());
    assert!(html.contains("/de/c/beds-de/") && !html.contains("gone"), "{html}");
}

fn home_stock_with_menu() -> Stock {
    Stock {
        products: vec![plain(1, "cloud")],
        categories: vec![category(1, "beds", "", 0)],
        ..Stock::default()
    }
}
