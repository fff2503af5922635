//! Which entities a build must look at, and why. Pure: no I/O in sight.
//!
//! Looking at an entity means comparing the fingerprints of its pages with the ledger; only pages that differ are
//! rendered. So a plan may name too much, which costs microseconds, and must never name too little.

use std::collections::BTreeSet;

use crate::key::{EntityKey, Kind, PageKey};

/// What happened since a storefront was built, as far as it concerns the plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Since {
    /// Entities that changed, from the change log, from passing times and from an unfinished journal.
    pub(crate) entities: BTreeSet<EntityKey>,
    /// Something that every page carries changed: header, footer, strings, configuration, theme or code.
    pub(crate) everything: bool,
    /// Pages that an interrupted build may have written.
    pub(crate) unknown: BTreeSet<PageKey>,
    /// Which of the products may have come, gone or changed places; `None` if any may.
    pub(crate) moved: Option<BTreeSet<i64>>,
    /// Whether old addresses may lead elsewhere now, or stand where a page stands.
    pub(crate) redirects: bool,
}

/// What a build looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Every page of the storefronts.
    Everything,
    /// These entities and listing pages.
    Some {
        /// Entities whose pages are all compared.
        entities: BTreeSet<EntityKey>,
        /// Single pages of listings that show a changed product.
        listings: BTreeSet<PageKey>,
        /// Which of the products may have come, gone or changed places; `None` if any may.
        moved: Option<BTreeSet<i64>>,
        /// Whether old addresses are looked at.
        redirects: bool,
    },
}

impl Plan {
    /// Whether a product may have come, gone or changed places, so that the listings above it may have.
    pub(crate) fn moves(&self, seq: i64) -> bool {
        match self {
            Self::Everything => true,
            Self::Some { moved, .. } => moved.as_ref().is_none_or(|moved| moved.contains(&seq)),
        }
    }

    /// Whether old addresses are looked at.
    pub(crate) fn redirects(&self) -> bool {
        match self {
            Self::Everything => true,
            Self::Some { redirects, .. } => *redirects,
        }
    }

    /// Whether the pages of a kind that has a single entity are looked at.
    pub(crate) fn names(&self, kind: Kind) -> bool {
        match self {
            Self::Everything => true,
            Self::Some { entities, .. } => entities.contains(&EntityKey::new(kind, 0)),
        }
    }
}

/// Turns what happened into what to look at; `dependents` are the pages that show one of `since.entities`.
pub(crate) fn plan(since: &Since, dependents: &BTreeSet<PageKey>) -> Plan {
    if since.everything {
        return Plan::Everything;
    }
    let mut entities = since.entities.clone();
    let mut listings = BTreeSet::new();
    for page in dependents.iter().chain(&since.unknown) {
        match page.entity().kind() {
            Some(Kind::Category) => {
                listings.insert(*page);
            }
            _ => {
                entities.insert(page.entity());
            }
        }
    }
    entities.retain(|entity| entity.kind().is_some_and(|kind| !matches!(kind, Kind::Media | Kind::Absent)));
    let redirects = since.redirects || entities.iter().any(|entity| entity.kind() == Some(Kind::Redirect));
    let shards: Vec<EntityKey> = entities.iter().filter_map(|entity| shard_of(*entity)).collect();
    entities.extend(shards);
    Plan::Some { entities, listings, moved: since.moved.clone(), redirects }
}

/// Products of one sitemap shard: numbers are given out once, so a shard never holds more and never moves
/// (sitemaps.org allows 50,000; small shards keep the cost of one changed product small).
pub(crate) const SHARD_PRODUCTS: i64 = 500;

/// Number of the shard that holds categories and content pages.
pub(crate) const SITE_SHARD: i64 = 0;

/// The sitemap shard that lists an entity's pages.
pub(crate) fn shard_of(entity: EntityKey) -> Option<EntityKey> {
    match entity.kind()? {
        Kind::Product => Some(EntityKey::new(Kind::Sitemap, 1 + entity.seq() / SHARD_PRODUCTS)),
        Kind::Content | Kind::Category => Some(EntityKey::new(Kind::Sitemap, SITE_SHARD)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn product(seq: i64) -> EntityKey {
        EntityKey::new(Kind::Product, seq)
    }

    #[test]
    fn a_changed_product_brings_its_shard_its_neighbours_and_the_listing_pages_that_show_it() {
        let listing = EntityKey::new(Kind::Category, 4).page_at(7);
        let since = Since { entities: BTreeSet::from([product(1203)]), ..Since::default() };
        let plan = plan(&since, &BTreeSet::from([product(9).page(), listing]));
        let Plan::Some { entities, listings, .. } = plan else {
            panic!("a single product is no reason for a sweep")
        };
        assert_eq!(listings, BTreeSet::from([listing]));
        let sitemap = |shard| EntityKey::new(Kind::Sitemap, shard);
        assert_eq!(entities, BTreeSet::from([product(9), product(1203), sitemap(1), sitemap(3)]));
    }

    #[test]
    fn pages_of_an_unfinished_journal_are_looked_at_again() {
        let since = Since { unknown: BTreeSet::from([product(5).page_at(2)]), ..Since::default() };
        let Plan::Some { entities, .. } = plan(&since, &BTreeSet::new()) else { panic!("no sweep") };
        assert!(entities.contains(&product(5)));
    }

    #[test]
    fn media_is_never_a_page_itself() {
        let media = EntityKey::new(Kind::Media, 3);
        let since = Since { entities: BTreeSet::from([media]), ..Since::default() };
        assert_eq!(
            plan(&since, &BTreeSet::new()),
            Plan::Some {
                entities: BTreeSet::new(),
                listings: BTreeSet::new(),
                moved: None,
                redirects: false
            }
        );
    }

    #[test]
    fn a_site_wide_change_sweeps() {
        let since = Since { everything: true, ..Since::default() };
        assert_eq!(plan(&since, &BTreeSet::new()), Plan::Everything);
    }

    #[test]
    fn what_is_absent_is_waited_for_and_is_no_page_itself() {
        let absent = EntityKey::absent(vitrine_core::EntityKind::Product, "cloud");
        let since = Since { entities: BTreeSet::from([absent]), ..Since::default() };
        let Plan::Some { entities, .. } = plan(&since, &BTreeSet::from([product(3).page()])) else {
            panic!("no sweep")
        };
        assert!(entities.contains(&product(3)) && !entities.contains(&absent));
    }

    fn pages() -> impl Strategy<Value = BTreeSet<PageKey>> {
        let page = (0..Kind::ALL.len(), 0i64..1200, 0u16..3)
            .prop_map(|(kind, seq, sub)| EntityKey::new(Kind::ALL[kind], seq).page_at(sub));
        proptest::collection::btree_set(page, 0..8)
    }

    fn since() -> impl Strategy<Value = Since> {
        (pages(), proptest::bool::weighted(0.1), pages()).prop_map(|(entities, everything, unknown)| Since {
            entities: entities.into_iter().map(PageKey::entity).collect(),
            everything,
            unknown,
            ..Since::default()
        })
    }

    /// Whether a plan looks at all that another does.
    fn covers(more: &Plan, less: &Plan) -> bool {
        match (more, less) {
            (Plan::Everything, _) => true,
            (_, Plan::Everything) => false,
            (
                Plan::Some { entities, listings, .. },
                Plan::Some { entities: fewer, listings: fewer_listings, .. },
            ) => entities.is_superset(fewer) && listings.is_superset(fewer_listings),
        }
    }

    proptest! {
        #[test]
        fn more_changes_never_look_at_less(a in since(), b in since(), shown in pages(), also in pages()) {
            let both = Since {
                entities: &a.entities | &b.entities,
                everything: a.everything || b.everything,
                unknown: &a.unknown | &b.unknown,
                ..Since::default()
            };
            let (one, two) = (plan(&a, &shown), plan(&both, &(&shown | &also)));
            prop_assert!(covers(&two, &one), "{two:?} does not cover {one:?}");
        }

        #[test]
        fn every_product_that_is_looked_at_has_its_sitemap_looked_at(a in since(), shown in pages()) {
            if let Plan::Some { entities, .. } = plan(&a, &shown) {
                for entity in entities.iter().filter_map(|entity| shard_of(*entity)) {
                    prop_assert!(entities.contains(&entity));
                }
            }
        }
    }
}
