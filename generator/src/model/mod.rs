//! From documents to the models of pages: pure, no clock and no I/O.

mod card;
mod choices;
mod head;
mod inputs;
mod jsonld;
mod listing;
mod pieces;
mod product;
mod site_files;
mod sitemap;
mod specs;
mod text_pages;
mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::ProductRecord;
use vitrine_content::LinkTarget;
use vitrine_core::Timestamp;
use vitrine_theme::views::Fragment;
use vitrine_theme::{Html, Theme};

use crate::cards::CardDeck;
use crate::error::BuildError;
use crate::index::View;
use crate::key::{EntityKey, Kind, PageKey};
use crate::pictures::Pictures;
use crate::rich::Texts;
use crate::site::{Context, Site};

pub(crate) use card::{card, card_print};
pub(crate) use listing::{ListingPage, Shelf, listing_page};
pub(crate) use product::{Alternates, ProductShared, product_pages};
pub(crate) use site_files::{EdgeRedirect, chooser, keeps_root, manifest, redirect, robots};
pub(crate) use sitemap::{ProductShard, site_shard, sitemap_index};
pub(crate) use text_pages::{content_page, not_found};

/// What every model of an edition is made with.
#[derive(Clone, Copy)]
pub(crate) struct Maker<'a> {
    /// Store, schema and theme.
    pub context: &'a Context,
    /// The edition.
    pub site: &'a Site,
    /// All editions that are built or pointed to, in order.
    pub sites: &'a [Site],
    /// How the edition looks at the index.
    pub view: View<'a>,
    /// The media library.
    pub pictures: Pictures<'a>,
    /// Parsed Markdown.
    pub texts: &'a Texts,
    /// Cards of all products that the batch shows.
    pub cards: &'a CardDeck,
    /// Products that bundles of the batch consist of.
    pub parts: &'a BTreeMap<i64, ProductRecord>,
    /// The moment the pages are true for.
    pub as_of: Timestamp,
}

/// A page ready to be compared with what is published, and rendered where it differs.
pub(crate) struct Draft<'a> {
    /// Which page.
    pub page: PageKey,
    /// Number of the edition.
    pub edition: i64,
    /// Path with a leading slash, not encoded.
    pub path: String,
    /// Of everything the page is made from.
    pub fingerprint: i64,
    /// Of a listing page: which products it shows, in order. 0 elsewhere.
    pub shape: i64,
    /// When the page may become untrue by time alone.
    pub valid_until: Option<Timestamp>,
    /// Entities other than its own that the page shows.
    pub needs: Arc<BTreeSet<EntityKey>>,
    /// Writes the page's bytes.
    pub body: Body<'a>,
}

/// Writes a page's bytes into a buffer that it empties first.
type Render<'a> = dyn Fn(&mut Vec<u8>) -> Result<(), BuildError> + Send + Sync + 'a;

/// How a page's bytes come about.
pub(crate) enum Body<'a> {
    /// Rendered where it is wanted.
    Render(Box<Render<'a>>),
    /// As they stand: manifests, redirects.
    Bytes(Vec<u8>),
    /// There is no object, only an entry of the edge's table.
    None,
}

impl<'a> Maker<'a> {
    /// The same maker for another edition.
    pub(crate) fn for_site(self, site: &'a Site) -> Self {
        Self { site, view: site.view(self.view.index, self.as_of), ..self }
    }

    /// The theme.
    pub(crate) fn theme(&self) -> &'a Theme {
        let theme: &'a Arc<Theme> = &self.context.theme;
        theme
    }

    /// A fragment as HTML of this edition.
    pub(crate) fn fragment(&self, fragment: &impl Fragment) -> Result<Html, BuildError> {
        let fail = |source| BuildError::Theme { page: self.site.edition.path.clone(), source };
        self.theme().fragment(&self.site.ready.words, fragment).map_err(fail)
    }

    /// The card of a product, where it is shown here.
    ///
    /// # Errors
    /// When nobody made it.
    pub(crate) fn card(&self, seq: i64) -> Result<Option<Html>, BuildError> {
        Ok(self.cards.card(seq, self.site.number)?)
    }

    /// Where a content page stands here; it is added to `needs`, also while the store does not have it.
    pub(crate) fn page_path(&self, name: &str, needs: &mut BTreeSet<EntityKey>) -> Option<String> {
        let name = vitrine_core::PageName::try_new(name).ok()?;
        let (path, need) = self.view.resolve(&LinkTarget::Page { name, anchor: None });
        needs.extend(need);
        path
    }

    /// A page made by a template, with the fingerprint of its model.
    pub(crate) fn draft<V>(
        &self,
        page: PageKey,
        path: String,
        view: V,
        needs: BTreeSet<EntityKey>,
    ) -> Result<Draft<'a>, BuildError>
    where
        V: vitrine_theme::views::View + Send + Sync + 'a,
    {
        let mut hasher = vitrine_core::Hasher::new("vitrine page");
        hasher.int(crate::site::RENDER_EPOCH);
        hasher.hash(&self.theme().hash_of(V::TEMPLATE));
        hasher.hash(&self.site.hash);
        hasher.field(path.as_bytes());
        hasher.hash(&crate::site::json_hash(&view)?);
        // Two pages that look the same may wait for different things.
        needs.iter().for_each(|need| {
            hasher.int(need.raw());
        });
        let (theme, site) = (self.theme(), self.site);
        let name = path.clone();
        let shown = needs.iter().filter(|need| need.kind() == Some(Kind::Product)).map(|need| need.seq());
        let valid_until = self.cards.valid_until(shown);
        Ok(Draft {
            page,
            edition: self.site.number,
            path,
            fingerprint: short(&hasher.finish()),
            shape: 0,
            valid_until,
            needs: Arc::new(needs),
            body: Body::Render(Box::new(move |out| {
                theme
                    .render(&site.ready.shell, &view, out)
                    .map_err(|source| BuildError::Theme { page: name.clone(), source })
            })),
        })
    }

    /// A page whose bytes are the model.
    pub(crate) fn file(&self, page: PageKey, path: String, bytes: Vec<u8>) -> Draft<'a> {
        let mut hasher = vitrine_core::Hasher::new("vitrine file");
        hasher.field(path.as_bytes());
        hasher.field(&bytes);
        Draft {
            page,
            edition: self.site.number,
            path,
            fingerprint: short(&hasher.finish()),
            shape: 0,
            valid_until: None,
            needs: Arc::default(),
            body: Body::Bytes(bytes),
        }
    }
}

/// The first 64 bits of a hash: a fingerprint is only ever compared with the one of the same page, so the chance
/// that a change goes unseen is 2^-64.
pub(crate) fn short(hash: &vitrine_core::ContentHash) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    i64::from_le_bytes(first)
}

/// The entity of a file of the media library, also while it is not there.
pub(crate) fn media_key(file: &str) -> EntityKey {
    EntityKey::named(Kind::Media, file)
}
