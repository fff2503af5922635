//! Mistakes in links, pictures, addresses, pages, countries and words.

use super::{edited, spoiled};
use crate::fixture::{Fixture, png};

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
        "categories/wide/de.md",
        "slug = \"breite-betten\"",
        "slug = \"betten\"",
        &["content/categories/wide/de.md:3:8: slug 'betten' in de belongs to category 'beds'"],
    );
    edited(
        "pages/imprint/de.md",
        "slug = \"impressum\"",
        "slug = \"versand\"",
        &["content/pages/shipping/de.md:3:8: slug 'versand' in de belongs to page 'imprint'"],
    );
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
    for path in ["/de/../alt/", "/de/./alt/", "/de//alt/", "de/alt/"] {
        let what = format!("must be a path from the root, such as /de/old/ (found \"{path}\")");
        edited("redirects.toml", "/de/alt/", path, &[&format!("content/redirects.toml:2:8: {what}")]);
    }
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

/// `de-CH` takes what it lacks from `de`, so that the Swiss edition would have two things at one address.
#[test]
fn addresses_of_a_region() {
    for (text, slug, found) in [
        ("products/cloud/de-CH.md", "drift", "in de-CH belongs to product 'drift'"),
        ("products/drift/de-CH.md", "wolke", "in de-CH belongs to product 'cloud'"),
        ("categories/beds/de-CH.md", "breite-betten", "in de-CH belongs to category 'wide'"),
        ("categories/wide/de-CH.md", "betten", "in de-CH belongs to category 'beds'"),
        ("pages/imprint/de-CH.md", "versand", "in de-CH belongs to page 'shipping'"),
        ("pages/shipping/de-CH.md", "impressum", "in de-CH belongs to page 'imprint'"),
    ] {
        let place = |fixture: &Fixture| fixture.write(text, &format!("+++\nslug = \"{slug}\"\n+++\n"));
        spoiled(place, &[&format!("content/{text}:2:8: slug '{slug}' {found}")]);
    }
    let fixture = Fixture::new();
    fixture.write("products/drift/de-CH.md", "+++\nslug = \"wolke\"\n+++\n");
    fixture.write("products/cloud/de-CH.md", "+++\nslug = \"wulche\"\n+++\n");
    assert_eq!(fixture.check(), [""; 0], "one is found elsewhere there");
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
        &[
            "content/pages/home/page.toml:5:22: warning: product 'clod' is not in products/ and is shown only if a feed brings it (did you mean 'cloud'?)",
        ],
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
fn time_zones_and_schedules() {
    let zone = "time_zone = \"Europe/Berlin\"";
    edited(
        "countries/de.toml",
        zone,
        "time_zone = \"Berlin\"",
        &[
            "content/countries/de.toml:2:13: time_zone must be a name of the IANA database, such as Europe/Berlin (found \"Berlin\")",
        ],
    );
    edited(
        "countries/de.toml",
        zone,
        &format!("{zone}\nschedule = \"0 4 * * *\""),
        &[
            "content/countries/de.toml:3:12: schedule must be \"never\" or cron as in \"0 0 4 * * *\", which is 04:00 every day (found \"0 4 * * *\": it must have six fields)",
        ],
    );
    edited(
        "countries/de.toml",
        zone,
        &format!("{zone}\nschedule = \"0 0 4 31 2 *\""),
        &[
            "content/countries/de.toml:3:12: schedule must be \"never\" or cron as in \"0 0 4 * * *\", which is 04:00 every day (found \"0 0 4 31 2 *\": no day fits it)",
        ],
    );
    for right in ["never", "0 30 2 * * MON-FRI"] {
        edited("countries/de.toml", zone, &format!("{zone}\nschedule = \"{right}\""), &[]);
    }
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
