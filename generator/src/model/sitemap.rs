//! Sitemaps of sitemaps.org, with alternates and pictures.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use vitrine_catalog::MediaRef;
use vitrine_core::{ContentHash, Hasher, Timestamp};

use super::inputs::Inputs;
use super::listing::{Listing, Shelf};
use super::{Body, Draft, Maker};
use crate::error::BuildError;
use crate::index::Index;
use crate::key::{EntityKey, Kind};
use crate::plan::{SHARD_PRODUCTS, SITE_SHARD};
use crate::site::Site;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// A URL of a sitemap.
struct Entry {
    path: String,
    changed_at: Timestamp,
    /// `(hreflang, absolute URL)`.
    alternates: Vec<(String, String)>,
}

/// The shard of categories, in the order of `shelves`, and content pages of an edition.
pub(crate) fn site_shard<'a>(maker: &Maker<'a>, shelves: &[Shelf<'_>]) -> Draft<'a> {
    let index = maker.view.index;
    let mut entries = Vec::new();
    for page in index.content().pages.values() {
        if let Some(path) = maker.content_path(page) {
            let alternates =
                maker.alternate_links(maker.x_default_of(page), |other| other.content_path(page));
            entries.push(Entry { path, changed_at: page.changed_at, alternates });
        }
    }
    for shelf in shelves {
        let count = shelf.listing(maker.site.number).map_or(0, Listing::count);
        for number in 1..=count {
            let path_in = |edition| shelf.path_at(edition, number);
            let alternates = maker.alternate_links(None, |other| path_in(other.site.number));
            let Some(path) = path_in(maker.site.number) else { continue };
            let changed_at = shelf.record.changed_at;
            entries.push(Entry { path, changed_at, alternates });
        }
    }
    let path = shard_path(&maker.site.edition.path, SITE_SHARD);
    maker.file(EntityKey::new(Kind::Sitemap, SITE_SHARD).page(), path, render(maker, &entries).into_bytes())
}

/// The products of a shard where they stand in every edition: from the plan's index alone.
pub(crate) struct ProductShard {
    number: i64,
    rows: Vec<Row>,
    /// Of all that the shard of any edition says.
    hash: ContentHash,
}

struct Row {
    seq: i64,
    changed_at: Timestamp,
    /// Number of the edition and path, in the order of the editions.
    paths: Vec<(i64, String)>,
    /// Their links, written once for all editions.
    alternates: OnceLock<String>,
}

/// The pictures of products, by number.
pub(crate) type ProductPictures = BTreeMap<i64, Vec<MediaRef>>;

impl ProductShard {
    /// The shard of a number.
    pub(crate) fn new(sites: &[Site], index: &Index, as_of: Timestamp, number: i64) -> Self {
        let mut hasher = Hasher::new("vitrine product shard");
        let mut rows = Vec::new();
        for outline in index.products_within(Self::range(number)) {
            let path = |site: &Site| Some((site.number, site.view(index, as_of).product_path(outline.seq)?));
            let paths: Vec<(i64, String)> = sites.iter().filter_map(path).collect();
            hasher.int(outline.seq).int(outline.changed_at.ms()).hash(&outline.hash);
            for (edition, path) in &paths {
                hasher.int(*edition).field(path.as_bytes());
            }
            let alternates = OnceLock::new();
            rows.push(Row { seq: outline.seq, changed_at: outline.changed_at, paths, alternates });
        }
        // Of a picture the outline knows the name only; which bytes it has is part of its address.
        for media in index.content().media.values() {
            hasher.field(media.file.as_bytes()).hash(&media.hash);
        }
        Self { number, rows, hash: hasher.finish() }
    }

    /// Numbers of its products: the first, and that behind the last.
    pub(crate) fn range(number: i64) -> (i64, i64) {
        ((number - 1) * SHARD_PRODUCTS, number * SHARD_PRODUCTS)
    }

    /// The shard of an edition; `None` where it shows none of the products. `pictures` are those of its products and
    /// must be there when it is rendered.
    pub(crate) fn draft<'a>(
        &'a self,
        maker: &Maker<'a>,
        pictures: &'a OnceLock<ProductPictures>,
    ) -> Option<Draft<'a>> {
        let edition = maker.site.number;
        if !self.rows.iter().any(|row| row.path_in(edition).is_some()) {
            return None;
        }
        let path = shard_path(&maker.site.edition.path, self.number);
        let mut inputs = Inputs::new(maker, "vitrine sitemap");
        inputs.hash(&self.hash);
        let maker = *maker;
        Some(Draft {
            page: EntityKey::new(Kind::Sitemap, self.number).page(),
            edition,
            fingerprint: inputs.fingerprint(&path, 0),
            path,
            shape: 0,
            valid_until: None,
            needs: Arc::default(),
            body: Body::Render(Box::new(move |out| {
                let pictures = pictures.get().ok_or(BuildError::State("pictures of a sitemap"))?;
                *out = self.xml(&maker, pictures).into_bytes();
                Ok(())
            })),
        })
    }

    /// The file of an edition.
    fn xml(&self, maker: &Maker<'_>, pictures: &ProductPictures) -> String {
        let mut xml = head();
        for row in &self.rows {
            let Some(path) = row.path_in(maker.site.number) else { continue };
            open_entry(maker, path, row.changed_at, &mut xml);
            // Every edition names the same alternates.
            xml.push_str(row.alternates.get_or_init(|| {
                let path_in = |other: Maker<'_>| row.path_in(other.site.number).map(str::to_owned);
                alternates(&maker.alternate_links(None, path_in))
            }));
            for media in pictures.get(&row.seq).into_iter().flatten() {
                if let Some(picture) = maker.pictures.social(media, &maker.site.edition.origin, "") {
                    xml.push_str("<image:image><image:loc>");
                    escape(&picture.url, &mut xml);
                    xml.push_str("</image:loc></image:image>");
                }
            }
            xml.push_str("</url>\n");
        }
        xml.push_str("</urlset>\n");
        xml
    }
}

impl Row {
    fn path_in(&self, edition: i64) -> Option<&str> {
        self.paths.iter().find(|(number, _)| *number == edition).map(|(_, path)| path.as_str())
    }
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
        xml.push_str("<sitemap><loc>");
        escape(&maker.site.absolute(&shard_path(&maker.site.edition.path, shard)), &mut xml);
        let _ = writeln!(xml, "</loc><lastmod>{}</lastmod></sitemap>", changed_at.to_rfc3339());
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
    let mut xml = head();
    for entry in entries {
        open_entry(maker, &entry.path, entry.changed_at, &mut xml);
        xml.push_str(&alternates(&entry.alternates));
        xml.push_str("</url>\n");
    }
    xml.push_str("</urlset>\n");
    xml
}

fn head() -> String {
    format!(
        "{HEAD}<urlset xmlns=\"{NAMESPACE}\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\" \
         xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">\n"
    )
}

fn open_entry(maker: &Maker<'_>, path: &str, changed_at: Timestamp, xml: &mut String) {
    xml.push_str("<url><loc>");
    escape(&maker.site.absolute(path), xml);
    // Writing to a string can't fail.
    let _ = write!(xml, "</loc><lastmod>{}</lastmod>", changed_at.to_rfc3339());
}

fn alternates(links: &[(String, String)]) -> String {
    let mut xml = String::new();
    for (hreflang, url) in links {
        let _ = write!(xml, "<xhtml:link rel=\"alternate\" hreflang=\"{hreflang}\" href=\"");
        escape(url, &mut xml);
        xml.push_str("\"/>");
    }
    xml
}

/// Writes a URL in ASCII, safe in XML.
fn escape(url: &str, xml: &mut String) {
    for byte in url.bytes() {
        match byte {
            b'&' => xml.push_str("&amp;"),
            b'<' => xml.push_str("&lt;"),
            b'>' => xml.push_str("&gt;"),
            b'"' => xml.push_str("&quot;"),
            byte if byte.is_ascii() => xml.push(char::from(byte)),
            byte => {
                let _ = write!(xml, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
