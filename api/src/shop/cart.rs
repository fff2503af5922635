//! A cart and a quote as shoppers are answered.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use vitrine_cart::{CartToken, Notice, Place, Priced};
use vitrine_checkout::{Missing, Quoted};
use vitrine_core::{Country, Locale, Money, ProductId, Sku};
use vitrine_pricing::{
    AppliedPromotion, ChosenDelivery, CodeAnswer, DeliveryProblem, Discount, Offer, PricedLine, PromotionId,
    TaxOfRate, Totals,
};

/// A cart with its price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cart)]
pub(crate) struct CartAnswer {
    /// The cart's secret name, where the client may not know it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Grows with every change.
    version: i64,
    country: Country,
    /// The language of the names.
    locale: Locale,
    lines: Vec<LineAnswer>,
    /// Entered codes; one that is refused has the reason.
    codes: Vec<CodeAnswer>,
    promotions: Vec<PromotionAnswer>,
    /// Where the goods go, as far as the shopper has said.
    destination: Option<Place>,
    delivery: DeliveryAnswer,
    /// The chosen way of paying.
    payment: Option<String>,
    taxes: Vec<TaxOfRate>,
    tax_included: bool,
    /// Whether no more about the destination could change the taxes.
    tax_final: bool,
    totals: Totals,
    /// What changed since the shopper last changed the cart.
    notices: Vec<Notice>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartLine)]
struct LineAnswer {
    id: String,
    sku: Sku,
    product: ProductId,
    name: String,
    options: BTreeMap<String, String>,
    quantity: u32,
    unit_price: Money,
    compare_at: Option<Money>,
    total: Money,
    discounts: Vec<Discount>,
    /// Whether a promotion gives it away.
    gift: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartPromotion)]
struct PromotionAnswer {
    promotion: PromotionId,
    /// Its words in the language of the names, if it has any there.
    label: Option<String>,
    code: Option<String>,
    amount: Money,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartDelivery)]
struct DeliveryAnswer {
    offers: Vec<Offer>,
    chosen: Option<ChosenDelivery>,
    /// Why nothing is chosen.
    problem: Option<DeliveryProblem>,
}

impl CartAnswer {
    /// With names in a language.
    pub(crate) fn of(priced: Priced, country: Country, locale: &Locale) -> Self {
        let chain = priced.shop.store.text_chain(locale);
        let lines = priced.quote.lines.iter().filter_map(|line| line_of(&priced, line, &chain)).collect();
        let promotions =
            priced.quote.promotions.iter().map(|applied| promotion_of(&priced, applied, &chain)).collect();
        let (cart, quote) = (priced.cart, priced.quote);
        let delivery = DeliveryAnswer {
            offers: quote.delivery.offers,
            chosen: quote.delivery.chosen,
            problem: quote.delivery.problem,
        };
        Self {
            token: None,
            version: cart.version,
            country,
            locale: locale.clone(),
            lines,
            codes: quote.codes,
            promotions,
            destination: cart.contents.place,
            delivery,
            payment: cart.contents.payment,
            taxes: quote.taxes,
            tax_included: quote.tax_included,
            tax_final: quote.tax_final,
            totals: quote.totals,
            notices: priced.notices,
        }
    }

    /// The same for one who may not know the cart's token yet.
    pub(crate) fn named(self, token: &CartToken) -> Self {
        Self { token: Some(token.reveal().to_owned()), ..self }
    }
}

/// `None` only for goods that were not looked up, of which there are none.
fn line_of(priced: &Priced, line: &PricedLine, chain: &[Locale]) -> Option<LineAnswer> {
    let sold = priced.goods.sold.get(&line.sku)?;
    let (product, variant) = (&sold.product().id, sold.variant()?);
    let options = variant.options.iter().map(|(option, value)| (option.to_string(), value.clone()));
    Some(LineAnswer {
        id: line.id.clone(),
        sku: line.sku.clone(),
        product: product.clone(),
        name: sold.text(chain).map_or_else(|| product.to_string(), |text| text.name.to_owned()),
        options: options.collect(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        compare_at: line.compare_at,
        total: line.total,
        discounts: line.discounts.clone(),
        gift: line.gift_of.is_some(),
    })
}

fn promotion_of(priced: &Priced, applied: &AppliedPromotion, chain: &[Locale]) -> PromotionAnswer {
    let promotions = &priced.promotions.promotions;
    let rule = promotions.iter().find(|promotion| promotion.id == applied.promotion);
    let label = rule.and_then(|rule| chain.iter().find_map(|language| rule.labels.get(language)));
    PromotionAnswer {
        promotion: applied.promotion.clone(),
        label: label.cloned(),
        code: applied.code.clone(),
        amount: applied.amount,
    }
}

/// What an order would be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(crate) struct QuoteAnswer {
    cart: CartAnswer,
    /// What keeps it from being placed.
    missing: Vec<Missing>,
    /// Ways of paying that can be chosen.
    payment_methods: Vec<String>,
}

impl QuoteAnswer {
    /// With names in a language.
    pub(crate) fn of(quoted: Quoted, country: Country, locale: &Locale) -> Self {
        let cart = CartAnswer::of(quoted.priced, country, locale);
        Self { cart, missing: quoted.missing, payment_methods: quoted.payment_methods }
    }
}
