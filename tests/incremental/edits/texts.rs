//! Texts of products, categories and pages: names, slugs, links, components.

use super::Editor;
use crate::content::Content;

const KINDS: [&str; 3] = ["products", "categories", "pages"];

/// A text file of anything.
struct Chosen {
    kind: &'static str,
    id: String,
    lang: String,
    file: String,
}

impl Editor {
    fn text(&mut self, content: &Content) -> Option<Chosen> {
        let kind = self.pick_of(&KINDS)?;
        let id = self.pick_of(&content.ids(kind))?;
        let lang = self.pick_of(&content.langs(kind, &id))?;
        let file = format!("{kind}/{id}/{lang}.md");
        Some(Chosen { kind, id, lang, file })
    }

    /// A text that states a slug, and the slug.
    fn addressed(&mut self, content: &Content) -> Option<(Chosen, String)> {
        let chosen = self.text(content)?;
        let slug = content.text(&chosen.file).front.get("slug")?.as_str()?.to_owned();
        Some((chosen, slug))
    }
}

fn set_slug(content: &Content, file: &str, slug: &str) {
    let mut text = content.text(file);
    text.front.insert("slug".to_owned(), slug.into());
    content.put_text(file, &text);
}

pub(super) fn title(editor: &mut Editor, content: &Content) -> Option<String> {
    let chosen = editor.text(content)?;
    let mut text = content.text(&chosen.file);
    let key = match (chosen.kind, editor.random.below(3)) {
        ("pages", 0) => "nav",
        ("pages", _) | (_, 0) => "title",
        _ => "name",
    };
    let name = format!("Renamed {}", editor.fresh());
    text.front.insert(key.to_owned(), name.as_str().into());
    content.put_text(&chosen.file, &text);
    Some(format!("{key} of {}: {name}", chosen.file))
}

pub(super) fn summary(editor: &mut Editor, content: &Content) -> Option<String> {
    let chosen = editor.text(content)?;
    let mut text = content.text(&chosen.file);
    let key =
        if chosen.kind == "products" { editor.pick_of(&["summary", "description"])? } else { "description" };
    let sentence = format!("Sentence number {} about sleep & rest.", editor.fresh());
    text.front.insert(key.to_owned(), sentence.into());
    content.put_text(&chosen.file, &text);
    Some(format!("{key} of {}", chosen.file))
}

pub(super) fn rename(editor: &mut Editor, content: &Content) -> Option<String> {
    let (chosen, old) = editor.addressed(content)?;
    let new = format!("moved-{}", editor.fresh());
    set_slug(content, &chosen.file, &new);
    editor.left.push((chosen.kind, chosen.lang, old.clone()));
    Some(format!("slug of {}: {old} becomes {new}", chosen.file))
}

/// Two things of a kind change their addresses.
pub(super) fn swap(editor: &mut Editor, content: &Content) -> Option<String> {
    let (chosen, slug) = editor.addressed(content)?;
    let Chosen { kind, id, lang, file } = chosen;
    let others: Vec<String> = content.ids(kind).into_iter().filter(|other| *other != id).collect();
    let other = format!("{kind}/{}/{lang}.md", editor.pick_of(&others)?);
    if !content.has(&other) {
        return None;
    }
    let other_slug = content.text(&other).front.get("slug")?.as_str()?.to_owned();
    set_slug(content, &file, &other_slug);
    set_slug(content, &other, &slug);
    Some(format!("{file} and {other} swap slugs {slug} and {other_slug}"))
}

/// Something takes an address that another left.
pub(super) fn reuse(editor: &mut Editor, content: &Content) -> Option<String> {
    let (kind, lang, slug) = editor.pick_of(&editor.left.clone())?;
    let id = editor.pick_of(&content.ids(kind))?;
    let file = format!("{kind}/{id}/{lang}.md");
    if !content.has(&file) {
        return None;
    }
    if let Some(old) = content.text(&file).front.get("slug").and_then(|slug| slug.as_str()) {
        editor.left.push((kind, lang, old.to_owned()));
    }
    set_slug(content, &file, &slug);
    Some(format!("{file} takes the old slug {slug}"))
}

/// Switzerland's own slug comes or goes.
pub(super) fn layer(editor: &mut Editor, content: &Content) -> Option<String> {
    let kind = editor.pick_of(&KINDS)?;
    let id = editor.pick_of(&content.ids(kind))?;
    let file = format!("{kind}/{id}/de-CH.md");
    if !content.has(&file) {
        return None;
    }
    let mut text = content.text(&file);
    let what = match text.front.remove("slug") {
        Some(_) => "none".to_owned(),
        None => {
            let slug = format!("schweiz-{}", editor.fresh());
            text.front.insert("slug".to_owned(), slug.as_str().into());
            slug
        }
    };
    content.put_text(&file, &text);
    Some(format!("own slug of {file}: {what}"))
}

/// A sentence with a link to something that may not be there one day.
pub(super) fn link(editor: &mut Editor, content: &Content) -> Option<String> {
    let chosen = editor.text(content)?;
    let (kind, scheme) =
        editor.pick_of(&[("products", "product"), ("categories", "category"), ("pages", "page")])?;
    let target = format!("{scheme}:{}", editor.pick_of(&content.ids(kind))?);
    append(content, &chosen.file, &format!("See [this]({target}), number {}.", editor.fresh()));
    Some(format!("{} links to {target}", chosen.file))
}

pub(super) fn component(editor: &mut Editor, content: &Content) -> Option<String> {
    let chosen = editor.text(content)?;
    let number = editor.fresh();
    let products = content.ids("products");
    let (one, two) = (editor.pick_of(&products)?, editor.pick_of(&products)?);
    let block = match editor.random.below(4) {
        0 => {
            let pictures: Vec<String> =
                content.files("media").into_iter().filter(|file| file.ends_with(".jpg")).collect();
            format!("::picture {} Picture {number}", editor.pick_of(&pictures)?)
        }
        1 => format!(":::callout tip\nTip {number}: [look](product:{one}).\n:::"),
        2 => format!(":::faq\n### Question {number}?\nAnswer, with [a link](product:{one}).\n:::"),
        _ => format!("::product {one} {two}"),
    };
    append(content, &chosen.file, &block);
    Some(format!("{} gets {}", chosen.file, block.replace('\n', " / ")))
}

/// The last paragraph goes.
pub(super) fn cut(editor: &mut Editor, content: &Content) -> Option<String> {
    let chosen = editor.text(content)?;
    let mut text = content.text(&chosen.file);
    let end = text.body.trim_end().rfind("\n\n")?;
    text.body.truncate(end + 1);
    content.put_text(&chosen.file, &text);
    Some(format!("the last paragraph of {} is cut", chosen.file))
}

/// A language that stands in for nothing else goes, or comes back.
pub(super) fn remove(editor: &mut Editor, content: &Content) -> Option<String> {
    let kind = editor.pick_of(&KINDS)?;
    let id = editor.pick_of(&content.ids(kind))?;
    let file = format!("{kind}/{id}/de-CH.md");
    if content.has(&file) {
        content.park(&file);
        return Some(format!("{file} is removed"));
    }
    content.parked(&format!("{kind}/{id}")).contains(&"de-CH.md".to_owned()).then(|| {
        content.bring_back(&file);
        format!("{file} is back")
    })
}

fn append(content: &Content, file: &str, block: &str) {
    let mut text = content.text(file);
    text.body = format!("{}\n\n{block}\n", text.body.trim_end());
    content.put_text(file, &text);
}
