//! Placing an order: one transaction writes all of it, then the provider is asked for the money.
//!
//! Order of locks: the key, the order, its cart, promotions, the attempt, stock. Everybody who touches several of
//! them does so in this order.

use vitrine_cart::{CartToken, Carts, Loaded, Priced, RuleSet, Shopper, Storefront};
use vitrine_core::{ContentHash, Hasher, Money, StoreId, Timestamp};
use vitrine_db::{Before, Idempotency, Once, Tx};
use vitrine_inventory::{Inventory, NewReservation, ReservationId};
use vitrine_order::{
    Contents, NewOrder, Order, OrderAccess, OrderId, OrderLine, OrderNumber, OrderState, Orders, Promised,
    Write, new_order_id,
};
use vitrine_payment::{Attempt, AttemptId, NewAttempt};
use vitrine_promotion::{Held, Holding, Promotions};

use crate::complete::Kept;
use crate::domain::PaymentMethod;
use crate::quote::{merged, missing};
use crate::rehearsal;
use crate::{Checkout, Details, Error, Placed, Placing};

/// What keys of placed orders are called among those of others.
const SCOPE: &str = "checkout";
/// Longest key, characters.
const KEY_CHARS: usize = 128;
/// How long a key is known: longer than anybody repeats a request.
const KEY_DAYS: i64 = 30;
/// Keeps these secrets apart from others that are made of the same bytes.
const ACCESS_CONTEXT: &str = "vitrine 2026-11 order access of a cart";

/// What one transaction wrote.
struct Written {
    order: OrderId,
    /// To be sent, by whoever wrote it.
    attempt: Option<Attempt>,
}

impl Checkout {
    /// Places an order: stock and promotions are held, the order is written, and the provider is asked for the money.
    ///
    /// The same key again answers with the same order, as it is then. Nothing is charged for any error.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Empty`], [`Error::Stopped`], [`Error::PriceChanged`], [`Error::Short`],
    /// [`Error::Exhausted`], [`Error::CartChanged`], [`Error::KeyReused`], [`Error::Key`]; a cart that is not there; or
    /// the database fails.
    #[tracing::instrument(name = "checkout.place", skip_all)]
    pub async fn place(
        &self,
        at: Storefront<'_>,
        token: &CartToken,
        placing: &Placing<'_>,
    ) -> Result<Placed, Error> {
        let chars = placing.key.chars().count();
        if !(1..=KEY_CHARS).contains(&chars) || placing.key.chars().any(char::is_control) {
            return Err(Error::Key { most: KEY_CHARS });
        }
        let written = match self.carts.load(at, token).await {
            // It may be ordered already, by this very key.
            Err(vitrine_cart::Error::NoCart) => self.written_before(at, token, placing).await?,
            cart => self.write(at, token, cart?, placing).await?,
        };
        let mut known = None;
        if let Some(attempt) = written.attempt {
            let heard = self.payments.send(at.store, attempt).await?;
            rehearsal::step("provider answered");
            let (applied, order) = self.completed(at.store, &heard, placing.trace).await?;
            known = Some((applied.attempt, order));
        }
        self.placed(at.store, token, &written.order, known).await
    }

    async fn written_before(
        &self,
        at: Storefront<'_>,
        token: &CartToken,
        placing: &Placing<'_>,
    ) -> Result<Written, Error> {
        let mut tx = self.db.begin().await?;
        let before = claim_in(&mut tx, at.store, token, placing, None, self.clock.now()).await?;
        tx.rollback().await?;
        before.ok_or(Error::Cart(vitrine_cart::Error::NoCart))
    }

    async fn write(
        &self,
        at: Storefront<'_>,
        token: &CartToken,
        cart: Loaded,
        placing: &Placing<'_>,
    ) -> Result<Written, Error> {
        let now = self.clock.now();
        let cart = merged(cart, placing.details);
        let shopper = self.shopper(at, placing.details).await?;
        let rules = self.carts.rules(at, &cart.contents, &shopper, now).await?;
        let delivery = self.deliveries.rules(at.store).await.map_err(vitrine_cart::Error::from)?;
        let order = new_order_id()?;
        let mut tx = self.db.begin().await?;
        if let Some(before) = claim_in(&mut tx, at.store, token, placing, Some(&order), now).await? {
            tx.rollback().await?;
            return Ok(before);
        }
        let priced = self.ordered_price_in(&mut tx, at, cart, &rules, &shopper, placing, now).await?;
        let days = priced.quote.delivery.chosen.as_ref().and_then(|chosen| {
            let offers = priced.quote.delivery.offers.iter();
            offers.clone().find(|offer| offer.method == chosen.method).map(|offer| offer.days)
        });
        let destination = priced.cart.contents.place.as_ref().map_or(at.country, |place| place.country);
        let promised = days.and_then(|days| delivery.promise(destination, days, now));
        let promised = promised.map(|promise| Promised {
            earliest: promise.earliest.to_string(),
            latest: promise.latest.to_string(),
        });
        let contents = contents(&priced, placing.details, promised)?;
        let access = access_of(at.store, token, &order)?;
        let attempt =
            self.write_in(&mut tx, at, (&order, &access), &priced, &contents, &shopper, placing).await?;
        rehearsal::step("order written");
        tx.commit().await?;
        rehearsal::step("order committed");
        Ok(Written { order, attempt })
    }

    /// The price of a cart within the transaction that orders it, if nothing keeps it from being ordered.
    #[allow(clippy::too_many_arguments, reason = "the parts of one transaction")]
    async fn ordered_price_in(
        &self,
        tx: &mut Tx,
        at: Storefront<'_>,
        cart: Loaded,
        rules: &RuleSet,
        shopper: &Shopper,
        placing: &Placing<'_>,
        now: Timestamp,
    ) -> Result<Priced, Error> {
        if cart.contents.items.is_empty() {
            return Err(Error::Empty);
        }
        let priced = self.carts.price_in(tx, at, cart, rules, shopper, now).await?;
        let missing = missing(&priced, placing.details, &self.offered(&priced, at.country)?);
        if !missing.is_empty() {
            return Err(Error::Missing(missing));
        }
        if priced.notices.iter().any(vitrine_cart::Notice::stops) {
            return Err(Error::Stopped(priced.notices));
        }
        let total = priced.quote.totals.total;
        if total != placing.expected {
            return Err(Error::PriceChanged { expected: placing.expected, total, notices: priced.notices });
        }
        Ok(priced)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one transaction")]
    async fn write_in(
        &self,
        tx: &mut Tx,
        at: Storefront<'_>,
        (order, access): (&OrderId, &OrderAccess),
        priced: &Priced,
        contents: &Contents,
        shopper: &Shopper,
        placing: &Placing<'_>,
    ) -> Result<Option<Attempt>, Error> {
        let (store, now) = (at.store, priced.now);
        let method = self.method(&contents.payment)?;
        let ends_at = now.plus_ms(method.hold_ms);
        let number = OrderNumber::random()?;
        let customer = shopper.customer.as_deref().unwrap_or_default();
        let new = NewOrder {
            id: order,
            number: &number,
            access,
            country: at.country,
            cart: priced.cart.id.as_str(),
            customer,
            contents,
        };
        let write = Write { at: now, by: "shopper", trace: placing.trace };
        Orders::create_in(tx, store, &new, &write).await?;
        if !Carts::ordered_in(tx, store, &priced.cart, order.as_str()).await? {
            return Err(Error::CartChanged);
        }
        let holding = Holding { order: order.as_str(), customer, uses: &priced.quote.uses, ends_at };
        if let Held::Refused { limited, how } = Promotions::hold_in(tx, store, &holding).await? {
            return Err(Error::Exhausted { limited, how });
        }
        let attempt = self.attempt_in(tx, store, order, contents, method, placing, now).await?;
        let pieces = priced.pieces();
        if !pieces.is_empty() {
            let id = reservation_of(order)?;
            let new = NewReservation { id: &id, owner: order.as_str(), lines: &pieces, until: ends_at };
            let write = vitrine_inventory::Write::at(now).traced(placing.trace);
            Inventory::reserve_in(tx, store, &new, &write).await?;
        }
        if attempt.is_none() {
            // What costs nothing is paid.
            let waiting = Orders::lock_in(tx, store, order).await?;
            if let Kept::Lost = self.keep_in(tx, store, &waiting, now, placing.trace).await? {
                return Err(Error::CartChanged);
            }
        }
        Ok(attempt)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one transaction")]
    async fn attempt_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        order: &OrderId,
        contents: &Contents,
        method: &PaymentMethod,
        placing: &Placing<'_>,
        now: Timestamp,
    ) -> Result<Option<Attempt>, Error> {
        let amount = contents.quote.totals.total;
        let id = attempt_of(order)?;
        if amount == Money::zero(amount.currency()) {
            return Ok(None);
        }
        let new = NewAttempt {
            id: &id,
            reference: order.as_str(),
            provider: &method.provider,
            amount,
            capture: method.capture,
            token: placing.payment_token,
        };
        let write = vitrine_payment::Write::at(now).traced(placing.trace);
        let (attempt, is_new) = self.payments.begin_sent_in(tx, store, &new, &write).await?;
        Ok(is_new.then_some(attempt))
    }

    fn method(&self, name: &str) -> Result<&PaymentMethod, Error> {
        self.methods.get(name).ok_or_else(|| Error::Corrupt(format!("no way of paying is called {name}")))
    }

    /// An order as whoever placed it is answered; `known` are its attempt as it was just left, and the order if it was
    /// placed then.
    async fn placed(
        &self,
        store: &StoreId,
        token: &CartToken,
        id: &OrderId,
        known: Option<(Attempt, Option<Order>)>,
    ) -> Result<Placed, Error> {
        let access = access_of(store, token, id)?;
        let (attempt, order) = known.unzip();
        let order = match order.flatten() {
            Some(order) => order,
            None => Orders::get(&self.db, store, id).await?,
        };
        // Of an order that does not stand, money may have gone back meanwhile.
        if let Some(attempt) = attempt.filter(|_| order.state != OrderState::Cancelled) {
            return Ok(answered(order, access, attempt));
        }
        match self.payments.attempt(store, &attempt_of(id)?).await {
            Ok(attempt) => Ok(answered(order, access, attempt)),
            Err(vitrine_payment::Error::UnknownAttempt(_)) => Ok(Placed {
                order,
                access,
                payment: vitrine_payment::AttemptState::Captured,
                action: None,
                failure: None,
            }),
            Err(error) => Err(error.into()),
        }
    }
}

fn answered(order: Order, access: OrderAccess, attempt: Attempt) -> Placed {
    let (payment, action, failure) = (attempt.state, attempt.action, attempt.failure);
    Placed { order, access, payment, action, failure }
}

/// The attempt of an order: one, so that no sequence of requests can charge twice. Who pays in another way orders anew.
pub(crate) fn attempt_of(order: &OrderId) -> Result<AttemptId, Error> {
    AttemptId::try_new(order.as_str()).map_err(|error| Error::Corrupt(error.to_string()))
}

/// The reservation of an order.
pub(crate) fn reservation_of(order: &OrderId) -> Result<ReservationId, Error> {
    ReservationId::try_new(order.as_str()).map_err(|error| Error::Corrupt(error.to_string()))
}

/// The secret of an order's link: whoever has the cart can be told it again, and nobody else.
fn access_of(store: &StoreId, token: &CartToken, order: &OrderId) -> Result<OrderAccess, Error> {
    let mut hasher = blake3::Hasher::new_derive_key(ACCESS_CONTEXT);
    for part in [store.as_str(), token.reveal(), order.as_str()] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    let hex = hasher.finalize().to_hex();
    OrderAccess::parse(&hex.as_str()[..32]).ok_or_else(|| Error::Corrupt("no access".to_owned()))
}

fn once<'a>(store: &'a StoreId, placing: &'a Placing<'_>, request: ContentHash) -> Once<'a> {
    Once { store, scope: SCOPE, key: placing.key, request }
}

fn request_of(token: &CartToken, placing: &Placing<'_>) -> Result<ContentHash, Error> {
    let details =
        serde_json::to_string(placing.details).map_err(|error| Error::Corrupt(error.to_string()))?;
    let mut hasher = Hasher::new("vitrine checkout request");
    hasher.field(token.reveal().as_bytes()).field(details.as_bytes());
    hasher.field(placing.expected.to_string().as_bytes()).field(placing.payment_token.as_bytes());
    Ok(hasher.finish())
}

/// Claims the key for an order; answers with what it stands for, if it was claimed before. Without an order the caller
/// rolls back.
async fn claim_in(
    tx: &mut Tx,
    store: &StoreId,
    token: &CartToken,
    placing: &Placing<'_>,
    order: Option<&OrderId>,
    now: Timestamp,
) -> Result<Option<Written>, Error> {
    let once = once(store, placing, request_of(token, placing)?);
    let reply = order.map_or("", OrderId::as_str);
    match Idempotency::claim_for_in(tx, &once, reply, now, now.plus_days(KEY_DAYS)).await? {
        Before::Never => Ok(None),
        Before::Different => Err(Error::KeyReused),
        Before::Replied(order) => {
            let order = OrderId::try_new(&order).map_err(|error| Error::Corrupt(error.to_string()))?;
            Ok(Some(Written { order, attempt: None }))
        }
    }
}

/// A copy of what is bought.
fn contents(priced: &Priced, details: &Details, promised: Option<Promised>) -> Result<Contents, Error> {
    let gone = |what: &str| Error::Corrupt(format!("{what} was checked and is not there"));
    let shipping = details.shipping.clone().ok_or_else(|| gone("the address"))?;
    let contact = details.contact.clone().ok_or_else(|| gone("the contact"))?;
    let chain = priced.shop.store.text_chain(&details.locale);
    let line = |line: &vitrine_pricing::PricedLine| {
        let sold = priced.goods.sold.get(&line.sku).ok_or_else(|| gone("a variant"))?;
        let variant = sold.variant().ok_or_else(|| gone("a variant"))?;
        let product = sold.product();
        let name = sold.text(&chain).map_or_else(|| product.id.to_string(), |text| text.name.to_owned());
        let options = variant.options.iter().map(|(option, value)| (option.to_string(), value.clone()));
        Ok(OrderLine {
            id: line.id.clone(),
            sku: line.sku.clone(),
            product: product.id.clone(),
            name,
            options: options.collect(),
            quantity: line.quantity,
            pieces: priced.goods.pieces(&line.sku, 1),
        })
    };
    Ok(Contents {
        locale: details.locale.clone(),
        contact,
        billing: details.billing.clone().unwrap_or_else(|| shipping.clone()),
        shipping,
        lines: priced.quote.lines.iter().map(line).collect::<Result<_, Error>>()?,
        quote: priced.quote.clone(),
        delivery: priced.cart.contents.delivery.clone().ok_or_else(|| gone("the way of delivery"))?,
        promised,
        payment: priced.cart.contents.payment.clone().ok_or_else(|| gone("the way of paying"))?,
    })
}
