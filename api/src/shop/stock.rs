//! Prices and stock as they are now, for pages that were made earlier.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;
use vitrine_cart::{Goods, Shop};
use vitrine_catalog::Availability;
use vitrine_core::{Country, Money, Sku, Timestamp};
use vitrine_inventory::StockState;

use crate::{Code, Problem};

/// Most SKUs of one request: a page of a listing with all sizes.
const MOST_SKUS: usize = 100;

/// A SKU as it can be bought now.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Stock)]
pub(crate) struct StockAnswer {
    sku: Sku,
    /// What one unit costs before promotions; nothing where it is not sold.
    price: Option<Money>,
    compare_at: Option<Money>,
    state: State,
    /// Units that are left, where few are.
    left: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StockState)]
enum State {
    In,
    Low,
    Backorder,
    Out,
    /// Not in this country, or not now.
    NotSold,
}

impl From<StockState> for State {
    fn from(state: StockState) -> Self {
        match state {
            StockState::In => Self::In,
            StockState::Low => Self::Low,
            StockState::Backorder => Self::Backorder,
            StockState::Out => Self::Out,
        }
    }
}

impl From<Availability> for State {
    fn from(state: Availability) -> Self {
        match state {
            Availability::In => Self::In,
            Availability::Low => Self::Low,
            Availability::Backorder => Self::Backorder,
            Availability::Out => Self::Out,
        }
    }
}

/// The SKUs of a query `sku=A&sku=B`, each once, in order of their first mention.
///
/// # Errors
/// When it asks for something else, for nothing, or for too much.
pub(crate) fn asked(query: Option<&str>) -> Result<Vec<Sku>, Problem> {
    let wrong = |why: String| Problem::new(Code::QueryInvalid).field("sku").detail(why);
    let mut skus = Vec::new();
    let mut seen = BTreeSet::new();
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "sku" {
            return Err(Problem::new(Code::QueryInvalid).detail("only `sku` is known, as often as needed"));
        }
        let text = percent_decode_str(value).decode_utf8_lossy();
        let sku = Sku::try_new(&text).map_err(|error| wrong(error.to_string()))?;
        if seen.insert(sku.clone()) {
            skus.push(sku);
        }
    }
    match skus.len() {
        0 => Err(wrong("name at least one".to_owned())),
        found if found > MOST_SKUS => Err(wrong(format!("name at most {MOST_SKUS} (found {found})"))),
        _ => Ok(skus),
    }
}

/// What each SKU costs, and whether it is there.
///
/// # Errors
/// When the store does not sell in the country.
pub(crate) fn stock(
    skus: Vec<Sku>,
    goods: &Goods,
    shop: &Shop,
    country: Country,
    now: Timestamp,
) -> Result<Vec<StockAnswer>, Problem> {
    let currency = shop.country(country)?.currency;
    let money = |minor| Money::new(minor, currency);
    let of = |sku: Sku| {
        let price = goods.sold.get(&sku).and_then(|sold| sold.price(now)).map(|price| price.amount);
        let (state, left) = if price.is_some() { level(goods, &sku) } else { (State::NotSold, None) };
        StockAnswer {
            sku,
            price: price.map(|price| money(price.minor)),
            compare_at: price.and_then(|price| price.compare_at).map(money),
            state,
            left,
        }
    };
    Ok(skus.into_iter().map(of).collect())
}

/// Where the stock of a SKU stands; a bundle is as scarce as its scarcest part.
fn level(goods: &Goods, sku: &Sku) -> (State, Option<i64>) {
    let left = goods.left(sku, &BTreeMap::new());
    let Some(left) = left.filter(|left| *left > 0) else {
        let stated = goods.sold.get(sku).map(|sold| sold.availability()).unwrap_or_default();
        return if left.is_some() { (State::Out, None) } else { (stated.into(), None) };
    };
    let pieces = goods.pieces(sku, 1);
    let states =
        pieces.iter().filter_map(|(piece, wanted)| Some(goods.levels.get(piece)?.state_for(*wanted)));
    let state = states.map(State::from).max().unwrap_or(State::In);
    (state, (state == State::Low).then_some(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skus_are_asked_for_by_name() {
        let of = |query: &str| -> Vec<String> {
            asked(Some(query)).unwrap().iter().map(ToString::to_string).collect()
        };
        assert_eq!(of("sku=A&sku=B-1&sku=A"), ["A", "B-1"]);
        assert_eq!(of("&sku=%41%2E1&"), ["A.1"]);
        let many = |count: usize| (0..count).map(|n| format!("sku=A{n}")).collect::<Vec<_>>().join("&");
        assert_eq!(of(&many(100)).len(), 100);
        for wrong in ["", "sku", "sku=", "sku=%00", "sku=a b", "sku=A&page=2", "SKU=A", &many(101)] {
            assert_eq!(asked(Some(wrong)).unwrap_err().code(), Code::QueryInvalid, "{wrong:.40}");
        }
        assert_eq!(asked(None).unwrap_err().code(), Code::QueryInvalid);
    }
}
