//! What a checkout is asked, and what it answers. No I/O.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_cart::Priced;
use vitrine_core::{Locale, Money};
use vitrine_order::{Address, Contact, Order, OrderAccess};
use vitrine_payment::{Action, AttemptState, Capture, Failure};
use vitrine_pricing::MethodId;

/// Who buys, where it goes and how it is paid; as much of it as is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Details {
    /// The language of the order and its mails.
    pub locale: Locale,
    /// How the shop reaches who buys.
    #[serde(default)]
    pub contact: Option<Contact>,
    /// Where it goes.
    #[serde(default)]
    pub shipping: Option<Address>,
    /// Whom the bill is for; whom it goes to, where nothing is said.
    #[serde(default)]
    pub billing: Option<Address>,
    /// The way of delivery; what the cart has, where nothing is said.
    #[serde(default)]
    pub delivery: Option<MethodId>,
    /// The way of paying; what the cart has, where nothing is said.
    #[serde(default)]
    pub payment: Option<String>,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It is needed.
    Missing,
    /// It can't be right.
    Invalid,
    /// The country does not offer it.
    NotOffered,
}

/// A field that keeps an order from being placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Missing {
    /// Its path, `shipping.postcode`.
    pub field: String,
    /// What is wrong.
    pub trouble: Trouble,
}

/// A way of paying that the shop has set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Name of the provider.
    pub provider: String,
    /// When the money is taken.
    pub capture: Capture,
    /// How long stock and promotions are held for the money, ms.
    pub hold_ms: i64,
}

impl PaymentMethod {
    /// Half an hour: 3-D Secure is over in minutes, and nobody else can buy what is held.
    pub const CARD_HOLD_MS: i64 = 30 * 60_000;
    /// Seven days: a transfer takes three working days at most, and people take some to make it.
    pub const TRANSFER_HOLD_MS: i64 = 7 * 86_400_000;
}

/// Ways of paying by the ids that countries list.
pub type PaymentMethods = BTreeMap<String, PaymentMethod>;

/// What an order would be.
#[derive(Debug)]
pub struct Quoted {
    /// The cart with its price.
    pub priced: Priced,
    /// What keeps it from being placed.
    pub missing: Vec<Missing>,
    /// Ways of paying that the country offers and the shop has set up.
    pub payment_methods: Vec<String>,
}

/// What places an order.
#[derive(Clone, Copy, Debug)]
pub struct Placing<'a> {
    /// Who buys and all else.
    pub details: &'a Details,
    /// The total that the shopper has seen and agreed to.
    pub expected: Money,
    /// What the payment provider gave the shopper's browser; empty for ways of paying without one.
    pub payment_token: &'a str,
    /// The caller's name for this order (the header Idempotency-Key): the same again answers with the same order.
    pub key: &'a str,
    /// W3C `traceparent`.
    pub trace: Option<&'a str>,
}

/// An order that was placed, or is about to be.
#[derive(Debug)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// The secret of its link.
    pub access: OrderAccess,
    /// Where its payment stands.
    pub payment: AttemptState,
    /// What the shopper must do now.
    pub action: Option<Action>,
    /// Why the payment failed; the cart is there again then.
    pub failure: Option<Failure>,
}
