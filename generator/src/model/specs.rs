//! The table of a product's facts.

use vitrine_catalog::{AttributeKind, AttributeValue, ProductRecord, ResolvedText};
use vitrine_content::Arg;
use vitrine_core::AttributeId;
use vitrine_theme::Html;
use vitrine_theme::views::{SpecRow, SpecView};

use super::Maker;
use super::head::lang_of;
use crate::error::BuildError;

/// The facts in the order of the product type; what the product does not state has no row.
pub(super) fn specs(
    maker: &Maker<'_>,
    record: &ProductRecord,
    text: &ResolvedText<'_>,
) -> Result<Html, BuildError> {
    let order = maker.context.schema.types.get(&record.product.kind);
    let rows =
        order.into_iter().flat_map(|kind| &kind.attributes).filter_map(|id| row(maker, record, text, id));
    let rows: Vec<SpecRow<'_>> = rows.collect();
    if rows.is_empty() {
        return Ok(Html::default());
    }
    maker.fragment(&SpecView { rows })
}

fn row<'t>(
    maker: &Maker<'_>,
    record: &ProductRecord,
    text: &ResolvedText<'t>,
    id: &AttributeId,
) -> Option<SpecRow<'t>> {
    let label = maker.attribute_label(id).into();
    let attribute = maker.context.schema.attribute.get(id)?;
    if attribute.kind == AttributeKind::Text {
        let found = text.attributes.get(id)?;
        return Some(SpecRow {
            label,
            value: found.text.into(),
            lang: lang_of(found.lang, &maker.site.chain),
        });
    }
    let words = &maker.site.words;
    let value = match record.product.attributes.get(id)? {
        AttributeValue::Boolean(true) => words.plain("yes"),
        AttributeValue::Boolean(false) => words.plain("no"),
        AttributeValue::Choice(value) => maker.value_label(id, value),
        AttributeValue::Choices(values) => {
            values.iter().map(|value| maker.value_label(id, value)).collect::<Vec<_>>().join(", ")
        }
        AttributeValue::Number(number) => with_unit(maker, &number.number, attribute.unit.as_deref()),
    };
    Some(SpecRow { label, value: value.into(), lang: None })
}

/// A number in its unit: message `unit_<unit>` gets it written as `value`, and as `count` for the plural.
fn with_unit(maker: &Maker<'_>, number: &str, unit: Option<&str>) -> String {
    let words = &maker.site.words;
    let written = words.decimal(number);
    let Some(unit) = unit else { return written };
    // Plurals go by the whole part: 1.5 is no 'one' in any language of CLDR that has one.
    let count = number.parse::<i64>().unwrap_or(2);
    words.with(
        &format!("unit_{unit}"),
        &[
            ("value", Arg::Text(written.clone())),
            ("count", Arg::Number(count)),
            ("count_text", Arg::Text(written)),
        ],
    )
}

#[cfg(test)]
mod tests;
