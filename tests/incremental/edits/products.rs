//! Facts of products.

use toml::{Table, Value};

use super::Editor;
use crate::content::{Content, set_strings, strings, tables};

const COUNTRIES: [&str; 5] = ["DE", "CH", "GB", "JP", "AE"];

pub(super) fn availability(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let state = editor.pick_of(&["in", "low", "out", "backorder"])?;
    let mut variants = tables(&mut table, "variants");
    let at = editor.random.below(variants.len());
    variants.get_mut(at)?.insert("availability".to_owned(), state.into());
    content.put_table(&file, &table);
    Some(format!("variant {at} of {id} is {state}"))
}

pub(super) fn status(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let status = if table["status"].as_str() == Some("draft") { "published" } else { "draft" };
    table.insert("status".to_owned(), status.into());
    content.put_table(&file, &table);
    Some(format!("{id} is {status}"))
}

pub(super) fn publish_time(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let key = editor.pick_of(&["publish_at", "unpublish_at"])?;
    let other = if key == "publish_at" { "unpublish_at" } else { "publish_at" };
    table.remove(other);
    let what = match table.remove(key) {
        Some(_) => "any time".to_owned(),
        None => {
            let moment = editor.moment(-24, 96);
            table.insert(key.to_owned(), moment.clone());
            moment.to_string()
        }
    };
    content.put_table(&file, &table);
    Some(format!("{key} of {id}: {what}"))
}

pub(super) fn countries(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let key = editor.pick_of(&["countries", "not_in"])?;
    let mut chosen = strings(&table, key);
    if chosen.is_empty() {
        chosen =
            COUNTRIES.iter().filter(|_| editor.random.chance(40)).map(|code| (*code).to_owned()).collect();
    } else {
        chosen.clear();
    }
    set_strings(&mut table, key, &chosen);
    content.put_table(&file, &table);
    Some(format!("{key} of {id}: {chosen:?}"))
}

pub(super) fn variant_not_in(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let country = editor.pick_of(&COUNTRIES)?;
    let mut variants = tables(&mut table, "variants");
    let at = editor.random.below(variants.len());
    let variant = variants.get_mut(at)?;
    let chosen = if variant.contains_key("not_in") { Vec::new() } else { vec![country.to_owned()] };
    set_strings(variant, "not_in", &chosen);
    content.put_table(&file, &table);
    Some(format!("variant {at} of {id} not in {chosen:?}"))
}

/// A copy of a variant with another value of its first option.
pub(super) fn add_variant(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let option = strings(&table, "options").first()?.clone();
    let schema = content.table("attributes/attributes.toml");
    let values = strings(schema["attribute"][&option].as_table()?, "values");
    let value = editor.pick_of(&values)?;
    let variants = table.get_mut("variants")?.as_array_mut()?;
    let mut variant = variants.get(editor.random.below(variants.len()))?.as_table()?.clone();
    let sku = format!("NEW-{}", editor.fresh());
    variant.insert("sku".to_owned(), sku.as_str().into());
    variant.remove("gtin");
    variant.get_mut("options")?.as_table_mut()?.insert(option, value.as_str().into());
    variants.insert(editor.random.below(variants.len() + 1), Value::Table(variant));
    content.put_table(&file, &table);
    Some(format!("{id} gets variant {sku} ({value})"))
}

pub(super) fn remove_variant(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let variants = table.get_mut("variants")?.as_array_mut()?;
    if variants.len() < 2 {
        return None;
    }
    let gone = variants.remove(editor.random.below(variants.len()));
    content.put_table(&file, &table);
    Some(format!("{id} loses variant {}", gone["sku"]))
}

pub(super) fn reorder_variants(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    editor.random.shuffle(table.get_mut("variants")?.as_array_mut()?);
    content.put_table(&file, &table);
    Some(format!("variants of {id} in another order"))
}

pub(super) fn related(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let mut related = strings(&table, "related");
    if editor.random.chance(40) {
        editor.random.shuffle(&mut related);
    } else {
        let others: Vec<String> = content
            .ids("products")
            .into_iter()
            .filter(|other| *other != id && !related.contains(other))
            .collect();
        related.truncate(3);
        related.extend(editor.pick_of(&others));
    }
    set_strings(&mut table, "related", &related);
    content.put_table(&file, &table);
    Some(format!("related to {id}: {related:?}"))
}

pub(super) fn media(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let mut media = strings(&table, "media");
    if media.len() > 1 && editor.random.chance(50) {
        media.rotate_left(1);
    } else {
        let pictures: Vec<String> = content.files("media");
        let pictures: Vec<String> =
            pictures.into_iter().filter(|file| file.ends_with(".jpg") && !media.contains(file)).collect();
        media.extend(editor.pick_of(&pictures));
    }
    set_strings(&mut table, "media", &media);
    content.put_table(&file, &table);
    Some(format!("media of {id}: {media:?}"))
}

/// Where a product is listed.
pub(super) fn places(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let categories = content.ids("categories");
    let places = table.get_mut("categories")?.as_array_mut()?;
    let rank = i64::try_from(editor.random.below(60)).ok()?;
    match editor.random.below(4) {
        0 => places.rotate_left(1),
        1 if places.len() > 1 => {
            places.pop();
        }
        2 => {
            let taken: Vec<&str> = places.iter().filter_map(|place| place["id"].as_str()).collect();
            let free: Vec<&String> = categories.iter().filter(|id| !taken.contains(&id.as_str())).collect();
            let place = (*editor.random.pick(&free)?).clone();
            places.push(Value::Table(Table::from_iter([
                ("id".to_owned(), Value::from(place)),
                ("rank".to_owned(), Value::Integer(rank)),
            ])));
        }
        _ => {
            places.first_mut()?.as_table_mut()?.insert("rank".to_owned(), Value::Integer(rank));
        }
    }
    let what = format!("places of {id}: {places:?}");
    content.put_table(&file, &table);
    Some(what)
}

/// A copy of a product under another id, with slugs and SKUs of its own.
pub(super) fn add(editor: &mut Editor, content: &Content) -> Option<String> {
    let (_, from) = editor.product(content)?;
    let number = editor.fresh();
    let id = format!("new-{number}");
    copy_product(content, &from, &id);
    Some(format!("product {id}, a copy of {from}"))
}

/// Copies a product; its slugs and SKUs end in the copy's id.
pub(crate) fn copy_product(content: &Content, from: &str, id: &str) {
    content.copy(&format!("products/{from}"), &format!("products/{id}"));
    let file = format!("products/{id}/product.toml");
    let mut table = content.table(&file);
    for (at, variant) in tables(&mut table, "variants").into_iter().enumerate() {
        variant.insert("sku".to_owned(), format!("{}-{at}", id.to_uppercase()).into());
        variant.remove("gtin");
    }
    content.put_table(&file, &table);
    for lang in content.langs("products", id) {
        let file = format!("products/{id}/{lang}.md");
        let mut text = content.text(&file);
        if let Some(Value::String(slug)) = text.front.get_mut("slug") {
            slug.push_str(&format!("-{id}"));
        }
        content.put_text(&file, &text);
    }
}

/// Mostly one that was added: others link to the first ones, and wait then until it is back.
pub(super) fn remove(editor: &mut Editor, content: &Content) -> Option<String> {
    let new: Vec<String> = content.ids("products").into_iter().filter(|id| id.starts_with("new-")).collect();
    let id = match editor.random.chance(60) {
        true => editor.pick_of(&new)?,
        false => editor.product(content)?.1,
    };
    content.park(&format!("products/{id}"));
    Some(format!("product {id} is removed"))
}

pub(super) fn bring_back(editor: &mut Editor, content: &Content) -> Option<String> {
    let id = editor.pick_of(&content.parked("products"))?;
    content.bring_back(&format!("products/{id}"));
    Some(format!("product {id} is back"))
}

pub(super) fn parts(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = "products/bundle-rest/product.toml";
    if !content.has(file) {
        return None;
    }
    let (other, _) = editor.product(content)?;
    let mut other = content.table(&other);
    let sku = tables(&mut other, "variants").first()?["sku"].clone();
    let mut table = content.table(file);
    let mut variants = tables(&mut table, "variants");
    let at = editor.random.below(variants.len());
    let parts = variants.get_mut(at)?.get_mut("parts")?.as_array_mut()?;
    let part = editor.random.below(parts.len());
    parts.get_mut(part)?.as_table_mut()?.insert("sku".to_owned(), sku.clone());
    content.put_table(file, &table);
    Some(format!("part {part} of the bundle's variant {at} is {sku}"))
}

pub(super) fn review(editor: &mut Editor, content: &Content) -> Option<String> {
    let (_, id) = editor.product(content)?;
    let file = format!("products/{id}/reviews.toml");
    let mut table = content.table(&file);
    let reviews = table.entry("reviews").or_insert(Value::Array(Vec::new())).as_array_mut()?;
    if reviews.len() > 2 && editor.random.chance(50) {
        reviews.remove(0);
    } else {
        let stars = i64::try_from(1 + editor.random.below(5)).ok()?;
        reviews.push(Value::Table(Table::from_iter([
            ("rating".to_owned(), Value::Integer(stars)),
            ("date".to_owned(), Value::Datetime("2026-08-05".parse().unwrap())),
            ("lang".to_owned(), "en".into()),
            ("title".to_owned(), format!("Review {}", editor.fresh()).into()),
            ("body".to_owned(), "Soft, and quiet.".into()),
        ])));
    }
    content.put_table(&file, &table);
    Some(format!("reviews of {id}"))
}

pub(super) fn attribute(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let attributes = table.get_mut("attributes")?.as_table_mut()?;
    let numbers: Vec<String> =
        attributes.iter().filter(|(_, value)| value.is_integer()).map(|(id, _)| id.clone()).collect();
    let attribute = editor.pick_of(&numbers)?;
    let value = 1 + i64::try_from(editor.random.below(99)).ok()?;
    attributes.insert(attribute.clone(), Value::Integer(value));
    content.put_table(&file, &table);
    Some(format!("{attribute} of {id}: {value}"))
}
