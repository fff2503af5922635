//! The demo shop's files are right, and agree with what its pages show.

use std::path::PathBuf;

use vitrine_core::{Country, Money, Timestamp};
use vitrine_delivery::{Rules, read_delivery, read_taxes};
use vitrine_pricing::{Destination, PostcodePattern};

pub(crate) fn content(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../content").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn sample() -> Rules {
    let setup = read_delivery(&content("commerce/delivery.toml"));
    let taxes = read_taxes(&content("commerce/taxes.toml"));
    let said = |errors: Vec<vitrine_pricing::TextError>| -> String {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    Rules::new(setup.map_err(said).unwrap(), taxes.map_err(said).unwrap())
}

pub(crate) fn to(code: &str, region: Option<&str>, postcode: Option<&str>) -> Destination {
    Destination {
        country: Country::try_new(code).unwrap(),
        region: region.map(str::to_owned),
        postcode: postcode.map(str::to_owned),
    }
}

#[test]
fn every_country_of_the_shop_is_taxed_and_delivered_to() {
    let rules = sample();
    for code in ["DE", "CH", "GB", "JP", "AE", "US"] {
        let destination = to(code, None, None);
        assert!(rules.taxes.covers(&destination).is_ok(), "{code}");
        let zone = rules.delivery.zone(&destination).unwrap();
        let goes =
            rules.delivery.methods.iter().filter(|method| method.zones.iter().any(|to| to.zone == zone.id));
        assert_eq!(goes.count(), 2, "{code}");
    }
    let us = &rules.taxes.countries[&Country::try_new("US").unwrap()];
    assert_eq!(us.regions.len(), 51, "the states and the District of Columbia");
}

#[test]
fn parts_of_countries_have_zones_of_their_own() {
    let rules = sample();
    let zone = |destination| rules.delivery.zone(&destination).unwrap().id.to_string();
    assert_eq!(zone(to("DE", None, Some("10115"))), "de");
    assert_eq!(zone(to("DE", None, Some("25980"))), "de-islands");
    assert_eq!(zone(to("GB", None, Some("bt7 1nn"))), "gb-islands");
    assert_eq!(zone(to("US", Some("HI"), Some("96801"))), "us-far");
    assert!(PostcodePattern::try_new("25929..25999").unwrap().matches("25980"));
}

#[test]
fn pages_show_the_same_rates_prices_and_days() {
    let rules = sample();
    for code in ["DE", "CH", "GB", "JP", "AE"] {
        let country = Country::try_new(code).unwrap();
        let shown: toml::Table = content(&format!("countries/{}.toml", country.lower())).parse().unwrap();
        let currency = shown["currency"].as_str().unwrap().parse().unwrap();
        let table = &rules.taxes.countries[&country];
        for (class, percent) in shown["tax"]["rates"].as_table().unwrap() {
            assert_eq!(table.rates[&class.parse().unwrap()].to_string(), percent.as_str().unwrap(), "{code}");
        }
        let zone = rules.delivery.zone(&to(code, None, None)).unwrap();
        for way in shown["delivery"].as_array().unwrap() {
            let id = way["id"].as_str().unwrap();
            let method = rules.delivery.methods.iter().find(|method| method.id.as_str() == id).unwrap();
            let rates = method.zones.iter().find(|rates| rates.zone == zone.id).unwrap();
            let money = |value: &toml::Value| {
                let text = value.as_float().map_or_else(|| value.to_string(), |price| format!("{price:.2}"));
                Money::parse(&text, currency).unwrap()
            };
            assert_eq!(rates.rates[0].price.get(currency), Some(money(&way["price"])), "{code} {id}");
            let free_from = rates.free_from.as_ref().and_then(|from| from.get(currency));
            assert_eq!(free_from, Some(money(&way["free_from"])), "{code} {id}");
            let days = way["days"].as_array().unwrap();
            let days = [0, 1].map(|at| days[at].as_integer().unwrap());
            assert_eq!([rates.days.0, rates.days.1].map(i64::from), days, "{code} {id}");
        }
    }
}

#[test]
fn a_warehouse_nearby_sends() {
    let rules = sample();
    let now = Timestamp::parse_rfc3339("2026-11-26T10:00:00Z").unwrap();
    let promise = |code: &str, days| {
        let promise = rules.promise(Country::try_new(code).unwrap(), days, now).unwrap();
        [promise.sent, promise.earliest, promise.latest].map(|day| day.to_string())
    };
    assert_eq!(promise("DE", (2, 4)), ["2026-11-26", "2026-11-30", "2026-12-02"]);
    // In Osaka it is seven in the evening, and the warehouse takes another day; carriers drive every day.
    assert_eq!(promise("JP", (3, 6)), ["2026-11-28", "2026-12-01", "2026-12-04"]);
    // The national day of the Emirates is no working day.
    assert_eq!(promise("AE", (3, 6)), ["2026-11-26", "2026-11-30", "2026-12-05"]);
    assert_eq!(Rules::default().promise(Country::try_new("DE").unwrap(), (1, 1), now), None);
}
