//! An address as its country writes it. Pure.

use vitrine_checkout::format_of;
use vitrine_order::Address;

/// How most of the world writes it, where a country has no format.
const USUAL: &[&str] = &["name", "company", "line1", "line2", "postcode", "city", "region"];
/// Fields that share a line with their neighbours among these.
const TOWN: [&str; 3] = ["postcode", "city", "region"];

/// The lines of an address, without its country.
pub(crate) fn lines(address: &Address) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut in_town = false;
    for field in format_of(address.country.code()).map_or(USUAL, |format| format.order) {
        let text = text(address, field).map(str::trim).unwrap_or_default();
        if text.is_empty() {
            continue;
        }
        let of_town = TOWN.contains(field);
        match lines.last_mut().filter(|_| of_town && in_town) {
            Some(line) => {
                line.push(' ');
                line.push_str(text);
            }
            None => lines.push(text.to_owned()),
        }
        in_town = of_town;
    }
    lines
}

fn text<'a>(address: &'a Address, field: &str) -> Option<&'a str> {
    match field {
        "name" => Some(&address.name),
        "company" => address.company.as_deref(),
        "line1" => Some(&address.line1),
        "line2" => address.line2.as_deref(),
        "postcode" => address.postcode.as_deref(),
        "city" => Some(&address.city),
        "region" => address.region.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_country_has_its_order() {
        let of = |country: &str| {
            let address: Address = serde_json::from_value(json!({
                "name": "A. Shopper", "line1": "1 Sample Street", "line2": " ", "city": "Town",
                "country": country, "postcode": "12345", "region": "XY",
            }))
            .unwrap();
            lines(&address).join(" / ")
        };
        assert_eq!(of("DE"), "A. Shopper / 1 Sample Street / 12345 Town");
        assert_eq!(of("US"), "A. Shopper / 1 Sample Street / Town XY 12345");
        assert_eq!(of("JP"), "12345 XY Town / 1 Sample Street / A. Shopper");
        assert_eq!(of("NZ"), "A. Shopper / 1 Sample Street / 12345 Town XY");
    }
}
