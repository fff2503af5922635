//! The prices of a variant: a number, a table, or a list with windows.

use std::collections::BTreeMap;

use vitrine_catalog::{Amount, PriceInput, Window};
use vitrine_core::{Country, Currency, Timestamp};

use super::reader::{Name, Node, Reader};

/// The currency of each country: amounts can't be read without it.
pub(crate) type Currencies = BTreeMap<Country, Currency>;

/// `[variants.prices]`: a price for each country it names.
pub(crate) fn read_prices(
    node: Node<'_, '_>,
    currencies: &Currencies,
) -> Option<BTreeMap<Country, PriceInput>> {
    let mut prices = BTreeMap::new();
    for (name, node) in node.entries()? {
        let Some((country, currency)) = country_of(name, currencies) else { continue };
        prices.extend(read_price(node, currency).map(|price| (country, price)));
    }
    Some(prices)
}

fn country_of(name: Name<'_>, currencies: &Currencies) -> Option<(Country, Currency)> {
    let country: Country = name.parse()?;
    let currency = currencies.get(&country).copied();
    if currency.is_none() {
        let allowed: Vec<&str> = currencies.keys().map(Country::code).collect();
        name.error(format!("the store does not sell in {country} (countries: {})", allowed.join(", ")));
    }
    Some((country, currency?))
}

fn read_price(node: Node<'_, '_>, currency: Currency) -> Option<PriceInput> {
    let mut price = PriceInput::default();
    if node.is_list() {
        for (step, node) in node.list(|node| Some((read_step(node.table()?, currency)?, node)))? {
            add(&mut price, step, node);
        }
    } else if node.is_table() {
        add(&mut price, read_step(node.table()?, currency)?, node);
    } else {
        price.base = Some(Amount { minor: node.money(currency)?.minor(), compare_at: None });
    }
    Some(price)
}

type Step = (Amount, Option<Timestamp>, Option<Timestamp>);

fn add(price: &mut PriceInput, (amount, from, until): Step, node: Node<'_, '_>) {
    match (from, until, price.base) {
        (Some(from), until, _) => price.windows.push(Window { amount, from, until }),
        (None, Some(_), _) => node.error("a price with 'until' needs 'from' as well"),
        (None, None, Some(_)) => node.error("only one price of a list may stand without 'from'"),
        (None, None, None) => price.base = Some(amount),
    }
}

fn read_step(r: Reader<'_, '_>, currency: Currency) -> Option<Step> {
    let minor = r.need("amount", |node| node.money(currency)).map(|money| money.minor());
    let compare_at = r.take("compare_at", |node| node.money(currency)).map(|money| money.minor());
    let from = r.take("from", Node::time);
    let until = r.take("until", Node::time);
    r.finish();
    Some((Amount { minor: minor?, compare_at }, from, until))
}
