//! Which location is drawn from: a pure rule.

use std::collections::BTreeMap;

use vitrine_core::Sku;

use crate::domain::levels;
use crate::{Draw, Shortage, Stock};

/// Takes what is wanted from stock, or says of everything that is short how much is left.
///
/// Free pieces before backorder; in each, locations by priority, equal ones by id. Sorted by SKU and location.
pub(crate) fn draw(stock: &[Stock], wanted: &BTreeMap<Sku, i64>) -> Result<Vec<Draw>, Vec<Shortage>> {
    let left = levels(stock);
    let short = wanted.iter().filter_map(|(sku, &wanted)| {
        let left = left.get(sku).map_or(0, |level| level.left());
        (left < wanted).then(|| Shortage { sku: sku.clone(), wanted, left })
    });
    let short: Vec<Shortage> = short.collect();
    if !short.is_empty() {
        return Err(short);
    }
    let mut places: BTreeMap<&Sku, Vec<&Stock>> = BTreeMap::new();
    for row in stock {
        places.entry(&row.sku).or_default().push(row);
    }
    let draws = wanted.iter().flat_map(|(sku, &quantity)| {
        let mut places = places.remove(sku).unwrap_or_default();
        places.sort_by(|a, b| (a.priority, &a.location).cmp(&(b.priority, &b.location)));
        of_one(&places, quantity)
    });
    let mut draws: Vec<Draw> = draws.collect();
    draws.sort_by(|a, b| (&a.sku, &a.location).cmp(&(&b.sku, &b.location)));
    Ok(draws)
}

/// Draws pieces of one SKU, of which enough are left.
fn of_one(places: &[&Stock], mut missing: i64) -> Vec<Draw> {
    let mut take = |most: i64| {
        let taken = most.min(missing);
        missing -= taken;
        taken
    };
    let free: Vec<i64> = places.iter().map(|place| take(place.free())).collect();
    let later: Vec<i64> = places.iter().map(|place| take(place.backorder_left())).collect();
    let draws = places.iter().zip(free).zip(later).map(|((place, free), later)| Draw {
        sku: place.sku.clone(),
        location: place.location.clone(),
        quantity: free + later,
        backordered: later,
    });
    draws.filter(|draw| draw.quantity > 0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::LocationId;

    fn sku(text: &str) -> Sku {
        Sku::try_new(text).unwrap()
    }

    fn stock(what: &str, location: &str, priority: i64, numbers: [i64; 3]) -> Stock {
        let [on_hand, reserved, backorder] = numbers;
        let location = LocationId::try_new(location).unwrap();
        Stock { sku: sku(what), location, on_hand, reserved, backorder, low_at: 0, priority, version: 1 }
    }

    type Told = Result<Vec<(String, i64, i64)>, Vec<(String, i64)>>;

    fn drawn(stock: &[Stock], wanted: &[(&str, i64)]) -> Told {
        let wanted = wanted.iter().map(|(what, pieces)| (sku(what), *pieces)).collect();
        let told = |d: Draw| (format!("{}@{}", d.sku, d.location), d.quantity, d.backordered);
        draw(stock, &wanted)
            .map(|draws| draws.into_iter().map(told).collect())
            .map_err(|short| short.into_iter().map(|s| (s.sku.to_string(), s.left)).collect())
    }

    #[test]
    fn locations_are_drawn_from_by_priority_and_a_line_is_split() {
        let places = [
            stock("A", "near", 1, [3, 1, 0]),
            stock("A", "far", 2, [9, 0, 0]),
            stock("A", "also-far", 2, [1, 0, 0]),
        ];
        assert_eq!(drawn(&places, &[("A", 2)]), Ok(vec![("A@near".into(), 2, 0)]));
        let split = vec![("A@also-far".into(), 1, 0), ("A@far".into(), 2, 0), ("A@near".into(), 2, 0)];
        assert_eq!(drawn(&places, &[("A", 5)]), Ok(split));
    }

    #[test]
    fn free_pieces_come_before_backorder() {
        let places = [stock("A", "near", 1, [0, 0, 5]), stock("A", "far", 2, [2, 0, 0])];
        assert_eq!(drawn(&places, &[("A", 2)]), Ok(vec![("A@far".into(), 2, 0)]));
        let both = vec![("A@far".into(), 2, 0), ("A@near".into(), 1, 1)];
        assert_eq!(drawn(&places, &[("A", 3)]), Ok(both));
        assert_eq!(drawn(&places, &[("A", 8)]), Err(vec![("A".into(), 7)]));
    }

    #[test]
    fn what_is_owed_is_not_for_sale_again() {
        let owed = [stock("A", "near", 1, [-2, 1, 5]), stock("A", "far", 1, [-9, 0, 3])];
        assert_eq!(drawn(&owed, &[("A", 2)]), Ok(vec![("A@near".into(), 2, 2)]));
        assert_eq!(drawn(&owed, &[("A", 3)]), Err(vec![("A".into(), 2)]));
    }

    #[test]
    fn all_that_is_short_is_told() {
        let places = [stock("A", "x", 1, [1, 0, 0]), stock("B", "x", 1, [5, 0, 0])];
        let short = drawn(&places, &[("A", 2), ("B", 5), ("C", 1)]);
        assert_eq!(short, Err(vec![("A".into(), 1), ("C".into(), 0)]));
    }

    proptest! {
        #[test]
        fn exactly_what_is_wanted_is_drawn_and_no_place_gives_more_than_it_has(
            rows in prop::collection::vec((0..3i64, -3..9i64, 0..5i64, 0..4i64), 1..6),
            pieces in 1..20i64,
        ) {
            let places: Vec<Stock> = rows.iter().enumerate().map(|(at, &(priority, on_hand, reserved, backorder))| {
                stock("A", &format!("l{at}"), priority, [on_hand, reserved, backorder])
            }).collect();
            let left: i64 = places.iter().map(|p| (p.on_hand - p.reserved + p.backorder).max(0)).sum();
            match draw(&places, &BTreeMap::from([(sku("A"), pieces)])) {
                Err(short) => {
                    prop_assert!(left < pieces);
                    prop_assert_eq!(short[0].left, left);
                }
                Ok(draws) => {
                    prop_assert_eq!(draws.iter().map(|draw| draw.quantity).sum::<i64>(), pieces);
                    for draw in &draws {
                        let place = places.iter().find(|place| place.location == draw.location).unwrap();
                        prop_assert!(draw.quantity <= place.on_hand - place.reserved + place.backorder);
                        let later = draws.iter().any(|draw| draw.backordered > 0);
                        let unused = draw.quantity - draw.backordered < place.free();
                        prop_assert!(!(later && unused), "backorder although pieces are free");
                    }
                }
            }
        }
    }
}
