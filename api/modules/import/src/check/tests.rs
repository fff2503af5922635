//! Every kind of mistake, planted one by one into a folder that is right.

use std::path::Path;

use crate::fixture::{Fixture, png};

/// Spoils a fresh folder and expects exactly this.
fn spoiled(spoil: impl FnOnce(&Fixture), expected: &[&str]) {
    let fixture = Fixture::new();
    spoil(&fixture);
    assert_eq!(fixture.check(), expected);
}

/// Replaces a text in a file and expects exactly this.
fn edited(file: &str, from: &str, to: &str, expected: &[&str]) {
    spoiled(|fixture| fixture.edit(file, from, to), expected);
}

const CLOUD: &str = "products/cloud/product.toml";

#[test]
fn the_fixture_is_right() {
    assert_eq!(Fixture::new().check(), [""; 0]);
}

#[test]
fn keys_and_types_of_products() {
    edited(
        CLOUD,
        "weight_g",
        "wieght_g",
        &["content/products/cloud/product.toml:16:1: unknown key 'wieght_g' (did you mean 'weight_g'?)"],
    );
    edited(
        CLOUD,
        "tax_class = \"standard\"",
        "tax_class = 19",
        &["content/products/cloud/product.toml:3:13: 'tax_class' must be a text in quotes (found 19)"],
    );
    edited(CLOUD, "type = \"bed\"\n", "", &["content/products/cloud/product.toml:1:1: missing key 'type'"]);
    edited(
        CLOUD,
        "brand = \"Tiny\"",
        "brand = \"Tiny",
        &["content/products/cloud/product.toml:2:14: not TOML: invalid basic string, expected `\"`"],
    );
    edited(
        CLOUD,
        "type = \"bed\"",
        "type = \"bad\"",
        &["content/products/cloud/product.toml:1:8: unknown product type 'bad' (known: bed)"],
    );
}

#[test]
fn prices() {
    edited(
        CLOUD,
        "DE = 499",
        "DE = -5",
        &["content/products/cloud/product.toml:19:6: price for DE must be greater than 0 (found -5.00)"],
    );
    edited(
        CLOUD,
        "JP = 79800",
        "JP = 79800.50",
        &["content/products/cloud/product.toml:20:6: 'JP': `79800.50` has more decimals than JPY has (0)"],
    );
    edited(
        CLOUD,
        "JP = 79800",
        "FR = 79800",
        &["content/products/cloud/product.toml:20:1: the store does not sell in FR (countries: DE, JP)"],
    );
    let found = {
        let fixture = Fixture::new();
        fixture.edit(CLOUD, "until = 2026-12-01T00:00:00Z", "until = 2026-11-01T00:00:00Z");
        fixture.check()
    };
    assert!(found[0].starts_with("content/products/cloud/product.toml:28:102: "), "{found:?}");
}

#[test]
fn variants() {
    edited(
        CLOUD,
        "4000000000013",
        "4000000000014",
        &[
            "content/products/cloud/product.toml:15:8: GTIN must have 8, 12, 13 or 14 digits with a right check digit (found 4000000000014)",
        ],
    );
    edited(
        CLOUD,
        "size = \"large\"",
        "size = \"huge\"",
        &[
            "content/products/cloud/product.toml:24:20: unknown value 'huge' of 'size' (allowed: small, large)",
        ],
    );
    edited(
        CLOUD,
        "sku = \"CLOUD-L\"",
        "sku = \"DRIFT\"",
        &[
            "content/products/cloud/product.toml:26:18: a bundle can't be part of itself (found DRIFT)",
            "content/products/drift/product.toml:11:7: SKU DRIFT belongs to product 'cloud'",
        ],
    );
    edited(
        CLOUD,
        "media = \"cloud.png\"",
        "media = \"drift.png\"",
        &[
            "content/products/cloud/product.toml:25:9: picture 'drift.png' of a variant must be one of the product's 'media'",
        ],
    );
    edited(
        CLOUD,
        "sku = \"DRIFT\"",
        "sku = \"NONE\"",
        &["content/products/cloud/product.toml:26:18: no product has the SKU NONE"],
    );
}

#[test]
fn things_that_products_name() {
    edited(
        CLOUD,
        "related = [\"drift\"]",
        "related = [\"gone\"]",
        &["content/products/cloud/product.toml:7:12: unknown product 'gone'"],
    );
    edited(
        CLOUD,
        "media = [\"cloud.png\"]",
        "media = [\"cloud.png\", \"no.png\"]",
        &["content/products/cloud/product.toml:6:23: picture 'no.png' is not in media/"],
    );
    edited(
        CLOUD,
        "id = \"wide\"",
        "id = \"wild\"",
        &["content/products/cloud/product.toml:4:49: unknown category 'wild'"],
    );
    edited(
        CLOUD,
        "height = 24.5",
        "width = 24.5",
        &[
            "content/products/cloud/product.toml:9:1: attribute 'height' is missing (required of a bed)",
            "content/products/cloud/product.toml:10:9: 'width' is no attribute of a bed (allowed: height, core)",
        ],
    );
}

#[test]
fn texts_of_products() {
    edited(
        "products/cloud/de.md",
        "name = \"Cloud\"\n",
        "",
        &["content/products/cloud/de.md:1:1: name missing in 'de' (needed in DE)"],
    );
    spoiled(
        |fixture| fixture.remove("products/cloud/en.md"),
        &[
            "content/products/cloud/en.md:1:1: body missing in 'en' and all its fallbacks",
            "content/products/cloud/en.md:1:1: description missing in 'en' and all its fallbacks",
            "content/products/cloud/en.md:1:1: name and slug missing in 'en' (needed in JP)",
            "content/products/cloud/en.md:1:1: summary missing in 'en' and all its fallbacks",
        ],
    );
    edited(
        "products/cloud/de.md",
        "summary = \"Ein Bett.\"\n",
        "",
        &["content/products/cloud/de.md:1:1: warning: summary missing in 'de', shown in 'en'"],
    );
    let long = format!("title = \"{}\"", "x".repeat(61));
    edited(
        "products/cloud/en.md",
        "title = \"Cloud, the bed\"",
        &long,
        &["content/products/cloud/en.md:4:9: title must have at most 60 characters (found 61)"],
    );
    let long = format!("description = \"{}\"", "x".repeat(161));
    edited(
        "products/cloud/en.md",
        "description = \"A good bed.\"",
        &long,
        &["content/products/cloud/en.md:6:15: description must have at most 160 characters (found 161)"],
    );
    edited(
        "products/cloud/en.md",
        "slug = \"cloud\"",
        "slug = \"Cloud Bed\"",
        &[
            "content/products/cloud/en.md:3:8: 'slug': `Cloud Bed` is no slug (1 to 120 lower-case letters or digits, with single `-` between words)",
        ],
    );
    edited(
        "products/cloud/en.md",
        "+++\nA bed.",
        "\nA bed.",
        &["content/products/cloud/en.md:1:4: the front matter is not closed with a line '+++'"],
    );
}

#[test]
fn links_and_anchors() {
    edited(
        "products/cloud/en.md",
        "category:beds",
        "category:bets",
        &["content/products/cloud/en.md:14:52: unknown category 'bets'"],
    );
    edited(
        "products/cloud/en.md",
        "page:shipping#costs",
        "page:shipping#cost",
        &["content/products/cloud/en.md:14:16: page 'shipping' has no anchor '#cost' in en"],
    );
    edited(
        "pages/shipping/en.md",
        "(#costs)",
        "(#coasts)",
        &["content/pages/shipping/en.md:8:18: no heading of this text has the anchor '#coasts'"],
    );
    edited(
        "products/cloud/en.md",
        "category:beds",
        "product:drift",
        &["content/products/cloud/en.md:14:52: product 'drift' is not shown in JP, and this text is"],
    );
    edited(
        "pages/shipping/en.md",
        "Free.",
        "[Imprint](page:imprint)",
        &["content/pages/shipping/en.md:8:11: page 'imprint' is not shown in JP, and this text is"],
    );
    edited(
        "pages/shipping/en.md",
        "(#costs)",
        "(/de/versand/)",
        &[
            "content/pages/shipping/en.md:8:1: link '/de/versand/' is not understood (allowed: product:id, category:id, page:name, #anchor, https://.., mailto:.., tel:..)",
        ],
    );
    edited(
        "pages/shipping/de.md",
        "::product drift",
        "::product drift cloude",
        &["content/pages/shipping/de.md:10:17: unknown product 'cloude'"],
    );
    edited(
        "pages/shipping/en.md",
        "Free. See [here](#costs).",
        "::product drift",
        &["content/pages/shipping/en.md:8:11: product 'drift' is not shown in JP, and this text is"],
    );
    edited(
        "navigation.toml",
        "category:beds",
        "category:bets",
        &["content/navigation.toml:1:9: unknown category 'bets'"],
    );
    edited(
        "pages/home/page.toml",
        "category:beds",
        "beds",
        &[
            "content/pages/home/page.toml:4:13: link 'beds' is not understood (allowed: product:id, category:id, page:name, #anchor, https://.., mailto:.., tel:..)",
        ],
    );
    edited(
        "navigation.toml",
        "footer_help",
        "footer_hilfe",
        &["content/navigation.toml:4:9: message 'footer_hilfe' is missing in de, en and all fallbacks"],
    );
}

#[test]
fn pictures_and_alt_texts() {
    edited(
        "products/cloud/de.md",
        "::picture drift.png",
        "::picture drift.jpg",
        &["content/products/cloud/de.md:11:11: picture 'drift.jpg' is not in media/"],
    );
    edited(
        "media/de.toml",
        "\"cloud.png\" = \"Ein Bett\"\n",
        "",
        &["content/media/de.toml:1:1: warning: 'cloud.png' has no alt text in 'de', that in 'en' is used"],
    );
    spoiled(
        |fixture| fixture.remove("media/en.toml"),
        &["content/media/en.toml:1:1: 'cloud.png' has no alt text in 'en' and all its fallbacks"],
    );
    edited(
        "media/de.toml",
        "drift.png",
        "drift.jpg",
        &[
            "content/media/de.toml:1:1: warning: 'drift.png' has no alt text in 'de', that in 'en' is used",
            "content/media/de.toml:2:15: picture 'drift.jpg' is not in media/",
        ],
    );
    spoiled(
        |fixture| fixture.write("media/cloud.png", "<svg/>"),
        &["content/media/cloud.png:1:1: a picture must be a JPEG or PNG file"],
    );
    spoiled(
        |fixture| fixture.write_bytes("media/extra.jpg", &png(1, 1)),
        &["content/media/extra.jpg:1:1: the file holds image/png but its name says something else"],
    );
}

#[test]
fn addresses() {
    edited(
        "products/drift/de.md",
        "slug = \"drift\"",
        "slug = \"wolke\"",
        &["content/products/drift/de.md:3:8: slug 'wolke' in de belongs to product 'cloud'"],
    );
    edited("categories/wide/de.md", "breite-betten", "versand", &[]);
    edited(
        "countries/jp.toml",
        "/jp/",
        "/de/",
        &[
            "content/countries/jp.toml:6:8: base path /de/ is that of DE as well",
            "content/redirects.toml:3:6: page 'shipping' has no anchor '#kosten' in en",
        ],
    );
    edited(
        "redirects.toml",
        "/de/alt/",
        "/de/versand/",
        &["content/redirects.toml:2:8: /de/versand/ is the address of page 'shipping'"],
    );
    edited("redirects.toml", "page:shipping#kosten", "/de/umweg/", &[]);
    let fixture = Fixture::new();
    fixture.edit("redirects.toml", "page:shipping#kosten", "/de/umweg/");
    fixture.edit("redirects.toml", "\"/de/versand/\"", "\"/de/alt/\"");
    assert_eq!(
        fixture.check(),
        [
            "content/redirects.toml:3:6: redirects must not go in a circle (found /de/alt/ > /de/umweg/ > /de/alt/)",
            "content/redirects.toml:7:6: redirects must not go in a circle (found /de/umweg/ > /de/alt/ > /de/umweg/)",
        ]
    );
    edited(
        "redirects.toml",
        "to = \"/de/versand/\"",
        "to = \"/de/vresand/\"",
        &["content/redirects.toml:7:6: no page has the address /de/vresand/"],
    );
    edited(
        "redirects.toml",
        "to = \"page:shipping#kosten\"",
        "to = \"page:delivery\"",
        &["content/redirects.toml:3:6: unknown page 'delivery'"],
    );
}

#[test]
fn pages() {
    edited(
        "pages/imprint/de.md",
        "Tiny GmbH.",
        "",
        &["content/pages/imprint/de.md:1:1: body missing in 'de' (needed in DE)"],
    );
    spoiled(
        |fixture| fixture.remove("pages/home"),
        &["content/pages/home/page.toml:1:1: the store needs a page of kind 'home'"],
    );
    edited(
        "pages/shipping/page.toml",
        "\"page\"",
        "\"home\"",
        &[
            "content/pages/shipping/de.md:3:8: the home page has no slug: it is the base path itself",
            "content/pages/shipping/en.md:3:8: the home page has no slug: it is the base path itself",
            "content/pages/shipping/page.toml:1:8: there is one home page, and 'home' is it",
        ],
    );
    spoiled(
        |fixture| fixture.remove("pages/imprint"),
        &["content/countries/de.toml:6:16: there is no page 'imprint' in pages/"],
    );
    edited(
        "pages/home/page.toml",
        "featured = [\"cloud\"]",
        "featured = [\"cloud\", \"clod\"]",
        &["content/pages/home/page.toml:5:22: unknown product 'clod'"],
    );
    edited(
        "pages/shipping/page.toml",
        "kind = \"page\"",
        "kind = \"pgae\"",
        &[
            "content/pages/shipping/page.toml:1:8: 'kind' must be one of home, page, faq, legal (found 'pgae'; did you mean 'page'?)",
        ],
    );
}

#[test]
fn the_store_and_its_countries() {
    edited(
        "store.toml",
        "default_country = \"DE\"",
        "default_country = \"FR\"",
        &["content/store.toml:4:19: the store does not sell in FR (countries: DE, JP)"],
    );
    edited(
        "store.toml",
        "https://tiny.example",
        "tiny.example",
        &[
            "content/store.toml:3:10: origin must be scheme and host without a path, such as https://shop.example (found \"tiny.example\")",
        ],
    );
    edited(
        "countries/de.toml",
        "days = [2, 4]",
        "days = [4, 2]",
        &[
            "content/countries/de.toml:21:8: days must be two numbers, from and to, such as [2, 4] (found [4, 2])",
        ],
    );
    edited(
        "categories/beds/category.toml",
        "rank = 10",
        "rank = 10\nparent = \"wide\"",
        &[
            "content/categories/beds/category.toml:2:10: categories must not be in a circle (found beds > wide > beds)",
            "content/categories/wide/category.toml:1:10: categories must not be in a circle (found wide > beds > wide)",
        ],
    );
    let fixture = Fixture::new();
    fixture.edit("countries/de.toml", "standard = \"19\"", "reduced = \"7\"");
    let found = fixture.check();
    assert!(
        found[0].starts_with("content/products/cloud/product.toml:3:13: ") && found[0].contains("DE"),
        "{found:?}"
    );
}

#[test]
fn messages() {
    edited(
        "strings/en.ftl",
        "add_to_cart = Add to cart\n",
        "",
        &["content/strings/en.ftl:1:1: message 'add_to_cart' is missing in 'en' and all its fallbacks"],
    );
    edited(
        "strings/de.ftl",
        "add_to_cart = In den Warenkorb\n",
        "",
        &[
            "content/strings/de.ftl:1:1: warning: message 'add_to_cart' is missing in 'de', that in 'en' is used",
        ],
    );
    edited(
        "strings/de.ftl",
        "{ $price }",
        "{ $amount }",
        &["content/strings/de.ftl:2:1: message 'price_from' has no argument '$amount' (allowed: $price)"],
    );
    edited(
        "strings/de.ftl",
        "payment_card",
        "payment_cart",
        &["content/countries/de.toml:4:20: message 'payment_card' is missing in de and all fallbacks"],
    );
    edited(
        "attributes/de.toml",
        "core = \"Kern\"\n",
        "",
        &[
            "content/attributes/de.toml:1:1: warning: label of attribute 'core' missing in 'de', shown in 'en'",
        ],
    );
    let fixture = Fixture::new();
    fixture.edit("strings/de.ftl", "ab { $price }", "ab { $price");
    let found = fixture.check();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("content/strings/de.ftl:"), "{found:?}");
}

#[test]
fn files_that_belong_to_nothing() {
    spoiled(
        |fixture| fixture.write("products/cloud/german.txt", "x"),
        &[
            "content/products/cloud/german.txt:1:1: no file of a product (product.toml, reviews.toml, <lang>.md)",
        ],
    );
    spoiled(
        |fixture| fixture.write("strings/notes.txt", "x"),
        &["content/strings/notes.txt:1:1: warning: the file is not read: messages stand in <lang>.ftl"],
    );
    spoiled(|fixture| fixture.write("products/cloud/.de.md.swp", "x"), &[]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let fixture = Fixture::new();
    fixture.edit(CLOUD, "brand = \"Tiny\"", "brand = 5");
    fixture.edit(CLOUD, "DE = 499", "DE = 0");
    fixture.edit("products/drift/product.toml", "height = 10", "height = = 10");
    fixture.edit("navigation.toml", "category:beds", "category:bets");
    let found = fixture.check();
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "content/navigation.toml:1:9",
            "content/products/cloud/product.toml:2:9",
            "content/products/cloud/product.toml:19:6",
            "content/products/drift/product.toml:8:10",
        ]
    );
}

#[test]
fn the_shipped_shop_has_no_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content");
    let found = crate::check_folder(&folder, &[]).unwrap();
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
