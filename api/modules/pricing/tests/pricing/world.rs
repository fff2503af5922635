//! A small shop to price carts in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_core::{Country, Currency, Money, Rate, Sku, Timestamp};
use vitrine_pricing::{
    Action, Amounts, BuyGet, Cart, Class, CountryTax, Coupon, DeliveryRules, Destination, Facts, Fixed,
    FreeDelivery, Gift, Line, Method, MethodZone, On, Percent, PriceError, Promotion, Quote, RateStep, Rules,
    Selector, ShopperFacts, TaxRules, Zone, price,
};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);

pub(crate) fn rate(percent: &str) -> Rate {
    Rate::parse_percent(percent).unwrap()
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::eur(minor)
}

pub(crate) fn amount(minor: i64) -> Amounts {
    Amounts::one(eur(minor))
}

pub(crate) fn country(code: &str) -> Country {
    Country::try_new(code).unwrap()
}

/// A line of one product named like its id, in the category `all`.
pub(crate) fn line(id: &str, quantity: u32, minor: i64) -> Line {
    Line {
        id: id.to_owned(),
        sku: Sku::try_new(&id.to_uppercase()).unwrap(),
        product: id.parse().unwrap(),
        categories: vec!["all".parse().unwrap()],
        quantity,
        unit_price: eur(minor),
        compare_at: None,
        tax_class: "standard".parse().unwrap(),
        weight_g: 1_000,
        parts: Vec::new(),
    }
}

pub(crate) fn of(products: &[&str]) -> Selector {
    Selector { products: products.iter().map(|id| id.parse().unwrap()).collect(), ..Selector::default() }
}

pub(crate) fn percent(off: &str, on: On) -> Action {
    Action::Percent(Percent { off: rate(off), on, of: Selector::default() })
}

pub(crate) fn fixed(minor: i64, on: On) -> Action {
    Action::Fixed(Fixed { off: amount(minor), on, of: Selector::default() })
}

pub(crate) fn free_delivery() -> Action {
    Action::FreeDelivery(FreeDelivery::default())
}

pub(crate) fn buy_get(buy: u32, get: u32) -> Action {
    Action::BuyGet(BuyGet {
        buy: Selector::default(),
        buy_quantity: buy,
        get: Selector::default(),
        get_quantity: get,
        off: rate("100"),
        times: None,
    })
}

pub(crate) fn gift(sku: &str) -> Action {
    Action::Gift(Gift { sku: sku.parse().unwrap(), quantity: 1 })
}

pub(crate) const ALL: [Class; 3] = [Class::Product, Class::Order, Class::Delivery];

/// An automatic promotion that combines with everything.
pub(crate) fn promotion(id: &str, action: Action) -> Promotion {
    Promotion { combines_with: ALL.into(), ..Promotion::new(id.parse().unwrap(), action) }
}

pub(crate) fn coupon(code: &str, promotion: &str) -> Coupon {
    Coupon::new(code.parse().unwrap(), promotion.parse().unwrap())
}

pub(crate) fn taxes() -> TaxRules {
    let classes = |standard: &str, reduced: &str| {
        [("standard", standard), ("reduced", reduced)]
            .into_iter()
            .map(|(class, percent)| (class.parse().unwrap(), rate(percent)))
            .collect()
    };
    let table = |standard, reduced| CountryTax { rates: classes(standard, reduced), ..CountryTax::default() };
    let countries = [("DE", table("19", "7")), ("CH", table("8.1", "2.6")), ("JP", table("10", "8"))];
    TaxRules { countries: countries.into_iter().map(|(code, table)| (country(code), table)).collect() }
}

/// `parcel` for 4.90, free from 50, up to 30 kg; `freight` for 39.
pub(crate) fn delivery() -> DeliveryRules {
    let currencies =
        [("EUR", "4.90", "50", "39"), ("CHF", "7.90", "80", "59"), ("JPY", "880", "8800", "6600")];
    let all = |pick: fn(&(&'static str, &'static str, &'static str, &'static str)) -> &'static str| {
        let money = currencies.iter().map(|all| Money::parse(pick(all), all.0.parse().unwrap()).unwrap());
        Amounts::try_of(money).unwrap()
    };
    let step = |up_to_g, price| RateStep { up_to_g, from_subtotal: None, price };
    let zones = ["DE", "CH", "JP"];
    let method = |id: &str, free_from: Option<Amounts>, rates: Vec<RateStep>| Method {
        id: id.parse().unwrap(),
        labels: BTreeMap::new(),
        zones: zones
            .iter()
            .map(|zone| MethodZone {
                zone: zone.to_lowercase().parse().unwrap(),
                days: (2, 4),
                free_from: free_from.clone(),
                rates: rates.clone(),
            })
            .collect(),
    };
    DeliveryRules {
        zones: zones
            .iter()
            .map(|code| Zone {
                id: code.to_lowercase().parse().unwrap(),
                country: country(code),
                regions: BTreeSet::new(),
                postcodes: Vec::new(),
            })
            .collect(),
        methods: vec![
            method("parcel", Some(all(|all| all.2)), vec![step(Some(30_000), all(|all| all.1))]),
            method("freight", None, vec![step(None, all(|all| all.3))]),
        ],
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        country: country("DE"),
        currency: Currency::EUR,
        prices_include_tax: true,
        destination: Destination::country(country("DE")),
        delivery_method: None,
        payment_method: None,
        shopper: ShopperFacts::default(),
        codes: Vec::new(),
        exhausted: BTreeMap::new(),
        now: NOW,
    }
}

#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) promotions: Vec<Arc<Promotion>>,
    pub(crate) coupons: Vec<Coupon>,
    pub(crate) taxes: TaxRules,
    pub(crate) delivery: DeliveryRules,
    pub(crate) gifts: Vec<Line>,
}

impl Shop {
    pub(crate) fn new(promotions: impl IntoIterator<Item = Promotion>) -> Self {
        Self {
            promotions: promotions.into_iter().map(Arc::new).collect(),
            coupons: Vec::new(),
            taxes: taxes(),
            delivery: delivery(),
            gifts: Vec::new(),
        }
    }

    pub(crate) fn try_price(&self, lines: &[Line], facts: &Facts) -> Result<Quote, PriceError> {
        let rules = Rules {
            promotions: &self.promotions,
            coupons: &self.coupons,
            taxes: &self.taxes,
            delivery: &self.delivery,
        };
        price(&Cart { lines: lines.to_vec(), gifts: self.gifts.clone() }, &rules, facts)
    }

    pub(crate) fn price(&self, lines: &[Line], facts: &Facts) -> Quote {
        let quote = self.try_price(lines, facts).unwrap();
        assert_adds_up(&quote);
        quote
    }
}

/// That a quote is right in itself, whatever the rules.
pub(crate) fn assert_adds_up(quote: &Quote) {
    let totals = quote.totals;
    let on_top = if quote.tax_included { 0 } else { totals.tax.minor() };
    let sum = totals.goods.minor() + totals.delivery.minor() - totals.discounts.minor() + on_top;
    assert_eq!(sum, totals.total.minor(), "{quote:#?}");
    assert!(!totals.total.is_negative() && !totals.tax.is_negative(), "{quote:#?}");

    let chosen = quote.delivery.chosen.iter();
    let mut paid = 0;
    let mut off: BTreeMap<String, i64> = BTreeMap::new();
    let mut taxed: BTreeMap<Rate, (i64, i64)> = BTreeMap::new();
    let lines = quote.lines.iter().map(|line| (line.subtotal, &line.discounts, line.total, &line.taxes));
    for (before, discounts, after, taxes) in
        lines.chain(chosen.map(|way| (way.price, &way.discounts, way.total, &way.taxes)))
    {
        let discount: i64 = discounts.iter().map(|discount| discount.amount.minor()).sum();
        assert!(discounts.iter().all(|discount| discount.amount.is_positive()), "{quote:#?}");
        assert_eq!(before.minor() - discount, after.minor());
        assert!(!after.is_negative(), "{quote:#?}");
        paid += after.minor();
        for discount in discounts {
            *off.entry(discount.promotion.to_string()).or_default() += discount.amount.minor();
        }
        for tax in taxes {
            assert!(!tax.tax.is_negative() && tax.tax.minor() <= tax.of.minor());
            let sum = taxed.entry(tax.rate).or_default();
            *sum = (sum.0 + tax.of.minor(), sum.1 + tax.tax.minor());
        }
    }
    assert_eq!(paid + on_top, totals.total.minor());
    for applied in &quote.promotions {
        assert_eq!(off.get(applied.promotion.as_str()).copied().unwrap_or(0), applied.amount.minor());
    }
    assert_eq!(off.values().sum::<i64>(), totals.discounts.minor());
    let by_rate: BTreeMap<Rate, (i64, i64)> = quote
        .taxes
        .iter()
        .map(|tax| {
            let inside = if quote.tax_included { tax.tax.minor() } else { 0 };
            (tax.rate, (tax.net.minor() + inside, tax.tax.minor()))
        })
        .collect();
    assert_eq!(taxed, by_rate, "{quote:#?}");
    assert_eq!(by_rate.values().map(|(_, tax)| tax).sum::<i64>(), totals.tax.minor());
    assert_explained(quote);
}

/// That the steps lead from what goods and delivery cost before promotions to what they cost after.
fn assert_explained(quote: &Quote) {
    let promotions = quote
        .steps
        .iter()
        .filter(|step| matches!(step.rule, vitrine_pricing::Rule::Promotion(_)))
        .filter(|step| !step.line.as_ref().is_some_and(|line| line.starts_with("gift:")));
    let off: i64 = promotions.map(|step| step.before.minor() - step.after.minor()).sum();
    assert_eq!(off, quote.totals.discounts.minor(), "{quote:#?}");
    let taxes = quote.steps.iter().filter(|step| matches!(step.rule, vitrine_pricing::Rule::Tax(_)));
    let tax: i64 = taxes.map(|step| step.after.minor() - step.before.minor()).sum();
    assert_eq!(tax, quote.totals.tax.minor());
}

/// The promotions that apply, in order.
pub(crate) fn applied(quote: &Quote) -> Vec<&str> {
    quote.promotions.iter().map(|applied| applied.promotion.as_str()).collect()
}

/// The code's refusal as a word, or `applied`.
pub(crate) fn answer(quote: &Quote, number: usize) -> &'static str {
    quote.codes[number].refused.as_ref().map_or("applied", |refusal| refusal.code())
}
