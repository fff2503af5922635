//! What an order would be, and what keeps it from being placed.

use vitrine_cart::{CartToken, Loaded, Priced, Shopper, Storefront};
use vitrine_core::Country;
use vitrine_order::{Address, Orders, customer_of};
use vitrine_pricing::ShopperFacts;

use crate::address::{check, is_mail_address};
use crate::{Checkout, Details, Error, Missing, Quoted, Trouble};

/// Longest telephone number, characters: E.164 has 15 digits, people write blanks between.
const PHONE_CHARS: usize = 32;

impl Checkout {
    /// Prices a cart with what is known so far, and says what is missing. Nothing is written.
    ///
    /// # Errors
    /// When there is no such cart, it can't be priced, or the database fails.
    #[tracing::instrument(name = "checkout.quote", skip_all)]
    pub async fn quote(
        &self,
        at: Storefront<'_>,
        token: &CartToken,
        details: &Details,
    ) -> Result<Quoted, Error> {
        let now = self.clock.now();
        let cart = merged(self.carts.load(at, token).await?, details);
        let shopper = self.shopper(at, details).await?;
        let rules = self.carts.rules(at, &cart.contents, &shopper, now).await?;
        let mut connection = self.db.reader().acquire().await.map_err(vitrine_db::DbError::from)?;
        let priced = self.carts.price_in(&mut connection, at, cart, &rules, &shopper, now).await?;
        let payment_methods = self.offered(&priced, at.country)?;
        let missing = missing(&priced, details, &payment_methods);
        Ok(Quoted { priced, missing, payment_methods })
    }

    /// Who buys, as promotions see it.
    pub(crate) async fn shopper(&self, at: Storefront<'_>, details: &Details) -> Result<Shopper, Error> {
        let Some(contact) = details.contact.as_ref().filter(|contact| is_mail_address(&contact.email)) else {
            // Whoever has not said who they are may have the first order; the order looks again.
            return Ok(Shopper {
                facts: ShopperFacts { first_order: true, ..ShopperFacts::default() },
                customer: None,
            });
        };
        let customer = customer_of(&contact.email);
        let first_order = !Orders::has_ordered(&self.db, at.store, &customer).await?;
        Ok(Shopper {
            facts: ShopperFacts { first_order, ..ShopperFacts::default() },
            customer: Some(customer),
        })
    }

    /// Ways of paying that the country offers and the shop has set up, in the country's order.
    pub(crate) fn offered(&self, priced: &Priced, country: Country) -> Result<Vec<String>, Error> {
        let offered = &priced.shop.country(country)?.payment_methods;
        Ok(offered.iter().filter(|method| self.methods.contains_key(*method)).cloned().collect())
    }
}

/// A cart with what the shopper has said at the checkout.
pub(crate) fn merged(mut cart: Loaded, details: &Details) -> Loaded {
    let contents = &mut cart.contents;
    if let Some(address) = &details.shipping {
        contents.place = Some(vitrine_cart::Place {
            country: address.country,
            region: said(address.region.as_ref()),
            postcode: said(address.postcode.as_ref()),
        });
    }
    if details.delivery.is_some() {
        contents.delivery.clone_from(&details.delivery);
    }
    if details.payment.is_some() {
        contents.payment.clone_from(&details.payment);
    }
    cart
}

fn said(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// What keeps a priced cart from being ordered.
pub(crate) fn missing(priced: &Priced, details: &Details, offered: &[String]) -> Vec<Missing> {
    let mut found = Vec::new();
    let mut note = |field: &str, trouble| found.push(Missing { field: field.to_owned(), trouble });
    match details.contact.as_ref().map(|contact| contact.email.trim()) {
        None | Some("") => note("contact.email", Trouble::Missing),
        Some(text) if !is_mail_address(text) => note("contact.email", Trouble::Invalid),
        Some(_) => {}
    }
    let phone = details.contact.as_ref().and_then(|contact| contact.phone.as_deref());
    if phone.is_some_and(|text| text.chars().count() > PHONE_CHARS || text.chars().any(char::is_control)) {
        note("contact.phone", Trouble::Invalid);
    }
    if details.shipping.is_none() {
        note("shipping", Trouble::Missing);
    }
    match &priced.cart.contents.payment {
        None => note("payment", Trouble::Missing),
        Some(method) if !offered.contains(method) => note("payment", Trouble::NotOffered),
        Some(_) => {}
    }
    match &priced.quote.delivery.chosen {
        Some(chosen) if chosen.assumed => note("delivery", Trouble::Missing),
        Some(_) => {}
        None => note("delivery", Trouble::NotOffered),
    }
    if details.shipping.is_some() && !priced.quote.tax_final {
        note("shipping.region", Trouble::Missing);
    }
    let both: [(&str, Option<&Address>); 2] =
        [("shipping", details.shipping.as_ref()), ("billing", details.billing.as_ref())];
    let both = both.into_iter().filter_map(|(prefix, address)| Some((prefix, address?)));
    found.extend(both.flat_map(|(prefix, address)| check(prefix, address)));
    found.dedup();
    found
}
