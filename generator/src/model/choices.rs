//! The options of a product as links between the pages of its variants.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::VisibleVariant;
use vitrine_core::AttributeId;
use vitrine_theme::views::{OptionGroup, OptionValue};

use super::Maker;
use super::product::ProductShared;
use crate::index::variant_path;

/// The choices of each option as links: to the variant that differs in this choice alone, or else to the first that
/// has it and agrees in most others.
pub(super) fn option_groups<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    shown: &VisibleVariant<'a>,
) -> Vec<OptionGroup<'a>> {
    let product = &shared.record.product;
    let mut groups = Vec::with_capacity(product.options.len());
    for option in &product.options {
        let order = maker
            .context
            .schema
            .attribute
            .get(option)
            .map(|attribute| attribute.values.as_slice())
            .unwrap_or_default();
        let used: BTreeSet<&str> = shared
            .variants
            .iter()
            .filter_map(|one| one.variant.options.get(option).map(String::as_str))
            .collect();
        if used.is_empty() {
            continue;
        }
        let values = order.iter().map(String::as_str).filter(|value| used.contains(value));
        let values = values.map(|value| option_value(maker, shared, shown, option, value));
        groups.push(OptionGroup { label: maker.attribute_label(option).into(), values: values.collect() });
    }
    groups
}

/// A choice as a link to the variant that agrees best with the one shown.
fn option_value<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    shown: &VisibleVariant<'a>,
    option: &AttributeId,
    value: &str,
) -> OptionValue<'a> {
    let agreement = |one: &&VisibleVariant<'_>| {
        let others = one.variant.options.iter().filter(|(other, _)| *other != option);
        others.filter(|(other, has)| shown.variant.options.get(*other) == Some(*has)).count()
    };
    let has = |one: &VisibleVariant<'_>| one.variant.options.get(option).is_some_and(|has| has == value);
    let candidates = shared.variants.iter().filter(|one| has(one));
    // `max_by_key` takes the last of equals; the first in the product's order is wanted.
    let best = candidates.rev().max_by_key(agreement);
    let pictured = best.and_then(|one| one.variant.media).is_some() && differs_in_picture(shared, option);
    OptionValue {
        label: maker.value_label(option, value).into(),
        url: best.map(|one| variant_path(&shared.path, one.variant.sku.as_str()).into()),
        thumb: best
            .filter(|_| pictured)
            .and_then(|one| shared.media_of(one))
            .and_then(|media| maker.pictures.thumb(media))
            .map(Into::into),
        selected: has(shown),
        sold_out: best.is_some_and(|one| !shared.availability(&one.variant.sku).is_buyable()),
    }
}

/// Whether variants with the same value of an option share a picture and others have another: colours, woods.
fn differs_in_picture(shared: &ProductShared<'_>, option: &AttributeId) -> bool {
    let mut by_value: BTreeMap<Option<&String>, BTreeSet<Option<u16>>> = BTreeMap::new();
    for one in &shared.variants {
        by_value.entry(one.variant.options.get(option)).or_default().insert(one.variant.media);
    }
    let distinct: BTreeSet<_> = by_value.values().collect();
    by_value.values().all(|media| media.len() == 1) && distinct.len() > 1
}

#[cfg(test)]
mod tests;
