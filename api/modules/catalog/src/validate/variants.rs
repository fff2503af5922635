//! Rules of a product's variants.

use std::collections::BTreeMap;

use vitrine_core::{AttributeId, Sku};

use super::{FieldPath, Known, Problems, is_gtin, list, prices};
use crate::domain::{Product, Variant};
use crate::input::ProductInput;

pub(super) fn check(input: &ProductInput, known: &Known<'_>, problems: &mut Problems) {
    let product = &input.product;
    let variants = FieldPath::root().key("variants");
    problems.error_if(product.variants.is_empty(), &variants, || {
        "a product needs at least one variant".to_owned()
    });
    let mut skus: BTreeMap<&Sku, usize> = BTreeMap::new();
    let mut addresses: BTreeMap<String, &Sku> = BTreeMap::new();
    let mut choices: BTreeMap<&BTreeMap<AttributeId, String>, usize> = BTreeMap::new();
    for (index, variant) in product.variants.iter().enumerate() {
        let field = variants.index(index);
        if let Some(first) = skus.insert(&variant.sku, index) {
            problems.error(
                &field.key("sku"),
                format!("SKU {} is that of variants[{first}] as well", variant.sku),
            );
        }
        // Addresses are in lower case.
        let other = addresses.insert(variant.sku.as_str().to_ascii_lowercase(), &variant.sku);
        if let Some(other) = other.filter(|other| **other != variant.sku) {
            let what =
                format!("SKU {} differs from {other} only in case (both would have one page)", variant.sku);
            problems.error(&field.key("sku"), what);
        }
        options(product, variant, known, &field, problems);
        if let Some(first) = choices.insert(&variant.options, index) {
            let what = format!("has the same options as variants[{first}] (found {})", chosen(variant));
            problems.error(&field.key("options"), what);
        }
        facts(product, variant, known, &field, problems);
        prices::check(input, index, known, &field.key("prices"), problems);
    }
    let strangers =
        input.prices.keys().chain(input.availability.keys()).filter(|sku| !skus.contains_key(sku));
    for sku in strangers {
        problems.error(&variants, format!("SKU {sku} has prices or a stock state and is no variant"));
    }
}

fn chosen(variant: &Variant) -> String {
    list(variant.options.iter().map(|(option, value)| format!("{option} {value}")))
}

fn options(
    product: &Product,
    variant: &Variant,
    known: &Known<'_>,
    field: &FieldPath,
    problems: &mut Problems,
) {
    let field = field.key("options");
    for option in product.options.iter().filter(|option| !variant.options.contains_key(option)) {
        problems.error(&field, format!("option '{option}' is missing (found {})", chosen(variant)));
    }
    for (option, value) in &variant.options {
        if !product.options.contains(option) {
            let what =
                format!("'{option}' is no option of this product (allowed: {})", list(&product.options));
            problems.error(&field.key(option), what);
            continue;
        }
        let values = known.schema.attribute.get(option).map_or(&[][..], |attribute| &attribute.values);
        problems.error_if(!values.contains(value), &field.key(option), || {
            format!("unknown value '{value}' of '{option}' (allowed: {})", list(values))
        });
    }
}

fn facts(
    product: &Product,
    variant: &Variant,
    known: &Known<'_>,
    field: &FieldPath,
    problems: &mut Problems,
) {
    if let Some(gtin) = variant.gtin.as_deref().filter(|gtin| !is_gtin(gtin)) {
        let what = format!("GTIN must have 8, 12, 13 or 14 digits with a right check digit (found {gtin})");
        problems.error(&field.key("gtin"), what);
    }
    let pictures = product.media.len();
    if let Some(media) = variant.media.filter(|media| usize::from(*media) >= pictures) {
        problems.error(
            &field.key("media"),
            format!("picture must be one of the product's {pictures} (found number {media})"),
        );
    }
    problems.error_if(variant.weight_g == Some(0), &field.key("weight_g"), || {
        "weight must be greater than 0 (found 0)".to_owned()
    });
    problems.countries(&field.key("not_in"), &variant.not_in, known);
    for (index, part) in variant.parts.iter().enumerate() {
        let field = field.key("parts").index(index);
        problems.error_if(part.quantity == 0, &field.key("quantity"), || {
            "quantity must be greater than 0 (found 0)".to_owned()
        });
        let own = product.variants.iter().any(|variant| variant.sku == part.sku);
        problems.error_if(own, &field.key("sku"), || {
            format!("a bundle can't be part of itself (found {})", part.sku)
        });
    }
    problems.repeated(&field.key("parts"), "SKU", variant.parts.iter().map(|part| &part.sku));
}
