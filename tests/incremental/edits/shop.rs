//! What is above single things: menus, words, addresses, countries, the store itself, pictures.

use toml::{Table, Value};

use super::Editor;
use crate::content::{Content, set_strings, strings, tables};

const NAVIGATION: &str = "navigation.toml";
const REDIRECTS: &str = "redirects.toml";

impl Editor {
    fn target(&mut self, content: &Content) -> Option<String> {
        let (kind, scheme) = self.pick_of(&[("categories", "category"), ("pages", "page")])?;
        Some(format!("{scheme}:{}", self.pick_of(&content.ids(kind))?))
    }

    fn country_file(&mut self, content: &Content) -> Option<String> {
        let files = content.files("countries");
        Some(format!("countries/{}", self.pick_of(&files)?))
    }

    fn some_picture(&mut self, content: &Content) -> Option<String> {
        let pictures: Vec<String> =
            content.files("media").into_iter().filter(|file| file.ends_with(".jpg")).collect();
        self.pick_of(&pictures)
    }
}

pub(super) fn navigation(editor: &mut Editor, content: &Content) -> Option<String> {
    let mut table = content.table(NAVIGATION);
    let target = editor.target(content)?;
    let change = editor.random.below(4);
    let at_top = editor.random.chance(40);
    let mut columns = tables(&mut table, "footer");
    let column = editor.random.below(columns.len());
    let (items, key) = match at_top {
        true => (strings(&table, "main"), "main"),
        false => (strings(columns.get_mut(column)?, "items"), "items"),
    };
    let mut items = items;
    match change {
        0 => items.rotate_left(1),
        1 if items.contains(&target) => return None,
        1 => items.push(target),
        _ if items.len() > 2 => {
            items.remove(editor.random.below(items.len()));
        }
        _ => return None,
    }
    if at_top {
        set_strings(&mut table, key, &items);
    } else {
        set_strings(tables(&mut table, "footer").remove(column), key, &items);
    }
    content.put_table(NAVIGATION, &table);
    Some(format!("navigation {key}: {items:?}"))
}

/// A message without arguments says something else.
pub(super) fn string(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = format!("strings/{}", editor.pick_of(&content.files("strings"))?);
    let source = String::from_utf8(content.raw(&file)).unwrap();
    let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
    let plain: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.starts_with([' ', '#', '-']) && line.contains(" = ") && !line.contains('{'))
        .map(|(at, _)| at)
        .collect();
    let at = editor.pick_of(&plain)?;
    let (id, _) = lines[at].split_once(" = ")?;
    let line = format!("{id} = Words {}", editor.fresh());
    let what = format!("{file}: {line}");
    lines[at] = line;
    content.put_raw(&file, (lines.join("\n") + "\n").as_bytes());
    Some(what)
}

pub(super) fn redirect(editor: &mut Editor, content: &Content) -> Option<String> {
    let mut table = content.table(REDIRECTS);
    let base = editor.pick_of(&["/de/", "/gb/", "/ch-fr/"])?;
    // At an address of its own, at one that somebody left, or at one that a variant may have.
    let from = match editor.random.below(3) {
        0 if !editor.left.is_empty() => {
            let (kind, _, slug) = editor.pick_of(&editor.left.clone())?;
            let folder = match kind {
                "products" => "p/",
                "categories" => "c/",
                _ => "",
            };
            format!("{base}{folder}{slug}/")
        }
        _ => format!("{base}old-{}/", editor.fresh()),
    };
    let (list, line) = match editor.random.below(4) {
        0 => ("gone", Table::from_iter([("path".to_owned(), Value::from(from.as_str()))])),
        one => {
            let to = match one {
                1 => format!("product:{}", editor.product(content)?.1),
                2 => "https://elsewhere.example/".to_owned(),
                _ => editor.target(content)?,
            };
            let line = [("from".to_owned(), Value::from(from.as_str())), ("to".to_owned(), Value::from(to))];
            ("redirect", Table::from_iter(line))
        }
    };
    let what = format!("{list}: {line}");
    table.entry(list).or_insert(Value::Array(Vec::new())).as_array_mut()?.push(Value::Table(line));
    content.put_table(REDIRECTS, &table);
    Some(what)
}

pub(super) fn end_redirect(editor: &mut Editor, content: &Content) -> Option<String> {
    let mut table = content.table(REDIRECTS);
    let lines = table.get_mut("redirect")?.as_array_mut()?;
    if lines.is_empty() {
        return None;
    }
    let line = lines.remove(editor.random.below(lines.len()));
    content.put_table(REDIRECTS, &table);
    Some(format!("no redirect any more: {line}"))
}

pub(super) fn delivery(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = editor.country_file(content)?;
    let mut table = content.table(&file);
    let number = i64::try_from(1 + editor.random.below(99)).ok()?;
    let what = match editor.random.below(4) {
        0 => {
            tables(&mut table, "delivery").first_mut()?.insert("price".to_owned(), Value::Integer(number));
            "price"
        }
        1 => {
            let days = Value::Array(vec![Value::Integer(number), Value::Integer(number + 2)]);
            tables(&mut table, "delivery").first_mut()?.insert("days".to_owned(), days);
            "days"
        }
        2 => {
            table.get_mut("returns")?.as_table_mut()?.insert("days".to_owned(), Value::Integer(number));
            "returns"
        }
        _ => {
            let prior = table.get("prior_price")?.as_bool()?;
            table.insert("prior_price".to_owned(), Value::Boolean(!prior));
            "prior price"
        }
    };
    content.put_table(&file, &table);
    Some(format!("{what} of {file}"))
}

pub(super) fn legal(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = editor.country_file(content)?;
    let mut table = content.table(&file);
    let key = editor.pick_of(&["legal_notes", "legal_pages", "payment_methods"])?;
    let mut items = strings(&table, key);
    if key == "legal_notes" {
        items = match items.len() {
            1 => vec!["note_vat_included".to_owned(), "note_delivery_extra".to_owned()],
            _ => vec!["note_vat_included".to_owned()],
        };
    } else {
        items.rotate_left(1);
    }
    set_strings(&mut table, key, &items);
    content.put_table(&file, &table);
    Some(format!("{key} of {file}: {items:?}"))
}

/// An edition changes its path, goes, or comes back.
pub(super) fn locale(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = editor.country_file(content)?;
    let mut table = content.table(&file);
    let number = editor.fresh();
    let locales = table.get_mut("locales")?.as_array_mut()?;
    let what = match editor.random.below(3) {
        0 => {
            let path = format!("/moved-{number}/");
            locales.first_mut()?.as_table_mut()?.insert("path".to_owned(), path.as_str().into());
            format!("its first path is {path}")
        }
        1 if locales.len() > 1 => format!("without {}", locales.remove(editor.random.below(locales.len()))),
        1 => return None,
        _ => {
            content.restore(&file);
            return Some(format!("{file} is as in the beginning"));
        }
    };
    content.put_table(&file, &table);
    Some(format!("{file}: {what}"))
}

pub(super) fn country(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = editor.country_file(content)?;
    if file.ends_with("de.toml") || content.files("countries").len() < 3 {
        return None;
    }
    content.park(&file);
    Some(format!("{file} is removed"))
}

pub(super) fn country_back(editor: &mut Editor, content: &Content) -> Option<String> {
    let file = format!("countries/{}", editor.pick_of(&content.parked("countries"))?);
    content.bring_back(&file);
    Some(format!("{file} is back"))
}

pub(super) fn name(editor: &mut Editor, content: &Content) -> Option<String> {
    let mut table = content.table("store.toml");
    let number = editor.fresh();
    let (key, value) = match editor.random.below(4) {
        0 => ("name", format!("Cumulus {number}")),
        1 => ("origin", format!("https://shop-{number}.example")),
        2 => ("icon_color", format!("#{:06x}", editor.random.below(0x00ff_ffff))),
        _ => ("default_country", editor.pick_of(&["DE", "GB"])?.to_owned()),
    };
    table.insert(key.to_owned(), value.as_str().into());
    content.put_table("store.toml", &table);
    Some(format!("{key} of the store: {value}"))
}

pub(super) fn alt(editor: &mut Editor, content: &Content) -> Option<String> {
    let files: Vec<String> =
        content.files("media").into_iter().filter(|file| file.ends_with(".toml")).collect();
    let file = format!("media/{}", editor.pick_of(&files)?);
    let picture = editor.some_picture(content)?;
    let mut table = content.table(&file);
    table.insert(picture.clone(), format!("Something soft, number {}", editor.fresh()).into());
    content.put_table(&file, &table);
    Some(format!("alt text of {picture} in {file}"))
}

/// A picture is replaced by another file of the same name.
pub(super) fn picture(editor: &mut Editor, content: &Content) -> Option<String> {
    let (one, two) = (editor.some_picture(content)?, editor.some_picture(content)?);
    content.put_raw(&format!("media/{one}"), &content.raw(&format!("media/{two}")));
    (one != two).then(|| format!("{one} shows what {two} shows"))
}

pub(super) fn remove_picture(editor: &mut Editor, content: &Content) -> Option<String> {
    let parked: Vec<String> =
        content.parked("media").into_iter().filter(|file| file.ends_with(".jpg")).collect();
    if let Some(back) = editor.pick_of(&parked) {
        content.bring_back(&format!("media/{back}"));
        return Some(format!("media/{back} is back"));
    }
    let picture = editor.some_picture(content)?;
    content.park(&format!("media/{picture}"));
    Some(format!("media/{picture} is removed"))
}

pub(super) fn label(editor: &mut Editor, content: &Content) -> Option<String> {
    let lang = editor.pick_of(&["de", "en", "fr", "ja"])?;
    let file = format!("attributes/{lang}.toml");
    let mut table = content.table(&file);
    let labels = table.get_mut("label")?.as_table_mut()?;
    let id = editor.pick_of(&labels.keys().cloned().collect::<Vec<_>>())?;
    labels.insert(id.clone(), format!("Label {}", editor.fresh()).into());
    content.put_table(&file, &table);
    Some(format!("label of {id} in {file}"))
}
