//! `pages/<name>/`, `navigation.toml` and `redirects.toml`.

use std::collections::BTreeMap;

use vitrine_content::{FooterColumn, Navigation, PageFacts, PageInput, PageKind, PageText};
use vitrine_core::{EntityKind, PageName};

use super::folder::{Root, Stamp};
use super::parsed::{ItemFiles, Parsed, languages};
use super::reader::{Node, Reader};
use crate::error::ImportError;

/// Words of a page's `kind`.
pub(crate) const KINDS: &[(&str, PageKind)] =
    &[("home", PageKind::Home), ("page", PageKind::Page), ("faq", PageKind::Faq), ("legal", PageKind::Legal)];

pub(crate) fn page(root: &Root, name: &str, stamps: &[Stamp]) -> Result<Parsed<PageInput>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Page, name);
    let folder = format!("pages/{name}");
    let main = format!("{folder}/page.toml");
    let name = match PageName::try_new(name) {
        Ok(name) => name,
        Err(error) => {
            files.error_at_top(&main, error.to_string());
            return Ok(files.finish(None));
        }
    };
    let facts = files.required(&main, |r| {
        let kind = r.need("kind", |node| node.one_of(KINDS));
        let facts = kind.map(|kind| read_facts(name, kind, &r));
        // A page without a kind has been complained about; its other keys can't be judged.
        if facts.is_some() {
            r.finish();
        }
        facts
    })?;
    let (langs, strays) = languages(stamps.iter().map(|stamp| stamp.file.as_str()), "md", &["page.toml"]);
    let mut texts = BTreeMap::new();
    for lang in langs {
        let text = files.markdown(&format!("{folder}/{lang}.md"), &lang, read_text)?;
        texts.extend(text.map(|text| (lang, text)));
    }
    for stray in strays {
        files.error_at_top(&format!("{folder}/{stray}"), "no file of a page (page.toml, <lang>.md)");
    }
    Ok(files.finish(facts.map(|facts| PageInput { facts, texts })))
}

fn read_facts(name: PageName, kind: PageKind, r: &Reader<'_, '_>) -> PageFacts {
    let countries = r.take("countries", Node::parse_list).unwrap_or_default();
    let updated = r.take("updated", Node::time);
    let mut facts = PageFacts {
        name,
        kind,
        countries,
        updated,
        hero: None,
        hero_link: None,
        featured: Vec::new(),
        categories: Vec::new(),
    };
    if kind == PageKind::Home {
        facts.hero = r.take("hero", Node::text);
        facts.hero_link = r.take("hero_link", Node::text);
        facts.featured = r.take("featured", Node::texts).unwrap_or_default();
        facts.categories = r.take("categories", Node::texts).unwrap_or_default();
    }
    facts
}

fn read_text(r: Reader<'_, '_>, body: Option<String>) -> PageText {
    let text = PageText {
        title: r.take("title", Node::text),
        slug: r.take("slug", Node::parse),
        description: r.take("description", Node::text),
        nav: r.take("nav", Node::text),
        headline: r.take("headline", Node::text),
        lead: r.take("lead", Node::text),
        call_to_action: r.take("call_to_action", Node::text),
        body,
    };
    r.finish();
    text
}

pub(crate) fn navigation(root: &Root) -> Result<Parsed<Navigation>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Navigation, "navigation");
    let navigation = files.optional("navigation.toml", |r| {
        let main = r.take("main", Node::texts).unwrap_or_default();
        let footer = r.tables("footer").into_iter().filter_map(|r| {
            let title = r.need("title", Node::text);
            let items = r.take("items", Node::texts).unwrap_or_default();
            r.finish();
            Some(FooterColumn { title: title?, items })
        });
        let footer = footer.collect();
        r.finish();
        Some(Navigation { main, footer })
    })?;
    let is_absent = navigation.is_none() && !root.path("navigation.toml").exists();
    Ok(files.finish(if is_absent { Some(Navigation::default()) } else { navigation }))
}

/// A line of `redirects.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedirectLine {
    /// Absolute path that is answered.
    pub(crate) from: String,
    /// Link, path or address it leads to; `None` where it answers 410.
    pub(crate) to: Option<String>,
    /// Its table in the file, `redirect[2]`.
    pub(crate) field: String,
}

pub(crate) fn redirects(root: &Root) -> Result<Parsed<Vec<RedirectLine>>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Redirect, "redirects");
    let lines = files.optional("redirects.toml", |r| {
        let mut lines = Vec::new();
        for (index, r) in r.tables("redirect").into_iter().enumerate() {
            let from = r.need("from", read_path);
            let to = r.need("to", Node::text);
            r.finish();
            let field = format!("redirect[{index}]");
            lines.extend(from.zip(to).map(|(from, to)| RedirectLine { from, to: Some(to), field }));
        }
        for (index, r) in r.tables("gone").into_iter().enumerate() {
            let path = r.need("path", read_path);
            r.finish();
            let field = format!("gone[{index}]");
            lines.extend(path.map(|from| RedirectLine { from, to: None, field }));
        }
        r.finish();
        Some(lines)
    })?;
    let is_absent = lines.is_none() && !root.path("redirects.toml").exists();
    Ok(files.finish(if is_absent { Some(Vec::new()) } else { lines }))
}

fn read_path(node: Node<'_, '_>) -> Option<String> {
    let path = node.text()?;
    // No empty segment, and none that leads out of the folder that the path becomes.
    let inner = path.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let is_plain = |inner: &str| !inner.split('/').any(|segment| matches!(segment, "" | "." | ".."));
    let is_path = path == "/" || inner.is_some_and(is_plain);
    if !is_path || path.contains([' ', '?', '#', '\\']) || path.contains(char::is_control) {
        node.error(format!("must be a path from the root, such as /de/old/ (found {})", node.found()));
        return None;
    }
    Some(path)
}
