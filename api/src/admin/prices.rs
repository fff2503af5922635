//! Prices, as those who set them see them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vitrine_catalog::{Amount, CountryFacts, PriceInput, PricedVariant, Severity, Window, validate_price};
use vitrine_core::{ContentHash, Country, Currency, Money, ProductId, Sku, Timestamp};
use vitrine_store::{CountryConfig, Store};

use crate::{Code, Problem};

/// What a variant is to cost in a country; replaces all that was stated before.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPrice)]
pub(crate) struct Stated {
    /// Holds where no window does.
    #[serde(default)]
    price: Option<Money>,
    #[serde(default)]
    compare_at: Option<Money>,
    #[serde(default)]
    windows: Vec<StatedWindow>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceWindow)]
struct StatedWindow {
    price: Money,
    #[serde(default)]
    compare_at: Option<Money>,
    /// First moment.
    from: Timestamp,
    /// First moment after it; open without one.
    #[serde(default)]
    until: Option<Timestamp>,
}

impl Stated {
    fn input(&self, currency: Currency) -> Result<PriceInput, Problem> {
        let minor = |money: Money, field: String| match money.currency() == currency {
            true => Ok(money.minor()),
            false => {
                let why = format!("prices here are in {currency} (found {})", money.currency());
                Err(Problem::new(Code::FieldInvalid).field(format!("{field}.currency")).detail(why))
            }
        };
        let amount = |price: Money, compare_at: Option<Money>, within: &str| {
            let compare_at =
                compare_at.map(|money| minor(money, format!("{within}compare_at"))).transpose()?;
            Ok::<_, Problem>(Amount { minor: minor(price, format!("{within}price"))?, compare_at })
        };
        if self.price.is_none() && self.compare_at.is_some() {
            let why = "there is no price to compare with";
            return Err(Problem::new(Code::FieldInvalid).field("compare_at").detail(why));
        }
        let base = self.price.map(|price| amount(price, self.compare_at, "")).transpose()?;
        let window = |(number, window): (usize, &StatedWindow)| {
            let amount = amount(window.price, window.compare_at, &format!("windows[{number}]."))?;
            Ok::<_, Problem>(Window { amount, from: window.from, until: window.until })
        };
        let windows = self.windows.iter().enumerate().map(window).collect::<Result<_, Problem>>()?;
        Ok(PriceInput { base, windows })
    }
}

/// Reads a price and holds it against the country's rules.
///
/// # Errors
/// When the store does not sell in the country, or a field is wrong.
pub(crate) fn checked_price(
    store: &Store,
    variant: &PricedVariant,
    country: Country,
    stated: &Stated,
) -> Result<PriceInput, Problem> {
    let config = config(store, country).ok_or_else(|| Problem::new(Code::CountryUnknown))?;
    let input = stated.input(config.currency)?;
    let facts = CountryFacts {
        country,
        currency: config.currency,
        tax_classes: config.tax.rates.keys().cloned().collect(),
        chains: Vec::new(),
    };
    let found = validate_price(&input, &variant.tax_class, &facts);
    match found.into_iter().find(|problem| problem.severity == Severity::Error) {
        None => Ok(input),
        Some(wrong) => {
            let problem = Problem::new(Code::FieldInvalid).detail(wrong.what.clone());
            Err(match field(&wrong.field.to_string()) {
                Some(field) => problem.field(field),
                None => problem,
            })
        }
    }
}

fn config(store: &Store, country: Country) -> Option<&CountryConfig> {
    store.countries.iter().find(|config| config.country == country)
}

/// The field of the body that a field of the catalog is; amounts have no field of their own there.
fn field(path: &str) -> Option<String> {
    match path {
        "tax_class" => None,
        "" => Some("price".to_owned()),
        path if path.ends_with(']') => Some(format!("{path}.price")),
        path => Some(path.to_owned()),
    }
}

/// What a variant costs in a country.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VariantPrice)]
pub(crate) struct PriceAnswer {
    sku: Sku,
    country: Country,
    price: Option<Money>,
    compare_at: Option<Money>,
    windows: Vec<WindowAnswer>,
    /// Changes with every change.
    version: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PriceWindow)]
struct WindowAnswer {
    price: Money,
    compare_at: Option<Money>,
    from: Timestamp,
    until: Option<Timestamp>,
}

impl PriceAnswer {
    /// A price in a country; `None` where the store does not sell there any more.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub(crate) fn new(
        store: &Store,
        sku: &Sku,
        country: Country,
        input: Option<&PriceInput>,
    ) -> Result<Option<Self>, Problem> {
        let Some(config) = config(store, country) else { return Ok(None) };
        let money = |minor| Money::new(minor, config.currency);
        let window = |window: &Window| WindowAnswer {
            price: money(window.amount.minor),
            compare_at: window.amount.compare_at.map(money),
            from: window.from,
            until: window.until,
        };
        let base = input.and_then(|input| input.base);
        Ok(Some(Self {
            sku: sku.clone(),
            country,
            price: base.map(|base| money(base.minor)),
            compare_at: base.and_then(|base| base.compare_at).map(money),
            windows: input.map(|input| input.windows.iter().map(window).collect()).unwrap_or_default(),
            version: Self::version_of(input)?,
        }))
    }

    /// The version of what is stated.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub(crate) fn version_of(input: Option<&PriceInput>) -> Result<String, Problem> {
        Ok(ContentHash::of(serde_json::to_string(&input)?.as_bytes()).short())
    }

    /// The version, for `ETag`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

/// What a variant costs in all countries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VariantPrices)]
pub(crate) struct PricesAnswer {
    sku: Sku,
    product: ProductId,
    prices: BTreeMap<Country, PriceAnswer>,
}

impl PricesAnswer {
    /// All prices of a variant.
    ///
    /// # Errors
    /// When one has no JSON form.
    pub(crate) fn new(store: &Store, sku: Sku, variant: PricedVariant) -> Result<Self, Problem> {
        let mut prices = BTreeMap::new();
        for (country, input) in &variant.prices {
            if let Some(price) = PriceAnswer::new(store, &sku, *country, Some(input))? {
                prices.insert(*country, price);
            }
        }
        Ok(Self { sku, product: variant.product, prices })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_as_it_stands_in_the_body() {
        let of = |path| field(path).unwrap_or_default();
        assert_eq!(
            [of(""), of("compare_at"), of("windows[1].until")],
            ["price", "compare_at", "windows[1].until"]
        );
        assert_eq!([of("windows[1]"), of("tax_class")], ["windows[1].price", ""]);
    }

    #[test]
    fn amounts_are_in_the_countrys_currency() {
        let euro = Currency::try_new("EUR").unwrap();
        let read = |json| serde_json::from_value::<Stated>(json).unwrap().input(euro);
        let sek = serde_json::json!({ "minor": 1, "currency": "SEK" });
        let eur = serde_json::json!({ "minor": 1, "currency": "EUR" });
        for (json, field) in [
            (serde_json::json!({ "price": sek }), "price.currency"),
            (serde_json::json!({ "price": eur, "compare_at": sek }), "compare_at.currency"),
            (serde_json::json!({ "windows": [{ "price": sek, "from": 0 }] }), "windows[0].price.currency"),
            (serde_json::json!({ "compare_at": eur }), "compare_at"),
        ] {
            let told = read(json).unwrap_err().body(None);
            assert!(told.contains(&format!("\"field\":\"{field}\"")), "{told}");
        }
    }
}
