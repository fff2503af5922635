//! The units of a build, in the order that never shows a broken link: assets, pages, listings, sitemaps, and
//! deletions last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use vitrine_catalog::ProductRecord;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_pictures::Studio;

use crate::build::Renditions;
use crate::build::batch::Run;
use crate::build::load::Loaded;
use crate::build::records::Records;
use crate::cards::{CardCache, CardDeck};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind, PageKey};
use crate::model::Maker;
use crate::pictures::Pictures;
use crate::place::Place;
use crate::plan::Plan;
use crate::rich::Texts;
use crate::site::Site;

/// Pages of a batch of products that have one page in each edition.
const BATCH_PAGES: usize = 500;
/// Products of a batch, however many or few editions there are.
const BATCH_PRODUCTS: std::ops::RangeInclusive<usize> = 10..=50;
/// Listing pages of a batch: 480 cards.
pub(crate) const BATCH_LISTINGS: usize = 20;

/// What a build does between two looks at what else there is to do: at most some 500 pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// The theme's files and the pictures.
    Assets,
    /// Another unit, but only its pages that are not there yet.
    First(Box<Self>),
    /// Those of some products, in the order of their numbers, that have a page which is not there yet.
    Newcomers(Vec<i64>),
    /// Some products.
    Products(Vec<i64>),
    /// What is left of products that are gone.
    GoneProducts,
    /// Content pages.
    Content,
    /// The listing of one category, of a sweep.
    Listing(i64),
    /// What is left of categories that are gone.
    GoneListings,
    /// The listings that changed.
    Listings,
    /// Old addresses.
    Redirects,
    /// The shards that list what changed.
    Sitemaps,
    /// Chooser, manifest, robots.
    SiteFiles,
    /// What is no longer there.
    Deletions,
    /// What a server must know of the site.
    Private,
    /// What a lost ledger has left.
    Leftovers,
}

/// The units that put pages which are not there yet, before any page leads to them: a new product may belong to a new
/// category, and each leads to the other. Content comes last: a new country is entered by its home page. `changes` is
/// what a plan was before it became a sweep; where that is not known, any product may be new.
pub(crate) fn first_units(changes: &Plan, plan: &Plan, loaded: &Loaded) -> Vec<Unit> {
    if !changes.redirects() {
        return Vec::new();
    }
    let products = match changes {
        Plan::Everything => loaded.index.product_seqs().collect(),
        Plan::Some { entities, .. } => seqs(entities, Kind::Product),
    };
    let batches = products.chunks(batch_products(loaded)).map(<[i64]>::to_vec);
    let mut units: Vec<Unit> = match changes {
        Plan::Everything => batches.map(Unit::Newcomers).collect(),
        Plan::Some { .. } => batches.map(Unit::Products).collect(),
    };
    match plan {
        Plan::Everything => units.extend(loaded.index.tree().map(|(record, _)| Unit::Listing(record.seq))),
        Plan::Some { .. } => units.push(Unit::Listings),
    }
    units.push(Unit::Content);
    units.into_iter().map(|unit| Unit::First(Box::new(unit))).collect()
}

/// The units of what changed or is due, to be done before a sweep comes to it in its own order.
pub(crate) fn due_units(changes: &Plan, loaded: &Loaded) -> Vec<Unit> {
    let Plan::Some { entities, listings, .. } = changes else { return Vec::new() };
    let products = seqs(entities, Kind::Product);
    let moved = products.iter().copied().filter(|seq| changes.moves(*seq));
    let moved = moved.flat_map(|seq| loaded.index.listed_in(seq).collect::<Vec<_>>());
    let shown = listings.iter().map(|page| page.entity().seq());
    let categories: BTreeSet<i64> = shown.chain(moved).chain(seqs(entities, Kind::Category)).collect();
    let products = products.chunks(batch_products(loaded)).map(|batch| Unit::Products(batch.to_vec()));
    products.chain(categories.into_iter().map(Unit::Listing)).collect()
}

/// Products of a batch, so that one is some [`BATCH_PAGES`].
fn batch_products(loaded: &Loaded) -> usize {
    (BATCH_PAGES / loaded.sites.len().max(1)).clamp(*BATCH_PRODUCTS.start(), *BATCH_PRODUCTS.end())
}

/// The units of a plan, those of `first` before all others; without `sitemaps` their shards are left out.
pub(crate) fn units(
    plan: &Plan,
    first: Vec<Unit>,
    loaded: &Loaded,
    sitemaps: bool,
    orphaned: bool,
) -> VecDeque<Unit> {
    let mut units = VecDeque::from([Unit::Assets]);
    units.extend(first);
    match plan {
        Plan::Everything => {
            // Products of one category show each other, and its listing shows them all: their cards are at hand.
            for (category, seqs) in loaded.index.by_category() {
                let batches = seqs.chunks(batch_products(loaded));
                units.extend(batches.map(|batch| Unit::Products(batch.to_vec())));
                units.extend(category.map(|record| Unit::Listing(record.seq)));
            }
            units.extend([Unit::GoneProducts, Unit::Content]);
            units.push_back(Unit::GoneListings);
        }
        Plan::Some { entities, .. } => {
            let products = seqs(entities, Kind::Product);
            let batches = products.chunks(batch_products(loaded));
            units.extend(batches.map(|batch| Unit::Products(batch.to_vec())));
            units.extend([Unit::Content, Unit::Listings]);
        }
    }
    units.extend(plan.redirects().then_some(Unit::Redirects));
    units.extend(sitemaps.then_some(Unit::Sitemaps));
    units.extend([Unit::SiteFiles, Unit::Deletions]);
    units.extend(plan.redirects().then_some(Unit::Private));
    units.extend(orphaned.then_some(Unit::Leftovers));
    units
}

/// What the units of a build work with.
pub(crate) struct Work<'a> {
    pub db: &'a Db,
    pub store: &'a StoreId,
    pub loaded: &'a Loaded,
    pub sites: &'a [Site],
    pub selected: &'a BTreeSet<Country>,
    pub texts: &'a Texts,
    pub cards: &'a CardCache,
    pub studio: &'a Studio,
    pub records: &'a Records,
    pub place: &'a Place,
    pub renditions: Renditions,
    pub as_of: Timestamp,
    /// The directory was written by a ledger that is gone.
    pub orphaned: bool,
}

impl Work<'_> {
    /// Does one unit of a plan.
    pub(crate) async fn run(&self, run: &mut Run, plan: &Plan, unit: Unit) -> Result<(), BuildError> {
        match unit {
            Unit::Assets => self.assets(run, self.studio, self.renditions).await,
            Unit::First(unit) => {
                run.only_new = true;
                let done = Box::pin(self.run(run, plan, *unit)).await;
                run.only_new = false;
                done
            }
            Unit::Newcomers(seqs) => self.newcomers(run, &seqs).await,
            Unit::Products(seqs) => self.product_list(run, &seqs).await,
            Unit::GoneProducts => self.gone_products(run).await,
            Unit::Content => self.content(run, plan).await,
            Unit::Listing(seq) => self.listing(run, plan, seq).await,
            Unit::GoneListings => self.gone_listings(run).await,
            Unit::Listings => self.listings(run, plan).await,
            Unit::Redirects => {
                run.edge = self.redirects(run).await?;
                Ok(())
            }
            Unit::Private if run.preview.is_some() => Ok(()),
            Unit::Private => self.private_files(&run.edge).await,
            Unit::Sitemaps => self.sitemaps(run, plan).await,
            Unit::SiteFiles => self.site_files(run, plan).await,
            Unit::Deletions => run.delete_gone().await,
            Unit::Leftovers => self.clear_leftovers(run).await,
        }
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

/// A page by kind, number of its entity and number within it.
pub(crate) fn page(kind: Kind, seq: i64, sub: u16) -> PageKey {
    EntityKey::new(kind, seq).page_at(sub)
}

/// The last page a kind may have.
pub(crate) fn last(kind: Kind) -> PageKey {
    page(kind, i64::MAX >> 24, u16::MAX)
}

/// Where the pages of a kind would stand that none of the entities there are has; their numbers ascend.
pub(crate) fn gaps(kind: Kind, there: impl Iterator<Item = i64>) -> Vec<(PageKey, PageKey)> {
    let mut gaps = Vec::new();
    let mut next = 0;
    for seq in there {
        if seq > next {
            gaps.push((page(kind, next, 0), page(kind, seq - 1, u16::MAX)));
        }
        next = seq + 1;
    }
    gaps.push((page(kind, next, 0), last(kind)));
    gaps
}

/// Numbers of the entities of a kind.
pub(crate) fn seqs(entities: &BTreeSet<EntityKey>, kind: Kind) -> Vec<i64> {
    entities.iter().filter(|entity| entity.kind() == Some(kind)).map(|entity| entity.seq()).collect()
}

#[cfg(test)]
mod tests {
    use vitrine_core::Revision;

    use super::*;
    use crate::fixture::{Stock, category, plain, read};

    #[test]
    fn gaps_are_all_that_lies_between() {
        let gap = |first, end| (page(Kind::Category, first, 0), page(Kind::Category, end, u16::MAX));
        let rest = |first| (page(Kind::Category, first, 0), last(Kind::Category));
        let of = |seqs: &[i64]| gaps(Kind::Category, seqs.iter().copied());
        assert_eq!(of(&[]), [rest(0)]);
        assert_eq!(of(&[1, 2, 5, 6, 9]), [gap(0, 0), gap(3, 4), gap(7, 8), rest(10)]);
    }

    #[test]
    fn a_sweep_begins_with_what_is_due() {
        let placed = |seq| {
            let mut record = plain(seq, &format!("bed-{seq}"));
            record.product.categories = read(serde_json::json!([{ "id": "beds" }]));
            record
        };
        let shop = Stock {
            products: (1..=120).map(placed).collect(),
            categories: vec![category(1, "beds", "", 0), category(2, "other", "", 0)],
            ..Stock::default()
        }
        .open();
        let loaded = Loaded::new(Revision(1), shop.context, shop.index, Vec::new());
        let due = Plan::Some {
            entities: BTreeSet::from([EntityKey::new(Kind::Product, 77)]),
            listings: BTreeSet::new(),
            moved: Some(BTreeSet::from([77])),
            redirects: false,
        };
        let first = due_units(&due, &loaded);
        assert_eq!(first, [Unit::Products(vec![77]), Unit::Listing(1)]);
        let all: Vec<Unit> = units(&Plan::Everything, first, &loaded, true, false).into();
        assert_eq!(all[..3], [Unit::Assets, Unit::Products(vec![77]), Unit::Listing(1)]);
        // And then category by category, in chunks of at most 50 products.
        let chunk = |unit: &Unit| match unit {
            Unit::Products(seqs) => Some(seqs.len()),
            _ => None,
        };
        let chunks: Vec<usize> = all[3..].iter().map_while(chunk).collect();
        assert_eq!(chunks, [50, 50, 20]);
        let rest =
            [Unit::Listing(1), Unit::Listing(2), Unit::GoneProducts, Unit::Content, Unit::GoneListings];
        assert_eq!(all[6..11], rest);
    }
}
