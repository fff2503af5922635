//! Sitemaps of sitemaps.org, with alternates and pictures.

use std::collections::BTreeMap;
use std::fmt::Write;

use vitrine_catalog::ProductRecord;
use vitrine_core::Timestamp;

use super::listing::{Listing, Shelf};
use super::product::ProductShared;
use super::{Draft, Maker};
use crate::key::{EntityKey, Kind};
use crate::plan::{SHARD_PRODUCTS, SITE_SHARD};
use crate::site::percent_encoded;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// A URL of a sitemap.
struct Entry {
    path: String,
    changed_at: Timestamp,
    /// `(hreflang, absolute URL)`.
    alternates: Vec<(String, String)>,
    /// Absolute URLs.
    pictures: Vec<String>,
}

/// The shard of categories, in the order of `shelves`, and content pages of an edition.
pub(crate) fn site_shard<'a>(maker: &Maker<'a>, shelves: &[Shelf<'_>]) -> Draft<'a> {
    let index = maker.view.index;
    let mut entries = Vec::new();
    for page in index.content().pages.values() {
        if let Some(path) = maker.content_path(page) {
            let alternates =
                maker.alternate_links(maker.x_default_of(page), |other| other.content_path(page));
            entries.push(Entry { path, changed_at: page.changed_at, alternates, pictures: Vec::new() });
        }
    }
    for shelf in shelves {
        let count = shelf.listing(maker.site.number).map_or(0, Listing::count);
        for number in 1..=count {
            let path_in = |edition| shelf.path_at(edition, number);
            let alternates = maker.alternate_links(None, |other| path_in(other.site.number));
            let Some(path) = path_in(maker.site.number) else { continue };
            let changed_at = shelf.record.changed_at;
            entries.push(Entry { path, changed_at, alternates, pictures: Vec::new() });
        }
    }
    let path = shard_path(&maker.site.edition.path, SITE_SHARD);
    maker.file(EntityKey::new(Kind::Sitemap, SITE_SHARD).page(), path, render(maker, &entries).into_bytes())
}

/// A shard of products of an edition; `None` where it shows none of them.
pub(crate) fn product_shard<'a>(
    maker: &Maker<'a>,
    shard: i64,
    records: &'a [ProductRecord],
) -> Option<Draft<'a>> {
    let mut entries = Vec::new();
    for record in records {
        let Some(shared) = ProductShared::new(maker, record) else { continue };
        let alternates = maker.alternate_links(None, |other| Some(ProductShared::new(&other, record)?.path));
        let media = record.product.media.iter();
        let pictures = media.filter_map(|media| maker.pictures.social(media, &maker.site.edition.origin, ""));
        entries.push(Entry {
            path: shared.path,
            changed_at: record.changed_at,
            alternates,
            pictures: pictures.map(|picture| picture.url.into_owned()).collect(),
        });
    }
    if entries.is_empty() {
        return None;
    }
    let path = shard_path(&maker.site.edition.path, shard);
    Some(maker.file(EntityKey::new(Kind::Sitemap, shard).page(), path, render(maker, &entries).into_bytes()))
}

/// The index of an edition's shards; from the plan's index alone.
pub(crate) fn sitemap_index<'a>(maker: &Maker<'a>) -> Draft<'a> {
    let mut shards: BTreeMap<i64, Timestamp> = BTreeMap::new();
    let index = maker.view.index;
    for seq in index.product_seqs() {
        let Some(outline) = index.product(seq).filter(|outline| maker.view.shows_product(outline)) else {
            continue;
        };
        let changed = shards.entry(1 + seq / SHARD_PRODUCTS).or_insert(outline.changed_at);
        *changed = outline.changed_at.max(*changed);
    }
    let pages = index.content().pages.values().map(|page| page.changed_at);
    let categories = index.tree().map(|(record, _)| record.changed_at);
    if let Some(changed) = pages.chain(categories).max() {
        shards.insert(SITE_SHARD, changed);
    }
    let mut xml = format!("{HEAD}<sitemapindex xmlns=\"{NAMESPACE}\">\n");
    for (shard, changed_at) in shards {
        let url = escape(&maker.site.absolute(&shard_path(&maker.site.edition.path, shard)));
        // Writing to a string can't fail.
        let _ = writeln!(
            xml,
            "<sitemap><loc>{url}</loc><lastmod>{}</lastmod></sitemap>",
            changed_at.to_rfc3339()
        );
    }
    xml.push_str("</sitemapindex>\n");
    let path = format!("{}sitemap.xml", maker.site.edition.path);
    maker.file(EntityKey::new(Kind::SitemapIndex, 0).page(), path, xml.into_bytes())
}

fn shard_path(base: &str, shard: i64) -> String {
    if shard == SITE_SHARD {
        format!("{base}sitemap-site.xml")
    } else {
        format!("{base}sitemap-products-{shard}.xml")
    }
}

fn render(maker: &Maker<'_>, entries: &[Entry]) -> String {
    let mut xml = format!(
        "{HEAD}<urlset xmlns=\"{NAMESPACE}\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\" \
         xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">\n"
    );
    for entry in entries {
        let loc = escape(&maker.site.absolute(&entry.path));
        let _ = write!(xml, "<url><loc>{loc}</loc><lastmod>{}</lastmod>", entry.changed_at.to_rfc3339());
        for (hreflang, url) in &entry.alternates {
            let url = escape(url);
            let _ = write!(xml, "<xhtml:link rel=\"alternate\" hreflang=\"{hreflang}\" href=\"{url}\"/>");
        }
        for picture in &entry.pictures {
            let _ = write!(xml, "<image:image><image:loc>{}</image:loc></image:image>", escape(picture));
        }
        xml.push_str("</url>\n");
    }
    xml.push_str("</urlset>\n");
    xml
}

fn escape(url: &str) -> String {
    percent_encoded(url)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
