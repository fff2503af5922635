//! Rules of categories.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::CategoryId;

use super::texts::{Fields, needed};
use super::{CountryFacts, DESCRIPTION_CHARS, FieldPath, Known, Problem, Problems, TITLE_CHARS};
use crate::input::CategoryInput;
use crate::shown::is_sold_in;

/// All that is wrong with a category; `known.categories` has all categories, this one included.
pub fn validate_category(input: &CategoryInput, known: &Known<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    let (category, root) = (&input.category, FieldPath::root());
    if let Some(parent) = &category.parent {
        if !known.categories.contains_key(parent) {
            problems.error(&root.key("parent"), format!("unknown category '{parent}'"));
        } else if let Some(circle) = circle(&category.id, parent, known.categories) {
            problems
                .error(&root.key("parent"), format!("categories must not be in a circle (found {circle})"));
        }
    }
    if let Some(picture) = &category.picture {
        let missing = known.media.is_some_and(|files| !files.contains(picture));
        problems.error_if(missing, &root.key("picture"), || format!("picture '{picture}' is not in media/"));
    }
    problems.countries(&root.key("countries"), &category.countries, known);
    for (lang, text) in &input.texts {
        let field = root.key("texts").key(lang);
        problems.error_if(
            text.name.as_deref().is_some_and(|name| name.trim().is_empty()),
            &field.key("name"),
            || "name is empty".to_owned(),
        );
        problems.too_long(&field.key("title"), "title", text.title.as_deref(), TITLE_CHARS);
        problems.too_long(
            &field.key("description"),
            "description",
            text.description.as_deref(),
            DESCRIPTION_CHARS,
        );
    }
    let countries: Vec<&CountryFacts> =
        known.countries.iter().filter(|facts| is_sold_in(&category.countries, &[], facts.country)).collect();
    let fields = Fields {
        own: &[
            ("name", |text: &crate::CategoryText| text.name.is_some()),
            ("slug", |text| text.slug.is_some()),
        ],
        any: &[("description", |text| text.description.is_some()), ("body", |text| text.body.is_some())],
    };
    needed(&input.texts, &fields, &countries, &mut problems);
    problems.0
}

/// The problems of many categories by the index of each; `known.categories` is taken from them.
pub fn validate_categories(inputs: &[CategoryInput], known: &Known<'_>) -> Vec<(usize, Problem)> {
    let categories =
        inputs.iter().map(|input| (input.category.id.clone(), input.category.parent.clone())).collect();
    let known = Known { categories: &categories, ..known.clone() };
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let id = &input.category.id;
        let mut own = Problems(validate_category(input, &known));
        own.error_if(!seen.insert(id), &FieldPath::root(), || format!("category '{id}' comes twice"));
        problems.extend(own.0.into_iter().map(|problem| (index, problem)));
    }
    problems
}

/// The way from a category up through `parent` back to itself: `a > b > a`.
fn circle(
    id: &CategoryId,
    parent: &CategoryId,
    categories: &BTreeMap<CategoryId, Option<CategoryId>>,
) -> Option<String> {
    let mut way = vec![id, parent];
    let mut current = parent;
    while current != id {
        current = categories.get(current)?.as_ref()?;
        if current != id && way.contains(&current) {
            // A circle above that this category only leads into: it is reported of its members.
            return None;
        }
        way.push(current);
    }
    Some(way.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" > "))
}
