//! `attributes/` and `categories/<id>/`.

use std::collections::BTreeMap;

use vitrine_catalog::{
    Attribute, AttributeKind, Category, CategoryInput, CategoryText, ProductType, Schema, SchemaInput,
    SchemaText,
};
use vitrine_core::{CategoryId, EntityKind};

use super::folder::{Root, Stamp};
use super::parsed::{ItemFiles, Parsed, languages};
use super::reader::{Node, Reader};
use crate::error::ImportError;

/// Words of an attribute's `type`.
pub(crate) const KINDS: &[(&str, AttributeKind)] = &[
    ("choice", AttributeKind::Choice),
    ("number", AttributeKind::Number),
    ("text", AttributeKind::Text),
    ("boolean", AttributeKind::Boolean),
];

/// The one id of the schema: it is read and replaced as a whole.
pub(crate) const SCHEMA: &str = "schema";

/// Reads `attributes/`; a store whose catalog comes as a feed has none, and then there is no value.
pub(crate) fn schema(root: &Root) -> Result<Parsed<SchemaInput>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Attribute, SCHEMA);
    if root.stamps("attributes")?.is_empty() {
        return Ok(files.finish(None));
    }
    let schema = files.required("attributes/attributes.toml", |r| {
        let attribute = r.entries("attribute").into_iter();
        let attribute = attribute
            .filter_map(|(key, node)| Some((key.parse()?, read_attribute(node.table()?)?)))
            .collect();
        let types = r.entries("type").into_iter();
        let types = types.filter_map(|(key, node)| Some((key.parse()?, read_type(node.table()?)))).collect();
        r.finish();
        Some(Schema { attribute, types })
    })?;
    let stamps = root.stamps("attributes")?;
    let (langs, strays) =
        languages(stamps.iter().map(|stamp| stamp.file.as_str()), "toml", &["attributes.toml"]);
    let mut texts = BTreeMap::new();
    for lang in langs {
        let text = files.optional(&format!("attributes/{lang}.toml"), |r| Some(read_schema_text(r)))?;
        texts.extend(text.map(|text| (lang, text)));
    }
    for stray in strays {
        files.error_at_top(
            &format!("attributes/{stray}"),
            "no file of the attributes (attributes.toml, <lang>.toml)",
        );
    }
    Ok(files.finish(schema.map(|schema| SchemaInput { schema, texts })))
}

fn read_attribute(r: Reader<'_, '_>) -> Option<Attribute> {
    let kind = r.need("type", |node| node.one_of(KINDS));
    let values = r.take("values", Node::texts).unwrap_or_default();
    let unit = r.take("unit", Node::text);
    let facet = r.take("facet", Node::boolean).unwrap_or_default();
    r.finish();
    Some(Attribute { kind: kind?, values, unit, facet })
}

fn read_type(r: Reader<'_, '_>) -> ProductType {
    let read = ProductType {
        options: r.take("options", Node::parse_list).unwrap_or_default(),
        attributes: r.take("attributes", Node::parse_list).unwrap_or_default(),
        required: r.take("required", Node::parse_list).unwrap_or_default(),
    };
    r.finish();
    read
}

fn read_schema_text(r: Reader<'_, '_>) -> SchemaText {
    let words =
        |(key, node): (super::reader::Name<'_>, Node<'_, '_>)| Some((key.text.to_owned(), node.text()?));
    let label =
        r.entries("label").into_iter().filter_map(|(key, node)| Some((key.parse()?, node.text()?))).collect();
    let value = r.entries("value").into_iter();
    let value = value
        .filter_map(|(key, node)| {
            Some((key.parse()?, node.entries()?.into_iter().filter_map(words).collect()))
        })
        .collect();
    let types =
        r.entries("type").into_iter().filter_map(|(key, node)| Some((key.parse()?, node.text()?))).collect();
    r.finish();
    SchemaText { label, value, types }
}

pub(crate) fn category(
    root: &Root,
    id: &str,
    stamps: &[Stamp],
) -> Result<Parsed<CategoryInput>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Category, id);
    let folder = format!("categories/{id}");
    let main = format!("{folder}/category.toml");
    let id = match CategoryId::try_new(id) {
        Ok(id) => id,
        Err(error) => {
            files.error_at_top(&main, error.to_string());
            return Ok(files.finish(None));
        }
    };
    let category = files.required(&main, |r| {
        let category = Category {
            id,
            parent: r.take("parent", Node::parse),
            rank: r.take("rank", Node::whole).unwrap_or_default(),
            picture: r.take("picture", Node::text),
            countries: r.take("countries", Node::parse_list).unwrap_or_default(),
        };
        r.finish();
        Some(category)
    })?;
    let (langs, strays) = languages(stamps.iter().map(|stamp| stamp.file.as_str()), "md", &["category.toml"]);
    let mut texts = BTreeMap::new();
    for lang in langs {
        let text = files.markdown(&format!("{folder}/{lang}.md"), &lang, read_category_text)?;
        texts.extend(text.map(|text| (lang, text)));
    }
    for stray in strays {
        files.error_at_top(&format!("{folder}/{stray}"), "no file of a category (category.toml, <lang>.md)");
    }
    Ok(files.finish(category.map(|category| CategoryInput { category, texts })))
}

fn read_category_text(r: Reader<'_, '_>, body: Option<String>) -> CategoryText {
    let text = CategoryText {
        name: r.take("name", Node::text),
        slug: r.take("slug", Node::parse),
        title: r.take("title", Node::text),
        description: r.take("description", Node::text),
        body,
    };
    r.finish();
    text
}
