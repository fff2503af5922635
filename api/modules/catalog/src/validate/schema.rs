//! Rules of attributes and product types.

use vitrine_core::AttributeId;

use super::{FieldPath, Problem, Problems, list};
use crate::domain::{Attribute, AttributeKind, ProductType, Schema};
use crate::input::SchemaInput;

/// All that is wrong with attributes, product types and their words.
pub fn validate_schema(input: &SchemaInput) -> Vec<Problem> {
    let mut problems = Problems::default();
    let (schema, root) = (&input.schema, FieldPath::root());
    for (id, attribute) in &schema.attribute {
        check_attribute(id, attribute, &root.key("attribute").key(id), &mut problems);
    }
    for (id, kind) in &schema.types {
        check_type(kind, schema, &root.key("type").key(id), &mut problems);
    }
    for (lang, text) in &input.texts {
        let field = root.key("texts").key(lang);
        for id in text.label.keys().filter(|id| !schema.attribute.contains_key(id)) {
            problems.error(&field.key("label").key(id), unknown(id, schema));
        }
        for (id, values) in &text.value {
            let field = field.key("value").key(id);
            let Some(attribute) = schema.attribute.get(id) else {
                problems.error(&field, unknown(id, schema));
                continue;
            };
            for value in values.keys().filter(|value| !attribute.values.contains(value)) {
                let what = format!("unknown value '{value}' of '{id}' (known: {})", list(&attribute.values));
                problems.error(&field.key(value), what);
            }
        }
        for id in text.types.keys().filter(|id| !schema.types.contains_key(id)) {
            let what = format!("unknown product type '{id}' (known: {})", list(schema.types.keys()));
            problems.error(&field.key("type").key(id), what);
        }
    }
    problems.0
}

fn unknown(id: &AttributeId, schema: &Schema) -> String {
    format!("unknown attribute '{id}' (known: {})", list(schema.attribute.keys()))
}

fn check_attribute(id: &AttributeId, attribute: &Attribute, field: &FieldPath, problems: &mut Problems) {
    let is_choice = attribute.kind == AttributeKind::Choice;
    problems
        .error_if(is_choice && attribute.values.is_empty(), field, || format!("choice '{id}' needs values"));
    problems.error_if(!is_choice && !attribute.values.is_empty(), &field.key("values"), || {
        format!("only a choice has values (found {})", list(&attribute.values))
    });
    problems.repeated(&field.key("values"), "value", &attribute.values);
    if let Some(unit) = attribute.unit.as_ref().filter(|_| attribute.kind != AttributeKind::Number) {
        problems.error(&field.key("unit"), format!("only a number has a unit (found '{unit}')"));
    }
    problems.error_if(attribute.facet && attribute.kind == AttributeKind::Text, &field.key("facet"), || {
        "a text can't be a filter (allowed: choice, number, boolean)".to_owned()
    });
}

fn check_type(kind: &ProductType, schema: &Schema, field: &FieldPath, problems: &mut Problems) {
    for (index, id) in kind.options.iter().enumerate() {
        let field = field.key("options").index(index);
        match schema.attribute.get(id) {
            None => problems.error(&field, unknown(id, schema)),
            Some(attribute) if attribute.kind != AttributeKind::Choice => {
                problems.error(&field, format!("option '{id}' must be a choice"));
            }
            Some(_) => {}
        }
    }
    for (index, id) in kind.attributes.iter().enumerate() {
        let known = schema.attribute.contains_key(id);
        problems.error_if(!known, &field.key("attributes").index(index), || unknown(id, schema));
    }
    for (index, id) in kind.required.iter().enumerate() {
        problems.error_if(!kind.attributes.contains(id), &field.key("required").index(index), || {
            format!("'{id}' is required and not among the attributes (found {})", list(&kind.attributes))
        });
    }
    problems.repeated(&field.key("options"), "option", &kind.options);
    problems.repeated(&field.key("attributes"), "attribute", &kind.attributes);
    problems.repeated(&field.key("required"), "attribute", &kind.required);
}
