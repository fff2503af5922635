//! Names of pages and entities as integers, so that a ledger of a million pages stays narrow and in order.

use std::fmt;

use vitrine_core::{ContentHash, EntityKind, Sku};

/// Bits of [`PageKey`] that number a page within its entity.
const SUB_BITS: u32 = 16;
/// Bits that number an entity of its kind.
const SEQ_BITS: u32 = 40;

/// What a page is made from. The order is that in which pages are uploaded: what others link to comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A product, and one page for each of its variants.
    Product = 1,
    /// A content page, the home page among them.
    Content = 2,
    /// The page that answers 404.
    NotFound = 3,
    /// A page of a category's listing.
    Category = 4,
    /// The country chooser at the origin's root.
    Chooser = 5,
    /// The web manifest.
    Manifest = 6,
    /// An old address.
    Redirect = 7,
    /// A shard of the sitemap.
    Sitemap = 8,
    /// The index of an edition's sitemap shards.
    SitemapIndex = 9,
    /// `robots.txt` of an origin.
    Robots = 10,
    /// A picture of the media library: an entity, never a page.
    Media = 11,
    /// Something that pages would show if the store had it: an entity, never a page.
    Absent = 12,
}

impl Kind {
    /// Every kind, in upload order.
    pub(crate) const ALL: [Self; 12] = [
        Self::Product,
        Self::Content,
        Self::NotFound,
        Self::Category,
        Self::Chooser,
        Self::Manifest,
        Self::Redirect,
        Self::Sitemap,
        Self::SitemapIndex,
        Self::Robots,
        Self::Media,
        Self::Absent,
    ];
}

/// An entity that pages are made from: kind and its module's number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntityKey(i64);

/// A page in any edition: its entity and its number there (0 main page, variant number + 1, page of a listing).
///
/// Ordered by entity, so that a batch of entities is one range of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageKey(i64);

impl EntityKey {
    /// The entity numbered `seq` by its module; numbers beyond 2^40 are not given out by any.
    pub(crate) fn new(kind: Kind, seq: i64) -> Self {
        Self((i64::from(kind as u8) << SEQ_BITS) | (seq & ((1 << SEQ_BITS) - 1)))
    }

    /// What is known by name only: names have no numbers, so 40 bits of their hash serve. Two names of one number
    /// cost a comparison too many.
    pub(crate) fn named(kind: Kind, name: &str) -> Self {
        let mut first = [0; 8];
        first.copy_from_slice(&ContentHash::of(name.as_bytes()).as_bytes()[..8]);
        Self::new(kind, i64::from_le_bytes(first))
    }

    /// What the store does not have: a page that would show it is looked at when it comes.
    pub(crate) fn absent(kind: EntityKind, id: &str) -> Self {
        Self::named(Kind::Absent, &format!("{}:{id}", kind.as_str()))
    }

    /// A SKU that no product has; a product that comes may bring it.
    pub(crate) fn absent_sku(sku: &Sku) -> Self {
        Self::named(Kind::Absent, &format!("sku:{sku}"))
    }

    /// An entity as the database keeps it.
    pub(crate) const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// As the database keeps it.
    pub(crate) fn raw(self) -> i64 {
        self.0
    }

    /// What it is; `None` for a number no version of this code wrote.
    pub(crate) fn kind(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| i64::from(*kind as u8) == self.0 >> SEQ_BITS)
    }

    /// Its module's number for it.
    pub(crate) fn seq(self) -> i64 {
        self.0 & ((1 << SEQ_BITS) - 1)
    }

    /// The entity's main page.
    pub(crate) fn page(self) -> PageKey {
        self.page_at(0)
    }

    /// The entity's page number `sub`.
    pub(crate) fn page_at(self, sub: u16) -> PageKey {
        PageKey((self.0 << SUB_BITS) | i64::from(sub))
    }
}

impl PageKey {
    /// A page as the database keeps it.
    pub(crate) const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// As the database keeps it.
    pub(crate) fn raw(self) -> i64 {
        self.0
    }

    /// What the page is made from.
    pub(crate) fn entity(self) -> EntityKey {
        EntityKey(self.0 >> SUB_BITS)
    }

    /// Number of the page within its entity.
    pub(crate) fn sub(self) -> u16 {
        u16::try_from(self.0 & ((1 << SUB_BITS) - 1)).unwrap_or(u16::MAX)
    }
}

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entity = self.entity();
        write!(f, "{:?} {} page {}", entity.kind(), entity.seq(), self.sub())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_gives_back_its_parts(kind in 0..Kind::ALL.len(), seq in 0i64..(1 << 40), sub: u16) {
            let entity = EntityKey::new(Kind::ALL[kind], seq);
            let page = PageKey::from_raw(entity.page_at(sub).raw());
            prop_assert_eq!(page.entity(), entity);
            prop_assert_eq!((page.entity().kind(), page.entity().seq(), page.sub()), (Some(Kind::ALL[kind]), seq, sub));
        }

        #[test]
        fn pages_of_lower_entities_come_first(a in 0i64..1000, b in 0i64..1000, x: u16, y: u16) {
            let page = |seq, sub| EntityKey::new(Kind::Product, seq).page_at(sub);
            prop_assert_eq!(page(a, x).cmp(&page(b, y)), (a, x).cmp(&(b, y)));
        }
    }
}
