//! Changes as a feed makes them, each committed with its revision and its event.

use anyhow::{Context, Result, bail};
use vitrine_catalog::{Amount, Catalog, Placement, PriceInput, ProductInput};
use vitrine_core::{Change, Country, EntityKind, Origin, ProductId, Sku, Slug, StoreId};
use vitrine_db::{Run, Tx};
use vitrine_store::{Store, Stores, Write, entity_path};

use crate::shop::{self, Shop};

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// A price in one country.
    Price,
    /// A sentence more in the long text of a product, in every language.
    Text,
    /// A new product at the top of a category.
    Insertion,
}

impl Edit {
    /// All kinds, in the order they are measured.
    pub(super) const ALL: [Self; 3] = [Self::Price, Self::Text, Self::Insertion];

    /// As a report calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Price => "a price in one country",
            Self::Text => "a text seen in all countries",
            Self::Insertion => "a product at the top of a listing",
        }
    }
}

/// Makes changes, each to another product.
pub(super) struct Editor<'a> {
    shop: &'a Shop,
    id: StoreId,
    store: Store,
    origin: Origin,
    products: Vec<ProductInput>,
}

impl<'a> Editor<'a> {
    /// An editor of at most `count` products, spread over the catalog.
    pub(super) async fn new(shop: &'a Shop, id: StoreId, count: usize) -> Result<Self> {
        let store = Stores::load(&shop.db, &id).await?.context("the store is gone")?;
        let outlines = Catalog::outline(&shop.db, &id, 0, usize::from(u16::MAX)).await?;
        // Spread, so that no two changes share a listing or a shard by design.
        let step = (outlines.len() / count.max(1)).max(1);
        let mut products = Vec::new();
        // As whoever brought the products in, so that the next import finds nothing edited elsewhere.
        for origin in [Origin::Feed, Origin::Files] {
            for outline in outlines.iter().step_by(step).take(count) {
                let found = Catalog::products_for_export(&shop.db, &id, origin, outline.seq - 1, 1).await?;
                products
                    .extend(found.into_iter().filter(|(seq, _)| *seq == outline.seq).map(|(_, input)| input));
            }
            if !products.is_empty() {
                return Ok(Self { shop, id, store, origin, products });
            }
        }
        bail!("the store has no products")
    }

    /// How many products it has to change.
    pub(super) fn len(&self) -> usize {
        self.products.len()
    }

    fn product(&self, number: usize) -> &ProductInput {
        &self.products[number % self.products.len()]
    }

    /// The country whose prices change.
    pub(super) fn country(&self) -> Country {
        self.store.config.default_country
    }

    /// The page of a product in the first edition of that country; `None` where it has none there.
    pub(super) fn page(&self, number: usize) -> Option<String> {
        let edition = self.store.editions_of(self.store.country(self.country())?).into_iter().next()?;
        let texts = &self.product(number).texts;
        let slug = edition.locale.chain().iter().find_map(|lang| texts.get(lang)?.slug.clone())?;
        Some(format!("{}{}/", edition.path, entity_path(EntityKind::Product, slug.as_str())?))
    }

    /// The variant that its product's page shows.
    fn sku(&self, number: usize) -> Option<&Sku> {
        self.product(number).product.variants.first().map(|variant| &variant.sku)
    }

    /// What that variant of a product costs in that country, as far as this editor knows.
    pub(super) fn price(&self, number: usize) -> Option<PriceInput> {
        self.product(number).prices.get(self.sku(number)?)?.get(&self.country()).cloned()
    }

    /// Makes a change of a kind, and answers once it is committed.
    pub(super) async fn make(&self, edit: Edit, number: usize) -> Result<()> {
        match edit {
            Edit::Price => {
                // Another price than any run before has set.
                let minor = 100_000 + shop::now().ms() % 800_000;
                let price =
                    PriceInput { base: Some(Amount { minor, compare_at: None }), windows: Vec::new() };
                self.set_price(number, &price).await
            }
            Edit::Text => self.put(self.with_more_text(number)).await,
            Edit::Insertion => self.put(self.inserted(number)?).await,
        }
    }

    /// Sets the price of that variant of a product in that country.
    pub(super) async fn set_price(&self, number: usize, price: &PriceInput) -> Result<()> {
        let (run, mut tx) = self.begin().await?;
        let sku = self.sku(number).context("a product has no variant")?;
        let changes = Catalog::set_price_in(&mut tx, &self.id, &run, sku, self.country(), price).await?;
        self.commit(tx, &run, &changes).await
    }

    async fn put(&self, input: ProductInput) -> Result<()> {
        let (run, mut tx) = self.begin().await?;
        let put = Catalog::put_products_in(&mut tx, &self.id, &run, &[input]).await?;
        if let Some((id, error)) = put.errors.first() {
            bail!("{id}: {error}");
        }
        self.commit(tx, &run, &put.changes).await
    }

    async fn begin(&self) -> Result<(Run, Tx)> {
        let run = Run { origin: self.origin, now: shop::now(), force: true };
        Ok((run, self.shop.db.begin().await?))
    }

    async fn commit(&self, mut tx: Tx, run: &Run, changes: &[Change]) -> Result<()> {
        if changes.is_empty() {
            bail!("a change changed nothing");
        }
        Stores::bump_in(&mut tx, &self.id, changes, &Write::at(run.now)).await?;
        Ok(tx.commit().await?)
    }

    fn with_more_text(&self, number: usize) -> ProductInput {
        let mut input = self.product(number).clone();
        let stamp = shop::now().ms();
        for text in input.texts.values_mut() {
            text.body = Some(format!("{}\n\n{stamp}.\n", text.body.as_deref().unwrap_or_default()));
        }
        input
    }

    /// A product that is new, first in the category of another.
    fn inserted(&self, number: usize) -> Result<ProductInput> {
        let mut input = self.product(number).clone();
        let stamp = shop::now().ms();
        let name = format!("new-{stamp}");
        input.product.id = ProductId::try_new(&name)?;
        for place in &mut input.product.categories {
            *place = Placement { id: place.id.clone(), rank: -stamp };
        }
        for text in input.texts.values_mut() {
            text.slug = Some(Slug::try_new(&name)?);
        }
        let skus: Vec<Sku> = input.product.variants.iter().map(|variant| variant.sku.clone()).collect();
        for (at, sku) in skus.iter().enumerate() {
            let renamed = Sku::try_new(&format!("NEW-{stamp}-{at}"))?;
            if let Some(variant) = input.product.variants.get_mut(at) {
                (variant.sku, variant.gtin) = (renamed.clone(), None);
            }
            if let Some(prices) = input.prices.remove(sku) {
                input.prices.insert(renamed.clone(), prices);
            }
            if let Some(state) = input.availability.remove(sku) {
                input.availability.insert(renamed, state);
            }
        }
        Ok(input)
    }
}
