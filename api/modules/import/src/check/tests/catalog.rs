//! Mistakes in products.

use super::{CLOUD, edited, spoiled};
use crate::fixture::Fixture;

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
