//! The category tree.

use toml::Value;

use super::Editor;
use crate::content::{Content, set_strings, strings};

impl Editor {
    fn category(&mut self, content: &Content) -> Option<(String, String)> {
        let id = self.pick_of(&content.ids("categories"))?;
        Some((format!("categories/{id}/category.toml"), id))
    }
}

pub(super) fn rank(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.category(content)?;
    let mut table = content.table(&file);
    let rank = i64::try_from(editor.random.below(70)).ok()?;
    table.insert("rank".to_owned(), Value::Integer(rank));
    content.put_table(&file, &table);
    Some(format!("rank of category {id}: {rank}"))
}

/// A category moves below another, or to the top.
pub(super) fn parent(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.category(content)?;
    let mut table = content.table(&file);
    let parent = editor.category(content)?.1;
    let what = if table.contains_key("parent") && editor.random.chance(50) {
        table.remove("parent");
        "none".to_owned()
    } else {
        table.insert("parent".to_owned(), parent.as_str().into());
        parent
    };
    content.put_table(&file, &table);
    Some(format!("parent of category {id}: {what}"))
}

pub(super) fn countries(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.category(content)?;
    let mut table = content.table(&file);
    let countries = match strings(&table, "countries").is_empty() {
        true => vec!["DE".to_owned(), editor.pick_of(&["CH", "GB", "JP", "AE"])?.to_owned()],
        false => Vec::new(),
    };
    set_strings(&mut table, "countries", &countries);
    content.put_table(&file, &table);
    Some(format!("countries of category {id}: {countries:?}"))
}

pub(super) fn picture(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, id) = editor.category(content)?;
    let mut table = content.table(&file);
    let pictures: Vec<String> =
        content.files("media").into_iter().filter(|file| file.ends_with(".jpg")).collect();
    let picture = editor.pick_of(&pictures)?;
    table.insert("picture".to_owned(), picture.as_str().into());
    content.put_table(&file, &table);
    Some(format!("picture of category {id}: {picture}"))
}

/// A copy of a category under another id, which lists a product.
pub(super) fn add(editor: &mut Editor, content: &Content) -> Option<String> {
    let (_, from) = editor.category(content)?;
    let id = format!("new-{}", editor.fresh());
    content.copy(&format!("categories/{from}"), &format!("categories/{id}"));
    for lang in content.langs("categories", &id) {
        let file = format!("categories/{id}/{lang}.md");
        let mut text = content.text(&file);
        if let Some(Value::String(slug)) = text.front.get_mut("slug") {
            slug.push_str(&format!("-{id}"));
        }
        content.put_text(&file, &text);
    }
    let (file, product) = editor.product(content)?;
    let mut table = content.table(&file);
    let places = table.get_mut("categories")?.as_array_mut()?;
    let place = toml::Table::from_iter([("id".to_owned(), Value::from(id.as_str()))]);
    places.insert(editor.random.below(places.len() + 1), Value::Table(place));
    content.put_table(&file, &table);
    Some(format!("category {id}, a copy of {from}, with {product}"))
}

pub(super) fn remove(editor: &mut Editor, content: &Content) -> Option<String> {
    let (_, id) = editor.category(content)?;
    content.park(&format!("categories/{id}"));
    Some(format!("category {id} is removed"))
}

pub(super) fn bring_back(editor: &mut Editor, content: &Content) -> Option<String> {
    let id = editor.pick_of(&content.parked("categories"))?;
    content.bring_back(&format!("categories/{id}"));
    Some(format!("category {id} is back"))
}
