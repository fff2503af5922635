//! Rules of one product.

use vitrine_core::AttributeId;

use super::{FieldPath, Known, Problem, Problems, list, texts, variants};
use crate::domain::{Attribute, AttributeKind, AttributeValue, MediaRef, Product, ProductType};
use crate::input::ProductInput;

/// All that is wrong with a product by itself; what concerns several products is found where they are stored.
pub fn validate_product(input: &ProductInput, known: &Known<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    let (product, root) = (&input.product, FieldPath::root());
    let kind = known.schema.types.get(&product.kind);
    problems.error_if(kind.is_none(), &root.key("type"), || {
        format!("unknown product type '{}' (known: {})", product.kind, list(known.schema.types.keys()))
    });
    if let (Some(from), Some(until)) = (product.publish_at, product.unpublish_at) {
        problems.error_if(until <= from, &root.key("unpublish_at"), || {
            format!("must be after publish_at {} (found {})", from.to_rfc3339(), until.to_rfc3339())
        });
    }
    places(product, known, &mut problems);
    pictures(product, known, &mut problems);
    if let Some(kind) = kind {
        options(product, kind, &mut problems);
        attributes(product, kind, known, &mut problems);
    }
    variants::check(input, known, &mut problems);
    texts::check(input, kind, known, &mut problems);
    reviews(input, &mut problems);
    problems.0
}

fn places(product: &Product, known: &Known<'_>, problems: &mut Problems) {
    let categories = FieldPath::root().key("categories");
    for (index, placement) in product.categories.iter().enumerate() {
        problems.error_if(
            !known.categories.contains_key(&placement.id),
            &categories.index(index).key("id"),
            || format!("unknown category '{}'", placement.id),
        );
    }
    problems.repeated(&categories, "category", product.categories.iter().map(|placement| &placement.id));
    problems.countries(&FieldPath::root().key("countries"), &product.countries, known);
    problems.countries(&FieldPath::root().key("not_in"), &product.not_in, known);
    let related = FieldPath::root().key("related");
    if let Some(index) = product.related.iter().position(|id| *id == product.id) {
        problems.error(&related.index(index), "a product can't be related to itself");
    }
    problems.repeated(&related, "product", &product.related);
}

fn pictures(product: &Product, known: &Known<'_>, problems: &mut Problems) {
    for (index, media) in product.media.iter().enumerate() {
        let field = FieldPath::root().key("media").index(index);
        match media {
            MediaRef::File(file) => {
                let missing = known.media.is_some_and(|files| !files.contains(file));
                problems.error_if(missing, &field, || format!("picture '{file}' is not in media/"));
            }
            MediaRef::External(picture) => {
                let https = picture.url.starts_with("https://") || picture.url.starts_with("http://");
                problems.error_if(!https || !picture.url.contains("{width}"), &field.key("url"), || {
                    format!("must be an http(s) URL with {{width}} in it (found '{}')", picture.url)
                });
                let ascending = picture.widths.windows(2).all(|pair| pair[0] < pair[1]);
                let starts = picture.widths.first().is_some_and(|width| *width > 0);
                problems.error_if(!ascending || !starts, &field.key("widths"), || {
                    format!("must be ascending and greater than 0 (found {})", list(&picture.widths))
                });
                problems.error_if(picture.width == 0 || picture.height == 0, &field, || {
                    format!(
                        "width and height must be greater than 0 (found {} and {})",
                        picture.width, picture.height
                    )
                });
            }
        }
    }
}

fn options(product: &Product, kind: &ProductType, problems: &mut Problems) {
    let field = FieldPath::root().key("options");
    for (index, option) in product.options.iter().enumerate() {
        problems.error_if(!kind.options.contains(option), &field.index(index), || {
            format!("'{option}' is no option of a {} (allowed: {})", product.kind, list(&kind.options))
        });
    }
    problems.repeated(&field, "option", &product.options);
}

fn attributes(product: &Product, kind: &ProductType, known: &Known<'_>, problems: &mut Problems) {
    let root = FieldPath::root().key("attributes");
    for (id, value) in &product.attributes {
        let field = root.key(id);
        let attribute = known.schema.attribute.get(id).filter(|_| kind.attributes.contains(id));
        match attribute {
            None => problems.error(&field, unknown_attribute(product, kind, id)),
            Some(attribute) => {
                if let Some(what) = wrong_value(id, attribute, value) {
                    problems.error(&field, what);
                }
            }
        }
    }
    let is_text = |id: &AttributeId| {
        known.schema.attribute.get(id).is_some_and(|attribute| attribute.kind == AttributeKind::Text)
    };
    for id in kind.required.iter().filter(|id| !is_text(id) && !product.attributes.contains_key(id)) {
        problems.error(&root, format!("attribute '{id}' is missing (required of a {})", product.kind));
    }
}

pub(super) fn unknown_attribute(product: &Product, kind: &ProductType, id: &AttributeId) -> String {
    format!("'{id}' is no attribute of a {} (allowed: {})", product.kind, list(&kind.attributes))
}

fn wrong_value(id: &AttributeId, attribute: &Attribute, value: &AttributeValue) -> Option<String> {
    let unknown = |value: &String| {
        let known = attribute.values.contains(value);
        (!known).then(|| format!("unknown value '{value}' of '{id}' (allowed: {})", list(&attribute.values)))
    };
    match (attribute.kind, value) {
        (AttributeKind::Boolean, AttributeValue::Boolean(_)) => None,
        (AttributeKind::Number, AttributeValue::Number(decimal)) => (!is_decimal(&decimal.number))
            .then(|| format!("'{id}' must be a decimal number (found '{}')", decimal.number)),
        (AttributeKind::Choice, AttributeValue::Choice(value)) => unknown(value),
        (AttributeKind::Choice, AttributeValue::Choices(values)) => values.iter().find_map(unknown),
        (AttributeKind::Text, _) => {
            Some(format!("'{id}' is a text and belongs into the texts of each language"))
        }
        (kind, _) => {
            let allowed = match kind {
                AttributeKind::Boolean => "true or false",
                AttributeKind::Number => "a number",
                AttributeKind::Choice | AttributeKind::Text => "one of its values",
            };
            Some(format!("'{id}' must be {allowed} (found {})", written(value)))
        }
    }
}

fn written(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Boolean(value) => value.to_string(),
        AttributeValue::Number(decimal) => decimal.number.clone(),
        AttributeValue::Choice(value) => format!("'{value}'"),
        AttributeValue::Choices(values) => format!("[{}]", list(values)),
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    text.split_once('.').map_or_else(|| digits(text), |(whole, fraction)| digits(whole) && digits(fraction))
}

fn reviews(input: &ProductInput, problems: &mut Problems) {
    let field = FieldPath::root().key("reviews");
    for (index, review) in input.reviews.iter().flatten().enumerate() {
        problems.error_if(!(1..=5).contains(&review.rating), &field.index(index).key("rating"), || {
            format!("rating must be from 1 to 5 (found {})", review.rating)
        });
    }
    if let Some(rating) = input.rating {
        let field = FieldPath::root().key("rating");
        problems.error_if(!(10..=50).contains(&rating.tenths), &field.key("average"), || {
            format!("average must be from 1.0 to 5.0 (found {}.{})", rating.tenths / 10, rating.tenths % 10)
        });
        problems.error_if(rating.count == 0, &field.key("count"), || {
            "count must be greater than 0 (found 0)".to_owned()
        });
    }
}
