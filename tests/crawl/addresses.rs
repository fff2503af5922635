//! Links, anchors, pictures, old addresses.

use std::collections::BTreeSet;

use crate::site::{assert_none, site};

#[test]
fn no_link_and_no_anchor_is_broken() {
    let site = site();
    let mut broken = BTreeSet::new();
    for (path, page) in &site.pages {
        for (place, address) in &page.links {
            let Some((target, anchor)) = site.resolve(path, address) else {
                if !address.starts_with("https://")
                    && !address.starts_with("mailto:")
                    && !address.starts_with("tel:")
                {
                    broken.insert(format!("{path}: {place} leads to {address}"));
                }
                continue;
            };
            if !site.paths.contains(&target) {
                broken.insert(format!("{path}: {place} leads to {address}, which is not there"));
            } else if let (Some(anchor), Some(page)) =
                (anchor.filter(|anchor| !anchor.is_empty()), site.pages.get(&target))
                && !page.ids.contains(&anchor)
            {
                broken.insert(format!("{path}: {place} leads to {address}, but {target} has no #{anchor}"));
            }
        }
    }
    assert_none(broken.into_iter().collect());
}

#[test]
fn links_name_no_page_that_only_leads_on() {
    let site = site();
    let mut detours = BTreeSet::new();
    for (path, page) in site.pages.iter().filter(|(_, page)| page.refresh.is_none()) {
        for (place, address) in &page.links {
            let target = site.resolve(path, address).and_then(|(target, _)| site.pages.get(&target));
            if target.is_some_and(|target| target.refresh.is_some()) {
                detours.insert(format!("{path}: {place} leads to {address}, which leads on"));
            }
        }
    }
    assert_none(detours.into_iter().collect());
}

#[test]
fn no_id_stands_twice_on_a_page() {
    let pages = site().pages.iter().filter(|(_, page)| !page.ids_twice.is_empty());
    assert_none(pages.map(|(path, page)| format!("{path}: {:?}", page.ids_twice)).collect());
}

#[test]
fn pictures_have_words_and_sizes() {
    let mut mistakes = Vec::new();
    for (path, page) in &site().pages {
        for image in &page.images {
            if image.alt.is_none() {
                mistakes.push(format!("{path}: {} has no alt text", image.src));
            }
            if image.width == 0 || image.height == 0 {
                mistakes.push(format!("{path}: {} has no size", image.src));
            }
        }
        // A picture may be said to be decoration, but not the first of a product.
        let is_product = !page.data_of(&["Product", "ProductGroup"]).is_empty();
        let first = page.images.first().and_then(|image| image.alt.as_deref());
        if is_product && first.is_none_or(|alt| alt.trim().is_empty()) {
            mistakes.push(format!("{path}: the product's picture says nothing"));
        }
    }
    assert_none(mistakes);
}

#[test]
fn old_addresses_lead_to_pages() {
    let site = site();
    let mut mistakes = Vec::new();
    assert!(!site.redirects.is_empty(), "the demo shop has redirects");
    for redirect in &site.redirects {
        let (from, status) = (&redirect.from, redirect.status);
        match &redirect.to {
            None => {
                if status != 410 || site.paths.contains(from) {
                    mistakes.push(format!("{from}: gone, but answers {status} or has a file"));
                }
            }
            Some(to) => {
                let target = site.resolve(from, to);
                let there = target.as_ref().is_none_or(|(path, anchor)| {
                    let page = site.pages.get(path).filter(|page| page.refresh.is_none());
                    page.is_some_and(|page| anchor.as_ref().is_none_or(|anchor| page.ids.contains(anchor)))
                });
                let object = site.pages.get(from).and_then(|page| page.refresh.as_ref());
                if status != 301 || !there || object != Some(to) {
                    mistakes.push(format!("{from}: {status} to {to}, page says {object:?}"));
                }
            }
        }
    }
    let told: BTreeSet<&String> = site.redirects.iter().map(|redirect| &redirect.from).collect();
    let pages = site.pages.iter().filter(|(path, page)| page.refresh.is_some() && !told.contains(path));
    mistakes.extend(pages.map(|(path, _)| format!("{path}: leads on, but the servers are not told")));
    assert_none(mistakes);
}

#[test]
fn every_edition_has_its_manifest_and_the_manifest_its_icons() {
    let site = site();
    let mut mistakes = Vec::new();
    for edition in &site.editions {
        let path = format!("{}manifest.webmanifest", edition.path);
        let manifest: serde_json::Value = serde_json::from_slice(&site.files[&path]).unwrap();
        let icons = manifest["icons"].as_array().cloned().unwrap_or_default();
        let sizes: BTreeSet<&str> = icons.iter().filter_map(|icon| icon["sizes"].as_str()).collect();
        if manifest["lang"] != edition.locale.as_str() || manifest["start_url"] != edition.path.as_str() {
            mistakes.push(format!("{path}: {} {}", manifest["lang"], manifest["start_url"]));
        }
        if !sizes.contains("192x192") || !sizes.contains("512x512") {
            mistakes.push(format!("{path}: icons {sizes:?}"));
        }
        let missing =
            icons.iter().filter_map(|icon| icon["src"].as_str()).filter(|src| !site.paths.contains(*src));
        mistakes.extend(missing.map(|src| format!("{path}: no icon {src}")));
        let pages = site.pages.iter().filter(|(page, _)| page.starts_with(&edition.path));
        let pages = pages
            .filter(|(_, page)| page.refresh.is_none() && page.manifest.as_deref() != Some(path.as_str()));
        mistakes.extend(pages.map(|(page, _)| format!("{page}: does not name {path}")));
    }
    assert_none(mistakes);
}
