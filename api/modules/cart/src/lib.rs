//! Carts: what a shopper wants to buy in one country, and what it costs now.
//!
//! Owns the table `cart_cart`. A cart is a document that is changed by one conditional statement; nobody who looks at
//! it changes it. Prices, stock and rules are looked up each time: a page may show an older price, a cart does not,
//! and says what changed ([`Notice`]). Must not know: orders (an opaque id), customers, HTTP.
//!
//! Rules are read before a transaction and goods within it ([`Carts::rules`], [`Carts::price_in`]): who holds one
//! connection of a pool must not wait for another.

mod domain;
mod error;
mod price;
mod repo;
mod shelf;
mod token;

use std::collections::BTreeSet;
use std::sync::Arc;

use vitrine_core::{Clock, Sku, StoreId, Timestamp};
use vitrine_db::{Db, Tx};
use vitrine_delivery::Deliveries;
use vitrine_promotion::Promotions;

pub use domain::{Change, Contents, Item, Limits, Place};
pub use error::Error;
pub use price::{Loaded, Notice, Priced, RuleSet, Shopper, Storefront};
pub use shelf::{Goods, Shop};
pub use token::{CartId, CartToken};

use crate::repo::Stored;
use crate::shelf::Shelf;

/// The module's tables.
pub const MODULE: vitrine_db::Module =
    vitrine_db::Module { name: "cart", steps: &[("1-tables", include_str!("../migrations/1-tables.sql"))] };

/// How often a change is tried again when somebody else changed the cart in the same moment: two tabs, a double click.
const ATTEMPTS: usize = 8;

/// The module's door; clones share what is cached.
#[derive(Clone, Debug)]
pub struct Carts {
    db: Db,
    clock: Arc<dyn Clock>,
    limits: Limits,
    promotions: Promotions,
    deliveries: Deliveries,
    shelf: Arc<Shelf>,
}

impl Carts {
    /// A door to the carts of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, promotions: Promotions, deliveries: Deliveries) -> Self {
        let limits = Limits::default();
        Self { db, clock, limits, promotions, deliveries, shelf: Arc::new(Shelf::new()) }
    }

    /// What a cart may hold.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A cart, without its price.
    ///
    /// # Errors
    /// [`Error::NoCart`] if there is none in this country, or it was ordered or has expired; or the database fails.
    pub async fn load(&self, at: Storefront<'_>, token: &CartToken) -> Result<Loaded, Error> {
        let id = token.id(at.store);
        let mut connection = self.db.reader().acquire().await?;
        let stored = repo::load(&mut connection, at.store, &id, at.country, self.clock.now()).await?;
        let Stored { version, contents } = stored.ok_or(Error::NoCart)?;
        Ok(Loaded { id, version, contents })
    }

    /// A cart with its price.
    ///
    /// # Errors
    /// As [`Carts::load`], and when it can't be priced.
    pub async fn read(
        &self,
        at: Storefront<'_>,
        token: &CartToken,
        shopper: &Shopper,
    ) -> Result<Priced, Error> {
        let cart = self.load(at, token).await?;
        self.price(at, cart, shopper).await
    }

    /// Changes a cart, all changes or none, and prices it. Without a token it is a new one, whose token is answered.
    ///
    /// What is put in must be sold and there must be enough of it; what was in before may have run out, which the
    /// notices say.
    ///
    /// # Errors
    /// [`Error::NoCart`], what a change can't be ([`Error::NotSold`], [`Error::TooFewLeft`], [`Error::NoLine`], limits),
    /// [`Error::Raced`] if others change it all the time; or the database fails.
    pub async fn change(
        &self,
        at: Storefront<'_>,
        token: Option<&CartToken>,
        changes: &[Change],
        shopper: &Shopper,
    ) -> Result<(CartToken, Priced), Error> {
        let Some(token) = token else {
            let token = CartToken::random()?;
            let cart = Loaded { id: token.id(at.store), version: 0, contents: Contents::default() };
            let (contents, priced) = self.changed(at, cart, changes, shopper).await?;
            repo::insert(&self.db, at.store, &priced.cart.id, at.country, &contents, self.life()).await?;
            return Ok((token, stored(priced, contents, 1)));
        };
        for _ in 0..ATTEMPTS {
            let cart = self.load(at, token).await?;
            let (version, id) = (cart.version, cart.id.clone());
            let (contents, priced) = self.changed(at, cart, changes, shopper).await?;
            let row = Stored { version, contents };
            if repo::update(&self.db, at.store, &id, &row, self.life()).await? {
                return Ok((token.clone(), stored(priced, row.contents, version + 1)));
            }
        }
        Err(Error::Raced)
    }

    /// What a cart would hold after some changes, with its price; nothing is written. The contents that are answered
    /// note the prices that are shown now.
    async fn changed(
        &self,
        at: Storefront<'_>,
        mut cart: Loaded,
        changes: &[Change],
        shopper: &Shopper,
    ) -> Result<(Contents, Priced), Error> {
        for change in changes {
            cart.contents.apply(change, &self.limits)?;
        }
        let priced = self.price(at, cart, shopper).await?;
        let wanted = |sku: &Sku| {
            changes.iter().any(|change| match change {
                Change::Add { sku: added, .. } => added == sku,
                Change::Set { line, quantity } => {
                    let item = priced.cart.contents.items.iter().find(|item| item.id == *line);
                    *quantity > 0 && item.is_some_and(|item| item.sku == *sku)
                }
                _ => false,
            })
        };
        for notice in &priced.notices {
            match notice {
                Notice::NotSold { sku, .. } if wanted(sku) => return Err(Error::NotSold(sku.clone())),
                Notice::TooFewLeft { sku, left, .. } if wanted(sku) => {
                    return Err(Error::TooFewLeft { sku: sku.clone(), left: *left });
                }
                _ => {}
            }
        }
        let mut contents = priced.cart.contents.clone();
        for item in &mut contents.items {
            if let Some(line) = priced.quote.lines.iter().find(|line| line.id == item.id) {
                item.seen = line.unit_price.minor();
            }
        }
        Ok((contents, priced))
    }

    async fn price(&self, at: Storefront<'_>, cart: Loaded, shopper: &Shopper) -> Result<Priced, Error> {
        let now = self.clock.now();
        let rules = self.rules(at, &cart.contents, shopper, now).await?;
        let mut connection = self.db.reader().acquire().await?;
        self.price_in(&mut connection, at, cart, &rules, shopper, now).await
    }

    /// What stores say of themselves, at most a second old.
    ///
    /// # Errors
    /// When there is no such store, or the database fails.
    pub async fn shop(&self, store: &StoreId) -> Result<Arc<Shop>, Error> {
        self.shelf.shop(&self.db, store, self.clock.now()).await
    }

    /// Goods with these SKUs and the parts of bundles among them, to be shown: stock as it is now, prices at most a
    /// second old. Those that no product has are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn goods(&self, at: Storefront<'_>, skus: &BTreeSet<Sku>) -> Result<Goods, Error> {
        self.shelf.shown(&self.db, at.store, at.country, skus, self.clock.now()).await
    }

    /// Marks a cart as ordered if it still is what was priced; answers whether it was. It can't be changed from then on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ordered_in(tx: &mut Tx, store: &StoreId, cart: &Loaded, order: &str) -> Result<bool, Error> {
        repo::ordered_in(tx, store, &cart.id, cart.version, order).await
    }

    /// Gives a cart back whose order did not come about; answers whether it was marked for that order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn given_back_in(tx: &mut Tx, store: &StoreId, cart: &str, order: &str) -> Result<bool, Error> {
        repo::given_back_in(tx, store, &CartId(cart.to_owned()), order).await
    }

    /// Deletes at most `limit` carts that nobody has changed for long; answers how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expire(&self, limit: u32) -> Result<u64, Error> {
        repo::expire(&self.db, self.clock.now(), limit).await
    }

    fn life(&self) -> (Timestamp, Timestamp) {
        let now = self.clock.now();
        (now, now.plus_days(self.limits.days))
    }
}

/// A priced cart as it was stored.
fn stored(priced: Priced, contents: Contents, version: i64) -> Priced {
    Priced { cart: Loaded { version, contents, ..priced.cart.clone() }, ..priced }
}
