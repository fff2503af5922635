//! Rules as they are written in TOML.

use serde::Deserialize;
use vitrine_pricing::{Action, DeliveryRules, Invalid, Promotion, TaxRules, read_toml};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    promotions: Vec<Promotion>,
}

fn check(file: &File) -> Vec<Invalid> {
    let all = file.promotions.iter().enumerate();
    all.flat_map(|(number, promotion)| {
        let at =
            move |wrong: Invalid| Invalid { field: format!("promotions[{number}].{}", wrong.field), ..wrong };
        promotion.check().into_iter().map(at)
    })
    .collect()
}

fn wrong(text: &str) -> Vec<String> {
    read_toml(text, check).unwrap_err().iter().map(ToString::to_string).collect()
}

const GOOD: &str = r#"
[[promotions]]
id = "black-friday"
countries = ["DE", "CH"]
starts_at = "2026-11-27T00:00:00+01:00"
ends_at = "2026-11-30T00:00:00+01:00"
combines_with = ["delivery"]
action.percent = { off = "20", of = { categories = ["pillows"], except_reduced = true } }

[promotions.labels]
en = "Black Friday"

[[promotions]]
id = "duvet-set"
combines_with = []
limits = { total = 100 }
action.bundle = { price = { EUR = "99.90", JPY = 16000 }, parts = [
  { of = { products = ["feather"] }, quantity = 1 },
  { of = { products = ["drift"] }, quantity = 2 },
] }
"#;

#[test]
fn promotions_are_read_and_written_back_the_same() {
    let file = read_toml(GOOD, check).unwrap();
    assert!(matches!(file.promotions[0].action, Action::Percent(_)));
    for promotion in &file.promotions {
        let json = serde_json::to_string(promotion).unwrap();
        assert_eq!(serde_json::from_str::<Promotion>(&json).unwrap(), *promotion);
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Promotion>(&json).unwrap()).unwrap(), json);
    }
}

#[test]
fn a_mistake_names_its_place() {
    let changed = |from: &str, to: &str| wrong(&GOOD.replacen(from, to, 1));
    assert_eq!(
        changed("off = \"20\"", "off = \"0\""),
        ["8:20: promotions[0].action.percent.off must be above 0"]
    );
    assert_eq!(changed("total = 100", "total = 0"), ["16:12: promotions[1].limits.total must be at least 1"]);
    let quantity = changed("quantity = 2", "quantity = 0");
    assert_eq!(quantity.len(), 1);
    assert!(
        quantity[0].starts_with("19:36: promotions[1].action.bundle.parts[1].quantity must be 1 to"),
        "{quantity:?}"
    );
    for (from, to, place, what) in [
        (
            "\"DE\", \"CH\"",
            "\"DE\", \"XX\"",
            "4:20: promotions[0].countries[1]",
            "no ISO 3166-1 country code",
        ),
        ("countries", "contries", "3:1: ", "unknown field `contries`"),
        ("combines_with = []\n", "", "", "missing field `combines_with`"),
        ("\"99.90\"", "99.9", "17:", "an amount: a text such as"),
        (
            "starts_at = \"2026-11-27",
            "starts_at = \"2026-13-27",
            "5:13: promotions[0].starts_at",
            "is no time",
        ),
    ] {
        let said = changed(from, to);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains(what), "{said:?}");
        assert!(place.is_empty() || said[0].starts_with(place) || place.starts_with("3:1"), "{said:?}");
    }
    assert_eq!(wrong("[[promotions]\nid = 1").len(), 1);
}

#[test]
fn all_that_is_wrong_is_told_in_order() {
    let text = GOOD.replacen("off = \"20\"", "off = \"0\"", 1).replacen("total = 100", "total = 0", 1);
    let said = wrong(&text.replacen("2026-11-30", "2026-11-26", 1));
    let places: Vec<&str> = said.iter().map(|what| what.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["6:1", "8:20", "16:12"]);
}

#[test]
fn zones_and_tables_are_held_against_each_other() {
    let delivery = r#"
zones = [{ id = "de", country = "DE" }, { id = "de", country = "DE", postcodes = ["274*"] }]
[[methods]]
id = "parcel"
zones = [{ zone = "fr", days = [4, 2], rates = [{ price = { EUR = "4.90", CHF = 5 } }, { price = { EUR = -1 } }] }]
"#;
    let said = read_toml(delivery, DeliveryRules::check).unwrap_err();
    let said: Vec<String> = said.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "2:43: zones[1].id is given twice",
            "5:12: methods[0].zones[0].zone names `fr`, which is no zone",
            "5:25: methods[0].zones[0].days must be [least, most], at most 365",
            "5:90: methods[0].zones[0].rates[1].price has no CHF, which other rates of the zone have",
            "5:100: methods[0].zones[0].rates[1].price.EUR must be 0 minor units to 1000000000000 (found -100)",
        ]
    );
    let taxes = "[DE]\ndelivery = { class = \"odd\" }\nrates = { standard = \"19\" }\n\n[US.rates]\nstandard = \"0\"\n\n\
                 [US.regions.California.rates]\nstandard = \"7\"\nodd = \"1\"\n";
    let said: Vec<String> =
        read_toml(taxes, TaxRules::check).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "2:1: DE.delivery names the class `odd`, which has no rate",
            "8:13: US.regions.California must be the second half of an ISO 3166-2 code, such as CA",
            "10:1: US.regions.California.rates.odd is a class that US lacks",
        ]
    );
}
