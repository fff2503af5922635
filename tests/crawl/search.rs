//! What search engines are told: canonical addresses, languages, sitemaps.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Document;

use crate::page::decoded;
use crate::site::{assert_none, site};

/// Sitemaps are XML of this namespace.
const SITEMAPS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

#[test]
fn canonical_addresses_are_absolute_and_there() {
    let site = site();
    let mut mistakes = Vec::new();
    for (path, page) in &site.pages {
        let [canonical] = page.canonicals.as_slice() else {
            // What is not to be listed needs none.
            if page.may_be_listed() || page.canonicals.len() > 1 {
                mistakes.push(format!("{path}: {} canonical addresses", page.canonicals.len()));
            }
            continue;
        };
        let target = site.path_of(canonical);
        let there = target.as_ref().and_then(|target| site.pages.get(target));
        let is_last = there.is_some_and(|there| there.canonicals.as_slice() == page.canonicals.as_slice());
        if (!is_last && page.refresh.is_none()) || there.is_none() {
            mistakes.push(format!("{path}: canonical {canonical}"));
        }
    }
    assert_none(mistakes);
}

#[test]
fn alternates_are_reciprocal_and_name_the_page_itself_and_a_default() {
    let site = site();
    let mut mistakes = Vec::new();
    for (path, page) in site.listed() {
        let own = &page.canonicals[0];
        let alternates = &page.alternates;
        let is_chooser = site.edition_of(path).is_none();
        if page.alternates_twice {
            mistakes.push(format!("{path}: an hreflang stands twice"));
        }
        if !alternates.contains_key("x-default") {
            mistakes.push(format!("{path}: no x-default among {alternates:?}"));
        }
        let named = if is_chooser { "x-default" } else { page.lang.as_str() };
        if alternates.get(named) != Some(own) {
            mistakes.push(format!("{path}: is not {named} among {alternates:?}"));
        }
        for (hreflang, url) in alternates {
            let other = site.path_of(url).and_then(|path| site.pages.get(&path));
            let Some(other) =
                other.filter(|other| other.may_be_listed() && other.canonicals.first() == Some(url))
            else {
                mistakes.push(format!("{path}: {hreflang} is {url}, which is no page of its own"));
                continue;
            };
            if other.alternates != *alternates {
                mistakes.push(format!("{path}: {url} names other alternates: {:?}", other.alternates));
            }
            if hreflang != "x-default" && other.lang != *hreflang {
                mistakes.push(format!("{path}: {url} is {}, not {hreflang}", other.lang));
            }
        }
    }
    assert_none(mistakes);
}

#[test]
fn pages_that_are_not_listed_name_no_alternates() {
    let site = site();
    let listed: BTreeSet<&String> = site.listed().map(|(path, _)| path).collect();
    let others =
        site.pages.iter().filter(|(path, page)| !listed.contains(path) && !page.alternates.is_empty());
    assert_none(others.map(|(path, _)| path.clone()).collect());
}

/// Text of all elements of a name.
fn texts<'d>(document: &'d Document<'_>, name: &str) -> Vec<&'d str> {
    let of_name = document.descendants().filter(|node| node.has_tag_name((SITEMAPS, name)));
    of_name.filter_map(|node| node.text()).collect()
}

#[test]
fn sitemaps_list_every_page_that_may_be_listed_and_no_other() {
    let site = site();
    let mut mistakes = Vec::new();
    let listed: BTreeMap<&String, _> =
        site.listed().filter(|(path, _)| site.edition_of(path).is_some()).collect();
    let mut in_sitemaps = BTreeSet::new();
    let shards: Vec<&String> = site.files.keys().filter(|path| path.contains("/sitemap-")).collect();
    for shard in &shards {
        let text = std::str::from_utf8(&site.files[*shard]).unwrap();
        let document = Document::parse(text).unwrap();
        for entry in document.descendants().filter(|node| node.has_tag_name((SITEMAPS, "url"))) {
            let text = |name: &str| entry.children().find(|node| node.has_tag_name((SITEMAPS, name)))?.text();
            let url = text("loc").unwrap();
            let page = site.path_of(url).and_then(|path| listed.get_key_value(&path));
            let Some((path, page)) = page else {
                mistakes.push(format!("{shard}: {url} is no page that may be listed"));
                continue;
            };
            if !url.is_ascii() {
                mistakes.push(format!("{shard}: {url} is not encoded"));
            }
            if !in_sitemaps.insert(*path) {
                mistakes.push(format!("{shard}: {url} stands twice"));
            }
            let links = entry.children().filter(|node| node.tag_name().name() == "link");
            let alternates: BTreeMap<String, String> = links
                .filter_map(|link| {
                    Some((link.attribute("hreflang")?.to_owned(), decoded(link.attribute("href")?)))
                })
                .collect();
            if alternates != page.alternates {
                mistakes.push(format!("{shard}: {url} has other alternates than the page"));
            }
            if text("lastmod").is_none_or(|date| vitrine_core::Timestamp::parse_rfc3339(date).is_err()) {
                mistakes.push(format!("{shard}: {url} has no date"));
            }
            let pictures = entry.descendants().filter(|node| node.tag_name().name() == "image");
            for picture in pictures.filter_map(|node| node.first_element_child()?.text()) {
                if !site.path_of(picture).is_some_and(|path| site.paths.contains(&path)) {
                    mistakes.push(format!("{shard}: no picture {picture}"));
                }
            }
        }
    }
    let missing = listed.keys().filter(|path| !in_sitemaps.contains(*path));
    mistakes.extend(missing.map(|path| format!("{path} is in no sitemap")));
    assert_none(mistakes);
}

#[test]
fn robots_names_every_index_and_the_indexes_every_shard() {
    let site = site();
    let mut mistakes = Vec::new();
    let robots = std::str::from_utf8(&site.files["/robots.txt"]).unwrap();
    let named: BTreeSet<&str> = robots.lines().filter_map(|line| line.strip_prefix("Sitemap: ")).collect();
    let mut in_indexes = BTreeSet::new();
    for edition in &site.editions {
        let path = format!("{}sitemap.xml", edition.path);
        if !named.contains(format!("{}{path}", edition.origin).as_str()) {
            mistakes.push(format!("robots.txt does not name {path}"));
        }
        let text = std::str::from_utf8(&site.files[&path]).unwrap();
        let document = Document::parse(text).unwrap();
        for url in texts(&document, "loc") {
            match site.path_of(url).filter(|shard| site.files.contains_key(shard)) {
                Some(shard) if shard.starts_with(&edition.path) => in_indexes.extend([shard]),
                _ => mistakes.push(format!("{path} names {url}")),
            }
        }
    }
    if named.len() != site.editions.len() {
        mistakes.push(format!("robots.txt names {named:?}"));
    }
    let shards = site.files.keys().filter(|path| path.contains("/sitemap-") && !in_indexes.contains(*path));
    mistakes.extend(shards.map(|shard| format!("no index names {shard}")));
    assert_none(mistakes);
}
