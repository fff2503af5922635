//! What shoppers do, request by request.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use hyper::Method;

use crate::client::{Answer, Connection, member};

/// Sizes of every product of the feed.
const SIZES: [&str; 3] = ["s", "m", "l"];

/// A flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line into a new cart.
    Add,
    /// From no cart to a placed order: add, quote, order.
    Order,
    /// Live price and stock of a SKU.
    Stock,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Add, Self::Order, Self::Stock];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "add to a new cart",
            Self::Order => "empty cart to placed order",
            Self::Stock => "live price and stock",
        }
    }
}

/// A shopper at one connection.
pub(crate) struct Shopper {
    connection: Connection,
    /// The state of a linear congruential generator: the same goods in every run.
    random: u64,
    products: u64,
    payment: String,
    number: u64,
}

/// Names of orders, which no two share.
static KEYS: AtomicU64 = AtomicU64::new(0);

impl Shopper {
    pub(crate) async fn new(address: &str, number: usize, products: u64, payment: &str) -> Result<Self> {
        let connection = Connection::open(address).await?;
        let number = number as u64;
        Ok(Self { connection, random: number + 1, products, payment: payment.to_owned(), number })
    }

    fn sku(&mut self) -> String {
        // Constants of Knuth's MMIX.
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = self.random >> 33;
        let size = SIZES[(drawn % 3) as usize];
        format!("P{}-{size}", drawn / 3 % self.products)
    }

    /// Goes through a flow once.
    pub(crate) async fn walk(&mut self, kind: Kind) -> Result<()> {
        match kind {
            Kind::Add => self.add().await.map(|_| ()),
            Kind::Order => self.order().await,
            Kind::Stock => self.stock().await,
        }
    }

    async fn stock(&mut self) -> Result<()> {
        let path = format!("/api/v1/de/stock?sku={}", self.sku());
        let answer = self.connection.send(Method::GET, &path, &[], String::new()).await?;
        expect(&answer, 200)
    }

    /// Answers the cart's token.
    async fn add(&mut self) -> Result<String> {
        let line = format!(r#"{{"sku":"{}","quantity":1}}"#, self.sku());
        let answer = self.connection.send(Method::POST, "/api/v1/de/cart/lines", &[], line).await?;
        expect(&answer, 201)?;
        Ok(member(&answer.body, "\"token\":\"").context("a cart without a token")?.to_owned())
    }

    async fn order(&mut self) -> Result<()> {
        let token = self.add().await?;
        let key = KEYS.fetch_add(1, Ordering::Relaxed);
        let details = format!(
            r#"{{"locale":"de-DE","contact":{{"email":"shopper-{}-{key}@shop.example"}},"shipping":{{"name":"A. Shopper","line1":"Musterstraße 1","postcode":"10115","city":"Berlin","country":"DE"}},"delivery":"parcel","payment":"{}"}}"#,
            self.number, self.payment
        );
        let cart = ("vitrine-cart", token.as_str());
        let wish = format!(r#"{{"details":{details}}}"#);
        let quote = self.connection.send(Method::POST, "/api/v1/de/checkout/quote", &[cart], wish).await?;
        expect(&quote, 200)?;
        let total = member(&quote.body, "\"total\":{\"minor\":");
        // Lines have totals as well; that of the cart stands among its totals.
        let totals = std::str::from_utf8(&quote.body)?.split_once("\"totals\":").map(|(_, rest)| rest);
        let total = totals.and_then(|rest| member(rest.as_bytes(), "\"total\":{\"minor\":")).or(total);
        let total = total.context("a quote without a total")?;
        let wish = format!(
            r#"{{"details":{details},"expected":{{"minor":{total},"currency":"EUR"}},"payment_token":"approve"}}"#
        );
        let key = format!("load-{key}");
        let headers = [cart, ("idempotency-key", key.as_str())];
        let placed = self.connection.send(Method::POST, "/api/v1/de/checkout/orders", &headers, wish).await?;
        expect(&placed, 201)?;
        match member(&placed.body, "\"state\":\"") {
            Some("placed") => Ok(()),
            other => bail!("an order is {other:?}"),
        }
    }
}

fn expect(answer: &Answer, status: u16) -> Result<()> {
    if answer.status != status {
        bail!("{} instead of {status}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    Ok(())
}
