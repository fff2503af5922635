//! The phases of a build, in the order that never shows a broken link: assets, pages, listings, sitemaps, and
//! deletions last.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::ProductRecord;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::Db;

use crate::build::batch::Run;
use crate::build::load::Loaded;
use crate::cards::{CardCache, CardDeck};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind, PageKey};
use crate::model::Maker;
use crate::pictures::Pictures;
use crate::plan::Plan;
use crate::rich::Texts;
use crate::site::Site;

/// Products of a batch: with ten editions and a page for each, a batch is at most 500 pages.
pub(crate) const BATCH_PRODUCTS: usize = 50;
/// Listing pages of a batch: 480 cards.
pub(crate) const BATCH_LISTINGS: usize = 20;

/// What the phases of a build work with.
pub(crate) struct Work<'a> {
    pub db: &'a Db,
    pub store: &'a StoreId,
    pub loaded: &'a Loaded,
    pub sites: &'a [Site],
    pub selected: &'a BTreeSet<Country>,
    pub texts: &'a Texts,
    pub cards: &'a CardCache,
    pub as_of: Timestamp,
    /// The directory was written by a ledger that is gone.
    pub orphaned: bool,
}

impl Work<'_> {
    /// Pages, listings, sitemaps, and deletions.
    pub(crate) async fn run(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
        self.products(run, plan).await?;
        self.content(run, plan).await?;
        self.listings(run, plan).await?;
        let edge = self.redirects(run).await?;
        self.sitemaps(run, plan).await?;
        self.site_files(run, plan).await?;
        run.delete_gone().await?;
        self.private_files(run, &edge)?;
        if self.orphaned {
            self.clear_leftovers(run).await?;
        }
        Ok(())
    }

    /// What models of an edition are made with.
    pub(crate) fn maker<'b>(
        &'b self,
        site: &'b Site,
        cards: &'b CardDeck,
        parts: &'b BTreeMap<i64, ProductRecord>,
    ) -> Maker<'b> {
        Maker {
            context: &self.loaded.context,
            site,
            sites: self.sites,
            view: site.view(&self.loaded.index, self.as_of),
            pictures: Pictures::new(self.loaded.index.content()),
            texts: self.texts,
            cards,
            parts,
            as_of: self.as_of,
        }
    }

    /// A maker for each edition that is built.
    pub(crate) fn makers<'b>(
        &'b self,
        cards: &'b CardDeck,
        parts: &'b BTreeMap<i64, ProductRecord>,
    ) -> impl Iterator<Item = Maker<'b>> {
        let selected = self.sites.iter().filter(|site| self.selected.contains(&site.edition.country));
        selected.map(move |site| self.maker(site, cards, parts))
    }
}

/// Cores of this machine.
pub(crate) fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A page by kind, number of its entity and number within it.
pub(crate) fn page(kind: Kind, seq: i64, sub: u16) -> PageKey {
    EntityKey::new(kind, seq).page_at(sub)
}

/// The last page a kind may have.
pub(crate) fn last(kind: Kind) -> PageKey {
    page(kind, i64::MAX >> 24, u16::MAX)
}

/// Numbers of the entities of a kind.
pub(crate) fn seqs(entities: &BTreeSet<EntityKey>, kind: Kind) -> Vec<i64> {
    entities.iter().filter(|entity| entity.kind() == Some(kind)).map(|entity| entity.seq()).collect()
}
