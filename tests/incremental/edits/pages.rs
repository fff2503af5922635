//! Content pages, the home page among them.

use toml::Value;

use super::Editor;
use crate::content::{Content, set_strings, strings};

const HOME: &str = "pages/home/page.toml";

impl Editor {
    /// A page that is not the home page.
    fn page(&mut self, content: &Content) -> Option<(String, String)> {
        let names: Vec<String> = content.ids("pages").into_iter().filter(|name| name != "home").collect();
        let name = self.pick_of(&names)?;
        Some((format!("pages/{name}/page.toml"), name))
    }
}

/// A copy of a page under another name.
pub(super) fn add(editor: &mut Editor, content: &Content) -> Option<String> {
    let (_, from) = editor.page(content)?;
    let name = format!("new-{}", editor.fresh());
    content.copy(&format!("pages/{from}"), &format!("pages/{name}"));
    for lang in content.langs("pages", &name) {
        let file = format!("pages/{name}/{lang}.md");
        let mut text = content.text(&file);
        if let Some(Value::String(slug)) = text.front.get_mut("slug") {
            slug.push_str(&format!("-{name}"));
        }
        content.put_text(&file, &text);
    }
    Some(format!("page {name}, a copy of {from}"))
}

pub(super) fn remove(editor: &mut Editor, content: &Content) -> Option<String> {
    let (_, name) = editor.page(content)?;
    content.park(&format!("pages/{name}"));
    Some(format!("page {name} is removed"))
}

pub(super) fn bring_back(editor: &mut Editor, content: &Content) -> Option<String> {
    let name = editor.pick_of(&content.parked("pages"))?;
    content.bring_back(&format!("pages/{name}"));
    Some(format!("page {name} is back"))
}

pub(super) fn countries(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, name) = editor.page(content)?;
    let mut table = content.table(&file);
    let countries = match strings(&table, "countries").is_empty() {
        true => vec!["DE".to_owned(), editor.pick_of(&["CH", "GB", "JP", "AE"])?.to_owned()],
        false => Vec::new(),
    };
    set_strings(&mut table, "countries", &countries);
    content.put_table(&file, &table);
    Some(format!("countries of page {name}: {countries:?}"))
}

/// Its kind or its date.
pub(super) fn facts(editor: &mut Editor, content: &Content) -> Option<String> {
    let (file, name) = editor.page(content)?;
    let mut table = content.table(&file);
    let what = if editor.random.chance(50) {
        let kind = editor.pick_of(&["page", "faq", "legal"])?;
        table.insert("kind".to_owned(), kind.into());
        kind.to_owned()
    } else {
        let date = format!("2026-09-{:02}", 1 + editor.random.below(28));
        table.insert("updated".to_owned(), Value::Datetime(date.parse().unwrap()));
        date
    };
    content.put_table(&file, &table);
    Some(format!("page {name}: {what}"))
}

/// What the home page shows.
pub(super) fn featured(editor: &mut Editor, content: &Content) -> Option<String> {
    let mut table = content.table(HOME);
    let (key, kind) = editor.pick_of(&[("featured", "products"), ("categories", "categories")])?;
    let mut shown = strings(&table, key);
    if editor.random.chance(50) {
        shown.rotate_left(1);
    } else {
        let others: Vec<String> = content.ids(kind).into_iter().filter(|id| !shown.contains(id)).collect();
        shown.truncate(4);
        shown.insert(0, editor.pick_of(&others)?);
    }
    set_strings(&mut table, key, &shown);
    content.put_table(HOME, &table);
    Some(format!("{key} of the home page: {shown:?}"))
}

pub(super) fn hero(editor: &mut Editor, content: &Content) -> Option<String> {
    let mut table = content.table(HOME);
    let what = if editor.random.chance(50) {
        let pictures: Vec<String> =
            content.files("media").into_iter().filter(|file| file.ends_with(".jpg")).collect();
        let picture = editor.pick_of(&pictures)?;
        table.insert("hero".to_owned(), picture.as_str().into());
        picture
    } else {
        let link = match editor.random.chance(50) {
            true => format!("product:{}", editor.product(content)?.1),
            false => format!("page:{}", editor.page(content)?.1),
        };
        table.insert("hero_link".to_owned(), link.as_str().into());
        link
    };
    content.put_table(HOME, &table);
    Some(format!("hero of the home page: {what}"))
}
