//! Product cards: compared by what they are made from, made once for an edition, shown on many pages.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use quick_cache::sync::Cache;
use quick_cache::{OptionsBuilder, Weighter};
use vitrine_catalog::ProductRecord;
use vitrine_core::Timestamp;
use vitrine_theme::Html;

/// Bytes of cards kept: some 80,000. A build goes from category to category, so it needs those of one.
const CARD_BYTES: u64 = 64 << 20;
/// The part of it that is for cards that were used often before; the other is for those of the present category, which
/// are used a few times and then no more.
const CARDS_USED_OFTEN: f64 = 0.5;
/// About how many entries each cache holds.
const ENTRIES: usize = 100_000;
/// Bytes of fingerprints kept: those of 100,000 products in 20 editions.
const PRINT_BYTES: u64 = 48 << 20;
/// What an entry costs besides its content.
const ENTRY_BYTES: usize = 96;

/// Fingerprints of a product's cards in all editions that show it: a page that shows a card is made from this, and
/// the card itself is only made where such a page is rendered.
#[derive(Debug)]
pub(crate) struct CardPrints {
    /// Number of the edition and fingerprint, by edition.
    pub prints: Vec<(i64, i64)>,
    /// The moment they were made for.
    pub as_of: Timestamp,
    /// Until when they are true.
    pub valid_until: Option<Timestamp>,
}

impl CardPrints {
    fn is_true_at(&self, as_of: Timestamp) -> bool {
        self.as_of <= as_of && self.valid_until.is_none_or(|until| as_of < until)
    }

    fn position(&self, edition: i64) -> Option<usize> {
        self.prints.binary_search_by_key(&edition, |(edition, _)| *edition).ok()
    }
}

#[derive(Clone)]
struct Bytes;

impl Weighter<i64, Arc<CardPrints>> for Bytes {
    fn weight(&self, _: &i64, prints: &Arc<CardPrints>) -> u64 {
        (prints.prints.len() * size_of::<(i64, i64)>() + ENTRY_BYTES) as u64
    }
}

impl Weighter<(i64, i64), (i64, Html)> for Bytes {
    fn weight(&self, _: &(i64, i64), (_, card): &(i64, Html)) -> u64 {
        (card.as_str().len() + ENTRY_BYTES) as u64
    }
}

/// Cards of earlier batches and their fingerprints, bounded by bytes.
pub(crate) struct CardCache {
    /// By product.
    prints: Cache<i64, Arc<CardPrints>, Bytes>,
    /// By product and edition, with the fingerprint they were made from.
    cards: Cache<(i64, i64), (i64, Html), Bytes>,
}

impl std::fmt::Debug for CardCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardCache({} products, {} cards)", self.prints.len(), self.cards.len())
    }
}

impl Default for CardCache {
    fn default() -> Self {
        let mut options = OptionsBuilder::new();
        options
            .estimated_items_capacity(ENTRIES)
            .weight_capacity(CARD_BYTES)
            .hot_allocation(CARDS_USED_OFTEN);
        let cards = match options.build() {
            Ok(options) => Cache::with_options(options, Bytes, Default::default(), Default::default()),
            Err(_) => Cache::with_weighter(ENTRIES, CARD_BYTES, Bytes),
        };
        Self { prints: Cache::with_weighter(ENTRIES, PRINT_BYTES, Bytes), cards }
    }
}

impl CardCache {
    /// The fingerprints of a product's cards, if they are known and true at `as_of`.
    pub(crate) fn prints(&self, seq: i64, as_of: Timestamp) -> Option<Arc<CardPrints>> {
        self.prints.get(&seq).filter(|prints| prints.is_true_at(as_of))
    }

    /// Keeps fingerprints.
    pub(crate) fn insert(&self, seq: i64, prints: Arc<CardPrints>) {
        self.prints.insert(seq, prints);
    }

    /// The card of a product in an edition that was made from what `print` says.
    fn card(&self, seq: i64, edition: i64, print: i64) -> Option<Html> {
        self.cards.get(&(seq, edition)).filter(|(made_from, _)| *made_from == print).map(|(_, card)| card)
    }

    /// Forgets the fingerprints of a product that changed.
    pub(crate) fn forget(&self, seq: i64) {
        self.prints.remove(&seq);
    }

    /// Forgets all fingerprints: words, theme, pictures or configuration changed.
    pub(crate) fn clear(&self) {
        self.prints.clear();
    }
}

/// The cards that one batch shows: held fast, so that the cache may drop them meanwhile.
#[derive(Debug, Default)]
pub(crate) struct CardDeck {
    entries: BTreeMap<i64, Entry>,
}

#[derive(Debug)]
struct Entry {
    prints: Arc<CardPrints>,
    /// As many as prints; filled where a page that shows them is rendered.
    cards: Vec<OnceLock<Html>>,
    /// The product, where it was read for this batch.
    record: Option<Arc<ProductRecord>>,
}

impl CardDeck {
    /// Adds a product by the fingerprints of its cards.
    pub(crate) fn insert(&mut self, seq: i64, prints: Arc<CardPrints>, record: Option<Arc<ProductRecord>>) {
        let cards = prints.prints.iter().map(|_| OnceLock::new()).collect();
        self.entries.insert(seq, Entry { prints, cards, record });
    }

    /// Whether a product's fingerprints are there.
    pub(crate) fn has(&self, seq: i64) -> bool {
        self.entries.contains_key(&seq)
    }

    /// The product, where it was read for this batch.
    pub(crate) fn record(&self, seq: i64) -> Option<&Arc<ProductRecord>> {
        self.entries.get(&seq)?.record.as_ref()
    }

    /// What the card of a product in an edition is made from; `None` where it is not shown.
    pub(crate) fn print(&self, seq: i64, edition: i64) -> Option<i64> {
        let prints = &self.entries.get(&seq)?.prints;
        prints.prints.get(prints.position(edition)?).map(|(_, print)| *print)
    }

    /// The card of a product in an edition; `None` where it is not shown.
    ///
    /// # Errors
    /// When the card is shown and nobody made it: a page must not go out without it.
    pub(crate) fn card(&self, seq: i64, edition: i64) -> Result<Option<Html>, NotMade> {
        let Some(entry) = self.entries.get(&seq) else { return Ok(None) };
        let Some(at) = entry.prints.position(edition) else { return Ok(None) };
        entry.cards.get(at).and_then(OnceLock::get).cloned().map(Some).ok_or(NotMade)
    }

    /// Takes cards from the cache; answers whether a card that is shown is still to be made.
    pub(crate) fn is_missing(&self, cache: &CardCache, seq: i64, edition: i64) -> bool {
        let Some(entry) = self.entries.get(&seq) else { return false };
        let Some(at) = entry.prints.position(edition) else { return false };
        let (Some(place), Some((_, print))) = (entry.cards.get(at), entry.prints.prints.get(at)) else {
            return false;
        };
        if place.get().is_some() {
            return false;
        }
        match cache.card(seq, edition, *print) {
            Some(card) => {
                // Somebody else may have been first, with the same.
                let _ = place.set(card);
                false
            }
            None => true,
        }
    }

    /// Puts a card that was made into the deck and the cache.
    pub(crate) fn put(&self, cache: &CardCache, seq: i64, edition: i64, card: Html) {
        let Some(entry) = self.entries.get(&seq) else { return };
        let Some(at) = entry.prints.position(edition) else { return };
        if let (Some(place), Some((_, print))) = (entry.cards.get(at), entry.prints.prints.get(at)) {
            cache.cards.insert((seq, edition), (*print, card.clone()));
            let _ = place.set(card);
        }
    }

    /// Until when all of some products' cards are true.
    pub(crate) fn valid_until(&self, seqs: impl IntoIterator<Item = i64>) -> Option<Timestamp> {
        seqs.into_iter().filter_map(|seq| self.entries.get(&seq)?.prints.valid_until).min()
    }
}

/// A page asks for a card that was not made: a bug, found before the page goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotMade;

impl From<NotMade> for crate::error::BuildError {
    fn from(_: NotMade) -> Self {
        Self::State("card not made")
    }
}

#[cfg(test)]
mod tests;
