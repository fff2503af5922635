use super::*;
use crate::fixture::{Shop, Stock, category, locale, media, plain};
use crate::pictures::Pictures;

fn shop() -> Shop {
    let mut hidden = plain(2, "hidden");
    hidden.texts.retain(|layer| layer.lang == locale("fr"));
    let mut stock = Stock {
        products: vec![plain(1, "cloud"), hidden],
        categories: vec![category(5, "beds", "", 0)],
        ..Stock::default()
    };
    stock.content.media.insert("room.jpg".into(), media("room.jpg", 1000, 500));
    stock.open()
}

fn made(shop: &Shop, base: &str, source: &str) -> (String, BTreeSet<EntityKey>) {
    let mut needs = BTreeSet::new();
    let rich = shop.texts.parse(source, "test").unwrap();
    let html = shop.maker(base).rich(&rich, &mut needs).unwrap();
    (html.as_str().to_owned(), needs)
}

#[test]
fn a_link_gets_the_address_of_the_edition_and_is_recorded() {
    let shop = shop();
    let (html, needs) = made(&shop, "/ch-fr/", "[Cloud](product:cloud) and [beds](category:beds)");
    assert!(html.contains("<a href=\"/ch-fr/p/cloud-fr/\">Cloud</a>"), "{html}");
    assert!(html.contains("<a href=\"/ch-fr/c/beds-fr/\">beds</a>"), "{html}");
    assert_eq!(needs, BTreeSet::from([EntityKey::new(Kind::Product, 1), EntityKey::new(Kind::Category, 5)]));
}

#[test]
fn a_link_to_what_is_not_shown_keeps_its_words_and_waits() {
    let shop = shop();
    let (html, needs) = made(&shop, "/de/", "[Soon](product:hidden), [later](product:unknown)");
    assert!(html.contains("<a>Soon</a>") && html.contains("<a>later</a>"), "{html}");
    let absent = EntityKey::absent(EntityKind::Product, "unknown");
    assert_eq!(needs, BTreeSet::from([EntityKey::new(Kind::Product, 2), absent]));
}

#[test]
fn addresses_are_escaped() {
    let (html, _) = made(&shop(), "/de/", "[out](https://example.org/?a=1&b=%22)");
    assert!(html.contains("href=\"https://example.org/?a=1&amp;b=%22\""), "{html}");
    let mut text = String::new();
    escape("\"><script>&", &mut text);
    assert_eq!(text, "&quot;&gt;&lt;script&gt;&amp;");
}

#[test]
fn components_are_filled_in_at_any_depth() {
    let source = "::: \n";
    assert!(shop().texts.parse(source, "test").is_err(), "a stray fence is an error");
    let source = "\
:::callout tip
Look at [Cloud](product:cloud).

::product cloud
:::

:::faq
### Is it soft?
:::callout note
Yes: [Cloud](product:cloud).
:::
:::
";
    let shop = shop();
    let Ok(rich) = shop.texts.parse(source, "test") else {
        panic!("{:?}", shop.texts.parse(source, "test").unwrap_err())
    };
    let (html, needs) = made(&shop, "/de/", source);
    assert_eq!(html.matches("href=\"/de/p/cloud-de/\"").count(), 3, "two links and a card: {html}");
    assert!(html.contains("class=\"callout tip\"") && html.contains("class=\"callout note\""), "{html}");
    let details = html.find("<details").unwrap();
    assert!(details < html.find("callout note").unwrap(), "the box is within the answer");
    assert_eq!(needs, BTreeSet::from([EntityKey::new(Kind::Product, 1)]));
    assert_eq!(products_of(&rich), ["cloud"]);
}

#[test]
fn a_row_of_cards_without_any_card_is_left_out() {
    let shop = shop();
    let (html, needs) = made(&shop, "/de/", "Before\n\n::product hidden\n\nAfter");
    assert!(!html.contains("class=\"cards\""), "{html}");
    assert_eq!(needs.len(), 1, "and yet it is waited for");
}

#[test]
fn a_picture_takes_the_alt_text_of_the_place_and_is_waited_for_where_it_is_missing() {
    let shop = shop();
    let (html, needs) = made(&shop, "/de/", "![A room](room.jpg)");
    assert!(html.contains("alt=\"A room\""), "{html}");
    assert_eq!(needs, BTreeSet::from([media_key("room.jpg")]));
    assert_eq!(
        Pictures::new(shop.index.content()).thumb(&vitrine_catalog::MediaRef::File("x.jpg".into())),
        None
    );
    let (html, needs) = made(&shop, "/de/", "![A cat](cat.jpg)");
    assert!(!html.contains("<img"), "{html}");
    assert_eq!(needs, BTreeSet::from([media_key("cat.jpg")]));
}

#[test]
fn a_text_is_parsed_once_and_an_error_names_page_and_line() {
    let texts = Texts::default();
    let first = texts.parse("same", "a").unwrap();
    assert!(Arc::ptr_eq(&first, &texts.parse("same", "b").unwrap()));
    let error = texts.parse("fine\n\n:::callout wrong\nx\n:::\n", "home").unwrap_err();
    assert!(error.to_string().starts_with("home: line 3: "), "{error}");
}
