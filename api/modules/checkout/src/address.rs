//! What an address must have in each country. Pure.
//!
//! Which fields a country has and how its postcodes look is as in the Universal Postal Union's addressing guides
//! (<https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions>); a country without an entry
//! takes any postcode or none.

use vitrine_order::Address;

use crate::{Missing, Trouble};

/// Longest line of an address, characters: what carriers print.
const LINE_CHARS: usize = 80;

/// What is particular about a country's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Fields in the order that people of the country write them; labels are the interface's.
    pub order: &'static [&'static str],
    /// How postcodes look: `9` is a digit, `A` a letter, all else itself; any of them. None for no postcodes.
    pub postcodes: &'static [&'static str],
    /// Whether an address needs a region.
    pub region: bool,
}

const WEST: &[&str] = &["name", "company", "line1", "line2", "postcode", "city"];

/// The format of a country by its code.
pub fn format_of(country: &str) -> Option<Format> {
    let (order, postcodes, region): (&[&str], &[&str], bool) = match country {
        "AT" | "CH" => (WEST, &["9999"], false),
        "DE" | "FR" => (WEST, &["99999"], false),
        "NL" => (WEST, &["9999 AA", "9999AA"], false),
        "PL" => (WEST, &["99-999"], false),
        "SE" => (WEST, &["999 99", "99999"], false),
        "GB" => (
            &["name", "company", "line1", "line2", "city", "postcode"],
            &["A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"],
            false,
        ),
        "US" => (
            &["name", "company", "line1", "line2", "city", "region", "postcode"],
            &["99999", "99999-9999"],
            true,
        ),
        "JP" => (
            &["postcode", "region", "city", "line1", "line2", "company", "name"],
            &["999-9999", "9999999"],
            true,
        ),
        // The Emirates have no postcodes; the region is the emirate.
        "AE" => (&["name", "company", "line1", "line2", "city", "region"], &[], true),
        _ => return None,
    };
    Some(Format { order, postcodes, region })
}

/// All that is missing or wrong in an address; `prefix` is `shipping` or `billing`.
pub(crate) fn check(prefix: &str, address: &Address) -> Vec<Missing> {
    let mut found = Vec::new();
    let mut note = |field: &str, trouble| found.push(Missing { field: format!("{prefix}.{field}"), trouble });
    let lines = [
        ("name", Some(&address.name), true),
        ("company", address.company.as_ref(), false),
        ("line1", Some(&address.line1), true),
        ("line2", address.line2.as_ref(), false),
        ("city", Some(&address.city), true),
    ];
    for (field, text, needed) in lines {
        match text.map(|text| text.trim()) {
            None | Some("") if needed => note(field, Trouble::Missing),
            Some(text) if text.chars().count() > LINE_CHARS || text.chars().any(char::is_control) => {
                note(field, Trouble::Invalid);
            }
            _ => {}
        }
    }
    let Some(format) = format_of(address.country.code()) else { return found };
    match address.postcode.as_deref().map(str::trim) {
        None | Some("") if !format.postcodes.is_empty() => note("postcode", Trouble::Missing),
        Some(text)
            if !format.postcodes.is_empty()
                && !format.postcodes.iter().any(|form| looks_like(text, form)) =>
        {
            note("postcode", Trouble::Invalid);
        }
        _ => {}
    }
    match address.region.as_deref().map(str::trim) {
        None | Some("") if format.region => note("region", Trouble::Missing),
        Some(text) if text.chars().count() > LINE_CHARS => note("region", Trouble::Invalid),
        _ => {}
    }
    found
}

fn looks_like(text: &str, form: &str) -> bool {
    let fits = |(found, wanted): (char, char)| match wanted {
        '9' => found.is_ascii_digit(),
        'A' => found.is_ascii_alphabetic(),
        wanted => found == wanted,
    };
    text.chars().count() == form.chars().count() && text.chars().zip(form.chars()).all(fits)
}

/// Whether a text can be an address for mail: a name, one `@`, a domain with a dot, no blanks. More says only a mail
/// that arrives.
pub(crate) fn is_mail_address(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let is_plain =
        |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    text.len() <= 254
        && is_plain(name)
        && !name.contains('@')
        && is_plain(domain)
        && domain.split('.').count() > 1
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn address(country: &str, postcode: Option<&str>, region: Option<&str>) -> Address {
        serde_json::from_value(json!({
            "name": "A. Shopper", "line1": "1 Sample Street", "city": "Town", "country": country,
            "postcode": postcode, "region": region,
        }))
        .unwrap()
    }

    fn fields(address: &Address) -> Vec<(String, Trouble)> {
        check("shipping", address).into_iter().map(|missing| (missing.field, missing.trouble)).collect()
    }

    #[test]
    fn postcodes_look_as_the_country_writes_them() {
        let right = [
            ("DE", "10115", None),
            ("NL", "1012 AB", None),
            ("PL", "00-950", None),
            ("SE", "111 22", None),
            ("GB", "SW1A 1AA", None),
            ("US", "90210-1234", Some("CA")),
            ("JP", "100-0001", Some("Tokyo")),
        ];
        for (country, postcode, region) in right {
            assert_eq!(fields(&address(country, Some(postcode), region)), [], "{country} {postcode}");
        }
        for (country, postcode) in [("DE", "1011"), ("DE", "1O115"), ("CH", "80001"), ("GB", "12345")] {
            let wrong = [("shipping.postcode".to_owned(), Trouble::Invalid)];
            assert_eq!(fields(&address(country, Some(postcode), None)), wrong, "{country} {postcode}");
        }
    }

    #[test]
    fn what_a_country_needs_is_missed_and_nothing_else() {
        assert_eq!(fields(&address("AE", None, Some("Dubai"))), []);
        assert_eq!(fields(&address("DE", None, None)), [("shipping.postcode".to_owned(), Trouble::Missing)]);
        assert_eq!(
            fields(&address("US", Some("90210"), None)),
            [("shipping.region".to_owned(), Trouble::Missing)]
        );
        assert_eq!(fields(&address("NZ", None, None)), [], "a country without a format takes what it gets");
        let nobody = Address { name: " ".to_owned(), line1: "x".repeat(81), ..address("NZ", None, None) };
        let wrong =
            [("shipping.name".to_owned(), Trouble::Missing), ("shipping.line1".to_owned(), Trouble::Invalid)];
        assert_eq!(fields(&nobody), wrong);
    }

    #[test]
    fn mail_addresses() {
        for right in ["a@example.com", "first.last+tag@mail.example.co.uk", "ü@example.com"] {
            assert!(is_mail_address(right), "{right}");
        }
        for wrong in
            ["", "a", "a@", "@example.com", "a@b", "a@@example.com", "a b@example.com", "a@example..com"]
        {
            assert!(!is_mail_address(wrong), "{wrong}");
        }
    }
}
