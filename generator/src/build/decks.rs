//! The cards that a batch shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{Catalog, ProductRecord, valid_until};
use vitrine_core::ProductId;

use crate::build::phases::{Work, available};
use crate::cards::{CardDeck, CardSet};
use crate::error::BuildError;
use crate::model::{self, ProductShared};
use crate::parallel;

impl Work<'_> {
    pub(crate) fn seqs_of<'s>(&self, ids: impl IntoIterator<Item = &'s String>) -> BTreeSet<i64> {
        let ids = ids.into_iter().filter_map(|id| ProductId::try_new(id).ok());
        ids.filter_map(|id| self.loaded.index.seq_of(&id)).collect()
    }

    /// The cards of a batch: of its own products, freshly made, and of others that its pages show.
    pub(crate) async fn deck(
        &self,
        records: &[ProductRecord],
        others: &BTreeSet<i64>,
    ) -> Result<CardDeck, BuildError> {
        let mut deck = CardDeck::default();
        self.make_cards(records, &mut deck)?;
        let mut missing = Vec::new();
        for seq in others.iter().filter(|seq| !deck.has(**seq)).copied().collect::<Vec<_>>() {
            match self.cards.get(seq, self.as_of) {
                Some(set) => deck.insert(seq, set),
                None => missing.push(seq),
            }
        }
        for batch in missing.chunks(500) {
            let records = Catalog::products_by_seq(self.db, self.store, batch).await?;
            self.make_cards(&records, &mut deck)?;
        }
        Ok(deck)
    }

    pub(crate) fn make_cards(
        &self,
        records: &[ProductRecord],
        deck: &mut CardDeck,
    ) -> Result<(), BuildError> {
        let make = || parallel::map(available(), records, || (), |(), record| self.card_set(record));
        let sets = if records.len() > 1 { parallel::off_the_runtime(make) } else { make() };
        for (record, set) in records.iter().zip(sets) {
            let set = Arc::new(set?);
            self.cards.insert(record.seq, Arc::clone(&set));
            deck.insert(record.seq, set);
        }
        Ok(())
    }

    pub(crate) fn card_set(&self, record: &ProductRecord) -> Result<CardSet, BuildError> {
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let mut set = CardSet { cards: BTreeMap::new(), as_of: self.as_of, valid_until: None };
        for site in self.sites {
            let maker = self.maker(site, &deck, &parts);
            // Also of what is not shown yet: its time may come.
            let country = site.edition.country;
            let offer = record.offer(country).map(|found| &found.offer);
            let ends = valid_until(&record.product, offer, country, self.as_of);
            set.valid_until = set.valid_until.into_iter().chain(ends).min();
            if let Some(shared) = ProductShared::new(&maker, record) {
                set.cards.insert(site.number, model::card(&maker, &shared)?);
            }
        }
        Ok(set)
    }
}
