//! Each rule, broken once in a product that is otherwise right.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{CategoryId, Currency, TaxClass};

use super::*;
use crate::{
    CategoryInput, CountryFacts, Known, Problem, SchemaInput, Severity, validate_categories,
    validate_product, validate_schema,
};

fn schema() -> SchemaInput {
    serde_json::from_value(json!({
        "schema": {
            "attribute": {
                "size": { "type": "choice", "values": ["s", "m"] },
                "height": { "type": "number", "unit": "cm" },
                "washable": { "type": "boolean" },
                "core": { "type": "text" },
                "wood": { "type": "choice", "values": ["oak"] },
            },
            "type": {
                "bed": { "options": ["size"], "attributes": ["height", "washable", "core"], "required": ["height", "core"] },
            },
        },
        "texts": { "de": { "label": { "size": "Größe" }, "value": { "size": { "s": "klein" } }, "type": { "bed": "Bett" } } },
    }))
    .unwrap()
}

fn facts(code: &str, currency: Currency, chains: &[&[&str]]) -> CountryFacts {
    CountryFacts {
        country: country(code),
        currency,
        tax_classes: [TaxClass::try_new("standard").unwrap()].into(),
        chains: chains.iter().map(|chain| chain.iter().map(|tag| lang(tag)).collect()).collect(),
    }
}

fn right() -> Value {
    json!({
        "product": {
            "id": "oak", "type": "bed", "tax_class": "standard",
            "categories": [{ "id": "beds" }], "options": ["size"], "media": ["oak.jpg"], "related": ["pine"],
            "attributes": { "height": { "number": "32.5" }, "washable": false },
            "variants": [
                { "sku": "OAK-S", "options": { "size": "s" }, "gtin": "4000000000013", "media": 0 },
                { "sku": "OAK-M", "options": { "size": "m" }, "parts": [{ "sku": "OTHER", "quantity": 2 }] },
            ],
        },
        "texts": {
            "de": { "name": "Eiche", "slug": "eiche", "description": "Ein Bett.", "attributes": { "core": "Holz" } },
            "en": { "name": "Oak", "slug": "oak", "description": "A bed.", "attributes": { "core": "wood" } },
        },
        "prices": {
            "OAK-S": { "DE": { "base": { "minor": 500 } }, "JP": { "base": { "minor": 500, "compare_at": 600 } } },
            "OAK-M": { "DE": { "base": { "minor": 700 } } },
        },
    })
}

fn problems_of(value: Value) -> Vec<Problem> {
    let input: ProductInput = serde_json::from_value(value).unwrap();
    let schema = schema().schema;
    let categories = BTreeMap::from([(CategoryId::try_new("beds").unwrap(), None)]);
    let countries = [
        facts("DE", Currency::EUR, &[&["de-DE", "de", "en"]]),
        facts("JP", Currency::JPY, &[&["en-JP", "en"]]),
        facts("CH", Currency::CHF, &[&["fr-CH", "fr", "en"]]),
    ];
    let media = BTreeSet::from(["oak.jpg".to_owned()]);
    let known =
        Known { schema: &schema, categories: &categories, countries: &countries, media: Some(&media) };
    validate_product(&input, &known)
}

/// The problems after the value at a JSON pointer was replaced; a new key is added.
fn broken(pointer: &str, value: Value) -> Vec<String> {
    let mut product = right();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = product.pointer_mut(parent).unwrap_or_else(|| panic!("{parent}"));
    match parent {
        Value::Object(map) => {
            map.insert(key.to_owned(), value);
        }
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    problems_of(product).iter().map(Problem::to_string).collect()
}

#[test]
fn a_right_product_has_no_problem() {
    assert_eq!(problems_of(right()), []);
}

#[test]
fn facts_are_held_against_what_is_known() {
    let cases = [
        ("/product/type", json!("sofa"), "type: unknown product type 'sofa' (known: bed)"),
        (
            "/product/tax_class",
            json!("luxury"),
            "tax_class: DE has no tax rate for 'luxury' (known: standard)",
        ),
        ("/product/categories/-", json!({ "id": "nope" }), "categories[1].id: unknown category 'nope'"),
        (
            "/product/categories/-",
            json!({ "id": "beds" }),
            "categories[1]: category 'beds' stands here twice",
        ),
        ("/product/options/-", json!("wood"), "options[1]: 'wood' is no option of a bed (allowed: size)"),
        ("/product/media/-", json!("no.jpg"), "media[1]: picture 'no.jpg' is not in media/"),
        (
            "/product/media/-",
            json!({ "url": "https://x/a.jpg", "widths": [1], "width": 1, "height": 1 }),
            "media[1].url: must be an http(s) URL with {width} in it (found 'https://x/a.jpg')",
        ),
        ("/product/related/-", json!("oak"), "related[1]: a product can't be related to itself"),
        ("/product/countries", json!(["US"]), "countries[0]: unknown country US (known: DE, JP, CH)"),
        (
            "/product/attributes/height",
            json!({ "number": "1,5" }),
            "attributes.height: 'height' must be a decimal number (found '1,5')",
        ),
        (
            "/product/attributes/height",
            json!(true),
            "attributes.height: 'height' must be a number (found true)",
        ),
        (
            "/product/attributes/core",
            json!("x"),
            "attributes.core: 'core' is a text and belongs into the texts of each language",
        ),
        (
            "/product/attributes/wood",
            json!("oak"),
            "attributes.wood: 'wood' is no attribute of a bed (allowed: height, washable, core)",
        ),
        ("/product/attributes", json!({}), "attributes: attribute 'height' is missing (required of a bed)"),
        (
            "/reviews",
            json!([{ "rating": 6, "date": 0, "lang": "de" }]),
            "reviews[0].rating: rating must be from 1 to 5 (found 6)",
        ),
        (
            "/rating",
            json!({ "tenths": 51, "count": 1 }),
            "rating.average: average must be from 1.0 to 5.0 (found 5.1)",
        ),
    ];
    for (pointer, value, expected) in cases {
        let found = broken(pointer, value);
        let first = found.first().map(String::as_str).unwrap_or_default();
        assert_eq!(first, expected, "{pointer}: {found:?}");
    }
    let mut product = right();
    product["product"]["publish_at"] = json!(5 * DAY);
    product["product"]["unpublish_at"] = json!(4 * DAY);
    assert_eq!(
        problems_of(product)[0].to_string(),
        "unpublish_at: must be after publish_at 1970-01-06T00:00:00Z (found 1970-01-05T00:00:00Z)"
    );
}

#[test]
fn variants_differ_in_exactly_the_options_of_their_product() {
    let cases = [
        ("/product/variants", json!([]), "variants: a product needs at least one variant"),
        (
            "/product/variants/1/sku",
            json!("OAK-S"),
            "variants[1].sku: SKU OAK-S is that of variants[0] as well",
        ),
        (
            "/product/variants/1/sku",
            json!("oak-s"),
            "variants[1].sku: SKU oak-s differs from OAK-S only in case (both would have one page)",
        ),
        (
            "/product/variants/1/options",
            json!({ "size": "s" }),
            "variants[1].options: has the same options as variants[0] (found size s)",
        ),
        (
            "/product/variants/1/options",
            json!({}),
            "variants[1].options: option 'size' is missing (found none)",
        ),
        (
            "/product/variants/1/options/size",
            json!("xl"),
            "variants[1].options.size: unknown value 'xl' of 'size' (allowed: s, m)",
        ),
        (
            "/product/variants/1/options/wood",
            json!("oak"),
            "variants[1].options.wood: 'wood' is no option of this product (allowed: size)",
        ),
        (
            "/product/variants/0/gtin",
            json!("4000000000018"),
            "variants[0].gtin: GTIN must have 8, 12, 13 or 14 digits with a right check digit (found 4000000000018)",
        ),
        (
            "/product/variants/0/media",
            json!(1),
            "variants[0].media: picture must be one of the product's 1 (found number 1)",
        ),
        (
            "/product/variants/0/weight_g",
            json!(0),
            "variants[0].weight_g: weight must be greater than 0 (found 0)",
        ),
        (
            "/product/variants/1/parts/-",
            json!({ "sku": "OAK-S", "quantity": 1 }),
            "variants[1].parts[1].sku: a bundle can't be part of itself (found OAK-S)",
        ),
        (
            "/product/variants/1/parts/0/quantity",
            json!(0),
            "variants[1].parts[0].quantity: quantity must be greater than 0 (found 0)",
        ),
        (
            "/availability",
            json!({ "X": "in" }),
            "variants: SKU X has prices or a stock state and is no variant",
        ),
    ];
    for (pointer, value, expected) in cases {
        let found = broken(pointer, value);
        assert!(found.iter().any(|problem| problem == expected), "{pointer}: {found:?}");
    }
}

#[test]
fn prices_are_above_zero_and_in_order() {
    let price = |pointer: &str, value: Value| broken(pointer, value);
    assert_eq!(
        price("/prices/OAK-S/DE/base/minor", json!(-500)),
        ["variants[0].prices.DE: price for DE must be greater than 0 (found -5.00)"]
    );
    assert_eq!(
        price("/prices/OAK-S/JP/base/compare_at", json!(500)),
        [
            "variants[0].prices.JP.compare_at: compare_at for JP must be greater than the price 500 (found 500)"
        ]
    );
    assert_eq!(
        price("/prices/OAK-S/US", json!({ "base": { "minor": 5 } })),
        ["variants[0].prices.US: unknown country US (known: DE, JP, CH)"]
    );
    assert_eq!(
        price("/prices/OAK-S/DE", json!({})),
        [
            "variants[0].prices.DE: price for DE is empty (leave the country out where the variant is not sold)"
        ]
    );
    let windows = json!([{ "minor": 4, "from": 2 * DAY, "until": DAY }, { "minor": 3, "from": 2 * DAY }]);
    assert_eq!(
        price("/prices/OAK-S/DE/windows", windows),
        [
            "variants[0].prices.DE.windows[0].until: price for DE must end after it begins \
             (found from 1970-01-03T00:00:00Z until 1970-01-02T00:00:00Z)",
            "variants[0].prices.DE.windows[1].from: two prices for DE begin at 1970-01-03T00:00:00Z",
        ]
    );
}

#[test]
fn names_and_slugs_are_needed_where_the_product_is_offered() {
    let mut product = right();
    product["texts"].as_object_mut().unwrap().remove("de");
    let found = problems_of(product.clone());
    let lines: Vec<String> = found.iter().map(Problem::to_string).collect();
    assert_eq!(
        lines,
        [
            "texts.de: name and slug missing in 'de' (needed in DE)",
            "texts.de: description missing in 'de', shown in 'en'",
            "texts.de: attributes.core missing in 'de', shown in 'en'",
        ]
    );
    assert_eq!(found.iter().filter(|problem| problem.severity == Severity::Warning).count(), 2);
    product["product"]["status"] = json!("draft");
    assert_eq!(problems_of(product), [], "a draft may be unfinished");

    let mut sold_in_switzerland = right();
    sold_in_switzerland["prices"]["OAK-M"]["CH"] = json!({ "base": { "minor": 5 } });
    let found = problems_of(sold_in_switzerland);
    assert_eq!(found[0].to_string(), "texts.fr: name and slug missing in 'fr' (needed in CH)");

    let mut nowhere = right();
    nowhere["texts"]["de"]["summary"] = json!("Nur auf Deutsch.");
    let found = problems_of(nowhere);
    assert_eq!(found[0].to_string(), "texts.en: summary missing in 'en' and all its fallbacks");
    assert_eq!(found[0].severity, Severity::Error);
}

#[test]
fn texts_are_short_enough_and_say_only_what_the_type_knows() {
    let cases = [
        (
            "/texts/de/title",
            json!("ä".repeat(61)),
            "texts.de.title: title must have at most 60 characters (found 61)",
        ),
        (
            "/texts/de/description",
            json!("ä".repeat(161)),
            "texts.de.description: description must have at most 160 characters (found 161)",
        ),
        ("/texts/de/name", json!(" "), "texts.de.name: name is empty"),
        (
            "/texts/de/attributes/height",
            json!("hoch"),
            "texts.de.attributes.height: 'height' is no text and belongs to the product's facts",
        ),
        (
            "/texts/de/attributes/colour",
            json!("rot"),
            "texts.de.attributes.colour: 'colour' is no attribute of a bed (allowed: height, washable, core)",
        ),
    ];
    for (pointer, value, expected) in cases {
        assert_eq!(broken(pointer, value), [expected], "{pointer}");
    }
    assert_eq!(broken("/texts/de/title", json!("ä".repeat(60))), [""; 0]);
}

#[test]
fn a_schema_is_consistent() {
    assert_eq!(validate_schema(&schema()), []);
    let mut wrong = serde_json::to_value(schema()).unwrap();
    wrong["schema"]["attribute"]["wood"]["values"] = json!([]);
    wrong["schema"]["attribute"]["core"]["unit"] = json!("cm");
    wrong["schema"]["attribute"]["core"]["facet"] = json!(true);
    wrong["schema"]["type"]["bed"]["options"] = json!(["size", "height", "nope", "size"]);
    wrong["schema"]["type"]["bed"]["required"] = json!(["wood"]);
    wrong["texts"]["de"]["value"]["size"]["xl"] = json!("groß");
    let found = validate_schema(&serde_json::from_value(wrong).unwrap());
    let fields: Vec<&str> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "attribute.core.unit",
            "attribute.core.facet",
            "attribute.wood",
            "type.bed.options[1]",
            "type.bed.options[2]",
            "type.bed.required[0]",
            "type.bed.options[3]",
            "texts.de.value.size.xl",
        ]
    );
}

#[test]
fn categories_have_known_parents_and_no_circle() {
    let category = |id: &str, parent: Option<&str>| -> CategoryInput {
        serde_json::from_value(json!({
            "category": { "id": id, "parent": parent }, "texts": { "de": { "name": id, "slug": format!("s-{id}") } },
        }))
        .unwrap()
    };
    let inputs = [
        category("a", Some("b")),
        category("b", Some("a")),
        category("c", Some("a")),
        category("d", Some("z")),
        category("e", None),
        category("e", None),
    ];
    let schema = schema().schema;
    let countries = [facts("DE", Currency::EUR, &[&["de-DE", "de"]])];
    let nothing = BTreeMap::new();
    let known = Known { schema: &schema, categories: &nothing, countries: &countries, media: None };
    let found: Vec<String> = validate_categories(&inputs, &known)
        .iter()
        .map(|(index, problem)| format!("{index} {}: {}", problem.field, problem.what))
        .collect();
    assert_eq!(
        found,
        [
            "0 parent: categories must not be in a circle (found a > b > a)",
            "1 parent: categories must not be in a circle (found b > a > b)",
            "3 parent: unknown category 'z'",
            "5 : category 'e' comes twice",
        ]
    );
}
