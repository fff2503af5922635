//! A cart with its price, and what changed since the shopper last looked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use vitrine_core::{Country, Money, Sku, StoreId, Timestamp};
use vitrine_db::AnyConnection;
use vitrine_delivery::Rules as DeliveryRules;
use vitrine_pricing::{
    Cart as Basket, Destination, Exhausted, Facts, Limited, Line, Quote, Rules, ShopperFacts, price,
};
use vitrine_promotion::Active;

use crate::domain::{Contents, Item};
use crate::shelf::{Goods, Shop, line};
use crate::{CartId, Carts, Error};

/// The storefront a cart belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Storefront<'a> {
    /// The store.
    pub store: &'a StoreId,
    /// The country.
    pub country: Country,
}

/// Who shops, as far as other modules know.
#[derive(Clone, Debug, Default)]
pub struct Shopper {
    /// What promotions ask.
    pub facts: ShopperFacts,
    /// Names the customer for limits of promotions; opaque.
    pub customer: Option<String>,
}

/// A cart as it was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it is stored under.
    pub id: CartId,
    /// Grows with every change; 0 for one that is not stored yet.
    pub version: i64,
    /// What it holds.
    pub contents: Contents,
}

/// All rules that a cart's price follows, read before any transaction.
#[derive(Clone, Debug)]
pub struct RuleSet {
    promotions: Active,
    exhausted: BTreeMap<Limited, Exhausted>,
    delivery: Arc<DeliveryRules>,
    shop: Arc<Shop>,
}

/// What is no longer as the shopper saw it. Nobody pays before it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Notice {
    /// A unit costs something else than when the shopper last changed the cart.
    PriceChanged {
        /// The line.
        line: String,
        /// What it cost.
        before: Money,
        /// What it costs.
        after: Money,
    },
    /// There are not so many left.
    TooFewLeft {
        /// The line.
        line: String,
        /// The goods.
        sku: Sku,
        /// Units in the line.
        wanted: u32,
        /// Units that can be bought.
        left: u32,
    },
    /// It is not sold in this country any more. It is not in the price, and is to be taken out.
    NotSold {
        /// The line.
        line: String,
        /// The goods.
        sku: Sku,
    },
}

impl Notice {
    /// Whether it must be mended before anybody can pay.
    pub fn stops(&self) -> bool {
        !matches!(self, Self::PriceChanged { .. })
    }
}

/// A cart with its price.
#[derive(Debug)]
pub struct Priced {
    /// The cart.
    pub cart: Loaded,
    /// What its store says.
    pub shop: Arc<Shop>,
    /// Goods and what is left of them.
    pub goods: Goods,
    /// What it costs; lines that are not sold any more are not in it.
    pub quote: Quote,
    /// What changed.
    pub notices: Vec<Notice>,
    /// Promotions that may apply, with their words.
    pub promotions: Active,
    /// The moment it holds for.
    pub now: Timestamp,
}

impl Priced {
    /// Pieces that an order of it takes from stock, of goods whose stock is counted, gifts among them.
    pub fn pieces(&self) -> Vec<(Sku, i64)> {
        let lines = self.quote.lines.iter();
        let pieces = lines.flat_map(|line| self.goods.pieces(&line.sku, i64::from(line.quantity)));
        pieces.filter(|(sku, _)| self.goods.is_counted(sku)).collect()
    }
}

impl Carts {
    /// The rules for a cart's price.
    ///
    /// # Errors
    /// When the database fails, or there is no such store.
    pub async fn rules(
        &self,
        at: Storefront<'_>,
        contents: &Contents,
        shopper: &Shopper,
        now: Timestamp,
    ) -> Result<RuleSet, Error> {
        let promotions = self.promotions.active(at.store, at.country, &contents.codes, now).await?;
        let customer = shopper.customer.as_deref();
        let exhausted = self.promotions.exhausted(at.store, &promotions, customer).await?;
        let delivery = self.deliveries.rules(at.store).await?;
        let shop = self.shelf.shop(&self.db, at.store, now).await?;
        Ok(RuleSet { promotions, exhausted, delivery, shop })
    }

    /// Prices a cart from goods and stock as a connection or transaction sees them.
    ///
    /// # Errors
    /// When the database fails, or the rules do not cover the destination.
    #[tracing::instrument(name = "cart.price", skip_all)]
    pub async fn price_in(
        &self,
        connection: &mut AnyConnection,
        at: Storefront<'_>,
        cart: Loaded,
        rules: &RuleSet,
        shopper: &Shopper,
        now: Timestamp,
    ) -> Result<Priced, Error> {
        let config = rules.shop.country(at.country)?;
        let gifts: BTreeSet<&Sku> =
            rules.promotions.promotions.iter().filter_map(|promotion| promotion.gift()).collect();
        let items = &cart.contents.items;
        let skus = items.iter().map(|item| &item.sku).chain(gifts.iter().copied()).cloned().collect();
        let goods = self.shelf.goods_in(connection, at.store, at.country, &skus).await?;
        let line_of = |item: &Item| line(&rules.shop, &goods, item, config, now);
        let lines: Vec<Line> = items.iter().filter_map(line_of).collect();
        let taken = taken(&goods, items);
        let gift = |sku: &&Sku| {
            let item = Item { id: "gift".to_owned(), sku: (*sku).clone(), quantity: 1, seen: 0 };
            line_of(&item).filter(|line| goods.left(&line.sku, &taken).is_none_or(|left| left > 0))
        };
        let basket = Basket { gifts: gifts.iter().filter_map(gift).collect(), lines };
        let destination =
            cart.contents.place.clone().map_or_else(|| Destination::country(at.country), Destination::from);
        let facts = Facts {
            country: at.country,
            currency: config.currency,
            prices_include_tax: config.tax.included,
            destination,
            delivery_method: cart.contents.delivery.clone(),
            payment_method: cart.contents.payment.clone(),
            shopper: shopper.facts.clone(),
            codes: cart.contents.codes.clone(),
            exhausted: rules.exhausted.clone(),
            now,
        };
        let applied = Rules {
            promotions: &rules.promotions.promotions,
            coupons: &rules.promotions.coupons,
            taxes: &rules.delivery.taxes,
            delivery: &rules.delivery.delivery,
        };
        let quote = price(&basket, &applied, &facts)?;
        let notices = notices(&goods, items, &basket.lines);
        let (shop, promotions) = (rules.shop.clone(), rules.promotions.clone());
        Ok(Priced { cart, shop, goods, quote, notices, promotions, now })
    }
}

/// Pieces that the lines of a cart take.
fn taken(goods: &Goods, items: &[Item]) -> BTreeMap<Sku, i64> {
    let mut taken: BTreeMap<Sku, i64> = BTreeMap::new();
    for (sku, quantity) in items.iter().flat_map(|item| goods.pieces(&item.sku, i64::from(item.quantity))) {
        *taken.entry(sku).or_default() += quantity;
    }
    taken
}

/// What changed: lines that share pieces are served in the order they were put in.
fn notices(goods: &Goods, items: &[Item], lines: &[Line]) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut taken: BTreeMap<Sku, i64> = BTreeMap::new();
    for item in items {
        let Some(line) = lines.iter().find(|line| line.id == item.id) else {
            notices.push(Notice::NotSold { line: item.id.clone(), sku: item.sku.clone() });
            continue;
        };
        let wanted = item.quantity;
        let left = goods.left(&item.sku, &taken).map(|left| u32::try_from(left).unwrap_or(u32::MAX));
        if let Some(left) = left.filter(|left| *left < wanted) {
            let (line, sku) = (item.id.clone(), item.sku.clone());
            notices.push(Notice::TooFewLeft { line, sku, wanted, left });
        }
        let before = Money::new(item.seen, line.unit_price.currency());
        if item.seen != 0 && before != line.unit_price {
            notices.push(Notice::PriceChanged { line: item.id.clone(), before, after: line.unit_price });
        }
        for (sku, quantity) in goods.pieces(&item.sku, i64::from(item.quantity)) {
            *taken.entry(sku).or_default() += quantity;
        }
    }
    notices
}
