//! The cards that a batch shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{ProductRecord, valid_until};
use vitrine_core::ProductId;
use vitrine_theme::Html;

use crate::build::phases::Work;
use crate::cards::{CardDeck, CardPrints};
use crate::error::BuildError;
use crate::key::Kind;
use crate::model::{self, Draft, ProductShared};
use crate::parallel;
use crate::site::Site;

/// Products read at a time for their cards.
const CARD_PRODUCTS: usize = 500;

/// A product as every edition that shows it sees it.
pub(crate) struct Everywhere<'a> {
    pub record: &'a Arc<ProductRecord>,
    pub shared: Vec<(&'a Site, Arc<ProductShared<'a>>)>,
}

impl Work<'_> {
    pub(crate) fn seqs_of<'s>(&self, ids: impl IntoIterator<Item = &'s String>) -> BTreeSet<i64> {
        let ids = ids.into_iter().filter_map(|id| ProductId::try_new(id).ok());
        ids.filter_map(|id| self.loaded.index.seq_of(&id)).collect()
    }

    /// What the cards of a batch are made from: of its own products, and of others that its pages show.
    pub(crate) async fn deck(
        &self,
        products: &[Everywhere<'_>],
        others: &BTreeSet<i64>,
    ) -> Result<CardDeck, BuildError> {
        let mut deck = CardDeck::default();
        self.insert_prints(products, &mut deck);
        let mut missing = Vec::new();
        for seq in others.iter().filter(|seq| !deck.has(**seq)).copied().collect::<Vec<_>>() {
            match self.cards.prints(seq, self.as_of) {
                Some(prints) => deck.insert(seq, prints, None),
                None => missing.push(seq),
            }
        }
        for batch in missing.chunks(CARD_PRODUCTS) {
            let records = self.records.read(self.db, self.store, batch).await?;
            self.insert_prints(&self.everywhere(&records), &mut deck);
        }
        Ok(deck)
    }

    /// A deck with all cards of some products in the editions that are built.
    pub(crate) async fn full_deck(&self, seqs: &BTreeSet<i64>) -> Result<CardDeck, BuildError> {
        let deck = self.deck(&[], seqs).await?;
        let editions = self.sites.iter().filter(|site| self.selected.contains(&site.edition.country));
        let pairs = editions.flat_map(|site| seqs.iter().map(|seq| (*seq, site.number)));
        self.make_cards(&deck, pairs.collect()).await?;
        Ok(deck)
    }

    /// Makes the cards that some pages show.
    pub(crate) async fn cards_of(&self, deck: &CardDeck, pages: &[Draft<'_>]) -> Result<(), BuildError> {
        let shown = pages.iter().flat_map(|draft| {
            let products = draft.needs.iter().filter(|need| need.kind() == Some(Kind::Product));
            products.map(|need| (need.seq(), draft.edition))
        });
        self.make_cards(deck, shown.collect()).await
    }

    /// Makes what is missing of the cards of some products in some editions.
    async fn make_cards(&self, deck: &CardDeck, shown: BTreeSet<(i64, i64)>) -> Result<(), BuildError> {
        let mut missing: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (seq, edition) in shown {
            if deck.is_missing(self.cards, seq, edition) {
                missing.entry(seq).or_default().push(edition);
            }
        }
        let unread = missing.keys().copied().filter(|seq| deck.record(*seq).is_none());
        let mut read = BTreeMap::new();
        for batch in unread.collect::<Vec<_>>().chunks(CARD_PRODUCTS) {
            read.extend(
                self.records
                    .read(self.db, self.store, batch)
                    .await?
                    .into_iter()
                    .map(|record| (record.seq, record)),
            );
        }
        let record = |seq: &i64| deck.record(*seq).or_else(|| read.get(seq));
        let work: Vec<(&Arc<ProductRecord>, &Vec<i64>)> =
            missing.iter().filter_map(|(seq, editions)| Some((record(seq)?, editions))).collect();
        let made = parallel::map(&work, |(record, editions)| self.html(record, editions));
        for ((record, _), cards) in work.iter().zip(made) {
            for (edition, card) in cards? {
                deck.put(self.cards, record.seq, edition, card);
            }
        }
        Ok(())
    }

    /// Products as every edition sees them.
    pub(crate) fn everywhere<'b>(&'b self, records: &'b [Arc<ProductRecord>]) -> Vec<Everywhere<'b>> {
        parallel::map(records, |record| self.product_everywhere(record))
    }

    fn product_everywhere<'b>(&'b self, record: &'b Arc<ProductRecord>) -> Everywhere<'b> {
        let shared = |site: &'b Site| {
            let view = site.view(&self.loaded.index, self.as_of);
            Some((site, Arc::new(ProductShared::new(site, &view, record)?)))
        };
        Everywhere { record, shared: self.sites.iter().filter_map(shared).collect() }
    }

    fn insert_prints(&self, products: &[Everywhere<'_>], deck: &mut CardDeck) {
        let made = parallel::map(products, |product| self.prints(product));
        for (product, prints) in products.iter().zip(made) {
            let prints = Arc::new(prints);
            self.cards.insert(product.record.seq, Arc::clone(&prints));
            deck.insert(product.record.seq, prints, Some(Arc::clone(product.record)));
        }
    }

    /// What a product's cards are made from.
    fn prints(&self, product: &Everywhere<'_>) -> CardPrints {
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let mut made = CardPrints { prints: Vec::new(), as_of: self.as_of, valid_until: None };
        for site in self.sites {
            // Also of what is not shown yet: its time may come.
            let country = site.edition.country;
            let offer = product.record.offer(country).map(|found| &found.offer);
            let ends = valid_until(&product.record.product, offer, country, self.as_of);
            made.valid_until = made.valid_until.into_iter().chain(ends).min();
        }
        for (site, shared) in &product.shared {
            let print = model::card_print(&self.maker(site, &deck, &parts), shared);
            made.prints.push((site.number, print));
        }
        made.prints.sort_unstable();
        made
    }

    /// A product's cards in some editions.
    fn html(&self, record: &ProductRecord, editions: &[i64]) -> Result<Vec<(i64, Html)>, BuildError> {
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let sites = self.sites.iter().filter(|site| editions.contains(&site.number));
        let card = |site: &Site| {
            let maker = self.maker(site, &deck, &parts);
            let shared = ProductShared::new(site, &maker.view, record)?;
            Some(model::card(&maker, &shared).map(|card| (site.number, card)))
        };
        sites.filter_map(card).collect()
    }
}
