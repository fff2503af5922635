//! Products as their sources state them: put and removed, many at once.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{
    Change, ChangeKind, ContentHash, Country, Entity, EntityKind, Origin, ProductId, Sku, StoreId,
};
use vitrine_db::{AnyConnection, Db, Outcome, Provenance, Run, Tx, decide, decide_removal};
use vitrine_store::Stores;

use crate::Catalog;
use crate::domain::Status;
use crate::error::{Error, ItemError};
use crate::input::ProductInput;
use crate::layers::{History, Layers, source_hash};
use crate::repo::{self, Head, Stored, Which, Write};
use crate::skus::{self, Skus};
use crate::slugs;

/// Products written together; beyond this, longer statements save nothing and memory grows.
const BATCH: usize = 500;

/// What a call made of its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put<Id> {
    /// The outcome of each item that has none among the errors.
    pub outcomes: Vec<(Id, Outcome)>,
    /// Items that were left as they are, with the reason.
    pub errors: Vec<(Id, ItemError)>,
    /// What changed, for `Stores::bump_in`.
    pub changes: Vec<Change>,
}

impl<Id> Default for Put<Id> {
    fn default() -> Self {
        Self { outcomes: Vec::new(), errors: Vec::new(), changes: Vec::new() }
    }
}

impl<Id: std::fmt::Display> Put<Id> {
    /// Notes an outcome, and the change that it is, in every country.
    pub(crate) fn note(&mut self, kind: EntityKind, id: Id, outcome: Outcome) {
        self.note_within(kind, id, outcome, BTreeSet::new());
    }

    /// The same, seen in some countries only; none means all.
    pub(crate) fn note_within(
        &mut self,
        kind: EntityKind,
        id: Id,
        outcome: Outcome,
        countries: BTreeSet<Country>,
    ) {
        let change = match outcome {
            Outcome::Added => Some(ChangeKind::Added),
            Outcome::Changed => Some(ChangeKind::Changed),
            Outcome::Removed => Some(ChangeKind::Removed),
            Outcome::Unchanged | Outcome::Conflict => None,
        };
        let entity = Entity::new(kind, id.to_string());
        self.changes.extend(change.map(|change| Change::new(entity, change).within(countries)));
        self.outcomes.push((id, outcome));
    }
}

impl Catalog {
    /// Writes products by the rule of origins; validate them first.
    ///
    /// A product whose SKU or slug belongs to another is left as it is and reported, the others are taken. SKUs and
    /// slugs may move between products of one call: what one gives up, another may take. Remove products before
    /// putting others in their place. A product keeps its number, its variants keep theirs even when they come back
    /// after they were removed, and prices that are replaced become history.
    pub async fn put_products_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        inputs: &[ProductInput],
    ) -> Result<Put<ProductId>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let mut put = Put::default();
        let mut seen = BTreeSet::new();
        let (first, repeated): (Vec<_>, Vec<_>) =
            inputs.iter().partition(|input| seen.insert(&input.product.id));
        let mut waiting = Vec::new();
        for chunk in first.chunks(BATCH) {
            waiting
                .extend(Batch::begin(tx, store, run, chunk, &mut put).await?.write_in(tx, &mut put).await?);
        }
        // What one of them waits for, another may have given up since.
        loop {
            let again: Vec<&ProductInput> = waiting.iter().map(|(input, _)| *input).collect();
            let before = again.len();
            if before == 0 {
                break;
            }
            waiting = Batch::begin(tx, store, run, &again, &mut put).await?.write_in(tx, &mut put).await?;
            if waiting.len() == before {
                break;
            }
        }
        put.errors = waiting.into_iter().map(|(input, error)| (input.product.id.clone(), error)).collect();
        put.errors.extend(repeated.iter().map(|input| (input.product.id.clone(), ItemError::Repeated)));
        Ok(put)
    }

    /// Removes products, as far as they are of the run's origin; ids that there are not are left out.
    ///
    /// Their addresses answer 410 from now on, and their SKUs are free. Their prices are kept as history.
    pub async fn remove_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        ids: &[ProductId],
    ) -> Result<Put<ProductId>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let mut put = Put::default();
        for ids in ids.chunks(BATCH) {
            let ids: Vec<&str> = ids.iter().map(ProductId::as_str).collect();
            let mut seqs = Vec::new();
            for (id, head) in repo::heads(tx, store, &ids).await? {
                let outcome = match decide_removal(&head.provenance, run) {
                    // Somebody else's: asked for by name, that is a conflict, unless forced.
                    Outcome::Unchanged if run.force => Outcome::Removed,
                    Outcome::Unchanged => Outcome::Conflict,
                    outcome => outcome,
                };
                if outcome == Outcome::Removed {
                    seqs.push(head.seq);
                }
                put.note(EntityKind::Product, id, outcome);
            }
            remove_rows_in(tx, store, run, &seqs).await?;
        }
        Ok(put)
    }

    /// The products of an origin that are not among `keep`, in order of their numbers.
    pub async fn missing(
        connection: &mut AnyConnection,
        store: &StoreId,
        origin: Origin,
        keep: &BTreeSet<ProductId>,
    ) -> Result<Vec<ProductId>, Error> {
        let heads = repo::heads_of_origin(connection, store, origin).await?;
        Ok(heads.into_iter().map(|head| head.id).filter(|id| !keep.contains(id)).collect())
    }

    /// The hash of what each product's source said last, for sources that can skip what has not changed.
    pub async fn source_hashes(
        db: &Db,
        store: &StoreId,
        origin: Origin,
    ) -> Result<BTreeMap<ProductId, ContentHash>, Error> {
        let mut connection = db.reader().acquire().await.map_err(Error::from)?;
        let heads = repo::heads_of_origin(&mut connection, store, origin).await?;
        Ok(heads.into_iter().map(|head| (head.id, head.provenance.source_hash)).collect())
    }
}

async fn remove_rows_in(tx: &mut Tx, store: &StoreId, run: &Run, seqs: &[i64]) -> Result<(), Error> {
    let mut history = Vec::new();
    let (mut public, mut drafts) = (Vec::new(), Vec::new());
    for stored in repo::load(tx, store, Which::Seqs(seqs)).await?.into_values() {
        history.append(&mut stored.layers.closed_prices(run.now));
        let was_public = stored.layers.product.status == Status::Published;
        if was_public { &mut public } else { &mut drafts }.push(stored.head.id);
    }
    repo::keep_history_in(tx, store, &history).await?;
    repo::delete_in(tx, store, seqs).await?;
    for (ids, gone) in [(public, true), (drafts, false)] {
        let ids: Vec<&str> = ids.iter().map(ProductId::as_str).collect();
        Stores::release_in(tx, store, run.now, EntityKind::Product, &ids, gone).await?;
    }
    Ok(())
}

/// An item that its source added or changed.
struct Item<'a> {
    input: &'a ProductInput,
    hash: ContentHash,
    outcome: Outcome,
    head: Option<Head>,
}

/// Items that are to be written together, with what is stored of them.
struct Batch<'a> {
    store: &'a StoreId,
    run: &'a Run,
    items: Vec<Item<'a>>,
    stored: BTreeMap<i64, Stored>,
    skus: Skus,
}

impl<'a> Batch<'a> {
    /// Decides each item; those that write are kept, the outcomes of the others noted.
    async fn begin(
        tx: &mut Tx,
        store: &'a StoreId,
        run: &'a Run,
        inputs: &[&'a ProductInput],
        put: &mut Put<ProductId>,
    ) -> Result<Self, Error> {
        let ids: Vec<&str> = inputs.iter().map(|input| input.product.id.as_str()).collect();
        let mut heads = repo::heads(tx, store, &ids).await?;
        let mut items = Vec::new();
        for &input in inputs {
            let (hash, id) = (source_hash(input)?, &input.product.id);
            let head = heads.remove(id);
            let outcome = match decide(head.as_ref().map(|head| &head.provenance), &hash, run) {
                Outcome::Conflict => caught_up_in(tx, store, head.as_ref(), &hash, run).await?,
                outcome => outcome,
            };
            if outcome.writes() {
                items.push(Item { input, hash, outcome, head });
            } else {
                put.note(EntityKind::Product, id.clone(), outcome);
            }
        }
        let seqs: Vec<i64> = items.iter().filter_map(|item| Some(item.head.as_ref()?.seq)).collect();
        let wanted: Vec<&str> = items.iter().flat_map(|item| item.skus()).map(Sku::as_str).collect();
        let skus = Skus::load(tx, store, &wanted, &seqs).await?;
        let stored = repo::load(tx, store, Which::Seqs(&seqs)).await?;
        Ok(Self { store, run, items, stored, skus })
    }

    /// Writes what can be written and returns what has to wait, with the reason.
    async fn write_in(
        mut self,
        tx: &mut Tx,
        put: &mut Put<ProductId>,
    ) -> Result<Vec<(&'a ProductInput, ItemError)>, Error> {
        let mut waiting = self.take_out_sku_conflicts(tx).await?;
        let refused = {
            let wishes: Vec<_> = self.items.iter().map(|item| item.wish(&self.stored)).collect();
            slugs::settle_in(tx, self.store, self.run.now, EntityKind::Product, &wishes).await?
        };
        self.take_out(refused, &mut waiting);
        self.write_rows_in(tx, put).await?;
        Ok(waiting)
    }

    fn take_out(
        &mut self,
        mut refused: BTreeMap<usize, ItemError>,
        waiting: &mut Vec<(&'a ProductInput, ItemError)>,
    ) {
        let items = std::mem::take(&mut self.items);
        for (index, item) in items.into_iter().enumerate() {
            match refused.remove(&index) {
                Some(error) => waiting.push((item.input, error)),
                None => self.items.push(item),
            }
        }
    }

    /// Takes out items that want a SKU which another product has now, or an earlier item wants as well.
    async fn take_out_sku_conflicts(
        &mut self,
        tx: &mut Tx,
    ) -> Result<Vec<(&'a ProductInput, ItemError)>, Error> {
        let ids = self.sku_owners(tx).await?;
        let mut wanted: BTreeMap<&Sku, &ProductId> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            match self.sku_error(item, &ids, &wanted) {
                Some(error) => {
                    refused.insert(index, error);
                }
                None => wanted.extend(item.skus().map(|sku| (sku, &item.input.product.id))),
            }
        }
        let mut waiting = Vec::new();
        self.take_out(refused, &mut waiting);
        Ok(waiting)
    }

    /// Ids of the products that have any of the SKUs wanted.
    async fn sku_owners(&self, tx: &mut Tx) -> Result<BTreeMap<i64, ProductId>, Error> {
        let owners = self.items.iter().flat_map(Item::skus).filter_map(|sku| self.skus.owner(sku));
        let strangers: BTreeSet<i64> = owners.filter(|seq| !self.stored.contains_key(seq)).collect();
        let strangers: Vec<i64> = strangers.into_iter().collect();
        let mut ids = skus::product_ids(tx, self.store, &strangers).await?;
        ids.extend(self.stored.values().map(|stored| (stored.head.seq, stored.head.id.clone())));
        Ok(ids)
    }

    fn sku_error(
        &self,
        item: &Item<'_>,
        ids: &BTreeMap<i64, ProductId>,
        wanted: &BTreeMap<&Sku, &ProductId>,
    ) -> Option<ItemError> {
        let seq = item.head.as_ref().map(|head| head.seq);
        let mut own = BTreeSet::new();
        for sku in item.skus() {
            if !own.insert(sku) {
                return Some(ItemError::RepeatedSku(sku.clone()));
            }
            let owner = self.skus.owner(sku).filter(|owner| Some(*owner) != seq);
            let by = owner.and_then(|owner| ids.get(&owner)).or_else(|| wanted.get(sku).copied());
            if let Some(by) = by {
                return Some(ItemError::SkuTaken { sku: sku.clone(), by: by.clone() });
            }
        }
        let new = item.skus().filter(|sku| self.skus.get(sku).is_none_or(|row| Some(row.seq) != seq)).count();
        let left = seq.and_then(|seq| self.stored.get(&seq)).map(|stored| stored.layers.numbers_left());
        (new > left.unwrap_or(usize::from(u16::MAX))).then_some(ItemError::TooManyVariants)
    }

    async fn write_rows_in(self, tx: &mut Tx, put: &mut Put<ProductId>) -> Result<(), Error> {
        let new = self.items.iter().filter(|item| item.head.is_none()).count();
        let mut next_seq = if new > 0 { repo::lock_in(tx, self.store, new).await? } else { 0 };
        let mut history: Vec<History> = Vec::new();
        let mut sku_rows = skus::batch();
        let mut writes = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let seq = item.head.as_ref().map_or_else(
                || {
                    next_seq += 1;
                    next_seq - 1
                },
                |head| head.seq,
            );
            let old = self.stored.get(&seq);
            let numbers = self.skus.numbers(seq);
            let (layers, mut past) =
                Layers::put(old.map(|old| &old.layers), item.input, &numbers, self.run.now);
            history.append(&mut past);
            let variants: Vec<_> =
                layers.product.variants.iter().map(|variant| (&variant.sku, variant.number)).collect();
            self.skus.restate(self.store, seq, &variants, &mut sku_rows);
            let provenance = Provenance { origin: self.run.origin, source_hash: item.hash, edited: None };
            let seen_in = old.map(|old| layers.seen_in(&old.layers)).unwrap_or_default();
            writes.push(Write { seq, layers, old, provenance, changed_at: self.run.now });
            put.note_within(EntityKind::Product, item.input.product.id.clone(), item.outcome, seen_in);
        }
        repo::write_in(tx, self.store, &writes).await?;
        sku_rows.run_in(tx).await?;
        repo::keep_history_in(tx, self.store, &history).await?;
        Ok(())
    }
}

impl<'a> Item<'a> {
    fn skus(&self) -> impl Iterator<Item = &'a Sku> + use<'a> {
        self.input.product.variants.iter().map(|variant| &variant.sku)
    }

    fn wish(&self, stored: &BTreeMap<i64, Stored>) -> slugs::Wish<'a> {
        let held = self.head.as_ref().and_then(|head| stored.get(&head.seq));
        let slug = |(lang, text): (&'a _, &'a crate::ProductText)| Some((lang, text.slug.as_ref()?));
        slugs::Wish {
            id: self.input.product.id.as_str(),
            wanted: self.input.texts.iter().filter_map(slug).collect(),
            held: held
                .iter()
                .flat_map(|stored| &stored.layers.texts)
                .filter_map(|(lang, text)| Some((lang.clone(), text.slug.clone()?)))
                .collect(),
        }
    }
}

/// A source that states what was edited elsewhere has caught up: there is nothing to argue about.
async fn caught_up_in(
    tx: &mut Tx,
    store: &StoreId,
    head: Option<&Head>,
    incoming: &ContentHash,
    run: &Run,
) -> Result<Outcome, Error> {
    let Some(head) = head.filter(|head| head.provenance.origin == run.origin) else {
        return Ok(Outcome::Conflict);
    };
    let stored = repo::load(tx, store, Which::Seqs(&[head.seq])).await?;
    let same = match stored.get(&head.seq) {
        Some(stored) => source_hash(&stored.layers.input())? == *incoming,
        None => false,
    };
    if !same {
        return Ok(Outcome::Conflict);
    }
    sqlx::query("UPDATE catalog_product SET source_hash = $1, edited = NULL WHERE store = $2 AND seq = $3")
        .bind(incoming.hex())
        .bind(store.as_str())
        .bind(head.seq)
        .execute(&mut **tx)
        .await?;
    Ok(Outcome::Unchanged)
}
