//! Mistakes in files.

use vitrine_delivery::{DeliverySetup, read_delivery, read_taxes};

const GOOD: &str = r#"
[[warehouses]]
id = "berlin"
country = "DE"
time_zone = "Europe/Berlin"
cutoff = "14:00"

[calendars.DE]
working_days = ["mon", "tue"]
holidays = ["2026-12-25"]

[[zones]]
id = "de"
country = "DE"

[[methods]]
id = "parcel"
[[methods.zones]]
zone = "de"
days = [2, 4]
rates = [{ up_to_g = 30000, price = { EUR = "4.90" } }]
"#;

fn said(from: &str, to: &str) -> Vec<String> {
    let errors = read_delivery(&GOOD.replacen(from, to, 1)).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_setup_is_read_and_written_back_the_same() {
    let setup = read_delivery(GOOD).unwrap();
    let json = serde_json::to_string(&setup).unwrap();
    assert_eq!(serde_json::from_str::<DeliverySetup>(&json).unwrap(), setup);
    assert_eq!(read_delivery("").unwrap(), DeliverySetup::default());
}

#[test]
fn a_mistake_names_line_and_key() {
    let another = "\n[[warehouses]]\nid = \"berlin\"\ncountry = \"DE\"\ntime_zone = \"UTC\"\ncutoff = \"14:00\"\nhandling_days = 91\n[calendars.DE]";
    assert_eq!(
        said("[calendars.DE]", another),
        [
            "9:1: warehouses[1].serves must name countries: another warehouse serves all the rest",
            "10:1: warehouses[1].id is given twice",
            "14:1: warehouses[1].handling_days must be at most 90",
        ]
    );
    assert_eq!(
        said("[\"mon\", \"tue\"]", "[]"),
        ["9:1: calendars.DE.working_days must name at least one day"]
    );
    assert_eq!(
        said("zone = \"de\"", "zone = \"fr\""),
        ["19:1: methods[0].zones[0].zone names `fr`, which is no zone"]
    );
    for (from, to, place, what) in [
        ("\"14:00\"", "\"25:00\"", "6:10: warehouses[0].cutoff", "no time of day"),
        ("Europe/Berlin", "Europe/Bonn", "5:13: warehouses[0].time_zone", "no time zone"),
        ("\"2026-12-25\"", "\"2026-12-32\"", "10:13: calendars.DE.holidays[0]", "no day"),
        ("\"tue\"", "\"tues\"", "9:24: calendars.DE.working_days[1]", "unknown variant"),
        ("up_to_g", "upto_g", "21:12: methods[0].zones[0].rates[0]", "unknown field"),
        ("\"4.90\"", "4.90", "21:", "an amount: a text"),
        ("country = \"DE\"", "country = \"GERMANY\"", "4:11: warehouses[0].country", "ISO 3166-1"),
    ] {
        let said = said(from, to);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with(place) && said[0].contains(what), "{said:?}");
    }
    let taxes = read_taxes("[DE.rates]\nstandard = \"119\"\n").unwrap_err();
    assert!(taxes[0].to_string().starts_with("2:12: DE.rates.standard"), "{}", taxes[0]);
    assert!(read_taxes("[XX.rates]\nstandard = \"19\"\n").is_err());
}
