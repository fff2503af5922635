//! The store, its countries, attributes, categories and products, each by its own rules and beside the others.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{
    Known, Problem, SchemaInput, Severity, validate_category, validate_product, validate_schema,
};
use vitrine_core::{CategoryId, Country, Entity, Sku};
use vitrine_store::StoreConfig;

use super::shop::Shop;

/// Levels of the category tree that menus have room for.
const DEEPEST: usize = 3;

pub(crate) fn check(shop: &mut Shop<'_>) {
    store(shop);
    countries(shop);
    catalog(shop);
    tree(shop);
    neighbours(shop);
}

fn store(shop: &mut Shop<'_>) {
    let item = shop.folder.store.item.clone();
    let StoreConfig { default_country, logo, .. } = shop.store.config.clone();
    if shop.store.country(default_country).is_none() {
        let known = shop.store.countries.iter().map(|country| country.country).collect();
        let what =
            format!("the store does not sell in {default_country} (countries: {})", Shop::codes(&known));
        shop.error(&item, "default_country", what);
    }
    if let Some(logo) = logo.filter(|logo| !shop.folder.media.contains_key(logo)) {
        shop.error(&item, "logo", format!("picture '{logo}' is not in media/"));
    }
}

fn countries(shop: &mut Shop<'_>) {
    let mut paths: BTreeMap<String, Country> = BTreeMap::new();
    for (parsed, country) in shop.folder.countries.iter().zip(shop.store.countries.clone()) {
        for (index, edition) in country.locales.iter().enumerate() {
            if let Some(other) = paths.insert(edition.path.clone(), country.country) {
                let what = format!("base path {} is that of {other} as well", edition.path);
                shop.error(&parsed.item, &format!("locales[{index}].path"), what);
            }
        }
        for (index, name) in country.legal_pages.iter().enumerate() {
            let field = format!("legal_pages[{index}]");
            let code = country.country;
            // The storefront can do without the link, so the country is imported all the same.
            match shop.folder.pages.get(name).map(|page| page.value.as_ref()) {
                None => {
                    shop.error_of_none(&parsed.item, &field, format!("there is no page '{name}' in pages/"));
                }
                Some(Some(page))
                    if !page.facts.countries.is_empty() && !page.facts.countries.contains(&code) =>
                {
                    shop.error_of_none(&parsed.item, &field, format!("page '{name}' is not shown in {code}"));
                }
                Some(_) => {}
            }
        }
    }
}

/// Reports what catalog's own rules find.
fn report(shop: &mut Shop<'_>, item: &Entity, problems: Vec<Problem>) {
    for Problem { field, what, severity } in problems {
        match severity {
            Severity::Error => shop.error(item, field.as_str(), what),
            Severity::Warning => shop.warning(item, field.as_str(), what),
        }
    }
}

fn catalog(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    let Some(schema) =
        folder.schema.value.clone().or_else(|| (!folder.schema.has_errors()).then(SchemaInput::default))
    else {
        return;
    };
    report(shop, &folder.schema.item, validate_schema(&schema));
    let categories: BTreeMap<CategoryId, Option<CategoryId>> = folder
        .categories
        .iter()
        .filter_map(|(id, parsed)| {
            let parent = parsed.value.as_ref().and_then(|input| input.category.parent.clone());
            Some((CategoryId::try_new(id).ok()?, parent))
        })
        .collect();
    let media: BTreeSet<String> = folder.media.keys().cloned().collect();
    let facts = shop.facts.clone();
    let known =
        Known { schema: &schema.schema, categories: &categories, countries: &facts, media: Some(&media) };
    for parsed in folder.categories.values() {
        let problems = parsed.value.iter().flat_map(|input| validate_category(input, &known)).collect();
        report(shop, &parsed.item, problems);
    }
    for parsed in folder.products.values() {
        let problems = parsed.value.iter().flat_map(|input| validate_product(input, &known)).collect();
        report(shop, &parsed.item, problems);
    }
}

fn tree(shop: &mut Shop<'_>) {
    for (id, parsed) in &shop.folder.categories {
        let parent = |id: &str| shop.category(id).and_then(|input| input.category.parent.as_ref());
        let mut depth = 1;
        let mut above = parent(id);
        // A circle is catalog's finding; here it only has to end.
        while let Some(id) = above.filter(|_| depth <= shop.folder.categories.len()) {
            depth += 1;
            above = parent(id.as_str());
        }
        if depth > DEEPEST && depth <= shop.folder.categories.len() {
            let what = format!("the category is {depth} levels deep; menus show {DEEPEST}");
            shop.warning(&parsed.item, "parent", what);
        }
    }
}

/// SKUs that two products claim, and products and parts that are named and don't exist.
fn neighbours(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    let mut owners: BTreeMap<&Sku, &str> = BTreeMap::new();
    let mut taken = Vec::new();
    for (id, parsed) in &folder.products {
        let variants = parsed.value.iter().flat_map(|input| &input.product.variants);
        for (index, variant) in variants.enumerate() {
            let owner = *owners.entry(&variant.sku).or_insert(id);
            if owner != id {
                taken.push((
                    &parsed.item,
                    index,
                    format!("SKU {} belongs to product '{owner}'", variant.sku),
                ));
            }
        }
    }
    for (item, index, what) in taken {
        shop.error(item, &format!("variants[{index}].sku"), what);
    }
    for parsed in folder.products.values() {
        let Some(input) = &parsed.value else { continue };
        for (index, id) in input.product.related.iter().enumerate() {
            if !folder.products.contains_key(id.as_str()) {
                shop.error(&parsed.item, &format!("related[{index}]"), format!("unknown product '{id}'"));
            }
        }
        for (index, variant) in input.product.variants.iter().enumerate() {
            for (part, sku) in variant.parts.iter().map(|part| &part.sku).enumerate() {
                if !owners.contains_key(sku) && shop.is_readable() {
                    let field = format!("variants[{index}].parts[{part}].sku");
                    shop.error(&parsed.item, &field, format!("no product has the SKU {sku}"));
                }
            }
        }
    }
}
