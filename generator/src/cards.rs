//! Product cards: each is made once for an edition and shown on many pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use vitrine_core::Timestamp;
use vitrine_theme::Html;

/// Bytes of cards kept: 100,000 products of ten editions take about 600 MB, the working set of a build far less.
const CARD_BYTES: u64 = 64 << 20;

/// A product's cards in all editions that show it.
#[derive(Debug)]
pub(crate) struct CardSet {
    /// By number of the edition.
    pub cards: BTreeMap<i64, Html>,
    /// The moment they were made for.
    pub as_of: Timestamp,
    /// Until when they are true.
    pub valid_until: Option<Timestamp>,
}

impl CardSet {
    fn is_true_at(&self, as_of: Timestamp) -> bool {
        self.as_of <= as_of && self.valid_until.is_none_or(|until| as_of < until)
    }
}

#[derive(Clone)]
struct Bytes;

impl Weighter<i64, Arc<CardSet>> for Bytes {
    fn weight(&self, _: &i64, set: &Arc<CardSet>) -> u64 {
        set.cards.values().map(|card| card.as_str().len() as u64 + 64).sum::<u64>() + 64
    }
}

/// Cards of earlier batches, bounded by bytes.
pub(crate) struct CardCache {
    cache: Cache<i64, Arc<CardSet>, Bytes>,
}

impl std::fmt::Debug for CardCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardCache({} products)", self.cache.len())
    }
}

impl Default for CardCache {
    fn default() -> Self {
        Self { cache: Cache::with_weighter(100_000, CARD_BYTES, Bytes) }
    }
}

impl CardCache {
    /// The cards of a product, if they are known and true at `as_of`.
    pub(crate) fn get(&self, seq: i64, as_of: Timestamp) -> Option<Arc<CardSet>> {
        self.cache.get(&seq).filter(|set| set.is_true_at(as_of))
    }

    /// Keeps the cards of a product.
    pub(crate) fn insert(&self, seq: i64, set: Arc<CardSet>) {
        self.cache.insert(seq, set);
    }

    /// Forgets the cards of a product that changed.
    pub(crate) fn forget(&self, seq: i64) {
        self.cache.remove(&seq);
    }

    /// Forgets all: words, theme or configuration changed.
    pub(crate) fn clear(&self) {
        self.cache.clear();
    }
}

/// The cards that one batch shows: held fast, so that the cache may drop them meanwhile.
#[derive(Debug, Default)]
pub(crate) struct CardDeck {
    sets: BTreeMap<i64, Arc<CardSet>>,
}

impl CardDeck {
    /// Adds a product's cards.
    pub(crate) fn insert(&mut self, seq: i64, set: Arc<CardSet>) {
        self.sets.insert(seq, set);
    }

    /// Whether a product's cards are there.
    pub(crate) fn has(&self, seq: i64) -> bool {
        self.sets.contains_key(&seq)
    }

    /// The card of a product in an edition, if it is shown there.
    pub(crate) fn get(&self, seq: i64, edition: i64) -> Option<Html> {
        self.sets.get(&seq)?.cards.get(&edition).cloned()
    }

    /// Until when all of some products' cards are true.
    pub(crate) fn valid_until(&self, seqs: impl IntoIterator<Item = i64>) -> Option<Timestamp> {
        seqs.into_iter().filter_map(|seq| self.sets.get(&seq)?.valid_until).min()
    }
}

#[cfg(test)]
mod tests;
