//! Single facts that others set: stock states, ratings and reviews, and edits of the admin.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Change, ChangeKind, Country, Entity, EntityKind, ProductId, Sku, StoreId, Timestamp};
use vitrine_db::{Run, Tx};

use crate::Catalog;
use crate::domain::{Availability, Rating, Review, Status};
use crate::error::Error;
use crate::layers::{History, Layers};
use crate::price::PriceInput;
use crate::repo::{self, Stored, Which, Write};
use crate::skus::Skus;

impl Catalog {
    /// Sets stock states; from now on they win over what the source states. SKUs that there are not are left out.
    pub async fn set_availability_in(
        tx: &mut Tx,
        store: &StoreId,
        states: &[(Sku, Availability)],
    ) -> Result<Vec<Change>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let skus: Vec<&str> = states.iter().map(|(sku, _)| sku.as_str()).collect();
        let rows = Skus::load(tx, store, &skus, &[]).await?;
        let mut by_product: BTreeMap<i64, Vec<(&Sku, Availability)>> = BTreeMap::new();
        for (sku, state) in states {
            if let Some(seq) = rows.owner(sku) {
                by_product.entry(seq).or_default().push((sku, *state));
            }
        }
        let seqs: Vec<i64> = by_product.keys().copied().collect();
        edit_in(tx, store, &seqs, Editor::Signal(ChangeKind::Availability), |seq, layers| {
            let before = layers.signals();
            for (sku, state) in by_product.get(&seq).into_iter().flatten() {
                layers.live.availability.insert((*sku).clone(), *state);
            }
            layers.signals() != before
        })
        .await
    }

    /// Sets the sum of each product's reviews; `None` leaves it to the reviews at hand.
    pub async fn set_rating_in(
        tx: &mut Tx,
        store: &StoreId,
        ratings: &[(ProductId, Option<Rating>)],
    ) -> Result<Vec<Change>, Error> {
        let ratings: BTreeMap<&ProductId, &Option<Rating>> =
            ratings.iter().map(|(id, value)| (id, value)).collect();
        set_signal_in(tx, store, &ratings, |layers, rating| layers.live.rating = *rating).await
    }

    /// Sets the reviews to show; from now on they win over the source's. `None` shows the source's again.
    pub async fn set_reviews_in(
        tx: &mut Tx,
        store: &StoreId,
        reviews: &[(ProductId, Option<Vec<Review>>)],
    ) -> Result<Vec<Change>, Error> {
        let reviews: BTreeMap<&ProductId, &Option<Vec<Review>>> =
            reviews.iter().map(|(id, value)| (id, value)).collect();
        set_signal_in(tx, store, &reviews, |layers, reviews| layers.live.reviews.clone_from(reviews)).await
    }

    /// Replaces the prices of a variant in one country; what held until now becomes history.
    ///
    /// The product is marked as edited when the run is not of the origin that owns it. No change is returned where
    /// there is no such SKU, or where the prices are the same.
    pub async fn set_price_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        sku: &Sku,
        country: Country,
        price: &PriceInput,
    ) -> Result<Vec<Change>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let rows = Skus::load(tx, store, &[sku.as_str()], &[]).await?;
        let Some(row) = rows.get(sku).filter(|row| !row.removed) else { return Ok(Vec::new()) };
        let mut history = Vec::new();
        let changes = edit_in(tx, store, &[row.seq], Editor::Edit(ChangeKind::Price, run), |_, layers| {
            let held = layers.offers.get(&country).and_then(|offer| offer.prices.get(&row.number));
            if held.map(|prices| prices.input()).unwrap_or_default() == *price {
                return false;
            }
            let past = layers.set_price(country, row.number, price, run.now);
            history.extend(past.into_iter().map(|past| History { sku: sku.clone(), country, past }));
            true
        })
        .await?;
        repo::keep_history_in(tx, store, &history).await?;
        Ok(changes)
    }

    /// Publishes a product or makes it a draft; marked as an edit as in [`Catalog::set_price_in`].
    pub async fn set_status_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        id: &ProductId,
        status: Status,
    ) -> Result<Vec<Change>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let seqs: Vec<i64> =
            repo::heads(tx, store, &[id.as_str()]).await?.values().map(|head| head.seq).collect();
        edit_in(tx, store, &seqs, Editor::Edit(ChangeKind::Changed, run), |_, layers| {
            let before = std::mem::replace(&mut layers.product.status, status);
            before != status
        })
        .await
    }
}

async fn set_signal_in<T>(
    tx: &mut Tx,
    store: &StoreId,
    values: &BTreeMap<&ProductId, &T>,
    set: impl Fn(&mut Layers, &T),
) -> Result<Vec<Change>, Error> {
    repo::lock_in(tx, store, 0).await?;
    let ids: Vec<&str> = values.keys().map(|id| id.as_str()).collect();
    let seqs: BTreeSet<i64> = repo::heads(tx, store, &ids).await?.values().map(|head| head.seq).collect();
    let seqs: Vec<i64> = seqs.into_iter().collect();
    edit_in(tx, store, &seqs, Editor::Signal(ChangeKind::Rating), |_, layers| {
        let before = layers.signals();
        if let Some(value) = values.get(&layers.product.id) {
            set(layers, value);
        }
        layers.signals() != before
    })
    .await
}

/// Who changes a product, and what the change is called.
enum Editor<'a> {
    /// Stock or reviews: no edit, so the time of the last edit stays.
    Signal(ChangeKind),
    /// Somebody, by hand.
    Edit(ChangeKind, &'a Run),
}

impl Editor<'_> {
    fn kind(&self) -> ChangeKind {
        match self {
            Self::Signal(kind) | Self::Edit(kind, _) => *kind,
        }
    }

    fn changed_at(&self, stored: &Stored) -> Timestamp {
        match self {
            Self::Signal(_) => stored.changed_at,
            Self::Edit(_, run) => run.now,
        }
    }
}

/// Products whose rows are in memory at once.
const BATCH: usize = 500;

/// Changes products one by one with `change`, which says whether pages may see a difference.
async fn edit_in(
    tx: &mut Tx,
    store: &StoreId,
    seqs: &[i64],
    editor: Editor<'_>,
    mut change: impl FnMut(i64, &mut Layers) -> bool,
) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for seqs in seqs.chunks(BATCH) {
        let stored = repo::load(tx, store, Which::Seqs(seqs)).await?;
        let mut writes = Vec::new();
        for (seq, old) in &stored {
            let mut layers = old.layers.clone();
            let seen = change(*seq, &mut layers);
            if layers == old.layers {
                continue;
            }
            if seen {
                let entity = Entity::new(EntityKind::Product, old.head.id.as_str());
                changes.push(Change::new(entity, editor.kind()).within(layers.seen_in(&old.layers)));
            }
            let mut provenance = old.head.provenance;
            if let Editor::Edit(_, run) = &editor {
                provenance.edited =
                    Some(run.origin).filter(|origin| *origin != provenance.origin).or(provenance.edited);
            }
            let changed_at = editor.changed_at(old);
            writes.push(Write { seq: *seq, layers, old: Some(old), provenance, changed_at });
        }
        repo::write_in(tx, store, &writes).await?;
    }
    Ok(changes)
}
