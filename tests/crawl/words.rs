//! What people read: headings, titles, languages, and nothing that was meant for machines.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::Page;
use crate::site::{assert_none, site};

/// Bytes of a product page, without its links to other editions, and of all styles: what the theme promises.
const PRODUCT_BYTES: usize = 20_480;
/// `<link rel="alternate" hreflang="" href="">` without what stands in it.
const ALTERNATE_BYTES: usize = 42;
const STYLE_BYTES: usize = 15_360;

#[test]
fn every_page_has_one_heading_and_says_its_language() {
    let site = site();
    let mut mistakes = Vec::new();
    for (path, page) in site.pages.iter().filter(|(_, page)| page.refresh.is_none()) {
        if page.headings != 1 {
            mistakes.push(format!("{path}: {} first headings", page.headings));
        }
        let Some(edition) = site.edition_of(path) else { continue };
        let dir = if edition.locale.starts_with("ar") { "rtl" } else { "ltr" };
        if (page.lang.as_str(), page.dir.as_str()) != (edition.locale.as_str(), dir) {
            mistakes.push(format!("{path}: lang {} dir {}", page.lang, page.dir));
        }
    }
    assert_none(mistakes);
}

#[test]
fn titles_and_descriptions_are_there_and_differ_within_an_edition() {
    let site = site();
    let mut mistakes = Vec::new();
    let mut seen: BTreeMap<(&str, &str, &str), &String> = BTreeMap::new();
    for (path, page) in site.pages.iter().filter(|(_, page)| page.refresh.is_none()) {
        let ([title], true) = (page.titles.as_slice(), page.descriptions.len() < 2) else {
            mistakes.push(format!("{path}: titles {:?}, descriptions {:?}", page.titles, page.descriptions));
            continue;
        };
        if title.trim().is_empty() {
            mistakes.push(format!("{path}: no title"));
        }
    }
    for (path, page) in site.listed() {
        let edition = site.edition_of(path).map_or("", |edition| edition.path.as_str());
        let description = page.descriptions.first().map_or("", String::as_str);
        if description.trim().is_empty() {
            mistakes.push(format!("{path}: no description"));
        }
        for (what, text) in
            [("title", page.titles.first().map_or("", String::as_str)), ("description", description)]
        {
            if let Some(other) = seen.insert((edition, what, text), path) {
                mistakes.push(format!("{path}: has the {what} of {other}: {text}"));
            }
        }
    }
    assert_none(mistakes);
}

#[test]
fn nothing_meant_for_machines_is_to_be_read() {
    let site = site();
    let words =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/content/strings/en.ftl")).unwrap();
    let ids: BTreeSet<&str> = words
        .lines()
        .filter_map(|line| line.split_once(" =").map(|(id, _)| id))
        .filter(|id| id.contains('_') && !id.contains(char::is_whitespace))
        .collect();
    assert!(ids.len() > 50, "the interface has more words than {}", ids.len());
    let mut mistakes = Vec::new();
    for (path, page) in &site.pages {
        let read: Vec<&str> = page.titles.iter().chain(&page.descriptions).map(String::as_str).collect();
        let read = format!("{}\n{}", read.join("\n"), page.words);
        for leak in ["{{", "}}", "{%", "undefined", "{ $", "{$", "NaN", "[object"] {
            if read.contains(leak) {
                mistakes.push(format!("{path}: shows '{leak}'"));
            }
        }
        let word = |c: char| !(c.is_alphanumeric() || c == '_');
        let leaked = read.split(word).filter(|word| ids.contains(word));
        mistakes.extend(leaked.map(|id| format!("{path}: shows the message id {id}")));
    }
    assert_none(mistakes);
}

#[test]
fn pages_and_styles_weigh_what_was_promised() {
    let site = site();
    let products =
        site.pages.iter().filter(|(_, page)| !page.data_of(&["Product", "ProductGroup"]).is_empty());
    // Links to the page in other editions are as many as a shop has countries and languages.
    let link = |(lang, url): (&String, &String)| ALTERNATE_BYTES + lang.len() + url.len();
    let weight = |page: &Page| page.bytes - page.alternates.iter().map(link).sum::<usize>();
    let mut weights: Vec<(usize, &String)> = products.map(|(path, page)| (weight(page), path)).collect();
    weights.sort_unstable_by(|a, b| b.cmp(a));
    let styles = site.files.iter().filter(|(path, _)| path.ends_with(".css"));
    let styles: Vec<(usize, &String)> = styles.map(|(path, bytes)| (bytes.len(), path)).collect();
    println!("heaviest product pages: {:?}", weights.iter().take(5).collect::<Vec<_>>());
    println!("styles: {styles:?}");
    assert!(!weights.is_empty() && !styles.is_empty());
    let heavy = weights.iter().filter(|(bytes, _)| *bytes > PRODUCT_BYTES);
    let heavy = heavy.chain(styles.iter().filter(|(bytes, _)| *bytes > STYLE_BYTES));
    assert_none(heavy.map(|(bytes, path)| format!("{path}: {bytes} bytes")).collect());
}
